"""Law: what plain pydantic accepts passes, with an equal instance, its validators run once, and nothing on record but
defaults; what it refuses raises nothing but the user's own ValidatorError.

The exceptions are a closed list, which the docs give; each has its tests in test_by_model.py.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from fractions import Fraction
from ipaddress import IPv4Address, IPv6Network
from pathlib import PurePosixPath
from typing import Annotated, Any, Generic, Literal, NamedTuple, NotRequired, Optional, TypeVar, Union
from uuid import UUID

import pytest
from pydantic import (
    UUID4,
    AfterValidator,
    AliasChoices,
    AliasPath,
    AnyUrl,
    AwareDatetime,
    Base64Str,
    BaseModel,
    BeforeValidator,
    ByteSize,
    ConfigDict,
    Discriminator,
    Field,
    FiniteFloat,
    HttpUrl,
    Json,
    JsonValue,
    NaiveDatetime,
    NonNegativeInt,
    OnErrorOmit,
    PastDate,
    PlainSerializer,
    PlainValidator,
    PositiveInt,
    PrivateAttr,
    RootModel,
    SecretStr,
    SerializeAsAny,
    SkipValidation,
    StrictInt,
    StringConstraints,
    Tag,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    WrapValidator,
    computed_field,
    conint,
    conlist,
    field_serializer,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic.dataclasses import dataclass as pydantic_dataclass
from typing_extensions import TypeAliasType
from typing_extensions import TypedDict as ExtendedTypedDict

from railguard import Guard, ValidatorError

T = TypeVar("T")
calls: Counter[str] = Counter()


def counted(name: str, function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def call(value: Any) -> Any:
        calls[name] += 1
        return function(value)

    return call


class Colour(Enum):
    RED = "red"
    BLUE = "light blue"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Word(StrEnum):
    A = "a"


class Plain(BaseModel):
    a: int
    b: str = "x"


class Forbids(BaseModel, extra="forbid"):
    a: int
    b: str | None = None


class Keeps(BaseModel, extra="allow"):
    a: int


class KeepsNumbers(BaseModel, extra="allow"):
    __pydantic_extra__: dict[str, int]
    a: int = 0


class Strict(BaseModel, strict=True):
    a: int
    d: dt.date
    t: tuple[int, str]
    s: set[int]
    e: Colour


class Frozen(BaseModel, frozen=True):
    a: int


class PlusOne(BaseModel):
    a: Annotated[int, AfterValidator(counted("plus", lambda v: v + 1))]


class TimesHundred(BaseModel):
    cents: int

    @model_validator(mode="before")
    @classmethod
    def scale(cls, data: Any) -> Any:
        return {**data, "cents": int(data["cents"]) * 100}


class Renames(BaseModel):
    total: int
    n: int = 0

    @model_validator(mode="before")
    @classmethod
    def rename(cls, data: Any) -> Any:
        if isinstance(data, dict) and "sum" in data:
            data = {**data, "total": data["sum"]}
            del data["sum"]
        return data


class Pops(BaseModel):
    total: int = 0

    @model_validator(mode="before")
    @classmethod
    def pop(cls, data: Any) -> Any:
        data["total"] = data.pop("sum")
        return data


class Flattens(BaseModel):
    city: str | None = None

    @model_validator(mode="before")
    @classmethod
    def flatten(cls, data: Any) -> Any:
        return {**data, "city": data.get("address", {}).get("city")}


class Wraps(BaseModel):
    a: int | None = None

    @model_validator(mode="wrap")
    @classmethod
    def wrap(cls, data: Any, handler: Any) -> Any:
        return handler({"a": data.get("total")} if "total" in data else data)


class After(BaseModel):
    low: int
    high: int

    @model_validator(mode="after")
    def ordered(self) -> After:
        assert self.low <= self.high, "low is above high"
        return self


class FieldChecked(BaseModel):
    a: str
    b: str = "no"

    @field_validator("a", "b")
    @classmethod
    def upper(cls, value: str) -> str:
        return value.upper()

    @field_validator("b")
    @classmethod
    def sees_a(cls, value: str, info: ValidationInfo) -> str:
        return f"{info.data['a']}{value}"


class Aliased(BaseModel):
    a: int = Field(alias="camelCase")
    zip: str | None = Field(None, validation_alias=AliasChoices("zip", "postcode", "plz"))


class ByName(BaseModel, populate_by_name=True):
    max_price: float = Field(alias="limit")


class ByNameOnly(BaseModel):
    model_config = ConfigDict(validate_by_name=True, validate_by_alias=False)
    a: int = Field(alias="other")


class DeepAlias(BaseModel, populate_by_name=True):
    a: int = Field(1, validation_alias=AliasPath("x", 0))


class CamelCase(BaseModel):
    model_config = ConfigDict(alias_generator=lambda name: name.title())
    zip: str


class Coerces(BaseModel, coerce_numbers_to_str=True):
    a: str


class Strips(BaseModel, str_strip_whitespace=True, str_to_lower=True):
    a: str


class Node(BaseModel):
    value: int
    children: list[Node] = []
    parent: Node | None = None


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog", "wolf"]
    age: int


class Note(BaseModel):
    text: str | None = None


class Bill(BaseModel):
    amount: float
    text: str | None = None


class Computed(BaseModel):
    a: int

    @computed_field
    def twice(self) -> int:
        return self.a * 2


class Private(BaseModel):
    a: int
    _seen: list[int] = PrivateAttr(default_factory=list)

    def model_post_init(self, context: Any) -> None:
        self._seen.append(self.a)


class Serialized(BaseModel):
    a: int

    @model_serializer
    def other(self) -> str:
        return f"<{self.a}>"


class FieldSerialized(BaseModel):
    when: dt.date

    @field_serializer("when")
    def other(self, value: dt.date) -> str:
        return value.strftime("%d.%m.%Y")


class Factory(BaseModel):
    a: int
    b: int = Field(default_factory=lambda data: data["a"] * 2)
    c: list[int] = Field(default_factory=list)


class ValidatedDefault(BaseModel, validate_default=True):
    a: Annotated[int, AfterValidator(lambda v: v + 1)] = 1


class OwnInit(BaseModel):
    a: int

    def __init__(self, **data: Any) -> None:
        super().__init__(a=data["a"] + 1)


class Generic1(BaseModel, Generic[T]):
    value: T


class Names(RootModel[list[str]]):
    pass


class Table(RootModel[dict[str, int]]):
    pass


class Inherits(Plain):
    b: str = "y"
    c: bool


class Pair(NamedTuple):
    x: int
    y: str = "z"


class Movie(ExtendedTypedDict):
    name: str
    year: NotRequired[int]


class Closed(ExtendedTypedDict, total=False):
    a: int


@dataclasses.dataclass
class Point:
    x: int
    y: int = 0


@pydantic_dataclass
class Checked:
    x: int
    tags: list[str] = dataclasses.field(default_factory=list)


class Money:
    """A type of the user's own."""

    def __init__(self, cents: int) -> None:
        self.cents = cents

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Money) and other.cents == self.cents

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.no_info_after_validator_function(cls, core_schema.int_schema())


