"""Recognizes placeholders for data: words that a part was omitted, and code that would compute the value.

At most the first 1,000 characters of each are examined. Nothing is executed or filled in: a placeholder is a doubt.
"""

from __future__ import annotations

import re

__all__ = ["is_code", "is_expression", "is_placeholder"]

_LEFT_OUT = re.compile(
    r"(?://++|#++|/\*++) ?[(\[<]? ?(?:\.\.|…"
    r"|(?:and\s+)?(?:so\s+on|so\s+forth|more|etc|others)\b\s*[.)*/]*\Z"
    r"|(?:(?:and|the|all|add|other|with|insert|include|list|\d+)\s+)*"
    r"(?:rest|remaining|other|more|additional|further|similar|subsequent)\s+(?:of\b|(?:[\w-]+\s+){0,3}"
    r"(?:items?|entries|entry|rows?|records?|objects?|elements?|fields?|keys?|properties|lines?|values?|results?|data|here)\b)"
    r"|[^.]{0,60}\b(?:omitted|truncated|abbreviated|abridged|elided)\b"
    r"|(?:continues?|repeat(?:s|ed)?)\s+(?:with|for|in|as|similarly|like|the)\b"
    r"|[^\n]{1,200}(?:\.\.\.|…)\s*[)\]*/]*\Z)",
    re.IGNORECASE,
).match

_CODE = re.compile(
    r"[\w.][(\[]\s*[\"'`]|[\"']\s*(?:(?:or|and|if|else)\b|[+|*%&?])|(?:\b(?:or|and|else)|[+|*%&?])\s*[\"'`]"
).search
_EXPRESSION = re.compile(r"[^\"]*[^\s\"0-9]\"(?:\s*(?:(?:or|and|if|else)\b|[|*+%&?<>(]|[-–—]\s)|\.\w+\()").match


def is_placeholder(comment: str) -> bool:
    """Whether a comment says that a part was omitted.

    >>> [is_placeholder(one) for one in ("// ... 5 more", "# remaining items", "/* the rest of it */", "// in EUR")]
    [True, True, True, False]
    """
    return _LEFT_OUT(" ".join(comment[:400].split())) is not None


def is_code(text: str) -> bool:
    """Whether an unquoted text with quotes in it is code: a call, a subscript, or an expression of texts.

    >>> is_code('env["HOME"]'), is_code('None or "x"'), is_code('the "best" one')
    (True, True, False)
    """
    return _CODE(text[:1000]) is not None


def is_expression(raw: str) -> bool:
    """Whether a text in double quotes is really an expression: `x" if y else "z`, `x".upper()`, or a text followed by
    words: `x" (the name)`.

    >>> is_expression('x" or "y'), is_expression('the 27" or 32" model')
    (True, False)
    """
    return _EXPRESSION(raw[:1000]) is not None
