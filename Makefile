# Every target sets itself up: a virtual environment in .venv, with railguard and what the target needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test test-heavy fuzz lint check bench docs clean help

help:  ## what there is to make
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

$(VENV)/ready: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("railguard needs Python 3.11 or newer; run make with PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	touch $@

$(VENV)/ready-for-tests: $(VENV)/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	touch $@

demo: $(VENV)/ready  ## a spec, a model, a reask, a validated output; no key, no network
	$(BIN)/railguard run specs/fees.rail --model replay:examples/fees/conversation.jsonl --var document=@examples/fees/agreement.txt

test: $(VENV)/ready-for-tests  ## the tests
	$(BIN)/python -m pytest -n auto

test-heavy:  ## the tests with SDKs of other majors, torch and models; sets up an environment for each, and takes long
	$(PYTHON) tests/heavy/run.py

fuzz: $(VENV)/ready-for-tests  ## the law tests with far more random input
	RAILGUARD_FUZZ=50 $(BIN)/python -m pytest -n auto tests/parsing/test_reading_laws.py tests/loop/test_reask_laws.py tests/schema/test_patterns_in_core.py

lint: $(VENV)/ready-for-tests  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

check: lint test  ## style, types and the tests

bench: $(VENV)/ready-for-tests  ## speed and reask bytes, as ratios to pydantic and jiter in the same run
	$(BIN)/python benchmarks/run.py

docs: $(VENV)/ready-for-tests  ## the generated pages of docs/, made anew
	$(BIN)/python docs/generate.py

clean:  ## remove the virtual environment and caches
	rm -rf $(VENV) .venv-heavy .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
