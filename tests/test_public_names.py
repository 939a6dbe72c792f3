"""The public names: those of the design are there, importable and documented."""

import dataclasses
import enum
import importlib
import inspect
from typing import Any

import pytest

import railguard

DESIGN = {
    "Guard",
    "guarded",
    "validator",
    "Validator",
    "PassResult",
    "FailResult",
    "ValidationOutcome",
    "Failure",
    "OnFail",
    "check",
    "RailguardError",
    "SpecError",
    "InputError",
    "ValidationFailed",
    "ValidatorError",
    "ProviderError",
    "validators",
    "UNSET",
}
GUARD = {
    "from_rail",
    "from_rail_string",
    "from_pydantic",
    "from_json_schema",
    "from_string",
    "parse",
    "aparse",
    "acall",
    "stream",
    "astream",
    "json_schema",
    "render",
    "to_rail",
    "warnings",
    "reask_request",
    "resume",
    "using",
}
OUTCOME = {
    "passed",
    "output",
    "partial",
    "failures",
    "resolved",
    "repairs",
    "iterations",
    "usage",
    "raw_output",
    "refusal",
    "stopped",
    "to_dict",
    "raise_for_failures",
}


def test_the_names_of_the_design_are_public() -> None:
    assert set(railguard.__all__) >= DESIGN
    assert {name for name in dir(railguard.Guard) if not name.startswith("_")} >= GUARD
    assert {name for name in dir(railguard.ValidationOutcome) if not name.startswith("_")} >= OUTCOME
    assert {field.name for field in dataclasses.fields(railguard.Failure)} >= {
        "path",
        "validator",
        "message",
        "value",
        "action",
        "after",
    }
    assert {field.name for field in dataclasses.fields(railguard.StreamEvent)} >= {
        "type",
        "text",
        "path",
        "value",
        "failure",
        "paths",
        "outcome",
        "snapshot",
    }
    assert list(inspect.signature(railguard.FailResult).parameters) == ["message", "fix", "blame", "spans", "usage"]


def test_all_is_sorted_and_each_is_there_once() -> None:
    assert railguard.__all__ == sorted(
        railguard.__all__, key=lambda name: (not name.isupper(), not name[0].isupper(), name)
    )
    assert len(set(railguard.__all__)) == len(railguard.__all__)
    assert dir(railguard) == sorted(railguard.__all__)


@pytest.mark.parametrize("name", railguard.__all__)
def test_each_is_importable_and_documented(name: str) -> None:
    found = getattr(railguard, name)
    if name == "UNSET":
        found = type(found)
    doc = inspect.getdoc(found) or ""
    assert doc.strip()
    assert not doc.startswith(f"{name}("), "a dataclass's generated line is no documentation"


CLASSES = [
    name
    for name in railguard.__all__
    if inspect.isclass(getattr(railguard, name)) and not issubclass(getattr(railguard, name), enum.Enum)
]


@pytest.mark.parametrize("name", CLASSES)
def test_each_public_method_is_documented(name: str) -> None:
    found: type[Any] = getattr(railguard, name)
    bare = []
    for base in found.__mro__:
        if not base.__module__.startswith("railguard"):
            continue
        for member, value in vars(base).items():
            plain = getattr(value, "__func__", getattr(value, "fget", getattr(value, "func", value)))
            if (not member.startswith("_") or member == "__call__") and inspect.isfunction(plain):
                bare += [member] if not (inspect.getdoc(plain) or "").strip() else []
    assert bare == []


def test_each_parameter_of_a_guard_is_explained_in_the_guard() -> None:
    methods = [value for name, value in vars(railguard.Guard).items() if not name.startswith("_") or name == "__call__"]
    plain = [getattr(one, "__func__", one) for one in methods]
    functions = [one for one in plain if inspect.isfunction(one)]
    words = " ".join(filter(None, [inspect.getdoc(railguard.Guard), *map(inspect.getdoc, functions)]))
    taken = {name for one in functions for name in inspect.signature(one).parameters} - {
        "self",
        "cls",
        "model",
        "rules",
    }
    assert len(taken) > 20
    assert sorted(name for name in taken if f"{name}:" not in words and f"{name}," not in words) == []


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Gaurd"):
        railguard.Gaurd  # type: ignore[attr-defined]


def test_every_room_lists_names_that_are_there() -> None:
    for room in (
        "values",
        "errors",
        "schema",
        "validation",
        "loop",
        "drivers",
        "llm",
        "testing",
        "validation.registry",
        "spec",
    ):
        module = importlib.import_module(f"railguard.{room}")
        assert [name for name in module.__all__ if not hasattr(module, name)] == []


def test_every_error_is_one_of_railguards() -> None:
    errors = [getattr(railguard, name) for name in railguard.__all__ if name.endswith(("Error", "Failed"))]
    assert len(errors) >= 6
    assert all(issubclass(error, railguard.RailguardError) for error in errors)
