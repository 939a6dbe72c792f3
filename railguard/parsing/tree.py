"""What has been read so far: the value that grows, the objects and lists still open, and the records of what happened.

The reader decides, the tree keeps: it knows paths and places values, and nothing about text.
"""

from __future__ import annotations

from typing import Any

from railguard.parsing.reading import Defect, Event, EventType
from railguard.values import UNSET, Path, Repair, RepairClass

__all__ = ["Frame", "Tree"]


class Frame:
    """One open object or list. closer: what ends it. key: of an object, the last one read. comma: one was read and
    nothing behind it yet. start: the offset of its bracket."""

    __slots__ = ("closer", "comma", "is_list", "key", "path", "start", "value")

    def __init__(self, is_list: bool, closer: str, start: int) -> None:
        self.is_list = is_list
        self.closer = closer
        self.start = start
        self.value: Any = [] if is_list else {}
        self.key = ""
        self.comma = False
        self.path: Path | None = None


class Tree:
    """The value, its open frames from the outermost in, and the records. events, spans: None where nobody
    wants them."""

    __slots__ = ("calls", "cut", "events", "frames", "open", "problems", "repairs", "spans", "spelt", "value")

    def __init__(self, events: bool, spans: bool) -> None:
        self.value: Any = UNSET
        self.frames: list[Frame] = []
        self.calls = 0  # open brackets of Python calls, which make no frame
        self.events: list[Event] | None = [] if events else None
        self.repairs: list[Repair] = []
        self.problems: list[Defect] = []
        self.open: tuple[Path, ...] = ()
        self.cut: Path | None = None
        self.spans: dict[int, tuple[int, int]] | None = {} if spans else None
        self.spelt: dict[int, tuple[float, str]] = {}

    def path(self, level: int | None = None) -> Path:
        """The path of the innermost open frame, or of the one at `level`, counted from 1."""
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
        """The path of the value that is being read."""
        if not self.frames:
            return Path()
        frame = self.frames[-1]
        return Path((*self.path(), len(frame.value) if frame.is_list else frame.key))

    def begin(self, is_list: bool, closer: str, start: int) -> None:
        """Open an object or a list."""
        frame = Frame(is_list, closer, start)
        path = self.here() if self.events is not None else None
        self.place(frame.value)
        self.frames.append(frame)
        if path is not None:
            frame.path = path
            self._tell("open", path, frame.value)

    def end(self, offset: int) -> None:
        """Close the innermost frame, which ends at `offset`."""
        path = self.path() if self.events is not None else None
        frame = self.frames.pop()
        if self.spans is not None:
            self.spans[id(frame.value)] = (frame.start, offset)
        if path is not None:
            self._tell("close", path, frame.value)

    def put(self, value: Any) -> None:
        """A scalar is complete."""
        if self.events is not None:
            self.events.append(Event("value", self.here(), value))
        self.place(value)

    def put_number(self, value: float, text: str) -> None:
        """A number is complete. Where JSON would spell it otherwise (1.10, +49301), its text is kept, for a text may be
        wanted. Python shares small integers, so that theirs cannot be told apart."""
        if repr(value) != text and not (isinstance(value, int) and -6 < value < 257):
            self.spelt[id(value)] = (value, text)
        self.put(value)

    def place(self, value: Any) -> None:
        """Put a value where it belongs. A key given twice keeps its first value, and is a defect if the values differ."""
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

    def become_list(self) -> None:
        """Make a list of the innermost object, which is empty."""
        old = self.frames.pop()
        made = Frame(True, old.closer, old.start)
        made.path = old.path
        if not self.frames:
            self.value = made.value
        elif (holder := self.frames[-1]).is_list:
            holder.value[-1] = made.value
        else:
            holder.value[holder.key] = made.value
        self.frames.append(made)

    def mend(self, rule: str, before: Any, after: Any, kind: RepairClass, path: Path | None = None) -> None:
        """Record a repair, of the innermost frame if no path is given."""
        self.repairs.append(Repair(self.path() if path is None else path, rule, before, after, kind))

    def defect(self, message: str, path: Path | None = None, value: Any = UNSET, *, append: bool = False) -> None:
        """Record a defect, of the innermost frame if no path is given."""
        self.problems.append(Defect(self.path() if path is None else path, "json", message, value, append))

    def leave_open(self, offset: int, *, cut_off: bool) -> None:
        """The text ended: note what is open, and close it on record.

        cut_off: it ended in the middle of something, so that open lists lack items. Else an open list may be complete,
        which is a judgement; whether an open object is, its schema says.
        """
        self.open = tuple(self.path(level) for level in range(1, len(self.frames) + 1))
        while self.frames:
            frame = self.frames[-1]
            if cut_off and frame.is_list:
                self.defect("The list is cut off; write the items that are missing.", append=True)
            kind: RepairClass = "judgement" if frame.is_list and not cut_off else "syntax"
            self.mend("unclosed", UNSET, frame.closer, kind)
            if self.spans is not None:
                self.spans[id(frame.value)] = (frame.start, offset)
            self.frames.pop()

    def give_up(self, message: str) -> None:
        """What was read stays, and nothing more is read: a defect of the innermost frame."""
        self.defect(message)
        self.frames.clear()

    def _doubled(self, frame: Frame, value: Any) -> None:
        there = frame.value[frame.key]
        path = Path((*self.path(), frame.key))
        if type(there) is type(value) and not isinstance(value, (dict, list)) and there == value:
            self.mend("duplicate-key", value, there, "judgement", path)
        else:
            self.defect(f"The key {frame.key[:80]!r} is given more than once; give it once.", path, there)

    def _tell(self, type: EventType, path: Path, value: Any) -> None:
        if self.events is not None:
            self.events.append(Event(type, path, value))
