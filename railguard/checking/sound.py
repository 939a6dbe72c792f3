"""Reads a text with obviously valid structure: one pass in Rust, plus tests for what that pass does not check.

Created once for a plan. It accepts a text or decides nothing; other code examines the texts that it does not accept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from railguard.parsing.json.plain import gives_a_key_twice, has_odd_escape, keeps_limits, too_deep
from railguard.schema import ChoiceNode, EnumNode, ListNode, Node, ObjectNode, Schema
from railguard.schema.key_counts import count_keys
from railguard.schema.structure import Structure
from railguard.values import UNSET, Limits, json_key
from railguard.values.limits import MOST_DIGITS

__all__ = ["SoundReader", "is_bracketed", "is_closed", "sound_reader"]

SoundReader: TypeAlias = Callable[[str], Any]
"""Returns the value of a text, UNSET if the text is not plainly sound. Raises ValueError where pydantic-core refuses it."""
_OPENING = frozenset(("{", "["))
_LAST = frozenset(("}", "]", "\n", " ", "\r", "\t"))


def sound_reader(
    structure: Structure, limits: Limits, *, bounds: bool, is_answer: Callable[[Any], bool] | None
) -> SoundReader:
    """Return the reader of a compiled tree.

    Args:
        structure: The tree.
        limits: The limits on a text.
        bounds: Whether a text must also satisfy the bounds that pydantic-core can check.
        is_answer: Whether a value that may have keys of its own is meant as the answer; None if each is.
    """
    read, count_declared = structure.reader(bounds=bounds), structure.count_declared
    longest = limits.text
    of_declared = _tests(structure, limits, is_any=limits.integer_digits < MOST_DIGITS, is_bounded=True)
    of_others = _tests(
        structure,
        limits,
        is_any=structure.has_any or limits.integer_digits < MOST_DIGITS,
        is_bounded=structure.bounded,
    )

    if is_answer is not None:
        of_others.append(is_answer)

    def read_sound(text: str) -> Any:
        if len(text) > longest or ("\\" in text and has_odd_escape(text)):
            return UNSET
        value = read(text)
        keys = None if count_declared is None else count_declared(value)
        if gives_a_key_twice(text, keys if keys is not None else count_keys(value)):
            return UNSET
        for holds in of_declared if keys is not None else of_others:
            if not holds(value):
                return UNSET
        return value

    return read_sound


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


def _tests(structure: Structure, limits: Limits, *, is_any: bool, is_bounded: bool) -> list[Callable[[Any], bool]]:
    """Return the tests of values of this tree that pydantic-core does not do.

    Args:
        structure: The tree.
        limits: The limits on a text.
        is_any: Whether a part of a value may be any value, or may break the limits all the same.
        is_bounded: Whether the tree bounds the depth of the values.
    """
    tests: list[Callable[[Any], bool]] = []
    if is_any:
        tests.append(lambda value: keeps_limits(value, limits))
    elif not is_bounded:
        tests.append(lambda value: not too_deep(value, limits.depth))
    root = structure.schema.resolve(structure.schema.root)
    if isinstance(root, EnumNode):  # a value outside the set may be a wrapped member of it
        members = frozenset(map(json_key, root.values)) | ({json_key(None)} if root.nullable else set())
        tests.append(lambda value: json_key(value) in members)
    return tests
