# Needs make and any Python 3.8 or newer to start with; karvan itself runs on Python 3.12 or newer, which uv looks for.
.DEFAULT_GOAL := help
.PHONY: help brief test check torture bench docs all-tools

UV := $(or $(shell command -v uv 2>/dev/null),.tools/uv/bin/uv)
BIN := .venv/bin
PYTEST_ARGS ?= -n auto --maxprocesses 8
export UV_PROJECT_ENVIRONMENT := .venv
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME

# An installed Python 3.12, else 3.13, else a newer one; only when there is none may uv fetch one.
define sync
@want=; for v in 3.12 3.13 '>=3.12'; do \
	if UV_PYTHON_DOWNLOADS=never $(UV) python find "$$v" >/dev/null 2>&1; then want="$$v"; break; fi; done; \
if [ -n "$$want" ]; then UV_PYTHON="$$want" $(UV) sync --quiet --frozen $(1); else \
	UV_PYTHON=3.12 $(UV) sync --quiet --frozen $(1) || { \
	echo "karvan needs Python 3.12 or newer; none was found and none could be fetched. Install one, then try again." >&2; \
	exit 1; }; fi
endef

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /\1|/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do \
		printf 'make %-7s %s\n' "$$name" "$$text"; done

brief: | $(UV) ## Install and write the default brief to brief.html
	$(call sync,--inexact --no-dev --extra all)
	@$(BIN)/karvan brief kz-eaeu --out brief.html
	@echo "The brief is here: $(CURDIR)/brief.html"

test: all-tools ## Install and run the tests
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest $(PYTEST_ARGS)

check: all-tools ## What CI does: style, types, tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	@$(MAKE) --no-print-directory test

torture: all-tools ## Solve 3000 hard pairs of world and shock, or refuse them by name
	OPENBLAS_NUM_THREADS=1 $(BIN)/python tests/torture/run.py $(TORTURE_ARGS)

bench: all-tools ## Time the solver and the sweeps
	$(BIN)/python benchmarks/run.py

docs: all-tools ## Write the reference pages that come from the code
	$(BIN)/python docs/build_reference.py

all-tools: | $(UV)
	$(call sync)

.tools/uv/bin/uv:
	@command -v python3 >/dev/null || { echo "python3 was not found: install Python 3.12 or newer" >&2; exit 1; }
	@echo "uv is not installed; putting a copy into .tools/uv"
	@python3 -m venv .tools/uv || { rm -rf .tools/uv; \
		echo "python3 -m venv failed: install the venv module (Debian: python3-venv) or uv" >&2; exit 1; }
	@.tools/uv/bin/python -m pip install -qq --disable-pip-version-check uv || { rm -rf .tools/uv; exit 1; }
