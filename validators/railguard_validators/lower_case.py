"""lower-case: a text without capital letters."""

from __future__ import annotations

from railguard import FailResult, validator
from railguard_validators._text.character_classes import SMALL
from railguard_validators._text.runs import run_at
from railguard_validators._wording import shown


@validator(
    "lower-case",
    subject="Texts",
    aliases=("lowercase",),
    prompt="in lower case",
    by_sentence=True,
    narrowing={"pattern": f"^{SMALL}*$"},
)
def lower_case(value: str) -> FailResult | None:
    """All letters with a lower case form are lower case (Unicode's mapping). Text without letters passes.

    The fix is the text in lower case. The first other word is named and marked.

    >>> lower_case().run("railguard 2")
    >>> lower_case().run("a Rail").message
    'The text must be in lower case; "Rail" is not.'
    """
    lower = value.lower()
    if lower == value:
        return None
    at = next((i for i, char in enumerate(value) if char.lower() != char), 0)
    start, end = run_at(value, at)
    return FailResult(
        f"The text must be in lower case; {shown(value[start:end])} is not.", fix=lower, spans=[(start, end)]
    )
