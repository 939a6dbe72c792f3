"""What a loop makes of its provider: the dialect in which it is asked, and what is left when it fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from railguard import Completion, Guard, InputError, ProviderError, validator
from railguard.schema.to_json_schema import to_json_schema
from railguard.testing import Request, ScriptedModel

USER = [{"role": "user", "content": "x"}]
INT: dict[str, Any] = {"type": "integer"}


def an_object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


class Strict(ScriptedModel):
    schema_target: ClassVar[str] = "openai-strict"
    cheap_schemas: ClassVar[bool] = True


def outcome_of(guard: Guard[Any], model: ScriptedModel, way: str, **more: Any) -> Any:
    if way == "called":
        return guard(model, messages=USER, **more)
    return list(guard.stream(model, messages=USER, **more))[-1].outcome


ways = pytest.mark.parametrize("way", ["called", "streamed"])


@ways
@pytest.mark.parametrize(
    ("schema", "answer", "output", "strict"),
    [
        (an_object(a=INT), '{"a": 1}', {"a": 1}, True),
        (
            an_object(m={"type": "object", "additionalProperties": INT}),
            '{"m": [{"key": "k", "value": 2}]}',
            {"m": {"k": 2}},
            True,
        ),
        ({"type": "array", "items": INT}, '{"items": [1]}', [1], True),
        ({"type": "object"}, '{"a": [1]}', {"a": [1]}, False),
        (an_object(a={}), '{"a": [1]}', {"a": [1]}, False),
    ],
)
def test_a_provider_is_asked_in_its_own_dialect_or_not_held_to_the_schema(
    schema: dict[str, Any], answer: str, output: Any, strict: bool, way: str
) -> None:
    model = Strict([answer])
    guard = Guard.from_json_schema(schema)
    if schema.get("type") == "array":  # how a dialect wraps a list is its own affair
        wrapper = next(iter(_sent(guard, way)["properties"]))
        model = Strict([answer.replace("items", wrapper)])
    outcome = outcome_of(guard, model, way, max_reasks=0)
    assert model.requests[0].strict is strict
    assert outcome.output == output
    assert outcome.passed
    if not strict:
        assert model.requests[0].schema == to_json_schema(guard.spec.schema)


def _sent(guard: Guard[Any], way: str) -> Any:
    model = Strict(["{}"])
    outcome_of(guard, model, way, max_reasks=0)
    return model.requests[0].schema


@ways
def test_a_whole_reask_puts_the_first_question_again(way: str) -> None:
    class Whole(ScriptedModel):
        reasks_whole: ClassVar[bool] = True

    model = Whole(['{"a": "x", "b": 1}', '{"a": 1, "b": 2}'])
    outcome = outcome_of(Guard.from_json_schema(an_object(a=INT, b=INT)), model, way)
    assert outcome.output == {"a": 1, "b": 1}  # what passed stays
    assert model.requests[0].messages == model.requests[1].messages
    assert model.requests[0].schema == model.requests[1].schema


class Breaking(ScriptedModel):
    """Breaks off after some pieces."""

    def __init__(self, text: str, after: int) -> None:
        super().__init__([text], pieces=2)
        self.after = after

    def stream(self, request: Request) -> Iterator[str | Completion]:
        for number, piece in enumerate(super().stream(request)):
            if number == self.after:
                raise ProviderError("it broke off")
            yield piece


@pytest.mark.parametrize(
    ("after", "partial"),
    [(0, None), (4, {}), (5, {"a": 1}), (8, {"a": 1}), (9, {"a": 1, "b": 2})],
)
def test_what_came_of_a_stream_that_breaks_off_is_in_the_error(after: int, partial: Any) -> None:
    guard = Guard.from_json_schema(an_object(a=INT, b=INT))
    with pytest.raises(ProviderError, match="it broke off") as caught:
        list(guard.stream(Breaking('{ "a": 1, "b": 2, ', after), messages=USER))
    outcome = caught.value.outcome
    if partial is None:
        assert outcome is None
    else:
        assert outcome is not None
        assert outcome.stopped == "provider"
        assert outcome.passed is (len(partial) == 2)  # nothing else can have been meant to come
        assert (outcome.partial or {}) == partial


@ways
@pytest.mark.parametrize("rounds", [0, 1])
def test_what_is_known_when_a_provider_fails_is_in_the_error(way: str, rounds: int) -> None:
    answers: list[Any] = ['{"a": 1, "b": "x"}'] * rounds
    with pytest.raises(ProviderError, match="gone") as caught:
        outcome_of(
            Guard.from_json_schema(an_object(a=INT, b=INT)), ScriptedModel([*answers, ProviderError("gone")]), way
        )
    outcome = caught.value.outcome
    assert (None if outcome is None else (outcome.partial, outcome.stopped)) == (
        ({"a": 1}, "provider") if rounds else None
    )


def test_an_update_whose_provider_fails_is_an_error() -> None:
    guard = Guard.from_json_schema(an_object(a=INT))
    with pytest.raises(ProviderError, match="gone"):
        guard.update({"a": 1}, ScriptedModel([ProviderError("gone")]), messages=USER)


@ways
def test_metadata_that_a_validator_cannot_do_without_is_asked_for_before_anything_is_sent(way: str) -> None:
    @validator("t-loop-needs", replace=True, metadata=["tenant"])
    def needs(value: Any, *, ctx: Any) -> bool:
        return bool(ctx.metadata["tenant"] == "t")

    guard = Guard.from_json_schema(an_object(a=INT)).using(needs(), on="$.a")
    model = ScriptedModel(['{"a": 1}'])
    with pytest.raises(InputError, match=r"'t-loop-needs' needs 'tenant': pass metadata=\{'tenant': …\}"):
        outcome_of(guard, model, way)
    assert model.requests == []
    assert outcome_of(guard, model, way, metadata={"tenant": "t"}).passed


@validator("t-loop-polite", replace=True, by_sentence=True)
def polite(value: str) -> bool:
    return "rude" not in value


@pytest.mark.parametrize("make", [Guard.from_json_schema, lambda schema: Guard.from_string()])
@pytest.mark.parametrize(
    ("text", "told", "passes"),
    [
        ("One. Two. Three.", ["One. ", "Two. "], True),
        ("One. So rude. Three.", ["One. "], False),
        (" \n  One. Two.", [" \n  One. "], True),
        ("x" * 3000, None, True),
    ],
)
def test_the_sentences_of_a_streamed_text_are_told_as_they_pass(
    make: Any, text: str, told: list[str] | None, passes: bool
) -> None:
    guard = make({"type": "string"}).using(polite())
    events = list(guard.stream(ScriptedModel([text], pieces=7), messages=USER, max_reasks=0))
    outcome = events[-1].outcome
    assert outcome is not None
    assert outcome.passed is passes
    said = [event.text for event in events if event.type == "delta" and event.text]
    assert "".join(said) in text
    if told is not None and passes:
        assert "".join(said).startswith("".join(told))
    assert any(event.type == "failure" for event in events) is not passes


def test_a_streamed_text_that_is_a_json_string_is_judged_when_it_is_whole() -> None:
    guard = Guard.from_json_schema({"type": "string"}).using(polite())
    for text, output in (('"One. Two."', "One. Two."), (' "So rude. Two."', None)):
        events = list(guard.stream(ScriptedModel([text], pieces=3), messages=USER, max_reasks=0))
        assert events[-1].outcome is not None
        assert events[-1].outcome.output == output
