"""Edits of a text by offsets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from railguard.rail.syntax import ElementSyntax, TextSyntax

__all__ = ["SourceEdit", "applied", "applied_between", "without", "without_stray_text"]


class SourceEdit(NamedTuple):
    """Replaces a part of the source by `new`."""

    start: int
    end: int
    new: str


def applied(text: str, edits: list[SourceEdit]) -> str:
    """Apply edits to a text; if two overlap, the outer one is used."""
    parts: list[str] = []
    done = 0
    for edit in sorted(edits, key=lambda one: (one.start, -one.end)):
        if edit.start < done:
            continue
        parts += [text[done : edit.start], edit.new]
        done = edit.end
    parts.append(text[done:])
    return "".join(parts)


def applied_between(text: str, edits: list[SourceEdit], start: int, end: int) -> str:
    """Return a part of a text with the edits inside it applied."""
    inside = [SourceEdit(one.start - start, one.end - start, one.new) for one in edits]
    return applied(text[start:end], inside)


def without(text: str, element: ElementSyntax) -> SourceEdit:
    """Remove an element, with its line if that becomes empty."""
    start, end = element.start, element.end
    line = text.rfind("\n", 0, start) + 1
    if not text[line:start].strip() and text[end : end + 1] in ("\n", "\r"):
        end += 2 if text.startswith("\r\n", end) else 1
        return SourceEdit(line, end, "")
    return SourceEdit(start, end, "")


def without_stray_text(element: ElementSyntax) -> Iterator[SourceEdit]:
    """Remove the text in an element where only elements are allowed."""
    for child in element.children:
        if isinstance(child, TextSyntax) and child.value.strip():
            lead = len(child.raw) - len(child.raw.lstrip())
            yield SourceEdit(child.start + (0 if child.cdata else lead), child.end, "" if child.cdata else "\n")
