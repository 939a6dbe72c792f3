"""The laws of the tolerant reader: pieces change nothing, valid JSON is read as it is, and no text is too much."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parsing_views import View, view

from railguard.parsing.json.reader import MOST_NOTES, Reader
from railguard.parsing.json.whole_text import read_json
from railguard.parsing.json.whole_text import read_tolerant as parse_tolerant
from railguard.parsing.reading import Event
from railguard.values import UNSET, Limits

TOKENS = [
    *"{}[]():,;\"'`“”/\\*#=.\n -+10eatuxé",
    '"a"', '"b":', '"x", ', "true", "null", "None", "```", '"""', "//", "/*", "*/", '{"k": ', "\\u00", "\\ud83d", "\\ude00",
    "\\n", "...", "Decimal(", "name=", "key: ", '\n  "q": ', "  ", "\ufeff", "1,234", "some words", '", "', '"]', '"}', "},",
    "],", "x" * 50, " " * 40, "😀", "\ud83d", "1e400", "NaN", "u'", "=>", "<b>", "\x00",
]  # fmt: skip
texts = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["{", "[", '{"a": ', '["', ""]), st.lists(st.sampled_from(TOKENS), max_size=30).map("".join)
    ),
)
plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\b\f"), max_size=20),
    lambda below: (
        st.lists(below, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\b\f"), max_size=8), below, max_size=4
        )
    ),
    max_leaves=20,
)


def read_tolerant(text: str, limits: Limits) -> View:
    return view(parse_tolerant(text, limits).traced)


def told(text: str, cuts: list[int]) -> tuple[list[Event], Reader]:
    reader = Reader()
    events: list[Event] = []
    start = 0
    for cut in [*cuts, len(text)]:
        events += reader.feed(text[start:cut])
        start = cut
    return events + reader.close(), reader


def everything(text: str, cuts: list[int]) -> str:
    events, reader = told(text, cuts)
    return repr((events, reader.value, list(reader.traced.history.walk()), reader.end))


@settings(deadline=None)
@given(texts, st.data())
def test_all_ways_to_cut_a_text_into_pieces_tell_the_same(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    whole = everything(text, [])
    assert everything(text, cuts) == whole
    assert everything(text, list(range(1, len(text)))) == whole


@settings(deadline=None)
@given(st.text(), st.integers(1, 5))
def test_no_text_is_an_exception(text: str, size: int) -> None:
    told(text, list(range(size, len(text), size)))


@settings(deadline=None)
@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\b\f"), max_size=8), plain, max_size=5
    )
    | st.lists(plain, max_size=5),
    st.sampled_from([None, 0, 2]),
    st.booleans(),
)
def test_valid_json_is_read_as_it_is_and_nothing_is_mended(value: Any, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    reading = read_tolerant(text, Limits())
    assert json.dumps(reading.value) == json.dumps(value)
    assert not reading.repairs
    assert not reading.problems
    assert parse_tolerant(text, Limits()).end == len(text)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\b\f"), max_size=8), plain, max_size=5
    )
)
def test_values_are_told_with_their_paths_before_what_holds_them(value: dict[str, Any]) -> None:
    events, _ = told(json.dumps(value), [])
    closed = set()
    for event in events:
        assert event.type == "open" or not any(
            done == event.path[: len(done)] for done in closed if len(done) < len(event.path)
        )
        if event.type == "close":
            closed.add(event.path)
    for event in events:
        found: Any = value
        for part in event.path:
            found = found[part]
        assert json.dumps(found) == json.dumps(event.value)


def test_a_value_is_told_as_soon_as_it_cannot_go_on() -> None:
    reader = Reader()
    assert [event.type for event in reader.feed('{"name": "Ann"')] == ["open"]
    assert [(event.path, event.value) for event in reader.feed(', "age')] == [(("name",), "Ann")]
    assert reader.feed('": 3') == []
    assert reader.feed("6") == []
    assert [(event.path, event.value) for event in reader.feed(', "x": ')] == [(("age",), 36)]
    assert reader.value == {"name": "Ann", "age": 36}


