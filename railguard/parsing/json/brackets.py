"""Parses the part after a value, and the end of an object or a list.

after  = "," | ";" | closer | nothing, and a value or key follows
closer = "}" | "]" | ")"             an outer one closes what is inside it; a wrong one is the right one
"..."  = an abbreviation, which is in doubt
"""

from __future__ import annotations

from railguard.parsing.json.quotes import CLOSERS, key_follows
from railguard.parsing.json.state import AFTER, END, KEY, VALUE, State
from railguard.parsing.json.text_source import WINDOW, ReadingSteps, mark_behind
from railguard.parsing.json.unquoted import read_stray_text
from railguard.parsing.json.value_tree import Frame
from railguard.values import UNSET, RepairClass

__all__ = ["after_value", "closer", "ellipsis"]


def after_value(state: State, frame: Frame, mark: str) -> ReadingSteps[int]:
    source, tree = state.source, state.tree
    if mark == ";":
        source.at += 1
        tree.repaired("comma", ";", ",", "syntax")
        frame.comma = True
        return VALUE if frame.is_list else KEY
    if mark == ")" and tree.calls and frame.closer != ")":
        tree.calls -= 1
        source.at += 1
        return AFTER
    if mark in "}])":
        return (yield from closer(state, frame, mark))
    if mark == ":":
        tree.give_up("expected-comma", ":")
        return END
    if frame.is_list:
        tree.repaired("missing-comma", UNSET, ",", "judgement" if mark in CLOSERS and not state.new_line else "syntax")
        return VALUE
    while (known := key_follows(source.text, source.at, source.has(WINDOW))) is None:
        yield
    if known:
        tree.repaired("missing-comma", UNSET, ",", "syntax")
        return KEY
    if mark in "{[(" or mark in CLOSERS:
        tree.give_up("expected-comma", mark)
        return END
    text = yield from read_stray_text(source)
    if source.text[source.at : source.at + 1] in ("{", "["):
        tree.give_up("expected-comma", text[:80])
        return END
    tree.repaired("stray-text", text, UNSET, "judgement")
    return KEY if source.text[source.at : source.at + 1] == '"' else AFTER


def ellipsis(state: State, frame: Frame) -> ReadingSteps[bool]:
    source = state.source
    while not source.has(3):
        yield
    if not source.text.startswith("...", source.at):
        return False
    source.at += 3
    frame.comma = False
    state.tree.doubted("abbreviated", "...", kind="items-missing" if frame.is_list else "unreadable")
    return True


def closer(state: State, frame: Frame, mark: str) -> ReadingSteps[int]:
    source, tree = state.source, state.tree
    if mark != frame.closer:
        return (yield from _other_closer(state, frame, mark))
    if len(tree.frames) == 1 and mark == "}" and not frame.is_list and (yield from _key_behind(state)):
        source.at += 1
        tree.repaired("stray-bracket", mark, UNSET, "judgement")
        return AFTER
    if frame.comma:
        tree.repaired("trailing-comma", ",", UNSET, "syntax")
    return _end_frames(state, 1)


def _end_frames(state: State, count: int) -> int:
    state.source.at += 1
    for _ in range(count):
        state.tree.end()
    return AFTER


def _other_closer(state: State, frame: Frame, mark: str) -> ReadingSteps[int]:
    """Handle a bracket that does not close the innermost frame: an outer one's, a wrong one, or an extra one."""
    source, tree = state.source, state.tree
    frames = tree.frames
    level = len(frames) - 1
    while level >= 0 and frames[level].closer != mark:
        level -= 1
    if level < 0:
        follows = yield from mark_behind(source)
        if len(frames) == 1 and follows and follows in ",}])":
            source.at += 1
            tree.repaired("stray-bracket", mark, UNSET, "syntax")
            return AFTER
        tree.repaired("wrong-bracket", mark, frame.closer, "syntax" if len(frames) == 1 else "judgement")
        return _end_frames(state, 1)
    kind: RepairClass = "syntax"
    if mark == "}" and frame.is_list and (yield from _key_behind(state)):
        if level > 0 and not frames[level - 1].is_list:
            kind = "judgement"  # the next key may belong to the closed object, or to the one around it
        else:  # it is the object's own, which goes on: the bracket closes the lists in it
            several = len(frames) - level > 2
            tree.repaired("wrong-bracket", mark, frame.closer, "judgement" if several else "syntax")
            for one in range(len(frames) - 1, level + 1, -1):
                tree.repaired("unclosed", UNSET, frames[one - 1].closer, "judgement", tree.path(one))
            return _end_frames(state, len(frames) - level - 1)
    for one in range(len(frames), level + 1, -1):
        tree.repaired("unclosed", UNSET, frames[one - 1].closer, kind, tree.path(one))
    return _end_frames(state, len(frames) - level)


def _key_behind(state: State) -> ReadingSteps[bool]:
    """Whether a quoted key follows the current character, with or without a comma before it."""
    while True:
        window, complete = state.source.ahead(1)
        rest = window.lstrip()
        if rest[:1] == ",":
            rest = rest[1:].lstrip()
        verdict: bool | None = None if not rest and not complete else False
        if rest and rest[0] in CLOSERS:
            verdict = key_follows(rest, 0, complete)
        if verdict is not None:
            return verdict
        yield
