"""New trees from old ones: rules added and taken out; a tree is never changed."""

from typing import Annotated

import pytest
from pydantic import BaseModel, WithJsonSchema

from railguard import Rule, SpecError, validator
from railguard.schema import (
    AnyNode,
    BooleanNode,
    ChoiceCase,
    ChoiceNode,
    EnumNode,
    Field,
    FloatNode,
    IntegerNode,
    ListNode,
    NullNode,
    ObjectNode,
    RefNode,
    Schema,
    StringNode,
    UnionNode,
)
from railguard.schema.edit import json_types, transform, with_rules, without_unknown
from railguard.sources.pydantic import schema_from_type


@validator("t-ed-any", replace=True)
def anything(value: object) -> None:
    """Anything."""


@validator("t-ed-text", replace=True)
def text(value: str) -> None:
    """Text."""


RULE = anything()
ROOT = ObjectNode(
    fields=(
        Field("a", StringNode(rules=(RULE,))),
        Field("l", ListNode(item=ObjectNode(fields=(Field("x y", IntegerNode()),)))),
        Field("t", RefNode(name="t")),
        Field(
            "c",
            ChoiceNode(
                discriminator="k",
                cases=(ChoiceCase("p", ObjectNode(fields=(Field("v", StringNode()),))), ChoiceCase("q", ObjectNode())),
            ),
        ),
    )
)
SCHEMA = Schema(
    root=ROOT,
    definitions={"t": ObjectNode(fields=(Field("n", StringNode()), Field("kids", ListNode(item=RefNode(name="t")))))},
)


def rules_at(schema: Schema, *path: str | None) -> tuple[Rule, ...]:
    node = schema.resolve(schema.root)
    for part in path:
        if part is None:
            assert isinstance(node, ListNode)
            node = schema.resolve(node.item)
        else:
            if isinstance(node, ChoiceNode):
                node = node.cases[0].node
            assert isinstance(node, ObjectNode)
            node = schema.resolve(next(field.node for field in node.fields if field.name == part))
    return node.rules


@pytest.mark.parametrize(
    ("on", "path"),
    [
        ("$", ()),
        ("$.a", ("a",)),
        ("$.l[*]", ("l", None)),
        ('$.l[*]["x y"]', ("l", None, "x y")),
        ("$.t.n", ("t", "n")),
        ("$.t.kids[*].n", ("t", "n")),
        ("$.c.v", ("c", "v")),
    ],
)
def test_rules_go_behind_those_there_are_and_the_old_tree_stays(on: str, path: tuple[str | None, ...]) -> None:
    before = rules_at(SCHEMA, *path)
    new = with_rules(SCHEMA, on, [anything(on_fail="noop")])
    assert rules_at(new, *path) == (*before, anything(on_fail="noop"))
    assert rules_at(SCHEMA, *path) == before


@pytest.mark.parametrize(
    "on", ["a", "$.b", "$.a.b", "$.a[*]", "$.l.x", "$.l[0]", "$.c.k", "$.c.w", "$.", "$$", "$.l[*"]
)
def test_no_such_place(on: str) -> None:
    with pytest.raises(SpecError) as caught:
        with_rules(SCHEMA, on, [RULE])
    assert caught.value.problems[0].code == "path"


def test_a_rule_must_serve_the_type() -> None:
    with pytest.raises(SpecError) as caught:
        with_rules(SCHEMA, "$.l", [text()])
    assert caught.value.problems[0].code == "validator-type"
    assert "array" in str(caught.value)


def test_types_of_nodes() -> None:
    assert json_types(StringNode()) == {"string"}
    assert json_types(FloatNode()) == {"number"}
    assert json_types(EnumNode(values=(1, "a", None, True, 1.5, [], {}))) == {
        "integer",
        "string",
        "null",
        "boolean",
        "number",
        "array",
        "object",
    }
    assert (
        json_types(UnionNode(options=(StringNode(),))) is json_types(AnyNode()) is json_types(RefNode(name="t")) is None
    )
    for node, name in [
        (NullNode(), "null"),
        (IntegerNode(), "integer"),
        (BooleanNode(), "boolean"),
        (ListNode(item=StringNode()), "array"),
        (ObjectNode(), "object"),
        (ChoiceNode(discriminator="k", cases=()), "object"),
    ]:
        assert json_types(node) == {name}


def test_rules_nobody_registered_are_taken_out_everywhere() -> None:
    unknown = Rule.unknown("nowhere", "nowhere: 1")
    schema = with_rules(with_rules(with_rules(SCHEMA, "$.a", [unknown]), "$.t.n", [unknown]), "$.c.v", [unknown])
    clean = without_unknown(schema)
    assert rules_at(clean, "a") == (RULE,)
    assert rules_at(clean, "t", "n") == rules_at(clean, "c", "v") == ()
    assert rules_at(schema, "t", "n") == (unknown,)


def test_transform_reaches_every_node() -> None:
    kinds: list[str] = []

    def look(node: object) -> object:
        kinds.append(type(node).__name__)
        return node

    union = UnionNode(options=(IntegerNode(), ListNode(item=StringNode())))
    transform(Schema(root=ObjectNode(fields=(Field("u", union),), extra=FloatNode())), look)  # type: ignore[arg-type]
    assert sorted(kinds) == ["FloatNode", "IntegerNode", "ListNode", "ObjectNode", "StringNode", "UnionNode"]


class Inner(BaseModel):
    x: int


class Disguised(BaseModel):
    """The tree holds a member of which the type's own schema has none."""

    inner: Annotated[Inner, WithJsonSchema({"type": "object", "properties": {"other": {"type": "string"}}})]
    x: int


def test_rules_are_added_to_a_model_where_its_own_schema_has_the_place() -> None:
    schema = schema_from_type(Disguised)
    added = with_rules(schema, "$.x", [RULE])
    assert rules_at(added, "x") == (RULE,)
    assert added.user_model is not None
    assert [site.rules for site in added.user_model.sites] == [(RULE,)]
    assert with_rules(schema, "$.x", []).user_model is schema.user_model
    with pytest.raises(
        SpecError, match=r"the type has no place for a rule at \$\.inner\.other: its step 2 leads nowhere"
    ):
        with_rules(schema, "$.inner.other", [RULE])
