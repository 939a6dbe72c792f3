import datetime
import decimal
import enum
import json
import pickle
import warnings
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any, Generic, Literal, TypeVar

import pytest
from annotated_types import Predicate
from pydantic import (
    AfterValidator,
    AliasChoices,
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Json,
    PlainValidator,
    RootModel,
    SecretStr,
    TypeAdapter,
    WithJsonSchema,
)
from typing_extensions import TypeAliasType, TypedDict

from railguard.errors import SpecError
from railguard.schema import (
    AnyNode,
    BooleanNode,
    ChoiceNode,
    EnumNode,
    FloatNode,
    IntegerNode,
    ListNode,
    Node,
    NullNode,
    ObjectNode,
    RefNode,
    StringNode,
    UnionNode,
)
from railguard.sources.pydantic import schema_from_type, spec_from_pydantic
from railguard.validation import Rule
from railguard.validation.declaration import declaration
from railguard.values import UNSET, Limits


def _text(value: str, *, n: int = 0) -> None: ...
def _whole(value: int, *, n: int = 0) -> None: ...
def _object(value: dict[str, Any], *, n: int = 0) -> None: ...
def _items(value: list[Any], *, n: int = 0) -> None: ...
def _any(value: Any, *, n: int = 0) -> str:
    return "no"


async def _later(value: Any, *, n: int = 0) -> str:
    return "no"


text = declaration("text", _text)
whole = declaration("whole", _whole)
obj = declaration("obj", _object)
items = declaration("items", _items)
anything = declaration("anything", _any)
later = declaration("later", _later)


def numbers(node: Node) -> list[int]:
    return [rule.arguments["n"] for rule in node.rules]


def members(tp: Any) -> dict[str, Any]:
    root = schema_from_type(tp).root
    assert isinstance(root, ObjectNode)
    return {member.name: member.node for member in root.fields}


def refusal(tp: Any) -> str:
    with pytest.raises(SpecError) as caught:
        schema_from_type(tp)
    return str(caught.value)


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Address(BaseModel):
    street: Annotated[str, text(n=1), text(n=2)]


class Tree(BaseModel):
    value: Annotated[int, whole(n=20)] = 0
    kids: list["Tree"] = []


class Cat(BaseModel):
    kind: Literal["cat"]
    name: Annotated[str, text(n=40)]
    friend: Annotated["Cat | Dog", Field(discriminator="kind")] | None = None


class Dog(BaseModel):
    kind: Literal["dog", "wolf"]
    age: int


class Pair(TypedDict):
    a: Annotated[int, whole(n=6)]


@dataclass
class Point:
    x: int
    names: list[str] = field(default_factory=list)


T = TypeVar("T")


class Box(BaseModel, Generic[T]):
    value: T


class Names(RootModel[list[Annotated[str, text(n=7)]]]):
    pass


Alias = Annotated[str, text(n=3)]
Named = TypeAliasType("Named", Annotated[list[Annotated[int, whole(n=4)]], items(n=5)])


def test_the_types_of_fields_become_nodes() -> None:
    class Model(BaseModel):
        s: str
        i: int
        f: float
        b: bool
        none: None
        anything: Any
        items: list[int]
        by_key: dict[str, int]
        day: datetime.date
        moment: datetime.datetime
        hour: datetime.time
        amount: decimal.Decimal
        colour: Colour
        one_of: Literal[1, "a", None]
        pair: tuple[int, str]
        same: tuple[int, int]
        some: set[int]
        text: Json[list[int]]
        data: bytes

    nodes = members(Model)
    assert nodes["s"] == StringNode()
    assert nodes["i"] == IntegerNode()
    assert nodes["f"] == FloatNode()
    assert nodes["b"] == BooleanNode()
    assert nodes["none"] == NullNode()
    assert nodes["anything"] == AnyNode()
    assert nodes["items"] == ListNode(item=IntegerNode())
    assert nodes["by_key"] == ObjectNode(extra=IntegerNode())
    assert nodes["day"] == StringNode(format="date")
    assert nodes["moment"] == StringNode(format="date-time")
    assert nodes["hour"] == StringNode(format="time")
    assert isinstance(nodes["amount"], UnionNode)
    assert nodes["colour"] == RefNode(name="Colour")
    assert nodes["one_of"] == EnumNode(values=(1, "a"), nullable=True)
    assert nodes["pair"] == ListNode(item=UnionNode(options=(IntegerNode(), StringNode())), min_items=2, max_items=2)
    assert nodes["same"] == ListNode(item=IntegerNode(), min_items=2, max_items=2)
    assert nodes["some"] == ListNode(item=IntegerNode(), unique=True)
    assert nodes["text"] == StringNode()
    assert nodes["data"] == StringNode(hint="binary")


