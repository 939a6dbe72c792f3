"""Scans a quoted string to its end. The result is raw: escapes are kept, and so are unescaped quotes.

quoted = quote { character | "\\" character | quote that no structure follows } quote
block  = quote quote quote { character } quote quote quote
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from railguard.lazy import regex
from railguard.parsing.json.quotes import CLOSERS, Pairing, Setting, closes, key_follows
from railguard.parsing.json.text_source import WINDOW, ReadingSteps, TextSource, space

__all__ = [
    "Quoted",
    "TripleQuoted",
    "key_without_quote",
    "scan_block",
    "scan_quoted",
    "without_break",
    "without_other_quote",
]

_RUNS = {opening: re.compile(rf"[^\\{re.escape(closing)}]*").match for opening, closing in CLOSERS.items()}
_EMBEDDED_RUNS = {
    opening: re.compile(rf"[^\\{re.escape(closing)}{{}}\[\]]*").match for opening, closing in CLOSERS.items()
}
_RUN_OF = {quote: re.compile(re.escape(quote) + "+").match for quote in {*CLOSERS, *"".join(CLOSERS.values())}}
_KEY_THEN_QUOTE = regex(r"([^\W\d][\w -]{0,60}):\s*")
_KEY_THEN_SCALAR = regex(r"([^\W\d][\w -]{0,60}):\s*(-?[0-9][0-9.]{0,30}|true|false|null)\s*,\s*")
_BREAK = regex(r"\s*[,;]\s*\Z|[ \t]*\n\s*\Z")
_TAIL = 60


class Quoted(NamedTuple):
    """raw: the text between the quotes. ended: by its quote; by the end of the text; before the next key, with a
    missing quote; by the colon after a key, with a missing quote. closing: the quote that ended it. pairing: quotes
    inside. near_structure: one of them is next to a bracket, comma or colon. embedded: there is unescaped JSON inside.
    """

    raw: str
    ended: Literal["quote", "text", "next-key", "colon"]
    closing: str
    pairing: Pairing
    near_structure: bool
    embedded: bool


def scan_quoted(source: TextSource, quote: str, setting: Setting) -> ReadingSteps[Quoted]:
    """Scan a text whose opening `quote` was read."""
    run = _RUNS[quote]
    place = setting.place
    parts: list[str] = []
    kept = ""  # the last characters in `parts`
    pairing = Pairing(quote)
    near_structure = had_embedded = False
    depth = 0  # open brackets of unescaped JSON in the text
    start = at = source.at

    def result(end: int, ended: Literal["quote", "text", "next-key", "colon"], closing: str = "") -> Quoted:
        parts.append(source.text[start:end])
        return Quoted("".join(parts), ended, closing, pairing, near_structure, had_embedded)

    while True:
        source.steps += 1
        text = source.text
        end = run(text, at).end()  # type: ignore[union-attr]  # it matches the empty text
        wait = end == len(text)
        if wait:
            if source.final:
                source.at = end
                return result(end, "text")
        elif text[end] == "\\":
            wait = end + 1 == len(text) and not source.final
            if not wait:
                at = min(end + 2, len(text))
                continue
        elif depth:
            if text[end] in "{[":
                depth += 1
            elif text[end] in "}]":
                depth -= 1
                if not depth:
                    run = _RUNS[quote]
            at = end + 1
            continue
        elif (skip := _run_of_quotes(text, end)) > 0:
            near_structure = True
            pairing.pass_over(skip)
            at = end + skip
            continue
        else:
            behind = text[end + 1 : end + 2]
            if (place == "item" and behind == quote != "`") or (behind.isalnum() and place != "root"):
                closed: bool | None = False  # a fast version of `closes`
            else:
                closed = closes(text, end + 1, setting, not pairing.count, source.final)
            if closed:
                source.at = end + 1
                return result(end, "quote", text[end])
            wait = closed is None
            if not wait:
                tail = text[max(start, end - _TAIL) : end]
                if end - start < _TAIL and kept:
                    tail = (kept + tail)[-_TAIL:]
                stripped = tail.rstrip()
                last = stripped[-1:]
                if place == "member" and tail and (last in ",;" or "\n" in tail[len(stripped) :]):
                    missing = key_follows(text, end, source.final or len(text) - end >= WINDOW)
                    if missing:
                        source.at = end
                        return result(end, "next-key")
                    wait = missing is None
            if not wait:
                if place == "key" and last and last in ":," and len(parts) <= 100 and not pairing.count:
                    body = "".join(parts) + text[start:end]
                    if key_without_quote(body) is not None:
                        source.at = end
                        return result(end, "colon")
                if last and last in "{[" and not pairing.count and place != "key" and not had_embedded:
                    body = "".join(parts) + text[start:end]
                    parts, start, kept = [body], end, body[-_TAIL:]
                    depth = max(1, body.count("{") + body.count("[") - body.count("}") - body.count("]"))
                    had_embedded = True
                    run = _EMBEDDED_RUNS[quote]
                else:
                    follows = text[space(text, end + 1)]  # there is one: else `closes` would have waited
                    beside = last in CLOSERS or ((follows in CLOSERS or follows == "+") and follows != behind)
                    near_structure = near_structure or beside or (last != "" and last in ",:{[")
                    pairing.add(tail[-1:], behind)
                at = end + 1
                continue
        # more text is needed: keep what was read
        if end > start:
            parts.append(text[start:end])
            kept = (kept + parts[-1][-_TAIL:])[-_TAIL:]
        source.at = end
        yield
        start = at = source.at


def _run_of_quotes(text: str, at: int) -> int:
    """Return how many quotes at `at`, an even number, may be skipped: inside a long run each has the same meaning as
    the two before it, and no decision about them examines text after the run.
    """
    quote = text[at]
    if text[at - 2 : at] != quote * 2 or text[at + 1 : at + 2] != quote:
        return 0
    end = _RUN_OF[quote](text, at).end()  # type: ignore[union-attr]  # it matches at least the quote
    return max(0, end - at - 2 * WINDOW) // 2 * 2


def key_without_quote(body: str) -> tuple[str, str | None] | None:
    """Return the key in `key: ` or `key: 1, ` without a closing quote, and the scalar after it."""
    match = _KEY_THEN_QUOTE.fullmatch(body)
    if match is not None:
        return match[1], None
    match = _KEY_THEN_SCALAR.fullmatch(body)
    return (match[1], match[2]) if match is not None else None


def without_break(raw: str) -> tuple[str, bool]:
    """Return a text that ended before the next key, without the comma or line break at its end, and whether it was a
    comma.
    """
    match = _BREAK.search(raw[-_TAIL:])
    tail = match.group() if match is not None else ""
    return raw[: len(raw) - len(tail)], "," in tail or ";" in tail


def without_other_quote(raw: str) -> str:
    """Return a text whose own quote is missing, without the curly quote at its end."""
    return raw[:-1] if raw[-1:] in ("”", "’", "»") and not any(mark in raw[:-1] for mark in "“”„‘«»") else raw


def may_have_ended(raw: str) -> bool:
    """Whether a text whose own quote is missing ends with another mark that may be meant as it: `"a', "b": 1` or
    `"a\\", "b": 1`."""
    return any(raw.endswith(mark) and raw.count(mark) % 2 for mark in "\"'`")


class TripleQuoted(NamedTuple):
    """raw: the text between triple quotes. nested: whether there are triple quotes in it. ended_text: no end was found."""

    raw: str
    nested: bool
    ended_text: bool


def scan_block(source: TextSource, quote: str, setting: Setting) -> ReadingSteps[TripleQuoted]:
    """Scan a text whose three opening quotes were read."""
    fence = quote * 3
    parts: list[str] = []
    nested = False
    skip = 0
    while True:
        source.steps += 1
        text, at = source.text, source.at
        end = text.find(fence, at + skip)
        if end < 0:
            keep = len(text) if source.final else max(at + skip, len(text) - 2)
            parts.append(text[at:keep])
            source.at = keep
            skip = 0
            if source.final:
                return TripleQuoted("".join(parts), nested, True)
            yield
            continue
        if end + 4 > len(text) and not source.final:
            verdict: bool | None = None
        elif text[end + 3 : end + 4] == quote:
            skip = end + 1 - at  # of four quotes the first belongs to the text
            continue
        else:
            verdict = closes(text, end + 3, setting, not nested, source.final)
        if verdict:
            parts.append(text[at:end])
            source.at = end + 3
            return TripleQuoted("".join(parts), nested, False)
        if verdict is None:
            parts.append(text[at:end])
            source.at = end
            skip = 0
            yield
            continue
        nested = True
        skip = end + 3 - at
