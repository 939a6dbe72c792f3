"""Parses a value without quotes: a number or word of JSON, of Python or JavaScript, or text.

word = { character } up to a comma, a closing bracket or a line break behind which a key or an item stands
"""

from __future__ import annotations

import re

from railguard.parsing.json.escapes import unescape
from railguard.parsing.json.placeholders import is_code
from railguard.parsing.json.scalars import scalar
from railguard.parsing.json.state import AFTER, END, State
from railguard.parsing.json.text_source import ReadingSteps
from railguard.parsing.json.texts import setting
from railguard.parsing.json.unquoted import Around, scan_unquoted
from railguard.parsing.json.value_tree import Frame
from railguard.values import RepairClass

__all__ = ["unquoted_value"]

_NUMBERS = re.compile(r"[-+]?[0-9.]+(?:\s+[-+]?[0-9.]+)+").fullmatch
_MARKED = re.compile(r"(<escape>)(?:((?:(?!<escape>).)*)<escape>\Z)?", re.DOTALL).match  # a token in place of quotes
_AND_SO_ON = {"…", "etc", "etc.", "etcetera", "and so on", "and more", "and others"}


def unquoted_value(state: State, frame: Frame | None) -> ReadingSteps[int]:
    source, tree = state.source, state.tree
    beside = setting(state, "item")
    around = Around(
        frame is None or frame.is_list,
        frame is None,
        beside.list_above,
        beside.object_above,
        beside.call_above,
        beside.in_list,
    )
    text, ended_text, depth = yield from scan_unquoted(source, around)
    if text[-1] == '"' and text.count('"') == 1:
        tree.repaired("missing-quote", text, text[:-1].rstrip(), "syntax", tree.here())
        tree.put(text[:-1].rstrip())
        return AFTER
    if text.startswith('\\"') and not ended_text:
        return _escaped_quotes(state, text)
    if (marked := _MARKED(text)) is not None:
        if marked[2] is None:
            tree.doubted("ambiguous-quotes", path=tree.here())
        else:
            tree.repaired("quotes", text, marked[2], "syntax", tree.here())
            tree.put(marked[2])
            return AFTER
    if frame is not None and frame.is_list and _NUMBERS(text) is not None:
        tree.doubted("several-numbers", path=tree.here())
    if frame is not None and frame.is_list and text.casefold() in _AND_SO_ON:
        frame.comma = False
        tree.doubted("abbreviated", text, kind="items-missing")
        return AFTER
    found = scalar(text, state.digits)
    if found.rule == "unquoted" and frame is not None and is_code(text):
        tree.doubted("code", path=tree.here())
    if found.rule == "unquoted" and frame is not None and (".." in text or "…" in text):
        tree.doubted("abbreviated", text[:80], path=tree.here())
    if found.rule is not None:
        several = frame is not None and frame.is_list and ";" in text
        kind: RepairClass = "judgement" if (depth or several) and found.rule == "unquoted" else found.kind
        tree.repaired(found.rule, text, found.value, kind, tree.here())
    if found.problem is not None:
        tree.doubted(found.problem, found.detail, tree.here())
    if ended_text and frame is not None:
        if found.rule == "unquoted":
            tree.cut_here()
            tree.put(found.value)
            tree.leave_open(cut_off=True)
            return END
        if isinstance(found.value, (int, float)) and not isinstance(found.value, bool):
            tree.doubted("", path=tree.here(), kind="cut")
            tree.repaired("number-at-end", text, found.value, "judgement", tree.here())
    if type(found.value) in (int, float):
        tree.put_number(found.value, text)
    else:
        tree.put(found.value)
    return AFTER


def _escaped_quotes(state: State, text: str) -> int:
    """Handle `\\"x\\"`: a text whose own quotes were escaped, if it ends where the value ends."""
    tree = state.tree
    value, kind, problem, _ = unescape(text[2:-2])
    if len(text) < 4 or not text.endswith('\\"') or '\\"' in text[2:-2]:
        problem = problem or "escaped-quotes"
    tree.repaired("quotes", text, value, kind or "syntax", tree.here())
    if problem is not None:
        tree.doubted(problem, path=tree.here())
    tree.put(value)
    return AFTER
