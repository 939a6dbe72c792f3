"""A user's own type with rules at places in it: who is asked where, and what the user's functions around make of it."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple

import pytest
from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    OnErrorOmit,
    ValidationError,
    WrapValidator,
)
from pydantic_core import core_schema
from typing_extensions import TypedDict

from railguard.schema.own_functions import RULE_ERROR, rule_error, visiting
from railguard.schema.user_model import OMITTED, UserModel
from railguard.sources.pydantic import schema_from_type
from railguard.validation.declaration import declaration


def _any(value: Any, *, n: int = 0) -> None: ...


rule = declaration("any-value", _any)
first, second = rule(n=1), rule(n=2)


def judge(tp: Any) -> UserModel:
    model = schema_from_type(tp).user_model
    assert model is not None
    return model


class Point(BaseModel):
    x: Annotated[int, first]


class ByName(BaseModel):
    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)
    x: Annotated[int, first] = Field(validation_alias="X")


class ByNameAlone(BaseModel):
    model_config = ConfigDict(validate_by_name=True, validate_by_alias=False)
    x: Annotated[int, first] = Field(validation_alias="X")


class Around(BaseModel):
    by_name: ByName
    x: Annotated[int, first] = Field(validation_alias="X")


class Named(BaseModel):
    x: Annotated[int, first] = Field(validation_alias="X")
    y: Annotated[int, second] = Field(default=0, validation_alias=AliasChoices("Y", "why"))


class Typed(TypedDict):
    x: Annotated[int, first]


@dataclass
class Data:
    y: int
    x: Annotated[int, first]


class Pair(NamedTuple):
    x: Annotated[int, first]


class Tree(BaseModel):
    n: Annotated[int, first]
    below: Annotated[list[Tree], second] = []


class Cat(BaseModel):
    kind: Literal["cat"]
    x: int


class Dog(BaseModel):
    kind: Literal["dog"]


class Chained:
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        return core_schema.chain_schema([handler(Annotated[int, first]), core_schema.int_schema()])


class Shared:
    """An integer, whose core schema stands in two places of that of the type."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        part = core_schema.int_schema()
        return core_schema.lax_or_strict_schema(part, part)


class ChainedCat:
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        return core_schema.chain_schema([core_schema.dict_schema(), handler(Cat)])


Visits = list[tuple[Any, Any]]


def visits(model: UserModel, text: str) -> Visits:
    """(path of the site, value there) of each place that was asked."""
    found: Visits = []

    def visit(site: Any, value: Any) -> Any:
        found.append((None if site.path is None else str(site.path), value))
        return value

    with visiting(visit):
        model.validator.validate_json(text)
    return found


@pytest.mark.parametrize(
    ("tp", "text", "asked"),
    [
        (Annotated[int, first], "1", [("$", 1)]),
        (Annotated[int, BeforeValidator(str), first, AfterValidator(str), second], "1", [("$", 1), ("$", "1")]),
        (Point, '{"x": "1"}', [("$.x", 1)]),
        (Named, '{"X": 1, "why": 2}', [("$.X", 1), (None, 2)]),
        (ByName, '{"x": 1}', [(None, 1)]),
        (ByNameAlone, '{"x": 1}', [("$.x", 1)]),
        (list[ByName], '[{"X": 1}]', [(None, 1)]),
        (Around, '{"by_name": {"x": 1}, "X": 2}', [(None, 1), ("$.X", 2)]),
        (Typed, '{"x": 1}', [("$.x", 1)]),
        (Data, '{"y": 2, "x": 1}', [("$.x", 1)]),
        (list[Point], '[{"x": 1}, {"x": 2}]', [(None, 1), (None, 2)]),
        (dict[str, Annotated[int, first]], '{"a": 1}', [(None, 1)]),
        (Annotated[int, first] | None, "1", [("$", 1)]),
        (Annotated[int, first] | str, "1", [(None, 1)]),
        (Tree, '{"n": 1, "below": [{"n": 2}]}', [(None, 1), (None, 2), (None, [Tree(n=2)])]),
        (Chained, "1", [("$", 1)]),
        (int, "1", []),
    ],
)
def test_each_place_with_rules_is_asked_in_the_order_of_the_annotation(tp: Any, text: str, asked: Visits) -> None:
    model = judge(tp)
    assert visits(model, text) == asked
    assert len(model.sites) == len({id(site) for site in model.sites})


