"""A change answer: how it is read, and what it changes.

A value that is built soundly is not written anew: the answer names what changes, and everything else stays as it is, to
the byte. Nothing is changed that the answer does not name, and every change is on record with before and after. DESIGN,
"Reask, exactly", 9. `change_request.py` is what is asked; `rewriting.py` makes the same changes in a JSON text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple, TypeAlias

from railguard.loop.keys import read_pointer, readings
from railguard.loop.lineup import Tree
from railguard.loop.unions import options_of
from railguard.schema import (
    AnyNode,
    ChoiceNode,
    EnumNode,
    ListNode,
    Node,
    NullNode,
    ObjectNode,
    Schema,
    UnionNode,
)
from railguard.schema.prune import field_at, node_at
from railguard.values import UNSET, Path, ValueChange, json_key, value_at

__all__ = [
    "ChangeReading",
    "Entry",
    "Refusal",
    "RefusedChange",
    "apply_changes",
    "entries_of_patch",
    "is_patch",
    "read_changes",
    "read_entries",
    "takes_null",
    "unwrapped",
]

Refusal: TypeAlias = Literal[
    "not in the schema",
    "no such item",
    "required",  # a required member cannot be removed
    "another type",  # a list or object would be replaced by something else
    "contradiction",  # two entries change the same value in different ways
    "unknown operation",
]
"""Why a change was not made."""


class Entry(NamedTuple):
    """One thing that an answer says: the value at a path becomes another, or is removed. A last part "+" appends."""

    path: Path
    value: Any = UNSET
    remove: bool = False


class RefusedChange(NamedTuple):
    """What an answer says that was not done, and why. path: as far as it could be read."""

    path: Path
    value: Any
    reason: Refusal


@dataclass(frozen=True, slots=True)
class ChangeReading:
    """What a change answer changes. changes: in the order in which they are made. refused: what is not done."""

    changes: tuple[ValueChange, ...] = ()
    refused: tuple[RefusedChange, ...] = ()


def read_changes(answer: Any, value: Any, schema: Schema) -> ChangeReading:
    """Read a change answer to a stand-alone value.

    Args:
        answer: The parsed answer: a flat object, a list of such objects, or a JSON Patch.
        value: The value as it was shown; indexes are its own.
        schema: What the value must be.

    Returns:
        The changes, ready for `apply_changes` and `rewriting.rewrite`, and what was refused. Nothing is changed.
    """
    if is_patch(answer, value):
        entries, refused = entries_of_patch(answer, value)
        reading = read_entries(entries, value, schema)
        return replace(reading, refused=(*refused, *reading.refused))
    if isinstance(answer, list) and (isinstance(value, list) or not all(isinstance(one, dict) for one in answer)):
        return read_entries([Entry(Path(), answer)], value, schema)
    unread: list[RefusedChange] = []
    found: list[Entry] = []
    for piece in answer if isinstance(answer, list) else [answer]:
        if not isinstance(piece, dict):
            return ChangeReading(refused=(RefusedChange(Path(), answer, "another type"),))
        for key, new in piece.items():
            path = _path_of(key, value, schema)
            if path is None:
                unread.append(RefusedChange(Path((key,)), new, "not in the schema"))
            else:
                found.append(Entry(path, new))
    reading = read_entries(found, value, schema)
    return replace(reading, refused=(*unread, *reading.refused))


def _path_of(key: str, value: Any, schema: Schema) -> Path | None:
    """The one path of the schema that a key means; None if it means none or two."""
    known = [path for path in readings(key, value) if _is_known(path, value, schema)]
    return known[0] if len(known) == 1 else None


def _is_known(path: Path, value: Any, schema: Schema) -> bool:
    return node_at(schema, path[:-1] if path[-1:] == ("+",) else path, value) is not None


def is_patch(answer: Any, value: Any) -> bool:
    """Whether an answer is a JSON Patch (RFC 6902), or one operation of it, and no such value of our own."""
    operations = answer if isinstance(answer, list) else [answer]
    return bool(operations) and all(map(_is_operation, operations)) and not _holds_operations(value)


def _is_operation(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("op"), str) and isinstance(value.get("path"), str)


def _holds_operations(value: Any) -> bool:
    """Whether a value has objects of its own that look like operations of a patch."""
    todo = [value]
    while todo:
        at = todo.pop()
        if isinstance(at, dict):
            if "op" in at:
                return True
            todo += at.values()
        elif isinstance(at, list):
            todo += at
    return False


def entries_of_patch(answer: Any, value: Any) -> tuple[list[Entry], list[RefusedChange]]:
    """What a JSON Patch says: add and replace set, remove removes; test says nothing, anything else is refused."""
    entries: list[Entry] = []
    refused: list[RefusedChange] = []
    for operation in answer if isinstance(answer, list) else [answer]:
        path = read_pointer(operation["path"], value)
        new = operation.get("value", UNSET)
        if path is None or operation["op"] not in ("add", "replace", "remove", "test"):
            refused.append(RefusedChange(path or Path((operation["path"],)), _or_none(new), "unknown operation"))
        elif operation["op"] == "remove":
            entries.append(Entry(path, remove=True))
        elif operation["op"] != "test":
            if new is UNSET or _inserts(operation["op"], path, value):
                refused.append(RefusedChange(path, _or_none(new), "unknown operation"))
            else:
                entries.append(Entry(path, [new] if path[-1:] == ("+",) else new))
    return entries, refused


def _or_none(value: Any) -> Any:
    return None if value is UNSET else value


def _inserts(operation: str, path: Path, value: Any) -> bool:
    """Whether an operation would move later items of a list."""
    holder = value_at(value, path[:-1])
    return operation == "add" and isinstance(holder, list) and isinstance(path[-1], int) and path[-1] < len(holder)


def read_entries(entries: Sequence[Entry], value: Any, schema: Schema) -> ChangeReading:
    """The changes that entries make of a value. What contradicts itself or has no place is refused."""
    reader = _Reader(value, schema)
    for entry in entries:
        reader.read(entry)
    return reader.result()


class _Reader:
    def __init__(self, value: Any, schema: Schema) -> None:
        self.value = value
        self.schema = schema
        self.sets: dict[Path, Any] = {}
        self.removed: dict[Path, None] = {}
        self.appended: dict[Path, list[Any]] = {}
        self.refused: list[RefusedChange] = []

    def read(self, entry: Entry) -> None:
        path, new = entry.path, entry.value
        holder = value_at(self.value, path[:-1]) if path else UNSET
        if path[-1:] == ("+",) and not isinstance(holder, dict):
            self._append(Path(path[:-1]), new if isinstance(new, list) else [new], new)
            return
        if isinstance(holder, list) and path and path[-1] == len(holder) and not entry.remove:
            self._append(Path(path[:-1]), [new], new)
            return
        node = node_at(self.schema, path, self.value)
        if node is None:
            self._refuse(path, new, "not in the schema")
        elif entry.remove or (new is None and not takes_null(self.schema, node)):
            self._remove(path)
        else:
            self._set(path, unwrapped(new, node, path, self.schema), node)

    def _refuse(self, path: Path, new: Any, reason: Refusal) -> None:
        self.refused.append(RefusedChange(path, _or_none(new), reason))

    def _append(self, path: Path, items: list[Any], new: Any) -> None:
        node = node_at(self.schema, path, self.value)
        at = value_at(self.value, path)
        if at is UNSET and isinstance(node, ListNode):
            self._set(path, items, node)
        elif not isinstance(node, (ListNode, AnyNode)) or not isinstance(at, list):
            self._refuse(path.child("+"), new, "not in the schema")
        else:
            self.appended.setdefault(path, []).extend(items)

    def _remove(self, path: Path) -> None:
        if value_at(self.value, path) is UNSET:
            return  # it is not there already
        field = field_at(self.schema, path, self.value)
        if not path or (field is not None and field.required):
            self._refuse(path, UNSET, "required")
        else:
            self.removed[path] = None

    def _set(self, path: Path, new: Any, node: Node) -> None:
        old = value_at(self.value, path)
        if old is UNSET and any(isinstance(part, int) for part in self._missing(path)):
            self._refuse(path, new, "no such item")
            return
        if _is_other_type(old, new, node):
            self._refuse(path, new, "another type")
            return
        if isinstance(old, dict) and isinstance(new, dict) and self._is_part(node, old, new):
            for name, member in new.items():
                self.read(Entry(path.child(name), member))
            return
        if path in self.sets and json_key(self.sets[path]) != json_key(new):
            self._refuse(path, new, "contradiction")
            new = UNSET
        self.sets[path] = new

    def _missing(self, path: Path) -> Path:
        """The parts of a path that the value does not have."""
        at = self.value
        for number, part in enumerate(path):
            at = value_at(at, (part,))
            if at is UNSET:
                return Path(path[number:])
        return Path()

    def _is_part(self, node: Node, old: dict[str, Any], new: dict[str, Any]) -> bool:
        """Whether an object says what changes in the old one. A map and a choice whose case changes are replaced."""
        if isinstance(node, ObjectNode):
            return bool(node.fields)
        if isinstance(node, ChoiceNode):
            return node.discriminator not in new or node.case(new) == node.case(old)
        if (options := options_of(self.schema, node)) is not None:
            return options.member not in new or options.of(new) is options.of(old)
        return isinstance(node, UnionNode) and new.keys() <= old.keys()

    def result(self) -> ChangeReading:
        self._refuse_contradictions()
        changes: list[ValueChange] = []
        value = deepcopy(self.value)
        created: dict[Path, None] = {}
        for path, new in self.sets.items():
            old = value_at(self.value, path)
            if old is not UNSET:
                if json_key(old) != json_key(new):
                    changes.append(ValueChange(path, deepcopy(old), deepcopy(new)))
                continue
            missing = self._missing(path)
            created[Path(path[: len(path) - len(missing) + 1])] = None
            value = _put(value, path, deepcopy(new))
        changes += [ValueChange(path, UNSET, value_at(value, path)) for path in created]
        for path, items in self.appended.items():
            start = len(value_at(self.value, path))
            changes += [
                ValueChange(path.child(start + number), UNSET, deepcopy(item)) for number, item in enumerate(items)
            ]
        for path in sorted(self.removed, reverse=True):
            changes.append(ValueChange(path, deepcopy(value_at(self.value, path)), UNSET))
        return ChangeReading(tuple(changes), tuple(self.refused))

    def _refuse_contradictions(self) -> None:
        """Leave out values that were set twice, removed and set, or set together with something inside them."""
        named = dict.fromkeys(self.sets, "set") | {path.child("+"): "append" for path in self.appended}
        bad = {path for path, new in self.sets.items() if new is UNSET}
        bad |= {path for path in self.removed if path in named}
        every = named.keys() | self.removed.keys()
        tree = Tree.of(every)
        for path in every:
            above = tree.above(path)
            if above is not None and above != path:
                bad |= {path, above}
        for path in sorted(bad, key=str):
            new = self.sets.pop(path, UNSET)
            self.removed.pop(path, None)
            if path[-1:] == ("+",):
                new = self.appended.pop(Path(path[:-1]), UNSET)
            if new is not UNSET or all(path != one.path for one in self.refused):
                self._refuse(path, new, "contradiction")


def _is_other_type(old: Any, new: Any, node: Node) -> bool:
    """Whether a list or an object would be lost to a value that its node cannot take."""
    if isinstance(node, ListNode):
        return isinstance(old, list) and not isinstance(new, list)
    return isinstance(node, (ObjectNode, ChoiceNode)) and isinstance(old, dict) and not isinstance(new, dict)


def takes_null(schema: Schema, node: Node) -> bool:
    """Whether null is a value of a node."""
    node = schema.resolve(node)
    if node.nullable or isinstance(node, (AnyNode, NullNode)):
        return True
    if isinstance(node, EnumNode):
        return None in node.values
    return isinstance(node, UnionNode) and any(takes_null(schema, option) for option in node.options)


def unwrapped(value: Any, node: Node, path: Sequence[str | int], schema: Schema, names: Iterable[str] = ()) -> Any:
    """A value without an object around it whose one key is its own name, where its node cannot take that object."""
    if not isinstance(value, dict) or len(value) != 1:
        return value
    (key,) = value
    last = next((part for part in reversed(path) if isinstance(part, str) and part != "+"), None)
    if (key != last and key not in names) or _takes_member(schema, node, key, value[key]):
        return value
    return value[key]


def _takes_member(schema: Schema, node: Node, name: str, value: Any) -> bool:
    """Whether a node can be an object with a member of this name and of this value's kind."""
    node = schema.resolve(node)
    if isinstance(node, ObjectNode):
        below = next((field.node for field in node.fields if field.name == name), node.extra)
        return below is not None and _is_kind(schema, below, value)
    if isinstance(node, ChoiceNode):
        return name == node.discriminator or any(_takes_member(schema, case.node, name, value) for case in node.cases)
    if isinstance(node, EnumNode):
        return any(isinstance(one, dict) for one in node.values)
    if isinstance(node, UnionNode):
        return any(_takes_member(schema, option, name, value) for option in node.options)
    return isinstance(node, AnyNode)


