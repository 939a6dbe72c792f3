"""Formats problems of specs for people, in the style of a compiler and to the width of the terminal.

The excerpt is cut around the error, so that the markers below it fit any width; a hint is wrapped at words. If the
stream is not a terminal, the excerpt and the hint are one line each, of any length.
"""

from __future__ import annotations

from typing import TextIO

from railguard import Problem
from railguard.cli.streams import aligned, is_terminal, paint, visible

__all__ = ["problem_text"]

_INDENT = 4
_NARROWEST = 20


def problem_text(problem: Problem, name: str | None, stream: TextIO) -> str:
    """Format a problem like a compiler: file:line:column: severity[code]: message, the line with markers, the
    correction.
    """
    place = ":".join(str(part) for part in (problem.file or name, problem.line, problem.column) if part is not None)
    colour = "red" if problem.severity == "error" else "yellow"
    kind = paint(f"{problem.severity}[{problem.code}]", colour, stream)
    head = f"{paint(visible(place), 'bold', stream)}: " if place else ""
    lines = [f"{head}{kind}: {visible(problem.message)}"]
    width = _width(stream)
    if problem.excerpt:
        source, _, caret = aligned(problem.excerpt).rpartition("\n")
        if source:
            source, marks = _fitted(source, caret, _length(problem), width)
            lines.append(f"{source}\n{paint(marks, colour, stream)}")
        else:
            lines.append(caret)
    if problem.hint:
        lines += _hint(visible(problem.hint), width, stream)
    return "\n".join(lines)


def _width(stream: TextIO) -> int | None:
    """Return the number of columns of a terminal; None if the stream is not one."""
    if not is_terminal(stream):
        return None
    from railguard.cli.streams import console

    return max(console(stream).width, _NARROWEST)


def _length(problem: Problem) -> int:
    """Return how many characters of its line the problem covers."""
    if problem.end_line != problem.line or problem.end_column is None or problem.column is None:
        return 1
    return max(problem.end_column - problem.column, 1)


def _fitted(source: str, caret: str, length: int, width: int | None) -> tuple[str, str]:
    """Return a line and its markers, cut to a width around the marked part. Wide characters take two columns."""
    from rich.cells import cell_len

    at = len(caret) - 1
    if width is not None and cell_len(source) > width:
        body, at = source[_INDENT:], at - _INDENT
        room = width - _INDENT - 2  # room for an ellipsis at either end
        start = max(0, min(at - room // 3, len(body) - room))
        end = start + room
        while end > at + 1 and cell_len(body[start:end]) > room:
            end -= 1
        cut = "…" * (start > 0) + body[start:end] + "…" * (end < len(body))
        at += (start > 0) - start + _INDENT
        source = " " * _INDENT + cut
    marked = source[at : at + length].rstrip("…")
    return source, " " * cell_len(source[:at]) + "^" * max(cell_len(marked), 1)


def _hint(hint: str, width: int | None, stream: TextIO) -> list[str]:
    head = "  " + paint("hint:", "cyan", stream)
    if width is None:
        return [f"{head} {hint}"]
    import textwrap

    said = textwrap.wrap(hint, width - 8, break_long_words=False, break_on_hyphens=False) or [""]
    return [f"{head} {said[0]}", *(" " * 8 + line for line in said[1:])]
