"""Parses one value of JSON, selected by its first character.

value  = object | list | text | word | call
object = "{" members "}"                    list = "[" [ value { "," value } ] "]"      tuple = "(" … ")"
call   = NAME "(" value ")" | NAME "(" NAME "=" value { "," NAME "=" value } ")"        as Python prints objects
"""

from __future__ import annotations

import re

from railguard.parsing.json.brackets import closer, ellipsis
from railguard.parsing.json.quotes import CLOSERS, QuotedRole
from railguard.parsing.json.state import AFTER, END, KEY, VALUE, State
from railguard.parsing.json.text_source import WINDOW, ReadingSteps
from railguard.parsing.json.texts import quoted_text
from railguard.parsing.json.unquoted_values import unquoted_value
from railguard.parsing.json.value_tree import Frame
from railguard.values import UNSET

__all__ = ["open_container", "value"]

_CALL = re.compile(r"[A-Za-z_][\w.]{0,80}\(\s*").match
_CALL_BEGUN = re.compile(r"[A-Za-z_][\w.]{0,80}(?:\(\s*(?:[A-Za-z_]\w{0,80}\s*)?)?\Z").match
_KEYWORD_ARGUMENT = re.compile(r"[A-Za-z_]\w{0,80}\s*=(?!=)").match
_PREFIX = re.compile(r"[uUbBrRfF]{1,2}(?=['\"])").match
_CLOSER_OF = {"{": "}", "[": "]", "(": ")"}


def value(state: State, frame: Frame | None, mark: str) -> ReadingSteps[int]:
    source, tree = state.source, state.tree
    if frame is not None and mark == ":" and not frame.is_list:
        source.at += 1
        tree.repaired("colon", ":", UNSET, "syntax", tree.here())
        return VALUE
    if frame is not None and mark in "}]),;":
        if not frame.is_list:
            return _no_value(state, frame)
        if mark in "}])":
            return (yield from closer(state, frame, mark))
        source.at += 1
        tree.repaired("extra-comma", mark, UNSET, "judgement")
        frame.comma = True
        return VALUE
    if mark in "{[(":
        if mark == "(":
            tree.repaired("python-repr", "(", "[", "syntax", tree.here())
        return open_container(state, mark != "{", _CLOSER_OF[mark], source.at + 1)
    if mark == "." and frame is not None and (yield from ellipsis(state, frame)):
        return AFTER
    if mark.isalpha() or mark == "_":
        expected = yield from _call(state)
        if expected is not None:
            return expected
        mark = source.text[source.at]
    if mark in CLOSERS:
        place: QuotedRole = "root" if frame is None else "item" if frame.is_list else "member"
        return (yield from quoted_text(state, place, mark))
    return (yield from unquoted_value(state, frame))


def open_container(state: State, is_list: bool, closer: str, behind: int) -> int:
    """Open an object or a list. behind: the offset after its bracket."""
    source, tree = state.source, state.tree
    if len(tree.frames) >= state.depth:
        tree.give_up("too-deep", state.depth)
        return END
    tree.begin(is_list, closer)
    source.at = behind
    return VALUE if is_list else KEY


def _call(state: State) -> ReadingSteps[int | None]:
    """Read the prefix that Python prints before a value: u'…', or a class's name and a bracket. None if a scalar
    follows.
    """
    source, tree = state.source, state.tree
    while True:
        text, at = source.text, source.at
        if (match := _PREFIX(text, at)) is not None:
            tree.repaired("python-repr", match.group(), UNSET, "syntax", tree.here())
            source.at = match.end()
            state.prefix = match.group().lower()
            return None
        if source.has(WINDOW) or (len(text) - at > 2 and _CALL_BEGUN(text, at) is None):
            break
        yield
    call = _CALL(text, at)
    if call is None:
        return None
    behind = call.end()
    if text[behind : behind + 1] in ("{", "["):
        tree.repaired("python-repr", call.group(), UNSET, "syntax", tree.here())
        tree.calls += 1
        source.at = behind
        return VALUE
    if _KEYWORD_ARGUMENT(text, behind) is None:
        return None
    tree.repaired("python-repr", call.group(), "{", "syntax", tree.here())
    return open_container(state, False, ")", behind)


def _no_value(state: State, frame: Frame) -> int:
    state.tree.doubted("key-without-value", frame.key[:80], state.tree.here())
    return AFTER