def test_constraints_words_and_defaults_of_fields_are_kept() -> None:
    class Model(BaseModel):
        """What it is."""

        name: str = Field(description="who", examples=["Ann"], min_length=1, max_length=9, pattern="^A")
        age: int = Field(7, ge=1, lt=9)
        made: list[int] = Field(default_factory=list)
        odd: Any = object()
        maybe: str | None = None

    root = schema_from_type(Model).root
    assert isinstance(root, ObjectNode)
    assert (root.title, root.description, root.extra) == ("Model", "What it is.", None)
    name, age, made, odd, maybe = root.fields
    assert name.required
    assert name.node == StringNode(description="who", examples=("Ann",), min_length=1, max_length=9, pattern="^A")
    assert (age.required, age.default) == (False, 7)
    assert age.node == IntegerNode(minimum=1, exclusive_maximum=9)
    assert (made.required, made.default) == (False, UNSET)
    assert (odd.required, odd.default) == (False, UNSET)
    assert (maybe.node, maybe.default) == (StringNode(nullable=True), None)


def test_a_pattern_in_another_dialect_is_told_and_left_to_the_model() -> None:
    class Model(BaseModel, regex_engine="python-re"):
        word: Annotated[str, Field(pattern=r"(?<=b)a")]

    assert members(Model)["word"] == StringNode(hint="matches (?<=b)a")


def test_the_users_validator_stays_the_judge() -> None:
    schema = schema_from_type(Tree)
    assert schema.source is Tree
    assert schema.user_model.validator.validate_json('{"value": "3"}') == Tree(value=3)
    assert schema_from_type(list[int]).user_model.validator.validate_json("[1]") == [1]


@pytest.mark.parametrize(
    "tp", [Pair, Point, Box[int], Names, list[Tree], Annotated[int, Field(gt=3)], Cat | Dog | None]
)
def test_whatever_a_type_adapter_takes_is_taken(tp: Any) -> None:
    assert schema_from_type(tp).user_model is not None


def test_unknown_keys_are_told_by_extra_as_the_model_would_keep_them() -> None:
    class Keeps(BaseModel, extra="allow"):
        a: int

    class KeepsNumbers(BaseModel, extra="allow"):
        __pydantic_extra__: dict[str, int]

    class Refuses(BaseModel, extra="forbid"):
        a: int

    extras = [schema_from_type(tp).root.extra for tp in (Keeps, KeepsNumbers, Refuses, Dog, Point, Pair)]  # type: ignore[attr-defined]
    assert extras == [AnyNode(), IntegerNode(), None, None, None, None]


def test_fields_have_their_json_names() -> None:
    class Model(BaseModel):
        a: int = Field(alias="camelCase")
        b: int = Field(validation_alias=AliasChoices(AliasPath("x", 0), "first", "second"))

    class ByName(BaseModel):
        model_config = ConfigDict(validate_by_name=True, validate_by_alias=False)
        a: int = Field(alias="camelCase")

    class ByBoth(BaseModel):
        model_config = ConfigDict(validate_by_name=True)
        a: int = Field(validation_alias=AliasPath("x", 0))

    assert list(members(Model)) == ["camelCase", "first"]
    assert list(members(ByName)) == ["a"]
    assert list(members(ByBoth)) == ["a"]


def test_an_alias_that_is_a_path_is_refused_with_the_fields_name() -> None:
    class Deep(BaseModel):
        a: int = Field(validation_alias=AliasPath("x", 0))

    class Outer(BaseModel):
        deep: list[Deep]

    assert "Deep.a has an alias that is a path" in refusal(Outer)


