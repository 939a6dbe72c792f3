"""What reading a text yields, as values: events while it arrives, a reading when it is over, defects that stay.

Nothing here reads or decides. A defect is a failure whatever the schema says; a repair is a record of what was mended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

from railguard.values import UNSET, Path, Repair

__all__ = ["Defect", "Event", "EventType", "TolerantReading"]

EventType: TypeAlias = Literal["value", "open", "close"]
"""value: a scalar is complete. open: an object or a list began. close: it is complete."""


class Event(NamedTuple):
    """One thing that happened at one path. value: the scalar, or the object or list itself, which is not copied."""

    type: EventType
    path: Path
    value: Any


class Defect(NamedTuple):
    """A failure whatever the schema says. keyword: "json". message: written for a model. value: UNSET if nothing
    stands there. append: the list at `path` was cut off, so that further items are missing."""

    path: Path
    keyword: str
    message: str
    value: Any = UNSET
    append: bool = False


@dataclass(frozen=True, slots=True)
class TolerantReading:
    """What was made of a text, or of the piece of it that begins where the value does.

    value: plain data; UNSET if there was no value. repairs: each with its class. open: the paths of objects and lists
    that were still open when the text ended, outermost first. cut: the path of a last scalar that may have been cut
    off. problems: what is a failure whatever the schema says. end: the offset behind the value. source: the text itself.
    spans: finds where objects and lists stand in it, by `id` of the value. spelt: by `id` too, numbers that JSON would
    spell otherwise, and their text.
    """

    value: Any
    repairs: tuple[Repair, ...] = ()
    open: tuple[Path, ...] = ()
    cut: Path | None = None
    problems: tuple[Defect, ...] = ()
    end: int = 0
    source: str = field(default="", repr=False)
    spans: Callable[[], Mapping[int, tuple[int, int]]] = field(default=dict, repr=False, compare=False)

    spelt: dict[int, tuple[float, str]] = field(default_factory=dict, repr=False)

    def source_of(self, value: Any) -> str | None:
        """The text an object or list of this reading was read from, or a number where JSON would spell it otherwise;
        None for any other value."""
        if isinstance(value, (int, float)):
            known = self.spelt.get(id(value))
            return known[1] if known is not None and known[0] is value else None
        span = self.spans().get(id(value))
        return self.source[span[0] : span[1]] if span is not None else None
