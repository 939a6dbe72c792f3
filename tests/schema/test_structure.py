"""What the structure accepts, node by node and at every depth, and what it says of what it rejects."""

import json
import math
from collections.abc import Callable
from typing import Annotated, Any, Literal, Union

import pytest
from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from railguard import Guard
from railguard.schema import (
    AnyNode,
    BooleanNode,
    ChoiceCase,
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
from railguard.schema.prune import NodeLookup
from railguard.schema.structure import _MOST_FLAWS as MOST_FLAWS
from railguard.schema.structure import (
    OF_TYPES,
    Structure,
    details_of,
    flaw_of,
    flawed_paths,
    flaws_of,
    scalars_out_of_bounds,
)
from railguard.sources.pydantic import schema_from_type
from railguard.values import UNSET, Path

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
            cases=(ChoiceCase("x", ObjectNode(fields=(Member("i", IntegerNode()),))), ChoiceCase("y", ObjectNode())),
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


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")
    x: int


class Disguised(BaseModel):
    """A model of whose members the tree knows less than the model does."""

    model_config = ConfigDict(extra="forbid")
    text: Annotated[Closed, WithJsonSchema({"type": "string"})]
    any: Annotated[Closed, WithJsonSchema({"type": "object"})]
    keys: dict[Annotated[str, StringConstraints(max_length=1)], int] = {}
    numbers: dict[int, int] = {}


NO_KEY = 'The key "ab" is not allowed; choose another. String should have at most 1 character'


@pytest.mark.parametrize(
    ("value", "flaws"),
    [
        (
            {"text": {"x": 1, "q": 1}, "any": {"x": 1, "q": 1}, "w": 1},
            [
                ("$.text.q", "additionalProperties", None, 1, "Extra inputs are not permitted"),
                ("$.any.q", "additionalProperties", None, 1, "Extra inputs are not permitted"),
                ("$.w", "additionalProperties", None, 1, "Extra inputs are not permitted"),
            ],
        ),
        (
            {"text": {}, "any": {}},
            [
                ("$.text.x", "required", None, UNSET, "Field required"),
                ("$.any.x", "required", AnyNode(), UNSET, "Field required"),
            ],
        ),
        (
            {"text": {"x": 1}, "any": {"x": 1}, "keys": {"ab": 1}, "numbers": {"1": []}},
            [
                ("$.keys", "propertyNames", "keys", {"ab": 1}, NO_KEY),
                ('$.numbers["1"]', "type", IntegerNode(), [], "Input should be a valid integer"),
            ],
        ),
    ],
)
def test_what_a_model_refuses_stands_where_the_json_has_it_also_where_the_tree_knows_less(
    value: Any, flaws: list[Any]
) -> None:
    schema = schema_from_type(Disguised)
    assert schema.user_model is not None
    with pytest.raises(ValidationError) as caught:
        schema.user_model.validator.validate_json(json.dumps(value))
    nodes = NodeLookup(schema, value)
    found = [flaw_of(schema, one, value, nodes, own=False) for one in caught.value.errors()]
    keys = next(field.node for field in schema.root.fields if field.name == "keys")  # type: ignore[attr-defined]
    assert [(str(one.path), one.keyword, one.node, one.value, one.message) for one in found] == [
        (path, keyword, keys if node == "keys" else node, there, message)
        for path, keyword, node, there, message in flaws
    ]


def test_of_too_many_flaws_the_whole_is_what_is_wrong() -> None:
    structure = Structure(Schema(root=ListNode(item=IntegerNode())))
    assert len(structure.flaws(["x"] * MOST_FLAWS)) == MOST_FLAWS
    [flaw] = structure.flaws(["x"] * (MOST_FLAWS + 1))
    assert (flaw.path, flaw.keyword, flaw.node) == ((), "flaws", structure.schema.root)
    assert flaw.message == f"It has {MOST_FLAWS + 1} structural flaws; write all of it anew."


CASES = ChoiceNode(
    discriminator="k",
    cases=(
        ChoiceCase("x", ObjectNode(fields=(Member("i", IntegerNode()), Member("o", IntegerNode(), required=False)))),
        ChoiceCase("y", ObjectNode()),
    ),
)
MEMBERS = ObjectNode(
    fields=(Member("a", StringNode()), Member("b", StringNode(), required=False), Member("c", ListNode(item=CASES))),
    extra=IntegerNode(),
)


@pytest.mark.parametrize(
    ("path", "state", "missing"),
    [
        ((), {}, ["a", "b", "c"]),
        ((), {"b": "", "z": 1}, ["a", "c"]),
        ((), [], []),
        (("c",), {"c": []}, []),
        (("c", 0), {"c": [{"k": "x", "o": 1}]}, ["i"]),
        (("c", 0), {"c": [{"k": "y"}]}, []),
        (("c", 0), {"c": [{"k": "z"}]}, []),
        (("c", 0), {"c": ["x"]}, []),
        (("z",), {"z": 1}, []),
        (("a", "b"), {"a": {}}, []),
    ],
)
def test_the_members_that_an_object_lacks(path: Any, state: Any, missing: list[str]) -> None:
    assert Structure(Schema(root=MEMBERS)).missing_fields(Path(path), state) == missing


@pytest.mark.parametrize(
    ("path", "required"),
    [
        ((), False),
        (("a",), True),
        (("b",), False),
        (("z",), False),
        (("c", 0), False),
        (("c", 0, "k"), True),
        (("c", 0, "i"), True),
        (("c", 0, "o"), False),
    ],
)
def test_what_an_object_cannot_do_without(path: Any, required: bool) -> None:
    assert Structure(Schema(root=MEMBERS)).is_required(Path(path), {"c": [{"k": "x"}]}) is required


def test_a_number_that_is_not_finite_is_told_once() -> None:
    root = ObjectNode(fields=(Member("f", FloatNode()), Member("a", AnyNode()), Member("n", AnyNode())))
    flaws = Structure(Schema(root=root)).flaws({"f": INF, "a": [0.5, [NAN], "x"], "n": 1.5})
    assert [(str(flaw.path), flaw.keyword) for flaw in flaws] == [("$.f", "type"), ("$.a[1][0]", "type")]


class TestWhatAnErrorIsAbout:
    class Item(BaseModel):
        model_config = ConfigDict(extra="forbid")
        number: Annotated[float, Field(le=5)]
        text: Annotated[str, Field(min_length=2)]

    def refused(self, value: Any, of: Any = Item) -> ValidationError:
        with pytest.raises(ValidationError) as caught:
            TypeAdapter(of).validate_json(json.dumps(value))
        return caught.value

    @pytest.mark.parametrize(
        "value", [{"number": "x", "text": 1}, {"number": 1}, {"number": 1, "text": "ab", "more": 1}, 7]
    )
    def test_types_alone(self, value: Any) -> None:
        error = self.refused(value)
        assert OF_TYPES.issuperset(detail["type"] for detail in details_of(error))
        assert scalars_out_of_bounds(error) is None

    def test_bounds_alone_name_the_values_that_break_them(self) -> None:
        error = self.refused({"number": 7, "text": "a"})
        assert scalars_out_of_bounds(error) == {7, "a"}

    @pytest.mark.parametrize("value", [{"number": "7", "text": "a"}, {"number": 7, "text": 1}])
    def test_a_value_that_was_converted_is_not_named(self, value: Any) -> None:
        assert scalars_out_of_bounds(self.refused(value)) is None

    def test_what_is_no_error_of_pydantic_or_says_too_much_tells_nothing(self) -> None:
        many = self.refused(["x"] * (MOST_FLAWS + 1), list[int])
        for error in (many, ValueError("no JSON"), RecursionError()):
            assert details_of(error) is None
            assert scalars_out_of_bounds(error) is None

    def test_the_paths_of_an_error_are_those_of_its_flaws(self) -> None:
        items = ListNode(item=ObjectNode(fields=(Member("a", IntegerNode()), Member("b", StringNode()))))
        schema = Schema(root=ObjectNode(fields=(Member("items", items),)))
        state = {"items": [{"a": "x", "c": 1}, 7, {"a": 1, "b": "y"}]}
        with pytest.raises(ValidationError) as caught:
            Structure(schema).core.validate_python(state)
        paths = flawed_paths(schema, caught.value, state)
        assert paths == [flaw.path for flaw in flaws_of(schema, caught.value, state)]
        assert len(paths) == 4
        many = {"items": [7] * (MOST_FLAWS + 1)}
        with pytest.raises(ValidationError) as caught:
            Structure(schema).core.validate_python(many)
        assert flawed_paths(schema, caught.value, many) == [()]
