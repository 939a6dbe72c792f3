"""Reads the annotations of a validator's function, as JSON types and as checks of its arguments."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args, get_origin

from railguard.lazy import regex
from railguard.validation.vocabulary import JsonType

__all__ = ["ALL_TYPES", "fits", "serves", "type_name"]

ALL_TYPES: frozenset[JsonType] = frozenset(get_args(JsonType))

_SERVES: dict[Any, frozenset[JsonType]] = {
    str: frozenset({"string"}),
    int: frozenset({"integer"}),
    float: frozenset({"integer", "number"}),
    bool: frozenset({"boolean"}),
    list: frozenset({"array"}),
    dict: frozenset({"object"}),
    type(None): frozenset({"null"}),
    Any: ALL_TYPES,
    object: ALL_TYPES,
}


_MODULES = regex(r"\b(?:[a-z_]\w*\.)+(?=\w)")  # typing.Any, railguard.llm.request.Provider


def serves(annotation: Any) -> frozenset[JsonType] | None:
    """Return the JSON types of an annotated value; None if it has none."""
    if annotation is inspect.Parameter.empty:
        return ALL_TYPES
    origin = get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        parts = [serves(part) for part in get_args(annotation)]
        return None if any(part is None for part in parts) else frozenset().union(*(p for p in parts if p))
    if origin is typing.Annotated:
        return serves(get_args(annotation)[0])
    key = origin if origin in (list, dict) else annotation
    return _SERVES.get(key) if isinstance(key, typing.Hashable) else None


def fits(value: Any, annotation: Any) -> bool:
    """Whether an argument has the annotated type. int counts as float, bool as neither; unknown annotations accept
    anything.
    """
    if annotation in (Any, object, inspect.Parameter.empty):
        return True
    origin = get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        return any(fits(value, part) for part in get_args(annotation))
    if origin is Literal:
        return any(type(value) is type(option) and value == option for option in get_args(annotation))
    if origin is typing.Annotated:
        return fits(value, get_args(annotation)[0])
    if annotation is None or annotation is type(None):
        return value is None
    if annotation is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if annotation is int:
        return isinstance(value, int) and not isinstance(value, bool)
    base: Any = origin or annotation
    if inspect.isclass(base):
        try:
            if not isinstance(value, base):
                return False
        except TypeError:
            return True
        arguments: Any = get_args(annotation)
        items: Any = value
        if issubclass(base, Mapping) and len(arguments) == 2:
            return all(fits(k, arguments[0]) and fits(v, arguments[1]) for k, v in items.items())
        if base is tuple and arguments and arguments[-1] is not Ellipsis:
            return len(items) == len(arguments) and all(map(fits, items, arguments))
        if base is tuple and arguments:
            return all(fits(item, arguments[0]) for item in items)
        if base in (list, set, frozenset) or (base is not str and issubclass(base, Sequence) and len(arguments) == 1):
            return all(fits(item, arguments[0]) for item in items) if arguments else True
    return True


def type_name(annotation: Any) -> str:
    """Return an annotation as people write it."""
    if annotation is type(None):
        return "None"
    if inspect.isclass(annotation) and get_origin(annotation) is None:
        return annotation.__name__
    return _MODULES.sub("", str(annotation))
