"""Makes changes in the text of a JSON document: everything outside the changed values stays unchanged, byte for byte.

Indentation, order of keys and the notation of numbers are kept. Added values are formatted like their neighbours. The
text is read once; values without a change are skipped.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from railguard.lazy import regex
from railguard.values import UNSET, Path, ValueChange

__all__ = ["rewrite"]

_BLANK = regex(r"[ \t\r\n]*")


def _no_constant(name: str) -> Any:
    raise ValueError(f"this is no JSON: {name}")


_SKIP = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_no_constant)


def rewrite(text: str, changes: Sequence[ValueChange]) -> str:
    """Return the text of a JSON document with changes made.

    Args:
        text: A valid JSON document; a byte order mark before it stays.
        changes: The changes, from `read_changes` for the value of this text.

    Returns:
        The new text. Its value is the result of `apply_changes` for the old value.

    Raises:
        ValueError: If the text is not JSON, an object on the path of a change repeats a key, or a change does not fit
            the text. The message names the offset or the path.
    """
    if not changes:
        return text
    root = _Wanted()
    for change in changes:
        root.add(change)
    start = 1 if text.startswith("\ufeff") else 0
    writer = _Rewriter(text)
    try:
        end = writer.value(_after_blank(text, start), root, Path())
    except RecursionError as error:
        raise ValueError("the document is nested too deeply") from error
    if _after_blank(text, end) != len(text):
        raise ValueError(f"there is more than one JSON value: offset {end}")
    return writer.result()


@dataclass(slots=True)
class _Wanted:
    """Changes as a tree of paths."""

    change: ValueChange | None = None
    below: dict[str | int, _Wanted] = field(default_factory=dict)

    def add(self, change: ValueChange) -> None:
        at = self
        for part in change.path:
            at = at.below.setdefault(part, _Wanted())
        at.change = change


class _Member(NamedTuple):
    """A member of an object or an item of a list. begin: the start of its key, or of the item; value, end: its value."""

    part: str | int
    begin: int
    colon: str
    value: int
    end: int


class _Rewriter:
    """One pass over one text. pieces: (start, end, replacement); no two overlap."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.pieces: list[tuple[int, int, str]] = []
        self.style = _Style(text)

    def result(self) -> str:
        parts: list[str] = []
        at = 0
        for start, end, new in sorted(self.pieces, key=lambda piece: piece[:2]):
            parts += (self.text[at:start], new)
            at = end
        return "".join([*parts, self.text[at:]])

    def value(self, at: int, wanted: _Wanted | None, path: Path) -> int:
        """Read the value at an offset, record its changes, and return the offset after it."""
        if wanted is None:
            return self._skip(at)
        if wanted.change is not None:
            end = self._skip(at)
            if wanted.change.after is not UNSET:
                self.pieces.append((at, end, self._in_place_of(at, end, wanted.change.after)))
            return end
        return self._container(at, wanted, path)

    def _skip(self, at: int) -> int:
        try:
            return _SKIP.raw_decode(self.text, at)[1]
        except json.JSONDecodeError as error:
            raise ValueError(f"this is no JSON: {error}") from error

    def _in_place_of(self, at: int, end: int, new: Any) -> str:
        return self.style.written(new, None if self._is_inline(at, end) else self._indent_of(at))

    def _is_inline(self, at: int, end: int) -> bool:
        """Whether a non-empty list or object is on one line."""
        return self.text[at] in "[{" and "\n" not in self.text[at:end] and end - at > 2

    def _indent_of(self, at: int) -> str | None:
        """Return the indent of the line that a value is on, if its member begins that line; otherwise None."""
        line = self.text[self.text.rfind("\n", 0, at) + 1 : at]
        indent = line[: len(line) - len(line.lstrip(" \t"))]
        rest = line[len(indent) :].lstrip("\ufeff")
        return indent if not rest or _ONE_KEY.fullmatch(rest) else None

    def _container(self, at: int, wanted: _Wanted, path: Path) -> int:
        opening = self.text[at : at + 1]
        if opening not in _CLOSING:
            raise ValueError(f"there is no list or object at {path}")
        members, close = self._members(at, wanted, path, _CLOSING[opening])
        found = {member.part: number for number, member in enumerate(members)}
        added = []
        for part, below in wanted.below.items():
            if part in found:
                continue
            if below.change is None or below.change.after is UNSET or isinstance(part, int) is not (opening == "["):
                raise ValueError(f"there is nothing at {path.child(part)}")
            added.append((part, below.change.after))
        if opening == "[" and [part for part, _ in added] != list(range(len(members), len(members) + len(added))):
            raise ValueError(f"items can only be added at the end of {path}")
        gone = {
            part for part, below in wanted.below.items() if below.change is not None and below.change.after is UNSET
        }
        self._change_members(at + 1, close, members, gone, added)
        return close + 1

    def _members(self, at: int, wanted: _Wanted, path: Path, closing: str) -> tuple[list[_Member], int]:
        """Return the members of the container at an offset, and the offset of its closing bracket."""
        text = self.text
        members: list[_Member] = []
        seen: set[str | int] = set()
        here = _after_blank(text, at + 1)
        while text[here : here + 1] != closing:
            if members:
                if text[here : here + 1] != ",":
                    raise ValueError(f"this is no JSON: expected a comma or {closing} at offset {here}")
                here = _after_blank(text, here + 1)
            begin, colon = here, ""
            part: str | int = len(members)
            if closing == "}":
                part, colon, here = self._key(here)
            if part in seen:
                raise ValueError(f"the key {json.dumps(part)} is there twice in {path}")
            seen.add(part)
            end = self.value(here, wanted.below.get(part), path.child(part))
            members.append(_Member(part, begin, colon, here, end))
            here = _after_blank(text, end)
        return members, here

    def _key(self, at: int) -> tuple[str, str, int]:
        """Return a key, the text between it and its value, and the offset of the value."""
        if self.text[at : at + 1] != '"':
            raise ValueError(f"this is no JSON: expected a key at offset {at}")
        key: str = _SKIP.raw_decode(self.text, at)[0]
        end = self._skip(at)
        colon = _COLON.match(self.text, end)
        if colon is None:
            raise ValueError(f"this is no JSON: expected a colon at offset {end}")
        return key, colon[0], colon.end()

    def _change_members(
        self, first: int, close: int, members: list[_Member], gone: set[str | int], added: list[tuple[str | int, Any]]
    ) -> None:
        """Remove members and add new ones after the last remaining one."""
        kept = [member for member in members if member.part not in gone]
        if not kept:
            self.pieces.append((first, close, self._alone(first, added)))
            return
        for number, member in enumerate(members):
            if member.part not in gone:
                continue
            if member.begin < kept[0].begin:
                self.pieces.append((member.begin, members[number + 1].begin, ""))
            else:
                self.pieces.append((members[number - 1].end, member.end, ""))
        if added:
            self.pieces.append((members[-1].end, members[-1].end, self._behind(kept[-1], added)))

    def _behind(self, last: _Member, added: list[tuple[str | int, Any]]) -> str:
        """Return the text of new members after the last one, formatted like it."""
        before = self.text[: last.begin]
        gap = before[len(before.rstrip(" \t\r\n")) :]
        own_line = "\n" in gap
        if not own_line and before.rstrip(" \t\r\n")[-1:] != ",":
            gap = self.style.gap
        indent = gap.rpartition("\n")[2] if own_line else None
        if self._is_inline(last.value, last.end):
            indent = None
        return "".join(f",{gap}{self._member(part, new, last.colon, indent)}" for part, new in added)

    def _alone(self, first: int, added: list[tuple[str | int, Any]]) -> str:
        """Return the text of new members between the brackets of an empty list or object."""
        if not added:
            return ""
        indent = self._indent_of(first - 1)
        if indent is None or self.style.unit is None:
            return f",{self.style.gap}".join(self._member(part, new, "", None) for part, new in added)
        inner = indent + self.style.unit
        lines = f",{self.style.newline}{inner}".join(self._member(part, new, "", inner) for part, new in added)
        return f"{self.style.newline}{inner}{lines}{self.style.newline}{indent}"

    def _member(self, part: str | int, new: Any, colon: str, indent: str | None) -> str:
        written = self.style.written(new, indent)
        if isinstance(part, int):
            return written
        return f"{self.style.written(part, None)}{colon or self.style.colon}{written}"