def _is_kind(schema: Schema, node: Node, value: Any) -> bool:
    """Whether a value is an object, a list or a scalar as its node wants one."""
    node = schema.resolve(node)
    if isinstance(node, AnyNode):
        return True
    if isinstance(node, EnumNode):
        return any(_kind(one) is _kind(value) for one in node.values)
    if isinstance(node, UnionNode):
        return any(_is_kind(schema, option, value) for option in node.options)
    if isinstance(node, (ObjectNode, ChoiceNode)):
        return isinstance(value, dict)
    return _kind(value) is (list if isinstance(node, ListNode) else None)


def _kind(value: Any) -> type | None:
    return type(value) if isinstance(value, (dict, list)) else None


# Applying


def apply_changes(value: Any, changes: Sequence[ValueChange]) -> Any:
    """A copy of a value with changes made, in their order: values set, items appended, then removals from the end."""
    value = deepcopy(value)
    for change in changes:
        if not change.path:
            value = deepcopy(change.after)
        elif change.after is UNSET:
            del value_at(value, change.path[:-1])[change.path[-1]]
        else:
            value = _put(value, change.path, deepcopy(change.after))
    return value


def _put(value: Any, path: Sequence[str | int], new: Any) -> Any:
    """Put a value at a path, in place; objects on the way that are missing are made."""
    if not path:
        return new
    at = value
    for part in path[:-1]:
        below = value_at(at, (part,))
        if below is UNSET:
            below = at[part] = {}
        at = below
    if isinstance(at, list) and path[-1] == len(at):
        at.append(new)
    else:
        at[path[-1]] = new
    return value
