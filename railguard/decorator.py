"""`@guarded`: the user's own model call becomes a function that returns a valid value, or raises.

The decorated function is a model as any other: it is called with messages, once a round, and returns text or an SDK's
response. Everything else is the guard's.
"""

from __future__ import annotations

import functools
import inspect
import os
import sys
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, overload

from railguard.calls import ReaskMode
from railguard.errors import InputError, SpecError
from railguard.guard import Guard
from railguard.options import refuse_foreign
from railguard.values import Message, ValidationOutcome

__all__ = ["GuardedFunction", "guarded"]


class GuardedFunction:
    """A guarded model call. Calling it returns the output or raises ValidationFailed; `outcome(…)` returns the outcome.

    Keywords that are variables of the spec go to the spec; `messages=` takes the place of its messages; all others go
    to the function, in every round. Of an async function, or async generator, both are awaitable. `guard` is the guard.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        guard: Guard,
        settings: Mapping[str, Any],
        bound: tuple[Any, ...] = (),
    ) -> None:
        from railguard.llm.callables import is_async

        functools.update_wrapper(self, function)
        self.__name__ = _name(function)
        self.guard = guard
        self._function = function
        self._settings = settings
        self._bound = bound
        self._is_async = is_async(function)
        if self._is_async and sys.version_info >= (3, 12):
            inspect.markcoroutinefunction(self)

    def __get__(self, instance: object, owner: type | None = None) -> GuardedFunction:
        if instance is None:
            return self
        return GuardedFunction(self._function, self.guard, self._settings, (instance,))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The output. Raises ValidationFailed where a failure stays unresolved and is not noop."""
        if self._is_async:
            return self._acall(args, kwargs)
        return _output(self.outcome(*args, **kwargs))

    async def _acall(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return _output(await self.outcome(*args, **kwargs))

    def outcome(self, *args: Any, **kwargs: Any) -> Any:
        """The ValidationOutcome, an awaitable of it for an async function."""
        given, variables, options = self._sort(args, kwargs)
        model = functools.partial(self._function, *self._bound, **options)
        call: Any = self.guard.acall if self._is_async else self.guard
        return call(model, variables, **given, **self._settings)

    def _sort(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        if len(args) > 1:
            raise InputError(
                f"{self.__name__} takes its messages, or nothing, by position; give everything else by name"
            )
        given: dict[str, Any] = {}
        if args:
            if "messages" in kwargs:
                raise InputError(f"{self.__name__} got messages twice")
            given["messages"] = args[0]
        elif "messages" in kwargs and "messages" not in self.guard.variables:
            given["messages"] = kwargs.pop("messages")
        if "messages" in given and (
            isinstance(given["messages"], (str, Mapping)) or not isinstance(given["messages"], Sequence)
        ):
            raise InputError('messages are a list of {"role": …, "content": …}')
        names = set(self.guard.variables)
        variables = {name: value for name, value in kwargs.items() if name in names}
        options = {name: value for name, value in kwargs.items() if name not in names}
        refuse_foreign(options, self._function, decorated=True)
        return given, variables, options


def _name(function: Callable[..., Any]) -> str:
    return str(getattr(function, "__name__", type(function).__name__))


def _output(outcome: ValidationOutcome) -> Any:
    outcome.raise_for_failures()
    return outcome.output


@overload
def guarded(spec: Callable[..., Any], /) -> GuardedFunction: ...
@overload
def guarded(
    spec: str | os.PathLike[str] | Guard | Mapping[str, Any] | type | None = None,
    /,
    *,
    messages: Sequence[Message] | str | None = None,
    metadata: Mapping[str, Any] | None = None,
    max_reasks: int = 2,
    timeout: float | None = 120.0,
    token_budget: int = 500_000,
    reask_mode: ReaskMode = "auto",
) -> Callable[[Callable[..., Any]], GuardedFunction]: ...
def guarded(
    spec: Any = None,
    /,
    *,
    messages: Sequence[Message] | str | None = None,
    metadata: Mapping[str, Any] | None = None,
    max_reasks: int = 2,
    timeout: float | None = 120.0,
    token_budget: int = 500_000,
    reask_mode: ReaskMode = "auto",
) -> Any:
    """Guard a function or method that asks a model, sync or async.

    spec: a RAIL file's path, RAIL text, a pydantic model or other type, a JSON Schema as dict, a Guard; without one,
    the function's return annotation. messages: the conversation's templates, for a type or a JSON Schema. metadata,
    max_reasks, timeout, token_budget, reask_mode: what calling a Guard takes.

    The function is called with `messages` (a list of dicts), with the caller's other keywords, and with `schema` (the
    JSON Schema of the wanted answer) if it has a parameter of that name. Raises TypeError where a parameter of the
    function has the name of a variable of the spec, and SpecError for a spec that cannot be used.
    """
    function: Any = spec
    if inspect.isfunction(spec) or inspect.ismethod(spec) or isinstance(spec, (classmethod, staticmethod)):
        return guarded()(function)
    settings: dict[str, Any] = {
        "metadata": metadata,
        "max_reasks": max_reasks,
        "timeout": timeout,
        "token_budget": token_budget,
        "reask_mode": reask_mode,
    }

    def decorate(function: Any) -> Any:
        if isinstance(function, (classmethod, staticmethod)):
            return type(function)(decorate(function.__func__))  # @guarded above @classmethod, as well as below it
        guard = _guard(spec if spec is not None else _returned(function), messages)
        _check_names(function, guard)
        return GuardedFunction(function, guard, settings)

    return decorate


def _guard(spec: Any, messages: Sequence[Message] | str | None) -> Guard:
    if isinstance(spec, Guard):
        guard = spec
    elif isinstance(spec, os.PathLike) or (isinstance(spec, str) and not spec.lstrip("\ufeff \t\r\n").startswith("<")):
        guard = Guard.from_rail(spec)
    elif isinstance(spec, str):
        guard = Guard.from_rail_string(spec)
    elif isinstance(spec, Mapping):
        return Guard.from_json_schema(spec, messages=messages)
    elif spec is str:
        return Guard.from_string(messages=messages)
    else:
        return Guard.from_pydantic(spec, messages=messages)
    if messages is not None:
        raise InputError("this spec has messages of its own; give messages= with a type or a JSON Schema")
    return guard


def _returned(function: Callable[..., Any]) -> Any:
    try:
        annotation = typing.get_type_hints(function, include_extras=True).get("return")
    except NameError as error:
        raise SpecError.of(
            f"the return annotation of {_name(function)} cannot be read: {error}", code="return-annotation"
        ) from error
    if annotation is None or annotation is type(None):
        raise SpecError.of(
            f"@guarded needs to know what {_name(function)} must return",
            code="return-annotation",
            hint="give a spec, as in @guarded('specs/fees.rail'), or a return annotation, as in `-> Invoice`",
        )
    return annotation


def _check_names(function: Callable[..., Any], guard: Guard) -> None:
    parameters = inspect.signature(function).parameters
    both = [name for name in guard.variables if name in parameters]
    if both:
        raise TypeError(
            f"{_name(function)} has a parameter {both[0]!r}, and so does its spec; rename one of them, because a "
            "keyword can go to one only"
        )
