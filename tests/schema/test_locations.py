import json
from typing import Annotated, Any, Literal, Optional

import pytest
from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    Discriminator,
    Field,
    Json,
    RootModel,
    Tag,
    ValidationError,
    WrapValidator,
)

from railguard.schema import AnyNode, ListNode, ObjectNode, RefNode, Schema, StringNode
from railguard.schema import Field as Member
from railguard.schema.compile import core_validator
from railguard.schema.locations import of_named_cases, path_of
from railguard.sources.json_schema import schema_from_json_schema
from railguard.sources.pydantic import schema_from_type


class Cat(BaseModel):
    kind: Literal["cat"]
    name: str
    friend: Annotated["Cat | Dog", Field(discriminator="kind")] | None = None


class Dog(BaseModel):
    kind: Literal["dog", "wolf"]
    ages: list[int]


class Inner(BaseModel):
    x: int


class Tree(BaseModel):
    value: int
    kids: list["Tree"] = []


class Holder(RootModel[list[Inner]]):
    pass


def _tag(value: Any) -> str:
    return "c" if "name" in value else "d"


Pet = Annotated[Cat | Dog, Field(discriminator="kind")]
Wrapped = Annotated[Inner, WrapValidator(lambda value, handler: handler(value))]
Before = Annotated[Inner, BeforeValidator(lambda value: value)]
ByFunction = Annotated[Annotated[Cat, Tag("c")] | Annotated[Dog, Tag("d")], Discriminator(_tag)]
Aliased = Annotated[int, Field(validation_alias=AliasChoices("p", "q"))]


def _paths(tp: Any, value: Any) -> list[str]:
    schema = schema_from_type(tp)
    with pytest.raises(ValidationError) as caught:
        schema.user_model.validator.validate_json(json.dumps(value))
    return [str(path_of(schema, error["loc"], value)) for error in caught.value.errors()]


class Models(BaseModel, extra="forbid"):
    """One field a shape; every field has a default, so that a test gives only its own."""

    inner: Inner | None = None
    items: list[Inner] = []
    optional: Optional[Inner] = None  # noqa: UP045  # the other spelling of the same
    by_key: dict[str, Inner] = {}
    short_keys: dict[Annotated[str, Field(max_length=2)], Inner] = {}
    by_number: dict[int, int] = {}
    union: Cat | Dog | None = None
    mixed: int | list[int] = 0
    pet: Pet | None = None
    pets: list[Pet] = []
    by_function: ByFunction | None = None
    nested: Annotated[Pet | list[int], Field(description="a choice in a union")] = []
    pair: tuple[int, Inner] = (0, Inner(x=0))
    some: set[int] = set()
    text: Json[list[int]] = []
    wrapped: Wrapped | None = None
    before: Before | None = None
    aliased: Aliased = 0
    camel: Annotated[int, Field(alias="camelCase")] = 0
    tree: Tree | None = None
    holder: Holder | None = None


