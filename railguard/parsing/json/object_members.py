"""The members of an object up to their values.

members = [ key ":" value { "," key ":" value } ]       the colon may be "=", "=>" or missing
key     = text | word without quotes
set     = "{" value { "," value } "}"                   as Python prints one
"""

from __future__ import annotations

from typing import Any

from railguard.parsing.json.brackets import closer, ellipsis
from railguard.parsing.json.quotes import CLOSERS
from railguard.parsing.json.scalars import scalar
from railguard.parsing.json.state import AFTER, COLON, END, KEY, VALUE, State
from railguard.parsing.json.text_source import ReadingSteps, mark_behind
from railguard.parsing.json.texts import quoted_text
from railguard.parsing.json.unquoted import scan_unquoted_key
from railguard.parsing.json.value_tree import Frame
from railguard.values import UNSET

__all__ = ["colon", "key"]


def key(state: State, frame: Frame, mark: str) -> ReadingSteps[int]:
    source, tree = state.source, state.tree
    if mark in "}])":
        return (yield from closer(state, frame, mark))
    if mark in ",;":
        source.at += 1
        tree.repaired("extra-comma", mark, UNSET, "syntax")
        return KEY
    if mark == "." and (yield from ellipsis(state, frame)):
        return AFTER
    if mark in CLOSERS:
        return (yield from quoted_text(state, "key", mark))
    if mark == "{" and len(tree.frames) > 1 and tree.frames[-2].is_list:
        tree.repaired("unclosed", UNSET, frame.closer, "syntax")
        tree.end()
        return VALUE
    if mark in "{[(:":
        tree.give_up("expected-key", mark)
        return END
    return (yield from _unquoted_key(state, frame))


def colon(state: State, frame: Frame, mark: str) -> ReadingSteps[int]:
    source, tree = state.source, state.tree
    if mark == ":":
        source.at += 1
        return VALUE
    if mark == "=":
        while not source.has(2):
            yield
        sign = "=>" if source.text.startswith("=>", source.at) else "="
        source.at += len(sign)
        if frame.closer != ")":
            tree.repaired("colon", sign, ":", "syntax", tree.here())
        return VALUE
    if mark in ",}":
        return _key_alone(state, frame, True)
    tree.repaired("missing-colon", UNSET, ":", "syntax", tree.here())
    return VALUE


def _key_alone(state: State, frame: Frame, was_quoted: bool) -> int:
    """Handle a key without a colon: the first member of a set as Python prints it, otherwise a doubt."""
    tree = state.tree
    member: Any = frame.key
    is_member = was_quoted
    if not was_quoted and frame.key:
        found = scalar(frame.key, state.digits)
        member, is_member = found.value, found.rule != "unquoted" and found.problem is None
    if is_member and frame.closer == "}" and not frame.value and not frame.comma:
        tree.repaired("python-repr", "{", "[", "lossless")
        tree.become_list(frame.key)
        tree.put(member)
    else:
        # It may be the rest of the text before it, or an item of a list: the whole object is doubtful.
        tree.doubted("key-alone", frame.key[:80])
    return AFTER


def _unquoted_key(state: State, frame: Frame) -> ReadingSteps[int]:
    source, tree = state.source, state.tree
    text, ended_text, _ = yield from scan_unquoted_key(source)
    if ended_text:
        _trailing_words(state, text)
        return END
    mark = source.text[source.at]
    if mark in ":=" and text:
        frame.key = text
        if frame.closer != ")":
            tree.repaired("unquoted-key", text, text, "syntax", tree.here())
        return COLON
    if mark in ",})" and text:
        frame.key = text
        return _key_alone(state, frame, False)
    if mark == "\n":
        tree.repaired("stray-text", text, UNSET, "judgement")
        if len(text.split()) > 2:
            frame.comma = False  # prose follows: the comma belongs to the sentence, not to the object
        return KEY
    if mark in CLOSERS and text:
        if (yield from mark_behind(source)) == ":":
            frame.key = text
            source.at += 1
            tree.repaired("missing-quote", text, text, "syntax", tree.here())
            return COLON
        if text in ("u", "U", "b", "r"):
            tree.repaired("python-repr", text, UNSET, "syntax")
        else:
            tree.repaired("stray-text", text, UNSET, "judgement")
        return KEY
    tree.give_up("expected-key", (text or mark)[:80])
    return END


def _trailing_words(state: State, text: str) -> None:
    """Handle words in place of a key, up to the end: prose after an answer that was not closed, or a truncated key."""
    if len(text.split()) > 2:
        state.tree.repaired("stray-text", text, UNSET, "judgement")
        state.tree.leave_open(cut_off=False)
    else:
        state.tree.leave_open(cut_off=True, where="key-cut")
