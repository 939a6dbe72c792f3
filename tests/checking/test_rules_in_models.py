"""Law: what a rule of ours refuses inside a user's type stays refused, whatever the type does with its errors; and what
the type reads one by one is read to the end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Annotated, Any, Literal

import pytest
from model_ways import USER, Way, at, every_way, plain
from pydantic import AfterValidator, BaseModel, Field, OnErrorOmit, ValidationError, WrapValidator

from railguard import Guard
from railguard.testing import ScriptedModel
from railguard_validators.valid_range import valid_range


def fallen_back(value: Any, handler: Any) -> Any:
    try:
        return handler(value)
    except ValidationError:
        return -1


def in_own_words(value: Any, handler: Any) -> Any:
    try:
        return handler(value)
    except ValidationError as error:
        raise ValueError("my own words") from error


def in_another_way(value: Any, handler: Any) -> Any:
    try:
        return handler(value)
    except ValidationError as error:
        raise KeyError("unheard of") from error


def never_nine(value: int) -> int:
    assert value != 9
    return value


def tried_again(value: Any, handler: Any) -> Any:
    try:
        return handler(value)
    except ValidationError:
        return handler(0)


class Ruled(BaseModel):
    a: Annotated[int, valid_range(0, 5)]
    b: int


SMALL = Annotated[int, valid_range(0, 5)]


@every_way
@pytest.mark.parametrize(
    ("tp", "text", "failing"),
    [
        (list[OnErrorOmit[SMALL]], '["q", 9, 2]', ["$[1]"]),
        (dict[str, list[OnErrorOmit[SMALL]]], '{"k": ["q", 9, 2]}', ["$.k[1]"]),
        (list[OnErrorOmit[Ruled]], '[{"a": 9, "b": "q"}, {"a": 9, "b": 1}, {"a": 1, "b": 2}]', ["$[1].a"]),
        (list[OnErrorOmit[SMALL | Ruled]], '[9, "q", {"a": 1, "b": 2}, {"a": 9, "b": 2}]', ["$[0]", "$[3].a"]),
        (Annotated[SMALL, WrapValidator(fallen_back)], "9", ["$"]),
        (Annotated[SMALL, WrapValidator(in_own_words)], "9", ["$"]),
        (list[Annotated[SMALL, WrapValidator(fallen_back)]], '[1, 9, "q"]', ["$[1]"]),
        (Annotated[Ruled, WrapValidator(fallen_back)], '{"a": 9, "b": 1}', ["$.a"]),
        (Annotated[Ruled | str, WrapValidator(fallen_back)], '{"a": 9, "b": 1}', ["$.a"]),
        (list[Annotated[Ruled, WrapValidator(fallen_back)]], '[{"a": 9, "b": "q"}, {"a": 9, "b": 1}]', ["$[1].a"]),
        (Annotated[SMALL, AfterValidator(never_nine), WrapValidator(fallen_back)], "9", ["$"]),
        (list[list[OnErrorOmit[Ruled]] | str], '[[{"a": 9, "b": "q"}, {"a": 9, "b": 1}]]', ["$[0][1].a"]),
        (Annotated[list[OnErrorOmit[SMALL]], WrapValidator(in_another_way)], "[9, 2]", ["$[0]"]),
        (Annotated[list[OnErrorOmit[SMALL]], WrapValidator(in_another_way)], '["q", 9, 2]', ["$"]),
    ],
)
def test_what_a_rule_refuses_is_a_failure_even_where_the_type_would_go_on_without_it(
    tp: Any, text: str, failing: list[str], way: Way
) -> None:
    outcome = way(Guard.from_pydantic(tp), text)
    assert outcome.output is None
    assert at(outcome.failures) == [(path, "valid-range") for path in failing]


@every_way
@pytest.mark.parametrize(
    ("tp", "text"),
    [
        (list[OnErrorOmit[SMALL]], '["q", 2]'),
        (list[OnErrorOmit[Ruled]], '[{"a": 9, "b": "q"}, {"a": 1, "b": 2}]'),
        (Annotated[SMALL, WrapValidator(fallen_back)], '"q"'),
        (Annotated[Ruled, WrapValidator(fallen_back)], '{"a": 9, "b": "q"}'),
        (SMALL | str, '"q"'),
        (SMALL | float, "9"),
        (list[OnErrorOmit[SMALL | float]], "[9, 2]"),
    ],
)
def test_what_pydantic_itself_refuses_is_left_to_what_the_type_does_then(tp: Any, text: str, way: Way) -> None:
    outcome = way(Guard.from_pydantic(tp), text)
    assert outcome.passed, outcome.failures
    assert outcome.output == plain(tp, text)


@every_way
def test_a_wrap_validator_may_hand_on_another_value_for_one_that_a_rule_refuses(way: Way) -> None:
    outcome = way(Guard.from_pydantic(Annotated[SMALL, WrapValidator(tried_again)]), "9")
    assert outcome.passed
    assert outcome.output == 0


@every_way
@pytest.mark.parametrize(
    ("action", "output"), [("noop", [9, 2]), ("filter", [2]), ("fix", [5, 2]), ("reask", None), ("refrain", None)]
)
def test_the_on_fail_action_of_a_rule_decides_on_an_item_that_pydantic_would_omit(
    action: Any, output: Any, way: Way
) -> None:
    guard = Guard.from_pydantic(list[OnErrorOmit[Annotated[int, valid_range(0, 5, on_fail=action)]]])
    outcome = way(guard, '["q", 9, 2]')
    assert outcome.output == output
    assert [str(one.path) for one in (*outcome.failures, *outcome.resolved)] == ["$[1]"]


@every_way
def test_a_fix_counts_where_the_type_leaves_nothing_out_and_where_its_own_code_takes_nothing_else(way: Way) -> None:
    fixed = Annotated[int, valid_range(0, 5, on_fail="fix")]
    assert way(Guard.from_pydantic(list[OnErrorOmit[fixed]]), "[9, 2]").output == [5, 2]

    class Taken(BaseModel):
        a: Annotated[fixed, AfterValidator(lambda value: {5: 4}[value])]
        items: list[OnErrorOmit[int]]

    outcome = way(Guard.from_pydantic(Taken), '{"a": 9, "items": ["q", 1]}')
    assert outcome.output == Taken.model_construct(a=4, items=[1])
    assert at(outcome.resolved) == [("$.a", "valid-range")]


def test_an_omitted_item_that_a_rule_refuses_is_asked_for_again() -> None:
    model = ScriptedModel(['["q", 9, 2]', '{"1": 3}'])
    outcome = Guard.from_pydantic(list[OnErrorOmit[SMALL]])(model, messages=USER)
    assert outcome.passed
    assert outcome.output == [3, 2]


@every_way
@pytest.mark.parametrize(
    ("function", "text", "output"),
    [
        (AfterValidator(lambda items: items), "[1, 2]", [1, 2]),
        (AfterValidator(lambda items: (one * 2 for one in items)), "[1, 2]", [2, 4]),
        (AfterValidator(lambda items: [next(items)]), '["1", 2]', [1]),
        (AfterValidator(lambda items: (next(items), items)[1]), "[1, 2, 3]", [2, 3]),
        (WrapValidator(lambda value, handler: [next(handler(value))]), "[1, 2]", [1]),
        (AfterValidator(sum), "[1, 2]", 3),
    ],
)
def test_exception_f_what_a_validator_makes_of_an_iterators_items_is_read_to_the_end(
    function: Any, text: str, output: Any, way: Way
) -> None:
    outcome = way(Guard.from_pydantic(Annotated[Iterable[int], function]), text)
    assert outcome.passed, outcome.failures
    assert outcome.output == output
    assert type(outcome.output) is type(output)


def test_exception_f_one_validator_of_an_iterable_goes_on_where_the_one_before_it_stopped() -> None:
    first, second = AfterValidator(lambda items: (next(items), items)[1]), AfterValidator(lambda items: [next(items)])
    assert Guard.from_pydantic(Annotated[Iterable[int], first, second]).parse("[1, 2, 3]").output == [2]
    made = AfterValidator(lambda items: [next(items)])
    longer = AfterValidator(lambda items: [*items, len(items)])
    assert Guard.from_pydantic(Annotated[Iterable[int], made, longer]).parse("[1, 2]").output == [1, 1]


@every_way
def test_an_item_that_fails_below_a_validator_that_takes_items_one_by_one_has_its_path(way: Way) -> None:
    outcome = way(Guard.from_pydantic(Annotated[Iterable[int], AfterValidator(sum)]), '[1, "q"]')
    assert [str(one.path) for one in outcome.failures] == ["$[1]"]


@pytest.mark.parametrize(
    ("tp", "names"),
    [
        (dict[Annotated[str, Field(pattern="^a+$")], int], {"pattern": "^a+$"}),
        (dict[dt.date, int], {"format": "date"}),
    ],
)
def test_the_schema_says_the_form_of_a_dicts_keys(tp: Any, names: dict[str, Any]) -> None:
    assert Guard.from_pydantic(tp).json_schema()["propertyNames"] == names


def test_a_model_without_structured_output_is_told_the_keys_of_a_dict() -> None:
    told = Guard.from_pydantic(dict[Literal["a", "b"], int], messages=USER).render({})[-1]["content"]
    assert '[key: "a" | "b"]: integer' in told


# -- a union whose options a constant tells apart, declared as such or not -----------------------------------------------


class Circle(BaseModel):
    kind: Literal["circle"]
    radius: Annotated[int | None, valid_range(0, 5, on_fail="filter")] = None
    label: str = ""


class Box(BaseModel):
    kind: Literal["box", "crate"]
    sides: list[Annotated[int, Field(ge=0)]]


class Group(BaseModel):
    kind: Literal["group"]
    parts: list[Circle | Box]


class ToldGroup(BaseModel):
    kind: Literal["group"]
    parts: list[Annotated[Circle | Box, Field(discriminator="kind")]]


PAIRS = [
    (Circle | Box, Annotated[Circle | Box, Field(discriminator="kind")]),
    (list[Circle | Box], list[Annotated[Circle | Box, Field(discriminator="kind")]]),
    (dict[str, Circle | Box], dict[str, Annotated[Circle | Box, Field(discriminator="kind")]]),
    (Group | Circle, Annotated[ToldGroup | Circle, Field(discriminator="kind")]),
]
SHAPES = [
    '{"kind": "circle", "radius": 9}',
    '{"kind": "circle", "radius": "x", "label": "l"}',
    '{"kind": "box"}',
    '{"kind": "crate", "sides": [1, -1, "q"]}',
    '{"kind": "box", "sides": 7}',
    '{"kind": "cone", "radius": 9}',
    '{"radius": 9}',
    '"circle"',
    "[1, 2]",
    "null",
]


@every_way
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("untold", "told"), PAIRS, ids=["alone", "in a list", "in a dict", "nested"])
def test_a_union_fails_at_the_same_paths_whether_its_discriminator_is_declared_or_not(
    untold: Any, told: Any, shape: str, way: Way
) -> None:
    text = {list: "[%s, %s]", dict: '{"k": %s, "l": %s}'}.get(getattr(untold, "__origin__", None), "%s")
    text = text.replace("%s", shape, 1).replace("%s", '{"kind": "circle", "radius": 1}')
    text = f'{{"kind": "group", "parts": [{text}]}}' if untold == Group | Circle else text
    one, other = way(Guard.from_pydantic(untold), text), way(Guard.from_pydantic(told), text)
    assert [(failure.path, failure.validator) for failure in one.failures] == [
        (failure.path, failure.validator) for failure in other.failures
    ]
    assert [(failure.path, failure.after) for failure in one.resolved] == [
        (failure.path, failure.after) for failure in other.resolved
    ]
    assert one.passed == other.passed
    assert one.partial == other.partial


def test_what_filter_leaves_out_of_a_unions_option_is_the_member_and_not_the_option() -> None:
    outcome = Guard.from_pydantic(list[Circle | Box]).parse('[{"kind": "circle", "radius": 9}]')
    assert outcome.output == [Circle(kind="circle")]
    assert [str(failure.path) for failure in outcome.resolved] == ["$[0].radius"]
