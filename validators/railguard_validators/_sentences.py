"""Where sentences end: a rule simple enough to be said in one line, and linear in the text."""

from __future__ import annotations

import re

__all__ = ["sentences"]

# The lookbehinds let a run of marks be entered at its first one only: "....x" would else be tried from every dot.
_END = re.compile(r"(?<![.!?…])[.!?…]++[\"'”’)\]»]*+(?=\s|\Z)|(?<![。！？])[。！？]++[\"”’」』）]*+")
_NEXT = re.compile(r"\s*+(\S?)")


def sentences(text: str) -> list[tuple[int, int]]:
    """(start, end) of each sentence, without the white space around it. A sentence ends after . ! ? or … (and closing
    quotes and brackets) where white space follows and then no small letter, so that "e.g. this" goes on; after 。！？
    always. What stands behind the last end is a sentence too.

    >>> text = "One, e.g. this. Two? (Three.) four"
    >>> [text[start:end] for start, end in sentences(text)]
    ['One, e.g. this.', 'Two?', '(Three.) four']
    """
    found = []
    start = len(text) - len(text.lstrip())
    for end in _END.finditer(text):
        following = _NEXT.match(text, end.end())
        if following is None or following[1].islower():
            continue
        found.append((start, end.end()))
        start = following.start(1)
    last = len(text.rstrip())
    if start < last:
        found.append((start, last))
    return found
