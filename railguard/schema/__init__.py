"""Floor 1: the tree of frozen nodes, and what is derived from it: JSON Schema, pydantic-core, paths.

nodes.py        the tree                                 json_schema.py  the tree as JSON Schema
members.py      what stands under a name                 targets.py      the dialects of it that providers enforce
edit.py         new trees from old ones                  pushing.py      which rules it can say
inline.py       references written out                   enforcement.py  where each rule is enforced
prune.py        the part that a path leads to            structure.py    what is structurally wrong with a value
compile.py      the tree as a pydantic-core validator    locations.py    pydantic-core's places as paths
matching.py     unions that it would try too often       formats.py      formats of text: one row a format
bounds.py       which checks its pass can do             constraints.py  what a node demands beyond its type
user_model.py   a user's own type, with our rules in it  contradictions.py  what can never be satisfied or never fail
lifting.py      an answer under a dialect as the tree's  references.py  recursive types, cut where they cannot end
"""

from railguard.schema.nodes import (
    AnyNode,
    BooleanNode,
    Case,
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
    children,
)

__all__ = [
    "AnyNode",
    "BooleanNode",
    "Case",
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
    "children",
]
