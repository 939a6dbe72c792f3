"""Takes keys out of text that is about to be shown: known ones exactly, then what has the shape of one.

Linear in the text: every pattern starts at a literal and runs over one class of characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["quoted", "redact"]

_SHAPES = re.compile(
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
"""Characters of a provider's own message that an error quotes at most."""

_READ = 64 * 1024


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` with every one of `secrets`, and whatever looks like a key, a token or a URL's password, taken out."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "[REDACTED:key]")
    return _SHAPES.sub(lambda match: f"[REDACTED:{match.lastgroup}]", text)


def quoted(text: str, secrets: Iterable[str] = ()) -> str:
    """Somebody else's words, fit for one of our messages: redacted, on one line, at most 500 characters.

    Control characters go: a terminal would obey them.
    """
    known = [secret for secret in secrets if secret]
    line = " ".join("".join(c if c.isprintable() else " " for c in text[:_READ]).split())
    line = redact(line, known)
    if len(text) > _READ:
        # The cut may have gone through a secret, which is then no longer recognised.
        line = line[: -max(map(len, known), default=0) - 1]
    return line if len(line) <= QUOTE else line[: QUOTE - 1] + "…"
