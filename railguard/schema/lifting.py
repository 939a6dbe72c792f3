"""Converts an answer under a lowered schema back to the form that the tree describes, without loss and without repairs.

Two things are converted: the object around a root that is not an object, and objects whose unnamed keys were written as
a list of pairs. It works on the text, so that a repeated key, a number's notation or a lone surrogate is left to the
parser.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from railguard.schema.nodes import (
    AnyNode,
    ChoiceNode,
    EnumNode,
    ListNode,
    Node,
    ObjectNode,
    RefNode,
    UnionNode,
    child_nodes,
)
from railguard.values import json_text

__all__ = ["FURTHER", "KEY", "VALUE", "WRAPPER", "Lift", "ambiguous"]

WRAPPER = "value"
"""The only key of the object around a root that is not an object, if a target requires an object."""

KEY, VALUE = "key", "value"
"""The keys of a pair."""

FURTHER = "further_keys"
"""The member that contains the pairs of an object that also has named members."""


class _Members(list[tuple[str, Any]]):
    """The members of an object in order, including repeated ones."""


@dataclass(frozen=True, slots=True)
class _Literal:
    """A number or a constant as it was written."""

    text: str


@dataclass(frozen=True, slots=True)
class Lift:
    """The conversion of answers.

    Attributes:
        root: The tree's root.
        definitions: The definitions of its references.
        wrapped: Whether the root was wrapped.
        pairs: Whether the keys of maps were written as pairs.
    """

    root: Node
    definitions: Mapping[str, Node]
    wrapped: bool = False
    pairs: bool = False

    @property
    def changes(self) -> bool:
        """Whether an answer may be changed."""
        return self.wrapped or self.pairs

    def __call__(self, text: str) -> str:
        """Convert a text under the lowered schema.

        Args:
            text: The model's answer. One that is not JSON, or has another form, is returned unchanged, except that the
                wrapper of a truncated answer is removed.
        """
        if not self.changes:
            return text
        try:
            value = _parsed(text)
            if self.wrapped:
                if not isinstance(value, _Members) or [name for name, _ in value] != [WRAPPER]:
                    return text
                value = value[0][1]
            return "".join(_written(self._lifted(self.root, value) if self.pairs else value))
        except (ValueError, RecursionError):  # no JSON, or nested too deep
            begun = re.match(rf'\s*\{{\s*"{WRAPPER}"\s*:\s*', text) if self.wrapped else None
            return text if begun is None else text[begun.end() :]

    def _lifted(self, node: Node, value: Any) -> Any:
        while isinstance(node, RefNode):
            node = self.definitions[node.name]
        if isinstance(node, ListNode) and _is_list(value):
            return [self._lifted(node.item, one) for one in value]
        if isinstance(node, ObjectNode):
            return self._object(node, value)
        if isinstance(node, ChoiceNode) and isinstance(value, _Members):
            case = node.case(dict(value))
            return value if case is None else self._object(case.node, value)
        if isinstance(node, UnionNode):
            fitting = next((option for option in node.options if self._fits(option, value)), None)
            return value if fitting is None else self._lifted(fitting, value)
        return value

    def _fits(self, node: Node, value: Any) -> bool:
        """Whether an option of a union has pairs, and the outer form of a value."""
        if not has_pairs(node, self.definitions):
            return False
        while isinstance(node, RefNode):
            node = self.definitions[node.name]
        as_list = isinstance(node, ListNode) or (isinstance(node, ObjectNode) and not node.fields)
        return as_list == _is_list(value)

    def _object(self, node: ObjectNode, value: Any) -> Any:
        if node.extra is not None and not node.fields and not isinstance(value, _Members):
            pairs = _pairs(value)
            return value if pairs is None else _Members((key, self._lifted(node.extra, one)) for key, one in pairs)
        if not isinstance(value, _Members):
            return value
        nodes = {field.name: field.node for field in node.fields}
        lifted = _Members()
        for name, one in value:
            pairs = _pairs(one) if node.extra is not None and name == further_name(node) else None
            if pairs is not None and node.extra is not None:
                lifted += [(key, self._lifted(node.extra, further)) for key, further in pairs]
            elif name == further_name(node) and isinstance(one, _Literal) and one.text == "null":
                continue  # no further keys
            else:
                lifted.append((name, self._lifted(nodes[name], one) if name in nodes else one))
        return lifted


def further_name(node: ObjectNode) -> str:
    """Return the name of the member with an object's further keys; it differs from the object's own members."""
    name, taken = FURTHER, {field.name for field in node.fields}
    while name in taken:
        name += "_"
    return name


def has_pairs(node: Node, definitions: Mapping[str, Node]) -> bool:
    """Whether a node, or one that it refers to, is an object with further keys that are requested."""
    return any(
        isinstance(one, ObjectNode) and one.extra is not None and not (one.fields and one.extra == AnyNode())
        for one in _below(node, definitions)
    )


def ambiguous(node: UnionNode, definitions: Mapping[str, Node]) -> bool:
    """Whether an answer would not show which option it uses, if one option is written with pairs."""
    with_pairs = [option for option in node.options if has_pairs(option, definitions)]
    if not with_pairs:
        return False
    forms = [_form(option, definitions) for option in node.options]
    own = [_form(option, definitions) for option in with_pairs]
    return "any" in forms or any(forms.count(form) > 1 for form in own)


def _form(node: Node, definitions: Mapping[str, Node]) -> str:
    seen = 0
    while isinstance(node, RefNode) and seen <= len(definitions):
        node, seen = definitions[node.name], seen + 1
    if isinstance(node, ListNode):
        return "list"
    if isinstance(node, ObjectNode):
        return "list" if node.extra is not None and not node.fields else "object"
    if isinstance(node, ChoiceNode):
        return "object"
    return "any" if isinstance(node, UnionNode) or _is_anything(node) else "scalar"


def _is_anything(node: Node) -> bool:
    return isinstance(node, AnyNode) or (
        isinstance(node, EnumNode) and any(isinstance(value, (list, dict)) for value in node.values)
    )


def _below(node: Node, definitions: Mapping[str, Node]) -> Iterator[Node]:
    todo, seen = [node], set()
    while todo:
        at = todo.pop()
        yield at
        if isinstance(at, RefNode):
            if at.name not in seen:
                seen.add(at.name)
                todo.append(definitions[at.name])
        else:
            todo += child_nodes(at)


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and not isinstance(value, _Members)


def _pairs(value: Any) -> list[tuple[str, Any]] | None:
    """Return the members in a list of pairs; None if it is not such a list."""
    if not _is_list(value):
        return None
    found = []
    for pair in value:
        members = dict(pair) if isinstance(pair, _Members) and len(pair) == 2 else {}
        if set(members) != {KEY, VALUE} or not isinstance(members[KEY], str):
            return None
        found.append((members[KEY], members[VALUE]))
    return found


def _parsed(text: str) -> Any:
    decoder = json.JSONDecoder(
        object_pairs_hook=_Members, parse_float=_Literal, parse_int=_Literal, parse_constant=_Literal
    )
    return _constants(decoder.decode(text))


def _constants(value: Any) -> Any:
    """Return true, false and null, which the decoder converts itself, as they were written."""
    if value is None or isinstance(value, bool):
        return _Literal(json.dumps(value))
    if isinstance(value, _Members):
        return _Members((name, _constants(one)) for name, one in value)
    if isinstance(value, list):
        return [_constants(one) for one in value]
    return value


def _written(value: Any) -> Iterator[str]:
    if isinstance(value, _Literal):
        yield value.text
    elif isinstance(value, _Members):
        yield "{"
        for number, (name, one) in enumerate(value):
            yield f"{', ' if number else ''}{_text(name)}: "
            yield from _written(one)
        yield "}"
    elif isinstance(value, list):
        yield "["
        for number, one in enumerate(value):
            yield ", " if number else ""
            yield from _written(one)
        yield "]"
    else:
        yield _text(value)


def _text(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(text)  # a lone surrogate stays an escape
    return json_text(text)
