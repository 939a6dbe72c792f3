"""Law: of an answer that was cut off, what may be incomplete is not taken, and what it may lack is asked for.

It was cut off if the model was stopped, or if the text ends where no value ends. Otherwise only brackets are missing, and
where judgement is allowed they are put there.
"""

from __future__ import annotations

from typing import Any

import pytest

from railguard import Completion, Guard, ValidationOutcome
from railguard.testing import ScriptedModel

INT = {"type": "integer"}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "a": {"type": "string"},
        "l": {"type": "array", "items": INT},
        "o": {"type": "object", "properties": {"x": INT, "y": INT}, "required": ["x"], "additionalProperties": False},
        "m": {"type": "object", "additionalProperties": INT},
        "f": {},
    },
    "required": ["a"],
    "additionalProperties": False,
}
CUT: list[tuple[str, dict[str, Any], set[str], bool]] = [
    ('{"a": "x', {}, {"$.a"}, False),
    ('{"a": "x", "l": [1, 2', {"a": "x", "l": [1]}, {"$.l", "$.l[1]"}, True),
    ('{"a": "x", "l": [1, 2]', {"a": "x", "l": [1, 2]}, set(), True),
    ('{"a": "x", "l": [1, 2,', {"a": "x", "l": [1, 2]}, {"$.l"}, False),
    ('{"a": "x", "o": {"x": 1', {"a": "x", "o": {}}, {"$.o.x", "$.o.y"}, True),
    ('{"a": "x", "o": {"x": 1}', {"a": "x", "o": {"x": 1}}, set(), True),
    ('{"a": "x", "o": {', {"a": "x", "o": {}}, {"$.o.x", "$.o.y"}, False),
    ('{"a": "x", "m": {"k": 1', {"a": "x"}, {"$.m", "$.m.k"}, True),
    ('{"a": "x", "m": {"k": 1}', {"a": "x", "m": {"k": 1}}, set(), True),
    ('{"a": "x", "f": [1', {"a": "x", "f": []}, {"$.f", "$.f[0]"}, True),
    ('{"a": "x", "f": {"k": 1', {"a": "x"}, {"$.f", "$.f.k"}, True),
]
"""(text, what is valid of it, what fails besides the members that it does not reach, whether it ends where a value ends)."""


def answered(text: str, repair: Any, reason: Any) -> Any:
    model = ScriptedModel([Completion(text, reason)])
    return Guard.from_json_schema(SCHEMA, repair=repair)(
        model, messages=[{"role": "user", "content": "x"}], max_reasks=0
    )


@pytest.mark.parametrize(("text", "valid", "failing", "ends"), CUT, ids=[text for text, *_ in CUT])
@pytest.mark.parametrize("reason", ["stop", "length"])
@pytest.mark.parametrize("repair", ["none", "lossless", "judgement"])
def test_of_an_answer_that_was_cut_off_only_what_is_complete_is_taken(
    text: str, valid: dict[str, Any], failing: set[str], ends: bool, repair: str, reason: str
) -> None:
    outcome = answered(text, repair, reason)
    told = {str(one.path) for one in outcome.failures}
    if repair == "none":
        assert told == {"$"}
        assert outcome.partial is None
    elif repair == "judgement" and reason == "stop" and ends:
        assert outcome.passed
        assert outcome.output == answered(text + "]}"[text.count("[") <= text.count("]") :], repair, "stop").output
    elif repair == "judgement" and reason == "stop" and text == '{"a": "x':
        assert told == {"$.a"}
    else:
        assert told == failing | {f"$.{name}" for name in "lomf" if f'"{name}"' not in text}
        assert outcome.partial == valid
    assert outcome.passed is (outcome.output is not None)


@pytest.mark.parametrize("reason", ["stop", "length"])
def test_a_whole_answer_is_sound_whatever_stopped_the_model(reason: str) -> None:
    assert answered('{"a": "x", "l": [1]}', "lossless", reason).output == {"a": "x", "l": [1]}


