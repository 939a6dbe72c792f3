"""Laws of our rules inside a user's type: when a fix counts, what is on record of it, and how often the type is asked."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Annotated, Any

import pytest
from model_ways import USER, Way, at, every_way
from pydantic import AfterValidator, BaseModel, Field, OnErrorOmit, ValidationError, WrapValidator, model_validator

from railguard import FailResult, Guard, OnFail, PassResult, Usage, ValidatorError, validator
from railguard.testing import ScriptedModel
from railguard_validators.valid_range import valid_range


@validator("t-fixes-at-most", replace=True)
def at_most(value: int, *, most: int, fix: int | None) -> FailResult | None:
    return FailResult(f"At most {most}.", fix=fix) if value > most else None


@validator("t-fixes-even", replace=True)
def even(value: int, *, fix: int | None) -> FailResult | None:
    return FailResult("It must be even.", fix=fix) if value % 2 else None


@validator("t-fixes-changes-it", replace=True)
def changes_it(value: list) -> None:
    value.append(0)


@validator("t-fixes-short", replace=True)
def short(value: str | list) -> FailResult | None:
    return FailResult("At most two.", fix=value[:2]) if len(value) > 2 else None


async def _waits(value: int, *, most: int, fix: Any) -> FailResult | PassResult:
    usage = Usage(input_tokens=7)
    return FailResult(f"At most {most}.", fix=fix, usage=usage) if value > most else PassResult(usage=usage)


waits = validator("t-fixes-waits", replace=True)(_waits)


def fixed(rule: Any, **more: Any) -> Any:
    return Annotated[int, rule(on_fail="fix", **more)]


@every_way
def test_a_fix_that_its_own_rule_refuses_is_no_fix(way: Way) -> None:
    for rule, text in ((fixed(at_most, most=5, fix=6), "9"), (fixed(even, fix=7), "9")):
        for tp, answer in ((rule, text), (list[rule], f"[1, {text}]"), (dict[str, rule], f'{{"a": {text}}}')):
            outcome = way(Guard.from_pydantic(tp), answer)
            assert not outcome.passed, tp
            assert outcome.resolved == (), tp
            assert outcome.output is None, tp


@every_way
def test_a_fix_that_an_earlier_rule_refuses_is_no_fix_and_one_that_a_later_rule_mends_is(way: Way) -> None:
    tp = Annotated[int, at_most(most=5, fix=4, on_fail="fix"), even(fix=8, on_fail="fix")]
    outcome = way(Guard.from_pydantic(tp), "3")
    assert at(outcome.failures) == [("$", "t-fixes-even")]
    tp = Annotated[int, at_most(most=5, fix=3, on_fail="fix"), even(fix=4, on_fail="fix")]
    outcome = way(Guard.from_pydantic(tp), "9")
    assert outcome.output == 4
    assert [(one.validator, one.value, one.after) for one in outcome.resolved] == [
        ("t-fixes-at-most", 9, 3),
        ("t-fixes-even", 3, 4),
    ]


@every_way
def test_a_fix_keeps_the_bounds_of_its_place(way: Way) -> None:
    tp = Annotated[int, Field(ge=3), at_most(most=5, fix=1, on_fail="fix")]
    outcome = way(Guard.from_pydantic(tp), "9")
    assert at(outcome.failures) == [("$", "t-fixes-at-most")]
    assert way(Guard.from_pydantic(Annotated[int, at_most(most=5, fix=None, on_fail="fix")]), "9").output is None
    nullable = Annotated[int | None, at_most(most=5, fix=None, on_fail="fix")]
    outcome = way(Guard.from_pydantic(list[nullable]), "[1, 9]")
    assert outcome.output == [1, None]


@every_way
def test_a_rule_that_changes_what_it_is_given_is_an_error_inside_a_type_too(way: Way) -> None:
    with pytest.raises(ValidatorError, match="t-fixes-changes-it"):
        way(Guard.from_pydantic(Annotated[list[int], changes_it()]), "[1]")


@every_way
def test_a_fix_of_what_the_users_own_code_leaves_out_is_on_record(way: Way) -> None:
    class Held(BaseModel):
        first: Annotated[list[fixed(at_most, most=5, fix=5)], AfterValidator(lambda items: items[:-1])]

    outcome = way(Guard.from_pydantic(Held), '{"first": [1, 9]}')
    assert outcome.output == Held.model_construct(first=[1])
    assert [(str(one.path), one.value, one.after) for one in outcome.resolved] == [("$.first[1]", 9, 5)]


@every_way
def test_a_fix_that_the_users_own_code_undoes_is_unresolved(way: Way) -> None:
    class Undone(BaseModel):
        a: Annotated[fixed(at_most, most=5, fix=5), AfterValidator(lambda value: value + 4)]
        b: Annotated[fixed(at_most, most=5, fix=5), AfterValidator(lambda value: value - 1)] = 0

    outcome = way(Guard.from_pydantic(Undone), '{"a": 9, "b": 9}')
    assert at(outcome.failures) == [("$.a", "t-fixes-at-most")]
    assert at(outcome.resolved) == [("$.b", "t-fixes-at-most")]
    assert outcome.output is None


@every_way
def test_equal_values_at_two_places_are_each_on_record(way: Way) -> None:
    for rule in (fixed(at_most, most=5, fix=5), fixed(waits, most=5, fix=5)):
        outcome = way(Guard.from_pydantic(list[rule]), "[9, 1, 9]")
        assert outcome.output == [5, 1, 5]
        assert [str(one.path) for one in outcome.resolved] == ["$[0]", "$[2]"]


@every_way
def test_equal_values_of_members_with_one_rule_are_each_on_record(way: Way) -> None:
    for rule in (at_most(most=5, fix=5, on_fail="fix"), waits(most=5, fix=5, on_fail="fix")):
        small = Annotated[int, rule]

        class Fixed(BaseModel):
            a: small
            b: small
            c: list[small]

        outcome = way(Guard.from_pydantic(Fixed), '{"a": 9, "b": 9, "c": [1, 9]}')
        assert outcome.output == Fixed.model_construct(a=5, b=5, c=[1, 5])
        assert [str(one.path) for one in outcome.resolved] == ["$.a", "$.b", "$.c[1]"]
    for rule in (at_most(most=5, fix=5, on_fail="noop"), waits(most=5, fix=5, on_fail="noop")):
        small = Annotated[int, rule]

        class Kept(BaseModel):
            a: small
            b: small
            c: list[small]

        outcome = way(Guard.from_pydantic(Kept), '{"a": 9, "b": 9, "c": [1, 9]}')
        assert [str(one.path) for one in outcome.failures] == ["$.a", "$.b", "$.c[1]"]
        assert not outcome.passed


@every_way
def test_a_rule_that_serves_no_such_value_is_not_run_on_it(way: Way) -> None:
    tp = Annotated[int | list[int] | str, short(on_fail="fix")]
    assert way(Guard.from_pydantic(tp), "5").output == 5
    outcome = way(Guard.from_pydantic(tp), "[1, 2, 3]")
    assert outcome.output == [1, 2]
    assert at(outcome.resolved) == [("$", "t-fixes-short")]


def test_what_rules_in_a_type_cost_is_counted_once_for_each_value() -> None:
    for tp, text, tokens in (
        (list[fixed(waits, most=5, fix=5)], "[1, 2]", 14),
        (list[fixed(waits, most=5, fix=5)], "[1]", 7),
        (list[Annotated[int, waits(most=5, fix=5)]], "[1, 9]", 14),
    ):
        outcome = Guard.from_pydantic(tp).parse(text)
        assert outcome.usage is not None
        assert outcome.usage.input_tokens == tokens, text


def test_a_type_is_asked_no_more_often_the_more_of_its_values_fail() -> None:
    asked: list[int] = []

    class Counted(BaseModel):
        w: list[Annotated[int, waits(most=5, fix=5, on_fail="fix")]]
        m: list[Annotated[int, at_most(most=5, fix=5, on_fail="noop")]] = []
        k: Annotated[int, at_most(most=5, fix=5, on_fail="fix")] = 0
        o: Annotated[int, waits(most=5, fix=5, on_fail="fix")] = 0

        @model_validator(mode="before")
        @classmethod
        def count(cls, data: Any) -> Any:
            asked.append(1)
            return data

    guard = Guard.from_pydantic(Counted)
    counts: list[int] = []
    for text, most in (
        *(('{"w": []}', 1), ('{"w": [1, 2, 1]}', 2), ('{"w": [9]}', 3)),
        *(('{"w": [], "k": 9}', 1), ('{"w": [], "o": 1}', 1), ('{"w": [], "o": 9}', 2), ('{"w": [], "m": [9]}', 2)),
    ):
        asked.clear()
        assert guard.parse(text).output is not None
        assert len(asked) <= most, text
    for text in ('{"w": [9]}', '{"w": [9, 8, 7, 9]}', '{"w": [9, 8, 7, 6], "m": [9, 8, 7]}'):
        asked.clear()
        assert guard.parse(text).output is not None
        counts.append(len(asked))
    assert counts[0] == counts[1] <= counts[2] <= counts[0] + 1
    assert counts[0] <= 4


@every_way
def test_a_failure_keeps_the_action_that_it_ended_with_and_a_fix_the_one_that_made_it(way: Way) -> None:
    custom = Annotated[int, at_most(most=5, fix=4, on_fail=lambda value, result: 5)]
    outcome = way(Guard.from_pydantic(list[custom]), "[9]")
    assert outcome.output == [5]
    assert [one.action.value for one in outcome.resolved] == ["custom"]
    refused = Annotated[int, at_most(most=5, fix=4, on_fail=lambda value, result: 6)]
    outcome = way(Guard.from_pydantic(list[refused]), "[9]")
    assert outcome.output is None
    assert [one.action.policy.keeps_output for one in outcome.failures] == [False]


def test_a_default_that_a_model_fills_in_is_on_record_at_its_place() -> None:
    class Inner(BaseModel):
        x: int = 3

    class Outer(BaseModel):
        a: int
        b: int = 7
        inner: list[Inner] = []

    outcome = Guard.from_pydantic(Outer).parse('{"a": 1, "inner": [{}, {"x": 1}]}')
    assert outcome.passed
    assert [(str(one.path), one.rule, one.after) for one in outcome.repairs] == [
        ("$.b", "default", 7),
        ("$.inner[0].x", "default", 3),
    ]


def test_what_a_model_leaves_over_is_no_output() -> None:
    class One(BaseModel):
        a: int

    class Two(BaseModel):
        b: int
        c: int = 0

    outcome = Guard.from_pydantic(list[One | Two], repair="none").parse('[{"a": 1, "c": 5}]')
    assert not outcome.passed
    assert outcome.output is None


def test_a_rule_that_waits_is_told_where_each_value_stands() -> None:
    told: list[tuple[str, int]] = []

    @validator("t-fixes-where", replace=True)
    async def where(value: int, *, ctx: Any = None) -> FailResult | None:
        told.append((str(ctx.path), value))
        return FailResult("At most 5.", fix=5) if value > 5 else None

    @validator("t-fixes-where-inline", replace=True)
    def where_inline(value: int, *, ctx: Any = None) -> FailResult | None:
        told.append((str(ctx.path), value))
        return FailResult("At most 5.", fix=5) if value > 5 else None

    for rule in (where, where_inline):
        ruled = Annotated[int, rule(on_fail="fix")]

        class Told(BaseModel):
            a: ruled
            c: list[ruled]
            d: dict[str, ruled] = {}

        told.clear()
        outcome = Guard.from_pydantic(Told).parse('{"a": 9, "c": [9, 1, 9], "d": {"k": 1}}')
        assert sorted(set(told)) == [("$.a", 9), ("$.c[0]", 9), ("$.c[1]", 1), ("$.c[2]", 9), ("$.d.k", 1)], rule.name
        assert outcome.output == Told.model_construct(a=5, c=[5, 1, 5], d={"k": 1})
        assert [str(one.path) for one in outcome.resolved] == ["$.a", "$.c[0]", "$.c[2]"]


def test_a_rule_that_waits_is_not_run_again_on_a_finished_value_that_it_has_judged() -> None:
    ran: list[int] = []

    @validator("t-fixes-counts", replace=True)
    async def counts(value: int) -> FailResult | None:
        ran.append(value)
        return FailResult("At most 5.", fix=5) if value > 5 else None

    tp = list[Annotated[int, counts(on_fail="fix"), AfterValidator(lambda value: 1 if value == 5 else value)]]
    outcome = Guard.from_pydantic(tp).parse("[1, 9]")
    assert outcome.output == [1, 1]
    assert sorted(ran) == [1, 9]
    ran.clear()
    tp = list[Annotated[int, counts(on_fail="fix"), AfterValidator(lambda value: 2 if value == 5 else value)]]
    outcome = Guard.from_pydantic(tp).parse("[1, 9]")
    assert outcome.output == [1, 2]
    assert sorted(ran) == [1, 2, 9]


NOOP = Annotated[int, at_most(most=5, fix=5, on_fail="noop")]


class Noted(BaseModel):
    a: NOOP
    b: int


class Other(BaseModel):
    k: str


@every_way
def test_a_failure_inside_of_what_pydantic_leaves_out_is_left_out_with_it(way: Way) -> None:
    text = '[{"a": 9, "b": "q"}, {"a": 9, "b": 1}]'
    for tp in (list[OnErrorOmit[Noted]], list[OnErrorOmit[Noted | Other]]):
        outcome = way(Guard.from_pydantic(tp), text)
        assert outcome.output == [Noted(a=9, b=1)], tp
        assert at(outcome.failures) == [("$[1].a", "t-fixes-at-most")], tp


@every_way
def test_what_fails_around_it_leaves_no_failure_out(way: Way) -> None:
    class Holder(BaseModel):
        items: list[OnErrorOmit[int]]
        a: NOOP

        @model_validator(mode="after")
        def refuse(self) -> Holder:
            raise ValueError("never")

    outcome = way(Guard.from_pydantic(Holder), '{"items": ["q", 1], "a": 9}')
    assert ("$.a", "t-fixes-at-most") in at(outcome.failures)
    assert len(outcome.failures) == 2


@every_way
def test_a_later_rule_sees_the_fix_of_an_earlier_one(way: Way) -> None:
    tp = Annotated[int, at_most(most=5, fix=4, on_fail="fix"), even(fix=8, on_fail="fix")]
    outcome = way(Guard.from_pydantic(list[tp]), "[9]")
    assert outcome.output == [4]
    assert at(outcome.resolved) == [("$[0]", "t-fixes-at-most")]


@every_way
def test_null_is_a_fix_only_where_null_may_stand(way: Way) -> None:
    outcome = way(Guard.from_pydantic(list[Annotated[int, at_most(most=5, fix=None, on_fail="fix")]]), "[9]")
    assert not outcome.passed
    assert outcome.resolved == ()


@every_way
def test_a_fix_is_on_record_with_its_own_action_and_a_failure_with_what_it_became(way: Way) -> None:
    for fix, resolved, failed in ((5, ["fix_reask"], []), (6, [], ["reask"])):
        outcome = way(Guard.from_pydantic(list[Annotated[int, at_most(most=5, fix=fix, on_fail="fix_reask")]]), "[9]")
        assert [one.action.value for one in outcome.resolved] == resolved
        assert [one.action.value for one in outcome.failures] == failed


@every_way
def test_a_fix_of_another_type_is_not_given_to_a_rule_that_does_not_serve_it(way: Way) -> None:
    @validator("t-fixes-to-text", replace=True)
    def to_text(value: int) -> FailResult | None:
        return FailResult("At most 5.", fix="many") if value > 5 else None

    outcome = way(Guard.from_pydantic(list[Annotated[int | str, to_text(on_fail="fix")]]), "[9, 1]")
    assert outcome.output == ["many", 1]


@every_way
def test_what_two_options_of_a_union_refuse_by_one_rule_is_one_failure(way: Way) -> None:
    rule = short()
    either = Annotated[list[int], Field(max_length=9), rule] | Annotated[list[int], Field(max_length=8), rule]
    outcome = way(Guard.from_pydantic(list[either]), "[[1, 2, 3], []]")
    assert at(outcome.failures) == [("$[0]", "t-fixes-short")]


def test_an_inline_rule_is_run_once_on_equal_values_and_what_it_costs_is_counted_once() -> None:
    ran: list[Any] = []

    @validator("t-fixes-inline-cost", replace=True)
    def costs(value: int | list) -> PassResult | FailResult:
        ran.append(value)
        usage = Usage(input_tokens=7)
        bad = value in (9, [9])
        return FailResult("No nine.", fix=1, usage=usage) if bad else PassResult(usage=usage)

    scalars = Annotated[int, costs(on_fail="noop")]
    lists = Annotated[list[int], costs(on_fail="noop")]
    for tp, text, most in ((list[scalars], "[1, 1, 9, 9]", 2), (list[lists], "[[1], [1], [9], [9]]", 2)):
        ran.clear()
        outcome = Guard.from_pydantic(tp).parse(text)
        assert len(outcome.failures) == 2
        assert len(ran) == most, tp
        assert outcome.usage is not None
        assert outcome.usage.input_tokens == 7 * most, tp


def test_a_rule_that_looks_at_the_place_may_say_different_things_of_equal_values() -> None:
    @validator("t-fixes-by-place", replace=True)
    async def by_place(value: int, *, ctx: Any = None) -> FailResult | None:
        return FailResult("Not here.", fix=5) if str(ctx.path) in ("$[1]", "$[2]") else None

    for action, output in (("fix", [9, 5, 5, 9]), ("noop", [9, 9, 9, 9])):
        outcome = Guard.from_pydantic(list[Annotated[int, by_place(on_fail=action)]]).parse("[9, 9, 9, 9]")
        assert outcome.output == output
        assert [str(one.path) for one in (*outcome.failures, *outcome.resolved)] == ["$[1]", "$[2]"], action


@validator("t-fixes-not-second", replace=True)
def not_second(value: int, *, ctx: Any) -> FailResult | None:
    return FailResult("Not second.", fix=5) if "[1]" in str(ctx.path) else None


@validator("t-fixes-waits-not-second", replace=True)
async def waits_not_second(value: int, *, ctx: Any) -> FailResult | None:
    return FailResult("Not second.", fix=5) if "[1]" in str(ctx.path) else None


by_place = pytest.mark.parametrize("rule", [not_second, waits_not_second], ids=lambda rule: rule.name)


@by_place
@pytest.mark.parametrize("text", ['{"x": 9, "y": 1}', '{"x": 9, "z": "1"}'])
@pytest.mark.parametrize("shape", ["union", "handler called twice"])
def test_what_a_rule_says_of_one_place_does_not_count_at_another_however_often_the_type_looks_at_it(
    shape: str, text: str, rule: Any
) -> None:
    for action in ("noop", "fix", "reask", "fix_reask"):
        ruled = Annotated[int, rule(on_fail=action)]
        if shape != "union":
            ruled = Annotated[ruled, WrapValidator(lambda value, handler: (handler(value), handler(value))[1])]

        class One(BaseModel):
            x: ruled
            y: int

        class Two(BaseModel):
            x: ruled
            z: str = ""

        outcome = Guard.from_pydantic(list[One | Two]).parse(f"[{text}, {text}, {text}]")
        assert [str(one.path) for one in (*outcome.failures, *outcome.resolved)] == ["$[1].x"], action
        held = None if outcome.output is None else [one.x for one in outcome.output]
        assert held == ([9, 9, 9] if action == "noop" else None), action
        assert not outcome.passed
        for failure in outcome.failures:
            assert failure.action is OnFail(action).unresolved
        xs = [item["x"] for item in outcome.partial if "x" in item]
        assert xs == [9] * (3 if action == "noop" else 2), action


@by_place
def test_what_a_rule_refuses_only_when_other_items_are_filtered_out_is_a_failure_too(rule: Any) -> None:
    class Item(BaseModel):
        x: Annotated[int, rule(on_fail="filter")]

    guard = Guard.from_pydantic(list[Item])
    outcome = guard.parse('[{"x": 1}, {"x": 2}, {"x": 3}]')  # without the second item the third is the second
    assert at(outcome.resolved) == [("$[1].x", rule.name)]
    assert at(outcome.failures) == [("$[2].x", rule.name)]
    assert not outcome.passed
    assert outcome.output is None
    assert guard.parse('[{"x": 1}, {"x": 2}]').output == [Item(x=1)]


@by_place
@pytest.mark.parametrize(
    ("text", "fixed", "failing"),
    [
        ("[9, 10]", ["$[1]"], ["$[1]"]),
        ("[10, 9]", ["$[0]"], ["$[1]"]),
        ("[9, 9]", [], ["$[1]"]),
        ("[10, 10]", ["$[0]", "$[1]"], ["$[1]"]),
        ("[10]", ["$[0]"], []),
    ],
)
@pytest.mark.parametrize("earlier", [at_most, waits], ids=lambda rule: rule.name)
def test_a_rule_is_asked_at_each_place_to_which_a_fix_brings_a_value(
    earlier: Any, text: str, fixed: list[str], failing: list[str], rule: Any
) -> None:
    tp = list[Annotated[int, earlier(most=9, fix=9, on_fail="fix"), rule()]]
    outcome = Guard.from_pydantic(tp).parse(text)
    assert [str(one.path) for one in outcome.resolved] == fixed
    assert [str(one.path) for one in outcome.failures] == failing
    assert outcome.passed is (not failing)


@pytest.mark.parametrize("waiting", [False, True])
def test_a_rule_is_asked_once_at_each_place_also_where_fixes_bring_its_value_to_others(waiting: bool) -> None:
    asked: list[str] = []

    def found(ctx: Any) -> FailResult:
        asked.append(str(ctx.path))
        return FailResult("No.", fix=ctx.path[0])

    @validator("t-fixes-there", replace=True)
    def there(value: int, *, ctx: Any) -> FailResult | None:
        return found(ctx) if value == 9 else None

    @validator("t-fixes-waits-there", replace=True)
    async def waits_there(value: int, *, ctx: Any) -> FailResult | None:
        return found(ctx) if value == 9 else None

    rule = waits_there if waiting else there
    guard = Guard.from_pydantic(list[Annotated[int, at_most(most=10, fix=9, on_fail="fix"), rule(on_fail="fix")]])
    for text, output in (("[19, 9, 9]", [0, 1, 2]), ("[9, 19, 7, 9]", [0, 1, 7, 3])):
        asked.clear()
        assert guard.parse(text).output == output
        assert sorted(asked) == [f"$[{at}]" for at, one in enumerate(output) if one != 7]


def test_a_failure_is_told_of_the_whole_where_the_users_own_code_hides_its_place() -> None:
    def hidden(value: Any, handler: Any) -> Any:
        try:
            return handler(value)
        except ValidationError as error:
            raise KeyError("hidden") from error

    tp = Annotated[list[Annotated[int, at_most(most=5, fix=5, on_fail="noop")]], WrapValidator(hidden)]
    outcome = Guard.from_pydantic(tp).parse('[9, "q"]')
    assert sorted(at(outcome.failures)) == [("$", "t-fixes-at-most"), ("$[1]", "type")]
    assert outcome.output is None


@validator("t-fixes-small-here", replace=True)
def small_here(value: int, *, ctx: Any) -> FailResult | None:
    return FailResult("Too large here.") if value > 5 else None


@validator("t-fixes-raises-on-eleven", replace=True)
def raises_on_eleven(value: int) -> None:
    assert value != 11


def instead(other: Any) -> WrapValidator:
    """Tries another value where the given one is refused."""

    def tried(value: Any, handler: Any) -> Any:
        try:
            return handler(value)
        except ValidationError:
            return handler(other)

    return WrapValidator(tried)


@every_way
@pytest.mark.parametrize(
    "tp",
    [
        list[Annotated[int, raises_on_eleven(), small_here(), instead(11)]],
        Annotated[list[OnErrorOmit[Annotated[int, raises_on_eleven(), at_most(most=5, fix=5)]]], instead([11])],
    ],
    ids=["while its place is looked for", "while omitted items are looked at"],
)
def test_what_a_rule_raises_on_a_value_that_the_type_tries_instead_is_an_error(tp: Any, way: Way) -> None:
    with pytest.raises(ValidatorError, match="AssertionError") as caught:
        way(Guard.from_pydantic(tp), "[1, 9]")
    assert caught.value.validator == raises_on_eleven.name


def test_a_value_that_the_type_tries_instead_of_a_refused_one_is_ruled_on_too() -> None:
    for other, output in ((0, [1, 0]), (8, None)):
        outcome = Guard.from_pydantic(list[Annotated[int, small_here(), instead(other)]]).parse("[1, 9]")
        assert outcome.output == output
        assert at(outcome.failures) == ([] if output else [("$[1]", small_here.name)])


@pytest.mark.parametrize(("tells", "told"), [(0, ["$"]), (2, ["$[0]"]), (3, ["$[0]", "$[1]"])])
def test_a_place_that_the_type_has_told_once_stays_known_when_it_tells_no_more(tells: int, told: list[str]) -> None:
    @validator("t-fixes-eight", replace=True)
    def not_eight(value: int, *, ctx: Any) -> FailResult | None:
        return FailResult("Not eight.", fix=7) if value == 8 else None

    left = itertools.repeat(True, tells)

    def tells_some(value: Any, handler: Any) -> Any:
        try:
            return handler(value)
        except ValidationError:
            if next(left, False):
                raise
            return handler([])

    items = list[Annotated[int, not_eight(on_fail="fix"), small_here(on_fail="noop")]]
    outcome = Guard.from_pydantic(Annotated[items, WrapValidator(tells_some)]).parse("[7, 8]")
    assert outcome.output == [7, 7]
    assert at(outcome.failures) == [(path, small_here.name) for path in told]


@every_way
@pytest.mark.parametrize(("most", "output"), [(2**53, 2.0**53), (2**53 - 1, None)])
def test_a_rule_is_run_on_the_number_that_the_type_makes_of_a_longer_one(most: int, output: Any, way: Way) -> None:
    outcome = way(Guard.from_pydantic(list[Annotated[float, valid_range(max=most)]]), f"[{2**53 + 1}]")
    assert outcome.output == (None if output is None else [output])
    assert at(outcome.failures) == ([("$[0]", "valid-range")] if output is None else [])


@pytest.mark.parametrize("count", [1, 2, 7, 12])
def test_each_of_many_rules_is_asked_about_the_fix_of_the_one_before_it(count: int) -> None:
    @validator("t-fixes-one-more", replace=True)
    async def one_more(value: int, *, than: int) -> FailResult | None:
        return FailResult("One more.", fix=than + 1) if value == than else None

    rules = [one_more(than=than, on_fail="fix") for than in range(count)]
    outcome = Guard.from_pydantic(Annotated[int, *rules]).parse("0")
    assert outcome.output == count
    assert [one.after for one in outcome.resolved] == list(range(1, count + 1))
    outcome = Guard.from_pydantic(Annotated[int, *rules, one_more(than=count)]).parse("0")
    assert outcome.output is None
    assert at(outcome.failures) == [("$", "t-fixes-one-more")]


@pytest.mark.parametrize("action", ["reask", "noop", "fix"])
def test_a_type_that_makes_another_value_of_an_answer_each_time_passes_nothing_that_its_rules_refuse(
    action: Any,
) -> None:
    made = itertools.count(100)
    asked: list[int] = []

    @validator("t-fixes-moving", replace=True)
    async def moving(value: int) -> FailResult:
        asked.append(value)
        return FailResult("Never.", fix=value + 1000)

    outcome = Guard.from_pydantic(
        Annotated[int, AfterValidator(lambda value: next(made)), moving(on_fail=action)]
    ).parse("1")
    assert at(outcome.failures) == [("$", "t-fixes-moving")]
    assert outcome.output == (outcome.failures[0].value if action == "noop" else None)
    assert len(asked) < 20


def test_a_pure_rule_that_waits_is_run_once_on_a_value_in_all_rounds() -> None:
    ran: list[int] = []

    async def check(value: int) -> None:
        ran.append(value)

    for pure, times in ((True, 1), (False, 2)):
        rule = validator(f"t-fixes-pure-{pure}".lower(), replace=True, pure=pure)(check)

        class Judged(BaseModel):
            a: Annotated[int, rule()]
            b: int

        ran.clear()
        guard = Guard.from_pydantic(Judged)
        outcome = guard(ScriptedModel(['{"a": 1, "b": "?"}', '{"b": 2}']), messages=USER)
        assert outcome.output == Judged(a=1, b=2)
        assert len(ran) == times, pure


def test_a_value_without_a_json_form_cannot_be_ruled_on() -> None:
    tp = Annotated[int, AfterValidator(lambda value: Opaque()), at_most(most=5, fix=5)]
    with pytest.raises(ValidatorError, match=r"'t-fixes-at-most' cannot check Opaque"):
        Guard.from_pydantic(list[tp]).parse("[1]")


@validator("t-fixes-raises", replace=True)
def raises(value: int) -> None:
    raise ZeroDivisionError("never")


@validator("t-fixes-nonsense", replace=True)
def nonsense(value: int) -> Any:
    return 5


@validator("t-fixes-not-five", replace=True)
def not_five(value: int) -> None:
    assert value != 5


def no_action(value: Any, result: FailResult) -> Any:
    raise ZeroDivisionError("never")


@every_way
@pytest.mark.parametrize(
    "rules",
    [
        [raises()],
        [nonsense()],
        [at_most(most=5, fix=5, on_fail=no_action)],
        [not_five(), at_most(most=5, fix=5, on_fail="fix")],
    ],
    ids=["it raises", "it answers nonsense", "its action raises", "it raises on a fix"],
)
def test_an_error_of_a_rule_names_the_rule_and_its_place(rules: list[Any], way: Way) -> None:
    class Inner(BaseModel):
        b: Annotated[int, *rules]

    class Outer(BaseModel):
        a: Inner

    with pytest.raises(ValidatorError) as caught:
        way(Guard.from_pydantic(Outer), '{"a": {"b": 9}}')
    assert caught.value.validator == rules[0].name
    assert str(caught.value.path) == "$.a.b"
    assert "at $.a.b" in str(caught.value)


@every_way
def test_a_rule_is_run_once_on_each_value_at_a_place(way: Way) -> None:
    ran: list[Any] = []

    def judge(passed: Any) -> Any:
        @validator("t-fixes-runs", replace=True)
        def runs(value: int | list) -> Any:
            ran.append(value)
            return passed if value not in (9, [9]) else "No nine."

        return runs

    for passed in (None, True, PassResult()):
        rule = judge(passed)(on_fail="noop")

        class Held(BaseModel):
            scalars: list[Annotated[int, rule]] = []
            lists: list[Annotated[list[int], rule]] = []
            both: list[Annotated[int, at_most(most=8, fix=8, on_fail="noop"), rule]] = []

        guard = Guard.from_pydantic(Held)
        for text, once in (
            ('{"scalars": [1, 2, 1, 1, 2]}', [1, 2]),
            ('{"scalars": [1, 9, 1, 9, 9]}', [1, 9]),
            ('{"lists": [[1], [2], [1], [9], [9]]}', [[1], [2], [9]]),
            ('{"both": [1, 10, 1, 9, 10, 9]}', [1, 10, 9]),
        ):
            ran.clear()
            way(guard, text)
            assert ran == once, (text, passed)


@every_way
def test_a_rule_with_a_context_is_run_once_at_each_place(way: Way) -> None:
    ran: list[str] = []

    @validator("t-fixes-runs-there", replace=True)
    def runs(value: int, *, ctx: Any) -> bool:
        ran.append(str(ctx.path))
        return value != 9

    ruled = Annotated[int, runs(on_fail="noop")]

    class Held(BaseModel):
        a: ruled
        items: list[ruled]

    way(Guard.from_pydantic(Held), '{"a": 9, "items": [1, 9, 1]}')
    assert sorted(ran) == ["$.a", "$.items[0]", "$.items[1]", "$.items[2]"]


@every_way
def test_a_rule_that_serves_no_such_value_is_not_run_beside_one_that_fails(way: Way) -> None:
    tp = Annotated[int | str, at_most(most=5, fix=5, on_fail="noop"), short(on_fail="noop")]
    outcome = way(Guard.from_pydantic(list[tp]), '[9, "abc"]')
    assert at(outcome.failures) == [("$[0]", "t-fixes-at-most"), ("$[1]", "t-fixes-short")]


@every_way
def test_a_fix_is_what_the_type_makes_of_it(way: Way) -> None:
    @validator("t-fixes-past", replace=True)
    def past(value: str, *, fix: Any) -> FailResult | None:
        return FailResult("Too late.", fix=fix) if value > "2024" else None

    tp = Annotated[dt.date, past(fix="2020-02-03", on_fail="fix")]
    assert way(Guard.from_pydantic(list[tp]), '["2025-01-01", "2019-01-01"]').output == [
        dt.date(2020, 2, 3),
        dt.date(2019, 1, 1),
    ]
    assert (
        way(Guard.from_pydantic(list[Annotated[dt.date, past(fix="soon", on_fail="fix")]]), '["2025-01-01"]').output
        is None
    )
    nullable = Annotated[int | None, at_most(most=5, fix=4, on_fail="fix")]
    assert way(Guard.from_pydantic(list[nullable]), "[9, null]").output == [4, None]


@every_way
def test_a_fix_that_the_users_own_code_refuses_is_no_fix(way: Way) -> None:
    def not_two(items: list[int]) -> list[int]:
        assert len(items) != 2
        return items

    tp = Annotated[list[int], AfterValidator(not_two), short(on_fail="fix")]
    outcome = way(Guard.from_pydantic(list[tp]), "[[1, 2, 3]]")
    assert at(outcome.failures) == [("$[0]", "t-fixes-short")]
    assert outcome.resolved == ()
    assert outcome.output is None


class Aliased(BaseModel):
    s: str = Field(alias="text")


@every_way
def test_a_rule_on_a_model_sees_the_names_of_its_json_and_so_does_its_fix(way: Way) -> None:
    @validator("t-fixes-text", replace=True)
    def text_is_short(value: dict) -> FailResult | None:
        return None if len(value["text"]) < 3 else FailResult("Too long.", fix={"text": value["text"][:2]})

    outcome = way(Guard.from_pydantic(list[Annotated[Aliased, text_is_short(on_fail="fix")]]), '[{"text": "abc"}]')
    assert outcome.output == [Aliased(text="ab")]
    assert [(str(one.path), one.after) for one in outcome.resolved] == [("$[0]", {"text": "ab"})]


@every_way
@pytest.mark.parametrize(
    ("outer", "output"), [(set, {1, 5}), (lambda items: "-".join(map(str, items)), "1-5"), (lambda items: Opaque, None)]
)
def test_a_fix_whose_place_the_users_own_code_does_away_with_is_kept(outer: Any, output: Any, way: Way) -> None:
    @validator("t-fixes-anything", replace=True)
    def anything(value: Any) -> FailResult | None:
        return FailResult("At most 5.", fix=5) if value > 5 else None

    tp = Annotated[list[Annotated[int, anything(on_fail="fix")]], AfterValidator(outer)]
    outcome = way(Guard.from_pydantic(tp), "[1, 9]")
    assert outcome.passed
    assert outcome.output == (output if output is not None else Opaque)
    assert [(str(one.path), one.after) for one in outcome.resolved] == [("$[1]", 5)]


class Opaque:
    """A value that has no JSON form."""


@every_way
def test_a_fix_that_the_users_own_code_makes_something_without_a_json_form_of_is_kept(way: Way) -> None:
    made = Opaque()
    tp = Annotated[fixed(at_most, most=5, fix=5), AfterValidator(lambda value: made)]
    outcome = way(Guard.from_pydantic(list[tp]), "[9]")
    assert outcome.output == [made]
    assert at(outcome.resolved) == [("$[0]", "t-fixes-at-most")]


def test_what_a_pure_rule_that_waits_refused_stays_refused_in_the_next_round() -> None:
    pure = validator("t-fixes-pure-refuses", replace=True, pure=True)(_waits)

    class Held(BaseModel):
        a: Annotated[int, pure(most=5, fix=5, on_fail="noop")]
        b: int

    outcome = Guard.from_pydantic(Held)(ScriptedModel(['{"a": 9, "b": "?"}', '{"b": 2}']), messages=USER)
    assert outcome.output == Held(a=9, b=2)
    assert at(outcome.failures) == [("$.a", "t-fixes-pure-refuses")]
    assert not outcome.passed


@every_way
def test_a_zero_with_a_sign_is_another_value_for_a_rule(way: Way) -> None:
    @validator("t-fixes-zero", replace=True)
    def unsigned(value: float) -> bool:
        return "-" not in repr(value)

    for text, failing in (("[0.0, -0.0]", "$[1]"), ("[-0.0, 0.0]", "$[0]")):
        outcome = way(Guard.from_pydantic(list[Annotated[float, unsigned()]]), text)
        assert at(outcome.failures) == [(failing, "t-fixes-zero")]
