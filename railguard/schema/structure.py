"""What is structurally wrong with a value: pydantic-core's verdict, as flaws at paths in JSON Schema's words.

pydantic-core accepts or rejects; only what it rejects is looked at again. A user's own model rejects in its own words,
which are kept. Nothing here repairs, words or decides.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from railguard.schema.bounds import bounds_of
from railguard.schema.compile import bounded_depth, core_validator, has_wide_objects
from railguard.schema.inline import inlined
from railguard.schema.locations import path_of
from railguard.schema.nodes import (
    AnyNode,
    ChoiceNode,
    EnumNode,
    ListNode,
    Node,
    ObjectNode,
    RefNode,
    Schema,
    UnionNode,
    all_nodes,
)
from railguard.schema.prune import Nodes, field_at, node_at
from railguard.validation.vocabulary import KEYWORDS
from railguard.values import UNSET, Path, value_at

if TYPE_CHECKING:
    from pydantic_core import SchemaValidator

__all__ = ["MOST_FLAWS", "Flaw", "Structure", "flaw_of", "flaws_of", "non_finite"]

MOST_FLAWS = 5000
"""The most flaws of one value that are reported one by one; of more it is the whole that is wrong."""

_KEYWORD_OF = {
    "union_tag_invalid": "discriminator",
    "union_tag_not_found": "discriminator",
    "finite_number": "type",
    **{error: row.name for row in KEYWORDS.values() for error in row.errors},
}
"""pydantic-core's name of an error → the keyword that is broken."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """One structural flaw. keyword: "type", "required", "additionalProperties", "enum", "discriminator", …; "value"
    for a validator of the user's model, "flaws" for the whole where they are too many. node: what is expected at
    `path`, None for an unknown key. value: what stands there, UNSET if nothing does. message: the user's model's own
    words, None for our own tree."""

    path: Path
    keyword: str
    node: Node | None = None
    value: Any = UNSET
    message: str | None = None


class Structure:
    """A compiled tree. Immutable once built, and shared freely between threads."""

    def __init__(self, schema: Schema) -> None:
        """schema: its tree is compiled, also where a user's own type decides in the end."""
        self.schema = schema
        self.bounded = bounded_depth(schema)
        self.wide = has_wide_objects(schema)
        self.has_any = _has_any(schema)
        self.has_defaults = _has_defaults(schema)

    @cached_property
    def core(self) -> SchemaValidator:
        """The validator of the tree: JSON types, required members, unknown keys and tags."""
        return core_validator(self.schema)

    @cached_property
    def quick(self) -> SchemaValidator:
        """A validator for accepting: it also knows the bounds that core can check. The same as `core` if there are none."""
        return core_validator(self.schema, bounds=True) if _has_bounds(self.schema) else self.core

    def read(self, text: str, *, bounds: bool = False) -> Any:
        """What a sound JSON text holds. Raises ValueError for any other.

        bounds: sound is only what also keeps the bounds that pydantic-core can check.
        """
        from pydantic_core import from_json

        core = self.quick if bounds else self.core
        return core.validate_python(from_json(text)) if self.wide else core.validate_json(text)

    def accept(self, state: Any) -> tuple[Any, list[Flaw]]:
        """A sound state and no flaws; or UNSET and the flaws."""
        from pydantic_core import ValidationError

        try:
            value = self.core.validate_python(state)
        except ValidationError as error:
            return UNSET, flaws_of(self.schema, error, state) + list(self.not_finite(state))
        flaws = list(self.not_finite(state))
        return (UNSET, flaws) if flaws else (value, [])

    def flaws(self, state: Any) -> list[Flaw]:
        """All that is structurally wrong with a state."""
        return self.accept(state)[1]

    def node_at(self, path: tuple[str | int, ...], state: Any) -> Node | None:
        """The node expected at a path of a state."""
        return node_at(self.schema, path, state)

    def count_keys(self, state: Any) -> int:
        """How many keys all objects of a state have together. A text with as many colons gives none of them twice."""
        count = self._counter
        if count is None:
            return _count_keys(state) if type(state) in _CONTAINERS else 0
        return count(state)

    @cached_property
    def _counter(self) -> Callable[[Any], int] | None:
        return _counter(inlined(self.schema).root)

    def not_finite(self, state: Any) -> Iterator[Flaw]:
        """Numbers that are not finite where the tree allows any value; pydantic-core finds the others itself."""
        if not self.has_any:
            return
        for path in non_finite(state):
            node = self.node_at(path, state)
            if node is None or isinstance(node, (AnyNode, EnumNode)):
                yield Flaw(path, "type", node, value_at(state, path))

    def missing_fields(self, path: Path, state: Any) -> list[str]:
        """The names of the fields that the object at a path could have and does not."""
        node, value = self.node_at(path, state), value_at(state, path)
        if isinstance(node, ChoiceNode):
            case = node.case(value)
            node = case.node if case is not None else None
        if not isinstance(node, ObjectNode) or not isinstance(value, dict):
            return []
        return [field.name for field in node.fields if field.name not in value]

    def is_required(self, path: Path, state: Any) -> bool:
        """Whether the object that holds `path` cannot do without it; False for list items and extra keys."""
        if not path or isinstance(path[-1], int):
            return False
        field = field_at(self.schema, path, state)
        return field is not None and field.required


