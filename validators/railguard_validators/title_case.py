"""title-case: a text whose words begin with capital letters."""

from __future__ import annotations

import re

from railguard import UNSET, FailResult, validator
from railguard_validators._wording import shown

_FIRST_LETTER = re.compile(r"(?<!\S)[^\w\s]*+([^\W\d_])")


@validator("title-case", subject="Texts", prompt="in title case (every word begins with a capital letter)")
def title_case(value: str) -> FailResult | None:
    """Every word begins with a capital letter, including short ones such as "of"; the other letters are free ("McCoy",
    "USA"). A word that begins with a digit, or in a script without capitals, passes.

    The fix capitalizes the first letters and changes nothing else.

    >>> title_case().run("The Origin Of Species, 2nd Edition")
    >>> title_case().run("The origin of Species").message
    'Every word must begin with a capital letter; "origin" does not.'
    >>> title_case().run("The origin of Species").fix
    'The Origin Of Species'
    """
    wrong = [found for found in _FIRST_LETTER.finditer(value) if found[1].title() != found[1]]
    if not wrong:
        return None
    at = wrong[0].start(1)
    word = value[at:].split(None, 1)[0]
    parts, end = [], 0
    for found in wrong:
        parts += [value[end : found.start(1)], found[1].title()]
        end = found.end(1)
    fix = "".join(parts) + value[end:]
    holds = all(found[1].title() == found[1] for found in _FIRST_LETTER.finditer(fix))
    message = f"Every word must begin with a capital letter; {shown(word)} does not."
    return FailResult(message, fix=fix if holds else UNSET, spans=[found.span(1) for found in wrong[:20]])
