"""What the words that lead to a piece of an answer say of it: that it corrects the one before, is none, or is one of several.

Only the sentence that leads to a piece is read, and of it at most 300 characters.
"""

from __future__ import annotations

import re

__all__ = ["corrects", "disowns", "offers_another"]

_CORRECTION = re.compile(
    r"\b(?:wait|actually|correct(?:ion|ed|ing)|sorry|apolog(?:y|ies|ize)|oops|mistake|instead|updated?|revised?|revision"
    r"|fix(?:ed)?|final(?:ly)?|improved|better version|scratch that)\b",
    re.IGNORECASE,
)
_DISOWNED = re.compile(
    r"\b(?:examples?|e\.g|for instance|input|not|never|don['’]t|doesn['’]t|confuse|wrong|incorrect|bad|invalid"
    r"|template|placeholder|format|schema|previous|original|before|draft|old|earlier|first (?:try|attempt|draft)"
    r"|instead of|rather than)\b|\b(?:of|than|from|replac(?:es|ing)|supersedes)\Z",
    re.IGNORECASE,
)
_ALTERNATIVE = re.compile(
    r"\b(?:if you|alternatively|alternative|another option|could also|can also|might also|otherwise|in case"
    r"|or(?! rather| better))\b",
    re.IGNORECASE,
)
_FENCE = re.compile(r"[`~]{3,}[ \t]*\w*\s*\Z")
_SENTENCE_END = re.compile(r"[.!?;]\s|\n")


def corrects(between: str) -> bool:
    """Whether the words between two pieces say that the second corrects the first."""
    return _CORRECTION.search(between[-600:]) is not None


def disowns(text: str, start: int) -> bool:
    """Whether the words before the piece at `start` say that it is not the answer: an example, the input, what is wrong.

    >>> text = 'For the input {"a": 1}: {"a": 2}'
    >>> disowns(text, 14), disowns(text, 24)
    (True, False)
    """
    return _DISOWNED.search(_lead(text, start)) is not None


def offers_another(text: str, start: int) -> bool:
    """Whether the words before the piece at `start` offer it as one choice of several."""
    return _ALTERNATIVE.search(_lead(text, start)) is not None


def _lead(text: str, start: int) -> str:
    before = text[max(0, start - 300) : start]
    behind = max(before.rfind(mark) for mark in "}]") + 1  # the piece before this one
    said = _FENCE.sub("", before[behind:])
    lead = said.rstrip(" \t\r\n:*_(>")
    sentences = _SENTENCE_END.split(lead)
    # A line that began with a piece is about that piece.
    return "" if behind and len(sentences) == 1 and "\n" in said[len(lead) :] else sentences[-1]
