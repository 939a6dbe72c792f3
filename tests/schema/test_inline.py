"""References written out: the same values pass, the tree stays small, and what recurses stays a reference."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from railguard import Guard
from railguard.schema import (
    ChoiceCase,
    ChoiceNode,
    Field,
    IntegerNode,
    ListNode,
    Node,
    ObjectNode,
    RefNode,
    Schema,
    StringNode,
    UnionNode,
    all_nodes,
)
from railguard.schema.compile import core_schema, core_validator
from railguard.schema.inline import MOST, components, inlined, recursive

NAMES = ("A", "B", "C", "D")


def nodes() -> st.SearchStrategy[Node]:
    leaves = st.one_of(
        st.just(IntegerNode()),
        st.just(StringNode(title="t")),
        st.builds(
            lambda name, nullable, title: RefNode(name=name, nullable=nullable, title=title),
            st.sampled_from(NAMES),
            st.booleans(),
            st.sampled_from([None, "own"]),
        ),
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(lambda item: ListNode(item=item), inner),
            st.builds(
                lambda a, b, extra: ObjectNode(fields=(Field("a", a), Field("b", b, False)), extra=extra),
                inner,
                inner,
                st.none() | inner,
            ),
            st.builds(lambda *options: UnionNode(options=options), inner, inner),
            st.builds(
                lambda a: ChoiceNode(
                    discriminator="k",
                    cases=(ChoiceCase("x", ObjectNode(fields=(Field("a", a),))), ChoiceCase("y", ObjectNode())),
                ),
                inner,
            ),
        ),
        max_leaves=4,
    )


def has_no_circle_of_references_alone(schema: Schema) -> bool:
    """Sources refuse a reference that leads to itself without a value in between."""

    def same_value(node: Node) -> set[str]:
        if isinstance(node, RefNode):
            return {node.name}
        return set().union(*map(same_value, node.options)) if isinstance(node, UnionNode) else set()

    below = {name: same_value(node) for name, node in schema.definitions.items()}
    for name in below:
        seen, todo = set(), [name]
        while todo:
            new = below[todo.pop()] - seen
            if name in new:
                return False
            seen |= new
            todo += new
    return True


schemas = st.builds(
    lambda root, *definitions: Schema(root=root, definitions=dict(zip(NAMES, definitions, strict=True))),
    nodes(),
    *[nodes()] * len(NAMES),
).filter(has_no_circle_of_references_alone)
values = st.recursive(
    st.none() | st.integers(0, 3) | st.sampled_from(["", "x"]) | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b", "k", "z"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def accepts(schema: Schema, value: Any) -> bool:
    try:
        core_validator(schema).validate_python(value)
    except ValueError:
        return False
    return True


def as_it_is(schema: Schema) -> Any:
    """The validator of a tree whose references are not written out."""
    from pydantic_core import SchemaValidator

    from railguard.schema.compile import _Compiler

    compiler = _Compiler(schema, False)
    definitions = [compiler.core(node) | {"ref": name} for name, node in schema.definitions.items()]
    return SchemaValidator({"type": "definitions", "schema": compiler.core(schema.root), "definitions": definitions})


@settings(max_examples=40, deadline=None)
@given(schemas, st.lists(values, min_size=1, max_size=8))
def test_the_same_values_pass_with_references_written_out(schema: Schema, samples: list[Any]) -> None:
    plain = as_it_is(schema)
    for sample in samples:
        try:
            plain.validate_python(sample)
            passes = True
        except ValueError:
            passes = False
        assert accepts(schema, sample) is passes


@settings(max_examples=40, deadline=None)
@given(schemas)
def test_what_does_not_recurse_is_written_out_within_the_bound(schema: Schema) -> None:
    written = inlined(schema)
    size, before = (sum(1 for _ in all_nodes(tree)) for tree in (written, schema))
    assert size <= MOST * before
    circular = recursive(schema.definitions)
    assert circular >= recursive(written.definitions)
    left = {node.name for node in all_nodes(written) if isinstance(node, RefNode)}
    assert left <= written.definitions.keys()
    if size < before:  # all of it fits, so only what recurses is left
        assert left <= circular


def test_a_definition_used_once_is_written_out_whatever_its_size() -> None:
    large = ObjectNode(fields=tuple(Field(f"f{number}", IntegerNode()) for number in range(500)))
    schema = Schema(root=ObjectNode(fields=(Field("a", RefNode(name="L")),)), definitions={"L": large})
    written = inlined(schema)
    assert written.definitions == {}
    assert isinstance(written.root, ObjectNode)
    assert written.root.fields[0].node is large


def test_a_reference_keeps_what_it_adds() -> None:
    reference = RefNode(name="S", nullable=True, description="here")
    schema = Schema(root=ListNode(item=reference), definitions={"S": StringNode(title="S", max_length=3)})
    assert inlined(schema).root == ListNode(item=StringNode(title="S", max_length=3, nullable=True, description="here"))


def test_definitions_that_double_at_each_level_stay_small() -> None:
    definitions: dict[str, Node] = {"d0": IntegerNode()}
    for level in range(1, 40):
        below = RefNode(name=f"d{level - 1}")
        definitions[f"d{level}"] = ObjectNode(fields=(Field("a", below), Field("b", below)))
    schema = Schema(root=RefNode(name="d39"), definitions=definitions)
    assert sum(1 for _ in all_nodes(inlined(schema))) <= MOST * sum(1 for _ in all_nodes(schema))
    assert len(json.dumps(core_schema(schema))) < 50_000


def test_a_long_chain_of_references_costs_no_stack() -> None:
    definitions: dict[str, Node] = {f"d{n}": ListNode(item=RefNode(name=f"d{n + 1}")) for n in range(3000)}
    definitions["d3000"] = IntegerNode()
    schema = Schema(root=RefNode(name="d0"), definitions=definitions)
    assert accepts(schema, [[[]]])
    assert not accepts(schema, [[[1]]])


def test_a_guard_of_a_long_chain_of_references_checks_what_its_values_reach() -> None:
    document: dict[str, Any] = {"$ref": "#/$defs/d0", "$defs": {}}
    for number in range(1000):
        document["$defs"][f"d{number}"] = {"type": "array", "items": {"$ref": f"#/$defs/d{number + 1}"}, "maxItems": 2}
    document["$defs"]["d1000"] = {"type": "integer"}
    guard = Guard.from_json_schema(document)
    deep = "[" * 100 + "]" * 100
    assert guard.parse(deep).passed
    assert [f.validator for f in guard.parse(deep.replace("[]", "[[],[],[]]")).failures] == ["maxItems"]


def test_components_come_before_what_needs_them() -> None:
    definitions: dict[str, Node] = {
        "a": RefNode(name="b"),
        "b": ListNode(item=RefNode(name="c")),
        "c": ListNode(item=UnionNode(options=(RefNode(name="b"), RefNode(name="d")))),
        "d": IntegerNode(),
    }
    assert components(definitions) == [frozenset({"d"}), frozenset({"b", "c"}), frozenset({"a"})]
    assert recursive(definitions) == {"b", "c"}