def test_a_discriminated_union_is_a_choice_and_a_recursive_one_a_definition() -> None:
    schema = schema_from_type(Annotated[Cat | Dog, Field(discriminator="kind")])
    assert isinstance(schema.root, ChoiceNode)
    assert [case.value for case in schema.root.cases] == ["cat", "dog", "wolf"]
    cat = schema.root.cases[0].node
    assert [member.node for member in cat.fields][1] == RefNode(name="Cat_or_Dog", nullable=True)
    assert list(schema.definitions) == ["Cat_or_Dog"]


def test_rules_stand_where_they_are_annotated() -> None:
    class Model(BaseModel):
        plain: Alias
        named: Named
        maybe: Annotated[str, text(n=8)] | None = None
        maybe_outside: Annotated[str | None, text(n=9)] = Field(None, description="x")
        by_key: dict[str, Annotated[int, whole(n=11)]]
        either: Annotated[int, whole(n=12)] | Annotated[str, text(n=13)]
        replaced: Annotated[str, text(n=14), WithJsonSchema({"type": "string"})]
        ordered: Annotated[str, text(n=16), Field(description="d", max_length=3), text(n=17)] = "x"
        address: Address
        ruled: Annotated[Address, obj(n=18), Field(description="desc")]
        tree: Annotated[Tree, obj(n=21)]
        other_tree: Tree
        addresses: Annotated[list[Annotated[Address, obj(n=22)]], items(n=23)]
        maybe_address: Annotated[Address, obj(n=24)] | None = None
        made: Annotated[str, text(n=25)] = Field(default_factory=str)
        pair: Pair
        names: Names
        box: Box[Annotated[str, text(n=26)]]
        before: Annotated[str, BeforeValidator(lambda value: value), text(n=27)]

    before = json.dumps(Model.model_json_schema())
    schema = schema_from_type(Model)
    root = schema.root
    assert isinstance(root, ObjectNode)
    nodes = {member.name: member.node for member in root.fields}
    found = {name: numbers(node) for name, node in nodes.items()}
    assert found == {
        "plain": [3],
        "named": [],
        "maybe": [8],
        "maybe_outside": [9],
        "by_key": [],
        "either": [],
        "replaced": [14],
        "ordered": [16, 17],
        "address": [],
        "ruled": [18],
        "tree": [21],
        "other_tree": [],
        "addresses": [23],
        "maybe_address": [24],
        "made": [25],
        "pair": [],
        "names": [],
        "box": [],
        "before": [27],
    }
    definitions = schema.definitions
    assert numbers(definitions["Named"]) == [5]
    assert numbers(definitions["Named"].item) == [4]  # type: ignore[attr-defined]
    assert numbers(nodes["by_key"].extra) == [11]  # type: ignore[attr-defined]
    assert [numbers(option) for option in nodes["either"].options] == [[12], [13]]  # type: ignore[attr-defined]
    assert numbers(nodes["addresses"].item) == [22]  # type: ignore[attr-defined]
    assert numbers(definitions["Address"].fields[0].node) == [1, 2]  # type: ignore[attr-defined]
    assert numbers(definitions["Tree"]) == []
    assert numbers(definitions["Tree"].fields[0].node) == [20]  # type: ignore[attr-defined]
    assert numbers(definitions["Pair"].fields[0].node) == [6]  # type: ignore[attr-defined]
    assert numbers(definitions["Names"].item) == [7]  # type: ignore[attr-defined]
    assert json.dumps(Model.model_json_schema()) == before
    assert "railguard" not in before
    assert Model.model_validate_json


