"""Whether a plain value is all that one node asks of it, and the nodes below: for the options of a union, and for a
value that a repair would put in place. The verdict over a whole answer is pydantic-core's, not this one.
"""

from __future__ import annotations

import math
from typing import Any

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
    Schema,
    UnionNode,
)
from railguard.schema.constraints import constraints

__all__ = ["is_sound"]


def is_sound(value: Any, node: Node, schema: Schema, *, bounds: bool = True) -> bool:
    """Whether the value is of the node's type and keeps its constraints. bounds: False looks at types and sets alone."""
    node = schema.resolve(node)
    if value is None and node.nullable:
        return True
    match node:
        case AnyNode():
            return not isinstance(value, float) or math.isfinite(value)
        case NullNode():
            return value is None
        case BooleanNode():
            return isinstance(value, bool)
        case UnionNode():
            return any(is_sound(value, option, schema, bounds=bounds) for option in node.options)
        case ChoiceNode():
            case = node.case(value)
            rest = {key: item for key, item in value.items() if key != node.discriminator} if case else None
            return case is not None and is_sound(rest, case.node, schema, bounds=bounds)
        case EnumNode():
            if not any(type(value) is type(one) and value == one for one in node.values):
                return False
        case IntegerNode():
            if not isinstance(value, int) or isinstance(value, bool):
                return False
        case FloatNode():
            if not isinstance(value, (int, float)) or isinstance(value, bool) or not math.isfinite(value):
                return False
        case ListNode():
            if not isinstance(value, list) or not all(is_sound(one, node.item, schema, bounds=bounds) for one in value):
                return False
        case ObjectNode():
            if not isinstance(value, dict) or not _fields_are_sound(value, node, schema, bounds):
                return False
        case _:
            if not isinstance(value, str):
                return False
    return not bounds or all(constraint.holds(value) for constraint in constraints(node))


def _fields_are_sound(value: dict[str, Any], node: ObjectNode, schema: Schema, bounds: bool) -> bool:
    known = set()
    for field in node.fields:
        known.add(field.name)
        if field.name not in value:
            if field.required:
                return False
        elif not is_sound(value[field.name], field.node, schema, bounds=bounds):
            return False
    extra = [item for key, item in value.items() if key not in known]
    return not extra or (node.extra is not None and all(is_sound(one, node.extra, schema, bounds=bounds) for one in extra))
