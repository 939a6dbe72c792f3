"""Finds the letters that the matches of a pattern begin with, so that the pattern need not be tried elsewhere.

It parses the part of the syntax of `re` that is used for patterns of words; anything unknown counts as any letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["LETTERS", "beginnings"]

LETTERS = 3
"""Number of letters of a beginning."""

_QUANTIFIER = re.compile(r"(?:[?*+]|\{(?P<least>\d*)(?P<range>,\d*)?\})[?+]?")
_CLASS = re.compile(r"\[(?P<not>\^?)(?P<inside>(?:\\.|[^\]\\])+)\]")
_AROUND = ("(?=", "(?!", "(?<=", "(?<!")

_Partial = tuple[str, bool]  # the letters so far, and whether further known letters may follow


def beginnings(pattern: str) -> frozenset[str]:
    """Return texts of at most three letters, one of which begins every match; the empty text if nothing is known.

    >>> sorted(beginnings(r"(?:ignor(?:e|ing)|(?:all )?rules?|a[sz]|no)\\b"))
    ['all', 'as', 'az', 'ign', 'no', 'rul']
    >>> beginnings(r"\\w+ing"), sorted(beginnings("a(?:b|c)*d")), sorted(beginnings("(?<!x)(?:do|undo)"))
    (frozenset({''}), ['ab', 'ac', 'ad'], ['do', 'und'])
    """
    found, _ = _alternatives(pattern, 0)
    return frozenset(letters for letters, _ in found)


def _alternatives(pattern: str, at: int) -> tuple[set[_Partial], int]:
    """Return the beginnings of a pattern from `at` to its closing bracket, and the offset of that bracket."""
    found: set[_Partial] = set()
    while True:
        sequence, at = _sequence(pattern, at)
        found |= sequence
        if at >= len(pattern) or pattern[at] == ")":
            return found, at
        at += 1  # after the |


def _sequence(pattern: str, at: int) -> tuple[set[_Partial], int]:
    found: set[_Partial] = {("", True)}
    while at < len(pattern) and pattern[at] not in "|)":
        element, at = _element(pattern, at)
        quantifier = _QUANTIFIER.match(pattern, at)
        optional = again = False
        if quantifier is not None:
            at = quantifier.end()
            optional = quantifier[0][0] in "?*" or quantifier["least"] in ("", "0")
            again = quantifier[0][0] != "?" and quantifier[0].rstrip("?+") != "{0,1}"
        if element is None:  # of no width
            continue
        found = set(_joined(found, element, optional, again))
    return found, at


def _element(pattern: str, at: int) -> tuple[set[_Partial] | None, int]:
    """Return the beginnings of the element at `at`, None if it matches no letter; and the offset of the next one."""
    if pattern[at] == "(":
        around = next((mark for mark in _AROUND if pattern.startswith(mark, at)), None)
        named = re.compile(r"\(\?P<\w+>|\(\?:|\(\?[a-z]+:|\((?!\?)").match(pattern, at)
        start = at + len(around) if around else named.end() if named else at + 1
        inside, end = _alternatives(pattern, start)
        return (None if around else inside if named else {("", False)}), end + 1
    if pattern[at] == "[":
        found = _CLASS.match(pattern, at)
        if found is None:
            return {("", False)}, at + 1
        plain = found["inside"].isalnum() and not found["not"]
        return ({(char, True) for char in found["inside"]} if plain else {("", False)}), found.end()
    if pattern[at] == "\\":
        if pattern[at + 1] in "bBAZ":
            return None, at + 2
        known = not pattern[at + 1].isalnum()
        return ({(pattern[at + 1], True)} if known else {("", False)}), at + 2
    if pattern[at] in "^$":
        return None, at + 1
    return ({("", False)} if pattern[at] == "." else {(pattern[at], True)}), at + 1


def _joined(found: set[_Partial], element: set[_Partial], optional: bool, again: bool) -> Iterator[_Partial]:
    for letters, goes_on in found:
        if not goes_on:
            yield letters, False
            continue
        if optional:
            yield letters, True
        for more, known in element:
            both = (letters + more)[:LETTERS]
            yield both, known and not again and len(both) < LETTERS
