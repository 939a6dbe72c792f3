"""JSON values that are given to a rule as a parameter."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite
from typing import Any

from railguard import json_key

__all__ = ["plain"]


def plain(values: Iterable[Any], parameter: str) -> list[Any]:
    """Return the different values as plain JSON, without repeated ones; enum members become their values. Raises
    ValueError for an empty list, and for values that JSON cannot express.

    >>> plain(["a", 1, 1.0, True, ("b",)], "choices")
    ['a', 1, True, ['b']]
    """
    found: dict[Any, Any] = {}
    for value in values:
        one = _plain(value, parameter)
        found.setdefault(json_key(one), one)
    if not found:
        raise ValueError(f"{parameter} is empty; name at least one value")
    return list(found.values())


def _plain(value: Any, parameter: str) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float) and isfinite(value):
        return float(value)
    if isinstance(value, (list, tuple)):
        return [_plain(item, parameter) for item in value]
    if isinstance(value, dict) and all(isinstance(name, str) for name in value):
        return {str.__str__(name): _plain(member, parameter) for name, member in value.items()}
    raise ValueError(f"{parameter} holds {value!r:.60}, which JSON has no value for")
