# From a bare checkout, with nothing but Python 3.10 or later and make:
#
#   make table      the HydraNet table on toy faces, into figures/      (TABLE=, SCALE=, ROWS=, SEEDS=, DATA_ROOT=)
#   make tables     every table that `facemtl list` knows
#   make figures    the figures of the analysis notebooks, into figures/; the same inputs give the same bytes  (ONLY=cams)
#   make test       all tests                                           (ONLY=core runs the notebooks named so)
#   make check      the generated files are those that the notebooks make, and ruff has nothing to say
#   make export     nbs/ -> facemtl/ and README.md, after editing a notebook
#   make site       the notebooks as a site, into _site/html            (make look opens every page of it in a browser)
#   make clean      remove .venv and what was built; runs/, figures/ and data/ stay

PYTHON ?= python3
TABLE ?= hydranet
SCALE ?= toy
bin := .venv/bin
began := $(shell date +%s)
options = --scale "$(SCALE)" $(if $(DATA_ROOT),--data-root "$(DATA_ROOT)") $(if $(ROWS),--rows "$(ROWS)") \
  $(if $(SEEDS),--seeds "$(SEEDS)")

.PHONY: table tables figures test check export readme site look install install-all clean help
.NOTPARALLEL:

table: .venv/.installed
	@start=$$(date +%s); status=0; path=$$($(bin)/facemtl table "$(TABLE)" $(options)) || status=$$?; \
	echo "install $$((start - $(began))) s, work $$(($$(date +%s) - start)) s" >&2; \
	if [ -n "$$path" ]; then echo "$$path"; fi; exit $$status

tables: .venv/.installed
	@start=$$(date +%s); status=0; names=$$($(bin)/facemtl list --names) || exit 1; \
	for name in $$names; do $(bin)/facemtl table "$$name" $(options) || status=$$?; done; \
	echo "install $$((start - $(began))) s, work $$(($$(date +%s) - start)) s" >&2; exit $$status

pages = $(if $(ONLY),nbs/analysis/$(ONLY).ipynb,nbs/02_data.toyfaces.ipynb $(shell grep -l save_figure nbs/analysis/*.ipynb))
figures: .venv/.installed-all
	@mkdir -p runs/figures; status=0; for page in $(pages); do echo $$page >&2; $(bin)/papermill --no-progress-bar \
	--log-level ERROR --cwd $$(dirname $$page) $$page runs/figures/$$(basename $$page) || status=1; done; exit $$status

test: .venv/.installed-all check
	@echo "installed and checked after $$(($$(date +%s) - $(began))) s"
	@$(bin)/python .ci/test_notebooks.py $(ONLY)

check: .venv/.installed-all
	@sh .ci/check

export: .venv/.installed-all
	@$(bin)/nbdev_export && $(bin)/nbdev_clean && $(bin)/python .ci/readme.py

readme: .venv/.installed-all
	@$(bin)/python .ci/readme.py

site: .venv/.installed-all
	@$(bin)/python site/build.py

look: .venv/.installed-all
	@$(bin)/python site/look.py $(ONLY)

install: .venv/.installed
install-all: .venv/.installed-all

.venv/bin/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 10) or sys.exit(f"facemtl needs Python 3.10 or later, \
	and $(PYTHON) is {v[0]}.{v[1]}; try: make PYTHON=python3.12")'
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "facemtl: no venv could be made; on Debian and Ubuntu: \
	apt install python3-venv" >&2; exit 1; }

.venv/.installed: pyproject.toml | .venv/bin/python
	@echo "installing into .venv; torch is large, so this can take some minutes" >&2
	@$(bin)/python -m pip install --disable-pip-version-check --quiet -e '.[mtl]' && touch $@

.venv/.installed-all: pyproject.toml | .venv/bin/python
	@echo "installing into .venv; torch is large, so this can take some minutes" >&2
	@$(bin)/python -m pip install --disable-pip-version-check --quiet -e '.[all]' && touch .venv/.installed $@

clean:
	rm -rf .venv build dist facemtl.egg-info .ruff_cache _site

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile
