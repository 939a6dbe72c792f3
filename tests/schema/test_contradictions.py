"""What can never be satisfied or never fail is found where it is certain, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest

from railguard import FailResult, OnFail, validator
from railguard.schema import (
    AnyNode,
    ChoiceCase,
    ChoiceNode,
    EnumNode,
    Field,
    FloatNode,
    IntegerNode,
    ListNode,
    Node,
    ObjectNode,
    RefNode,
    Schema,
    StringNode,
    UnionNode,
    emptiness,
)
from railguard.schema.contradictions import Questions, contradictions
from railguard.schema.dead_rules import dead_rules, fixes_in_vain, takes_all_along
from railguard.schema.emptiness import is_empty
from railguard.validation import Rule
from railguard_validators.ban_list import ban_list
from railguard_validators.contains import contains
from railguard_validators.email import email
from railguard_validators.ends_with import ends_with
from railguard_validators.excludes import excludes
from railguard_validators.iban import iban
from railguard_validators.length import length
from railguard_validators.lower_case import lower_case
from railguard_validators.max_length import max_length
from railguard_validators.min_length import min_length
from railguard_validators.no_profanity import no_profanity
from railguard_validators.one_line import one_line
from railguard_validators.positive import positive
from railguard_validators.regex_match import regex_match
from railguard_validators.starts_with import starts_with
from railguard_validators.title_case import title_case
from railguard_validators.two_words import two_words
from railguard_validators.upper_case import upper_case
from railguard_validators.valid_choices import valid_choices
from railguard_validators.valid_range import valid_range


@validator("t-co-breaks", replace=True)
def breaks(value: str) -> bool:
    """It never works."""
    raise RuntimeError(value)


@validator("t-co-asks", replace=True)
def asks(value: str, *, ctx: Any = None) -> bool:
    """It asks the call."""
    return value in ctx.metadata


@validator("t-co-says-too-much", replace=True)
class says_too_much:
    """It knows what it demands of texts alone."""

    def __call__(self, value: str) -> bool:
        return len(value) < 3

    def constraint(self, json_type: str) -> dict[str, Any]:
        return {"string": {"maxLength": 2}}[json_type]


@validator("t-co-no-capitals", replace=True)
def no_capitals(value: str) -> FailResult | None:
    """It has no capitals; a fix of it is not known."""
    return None if value.lower() == value else FailResult("no")


@validator("t-co-shortened", replace=True, pure=False)
def shortened(value: str) -> FailResult | None:
    """At most three characters, today."""
    return None if len(value) <= 3 else FailResult("long", fix=value[:3])


@pytest.mark.parametrize(
    ("node", "message"),
    [
        (
            StringNode(format="date", pattern="^[a-z]+$"),
            "the format date and the pattern '^[a-z]+$' exclude each other",
        ),
        (
            StringNode(max_length=1, rules=(valid_choices(["abc", 1]),)),  # whether 1 is too long cannot be asked
            "'maxLength' refuses 'abc', which 'valid-choices' allows",
        ),
        (EnumNode(values=(1, "A"), rules=(lower_case(),)), "'lower-case' refuses 'A', which the enum allows"),
        (StringNode(min_length=5, max_length=3), "minLength 5 and maxLength 3 exclude each other"),
        (
            StringNode(min_length=5, rules=(length(max=3),)),
            "minLength 5 and maxLength 3 of 'length' exclude each other",
        ),
        (
            StringNode(max_length=5, rules=(length(max=9), min_length(6))),
            "minLength 6 of 'min-length' and maxLength 5 exclude",
        ),
        (
            StringNode(rules=(max_length(3, on_fail="fix"), length(min=4))),
            "minLength 4 of 'length' and maxLength 3 of 'max",
        ),
        (ListNode(max_items=2, rules=(length(min=3),)), "minItems 3 of 'length' and maxItems 2 exclude each other"),
        (
            ObjectNode(min_properties=4, rules=(length(max=3),)),
            "minProperties 4 and maxProperties 3 of 'length' exclude",
        ),
        (IntegerNode(minimum=3, exclusive_maximum=3), "minimum 3 and exclusiveMaximum 3 exclude each other"),
        (IntegerNode(exclusive_minimum=3, exclusive_maximum=4), "exclusiveMinimum 3 and exclusiveMaximum 4 exclude"),
        (IntegerNode(minimum=1.2, maximum=1.8), "minimum 1.2 and maximum 1.8 exclude each other"),
        (IntegerNode(maximum=0, rules=(positive(),)), "of 'positive' and maximum 0 exclude each other"),
        (
            FloatNode(minimum=10, rules=(valid_range(0, 5),)),
            "minimum 10 and maximum 5 of 'valid-range' exclude each other",
        ),
        (StringNode(rules=(valid_choices(["a"]), valid_choices(["b", "c"]))), "allow no value in common"),
        (EnumNode(values=("A", "B"), rules=(lower_case(),)), "'lower-case' refuses every value of the enum"),
        (EnumNode(values=("a", "B"), rules=(lower_case(),)), "'lower-case' refuses 'B', which the enum allows"),
        (
            StringNode(rules=(regex_match("^a$"), length(min=5))),
            "the pattern '^a$' of 'regex-match' and minLength 5 of",
        ),
        (StringNode(pattern="^[a-z]{3}$", max_length=2), "the pattern '^[a-z]{3}$' and maxLength 2 exclude each other"),
        (
            StringNode(pattern="^a", rules=(regex_match("^b.*"),)),
            "and the pattern '^b.*$' of 'regex-match' exclude each",
        ),
        (StringNode(format="date", max_length=9), "the format date and maxLength 9 exclude each other"),
        (
            StringNode(pattern="^ab", max_length=3, rules=(regex_match("(?:..)*"), length(min=3))),
            "maxLength 3 exclude each other",
        ),
        (IntegerNode(minimum=6, maximum=9, multiple_of=5), "no multipleOf 5 lies between minimum 6 and maximum 9"),
        (FloatNode(exclusive_minimum=0.5, exclusive_maximum=1, multiple_of=0.5), "no multipleOf 0.5 lies between"),
        (ListNode(unique=True, min_items=4, item=EnumNode(values=("a", "b", "c"))), "unique items have 3 different"),
        (ObjectNode(fields=(Field("a", AnyNode()),), min_properties=2), "there are 1 members and no others"),
        (
            ObjectNode(fields=(Field("a", AnyNode()), Field("b", AnyNode())), max_properties=1),
            "2 members are required, and maxProperties is 1",
        ),
        (
            StringNode(max_length=1, rules=(valid_choices(["abc", "de"]),)),
            "'maxLength' refuses every value that 'valid",
        ),
        (
            StringNode(rules=(valid_choices(["abc", "de"]), length(max=2))),
            "'length' refuses 'abc', which 'valid-choices'",
        ),
        (EnumNode(values=(1, 20), rules=(valid_range(0, 5),)), "'valid-range' refuses 20, which the enum allows"),
    ],
)
def test_what_excludes_each_other_is_named(node: Node, message: str) -> None:
    (found,) = contradictions(node)
    assert message in found.message


@pytest.mark.parametrize(
    "node",
    [
        StringNode(min_length=3, max_length=3, rules=(length(3, 3),)),
        StringNode(min_length=5, rules=(length(max=3, on_fail="noop"),)),
        StringNode(rules=(lower_case(), upper_case())),
        StringNode(rules=(valid_choices(["a", "b"]), valid_choices(["b", "c"]))),
        IntegerNode(minimum=3, maximum=3),
        IntegerNode(exclusive_minimum=3, exclusive_maximum=5),
        FloatNode(exclusive_minimum=3, exclusive_maximum=4),
        FloatNode(minimum=3.0, maximum=3),
        FloatNode(minimum=0.3, maximum=0.3, multiple_of=0.1),
        IntegerNode(minimum=5, maximum=9, multiple_of=5),
        StringNode(pattern="^[a-z]{3}$", min_length=3, max_length=3),
        StringNode(pattern="a|b", rules=(regex_match("b+"), length(1, 4))),
        StringNode(pattern=r"^\d$", rules=(regex_match(r"\w"),)),
        StringNode(pattern=r"\bword", max_length=2),  # \b is not the same in both engines: nothing is said
        StringNode(format="date-time", max_length=19),
        ListNode(unique=True, min_items=3, item=EnumNode(values=("a", "b", "c"))),
        ObjectNode(fields=(Field("a", AnyNode()),), min_properties=2, extra=AnyNode()),
        StringNode(max_length=3, rules=(valid_choices(["abc", "de"]),)),
        EnumNode(values=("a", "b"), rules=(lower_case(),)),
        EnumNode(values=("A",), rules=(lower_case(on_fail="noop"),)),
        AnyNode(rules=(length(min=5), length(max=3))),
        UnionNode(options=(StringNode(), IntegerNode()), rules=(length(min=5), length(max=3))),
        EnumNode(values=("A",), rules=(breaks(),)),  # it is reported when it runs
        EnumNode(values=("A",), rules=(asks(),)),  # what it says depends on the call
        IntegerNode(minimum=3, rules=(says_too_much(),)),  # it does not serve integers
    ],
)
def test_what_is_not_certain_is_not_said(node: Node) -> None:
    assert contradictions(node) == []


@pytest.mark.parametrize(
    ("node", "messages"),
    [
        (StringNode(rules=(length(),)), ["'length' demands nothing here: it can never fail"]),
        (ListNode(rules=(length(), length(min=1))), ["'length' demands nothing here: it can never fail"]),
        (StringNode(rules=(length(1, 5), length(1, 5))), ["'length' says what an earlier rule says"]),
        (StringNode(rules=(one_line(), one_line())), ["'one-line' says what an earlier rule says"]),
        (
            StringNode(max_length=5, rules=(length(max=9),)),
            ["'length' can never fail on its own: maxLength 5 demands as much"],
        ),
        (
            StringNode(rules=(length(max=9), max_length(5))),
            ["'length' can never fail on its own: 'max-length' demands as much"],
        ),
        (
            StringNode(rules=(length(max=5), max_length(5))),
            ["'max-length' can never fail on its own: 'length' demands as much"],
        ),
        (IntegerNode(minimum=1, rules=(positive(),)), []),  # not the same keyword: nothing is said
        (StringNode(max_length=5, rules=(length(max=5, on_fail="fix"),)), []),  # it mends what the bound refuses
        (StringNode(max_length=5, rules=(length(min=1, max=9),)), []),
        (StringNode(rules=(length(max=3), lower_case(), regex_match("a"))), []),
        (IntegerNode(rules=(valid_range(0, 5),)), []),
        (AnyNode(rules=(length(),)), []),
        (StringNode(rules=(Rule.unknown("nowhere", "nowhere"),) * 2), []),
    ],
)
def test_a_rule_that_can_never_be_what_fails_is_named(node: Node, messages: list[str]) -> None:
    assert [dead.message for dead in dead_rules(node)] == messages


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        ((lower_case(), upper_case()), [True]),
        ((upper_case(on_fail="fix"), lower_case()), [True]),
        ((one_line(on_fail="fix"), length(1, 80)), []),
        ((two_words(on_fail="fix"), length(max=5)), []),
        ((length(max=5, on_fail="fix"), two_words()), []),
        ((lower_case(on_fail="fix"), one_line(on_fail="fix"), length(1, 20, on_fail="fix")), []),
        ((lower_case(on_fail="fix"), upper_case(on_fail="noop")), []),
        ((upper_case(on_fail="fix"), no_capitals()), [False]),
        ((upper_case(), no_capitals()), []),  # nothing is put in the place of a value
        ((length(max=3, on_fail="fix"), length(min=5)), []),  # bounds that exclude each other are told as such
        ((shortened(on_fail="fix"), min_length(5)), [False]),
        ((shortened(on_fail="fix"), length(max=8)), []),
    ],
)
def test_rules_that_undo_each_other_are_found(rules: Any, found: list[bool]) -> None:
    assert [one.mutual for one in fixes_in_vain(StringNode(rules=rules))] == found


def test_the_fixes_of_all_validators_that_agree_raise_no_alarm() -> None:
    """Pairs of built-in rules that a document may well have together."""
    together = [one_line, two_words, lower_case, length(1, 200), min_length(1), max_length(200), no_profanity]
    rules = [one if isinstance(one, Rule) else one(on_fail="fix") for one in together]
    assert list(fixes_in_vain(StringNode(rules=tuple(rules)))) == []


def test_what_one_rule_demands_and_another_refuses_is_found_wherever_it_stands() -> None:
    excluding = [
        (contains("x"), excludes("x")),
        (excludes(["FIX", "TODO"]), contains("TODO")),
        (starts_with("Dear"), excludes("Dear")),
        (ends_with("bye"), excludes("bye")),
        (contains("Straße", ignore_case=True), excludes("STRASSE", ignore_case=True)),
        (contains("TODO"), lower_case()),
        (contains("two words here"), two_words()),
        (regex_match("TODO", match_type="search"), excludes("TODO")),
    ]
    for rules in excluding:
        (found,) = contradictions(StringNode(rules=rules))
        assert (found.certain, found.rule) == (False, rules[1])
        assert f"{rules[0].name!r} and {rules[1].name!r} exclude each other" in found.message or (
            f"{rules[1].name!r} and {rules[0].name!r} exclude each other" in found.message
        )
        kept = excludes(rules[1].arguments["substrings"], on_fail="noop") if rules[1].name == "excludes" else None
        assert kept is None or contradictions(StringNode(rules=(rules[0], kept))) == []
    agreeing = [
        (contains("x"), excludes("y")),
        (contains("TODO"), excludes("TODOS")),
        (regex_match("cat|dog", match_type="search"), excludes("cat")),  # "dog" is left
        (contains("cat"), ban_list(["cat"])),  # "concatenate" is left
        (contains("ab"), length(20, 22)),
        (contains("DE"), iban()),
        (contains("example"), email()),
        (contains("x"), two_words()),
        (contains("the"), title_case()),  # "Bathe" is left
        (starts_with("A"), ends_with("Z"), excludes("B")),
    ]
    for rules in agreeing:
        assert contradictions(StringNode(rules=rules)) == [], rules


def test_patterns_that_are_searched_anywhere_are_no_questions_and_questions_are_counted() -> None:
    anywhere = tuple(contains(f"w{number}") for number in range(20))
    nothing_left = Questions(0)
    assert contradictions(StringNode(rules=anywhere), nothing_left) == []
    node = StringNode(pattern="^a", rules=(starts_with("b"),))
    assert contradictions(node, nothing_left) == []
    one_left = Questions(1)
    for _ in range(3):  # what was asked before is known
        assert len(contradictions(node, one_left)) == 1
    assert contradictions(StringNode(pattern="^a", rules=(starts_with("c"),)), one_left) == []


def test_without_llguidance_nothing_is_said_of_patterns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emptiness, "find_spec", lambda name: None)
    emptiness._asked.cache_clear()
    assert contradictions(StringNode(pattern="^a$", min_length=5)) == []
    monkeypatch.undo()
    emptiness._asked.cache_clear()
    assert len(contradictions(StringNode(pattern="^a$", min_length=5))) == 1


def test_the_bounds_of_a_json_schema_that_exclude_each_other_are_a_warning() -> None:
    from railguard import Guard

    schema: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "string", "minLength": 5, "maxLength": 3}}}
    (warning,) = Guard.from_json_schema(schema).warnings
    assert warning.code == "json-schema-contradiction"
    assert warning.message.startswith("at #/properties/a: minLength 5 and maxLength 3")


def test_of_very_many_bounds_the_tightest_are_told() -> None:
    least = tuple(min_length(number + 1) for number in range(101))
    most = tuple(max_length(300 - number) for number in range(100))
    assert contradictions(StringNode(rules=least + most)) == []
    (found,) = contradictions(StringNode(rules=(*least, *most, max_length(50))))
    assert found.message == "minLength 101 of 'min-length' and maxLength 50 of 'max-length' exclude each other"
    rules = tuple(valid_range(0, 0) for number in range(101))
    (found,) = contradictions(IntegerNode(rules=(*rules, positive())))
    assert found.message == "exclusiveMinimum 0 of 'positive' and maximum 0 of 'valid-range' exclude each other"


@pytest.mark.parametrize(
    ("patterns", "least", "most", "empty"),
    [
        (("^a", "^b"), None, None, True),
        (("^a", "^ab"), None, None, False),
        (("^a$",), 2, None, True),
        (("^a{3}$",), None, 2, True),
        (("^a",), None, None, False),
        (("(", "^a"), None, None, False),  # of what is no pattern nothing is known
        (("(", "^a$"), 2, None, True),
        (("^a", r"(?=b)"), None, None, False),
    ],
)
def test_whether_any_text_keeps_patterns_and_lengths(patterns: Any, least: Any, most: Any, empty: bool) -> None:
    assert is_empty(patterns, least, most) is empty


FILTERED = StringNode(on_fail=OnFail.FILTER)
RULED = StringNode(rules=(lower_case(on_fail="filter"),))


@pytest.mark.parametrize(
    ("root", "found"),
    [
        (FILTERED, [FILTERED]),
        (ObjectNode(fields=(Field("a", FILTERED), Field("b", RULED))), [FILTERED, RULED]),
        (ObjectNode(fields=(Field("a", FILTERED), Field("b", FILTERED))), [FILTERED]),
        (ObjectNode(fields=(Field("a", FILTERED, False),)), []),
        (ObjectNode(fields=(Field("a", ObjectNode(fields=(Field("b", RULED),)), False),)), []),
        (ListNode(item=FILTERED), []),
        (UnionNode(options=(RULED, IntegerNode())), [RULED]),
        (RefNode(name="R"), [RULED]),
        (ObjectNode(fields=(Field("a", RefNode(name="Loop")),)), [RULED]),
        (ChoiceNode(discriminator="k", cases=(ChoiceCase("a", ObjectNode(fields=(Field("a", RULED),))),)), [RULED]),
    ],
)
def test_a_filter_on_what_everything_around_it_needs_is_found(root: Node, found: list[Node]) -> None:
    loop = ObjectNode(fields=(Field("next", RefNode(name="Loop")), Field("a", RULED)))
    schema = Schema(root=root, definitions={"R": RULED, "Loop": loop})
    told = list(takes_all_along(schema))
    assert sorted(id(node) for node, _ in told) == sorted(map(id, found))
    assert all((rule is None) == (node is FILTERED) for node, rule in told)
