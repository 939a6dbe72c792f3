"""quotes-price: a text that contains no price."""

from __future__ import annotations

import re

from railguard import FailResult, validator
from railguard_validators._formats.currencies import currencies as known
from railguard_validators._text.candidates import Rare
from railguard_validators._wording import listed

_SIGNS = {
    "$": "USD", "US$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY CNY", "￥": "JPY CNY", "A$": "AUD", "AU$": "AUD",
    "C$": "CAD", "CA$": "CAD", "NZ$": "NZD", "HK$": "HKD", "S$": "SGD", "NT$": "TWD", "R$": "BRL", "MX$": "MXN",
    "₹": "INR", "Rs": "INR", "Rs.": "INR", "₽": "RUB", "₩": "KRW", "₪": "ILS", "₺": "TRY", "zł": "PLN", "Kč": "CZK",
    "Fr.": "CHF", "SFr.": "CHF", "kr": "SEK NOK DKK ISK", "kr.": "SEK NOK DKK ISK", "₫": "VND", "₴": "UAH", "₦": "NGN",
    "₱": "PHP", "฿": "THB", "₸": "KZT", "Ft": "HUF", "RMB": "CNY", "¢": "USD",
}  # fmt: skip
_NAMES = {
    "dollars?": "USD", "bucks?": "USD", "euros?": "EUR", "pounds? sterling": "GBP", "quid": "GBP", "yen": "JPY",
    "yuan": "CNY", "renminbi": "CNY", "rupees?": "INR", "rupien": "INR", "rou?bles?": "RUB", "rubel": "RUB",
    "(?:swiss )?francs?": "CHF", "franken": "CHF", "pesos?": "MXN ARS CLP COP PHP", "kron(?:a|or|er|en|e)": "SEK NOK DKK",
    "zlotys?": "PLN", "lir[ae]s?": "TRY", "shekels?": "ILS", "forints?": "HUF", "reais": "BRL", "cents?": "USD EUR",
    "dólares": "USD", "dollari": "USD", "livres sterling": "GBP",
}  # fmt: skip
_WORDS_TOO = frozenset(
    ("ALL", "TOP", "TRY", "CUP", "PEN", "MOP", "SOS", "GEL", "MAD", "BAM", "COP", "XXX", "AMD", "LAK")
)
_AMOUNT = (
    r"(?:\d{1,3}(?:[.,'’\u00a0\u202f ]\d{3}){1,6}(?:[.,]\d{1,2})?|\d{1,15}(?:[.,]\d{1,4})?|\.\d{1,2})"
    r"(?!\d)(?:[.,]?[-–—]{1,2}(?!\w))?"
)
_SCALE = (
    r"(?:\s?(?:k|m|bn?|mn|mio\.?|mrd\.?|"
    r"million(?:s|en|es)?|billion(?:s|en)?|milliarden?|millones|milioni|thousand|tausend|mille))?"
)
_SPELLED = (
    r"(?:(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|seventy|"
    r"eighty|ninety|a|hundred|thousand|million|zwei|drei|vier|fünf|zehn|zwanzig|hundert|tausend|deux|trois|cinq|dix|vingt|cent|"
    r"mille|dos|tres|cinco|diez|veinte|cien|mil)[ -]){1,4}"
)


def _either(names: list[str]) -> str:
    return "|".join(map(re.escape, sorted(names, key=len, reverse=True)))


_CODES = [code for code in known() if code.isalpha()]
_SIGN = _either(list(_SIGNS))
_NAME = "|".join(sorted(_NAMES, key=len, reverse=True))
_PRICE = Rare(
    rf"(?<![\w$€£¥.])(?:(?P<before>{_SIGN}|(?:{'|'.join(_CODES)})(?=[\s\d]))\s?{_AMOUNT}(?i:{_SCALE})(?!\w)"
    rf"|(?:{_AMOUNT}(?i:{_SCALE})|(?i:{_SPELLED}))[\s-]?(?:(?P<after>{_SIGN}|{'|'.join(_CODES)})|(?P<name>(?i:{_NAME})))(?!\w))"
)


class QuotesPrice:
    """Contains no price: an amount of money with the sign, code or name of its currency ("$19.99", "EUR 20", "20 €",
    "5k USD", "twenty dollars"). Numbers without a currency are not prices. There is no fix.

    The name comes from guardrails-ai, where the validator also fails a text with a price. There the currency comes from
    the metadata and is USD by default; here all currencies count unless `currencies` names some.

    currencies: codes of ISO 4217, such as ["USD", "EUR"]; prices in others pass. "$" and "dollars" alone are USD.
        Without it, codes that are English words too (ALL, TOP, TRY …) do not count as currencies.

    >>> quotes_price().run("It has 3 rooms and costs less than you think.")
    >>> quotes_price().run("From $19.99 a month, or 200 euros a year.").message
    'The text must quote no price; it has "$19.99", "200 euros". Leave it out.'
    >>> quotes_price(["JPY"]).run("The price is $131.45.")
    """

    __slots__ = ("_wanted", "prompt")

    def __init__(self, currencies: list[str] | None = None) -> None:
        if currencies is not None and not currencies:
            raise ValueError("currencies is empty; name at least one, or leave it out")
        wanted = [code.strip().upper() for code in currencies or ()]
        if strange := [code for code in wanted if not code.isalpha() or code not in known()]:
            raise ValueError(f"{listed(strange)} is no code of ISO 4217; write it as USD")
        self._wanted = frozenset(wanted) or None
        self.prompt = "without prices" + (f" in {', '.join(wanted)}" if wanted else "")

    def __call__(self, value: str) -> FailResult | None:
        spans = [match.span() for match in _PRICE.finditer(value) if self._counts(match)]
        if not spans:
            return None
        said = listed(dict.fromkeys(value[start:end] for start, end in spans), 10)
        return FailResult(f"The text must quote no price; it has {said}. Leave it out.", spans=spans)

    def _counts(self, match: re.Match[str]) -> bool:
        sign = match["before"] or match["after"]
        if sign is None:
            codes = next(codes for name, codes in _NAMES.items() if re.fullmatch(name, match["name"], re.IGNORECASE))
        else:
            codes = _SIGNS.get(sign, sign)
        if self._wanted is None:
            return codes not in _WORDS_TOO
        return not self._wanted.isdisjoint(codes.split())


quotes_price = validator("quotes-price", subject="Texts")(QuotesPrice)
