"""Removes secrets from text that will be shown: known keys exactly, then anything that looks like a key.

The time is linear in the text: every pattern starts at a literal and runs over one class of characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from railguard.lazy import regex

__all__ = ["foreign_text", "redact"]

_SHAPES = regex(
    r"""
      (?P<key> \bsk-[\w*.-]{6,} | \b(?:AKIA|ASIA)[A-Z0-9]{12,} | \bAIza[\w-]{20,} | \bgh[pousr]_\w{16,}
             | \bxox[abprs]-[\w-]{8,} | \bhf_\w{16,} | \bgsk_\w{16,} )
    | (?P<jwt> \beyJ[\w-]{12,}(?:\.[\w-]*){0,2} )
    | (?P<credentials> (?<=Bearer\s)[\w.~+/=*-]{6,} | (?<=Basic\s)[\w+/=]{6,}
                    | (?<=://)[^\s/@:]{1,256}:[^\s/@]{1,256}(?=@) )
    """,
    re.VERBOSE,
)

QUOTE = 500
"""Largest number of characters of a provider's message that an error quotes."""

_READ = 64 * 1024


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Return `text` without any of `secrets`, and without anything that looks like a key, a token or a URL's password."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "[REDACTED:key]")
    return _SHAPES.sub(lambda match: f"[REDACTED:{match.lastgroup}]", text)


def foreign_text(text: str, secrets: Iterable[str] = ()) -> str:
    """Quote text from elsewhere for an error message: redacted, on one line, at most 500 characters.

    Control characters are removed, because a terminal would execute them.
    """
    known = [secret for secret in secrets if secret]
    line = " ".join("".join(c if c.isprintable() else " " for c in text[:_READ]).split())
    line = redact(line, known)
    if len(text) > _READ:
        # The cut may have gone through a secret, which would not be recognized any more.
        line = line[: -max(map(len, known), default=0) - 1]
    return line if len(line) <= QUOTE else line[: QUOTE - 1] + "…"
