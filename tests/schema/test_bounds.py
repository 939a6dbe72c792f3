"""Bounds in core's accepting pass: what it accepts is exactly what every rule and constraint says by itself."""

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from railguard import Guard, Rule, SpecError, validator
from railguard.schema import FloatNode, IntegerNode, ListNode, Node, ObjectNode, Schema, StringNode
from railguard.schema.bounds import Bounds, bounds_of
from railguard.schema.compile import core_validator
from railguard.schema.constraints import constraints
from railguard.testing import ScriptedModel
from railguard_validators.length import length
from railguard_validators.multiple_of import multiple_of
from railguard_validators.positive import positive
from railguard_validators.valid_range import valid_range

LAWS = settings(deadline=None)
EDGES = [0, 1, -1, 2**53 - 1, 2**53, 2**53 + 1, -(2**53), 2**63 - 1, 2**63, -(2**63) - 1, 10**30, 0.1, 0.3, -0.0, 1e308]
numbers = st.sampled_from(EDGES) | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False)
whole = st.sampled_from([e for e in EDGES if isinstance(e, int)]) | st.integers(-20, 20)
lengths = st.integers(0, 5)


def rule(make: Any, *args: Any, **kwargs: Any) -> Rule | None:
    try:
        made: Rule = make(*args, **kwargs)
    except SpecError:
        return None
    return made


number_rules = st.one_of(
    st.builds(lambda a, b: rule(valid_range, a, b), st.none() | numbers, st.none() | numbers),
    st.builds(lambda: rule(positive)),
    st.builds(lambda a: rule(multiple_of, a), numbers),
)
length_rules = st.builds(lambda a, b: rule(length, a, b), lengths, st.none() | lengths)


def rules(of: Any) -> Any:
    return st.lists(of, max_size=3).map(lambda found: tuple(one for one in found if one is not None))


integers = st.builds(
    lambda rules, low, high: IntegerNode(rules=rules, minimum=low, exclusive_maximum=high),
    rules(number_rules),
    st.none() | numbers,
    st.none() | numbers,
)
floats = st.builds(
    lambda rules, low, high, step: FloatNode(rules=rules, exclusive_minimum=low, maximum=high, multiple_of=step),
    rules(number_rules),
    st.none() | numbers,
    st.none() | numbers,
    st.none() | st.sampled_from([1, 0.1, 0.5, 3]),
)
strings = st.builds(
    lambda rules, low, high: StringNode(rules=rules, min_length=low, max_length=high),
    rules(length_rules),
    st.none() | lengths,
    st.none() | lengths,
)
lists = st.builds(
    lambda rules, low, high: ListNode(rules=rules, min_items=low, max_items=high),
    rules(length_rules),
    st.none() | lengths,
    st.none() | lengths,
)


def holds(node: Node, value: Any) -> bool:
    """What the constraints and rules say by themselves."""
    return all(check.holds(value) for check in constraints(node)) and all(
        rule.run(value) in (None, True) for rule in node.rules
    )


def accepts(node: Node, text: str) -> bool:
    """What the quick pass says, and those checks it leaves over."""
    from pydantic_core import ValidationError

    try:
        value = core_validator(Schema(root=node), bounds=True).validate_json(text)
    except ValidationError:
        return False
    done = bounds_of(node).done
    own = constraints(node)
    left = [check.holds(value) for at, check in enumerate(own) if at not in done]
    left += [rule.run(value) in (None, True) for at, rule in enumerate(node.rules, len(own)) if at not in done]
    return all(left)


@LAWS
@given(integers, whole)
def test_whole_numbers(node: Node, value: int) -> None:
    assert accepts(node, json.dumps(value)) == holds(node, value)


@LAWS
@given(floats, numbers)
def test_numbers(node: Node, value: float) -> None:
    from pydantic_core import from_json

    text = json.dumps(value)
    read = core_validator(Schema(root=FloatNode())).validate_json(text)
    assert math.isfinite(read)
    assert accepts(node, text) == holds(node, read)
    assert isinstance(from_json(text), (int, float))


@LAWS
@given(strings, st.text(max_size=7) | st.sampled_from(["😀", "é", "e\u0301", "👨‍👩‍👧"]))
def test_lengths_of_text_count_code_points(node: Node, value: str) -> None:
    assert accepts(node, json.dumps(value)) == holds(node, value)


