"""Every validator's documented examples run, and every file holds one validator that says what it is."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from typing import Any

import pytest

import railguard_validators
from railguard import Validator, registry

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
    assert runner.summarize(verbose=False).attempted >= (1 if name.startswith("_") else 2), (
        "document one that passes and one that fails"
    )


@pytest.mark.parametrize("name", VALIDATORS)
def test_a_file_holds_one_validator_named_like_the_file(name):
    module = importlib.import_module(f"railguard_validators.{name}")
    own = [value for value in vars(module).values() if isinstance(value, Validator)]
    assert [validator.name for validator in own] == [name.replace("_", "-")]
    assert own[0] is getattr(module, name)
    assert len(own[0].description) > 40
    assert module.__doc__.startswith(f"{own[0].name}: ")


WORDS: dict[str, tuple[tuple[Any, ...], str]] = {
    "at-least-one-of": ((["a", "b"],), "at least one of a, b"),
    "ban-list": ((["darn"],), 'without these words: "darn"'),
    "compare": (("a", "lt", "b"), "a < b"),
    "contains": (("x",), 'contains "x"'),
    "credit-card": ((), "a card number, digits only"),
    "cron": ((), "a cron expression of five fields"),
    "csv": ((["a", "b"],), "a CSV table with the columns a, b"),
    "email": ((), "an e-mail address"),
    "ends-with": ((".",), 'ends with "."'),
    "exactly-one-of": ((["a", "b"],), "exactly one of a, b"),
    "excludes": (("x",), 'does not contain "x"'),
    "iban": ((), "an IBAN without spaces"),
    "ip": ((4,), "an IPv4 address"),
    "iso-date": ((), "a date as 2024-05-31"),
    "length": ((1, 10), "of length between 1 and 10"),
    "lower-case": ((), "in lower case"),
    "multiple-of": ((0.5,), "a multiple of 0.5"),
    "no-repetition": ((), "no word or phrase more than 3 times in a row"),
    "one-line": ((), "on one line, without line breaks"),
    "phone": ((), "a phone number in international form as +14155550123"),
    "positive": ((), "above 0"),
    "precision": ((2,), "with at most 2 decimal places"),
    "reading-time": ((5,), "readable within 5 minutes (at most 1,000 words)"),
    "redundant-sentences": ((), "no sentence twice"),
    "refers-to": (("a.b", "c.d"), "every a.b is one of c.d"),
    "regex-match": (("a+",), "matches the regular expression a+"),
    "requires": (("a", "b"), "with a also b"),
    "semver": ((), "a version as 1.2.3 (semver.org)"),
    "sentences": ((0, 3), "at most 3 sentences"),
    "sorted": ((), "in ascending order"),
    "starts-with": (("x",), 'starts with "x"'),
    "subset-of": ((["a"],), 'every item is one of: "a"'),
    "sum-equals": (("total", "parts"), "total is the sum of parts"),
    "title-case": ((), "in title case (every word begins with a capital letter)"),
    "two-words": ((), "exactly two words"),
    "unique": ((), "no item twice"),
    "unique-by": (("id",), "no two items with the same id"),
    "upper-case": ((), "in upper case"),
    "uuid": ((4,), "a UUID of version 4"),
    "valid-choices": ((["a", 1],), 'one of: "a", 1'),
    "valid-json": ((), "a JSON document"),
    "valid-range": ((0, None), "at least 0"),
    "valid-url": ((), "a URL with its scheme and host"),
    "words": ((2, 2), "exactly 2 words"),
}


@pytest.mark.parametrize("name", VALIDATORS)
def test_a_rule_reads_as_words_for_a_model(name):
    validator = getattr(importlib.import_module(f"railguard_validators.{name}"), name)
    arguments, words = WORDS[validator.name]
    assert validator(*arguments).describe() == words


SAID: dict[str, dict[str, Any]] = {
    "length": {"string": {"minLength": 2, "maxLength": 3}, "array": {"minItems": 2, "maxItems": 3}},
    "valid-range": {"integer": {"minimum": 2, "maximum": 3}, "number": {"minimum": 2, "maximum": 3}},
    "valid-choices": {"string": {"enum": ["a", "b"]}},
    "multiple-of": {"number": {"multipleOf": 2}},
    "positive": {"integer": {"exclusiveMinimum": 0}},
}


def test_what_json_schema_can_say_it_is_told_exactly():
    rules = {
        name: registry.find(name)(*arguments)
        for name, arguments in {
            "length": (2, 3),
            "valid-range": (2, 3),
            "valid-choices": (["a", "b"],),
            "multiple-of": (2,),
            "positive": (),
        }.items()
    }
    for name, keywords in SAID.items():
        for json_type, said in keywords.items():
            assert rules[name].constraint(json_type) == said
    assert rules["length"].constraint("integer") is None
    assert rules["valid-range"].constraint("string") is None
    assert registry.find("length")(min=2).constraint("object") == {"minProperties": 2}
    assert registry.find("length")(max=2).constraint("object") == {"maxProperties": 2}
    assert registry.find("valid-range")(min=2).constraint("number") == {"minimum": 2}


@pytest.mark.parametrize(
    ("name", "arguments", "json_type", "values"),
    [
        ("length", (2, 3), "string", ["", "a", "ab", "abc", "abcd", "😀", "😀😀😀", "e\u0301"]),
        ("length", (2, 3), "array", [[0] * n for n in range(6)]),
        ("length", (2, 3), "object", [dict.fromkeys("abcdef"[:n]) for n in range(6)]),
        ("valid-range", (0.5, 3), "number", [0, 0.4999, 0.5, 1, 3, 3.0, 3.0001, -1, 10**30]),
        (
            "valid-choices",
            ([1, "a", None, [1, {"b": True}]],),
            "any",
            [1, 1.0, True, "a", "A", None, [1, {"b": True}], [1, {"b": 1}]],
        ),
        ("multiple-of", (5,), "integer", [0, 5, 7, -10, 10**30]),
        ("positive", (), "number", [0, -0.0, 1e-300, -1, 1]),
    ],
)
def test_a_json_schema_with_the_same_keywords_agrees(name, arguments, json_type, values):
    from jsonschema import Draft202012Validator

    rule = registry.find(name)(*arguments)
    schema = Draft202012Validator(dict(rule.constraint(json_type)))
    assert [rule.run(value) is None for value in values] == [schema.is_valid(value) for value in values]
