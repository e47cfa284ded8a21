# Two commands do everything: `make run` and `make test`. Both make the environment first when it is not there.
# PYTHON is any Python 3.11 or newer; everything else comes from requirements.lock, and for tests from tests/requirements.lock.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
DEV_STAMP := $(VENV)/installed-dev
# A second, older DuckDB client: the published file must open in it (tests/published/).
OLD_CLIENT := $(VENV)/duckdb-1.1
# What is measured runs as its users have it: pandera imports pandas and hypothesis wherever they are installed.
LEAN := $(VENV)/lean

export DAGSTER_DISABLE_TELEMETRY := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help

.PHONY: help run test bench lint format ui lock schema cookbook clean

help: ## show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort

# To run, nothing is compiled ahead: Python compiles what it imports, at the first use. To test, everything is, by all
# processors: the suite starts many programs, and where Python may not keep what it compiles each would do it anew.
INSTALL := $(BIN)/python -m pip install --quiet --no-deps --no-compile
COMPILE := $(BIN)/python -m compileall -qq -j 0 $(VENV)/lib

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -m venv --clear $(VENV)
	$(INSTALL) --require-hashes -r requirements.lock
	$(INSTALL) --no-build-isolation --editable .
	touch $(STAMP)

$(DEV_STAMP): $(STAMP) tests/requirements.lock tests/published/duckdb-1.1.lock
	$(INSTALL) --require-hashes -r tests/requirements.lock
	$(INSTALL) --require-hashes --upgrade --target $(OLD_CLIENT) -r tests/published/duckdb-1.1.lock
	$(COMPILE)
	touch $(DEV_STAMP)

run: $(STAMP) ## environment, install, and the main job on the embedded replica
	$(BIN)/reintegratie refresh

test: lint ## lint, then the whole suite with coverage
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder --cov --cov-report=term

$(LEAN)/installed: $(DEV_STAMP)
	$(PYTHON) -m venv --clear $(LEAN)
	$(LEAN)/bin/python -m pip install --quiet --no-deps --require-hashes -r requirements.lock
	$(LEAN)/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

bench: $(LEAN)/installed ## measure speed, memory and growth, and write docs/performance.md (an hour, on a quiet machine)
	$(BIN)/python tests/performance/bench.py

lint: $(DEV_STAMP) ## ruff, mypy strict, sqlfluff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint sql

format: $(DEV_STAMP) ## let ruff and sqlfluff put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix sql

ui: $(STAMP) ## Dagster's web interface on loopback, with the lake's own history
	$(BIN)/reintegratie ui

LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet

lock: ## pin every dependency anew, with hashes and without an index address (needs uv)
	$(LOCK) --extra build --output-file requirements.lock
	$(LOCK) --extra build --extra dev --constraint requirements.lock --output-file tests/requirements.lock

schema: $(STAMP) ## renew the contract of the published file and docs/schema.md
	$(BIN)/python -m pipelines.schema

cookbook: $(DEV_STAMP) ## write the answers in docs/cookbook.md and docs/notebook.ipynb anew
	$(BIN)/python tests/published/cookbook.py

clean: ## remove the environment and caches; the lake stays
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
