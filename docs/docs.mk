# SPDX-License-Identifier: Apache-2.0
# Pictures of the documents, from text: only the sources in docs/figures are kept, what is drawn is
# under build/docs. The block diagram is graphviz's, the timing pictures WaveDrom's (Python package).

DOCS_FIGURES := $(patsubst docs/figures/%,build/docs/%.svg,$(basename $(wildcard docs/figures/*)))
DOCS_VENV := build/docs-venv

figures: $(DOCS_FIGURES) ## draw the documents' pictures: build/docs/*.svg
	@ls $^

build/docs/%.svg: docs/figures/%.dot
	@command -v dot >/dev/null || { echo "figures: wanted dot, install graphviz"; exit 1; }
	@mkdir -p $(@D)
	$(Q)dot -Tsvg -o $@ $<

build/docs/%.svg: docs/figures/%.json | $(DOCS_VENV)/bin/wavedrompy
	@mkdir -p $(@D)
	$(Q)$(DOCS_VENV)/bin/wavedrompy -i $< -s $@ && [ -s $@ ]

$(DOCS_VENV)/bin/wavedrompy:
	@python3 -m venv $(DOCS_VENV) && $(DOCS_VENV)/bin/pip -q install wavedrom || \
	  { rm -rf $(DOCS_VENV); echo "figures: wanted the Python package wavedrom, and could not install it"; exit 1; }

.PHONY: figures