@pytest.mark.parametrize(
    ("answer", "taken"),
    [
        ('{"l": [1, 2], "o": {"x": 3}', {"a": "x", "l": [1, 2], "o": {"x": 3}}),
        ('{"o": {"x": 3}, "l": [1, 2', {"a": "x", "o": {"x": 3}}),
        ('{"l": [1, 2], "o": {"x": 3', {"a": "x", "l": [1, 2]}),
        ('[{"l": [1, 2], "o": {"x": 3}}', {"a": "x", "l": [1, 2], "o": {"x": 3}}),
        ('Either {"l": [1, 2], "o": {"x": 3}} or {"l": [1], "o": {"x": 4}}', {"a": "x"}),
    ],
)
def test_what_a_cut_off_answer_to_a_reask_gave_whole_is_taken(answer: str, taken: dict[str, Any]) -> None:
    model = ScriptedModel([Completion('{"a": "x", "l": "q", "o": "q"}', "stop"), Completion(answer, "length")])
    outcome = Guard.from_json_schema(SCHEMA)(model, messages=[{"role": "user", "content": "x"}], max_reasks=1)
    assert [str(one) for one in outcome.iterations[1].asked] == ["$.l", "$.o"]
    valid = {name: value for name, value in (outcome.partial or {}).items() if value}
    assert valid == taken


def test_an_answer_in_a_list_that_is_not_closed_is_a_guess_and_in_a_closed_one_only_what_it_lacks_is_told() -> None:
    whole = '[{"a": "x", "l": [1], "o": {"x": 1}, "m": {}'
    assert [str(one.path) for one in answered(f'{whole}, "f": 2}}', "lossless", "stop").failures] == ["$"]
    assert answered(f'{whole}, "f": 2}}', "judgement", "stop").output["f"] == 2
    assert answered(f'{whole}, "f": 2}}]', "lossless", "stop").output["f"] == 2
    assert answered(f"{whole}}}]", "lossless", "stop").passed


@pytest.mark.parametrize(
    ("schema", "text", "right"),
    [
        ({"type": "integer"}, "12", 12),
        ({"type": "number"}, "12.", 12.0),
        ({"type": "number"}, "```\n12", 12),
        ({"enum": ["red", "redder"]}, "red", "red"),
        ({"type": "string", "format": "date"}, "2024-01-02", "2024-01-02"),
        ({"type": "array", "items": {"type": "integer"}}, "12", [12]),
        ({"anyOf": [{"type": "integer"}, {"type": "boolean"}]}, "12\n", 12),
    ],
)
def test_a_scalar_at_the_end_of_a_text_may_have_gone_on_where_the_model_was_stopped(
    schema: dict[str, Any], text: str, right: Any
) -> None:
    def answer(reason: Any) -> ValidationOutcome[Any]:
        model = ScriptedModel([Completion(text, reason)])
        return Guard.from_json_schema(schema)(model, messages=[{"role": "user", "content": "x"}], max_reasks=0)

    assert answer("stop").output == right
    assert [str(one.path) for one in answer("length").failures] == ["$"]


@pytest.mark.parametrize(
    ("schema", "text", "right"),
    [
        ({"enum": ["red", "redder"]}, '"red"', "red"),
        ({"type": "boolean"}, "true", True),
        ({"type": "integer"}, "```json\n12\n```", 12),
        ({"type": ["integer", "null"]}, "null", None),
        ({"type": "array", "items": {"type": "integer"}}, "[12]", [12]),
    ],
)
def test_a_scalar_that_ends_before_the_text_is_sound_whatever_stopped_the_model(
    schema: dict[str, Any], text: str, right: Any
) -> None:
    model = ScriptedModel([Completion(text, "length")])
    outcome = Guard.from_json_schema(schema)(model, messages=[{"role": "user", "content": "x"}], max_reasks=0)
    assert outcome.passed
    assert outcome.output == right
