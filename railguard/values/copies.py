"""Copies of plain data."""

from __future__ import annotations

import marshal
from collections.abc import Callable
from copy import deepcopy
from typing import Any, TypeVar, cast

__all__ = ["copier", "plain_copy"]

T = TypeVar("T")
_SCALARS = frozenset((str, int, float, bool, type(None)))


def plain_copy(value: T) -> T:
    """Return a copy that shares no list and no object with the original: much faster than `copy.deepcopy` for JSON
    data, and the same for anything else.
    """
    if type(value) in _SCALARS:
        return value
    given: Any = value
    try:
        copied: T = marshal.loads(marshal.dumps(given))
    except ValueError:  # the value contains something that is not plain data
        return deepcopy(value)
    return copied


def copier(value: T) -> Callable[[], T]:
    """Return a function that copies a value repeatedly, in half of the time; the value must not be changed."""
    try:
        packed = marshal.dumps(cast("Any", value))
    except ValueError:
        return lambda: deepcopy(value)
    return lambda: marshal.loads(packed)