def test_rules_on_the_whole_type_and_on_one_case_of_a_choice_are_kept() -> None:
    assert numbers(schema_from_type(Annotated[Tree, obj(n=1)]).root) == [1]
    assert numbers(schema_from_type(Annotated[list[int], items(n=2)]).root) == [2]
    assert numbers(schema_from_type(Named).root) == [5]
    renamed = TypeAliasType("renamed", Annotated[Named, items(n=6)])
    further = TypeAliasType("further", Annotated[renamed, items(n=7)])
    assert numbers(schema_from_type(Annotated[further, items(n=8)]).root) == [5, 6, 7, 8]
    written = WithJsonSchema({"allOf": [{"type": "integer"}, {"minimum": 1}]})
    assert numbers(schema_from_type(Annotated[int, whole(n=1), written, whole(n=2)]).root) == [1, 2]
    either = Annotated[Annotated[Address, obj(n=1)] | Annotated[Address, obj(n=2)], obj(n=3)]
    assert numbers(schema_from_type(either).root) == [3]
    root = schema_from_type(Annotated[Annotated[Cat, obj(n=3)] | Dog, Field(discriminator="kind")]).root
    assert isinstance(root, ChoiceNode)
    assert [numbers(case.node) for case in root.cases] == [[3], [], []]
    listed = schema_from_type(list[Annotated[Annotated[Cat, obj(n=3)] | Dog, Field(discriminator="kind")]])
    assert "Cat_or_Dog" in listed.definitions


def test_one_rule_object_may_be_used_twice_and_one_model_too() -> None:
    rule = text(n=1)

    class Model(BaseModel):
        a: Annotated[str, rule]
        b: Annotated[str, rule]
        c: Annotated[Address, obj(n=2)]
        d: Address

    assert {name: numbers(node) for name, node in members(Model).items()} == {"a": [1], "b": [1], "c": [2], "d": []}
    assert members(Model) == members(Model)


def test_annotating_changes_nothing_about_validation() -> None:
    assert TypeAdapter(Annotated[Address, obj()]).validate_python({"street": "x"}) == Address(street="x")


def test_a_rule_inside_optional_does_not_see_null() -> None:
    import asyncio

    class Model(BaseModel):
        inside: Annotated[str, anything()] | None = None
        outside: Annotated[str | None, anything()] = None
        asked: Annotated[str, later()] | None = None

    nodes = members(Model)
    assert nodes["inside"].rules[0].run(None) is None
    assert nodes["inside"].rules[0].run("x") == "no"
    assert nodes["outside"].rules[0].run(None) == "no"
    assert asyncio.run(nodes["asked"].rules[0].run(None)) is None
    assert asyncio.run(nodes["asked"].rules[0].run("x")) == "no"


@pytest.mark.parametrize(
    ("annotation", "where"),
    [
        (Annotated[int, text()], "$.fields.x"),
        (list[Annotated[float, whole()]], "$.fields.x[*]"),
        (Annotated[Address, items()], "$.fields.x"),
        (Annotated[Address | list[int], text()], "$.fields.x"),
        (Annotated[Colour, whole()], "$.fields.x"),
        (Annotated[bool, text()], "$.fields.x"),
        (Annotated[None, text()], "$.fields.x"),
        (Annotated[str, whole()] | None, "$.fields.x"),
        (Annotated[Tree | None, text()], "$.fields.x"),
    ],
)
def test_a_rule_on_a_type_it_does_not_serve_is_refused_with_the_field(annotation: Any, where: str) -> None:
    namespace = {"__annotations__": {"x": annotation}, "__module__": __name__}
    model = type("Inner", (BaseModel,), namespace)
    outer = type("Outer", (BaseModel,), {"__annotations__": {"fields": model}, "__module__": __name__})
    message = refusal(outer)
    assert "rule-type" in message
    assert f"at {where.replace('$.fields', 'Inner')}: " in message


def test_a_rule_serves_anything_and_an_unregistered_rule_is_not_judged() -> None:
    assert numbers(members(type("M", (BaseModel,), {"__annotations__": {"x": Annotated[Any, text(n=1)]}}))["x"]) == [1]
    unknown = Rule.unknown("nobody", "nobody")
    root = schema_from_type(Annotated[int, unknown]).root
    assert [rule.name for rule in root.rules] == ["nobody"]


