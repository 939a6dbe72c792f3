"""The result so far: the growing value, the open objects and lists, and the notes on it.

The parser decides, the tree stores: it knows paths and places of values, and nothing about text.
"""

from __future__ import annotations

from typing import Any, Final

from railguard.parsing.reading import Event, EventType
from railguard.values import UNSET, Doubt, DoubtKind, Note, Path, RepairClass, RepairNote, Spelling

__all__ = ["MOST_NOTES", "Frame", "ValueTree"]

MOST_NOTES: Final = 20_000
"""Largest number of repairs and doubts of one text, after which parsing stops; and of stored number notations."""


class Frame:
    """One open object or list. closer: its closing bracket. key: the last key of an object. comma: one was read and
    nothing after it yet.
    """

    __slots__ = ("closer", "comma", "is_list", "key", "path", "value")

    def __init__(self, is_list: bool, closer: str) -> None:
        self.is_list = is_list
        self.closer = closer
        self.value: Any = [] if is_list else {}
        self.key = ""
        self.comma = False
        self.path: Path | None = None


class ValueTree:
    """The value, its open frames from the outermost in, and the notes on it. events: None if they are not requested."""

    __slots__ = ("calls", "count", "events", "frames", "notes", "spellings", "value")

    def __init__(self, events: bool) -> None:
        self.value: Any = UNSET
        self.frames: list[Frame] = []
        self.calls = 0  # open brackets of Python calls, which make no frame
        self.events: list[Event] | None = [] if events else None
        self.notes: list[tuple[Path, Note]] = []
        self.count = 0  # of repairs and doubts
        self.spellings = 0

    def path(self, level: int | None = None) -> Path:
        """Return the path of the innermost open frame, or of the one at `level`, counted from 1."""
        if level is None:
            level = len(self.frames)
        if level == 0:
            return Path()
        known = level - 1
        while known > 0 and self.frames[known].path is None:
            known -= 1
        path = self.frames[known].path or Path()
        for number in range(known, level):
            frame = self.frames[number]
            if frame.path is None:
                holder = self.frames[number - 1] if number else None
                if holder is not None:
                    path = Path((*path, len(holder.value) - 1 if holder.is_list else holder.key))
                frame.path = path
        return path

    def here(self) -> Path:
        """Return the path of the value that is being read."""
        if not self.frames:
            return Path()
        frame = self.frames[-1]
        return Path((*self.path(), len(frame.value) if frame.is_list else frame.key))

    def begin(self, is_list: bool, closer: str) -> None:
        """Open an object or a list."""
        frame = Frame(is_list, closer)
        path = self.here() if self.events is not None else None
        self.place(frame.value)
        self.frames.append(frame)
        if path is not None:
            frame.path = path
            self._tell("open", path, frame.value)

    def end(self) -> None:
        """Close the innermost frame."""
        path = self.path() if self.events is not None else None
        frame = self.frames.pop()
        if path is not None:
            self._tell("close", path, frame.value)

    def put(self, value: Any) -> None:
        """Add a complete scalar."""
        if self.events is not None:
            self.events.append(Event("value", self.here(), value))
        self.place(value)

    def put_number(self, value: float, text: str) -> None:
        """Add a complete number. If JSON would write it otherwise (1.10, +49301), its text is kept, because a text may
        be expected.
        """
        if repr(value) != text and self.spellings < MOST_NOTES:
            self.spellings += 1
            self.notes.append((self.here(), Spelling(text)))
        self.put(value)

    def place(self, value: Any) -> None:
        """Add a value at its place. A repeated key keeps its first value, with a doubt if the values differ."""
        if not self.frames:
            self.value = value
            return
        frame = self.frames[-1]
        frame.comma = False
        if frame.is_list:
            frame.value.append(value)
        elif frame.key in frame.value:
            self._doubled(frame, value)
        else:
            frame.value[frame.key] = value

    def become_list(self, key: str) -> None:
        """Convert the innermost object, which is empty, to a list. key: the text that was read as its first key and is
        an item.
        """
        here, path = self.here(), self.path()
        for number in range(max(0, len(self.notes) - 8), len(self.notes)):  # those of the key were the last
            if self.notes[number][0] == here:
                self.notes[number] = (Path((*path, 0)), self.notes[number][1])
        old = self.frames.pop()
        made = Frame(True, old.closer)
        made.path = old.path
        if not self.frames:
            self.value = made.value
        elif (holder := self.frames[-1]).is_list:
            holder.value[-1] = made.value
        else:
            holder.value[holder.key] = made.value
        self.frames.append(made)

    def repaired(self, rule: str, before: Any, after: Any, kind: RepairClass, path: Path | None = None) -> None:
        """Add a note about a repair, of the innermost frame if no path is given."""
        self.count += 1
        self.notes.append((self.path() if path is None else path, RepairNote(rule, before, after, kind)))

    def doubted(
        self, code: str, detail: str | int = "", path: Path | None = None, *, kind: DoubtKind = "unreadable"
    ) -> None:
        """Add a doubt, to the innermost frame if no path is given."""
        self.count += 1
        self.notes.append((self.path() if path is None else path, Doubt(kind, code, detail)))

    def cut_here(self, code: str = "text-cut") -> None:
        """Record that the text ended in the current scalar."""
        self.doubted("", path=self.here(), kind="cut")
        self.doubted(code, path=self.here())

    def leave_open(self, *, cut_off: bool, where: str = "", detail: str = "") -> None:
        """Record the open containers at the end of the text, and close them.

        cut_off: the text ended in the middle of a value, so that open lists lack items. Otherwise an open list may be
        complete, which is a judgement; the schema decides whether an open object is. where, detail: the code of the
        place in the innermost one where it ended.
        """
        while self.frames:
            frame = self.frames[-1]
            self.doubted(where, detail, kind="open")
            where = detail = ""
            if cut_off and frame.is_list:
                self.doubted("list-cut", kind="items-missing")
            kind: RepairClass = "judgement" if frame.is_list and not cut_off else "syntax"
            self.repaired("unclosed", UNSET, frame.closer, kind)
            self.frames.pop()

    def give_up(self, code: str, detail: str | int = "") -> None:
        """Keep the value so far and stop parsing, with a doubt on the innermost frame."""
        self.doubted(code, detail)
        self.frames.clear()

    def _doubled(self, frame: Frame, value: Any) -> None:
        there = frame.value[frame.key]
        path = Path((*self.path(), frame.key))
        if type(there) is type(value) and not isinstance(value, (dict, list)) and there == value:
            self.repaired("duplicate-key", value, there, "judgement", path)
        else:
            self.doubted("duplicate-key", frame.key[:80], path)

    def _tell(self, type: EventType, path: Path, value: Any) -> None:
        assert self.events is not None
        self.events.append(Event(type, path, value))
