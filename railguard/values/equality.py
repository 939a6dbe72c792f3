"""Equality of JSON values, in two senses, and JSON's equality as hashable keys.

`json_equal` is JSON Schema's equality: true is not 1, 1 is 1.0, members have no order. `identical` also distinguishes 1
and 1.0: it shows whether a value was changed. Equal keys mean equal values.

Numbers beyond 2**60 and containers are keyed by text: Python's hash of text is keyed per process, that of numbers and
tuples is not, and a model's answer could hold thousands of different ones that all hash alike.
"""

from __future__ import annotations

from typing import Any

__all__ = ["identical", "json_equal", "json_key"]

_BOUND = 2**60
_NONE, _TRUE, _FALSE = ("null",), ("true",), ("false",)


def json_equal(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal as JSON Schema defines it; NaN, which JSON does not have, equals nothing.

    Examples:
        >>> json_equal({"a": 1, "b": [True]}, {"b": [True], "a": 1.0}), json_equal(True, 1)
        (True, False)
    """
    todo = [(one, other)]
    while todo:
        a, b = todo.pop()
        if isinstance(a, bool) or isinstance(b, bool):
            if a is not b:
                return False
        elif isinstance(a, dict) and isinstance(b, dict):
            if a.keys() != b.keys():
                return False
            todo += [(item, b[name]) for name, item in a.items()]
        elif isinstance(a, list) and isinstance(b, list):
            if len(a) != len(b):
                return False
            todo += zip(a, b, strict=True)
        elif a != b:
            return False
    return True


def identical(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same data, including types: 1 is not 1.0. Members have no order, NaN equals
    itself.

    Examples:
        >>> identical({"a": 1, "b": 2}, {"b": 2, "a": 1}), identical(1, 1.0)
        (True, False)
    """
    todo = [(one, other)]
    while todo:
        a, b = todo.pop()
        if a is b:
            continue
        if type(a) is not type(b):
            return False
        if isinstance(a, dict):
            if a.keys() != b.keys():
                return False
            todo += [(item, b[name]) for name, item in a.items()]
        elif isinstance(a, (list, tuple)):
            if len(a) != len(b):
                return False
            todo += zip(a, b, strict=True)
        elif a != b and not (a != a and b != b):
            return False
    return True


def json_key(value: Any) -> Any:
    """Return the key of a JSON value: two values have the same key exactly if JSON Schema defines them as equal
    (2020-12, 4.2.2).

    Args:
        value: Plain data. NaN, which JSON does not have, equals nothing.

    Returns:
        Something that can be hashed.

    Examples:
        >>> json_key(1) == json_key(1.0), json_key(True) == json_key(1)
        (True, False)
        >>> json_key({"a": 1, "b": [2]}) == json_key({"b": [2.0], "a": 1})
        True
    """
    kind = type(value)
    if kind is str:
        return value
    if kind is int or kind is float:
        if -_BOUND < value < _BOUND:
            return value
        return (_number(value),) if value == value else (object(),)
    if value is None:
        return _NONE
    if kind is bool:
        return _TRUE if value else _FALSE
    return (_text(value),)


def _number(value: float) -> str:
    if isinstance(value, float):
        if value - value != 0:
            return f"n{value}"
        value = int(value)
    return f"n{value:x}"


def _text(value: Any) -> object:
    """A text of a container that is the same for equal ones only. Strings carry their length, so nothing is escaped.

    A container with NaN in it equals nothing, so it has an object of its own.
    """
    parts: list[str] = []
    stack: list[Any] = [value]
    while stack:
        item = stack.pop()
        kind = type(item)
        if kind is tuple:  # a piece of punctuation that was added below
            parts.append(item[0])
        elif kind is str:
            parts.append(f"{len(item)}:{item}")
        elif kind is list:
            parts.append("[")
            stack.append(("]",))
            stack.extend(reversed(item))
        elif kind is dict:
            parts.append("{")
            stack.append(("}",))
            for name in sorted(item, reverse=True):
                stack.append(item[name])
                stack.append(name)
        elif kind is int or kind is float:
            if item != item:
                return object()
            if kind is float and item.is_integer():
                item = int(item)
            parts.append(_number(item) if type(item) is int else f"f{item!r};")
        else:
            parts.append(f"c{item};")
    return "".join(parts)
