"""A JSON value with its history: the repairs that led to it, and doubts about it.

The history is a tree parallel to the value. A step that moves a value also moves its branch, so nothing is ever looked
up by its original path. `Editor` is the only way to change a value that has a history.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, Literal, NamedTuple, TypeAlias

from railguard.values.outcome import Repair, RepairClass
from railguard.values.path import UNSET, Path, value_at

__all__ = ["Doubt", "DoubtKind", "Editor", "History", "Note", "RepairNote", "Spelling", "Traced"]

DoubtKind: TypeAlias = Literal["unreadable", "items-missing", "open", "cut"]
"""unreadable: a failure under any schema. items-missing: the list lacks its last items. open: the object or list was
not closed when the text ended; with a code, the text ended in the middle of a part of it. cut: the text ended in this
scalar, so the scalar may be incomplete.
"""


class RepairNote(NamedTuple):
    """A repair without its path, which is the current path of the value."""

    rule: str
    before: Any = UNSET
    after: Any = UNSET
    kind: RepairClass = "lossless"


class Doubt(NamedTuple):
    """Why a value may not be what the model meant.

    code: the reason; prompting has the words for it. detail: a key or a limit for these words. Both are empty if `kind`
    is enough.
    """

    kind: DoubtKind
    code: str = ""
    detail: str | int = ""


class Spelling(NamedTuple):
    """The notation of a number if JSON would write it otherwise (1.10, 16 digits and more): if a text is expected, this
    is the text.
    """

    text: str


Note: TypeAlias = RepairNote | Doubt | Spelling


_NO_PARTS: Mapping[str | int, History] = {}  # never written


class History:
    """The notes of one value and of the values inside it. Frozen: an `Editor` creates new ones.

    notes: (order, note) of this value itself, and of parts that were removed from it. below: the histories of its
    parts, by key or index; a part without notes has none. latest: the largest order number in it.
    """

    __slots__ = ("_repairs", "below", "latest", "notes")

    def __init__(
        self,
        notes: Sequence[tuple[int, Note]] = (),
        below: Mapping[str | int, History] = _NO_PARTS,
        latest: int | None = None,
    ) -> None:
        self.notes = notes
        self.below = below
        self._repairs: tuple[Repair, ...]  # made when first asked for
        self.latest: int = (
            max((*(order for order, _ in notes), *(one.latest for one in below.values())), default=-1)
            if latest is None
            else latest
        )

    @classmethod
    def of(cls, notes: Collection[tuple[Sequence[str | int], Note]]) -> History:
        """Return the history of a value with notes at these paths, in this order."""
        if not notes:
            return NOTHING
        latest = len(notes) - 1
        root = cls((), latest=latest)
        for order, (path, note) in enumerate(notes):
            at = root
            for part in path:
                below = at.below
                if below is _NO_PARTS:
                    below = at.below = {}
                known = below.get(part)
                if known is None:
                    assert isinstance(below, dict)
                    known = below[part] = cls((), latest=latest)
                at = known
            if isinstance(at.notes, list):
                at.notes.append((order, note))
            else:
                at.notes = [(order, note)]
        return root

    def __bool__(self) -> bool:
        return bool(self.notes or self.below)

    def at(self, path: Sequence[str | int]) -> History:
        """Return the history of the value at a path."""
        found = self
        for part in path:
            below = found.below.get(part)
            if below is None:
                return NOTHING
            found = below
        return found

    def walk(self) -> Iterator[tuple[Path, int, Note]]:
        """Yield every note as (path, order, note), from the root down."""
        todo: list[tuple[tuple[str | int, ...], History]] = [((), self)]
        while todo:
            path, history = todo.pop()
            if history.notes:
                here = Path(path)
                for order, note in history.notes:
                    yield here, order, note
            if history.below:
                todo.extend(((*path, part), below) for part, below in reversed(list(history.below.items())))

    def all_notes(self) -> Iterator[Note]:
        """Yield every note without its path, in no order."""
        todo: list[History] = [self]
        while todo:
            history = todo.pop()
            for _, note in history.notes:
                yield note
            todo.extend(history.below.values())

    def doubts(self) -> Iterator[tuple[Path, Doubt]]:
        """Yield the doubts with the current paths of their values."""
        for path, _, note in self.walk():
            if isinstance(note, Doubt):
                yield path, note

    def repairs(self) -> tuple[Repair, ...]:
        """Return the repairs in the order in which they were made, with the current paths of their values."""
        if not self:
            return ()
        try:
            return self._repairs
        except AttributeError:
            found = [(order, path, note) for path, order, note in self.walk() if isinstance(note, RepairNote)]
            found.sort(key=itemgetter(0))
            self._repairs = tuple(Repair(path, *note) for _, path, note in found)
            return self._repairs


NOTHING = History()


class Traced(NamedTuple):
    """A JSON value and its history. The value is never changed in place: an `Editor` creates a new one.

    value: plain data; UNSET if nothing could be read.
    """

    value: Any
    history: History = NOTHING

    def at(self, path: Sequence[str | int]) -> Traced:
        """Return the value at a path with its history; UNSET if there is none."""
        return Traced(value_at(self.value, path), self.history.at(path))


class Editor:
    """Changes a traced value step by step. The original is not changed: containers are copied at their first change.

    Each step moves the value and its branch of the history together. The cost of a step is the depth of its path, and
    once for each container on it the size of that container.
    """

    def __init__(self, traced: Traced) -> None:
        self._value = traced.value
        self._history = traced.history
        self._owned: set[int] = set()
        self._kept: list[Any] = []  # owned containers stay alive, so that an id is never reused
        self._order = 1 + traced.history.latest

    @property
    def value(self) -> Any:
        """The current value. Do not change it."""
        return self._value

    def done(self) -> Traced:
        """Return the result. The editor may continue: it copies again before it changes anything."""
        for one in self._kept:
            if isinstance(one, History):
                one.latest = self._order - 1
        self._owned.clear()
        self._kept.clear()
        return Traced(self._value, self._history)

    def at(self, path: Sequence[str | int]) -> Any:
        """Return the value at a path; UNSET if there is none."""
        return value_at(self._value, path)

    def note(self, path: Sequence[str | int], *notes: Note) -> None:
        """Add notes to the value at a path."""
        if notes:
            self._add(self._branch(path), notes)

    def coerce(self, path: Sequence[str | int], value: Any, *notes: Note) -> None:
        """Replace a value by the same data in another form: its notes stay, and those below it become its own."""
        self._write(path, value)
        branch = self._branch(path)
        branch.notes, branch.below = _collapsed(branch), {}
        self._add(branch, notes)

    def graft(self, path: Sequence[str | int], inner: Traced, *notes: Note) -> None:
        """Replace a text by its content: the inner value, with the inner history below the text's own notes."""
        self._write(path, inner.value)
        branch = self._branch(path)
        shifted = self._later(inner.history)
        branch.notes, branch.below = [*_collapsed(branch), *shifted.notes], dict(shifted.below)
        self._add(branch, notes)

    def rename(self, path: Sequence[str | int], name: str, *notes: Note) -> None:
        """Give a member of an object another name. notes: of the member."""
        holder = self._own(path[:-1])
        branch = self._branch(path[:-1])
        holder[name] = holder.pop(path[-1])
        below = _writable(branch)
        moved = below.pop(path[-1], None)
        if moved is not None:
            there = below.get(name)  # notes of a member that was removed
            if there is not None:
                moved = History([*_collapsed(there), *moved.notes], dict(moved.below), self._order)
            below[name] = moved
        self.note((*path[:-1], name), *notes)

    def remove(self, path: Sequence[str | int], *notes: Note) -> None:
        """Remove a member of an object. Its notes move to the object. notes: of the object."""
        holder = self._own(path[:-1])
        del holder[path[-1]]
        branch = self._branch(path[:-1])
        below = _writable(branch)
        gone = below.pop(path[-1], None)
        if gone is not None:
            _list(branch).extend(_collapsed(gone))
        self._add(branch, notes)

    def wrap(self, path: Sequence[str | int], part: str | int, *notes: Note) -> None:
        """Put the value into a list (part 0) as its only item, or into an object (part: the name) as its only member."""
        inner = self.at(path)
        self._write(path, [inner] if isinstance(part, int) else {part: inner})
        branch = self._branch(path)
        moved = History(branch.notes, branch.below, self._order)
        branch.notes, branch.below = [], {part: moved} if moved else {}
        self._add(branch, notes)

    def unwrap(self, path: Sequence[str | int], part: str | int, *notes: Note) -> None:
        """Replace a list or an object by one of its parts. Notes of the other parts move to that part."""
        holder = self.at(path)
        self._write(path, holder[part])
        branch = self._branch(path)
        below = dict(branch.below)
        inner = below.pop(part, NOTHING)
        dropped = [note for one in below.values() for note in _collapsed(one)]
        branch.notes, branch.below = [*branch.notes, *dropped, *inner.notes], dict(inner.below)
        self._add(branch, notes)

    def replace(self, path: Sequence[str | int], new: Traced) -> None:
        """Replace a value and its history by an answer or a fix. The container must exist.

        An index equal to the length of a list appends to it.
        """
        self._write(path, new.value)
        if not (self._history or new.history):
            return
        branch, shifted = self._branch(path), self._later(new.history)
        branch.notes, branch.below = list(shifted.notes), dict(shifted.below)

    def delete(self, path: Sequence[str | int]) -> None:
        """Remove a member of an object because an answer says so, with its history."""
        del self._own(path[:-1])[path[-1]]
        if not self._history:
            return
        _writable(self._branch(path[:-1])).pop(path[-1], None)

    def forget(self, path: Sequence[str | int], *kinds: DoubtKind, rules: Sequence[str] = ()) -> None:
        """Remove doubts of these kinds, and repairs by these rules, from the value at a path: an answer has resolved
        them.
        """
        if self._history.at(path):
            branch = self._branch(path)
            branch.notes = [
                (order, note)
                for order, note in branch.notes
                if not (isinstance(note, Doubt) and note.kind in kinds)
                and not (isinstance(note, RepairNote) and note.rule in rules)
            ]

    # -- copies on the first change -------------------------------------------------------------------------------

    def _add(self, branch: History, notes: Sequence[Note]) -> None:
        _list(branch).extend(enumerate(notes, self._order))
        self._order += len(notes)

    def _later(self, history: History) -> History:
        """Return the history with order numbers after all earlier ones."""
        if not history:
            return history
        first = self._order
        self._order += 1 + history.latest
        return _shifted(history, first)

    def _mine(self, container: Any) -> Any:
        if id(container) in self._owned:
            return container
        copied = container.copy()
        self._owned.add(id(copied))
        self._kept.append(copied)
        return copied

    def _own(self, path: Sequence[str | int]) -> Any:
        """Return the container at a path, made writable with all its parents."""
        self._value = at = self._mine(self._value)
        for part in path:
            at[part] = at = self._mine(at[part])
        return at

    def _write(self, path: Sequence[str | int], value: Any) -> None:
        if not path:
            self._value = value
            return
        holder, last = self._own(path[:-1]), path[-1]
        if isinstance(holder, list) and last == len(holder):
            holder.append(value)
        else:
            holder[last] = value

    def _branch(self, path: Sequence[str | int]) -> History:
        """Return the history at a path, made writable with all its parents."""
        self._history = at = self._my_branch(self._history)
        for part in path:
            below = _writable(at)
            below[part] = at = self._my_branch(below.get(part, NOTHING))
        return at

    def _my_branch(self, branch: History) -> History:
        if id(branch) in self._owned:
            return branch
        copied = History(list(branch.notes), dict(branch.below), branch.latest)
        self._owned.add(id(copied))
        self._kept.append(copied)
        return copied


def _shifted(history: History, by: int) -> History:
    """Return the same notes with larger order numbers."""
    root = History((), latest=history.latest + by)
    todo = [(history, root)]
    while todo:  # no recursion: a hostile text is deeply nested
        old, new = todo.pop()
        new.notes = [(order + by, note) for order, note in old.notes]
        if old.below:
            new.below = {part: History((), latest=root.latest) for part in old.below}
            todo.extend((below, new.below[part]) for part, below in old.below.items())
    return root


def _writable(branch: History) -> dict[str | int, History]:
    """Return the branches below one that an editor owns, as a mutable dict."""
    assert isinstance(branch.below, dict)
    return branch.below


def _list(branch: History) -> list[tuple[int, Note]]:
    """Return the notes of a branch that an editor owns, as a mutable list."""
    assert isinstance(branch.notes, list)
    return branch.notes


def _collapsed(history: History) -> list[tuple[int, Note]]:
    """Return all notes at and below a history, as notes of one value."""
    return [(order, note) for _, order, note in history.walk()]
