"""Laws of the quick look at an answer: it accepts nothing that a closer look refuses, and refuses nothing that it accepts."""

from __future__ import annotations

from typing import Any

import pytest

from railguard import Guard, Limits, ValidatorError, validator
from railguard.checking import filters, plan
from railguard.testing import ScriptedModel

USER = [{"role": "user", "content": "x"}]


@validator("t-quick-stops", replace=True)
def stops(value: int) -> bool:
    if value == 9:
        raise StopIteration
    return True


@pytest.mark.parametrize("items", [[9], [1, 9], [1, 2, 9, 3]])
def test_a_rule_that_raises_stop_iteration_lets_nothing_pass(items: list[int]) -> None:
    guard = Guard.from_rail_string(
        '<rail version="1.0"><output type="list"><integer validators="t-quick-stops"/></output></rail>'
    )
    with pytest.raises(ValidatorError, match="StopIteration") as caught:
        guard.parse(str(items))
    assert str(caught.value.path) == f"$[{items.index(9)}]"
    assert guard.parse("[1, 2]").passed


STRING: dict[str, Any] = {"type": "string"}
CLOSED: dict[str, Any] = {"additionalProperties": False}
TREE: dict[str, Any] = {
    "$defs": {"T": {"type": "object", "properties": {"t": {"$ref": "#/$defs/T"}}, **CLOSED}},
    "$ref": "#/$defs/T",
}
KINDS: dict[str, Any] = {
    "oneOf": [
        {"type": "object", "properties": {"k": {"const": kind}, kind: STRING}, "required": ["k", kind], **CLOSED}
        for kind in ("p", "q")
    ]
}


def deep(levels: int) -> str:
    return '{"t": ' * levels + "{}" + "}" * levels


@pytest.mark.parametrize(
    ("schema", "text", "output"),
    [
        (STRING, "abc", "abc"),
        (STRING, '"abc"', "abc"),
        (STRING, '"a\\"b"', 'a"b'),
        (STRING, '"\\ud83d\\ude00"', "\N{GRINNING FACE}"),
        (STRING, "", None),
        (STRING, " \n", None),
        (STRING, "x" * 100, "x" * 100),
        (STRING, "x" * 101, None),
        (STRING, '"' + "x" * 100 + '"', None),
        (STRING, '"\\ud800"', None),
        (STRING, "\ud800", None),
        ({**STRING, "minLength": 3}, "ab", None),
        ({"enum": ["a", 1, None]}, '"a"', "a"),
        ({"enum": ["a", 1, None]}, "1", 1),
        ({"enum": ["a", 1]}, "true", None),
        ({"enum": ["a", 1]}, "null", None),
        ({"enum": [{"k": 1}, [1]]}, '{"k": 1}', {"k": 1}),
        ({"enum": [{"k": 1}, [1]]}, '{"k": true}', None),
        (KINDS, '{"k": "p", "p": "x"}', {"k": "p", "p": "x"}),
        (KINDS, '{"k": "p", "q": "x"}', None),
        (KINDS, '{"k": "p", "p": "a: \\u00e9"}', {"k": "p", "p": "a: é"}),
        (KINDS, '{"k": "p", "p": "x", "p": "y"}', None),
        (KINDS, '{"k": "p", "p": "\\ud800"}', None),
        ({"type": "array", "items": KINDS}, '[{"k": "q", "q": ":"}]', [{"k": "q", "q": ":"}]),
        (TREE, deep(3), {"t": {"t": {"t": {}}}}),
        (TREE, deep(9), None),
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
def test_what_an_answer_comes_to_is_the_same_for_every_kind_of_root(
    schema: Any, text: str, output: Any, streamed: bool
) -> None:
    guard = Guard.from_json_schema(schema, repair="none", limits=Limits(text=100, depth=8))
    if streamed:
        outcome = list(guard.stream(ScriptedModel([text]), messages=USER, max_reasks=0))[-1].outcome
        assert outcome is not None
    else:
        outcome = guard.parse(text)
    assert outcome.output == output
    assert type(outcome.output) is type(output)
    assert outcome.passed is (output is not None)


seen: list[Any] = []


@validator("t-quick-sees", replace=True)
def sees(value: dict) -> bool:
    seen.append(dict(value))
    return True


@pytest.mark.parametrize(
    ("element", "written", "mended"),
    [
        ('<date name="d"/>', "2024-1-5", "2024-01-05"),
        ('<enum name="d" values="red, green"/>', "Red", "red"),
        ('<integer name="d"/>', "5", 5),
    ],
)
def test_a_rule_on_an_object_sees_its_members_as_they_were_mended(element: str, written: str, mended: Any) -> None:
    guard = Guard.from_rail_string(
        f'<rail version="1.0"><output><object name="o" validators="t-quick-sees">{element}</object></output></rail>'
    )
    seen.clear()
    outcome = guard.parse(f'{{"o": {{"d": "{written}"}}}}')
    assert outcome.output == {"o": {"d": mended}}
    assert seen == [{"d": mended}]
    assert [(str(one.path), one.before, one.after) for one in outcome.repairs] == [("$.o.d", written, mended)]


def test_messages_of_any_number_of_conversations_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "_MOST_CONVERSATIONS", 2)
    blocked: list[Any] = []

    @validator("t-quick-message", replace=True)
    def message(value: str) -> bool:
        blocked.append(value)
        return True

    guard = Guard.from_json_schema({"type": "object"}).using(message(), on="messages")
    for count in (1, 2, 3, 4, 4, 1):
        blocked.clear()
        texts = [f"m{at}" for at in range(count)]
        guard(ScriptedModel(["{}"]), messages=[{"role": "user", "content": text} for text in texts])
        assert [one for one in blocked if one in texts] == texts


@pytest.mark.parametrize(
    ("state", "paths", "left"),
    [
        ({"a": [1, 2, 3]}, [("a", 1)], {"a": [1, 3]}),
        ({"a": [1, 2, 3]}, [("a", 0), ("a", 2)], {"a": [2]}),
        ({"a": [1, 2, 3]}, [("a", 1), ("a",)], {}),
        ({"a": {"b": 1, "c": 2}}, [("a", "b")], {"a": {"c": 2}}),
        ({"a": 1}, [("a", "b"), ("a", 0, "c")], {"a": 1}),
        ({"a": [1]}, [("a", 5), ("a", -1), ("a", "+"), ("b",)], {"a": [1]}),
        ("text", [("a",)], "text"),
        ([[1, 2], [3]], [(0, 1), (1,)], [[1]]),
        ({"a": 1}, [], {"a": 1}),
    ],
)
def test_what_is_left_of_a_state_lacks_exactly_what_the_paths_name(state: Any, paths: Any, left: Any) -> None:
    before = repr(state)
    assert filters.left_out(state, [filters.Path(path) for path in paths]) == left
    assert repr(state) == before
