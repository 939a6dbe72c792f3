"""Parses valid JSON with jiter, and enforces the limits for every value of a text.

Nothing here is tolerant. A refused text is parsed again by `strict.py`, which reports the errors.
"""

from __future__ import annotations

import math
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from railguard.lazy import regex
from railguard.values import UNSET, Limits
from railguard.values.limits import MOST_DIGITS

if TYPE_CHECKING:
    from pydantic_core import SchemaValidator

__all__ = [
    "BLANK",
    "GOES_ON",
    "gives_a_key_twice",
    "has_odd_escape",
    "has_surrogate",
    "is_spelled_plainly",
    "keeps_limits",
    "plain_json",
    "read_plain_json",
    "too_deep",
]

BLANK: Final = "\ufeff \t\r\n"
"""Characters that may surround JSON."""
GOES_ON: Final = frozenset(",:}])\"'”")
"""If one of these follows a JSON value, there is more of it."""
_SURROGATE = regex("[\ud800-\udfff]")
_ODD_NUMBERS = (
    r"\.(?:[0-9]+0(?:[^0-9]|\z)|[0-9]{9})",
    r"[0-9]{8}\.[0-9]{6}",
    r"[0-9]{11}\.",
    r"[0-9][eE]|-0(?:[^.]|\z)",
)
"""Signs of a fraction that ends in 0, of one of 16 digits or more, of an exponent, and of -0. One pattern for each: such is
found many times quicker than one of several."""
_OUTSIDE_QUOTES = r'\A(?:[^"]|"(?:[^"\\]|\\(?s:.))*")*?'
_LONG = 10_000  # characters: in a shorter text brackets are counted
_ODD_ESCAPE = regex(r"\\(?:[bf]|u[dD])")
_CONTAINERS = frozenset((dict, list))
_BLANK_COLONS = (" :", "\n:", "\t:", "\r:")


_NO_JSON = (UNSET, False)


def plain_json(text: str, limits: Limits) -> Any:
    """Return the value of `read_plain_json`."""
    return read_plain_json(text, limits)[0]


def read_plain_json(text: str, limits: Limits) -> tuple[Any, bool]:
    """Read a text that is JSON and satisfies all limits: no repeated key, no half of a surrogate pair, no number that is
    not finite, no escape that is more likely a backslash of another language.

    Returns:
        Its value, UNSET for any other text; and whether the text's spelling tells nothing that the value does not.
    """
    import jiter

    if has_odd_escape(text):
        return _NO_JSON
    containers = text.count("{") + text.count("[")  # at most: some may be in quotes
    is_shallow = len(text) < _LONG and containers <= limits.depth
    try:
        value = jiter.from_json(text.encode(), allow_inf_nan=False, catch_duplicate_keys=is_shallow)
    except ValueError:
        return _NO_JSON
    is_plain = is_spelled_plainly(text)
    # A number that is spelled plainly is finite, and jiter reads no longer integers.
    are_numbers_within = is_plain and limits.integer_digits >= MOST_DIGITS
    if not (is_shallow and are_numbers_within):
        keys = _keys_within(value, limits, None if not are_numbers_within else containers)
        if keys is None or (not is_shallow and gives_a_key_twice(text, keys)):
            return _NO_JSON
    return value, is_plain


def gives_a_key_twice(text: str, keys: int) -> bool:
    """Whether an object in a JSON text has a key twice. keys: how many its value has, or fewer.

    As many colons as keys prove that none has, and so do as many colons behind a quote if none stands behind a blank.
    """
    if text.count(":") == keys or (text.count('":') == keys and not any(map(text.__contains__, _BLANK_COLONS))):
        return False
    import jiter

    try:
        jiter.from_json(text.encode(), catch_duplicate_keys=True)
    except ValueError:
        return True
    return False


def has_odd_escape(text: str) -> bool:
    """Whether a text has an escape that JSON knows and models write by mistake: of a TeX command, of a path."""
    return "\\" in text and ("\\b" in text or "\\f" in text)


def has_surrogate(text: str) -> bool:
    """Whether a text contains half of a surrogate pair, which no encoding can represent."""
    return not text.isascii() and _SURROGATE.search(text) is not None


def is_spelled_plainly(text: str) -> bool:
    """Whether the spelling of a JSON text tells nothing that its value does not."""
    return ("\\" not in text or _ODD_ESCAPE.search(text) is None) and not _has_odd_number(text)


def _has_odd_number(text: str) -> bool:
    """Whether a JSON text without half of a surrogate pair holds a number that JSON may spell otherwise."""
    signs, number = _odd_numbers()
    for sign in signs:
        if sign.isinstance_python(text):
            return number.isinstance_python(text)  # the sign may be in quotes
    return False


@cache
def _odd_numbers() -> tuple[tuple[SchemaValidator, ...], SchemaValidator]:
    """Validators of texts with a sign of an odd number anywhere, and of those with an odd number: pydantic-core's regular
    expressions are many times quicker than Python's.
    """
    from pydantic_core import SchemaValidator

    def having(pattern: str) -> SchemaValidator:
        return SchemaValidator({"type": "str", "strict": True, "pattern": pattern, "regex_engine": "rust-regex"})

    return tuple(map(having, _ODD_NUMBERS)), having(f"{_OUTSIDE_QUOTES}(?:{'|'.join(_ODD_NUMBERS)})")


def keeps_limits(value: Any, limits: Limits) -> bool:
    """Whether a value is not nested deeper than the limit, every number is finite, and no integer has too many digits."""
    return _keys_within(value, limits) is not None


def _keys_within(value: Any, limits: Limits, most: int | None = None) -> int | None:
    """Return the number of keys of a value that keeps the limits; None for any other.

    most: how many objects and lists it has at most. Without it, its numbers are looked at too.

    One level after another, each in a few calls, without work per single value.
    """
    level, depth, keys = [value], 0, 0
    while True:
        kinds = set(map(type, level))
        if most is None and float in kinds and not _are_finite([one for one in level if type(one) is float]):
            return None
        if most is None and int in kinds and _has_long(level, limits.integer_digits):
            return None
        if _CONTAINERS.isdisjoint(kinds):
            return keys
        depth += 1
        if depth > limits.depth:
            return None
        is_mixed = len(kinds) > 1
        objects = [] if dict not in kinds else [one for one in level if type(one) is dict] if is_mixed else level
        lists = [] if list not in kinds else [one for one in level if type(one) is list] if is_mixed else level
        if objects:
            keys += sum(map(len, objects))
        if most is not None:
            most -= len(objects) + len(lists)
            if not most:  # there is none below these
                return keys
        level = [*chain.from_iterable(map(dict.values, objects))] if objects else []
        if lists:
            level += chain.from_iterable(lists)


def _are_finite(numbers: list[float]) -> bool:
    return math.isfinite(sum(numbers)) or all(map(math.isfinite, numbers))  # a sum may be too large


def too_deep(value: Any, limit: int) -> bool:
    """Whether objects and lists are nested more than `limit` levels deep."""
    level = [value] if type(value) in _CONTAINERS else []
    for _ in range(limit):
        parts = chain.from_iterable(one.values() if type(one) is dict else one for one in level)
        level = [one for one in parts if type(one) in _CONTAINERS]
        if not level:
            return False
    return bool(level)


def _has_long(values: list[Any], digits: int) -> bool:
    """Whether an integer among the values has more than the given number of digits."""
    integers = [one for one in values if type(one) is int]
    largest = max(max(integers), -min(integers))
    return largest.bit_length() > digits * 3.32 and largest >= 10**digits
