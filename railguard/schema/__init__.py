"""Floor 1: the tree of frozen nodes, and what is derived from it: JSON Schema, pydantic-core, paths.

nodes.py        the tree                                 json_schema.py  the tree as JSON Schema
members.py      what stands under a name                 targets.py      the dialects of it that providers enforce
edit.py         new trees from old ones                  pushing.py      which rules it can say
prune.py        the part that a path leads to            enforcement.py  where each rule is enforced
compile.py      the tree as a pydantic-core validator    structure.py    what is structurally wrong with a value
bounds.py       which checks its pass can do             locations.py    pydantic-core's places as paths
constraints.py  what a node demands beyond its type      formats.py      formats of text that are really checked
contradictions.py  what can never be satisfied or never fail
"""

from railguard.schema.nodes import (
    AnyNode,
    BooleanNode,
    Case,
    ChoiceNode,
    DateNode,
    DateTimeNode,
    EnumNode,
    Field,
    FloatNode,
    IntegerNode,
    ListNode,
    Node,
    NullNode,
    ObjectNode,
    PercentageNode,
    RefNode,
    Schema,
    StringNode,
    TimeNode,
    UnionNode,
    all_nodes,
    children,
)

__all__ = [
    "AnyNode",
    "BooleanNode",
    "Case",
    "ChoiceNode",
    "DateNode",
    "DateTimeNode",
    "EnumNode",
    "Field",
    "FloatNode",
    "IntegerNode",
    "ListNode",
    "Node",
    "NullNode",
    "ObjectNode",
    "PercentageNode",
    "RefNode",
    "Schema",
    "StringNode",
    "TimeNode",
    "UnionNode",
    "all_nodes",
    "children",
]
