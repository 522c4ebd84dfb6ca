# One command sets up and runs the main job (make demo), one sets up and passes the tests (make test).
PYTHON ?= python3
VENV ?= .venv
# what one interpreter has compiled, the next one reads: tests start many
unexport PYTHONDONTWRITEBYTECODE
BIN := $(VENV)/bin

.PHONY: demo test lint proof lab bench docs clean
.DEFAULT_GOAL := help

help:  ## these lines
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## / - /'

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,docs]'
	@touch $@ $(VENV)/.demo

demo: $(VENV)/.demo  ## set up, then walk the whole story on a simulated fleet
	$(BIN)/nornir-anyconnect demo

test: $(VENV)/.dev  ## set up, then run the tests
	$(BIN)/python -m pytest -n auto --dist worksteal $(PYTEST_ARGS)

lint: $(VENV)/.dev  ## style, types and the rules of the house
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

proof: $(VENV)/.dev  ## the long proofs, whole: fault sweep, kills, lab, mutation
	$(BIN)/python -m tests.proof --write docs/proof-results.md

lab: $(VENV)/.dev  ## the verdicts against a real VPN data path (root, tun, ocserv, openconnect)
	$(BIN)/python -m tests.lab

# peers that pin what we do not: a place of their own
$(VENV)-bench/.bench: pyproject.toml
	$(PYTHON) -m venv $(VENV)-bench
	$(VENV)-bench/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	@touch $@

bench: $(VENV)/.dev $(VENV)-bench/.bench  ## performance as ratios, each beside a peer in the same run, in one table
	$(BIN)/python benchmarks/table.py --write docs/performance.md
	$(BIN)/python benchmarks/growth.py --write docs/images/growth.svg

docs: $(VENV)/.dev  ## the documentation site, into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

clean:  ## remove what the targets above made
	rm -rf $(VENV) $(VENV)-bench site dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
