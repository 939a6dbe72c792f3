"""phone: a telephone number in international form."""

from __future__ import annotations

import re

from railguard import UNSET, FailResult, validator
from railguard_validators._wording import counted

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_SEPARATORS = re.compile(r"[ \t().\-/\u2010-\u2015\u00a0\u2007\u202f]+")
_TWO_NUMBERS = re.compile(r"[ \t]/[ \t]|//")
_TRUNK_ZERO = re.compile(r"\+(?!39[^0-9]|378|379)[0-9]{1,3}[^0-9]{1,3}0")  # Italy's numbers begin with it


@validator("phone", subject="Formats", prompt="a phone number in international form as +14155550123")
def phone(value: str) -> FailResult | None:
    """A number in the international form of ITU-T E.164: a plus sign, the country code and the number, 7 to 15 digits,
    without separators. Whether the number is assigned is not checked.

    The fix removes spaces, hyphens, dots, slashes and brackets. A number without a country code has no fix; neither
    has "+44 (0)20" or "+44 020", where the zero must not be dialled, nor two numbers with a slash between them.

    >>> phone().run("+14155550123")
    >>> phone().run("415 555 0123").message
    'The phone number must begin with + and the country code.'
    >>> phone().run("+1 (415) 555-0123").fix
    '+14155550123'
    """
    if _NUMBER.fullmatch(value):
        return None
    if not value.lstrip().startswith("+"):
        return FailResult("The phone number must begin with + and the country code.")
    bare = _SEPARATORS.sub("", value.strip())
    if not bare[1:].isascii() or not bare[1:].isdigit():
        return FailResult("The phone number must have digits only after the +, and nothing else.")
    if "(0)" in value:
        return FailResult("The phone number must not have the (0) that is dialled within the country only.")
    if _TWO_NUMBERS.search(value):
        return FailResult("The phone number must be one number; a slash stands between two.")
    if _TRUNK_ZERO.match(value.lstrip()):
        return FailResult("The phone number must not have the 0 that is dialled within the country only.")
    if _NUMBER.fullmatch(bare):
        return FailResult("The phone number must have nothing between its digits.", fix=bare)
    if bare.startswith("+0"):
        return FailResult("No country code begins with 0.", fix=UNSET)
    return FailResult(f"The phone number has {counted(len(bare) - 1, 'digit')}; it must have 7 to 15.")
