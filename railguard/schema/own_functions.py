"""Wraps the functions of a user-defined type, so that they work with railguard's rules and with iterables that
railguard has read to the end.

A function around a rule cannot undo the rule's refusal. A function on an iterable gets an iterator, as from pydantic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeAlias

__all__ = [
    "RULE_ERROR",
    "Visitor",
    "current_visitor",
    "rule_error",
    "visiting",
    "with_items_one_by_one",
    "with_refusals",
]

RULE_ERROR = "railguard_rule"
"""The error type of a rule's refusal; its context contains the number of the refusal."""

Visitor: TypeAlias = Callable[[Any, Any], Any]
"""A function of a `Site` and its value; it returns the value of the place, or raises to refuse it."""
_VISITOR: ContextVar[Visitor | None] = ContextVar("railguard_visitor", default=None)


def current_visitor() -> Visitor | None:
    """Return the visitor of places with rules, in this thread or task, or None."""
    return _VISITOR.get()


@contextmanager
def visiting(visitor: Visitor | None) -> Iterator[None]:
    """Set the visitor of places with rules, or None, for validations inside the `with` block in this thread or task."""
    token = _VISITOR.set(visitor)
    try:
        yield
    finally:
        _VISITOR.reset(token)


def rule_error(number: int) -> Exception:
    """Return the error of a rule that refuses a value."""
    from pydantic_core import PydanticCustomError

    return PydanticCustomError(RULE_ERROR, "a rule of railguard refuses the value", {"number": number})


def with_refusals(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a core schema of a wrap validator that cannot override the refusal of a rule inside it.

    If the last value that the function passed on fails only by railguard's rules, that error is the result, even if the
    function returned something else or raised another error.
    """
    function = schema["function"]["function"]

    def wrapped(value: Any, handler: Any, *info: Any) -> Any:
        from pydantic_core import ValidationError

        refused: list[ValidationError] = []

        def handed_on(value: Any, *location: Any) -> Any:
            refused.clear()
            try:
                return handler(value, *location)
            except ValidationError as error:
                if _is_refused_by_rules_alone(error, lambda: handler(value, *location)):
                    refused.append(error)
                raise

        try:
            result = function(value, handed_on, *info)
        except Exception:
            if refused:
                raise refused[0] from None
            raise
        if refused:
            raise refused[0]
        return result

    return _with_function(schema, wrapped)


def _is_refused_by_rules_alone(error: Any, again: Callable[[], Any]) -> bool:
    kinds = [one["type"] == RULE_ERROR for one in error.errors(include_url=False, include_input=False)]
    if all(kinds) or not any(kinds):
        return all(kinds)
    try:
        with visiting(None):
            again()
    except Exception:  # any exception of the user's code: the value fails even without railguard's rules
        return False
    return True


class _Items(list[Any]):
    """The remaining items of an iterable, for the next function of the user."""


def with_items_one_by_one(schema: dict[str, Any], *, last: bool) -> dict[str, Any]:
    """Return a core schema of an after or wrap validator of an iterable that was read to the end: its function gets an
    iterator.

    last: whether no other function of this kind follows. An iterator that it returns is read to the end too.
    """
    function = schema["function"]["function"]

    def read(result: Any) -> Any:
        if isinstance(result, Iterator):
            return list(result) if last else _Items(result)
        return result

    if schema["type"] == "function-wrap":

        def wrapped(value: Any, handler: Any, *info: Any) -> Any:
            return read(function(value, lambda *given: _iterator(handler(*given)), *info))

        return _with_function(schema, wrapped)

    def after(items: Any, *info: Any) -> Any:
        return read(function(_iterator(items), *info))

    return _with_function(schema, after)


def _iterator(items: Any) -> Any:
    return iter(items) if type(items) is _Items else items


def items(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the core schema of a list whose items are passed one by one to the functions around it."""
    return {"type": "function-after", "function": {"type": "no-info", "function": _Items}, "schema": schema}


def _with_function(schema: dict[str, Any], function: Any) -> dict[str, Any]:
    return {**schema, "function": {**schema["function"], "function": function}}
