"""The answer to a reask: which asked value it gives, and what it says of other values.

Models answer flat, as asked; or mirror the shape of the output; or write all of it again; or as a JSON Patch. Only asked
paths are taken from any of these, items of a list are lined up by what they repeat, and what could mean two things means
nothing. DESIGN, "Reask, exactly", 4, 5 and 9.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from railguard.loop.changes import (
    Entry,
    apply_changes,
    entries_of_patch,
    is_patch,
    read_entries,
    takes_null,
    unwrapped,
)
from railguard.loop.keys import read_key, spellings
from railguard.loop.lineup import Tree, lined_up, same
from railguard.loop.unions import options_of
from railguard.prompting.reask import Wanted
from railguard.schema import ChoiceNode, EnumNode, Field, ListNode, Node, ObjectNode, Schema
from railguard.schema.members import fields_of
from railguard.values import UNSET, Limits, Path, ValueChange, value_at

__all__ = ["Answer", "json_lines", "keep_members", "merge", "read_answer"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answer gives.

    Attributes:
        values: What was asked for, each with its new value.
        changes: What a change answer changes of the values that were asked for by changes.
        ignored: (path, value) of what it says of values that were not asked for, and of changes that were refused.
    """

    values: tuple[tuple[Wanted, Any], ...] = ()
    changes: tuple[ValueChange, ...] = ()
    ignored: tuple[tuple[Path, Any], ...] = ()


def json_lines(text: str, limits: Limits) -> list[Any] | None:
    """The objects of a text that is nothing but JSON objects, one after the other on lines of their own; else None.

    None too where one of them breaks a limit, has a key twice, a number that is not finite or half of a surrogate pair:
    such texts are for the tolerant reader.
    """
    text = text.strip()
    if not text.startswith("{") or len(text) > limits.text:
        return None

    def whole(digits: str) -> int:
        if len(digits.removeprefix("-")) > limits.integer_digits:
            raise ValueError("too many digits")
        return int(digits)

    reader = json.JSONDecoder(
        object_pairs_hook=_unique, parse_constant=_not_finite, parse_float=_finite, parse_int=whole
    )
    found: list[Any] = []
    at = 0
    while at < len(text):
        try:
            value, at = reader.raw_decode(text, at)
        except (ValueError, RecursionError):
            return None
        gap = _GAP.match(text, at)
        if gap is None or not isinstance(value, dict):
            return None
        found.append(value)
        at = gap.end()
    if len(found) < 2 or _is_deeper(found, limits.depth + 1) or ("\\u" in text and not _is_unicode(found)):
        return None
    return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a key is there twice")
    return members


