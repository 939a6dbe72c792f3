"""A regular expression that matches exactly one text, in every dialect used for JSON Schemas."""

from __future__ import annotations

import re

__all__ = ["literal"]

_SYNTAX = re.compile(r"[\\^$.*+?()\[\]{}|]")  # ECMA-262's SyntaxCharacter: escaping anything else is an error there


def literal(text: str) -> str | None:
    """Return the pattern of a text; None if it has half of a surrogate pair, which no pattern can express.

    >>> print(literal("1.5 (a-b)"), literal("\\ud800"))
    1\\.5 \\(a-b\\) None
    """
    if any("\ud800" <= char <= "\udfff" for char in text):
        return None
    return _SYNTAX.sub(r"\\\g<0>", text)
