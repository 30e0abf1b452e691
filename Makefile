# Two commands set up all they need: `make run` and `make test`. `make help` lists the rest.
.DEFAULT_GOAL := help
SHELL := /bin/bash
# Compiled modules make every start of syncd a second faster; some machines switch them off.
unexport PYTHONDONTWRITEBYTECODE
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
# Debian cuts the venv module out of Python; root can put it back
INSTALL_VENV = test "$$(id -u)" = 0 && apt-get update -q >/dev/null && apt-get install -q -y python3-venv >/dev/null
INSTALL := $(BIN)/uv pip install -q --python $(BIN)/python
LOCK := $(BIN)/uv pip compile -q --generate-hashes --no-emit-index-url --universal --python-version 3.11
CONFIG ?=
OUT ?= out
PYTEST_ARGS ?=
BENCH ?=

.PHONY: help run test soak lint bench lock clean

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 8

run: $(VENV)/.runtime ## report on sample data, or on your own: make run CONFIG=path/to/syncd.toml
	@$(BIN)/python -m syncd.cli.onego --out "$(OUT)" $(if $(CONFIG),--config "$(CONFIG)")

test: $(VENV)/.dev ## all tests and checks, in parallel, no network beyond loopback
	@$(BIN)/python tests/setup_servers.py
	@$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest $(PYTEST_ARGS)

soak: $(VENV)/.dev ## the long ones: state machines, kill storms, fuzzing
	@$(BIN)/python tests/setup_servers.py
	SYNCD_SOAK=1 $(BIN)/python -m pytest -m soak --timeout 5400 $(PYTEST_ARGS)

lint: $(VENV)/.dev ## style, types, layers, licences
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python tests/check_licences.py

bench: $(VENV)/.dev ## benchmarks: all, or one by make bench BENCH=drift
	$(BIN)/python -m bench $(BENCH)

lock: $(VENV)/.dev ## write the pinned, hashed locks anew
	echo uv | $(LOCK) - -o locks/uv.txt
	$(LOCK) --group build pyproject.toml -o locks/runtime.txt
	$(LOCK) --group dev -c locks/runtime.txt pyproject.toml -o locks/dev.txt

clean: ## remove what the other targets made
	rm -rf $(VENV) $(OUT) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# One venv; the second target adds the tools of development to the first. uv comes first, by the same
# kind of hashed lock, because it installs the rest ten times as fast as pip.
$(VENV)/.runtime: locks/uv.txt locks/runtime.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "syncd needs Python 3.11 or newer: apt-get install python3 python3-venv"; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { $(INSTALL_VENV) && $(PYTHON) -m venv $(VENV); } \
		|| { echo "Python's venv module is missing: apt-get install python3-venv"; exit 1; }
	@echo "Setting up $(VENV) ..."
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r locks/uv.txt
	@$(INSTALL) --require-hashes -r locks/runtime.txt
	@$(INSTALL) --no-build-isolation --no-deps -e .
	@touch $@

$(VENV)/.dev: locks/dev.txt $(VENV)/.runtime
	@$(INSTALL) --require-hashes -r locks/dev.txt
	@touch $@
