"""The results of parsing a text: events while it arrives, and a reading at the end.

Nothing here reads or decides.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

from railguard.values import UNSET, Doubt, History, Note, Path, Traced
from railguard.values.history import NOTHING
from railguard.values.quick_init import quick_init

__all__ = ["Event", "EventType", "Parsed", "Reading", "is_problem"]

EventType: TypeAlias = Literal["value", "open", "close"]
"""value: a scalar is complete. open: an object or a list began. close: it is complete."""


def is_problem(note: Note) -> bool:
    """Whether a note shows a certain error or missing part, and not only that the text ended early."""
    return isinstance(note, Doubt) and (note.kind not in ("open", "cut") or bool(note.code))


class Event(NamedTuple):
    """One event at one path. value: the scalar, or the object or list itself, which is not copied."""

    type: EventType
    path: Path
    value: Any


class Parsed(NamedTuple):
    """The value that begins at `start` of a text and ends before `end`.

    exact: it was JSON, and parsed as JSON. value: UNSET in `traced` if there was none.
    """

    traced: Traced
    start: int
    end: int
    exact: bool = False


@quick_init
@dataclass(frozen=True, slots=True)
class Reading:
    """The result of parsing an answer.

    traced: the value and its history; None if no piece of the text may be the answer. problem: the reason then. start,
    end: the piece of `source` that it was parsed from. guessed: it is anything except the text, or the content of a
    code fence, parsed as JSON with only its notation repaired; a user's own code should see such a value only if its
    JSON types are those of the schema.
    """

    traced: Traced | None
    problem: Doubt | None = None
    start: int = 0
    end: int = 0
    source: str = field(default="", repr=False)
    guessed: bool = False

    @property
    def value(self) -> Any:
        """The value; UNSET if there is none."""
        return self.traced.value if self.traced is not None else UNSET

    @property
    def history(self) -> History:
        """The history of the value."""
        return self.traced.history if self.traced is not None else NOTHING
