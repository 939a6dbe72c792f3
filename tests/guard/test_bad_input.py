"""Text that is no good: a failed outcome with a clear message, never an exception, never a crash, in linear time."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel

from railguard import Guard, InputError, Limits, SpecError, ValidationOutcome, guarded
from railguard.testing import ScriptedModel
from railguard.testing.growth import steep_growth
from railguard_validators.length import length


class Model(BaseModel):
    a: int


class Tree(BaseModel):
    kids: list["Tree"] = []


SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}


def make(source: str, limits: Limits | None = None) -> Guard:
    if source == "rail":
        return Guard.from_rail_string('<rail version="1.0"><output><integer name="a"/></output></rail>', limits=limits)
    if source == "pydantic":
        return Guard.from_pydantic(Model, limits=limits)
    return Guard.from_json_schema(SCHEMA, limits=limits)


@pytest.fixture(params=["rail", "pydantic", "json schema"])
def source(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def failed(guard: Guard, text: str) -> ValidationOutcome:
    outcome = guard.parse(text)
    assert not outcome.passed
    assert outcome.output is None
    assert outcome.raw_output == text
    assert outcome.failures
    assert all(f.message and len(f.message) < 1000 for f in outcome.failures), "a message is a sentence or two"
    assert outcome.stopped == "no_model"
    json.dumps(outcome.to_dict(), allow_nan=False)
    return outcome


TEXTS = {
    "prose": "I am sorry, I cannot do that.",
    "empty": "",
    "blank": " \n\t",
    "byte order mark": "\ufeff",
    "brackets": "[" * 300,
    "closing brackets": "]" * 300,
    "braces": '{"a":' * 300,
    "integer": "9" * 300_000,
    "integer in an object": '{"a":' + "9" * 300_000 + "}",
    "digits over the limit": '{"a":' + "9" * 4301 + "}",
    "negative digits over the limit": '{"a":-' + "9" * 4301 + "}",
    "NaN": '{"a":NaN}',
    "Infinity": '{"a":Infinity}',
    "minus Infinity": '{"a":-Infinity}',
    "bare NaN": "NaN",
    "NaN in a list": "[NaN]",
    "too large a float": '{"a":1e400}',
    "NaN in an unknown key": '{"z":NaN}',
    "lone surrogate": '{"a":"\ud800"}',
    "lone surrogate outside": '\udfff{"a":"x"}',
    "escaped lone surrogate": '{"a":"\\ud800"}',
    "escaped lone surrogate as a key": '{"\\udc00":1}',
    "NUL": "\x00",
    "control character": '{"a":"\x01"}',
    "two values": '{"a":1}{"a":2}',
    "string": '"text"',
    "null": "null",
    "true": '{"a":true}',
    "duplicate keys": '{"a":1,"a":2}',
    "escaped duplicate keys": '{"a":1,"\\u0061":2}',
    "depth": '{"a":' + "[" * 129 + "]" * 129 + "}",
    "quotes": '"' * 10_001,
    "comma": '{"a":,}',
    "huge key": '{"' + "k" * 100_000 + '":1}',
    "long text for a number": '{"a":"' + "x" * 100_000 + '"}',
}


@pytest.mark.parametrize("name", TEXTS)
def test_it_is_a_failed_outcome_with_a_message(source: str, name: str) -> None:
    if (source, name) == ("pydantic", "true"):
        pytest.skip("a user's own model decides for itself")
    failed(make(source), TEXTS[name])


@pytest.mark.parametrize("text", ["[" * 1_000_000, '{"a":' * 200_000], ids=["brackets", "braces"])
def test_a_megabyte_of_openings_is_a_failed_outcome(text: str) -> None:
    failed(make("json schema"), text)


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_openings_cost_time_in_proportion(source: str, opening: str) -> None:
    guard = make(source)
    assert steep_growth(lambda text: failed(guard, text), lambda n: opening * n, largest=1 << 14) is None


class TestDuplicates:
    def test_the_key_that_is_given_twice_is_named(self, source: str) -> None:
        outcome = failed(make(source), '{"a":1,"a":2}')
        assert [f.path for f in outcome.failures] == [("a",)]
        assert "once" in outcome.failures[0].message

    def test_it_is_found_however_deep_and_however_many_colons_texts_hold(self) -> None:
        schema = {"type": "object", "properties": {"o": SCHEMA, "s": {"type": "string"}}, "required": ["o", "s"]}
        guard = Guard.from_json_schema(schema)
        assert guard.parse('{"s":"a:b:c","o":{"a":1}}').passed
        outcome = failed(guard, '{"s":"a:b","o":{"a":1,"a":2}}')
        assert [f.path for f in outcome.failures] == [("o", "a")]

    def test_it_is_found_where_anything_is_allowed(self) -> None:
        outcome = failed(Guard.from_json_schema(True), '[{"x":{"y":1,"y":2}}]')
        assert [f.path for f in outcome.failures] == [(0, "x", "y")]

    def test_it_is_found_in_open_objects_lists_unions_and_recursive_types(self) -> None:
        texts = [
            (Guard.from_json_schema({"type": "object"}), '{"x":1,"x":2}'),
            (Guard.from_json_schema({"type": "array", "items": SCHEMA}), '[{"a":1},{"a":1,"a":2}]'),
            (Guard.from_json_schema({"anyOf": [SCHEMA, {"type": "array"}]}), '{"a":1,"a":2}'),
            (Guard.from_pydantic(Tree), '{"kids":[{"kids":[],"kids":[{}]}]}'),
            (Guard.from_pydantic(dict[str, int]), '{"x":1,"x":2}'),
        ]
        for guard, text in texts:
            assert not guard.parse(text).passed, text

    def test_it_is_found_where_both_values_are_the_same(self, source: str) -> None:
        failed(make(source), '{"a":1,"a":1}')


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_asked_next_can_be_sent(source: str, name: str) -> None:
    guard = make(source)
    request = guard.reask_request(guard.parse(TEXTS[name]))
    if request is not None:
        json.dumps(request.messages, ensure_ascii=False, allow_nan=False).encode("utf-8")
        assert len(json.dumps(request.messages)) < 20_000


class TestLimits:
    def test_text_of_eight_mebibytes_is_read_and_one_more_is_not(self) -> None:
        guard = Guard.from_json_schema({"type": "string", "minLength": 3})
        text = "x" * (8 * 1024 * 1024)
        assert guard.parse(text).passed
        outcome = failed(guard, text + "x")
        assert "8388608" in outcome.failures[0].message

    def test_the_limit_of_text_is_settable(self, source: str) -> None:
        assert make(source, Limits(text=8)).parse('{"a": 1}').passed
        assert "8" in failed(make(source, Limits(text=7)), '{"a": 1}').failures[0].message

    def test_128_levels_are_read_and_129_are_not(self) -> None:
        for guard in (Guard.from_json_schema(True), Guard.from_json_schema({"type": "array"})):
            assert guard.parse("[" * 128 + "]" * 128).passed
            assert "128" in failed(guard, "[" * 129 + "]" * 129).failures[0].message

    def test_the_limit_of_depth_is_settable_and_holds_for_every_source(self) -> None:
        text = '{"kids":[{"kids":[{"kids":[]}]}]}'
        assert Guard.from_pydantic(Tree, limits=Limits(depth=6)).parse(text).passed
        failed(Guard.from_pydantic(Tree, limits=Limits(depth=5)), text)

    def test_an_integer_of_4300_digits_is_read(self, source: str) -> None:
        outcome = make(source).parse('{"a":' + "9" * 4300 + "}")
        assert outcome.partial == {"a": int("9" * 4300)}

    def test_the_limit_of_digits_is_settable(self) -> None:
        guard = Guard.from_json_schema(SCHEMA, limits=Limits(integer_digits=5))
        assert guard.parse('{"a":12345}').passed
        failed(guard, '{"a":123456}')


HOSTILE: dict[str, Callable[[int], str]] = {
    "escaped quotes": lambda n: '{"' + '\\"' * (n // 2),
    "fences": lambda n: "```a\n" * (n // 5),
    "closed fences": lambda n: "```\n" * (n // 4),
    "open brackets": lambda n: "[" * n,
    "open braces": lambda n: "{" * n,
    "keys": lambda n: '{"a":' * (n // 5),
    "objects": lambda n: "{}" * (n // 2),
    "quotes": lambda n: '{"a' * (n // 3),
    "backslashes": lambda n: '{"' + "\\" * n,
    "spaces": lambda n: " " * n + "x",
    "lines": lambda n: " \n" * (n // 2) + "x",
    "mixed": lambda n: '[{"a":' * (n // 6),
    "apostrophes": lambda n: "{'" * (n // 2),
    "comments": lambda n: "/*" * (n // 2),
    "line comments": lambda n: "//\n" * (n // 3),
    "commas": lambda n: "{" + "," * n,
    "digits": lambda n: "9" * n,
    "minus": lambda n: "-" * n,
    "duplicates": lambda n: "{" + ",".join(['"a":1'] * (n // 6)) + "}",
    "unknown keys": lambda n: "{" + ",".join(f'"k{i}":1' for i in range(n // 9)) + "}",
    "bad items": lambda n: '{"a":[' + ",".join(["1"] * (n // 2)) + "]}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_time_grows_with_the_text_and_not_with_its_square(name: str) -> None:
    assert steep_growth(make("json schema").parse, HOSTILE[name]) is None


def test_many_failing_items_take_linear_time() -> None:
    guard = Guard.from_json_schema({"type": "array", "items": SCHEMA})

    def asked_again(text: str) -> None:
        outcome = guard.parse(text)
        assert outcome.failures
        guard.reask_request(outcome)

    assert steep_growth(asked_again, lambda n: json.dumps([{"a": "x"}] * n), largest=1 << 16) is None


@pytest.mark.parametrize("text", [b"{}", None, 7, {"a": 1}, bytearray(b"{}")])
def test_what_is_no_text_is_the_callers_error(source: str, text: Any) -> None:
    with pytest.raises(InputError, match="str"):
        make(source).parse(text)


def test_the_same_texts_from_a_model_are_outcomes_too(source: str) -> None:
    guard = make(source)
    for name, text in TEXTS.items():
        if name in ("NaN in an unknown key", "escaped lone surrogate as a key") and source == "json schema":
            continue  # an open object: the key is asked for, too
        outcome = guard(ScriptedModel([text, '{"a":3}']), messages=[{"role": "user", "content": "go"}], max_reasks=1)
        json.dumps(outcome.to_dict(), allow_nan=False)
        assert outcome.passed, (text[:50], outcome.failures)


def test_a_failure_prints_in_a_line_whatever_the_model_wrote() -> None:
    guard = Guard.from_json_schema({**SCHEMA, "additionalProperties": False})
    for text in ('{"a":"line\\nline\\u0000\\u001b[31m"}', '{"a":"' + "x" * 10_000 + '"}'):
        line = str(guard.parse(text).failures[0])
        assert len(line) < 300
        assert "\n" not in line
        assert "\x1b" not in line


def _chain(link: Callable[[dict[str, Any]], dict[str, Any]], length: int) -> dict[str, Any]:
    """A schema of references, each inside of what the one before leads to."""
    links = {f"d{at}": link({"$ref": f"#/$defs/d{at + 1}"}) for at in range(length)}
    return {"$ref": "#/$defs/d0", "$defs": {**links, f"d{length}": {"type": "integer", "minimum": 0}}}


def _object(below: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": below}, "required": list(required), "additionalProperties": False}


def _nested(below: dict[str, Any]) -> dict[str, Any]:
    for _ in range(15):
        below = _object(below, "a")
    return below


LINKS: dict[str, tuple[Callable[[dict[str, Any]], dict[str, Any]], int]] = {
    "objects": (lambda below: _object(below, "a"), 300),
    "optional members": (_object, 300),
    "objects in objects": (_nested, 14),
    "lists": (lambda below: {"type": "array", "items": below}, 600),
    "maps": (lambda below: {"type": "object", "additionalProperties": below}, 300),
    "unions": (lambda below: {"anyOf": [below, {"type": "string"}]}, 400),
    "all of": (lambda below: {"allOf": [below, below]}, 600),
}


@pytest.mark.parametrize("name", LINKS)
def test_a_long_chain_of_references_costs_no_stack(name: str) -> None:
    link, length = LINKS[name]
    guard = Guard.from_json_schema(_chain(link, length), messages=[{"role": "user", "content": "?"}])
    for text in ('{"a": {"a": "5"}}', "[[-1]]"):
        assert json.dumps(guard(ScriptedModel([text]), max_reasks=0).to_dict())
        assert [event.type for event in guard.stream(ScriptedModel([text]), max_reasks=0)][-1] == "outcome"


def test_a_long_circle_of_references_costs_no_stack() -> None:
    links = {f"d{at}": _object({"$ref": f"#/$defs/d{(at + 1) % 260}"}, "a") for at in range(260)}
    guard = Guard.from_json_schema({"$ref": "#/$defs/d0", "$defs": links}, messages=[{"role": "user", "content": "?"}])
    assert [event.type for event in guard.stream(ScriptedModel(['{"a": 5}']), max_reasks=0)][-1] == "outcome"


TREE = {
    "$ref": "#/$defs/t",
    "$defs": {
        "t": _object(
            {"anyOf": [{"$ref": "#/$defs/t"}, {"type": "array", "items": {"$ref": "#/$defs/t"}}, {"type": "null"}]}
        )
    },
}


@pytest.mark.parametrize("text", ['{"a":' * 126 + "5" + "}" * 126, "{a:" * 126 + "{'a': null}" + "}" * 126])
def test_a_deep_answer_is_checked_however_deep_the_callers_stack_is(text: str) -> None:
    guard = Guard.from_json_schema(TREE)

    def at(depth: int) -> ValidationOutcome:
        return at(depth - 1) if depth else guard.parse(text)

    assert at(300).to_dict().keys() == guard.parse(text).to_dict().keys()


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda guard: guard.using(length, on="$.a"), SpecError, "call the validator with its parameters"),
        (lambda guard: guard.using("length: 1 2", on="$.a"), SpecError, "using takes rules, not str"),
        (lambda guard: guard.using(None), SpecError, "using takes rules, not NoneType"),
        (lambda guard: guard.resume("{}", ScriptedModel(["{}"])), InputError, "give the outcome of a call"),
        (lambda guard: guard.reask_request(None), InputError, "give the outcome of a call"),
        (lambda guard: guard(ScriptedModel(["{}"]), messages=[3]), InputError, r"messages\[0\] is 3"),
        (lambda guard: guard(ScriptedModel(["{}"]), messages=["Who?"]), InputError, r"messages\[0\] is 'Who\?'"),
        (
            lambda guard: guard(ScriptedModel(["{}"]), messages=[{"role": "user", "content": ""}, {"rol": "x"}]),
            InputError,
            r"messages\[1\] is a dict without a role",
        ),
        (lambda guard: Guard.from_pydantic(SCHEMA), SpecError, "a JSON Schema goes to Guard.from_json_schema"),
        (lambda guard: Guard.from_pydantic(Model(a=1)), SpecError, "give the class Model"),
        (lambda guard: Guard.from_rail("<rail/>"), SpecError, "Guard.from_rail_string"),
        (lambda guard: guarded(Model, max_reask=1), TypeError, "@guarded takes no max_reask="),
    ],
)
def test_a_wrong_object_is_refused_with_what_to_give(call: Callable[[Guard], Any], error: Any, says: str) -> None:
    with pytest.raises(error, match=says):
        call(Guard.from_json_schema(SCHEMA))
