"""Splits text into sentences by a simple rule, in linear time."""

from __future__ import annotations

import re

__all__ = ["sentences"]

_MARK, _WIDE_MARK = ".!?…؟۔।॥", "。！？｡"
# A mark, and what is behind the white space after it. It begins with one class, which `re` finds fast. The lookbehinds
# allow a run of marks to be entered only at its first one: "....x" would otherwise be tried from every dot.
_END = re.compile(
    rf"[{_MARK}{_WIDE_MARK}](?:(?<=[{_MARK}])(?<![{_MARK}].)[{_MARK}]*+[\"'”’)\]»]*+(?=\s|\Z)"
    rf"|(?<=[{_WIDE_MARK}])(?<![{_WIDE_MARK}].)[{_WIDE_MARK}]*+[\"”’」』）]*+)(?=\s*+(\S?))",
    re.DOTALL,
)
_LAST_WORD = re.compile(r"(?:^|(?<=[\s(\[\"“„«.-]))([^\W\d_]{1,5}|(?<![^\s])\d{1,2})\Z")
_TITLES = (
    "dr mr mrs ms mx prof rev hon gen col sgt capt lt st mt ft vs cf approx dept "
    "hr fr frl bzw ggf evtl vgl bspw inkl exkl zzgl dipl ing mme mlle sra srta ud uds"
)
_NUMBERED = "no nos fig figs vol eq ch sec art nr abb kap núm pág"
_GO_ON = frozenset(_TITLES.split())
_GO_ON_BEFORE_A_DIGIT = frozenset(_NUMBERED.split())
_ENDINGS = frozenset(word[-2:] for word in _GO_ON | _GO_ON_BEFORE_A_DIGIT)


def sentences(text: str) -> list[tuple[int, int]]:
    """Return (start, end) of each sentence, without the white space around it. A sentence ends after . ! ? or … (and
    closing quotes and brackets) if white space and then no small letter follows, so that "e.g. this" continues; after
    。！？ always. A single dot does not end a sentence after a title or an abbreviation that is always followed by
    something (Dr. Mr. Prof. bzw.; No. and Fig. before a digit), after one letter other than I ("J. Doe", "z. B."), or
    after the number of a list item at the start of its line. Text after the last end is also a sentence.

    >>> text = "One, e.g. this. Two? (Three.) Dr. J. Who is four"
    >>> [text[start:end] for start, end in sentences(text)]
    ['One, e.g. this.', 'Two?', '(Three.)', 'Dr. J. Who is four']
    """
    found = []
    start = len(text) - len(text.lstrip())
    for end in _END.finditer(text):
        following = end[1]
        if following.islower():
            continue
        if following and end[0] == "." and _goes_on(text, end.start(), start, following):
            continue
        found.append((start, end.end()))
        start = end.start(1)
    last = len(text.rstrip())
    if start < last:
        found.append((start, last))
    return found


def _goes_on(text: str, dot: int, start: int, following: str) -> bool:
    """Whether the single dot at `dot` belongs to the word before it."""
    before = text[max(start, dot - 7) : dot]
    ending = before[-2:]
    if len(ending) == 2 and ending.isalpha() and ending.casefold()[-2:] not in _ENDINGS:
        return False
    found = _LAST_WORD.search(before)
    if found is None:
        return False
    word = found[1].casefold()
    if word.isdecimal():
        line = text[max(0, dot - 12) : dot - len(word)]
        return not line.rpartition("\n")[2].strip() and (len(line) < 12 - len(word) or "\n" in line)
    if len(word) == 1:
        return word != "i"
    return word in _GO_ON or (word in _GO_ON_BEFORE_A_DIGIT and following.isdecimal())