def test_what_a_place_says_is_what_the_validators_after_it_see() -> None:
    model = judge(Annotated[int, first, AfterValidator(lambda value: value * 10), second])
    rules: list[Any] = []

    def add_one(site: Any, value: int) -> int:
        rules.extend(site.rules)
        return value + 1

    with visiting(add_one):
        assert model.validator.validate_json("1") == 21
        with visiting(None):
            assert model.validator.validate_json("1") == 10
    assert model.validator.validate_json("1") == 10
    assert rules == [first, second]


def refuse(site: Any, value: Any) -> Any:
    raise rule_error(value if isinstance(value, int) else 0)


def test_a_refusal_is_an_error_at_its_place_with_its_number() -> None:
    with visiting(refuse), pytest.raises(ValidationError) as caught:
        judge(list[Point]).validator.validate_json('[{"x": 7}, {"x": 8}]')
    assert [(one["loc"], one["type"], one["ctx"]) for one in caught.value.errors()] == [
        ((0, "x"), RULE_ERROR, {"number": 7}),
        ((1, "x"), RULE_ERROR, {"number": 8}),
    ]


def test_what_stands_before_the_rules_of_a_place_can_be_asked_alone() -> None:
    [site] = judge(Annotated[int, BeforeValidator(lambda value: value + 1), first, AfterValidator(str)]).sites
    assert site.inner.validate_python(1) == 2
    trees = [site for site in judge(Tree).sites if site.rules == (second,)]
    assert trees[0].inner.validate_python([{"n": 1}]) == [Tree(n=1)]


def on_error(answer: Callable[[Any], Any]) -> WrapValidator:
    def wrap(value: Any, handler: Any) -> Any:
        try:
            return handler(value)
        except ValidationError:
            return answer(value)

    return WrapValidator(wrap)


def _raises(value: Any) -> Any:
    raise ValueError("something else")


def _twice(value: Any, handler: Any) -> Any:
    try:
        return handler(value)
    except ValidationError:
        return handler(0)


def refuse_large(site: Any, value: int) -> int:
    if value > 9:
        raise rule_error(value)
    return value


@pytest.mark.parametrize(
    ("around", "text", "result"),
    [
        (on_error(lambda value: 0), "5", 5),
        (on_error(lambda value: 0), "10", {RULE_ERROR}),
        (on_error(lambda value: 0), '"x"', 0),
        (on_error(_raises), "10", {RULE_ERROR}),
        (on_error(_raises), '"x"', {"value_error"}),
        (WrapValidator(_twice), "10", 0),  # it handed on another value, which no rule refuses
        (WrapValidator(lambda value, handler: -1), "10", -1),  # it handed on nothing
        (WrapValidator(lambda value, handler, info: handler(value)), "5", 5),
        (WrapValidator(lambda value, handler, info: handler(value)), "10", {RULE_ERROR}),
    ],
)
def test_a_function_around_a_rule_cannot_undo_what_the_rule_refuses(around: Any, text: str, result: Any) -> None:
    model = judge(Annotated[int, first, around])
    with visiting(refuse_large):
        if not isinstance(result, set):
            assert model.validator.validate_json(text) == result
            return
        with pytest.raises(ValidationError) as caught:
            model.validator.validate_json(text)
    assert {one["type"] for one in caught.value.errors()} == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ('{"x": 1, "y": 2}', {"x": 1, "y": 2}),
        ('{"x": 10, "y": 2}', {RULE_ERROR}),
        ('{"x": 10, "y": "z"}', 0),  # it fails without our rules too, so the function answers for it
        ('{"x": 1, "y": "z"}', 0),
    ],
)
def test_a_function_may_answer_for_what_fails_without_rules_too(text: str, result: Any) -> None:
    class Both(TypedDict):
        x: Annotated[int, first]
        y: int

    model = judge(Annotated[Both, on_error(lambda value: 0)])
    with visiting(refuse_large):
        if not isinstance(result, set):
            assert model.validator.validate_json(text) == result
            return
        with pytest.raises(ValidationError) as caught:
            model.validator.validate_json(text)
    assert {one["type"] for one in caught.value.errors()} == result


class _FailsOnce:
    def __init__(self) -> None:
        self.has_failed = False

    def __call__(self, value: int) -> int:
        if not self.has_failed:
            self.has_failed = True
            raise ValueError("at first")
        return value


