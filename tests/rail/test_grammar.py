"""The grammar of `validators=`: tokens, literals, and what becomes of them as arguments."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from railguard import Guard, validators
from railguard.errors import SpecError
from railguard.rail import check, load
from railguard.rail.grammar import GrammarError, braced, literal, number, parse_calls, quote
from railguard.schema import ObjectNode
from railguard.testing.growth import steep_growth
from railguard.validation import Rule, validator


@validator("rail-any", replace=True)
def any_argument(value: str, *, a: Any = None, b: Any = None) -> None:
    """Takes anything."""


@validator("rail-typed", aliases=["rail-typed-too"], replace=True)
def typed(
    value: str,
    *,
    text: str = "",
    maybe: str | None = None,
    count: int = 0,
    ratio: float = 0.0,
    flag: bool = False,
    items: list[str] | None = None,
    pair: tuple[int, int] = (0, 0),
    names: frozenset[str] = frozenset(),
    kind: Literal["full", 1] = "full",
) -> None:
    """Takes one of each."""


@validator("rail-numbers", replace=True)
def numbers(value: str, *, items: list[int]) -> None:
    """Takes numbers."""


@validator("rail-pattern", replace=True)
def pattern(value: str, *, regex: str) -> None:
    """Takes one text."""


@validator("rail-range", replace=True)
def between(value: str, *, min: int = 0, max: int | None = None) -> None:
    """Takes two numbers."""


@validator("rail-choices", replace=True)
def choices(value: str, *, choices: list[Any]) -> None:
    """Takes a list."""


@validator("rail-texts", replace=True)
def texts(value: str, *, texts: str | list[str], flag: bool = False) -> None:
    """Takes a text or a list of texts."""


@validator("rail-shouting", replace=True)
def shouting(value: str) -> None:
    """Takes nothing."""


@validator("rail-fussy", replace=True)
class Fussy:
    """Its __init__ refuses what it does not like, in unusual ways."""

    def __init__(self, limit: int = 1) -> None:
        if limit < 0:
            raise KeyError("limit")
        if limit == 0:
            raise ValueError("limit is zero")

    def __call__(self, value: str) -> None:
        return None


def rule(text: str, version: str = "1.0") -> Rule:
    quoted = text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    spec = load(f'<rail version="{version}"><output><string name="x" validators="{quoted}"/></output></rail>')
    assert isinstance(spec.schema.root, ObjectNode)
    (only,) = spec.schema.root.fields[0].node.rules
    return only


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-1.5e3", -1500.0),
        ("+.5", 0.5),
        ("1.", 1.0),
        ("'a b'", "a b"),
        ('"it\'s"', "it's"),
        (r"'it\'s \u00e9 \x41 \U0001F600 \n \d \ud83d\ude00'", "it's é A 😀 \n \\d 😀"),
        (r"'\ud83d'", "\ud83d"),
        (r"'\ud83dA'", "\ud83dA"),
        (r"'\ud83d\u0041'", "\ud83dA"),
        (r"r'\d{3}\''", r"\d{3}\'"),
        ("u'a'", "a"),
        ("true", True),
        ("True", True),
        ("false", False),
        ("False", False),
        ("null", None),
        ("None", None),
        ("[1, 'a', [2,], ]", [1, "a", [2]]),
        ("(1, 2)", [1, 2]),
        ("()", []),
        ("{'a': {'b': 1}, \"c\": [],}", {"a": {"b": 1}, "c": []}),
        ("{}", {}),
        ("[';', '}', ':', ' ']", [";", "}", ":", " "]),
    ],
)
def test_a_literal_is_read(text: str, value: object) -> None:
    assert literal(text) == value
    assert type(literal(text)) is type(value)
    if not text.startswith("{"):
        assert braced("{" + text + "}") == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("{}", {}), ("{'a': 1}", {"a": 1}), ("{{'a': 1}}", {"a": 1}), ("{1, 2}", [1, 2]), ("{ 7 } ", 7), ("{{}}", {})],
)
def test_braces_hold_a_literal_or_are_the_object_or_list_themselves(text: str, value: object) -> None:
    assert braced(text) == value


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("", 0),
        ("x", 0),
        ("1x", 0),
        ("[1 2]", 3),
        ("[1", 0),
        ("['a", 1),
        ("{1: 2}", 1),
        ("{'a' 1}", 5),
        ("{'a': 1, 'a': 2}", 9),
        ("{'a'", 1),
        ("{'a':", 0),
        ("1 + 2", 2),
        ("__import__('os')", 0),
        ("'a'.b", 3),
        ("'\\xzz'", 1),
        ("'\\u12", 1),
        ("'\\U00110000'", 1),
        ("1e999", 0),
        ("9" * 5000, 0),
        ("[" * 40, 33),
        ("*", 0),
        ("'a\\", 0),
        ("1j", 0),
        ("NaN", 0),
        ("Infinity", 0),
        ("lambda: 0", 0),
    ],
)
def test_what_is_no_literal_is_an_error_at_its_place(text: str, offset: int) -> None:
    with pytest.raises(GrammarError) as caught:
        literal(text)
    assert caught.value.offset == offset
    assert caught.value.message


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_every_json_value_can_be_written_and_read_back(value: Any) -> None:
    assert json.dumps(literal(quote(value))) == json.dumps(value)
    assert json.dumps(braced("{" + quote(value) + "}")) == json.dumps(value)


@given(st.text(alphabet="ab1 '\"{}[]():;,\\=u.-\n") | st.text())
def test_any_text_is_read_or_refused_and_every_offset_lies_in_it(text: str) -> None:
    for call in parse_calls(text):
        assert 0 <= call.offset <= len(text)
        for token in call.tokens:
            assert text[token.offset : token.offset + len(token.raw)] == token.raw
        if call.error is not None:
            assert 0 <= call.error.offset <= len(text)
    for read in (literal, braced):
        assert 0 <= refused_at(read, text) <= len(text)


def refused_at(read: Callable[[str], Any], text: str) -> int:
    try:
        read(text)
    except GrammarError as error:
        return error.offset
    return 0


@pytest.mark.parametrize("text", ["{", "[", "(", "{'a':", "'\\", "{[", "a: {", "a:'", ";", ":", "a{", "a: {1};", "\\"])
def test_anything_repeated_is_read_in_linear_time(text: str) -> None:
    assert steep_growth(parse_calls, lambda n: text * n) is None


def test_calls_are_separated_by_semicolons_outside_of_strings_and_braces() -> None:
    calls = parse_calls(" two-words ;; length: 1 10; choices: {['a;b', 'c}d']} 'x;y' ; hub://guardrails/one_line; a: ;")
    assert [call.name for call in calls] == ["two-words", "length", "choices", "hub://guardrails/one_line", "a"]
    assert [token.value for token in calls[1].tokens] == ["1", "10"]
    assert [token.value for token in calls[2].tokens] == [["a;b", "c}d"], "x;y"]
    assert calls[3].offset == 62
    assert calls[2].source == "choices: {['a;b', 'c}d']} 'x;y'"


def test_a_broken_call_does_not_hide_those_after_it() -> None:
    calls = parse_calls("a: {1; b: 'x; c: 1")
    assert [(call.name, call.error is not None) for call in calls] == [("a", True), ("b", True), ("c", False)]


def test_a_hub_name_has_its_arguments_after_the_second_colon() -> None:
    (call,) = parse_calls("hub://guardrails/valid_range: 0 5")
    assert (call.name, [token.value for token in call.tokens]) == ("hub://guardrails/valid_range", ["0", "5"])


@pytest.mark.parametrize(
    ("written", "arguments"),
    [
        ("rail-any: 1 2.5", {"a": 1, "b": 2.5}),
        ("rail-any: true x", {"a": "true", "b": "x"}),
        ("rail-any: {true} {null}", {"a": True, "b": None}),
        ("rail-any: b=3", {"b": 3}),
        ("rail-any: 1 b='x y'", {"a": 1, "b": "x y"}),
        ("rail-any: b={[1]}", {"b": [1]}),
        ("rail-any: 'b=3'", {"a": "b=3"}),
        ("rail-any: [1, 'x y']", {"a": [1, "x y"]}),
        ("rail-any: [1 'c'", {"a": "[1", "b": "c"}),
        ("rail-pattern: [1,2]", {"regex": "[1,2]"}),
        ("rail-pattern: [a-z]+", {"regex": "[a-z]+"}),
        ("rail-typed: items=['a', 'b;c']", {"items": ["a", "b;c"]}),
        ("rail-any: ''", {"a": ""}),
        ("rail-typed: 12", {"text": "12"}),
        ("rail-typed: 1e999", {"text": "1e999"}),
        ("rail-typed: maybe=12", {"maybe": "12"}),
        ("rail-typed: ratio=1", {"ratio": 1}),
        ("rail-typed: flag=true", {"flag": True}),
        ("rail-typed: items=['a','b']", {"items": ["a", "b"]}),
        ("rail-typed: items=null", {"items": None}),
        ("rail-typed: pair={(1, 2)}", {"pair": (1, 2)}),
        ("rail-typed: names={['a', 'b']}", {"names": frozenset("ab")}),
        ("rail-typed: kind=1", {"kind": 1}),
        ("rail-typed: kind=full", {"kind": "full"}),
        ("RAIL_TYPED: x", {"text": "x"}),
        ("rail-pattern: ^[a-z]{3}$", {"regex": "^[a-z]{3}$"}),
        (r"rail-pattern: '^\d+ \w;$'", {"regex": r"^\d+ \w;$"}),
        ("rail-pattern: 007", {"regex": "007"}),
        ("rail-pattern: regex=a", {"regex": "a"}),
    ],
)
@pytest.mark.parametrize("version", ["0.1", "1.0"])
def test_arguments_arrive_as_the_parameter_wants_them(written: str, arguments: dict[str, Any], version: str) -> None:
    found = rule(written, version)
    assert found.arguments == arguments
    assert {name: type(value) for name, value in found.arguments.items()} == {
        name: type(value) for name, value in arguments.items()
    }
    assert found.validator is not None


@pytest.mark.parametrize(
    "written",
    [
        "rail-typed: count=1.5",
        "rail-typed: count=x",
        "rail-typed: count=1e999",
        "rail-typed: items=[a",
        "rail-typed: names={[[1]]}",
        "rail-typed: kind=half",
        "rail-any: 1 2 3",
        "rail-fussy: 0",
        "rail-fussy: -1",
        "rail-pattern:",
        "rail-range: 1e400",
        "rail-range: (1), 2",
        "rail-range: (1,,2)",
        "rail-numbers: a b",
        "rail-numbers: a, b",
        "rail-numbers: 1e400 2",
    ],
)
def test_a_wrong_argument_is_an_error_and_in_an_older_document_a_rule_that_cannot_run(written: str) -> None:
    with pytest.raises(SpecError) as caught:
        rule(written)
    assert {problem.code for problem in caught.value.problems} == {"validator-arguments"}
    assert rule(written, "0.1").validator is None
    assert rule(written, "0.1").source == written


@pytest.mark.parametrize("written", ["rail-range(1) 2", "rail-range(1 2", "rail-range(,)"])
def test_brackets_with_anything_else_are_no_call(written: str) -> None:
    with pytest.raises(SpecError) as caught:
        rule(written)
    assert {problem.code for problem in caught.value.problems} == {"unknown-validator"}
    assert rule(written, "0.1").source == written


@pytest.mark.parametrize(
    ("written", "offset", "suggestion"),
    [
        ("rail-any: c=3", 10, ""),
        ("rail-any: c='3 4'", 10, ""),
        ("rail-any: 1 c={[2]}", 12, ""),
        ("rail-pattern: rgex=a", 14, "; did you mean 'regex'?"),
        ("rail-pattern: a=b", 14, ""),
        ("rail-pattern: a=b and more", 14, ""),
        ("rail-typed: cuont=3", 12, "; did you mean 'count'?"),
        ("rail-fussy(limt=3)", 11, "; did you mean 'limit'?"),
    ],
)
def test_a_name_that_no_parameter_has_is_an_error_and_never_the_text_itself(
    written: str, offset: int, suggestion: str
) -> None:
    with pytest.raises(SpecError) as caught:
        rule(written)
    (problem,) = caught.value.problems
    assert problem.code == "validator-arguments"
    assert f"has no parameter {written[offset:].split('=')[0]!r}{suggestion}" in problem.message
    assert problem.column == len('<rail version="1.0"><output><string name="x" validators="') + 1 + offset


def test_no_validator_that_there_is_takes_an_argument_with_a_name_that_it_has_not() -> None:
    for known in validators():
        element = f'<any name="x" validators="{known.name}: zzz=foo"/>'
        codes = {problem.code for problem in check(f'<rail version="1.0"><output>{element}</output></rail>')}
        assert codes & {"validator-arguments", "validator-package"}, known.name


def test_an_on_fail_action_among_the_arguments_is_sent_to_its_attribute() -> None:
    with pytest.raises(SpecError) as caught:
        rule("rail-range: 1 5 on_fail=fix")
    assert (caught.value.problems[0].hint or "").endswith('on-fail-rail-range="fix"')


def test_text_with_an_equals_sign_is_text_where_it_stands_in_quotes() -> None:
    assert rule("rail-pattern: 'a=b'").arguments == {"regex": "a=b"}
    assert rule('rail-any: {"c=3"}').arguments == {"a": "c=3"}


def test_an_older_document_had_no_named_arguments_so_there_it_is_text_with_a_warning() -> None:
    spec = load('<rail version="0.1"><output type="string" validators="rail-pattern: a=b"/></rail>')
    assert spec.schema.root.rules[0].arguments == {"regex": "a=b"}
    assert "it is read as the text 'a=b'" in spec.warnings[-1].message
    assert rule("rail-pattern: rgex=b", "0.1").validator is None


OTHER_SPELLINGS = [
    ("rail-typed: 'x', 'y'", "rail-typed: x y"),
    ("rail-typed('x')", "rail-typed: x"),
    ("rail-typed ('x', 'y', 3)", "rail-typed: x y 3"),
    ("rail-typed(text='x', count=3)", "rail-typed: x count=3"),
    ("rail-typed(count = 3)", "rail-typed: count=3"),
    ("rail-typed(items=['a', 'b'])", "rail-typed: items={['a', 'b']}"),
    ("rail-fussy()", "rail-fussy"),
    ("rail-fussy: (3)", "rail-fussy: 3"),
    ("rail-fussy 3", "rail-fussy: 3"),
    ("rail-fussy=3", "rail-fussy: 3"),
    ("rail-fussy limit=3", "rail-fussy: 3"),
    ("rail-fussy: 3,", "rail-fussy: 3"),
    ("rail-range: 1,5", "rail-range: 1 5"),
    ("rail-range: 1, 5", "rail-range: 1 5"),
    ("rail-range: (1, 5)", "rail-range: 1 5"),
    ("rail-range: {[1, 5]}", "rail-range: 1 5"),
    ("rail-range: {1, 5}", "rail-range: 1 5"),
    ("rail-range: [1, 5]", "rail-range: 1 5"),
    ("rail-range(1,5)", "rail-range: 1 5"),
    ("rail-range 1, 5", "rail-range: 1 5"),
    ("rail-range: min=1, max=5", "rail-range: 1 5"),
    ("rail-choices: red, dark green", "rail-choices: {['red', 'dark green']}"),
    ("rail-choices: red, green", "rail-choices: {['red', 'green']}"),
    ("rail-choices: red green", "rail-choices: {['red', 'green']}"),
    ("rail-choices: 'red', 'dark green'", "rail-choices: {['red', 'dark green']}"),
    ("rail-choices(1, 2)", "rail-choices: {[1, 2]}"),
    ("rail-texts: a, b", "rail-texts: {['a', 'b']}"),
    ("rail-texts: a b", "rail-texts: 'a b'"),
    ("rail-pattern: a b", "rail-pattern: 'a b'"),
]


@pytest.mark.parametrize(("written", "right"), OTHER_SPELLINGS)
def test_a_spelling_of_other_languages_is_refused_with_one_that_is_accepted(written: str, right: str) -> None:
    with pytest.raises(SpecError) as caught:
        rule(written)
    assert (caught.value.problems[0].hint or "").endswith(right)
    assert rule(right).validator is not None


@pytest.mark.parametrize(("written", "right"), OTHER_SPELLINGS)
def test_what_is_clear_in_an_older_document_is_read_so_with_a_warning(written: str, right: str) -> None:
    assert rule(written, "0.1") == rule(right)


@pytest.mark.parametrize(
    ("format", "rules", "hint"),
    [
        ("rail-range(1,5)", [{"min": 1, "max": 5}], None),
        ("rail-range (1, 5)", [{"min": 1, "max": 5}], None),
        ("rail-range 1 5", [{"min": 1, "max": 5}], None),
        ("rail-range (in cm)", [], "rail-range (in cm)"),
        ("rail-range of a kind", [], "rail-range of a kind"),
        ("rail-shouting (really)", [], "rail-shouting (really)"),
        ("date (YYYY-MM-DD)", [], "date (YYYY-MM-DD)"),
    ],
)
def test_an_old_format_is_validators_where_their_arguments_are_plain_however_they_are_written(
    format: str, rules: list[dict[str, Any]], hint: str | None
) -> None:
    root = load(f'<rail version="0.1"><output type="string" format="{format}"/></rail>').schema.root
    assert [dict(rule.arguments) for rule in root.rules] == rules
    assert root.hint == hint


def test_a_rule_whose_arguments_cannot_be_read_says_so_when_it_should_run_and_can_be_written() -> None:
    text = '<rail version="0.1"><output type="string" validators="rail-range: x; rail-any: {1"/></rail>'
    guard = Guard.from_rail_string(text)
    with pytest.raises(SpecError) as caught:
        guard.parse("a")
    assert [problem.code for problem in caught.value.problems] == ["validator-arguments"] * 2
    said = caught.value.problems[0].message
    assert said.startswith("the arguments of 'rail-range: x' cannot be read: validator 'rail-range' does not take 'x'")
    assert "did you mean" not in str(caught.value)
    written = guard.to_rail()
    assert 'validators="rail-range: x; rail-any: {1"' in written
    assert {problem.code for problem in check(written)} == {"validator-arguments", "validator-syntax"}
    assert Guard.from_rail_string(text, unknown_validators="ignore").parse("a").passed


def test_several_bare_words_are_one_text_in_an_older_document() -> None:
    assert rule("rail-pattern: some text, here", "0.5").arguments == {"regex": "some text, here"}
    with pytest.raises(SpecError, match="bare-words"):
        rule("rail-pattern: some text, here")


def test_numbers_out_of_range_are_refused() -> None:
    assert number("x") is None
    assert number("12") == 12
    with pytest.raises(GrammarError):
        number("1e400")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object()])
def test_what_is_no_json_value_is_not_quoted(value: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        quote(value)


@pytest.mark.parametrize(
    ("written", "attribute"),
    [
        ("rail-typed", "on-fail-rail-typed"),
        ("rail-typed", "on-fail-rail_typed"),
        ("ns/rail_typed: x", "on-fail-ns_rail_typed"),
        ("hub://ns/rail_typed", "on-fail-ns_rail_typed"),
        ("hub://ns/rail_typed", "on-fail-rail-typed"),
        ("rail-typed-too", "on-fail-rail-typed"),
        ("rail-typed", "on-fail-rail-typed-too"),
    ],
)
@pytest.mark.parametrize("version", ["0.1", "1.0"])
def test_on_fail_names_its_validator_in_any_spelling(written: str, attribute: str, version: str) -> None:
    text = f'<rail version="{version}"><output type="string" validators="{written}" {attribute}="Fix"/></rail>'
    assert check(text) == []
    (found,) = load(text).schema.root.rules
    assert found.on_fail == "fix"
