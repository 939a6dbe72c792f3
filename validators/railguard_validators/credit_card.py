"""credit-card: a payment card number."""

from __future__ import annotations

import re

from railguard import UNSET, FailResult, validator
from railguard_validators._wording import counted

_NUMBER = re.compile(r"[0-9]{12,19}")


@validator("credit-card", prompt="a card number, digits only")
def credit_card(value: str) -> FailResult | None:
    """A card number (ISO/IEC 7812): 12 to 19 digits, of which the last is the check digit (Luhn). Whether the card
    exists is not asked.

    The fix takes spaces and hyphens out. Messages do not repeat the number.

    >>> credit_card().run("4111111111111111")
    >>> credit_card().run("4111111111111112").message
    'The last digit of the card number does not fit the others.'
    >>> credit_card().run("4111 1111 1111 1111").fix
    '4111111111111111'
    """
    flaw = _flaw(value)
    if flaw is None:
        return None
    bare = value.replace(" ", "").replace("-", "").strip() if len(value) < 100 else value
    return FailResult(flaw, fix=bare if bare != value and _flaw(bare) is None else UNSET)


_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def _flaw(text: str) -> str | None:
    if not _NUMBER.fullmatch(text):
        if text.isascii() and text.isdigit():
            return f"The card number has {counted(len(text), 'digit')}; it must have 12 to 19."
        return "The card number must be digits only."
    digits = [int(char) for char in reversed(text)]
    if (sum(digits[::2]) + sum(_DOUBLED[digit] for digit in digits[1::2])) % 10:
        return "The last digit of the card number does not fit the others."
    return None
