"""redundant-sentences: a text that says nothing twice."""

from __future__ import annotations

import re

from railguard import FailResult, validator
from railguard_validators._sentences import sentences
from railguard_validators._wording import shown

_NO_WORD = re.compile(r"[\W_]+")


@validator("redundant-sentences", prompt="no sentence twice")
def redundant_sentences(value: str) -> FailResult | None:
    """No sentence is the same as an earlier one, whatever their capitals, punctuation and spaces. Sentences that only
    mean the same are not found.

    The fix leaves the repeated ones out, with the white space before them.

    >>> redundant_sentences().run("It rains. It pours.")
    >>> redundant_sentences().run("It rains. So what? It rains!").message
    'The text must not repeat itself; "It rains!" stands there already.'
    >>> redundant_sentences().run("It rains. So what? It rains!").fix
    'It rains. So what?'
    """
    found = sentences(value)
    if len(found) < 2:
        return None
    seen: set[str] = set()
    kept, repeated, end = [], [], 0
    for start, stop in found:
        text = _NO_WORD.sub(" ", value[start:stop]).strip().casefold()
        if text and text in seen:
            repeated.append((start, stop))
        else:
            seen.add(text)
            kept.append(value[end:stop])
        end = stop
    if not repeated:
        return None
    start, stop = repeated[0]
    more = f", and {len(repeated) - 1:,} more do" if len(repeated) > 1 else ""
    message = f"The text must not repeat itself; {shown(value[start:stop])} stands there already{more}."
    fix = "".join(kept) + value[end:]
    return FailResult(message, fix=fix, spans=repeated[:20])
