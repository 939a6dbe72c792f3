"""The request for a change answer: the names of values, the parts that are shown, and the schema of the answer.

Its size is limited, however large the value is. DESIGN, "Reask, exactly", 9.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Literal, TypeAlias, assert_never

from railguard.lazy import regex
from railguard.loop.reask_keys import dotted, is_plain, pointer, read_key
from railguard.schema import (
    AnyNode,
    ChoiceNode,
    EnumNode,
    Field,
    LeafNode,
    ListNode,
    Node,
    ObjectNode,
    RefNode,
    Schema,
    UnionNode,
    all_nodes,
)
from railguard.schema.prune import definitions_used
from railguard.values import UNSET, Path, json_text, value_at

__all__ = ["Style", "change_schema", "path_name", "plain_names", "shown", "style_of", "without_required"]

Style: TypeAlias = Literal["dotted", "pointers"]
"""The style of names: `rows.1.low`, or `/rows/1/low` if a name has a dot or is not a plain word."""


def path_name(path: Sequence[str | int], style: Style) -> str:
    """Return the name of a path in a style."""
    return pointer(path) if style == "pointers" else dotted(path)


def style_of(value: Any, schema: Schema) -> Style:
    """Return the style of names for the parts of a value: dotted if its root is an object with fields and every name is
    a plain word.
    """
    root = schema.resolve(schema.root)
    if not isinstance(value, dict) or (isinstance(root, ObjectNode) and not root.fields) or isinstance(root, AnyNode):
        return "pointers"
    return "dotted" if plain_names(value, schema) else "pointers"


def plain_names(value: Any, schema: Schema) -> bool:
    """Whether all names in a value and in its schema are plain words."""
    if not all(
        is_plain(field.name) for node in all_nodes(schema) if isinstance(node, ObjectNode) for field in node.fields
    ):
        return False
    todo = [value]
    while todo:
        at = todo.pop()
        if isinstance(at, dict):
            if not all(map(is_plain, at)):
                return False
            todo += at.values()
        elif isinstance(at, list):
            todo += at
    return True


# The shown part

_NAMED = regex(r"[^\W\d][\w-]*(?:\.[\w-]+|\[[0-9]+\])*")
_MOST_NAMED = 40
"""Largest number of shown members that messages name."""
_LONGEST_TEXT = 200
"""Largest number of characters of one shown text, in a value that is too long to be shown completely."""


def shown(
    value: Any,
    limit: int,
    *,
    style: Style,
    at: Sequence[str | int] = (),
    messages: Iterable[str] = (),
    places: Iterable[Path] = (),
) -> dict[str, Any] | None:
    """Return the shown part of a value that is too long; None if the value is shown completely.

    Args:
        value: The list or object to change.
        limit: Characters that may be shown.
        style: The style of names of its parts.
        at: The path of the value; the names begin there.
        messages: The messages about it. Members that they name are shown.
        places: Paths in the value to show as well.

    Returns:
        Name → value: the value's own scalars, then the members in messages and places, as many as fit.
    """
    if len(_json(value)) <= limit:
        return None
    part = _Part(value, limit, style, tuple(at))
    scalars = value.items() if isinstance(value, dict) else enumerate(value)
    for name, member in scalars:
        if not isinstance(member, (dict, list)):
            part.put((name,), member, limit // 2)
    for place in places:
        part.put(place, value_at(value, place), 0)
    for message in messages:
        for match in _NAMED.finditer(message):
            part.put_named(match[0])
    return part.shown


class _Part:
    def __init__(self, value: Any, limit: int, style: Style, at: tuple[str | int, ...]) -> None:
        self.value = value
        self.left = limit
        self.style = style
        self.at = at
        self.shown: dict[str, Any] = {}
        self.tried: set[Path] = set()

    def put_named(self, words: str) -> None:
        """Show the member that a message names: the longest beginning of `rows[3].low` that is a path in the value."""
        path = read_key(words, self.value)
        while path:
            if value_at(self.value, path) is not UNSET:
                if path not in self.tried and len(self.tried) < _MOST_NAMED:
                    self.tried.add(path)
                    self.put(path, value_at(self.value, path), 0)
                return
            path = Path(path[:-1])

    def put(self, path: Sequence[str | int], value: Any, reserve: int) -> None:
        """Show a value, or the part that fits. reserve: characters that are kept for others."""
        name = path_name((*self.at, *path), self.style)
        if value is UNSET or name in self.shown:
            return
        if isinstance(value, str) and len(value) > _LONGEST_TEXT:
            value = f"{value[:_LONGEST_TEXT]} …[{len(value) - _LONGEST_TEXT} more characters]"
        size = len(name) + len(_json(value)) + 6
        if size <= self.left - reserve:
            self.shown[name] = value
            self.left -= size
        elif isinstance(value, list):
            for index, item in enumerate(value):
                before = self.left
                self.put((*path, index), item, max(reserve, self.left // 2))
                if self.left == before:
                    break
        elif isinstance(value, dict):
            for member, below in value.items():
                if not isinstance(below, (dict, list)):
                    self.put((*path, member), below, reserve)


def _json(value: Any) -> str:
    return json_text(value)


# The schema of the answer

_SUFFIX = "_change"


def change_schema(schema: Schema) -> Schema:
    """Return the schema of a change answer to a value: the value's schema with nothing required, open for names of its
    parts.

    It depends on the schema alone, not on the value.
    """
    relaxed = without_required(schema)
    fields = relaxed.root.fields if isinstance(relaxed.root, ObjectNode) else ()
    root = ObjectNode(description=relaxed.root.description, fields=fields, extra=AnyNode())
    return Schema(root=root, definitions=definitions_used(root, relaxed.definitions))


def without_required(schema: Schema) -> Schema:
    """Return a schema with nothing required at any depth. Its definitions get new names."""
    relaxed = _Relaxed(schema)
    root = relaxed.node(schema.resolve(schema.root))
    definitions = {relaxed.names[name]: relaxed.node(node) for name, node in schema.definitions.items()}
    return Schema(root=root, definitions=definitions_used(root, definitions))


class _Relaxed:
    """Nodes with nothing required. names: of their definitions, by the original names."""

    def __init__(self, schema: Schema) -> None:
        self.names: dict[str, str] = {}
        for name in schema.definitions:
            own = name + _SUFFIX
            while own in schema.definitions:
                own += _SUFFIX
            self.names[name] = own

    def node(self, node: Node) -> Node:
        """Return a node with nothing required in it or below it; an optional value may be null."""
        match node:
            case RefNode():
                return replace(node, name=self.names[node.name])
            case ListNode():
                return replace(node, item=self.node(node.item), rules=())
            case ObjectNode():
                extra = self.node(node.extra) if node.extra is not None else None
                fields = tuple(map(self._field, node.fields))
                return replace(node, fields=fields, extra=extra, min_properties=None, rules=())
            case ChoiceNode():
                return replace(
                    UnionNode(options=tuple(self._case(node, case.value) for case in node.cases)), **_said(node)
                )
            case UnionNode():
                return replace(node, options=tuple(map(self.node, node.options)), rules=())
            case LeafNode():
                return node
            case _:
                assert_never(node)

    def _field(self, field: Field) -> Field:
        node = self.node(field.node)
        if not field.required:
            node = replace(node, nullable=True)
        return Field(field.name, node, required=False)

    def _case(self, choice: ChoiceNode, value: str) -> Node:
        case = next(case for case in choice.cases if case.value == value)
        tag = Field(choice.discriminator, EnumNode(values=(value,)), required=False)
        return replace(case.node, fields=(tag, *map(self._field, case.node.fields)), min_properties=None, rules=())


def _said(node: Node) -> dict[str, Any]:
    return {"title": node.title, "description": node.description, "hint": node.hint, "nullable": node.nullable}