JsonAlias = TypeAliasType("JsonAlias", "list[JsonAlias] | dict[str, JsonAlias] | str | int | None")


def kind_of(value: Any) -> str:
    return "text" if isinstance(value, str) else "number"


Tagged = Annotated[Annotated[str, Tag("text")] | Annotated[int, Tag("number")], Discriminator(kind_of)]

# One row: a type, and JSON texts; which of them the type accepts, pydantic says.
TABLE: list[tuple[Any, list[str]]] = [
    (int, ["1", "-0", "1.0", '"5"', '"x"', "true", "9223372036854775808", "null", "1.5"]),
    (float, ["1", "1.5", '"1.5"', "1e3", '"x"', "9007199254740993", "true"]),
    (bool, ["true", '"yes"', "1", "2", "0"]),
    (str, ['"a"', "1", '""', '"\\u00e9"', '" a "']),
    (bytes, ['"aGk="', '"hi"']),
    (type(None), ["null", "0"]),
    (Any, ["1", '{"a": [1, null]}', '"x"', "null"]),
    (object, ["1", '{"a": 1}']),
    (Decimal, ['"12.50"', "3.1", "3", '"x"']),
    (dt.date, ['"2024-02-29"', '"2023-02-29"', '"2024-01-02T00:00:00"', "1700000000", "86400"]),
    (dt.datetime, ['"2024-01-02T03:04:05Z"', '"2024-01-02 03:04:05"', "1700000000", "1700000000.5", '"2024-01-02"']),
    (dt.time, ['"03:04:05"', '"03:04"', "300", '"25:00"']),
    (dt.timedelta, ['"PT1H"', "90", '"1 day"', '"x"']),
    (AwareDatetime, ['"2024-01-02T03:04:05Z"', '"2024-01-02T03:04:05"']),
    (NaiveDatetime, ['"2024-01-02T03:04:05"']),
    (PastDate, ['"2001-01-01"', '"2999-01-01"']),
    (UUID, ['"12345678-1234-5678-1234-567812345678"', '"{12345678-1234-5678-1234-567812345678}"', '"x"']),
    (UUID4, ['"9f2b3c4d-1234-4678-9234-567812345678"', '"12345678-1234-1678-1234-567812345678"']),
    (IPv4Address, ['"10.0.0.1"', '"10.0.0.256"', "1"]),
    (IPv6Network, ['"::/0"']),
    (PurePosixPath, ['"/a/b"']),
    (re.Pattern[str], ['"a+"', '"("']),
    (Fraction, ['"1/2"', "1"]),
    (complex, ['"1+2j"', "1"]),
    (AnyUrl, ['"http://a.b/c"', '"mailto:x@y.z"', '"nope"']),
    (HttpUrl, ['"http://a.b"', '"ftp://a.b"']),
    (SecretStr, ['"hush"']),
    (ByteSize, ['"1KB"', "5"]),
    (Base64Str, ['"aGk="']),
    (Json[list[int]], ['"[1, 2]"', '"[1"', "[1]"]),
    (JsonValue, ['{"a": [1, null, {"b": "x"}]}', "1.5"]),
    (JsonAlias, ["5", '[1, {"a": ["x"]}]', "1.5", "true"]),
    (FiniteFloat, ["1.5"]),
    (PositiveInt, ["1", "0"]),
    (NonNegativeInt, ["0", "-1"]),
    (StrictInt, ["1", '"1"', "1.0"]),
    (conint(ge=1, multiple_of=3), ["3", "4", '"6"']),
    (Annotated[str, StringConstraints(to_upper=True, strip_whitespace=True, max_length=3)], ['" ab "', '"abcd"']),
    (Annotated[str, Field(pattern=r"^\d+$")], ['"12"', '"a"']),
    (Annotated[int, Field(gt=1, le=3)], ["2", "1", '"3"']),
    (Annotated[list[int], Field(min_length=2)], ["[1, 2]", "[1]"]),
    (Colour, ['"red"', '"light blue"', '"RED"', '"green"']),
    (Level, ["1", "3", '"1"', "1.0"]),
    (Word, ['"a"', '"b"']),
    (Literal["a", 1, True, None], ['"a"', "1", "true", "null", '"1"', "2"]),
    (Optional[int], ["null", "1", '"2"']),
    (int | str, ["1", '"1"', "1.5", "true"]),
    (Union[float, int], ["1", "1.0", '"1"']),
    (Annotated[int | str, Field(union_mode="left_to_right")], ['"1"', '"x"']),
    (Union[bool, int], ["1", "true", '"yes"']),
    (Union[dt.date, str], ['"2024-01-02"', '"soon"']),
    (Union[list[int], int], ["[1]", "1", '["1"]']),
    (Union[None, list[str], dict[str, int]], ["null", '["a"]', '{"a": 1}']),
    (list[int], ["[]", "[1, 2]", '["1", 2]', "5", '{"a": 1}']),
    (list[Any], ['[1, "a", null]']),
    (list, ["[1]"]),
    (set[int], ["[1, 1]", '["2"]']),
    (frozenset[str], ['["a"]', '"a"']),
    (tuple[int, str], ['[1, "a"]', "[1]", '["1", "a"]']),
    (tuple[int, ...], ["[1, 2]", "[]"]),
    (deque[int], ["[1]"]),
    (Sequence[int], ["[1]", '"ab"']),
    (dict[str, int], ["{}", '{"a": 1}', '{"a": "1"}', "[]"]),
    (dict[int, str], ['{"1": "a"}', '{"x": "a"}']),
    (dict[Colour, int], ['{"red": 1}', '{"green": 1}']),
    (dict[Literal["a", "b"], int], ['{"a": 1}', '{"c": 1}']),
    (dict[dt.date, int], ['{"2024-01-02": 1}', '{"soon": 1}']),
    (dict[str, Any], ['{"a": [1]}']),
    (dict, ['{"a": [1]}']),
    (Mapping[str, int], ['{"a": 1}']),
    (MutableMapping[str, int], ['{"a": 1}']),
    (OrderedDict[str, int], ['{"b": 1, "a": 2}']),
    (Counter[str], ['{"a": 2}']),
    (conlist(int, min_length=1, max_length=2), ["[1]", "[]", "[1, 2, 3]"]),
    (list[OnErrorOmit[int]], ['["q", 1, 2]', "[]"]),
    (Annotated[list[int], AfterValidator(sorted)], ["[3, 1, 2]", '[3, "1", 2]']),
    (Annotated[int, BeforeValidator(lambda v: str(v).split()[0])], ['"12 cats"', "7", '"x"']),
    (Annotated[int, PlainValidator(lambda v: int(v) * 2)], ["2", '"3"']),
    (Annotated[int, WrapValidator(lambda v, handler: handler(v) + 1)], ["1", '"2"']),
    (Annotated[int, AfterValidator(lambda v: v + 1), AfterValidator(lambda v: v * 2)], ["1", '"1"']),
    (Annotated[str, WithJsonSchema({"type": "string"})], ['"a"']),
    (Annotated[int, PlainSerializer(lambda v: {"v": v})], ["1", '"2"']),
    (SkipValidation[int], ['"x"', "1"]),
    (SerializeAsAny[Plain], ['{"a": 1}']),
    (Money, ["5", '"5"', '"x"']),
    (Tagged, ['"a"', "1"]),
    (Plain, ['{"a": 1}', '{"a": "1", "b": "y"}', '{"a": 1, "z": 2}', "{}", '{"a": null}', "[]", '"x"']),
    (Forbids, ['{"a": 1}', '{"a": 1, "z": 2}']),
    (Keeps, ['{"a": 1, "z": [1]}', '{"a": "2", "note": "x"}']),
    (KeepsNumbers, ['{"a": 1, "z": 2}', '{"a": 1, "z": "x"}']),
    (
        Strict,
        [
            '{"a": 1, "d": "2024-01-02", "t": [1, "x"], "s": [1, 1], "e": "red"}',
            '{"a": "1", "d": "2024-01-02", "t": [1, "x"], "s": [1], "e": "red"}',
        ],
    ),
    (Frozen, ['{"a": 1}']),
    (PlusOne, ['{"a": 1}', '{"a": "1"}']),
    (TimesHundred, ['{"cents": 5}', '{"cents": "5"}']),
    (Renames, ['{"sum": 5}', '{"sum": "5", "n": 7}', '{"total": 1}']),
    (Pops, ['{"sum": 5}', '{"sum": "5"}']),
    (Flattens, ['{"address": {"city": "Oslo"}}']),
    (Wraps, ['{"total": 5}', '{"a": 1}', '{"total": "5"}']),
    (After, ['{"low": 1, "high": 2}', '{"low": "1", "high": 2}', '{"low": 3, "high": 2}']),
    (FieldChecked, ['{"a": "x", "b": "y"}', '{"a": "x"}']),
    (Aliased, ['{"camelCase": 1, "postcode": "X1"}', '{"camelCase": "1", "plz": "X1"}', '{"a": 1}']),
    (ByName, ['{"max_price": 9.5}', '{"limit": "9.5"}']),
    (ByNameOnly, ['{"a": 1}', '{"other": 1}']),
    (DeepAlias, ['{"x": [5]}', '{"a": 6}']),
    (CamelCase, ['{"Zip": "a"}']),
    (Coerces, ['{"a": 1}', '{"a": 1.5}']),
    (Strips, ['{"a": " AB "}']),
    (Node, ['{"value": 1, "children": [{"value": "2"}]}', '{"value": 1, "parent": {"value": 2, "parent": null}}']),
    (Annotated[Cat | Dog, Field(discriminator="kind")], ['{"kind": "cat"}', '{"kind": "wolf", "age": "3"}', "{}"]),
    (Cat | Dog, ['{"kind": "cat", "lives": 3}', '{"kind": "dog", "age": 3}', '{"kind": "cow"}']),
    (Note | Bill, ['{"text": "x"}', '{"amount": 1, "text": "x"}', '{"amount": "1"}', '{"text": "x", "amount": null}']),
    (list[Note | Bill], ['[{"amount": 2, "text": "x"}, {"text": "y"}]']),
    (Union[Literal["none"], Plain], ['"none"', '{"a": "4"}']),
    (Computed, ['{"a": 2}', '{"a": 2, "twice": 4}']),
    (Private, ['{"a": 1}']),
    (Serialized, ['{"a": 1}', '{"a": "1"}']),
    (FieldSerialized, ['{"when": "2024-01-02"}']),
    (Factory, ['{"a": 1}', '{"a": "3"}']),
    (ValidatedDefault, ['{"a": 5}']),
    (OwnInit, ['{"a": 1}', '{"a": "1"}']),
    (Generic1[int], ['{"value": 1}', '{"value": "1"}']),
    (Generic1[Plain], ['{"value": {"a": 1}}']),
    (Names, ['["a"]', "[1]"]),
    (Table, ['{"a": 1}', '{"a": "1"}']),
    (Inherits, ['{"a": 1, "c": true}', '{"a": 1, "c": "no"}']),
    (Pair, ["[1]", '[1, "a"]']),
    (Movie, ['{"name": "x"}', '{"name": "x", "year": "1999"}', "{}"]),
    (Closed, ['{"a": 1}', "{}"]),
    (Point, ['{"x": 1}', '{"x": "1", "y": 2}']),
    (Checked, ['{"x": 1, "tags": ["a"]}', '{"x": "1"}']),
    (list[Plain], ['[{"a": 1}, {"a": "2"}]', "[]"]),
    (dict[str, Plain], ['{"k": {"a": 1}}']),
    (tuple[Plain, ...], ['[{"a": 1}]']),
    (Optional[Plain], ["null", '{"a": 1}']),
]
CASES = [(tp, text) for tp, texts in TABLE for text in texts]


