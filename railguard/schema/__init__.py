"""Floor 1: the tree of frozen nodes, and what is derived from it: JSON Schema, pydantic-core, paths.

nodes.py        the tree                                 json_schema.py  the tree as JSON Schema
members.py      what stands under a name                 targets.py      the dialects of it that providers enforce
edit.py         new trees from old ones                  pushing.py      which rules it can say
prune.py        the part that a path leads to            enforcement.py  where each rule is enforced
compile.py      the tree as a pydantic-core validator    structure.py    what is structurally wrong with a value
bounds.py       which checks its pass can do             locations.py    pydantic-core's places as paths
constraints.py  what a node demands beyond its type      formats.py      formats of text that are really checked
user_model.py   a user's own type, our rules in it
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
