"""The table of repairs: each row does what its example says, and a value that may mean two things stays as it is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from railguard import Guard
from railguard.parsing.coerce.closed_sets import match_word, truth
from railguard.parsing.coerce.dates import respelt
from railguard.parsing.coerce.numbers import number_in
from railguard.parsing.coerce.soundness import Soundness
from railguard.parsing.coerce.table import RULES, Work, repair_of, table
from railguard.parsing.json.escapes import dedent_quoted, unescape
from railguard.parsing.json.scalars import scalar
from railguard.schema import (
    AnyNode,
    BooleanNode,
    EnumNode,
    Field,
    FloatNode,
    IntegerNode,
    ListNode,
    Node,
    NullNode,
    ObjectNode,
    RefNode,
    Schema,
    StringNode,
    UnionNode,
)
from railguard.values import UNSET

ITEM = ObjectNode(fields=(Field("n", IntegerNode()),))


def mended(node: Node, value: Any, *, optional: bool = False, keyword: str = "type") -> Any:
    field = Field("x", node, not optional)
    work = Work(Schema(root=ObjectNode(fields=(field,))))
    found = repair_of(node, value, field, work, keyword=keyword)
    return None if found is None else tuple(found)[:3]


@pytest.mark.parametrize(
    ("node", "value", "expected"),
    [
        (IntegerNode(), 12.0, (12, "whole-number", "lossless")),
        (IntegerNode(), "12.0", (12, "number-text", "lossless")),
        (IntegerNode(), "1.234,00", None),
        (IntegerNode(), 1e300, None),
        (IntegerNode(), [5], (5, "one-item-list", "judgement")),
        (FloatNode(), "12,5", (12.5, "european-number", "judgement")),
        (FloatNode(nullable=True), "none", (None, "null-word", "lossless")),
        (FloatNode(nullable=True), "unknown", (None, "null-word", "judgement")),
        (FloatNode(), "none", None),
        (NullNode(), "null", (None, "null-word", "lossless")),
        (BooleanNode(), "FALSE", (False, "boolean-word", "lossless")),
        (BooleanNode(), "ja", (True, "boolean-word", "judgement")),
        (BooleanNode(), 1, (True, "boolean-word", "lossless")),
        (BooleanNode(), [], None),
        (EnumNode(values=("a", "b")), "A", ("a", "enum-spelling", "lossless")),
        (EnumNode(values=(1, 2)), "2", (2, "number-text", "lossless")),
        (EnumNode(values=(1, 2)), 2.0, (2, "whole-number", "lossless")),
        (EnumNode(values=(1, 2)), "2.0", (2, "number-text", "lossless")),
        (EnumNode(values=("1", "2")), 1, ("1", "text-of-scalar", "lossless")),
        (EnumNode(values=("true", "no")), True, ("true", "text-of-scalar", "lossless")),
        (EnumNode(values=(True, None)), "null", (None, "number-text", "lossless")),
        (EnumNode(values=("a",)), {"y": "a"}, None),
        (StringNode(), 1.5, ("1.5", "text-of-scalar", "lossless")),
        (StringNode(), True, ("true", "text-of-scalar", "lossless")),
        (StringNode(), ["a", "b"], None),
        (StringNode(), None, None),
        (ListNode(item=IntegerNode()), "5", ([5], "list-of-one", "lossless")),
        (ListNode(item=IntegerNode()), "[1, 2]", ([1, 2], "json-in-text", "lossless")),
        (ListNode(item=IntegerNode()), "[1, x]", None),
        (ListNode(item=StringNode()), "a and b", None),
        (ListNode(item=StringNode()), "", None),
        (ListNode(item=ITEM), {"n": "3"}, ([{"n": 3}], "list-of-one", "lossless")),
        (ITEM, '{"n": 1}', ({"n": 1}, "json-in-text", "lossless")),
        (ITEM, 5, ({"n": 5}, "only-member", "judgement")),
        (ITEM, "5", None),
        (ITEM, '{"m": 1}', None),
        (ObjectNode(extra=IntegerNode()), '{"m": "1"}', ({"m": 1}, "json-in-text", "lossless")),
        (StringNode(format="percentage"), 12, ("12%", "percent-sign", "judgement")),
        (StringNode(format="percentage"), 0.5, None),
        (StringNode(format="percentage"), "12 pct", ("12%", "percent-sign", "lossless")),
        (StringNode(format="percentage"), "$5", None),
        (StringNode(format="percentage"), [], None),
        (UnionNode(options=(IntegerNode(), BooleanNode())), "7", (7, "union-option", "lossless")),
        (UnionNode(options=(IntegerNode(), BooleanNode())), "1", None),
        (
            UnionNode(options=(IntegerNode(), StringNode(format="date"))),
            "Jan 5, 2024",
            ("2024-01-05", "union-option", "lossless"),
        ),
        (AnyNode(), "x", None),
    ],
)
def test_a_value_is_repaired_by_the_rule_for_its_node(node: Node, value: Any, expected: Any) -> None:
    assert mended(node, value) == expected


def test_null_for_an_optional_member_is_no_member() -> None:
    assert mended(IntegerNode(), None, optional=True) == (UNSET, "null-for-absent", "lossless")
    assert mended(IntegerNode(), None) is None
    assert mended(IntegerNode(), UNSET) is None


def test_a_format_is_mended_by_trimming() -> None:
    node = StringNode(format="email")
    assert mended(node, "mailto:a@b.org", keyword="format") == ("a@b.org", "trimmed", "lossless")
    assert mended(node, "nobody", keyword="format") is None


def test_the_table_names_every_rule_with_an_example() -> None:
    rows = list(table())
    assert len(rows) == len(RULES) == len({row[0] for row in rows})
    assert all("→" in example and kinds for _, _, kinds, example in rows)
    assert ("whole-number", "integer", "lossless", "12.0 → 12") in rows


@pytest.mark.parametrize(
    ("text", "words", "value"),
    [
        ("1,234", "", 1234),
        ("1'234.5", "", 1234.5),
        ("12,34,567", "", 1234567),
        ("1.234.567", "", 1234567),
        ("USD 5", "", 5),
        ("5 euros", "price in EUR", 5),
        ("-$5", "", -5),
        ("-5 kg", "kg", -5),
        ("$-5", "", -5),
        ("5 apples", "number of apples", 5),
        ("5 m", "length in meters (not feet)", None),
        ("5 kg apples", "apples", None),
        ("5 $ 6", "", None),
        ("--5", "", None),
        ("1,23", "", 1.23),
        ("12,345,6", "", None),
        ("0,123", "", 0.123),
        ("-0,123 kg", "kg", -0.123),
        ("00,123", "", None),
        ("0 123", "", None),
        ("0.123.456", "", None),
        ("0.123,45", "", None),
        ("!5", "", None),
        ("1.2.3", "", None),
        ("0012", "", None),
        ("1e999", "", None),
        ("9" * 5000, "", None),
        ("x" * 500, "", None),
        ("9" * 4301, "", None),
        ("", "", None),
        ("5 percent", "share in %", 5),
        ("The total is $5.", "", 5),
        ("It is 5 or 6", "", None),
        ("5 - 6", "", None),
        ("Version 5", "", None),
        ("٣", "", None),
    ],
)
def test_a_number_is_read_in_one_way_or_not_at_all(text: str, words: str, value: Any) -> None:
    found = number_in(text, words)
    assert (None if found is None else found.value) == value


@pytest.mark.parametrize(
    ("node", "text", "value"),
    [
        (StringNode(format="date"), "Friday, 5th of Jan 2024", "2024-01-05"),
        (StringNode(format="date"), "2024-Jan-05", "2024-01-05"),
        (StringNode(format="date"), "5.5.2024", "2024-05-05"),
        (StringNode(format="date"), "31/31/2024", None),
        (StringNode(format="date"), "30 Feb 2024", None),
        (StringNode(format="date"), "5 Foo 2024", None),
        (StringNode(format="date"), "2024-01-05T00:00:00Z", "2024-01-05"),
        (StringNode(format="date"), "x" * 100, None),
        (StringNode(format="date", strptime="%B %Y"), "2024-01-05", None),
        (StringNode(format="time"), "12 AM", "00:00:00"),
        (StringNode(format="time"), "13 PM", None),
        (StringNode(format="time"), "10:30:15,5+0100", "10:30:15.5+01:00"),
        (StringNode(format="time"), "10:30 +02", "10:30:00+02:00"),
        (StringNode(format="time"), "10:75", None),
        (StringNode(format="time"), "soon", None),
        (StringNode(format="time", strptime="%H.%M"), "10:30", "10.30"),
        (StringNode(format="time", strptime="%H.%M"), "10:30:15", None),
        (StringNode(format="time", strptime="%H.%M"), "10:30Z", None),
        (StringNode(format="date-time"), "Jan 5, 2024 at 3:30 pm", "2024-01-05T15:30:00"),
        (StringNode(format="date-time"), "2024-01-05 10:30 UTC", "2024-01-05T10:30:00Z"),
        (StringNode(format="date-time"), "yesterday at noon", None),
        (
            StringNode(format="date-time", strptime="%Y-%m-%dT%H:%M:%S%z"),
            "2024-01-05 10:30+0100",
            "2024-01-05T10:30:00+0100",
        ),
    ],
)
def test_a_date_is_read_in_one_way_or_not_at_all(node: Any, text: str, value: str | None) -> None:
    found = respelt(text, node)
    assert (None if found is None else found.value) == value


@pytest.mark.parametrize(
    ("text", "values", "value"),
    [
        ("Straße", ["strasse", "weg"], "strasse"),
        ("in progress", ["IN_PROGRESS", "in-progress"], None),
        ("", ["a"], None),
        ("x" * 3000, ["x"], None),
        ("a", [" "], None),
        ("+", ["+", "-"], "+"),
        ("It is 5, of 7", [5, 6], None),
        ("medium-high", ["medium", "high"], None),
    ],
)
def test_a_word_is_matched_with_one_value_or_none(text: str, values: list[Any], value: Any) -> None:
    found = match_word(text, values)
    assert (None if found is None else found.value) == value


def test_truth_is_said_or_not() -> None:
    assert truth("So the statement is false.") == (False, "boolean-in-text", "judgement")
    assert truth("false or true") is None
    assert truth("x" * 300) is None
    assert [truth(text) for text in ("!true", "! yes", "¬true", "~no", "It is !true")] == [None] * 5
    assert truth(2) is None


@pytest.mark.parametrize(
    ("raw", "text", "kind", "refused"),
    [
        ("a\\nb", "a\nb", None, False),
        ("\\ud83d\\ude00", "😀", None, False),
        ("\\x41\\U0001F600", "A😀", "syntax", False),
        ("\\'", "'", "syntax", False),
        ("5\\$", "5$", "judgement", False),
        ("\\d\\\\", "\\d\\", "syntax", False),
        ("end\\", "end\\", "syntax", False),
        ("C:\\dir\\new", "C:\\dir\\new", "judgement", False),
        ("\\d\\n", "\\d\\n", None, True),
        ("\\udc00", "\ufffd", None, True),
        ("\ud800", "\ud800", None, True),
        ("\ud800\\n", "\ud800\n", None, True),
        ("\\u12", "\\u12", None, True),
    ],
)
def test_backslashes_are_decoded_or_refused(raw: str, text: str, kind: str | None, refused: bool) -> None:
    found = unescape(raw)
    assert (found.text, found.kind, found.problem is not None) == (text, kind, refused)


def test_a_block_loses_the_indentation_its_quotes_brought() -> None:
    assert dedent_quoted("\n    a\n\n      b\n  ") == "a\n\n  b"
    assert dedent_quoted("") == ""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-0x1F", -31),
        ("1_000.5", 1000.5),
        ("-.5", -0.5),
        ("1.", 1.0),
        ("+", "+"),
        ("1__0", "1__0"),
        ("Decimal('1.5')", 1.5),
        ("Decimal('x')", "Decimal('x')"),
        ("UUID('ab')", "ab"),
        ("PosixPath('/tmp')", "/tmp"),
        ("datetime.datetime(2024, 1, 5, 10)", "2024-01-05T10:00:00"),
        ("datetime.date(2024, 13, 5)", "datetime.date(2024, 13, 5)"),
        ("<Size.BIG: 3>", 3),
        ('<Color.RED: "red">', "red"),
        ("f(x)", "f(x)"),
    ],
)
def test_a_word_without_quotes_is_what_it_can_only_be(text: str, value: Any) -> None:
    found = scalar(text, 4300)
    assert (type(found.value), found.value) == (type(value), value)


def test_what_a_wrapper_holds_is_mended_with_it() -> None:
    fee = ObjectNode(
        fields=(
            Field("n", IntegerNode()),
            Field("d", StringNode(format="date"), False),
            Field("f", ListNode(item=IntegerNode()), False),
        )
    )
    fees = ListNode(item=fee)
    assert mended(fees, {"n": "1", "d": "Jan 5, 2024"}) == ([{"n": 1, "d": "2024-01-05"}], "list-of-one", "lossless")
    assert mended(fees, {"n": "1", "f": ["x"]}) is None
    assert mended(fees, {"n": "1", "f": ["3,14"]}) is None
    assert mended(fees, {"n": "1", "d": None}) == ([{"n": 1}], "list-of-one", "lossless")
    assert mended(fees, {"n": None}) is None
    assert mended(fees, {"d": "2024-01-05"}) is None
    deep: Any = 1
    for _ in range(80):
        deep = [deep]
    assert mended(ListNode(item=AnyNode()), "text") == (["text"], "list-of-one", "lossless")
    assert mended(fees, deep) is None


def test_midnight_alone_is_left_out_and_any_other_time_by_judgement() -> None:
    assert mended(StringNode(format="date"), "2024-01-05 10:30", keyword="format") == (
        "2024-01-05",
        "date-spelling",
        "judgement",
    )
    assert mended(StringNode(format="date"), 20240105) is None
    assert mended(StringNode(format="date-time"), "2024-01-05 25:00", keyword="format") is None
    assert mended(StringNode(format="date", strptime="%Y"), "2024-01-05", keyword="format") is None


@pytest.mark.parametrize(
    ("text", "names", "meant"),
    [
        ("Two is the answer", ["ONE", "TWO"], "TWO"),
        ("**one** is the answer", ["ONE", "TWO"], "ONE"),
        ('"Two" is one of the answers', ["ONE", "TWO"], None),
        ("tell us more", ["US", "UK"], None),
        ("the uk", ["US", "UK"], "UK"),
    ],
)
def test_a_short_name_is_found_in_a_text_unless_it_is_a_word_that_any_text_has(text, names, meant):
    outcome = Guard.from_json_schema({"enum": names}, repair="judgement").parse(text)
    assert outcome.output == meant


def test_each_of_many_values_that_are_tried_by_the_options_of_a_union_is_mended() -> None:
    either = {"anyOf": [{"type": "integer"}, {"type": "object", "required": ["a"], "additionalProperties": False}]}
    either["anyOf"][1]["properties"] = {"a": {"type": "integer"}}
    outcome = Guard.from_json_schema({"type": "array", "items": either}).parse(json.dumps([str(n) for n in range(100)]))
    assert outcome.output == list(range(100))


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("20240531", "2024-05-31"),
        ("2024/5/31", "2024-05-31"),
        ("2024.05.31", "2024-05-31"),
        ("20240532", None),
        ("2024-05/31", None),
        ("202405", None),
    ],
)
def test_a_date_with_the_year_first_is_read_whatever_stands_between_its_parts(text: str, output: str | None) -> None:
    outcome = Guard.from_json_schema({"type": "string", "format": "date"}).parse(json.dumps(text))
    assert outcome.output == output


@pytest.mark.parametrize(
    ("node", "value", "is_sound"),
    [
        (UnionNode(options=(IntegerNode(), UnionNode(options=(StringNode(), BooleanNode())))), True, True),
        (UnionNode(options=(IntegerNode(), UnionNode(options=(StringNode(), BooleanNode())))), 1.5, False),
        (UnionNode(options=(IntegerNode(), UnionNode(options=(StringNode(),), nullable=True))), None, True),
        (UnionNode(options=(IntegerNode(), UnionNode(options=(StringNode(),)))), None, False),
        (UnionNode(options=(IntegerNode(), RefNode(name="U"), RefNode(name="U"))), "x", True),
        (RefNode(name="U"), "x", True),
        (RefNode(name="U"), 1.5, False),
        (RefNode(name="L"), [[], [[]]], True),
        (RefNode(name="L"), [[], [1]], False),
    ],
)
def test_a_value_is_sound_if_an_option_of_a_union_takes_it_however_unions_are_nested(
    node: Node, value: Any, is_sound: bool
) -> None:
    union = UnionNode(options=(StringNode(), RefNode(name="U")))
    lists = ListNode(item=RefNode(name="L"))
    schema = Schema(root=node, definitions={"U": union, "L": lists})
    assert Soundness(schema)(value, node) is is_sound


def test_of_a_value_too_deep_for_the_stack_nothing_is_said() -> None:
    lists = RefNode(name="L")
    value: list[Any] = []
    for _ in range(3000):
        value = [value]
    assert not Soundness(Schema(root=lists, definitions={"L": ListNode(item=lists)}))(value, lists)


@pytest.mark.parametrize(
    ("format", "text", "mended"),
    [
        ("url", " <https://example.org> ", "https://example.org"),
        ("url", "mailto:a@example.org", None),
        ("email", "mailto:a@example.org", "a@example.org"),
        ("email", "`a@example.org`", "a@example.org"),
    ],
)
def test_what_is_around_an_address_is_taken_off(format: str, text: str, mended: str | None) -> None:
    node = StringNode(format=format)
    found = repair_of(node, text, None, Work(Schema(root=node)), keyword="format")
    assert (None if found is None else found.value) == mended


@pytest.mark.parametrize(
    ("text", "expected"), [("x\n  y", "x\n  y"), ("\n  x\n    y\n  ", "x\n  y"), ("  x\n\n  y", "x\n\ny"), ("", "")]
)
def test_a_block_between_triple_quotes_loses_only_its_margin(text: str, expected: str) -> None:
    assert dedent_quoted(text) == expected


@pytest.mark.parametrize(
    ("format", "text", "expected"),
    [
        ("%d.%m.%Y", "2024-01-05", "05.01.2024"),
        ("%G-%V", "2024-01-05", None),
        ("%-d.%m.%Y", "2024-01-05", None),
        ("%d.%m", "2024-01-05", None),
    ],
)
def test_a_date_is_respelt_only_in_a_notation_in_which_it_can_be_read_again(
    format: str, text: str, expected: str | None
) -> None:
    found = respelt(text, StringNode(format="date", strptime=format))
    assert (None if found is None else found.value) == expected
