"""credit-card: a payment card number."""

from __future__ import annotations

import re

from railguard import UNSET, FailResult, validator
from railguard_validators._numbers.check_digits import luhn
from railguard_validators._wording import counted

_NUMBER = re.compile(r"[0-9]{12,19}")


@validator("credit-card", subject="Formats", prompt="a card number, digits only")
def credit_card(value: str) -> FailResult | None:
    """A card number (ISO/IEC 7812): 12 to 19 digits, the last of which is the check digit (Luhn). It does not begin
    with 0 (no card does) and is not one repeated digit. Whether the card exists is not checked.

    The fix removes spaces and hyphens. Messages do not repeat the number.

    >>> credit_card().run("4111111111111111")
    >>> credit_card().run("4111111111111112").message
    'The last digit of the card number does not fit the others; copy it again, digit by digit.'
    >>> credit_card().run("4111 1111 1111 1111").fix
    '4111111111111111'
    """
    flaw = _flaw(value)
    if flaw is None:
        return None
    bare = value.replace(" ", "").replace("-", "").strip() if len(value) < 100 else value
    return FailResult(flaw, fix=bare if bare != value and _flaw(bare) is None else UNSET)


def _flaw(text: str) -> str | None:
    if not _NUMBER.fullmatch(text):
        if text.isascii() and text.isdigit():
            return f"The card number has {counted(len(text), 'digit')}; it must have 12 to 19."
        return "The card number must be digits only."
    if text[0] == "0" or len(set(text)) == 1:
        return "This is a placeholder, not a card number; write the real card number."
    if not luhn(text):
        return "The last digit of the card number does not fit the others; copy it again, digit by digit."
    return None
