# SPDX-License-Identifier: Apache-2.0
# Fuzzing of everything that reads a file it did not write, with libFuzzer under the address and
# undefined-behaviour sanitizers. `make fuzz` looks for new faults; `make test-fuzz` replays the seeds
# and what was found before, and looks for a few seconds. SECONDS_EACH= and TARGET="gguf ..." apply to both.

FUZZ := build/fuzz
FUZZ_TARGETS := gguf safetensors folder config tokenizer task design space contract image replay xclbin
SECONDS_EACH ?= 600
TARGET ?= $(FUZZ_TARGETS)

FUZZ_CC := clang
FUZZ_SAN := -fsanitize=address,undefined,float-cast-overflow -fno-sanitize-recover=all
FUZZ_FLAGS = -std=c17 $(WARNINGS) -ffp-contract=off -D_POSIX_C_SOURCE=200809L -I. -Ibuild/gen \
	-O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link $(FUZZ_SAN) -MMD -MP

# What the targets read with: the library, the host's readers, and the generator's.
FUZZ_C := $(LIB_C) host/replay_file.c host/outfile.c host/task.c tools/contract_read.c \
	tools/contract_write.c tests/fuzz/fuzz.c tests/fuzz/file.c tests/fuzz/model.c \
	tests/fuzz/mutate_gguf.c tests/fuzz/mutate_json.c
FUZZ_O := $(patsubst %.c,$(FUZZ)/obj/%.o,$(FUZZ_C))
FUZZ_BIN := $(patsubst %,$(FUZZ)/bin/%,$(FUZZ_TARGETS) planted)
FUZZ_SEEDS_C := $(wildcard tests/fuzz/seeds*.c)

$(FUZZ)/obj/%.o: %.c | $(GEN)
	@echo "  CC    $< (fuzzing)"
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) -c -o $@ $<

$(FUZZ)/libfuzz.a: $(FUZZ_O)
	@echo "  AR    $@"
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# Maps of files become copies of exactly their size, and buffers are checked before libraries read
# them: see tests/fuzz/file.c.
FUZZ_WRAP := -Wl,--wrap=mmap,--wrap=munmap,--wrap=json_loadb,--wrap=crc32_iscsi
$(FUZZ)/bin/%: $(FUZZ)/obj/tests/fuzz/fuzz_%.o $(FUZZ)/libfuzz.a
	@echo "  LD    $@"
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) -fsanitize=fuzzer $(FUZZ_SAN) $(FUZZ_WRAP) -o $@ $^ $(LIBS)

$(FUZZ)/seeds/.made: $(call objects,$(FUZZ_SEEDS_C) host/replay_file.c host/outfile.c) $(LIB) \
		rtl/accel.yaml $(wildcard designs/*.yaml designs/spaces/*.yaml tests/tasks/*.jsonl tests/models/toy-tokenizer/*)
	@echo "  SEEDS $(@D)"
	$(Q)$(CC) $(CFLAGS) $(SAN_FLAGS) -o $(FUZZ)/make-seeds $(filter %.o,$^) $(LIB) $(LIBS)
	$(Q)rm -rf $(@D) && $(FUZZ)/make-seeds $(@D) && touch $@
-include $(FUZZ_O:.o=.d) $(FUZZ_BIN:$(FUZZ)/bin/%=$(FUZZ)/obj/tests/fuzz/fuzz_%.d)
.SECONDARY: $(FUZZ_BIN:$(FUZZ)/bin/%=$(FUZZ)/obj/tests/fuzz/fuzz_%.o)

fuzz: $(FUZZ_BIN) $(FUZZ)/seeds/.made ## look for inputs that break a reader: SECONDS_EACH=600 TARGET="gguf ..."
	$(Q)tools/still tests/fuzz/run.sh search $(SECONDS_EACH) $(TARGET)

test-fuzz: $(FUZZ_BIN) $(FUZZ)/seeds/.made ## seeds and past findings through every reader, then a short search
	$(Q)tools/still tests/fuzz/run.sh test 5 $(TARGET)

TESTS += test-fuzz
.PHONY: fuzz test-fuzz
