# SPDX-License-Identifier: Apache-2.0
# Design-space exploration: sweeps, their report, what they are measured by, and their tests.

SPACE ?= designs/spaces/example.yaml
SPACE_NAME = $(basename $(notdir $(SPACE)))
EXPLORE ?=
EXPLORE_OUT := build/explore

##@ Use
# What the tools lack is installed first; from README to the report in two commands: git clone, make explore.
explore: ## sweep SPACE=FILE, write build/explore/NAME.jsonl and NAME.html; EXPLORE="--search guided ..."
	@tools/deps explore
	+@$(MAKE) -j$(J) host
	+@$(MAKE) explore-run

explore-run: $(PROGRAM)
	@mkdir -p $(EXPLORE_OUT)
	$(Q)$(PROGRAM) explore run $(SPACE) --progress $(EXPLORE) -o $(EXPLORE_OUT)/$(SPACE_NAME).jsonl
	$(Q)$(PROGRAM) explore report $(EXPLORE_OUT)/$(SPACE_NAME).jsonl -o $(EXPLORE_OUT)/$(SPACE_NAME).html

##@ Test
# From an empty cache, so most of an hour on two cores; BENCH_EXPLORE="guided" picks stages.
BENCH_EXPLORE ?=
bench-explore: $(PROGRAM) ## how long a sweep takes, how far the formulas are off, what guided search finds
	$(Q)python3 -B tests/bench/explore.py $(PROGRAM) $(SPACE) $(BENCH_EXPLORE)

# Designs that `tritium explore pick` wrote into build/designs have what designs/ has.
$(DESIGN_GEN): build/designs/%.yaml build/tools/design_params
	$(design_params)

test-explore: $(PROGRAM) build/tools/design_params ## sweeps: killed workers, interruptions, shards, two on one cache, bad input
	@mkdir -p $(B)/explore
	$(Q)TRITIUM=$(PROGRAM) tests/explore/explore.sh | tee $(B)/explore/explore.log || true
	$(Q)tests/e2e/sum.sh $(B)/explore/explore.log
TESTS += test-explore

test-slurm: ## a job array of two shards on a real Slurm of one node, in build/slurm
	@tools/deps slurm
	+@$(MAKE) -j$(J) host
	$(Q)TRITIUM=$(PROGRAM) tests/explore/slurm.sh

.PHONY: explore explore-run bench-explore test-explore test-slurm

# The report's page, as bytes in the program.
REPORT_GEN := build/gen/explore/report_html.inc build/gen/explore/report_js.inc
build/gen/explore/report_html.inc: explore/report.html
build/gen/explore/report_js.inc: explore/report_data.js explore/report_charts.js explore/report.js
$(REPORT_GEN):
	@echo "  GEN   $@"
	@mkdir -p $(@D)
	$(Q)cat $^ | od -An -v -tu1 | sed 's/[0-9][0-9]*/&,/g' > $@
$(O)/explore/report.o $(FUZZ)/obj/explore/report.o: | $(REPORT_GEN)

# A browser takes 300 MB of packages, so this is no part of `make test`; REPORTS= adds files.
REPORTS ?=
test-report: ## reports in headless Chromium: no fault, no request, every point drawn
	@tools/deps report
	+@$(MAKE) $(B)/report-page
	$(Q)python3 -B tests/explore/report_browser.py $(B)/report-page $(B)/reports-test $(REPORTS)

$(B)/report-page: $(call objects,tests/explore/report_page.c) $(LIB)
	@echo "  LD    $@"
	$(Q)$(CC) $(CFLAGS) $(SAN_FLAGS) -o $@ $(filter %.o,$^) $(LIB) $(LIBS)

.PHONY: test-report

# The worked study of docs/study.md: sweeps (hours on two cores from an empty cache, resumed where
# they were interrupted), a page, data and pictures of each, and the document's tables.
STUDY ?= kv260 u55c ecp5
STUDY_RUN ?= --search guided
study: $(PROGRAM) ## the sweeps of STUDY="SPACE ...", and the tables and pictures of docs/study.md
	@mkdir -p build/study
	$(Q)set -e; for s in $(STUDY); do \
	  $(PROGRAM) explore run designs/spaces/$$s.yaml $(STUDY_RUN) -o build/study/$$s.jsonl; \
	  $(PROGRAM) explore report build/study/$$s.jsonl -o build/study/$$s.html; \
	  $(PROGRAM) explore report build/study/$$s.jsonl -o build/study/$$s.json; done
	$(Q)python3 -B tools/study.py $(STUDY:%=build/study/%.json)
	+@$(MAKE) study-figures

study-figures: ## pictures of finished sweeps: build/docs/study-*.svg
	@mkdir -p build/docs
	$(Q)set -e; python=python3; $$python -c 'import matplotlib' 2>/dev/null || python=/usr/bin/python3; \
	for s in $(STUDY); do \
	  $$python -B tools/explore_plot.py build/study/$$s.json -o build/docs/study-$$s.svg; \
	  echo build/docs/study-$$s.svg; done

test-study: $(PROGRAM) ## the figures of docs/study.md against the formulas as they are now
	$(Q)python3 -B tools/study.py --check $(PROGRAM)

TESTS += test-study
.PHONY: study study-figures test-study

# Every simulated sum is computed again.
C_FLAGS_explore/simulate := -O3

# Minutes of Yosys, so this is no part of `make test`.
test-explore-evaluate: build/gen/accel.svh ## area as a sum of parts against the whole kernel, parts kept, clock of standard cells
	$(Q)python3 -B tests/explore/evaluate.py build/explore-evaluate

.PHONY: test-explore-evaluate
