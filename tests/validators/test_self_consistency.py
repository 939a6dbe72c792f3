"""self-consistency: a value that a model gives again when it is asked again."""

from __future__ import annotations

import asyncio
import json

import pytest

from railguard import UNSET, Completion, Context, Guard, Path, SpecError, Usage, ValidatorError
from railguard.testing import ScriptedModel
from railguard.testing.laws import check_validator
from railguard_validators.self_consistency import self_consistency

ASKED = [{"role": "user", "content": "What is the capital of France?"}]


def says(*values):
    return ScriptedModel([json.dumps({"value": value}) for value in values])


def run(value, *values, **more):
    rule = self_consistency(says(*values), samples=len(values), **more)
    return asyncio.run(rule.run(value, ctx=Context(Path(), value, {}, ASKED)))


def agrees(value, *values, **more):
    return not hasattr(run(value, *values, **more), "message")


def test_it_keeps_the_laws():
    def model(messages, schema):
        kinds = schema["properties"]["value"]["type"]
        by_kind = {"string": "Paris", "number": 42, "boolean": True}
        return json.dumps({"value": None if len(kinds) > 2 else by_kind[kinds[0]]})

    check_validator(
        self_consistency(model, samples=2, tolerance=0.01),
        passing=["Paris", " paris.", 42, 42.0, 42.1, True, None],
        failing=["", "Lyon", 41, -42, 0.0, False],
        metadata={"messages": ASKED},
        max_examples=20,
    )


def test_the_message_says_how_many_agree_and_what_the_others_said():
    result = run("Lyon", "Paris", "Lyon", "Paris", None, "Rome")
    assert result.message == (
        '1 of 5 more answers to the same question gave "Lyon", and at least 3 should have: they gave "Paris" (2), "Lyon" '
        '(1), null (1), "Rome" (1). Work it out again.'
    )
    assert result.fix is UNSET


@pytest.mark.parametrize(
    ("value", "other", "same"),
    [
        ("Paris", " PARIS. ", True),
        ("Stra\u00dfe", "STRASSE", True),
        ("\ufb01ve  days", "five days", True),
        ("Paris", "Paris, France", False),
        ("12", 12, False),
        (12, 12.0, True),
        (1, True, False),
        (0, False, False),
        (None, None, True),
        (None, "null", False),
        (2**60 + 1, 2**60, False),
        (100, 101, False),
    ],
)
def test_values_are_compared_as_json_and_texts_by_their_words(value, other, same):
    assert agrees(value, other) is same


def test_numbers_may_be_as_far_apart_as_the_tolerance():
    assert agrees(100, 101, tolerance=0.01)
    assert not agrees(100, 102, tolerance=0.01)
    assert not agrees(1, -1, tolerance=0.9)
    assert not agrees(0.1, True, tolerance=0.9)


def test_a_share_means_what_it_says_whatever_floats_do():
    assert agrees("a", "a", "a", "a", "b", "b", agreement=0.6)
    assert not agrees("a", "a", "a", "b", "b", "b", agreement=0.6)
    assert agrees("a", *["a"] * 7, *["b"] * 3, agreement=0.7)
    assert agrees("a", "a", *["b"] * 9, agreement=0.1)
    assert not agrees("a", *["a"] * 49, "b", agreement=1)


def test_the_conversation_is_asked_again_for_the_one_value():
    model = says("Paris")
    root = {"cities": [{"country": 'France"}\nSYSTEM', "note": "x" * 200, "capital": "Paris", "people": 2_100_000}]}
    rule = self_consistency(model, samples=1)
    path = Path(("cities", 0, "capital"))
    asyncio.run(rule.run("Paris", ctx=Context(path, root, {}, ASKED)))
    (request,) = model.requests
    assert list(request.messages[:-1]) == ASKED
    place = request.messages[-1]["content"].split("\n")[2]
    assert json.loads(place) == {
        "path": "$.cities[0].capital",
        "beside": {"country": 'France"}\nSYSTEM', "people": 2_100_000},
    }
    assert request.schema["properties"] == {"value": {"type": ["string", "null"]}}


def test_the_samples_are_asked_side_by_side_and_all_are_paid_for():
    together = asyncio.Event()
    running = []

    async def model(messages):
        running.append(messages)
        if len(running) == 4:
            together.set()
        await asyncio.wait_for(together.wait(), 5)
        return Completion('{"value": "Paris"}', usage=Usage(100, 3, 90))

    class Provider:
        name = "four"

        def complete(self, request):
            raise AssertionError("asked one by one")

        async def acomplete(self, request):
            return await model(request.messages)

    guard = Guard.from_string([self_consistency(Provider(), samples=4)], messages=ASKED)
    outcome = guard(ScriptedModel([Completion("Paris", usage=Usage(10, 1))]))
    assert outcome.passed
    assert outcome.usage == Usage(410, 13, 360)


def test_a_field_that_is_not_said_again_is_asked_for_again():
    schema = {"type": "object", "properties": {"capital": {"type": "string"}}, "required": ["capital"]}
    samples = says("Paris", "Paris", "Paris", "Paris")
    guard = Guard.from_json_schema(schema, messages=ASKED).using(self_consistency(samples, samples=2), on="$.capital")
    outcome = guard(ScriptedModel(['{"capital": "Lyon"}', '{"capital": "Paris"}']))
    assert outcome.passed
    assert outcome.output == {"capital": "Paris"}
    assert len(samples.requests) == 4


def test_without_a_conversation_nothing_can_be_asked_again():
    guard = Guard.from_string([self_consistency(says())])
    with pytest.raises(ValidatorError, match=r"guard\.parse has none, so pass it as metadata") as caught:
        guard.parse("Paris")
    assert caught.value.validator == "self-consistency"
    for messages in ("What?", [], ["What?"], {"role": "user"}):
        with pytest.raises(ValidatorError, match="messages"):
            guard.parse("Paris", metadata={"messages": messages})


@pytest.mark.parametrize("answer", ["Paris", '{"capital": "Paris"}', Completion("", "refusal", refusal="No.")])
def test_one_answer_that_cannot_be_read_is_an_error(answer):
    model = ScriptedModel(['{"value": "Paris"}', answer, '{"value": "Paris"}'])
    guard = Guard.from_string([self_consistency(model, samples=3)], messages=ASKED)
    with pytest.raises(ValidatorError, match="self-consistency"):
        guard(ScriptedModel(["Paris"]))


@pytest.mark.parametrize(
    "arguments",
    [
        {"samples": 0},
        {"samples": 51},
        {"agreement": 0},
        {"agreement": 1.2},
        {"agreement": float("nan")},
        {"tolerance": -0.1},
        {"tolerance": 1},
    ],
)
def test_numbers_that_mean_nothing_are_refused(arguments):
    with pytest.raises(SpecError, match=next(iter(arguments))):
        self_consistency("openai:a", **arguments)


def test_lists_and_objects_are_not_sampled():
    with pytest.raises(SpecError):
        Guard.from_json_schema({"type": "array", "items": {}}).using(self_consistency("openai:a"))


def test_it_reads_as_words_for_a_model():
    assert self_consistency("openai:a").describe() == "the same each time it is worked out"
