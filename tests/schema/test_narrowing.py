"""What a validator narrows for decoding: only where a grammar is decoded under, and only what passes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from railguard import FailResult, Guard, Rule, SpecError, validator
from railguard.schema.targets import DIALECTS
from railguard.schema.to_json_schema import request_schema
from railguard.validation import registry

SOUND = ["two-words", "upper-case", "lower-case"]
"""Those of which all that is decoded passes; of an IBAN check digits are left to chance."""


def rule(name: str, **more: object) -> Rule:
    found = registry.find_validator(name)
    assert found is not None
    return found(**more)


def said(one: Rule, target: str, **beside: object) -> tuple[dict[str, object], list[tuple[str, str]]]:
    schema = {"type": "object", "properties": {"a": {"type": "string", **beside}}, "required": ["a"]}
    tree = Guard.from_json_schema(schema).using(one, on="$.a").spec.schema
    request = request_schema(tree, target)  # type: ignore[arg-type]
    return request.schema["properties"]["a"], list(request.narrowed)


@pytest.mark.parametrize("name", SOUND)
@given(data=st.data())
def test_what_is_decoded_under_a_narrowing_passes_its_rule(name, data):
    pattern = rule(name).narrowing["pattern"]
    assert rule(name).run(data.draw(st.from_regex(pattern.replace("$", r"\Z")))) is None


@pytest.mark.parametrize("name", [*SOUND, "iban"])
def test_a_narrowing_is_for_targets_that_decode_and_is_on_record(name):
    for target, dialect in DIALECTS.items():
        body, narrowed = said(rule(name), target)
        assert ("pattern" in body) == bool(dialect.narrow) == (("$.a", f"validator {name}") in narrowed)
        assert dialect.narrow or ("$.a", f"validator {name}") not in narrowed


@pytest.mark.parametrize(
    ("more", "beside"),
    [
        ({"on_fail": "fix"}, {}),
        ({"on_fail": "noop"}, {}),
        ({}, {"enum": ["a", "b"]}),
        ({}, {"pattern": "^x"}),
        ({}, {"format": "email"}),
    ],
)
def test_nothing_is_narrowed_where_the_value_may_stay_or_another_keyword_says_it(more, beside):
    body, narrowed = said(rule("upper-case", **more), "llguidance", **beside)
    assert all("upper-case" not in what for _, what in narrowed)
    assert body.get("pattern") != rule("upper-case").narrowing["pattern"]


def test_a_value_outside_of_a_narrowing_stays_valid():
    guard = Guard.from_json_schema({"type": "array", "items": {"type": "string"}}).using(rule("upper-case"), on="$[*]")
    assert guard.parse('["Ḁ Ԁ Ω"]').passed


def test_a_narrowing_that_is_no_keyword_or_that_no_text_has_is_refused_where_it_is_declared():
    for narrowing, says in (
        ({"patern": "a"}, "the narrowing of validator 'narrow' has 'patern'"),
        ({"pattern": "("}, "cannot be run"),
    ):
        with pytest.raises(SpecError, match=says):

            @validator("narrow", narrowing=narrowing, replace=True)
            def narrow(value: str) -> FailResult | None: ...

    with pytest.raises(SpecError, match="takes no text"):

        @validator("narrow", narrowing={"maxLength": 3}, replace=True)
        def counts(value: int) -> FailResult | None: ...