def test_text_behind_the_value_is_left_alone() -> None:
    reader = Reader()
    reader.feed('{"a": 1} and more')
    reader.feed(" and more")
    reader.close()
    assert (reader.done, reader.end, reader.value) == (True, 8, {"a": 1})


def test_what_was_open_when_the_text_ended_is_known() -> None:
    _, reader = told('{"fees": [{"n": 1}, {"n": "x', [])
    assert [str(path) for path in view(reader.traced).open] == ["$", "$.fees", "$.fees[1]"]
    assert str(view(reader.traced).cut) == "$.fees[1].n"
    assert [(str(one.path), one.append) for one in view(reader.traced).problems] == [
        ("$.fees", True),
        ("$.fees[1].n", False),
    ]


def test_a_number_at_the_very_end_may_be_cut_off() -> None:
    _, reader = told('{"n": 12', [])
    assert str(view(reader.traced).cut) == "$.n"
    assert [(one.rule, one.kind) for one in view(reader.traced).repairs] == [
        ("number-at-end", "judgement"),
        ("unclosed", "syntax"),
    ]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('{"a": NaN}', "$.a"),
        ('{"a": [1, -Infinity]}', "$.a[1]"),
        ('{"a": 1e400}', "$.a"),
        ('{"a": "\\ud800"}', "$.a"),
        ('{"\\ud800": 1}', '$["�"]'),
        ('{"a": 1, "a": 2}', "$.a"),
        ('{"a": {"b": 1}, "a": {"b": 1}}', "$.a"),
        ('{"a": ' + "1" * 4301 + "}", "$.a"),
        ("[" * 129, "$" + "[0]" * 127),
        ('{"a": }', "$.a"),
        ('{"a"}, ', "$"),
        ('{"b": 1, "a"}', "$"),
        ('{"a": [1, ...]}', "$.a"),
        ('["a": 1]', "$"),
        ('{"a": {"x": 1} {"y": 2}}', "$"),
        ('{"a": [1] words {"y": 2}}', "$"),
        ('{"a": [1], ("y")}', "$"),
        ('{"a":', "$"),
        ('{"a": 1, "b', "$"),
        ('{"a": 1,', "$"),
        ("{", "$"),
        ("[1,", "$"),
        ('{"a": """x', "$.a"),
        ('{"a": words', "$.a"),
        ('{"a": 1, }:}', "$"),
        ("", "$"),
        ("  ", "$"),
        ("[)", "$"),
    ],
)
def test_a_defect_is_known_with_its_path(text: str, path: str) -> None:
    reading = read_tolerant(text, Limits())
    if text == '{"a"}, ':
        assert reading.value == ["a"]  # as Python prints a set
    elif text in ('{"a": 1, }:}', "[)"):
        assert reading.repairs
    else:
        assert path in [str(problem.path) for problem in reading.problems]


def test_128_levels_are_read_and_129_are_not() -> None:
    assert not read_tolerant("[" * 128 + "]" * 128, Limits()).problems
    assert "128 levels" in read_tolerant("[" * 129 + "]" * 129, Limits()).problems[0].message


def test_4300_digits_are_read_and_the_limit_is_settable() -> None:
    assert read_tolerant("[" + "1" * 4300 + "]", Limits()).value == [int("1" * 4300)]
    assert "3 digits" in read_tolerant("[1234]", Limits(integer_digits=3)).problems[0].message
    assert [one.code for one in view(read_json("[1234]", Limits(integer_digits=3)).traced).problems] == [
        "integer-too-long"
    ]