@pytest.mark.parametrize(
    ("value", "paths"),
    [
        ({"inner": {}}, ["$.inner.x"]),
        ({"inner": 5}, ["$.inner"]),
        ({"items": [{"x": 1}, {"x": "?"}]}, ["$.items[1].x"]),
        ({"optional": {"x": "?"}}, ["$.optional.x"]),
        ({"by_key": {"a.b": {}}}, ['$.by_key["a.b"].x']),
        ({"short_keys": {"long": {"x": 1}}}, ["$.short_keys.long"]),
        ({"by_number": {"5": "x", "y": 1}}, ['$.by_number["5"]', "$.by_number.y"]),
        ({"union": {"kind": "cat"}}, ["$.union.name", "$.union.kind", "$.union"]),
        ({"mixed": ["x"]}, ["$.mixed"] * 2),
        ({"pet": {"kind": "cat"}}, ["$.pet.name"]),
        ({"pet": {"kind": "wolf", "ages": [1, "x"]}}, ["$.pet.ages[1]"]),
        ({"pet": {"kind": "fish"}}, ["$.pet"]),
        ({"pet": {}}, ["$.pet"]),
        ({"pet": {"kind": "cat", "name": "", "friend": {"kind": "dog"}}}, ["$.pet.friend.ages"]),
        ({"pets": [{"kind": "dog", "ages": []}, {"kind": "dog", "ages": 1}]}, ["$.pets[1].ages"]),
        ({"by_function": {"kind": "cat", "name": 1}}, ["$.by_function.name"]),
        ({"nested": {"kind": "cat"}}, ["$.nested"] * 2),
        ({"pair": [1, {}]}, ["$.pair[1]"]),
        ({"some": [1, "x"]}, ["$.some[1]"]),
        ({"text": '["x"]'}, ["$.text"]),
        ({"wrapped": {}}, ["$.wrapped.x"]),
        ({"before": {}}, ["$.before.x"]),
        ({"p": "x"}, ["$.p"]),
        ({"camelCase": "x"}, ["$.camelCase"]),
        ({"tree": {"value": 1, "kids": [{"value": 1, "kids": [{}]}]}}, ["$.tree.kids[0].kids[0].value"]),
        ({"holder": [{"x": 1}, {}]}, ["$.holder[1].x"]),
        ({"unknown": 1}, ["$.unknown"]),
    ],
)
def test_errors_of_a_users_model_are_found_again(value: Any, paths: list[str]) -> None:
    assert sorted(_paths(Models, value)) == sorted(paths)


def test_an_error_at_the_root_is_the_root() -> None:
    assert _paths(Pet, {"kind": "fish"}) == ["$"]
    assert _paths(Models, 5) == ["$"]
    assert _paths(list[Inner], [{}]) == ["$[0].x"]


DOCUMENT = {
    "$defs": {
        "Cat": {
            "type": "object",
            "properties": {"kind": {"const": "cat"}, "n": {"type": "integer"}, "pet": {"$ref": "#/$defs/Pet"}},
            "required": ["kind", "n"],
            "additionalProperties": False,
        },
        "Dog": {"type": "object", "properties": {"kind": {"const": "dog"}}, "required": ["kind"]},
        "Pet": {"oneOf": [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}]},
    },
    "type": "object",
    "properties": {
        "pet": {"anyOf": [{"$ref": "#/$defs/Pet"}, {"type": "null"}]},
        "u": {"anyOf": [{"type": "integer"}, {"type": "array", "items": {"type": "integer"}}]},
        "l": {"type": ["array", "null"], "items": {"type": "string"}},
    },
    "additionalProperties": {"type": "array", "items": {"type": "integer"}},
}


@pytest.mark.parametrize(
    ("value", "paths"),
    [
        ({"pet": {"kind": "cat"}}, ["$.pet.n"]),
        ({"pet": {"kind": "cat", "n": 1, "pet": {"kind": "cat", "n": "x"}}}, ["$.pet.pet.n"]),
        ({"pet": {"kind": "cat", "n": 1, "zzz": 1}}, ["$.pet.zzz"]),
        ({"pet": {"kind": "x"}}, ["$.pet"]),
        ({"pet": 5}, ["$.pet"]),
        ({"u": ["x"]}, ["$.u", "$.u"]),
        ({"l": ["a", 1]}, ["$.l[1]"]),
        ({"more": [1, "x"]}, ["$.more[1]"]),
    ],
)
def test_errors_of_a_compiled_tree_are_found_again(value: Any, paths: list[str]) -> None:
    schema = schema_from_json_schema(DOCUMENT)
    with pytest.raises(ValidationError) as caught:
        core_validator(schema).validate_python(value)
    assert [str(path_of(schema, error["loc"], value)) for error in caught.value.errors()] == paths