def plainly(tp: Any, text: str) -> tuple[bool, Any]:
    try:
        return True, TypeAdapter(tp).validate_json(text)
    except ValidationError:
        return False, None
    except Exception:
        return False, None


@pytest.mark.parametrize(("tp", "text"), CASES, ids=[f"{getattr(tp, '__name__', tp)}-{text}" for tp, text in CASES])
def test_what_pydantic_accepts_passes_unchanged(tp: Any, text: str) -> None:
    accepted, expected = plainly(tp, text)
    guard = Guard.from_pydantic(tp)
    calls.clear()
    try:
        outcome = guard.parse(text)
    except ValidatorError:
        assert not accepted
        return
    json.dumps(outcome.to_dict())
    if accepted:
        assert outcome.passed, outcome.failures
        assert outcome.output == expected
        assert type(outcome.output) is type(expected)
        assert all(repair.rule == "default" for repair in outcome.repairs)
        assert all(count == 1 for count in calls.values())


@pytest.mark.parametrize("policy", ["none", "syntax", "judgement"])
def test_no_policy_of_repairs_changes_what_is_accepted(policy: Any) -> None:
    for tp, text in CASES:
        accepted, expected = plainly(tp, text)
        if accepted:
            outcome = Guard.from_pydantic(tp, repair=policy).parse(text)
            assert outcome.passed, (tp, text, outcome.failures)
            assert outcome.output == expected