@pytest.mark.parametrize(
    ("text", "rule", "kind"),
    [
        ("{'a': 1}", "quotes", "syntax"),
        ("{a: 1}", "unquoted-key", "syntax"),
        ('{"a": b}', "unquoted", "syntax"),
        ('{"a": b, c}', "unquoted", "judgement"),
        ('{"a": True}', "literal", "syntax"),
        ('{"a": +1}', "number-spelling", "syntax"),
        ('{"a": 1,}', "trailing-comma", "syntax"),
        ('{"a": 1 "b": 2}', "missing-comma", "syntax"),
        ('{"a": 1,, "b": 2}', "extra-comma", "syntax"),
        ("[1,, 2]", "extra-comma", "judgement"),
        ('{"a" 1}', "missing-colon", "syntax"),
        ('{"a" => 1}', "colon", "syntax"),
        ('{"a": 1; "b": 2}', "comma", "syntax"),
        ('{"a": 1 // one\n}', "comment", "syntax"),
        ('{"a": "say "hi" now"}', "unescaped-quotes", "syntax"),
        ('{"a": "5" wide"}', "unescaped-quotes", "judgement"),
        ('{"a": "x\ny"}', "control-character", "syntax"),
        ('{"a": "\\d"}', "escape", "syntax"),
        ('{"a": "\\."}', "escape", "judgement"),
        ('{"a": """x"""}', "triple-quotes", "syntax"),
        ('{"a": [1}', "unclosed", "syntax"),
        ('[{"a": 1]', "unclosed", "syntax"),
        ("[1, 2", "unclosed", "judgement"),
        ('{"a": 1]', "wrong-bracket", "syntax"),
        ('{"a": {"b": 1], "c": 2}', "wrong-bracket", "judgement"),
        ('[{"a": 1}}, 2]', "stray-bracket", "syntax"),
        ('{"a": {"b": 1}}, "c": 2}', "stray-bracket", "judgement"),
        ('{"a": [1] y}', "stray-text", "judgement"),
        ('{"a": "x", COMMENT "b": 1}', "stray-text", "judgement"),
        ("(1, 2)", "python-repr", "syntax"),
        ("{1, 2}", "python-repr", "lossless"),
        ("X(a=1)", "python-repr", "syntax"),
        ("deque([1])", "python-repr", "syntax"),
        ('{"a: "x"}', "missing-quote", "syntax"),
        ('{"a": "x, "b": 1}', "missing-quote", "syntax"),
        ('{"a": x"}', "missing-quote", "syntax"),
        ('{"a": "x}', "missing-quote", "judgement"),
        ('{""a"": 1}', "doubled-quotes", "syntax"),
        ('{"a": ""x""}', "doubled-quotes", "judgement"),
        ('{"a": 1, "a": 1}', "duplicate-key", "judgement"),
    ],
)
def test_each_repair_of_syntax_is_recorded_with_its_class(text: str, rule: str, kind: str) -> None:
    repairs = read_tolerant(text, Limits()).repairs
    assert (rule, kind) in [(one.rule, one.kind) for one in repairs], repairs


def test_what_stands_in_a_text_is_what_a_repair_says_stood_there() -> None:
    (repair,) = read_tolerant('{"a": \'it"s\'}', Limits()).repairs
    assert (str(repair.path), repair.before, repair.after) == ("$.a", 'it"s', 'it"s')


