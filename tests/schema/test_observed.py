"""What a user's own type accepted, and what plain validation does not say of that."""

from __future__ import annotations

import datetime
import enum
import json
import math
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Json,
    PlainValidator,
    RootModel,
    SecretStr,
    Tag,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import core_schema
from typing_extensions import TypeAliasType, TypedDict

from railguard.schema.observed import is_bare_digits
from railguard.schema.quick_model import QuickModel
from railguard.schema.user_model import UserModel
from railguard.sources.pydantic import schema_from_type


class Point(BaseModel):
    x: int


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")
    x: int


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    x: int


class Defaults(BaseModel):
    a: int = 1
    b: set[int] = {1}
    c: Any = object()
    d: list[int] = Field(default_factory=list)
    e: Annotated[int, AfterValidator(abs)] = 3


class Tree(BaseModel):
    n: int
    below: list[Tree] = []


class Aliased(BaseModel):
    p: Point = Field(validation_alias=AliasChoices("one", "two"))


class Named(BaseModel):
    x: int
    y: int


class Dates(BaseModel):
    on: datetime.date | None
    at: list[datetime.datetime | int]


class Partial(TypedDict, total=False):
    p: Point
    q: int


class Other(TypedDict):
    r: int


@dataclass
class Box:
    p: Point
    q: int = 0


class Cat(BaseModel):
    kind: Literal["cat"]
    p: Point | None


class Dog(BaseModel):
    kind: Literal["dog"]


class Kind(enum.StrEnum):
    BIG = "big"
    SMALL = "small"


class Big(BaseModel):
    kind: Literal[Kind.BIG]


class Small(BaseModel):
    kind: Literal[Kind.SMALL]
    n: int = 0


