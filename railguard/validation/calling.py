"""Calls a validator: its exceptions become a ValidatorError with its name, and it cannot change the checked value.

Every caller of `Rule.run` goes through here, whether the validator runs inline, in a thread or on an event loop.
"""

from __future__ import annotations

import marshal
from types import TracebackType
from typing import Any

from railguard.errors import ValidatorError
from railguard.validation.rule import Rule
from railguard.values import Path

__all__ = ["Calling", "fault", "unchanged"]


class Calling:
    """`with Calling(rule, value, path) as given:` around one call of a rule's validator with `given`.

    A list or an object is passed as a copy, so that a validator cannot change the output; trying to is a ValidatorError
    all the same. Any exception of the validator is a ValidatorError too, also CancelledError, GeneratorExit and
    SystemExit; a KeyboardInterrupt comes from the user, and is not converted. passing: further exceptions that are not
    converted.
    """

    __slots__ = ("_before", "_given", "_passing", "_path", "_rule", "_value")

    def __init__(self, rule: Rule, value: Any, path: Path, *, passing: tuple[type[BaseException], ...] = ()) -> None:
        self._rule = rule
        self._value = value
        self._path = path
        self._passing: tuple[type[BaseException], ...] = (KeyboardInterrupt, *passing)

    def __enter__(self) -> Any:
        self._before = _written(self._value)
        self._given = _copied(self._value) if self._before is None else marshal.loads(self._before)
        return self._given

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            if not self._is_unchanged():
                name = self._rule.name
                raise ValidatorError(
                    f"validator {name!r} changed the value it was given at {self._path}; a validator only judges, and "
                    "proposes another value by FailResult(…, fix=…)",
                    validator=name,
                    path=self._path,
                )
        elif isinstance(error, ValidatorError):
            error.path = self._path if error.path is None else error.path
        elif not isinstance(error, self._passing):
            raise fault(self._rule, self._path, error) from error

    def _is_unchanged(self) -> bool:
        if self._before is not None:
            return _written(self._given) == self._before
        return _same(self._given, self._value)


def fault(rule: Rule, path: Path, error: BaseException) -> ValidatorError:
    """Return the ValidatorError for an exception of a validator at a path."""
    if isinstance(error, RuntimeError) and isinstance(error.__cause__, (StopIteration, StopAsyncIteration)):
        error = error.__cause__  # what Python makes of it in a coroutine
    return ValidatorError(
        f"validator {rule.name!r} raised {type(error).__name__} at {path}: {error}", validator=rule.name, path=path
    )


def unchanged(rule: Rule, value: Any) -> Any:
    """Return the result of a rule's validator; for a quick look, whose errors are examined by `Calling` later."""
    with Calling(rule, value, Path()) as given:
        return rule.run(given)


def _written(value: Any) -> bytes | None:
    """Return lists and objects of plain data as bytes, equal only for equal data: the fastest copy and comparison. None
    for anything else.
    """
    if type(value) is not list and type(value) is not dict:
        return None
    try:
        return marshal.dumps(value, 0)  # the one version that says nothing of which texts are shared or interned
    except ValueError:
        return None


def _copied(value: Any) -> Any:
    """Copy the lists and objects in a value; other objects in it are shared."""
    if type(value) is list:
        return [_copied(item) if type(item) in (list, dict) else item for item in value]
    if type(value) is dict:
        return {key: _copied(item) if type(item) in (list, dict) else item for key, item in value.items()}
    return value


def _same(given: Any, value: Any) -> bool:
    """Whether a copy still contains the same objects, with its members in the same order."""
    if given is value:
        return True
    if type(given) is not type(value) or type(value) not in (list, dict) or len(given) != len(value):
        return False
    if type(value) is list:
        return all(map(_same, given, value))
    return all(
        key is other and _same(item, value[other]) for (key, item), other in zip(given.items(), value, strict=True)
    )
