"""country-code: a country as ISO 3166-1 codes it."""

from __future__ import annotations

from typing import Literal

from railguard import UNSET, FailResult, validator
from railguard_validators._formats.countries import COUNTRIES, countries
from railguard_validators._wording import shown

_FORMS = ("alpha-2", "alpha-3", "numeric")
_EXAMPLES = {"alpha-2": "CH", "alpha-3": "CHE", "numeric": "756"}
_NOUNS = {"alpha-2": "two-letter", "alpha-3": "three-letter", "numeric": "three-digit"}


class CountryCode:
    """The code of a country or territory in ISO 3166-1, in capitals. Codes that the standard reserves (UK, EU), leaves
    to its users (XK) or has withdrawn (AN, DDR) fail.

    The fix capitalizes small letters, removes white space around a code, and replaces another code of the same country
    by the required form. Names of countries have no fix.

    form: the kind of code: "alpha-2" (CH), "alpha-3" (CHE) or "numeric" (756, three digits as text).

    >>> country_code().run("CH")
    >>> country_code().run("UK").message
    '"UK" is not a two-letter country code of ISO 3166-1, such as CH.'
    >>> country_code("alpha-3").run("ch").fix
    'CHE'
    """

    __slots__ = ("_at", "_codes", "_what", "prompt")

    def __init__(self, form: Literal["alpha-2", "alpha-3", "numeric"] = "alpha-2") -> None:
        self._at = _FORMS.index(form)
        self._codes = frozenset(country[self._at] for country in COUNTRIES)
        self._what = f"a {_NOUNS[form]} country code of ISO 3166-1, such as {_EXAMPLES[form]}"
        self.prompt = self._what

    def __call__(self, value: str) -> FailResult | None:
        if value in self._codes:
            return None
        country = countries().get(value.strip().upper()) if len(value) < 100 else None
        fix = country[self._at] if country else UNSET
        return FailResult(f"{shown(value)} is not {self._what}.", fix=fix)


country_code = validator("country-code", subject="Formats")(CountryCode)
