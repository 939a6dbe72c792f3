"""Compiles the tree to a pydantic-core validator: one pass in Rust decides whether the structure is valid.

Strict mode is set on every node, because a TypedDict does not inherit it. So every leniency is a recorded repair. The
rejecting validator only knows JSON types, required fields, unknown keys and tags, so that no error hides another one;
the accepting validator may also check the bounds from `bounds.py`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, assert_never

from railguard.schema.bounds import bounds_of, of_integers
from railguard.schema.inline import inlined
from railguard.schema.matching import Matcher, deep_unions
from railguard.schema.nodes import (
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
    Schema,
    StringNode,
    UnionNode,
    all_nodes,
    child_nodes,
)

if TYPE_CHECKING:
    from pydantic_core import SchemaValidator

__all__ = ["bounded_depth", "core_schema", "core_validator", "has_wide_objects"]


def core_validator(schema: Schema, *, bounds: bool = False) -> SchemaValidator:
    """Return the validator of a tree: plain data in (JSON text or Python values), plain data out, fields in the tree's
    order.

    bounds: whether it also checks the bounds from `bounds.py`; such a validator is for accepting only.
    """
    from pydantic_core import SchemaValidator

    return SchemaValidator(core_schema(schema, bounds=bounds))


def core_schema(schema: Schema, *, bounds: bool = False) -> Any:
    """Return the tree as pydantic-core's schema, with the definitions that it uses."""
    schema = inlined(schema)
    compiler = _Compiler(schema, bounds)
    root = compiler.core(schema.root)
    if not schema.definitions:
        return root
    definitions = [compiler.core(node) | {"ref": name} for name, node in schema.definitions.items()]
    return {"type": "definitions", "schema": root, "definitions": definitions}


@lru_cache(maxsize=256)
def has_wide_objects(schema: Schema) -> bool:
    """Whether an object has so many fields that pydantic-core reads its JSON text in quadratic time, but not its plain
    data.
    """
    return any(isinstance(node, ObjectNode) and len(node.fields) > _WIDE for node in all_nodes(schema))


_WIDE = 200


class _Compiler:
    def __init__(self, schema: Schema, bounds: bool) -> None:
        self.bounds = bounds
        self.deep = deep_unions(schema)
        self.matcher = Matcher(schema, bounds=bounds)

    def core(self, node: Node) -> dict[str, Any]:
        plain = _not_null(node, self)
        return {"type": "nullable", "schema": plain, "strict": True} if node.nullable else plain

    def bounded(self, node: Node, plain: dict[str, Any]) -> dict[str, Any]:
        """Return the core schema of a node with the bounds that pydantic-core can check."""
        bounds = bounds_of(node).core if self.bounds else {}
        return bounds if "type" in bounds else plain | bounds


def _not_null(node: Node, compiler: _Compiler) -> dict[str, Any]:
    match node:
        case AnyNode():
            return {"type": "any"}
        case NullNode():
            return {"type": "none"}
        case IntegerNode():
            return compiler.bounded(node, {"type": "int", "strict": True})
        case FloatNode():
            return _number(compiler.bounded(node, {"type": "float", "strict": True, "allow_inf_nan": False}))
        case BooleanNode():
            return {"type": "bool", "strict": True}
        case EnumNode(values=values):
            if all(isinstance(value, str) for value in values):
                return {"type": "literal", "expected": list(values)}
            return {"type": "any"}
        case ListNode():
            return compiler.bounded(node, {"type": "list", "strict": True, "items_schema": compiler.core(node.item)})
        case ObjectNode():
            return _object(node, compiler)
        case ChoiceNode():
            return {
                "type": "tagged-union",
                "strict": True,
                "discriminator": node.discriminator,
                "choices": {
                    case.value: _object(case.node, compiler, tag=(node.discriminator, case.value))
                    for case in node.cases
                },
            }
        case UnionNode() if id(node) in compiler.deep:
            function = compiler.matcher.function(node)
            return {"type": "function-plain", "function": {"type": "no-info", "function": function}}
        case UnionNode():
            options = [(compiler.core(option), f"#{number}") for number, option in enumerate(node.options)]
            return {"type": "union", "mode": "smart", "choices": options}
        case RefNode():
            return {"type": "definition-ref", "schema_ref": node.name}
        case StringNode():
            return compiler.bounded(node, {"type": "str", "strict": True})
        case _:
            assert_never(node)


def _number(core: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a number: an integer stays an integer, however large, and is never rounded to a float."""
    bounds = {name: bound for name, bound in core.items() if name in ("ge", "gt", "le", "lt")}
    whole = {"type": "int", "strict": True, **of_integers(bounds)}
    return {"type": "union", "mode": "left_to_right", "choices": [whole, core]}


def _object(node: ObjectNode, compiler: _Compiler, tag: tuple[str, str] | None = None) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if tag is not None:
        fields[tag[0]] = {
            "type": "typed-dict-field",
            "schema": {"type": "literal", "expected": [tag[1]]},
            "required": True,
        }
    for field in node.fields:
        fields[field.name] = {
            "type": "typed-dict-field",
            "schema": compiler.core(field.node),
            "required": field.required,
        }
    core: dict[str, Any] = {"type": "typed-dict", "strict": True, "fields": fields, "extra_behavior": "forbid"}
    if node.extra is not None:
        core["extra_behavior"] = "allow"
        if not isinstance(node.extra, AnyNode):
            core["extras_schema"] = compiler.core(node.extra)
    return core


@lru_cache(maxsize=256)
def bounded_depth(schema: Schema) -> bool:
    """Whether the tree limits the nesting depth of a valid value: it has no any, no open object, no recursion."""
    schema = inlined(schema)
    return not schema.definitions and _bounded(schema.root)


def _bounded(node: Node) -> bool:
    if isinstance(node, (AnyNode, RefNode)) or (isinstance(node, EnumNode) and node.values == ()):
        return False
    if isinstance(node, EnumNode):
        return all(isinstance(value, str) for value in node.values)
    return all(_bounded(child) for child in child_nodes(node))
