"""Reads numbers as people write them: with separators, currency signs, percent signs and units that the schema names.

A text must have one meaning: if it may mean two numbers (`1.234 €`, `45%` where no percent is named, `3k`), it is
refused.
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from railguard.lazy import regex
from railguard.values import RepairClass
from railguard.values.limits import MOST_DIGITS

__all__ = ["Number", "number_in"]

_LONGEST = 400
_DIGIT = regex(r"[0-9]")
_SPACES = "\u00a0\u202f\u2009\u2007 "
_JSON = regex(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_LEADING_ZERO = regex(r"[+-]?0[0-9]")
# Where digits are grouped, the first group does not begin with a zero: `0,123` is a decimal.
_COMMAS = regex(r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_INDIAN = regex(r"[+-]?[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}(?:\.[0-9]+)?")
_OTHERS = regex(rf"[+-]?[1-9][0-9]{{0,2}}(?:([{_SPACES}'’_])[0-9]{{3}})(?:\1[0-9]{{3}})*(?:\.[0-9]+)?")
_SPACED_COMMA = regex(rf"[+-]?[1-9][0-9]{{0,2}}(?:([{_SPACES}'’])[0-9]{{3}})(?:\1[0-9]{{3}})*,[0-9]+")
_DOTS = regex(r"[+-]?[1-9][0-9]{0,2}(?:\.[0-9]{3}){2,}")
_DOTS_COMMA = regex(r"[+-]?[1-9][0-9]{0,2}(?:\.[0-9]{3})+,[0-9]+")
_COMMA = regex(r"[+-]?[0-9]+,[0-9]{1,2}|[+-]?[0-9]+,[0-9]{4,}|[+-]?0,[0-9]+")
_CURRENCY = {
    "$": ("usd", "dollar", "dollars"),
    "us$": ("usd", "dollar", "dollars"),
    "usd": ("usd", "$", "dollar", "dollars"),
    "€": ("eur", "euro", "euros"),
    "eur": ("eur", "€", "euro", "euros"),
    "euro": ("eur", "€", "euro", "euros"),
    "euros": ("eur", "€", "euro", "euros"),
    "£": ("gbp", "pound", "pounds", "sterling"),
    "gbp": ("gbp", "£", "pound", "pounds", "sterling"),
    "¥": ("jpy", "cny", "yen", "yuan", "rmb"),
    "jpy": ("jpy", "¥", "yen"),
    "cny": ("cny", "¥", "yuan", "rmb"),
    "₹": ("inr", "rupee", "rupees"),
    "inr": ("inr", "₹", "rupee", "rupees"),
    "chf": ("chf", "franc", "francs"),
    "cad": ("cad",),
    "aud": ("aud",),
    "sek": ("sek",),
    "nok": ("nok",),
    "dkk": ("dkk",),
    "pln": ("pln", "zł"),
    "dollars": ("usd", "$", "dollar"),
}
_ALL_CURRENCY = frozenset(_CURRENCY) | {name for names in _CURRENCY.values() for name in names}
_UNITS: tuple[frozenset[str], ...] = tuple(
    frozenset(group.split())
    for group in (
        "kg kilogram kilograms kilo kilos kgs",
        "g gram grams",
        "mg milligram milligrams",
        "t ton tons tonne tonnes",
        "lb lbs pound pounds",
        "oz ounce ounces",
        "m meter meters metre metres",
        "km kilometer kilometers kilometre kilometres",
        "cm centimeter centimeters centimetre centimetres",
        "mm millimeter millimeters millimetre millimetres",
        "mi mile miles",
        "ft foot feet",
        "in inch inches",
        "l liter liters litre litres",
        "ml milliliter milliliters millilitre millilitres",
        "s sec secs second seconds",
        "ms millisecond milliseconds",
        "min mins minute minutes",
        "h hr hrs hour hours",
        "d day days",
        "week weeks wk",
        "month months",
        "y yr yrs year years",
        "°c celsius",
        "°f fahrenheit",
        "k kelvin",
        "w watt watts",
        "kw kilowatt kilowatts",
        "kwh",
        "v volt volts",
        "a amp amps ampere amperes",
        "hz hertz",
        "ghz",
        "mhz",
        "b byte bytes",
        "kb kilobyte kilobytes",
        "mb megabyte megabytes",
        "gb gigabyte gigabytes",
        "tb terabyte terabytes",
        "px pixel pixels",
        "kcal calorie calories",
        "m² m2 sqm",
        "sqft",
        "km/h kmh kph",
        "mph",
    )
)
_PERCENT = {"%", "percent", "pct", "percentage", "per cent"}
_OF_ONE = regex(
    r"\b(?:fraction|ratio|proportion|decimal|probability|between 0 and 1|0 to 1|not (?:in|as|a) percent)", re.IGNORECASE
)
_FRACTION = regex(r"([+-]?[0-9]{1,9})\s?/\s?([0-9]{1,9})")
# If a count is given of another (4/5 stars, page 3/7), or a date may be meant, the first number is as likely.
_OUT_OF = regex(
    r"\b(?:rat(?:ings?|ed?)|scored?s?|stars?|grades?|marks?|points?|rank(?:ing)?|review|level|pages?|steps?|parts?|chapter|episode"
    r"|season|issue|version|round|date|day|month|year|progress)\b"
)
_PARTS = regex(
    r"(-?)\s*(?:([^\d\s+\-.,()%]{1,8})\s*)?"
    r"([+-]?[0-9.,'’_\u00a0\u202f\u2009\u2007 ]*[0-9](?:[eE][+-]?[0-9]+)?\.?)\s*([^\d\s].{0,24})?",
    re.DOTALL,
)
_WORDS = regex(r"[^\W\d_]+[²³]?|°[CcFf]|[%$€£¥₹]|m2|km/h")
_SAID = regex(
    r"(?:[\s*_\"'`:,.!]|\b(?:the|final|correct|answer|result|value|total|sum|score|number|count|amount|is|equals|would|be|so|thus"
    r"|therefore|it|s|output|comes\s+to|amounts\s+to|adds\s+up\s+to)\b)*",
    re.IGNORECASE,
)


_NAME = regex(r"\s*(?:the\s+)?([^\W\d][^\W\d_]*(?: [^\W\d_]+){0,3})(?=\s*:|\s+is\b)\s*:?", re.IGNORECASE)


class Number(NamedTuple):
    """value: an int if the text is one. rule: how it was read."""

    value: int | float
    rule: str
    kind: RepairClass = "lossless"


def number_in(text: str, words: str, digits: int = MOST_DIGITS) -> Number | None:
    """Return the number in a text that has no other content; None if it has none, or may have two.

    words: the name, title and description of the expected value, which may name a currency, a unit or percent.

    >>> number_in("1,234.50", "").value, number_in("1.234,56", "").value, number_in("about 5", "")
    (1234.5, 1234.56, None)
    """
    if len(text) > max(_LONGEST, digits + 10) or _DIGIT.search(text) is None:
        return None
    text = text.strip().strip("*`\"'").strip().replace("\u2212", "-")
    plain = _spelt(text, digits)
    if plain is not None or not text or len(text) > _LONGEST:
        return plain
    return _fraction(text, words) or _with_sign(text, words.lower(), digits) or _said(text, words, digits)


def _spelt(text: str, digits: int) -> Number | None:
    if _JSON.fullmatch(text) is not None:
        if _LEADING_ZERO.match(text) is not None:
            return None  # an identifier rather than a number
        return _number(text, "number-text", digits)
    if _COMMAS.fullmatch(text) or _INDIAN.fullmatch(text):
        return _number(text.replace(",", ""), "thousands", digits)
    if _OTHERS.fullmatch(text):
        return _number(re.sub(rf"[{_SPACES}'’_]", "", text), "thousands", digits)
    if _DOTS.fullmatch(text):
        return _number(text.replace(".", ""), "european-number", digits)
    if _DOTS_COMMA.fullmatch(text):
        return _number(text.replace(".", "").replace(",", "."), "european-number", digits)
    if _SPACED_COMMA.fullmatch(text):
        return _number(re.sub(rf"[{_SPACES}'’]", "", text).replace(",", "."), "european-number", digits)
    if _COMMA.fullmatch(text):
        found = _number(text.replace(",", "."), "european-number", digits)
        return found._replace(kind="judgement") if found is not None else None
    return None


def _number(spelt: str, rule: str, digits: int) -> Number | None:
    if spelt.lstrip("+-").isdigit():
        if len(spelt) - (spelt[0] in "+-") > min(digits, MOST_DIGITS):
            return None
        return Number(int(spelt), rule)
    value = float(spelt)
    return Number(value, rule) if math.isfinite(value) else None


def _fraction(text: str, words: str) -> Number | None:
    """Return the value of `3/4`, unless the expected value may be counted as 3 of 4."""
    match = _FRACTION.fullmatch(text)
    if match is None or int(match[2]) == 0 or _OUT_OF.search(" ".join(_words_of(words))):
        return None
    value = int(match[1]) / int(match[2])
    return Number(int(value) if value.is_integer() else value, "fraction", "judgement")


def _with_sign(text: str, words: str, digits: int) -> Number | None:
    """Return a number with a currency, a percent sign or a unit before or after it."""
    match = _PARTS.fullmatch(text)
    if match is None:
        return None
    minus, before, spelt, behind = match.groups()
    before, behind = (before or "").strip().lower(), (behind or "").strip().rstrip(".").lower()
    if before in _CURRENCY and behind in _CURRENCY[before]:
        behind = ""  # $5 USD
    if bool(before) == bool(behind) or (minus and spelt[0] in "+-"):
        return None
    found = _spelt((minus + spelt).strip().removesuffix("."), digits)
    sign = before or behind
    if found is None:
        return None
    if sign in _CURRENCY:
        # 1.234 € may be a thousand
        if found.rule == "number-text" and re.search(r"\.[0-9]{3}\Z", spelt) is not None:
            return None
        named = {word for word in _words_of(words) if word in _ALL_CURRENCY}
        if named and sign not in named and not named.intersection(_CURRENCY[sign]):
            return None
        return found._replace(rule="currency", kind=found.kind)
    if before:
        return None
    if behind in _PERCENT:
        of_hundred = _PERCENT.intersection(_words_of(words)) and _OF_ONE.search(words) is None
        return found._replace(rule="percent") if of_hundred else None
    return found._replace(rule="unit") if _named_unit(behind, words) else None


def _words_of(words: str) -> list[str]:
    return [word.lower() for word in _WORDS.findall(words.replace("_", " "))]


def _named_unit(unit: str, words: str) -> bool:
    """Whether the description of the expected value names this unit and no other of its kind."""
    named = set(_words_of(words))
    same = next((group for group in _UNITS if unit in group), frozenset({unit, unit + "s", unit.removesuffix("s")}))
    if not named & same:
        return False
    short = {"a", "in", "s", "m", "t", "d", "b", "v", "w", "h", "l", "g", "k", "y", "min"}
    others = {word for group in _UNITS if group is not same for word in group} - same - short
    return not named & others


def _said(text: str, words: str, digits: int) -> Number | None:
    """Return the number in `The answer is 42.`: only words that introduce an answer may be around it."""
    match = re.search(r"[-+]?[$€£]?[0-9](?:[0-9.,'’]*[0-9])?%?", text)
    if match is None or any(character.isdigit() for character in text[match.end() :]):
        return None
    before, behind = text[: match.start()], text[match.end() :]
    name = _NAME.match(before)
    if name is not None and name[1].lower() in words.lower().replace("_", " "):
        before = "is " + before[name.end() :]
    if (
        any(mark in before + behind for mark in "<>~≈±?/=…")
        or ".." in text
        or "-" in behind
        or before.rstrip().endswith("!")
        or _SAID.fullmatch(before) is None
    ):
        return None
    if _SAID.fullmatch(behind) is None or (not before.strip() and not behind.strip(" .!*")):
        return None
    found = _spelt(match.group(), digits) or _with_sign(match.group(), words.lower(), digits)
    return found._replace(rule="number-in-text", kind="judgement") if found is not None else None
