"""What the structure accepts, node by node and at every depth, and what it says of what it rejects."""

import json
import math
from collections.abc import Callable
from typing import Annotated, Any, Literal, Union

import pytest
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, TypeAdapter, field_validator, model_validator

from railguard import Guard
from railguard.schema import (
    AnyNode,
    BooleanNode,
    Case,
    ChoiceNode,
    EnumNode,
    FloatNode,
    IntegerNode,
    ListNode,
    Node,
    NullNode,
    ObjectNode,
    RefNode,
    Schema,
    StringNode,
    UnionNode,
)
from railguard.schema import (
    Field as Member,
)
from railguard.schema.compile import bounded_depth
from railguard.schema.structure import Structure

NAN, INF = math.nan, math.inf
TEXT_WRONG = [1, 1.5, True, False, None, [], {}, ["a"]]
TABLE: dict[str, tuple[Node, list[Any], list[Any]]] = {
    "string": (StringNode(), ["", "a", "1", "true", "é\n"], TEXT_WRONG),
    "integer": (
        IntegerNode(),
        [0, -1, 36, 2**70],
        ["36", "", True, False, 12.7, None, [], {}, [1], NAN, INF],
    ),
    "float": (FloatNode(), [0, 1, -1.5, 1e300], ["1", "1.5", True, False, None, [], {}, NAN, INF, -INF]),
    "boolean": (BooleanNode(), [True, False], [0, 1, "true", "yes", None, [], {}, 1.0]),
    "null": (NullNode(), [None], [0, "", "null", False, [], {}]),
    "percentage": (StringNode(format="percentage"), ["12.5%"], TEXT_WRONG),
    "date": (StringNode(format="date"), ["2024-01-02"], TEXT_WRONG),
    "time": (StringNode(format="time"), ["10:00:00"], TEXT_WRONG),
    "date-time": (StringNode(format="date-time"), ["2024-01-02T10:00:00"], TEXT_WRONG),
    "enum of text": (EnumNode(values=("a", "1")), ["a", "1"], ["A", 1, "b", None, True, ["a"], {}]),
    "list": (ListNode(item=IntegerNode()), [[], [1, 2]], [None, 1, "[]", {}, {"0": 1}, ["1"], [True], [None], "ab"]),
    "object": (
        ObjectNode(fields=(Member("a", IntegerNode()), Member("b", StringNode(), required=False))),
        [{"a": 1}, {"a": 1, "b": "x"}],
        [None, 1, "{}", [], [["a", 1]], {}, {"a": "1"}, {"a": True}, {"a": 1, "b": None}, {"a": 1, "c": 1}, {"A": 1}],
    ),
    "open object": (
        ObjectNode(extra=IntegerNode()),
        [{}, {"x": 1, "y": 2}],
        [{"x": "1"}, {"x": True}, {"x": NAN}, [], None],
    ),
    "choice": (
        ChoiceNode(
            discriminator="k",
            cases=(Case("x", ObjectNode(fields=(Member("i", IntegerNode()),))), Case("y", ObjectNode())),
        ),
        [{"k": "x", "i": 1}, {"k": "y"}],
        [None, {}, {"i": 1}, {"k": "z"}, {"k": "x"}, {"k": "x", "i": "1"}, {"k": "x", "i": True}, {"k": 1}, []],
    ),
    "union": (
        UnionNode(options=(IntegerNode(), ListNode(item=StringNode()))),
        [1, ["a"], []],
        ["1", True, 1.5, None, [1], {}, NAN],
    ),
    "nullable": (IntegerNode(nullable=True), [None, 1], ["", 0.5, False, "null", []]),
}


def wrap(node: Node, depth: int) -> tuple[Node, Callable[[Any], Any], tuple[str | int, ...]]:
    """The node below an object and a list, as deep as that; a function that wraps a value so; the path to it."""
    if depth == 0:
        return node, lambda value: value, ()
    if depth == 1:
        return ObjectNode(fields=(Member("f", node),)), lambda value: {"f": value}, ("f",)
    return (
        ListNode(item=ObjectNode(fields=(Member("f", node),))),
        lambda value: [{"f": value}],
        (0, "f"),
    )


@pytest.mark.parametrize("depth", [0, 1, 2])
@pytest.mark.parametrize("kind", TABLE)
def test_it_is_strict_at_every_depth(kind: str, depth: int) -> None:
    node, right, wrong = TABLE[kind]
    root, holding, path = wrap(node, depth)
    structure = Structure(Schema(root=root))
    for value in right:
        assert structure.accept(holding(value))[1] == [], value
    for value in wrong:
        _, flaws = structure.accept(holding(value))
        assert flaws, f"{value!r} is no {kind}"
        assert all(flaw.path[: len(path)] == path for flaw in flaws)


