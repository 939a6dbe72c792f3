"""Checks a document, and checks it again after each change without reading unchanged parts again."""

from __future__ import annotations

from dataclasses import dataclass, field

from railguard.errors import Problem
from railguard.rail.memory import Memory
from railguard.rail.spec_reader import problems_of, read_spec
from railguard.rail.syntax import Document
from railguard.rail.tolerant import tree
from railguard.values import Limits

__all__ = ["Checked", "check_again", "check_text", "diagnostics"]


@dataclass(frozen=True, slots=True)
class Checked:
    """A document and its problems.

    Attributes:
        document: its tree.
        problems: its problems, in the order of the text.
        memory: the results of its members, for `check_again`.
    """

    document: Document
    problems: tuple[Problem, ...]
    memory: Memory = field(default_factory=Memory, repr=False, compare=False)


def diagnostics(text: str) -> list[Problem]:
    """Return all errors and warnings of a document. The argument is never taken as a file name.

    Args:
        text: The document.

    Returns:
        The problems, in document order.
    """
    return read_spec(text, None, Limits())[1]


def check_text(text: str) -> Checked:
    """Parse a document and find all its problems.

    Args:
        text: The document.

    Returns:
        Its tree and its problems.
    """
    return _checked(tree(text), Memory())


def check_again(before: Checked, text: str | Document) -> Checked:
    """Check a changed document. Members of objects that did not change are not read again.

    Args:
        before: The result before the change.
        text: The document after it, or its tree.

    Returns:
        The same result as `check_text` for the text.
    """
    if isinstance(text, Document):
        return before if text is before.document else _checked(text, before.memory)
    if text == before.document.text:
        return before
    return _checked(tree(text, before=before.document), before.memory)


def _checked(document: Document, memory: Memory) -> Checked:
    return Checked(document, tuple(problems_of(document, Limits(), memory)), memory)
