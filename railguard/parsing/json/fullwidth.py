"""Replaces full-width punctuation (`｛"a"：1，"b"：2｝`) by JSON's own, and invisible characters by spaces.

One character replaces one, so offsets do not change. Strings are not changed. Punctuation outside of strings is
replaced only where JSON's own could be: between brackets, quotes and words.
"""

from __future__ import annotations

import re

from railguard.lazy import regex

__all__ = ["has_other_marks", "narrowed"]

_NARROW = {"｛": "{", "｝": "}", "［": "[", "］": "]", "：": ":", "，": ",", "、": ",", "；": ","}
_UNSEEN = "\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
_HAS_MARK = regex(rf"[{''.join(_NARROW)}{_UNSEEN}]")
_FIRST = regex(r"[{\[｛［]")
_TOKEN = regex(
    r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|“[^”]*(?:”|\Z)|「[^」]*(?:」|\Z)' rf"|[{''.join(_NARROW)}]|[{_UNSEEN}]+",
    re.DOTALL,
)
_BEHIND = frozenset("\"”」'’}｝]］)")  # may be before ":", "," or a closing bracket, besides ASCII letters
_BEFORE = frozenset("\"“「'‘{｛[［}｝]］_+.-")  # characters that may follow a mark, and ASCII letters
_BESIDE = '{}[]｛｝［］:：,，"“”「」 \t\r\n'
_SPACE = " \t\r\n"
_NEAR = 40  # the characters that are examined on both sides


def has_other_marks(text: str) -> bool:
    """Whether a text has full-width punctuation of JSON, or invisible characters."""
    return not text.isascii() and _HAS_MARK.search(text) is not None


def narrowed(text: str) -> str:
    """Return the text with JSON's own punctuation.

    >>> narrowed('答案：｛"a"：1，"b"："x，y"｝')
    '答案：{"a":1,"b":"x，y"}'
    """
    first = _FIRST.search(text) if has_other_marks(text) else None
    if first is None:
        return text
    rest = text[first.start() :]

    def replace(match: re.Match[str]) -> str:
        token = match.group()
        start, end = match.span()
        if token[0] in '"“「':
            return token
        if token[0] not in _NARROW:
            is_beside = rest[start - 1] in _BESIDE or rest[end : end + 1] in _BESIDE
            return " " * len(token) if is_beside else token
        before = rest[max(0, start - _NEAR) : start].rstrip(_SPACE)[-1:]
        behind = rest[end : end + _NEAR].lstrip(_SPACE)[:1]
        fits = token in "｛［" or before in _BEHIND or (before.isascii() and before.isalnum())
        fits = fits and (token in "｝］" or not behind or behind in _BEFORE or (behind.isascii() and behind.isalnum()))
        return _NARROW[token] if fits else token

    return text[: first.start()] + _TOKEN.sub(replace, rest)
