"""Converts unquoted text to a JSON scalar, also from Python's or JavaScript's notation, or to the text itself.

Only unambiguous notations are converted: 007 and 1/2 stay text, for the schema to judge.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from railguard.lazy import regex
from railguard.values import RepairClass
from railguard.values.limits import MOST_DIGITS

__all__ = ["Scalar", "scalar"]

_NUMBER = regex(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_LOOSE = regex(r"([+-]?)(?:((?:0|[1-9][0-9]*)(?:_[0-9]+)*)(?:\.([0-9]+(?:_[0-9]+)*)?)?|\.([0-9]+))([eE][+-]?[0-9]+)?")
_HEX = regex(r"([+-]?)0[xX]([0-9A-Fa-f]{1,400})")
_GROUPED = regex(r"[+-]?[$€£¥₹]?\s?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?\s?%?")
_STRUCTURE = regex(r"[,{}\[\]\"\n]|: ")
_DECIMAL = regex(r"(?:decimal\.)?Decimal\(\s*(['\"]?)([^'\"()]{1,400})\1\s*\)")
_TEXT_CALL = regex(
    r"(?:uuid\.UUID|UUID|ObjectId|(?:ISO|new\s+)Date)\(\s*(['\"])([^'\"()]*)\1\s*\)|(?:pathlib\.)?(?:Pure)?(?:Posix|Windows)?Path\(\s*(['\"])([^'\"()]*)\3\s*\)"
)
_DATE_CALL = regex(r"(?:datetime\.)?(date|datetime|time)\(\s*([0-9]{1,4}(?:\s*,\s*[0-9]{1,6}){0,6})\s*\)")
_ENUM_REPR = regex(r"<[\w.]+:\s*(?:'([^'<>]*)'|\"([^\"<>]*)\"|([0-9]+))>")

_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None}
_OTHER_WORDS: dict[str, Any] = {
    "True": True,
    "TRUE": True,
    "False": False,
    "FALSE": False,
    "None": None,
    "Null": None,
    "NULL": None,
    "NONE": None,
    "nil": None,
    "undefined": None,
}
_NOT_FINITE = regex(r"[+-]?(?:NaN|nan|Infinity|Inf|inf)|(?:float|Decimal)\(\s*(['\"])[+-]?(?:nan|inf|infinity)\1\s*\)")


class Scalar(NamedTuple):
    """value: the value of the text. rule: None if the text is JSON. problem, detail: the code of a doubt, if there is
    no value.
    """

    value: Any
    rule: str | None = None
    kind: RepairClass = "syntax"
    problem: str | None = None
    detail: str | int = ""


def scalar(text: str, digits: int) -> Scalar:
    """Return the scalar of a non-empty text without white space around it. digits: the most digits of an integer."""
    if text in _WORDS:
        return Scalar(_WORDS[text])
    first = text[0]
    if first in "-+.0123456789":
        found = _number(text, digits)
        if found is not None:
            return found
    if text in _OTHER_WORDS:
        return Scalar(_OTHER_WORDS[text], "literal")
    if len(text) <= 40 and _NOT_FINITE.fullmatch(text):
        return Scalar(text, problem="not-finite", detail=text)
    if text[-1] in ")>" and len(text) <= 500:
        found = _python(text, digits)
        if found is not None:
            return found
    if _GROUPED.fullmatch(text[:80]) and len(text) <= 80:
        return Scalar(text, "unquoted")
    return Scalar(text, "unquoted", "judgement" if _STRUCTURE.search(text) else "syntax")


def _number(text: str, digits: int) -> Scalar | None:
    plain = _NUMBER.fullmatch(text)
    if plain is not None:
        return _value(text, text, plain[1] is None and plain[2] is None, digits, None)
    if (hexadecimal := _HEX.fullmatch(text)) is not None:
        value = int(hexadecimal[2], 16)
        return Scalar(-value if hexadecimal[1] == "-" else value, "number-spelling")
    loose = _LOOSE.fullmatch(text)
    if loose is None:
        return None
    sign, whole, fraction, only_fraction, exponent = loose.groups()
    is_integer = exponent is None and only_fraction is None and "." not in text
    spelt = ("-" if sign == "-" else "") + (whole or "0").replace("_", "")
    if not is_integer:
        spelt += "." + (fraction or only_fraction or "0").replace("_", "") + (exponent or "")
    return _value(spelt, text, is_integer, digits, "number-spelling")


def _value(spelt: str, text: str, is_integer: bool, digits: int, rule: str | None) -> Scalar:
    if is_integer:
        length = len(spelt) - (spelt[0] == "-")
        if length > min(digits, MOST_DIGITS):
            return Scalar(text, problem="integer-too-long", detail=min(digits, MOST_DIGITS))
        return Scalar(int(spelt), rule)
    value = float(spelt)
    if not math.isfinite(value):
        return Scalar(text, problem="number-range")
    return Scalar(value, rule)


def _python(text: str, digits: int) -> Scalar | None:
    if (called := _DECIMAL.fullmatch(text)) is not None:
        inner = called[2].strip()
        found = _number(inner, digits) if inner and inner[0] in "-+.0123456789" else None
        return None if found is None or found.problem else Scalar(found.value, "python-repr")
    if (called := _TEXT_CALL.fullmatch(text)) is not None:
        return Scalar(called[2] if called[2] is not None else called[4], "python-repr")
    if (called := _DATE_CALL.fullmatch(text)) is not None:
        return _date_call(called[1], [int(part) for part in called[2].split(",")])
    if (called := _ENUM_REPR.fullmatch(text)) is not None:
        value = next(group for group in called.groups() if group is not None)
        return Scalar(int(value) if called[3] is not None and len(value) < 400 else value, "python-repr")
    return None


def _date_call(kind: str, parts: list[int]) -> Scalar | None:
    import datetime

    try:
        made = getattr(datetime, kind)(*parts)
    except (TypeError, ValueError):
        return None
    return Scalar(made.isoformat(), "python-repr")
