"""upper-case: a text without small letters."""

from __future__ import annotations

from railguard import FailResult, validator
from railguard_validators._text.character_classes import CAPITALS
from railguard_validators._text.runs import run_at
from railguard_validators._wording import shown


@validator(
    "upper-case",
    subject="Texts",
    aliases=("uppercase",),
    prompt="in upper case",
    by_sentence=True,
    narrowing={"pattern": f"^{CAPITALS}*$"},
)
def upper_case(value: str) -> FailResult | None:
    """All letters with an upper case form are upper case (Unicode's mapping). Text without letters passes.

    The fix is the text in upper case; it can be longer, since ß becomes SS. The first other word is named and marked.

    >>> upper_case().run("RAILGUARD 2")
    >>> upper_case().run("A rail").message
    'The text must be in upper case; "rail" is not.'
    """
    upper = value.upper()
    if upper == value:
        return None
    at = next((i for i, char in enumerate(value) if char.upper() != char), 0)
    start, end = run_at(value, at)
    return FailResult(
        f"The text must be in upper case; {shown(value[start:end])} is not.", fix=upper, spans=[(start, end)]
    )
