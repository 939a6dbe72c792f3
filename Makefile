# Every target sets itself up: a virtual environment in .venv, with railguard and what the target needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
unexport PYTHONDONTWRITEBYTECODE  # each of the many processes that tests start would compile everything anew

.PHONY: coverage demo mutants test test-heavy test-newest fuzz lint check bench bench-quick docs site dist clean help

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

$(VENV)/ready-for-bench: $(VENV)/ready-for-tests
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'json-repair>=0.60'
	touch $@

demo: $(VENV)/ready  ## a spec, a model, a reask, a validated output; no key, no network
	$(BIN)/railguard run specs/fees.rail --model replay:examples/fees/conversation.jsonl --var document=@examples/fees/agreement.txt

test: $(VENV)/ready-for-tests  ## the tests; ARGS="…" goes to pytest
	$(BIN)/python -m pytest -n auto $(ARGS)

test-heavy:  ## the tests with SDKs of other majors, torch and models; sets up an environment for each, and takes long
	$(PYTHON) tests/heavy/run.py

test-newest:  ## the tests on the newest Python of this machine
	$(PYTHON) tests/heavy/newest.py

fuzz: $(VENV)/ready-for-tests  ## the law tests with far more random input, and the whole matrix of faults
	RAILGUARD_FUZZ=50 $(BIN)/python -m pytest -n auto tests/parsing/test_reading_laws.py tests/loop/test_reask_laws.py tests/schema/test_patterns_in_core.py tests/checking/test_first_look_laws.py
	RAILGUARD_FUZZ=10 $(BIN)/python -m pytest -n auto $$(grep -rlE "from hypothesis|RAILGUARD_FUZZ" --include=test_*.py --exclude-dir=heavy tests)

mutants: $(VENV)/ready-for-tests  ## small changes to the code that the tests of their room should notice; twenty minutes at most
	$(BIN)/python tests/mutants.py

coverage: $(VENV)/ready-for-tests  ## branch coverage of floors 0 to 3 by the tests of their own rooms; ARGS="ROOM --missing" lists what is left
	$(BIN)/python tests/coverage_of_rooms.py $(ARGS)

lint: $(VENV)/ready-for-tests  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

check: lint test  ## style, types and the tests

bench: $(VENV)/ready-for-bench  ## speed, memory and reask bytes, beside pydantic and other libraries; writes docs/benchmarks.md; ARGS="--turns 7"
	$(BIN)/python benchmarks/run.py $(ARGS)

bench-quick: $(VENV)/ready-for-bench  ## the speed of each path beside pydantic, in less than a minute
	$(BIN)/python benchmarks/run.py --quick

docs: $(VENV)/ready-for-tests  ## the generated pages of docs/, made anew
	$(BIN)/python docs/generate.py

site: $(VENV)/ready  ## the documentation as a site, in build/site
	test -x .venv-site/bin/mkdocs || $(PYTHON) -m venv .venv-site
	.venv-site/bin/python -m pip install --quiet --disable-pip-version-check -e . 'mkdocs-material>=9.6,<10' 'mkdocstrings[python]>=1' ruff
	$(BIN)/python docs/site.py
	NO_MKDOCS_2_WARNING=1 .venv-site/bin/mkdocs build --strict

dist: $(VENV)/ready  ## the wheel and the source archive, in dist/
	test -x .venv-dist/bin/python || $(PYTHON) -m venv .venv-dist
	.venv-dist/bin/python -m pip install --quiet --disable-pip-version-check build
	.venv-dist/bin/python -m build --outdir dist

clean:  ## remove the virtual environment and caches
	rm -rf $(VENV) .venv-heavy .venv-bench .venv-site .venv-dist .venv-newest .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