@pytest.mark.parametrize(
    ("annotation", "where"),
    [
        (Annotated[str, text(n=1), BeforeValidator(str, json_schema_input_type=int)], "Model.x"),
        (Annotated[str, text(n=1), PlainValidator(str)], "Model.x"),
    ],
)
def test_a_rule_that_another_annotation_hides_is_refused(annotation: Any, where: str) -> None:
    model = type("Model", (BaseModel,), {"__annotations__": {"x": annotation}, "__module__": __name__})
    message = refusal(model)
    assert f"at {where}: the rule 'text: n=1' is hidden" in message
    assert "hint: put the rule last" in message


def test_a_hidden_rule_on_a_whole_type_is_refused_too() -> None:
    assert "the rule 'text: n=1' is hidden" in refusal(
        Annotated[str, text(n=1), BeforeValidator(str, json_schema_input_type=int)]
    )
    hidden = Annotated[str, text(n=1), BeforeValidator(str, json_schema_input_type=int)]

    class Typed(TypedDict):
        a: hidden  # type: ignore[valid-type]  # a variable

    assert "at Typed.a: " in refusal(Typed)


@pytest.mark.parametrize("annotation", [dict[Annotated[str, text(n=1)], int], tuple[Annotated[str, text(n=1)], int]])
def test_a_rule_on_a_key_or_on_one_position_of_a_tuple_is_refused(annotation: Any) -> None:
    model = type("Model", (BaseModel,), {"__annotations__": {"x": annotation}, "__module__": __name__})
    assert "rule-place" in refusal(model)
    assert "$.x" in refusal(model)


def test_keys_with_a_pattern_keep_the_values_type() -> None:
    root = schema_from_type(dict[Annotated[str, Field(pattern="^a")], int]).root
    assert root == ObjectNode(extra=IntegerNode(), names=StringNode(pattern="^a"))


def test_what_has_no_json_form_is_refused_with_the_fields_name() -> None:
    class Bad(BaseModel):
        ok: int
        call: list[Callable[[], int]]

    class Outer(BaseModel):
        bad: Bad

    @dataclass
    class Data:
        call: Callable[[], int]

    class Typed(TypedDict):
        call: Callable[[], int]

    assert "Bad.call has no JSON form" in refusal(Outer)
    assert "Data.call has no JSON form" in refusal(Data)
    assert "Typed.call has no JSON form" in refusal(Typed)
    assert "has no JSON form" in refusal(Callable[[], int])
    assert schema_from_type(int | Callable[[], int]).root == IntegerNode()


def test_what_pydantic_cannot_validate_is_refused() -> None:
    class Nothing: ...

    assert "pydantic cannot validate Nothing" in refusal(Nothing)
    unfinished = type("Unfinished", (BaseModel,), {"__annotations__": {"x": "Undefined"}, "__module__": __name__})
    assert "pydantic cannot validate Unfinished" in refusal(unfinished)


def test_a_json_schema_of_the_users_own_that_cannot_be_read_is_refused() -> None:
    assert "json-schema" in refusal(Annotated[int, WithJsonSchema({"type": "whole"})])
    assert (
        schema_from_type(Annotated[int, WithJsonSchema({"type": "integer", "not": {"const": 3}})]).root == IntegerNode()
    )


def test_a_spec_of_a_model_has_its_name_messages_and_limits() -> None:
    limits = Limits(depth=3)
    spec = spec_from_pydantic(Tree, messages=[{"role": "system", "content": "Hi."}], repair="syntax", limits=limits)
    assert (spec.name, spec.repair, spec.limits) == ("Tree", "syntax", limits)
    assert [message.role for message in spec.messages] == ["system"]
    assert spec_from_pydantic(list[int]).limits == Limits()


def test_an_option_of_a_union_that_appears_twice_is_judged_once() -> None:
    listed = Annotated[list[Address] | Annotated[Address, obj(n=1)] | Annotated[Address, obj(n=2)] | int, whole(n=3)]
    assert numbers(schema_from_type(listed).root) == [3]


def _noted(**note: Any) -> type[BaseModel]:
    class Inner(BaseModel):
        word: str = Field(**note)

    class Outer(BaseModel):
        inner: list[Inner]

    return Outer