_CLOSING = {"{": "}", "[": "]"}
_COLON = regex(r"[ \t\r\n]*:[ \t\r\n]*")
_ONE_KEY = regex(r'"(?:[^"\\]|\\.)*"[ \t]*:[ \t]*')
_INDENTED = regex(r"[\[{][ \t]*(\r?\n)([ \t]+)")
_TOKEN = regex(r'"(?:[^"\\]|\\.)*"|(,)([ \t]*)|([ \t]*:[ \t]*)')


class _Style:
    """The format of a document, as far as its first lines show it.

    Attributes:
        unit: The indent of one level; None if the document is on one line.
        newline: The line break.
        gap: The text between a comma and the next value on the same line.
        colon: The text between a key and its value.
    """

    def __init__(self, text: str) -> None:
        indented = _INDENTED.search(text[:10_000])
        self.newline: str = indented[1] if indented is not None else "\n"
        self.unit: str | None = indented[2] if indented is not None else None
        self.gap, self.colon = " ", ": "
        found_gap = found_colon = False
        for token in _TOKEN.finditer(text[:10_000]):
            if token[1] and not found_gap and text[token.end() : token.end() + 1] not in ("\n", "\r"):
                self.gap, found_gap = token[2], True
            elif token[3] and not found_colon:
                self.colon, found_colon = token[3], True
            if found_gap and found_colon:
                break
        if found_colon and not found_gap:
            self.gap = self.colon.partition(":")[2]
        self.ascii = text.isascii() and "\\u" in text

    def written(self, value: Any, indent: str | None) -> str:
        """Return a value as JSON text; on several lines if its member begins a line with this indent."""
        if indent is None or self.unit is None:
            separators = (f",{self.gap}", self.colon)
            return json.dumps(value, ensure_ascii=self.ascii, allow_nan=False, separators=separators)
        separators = (",", self.colon)
        lines = json.dumps(value, ensure_ascii=self.ascii, allow_nan=False, indent=self.unit, separators=separators)
        return lines.replace("\n", f"{self.newline}{indent}")


def _after_blank(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found is not None else at
