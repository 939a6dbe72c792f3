"""What a validator's constraint answers is checked when the rule is made."""

from __future__ import annotations

from typing import Any

import pytest

from railguard import Guard, SpecError, check, validator
from railguard.validation.keywords import keywords


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        {"minLength": 0, "maxLength": 9, "pattern": "^a+$", "format": "date"},
        {"minimum": -0.5, "exclusiveMaximum": 10**30, "multipleOf": 0.01},
        {"enum": [None], "const": None, "uniqueItems": True},
        {"required": ["a"], "dependentRequired": {"a": ["b"]}, "propertyNames": {"maxLength": 3}, "not": False},
        {"anyOf": [{"minLength": 3}, True], "patternProperties": {"^a": {}}},
    ],
)
def test_keywords_of_json_schema_are_taken_as_they_are(answer: Any) -> None:
    assert keywords("k", answer) is answer


@pytest.mark.parametrize(
    ("answer", "said", "mend"),
    [
        ([1], r"is \[1\]", "a dict of keywords"),
        ({"type": "string"}, "has 'type'", "the keywords it may have are"),
        ({"minlength": 1}, "has 'minlength'", "minLength"),
        ({"minLength": -1}, "has -1 as minLength", "a whole number, 0 or more"),
        ({"minLength": True}, "has True as minLength", "a whole number"),
        ({"maximum": float("nan")}, "has nan as maximum", "a number"),
        ({"multipleOf": 0}, "has 0 as multipleOf", "above 0"),
        ({"pattern": "("}, "has a pattern that cannot be run", "write a literal"),
        ({"pattern": r"(a)\1"}, "has a pattern that cannot be run", ""),
        ({"enum": []}, r"has \[\] as enum", "something in it"),
        ({"required": "a"}, "has 'a' as required", "a list of names"),
        ({"anyOf": []}, r"has \[\] as anyOf", "a list of schemas"),
    ],
)
def test_anything_else_is_refused_with_what_would_be_right(answer: Any, said: str, mend: str) -> None:
    with pytest.raises(SpecError, match=said) as caught:
        keywords("k", answer)
    (problem,) = caught.value.problems
    assert problem.code == "validator-constraint"
    assert "constraint of validator 'k'" in problem.message
    assert mend in (problem.hint or "")


class Broken:
    """Has a constraint that does not work for what is below 1."""

    def __init__(self, least: int = 0) -> None:
        self._least = least

    def __call__(self, value: str) -> None: ...

    def constraint(self, json_type: str) -> dict[str, float]:
        return {"minLength": 1 // self._least}


broken = validator("t-ke-broken")(Broken)


def test_a_constraint_that_raises_is_named_when_the_rule_is_made() -> None:
    with pytest.raises(SpecError, match="constraint of validator 't-ke-broken' raised ZeroDivisionError"):
        broken()
    assert Guard.from_string([broken(1)]).json_schema() == {"type": "string", "minLength": 1}


def test_in_a_document_it_is_an_error_at_the_rules_place() -> None:
    line = '<rail version="1.0"><output><string name="a" validators="length: 2; t-ke-broken: -1"/></output></rail>'
    (problem,) = check(line)
    assert problem.message == "the constraint of validator 't-ke-broken' has -1 as minLength"
    assert (problem.line, problem.column) == (1, line.index("t-ke-broken") + 1)
