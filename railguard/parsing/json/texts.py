"""Parses a text in quotes, as a value or a key.

text  = quote { character | escape | quote that nothing of JSON follows } quote
block = quote quote quote { character } quote quote quote
key   = quote NAME ":" …                                a key whose closing quote is missing
"""

from __future__ import annotations

import re

from railguard.parsing.json.escapes import Unescaped, dedent_quoted, unescape
from railguard.parsing.json.placeholders import is_expression
from railguard.parsing.json.quoted import (
    Quoted,
    key_without_quote,
    may_have_ended,
    scan_block,
    scan_quoted,
    without_break,
    without_other_quote,
)
from railguard.parsing.json.quotes import CLOSERS, QuotedRole, Setting
from railguard.parsing.json.scalars import scalar
from railguard.parsing.json.state import AFTER, COLON, END, KEY, VALUE, State
from railguard.parsing.json.text_source import ReadingSteps
from railguard.values import UNSET, RepairClass

__all__ = ["quoted_text", "setting"]

_CONTROL = re.compile(r"[\x00-\x1f]").search
_CLOSERS_AT_END = re.compile(r"[\s}\])]*\Z").search


def quoted_text(state: State, place: QuotedRole, quote: str) -> ReadingSteps[int]:
    source = state.source
    if quote in "\"'`":
        while True:
            ahead = source.text[source.at : source.at + 3]
            if source.has(3) or ahead != quote * len(ahead):
                break
            yield
        if ahead == quote * 3:
            source.at += 3
            return (yield from _text_block(state, place, quote))
    source.at += 1
    found = yield from scan_quoted(source, quote, setting(state, place))
    if found.ended == "text":
        return _unterminated(state, place, found)
    if found.ended == "colon":
        return _key_and_scalar(state, found.raw)
    records: list[tuple[str, RepairClass]] = []
    raw = found.raw
    has_comma = is_whole = True
    if found.ended == "next-key":
        raw, has_comma = without_break(raw)
        raw = without_other_quote(raw)
        records.append(("missing-quote", "judgement" if found.pairing.count or "\n" in raw else "syntax"))
        is_whole = found.pairing.clean and not may_have_ended(raw)
    elif quote != '"' or found.closing != '"':
        records.append(("quotes", "syntax"))
    value, kind, problem, rule = unescape(raw)
    problem = problem or _prefix_problem(state, raw)
    if not is_whole or (quote == '"' and not found.pairing.clean and is_expression(raw)):
        problem = problem or "ambiguous-quotes"
    if kind is not None:
        records.append((rule, kind))
    if _CONTROL(raw) is not None:
        records.append(("control-character", "syntax"))
    if found.ended == "quote":
        doubled = found.pairing.count == 2 and len(raw) > 1 and raw[0] == raw[-1] and raw[0] in CLOSERS[quote]
        if doubled:
            value = value[1:-1]
            records.append(("doubled-quotes", "syntax" if place == "key" else "judgement"))
        elif found.pairing.count:
            records.append(("unescaped-quotes", "syntax" if found.pairing.clean else "judgement"))
            if found.near_structure and not found.pairing.clean:
                problem = problem or "ambiguous-quotes"
        if found.embedded:
            whole = not found.pairing.count and raw.strip()[:1] in "{[" and raw.strip()[-1:] in "}]"
            records.append(("unescaped-quotes", "syntax" if whole else "judgement"))
    expected = _take_text(state, place, value, raw, records, problem)
    if found.ended == "next-key":
        frame = state.tree.frames[-1]
        frame.comma = True
        if not has_comma:
            state.tree.repaired("missing-comma", UNSET, ",", "syntax")
        return KEY
    return expected


def setting(state: State, place: QuotedRole) -> Setting:
    frames = state.tree.frames
    return Setting(
        place,
        len(frames),
        any(frame.is_list for frame in frames),
        any(frame.closer == "}" for frame in frames),
        state.tree.calls > 0 or any(frame.closer == ")" for frame in frames),
        len(frames) > 1 and frames[-2].is_list,
    )


def _prefix_problem(state: State, raw: str) -> str | None:
    """Why an f"" or r"" literal cannot be used as it is; None if it can."""
    prefix, state.prefix = state.prefix, ""
    if "f" in prefix and "{" in raw:
        return "f-string"
    return "raw-string" if "r" in prefix and "\\" in raw else None


def _take_text(
    state: State, place: QuotedRole, value: str, raw: str, records: list[tuple[str, RepairClass]], problem: str | None
) -> int:
    """Use a text as a key or a value, with its notes."""
    tree = state.tree
    if place == "key":
        tree.frames[-1].key = value
    if records or problem:
        path = tree.here()
        for rule, kind in records:
            tree.repaired(rule, raw, value, kind, path)
        if problem:
            tree.doubted(problem, path=path)
    if place == "key":
        return COLON
    tree.put(value)
    return AFTER


def _key_and_scalar(state: State, raw: str) -> int:
    """Handle `"key: "value"` or `"key: 1, "next"`: the key's closing quote is missing."""
    tree = state.tree
    found = key_without_quote(raw)
    assert found is not None
    key, value = found
    tree.frames[-1].key = key
    tree.repaired("missing-quote", raw, key, "syntax", tree.here())
    if value is None:
        return VALUE
    read = scalar(value, state.digits)
    if read.problem is not None:
        tree.doubted(read.problem, read.detail, tree.here())
    tree.put(read.value)
    tree.frames[-1].comma = True
    return KEY


def _unterminated(state: State, place: QuotedRole, found: Quoted) -> int:
    """Handle a text that ended inside quotes: only the quote may be missing before the expected brackets, otherwise it
    was truncated.
    """
    tree = state.tree
    if place == "key":
        tree.leave_open(cut_off=True, where="key-cut")
        return END
    match = _CLOSERS_AT_END(found.raw[-400:])
    closers = match.group() if match is not None else ""
    body = found.raw[: len(found.raw) - len(closers)]
    due = "".join(frame.closer for frame in reversed(tree.frames))
    tidy = not found.pairing.count and not found.embedded and not any(mark in body for mark in "{}[]")
    tidy = tidy and not body.endswith('\\"')  # the quote that ended it, or one inside it
    if due and "".join(closers.split()) == due and tidy:
        value, _, problem, _ = unescape(without_other_quote(body))
        _take_text(state, place, value, body, [("missing-quote", "judgement")], problem)
        while tree.frames:
            tree.end()
        return AFTER
    tree.cut_here()
    tree.place(unescape(found.raw).text)
    tree.leave_open(cut_off=True)
    return END


def _text_block(state: State, place: QuotedRole, quote: str) -> ReadingSteps[int]:
    """Parse text between triple quotes: unchanged, or without the line breaks and indentation of a block."""
    found = yield from scan_block(state.source, quote, setting(state, place))
    body = found.raw
    kind: RepairClass = "judgement" if found.nested else "syntax"
    if quote == "`" and "\n" in body:
        body = "\n" + body.partition("\n")[2]  # the first line is the fence's info string
    if found.ended_text:
        tree = state.tree
        tree.cut_here()
        if place != "key":
            tree.place(body)
        tree.leave_open(cut_off=True)
        return END
    if "\n" in body and not body.partition("\n")[0].strip():
        body, kind = dedent_quoted(body), "judgement"
    value, escape, problem, rule = Unescaped(body) if quote == "`" else unescape(body)
    records: list[tuple[str, RepairClass]] = [("triple-quotes", kind)]
    if escape is not None:
        records.append((rule, escape))
    return _take_text(state, place, value, found.raw, records, problem)