def test_a_value_that_fails_by_rules_alone_when_it_is_tried_again_is_refused() -> None:
    """It passes without our rules, so it is not for the function to answer for it."""

    class Both(TypedDict):
        x: Annotated[int, first]
        y: Annotated[int, AfterValidator(_FailsOnce())]

    with visiting(refuse_large), pytest.raises(ValidationError) as caught:
        judge(Annotated[Both, on_error(lambda value: 0)]).validator.validate_json('{"x": 10, "y": 2}')
    assert [one["type"] for one in caught.value.errors()] == [RULE_ERROR, "value_error"]


def _drop_first(items: Iterator[int]) -> Iterator[int]:
    assert isinstance(items, Iterator)
    next(items)
    return items


def _total(items: Iterator[int]) -> int:
    assert isinstance(items, Iterator)
    return sum(items)


def _wrapped(value: Any, handler: Any) -> Iterator[int]:
    items = handler(value)
    assert isinstance(items, Iterator)
    return (item * 2 for item in items)


@pytest.mark.parametrize(
    ("functions", "output"),
    [
        ((), [1, 2, 3]),
        ((AfterValidator(_drop_first),), [2, 3]),
        ((AfterValidator(_drop_first), AfterValidator(_drop_first)), [3]),
        ((AfterValidator(_drop_first), AfterValidator(_total)), 5),
        ((WrapValidator(_wrapped),), [2, 4, 6]),
        ((WrapValidator(_wrapped), AfterValidator(_drop_first)), [4, 6]),
        ((AfterValidator(_drop_first), WrapValidator(_wrapped)), [4, 6]),
        ((AfterValidator(lambda items, info: sorted(items)),), [1, 2, 3]),
    ],
)
def test_a_function_on_an_iterable_gets_an_iterator_and_what_it_gives_is_read_to_the_end(
    functions: Any, output: Any
) -> None:
    tp: Any = Iterable[int]
    for function in functions:
        tp = Annotated[tp, function]
    assert judge(tp).validator.validate_json("[1, 2, 3]") == output
    with pytest.raises(ValidationError):
        judge(tp).validator.validate_json('[1, 2, "x"]')


class WithDefault:
    """A default in the place of what fails."""

    def __init__(self, default: int) -> None:
        self.default = default

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return core_schema.with_default_schema(handler(source), default=self.default, on_error="default")


class Omitting(TypedDict, total=False):
    items: list[OnErrorOmit[Annotated[Shared, first]]]
    other: Annotated[int, WithDefault(5)]


def test_what_a_type_leaves_out_is_an_error_where_nothing_may_be_left_out() -> None:
    model = judge(Omitting)
    assert model.omits
    text = '{"items": [1, "x", 10], "other": "y"}'
    with visiting(refuse_large):
        assert model.validator.validate_json(text) == {"items": [1], "other": 5}
        with pytest.raises(ValidationError) as caught:
            model.omitting_nothing.validate_json(text)
    kinds = [(one["loc"], one["type"]) for one in caught.value.errors()]
    assert kinds == [(("items", 1), "int_parsing"), (("items", 2), RULE_ERROR), (("other",), "int_parsing")]
    with pytest.raises(ValidationError) as caught:
        model.naming_omitted.validate_json(text)
    assert [(one["loc"], one["type"]) for one in caught.value.errors()] == [
        (("items", 1), OMITTED),
        (("other",), OMITTED),
    ]
    assert not judge(list[OnErrorOmit[int]]).omits  # no rule of ours is in it
    assert not judge(list[Annotated[int, first]]).omits


@pytest.mark.parametrize(
    ("tp", "steps", "text", "asked"),
    [
        (int, [], "1", [("$", 1)]),
        (Point, ["x"], '{"x": 1}', [("$.x", 1)]),
        (Point, [], '{"x": 1}', [("$.x", 1), ("$", Point(x=1))]),
        (list[int], [None], "[1, 2]", [(None, 1), (None, 2)]),
        (list[Point], [None, "x"], '[{"x": 1}]', [(None, 1)]),
        (Named, ["why"], '{"X": 1, "Y": 2}', [("$.X", 1), (None, 2)]),
        (Typed, ["x"], '{"x": 1}', [("$.x", 1)]),
        (Data, ["x"], '{"y": 2, "x": 1}', [("$.x", 1)]),
        (Data, ["y"], '{"y": 2, "x": 1}', [("$.y", 2), ("$.x", 1)]),
        (Point | None, ["x"], '{"x": 1}', [("$.x", 1)]),
        (Tree, ["n"], '{"n": 1}', [(None, 1)]),
        (Tree, ["below", None, "n"], '{"n": 1, "below": [{"n": 2}]}', [(None, 1), (None, 2), (None, [Tree(n=2)])]),
        (Tree, [], '{"n": 1}', [(None, 1), ("$", Tree(n=1))]),
        (Annotated[Cat | Dog, Field(discriminator="kind")], ["x"], '{"kind": "cat", "x": 1}', [(None, 1)]),
        (Chained, [], "1", [("$", 1), ("$", 1)]),
        (ChainedCat, ["x"], '{"kind": "cat", "x": 1}', [("$.x", 1)]),
        (Annotated[Point, AfterValidator(lambda value: value)], ["x"], '{"x": 1}', [("$.x", 1)]),
    ],
)
def test_rules_are_added_at_a_place_and_the_type_stays_as_it_was(
    tp: Any, steps: list[str | None], text: str, asked: Visits
) -> None:
    model = judge(tp)
    before = visits(model, text)
    added = model.with_rules(steps, [second])
    assert visits(added, text) == asked
    assert visits(model, text) == before
    assert any(second in site.rules for site in added.sites)