@LAWS
@given(lists, st.lists(st.integers(0, 3), max_size=7))
def test_lengths_of_lists(node: Node, value: list[int]) -> None:
    assert accepts(node, json.dumps(value)) == holds(node, value)


TEXTS = st.text(st.characters(exclude_characters="\b\f", codec="utf-8"), max_size=6)
"""Without the control characters that may be a backslash which was not escaped."""


@LAWS
@given(integers, floats, strings, lists, whole, numbers, TEXTS, st.lists(st.integers(), max_size=6))
def test_a_guard_passes_what_the_rules_pass(
    i: Node, f: Node, s: Node, n: Node, one: int, two: float, three: str, four: list[int]
) -> None:
    """Through the whole guard: the quick pass, and the slow one that speaks."""
    from railguard.schema import Field
    from railguard.spec import Spec

    root = ObjectNode(fields=(Field("i", i), Field("f", f), Field("s", s), Field("n", n)))
    guard = Guard(Spec(schema=Schema(root=root), repair="none"))
    value = {"i": one, "f": two, "s": three, "n": four}
    outcome = guard.parse(json.dumps(value))
    nodes = {"i": (i, one), "f": (f, two), "s": (s, three), "n": (n, four)}
    failing = {name for name, (node, member) in nodes.items() if not holds(node, member)}
    assert {f.path[0] for f in outcome.failures} == failing
    assert outcome.passed == (not failing)


def test_a_rule_that_core_has_checked_is_not_run() -> None:
    calls: list[Any] = []

    class Counted:
        """At most three characters."""

        def __call__(self, value: str) -> bool:
            calls.append(value)
            return len(value) <= 3

        def constraint(self, json_type: str) -> dict[str, int] | None:
            return {"maxLength": 3} if json_type == "string" else None

    counted = validator("t-bo-counted", replace=True)(Counted)
    guard = Guard.from_json_schema({"type": "object", "properties": {"s": {"type": "string"}}, "required": ["s"]})
    guard = guard.using(counted(), on="$.s")
    assert guard.parse('{"s":"abc"}').passed
    assert calls == []
    assert [f.validator for f in guard.parse('{"s":"abcd"}').failures] == ["t-bo-counted"]
    assert calls == ["abcd"]


def test_what_core_does_not_check_is_run() -> None:
    for node in (
        IntegerNode(rules=(multiple_of(3),)),
        IntegerNode(rules=(valid_range(0.5, 2.5),)),
        IntegerNode(rules=(valid_range(0, 2**60),)),
        ObjectNode(rules=(length(1, 2),)),
    ):
        assert bounds_of(node).done == frozenset()


@pytest.mark.parametrize("value", [0, 6])
def test_a_broken_bound_speaks_in_its_validators_words_and_obeys_its_on_fail(value: int) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    guard = Guard.from_json_schema(schema).using(valid_range(1, 5, on_fail="fix"), on="$.n")
    outcome = guard.parse(json.dumps({"n": value}))
    assert outcome.output == {"n": 1 if value == 0 else 5}
    assert [(f.validator, f.before) for f in outcome.resolved] == [("valid-range", value)]


def test_two_broken_bounds_of_one_field_are_both_reported() -> None:
    guard = Guard.from_json_schema({"type": "array", "items": {"type": "string"}})
    guard = guard.using(length(max=2, on_fail="noop"), length(max=1, on_fail="noop"), on="$[*]")
    guard = guard.using(length(max=1, on_fail="noop"))
    outcome = guard(ScriptedModel(['["abc","x"]']), messages=[{"role": "user", "content": "go"}])
    assert [f.path for f in outcome.failures] == [(0,), (0,), ()] or [f.path for f in outcome.failures] == [
        (),
        (0,),
        (0,),
    ]


@validator("t-bo-other-family", replace=True)
class other_family:
    """It says of numbers what only texts can keep."""

    def __call__(self, value: int | str) -> bool:
        return True

    def constraint(self, json_type: str) -> dict[str, Any]:
        return {"maxLength": 3}


def test_a_demand_of_another_type_is_left_to_the_rule() -> None:
    assert bounds_of(IntegerNode(rules=(other_family(),))) == Bounds({}, frozenset())
    assert bounds_of(StringNode(rules=(other_family(),))) == Bounds({"max_length": 3}, frozenset({0}))