@pytest.mark.parametrize(
    "note",
    [
        {"json_schema_extra": {"validators": ["two-words"]}},
        {"json_schema_extra": {"validators": [object()]}},
        {"json_schema_extra": {"validators": "two-words"}},
    ],
)
def test_rules_where_other_libraries_take_them_are_refused_with_the_right_place(note: dict[str, Any]) -> None:
    with pytest.raises(SpecError) as caught:
        schema_from_type(_noted(**note))
    (problem,) = caught.value.problems
    assert problem.code == "rule-place"
    assert "Inner.word: rules in Field(validators=…) would never run" in problem.message
    assert "Annotated[" in (problem.hint or "")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_rules_as_an_extra_keyword_of_field_are_refused_too() -> None:
    with pytest.raises(SpecError, match="rule-place"):
        schema_from_type(_noted(validators=["two-words"]))

    @dataclass
    class Plain:
        word: str = Field(validators=["two-words"])  # type: ignore[call-overload] # pydantic takes it with a warning

    with pytest.raises(SpecError, match="rule-place"):
        schema_from_type(Plain)


def test_rules_as_a_note_of_a_typed_dict_are_refused_too() -> None:
    class Plain(TypedDict):
        word: Annotated[str, Field(json_schema_extra={"validators": ["two-words"]})]

    with pytest.raises(SpecError, match="rule-place"):
        schema_from_type(Plain)


def test_a_member_that_is_called_validators_is_no_rule() -> None:
    class Plugin(BaseModel):
        validators: list[str] = ["a"]
        extra: dict[str, Any] = Field(default={"validators": 1}, examples=[{"validators": 2}])

    assert {field.name for field in schema_from_type(Plugin).root.fields} == {"validators", "extra"}  # type: ignore[attr-defined]


class Called:
    def __call__(self, value: Any) -> Any:
        return value


def _scaled(value: int, by: int) -> int:
    return value * by


class Initialised(BaseModel):
    def __init__(self, **values: Any) -> None:
        super().__init__(**values)


class LookedAt(BaseModel):
    a: int
    _seen: bool = False

    def model_post_init(self, context: Any) -> None:
        self._seen = True


class Private(BaseModel):
    a: int
    _seen: bool = False


@dataclass
class PostInit:
    a: int

    def __post_init__(self) -> None:
        assert self.a


@pytest.mark.parametrize(
    ("tp", "names"),
    [
        (Annotated[int, AfterValidator(abs)], ("abs",)),
        (Annotated[str, BeforeValidator(str.strip)], ("str.strip",)),
        (list[Annotated[int, AfterValidator(partial(_scaled, by=2))]], ("_scaled",)),
        (dict[str, Annotated[int, AfterValidator(Called())]], ("Called",)),
        (Annotated[str, Predicate(str.islower)], ("the function of a Predicate",)),
        (Initialised, ("Initialised.__init__",)),
        (LookedAt, ("LookedAt.model_post_init",)),
        (PostInit, ("PostInit.__post_init__",)),
        (Private, ()),
        (Point, ()),
        (SecretStr, ()),
        (defaultdict[str, list[int]], ()),
        (Annotated[Sequence[int], Field(min_length=1)], ()),
        (Annotated[str, text(n=1)], ()),
        (datetime.date, ()),
    ],
)
def test_the_functions_of_the_users_own_are_told_from_pydantics(tp: Any, names: tuple[str, ...]) -> None:
    assert schema_from_type(tp).own_checks == names


def test_the_functions_in_a_pipeline_are_the_users_own() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some versions warn that it is experimental
        from pydantic.experimental.pipeline import validate_as
    assert schema_from_type(Annotated[int, validate_as(int).transform(abs)]).own_checks == ("abs",)
    [name] = schema_from_type(Annotated[int, validate_as(int).predicate(bool)]).own_checks
    assert "predicate" in name


def test_the_judge_of_a_type_is_made_again_where_it_is_pickled_to() -> None:
    judge = schema_from_type(Address).user_model
    assert judge is not None
    again = pickle.loads(pickle.dumps(judge))
    assert again.validator.validate_json('{"street": "Long Lane"}') == Address(street="Long Lane")
