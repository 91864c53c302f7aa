# Works on a machine with Python >= 3.12, make and a package index; uv comes into .tools when there is none.
.DEFAULT_GOAL := help
.PHONY: help brief test check bench docs sync

UV := $(shell command -v uv 2>/dev/null || echo .tools/uv/bin/uv)
BRIEF ?= brief.html
export UV_PYTHON_DOWNLOADS = never

help: ## show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/'

.tools/uv/bin/uv:
	@echo "bringing uv into .tools (once)"
	@python3 -m venv .tools/uv
	@.tools/uv/bin/python -m pip install --quiet --disable-pip-version-check uv

sync: $(filter .tools/%,$(UV)) ## install karvan and its tools into .venv
	@$(UV) sync --frozen --quiet || { echo "karvan needs Python 3.12 or newer: install it and run make again" >&2; exit 1; }

brief: sync ## write brief.html: what if Kazakhstan leaves the Eurasian Economic Union?
	@$(UV) run --no-sync karvan brief kz-eaeu --out $(BRIEF)

test: sync ## run all tests
	@$(UV) run --no-sync pytest -n 2

check: sync ## lint, types, tests: what CI does
	$(UV) run --no-sync ruff check .
	$(UV) run --no-sync ruff format --check .
	$(UV) run --no-sync mypy
	$(UV) run --no-sync pytest -n 2

bench: sync ## measure speed and memory
	@$(UV) run --no-sync python benchmarks/run.py

docs: sync ## write the reference pages again from the code
	@$(UV) run --no-sync python docs/build_reference.py
