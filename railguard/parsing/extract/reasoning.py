"""The tags of reasoning models. Their content is not the answer."""

from __future__ import annotations

import re
from typing import Final

from railguard.lazy import regex

__all__ = ["CLOSE_TAG", "OPEN_TAG", "REASONING_TAGS", "TAG_PATTERN", "behind_reasoning"]

REASONING_TAGS: Final = (
    "think",
    "thinking",
    "thought",
    "thoughts",
    "reasoning",
    "reflection",
    "scratchpad",
    "analysis",
    "chain_of_thought",
)
"""All such tags. Everything that reads or watches a model's text uses this list."""

_NAMES = "|".join(REASONING_TAGS)
TAG_PATTERN: Final = rf"<(?:{_NAMES})(?:\s[^<>]{{0,200}})?>"
"""The pattern of an opening tag, to be matched case-insensitively."""
OPEN_TAG: Final = regex(TAG_PATTERN, re.IGNORECASE)
CLOSE_TAG: Final = regex(rf"</(?:{_NAMES})\s*>", re.IGNORECASE)


def behind_reasoning(text: str) -> int:
    """Return the offset after reasoning that is closed but was never opened, as some models' templates produce it;
    otherwise 0.
    """
    close = CLOSE_TAG.search(text)
    if close is None or not text[close.end() :].strip():
        return 0
    if text.lstrip("\ufeff \t\r\n")[:1] in ("{", "["):
        return 0
    return close.end() if OPEN_TAG.search(text, 0, close.start()) is None else 0
