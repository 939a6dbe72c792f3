"""Describes the output for a model as XML, with the elements of RAIL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, assert_never

from railguard.lazy import regex
from railguard.prompting.noun_phrases import LINE, held_by, of_number, range_of, said_of, spelling_of
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
from railguard.schema.formats import format_of
from railguard.schema.prune import definitions_used
from railguard.values import json_text

__all__ = ["as_xml"]


def as_xml(schema: Schema) -> str:
    """Return the tree as RAIL writes an output: elements with name, description, required, nullable and format, without
    on-fail.

    Constraints, hints and rules are in `format`, in words. Types without an element in RAIL are `<null/>`, `<union>`
    with its options, and `<ref definition="…"/>` with a `<definition name="…">` after the output.
    """
    used = definitions_used(schema.root, schema.definitions)
    lines = list(_element(schema.root, 0, tag="output"))
    for name, node in used.items():
        lines += _element(node, 0, tag="definition", name=name)
    return "\n".join(lines)


def _element(
    node: Node, level: int, *, tag: str | None = None, name: str | None = None, required: bool = True
) -> Iterator[str]:
    kind, attributes, children = _xml(node)
    said = "; ".join(dict.fromkeys([*_formats(node), *said_of(node)]))
    shown = {"name": name, "type": kind if tag is not None and kind != "object" else None}
    shown |= attributes | {
        "description": node.description or None,
        "format": said or None,
        "required": None if required else "false",
        "nullable": "true" if node.nullable else None,
    }
    written = "".join(f' {key}="{_escaped(value)}"' for key, value in shown.items() if value is not None)
    indent = "  " * level
    inner = [line for child in children for line in child(level + 1)]
    tag = tag or kind
    if not inner:
        yield f"{indent}<{tag}{written}/>"
        return
    yield f"{indent}<{tag}{written}>"
    yield from inner
    yield f"{indent}</{tag}>"


_Child = Callable[[int], Iterable[str]]


def _xml(node: Node) -> tuple[str, dict[str, str | None], list[_Child]]:
    """Return a node's element: its tag, its own attributes, and a function that writes its children."""
    match node:
        case EnumNode():
            return "enum", {"values": _values(node.values)}, []
        case ListNode():
            return "list", {}, [_child(node.item)]
        case ObjectNode():
            return "object", {}, _members(node)
        case ChoiceNode():
            return "choice", {"discriminator": node.discriminator}, [_case_child(case) for case in node.cases]
        case UnionNode():
            return "union", {}, [_child(option) for option in node.options]
        case RefNode():
            return "ref", {"definition": node.name}, []
        case StringNode():
            format = format_of(node.format)
            return "string" if format is None else format.shown, {}, []
        case IntegerNode():
            return "integer", {}, []
        case FloatNode():
            return "float", {}, []
        case BooleanNode():
            return "boolean", {}, []
        case NullNode():
            return "null", {}, []
        case AnyNode():
            return "any", {}, []
        case _:
            assert_never(node)


def _child(node: Node, name: str | None = None, required: bool = True) -> _Child:
    return lambda level: _element(node, level, name=name, required=required)


def _members(node: ObjectNode) -> list[_Child]:
    return [_child(field.node, field.name, field.required) for field in node.fields]


def _case_child(case: ChoiceCase) -> _Child:
    return lambda level: _element(case.node, level, tag="case", name=case.value)


def _formats(node: Node) -> list[str]:
    """Return the constraints of a node in words, without its type and its members."""
    match node:
        case StringNode():
            lengths = range_of(node.min_length, node.max_length, "character")
            pattern = f"matches the regular expression {node.pattern}" if node.pattern is not None else ""
            return list(filter(None, [_format(node), lengths, pattern]))
        case IntegerNode() | FloatNode():
            return list(filter(None, [of_number(node).removeprefix("that is ")]))
        case ListNode():
            counted = range_of(node.min_items, node.max_items, "item")
            return [*filter(None, [counted]), *(["all different"] if node.unique else [])]
        case ObjectNode():
            counted = range_of(node.min_properties, node.max_properties, "key")
            further = "" if node.extra is None else held_by(ObjectNode(extra=node.extra), LINE, {})
            return list(filter(None, [counted, further]))
        case ChoiceNode() if node.discriminator_description:
            return [f"{node.discriminator}: {node.discriminator_description}"]
        case AnyNode() | NullNode() | BooleanNode() | EnumNode() | ChoiceNode() | UnionNode() | RefNode():
            return []
        case _:
            assert_never(node)


def _format(node: StringNode) -> str:
    """Return the format of a text in words, without what its element already expresses."""
    format = format_of(node.format)
    if format is None:
        return ""
    if not format.is_type:
        return f"{format.article} {format.one} {format.such_as}".rstrip()
    return spelling_of(node).removeprefix("as ") or f"such as {format.example}"


def _values(values: Sequence[Any]) -> str:
    if all(isinstance(value, str) and "," not in value and value == value.strip() != "" for value in values):
        return ", ".join(values)
    return json_text(list(values))


_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
_UNSAFE = regex(r'[&<>"]|[^\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+')


def _escaped(text: str) -> str:
    """Escape text for an attribute value; line breaks and characters that XML forbids become a space."""
    return _UNSAFE.sub(lambda match: _ESCAPES.get(match[0], " "), text)
