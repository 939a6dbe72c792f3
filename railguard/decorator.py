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
from typing import Any, Literal, overload

from railguard.calls import ReaskMode
from railguard.errors import InputError, SpecError
from railguard.guard import Guard
from railguard.values import Message, ValidationOutcome

__all__ = ["GuardedFunction", "guarded", "mark_coroutine_function"]


class GuardedFunction:
    """A guarded model call. Calling it returns the output or raises ValidationFailed; `outcome(…)` returns the outcome.

    Keywords that are variables of the spec go to the spec; `messages=` takes the place of its messages; all others go
    to the function, in every round. Of an async function, or async generator, both are awaitable, and it is a coroutine
    function to `inspect` and `asyncio`. `guard` is the guard. It is pickled by its name, as functions are.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        guard: Guard,
        settings: Mapping[str, Any],
        bound: tuple[Any, ...] = (),
        *,
        of_class: bool = False,
    ) -> None:
        from railguard.llm.callables import is_async

        functools.update_wrapper(self, function)
        self.__name__ = _name(function)
        self.__qualname__: str = getattr(function, "__qualname__", self.__name__)
        self.guard = guard
        self._function = function
        self._settings = settings
        self._bound = bound
        self._of_class = of_class
        self._method = "never" if bound else _method(function)
        self._is_async = is_async(function)
        if self._is_async:
            mark_coroutine_function(self)

    def __get__(self, instance: object, owner: type | None = None) -> GuardedFunction:
        if self._of_class and (owner is not None or instance is not None):
            return self._to(owner if owner is not None else type(instance))
        return self if instance is None else self._to(instance)

    def _to(self, instance: object) -> GuardedFunction:
        return GuardedFunction(self._function, self.guard, self._settings, (instance,))

    def __reduce__(self) -> str | tuple[Any, ...]:
        return (getattr, (self._bound[0], self.__name__)) if self._bound else self.__qualname__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The output. Raises ValidationFailed where a failure stays unresolved and is not noop."""
        if self._is_async:
            return self._acall(args, kwargs)
        return _output(self.outcome(*args, **kwargs))

    async def _acall(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return _output(await self.outcome(*args, **kwargs))

    def outcome(self, *args: Any, **kwargs: Any) -> Any:
        """The ValidationOutcome, an awaitable of it for an async function."""
        if self._method == "always" and not args:
            raise InputError(
                f"{self.__qualname__} is a method, and nothing is bound to it: write @guarded above @classmethod, "
                "or give the instance or class as the first argument"
            )
        if self._method == "always" or (self._method == "perhaps" and args and not _is_messages(args[0])):
            # A classmethod (from Python 3.13 on) or a property calls it without binding it first.
            return self._to(args[0]).outcome(*args[1:], **kwargs)
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
        if "messages" in given and not _is_messages(given["messages"]):
            raise InputError('messages are a list of {"role": …, "content": …}')
        names = set(self.guard.variables)
        variables = {name: value for name, value in kwargs.items() if name in names}
        options = {name: value for name, value in kwargs.items() if name not in names}
        return given, variables, options


def mark_coroutine_function(wrapper: Any) -> None:
    """Make `inspect.iscoroutinefunction` and asyncio's own say yes of an object whose call returns a coroutine."""
    if sys.version_info >= (3, 12):
        inspect.markcoroutinefunction(wrapper)
        return
    # Before that, inspect looks for what a function has: a code object with the flag of `async def`, and its company.
    wrapper.__code__ = _coroutine.__code__
    wrapper.__defaults__ = wrapper.__kwdefaults__ = None
    wrapper.__dict__.setdefault("__annotations__", {})


async def _coroutine() -> None: ...


def _method(function: Callable[..., Any]) -> Literal["always", "perhaps", "never"]:
    """Whether a function takes an instance or a class before its messages, as far as its definition tells."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return "never"
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    holder = str(getattr(function, "__qualname__", "")).rpartition(".")[0]
    if inspect.ismethod(function) or not inspect.isfunction(inspect.unwrap(function)):
        return "never"
    if positional and positional[0].name in ("self", "cls"):
        return "always"
    if not holder or holder.endswith("<locals>"):
        return "never"  # it does not stand in a class
    required = sum(p.default is p.empty for p in positional)
    if required >= (1 if any(p.name == "messages" and p.kind is p.KEYWORD_ONLY for p in parameters) else 2):
        return "always"
    return "perhaps" if len(positional) > 1 or any(p.kind is p.VAR_POSITIONAL for p in parameters) else "never"


def _is_messages(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


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
    if inspect.isfunction(spec) or inspect.ismethod(spec) or isinstance(spec, (classmethod, staticmethod, property)):
        return guarded()(function)
    settings: dict[str, Any] = {
        "metadata": metadata,
        "max_reasks": max_reasks,
        "timeout": timeout,
        "token_budget": token_budget,
        "reask_mode": reask_mode,
    }

    def decorate(function: Any, *, of_class: bool = False) -> Any:
        # @guarded above @classmethod, @staticmethod or @property, as well as below it.
        if isinstance(function, classmethod):
            return decorate(function.__func__, of_class=True)
        if isinstance(function, staticmethod):
            return staticmethod(decorate(function.__func__))
        if isinstance(function, property):
            return property(decorate(function.fget), function.fset, function.fdel, function.__doc__)
        if not callable(function):
            raise TypeError(f"@guarded stands above a function or method, not a {type(function).__name__}")
        guard = _guard(spec if spec is not None else _returned(function), messages)
        _check_names(function, guard)
        return GuardedFunction(function, guard, settings, of_class=of_class)

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