@pytest.mark.parametrize(
    ("tp", "steps", "step"),
    [
        (int, ["a"], 1),
        (Point, ["y"], 1),
        (Data, ["z"], 1),
        (Typed, ["z"], 1),
        (Point, ["x", "y"], 2),
        (list[Point], ["x"], 1),
        (list[Point], [None, "y"], 2),
        (Point, [None], 1),
        (Tree, ["below", None, "z"], 3),
        (Annotated[Cat | Dog, Field(discriminator="kind")], ["y"], 1),
        (Point | int, ["x"], 1),
    ],
)
def test_a_step_that_leads_nowhere_is_named(tp: Any, steps: list[str | None], step: int) -> None:
    with pytest.raises(LookupError, match=f"^{step}$"):
        judge(tp).with_rules(steps, [second])


@pytest.mark.parametrize("tp", [Point, Tree, Named, list[Point], int])
def test_a_type_is_made_again_in_another_process_with_the_rules_that_came_along(tp: Any) -> None:
    model = judge(tp)
    for made in (model, model.with_rules([None] if tp == list[Point] else [], [second])):
        again = pickle.loads(pickle.dumps(made))
        assert [site.rules for site in again.sites] == [site.rules for site in made.sites]
        assert [site.path for site in again.sites] == [site.path for site in made.sites]
        twice = pickle.loads(pickle.dumps(again))
        assert [site.rules for site in twice.sites] == [site.rules for site in made.sites]


class Leaf(BaseModel):
    kind: Literal["leaf"]
    size: Annotated[int, first]


class Branch(BaseModel):
    kind: Literal["branch"]
    name: Annotated[str, Field(alias="called"), first]
    below: list[Annotated[Leaf | Branch, Field(discriminator="kind")]] = []


class Garden(BaseModel):
    trees: dict[str, list[Branch]]
    owner: Annotated[str, first] | None = None
    plain: int = 0


LEAF = {"kind": "leaf", "size": 7}
GARDEN = {"trees": {"a b": [{"kind": "branch", "called": "oak", "below": [LEAF, LEAF]}]}, "owner": "Ann", "plain": "x"}


def test_a_place_is_found_by_the_location_of_its_error() -> None:
    model = judge(Garden)
    met: list[Any] = []

    def refuse(site: Any, value: Any) -> Any:
        met.append(site)
        raise rule_error(len(met) - 1)

    with visiting(refuse), pytest.raises(ValidationError) as caught:
        model.validator.validate_json(json.dumps(GARDEN))
    details = caught.value.errors()
    assert len(details) == 5
    for detail in details:
        wanted = met[detail["ctx"]["number"]] if detail["type"] == RULE_ERROR else None
        assert model.site_at(detail["loc"]) is wanted, detail["loc"]
        assert model.site_at(detail["loc"]) is wanted, "known by now"


@pytest.mark.parametrize(
    ("tp", "location"),
    [
        (dict[str, Leaf | int], ("a", "Leaf", "size")),
        (dict[str, Leaf], ("a", "[key]")),
        (Leaf, ("other",)),
        (list[Leaf], ("a", "size")),
        (list[Leaf], (0,)),
        (Annotated[int, AfterValidator(abs)], ()),
    ],
)
def test_a_location_that_does_not_tell_the_place_names_none(tp: Any, location: tuple[str | int, ...]) -> None:
    with pytest.raises(LookupError):
        judge(tp).site_at(location)