def test_a_location_that_cannot_be_followed_ends_where_it_is_certain() -> None:
    schema = Schema(
        root=ObjectNode(fields=(Member("a", AnyNode()), Member("l", ListNode(item=RefNode(name="s"))))),
        definitions={"s": StringNode()},
    )
    assert path_of(schema, ("a", "x", 1, "gone"), {"a": {"x": [1, 2]}}) == ("a", "x", 1)
    assert path_of(schema, ("l", "label", 0), {"l": []}) == ("l",)
    assert path_of(schema, ("l", 3, "str"), {"l": []}) == ("l", 3)
    assert path_of(schema, ("zzz",), {"a": 1}) == ()


def test_the_discriminator_of_a_choice_is_a_place() -> None:
    choice = schema_from_type(Pet)
    assert path_of(choice, ("cat", "kind"), {"kind": "cat"}) == ("kind",)
    assert path_of(choice, ("cat",), {"kind": "cat"}) == ()
    assert path_of(choice, ("bird", "kind"), {"kind": "bird"}) == ()
    assert path_of(choice, ("cat", "kind"), [1]) == ()


def test_many_errors_of_a_wide_object_cost_linear_time() -> None:
    names = [f"f{number}" for number in range(5000)]
    schema = Schema(root=ObjectNode(fields=tuple(Member(name, StringNode()) for name in names)))
    paths = [path_of(schema, (name,), {}) for name in names]
    assert paths == [(name,) for name in names]


def test_the_adapter_and_the_schema_agree_on_the_validator() -> None:
    assert schema_from_type(Tree).user_model.validator is not None


def _counted(tp: Any, value: Any) -> list[tuple[str, str]]:
    schema = schema_from_type(tp)
    with pytest.raises(ValidationError) as caught:
        schema.user_model.validator.validate_json(json.dumps(value))
    details = of_named_cases(schema, caught.value.errors(), value)
    return [(str(path_of(schema, detail["loc"], value)), detail["type"]) for detail in details]


@pytest.mark.parametrize(
    ("value", "counted"),
    [
        ({"union": {"kind": "cat"}}, [("$.union.name", "missing")]),
        ({"union": {"kind": "wolf", "ages": [1, "x"]}}, [("$.union.ages[1]", "int_parsing")]),
        ({"union": {"kind": "fish"}}, [("$.union", "union_tag_invalid")]),
        ({"union": {}}, [("$.union", "union_tag_invalid")]),
        ({"union": 5}, [("$.union", "union_type")]),
        ({"union": {"kind": "fish"}, "inner": {}}, [("$.inner.x", "missing"), ("$.union", "union_tag_invalid")]),
        ({"pet": {"kind": "fish"}}, [("$.pet", "union_tag_invalid")]),
        ({"pet": {"kind": "cat", "name": "", "friend": {}}}, [("$.pet.friend", "union_tag_not_found")]),
        ({"mixed": ["x"]}, [("$.mixed", "int_type"), ("$.mixed", "int_parsing")]),
    ],
)
def test_of_a_union_that_a_constant_tells_apart_the_errors_of_the_named_option_count(value: Any, counted: Any) -> None:
    assert _counted(Models, value) == counted


def test_where_the_users_own_function_takes_another_option_than_the_constant_names_its_errors_count() -> None:
    found = _counted(Models, {"by_function": {"kind": "dog", "ages": [], "name": 1}})
    assert [kind for _, kind in found] == ["literal_error", "string_type"]


@pytest.mark.parametrize(
    ("location", "path"),
    [
        (("u", "Inner", "x"), ("u", "x")),
        (("u", "Inner", "list[int]", "x"), ("u", "x")),
        (("u", "x"), ("u", "x")),
        (("u", "Inner", "gone"), ("u",)),
        (("many", 0, "Inner", "x"), ("many", 0, "x")),
        (("many", 9, "Inner", "x"), ("many", 9)),
    ],
)
def test_a_location_in_the_branch_that_took_the_value_is_followed_into_it(location: Any, path: Any) -> None:
    class Either(BaseModel):
        u: Inner | int
        many: list[Inner | int]

    value = {"u": {"x": 1}, "many": [{"x": 1}]}
    assert path_of(schema_from_type(Either), location, value, into_unions=True) == path
