"""Floor 1: the schema tree of frozen nodes, and everything derived from it: JSON Schema, pydantic-core, paths.

nodes.py          the tree                                 to_json_schema.py  the tree as JSON Schema
members.py        members by name                          targets.py         the dialects of it that providers enforce
edit.py           new trees from old ones                  pushing.py         which rules it can say
inline.py         references written out                   enforcement.py     where each rule is enforced
prune.py          the part that a path leads to            structure.py       what is structurally wrong with a value
compile.py        the tree as a pydantic-core validator    locations.py       pydantic-core's places as paths
matching.py       unions that it would try too often       formats.py         formats of text: one row a format
bounds.py         which checks its pass can do             constraints.py     what a node demands beyond its type
user_model.py     a user's own type, with our rules in it  contradictions.py  what can never be satisfied
lifting.py        an answer under a dialect as the tree's  references.py      recursive types, cut where they cannot end
core_schemas.py   pydantic's core schemas                  quick_model.py     a user's own type, made quick to accept
own_functions.py  a user's functions around our rules      observed.py        what a user's type does not say of an answer
dead_rules.py     rules that change nothing                emptiness.py       whether any text keeps several patterns
key_counts.py     the keys of a valid value
"""

from railguard.schema.nodes import (
    AnyNode,
    BooleanNode,
    ChoiceCase,
    ChoiceNode,
    EnumNode,
    Field,
    FloatNode,
    IntegerNode,
    LeafNode,
    ListNode,
    Node,
    NullNode,
    ObjectNode,
    RefNode,
    Schema,
    StringNode,
    UnionNode,
    all_nodes,
    child_nodes,
)

__all__ = [
    "AnyNode",
    "BooleanNode",
    "ChoiceCase",
    "ChoiceNode",
    "EnumNode",
    "Field",
    "FloatNode",
    "IntegerNode",
    "LeafNode",
    "ListNode",
    "Node",
    "NullNode",
    "ObjectNode",
    "RefNode",
    "Schema",
    "StringNode",
    "UnionNode",
    "all_nodes",
    "child_nodes",
]