def flaws_of(schema: Schema, error: Any, state: Any, *, own: bool = True) -> list[Flaw]:
    """pydantic-core's errors as flaws at paths of a state.

    own: the tree was validated, so the keyword says it all; else a user's own type, whose words are kept. A wrong key of
    a dict is a flaw of the dict, keyword "propertyNames".
    """
    found: dict[tuple[Path, str], Flaw] = {}
    nodes = Nodes(schema, state)
    if (count := error.error_count()) > MOST_FLAWS:
        # Hostile, or hopeless: nobody mends so many one by one, so the whole is what is wrong.
        message = f"It has {count} structural flaws; write all of it anew."
        return [Flaw(Path(), "flaws", nodes.at(()), state, message)]
    for detail in error.errors(include_url=False, include_context=False, include_input=False):
        flaw = flaw_of(schema, detail, state, nodes, own=own)
        found.setdefault((flaw.path, flaw.keyword if flaw.message is None else f"{flaw.keyword}:{flaw.message}"), flaw)
    return list(found.values())


def flaw_of(schema: Schema, detail: Any, state: Any, nodes: Nodes, *, own: bool) -> Flaw:
    """One of pydantic-core's errors as a flaw. nodes: of the state. own: see `flaws_of`."""
    kind, location = detail["type"], detail["loc"]
    if location[-1:] == ("[key]",):
        path = path_of(schema, location[:-2], state)
        key = json.dumps(str(location[-2]), ensure_ascii=False)
        message = f"The key {key} is not allowed; choose another. {_own_words(detail['msg'])}"
        return Flaw(path, "propertyNames", nodes.at(path), value_at(state, path), message)
    path = path_of(schema, location, state)
    keyword = _KEYWORD_OF.get(kind)
    if keyword is None:
        keyword = "type" if kind.endswith(("_type", "_parsing", "_from_float", "_parsing_size")) else "value"
    node = nodes.at(path)
    if kind in ("too_short", "too_long"):
        what = "Items" if isinstance(node, ListNode) else "Properties"
        keyword = ("min" if kind == "too_short" else "max") + what
    if isinstance(node, UnionNode):
        return Flaw(path, "type", node, value_at(state, path))
    if keyword == "additionalProperties":
        if len(location) and path[-1:] != location[-1:]:
            path = path.child(location[-1])
        node = None
    if keyword == "required" and path[-1:] != location[-1:]:
        path = path.child(location[-1])
        node = nodes.at(path)
    return Flaw(path, keyword, node, value_at(state, path), None if own else _own_words(detail["msg"]))