class ClosedDog(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["dog"]


class ClosedCat(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["cat"]


class Chain(BaseModel):
    next: Chain | int


class Two(BaseModel):
    one: Tree
    two: Tree


class Moment:
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        return core_schema.chain_schema([core_schema.datetime_schema()] * 2)


class Nameless(BaseModel):
    kind: Literal[None]


class Five(enum.IntEnum):
    FIVE = 5


class Numbered(BaseModel):
    kind: Literal[Five.FIVE]


TOLD_BY_KIND = Field(discriminator="kind")


class Made(BaseModel):
    x: int

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)
    x: int


class Checked(BaseModel):
    x: int

    @model_validator(mode="after")
    def checked(self) -> Checked:
        return self


class Points(RootModel[list[Point]]):
    pass


class Around(RootModel["Around | None"]):
    """It stands for nothing but itself, or null."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: Any) -> Any:
        return {"type": "null"}


Deep = TypeAliasType("Deep", "list[Deep] | Point")


def same(value: Any) -> Any:
    return value


def kind_of(value: Any) -> str:
    return str(value.get("kind") if isinstance(value, dict) else value.kind)


Before = Annotated[Point, BeforeValidator(same)]
CASES: list[tuple[Any, Any, dict[str, Any]]] = [
    (Point, {"x": 1}, {}),
    (Point, {"x": 1, "y": 2}, {"unused": ["$.y"]}),
    (Closed, {"x": 1}, {}),
    (Open, {"x": 1, "y": 2}, {}),
    (Defaults, {}, {"defaults": [("$.a", 1), ("$.b", [1]), ("$.e", 3)]}),
    (Defaults, {"z": 1}, {"defaults": [("$.a", 1), ("$.b", [1]), ("$.e", 3)], "strangers": ["$"], "unused": ["$.z"]}),
    (Defaults, {"a": 1, "b": [], "c": 1, "d": [], "e": 1}, {}),
    (Tree, {"n": 1, "below": [{"n": 2, "below": [], "z": 1}]}, {"unused": ["$.below[0].z"]}),
    (Tree, {"n": 1, "below": [{"n": 2}]}, {"defaults": [("$.below[0].below", [])]}),
    (Aliased, {"two": {"x": 1, "y": 2}}, {"unused": ["$.two.y"]}),
    (Aliased, {"one": {"x": 1}, "two": {"x": 1, "y": 2}}, {}),
    (Dates, {"on": None, "at": [1200]}, {}),
    (Dates, {"on": "2024-01-01", "at": ["1200", "2024-01-01T00:00:00"]}, {"digits": ["$.at[0]"]}),
    (list[datetime.datetime], [2024, "20240101", 19.0], {"digits": ["$[0]", "$[1]"]}),
    (set[datetime.datetime], [20240101], {"digits": ["$[0]"]}),
    (frozenset[datetime.time], ["12:00"], {}),
    (dict[str, Point], {"k": {"x": 1, "y": 2}}, {"unused": ["$.k.y"]}),
    (dict[str, int], {"k": 1}, {}),
    (tuple[int, ...], [1], {}),
    (list[Any], [{"a": 1}], {}),
    (Iterable[Point], [{"x": 1, "y": 1}], {"unused": ["$[0].y"]}),
    (Points, [{"x": 1, "y": 1}], {"unused": ["$[0].y"]}),
    (Point | None, None, {}),
    (Point | None, {"x": 1, "y": 1}, {"unused": ["$.y"]}),
    (int | None, None, {}),
    (Partial, {"p": {"x": 1, "y": 1}, "z": 1}, {"unused": ["$.z", "$.p.y"]}),
    (Partial, {}, {}),
    (Box, {"p": {"x": 1, "y": 1}, "z": 1}, {"defaults": [("$.q", 0)], "unused": ["$.z", "$.p.y"]}),
    (Annotated[Cat | Dog, TOLD_BY_KIND], {"kind": "cat", "p": None, "z": 1}, {"unused": ["$.z"]}),
    (Annotated[Cat | Dog, TOLD_BY_KIND], {"kind": "dog"}, {}),
    (
        Annotated[Big | Small, TOLD_BY_KIND],
        {"kind": "small", "z": 1},
        {"defaults": [("$.n", 0)], "unused": ["$.z"]},
    ),
    (
        Annotated[Annotated[Cat, Tag("cat")] | Annotated[Dog, Tag("dog")], Discriminator(kind_of)],
        {"kind": "dog", "z": 1},
        {"unused": ["$.z"]},
    ),
    (Annotated[Nameless | Dog, TOLD_BY_KIND], {"kind": None, "z": 1}, {"unused": ["$.z"]}),
    (Annotated[Numbered | Dog, TOLD_BY_KIND], {"kind": 5, "z": 1}, {"unused": ["$.z"]}),
    (
        Annotated[Annotated[Dog, BeforeValidator(same)] | Annotated[Small, BeforeValidator(same)], TOLD_BY_KIND],
        {"kind": "dog", "z": 1},
        {},
    ),
    (Point | Named, {"x": 1}, {}),
    (Point | Named, {"x": 1, "z": 1}, {"unused": ["$.z"]}),
    (Point | Closed, {"x": 1, "y": 1}, {"unused": ["$.y"]}),
    (Annotated[Point | Named, Field(union_mode="left_to_right")], {"x": 1, "y": 1}, {"unused": ["$.y"]}),
    (Annotated[Point, Field(strict=True)] | Defaults, {"x": 1, "a": 1}, {"leftover": ["$"]}),
    (Point | Defaults, {"x": 1, "a": None}, {"unused": ["$.a"]}),
    (Point | Made, {"x": 1}, {}),
    (Before | Defaults, {"x": 1, "a": 1}, {}),
    (Point | int, 1, {}),
    (Point | int, {"x": 1, "y": 1}, {"unused": ["$.y"]}),
    (list[Point] | Named, [{"x": 1, "y": 1}], {"unused": ["$[0].y"]}),
    (Partial | Other, {"r": 1, "z": 1}, {"unused": ["$.z"]}),
    (Partial | Other, {"q": 1, "r": 1}, {"leftover": ["$"]}),
    (datetime.date | datetime.time, "12:00", {}),
    (Annotated[datetime.datetime, AfterValidator(same)] | Point, "2024", {"digits": ["$"]}),
    (Chain, {"next": {"next": 1, "z": 1}}, {"unused": ["$.next.z"]}),
    (
        Two,
        {"one": {"n": 1, "below": [], "z": 1}, "two": {"n": 1, "below": [], "z": 1}},
        {"unused": ["$.one.z", "$.two.z"]},
    ),
    (Moment | Point, "2024", {"digits": ["$"]}),
    (int | str, "2024", {}),
    (Annotated[ClosedCat | ClosedDog, TOLD_BY_KIND], {"kind": "dog"}, {}),
    (Annotated[Cat | ClosedDog, TOLD_BY_KIND], {"kind": "dog"}, {}),
    (Deep, [[{"x": 1}]], {}),
    (Json[Point], '{"x": 1, "y": 1}', {}),
    (Json[list[Point]], '[{"x": 1, "y": 1}]', {}),
    (Json[dict[str, Point]], '{"k": {"x": 1, "y": 1}}', {}),
    (Json[Annotated[Cat | Dog, TOLD_BY_KIND]], '{"kind": "dog", "z": 1}', {}),
    (Json[Point | Named], '{"x": 1, "z": 1}', {}),
    (Before, {"x": 1, "y": 1}, {}),
    (Made, {"x": 1, "y": 1}, {}),
    (Around, None, {}),
    (SecretStr, "a", {}),
    (list[Annotated[int, PlainValidator(same), WithJsonSchema({"type": "integer"})]], [1], {}),
]


def judge(tp: Any) -> UserModel:
    model = schema_from_type(tp).user_model
    assert model is not None
    return model


@pytest.mark.parametrize(("tp", "value", "expected"), CASES)
def test_what_is_observed_of_an_accepted_answer(tp: Any, value: Any, expected: dict[str, Any]) -> None:
    model = judge(tp)
    observed = model.observe(value, model.validator.validate_json(json.dumps(value)))
    found: dict[str, Any] = {
        name: list(map(str, getattr(observed, name)))
        for name in ("unused", "strangers", "leftover", "digits")
        if getattr(observed, name)
    }
    if observed.defaults:
        found["defaults"] = [(str(path), default) for path, default in observed.defaults]
    assert found == expected


@pytest.mark.parametrize(
    ("tp", "expected"),
    [
        (Before, True),
        (Annotated[Point, AfterValidator(same)], False),
        (Made, True),
        (Annotated[Made, AfterValidator(same)], True),
        (Box, False),
        (Tree, False),
        (Points, False),
        (Annotated[str, PlainValidator(same, json_schema_input_type=str)], True),
        (Annotated[Annotated[str, BeforeValidator(same)], Field(min_length=1), AfterValidator(same)], True),
        (RootModel[Before], True),
        (list[Before], False),
        (Before | None, True),
        (Point | Made, False),
        (Moment, False),
        (Around, False),
    ],
)
def test_what_the_users_own_code_reads_first_is_opaque(tp: Any, expected: bool) -> None:
    assert judge(tp).opaque is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1200, True),
        (2024.0, True),
        (-2024, True),
        (" +20240101 ", True),
        ("2024", True),
        ("12:00", False),
        ("\u0661\u0662\u0660\u0660", False),
        (12, False),
        (20240, False),
        (2024.5, False),
        (True, False),
        (None, False),
        ([2024], False),
        (math.nan, False),
    ],
)
def test_digits_that_read_as_a_year_an_hour_or_a_day(value: Any, expected: bool) -> None:
    assert is_bare_digits(value) is expected


def keys_in(value: Any) -> int:
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (len(value) if isinstance(value, dict) else 0) + sum(map(keys_in, below))


@pytest.mark.parametrize(("tp", "value", "expected"), CASES)
def test_a_quick_look_never_passes_over_what_is_to_be_said(tp: Any, value: Any, expected: dict[str, Any]) -> None:
    model = judge(tp)
    quick = QuickModel(model)
    assert not (quick.is_quiet(value) and expected)
    if quick.count_keys is not None and not expected.keys().isdisjoint(("unused", "defaults")):
        assert quick.count_keys(model.validator.validate_json(json.dumps(value))) != keys_in(value)


Pair = Annotated[Cat | Dog, TOLD_BY_KIND]


@pytest.mark.parametrize(
    ("tp", "value", "quiet"),
    [
        (Point, {"x": 1}, True),
        (Aliased, {"two": {"x": 1}}, True),
        (Tree, {"n": 1, "below": [{"n": 2, "below": []}]}, True),
        (Tree, {"n": 1, "below": [{"n": 2, "below": [{"n": 1}]}]}, False),
        (list[Tree], [{"n": 1, "below": []}, {"n": 2, "below": []}], True),
        (list[Defaults], [{name: [] if name in "bd" else 1 for name in "abcde"}, {}], False),
        (list[Point], [], True),
        (dict[str, Point], {"k": {"x": 1}}, True),
        (dict[str, Point], {}, True),
        (Box, {"p": {"x": 1}, "q": 1}, True),
        (Pair, {"kind": "cat", "p": {"x": 1}}, True),
        (list[Pair], [{"kind": "dog"}, {"kind": "cat", "p": None}], True),
        (list[Pair], [{"kind": "dog"}, {"kind": "cat", "p": {"x": 1, "z": 1}}], False),
        (list[Pair], [], True),
        (list[Point | int], [], True),
        (list[datetime.date | int], [1, "2024-01-01"], True),
        (Moment, "2024-01-01T00:00:00", True),
        (Dates, {"on": None, "at": []}, True),
        (Json[Pair], "[]", False),
        (Json[Point], "[]", False),
    ],
)
def test_a_quick_look_says_that_a_sound_answer_is_sound(tp: Any, value: Any, quiet: bool) -> None:
    assert QuickModel(judge(tp)).is_quiet(value) is quiet


class Wide(BaseModel):
    at: Point
    among: list[Point]
    maybe: Point | None
    names: list[str]
    n: int | str = 0


UNKNOWN = "unknown"


@pytest.mark.parametrize(
    ("tp", "value", "count"),
    [
        (int, 1, 0),
        (Point, {"x": 1}, 1),
        (list[Point], [{"x": 1}, {"x": 2}], 2),
        (list[Point | None], [{"x": 1}, None], 1),
        (Wide, {"at": {"x": 1}, "among": [{"x": 1}], "maybe": {"x": 1}, "names": ["a"], "n": 1}, 8),
        (Wide, {"at": {"x": 1}, "among": [], "maybe": None, "names": [], "n": "a"}, 6),
        (Wide, {"at": {"x": 1}, "among": [], "maybe": None, "names": []}, UNKNOWN),
        (list[Wide], [{"at": {"x": 1}, "among": [], "maybe": None, "names": [], "n": "a"}] * 2, 12),
        (Wide | None, None, 0),
        (Wide | None, {"at": {"x": 1}, "among": [], "maybe": None, "names": [], "n": "a"}, 6),
        (set[int], [1, 1], 0),
        (set[tuple[int, int]], [], None),
        (frozenset[str], ["a"], 0),
        (Kind, "big", 0),
        (Literal["a"], "a", 0),
        (uuid.UUID, "00000000-0000-0000-0000-000000000000", 0),
        (Decimal, "1", None),
        (list, [{"a": 1}], None),
        (dict[str, int], {"a": 1}, None),
        (Open, {"x": 1}, None),
        (Aliased, {"one": {"x": 1}}, None),
        (Tree, {"n": 1, "below": []}, None),
        (list[dict[str, int]] | None, None, None),
        (Point | Named, {"x": 1}, None),
        (Points, [{"x": 1}], None),
        (Box, {"p": {"x": 1}, "q": 0}, None),
        (Other, {"r": 1}, None),
        (set[Frozen], [{"x": 1}], None),
        (Checked, {"x": 1}, None),
    ],
)
def test_keys_are_counted_by_the_output_where_that_tells_them(tp: Any, value: Any, count: Any) -> None:
    model = judge(tp)
    counted = QuickModel(model).count_keys
    if counted is None:
        assert count is None
        return
    found = counted(model.validator.validate_json(json.dumps(value)))
    assert found < 0 if count is UNKNOWN else found == count == keys_in(value)
