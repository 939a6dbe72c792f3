"""Reads the answer to a reask: the requested values, and other values that it contains.

Models answer flat, as requested; or mirror the shape of the output; or write all of it again; or as a JSON Patch. Only
requested paths are taken from any of these, items of a list are matched by the values that they repeat, and an
ambiguous value is ignored. DESIGN, "Reask, exactly", 4, 5 and 9.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from railguard.lazy import regex
from railguard.loop.changes import (
    ChangeEntry,
    RefusedChange,
    appended_history,
    apply_changes,
    entries_of_patch,
    history_of,
    is_patch,
    pieces_of,
    read_changes,
    read_entries,
    takes_null,
    unwrapped,
)
from railguard.loop.lineup import PathTree, lined_up, same
from railguard.loop.reask_keys import key_spellings, read_key
from railguard.loop.unions import options_of
from railguard.prompting.reask import AskedValue
from railguard.schema import ChoiceNode, EnumNode, Field, ListNode, Node, ObjectNode, Schema
from railguard.schema.members import fields_of, member_of
from railguard.values import UNSET, History, Limits, Path, ValueChange, plain_copy, value_at
from railguard.values.history import NOTHING

__all__ = ["ReaskAnswer", "json_lines", "keep_members", "merge_answer", "read_answer"]


class ReaskAnswer(NamedTuple):
    """The content of an answer.

    Attributes:
        values: The requested values, each with its new value.
        changes: The changes of the values that were requested as changes.
        ignored: (path, value) of values that were not requested, and of refused changes.
        refused: The refused changes, with the reasons.
        history: The history of the new values, at their paths in the output.
    """

    values: tuple[tuple[AskedValue, Any], ...] = ()
    changes: tuple[ValueChange, ...] = ()
    ignored: tuple[tuple[Path, Any], ...] = ()
    refused: tuple[RefusedChange, ...] = ()
    history: History = NOTHING


def json_lines(text: str, limits: Limits) -> list[Any] | None:
    """Parse a text that consists of JSON objects, one per line; None for any other text.

    Also None if one of them exceeds a limit, repeats a key, or has a number that is not finite or half of a surrogate
    pair: the tolerant parser handles such texts.
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


_GAP = regex(r"[ \t]*(?:\r?\n[ \t\r\n]*|\Z)")


def read_answer(
    value: Any, wanted: Sequence[AskedValue], state: Any, schema: Schema, history: History = NOTHING
) -> ReaskAnswer:
    """Find the requested values in a parsed answer.

    Args:
        value: The answer as plain data; UNSET if it could not be parsed.
        wanted: The requested values.
        state: The output at the time of the question.
        schema: The schema of the output.
        history: The history of the answer; a value's history moves with it.

    Returns:
        The found values. A value that is not found stays failing.
    """
    if value is UNSET or not wanted:
        return ReaskAnswer()
    if not wanted[0].path and wanted[0].changes is not None:
        changed = read_changes(value, state, schema, history)
        ignored = tuple((one.path, one.value) for one in changed.refused)
        return ReaskAnswer((), changed.changes, ignored, changed.refused, history_of(changed.histories))
    flat = _as_asked(value, wanted, schema) if not history else None
    if flat is not None:
        return ReaskAnswer(flat)
    reader = _Reader(wanted, state, schema)
    reader.read(value, history)
    return reader.answer()


def _as_asked(value: Any, wanted: Sequence[AskedValue], schema: Schema) -> tuple[tuple[AskedValue, Any], ...] | None:
    """The values of an object all of whose keys are those that were asked for, as they were asked for; None for any other
    answer."""
    if not isinstance(value, dict) or True in [one.changes is not None or one.append for one in wanted]:
        return None
    by_key = {one.key: one for one in wanted}
    if not value or len(by_key) < len(wanted) or not value.keys() <= by_key.keys():
        return None
    found = []
    for key, member in value.items():
        one = by_key[key]
        found.append((one, unwrapped(member, one.node, one.path, schema, (key,))))
    return tuple(found)


