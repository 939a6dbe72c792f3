"""currency-code: a currency as ISO 4217 codes it."""

from __future__ import annotations

from typing import Literal

from railguard import UNSET, FailResult, validator
from railguard_validators._formats.currencies import CURRENCIES, currencies
from railguard_validators._wording import shown

_FORMS = ("alphabetic", "numeric")
_NOUNS = {"alphabetic": "three-letter", "numeric": "three-digit"}
_EXAMPLES = {"alphabetic": "CHF", "numeric": "756"}


class CurrencyCode:
    """The code of a currency or fund that is in use by ISO 4217, in capitals. Precious metals (XAU), XXX for no
    currency and XTS for tests are in the standard; withdrawn currencies (DEM, HRK) and BTC are not.

    The fix capitalizes small letters, removes white space around a code, and replaces the other code of the same
    currency by the required form. Signs and names (€, Euro) have no fix.

    form: the kind of code: "alphabetic" (CHF) or "numeric" (756, three digits as text).

    >>> currency_code().run("CHF")
    >>> currency_code().run("DEM").message
    '"DEM" is not a three-letter currency code of ISO 4217, such as CHF.'
    >>> currency_code().run("chf").fix
    'CHF'
    """

    __slots__ = ("_at", "_codes", "_what", "prompt")

    def __init__(self, form: Literal["alphabetic", "numeric"] = "alphabetic") -> None:
        self._at = _FORMS.index(form)
        self._codes = frozenset(currency[self._at] for currency in CURRENCIES)
        self._what = f"a {_NOUNS[form]} currency code of ISO 4217, such as {_EXAMPLES[form]}"
        self.prompt = self._what

    def __call__(self, value: str) -> FailResult | None:
        if value in self._codes:
            return None
        currency = currencies().get(value.strip().upper()) if len(value) < 100 else None
        fix = currency[self._at] if currency else UNSET
        return FailResult(f"{shown(value)} is not {self._what}.", fix=fix)


currency_code = validator("currency-code", subject="Formats")(CurrencyCode)
