"""A text as a regular expression that matches it and nothing else, in every dialect that reads JSON Schemas."""

from __future__ import annotations

import re

__all__ = ["literal"]

_SYNTAX = re.compile(r"[\\^$.*+?()\[\]{}|]")  # ECMA-262's SyntaxCharacter: escaping anything else is an error there


def literal(text: str) -> str | None:
    """The pattern of a text; None for one with half of a surrogate pair, which no pattern can say.

    >>> print(literal("1.5 (a-b)"), literal("\\ud800"))
    1\\.5 \\(a-b\\) None
    """
    if any("\ud800" <= char <= "\udfff" for char in text):
        return None
    return _SYNTAX.sub(r"\\\g<0>", text)