class _Reader:
    """Reads one answer."""

    def __init__(self, wanted: Sequence[AskedValue], state: Any, schema: Schema) -> None:
        self.wanted = wanted
        self.state = state
        self.schema = schema
        self.by_path = {one.path: one for one in wanted}
        self.tree = PathTree.of(one.path for one in wanted)
        self.names: dict[str, Path] = {one.key: one.path for one in wanted}
        for one in wanted:
            for name in key_spellings(one.path):
                self.names.setdefault(name, one.path)
        self.own: Mapping[str, Any] = state if isinstance(state, dict) else {}
        self.taken: dict[Path, Any] = {}
        self.histories: dict[Path, History] = {}
        self.twice: set[Path] = set()
        self.miscounted: list[Path] = []
        """Lists of which the answer names an item that is not there: it may count from one."""
        self.entries: list[ChangeEntry] = []
        self.ignored: list[tuple[Path, Any]] = []
        self.refused: list[RefusedChange] = []

    def answer(self) -> ReaskAnswer:
        doubted = [path for path in self.taken if self._is_miscounted(path)]
        self.ignored += [(path, self.taken[path]) for path in doubted]
        unsure = self.twice.union(doubted)
        values = tuple((self.by_path[path], new) for path, new in self.taken.items() if path not in unsure)
        reading = read_entries(self.entries, self.state, self.schema)
        refused = (*self.refused, *reading.refused)
        ignored = (*self.ignored, *((one.path, one.value) for one in refused))
        histories = [one for wanted, new in values for one in self._placed(wanted, new)]
        return ReaskAnswer(values, reading.changes, ignored, refused, history_of([*histories, *reading.histories]))

    def _is_miscounted(self, path: Path) -> bool:
        """Whether a path leads to an item of a list whose items the answer does not number as they are."""
        return any(path[: len(one)] == one and isinstance((*path, "")[len(one)], int) for one in self.miscounted)

    def _count(self, path: Path) -> None:
        """Note a list through which a path leads to an item that is not there, and was not asked for."""
        at = self.state
        for number, part in enumerate(path):
            if isinstance(at, list) and isinstance(part, int) and part >= len(at):
                holder = Path(path[:number])
                if self.tree.at(holder.child("+")) is None:
                    self.miscounted.append(holder)
                return
            at = value_at(at, (part,))

    def _placed(self, one: AskedValue, new: Any) -> list[tuple[Path, History]]:
        """Return the history of a value that was taken, at its future path."""
        history = self.histories[one.path]
        if not one.append:
            return [(one.path, history)]
        holder = Path(one.path[:-1])
        items = new if isinstance(new, list) else [new]
        history = history if items is new else History((), {0: history})
        return appended_history(holder, len(value_at(self.state, holder)), history, len(items))

    # Shapes of the whole answer

    def read(self, value: Any, history: History) -> None:
        if is_patch(value, self.state) and not (isinstance(value, dict) and any(key in self.names for key in value)):
            self._patch(value, history)
        elif isinstance(value, dict) or (isinstance(value, list) and self._are_pieces(value)):
            for piece, noted in pieces_of(value, history):
                self._object(piece, noted)
        elif isinstance(value, list) and isinstance(self.state, list):
            self._mirrored(value, history, self.state, self.tree, Path())
        elif not self._alone(value, history) and isinstance(value, list):
            self._bare_list(value, history)

    def _patch(self, value: Any, history: History) -> None:
        entries, refused = entries_of_patch(value, self.state, history)
        self.refused += [one for one in refused if self._changes(one.path)]
        self.ignored += [(one.path, one.value) for one in refused if not self._changes(one.path)]
        for entry in entries:
            if self._changes(entry.path):
                self._change(entry)
            elif entry.path in self.by_path:
                self._patched(self.by_path[entry.path], entry)
            elif not entry.remove:
                self._at(entry.path, entry.value, entry.history)
            else:
                self.ignored.append((entry.path, None))

    def _patched(self, one: AskedValue, entry: ChangeEntry) -> None:
        if entry.remove and not one.removable:
            self.ignored.append((entry.path, None))
        elif one.append and entry.path in self.taken:
            taken, below = self.taken[entry.path], self.histories[entry.path].below
            self.taken[entry.path] = [*taken, *entry.value]
            self.histories[entry.path] = History((), {**below, len(taken): entry.history.at((0,))})
        else:
            self._take(entry.path, None if entry.remove else entry.value, entry.history)

    def _are_pieces(self, value: list[Any]) -> bool:
        """Whether a list is an object in pieces: objects whose keys are all names of requested values."""
        return bool(value) and all(
            isinstance(piece, dict) and piece and all(self._is_name(key) for key in piece) for piece in value
        )

    def _is_name(self, key: str) -> bool:
        """Whether a key can only be the name of a requested value."""
        if key in self.names:
            return True
        path = read_key(key, self.state)
        return path is not None and len(path) > 1 and (self._changes(path) or self.tree.at(path) is not None)

    def _object(self, value: dict[str, Any], history: History) -> None:
        flat = all(key in self.names for key in value)
        for key, member in value.items():
            path = self.names.get(key)
            if path is not None and (flat or key not in self.own or len(path) == 1):
                self._give(path, member, history.at((key,)))
                continue
            self._at(read_key(key, self.state) or Path((key,)), member, history.at((key,)))

    def _at(self, path: Path, value: Any, history: History) -> None:
        """Handle a value that an answer has at a path of the output."""
        if path in self.by_path or self._changes(path):
            self._give(path, value, history)
            return
        below = self.tree.at(path)
        here = value_at(self.state, path)
        if below is not None:
            self._mirrored(value, history, here, below, path)
        elif not same(value, here):
            self.ignored.append((path, value))
            self._count(path)

    def _give(self, path: Path, value: Any, history: History) -> None:
        """Take a value for a requested path, or for a part of a value that is requested as changes."""
        if self._changes(path):
            self._change(ChangeEntry(path, value, history=history))
            return
        one = self.by_path[path]
        inner = unwrapped(value, one.node, path, self.schema, (one.key,))
        self._take(path, inner, history if inner is value else history.at(tuple(value)))

    def _take(self, path: Path, value: Any, history: History) -> None:
        if self._changes(path):
            self._change(ChangeEntry(path, value, history=history))
        elif path in self.taken and not same(self.taken[path], value):
            self.twice.add(path)
        elif not (self.by_path[path].append and value is None):
            self.taken[path] = value
            self.histories[path] = history

    def _change(self, entry: ChangeEntry) -> None:
        """Take a change inside a value that is requested as changes; the value itself can only be removed if it is
        optional.
        """
        one = self.by_path.get(entry.path)
        goes = entry.remove or (one is not None and entry.value is None and not takes_null(self.schema, one.node))
        if one is not None and goes and not one.removable:
            self.ignored.append((entry.path, None))
        else:
            self.entries.append(entry)

    def _changes(self, path: Path) -> bool:
        """Whether a path is at or inside a value that is requested as changes."""
        asked = self.tree.above(path)
        return asked is not None and self.by_path[asked].changes is not None

    def _alone(self, value: Any, history: History) -> bool:
        """Take the only requested value, written without its key, if it cannot be the output itself."""
        if len(self.wanted) != 1 or isinstance(value, dict):
            return False
        (one,) = self.wanted
        is_list = isinstance(value, list)
        if one.append:
            fits = is_list
        elif one.changes is not None:
            fits = is_list and isinstance(one.node, ListNode)
        else:
            fits = is_list == (isinstance(one.value, list) or isinstance(one.node, ListNode))
        if fits:
            self._take(one.path, value, history)
        return fits

    def _bare_list(self, value: list[Any], history: History) -> None:
        """Take a mirrored list without its key: the innermost list on all requested paths."""
        paths = [one.path for one in self.wanted]
        shared = paths[0]
        for path in paths[1:]:
            size = next((n for n, pair in enumerate(zip(shared, path, strict=False)) if pair[0] != pair[1]), None)
            shared = Path(shared[: size if size is not None else min(len(shared), len(path))])
        for size in range(len(shared), -1, -1):
            at = Path(shared[:size])
            below, here = self.tree.at(at), value_at(self.state, at)
            if below is not None and isinstance(here, list):
                self._mirrored(value, history, here, below, at)
                return

    # The shape of the output

    def _mirrored(self, value: Any, history: History, state: Any, tree: PathTree, path: Path) -> None:
        """Take the requested parts from a value that mirrors the state at a path."""
        if tree.is_asked:
            self._take(path, value, history)
        elif isinstance(state, dict) and isinstance(value, dict):
            for name, member in value.items():
                below = tree.below.get(name)
                if below is not None:
                    self._mirrored(member, history.at((name,)), state.get(name, UNSET), below, path.child(name))
                elif not same(member, state.get(name, UNSET)):
                    self.ignored.append((path.child(name), member))
        elif isinstance(state, list) and isinstance(value, dict):
            self._indexed(value, history, state, tree, path)
        elif isinstance(state, list) and isinstance(value, list):
            for part, at, item in lined_up(value, state, tree):
                noted = history.at((at,)) if part != "+" else _from(history, at)
                self._mirrored(item, noted, value_at(state, (part,)), tree.below[part], path.child(part))
        else:
            self.ignored.append((path, value))

    def _indexed(self, value: dict[str, Any], history: History, state: list[Any], tree: PathTree, path: Path) -> None:
        """Take items of a list from an object whose keys are their indexes."""
        for key, item in value.items():
            at = read_key(key, state)
            part = at[0] if at is not None and len(at) == 1 else key
            if part in tree.below:
                self._mirrored(item, history.at((key,)), value_at(state, (part,)), tree.below[part], path.child(part))
            elif not same(item, value_at(state, (part,))):
                self.ignored.append((path.child(part), item))
                self._count(path.child(part))


