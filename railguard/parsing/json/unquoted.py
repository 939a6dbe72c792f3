"""Scans a value or a key without quotes to its end.

value = text up to a comma before a key, a bracket that was opened outside it, or a line break before a key
item  = text up to a comma, a line break or a bracket that was opened outside it
"""

from __future__ import annotations

import re
from typing import NamedTuple

from railguard.parsing.json.quotes import CLOSERS, key_follows
from railguard.parsing.json.text_source import WINDOW, ReadingSteps, TextSource, space
from railguard.values.limits import MOST_DIGITS

__all__ = ["Around", "Unquoted", "read_stray_text", "scan_unquoted", "scan_unquoted_key"]

_RUN = re.compile(r"[^,;\n\"{}\[\]()/`#]+").match
_SCALAR = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null|True|False|None").fullmatch
_LONGEST_SCALAR = MOST_DIGITS + 100  # an integer, and space around it
_KEY_RUN = re.compile(r"[^:=,{}\[\]\n\"'`“”;]+").match


class Around(NamedTuple):
    """The context of an unquoted value. is_item: of a list. Then the kinds of brackets that are open anywhere, and
    whether its object is an item of a list.
    """

    is_item: bool
    root: bool
    list_above: bool
    object_above: bool
    call_above: bool
    in_list: bool


class Unquoted(NamedTuple):
    """text: without white space around it. ended_text: the whole text ended with it. depth: brackets left open in it."""

    text: str
    ended_text: bool
    depth: int


def scan_unquoted(source: TextSource, around: Around) -> ReadingSteps[Unquoted]:
    """Read an unquoted value."""
    parts: list[str] = []
    depth = 0
    start = at = source.at
    before = ""
    size = 0  # of `parts`
    while True:
        source.steps += 1
        text = source.text
        match = _RUN(text, at)
        if match is not None:
            at = match.end()
        if at == len(text):
            verdict: bool | None = True if source.final else None
        else:
            mark = text[at]
            if at > start:
                before = text[at - 1]
            source.at = at
            if around.root:
                verdict = False
            elif mark in "{[(":
                depth += 1
                verdict = False
            else:
                outside = not depth
                if mark in "}])":
                    verdict = outside and _bracket_ends(mark, around)
                    depth -= depth > 0
                else:
                    verdict = outside and _ends(source, mark, around, before)
                if verdict is False and outside and mark in ",])#" and size + at - start <= _LONGEST_SCALAR:
                    body = "".join(parts) + text[start:at]
                    if _SCALAR(body.strip()) is not None and (mark != "#" or before.isspace()):
                        verdict = mark != "," or _no_more(source, around)
        if verdict:
            parts.append(text[start:at])
            source.at = at
            return Unquoted("".join(parts).strip(), at == len(text), depth)
        if verdict is None:
            parts.append(text[start:at])
            size += at - start
            before = parts[-1][-1:] or before
            source.at = at
            yield
            start = at = source.at
        else:
            at += 1


def _no_more(source: TextSource, around: Around) -> bool:
    """Whether the text after the current comma is not part of a number: a new line, an ellipsis or the next item. There is
    some, and enough of it to know that it is no key.
    """
    window, _ = source.ahead(1)
    rest = window.lstrip(" \t\r")
    return rest[0] in '\n",#' or rest.startswith("...") or (rest[0] == "{" and around.in_list)


def _bracket_ends(mark: str, around: Around) -> bool:
    if mark == "}":
        return around.object_above or not around.is_item
    return around.list_above if mark == "]" else around.call_above


def _ends(source: TextSource, mark: str, around: Around, before: str) -> bool | None:
    """Whether a mark outside all brackets ends the value; None: more text is needed."""
    if mark == "`":
        ticks = source.text[source.at : source.at + 3]
        return None if len(ticks) < 3 and ticks == "`" * len(ticks) and not source.final else ticks == "```"
    if mark == "#":
        return False  # but behind a number or a word of JSON it begins a comment
    if mark == "/":
        if not source.has(2):
            return None
        return before.isspace() and source.text[source.at + 1 : source.at + 2] in ("/", "*")
    if around.is_item:
        return mark in ",\n"
    if mark == '"':
        return key_follows(source.text, source.at, source.final or len(source.text) - source.at >= WINDOW)
    window, complete = source.ahead(1)
    at = space(window, 0)
    if at == len(window):
        return True if complete else None
    if window[at] in "}])":
        return True
    if mark == ",":
        if window[at] == "/":
            if at + 1 == len(window):
                return False if complete else None
            return window[at + 1] in "/*"
        if window[at] == "#":
            if at + 1 == len(window):
                return True if complete else None
            return window[at + 1].isspace()
        if window[at] == "{":
            return "\n" in window[:at] and around.in_list
        return key_follows(window, at, complete)
    if mark == ";":
        return key_follows(window, at, complete) if window[at] in CLOSERS or "\n" in window[:at] else False
    return key_follows(window, at, complete, word=True)


def scan_unquoted_key(source: TextSource) -> ReadingSteps[Unquoted]:
    """Read an unquoted key up to the mark that ends it, which is not consumed."""
    parts: list[str] = []
    while True:
        source.steps += 1
        match = _KEY_RUN(source.text, source.at)
        if match is not None:
            parts.append(match.group())
            source.at = match.end()
        if source.at == len(source.text):
            if source.final:
                return Unquoted("".join(parts).strip(), True, 0)
            yield
            continue
        is_prefix = len(parts) == 1 and parts[0] in ("u", "U", "b", "r")  # as Python prints texts
        if source.text[source.at] == "'" and parts and parts[-1][-1:].isalpha() and not is_prefix:
            parts.append("'")
            source.at += 1
            continue
        return Unquoted("".join(parts).strip(), False, 0)


def read_stray_text(source: TextSource) -> ReadingSteps[str]:
    """Read text that is neither key nor value, up to a mark that may continue the object."""
    parts: list[str] = []
    depth = 0  # of round brackets
    while True:
        source.steps += 1
        match = _RUN(source.text, source.at)
        if match is not None:
            parts.append(match.group())
            source.at = match.end()
        if source.at < len(source.text):
            mark = source.text[source.at]
            if mark not in "/(`#" and not (mark == ")" and depth):
                break
            depth += (mark == "(") - (mark == ")")
            parts.append(mark)
            source.at += 1
        elif source.final:
            break
        else:
            yield
    return "".join(parts).strip()
