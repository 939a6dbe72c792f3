"""two-words: a text of exactly two words."""

from __future__ import annotations

from railguard import UNSET, FailResult, validator
from railguard_validators._text.character_classes import NO_SPACE
from railguard_validators._wording import counted


@validator(
    "two-words",
    subject="Texts",
    prompt="exactly two words",
    narrowing={"pattern": f"^{NO_SPACE}{{1,40}} {NO_SPACE}{{1,40}}$"},
)
def two_words(value: str) -> FailResult | None:
    """Exactly two words: runs of characters separated by white space, so "well-known fact" has two.

    The fix of more than two keeps the first two; fewer have no fix.

    >>> two_words().run("rail guard")
    >>> two_words().run("a rail guard").message
    'The text has 3 words; it must have exactly two.'
    >>> two_words().run("a rail guard").fix
    'a rail'
    """
    if len(value.split(None, 2)) == 2:
        return None
    words = value.split()
    fix = " ".join(words[:2]) if len(words) > 2 else UNSET
    return FailResult(f"The text has {counted(len(words), 'word')}; it must have exactly two.", fix=fix)
