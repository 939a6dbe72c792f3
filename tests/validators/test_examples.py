"""Every validator's documented examples run, and every file holds one validator that says what it is."""

from __future__ import annotations

import ast
import doctest
import importlib
import json
import pkgutil
from pathlib import Path
from typing import Any

import pytest

import railguard_validators
from railguard import Guard, Validator
from railguard.validation import registry

VALIDATORS = [one.name for one in pkgutil.iter_modules(railguard_validators.__path__) if not one.name.startswith("_")]
SHARED = [
    one.name.removeprefix("railguard_validators.")
    for one in pkgutil.walk_packages(railguard_validators.__path__, "railguard_validators.")
    if one.name.startswith("railguard_validators._") and not one.ispkg
]
NAMES = VALIDATORS + SHARED


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
    assert runner.summarize(verbose=False).attempted >= (2 if name in VALIDATORS else 1), (
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


@pytest.mark.parametrize("name", VALIDATORS)
def test_every_one_has_a_test_of_its_own_that_checks_the_laws_and_how_it_reads(name):
    test = (Path(__file__).parent / f"test_{name}.py").read_text(encoding="utf-8")
    assert "check_validator(" in test
    assert ".describe() ==" in test


@pytest.mark.parametrize("name", NAMES)
def test_it_imports_public_names_only(name):
    tree = ast.parse(Path(importlib.import_module(f"railguard_validators.{name}").__file__).read_text(encoding="utf-8"))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    insides = {module for module in modules if module.startswith("railguard.")}
    others = {module for module in modules if module.startswith("railguard_validators.")}
    assert not insides
    assert all(module.split(".")[1].startswith("_") for module in others), "no validator imports another one"


@pytest.mark.parametrize("name", VALIDATORS)
def test_every_parameter_is_documented(name):
    validator = getattr(importlib.import_module(f"railguard_validators.{name}"), name)
    assert [parameter.name for parameter in validator.parameters if not parameter.doc] == []


SAID: dict[str, dict[str, Any]] = {
    "length": {"string": {"minLength": 2, "maxLength": 3}, "array": {"minItems": 2, "maxItems": 3}},
    "valid-range": {"integer": {"minimum": 2, "maximum": 3}, "number": {"minimum": 2, "maximum": 3}},
    "valid-choices": {"string": {"enum": ["a", "b"]}},
    "multiple-of": {"number": {"multipleOf": 2}},
    "positive": {"integer": {"exclusiveMinimum": 0}},
}


def test_what_json_schema_can_say_it_is_told_exactly():
    rules = {
        name: registry.find_validator(name)(*arguments)
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
    assert registry.find_validator("length")(min=2).constraint("object") == {"minProperties": 2}
    assert registry.find_validator("length")(max=2).constraint("object") == {"maxProperties": 2}
    assert registry.find_validator("valid-range")(min=2).constraint("number") == {"minimum": 2}


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

    rule = registry.find_validator(name)(*arguments)
    schema = Draft202012Validator(dict(rule.constraint(json_type)))
    assert [rule.run(value) is None for value in values] == [schema.is_valid(value) for value in values]


TEXTS = [
    "",
    "a",
    "ab",
    "aB",
    "b.a",
    "b.ax",
    "xb.a",
    "b.a\n",
    "\nb.a",
    "b\u2028a",
    "a\x85",
    "1.2.3",
    "1.2.3\n",
    "01.2.3",
]
TEXTS += [
    "1.0.0-rc.1+b.5",
    "1.0.0-01",
    "1.0.0-0a",
    "1.0.0+",
    "2024-02-29",
    "2023-02-29",
    "2024-2-1",
    "2024-02-29 ",
    "b+a",
]
UUIDS = [
    "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
    "F81D4FAE-7DEC-41D0-A765-00A0C91E6BF6",
    "f81d4fae7dec11d0a76500a0c91e6bf6",
]


@pytest.mark.parametrize(
    ("name", "arguments", "keyword"),
    [
        ("starts-with", ("b.a",), "pattern"),
        ("starts-with", ("b+",), "pattern"),
        ("ends-with", ("b.a",), "pattern"),
        ("ends-with", ("\n",), "pattern"),
        ("contains", ("b.a",), "pattern"),
        ("contains", ("^",), "pattern"),
        ("one-line", (), "pattern"),
        ("semver", (), "pattern"),
        ("iso-date", (), "format"),
        ("uuid", (), "format"),
        ("uuid", (4,), "pattern"),
    ],
)
def test_a_guard_with_the_same_keyword_agrees_on_every_text(name, arguments, keyword):
    rule = registry.find_validator(name)(*arguments)
    assert list(rule.constraint("string")) == [keyword]
    member = {"type": "string", **rule.constraint("string")}
    guard = Guard.from_json_schema({"type": "object", "properties": {"a": member}, "required": ["a"]}, repair="none")
    texts = [*TEXTS, *UUIDS, *(text + "\n" for text in UUIDS), "x^y"]
    assert [rule.run(text) is None for text in texts] == [guard.parse(json.dumps({"a": text})).passed for text in texts]


def test_how_a_list_begins_is_said_exactly_and_what_no_keyword_says_is_not():
    from jsonschema import Draft202012Validator

    for start in (1, ["a", None], [[1, {"b": True}]]):
        rule = registry.find_validator("starts-with")(start)
        schema = Draft202012Validator(dict(rule.constraint("array")))
        values = [[], [1], [1.0], [True], ["a"], ["a", None], ["a", None, 2], [[1, {"b": True}]], [[1, {"b": 1}]]]
        assert [rule.run(value) is None for value in values] == [schema.is_valid(value) for value in values]
        assert rule.constraint("string") is None
    assert registry.find_validator("ends-with")(["a"]).constraint("array") is None
    assert registry.find_validator("contains")("a", ignore_case=True).constraint("string") is None
    assert registry.find_validator("starts-with")("\ud800").constraint("string") is None