SHAPES: dict[str, tuple[str, str]] = {
    "lists": ("", "["),
    "objects": ("", "{"),
    "half-open objects": ("", '{"a":'),
    "objects in a list": ("[", '{"a":1,'),
    "quotes": ("", '"'),
    "quotes in a list": ('["', '"'),
    "quotes in an object": ('{"a":"', '"'),
    "single quotes": ("['", "'"),
    "smart quotes": ("[", "“"),
    "backslashes": ('["', "\\"),
    "half escapes": ('["', "\\u00"),
    "backticks": ('{"a":', "```"),
    "commas in quotes": ('{"a":"', '",'),
    "quotes and colons": ('{"a":"', '":'),
    "quotes and lines": ('{"a":"', '\n"b'),
    "quotes and keys": ('{"a":"b', ', "c": '),
    "braces in quotes": ('{"a":"{"', '{"a'),
    "brackets": ("[", "}"),
    "digits": ("[", "1"),
    "numbers": ("[", "1,"),
    "loose numbers": ("[", "+1,"),
    "signs": ("[", "-"),
    "words": ("[", "ab "),
    "words and commas": ('{"a":', "x, "),
    "words and lines": ('{"a": x', "\nb"),
    "slashes": ('{"a": x', " /"),
    "comments": ("{", "//\n"),
    "one comment": ("{/*", "*"),
    "keys": ("{", "a"),
    "keys and commas": ("{", "a,"),
    "keys and quotes": ('{"', 'k"k'),
    "the same key": ("{", '"a":1,'),
    "colons": ("{", ":"),
    "calls": ("[", "x("),
    "calls with names": ("", "X(a="),
    "parentheses": ("{a: ", "("),
    "ellipses": ("[", "...,"),
    "white space": ('{"a":"x"', " "),
    "lines": ("[", "\n"),
    "embedded": ('["{', '"{'),
    "prose": ("[", "a word. "),
    "null characters": ('["', "\x00"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_hostile_text_costs_steps_in_proportion_to_its_length(shape: str) -> None:
    start, again = SHAPES[shape]

    def steps(length: int, piece: int) -> int:
        text = start + again * (length // len(again))
        reader = Reader(events=False)
        for at in range(0, len(text), piece):
            reader.feed(text[at : at + piece])
        reader.close()
        return reader.steps

    assert len(SHAPES) >= 40
    for piece in (7, 1 << 20):
        small, large = steps(8_000, piece), steps(16_000, piece)
        assert large <= 2.1 * small + 200
        assert large <= 2 * 16_000


def test_a_text_with_too_many_errors_is_given_up() -> None:
    reading = read_tolerant("[" + "+1," * (MOST_NOTES + 100), Limits())
    assert reading.problems[0].code == "too-many-repairs"
    assert len(reading.repairs) <= MOST_NOTES + 1


def test_nothing_read_means_no_value() -> None:
    assert read_tolerant("", Limits()).value is UNSET
    assert Reader().value is UNSET


def test_a_reader_that_is_done_takes_no_more() -> None:
    reader = Reader()
    reader.feed("[1]")
    reader.close()
    assert reader.feed("[2]") == []
    assert reader.close() == []
    assert reader.value == [1]


READ: list[tuple[str, Any]] = [
    ('{"k"\n\n: 1}', {"k": 1}),
    ('{"k" true}', {"k": True}),
    ('{"big "blue" key": 1}', {'big "blue" key': 1}),
    ('{"a": "x" ```', {"a": "x"}),
    ("{'a': 'x' `y`'}", {"a": "x' `y`"}),
    ('{"a": "x"\nb: 1}', {"a": "x", "b": 1}),
    ('{"a": ""x"", "b": 1}', {"a": "x", "b": 1}),
    ('{"a": "x",, "b": 1}', {"a": "x", "b": 1}),
    ('[{"a": "x", {"a": "y"}]', [{"a": "x"}, {"a": "y"}]),
    ('{"a": "x", ...}', {"a": "x"}),
    ('{"a": "x", NOTE "b": 1}', {"a": "x", "b": 1}),
    ('{"a": "x", b: 1}', {"a": "x", "b": 1}),
    ('{"a": "x" // y\n}', {"a": "x"}),
    ('{"a": "x" / y"}', {"a": 'x" / y'}),
    ('{"a": ["x"\n"y"]}', {"a": ["x", "y"]}),
    ('["x" {"a": 1}]', ["x", {"a": 1}]),
    ('["x"\n1]', ["x", 1]),
    ('["x", y]', ["x", "y"]),
    ("X(a='x', b=['y'])", {"a": "x", "b": ["y"]}),
    ('[{"a": "x"} {"a": "y"}]', [{"a": "x"}, {"a": "y"}]),
    ('[["x"] ["y"]]', [["x"], ["y"]]),
    ('{"o": {"a": "x"} "b": 1}', {"o": {"a": "x"}, "b": 1}),
    ('{"a": x, /* y */ "b": 1}', {"a": "x", "b": 1}),
    ('{"a": x, /y}', {"a": "x, /y"}),
    ('{"a": x; "b": 1}', {"a": "x", "b": 1}),
    ('{"a": x; y}', {"a": "x; y"}),
    ('{"a": x;}', {"a": "x"}),
    ('{"a": x "b": 1}', {"a": "x", "b": 1}),
    ('{"a": x\n}', {"a": "x"}),
    ("{a: x```", {"a": "x"}),
    ("[{a: x,\n{a: y}]", [{"a": "x"}, {"a": "y"}]),
    ("{o'clock: 1}", {"o'clock": 1}),
    ('{"a": [1] y (z) / w, "b": 2}', {"a": [1], "b": 2}),
    ("OrderedDict({'a': 1})", {"a": 1}),
    ("[OrderedDict({'a': 1}), 2]", [{"a": 1}, 2]),
    ('{"a" = 1}', {"a": 1}),
    ('{"x": {"a": [1}, "b": 2}', {"x": {"a": [1]}, "b": 2}),
    ('{"k: 1, "b": 2}', {"k": 1, "b": 2}),
    ("{\"a\": '''\\d'''}", {"a": "\\d"}),
    ('{"a": 1,\nplainly some words\n"b": 2}', {"a": 1, "b": 2}),
    ('{"a": \\"x\\", "b": 1}', {"a": "x", "b": 1}),
    ("[1, 2\n, 3 ]", [1, 2, 3]),
    ("/* a */ [1] ", [1]),
    ("# a\n[1]", [1]),
    ('"a text"', "a text"),
    ("42", 42),
    ('{"a": """x""""}', {"a": 'x"'}),
    ("{'a': b'x'}", {"a": "x"}),
]


@pytest.mark.parametrize(("text", "value"), READ, ids=lambda part: str(part)[:40])
def test_what_a_writer_meant_is_read_whole_and_in_single_characters(text: str, value: Any) -> None:
    assert read_tolerant(text, Limits()).value == value
    assert everything(text, list(range(1, len(text)))) == everything(text, [])


@pytest.mark.parametrize(
    "text",
    [
        '{"a": \\"x\\" y}',
        '{"k: 1e9999, "b": 2}',
        '{"k: ' + "9" * 31 + ', "b"}',
        '{"a": [)}',
        "[1, (2]",
        '{"a": "x" : 1}',
        '{"a": "b\\n',
        '{"a": "b\\',
        "{=1}",
        '{"a": `x',
        '{"a": "x"\nb, c"}',
        '["x", y z "w"]',
        '["x", *]',
        '{"a": :}',
    ],
)
def test_what_no_reader_can_tell_is_a_defect_or_on_record(text: str) -> None:
    reading = read_tolerant(text, Limits())
    assert reading.problems or reading.repairs
    assert everything(text, list(range(1, len(text)))) == everything(text, [])


BEHIND = [
    "`",
    "``",
    ",",
    ", ",
    ", /",
    ", w",
    ", word",
    ", word ",
    '"',
    "}",
    "]",
    " t",
    " true",
    "\n",
    ",.",
    ",..",
    ";",
    " /",
]


@pytest.mark.parametrize("behind", BEHIND)
@pytest.mark.parametrize(
    "start", ['{"a": "x"', '["x"', "{a: x", "[x", '{"k"', '[{"a": "x"', "{a: 1", '{"o": {"a": "x"', "[1], "]
)
def test_a_decision_that_lacks_text_waits_for_it(start: str, behind: str) -> None:
    for rest in ("", ' "b": 1}', " y]", "}", "..}]"):
        text = start + behind + rest
        assert everything(text, list(range(1, len(text)))) == everything(text, [])


@pytest.mark.parametrize("text", ['{"a": 1,  ', '{"a": True, ...}', '{"a": x, #', '{"a": x, # c\n"b": 1}', "[1, 2] x"])
def test_a_text_that_comes_in_pieces_is_read_up_to_its_end_or_that_of_its_value(text: str) -> None:
    whole = parse_tolerant(text, Limits())
    reader = Reader()
    for at, mark in enumerate(text):
        assert reader.at <= at
        reader.feed(mark)
    reader.close()
    assert view(reader.traced) == view(whole.traced)
    assert reader.at == reader.end == whole.end