def _counter(node: Node) -> Callable[[Any], int] | None:
    """A function that counts the keys of a sound value, where the tree says how many there are; None where it does not."""
    if node.nullable or isinstance(node, (AnyNode, RefNode, UnionNode, ChoiceNode, EnumNode)):
        return None
    if isinstance(node, ListNode):
        each = _fixed(node.item)
        return None if each is None else lambda value: each * len(value)
    if not isinstance(node, ObjectNode):
        return lambda value: 0
    if node.extra is not None or not all(field.required for field in node.fields):
        return None
    below = [(field.name, _counter(field.node)) for field in node.fields if _fixed(field.node) is None]
    own = len(node.fields) + sum(_fixed(field.node) or 0 for field in node.fields)
    if any(count is None for _, count in below):
        return None
    counts = [(name, count) for name, count in below if count is not None]
    return lambda value: own + sum(count(value[name]) for name, count in counts)


def _fixed(node: Node) -> int | None:
    """How many keys every sound value of a node has; None where that differs."""
    if isinstance(node, (AnyNode, RefNode, UnionNode, ChoiceNode, ListNode)):
        return None
    if isinstance(node, EnumNode):
        return 0 if all(isinstance(value, str) for value in node.values) else None
    if not isinstance(node, ObjectNode):
        return 0
    if node.nullable or node.extra is not None or not all(field.required for field in node.fields):
        return None
    parts = [_fixed(field.node) for field in node.fields]
    return None if None in parts else len(parts) + sum(part or 0 for part in parts)


_CONTAINERS = frozenset((dict, list))


def _count_keys(state: Any) -> int:
    """Never more than there are; fewer where items of a list are of different kinds."""
    if type(state) is dict:
        count = len(state)
        if not _CONTAINERS.isdisjoint(map(type, state.values())):
            count += sum(_count_keys(member) for member in state.values() if type(member) in _CONTAINERS)
        return count
    kinds = set(map(type, state))
    if kinds != {dict}:
        return 0 if _CONTAINERS.isdisjoint(kinds) else sum(_count_keys(i) for i in state if type(i) in _CONTAINERS)
    count = sum(map(len, state))
    if not _CONTAINERS.isdisjoint(map(type, state[0].values())):
        count += sum(_count_keys(m) for item in state for m in item.values() if type(m) in _CONTAINERS)
    return count


def _own_words(said: str) -> str:
    """What a user's own validator raised, without the words that pydantic puts before it."""
    return said.removeprefix("Value error, ").removeprefix("Assertion failed, ")


def _has_bounds(schema: Schema) -> bool:
    return any(bounds_of(node).done for node in all_nodes(schema))


def _has_defaults(schema: Schema) -> bool:
    for node in all_nodes(schema):
        if isinstance(node, ObjectNode) and any(field.default is not UNSET for field in node.fields):
            return True
    return False


def _has_any(schema: Schema) -> bool:
    for node in all_nodes(schema):
        if isinstance(node, AnyNode) or (
            isinstance(node, EnumNode) and not all(isinstance(value, str) for value in node.values)
        ):
            return True
    return False


def _is_finite(state: Any) -> bool:
    todo = [state]
    while todo:
        at = todo.pop()
        kind = type(at)
        if kind is dict:
            todo.extend(at.values())
        elif kind is list:
            todo.extend(at)
        elif kind is float and at - at != 0.0:
            return False
    return True


def non_finite(state: Any) -> Iterator[Path]:
    """The paths of numbers that are not finite, which JSON does not have."""
    if _is_finite(state):  # nearly always, and without a path for each number
        return
    todo: list[tuple[Path, Any]] = [(Path(), state)]
    while todo:
        path, value = todo.pop()
        if isinstance(value, float):
            if not math.isfinite(value):
                yield path
        elif isinstance(value, dict):
            todo.extend((path.child(key), item) for key, item in value.items() if isinstance(item, (float, dict, list)))
        elif isinstance(value, list):
            todo.extend(
                (path.child(index), item) for index, item in enumerate(value) if isinstance(item, (float, dict, list))
            )