def _not_finite(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    return number if number - number == 0 else _not_finite(text)


def _is_deeper(value: list[Any], limit: int) -> bool:
    level: list[Any] = [value]
    for _ in range(limit):
        members = [at.values() if isinstance(at, dict) else at for at in level]
        level = [below for inside in members for below in inside if isinstance(below, (dict, list))]
        if not level:
            return False
    return True


def _is_unicode(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


_GAP = re.compile(r"[ \t]*(?:\r?\n[ \t\r\n]*|\Z)")


def read_answer(value: Any, wanted: Sequence[Wanted], state: Any, schema: Schema) -> Answer:
    """Find the asked values in a parsed answer.

    Args:
        value: The answer as plain data; UNSET if nothing could be read.
        wanted: What was asked for.
        state: What the output was when it was asked for.
        schema: What the output must be.

    Returns:
        What was found. What is not found is not in the result, and stays failing.
    """
    if value is UNSET or not wanted:
        return Answer()
    reader = _Reader(wanted, state, schema)
    reader.read(value)
    return reader.answer()


class _Reader:
    """One reading of one answer."""

    def __init__(self, wanted: Sequence[Wanted], state: Any, schema: Schema) -> None:
        self.wanted = wanted
        self.state = state
        self.schema = schema
        self.by_path = {one.path: one for one in wanted}
        self.tree = Tree.of(one.path for one in wanted)
        self.names: dict[str, Path] = {one.key: one.path for one in wanted if one.path}
        for one in wanted:
            for name in spellings(one.path):
                self.names.setdefault(name, one.path)
        self.own: Mapping[str, Any] = state if isinstance(state, dict) else {}
        self.taken: dict[Path, Any] = {}
        self.twice: set[Path] = set()
        self.entries: list[Entry] = []
        self.ignored: list[tuple[Path, Any]] = []

    def answer(self) -> Answer:
        values = tuple((self.by_path[path], new) for path, new in self.taken.items() if path not in self.twice)
        if not self.entries:
            return Answer(values, (), tuple(self.ignored))
        reading = read_entries(self.entries, self.state, self.schema)
        refused = [(one.path, one.value) for one in reading.refused]
        return Answer(values, reading.changes, (*self.ignored, *refused))

    # Shapes of the whole answer

    def read(self, value: Any) -> None:
        if is_patch(value, self.state) and not (isinstance(value, dict) and any(key in self.names for key in value)):
            self._patch(value)
        elif isinstance(value, dict):
            self._object(value)
        elif isinstance(value, list) and self._are_pieces(value):
            for piece in value:
                self._object(piece)
        elif isinstance(value, list) and isinstance(self.state, list):
            self._mirrored(value, self.state, self.tree, Path())
        elif not self._alone(value) and isinstance(value, list):
            self._bare_list(value)

    def _patch(self, value: Any) -> None:
        entries, refused = entries_of_patch(value, self.state)
        self.ignored += [(one.path, one.value) for one in refused]
        for entry in entries:
            if self._changes(entry.path):
                self._change(entry)
            elif entry.path in self.by_path:
                self._patched(self.by_path[entry.path], entry)
            elif not entry.remove:
                self._at(entry.path, entry.value)
            else:
                self.ignored.append((entry.path, None))

    def _patched(self, one: Wanted, entry: Entry) -> None:
        if entry.remove and not one.removable:
            self.ignored.append((entry.path, None))
        elif one.append and entry.path in self.taken:
            self.taken[entry.path] = [*self.taken[entry.path], *entry.value]
        else:
            self._take(entry.path, None if entry.remove else entry.value)

    def _are_pieces(self, value: list[Any]) -> bool:
        """Whether a list is an object in pieces: objects all of whose keys are names of what was asked for."""
        return bool(value) and all(
            isinstance(piece, dict) and piece and all(self._is_name(key) for key in piece) for piece in value
        )

    def _is_name(self, key: str) -> bool:
        """Whether a key can only be the name of something that was asked for."""
        if key in self.names or (self._changes(Path()) and isinstance(self.state, dict)):
            return True
        if key in self.own:
            return False
        path = read_key(key, self.state)
        return path is not None and len(path) > 1 and (self._changes(path) or self.tree.at(path) is not None)

    def _object(self, value: dict[str, Any]) -> None:
        flat = all(key in self.names for key in value)
        for key, member in value.items():
            path = self.names.get(key)
            if path is not None and (flat or key not in self.own or len(path) == 1):
                self._give(path, member)
                continue
            path = Path((key,)) if key in self.own else read_key(key, self.state) or Path((key,))
            self._at(path, member)

    def _at(self, path: Path, value: Any) -> None:
        """A value that an answer gives at a path of the output."""
        if path in self.by_path or self._changes(path):
            self._give(path, value)
            return
        below = self.tree.at(path)
        here = value_at(self.state, path)
        if below is not None:
            self._mirrored(value, here, below, path)
        elif not same(value, here):
            self.ignored.append((path, value))

    def _give(self, path: Path, value: Any) -> None:
        """A value for an asked path, or for something inside a value that is asked for by changes."""
        if self._changes(path):
            self._change(Entry(path, value))
            return
        one = self.by_path[path]
        place = path[:-1] if one.append else path
        self._take(path, unwrapped(value, one.node, place, self.schema, (one.key,)))

    def _take(self, path: Path, value: Any) -> None:
        if self._changes(path):
            self._change(Entry(path, value))
        elif path in self.taken and not same(self.taken[path], value):
            self.twice.add(path)
        elif not (self.by_path[path].append and value is None):
            self.taken[path] = value

    def _change(self, entry: Entry) -> None:
        """A change inside a value that is asked for by changes; that value itself can only go where it is optional."""
        one = self.by_path.get(entry.path)
        goes = entry.remove or (one is not None and entry.value is None and not takes_null(self.schema, one.node))
        if one is not None and goes and not one.removable:
            self.ignored.append((entry.path, None))
        else:
            self.entries.append(entry)

    def _changes(self, path: Path) -> bool:
        """Whether a path is at or inside a value that is asked for by changes."""
        asked = self.tree.above(path)
        return asked is not None and self.by_path[asked].changes is not None

    def _alone(self, value: Any) -> bool:
        """The one asked value, written without its key: taken where it cannot be the output itself."""
        if len(self.wanted) != 1 or isinstance(value, dict):
            return False
        (one,) = self.wanted
        is_list = isinstance(value, list)
        if is_list and isinstance(self.state, list):
            return False
        if one.append:
            fits = is_list
        elif one.changes is not None:
            fits = is_list and isinstance(one.node, ListNode)
        else:
            fits = is_list == (isinstance(one.value, list) or isinstance(one.node, ListNode))
        if fits:
            self._take(one.path, value)
        return fits

    def _bare_list(self, value: list[Any]) -> None:
        """A mirrored list without its key: the innermost list that all asked paths go through."""
        paths = [one.path for one in self.wanted]
        shared = paths[0]
        for path in paths[1:]:
            size = next((n for n, pair in enumerate(zip(shared, path, strict=False)) if pair[0] != pair[1]), None)
            shared = Path(shared[: size if size is not None else min(len(shared), len(path))])
        for size in range(len(shared), -1, -1):
            at = Path(shared[:size])
            if all(len(path) > size for path in paths) and isinstance(value_at(self.state, at), list):
                below = self.tree.at(at)
                if below is not None:
                    self._mirrored(value, value_at(self.state, at), below, at)
                return

    # The shape of the output

    def _mirrored(self, value: Any, state: Any, tree: Tree, path: Path) -> None:
        """Take from a value, which is meant for the state at a path, what the tree asks for."""
        if tree.is_asked:
            self._take(path, value)
        elif isinstance(state, dict) and isinstance(value, dict):
            for name, member in value.items():
                below = tree.below.get(name)
                if below is not None:
                    self._mirrored(member, state.get(name, UNSET), below, path.child(name))
                elif not same(member, state.get(name, UNSET)):
                    self.ignored.append((path.child(name), member))
        elif isinstance(state, list) and isinstance(value, dict):
            self._indexed(value, state, tree, path)
        elif isinstance(state, list) and isinstance(value, list):
            for part, item in lined_up(value, state, tree):
                if part in tree.below:
                    self._mirrored(item, value_at(state, (part,)), tree.below[part], path.child(part))
        elif not same(value, state):
            self.ignored.append((path, value))

    def _indexed(self, value: dict[str, Any], state: list[Any], tree: Tree, path: Path) -> None:
        """Items of a list as an object whose keys are their indexes."""
        for key, item in value.items():
            at = read_key(key, state)
            part = at[0] if at is not None and len(at) == 1 else key
            if part in tree.below:
                self._mirrored(item, value_at(state, (part,)), tree.below[part], path.child(part))
            elif not same(item, value_at(state, (part,))):
                self.ignored.append((path.child(part), item))


# Merging


def merge(state: Any, answer: Answer, schema: Schema) -> tuple[Any, list[Path]]:
    """A new state with what an answer gives, and the paths that were written. Nothing else changes.

    Args:
        state: What the output was when it was asked for. It is not changed.
        answer: What `read_answer` found.
        schema: What the output must be.

    Returns:
        The new state, and each path that was written; of a list that lost items, the path of the list.
    """
    state = deepcopy(state)
    written: list[Path] = []
    for one, value in answer.values:
        if value is UNSET:
            continue
        if not one.path:
            return keep_members(state, deepcopy(value), one.node, schema)
        written += _write(state, one, deepcopy(value), schema)
    for change in answer.changes:
        removes_item = change.after is UNSET and isinstance(change.path[-1], int)
        written.append(Path(change.path[:-1]) if removes_item else change.path)
    return (apply_changes(state, answer.changes) if answer.changes else state), list(dict.fromkeys(written))


def _write(state: Any, one: Wanted, value: Any, schema: Schema) -> list[Path]:
    """Write one asked value into the state, in place; the paths that were written."""
    holder = value_at(state, one.path[:-1])
    last = one.path[-1]
    if one.append:
        if not isinstance(holder, list):
            return []
        items = value if isinstance(value, list) else [value]
        start = len(holder)
        holder.extend(items)
        return [Path((*one.path[:-1], start + number)) for number in range(len(items))]
    if not isinstance(holder, dict) and not (isinstance(holder, list) and isinstance(last, int) and last < len(holder)):
        return []
    if value is None and one.removable and isinstance(holder, dict):
        holder.pop(last, None)
        return [one.path]
    merged, written = keep_members(value_at(state, one.path), value, one.node, schema)
    holder[last] = merged  # type: ignore[index]  # a key for a dict, an index for a list
    return [Path((*one.path, *below)) for below in written]


def keep_members(old: Any, new: Any, node: Node, schema: Schema) -> tuple[Any, list[Path]]:
    """A new value with the declared members of the old one that it leaves out; null takes out what may be left out.

    Only of an object of the same case. A map, a list and an object whose case changed are replaced.

    Args:
        old: What was there; UNSET if nothing was.
        new: What an answer gives in its place.
        node: What is expected there.
        schema: The schema that references are looked up in.

    Returns:
        The value, and the paths in it that are new or gone: the empty path if none of the old one was kept.
    """
    case = _case(old, new, schema.resolve(node), schema)
    if not isinstance(new, dict) or case is None:
        return new, [Path()]
    declared, before = case
    merged: dict[str, Any] = {}
    written: list[Path] = []
    for name in dict.fromkeys([*(name for name in before if name in new or name in declared), *new]):
        if name not in new:
            merged[name] = before[name]
            continue
        field = declared.get(name)
        if field is None:
            merged[name] = new[name]
            written.append(Path((name,)))
        elif new[name] is None and not field.required and not takes_null(schema, field.node):
            written.append(Path((name,)))
        else:
            merged[name], below = keep_members(before.get(name, UNSET), new[name], field.node, schema)
            written += [Path((name, *path)) for path in below]
    written += [Path((name,)) for name in before if name not in new and name not in declared]
    is_new = all(name in new for name in merged) and all(len(path) == 1 for path in written)
    return merged, [Path()] if is_new else written


def _case(old: Any, new: Any, node: Node, schema: Schema) -> tuple[Mapping[str, Field], dict[str, Any]] | None:
    """The declared members of the object that a new value is, and the old one if it is of the same case, else {}."""
    before = old if isinstance(old, dict) else {}
    tag: Field | None = None
    if isinstance(node, ChoiceNode):
        case = node.case(new if isinstance(new, dict) and node.discriminator in new else old)
        before = before if case is not None and case == node.case(old) else {}
        tag = Field(node.discriminator, EnumNode(values=()))
        node = case.node if case is not None else node
    elif (options := options_of(schema, node)) is not None:
        option = options.of(new if isinstance(new, dict) and options.member in new else old)
        before = before if option is not None and option is options.of(old) else {}
        node = option if option is not None else node
    if not isinstance(node, ObjectNode):
        return None
    fields = fields_of(schema, node)
    return (fields if tag is None else {**fields, tag.name: tag}), before