def _from(history: History, at: int) -> History:
    """Return the history of a list from one of its items on."""
    return History(history.notes, {int(part) - at: one for part, one in history.below.items() if int(part) >= at})


# Merging


def merge_answer(state: Any, answer: ReaskAnswer, schema: Schema) -> tuple[Any, list[Path]]:
    """Return a new state with the values of an answer, and the paths that were written. Nothing else changes.

    Args:
        state: The output at the time of the question. It is not changed.
        answer: The result of `read_answer`.
        schema: The schema of the output.

    Returns:
        The new state, and each path that was written; for a list that lost items, the path of the list.
    """
    state = plain_copy(state) if answer.changes else _opened(state, [one.path[:-1] for one, _ in answer.values])
    written: list[Path] = []
    for one, value in answer.values:
        written += _write(state, one, plain_copy(value), schema)
    for change in answer.changes:
        removes_item = change.after is UNSET and isinstance(change.path[-1], int)
        written.append(Path(change.path[:-1]) if removes_item else change.path)
    return (apply_changes(state, answer.changes) if answer.changes else state), list(dict.fromkeys(written))


def _opened(state: Any, paths: Iterable[Sequence[str | int]]) -> Any:
    """A state in which what stands at some paths, and what holds it, may be written. All else is that of the given one."""
    root = [state]
    mine: set[int] = set()
    kept: list[Any] = []  # what is copied stays alive, so that an id is never used twice
    for path in paths:
        holder: Any = root
        for part in (0, *path):
            inside = member_of(holder, part)
            if not isinstance(inside, (dict, list)):
                break
            if id(inside) not in mine:
                holder[part] = inside = inside.copy()
                mine.add(id(inside))
                kept.append(inside)
            holder = inside
    return root[0]


def _write(state: Any, one: AskedValue, value: Any, schema: Schema) -> list[Path]:
    """Write one requested value into the state, in place; returns the written paths."""
    holder = value_at(state, one.path[:-1])
    last = one.path[-1]
    if one.append:
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
    """Return a new value with the declared members of the old one that it omits; null removes an optional member.

    This applies only to an object of the same case. A map, a list and an object with another case are replaced.

    Args:
        old: The old value; UNSET if there was none.
        new: The new value from the answer.
        node: The expected node.
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
    """Return the declared members of a new value that is an object, and the old one if it has the same case, otherwise
    {}.
    """
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
