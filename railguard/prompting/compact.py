"""Shows the output to a model as a type: short, one member per line, with its other conditions as comments.

It is used if nothing else shows the schema: it has a quarter of the length of a JSON Schema, and models understand it
as well.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, assert_never

from railguard.lazy import regex
from railguard.prompting.noun_phrases import noun_of, of_number, range_of, said_of
from railguard.schema import (
    AnyNode,
    BooleanNode,
    ChoiceNode,
    EnumNode,
    Field,
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
)
from railguard.schema.formats import format_of
from railguard.schema.inline import depth_written_out, recursive
from railguard.spec import ShownAs
from railguard.values import Message, json_text

__all__ = ["TOLD", "as_types", "type_text", "with_text", "without_type"]

TOLD: Mapping[ShownAs, str] = {
    "types": "Write only JSON of this type, with nothing before or after it:",
    "json-schema": "Write only JSON that conforms to this JSON Schema, with nothing before or after it:",
    "xml": "Write only JSON with the structure that this XML describes, with nothing before or after it:",
}
"""The first line of the output's description at the end of the messages; the description is recognized by it."""
_LEGEND = "A member with ? may be left out. What stands after // must hold too."
_DEEPEST = 40
"""Levels of types inside one another; in a deeper schema every definition is a type with a name."""
_PLAIN_NAME = regex(r"[A-Za-z_]\w*", re.ASCII)


def as_types(schema: Schema) -> str:
    """Return a schema in TypeScript's type notation, with conditions, hints and rules as comments.

    >>> fields = (Field("id", StringNode(pattern="^A")), Field("sizes", ListNode(item=IntegerNode(minimum=1)), False))
    >>> print(as_types(Schema(root=ObjectNode(fields=fields))))
    {
      id: string  // matches ^A
      sizes?: integer[]  // each at least 1
    }
    """
    return _Writer(schema).whole()


@lru_cache(maxsize=256)
def type_text(schema: Schema) -> str:
    """Return a schema as a type, with an explanation of its notation."""
    written = as_types(schema)
    return f"{written}\n\n{_LEGEND}" if re.search(r"\?:|  //", written) else written


def with_text(messages: Sequence[Message], text: str) -> tuple[Message, ...]:
    """Add a text to the end of the user's last message. A new message is added instead if there is none, if an answer
    or a tool's result comes after it, or if its content is neither text nor parts.
    """
    told = list(messages)
    user = role = None  # the place of the user's last message, and the role of the last message of all
    for at, message in enumerate(told):
        role = message.get("role") if isinstance(message, dict) else None
        if role == "user":
            user = at
    content = None if user is None else told[user].get("content")
    if user is None or role in ("assistant", "tool", "function") or not isinstance(content, (str, list, tuple)):
        return (*told, {"role": "user", "content": text})
    if isinstance(content, str):
        added: Any = f"{content}\n\n{text}" if content else text
    else:
        added = [*content, {"type": "text", "text": text}]
    told[user] = {**told[user], "content": added}
    return tuple(told)


def without_type(message: Message) -> Message | None:
    """Return a message without the description of the output at its end; None for a message that consists only of it."""
    content = message.get("content")
    last: Any = content[-1] if isinstance(content, list) and content else None
    for line in TOLD.values():
        if isinstance(content, str) and line in content:
            before = content[: content.index(line)]
            return {**message, "content": before.removesuffix("\n\n")} if before else None
        if isinstance(content, list) and isinstance(last, dict) and str(last.get("text", "")).startswith(line):
            return {**message, "content": content[:-1]}
    return message