@pytest.mark.parametrize("depth", [0, 1, 2])
@pytest.mark.parametrize("kind", TABLE)
def test_what_it_gives_back_is_what_it_was_given(kind: str, depth: int) -> None:
    node, right, _ = TABLE[kind]
    root, holding, _ = wrap(node, depth)
    for value in right:
        out, _ = Structure(Schema(root=root)).accept(holding(value))
        assert out == holding(value)
        if kind != "float":  # a whole number is a float there
            assert repr(out) == repr(holding(value))


MIXED = {"enum": [1, "x", None, True, 2.5, [1], {"a": 1}]}


class TestEnums:
    """Equal means same type and same value."""

    @pytest.mark.parametrize("text", ["1", "1.0", '"x"', "null", "true", "2.5", "[1]", '{"a":1}'])
    def test_members(self, text: str) -> None:
        for depth, (schema, around) in enumerate(self.depths()):
            assert Guard.from_json_schema(schema, repair="none").parse(around % text).passed, depth

    @pytest.mark.parametrize("text", ["0", "false", '"1"', '"X"', '"true"', "2", "[true]", '{"a":true}', "[]", "{}"])
    def test_others(self, text: str) -> None:
        for depth, (schema, around) in enumerate(self.depths()):
            assert not Guard.from_json_schema(schema, repair="none").parse(around % text).passed, depth

    def depths(self) -> list[tuple[dict[str, Any], str]]:
        one = {"type": "object", "properties": {"f": MIXED}, "required": ["f"]}
        return [(MIXED, "%s"), (one, '{"f":%s}'), ({"type": "array", "items": one}, '[{"f":%s}]')]

    @pytest.mark.parametrize(("value", "text"), [(True, "1"), (1, "true"), (0, "false"), (False, "0"), (1, '"1"')])
    def test_true_is_not_one_in_a_const(self, value: Any, text: str) -> None:
        schema = {"type": "object", "properties": {"f": {"const": value}}, "required": ["f"]}
        assert not Guard.from_json_schema(schema, repair="none").parse(f'{{"f":{text}}}').passed
        assert Guard.from_json_schema(schema, repair="none").parse(json.dumps({"f": value})).passed

    @pytest.mark.parametrize(("value", "text"), [(True, "1"), (1, "true"), (0, "false")])
    def test_a_literal_of_a_model_takes_what_pydantic_takes(self, value: Any, text: str) -> None:
        outcome = Guard.from_pydantic(list[Literal[value]]).parse(f"[{text}]")  # type: ignore[valid-type]
        assert outcome.passed
        assert outcome.output == TypeAdapter(list[Literal[value]]).validate_json(f"[{text}]")  # type: ignore[valid-type]


class TestAnything:
    @pytest.mark.parametrize("schema", [True, {"type": "object"}, {"type": "array"}, {"enum": [[1], {"a": 1}]}])
    @pytest.mark.parametrize("text", ['{"a":NaN}', "[1e400]", "[[-Infinity]]", '{"x":{"y":[NaN]}}'])
    def test_numbers_that_are_not_finite_are_refused_however_deep(self, schema: Any, text: str) -> None:
        assert not Guard.from_json_schema(schema).parse(text).passed

    def test_a_flaw_stands_where_the_number_does(self) -> None:
        structure = Structure(Schema(root=ObjectNode(fields=(Member("a", AnyNode()),))))
        _, flaws = structure.accept({"a": [1, {"b": NAN}]})
        assert [(flaw.path, flaw.keyword) for flaw in flaws] == [(("a", 1, "b"), "type")]


class TestFlaws:
    """Every flaw of a state is found in one go, with its path and JSON Schema's word for it."""

    def test_all_are_found(self) -> None:
        root = ObjectNode(
            fields=(
                Member("a", IntegerNode()),
                Member("b", StringNode()),
                Member("l", ListNode(item=IntegerNode())),
                Member("k", EnumNode(values=("x",))),
            )
        )
        _, flaws = Structure(Schema(root=root)).accept({"a": "1", "l": [1, "2", None], "k": "y", "z": 0})
        assert {(flaw.path, flaw.keyword) for flaw in flaws} == {
            (("a",), "type"),
            (("b",), "required"),
            (("l", 1), "type"),
            (("l", 2), "type"),
            (("k",), "enum"),
            (("z",), "additionalProperties"),
        }

    def test_a_union_fails_at_its_own_path(self) -> None:
        root = ObjectNode(fields=(Member("u", UnionNode(options=(IntegerNode(), ListNode(item=StringNode())))),))
        _, flaws = Structure(Schema(root=root)).accept({"u": [1, "a"]})
        assert [(flaw.path, flaw.keyword) for flaw in flaws] == [(("u",), "type")]

    def test_a_wrong_discriminator_and_a_wrong_field_of_the_right_case_are_two_things(self) -> None:
        structure = Structure(Schema(root=TABLE["choice"][0]))
        assert [(f.path, f.keyword) for f in structure.accept({"k": "z"})[1]] == [((), "discriminator")]
        assert [(f.path, f.keyword) for f in structure.accept({"k": "x", "i": "1"})[1]] == [(("i",), "type")]


