"""Laws of the quick readers at their edges, and readings of texts that are seldom seen."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from typing import Any

import pytest

from railguard import Guard, Limits
from railguard.checking.plan import Plan
from railguard.parsing import is_json_text, read_fragment, read_model_text, read_text
from railguard.parsing.extract.candidates import LONGEST_RUN
from railguard.parsing.extract.piece import only_piece
from railguard.parsing.json import strict
from railguard.parsing.json.plain import plain_json
from railguard.parsing.json.strict import read_strict
from railguard.parsing.json.whole_text import read_at, read_tolerant
from railguard.values import UNSET, RepairNote

INT: dict[str, Any] = {"type": "integer"}
OBJECT: dict[str, Any] = {"type": "object", "properties": {"a": INT, "b": {"type": "string"}}, "required": ["a"]}
ROWS: dict[str, Any] = {"type": "array", "items": OBJECT}


def context(schema: dict[str, Any], **more: Any) -> Any:
    return Plan(Guard.from_json_schema(schema, **more).spec).reading_context


def changed(rng: random.Random, text: str) -> str:
    at = rng.randrange(len(text) + 1)
    put = rng.choice(["", *'{}[],:"0 \\', "x", "null", "\n", "1"])
    return text[:at] + put + text[at + rng.choice([0, 1, 2]) :]


@pytest.mark.parametrize("seed", range(20))
def test_strict_json_is_what_python_reads_and_nothing_else(seed: int) -> None:
    rng = random.Random(seed)
    sample = '{"a": [1, {"b": [true, null, "x"]}], "c": {"d": {}, "e": -2}, "f": [[], [[1.5]]]}'
    for _ in range(60):
        text = changed(rng, sample) if rng.random() < 0.7 else changed(rng, changed(rng, sample))
        found = read_strict(text, Limits(depth=rng.choice([2, 3, 50])))
        try:
            expected, end = json.JSONDecoder(object_pairs_hook=list).raw_decode(text, len(text) - len(text.lstrip()))
        except ValueError:
            assert found is None, text
            continue
        assert found is not None, text
        assert found.end == end, text
        doubts = {doubt.code for _, doubt in found.traced.history.doubts()}
        if not doubts and "duplicate-key" not in {one.rule for one in _repairs(found.traced)}:
            assert found.traced.value == json.loads(text[:end]), text
        assert "too-deep" not in doubts or expected is not None


def _repairs(traced: Any) -> list[RepairNote]:
    return [note for note in traced.history.all_notes() if isinstance(note, RepairNote)]


def test_more_notes_than_anybody_reads_are_one_doubt_and_spellings_are_not_counted_with_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(strict, "MOST_NOTES", 4)
    numbers = "[" + ", ".join(["1.50"] * 9) + "]"
    found = read_strict(numbers, Limits())
    assert found is not None
    assert not list(found.traced.history.doubts())
    assert len(list(found.traced.history.all_notes())) == 4
    surrogates = "[" + ", ".join(['"\\ud800"'] * 9) + "]"
    found = read_strict(surrogates, Limits())
    assert found is not None
    codes = [doubt.code for _, doubt in found.traced.history.doubts()]
    assert codes.count("too-many-repairs") == 1
    assert codes.count("surrogate") == 4


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ('Here: {"a": 1}', '{"a": 1}'),
        ('{"a": 1} (that is it)', '{"a": 1}'),
        ("[1, 2] is it", "[1, 2]"),
        ('print({"a": 1})', None),
        ('call f({"a": 1})', None),
        ('Made by f(a=1): {"a": 1}', None),
        ('{"a": 1} was made by f(a=1)', None),
        ('{"a": 1}(x)', None),
        ('<x>{"a": 1}</x>', None),
        ("} {", None),
        ("no JSON", None),
        ('```json\n{"a": 1}\n```', '{"a": 1}'),
        ('```\n{"a": 1}\n```\n```\n```', None),
    ],
)
def test_the_only_piece_of_a_text_is_found_where_nothing_says_otherwise(text: str, piece: str | None) -> None:
    found = only_piece(text)
    assert (None if found is None else found.text) == piece


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, 2.5, "x"]}', {"a": [1, 2.5, "x"]}),
        ('"\\n"', "\n"),
        ('"C:\\files"', UNSET),
        ('"\\bin"', UNSET),
        ('{"a": 1, "a": 1}', UNSET),
        ("NaN", UNSET),
        ("1e999", UNSET),
        ('"\\ud800"', UNSET),
        ("[[[[1]]]]", UNSET),
        ("123456", UNSET),
        ("{", UNSET),
    ],
)
def test_plain_json_is_taken_only_if_nothing_is_to_be_said_of_it(text: str, value: Any) -> None:
    found = plain_json(text, Limits(depth=3, integer_digits=5))
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "cut", "code"),
    [
        ("abc", False, None),
        ("abc", True, "answer-cut"),
        ("", False, "empty"),
        (" \n", True, "empty"),
        ("x" * 11, False, "too-long"),
        ("x" * 10, False, None),
        ("a\ud800", False, "surrogate"),
    ],
)
def test_a_plain_text_is_taken_as_it_is_or_one_doubt_says_why_not(text: str, cut: bool, code: str | None) -> None:
    reading = read_text(text, Limits(text=10), cut=cut)
    assert (reading.problem.code if reading.problem is not None else None) == code
    assert reading.value == (text if code is None else UNSET)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ('"a"', True),
        (' "a" \n', True),
        ('""', True),
        ('"', False),
        ('"a" "b"', False),
        ("a", False),
        ('{"a": "b"}', False),
    ],
)
def test_a_text_is_json_as_a_whole_or_not(text: str, is_one: bool) -> None:
    assert is_json_text(text) is is_one


def lines_of(numbers: Iterable[int]) -> str:
    return "".join(f'{{"a": {at}}}\n' for at in numbers)


def codes(reading: Any) -> list[str]:
    notes = [*reading.history.all_notes(), *([reading.problem] if reading.problem is not None else [])]
    return sorted(note.rule if isinstance(note, RepairNote) else note.code for note in notes)


@pytest.mark.parametrize(
    ("schema", "text", "value", "noted"),
    [
        (OBJECT, '{"a: 5, "b": "x"}', {"a": 5, "b": "x"}, ["missing-quote"]),
        (OBJECT, '{\\"a\\": 1, \\"b\\": \\"x\\q\\"}', {"a": 1, "b": "x\\q"}, ["escape", "escaped-json"]),
        (
            ROWS,
            '{"a": 1, "b": \'x\'}\n{"a": 2,}\n{"a": 3}\n{"a": 4}\n[1]',
            [{"a": 1, "b": "x"}, {"a": 2}, {"a": 3}, {"a": 4}],
            ["candidate", "quotes", "several-values", "trailing-comma"],
        ),
        (OBJECT, '{"a": }', {}, ["key-without-value"]),
        (OBJECT, '{"a": 1} "b": "x"}', {"a": 1, "b": "x"}, ["missing-comma", "stray-bracket"]),
        (OBJECT, '{\\"a\\": 1, \\"b\\": \\"\\ud800\\"}', {"a": 1, "b": "\ufffd"}, ["escaped-json", "surrogate"]),
        (
            ROWS,
            lines_of(range(LONGEST_RUN)) + '{"a": 100,}\n{1, 2}',
            [{"a": at} for at in range(LONGEST_RUN + 1)],
            ["several-values", "trailing-comma"],
        ),
        (
            ROWS,
            '{"a": 1,}\n' + lines_of(range(2, LONGEST_RUN + 3)),
            [{"a": at} for at in range(1, LONGEST_RUN + 3)],
            ["several-values", "trailing-comma"],
        ),
        (ROWS, '{"a": 1}\n{"a": 2}\nand see {"z": 3} for more', [{"a": 1}, {"a": 2}], ["several-values"]),
        (
            ROWS,
            json.dumps({"tool_calls": [{"function": {"name": "f", "arguments": {"a": at}}} for at in (1, 2)]}).replace(
                '"name": "f", ', '"name": "f", "name": "g", ', 1
            ),
            [{"a": 1}, {"a": 2}],
            ["duplicate-key", "unwrapped-key"],
        ),
        (
            ROWS,
            json.dumps({"tool_calls": [{"function": {"name": "f", "arguments": {"a": at}}} for at in (1, 2)]}).replace(
                '"a": 1', '"a": 1, "a": 3', 1
            ),
            [{"a": 1}, {"a": 2}],
            ["duplicate-key", "unwrapped-key"],
        ),
        (
            OBJECT,
            '{"a": 2} and [1, "x"] and {"a": 7, "b": "y"}',
            {"a": 7, "b": "y"},
            ["candidate", "candidate", "prose"],
        ),
        (OBJECT, '{"a": 2, "b": "x"} Wrong: {"a": "q", "b": "y"}', {"a": 2, "b": "x"}, ["candidate", "prose"]),
        (OBJECT, '{"a": 2} then [{"a": "q"}, {"a": "r"}]', {"a": 2}, ["prose"]),
        (
            OBJECT,
            '{"name": "f", "arguments": "{%s"}' % ("x" * 200_001),
            "{" + "x" * 200_001,
            ["arguments", "unwrapped-key"],
        ),
        (INT, '{"w": [1]}', {"w": [1]}, []),
        (OBJECT, '{"w": {"a": 1}, "v": {"a": 2}}', {"w": {"a": 1}, "v": {"a": 2}}, ["two-answers"]),
        (OBJECT, '{"w": {"a": 1}, "v": "none"}', {"a": 1}, ["unwrapped-key"]),
        (
            OBJECT,
            json.dumps({f"w{at}": {"a": 1} for at in range(40)}),
            {f"w{at}": {"a": 1} for at in range(40)},
            [],
        ),
        ({"type": "string"}, '{"x": ["y"]}', '{"x": ["y"]}', []),
        (
            OBJECT,
            '{"tool_calls": [{"function": {"name": "f", "arguments": "{\\"a\\": 1}"}}]}',
            {"a": 1},
            ["json-in-text", "unwrapped-key"],
        ),
        (
            OBJECT,
            '{"anyOf": [{"type": "object", "properties": {"a": {"type": "integer"}}}]}',
            UNSET,
            ["schema-echo"],
        ),
        (
            OBJECT,
            '{"$defs": {"T": {"type": "object", "properties": {"a": {"type": "integer"}}}}, "$ref": "#/$defs/T"}',
            UNSET,
            ["schema-echo"],
        ),
    ],
)
def test_a_text_that_is_seldom_seen_is_read_as_it_is_meant_or_doubted(
    schema: dict[str, Any], text: str, value: Any, noted: list[str]
) -> None:
    reading = read_model_text(text, context(schema))
    assert (reading.value if reading.traced is not None else UNSET) == value
    assert codes(reading) == noted


@pytest.mark.parametrize("text", ["", "no JSON at all", "5"])
def test_a_reask_whose_answer_holds_no_object_is_read_as_it_would_be_at_first(text: str) -> None:
    assert codes(read_fragment(text, context(OBJECT))) == codes(read_model_text(text, context(OBJECT).anything))


@pytest.mark.parametrize(("text", "code"), [('{"a": 5}' + " " * 9, "too-long"), (" " * 9, "empty"), ('{"a": 5}', None)])
def test_a_text_beyond_the_limit_is_not_read(text: str, code: str | None) -> None:
    reading = read_model_text(text, context(OBJECT, limits=Limits(text=10)))
    assert (reading.problem.code if reading.problem is not None else None) == code
    assert reading.value == (UNSET if code else {"a": 5})


def test_without_any_depth_only_the_brackets_are_read() -> None:
    found = read_strict("[1, [2]] x", Limits(depth=0))
    assert found is not None
    assert found.traced.value == []
    assert found.end == 8
    assert [doubt.code for _, doubt in found.traced.history.doubts()] == ["too-deep"]


@pytest.mark.parametrize("text", ['{"a": 123456}', '{"a": "\\ud800"}', '{"a": 1, "a": 2}'])
def test_what_is_to_be_said_of_json_inside_a_text_is_said(text: str) -> None:
    found = read_at(f"x {text} y", Limits(integer_digits=5), 2)
    assert found.end == 2 + len(text)
    assert len(list(found.traced.history.doubts())) == 1


def test_a_number_behind_a_key_without_its_quote_keeps_the_limit() -> None:
    found = read_tolerant('{"a: 123456, "b": 5}', Limits(integer_digits=5))
    assert found.traced.value == {"a": "123456", "b": 5}
    assert [doubt.code for _, doubt in found.traced.history.doubts()] == ["integer-too-long"]