class _Writer:
    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        used = Counter(node.name for node in all_nodes(schema) if isinstance(node, RefNode))
        circular = recursive(schema.definitions)
        is_deep = depth_written_out(schema) > _DEEPEST
        self._named = [
            name for name in schema.definitions if used[name] > 1 or (name in used and (is_deep or name in circular))
        ]

    def whole(self) -> str:
        definitions = [(name, self._schema.definitions[name]) for name in self._named]
        types = [f"type {name} = {self._type(node, 0)}{self._beside(node)}" for name, node in definitions]
        root = self._schema.root
        types.append(f"{self._type(root, 0)}{self._beside(root)}")
        return "\n\n".join(types)

    def _type(self, node: Node, level: int) -> str:
        written = self._not_null(node, level)
        return f"{written} | null" if node.nullable and not isinstance(node, (NullNode, AnyNode)) else written

    def _not_null(self, node: Node, level: int) -> str:
        match node:
            case StringNode():
                return "string"
            case IntegerNode():
                return "integer"
            case FloatNode():
                return "number"
            case BooleanNode():
                return "boolean"
            case NullNode():
                return "null"
            case AnyNode():
                return "any"
            case EnumNode():
                return " | ".join(map(_json, node.values))
            case ListNode():
                item = self._type(node.item, level)
                return f"({item})[]" if _is_union(node.item) else f"{item}[]"
            case ObjectNode():
                return self._object(node, level)
            case ChoiceNode():
                tag = node.discriminator
                return " | ".join(
                    self._object(case.node, level, [f"{_name(tag)}: {_json(case.value)}"]) for case in node.cases
                )
            case UnionNode():
                return " | ".join(dict.fromkeys(self._type(option, level) for option in node.options))
            case RefNode():
                return node.name if node.name in self._named else self._type(self._schema.resolve(node), level)
            case _:
                assert_never(node)

    def _object(self, node: ObjectNode, level: int, first: Sequence[str] = ()) -> str:
        lines = [*first, *(self._member(field, level + 1) for field in node.fields)]
        if node.extra is not None and (not isinstance(node.extra, AnyNode) or not node.fields):
            key = "string" if node.names is None else self._type(node.names, level + 1)
            lines.append(f"[key: {key}]: {self._type(node.extra, level + 1)}{self._beside(node.extra)}")
        if not lines:
            return "{}"
        indent = "  " * (level + 1)
        return "{\n" + "".join(f"{indent}{line}\n" for line in lines) + "  " * level + "}"

    def _member(self, field: Field, level: int) -> str:
        mark = "" if field.required else "?"
        return f"{_name(field.name)}{mark}: {self._type(field.node, level)}{self._beside(field.node)}"

    def _beside(self, node: Node) -> str:
        """Return the other conditions as a comment; empty if there are none."""
        said = "; ".join(dict.fromkeys(self._said(node)))
        return f"  // {' '.join(said.split())}" if said else ""

    def _said(self, node: Node) -> list[str]:
        """Return a node's description, conditions, hint and rules, and those of its parts without a line of their own."""
        own = [*([node.description] if node.description else []), *_conditions(node), *said_of(node)]
        match node:
            case ListNode():
                return [*own, *(f"each {one}" for one in self._said(node.item))]
            case UnionNode():
                return [*own, *(f"{self._kind(one)}: {said}" for one in node.options for said in self._said(one))]
            case ChoiceNode():
                cases = [(case.value, [*_conditions(case.node), *said_of(case.node)]) for case in node.cases]
                return [*own, *(f"{name}: {said}" for name, all_said in cases for said in all_said)]
            case RefNode() if node.name not in self._named:
                return [*own, *self._said(self._schema.resolve(node))]
            case RefNode() | ObjectNode() | StringNode() | IntegerNode() | FloatNode():
                return own
            case BooleanNode() | NullNode() | EnumNode() | AnyNode():
                return own
            case _:
                assert_never(node)

    def _kind(self, node: Node) -> str:
        return "object" if isinstance(self._schema.resolve(node), (ObjectNode, ChoiceNode)) else self._type(node, 0)


def _conditions(node: Node) -> list[str]:
    """Return the conditions of a node's own keywords."""
    match node:
        case StringNode() if format_of(node.format) is not None:
            return [noun_of(node, 1000, {}).one.removesuffix(" or null")]
        case StringNode():
            matches = [f"matches {node.pattern}"] if node.pattern is not None else []
            return [*filter(None, [range_of(node.min_length, node.max_length, "character")]), *matches]
        case IntegerNode() | FloatNode():
            return [*filter(None, [of_number(node).removeprefix("that is ")])]
        case ListNode():
            different = ["all different"] if node.unique else []
            return [*filter(None, [range_of(node.min_items, node.max_items, "item")]), *different]
        case ObjectNode():
            keys = [] if node.names is None else [f"each key {one}" for one in _conditions(node.names)]
            return [*filter(None, [range_of(node.min_properties, node.max_properties, "key")]), *keys]
        case BooleanNode() | NullNode() | EnumNode() | AnyNode() | ChoiceNode() | UnionNode() | RefNode():
            return []
        case _:
            assert_never(node)


def _is_union(node: Node) -> bool:
    several = isinstance(node, UnionNode) or (isinstance(node, EnumNode) and len(node.values) > 1)
    return several or isinstance(node, ChoiceNode) or node.nullable


def _name(name: str) -> str:
    return name if _PLAIN_NAME.fullmatch(name) else _json(name)


def _json(value: object) -> str:
    return json_text(value)