def test_depth_is_bounded_by_trees_without_anything_open_or_recursive() -> None:
    tree = ObjectNode(fields=(Member("a", ListNode(item=StringNode())),))
    assert bounded_depth(Schema(root=tree))
    assert not bounded_depth(Schema(root=ListNode(item=AnyNode())))
    assert not bounded_depth(Schema(root=ObjectNode(extra=AnyNode())))
    assert not bounded_depth(Schema(root=RefNode(name="t"), definitions={"t": ListNode(item=RefNode(name="t"))}))


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    tricks: list[str]


class Tree(BaseModel):
    name: str
    kids: list["Tree"] = []


class Aliased(BaseModel):
    model_config = ConfigDict(populate_by_name=True)
    full_name: str = Field(alias="fullName")
    age: int = Field(validation_alias=AliasChoices("age", "years"))


class Checked(BaseModel):
    low: int
    high: int
    code: str

    @field_validator("code")
    @classmethod
    def upper(cls, value: str) -> str:
        if not value.isupper():
            raise ValueError("upper case, please")
        return value

    @model_validator(mode="after")
    def ordered(self) -> "Checked":
        if self.low > self.high:
            raise ValueError("low is above high")
        return self


class TestUsersModels:
    def test_a_recursive_model_is_checked_at_every_depth(self) -> None:
        guard = Guard.from_pydantic(Tree)
        assert guard.parse('{"name":"a","kids":[{"name":"b","kids":[{"name":"c"}]}]}').output == Tree(
            name="a", kids=[Tree(name="b", kids=[Tree(name="c")])]
        )
        outcome = guard.parse('{"name":"a","kids":[{"name":"b","kids":[{"name":[]}]}]}')
        assert [f.path for f in outcome.failures] == [("kids", 0, "kids", 0, "name")]

    def test_paths_hold_the_names_of_the_json(self) -> None:
        outcome = Guard.from_pydantic(Aliased).parse('{"fullName":[],"age":"x"}')
        assert {f.path for f in outcome.failures} == {("fullName",), ("age",)}
        assert Guard.from_pydantic(Aliased).parse('{"fullName":"A","age":1}').output.age == 1

    def test_a_field_validator_fails_at_its_field_and_a_model_validator_at_its_object(self) -> None:
        guard = Guard.from_pydantic(list[Checked])
        outcome = guard.parse('[{"low":1,"high":2,"code":"abc"},{"low":2,"high":1,"code":"ABC"}]')
        assert {(f.path, f.validator) for f in outcome.failures} == {((0, "code"), "value"), ((1,), "value")}
        assert {f.message for f in outcome.failures} == {
            "upper case, please",
            "low is above high",
        }

    def test_they_are_asked_again_like_any_other(self) -> None:
        from railguard.testing import ScriptedModel

        model = ScriptedModel(['{"low":1,"high":2,"code":"abc"}', '{"code":"ABC"}'])
        outcome = Guard.from_pydantic(Checked)(model, messages=[{"role": "user", "content": "go"}])
        assert outcome.output == Checked(low=1, high=2, code="ABC")
        assert outcome.iterations[1].asked == (("code",),)

    def test_a_discriminated_union_names_the_field_of_the_case(self) -> None:
        class Owner(BaseModel):
            pet: Annotated[Union[Cat, Dog], Field(discriminator="kind")]  # noqa: UP007 - both spellings are read

        guard = Guard.from_pydantic(Owner)
        assert guard.parse('{"pet":{"kind":"dog","tricks":["sit"]}}').output.pet == Dog(kind="dog", tricks=["sit"])
        assert [f.path for f in guard.parse('{"pet":{"kind":"cat","lives":[]}}').failures] == [("pet", "lives")]
        outcome = guard.parse('{"pet":{"kind":"cow"}}')
        assert [f.path[:1] for f in outcome.failures] == [("pet",)]
        assert not outcome.passed

    def test_an_undiscriminated_union_fails_at_its_path(self) -> None:
        class Owner(BaseModel):
            pet: Cat | Dog | int

        outcome = Guard.from_pydantic(Owner).parse('{"pet":{"kind":"cow"}}')
        assert {f.path for f in outcome.failures} == {("pet",)}
