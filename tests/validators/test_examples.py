"""Every validator's documented examples run, and every file holds one validator that says what it is."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest
import railguard_validators

from railguard import Validator

NAMES = [module.name for module in pkgutil.iter_modules(railguard_validators.__path__)]
VALIDATORS = [name for name in NAMES if not name.startswith("_")]


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_of_the_documentation_run(name):
    module = importlib.import_module(f"railguard_validators.{name}")
    finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner(verbose=False)
    tests = finder.find(module, globs=vars(module).copy())
    for value in list(vars(module).values()):
        if isinstance(value, Validator) and not value.is_class:
            tests += finder.find(value.check, value.name, module=module, globs=vars(module).copy())
    said: list[str] = []
    for test in tests:
        runner.run(test, out=said.append)
    assert not said
    assert runner.summarize(verbose=False).attempted >= (1 if name.startswith("_") else 2)


@pytest.mark.parametrize("name", VALIDATORS)
def test_a_file_holds_one_validator_named_like_the_file(name):
    module = importlib.import_module(f"railguard_validators.{name}")
    own = [value for value in vars(module).values() if isinstance(value, Validator)]
    assert [validator.name for validator in own] == [name.replace("_", "-")]
    assert own[0] is getattr(module, name)
    assert len(own[0].description) > 40
    assert module.__doc__.startswith(f"{own[0].name}: ")


@pytest.mark.parametrize("name", VALIDATORS)
def test_a_rule_reads_as_words_for_a_model(name):
    validator = getattr(importlib.import_module(f"railguard_validators.{name}"), name)
    words = validator.prompt or validator.check.__init__.__code__.co_names
    assert "prompt" in words or validator.prompt
