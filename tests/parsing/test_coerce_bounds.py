"""Where repairs end: the last value that is still repaired and the first that is not, and which class a repair is of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from parsing_views import context_of

from railguard import Guard
from railguard.parsing import repair, tree_judge
from railguard.parsing.coerce.closed_sets import match_word, truth
from railguard.parsing.coerce.dates import respelt
from railguard.parsing.coerce.key_spelling import known_keys, match_key, slipped_key
from railguard.parsing.coerce.numbers import number_in
from railguard.parsing.coerce.soundness import Soundness, misspelt
from railguard.parsing.coerce.table import Work, fit, repair_of
from railguard.schema import (
    AnyNode,
    BooleanNode,
    ChoiceCase,
    ChoiceNode,
    EnumNode,
    Field,
    FloatNode,
    IntegerNode,
    ListNode,
    Node,
    NullNode,
    ObjectNode,
    Schema,
    StringNode,
    UnionNode,
)
from railguard.values import Traced

INT, TEXT = IntegerNode(), StringNode()
DATE, EMAIL = StringNode(format="date"), StringNode(format="email")
EXACT = 2**53
"""The first whole number next to which a float cannot tell the numbers apart."""


def mended(node: Node, value: Any, name: str | None = "x", keyword: str = "type") -> Any:
    """(value, rule, class) of the repair of a member; of the root where it has no name."""
    field = Field(name, node) if name is not None else None
    work = Work(Schema(root=ObjectNode(fields=(field,)) if field is not None else node))
    found = repair_of(node, value, field, work, keyword=keyword)
    return None if found is None else tuple(found)[:3]


class TestNumbers:
    def test_a_float_is_a_whole_number_as_far_as_floats_are_exact(self) -> None:
        largest = float(EXACT - 1)
        for node in (INT, EnumNode(values=(EXACT - 1, EXACT, 1 - EXACT, -EXACT))):
            for value in (largest, -largest):
                assert mended(node, value) == (int(value), "whole-number", "lossless")
            for value in (float(EXACT), -float(EXACT), 1.5, float("inf"), float("nan")):
                assert mended(node, value) is None, (node, value)
        assert mended(INT, f"{EXACT - 1}.0") == (EXACT - 1, "number-text", "lossless")
        assert mended(INT, f"{EXACT}.0") is None
        assert mended(INT, str(EXACT + 1)) == (EXACT + 1, "number-text", "lossless")

    def test_a_whole_number_is_not_made_of_what_may_have_a_fraction(self) -> None:
        assert mended(INT, "1.234,00") is None
        assert mended(INT, "6/3") == (2, "fraction", "judgement")
        assert mended(INT, "7/3") is None
        assert mended(FloatNode(), "3/4") == (0.75, "fraction", "judgement")

    def test_true_is_no_number_of_a_set(self) -> None:
        assert mended(EnumNode(values=(True, 2)), "1") is None
        assert mended(EnumNode(values=(1.0, True)), "1.00") == (1.0, "number-text", "lossless")
        assert mended(EnumNode(values=(1, 1.0)), "1.00") is None, "it could be either"
        assert mended(EnumNode(values=("1", "01")), 1) == ("1", "text-of-scalar", "lossless")
        assert mended(EnumNode(values=("True", "true")), True) is None, "it could be either"

    @pytest.mark.parametrize(
        ("text", "words", "value"),
        [
            ("\u22125", "", -5),
            ("0", "", 0),
            ("-0", "", 0),
            ("0.5", "", 0.5),
            ("05", "", None),
            ("-05", "", None),
            ("1e5", "", 100000.0),
            ("1e999", "", None),
            ("12,34,567", "", 1234567),
            ("1,23", "", 1.23),
            ("1,2345", "", 1.2345),
            ("1,234", "", 1234),
            ("1 234,5", "", 1234.5),
            ("1_234", "", 1234),
            ("1.234", "", 1.234),
            ("1.234.567", "", 1234567),
            ("1.234,5", "", 1234.5),
            ("3/0", "", None),
            ("3/4", "a share", 0.75),
            ("3/4", "stars", None),
            ("3/4", "star_rating", None),
            ("-3/4", "", -0.75),
            ("-$5", "", -5),
            ("$-5", "", -5),
            ("-$-5", "", None),
            ("$5 USD", "", 5),
            ("$5 EUR", "", None),
            ("5 kg", "weight in kg", 5),
            ("kg 5", "weight in kg", None),
            ("5 kg", "weight in lb", None),
            ("5 kg", "weight in kg or lb", None),
            ("5 t", "weight in tons", 5),
            ("5 widgets", "widget", 5),
            ("1.234 €", "", None),
            ("1.23 €", "", 1.23),
            ("$1,234.50", "", 1234.5),
            ("$5", "price in EUR", None),
            ("$5", "price in USD", 5),
            ("45%", "percent", 45),
            ("45%", "", None),
            ("45%", "percentage as a fraction", None),
            ("The answer is 42.", "", 42),
            ("The answer is 42 or so", "", None),
            ("between 4 and 5", "", None),
            ("It is 4-5", "", None),
            ("about 42", "", None),
            ("The total is ... 42", "", None),
            ("42.", "", 42.0),
            ("~42", "", None),
            ("count: 42", "count", 42),
            ("the count is 42", "count of rows", 42),
            ("The height is 42.", "height in cm", 42),
            ("the height is 42", "length", None),
            ("size: 42", "count", None),
        ],
    )
    def test_one_spelling_is_one_number_or_none(self, text: str, words: str, value: float | None) -> None:
        found = number_in(text, words)
        assert (None if found is None else found.value) == value
        assert found is None or type(found.value) is type(value)

    def test_a_number_of_too_many_digits_is_none(self) -> None:
        for sign in ("", "-", "+"):
            found = number_in(sign + "1" * 30, "", 30)
            assert found is not None, sign
            assert number_in(sign + "1" * 31, "", 30) is None, sign
        assert number_in("1" * 4300, "") is not None
        assert number_in("1" * 4301, "", 10_000) is None

    def test_what_is_read_by_judgement_says_so(self) -> None:
        for text, words, rule, kind in (
            ("12", "", "number-text", "lossless"),
            ("1,234", "", "thousands", "lossless"),
            ("1.234,5", "", "european-number", "lossless"),
            ("12,5", "", "european-number", "judgement"),
            ("12,5 kg", "kg", "unit", "judgement"),
            ("€12,5", "", "currency", "judgement"),
            ("€12", "", "currency", "lossless"),
            ("12%", "percent", "percent", "lossless"),
            ("1/2", "", "fraction", "judgement"),
            ("It is 5.", "", "number-in-text", "judgement"),
        ):
            found = number_in(text, words)
            assert found is not None, text
            assert (found.rule, found.kind) == (rule, kind), text


class TestTexts:
    def test_a_percentage_is_not_made_of_what_may_be_a_part_of_one(self) -> None:
        node = StringNode(format="percentage")
        for value in (1, 0.5, -1, 0.01, True, None):
            assert mended(node, value) is None, value
        for value, text in ((0, "0%"), (1.5, "1.5%"), (2, "2%"), (-2, "-2%"), ("12", "12%")):
            assert mended(node, value) == (text, "percent-sign", "judgement"), value
        assert mended(node, "12 percent", keyword="format") == ("12%", "percent-sign", "lossless")
        assert mended(node, "$12", keyword="format") is None

    def test_a_format_is_kept_by_what_a_scalar_or_an_object_is_written_as(self) -> None:
        assert mended(DATE, 20240105) is None
        assert mended(TEXT, float("inf")) is None
        assert mended(EMAIL, {"a": 1}) is None
        assert mended(TEXT, {"a": 1}) == ('{"a": 1}', "text-of-json", "judgement")
        assert mended(TEXT, {"a": 1}, name=None) is None
        assert mended(TEXT, {"x": 1}) == ("1", "own-name", "judgement")
        assert mended(TEXT, {"x": {"y": 1}}) != ('{"x": {"y": 1}}', "text-of-json", "judgement")

    def test_what_is_trimmed_is_then_in_its_format(self) -> None:
        for text in ("<a@b.org>", " a@b.org\n", "mailto:a@b.org", '"a@b.org"'):
            assert mended(EMAIL, text, keyword="format") == ("a@b.org", "trimmed", "lossless"), text
        for text in ("<a b.org>", "a@b.org", "", "a@b.org, c@d.org"):
            assert mended(EMAIL, text, keyword="format") is None, text

    def test_words_for_nothing_are_null_only_where_null_may_be(self) -> None:
        for node in (IntegerNode(nullable=True), NullNode()):
            assert mended(node, " NULL ") == (None, "null-word", "lossless")
            assert mended(node, "n/a") == (None, "null-word", "judgement")
        assert mended(INT, "null") is None
        assert mended(IntegerNode(nullable=True), "nothing") is None


class TestDates:
    @pytest.mark.parametrize(
        ("text", "day"),
        [
            ("2024-1-5", "2024-01-05"),
            ("2024/01/05", "2024-01-05"),
            ("2024/01-05", None),
            ("20240105", "2024-01-05"),
            ("13.01.2024", "2024-01-13"),
            ("01/13/2024", "2024-01-13"),
            ("12/12/2024", "2024-12-12"),
            ("12/11/2024", None),
            ("13/13/2024", None),
            ("00/12/2024", None),
            ("5 January 2024", "2024-01-05"),
            ("5th of January, 2024", "2024-01-05"),
            ("Jan. 5, 2024", "2024-01-05"),
            ("2024 Jan 5", "2024-01-05"),
            ("Foo 5, 2024", None),
            ("Feb 30, 2024", None),
            ("Friday, Jan 5, 2024", "2024-01-05"),
            ("Thursday, Jan 5, 2024", None),
            ("2024-01-05T00:00:00", "2024-01-05"),
            ("5 January 24", None),
            ("'2024-1-5'", "2024-01-05"),
            (" " * 90 + "2024-1-5", "2024-01-05"),
            ("Friday," + " " * 62 + "Jan 5, 2024", "2024-01-05"),
            ("Friday," + " " * 63 + "Jan 5, 2024", None),
            ("", None),
        ],
    )
    def test_a_day_is_read_in_one_way_or_not_at_all(self, text: str, day: str | None) -> None:
        found = respelt(text, DATE)
        assert (found.value if found is not None else None) == day

    def test_a_time_that_is_left_out_makes_it_a_judgement(self) -> None:
        for text, kind in (
            ("2024-01-05T00:00:00Z", "lossless"),
            ("2024-01-05 00:00", "lossless"),
            ("2024-01-05T00:00:00.000", "lossless"),
            ("2024-01-05 10:30", "judgement"),
            ("Jan 5, 2024 at 5 pm", "judgement"),
        ):
            found = respelt(text, DATE)
            assert found == ("2024-01-05", kind), text

    @pytest.mark.parametrize(
        ("text", "clock"),
        [
            ("9:05", "09:05:00"),
            ("9:05:07,5", "09:05:07.5"),
            ("12 am", "00:00:00"),
            ("12 pm", "12:00:00"),
            ("1 pm", "13:00:00"),
            ("0 pm", None),
            ("13 pm", None),
            ("12:30 a.m.", "00:30:00"),
            ("11:59 PM", "23:59:00"),
            ("24:00", None),
            ("23:60", None),
            ("9:05 UTC", "09:05:00Z"),
            ("9:05 +0130", "09:05:00+01:30"),
            ("9:05+01", "09:05:00+01:00"),
            ("9:05-01:30", "09:05:00-01:30"),
            ("noon", None),
        ],
    )
    def test_a_time_keeps_its_hour_and_offset(self, text: str, clock: str | None) -> None:
        found = respelt(text, StringNode(format="time"))
        assert (found.value if found is not None else None) == clock

    def test_a_moment_needs_both_and_a_day_is_no_moment(self) -> None:
        moment = StringNode(format="date-time")
        assert respelt("Jan 5, 2024 10:30 UTC", moment) == ("2024-01-05T10:30:00Z", "lossless")
        assert respelt("2024-01-05", moment) is None
        assert respelt("10:30", moment) is None

    def test_a_format_of_its_own_loses_nothing(self) -> None:
        short = StringNode(format="date", strptime="%d.%m.%Y")
        assert respelt("2024-01-05", short) == ("05.01.2024", "lossless")
        assert respelt("2024-01-05", StringNode(format="date", strptime="%m.%Y")) is None
        minutes = StringNode(format="time", strptime="%H:%M")
        assert respelt("9:05", minutes) == ("09:05", "lossless")
        assert respelt("9:05:07", minutes) is None
        assert respelt("9:05Z", minutes) is None


class TestWords:
    @pytest.mark.parametrize(
        ("text", "values", "found"),
        [
            ("in progress", ["in_progress", "done"], ("in_progress", "lossless")),
            ("IN-PROGRESS!", ["in_progress", "done"], ("in_progress", "lossless")),
            ("café", ["cafe", "bar"], ("cafe", "lossless")),
            ("straße", ["strasse"], ("strasse", "lossless")),
            ("a", ["a", "A"], ("a", "lossless")),
            ("Ä", ["a", "A"], ("A", "lossless")),
            ("It is spam.", ["spam", "ham"], ("spam", "judgement")),
            ("It is not spam.", ["spam", "ham"], None),
            ("spam?", ["spam", "ham"], None),
            *((f"{mark}spam", ["spam", "ham"], None) for mark in ("!", "! ", "¬", "≠", "~", "<>")),
            ("!spam", ["!spam", "spam"], ("!spam", "lossless")),
            ("spam or ham", ["spam", "ham"], None),
            ("It is spam, 90 % sure", ["spam", "ham"], ("spam", "judgement")),
            ("It is 2, page 3", [2, 5], None),
            ("It is 2", [2, 5], (2, "judgement")),
            ("true", [True, "x"], (True, "lossless")),
            ("true", [True, "True"], (True, "lossless")),
            ("false", [False, "False"], (False, "lossless")),
            ("null", [None, "x"], (None, "lossless")),
            ("The grade is A.", ["A", "B"], ("A", "judgement")),
            ("A good one", ["A", "B"], None),
            ("Option B", ["A", "B"], ("B", "judgement")),
            ("not spam", ["spam", "not_spam"], ("not_spam", "lossless")),
            ("It is spam folder.", ["spam", "spam folder"], ("spam folder", "judgement")),
            ("It is the spam.", ["spam", "spam folder"], ("spam", "judgement")),
            ("x" * 2001, ["x"], None),
            ("", ["a"], None),
        ],
    )
    def test_a_text_is_one_of_a_set_or_none(self, text: str, values: list[Any], found: Any) -> None:
        match = match_word(text, values)
        assert (None if match is None else (match.value, match.kind)) == found

    @pytest.mark.parametrize(
        ("value", "found"),
        [
            (1, (True, "lossless")),
            (0, (False, "lossless")),
            (1.0, (True, "lossless")),
            (2, None),
            (-1, None),
            (True, None),
            ("YES.", (True, "lossless")),
            ("off", (False, "lossless")),
            ("ja", (True, "judgement")),
            ("nein", (False, "judgement")),
            ("The answer is yes.", (True, "judgement")),
            ("The answer is no", (False, "judgement")),
            ("yes and no", None),
            ("maybe yes", None),
            ("yes" + " " * 197, (True, "lossless")),
            ("yes" + " " * 198, None),
            (None, None),
        ],
    )
    def test_true_and_false_have_their_words(self, value: Any, found: Any) -> None:
        match = truth(value)
        assert (None if match is None else (match.value, match.kind)) == found


class TestContainers:
    def test_a_list_around_one_value_is_a_wrapper_at_the_root_alone(self) -> None:
        assert mended(INT, [5], name=None) == (5, "one-item-list", "lossless")
        assert mended(INT, [5]) == (5, "one-item-list", "judgement")
        assert mended(INT, ["5"], name=None) == (5, "one-item-list", "lossless")
        assert mended(INT, ["It is 5."], name=None) == (5, "one-item-list", "judgement")
        assert mended(INT, [5, 6], name=None) is None
        assert mended(INT, [], name=None) is None
        item = ObjectNode(fields=(Field("n", INT),))
        work = Work(Schema(root=ListNode(item=item)))
        found = repair_of(item, [{"n": 1}], None, work)
        assert found is not None
        assert found.kind == "judgement", "an item of a list is not the root"

    @pytest.mark.parametrize("text", ["a, b", "a; b", "a\nb", "a | b", "a and b", "", "none", "N/A", "-"])
    def test_a_text_that_may_be_several_or_none_is_no_list_of_one(self, text: str) -> None:
        assert mended(ListNode(item=TEXT), text) is None

    def test_one_value_is_a_list_of_one(self) -> None:
        assert mended(ListNode(item=TEXT), "android") == (["android"], "list-of-one", "lossless")
        assert mended(ListNode(item=INT), "It is 5.") == ([5], "list-of-one", "judgement")
        assert mended(ListNode(item=TEXT), {"a": 1}) is None
        assert mended(ListNode(item=NullNode()), None) is None

    def test_the_only_member_is_taken_for_its_object_unless_it_may_be_another_answer(self) -> None:
        one = ObjectNode(fields=(Field("n", INT),))
        assert mended(one, 7) == ({"n": 7}, "only-member", "judgement")
        for value in ("7", None, [7, 8], []):
            assert mended(one, value) is None, value
        listed = ObjectNode(fields=(Field("n", ListNode(item=INT)),))
        assert mended(listed, [7, 8]) == ({"n": [7, 8]}, "only-member", "judgement")
        assert mended(ObjectNode(fields=(Field("n", INT), Field("m", INT, False))), 7) is None
        assert mended(ObjectNode(fields=(Field("n", INT),), extra=INT), 7) is None

    def test_a_text_that_holds_json_is_what_it_holds_if_it_holds_nothing_else(self) -> None:
        numbers = ListNode(item=INT)
        assert mended(numbers, "[1, 2]") == ([1, 2], "json-in-text", "lossless")
        assert mended(numbers, "['1', 2,]") == ([1, 2], "json-in-text", "lossless")
        assert mended(numbers, "[1, 2] and more") is None
        assert mended(numbers, "[1, 2") is None
        assert mended(ListNode(item=TEXT), "[a, b]") is None
        long = "[" + "1, " * 6_700 + "1]"
        assert len(long) > 20_000
        found = mended(numbers, long)
        assert found is not None
        assert len(found[0]) == 6_701
        assert mended(numbers, long.replace("]", ",]")) is None

    def test_an_option_is_chosen_by_the_mildest_means(self) -> None:
        assert mended(UnionNode(options=(INT, BooleanNode())), "7") == (7, "union-option", "lossless")
        assert mended(UnionNode(options=(INT, BooleanNode())), "1") is None, "it could be either"
        assert mended(UnionNode(options=(DATE, INT)), "It is 5.") == (5, "union-option", "judgement")
        bounded = UnionNode(options=(IntegerNode(maximum=9), FloatNode(minimum=10)))
        assert mended(bounded, "12") == (12, "union-option", "lossless")
        boxes = UnionNode(options=(TEXT, ListNode(item=ObjectNode(fields=(Field("n", INT),)))))
        assert mended(boxes, {"n": "1"}) == ([{"n": 1}], "union-option", "lossless"), "a text may be anything"

    def test_what_fits_is_repaired_all_the_way_down_and_as_strongly_as_its_strongest_part(self) -> None:
        node = ListNode(item=ObjectNode(fields=(Field("n", INT), Field("o", INT, False), Field("t", DATE, False))))
        work = Work(Schema(root=node))
        assert fit([{"n": "1"}], node, work) == ([{"n": 1}], "lossless")
        assert fit([{"n": "It is 1."}, {"n": 2}], node, work) == ([{"n": 1}, {"n": 2}], "judgement")
        assert fit([{"n": 2}, {"n": "It is 1."}], node, work) == ([{"n": 2}, {"n": 1}], "judgement")
        assert fit([{"n": 1, "o": None}], node, work) == ([{"n": 1}], "lossless")
        assert fit([{"n": 1, "t": "Jan 5, 2024"}], node, work) == ([{"n": 1, "t": "2024-01-05"}], "lossless")
        for value in ([{"o": 1}], [{"n": None}], [{"n": 1, "z": 2}], [{"n": 1}, 5], [{"n": 1, "t": "soon"}]):
            assert fit(value, node, work) is None, value

    def test_it_is_tried_to_a_depth_and_as_deep_each_time(self) -> None:
        def nested(levels: int) -> tuple[Node, Any]:
            node, value = INT, "5"
            for _ in range(levels):
                node, value = ListNode(item=node), [value]
            return node, value

        for levels, fits in ((31, True), (32, False)):
            node, value = nested(levels)
            work = Work(Schema(root=node))
            for _ in range(20):  # another value each time, since one is looked at once
                assert (fit([*value], node, work) is not None) == fits, levels


class TestKeys:
    def test_a_key_is_another_spelling_of_one_name_or_of_none(self) -> None:
        assert match_key("First-Name", ["first_name", "name"]) == "first_name"
        assert match_key("firstname", ["first_name", "firstName"]) is None
        assert match_key("***", ["***"]) is None
        assert slipped_key("isuer", ["issuer"]) == "issuer"
        assert slipped_key("isuer", ["issuer", "isuuer"]) is None

    def test_an_object_is_known_by_the_keys_of_all_that_it_may_be(self) -> None:
        one, two = ObjectNode(fields=(Field("a", INT),)), ObjectNode(fields=(Field("b", INT),))
        choice = ChoiceNode(discriminator="k", cases=(ChoiceCase("x", one), ChoiceCase("y", two)))
        for node, keys in (
            (one, {"a"}),
            (choice, {"k", "a", "b"}),
            (UnionNode(options=(one, two, INT)), {"a", "b"}),
            (UnionNode(options=(choice, INT)), {"k", "a", "b"}),
            (UnionNode(options=(TEXT, INT)), None),
            (UnionNode(options=(one, ObjectNode(extra=INT))), None),
            (ObjectNode(fields=(Field("a", INT, False),), extra=INT), None),
            (ObjectNode(fields=(Field("a", INT),), extra=INT), {"a"}),
            (ListNode(item=one), None),
        ):
            assert known_keys(node, Schema(root=node)) == keys, node

    def test_short_names_and_digits_have_no_slips(self) -> None:
        for key, name in (("abbc", "abc"), ("acb", "abc"), ("year21", "year12"), ("ab111", "ab11"), ("ebcde", "bcde")):
            assert slipped_key(key, [name]) is None, key
        assert slipped_key("abbcd", ["abcd"]) == "abcd"
        assert slipped_key("abdce", ["abcde"]) == "abcde"

    def test_among_many_alike_nobody_can_tell(self) -> None:
        names = [f"{'_' * number}received" for number in range(60)]
        assert slipped_key("recieved", names[:1]) == "received"
        assert slipped_key("recieved", names) is None


class TestSoundness:
    SETS = EnumNode(values=(1, "a", None))
    KINDS = ChoiceNode(discriminator="kind", cases=(ChoiceCase("a", ObjectNode(fields=(Field("n", INT),))),))

    @pytest.mark.parametrize(
        ("node", "sound", "unsound"),
        [
            (AnyNode(), [1, "x", None, 1.5], [float("nan"), float("inf")]),
            (NullNode(), [None], [0, ""]),
            (BooleanNode(), [True], [1, "true"]),
            (INT, [1], [True, 1.0, "1", None]),
            (IntegerNode(nullable=True), [None, 1], ["x"]),
            (FloatNode(), [1, 1.5], [True, float("nan"), "1"]),
            (SETS, [1, 1.0, "a", None], [True, 1.5, "b"]),
            (TEXT, ["x"], [1, None]),
            (ListNode(item=INT), [[], [1]], [["x"], {}, None]),
            (
                ObjectNode(fields=(Field("n", INT), Field("o", INT, False))),
                [{"n": 1}],
                [{}, {"n": "x"}, {"n": 1, "z": 1}],
            ),
            (ObjectNode(extra=INT), [{"z": 1}], [{"z": "x"}, []]),
            (
                KINDS,
                [{"kind": "a", "n": 1}],
                [{"kind": "b", "n": 1}, {"n": 1}, {"kind": "a"}, {"kind": "a", "n": 1, "z": 1}],
            ),
            (UnionNode(options=(INT, ListNode(item=INT))), [1, [1]], ["x", ["x"]]),
        ],
    )
    def test_a_value_is_sound_by_type_or_not(self, node: Node, sound: list[Any], unsound: list[Any]) -> None:
        for bounds in (True, False):
            check = Soundness(Schema(root=node))
            assert all(check(value, node, bounds=bounds) for value in sound)
            assert not any(check(value, node, bounds=bounds) for value in unsound)

    def test_bounds_are_looked_at_at_every_depth_where_they_are_asked_for(self) -> None:
        small = IntegerNode(maximum=5)
        for node, value in (
            (small, 9),
            (ListNode(item=small), [1, 9]),
            (ListNode(item=INT, max_items=1), [1, 2]),
            (ObjectNode(fields=(Field("n", small),)), {"n": 9}),
            (UnionNode(options=(small, TEXT)), 9),
        ):
            check = Soundness(Schema(root=node))
            assert not check(value, node)
            assert check(value, node, bounds=False)

    def test_a_container_is_looked_at_once_for_each_node_and_never_taken_for_another(self) -> None:
        looked: list[Any] = []

        class Counted(Soundness):
            def _is_sound(self, value: Any, node: Node, bounds: bool) -> bool:
                looked.append(value)
                return super()._is_sound(value, node, bounds)

        node, value = INT, "x"
        for _ in range(14):
            node, value = UnionNode(options=(ListNode(item=node), ListNode(item=node, max_items=9))), [value]
        assert not Counted(Schema(root=node))(value, node)
        assert len(looked) < 100
        numbers = ListNode(item=INT)
        check = Soundness(Schema(root=numbers))
        for number in range(50):
            assert check([number], numbers)
            assert not check([str(number)], numbers)

    def test_what_breaks_a_format_or_a_set_is_found_and_what_fits_an_option_is_not(self) -> None:
        for node, value, keyword in (
            (DATE, "soon", "format"),
            (EnumNode(values=(1, 2)), 3, "enum"),
            (UnionNode(options=(DATE, EMAIL)), "soon", "type"),
            (UnionNode(options=(DATE, INT)), "soon", "format"),
            (StringNode(format="date", nullable=True), "soon", "format"),
            (EnumNode(values=(1, 2)), None, "enum"),
        ):
            for wrapped, holder, path in (
                (node, value, ()),
                (ListNode(item=node), [value], (0,)),
                (ObjectNode(fields=(Field("a", node),)), {"a": value}, ("a",)),
                (ObjectNode(extra=node), {"a": value}, ("a",)),
                (
                    ChoiceNode(discriminator="k", cases=(ChoiceCase("c", ObjectNode(fields=(Field("a", node),))),)),
                    {"k": "c", "a": value},
                    ("a",),
                ),
            ):
                found = [(tuple(one.path), one.keyword) for one in misspelt(holder, Schema(root=wrapped))]
                assert found == [(path, keyword)], (wrapped, holder)
        for node, value in (
            (DATE, "2024-01-05"),
            (StringNode(format="date", nullable=True), None),
            (UnionNode(options=(DATE, EMAIL)), "a@b.org"),
            (UnionNode(options=(DATE, EMAIL)), "2024-01-05"),
            (EnumNode(values=(1, 2)), 1),
            (ListNode(item=DATE), "soon"),
        ):
            assert list(misspelt(value, Schema(root=node))) == [], (node, value)


class TestWholeAnswers:
    """Through a guard: what is proposed together, withdrawn, and of which class it is."""

    def test_a_union_of_formats_is_repaired_to_the_one_that_fits(self) -> None:
        formats = [{"type": "string", "format": "date"}, {"type": "string", "format": "email"}]
        guard = Guard.from_json_schema({"type": "array", "items": {"anyOf": formats}})
        assert guard.parse('["Jan 5, 2024", "<a@b.org>", "c@d.org"]').output == ["2024-01-05", "a@b.org", "c@d.org"]
        assert not guard.parse('["soon"]').passed

    def test_a_member_of_a_case_is_renamed_and_an_unknown_one_removed(self) -> None:
        rail = """<rail version="1.0"><output><choice name="pay" discriminator="by">
        <case name="card"><integer name="digits" required="false"/></case>
        <case name="cash"><string name="currency"/></case></choice></output></rail>"""
        guard = Guard.from_rail_string(rail)
        outcome = guard.parse('{"pay": {"by": "card", "Digits": 5, "zzz": 1}}')
        assert outcome.output == {"pay": {"by": "card", "digits": 5}}
        outcome = guard.parse('{"pay": {"By": "CASH", "Currency": "EUR"}}')
        assert outcome.output == {"pay": {"by": "cash", "currency": "EUR"}}
        assert not guard.parse('{"pay": {"by": "gold", "Digits": 5}}').passed

    def test_a_missing_member_of_an_open_object_is_found_under_its_other_spelling(self) -> None:
        guard = Guard.from_json_schema(
            {"type": "object", "properties": {"first_name": {"type": "string"}}, "required": ["first_name"]}
        )
        outcome = guard.parse('{"firstName": "Ann", "zzz": 1}')
        assert outcome.output == {"first_name": "Ann", "zzz": 1}

    def test_null_is_left_out_of_an_optional_member_alone_where_a_request_named_them_all(self) -> None:
        fields = (Field("a", INT), Field("b", INT, False), Field("l", ListNode(item=INT), False))
        context = replace(context_of(ObjectNode(fields=fields), "none"), nulls=True)
        value = {"a": None, "b": None, "l": [None]}
        assert repair(Traced(value), tree_judge(context), context).traced.value == {"a": None, "l": [None]}

    def test_a_misspelt_only_member_is_renamed_and_not_wrapped(self) -> None:
        data = {"type": "object", "properties": {"data": {"type": "object"}}, "required": ["data"]}
        guard = Guard.from_json_schema({**data, "additionalProperties": False}, repair="judgement")
        outcome = guard.parse('{"Data": {"a": 1}}')
        assert outcome.output == {"data": {"a": 1}}
        assert [one.rule for one in outcome.repairs] == ["misspelled-key"]

    def test_a_repair_of_a_class_that_is_not_allowed_is_not_made(self) -> None:
        schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
        answers = {"none": '{"n": 5}', "syntax": "{'n': 5}", "lossless": '{"n": "5"}', "judgement": '{"n": "It is 5."}'}
        classes = list(answers)
        for policy in classes:
            for number, text in enumerate(answers.values()):
                outcome = Guard.from_json_schema(schema, repair=policy).parse(text)
                assert outcome.passed == (number <= classes.index(policy)), (policy, text)

    def test_a_key_that_spells_a_member_otherwise_is_renamed_and_another_one_removed(self) -> None:
        schema = {
            "type": "object",
            "properties": {"first_name": {"type": "string"}, "age": {"type": "integer"}},
            "required": ["first_name"],
            "additionalProperties": False,
        }
        guard = Guard.from_json_schema(schema)
        outcome = guard.parse('{"firstName": "Ann", "Age": "5", "zzz": 1}')
        assert outcome.output == {"first_name": "Ann", "age": 5}
        assert {(str(one.path), one.rule) for one in outcome.repairs} == {
            ("$.first_name", "misspelled-key"),
            ("$.age", "misspelled-key"),
            ("$.age", "number-text"),
            ("$.zzz", "unknown-key"),
        }
        both = guard.parse('{"firstName": "Ann", "FIRST_NAME": "Bob"}')
        assert not both.passed, "it could be either"
        assert not guard.parse('{"zzz": "Ann"}').repairs, "an object in which nothing is known is no answer"
