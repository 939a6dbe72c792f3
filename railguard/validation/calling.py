"""How a validator is called: what it raises becomes a ValidatorError that names it, and the value it judges stays as it was.

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

    A list or an object is given as a copy, so that a validator that changes it changes nothing of the output; it is a
    ValidatorError all the same. Whatever the validator raises is a ValidatorError too, also CancelledError, GeneratorExit
    and SystemExit; a KeyboardInterrupt is the user's, and passes. passing: further exceptions that pass.
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
    """What a validator raised at a path, as a ValidatorError."""
    if isinstance(error, RuntimeError) and isinstance(error.__cause__, (StopIteration, StopAsyncIteration)):
        error = error.__cause__  # what Python makes of it in a coroutine
    return ValidatorError(
        f"validator {rule.name!r} raised {type(error).__name__} at {path}: {error}", validator=rule.name, path=path
    )


def unchanged(rule: Rule, value: Any) -> Any:
    """What a rule's validator answers; for a quick look, where whatever goes wrong is looked into by `Calling` later."""
    with Calling(rule, value, Path()) as given:
        return rule.run(given)


def _written(value: Any) -> bytes | None:
    """Lists and objects of plain data as bytes, equal for equal data alone: the quickest copy, and the quickest comparison.
    None for anything else."""
    if type(value) is not list and type(value) is not dict:
        return None
    try:
        return marshal.dumps(value, 0)  # the one version that says nothing of which texts are shared or interned
    except ValueError:
        return None


def _copied(value: Any) -> Any:
    """A copy of the lists and objects in a value; what they hold besides is the same."""
    if type(value) is list:
        return [_copied(item) if type(item) in (list, dict) else item for item in value]
    if type(value) is dict:
        return {key: _copied(item) if type(item) in (list, dict) else item for key, item in value.items()}
    return value


def _same(given: Any, value: Any) -> bool:
    """Whether a copy still holds the very same things, its members in the same order."""
    if given is value:
        return True
    if type(given) is not type(value) or type(value) not in (list, dict) or len(given) != len(value):
        return False
    if type(value) is list:
        return all(map(_same, given, value))
    return all(
        key is other and _same(item, value[other]) for (key, item), other in zip(given.items(), value, strict=True)
    )
