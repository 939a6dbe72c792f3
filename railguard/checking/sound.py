"""Reads a text with obviously valid structure: one pass in Rust, plus tests for what that pass does not check.

Created once for a plan. It accepts a text or decides nothing; other code examines the texts that it does not accept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

from railguard.parsing.json.plain import gives_a_key_twice, has_odd_escape, keeps_limits, too_deep
from railguard.schema import ChoiceNode, EnumNode, ListNode, Node, ObjectNode, Schema
from railguard.schema.structure import Structure
from railguard.values import UNSET, Limits, ValidationOutcome, json_key, sound_outcome
from railguard.values.limits import MOST_DIGITS
from railguard.values.outcome import Asked

__all__ = ["Acceptor", "SoundReader", "acceptor", "is_bracketed", "is_closed", "sound_reader"]

SoundReader: TypeAlias = Callable[[str], Any]
"""Returns the value of a text, UNSET if the text is not plainly sound. Raises ValueError where pydantic-core refuses it."""


class Acceptor(Protocol):
    """Accepts the text of an answer at once."""

    def __call__(self, text: str, asked: Asked | None = None) -> ValidationOutcome | None:
        """Return the outcome of a text that is accepted, None for any other. asked: of the model that wrote it; the
        outcome's record then shares nothing with its output. Raises ValueError where pydantic-core refuses the text.
        """


_OPENING = frozenset(("{", "["))
_LAST = frozenset(("}", "]", "\n", " ", "\r", "\t"))


def sound_reader(structure: Structure, limits: Limits, *, bounds: bool) -> SoundReader:
    """Return the reader of a compiled tree.

    Args:
        structure: The tree.
        limits: The limits on a text.
        bounds: Whether a text must also satisfy the bounds that pydantic-core can check.
    """
    read, count_keys = structure.reader(bounds=bounds), structure.count_keys
    longest = limits.text
    others = _other_tests(structure, limits)

    def read_sound(text: str) -> Any:
        if len(text) > longest or ("\\" in text and has_odd_escape(text)):
            return UNSET
        value = read(text)
        if gives_a_key_twice(text, count_keys(value)):
            return UNSET
        for holds in others:
            if not holds(value):
                return UNSET
        return value

    return read_sound


def acceptor(read: SoundReader) -> Acceptor:
    """Return a function that accepts the answers of a reader that are lists or objects, if no check is left to run on
    them.
    """

    def accept(text: str, asked: Asked | None = None) -> ValidationOutcome | None:
        if text[:1] not in _OPENING or text[-1:] not in _LAST:
            return None
        state = read(text)
        if state is UNSET:
            return None
        return sound_outcome(text, state, (lambda: state) if asked is None else (lambda: read(text)), (), asked)

    return accept


def is_bracketed(text: str) -> bool:
    """Whether a text begins and ends like a list or an object."""
    return text[:1] in _OPENING and text[-1:] in _LAST


def is_closed(schema: Schema) -> bool:
    """Whether an accepted value has only the keys in the tree at its root, so that it is not a tool call or a schema."""
    root = schema.resolve(schema.root)
    if isinstance(root, ListNode):
        root = schema.resolve(root.item)
    return _is_closed(root)


def _is_closed(node: Node) -> bool:
    if isinstance(node, ChoiceNode):
        return all(case.node.extra is None for case in node.cases)
    return isinstance(node, ObjectNode) and node.extra is None


def _other_tests(structure: Structure, limits: Limits) -> list[Callable[[Any], bool]]:
    """Return the tests of values of this tree that pydantic-core does not do."""
    tests: list[Callable[[Any], bool]] = []
    if structure.has_any or limits.integer_digits < MOST_DIGITS:
        tests.append(lambda value: keeps_limits(value, limits))
    elif not structure.bounded:
        tests.append(lambda value: not too_deep(value, limits.depth))
    root = structure.schema.resolve(structure.schema.root)
    if isinstance(root, EnumNode):  # a value outside the set may be a wrapped member of it
        members = frozenset(map(json_key, root.values)) | ({json_key(None)} if root.nullable else set())
        tests.append(lambda value: json_key(value) in members)
    return tests
