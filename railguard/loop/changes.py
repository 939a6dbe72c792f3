"""Parses and applies change answers.

A value with valid structure is not written again: the answer names the changes, and everything else stays unchanged,
byte for byte. Nothing is changed that the answer does not name, and every change is recorded with before and after.
DESIGN, "Reask, exactly", 9. `change_request.py` creates the request; `rewriting.py` makes the same changes in a JSON
text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple, TypeAlias

from railguard.loop.lineup import PathTree
from railguard.loop.reask_keys import read_pointer, readings
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
from railguard.values import UNSET, History, Note, Path, ValueChange, json_key, plain_copy, value_at
from railguard.values.history import NOTHING

__all__ = [
    "ChangeEntry",
    "ChangeReading",
    "Refusal",
    "RefusedChange",
    "appended_history",
    "apply_changes",
    "entries_of_patch",
    "history_of",
    "is_patch",
    "moved_list",
    "pieces_of",
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
    "held back",  # items are added and removed together, or not at all
    "said again",  # the item was removed by the answer before, and another one is in its place
]
"""Why a change was refused."""


class ChangeEntry(NamedTuple):
    """One entry of an answer: the value at a path is replaced or removed. A last part "+" appends.

    history: of the value in the answer.
    """

    path: Path
    value: Any = UNSET
    remove: bool = False
    history: History = NOTHING


class RefusedChange(NamedTuple):
    """A refused change, with the reason. path: as far as it could be parsed."""

    path: Path
    value: Any
    reason: Refusal


@dataclass(frozen=True, slots=True)
class ChangeReading:
    """The changes of a change answer. changes: in the order in which they are made. refused: the refused ones.
    histories: of the new values, by path.
    """

    changes: tuple[ValueChange, ...] = ()
    refused: tuple[RefusedChange, ...] = ()
    histories: tuple[tuple[Path, History], ...] = ()


def history_of(histories: Iterable[tuple[Path, History]]) -> History:
    """Combine histories of values at several paths into one history. The order of their notes is kept."""
    found: list[tuple[int, Path, Note]] = []
    for path, history in histories:
        found += [(order, Path((*path, *below)), note) for below, order, note in history.walk()]
    return History.of([(path, note) for _, path, note in sorted(found, key=lambda one: one[0])])


def appended_history(path: Path, start: int, history: History, count: int) -> list[tuple[Path, History]]:
    """Return the histories of items that are appended to the list at a path, from the history of the list in the
    answer.

    start: the index of the first item. Notes about the answer's list itself go to its first item.
    """
    items = [(path.child(start + number), history.at((number,))) for number in range(count)]
    return [*items, (path.child(start), History(history.notes))] if count and history.notes else items


def read_changes(answer: Any, value: Any, schema: Schema, history: History = NOTHING) -> ChangeReading:
    """Parse a change answer to a value.

    Args:
        answer: The parsed answer: a flat object, a list of such objects, or a JSON Patch.
        value: The value as it was shown; indexes are its own.
        schema: The schema of the value.
        history: Of the answer.

    Returns:
        The changes for `apply_changes` and `rewriting.rewrite`, and the refused ones. The value is not changed.
    """
    if is_patch(answer, value):
        entries, refused = entries_of_patch(answer, value, history)
        reading = read_entries(entries, value, schema)
        return replace(reading, refused=(*refused, *reading.refused))
    if answer == []:  # a patch without operations; a list that loses all its items has them removed
        return ChangeReading()
    if isinstance(answer, list) and not _are_pieces(answer, value):
        return read_entries([ChangeEntry(Path(), answer, history=history)], value, schema)
    unread: list[RefusedChange] = []
    found: list[ChangeEntry] = []
    for piece, noted in pieces_of(answer, history):
        if not isinstance(piece, dict):
            return ChangeReading(refused=(RefusedChange(Path(), answer, "another type"),))
        for key, new in piece.items():
            path = _path_of(key, value, schema)
            if path is None:
                unread.append(RefusedChange(Path((key,)), new, "not in the schema"))  # the order is ambiguous
            else:
                found.append(ChangeEntry(path, new, history=noted.at((key,))))
    reading = read_entries(found, value, schema)
    return replace(reading, refused=(*unread, *reading.refused))


def pieces_of(answer: Any, history: History) -> Iterator[tuple[Any, History]]:
    """Yield the items of an answer in pieces, or the answer itself, each with its history."""
    if isinstance(answer, list):
        yield from ((piece, history.at((number,))) for number, piece in enumerate(answer))
    else:
        yield answer, history


def _are_pieces(answer: list[Any], value: Any) -> bool:
    """Whether a list is a change answer in pieces: objects; if the value is a list, objects with names of its parts."""
    if not all(isinstance(one, dict) for one in answer):
        return False
    if not isinstance(value, list):
        return True
    own = {name for item in value if isinstance(item, dict) for name in item}
    return all(one and all(key not in own and _is_of_list(key, value) for key in one) for one in answer)


def _is_of_list(key: str, value: list[Any]) -> bool:
    return any(path and (isinstance(path[0], int) or path[0] == "+") for path in readings(key, value))


def _path_of(key: str, value: Any, schema: Schema) -> Path | None:
    """Return the path that a key means: an existing one or one in the schema, otherwise the most likely; None if it
    means two.
    """
    paths = readings(key, value) or [Path((key,))]
    if len(paths) > 1 and _is_own(paths[0][:1], value, schema) and not _is_own(paths[1], value, schema):
        return paths[0]  # where other members are allowed, any key could be the name of a new one
    known = [path for path in paths if value_at(value, path) is not UNSET or _is_known(path, value, schema)]
    return None if len(known) > 1 else (known or paths)[0]


def _is_own(path: Sequence[str | int], value: Any, schema: Schema) -> bool:
    """Whether the value has a member, or the schema declares it."""
    return value_at(value, path) is not UNSET or field_at(schema, path, value) is not None


def _is_known(path: Path, value: Any, schema: Schema) -> bool:
    return _node_of(path[:-1] if path[-1:] == ("+",) else path, value, schema) is not None


def _node_of(path: Sequence[str | int], value: Any, schema: Schema) -> Node | None:
    """Return the node at a path. Below a value of any type, what is in an existing object or list has any type too."""
    node = node_at(schema, path, value)
    if node is not None or not isinstance(value_at(value, path[:-1]), (dict, list)):
        return node
    above = (node_at(schema, path[:end], value) for end in range(len(path) - 1, -1, -1))
    nearest = next((node for node in above if node is not None), None)
    return nearest if isinstance(nearest, AnyNode) else None


def is_patch(answer: Any, value: Any) -> bool:
    """Whether an answer is a JSON Patch (RFC 6902), or one operation of it, and not a value of the schema."""
    operations = answer if isinstance(answer, list) else [answer]
    return bool(operations) and all(map(_is_operation, operations)) and not _holds_operations(value)


def _is_operation(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("op"), str) and isinstance(value.get("path"), str)


def _holds_operations(value: Any) -> bool:
    """Whether a value contains objects of its own that look like operations of a patch."""
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


def entries_of_patch(
    answer: Any, value: Any, history: History = NOTHING
) -> tuple[list[ChangeEntry], list[RefusedChange]]:
    """Convert a JSON Patch: add and replace set, remove removes; test is ignored, and other operations are refused."""
    entries: list[ChangeEntry] = []
    refused: list[RefusedChange] = []
    for operation, noted in pieces_of(answer, history):
        path = read_pointer(operation["path"], value)
        new = operation.get("value", UNSET)
        if path is None or operation["op"] not in ("add", "replace", "remove", "test"):
            refused.append(RefusedChange(path or Path((operation["path"],)), _or_none(new), "unknown operation"))
        elif operation["op"] == "remove":
            entries.append(ChangeEntry(path, remove=True))
        elif operation["op"] != "test":
            if new is UNSET or _inserts(operation["op"], path, value):
                refused.append(RefusedChange(path, _or_none(new), "unknown operation"))
            elif path[-1:] == ("+",):
                entries.append(ChangeEntry(path, [new], history=History((), {0: noted.at(("value",))})))
            else:
                entries.append(ChangeEntry(path, new, history=noted.at(("value",))))
    return entries, refused


def _or_none(value: Any) -> Any:
    return None if value is UNSET else value


def _inserts(operation: str, path: Path, value: Any) -> bool:
    """Whether an operation would move later items of a list."""
    holder = value_at(value, path[:-1])
    return operation == "add" and isinstance(holder, list) and isinstance(path[-1], int) and path[-1] < len(holder)


def read_entries(entries: Sequence[ChangeEntry], value: Any, schema: Schema) -> ChangeReading:
    """Return the changes of entries to a value. Contradictory entries and entries without a place are refused."""
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
        self.histories: dict[Path, History] = {}

    def read(self, entry: ChangeEntry) -> None:
        path, new, history = entry.path, entry.value, entry.history
        holder = value_at(self.value, path[:-1]) if path else UNSET
        if path[-1:] == ("+",) and not isinstance(holder, dict):
            items = new if isinstance(new, list) else [new]
            self._append(Path(path[:-1]), items, new, history if items is new else History((), {0: history}))
            return
        if isinstance(holder, list) and path and path[-1] == len(holder) and not entry.remove:
            self._append(Path(path[:-1]), [new], new, History((), {0: history}))
            return
        node = _node_of(path, self.value, self.schema)
        if node is None and (entry.remove or new is None) and value_at(self.value, path) is not UNSET:
            self._remove(path)  # an entry without a place there is always allowed
        elif node is None:
            self._refuse(path, new, "not in the schema")
        elif entry.remove or (new is None and not takes_null(self.schema, node)):
            self._remove(path)
        else:
            inner = unwrapped(new, node, path, self.schema)
            self._set(path, inner, node, history if inner is new else history.at(tuple(new)))

    def _refuse(self, path: Path, new: Any, reason: Refusal) -> None:
        self.refused.append(RefusedChange(path, _or_none(new), reason))

    def _append(self, path: Path, items: list[Any], new: Any, history: History) -> None:
        node = _node_of(path, self.value, self.schema)
        at = value_at(self.value, path)
        if at is UNSET and isinstance(node, ListNode):
            self._set(path, items, node, history)
        elif not isinstance(node, (ListNode, AnyNode)) or not isinstance(at, list):
            self._refuse(path.child("+"), new, "not in the schema")
        else:
            known = self.appended.setdefault(path, [])
            self.histories |= appended_history(path, len(at) + len(known), history, len(items))
            known.extend(items)

    def _remove(self, path: Path) -> None:
        if value_at(self.value, path) is UNSET:
            return  # it does not exist yet
        field = field_at(self.schema, path, self.value)
        if not path or (field is not None and field.required):
            self._refuse(path, UNSET, "required")
        else:
            self.removed[path] = None

    def _set(self, path: Path, new: Any, node: Node, history: History) -> None:
        old = value_at(self.value, path)
        missing = self._missing(path) if old is UNSET else Path()
        if any(isinstance(part, int) for part in missing):
            self._refuse(path, new, "no such item")
            return
        if missing and not isinstance(value_at(self.value, path[: -len(missing)]), dict):
            self._refuse(path, new, "another type")  # something else is where the schema has an object
            return
        if _is_other_type(old, new, node):
            self._refuse(path, new, "another type")
            return
        if isinstance(old, dict) and isinstance(new, dict) and self._is_part(node, old, new):
            for name, member in new.items():
                self.read(ChangeEntry(path.child(name), member, history=history.at((name,))))
            return
        if path in self.sets and json_key(self.sets[path]) != json_key(new):
            self._refuse(path, new, "contradiction")
            new = UNSET
        self.sets[path] = new
        self.histories[path] = history

    def _missing(self, path: Path) -> Path:
        """Return the parts of a path that the value does not have."""
        at, there = self.value, 0
        while there < len(path) and (at := value_at(at, (path[there],))) is not UNSET:
            there += 1
        return Path(path[there:])

    def _is_part(self, node: Node, old: dict[str, Any], new: dict[str, Any]) -> bool:
        """Whether an object describes changes of the old one. A map and a choice with another case are replaced."""
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
        value = plain_copy(self.value)
        created: dict[Path, None] = {}
        for path, new in self.sets.items():
            old = value_at(self.value, path)
            if old is not UNSET:
                if json_key(old) != json_key(new):
                    changes.append(ValueChange(path, plain_copy(old), plain_copy(new)))
                continue
            missing = self._missing(path)
            created[Path(path[: len(path) - len(missing) + 1])] = None
            _put(value, path, plain_copy(new))
        changes += [ValueChange(path, UNSET, value_at(value, path)) for path in created]
        for path, items in self.appended.items():
            start = len(value_at(self.value, path))
            changes += [
                ValueChange(path.child(start + number), UNSET, plain_copy(item)) for number, item in enumerate(items)
            ]
        for path in sorted(self.removed, reverse=True):
            changes.append(ValueChange(path, plain_copy(value_at(self.value, path)), UNSET))
        return ChangeReading(tuple(changes), tuple(self.refused), tuple(self.histories.items()))

    def _refuse_contradictions(self) -> None:
        """Remove values that were set twice, removed and set, or set together with a part of them."""
        named = dict.fromkeys(self.sets, "set") | {path.child("+"): "append" for path in self.appended}
        bad = {path for path, new in self.sets.items() if new is UNSET}
        bad |= {path for path in self.removed if path in named}
        every = named.keys() | self.removed.keys()
        tree = PathTree.of(every)
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
    """Whether a list or an object would be replaced by a value that its node does not accept."""
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
    """Return a value without an object around it whose only key is the value's own name, if its node does not accept
    that object.
    """
    if not isinstance(value, dict) or len(value) != 1:
        return value
    (key,) = value
    last = next((part for part in reversed(path) if isinstance(part, str) and part != "+"), None)
    if (key != last and key not in names) or _takes_member(schema, node, key, value[key]):
        return value
    return value[key]


def _takes_member(schema: Schema, node: Node, name: str, value: Any) -> bool:
    """Whether a node can be an object with a member of this name and of this value's type."""
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
    """Whether a value is an object, a list or a scalar as its node requires."""
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


def moved_list(change: ValueChange) -> Path | None:
    """The path by which an answer names a change that adds an item to a list, or removes one; None for any other change."""
    if not change.path or not isinstance(change.path[-1], int):
        return None
    if change.before is UNSET:
        return Path((*change.path[:-1], "+"))
    return change.path if change.after is UNSET else None


def apply_changes(value: Any, changes: Sequence[ValueChange]) -> Any:
    """Return a copy of a value with changes made in order: values set, items appended, then removals from the end."""
    value = plain_copy(value)
    for change in changes:
        if not change.path:
            value = plain_copy(change.after)
        elif change.after is UNSET:
            del value_at(value, change.path[:-1])[change.path[-1]]
        else:
            _put(value, change.path, plain_copy(change.after))
    return value


def _put(value: Any, path: Sequence[str | int], new: Any) -> None:
    """Set a value at a path below the root, in place; missing objects on the way are created."""
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
