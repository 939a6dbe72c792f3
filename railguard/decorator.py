"""`@guarded`: turns the user's own model call into a function that returns a valid value, or raises.

The decorated function is used as a model like any other: it is called with messages, once per round, and returns text
or an SDK's response. The guard does everything else.
"""

from __future__ import annotations

import functools
import inspect
import os
import sys
import typing
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from types import UnionType
from typing import TYPE_CHECKING, Any, Concatenate, Generic, Literal, ParamSpec, Protocol, TypeVar, Unpack, overload

from railguard.call_settings import CallSettings, GuardedOptions
from railguard.errors import InputError, SpecError
from railguard.guard import Guard
from railguard.options import refuse_foreign
from railguard.values import Message, StreamEvent, ValidationOutcome

__all__ = ["GuardedFunction", "guarded", "mark_coroutine_function"]

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")
S = TypeVar("S")
F = TypeVar("F", bound=Callable[..., Any])
T_co = TypeVar("T_co", covariant=True)
F_co = TypeVar("F_co", bound=Callable[..., Any], covariant=True)

if TYPE_CHECKING:

    class _OnlyAny:
        """A type without values, so that only Any is compatible with it."""

        def __init__(self, never: _OnlyAny) -> None: ...

    _Messages = Sequence[Message]
    _Variables = Mapping[str, Any]
    _Async = Coroutine[Any, Any, object] | AsyncIterator[object]
    _Wrapped = classmethod[Any, Any, Any] | staticmethod[Any, Any] | property


class Calls(Generic[F_co, T_co]):
    """The call signatures of a guarded function of type F that returns T: without messages, or with other ones.

    For an async function the result is awaitable. Type checkers see three kinds of functions (those that return Any,
    async ones, all others) and four forms of a call for each; if messages or variables are given by name, the other
    keywords are not checked.
    """

    @overload
    def __call__(
        self: Calls[Callable[Concatenate[Any, P], _OnlyAny], T_co], *args: P.args, **kwargs: P.kwargs
    ) -> T_co: ...
    @overload
    def __call__(
        self: Calls[Callable[Concatenate[Any, P], _OnlyAny], T_co],
        messages: _Messages,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T_co: ...
    @overload
    def __call__(self: Calls[Callable[..., _OnlyAny], T_co], *, messages: _Messages, **kwargs: Any) -> T_co: ...  # type: ignore[overload-cannot-match]  # mypy takes Concatenate for as broad as …; pyright does not
    @overload
    def __call__(self: Calls[Callable[..., _OnlyAny], T_co], *, variables: _Variables, **kwargs: Any) -> T_co: ...  # type: ignore[overload-cannot-match]  # mypy takes Concatenate for as broad as …; pyright does not
    @overload
    def __call__(
        self: Calls[Callable[Concatenate[Any, P], _Async], T_co], *args: P.args, **kwargs: P.kwargs
    ) -> Coroutine[Any, Any, T_co]: ...
    @overload
    def __call__(
        self: Calls[Callable[Concatenate[Any, P], _Async], T_co],
        messages: _Messages,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Coroutine[Any, Any, T_co]: ...
    @overload
    def __call__(  # type: ignore[overload-cannot-match]  # mypy takes Concatenate for as broad as …; pyright does not
        self: Calls[Callable[..., _Async], T_co], *, messages: _Messages, **kwargs: Any
    ) -> Coroutine[Any, Any, T_co]: ...
    @overload
    def __call__(  # type: ignore[overload-cannot-match]  # mypy takes Concatenate for as broad as …; pyright does not
        self: Calls[Callable[..., _Async], T_co], *, variables: _Variables, **kwargs: Any
    ) -> Coroutine[Any, Any, T_co]: ...
    @overload
    def __call__(
        self: Calls[Callable[Concatenate[Any, P], object], T_co], *args: P.args, **kwargs: P.kwargs
    ) -> T_co: ...
    @overload
    def __call__(
        self: Calls[Callable[Concatenate[Any, P], object], T_co],
        messages: _Messages,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T_co: ...
    @overload
    def __call__(self: Calls[Callable[..., object], T_co], *, messages: _Messages, **kwargs: Any) -> T_co: ...  # type: ignore[overload-cannot-match]  # mypy takes Concatenate for as broad as …; pyright does not
    @overload
    def __call__(self: Calls[Callable[..., object], T_co], *, variables: _Variables, **kwargs: Any) -> T_co: ...  # type: ignore[overload-cannot-match]  # mypy takes Concatenate for as broad as …; pyright does not
    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # type: ignore[misc]  # it accepts them all
        """Return the result of the guarded function."""
        return self._call(args, kwargs)

    def _call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        raise NotImplementedError


class GuardedFunction(Calls[F_co, T_co]):
    """A guarded model call. Calling it returns the output or raises ValidationFailed; `outcome(…)` returns the outcome.

    Keywords that are variables of the spec go to the spec, and so does the dict `variables=`; `messages=` replaces the
    spec's messages; all others go to the function, in every round. If the function is async or an async generator, both
    calls are awaitable, and `inspect` and `asyncio` recognize it as a coroutine function. It is pickled by name, like a
    function.
    """

    guard: Guard[T_co]
    """The guard."""
    __name__: str
    __qualname__: str

    def __init__(
        self,
        function: F_co,
        guard: Guard[T_co],
        settings: GuardedOptions,
        bound: tuple[Any, ...] = (),
        *,
        of_class: bool = False,
    ) -> None:
        from railguard.llm.callables import is_async

        functools.update_wrapper(self, function)
        self.__name__ = _name(function)
        self.__qualname__ = getattr(function, "__qualname__", self.__name__)
        self.guard = guard
        self._function = function
        self._settings = settings
        self._bound = bound
        self._of_class = of_class
        self._method = "never" if bound else _method(function)
        self._is_async = is_async(function)
        if self._is_async:
            mark_coroutine_function(self)

    # A checker sees a function of a class before it is bound, also below @classmethod and @staticmethod; so the type of
    # its first parameter tells what it is bound to. One that is not annotated may be anything.
    @overload
    def __get__(
        self: GuardedFunction[Callable[Concatenate[_OnlyAny, P], R], T_co], instance: None, owner: type | None = None
    ) -> GuardedFunction[Callable[Concatenate[Any, P], R], T_co]: ...
    @overload
    def __get__(
        self: GuardedFunction[Callable[Concatenate[type[Any], P], R], T_co], instance: None, owner: type | None = None
    ) -> GuardedFunction[Callable[P, R], T_co]: ...
    @overload
    def __get__(self, instance: None, owner: type | None = None) -> GuardedFunction[F_co, T_co]: ...
    @overload
    def __get__(
        self: GuardedFunction[Callable[Concatenate[S, P], R], T_co], instance: S, owner: type | None = None
    ) -> GuardedFunction[Callable[P, R], T_co]: ...
    @overload
    def __get__(
        self: GuardedFunction[Callable[Concatenate[type[S], P], R], T_co], instance: S, owner: type | None = None
    ) -> GuardedFunction[Callable[P, R], T_co]: ...
    @overload
    def __get__(self, instance: object, owner: type | None = None) -> GuardedFunction[F_co, T_co]: ...
    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if self._of_class and (owner is not None or instance is not None):
            return self._to(owner if owner is not None else type(instance))
        return self if instance is None else self._to(instance)

    def _to(self, instance: object) -> GuardedFunction[Any, T_co]:
        return GuardedFunction(self._function, self.guard, self._settings, (instance,))

    def __reduce__(self) -> str | tuple[Any, ...]:
        return (getattr, (self._bound[0], self.__name__)) if self._bound else self.__qualname__

    def __repr__(self) -> str:
        return f"<guarded {self.__qualname__}{self.__signature__}>"

    @property
    def __signature__(self) -> inspect.Signature:
        """The parameters of a call: the spec's variables instead of the messages, which may also be given."""
        return _signature(self._function, self.guard, bool(self._bound))

    def _call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        outcome: Any = self._asked("__call__", args, kwargs)
        return _aoutput(outcome) if self._is_async else _output(outcome)

    if TYPE_CHECKING:

        @property
        def outcome(self) -> Calls[F_co, ValidationOutcome[T_co]]:
            """Call with the function's arguments: returns the ValidationOutcome, or an awaitable of it for an async
            function.
            """

    else:

        def outcome(self, *args: Any, **kwargs: Any) -> Any:
            """Return the ValidationOutcome, or an awaitable of it for an async function."""
            return self._asked("__call__", args, kwargs)

    def stream(self, *args: Any, **kwargs: Any) -> Iterator[StreamEvent[T_co]]:
        """Yield the events of a streaming call, as `Guard.stream` does.

        Args:
            *args: The messages, or nothing.
            **kwargs: The arguments of the function, and `raw` and `on_stream_failure` of `Guard.stream`.
        """
        events: Iterator[StreamEvent[T_co]] = self._asked("stream", args, kwargs)
        return events

    def astream(self, *args: Any, **kwargs: Any) -> AsyncIterator[StreamEvent[T_co]]:
        """`stream` on a running event loop: `async for event in extract.astream(…)`. It has the same arguments."""
        events: AsyncIterator[StreamEvent[T_co]] = self._asked("astream", args, kwargs)
        return events

    def _asked(self, way: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a method of the guard with the function as its model."""
        if self._method == "always" and not args:
            raise InputError(
                f"{self.__qualname__} is a method, and nothing is bound to it: write @guarded above @classmethod, "
                "or give the instance or class as the first argument"
            )
        if self._method == "always" or (self._method == "perhaps" and args and not _is_messages(args[0])):
            # A classmethod (from Python 3.13 on) or a property calls it without binding it first.
            return self._to(args[0])._asked(way, args[1:], kwargs)
        streaming = {name: kwargs[name] for name in _OF_STREAMS if way != "__call__" and name in kwargs}
        rest = {name: value for name, value in kwargs.items() if name not in streaming}
        given, variables, options = self._sort(args, rest)
        model = functools.partial(self._function, *self._bound, **options)
        method = getattr(self.guard, "acall" if way == "__call__" and self._is_async else way)
        return method(model, variables, **given, **streaming, **self._settings)

    def _sort(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        """Split the arguments into those of the call, of the spec and of the function."""
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
        variables: dict[str, Any] = {}
        if "variables" not in names and "variables" not in _parameters(self._function):
            variables = kwargs.pop("variables", {})
            if not isinstance(variables, Mapping):
                raise InputError("variables= is a dict of the spec's variables, each value by its name")
        variables = {**variables, **{name: value for name, value in kwargs.items() if name in names}}
        options = {name: value for name, value in kwargs.items() if name not in names}
        refuse_foreign(options, self._function, decorated=True)
        return given, variables, options


_OF_STREAMS = ("raw", "on_stream_failure")


def mark_coroutine_function(wrapper: Any) -> None:
    """Make `inspect.iscoroutinefunction` and asyncio's version return True for an object whose call returns a
    coroutine.
    """
    if sys.version_info >= (3, 12):
        inspect.markcoroutinefunction(wrapper)
        return
    # Earlier versions of inspect check a function's attributes: a code object with the flag of `async def`, and others.
    wrapper.__code__ = _coroutine.__code__
    wrapper.__defaults__ = wrapper.__kwdefaults__ = None
    wrapper.__dict__.setdefault("__annotations__", {})


async def _coroutine() -> None: ...


def _method(function: Callable[..., Any]) -> Literal["always", "perhaps", "never"]:
    """Return whether a function takes an instance or a class before its messages, as far as its definition shows."""
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
        return "never"  # it is not defined in a class
    required = sum(p.default is p.empty for p in positional)
    if required >= (1 if any(p.name == "messages" and p.kind is p.KEYWORD_ONLY for p in parameters) else 2):
        return "always"
    return "perhaps" if len(positional) > 1 or any(p.kind is p.VAR_POSITIONAL for p in parameters) else "never"


def _is_messages(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _name(function: Callable[..., Any]) -> str:
    return str(getattr(function, "__name__", type(function).__name__))


def _parameters(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):
        return {}


def _signature(function: Callable[..., Any], guard: Guard[Any], is_bound: bool) -> inspect.Signature:
    parameters = [*_parameters(function).values()][1 if is_bound else 0 :]
    owner = 0 if is_bound or _method(function) != "always" else 1
    shown = parameters[:owner]
    for at, one in enumerate(parameters[owner:]):
        by_position = one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)
        if (at == 0 and by_position) or (one.name == "messages" and one.kind is one.KEYWORD_ONLY):
            shown.append(one.replace(default=...))
        elif one.kind is one.POSITIONAL_OR_KEYWORD:
            shown.append(one.replace(kind=one.KEYWORD_ONLY))  # only the messages are passed by position
        elif one.name != "schema" and one.kind is not one.VAR_POSITIONAL:
            shown.append(one)
    shown = [one for one in shown if one.name != "schema" or one.kind is not one.KEYWORD_ONLY]
    of_spec = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in guard.variables if name.isidentifier()
    ]
    return inspect.Signature(sorted([*shown, *of_spec], key=lambda one: one.kind))


def _output(outcome: ValidationOutcome[Any]) -> Any:
    outcome.raise_for_failures()
    return outcome.output


async def _aoutput(outcome: Coroutine[Any, Any, ValidationOutcome[Any]]) -> Any:
    return _output(await outcome)


class _Decorator(Protocol[T_co]):
    @overload
    def __call__(self, function: _Wrapped, /) -> Any: ...
    @overload
    def __call__(self, function: F, /) -> GuardedFunction[F, T_co]: ...


class _Bare(Protocol):
    @overload
    def __call__(self, function: _Wrapped, /) -> Any: ...
    @overload
    def __call__(
        self, function: Callable[P, Coroutine[Any, Any, T]], /
    ) -> GuardedFunction[Callable[P, Coroutine[Any, Any, T]], T]: ...
    @overload
    def __call__(self, function: Callable[P, T], /) -> GuardedFunction[Callable[P, T], T]: ...


@overload
def guarded(  # type: ignore[overload-overlap]  # a class and a guard are callable too; they are recognized first
    spec: type[T] | Guard[T], /, *, messages: Sequence[Message] | str | None = None, **options: Unpack[GuardedOptions]
) -> _Decorator[T]: ...
@overload
def guarded(
    spec: str | os.PathLike[str] | Mapping[str, Any] | UnionType,
    /,
    *,
    messages: Sequence[Message] | str | None = None,
    **options: Unpack[GuardedOptions],
) -> _Decorator[Any]: ...
@overload
def guarded(
    spec: None = None, /, *, messages: Sequence[Message] | str | None = None, **options: Unpack[GuardedOptions]
) -> _Bare: ...
@overload
def guarded(spec: _Wrapped, /) -> Any: ...
@overload
def guarded(
    spec: Callable[P, Coroutine[Any, Any, T]], /
) -> GuardedFunction[Callable[P, Coroutine[Any, Any, T]], T]: ...
@overload
def guarded(spec: Callable[P, T], /) -> GuardedFunction[Callable[P, T], T]: ...
def guarded(
    spec: Any = None, /, *, messages: Sequence[Message] | str | None = None, **options: Unpack[GuardedOptions]
) -> Any:
    """Guard a function or method that asks a model, sync or async.

    The function is called with `messages` (a list of dicts), with the caller's other keywords, and with `schema` (the
    JSON Schema of the wanted answer) if it has a parameter of that name.

    Args:
        spec: A RAIL file's path, RAIL text, a pydantic model or other type, a JSON Schema as dict, a Guard; without
            one, the function's return annotation.
        messages: The templates of the conversation, for a type or a JSON Schema.
        **options: The options of calling a Guard: metadata, max_reasks, timeout, token_budget, reask_mode, tell_schema.

    Returns:
        A decorator; if only a function is given, the decorated function.

    Raises:
        TypeError: If it is not a function, or a parameter has the name of a variable of the spec.
        SpecError: If the spec cannot be used.
        InputError: If an option is invalid.
    """
    function: Any = spec
    if inspect.isfunction(spec) or inspect.ismethod(spec) or isinstance(spec, (classmethod, staticmethod, property)):
        return guarded()(function)
    for name in options:
        if name not in GuardedOptions.__annotations__:
            taken = ", ".join(GuardedOptions.__annotations__)
            raise TypeError(f"@guarded takes no {name}=; it takes messages, {taken}. Others go to the function")
    CallSettings(**options).checked()

    def decorate(function: Any, *, of_class: bool = False) -> Any:
        # @guarded may be above or below @classmethod, @staticmethod or @property.
        if isinstance(function, classmethod):
            return decorate(function.__func__, of_class=True)
        if isinstance(function, staticmethod):
            return staticmethod(decorate(function.__func__))
        if isinstance(function, property):
            return property(decorate(function.fget), function.fset, function.fdel, function.__doc__)
        if not callable(function):
            raise TypeError(f"@guarded decorates a function or method, not a {type(function).__name__}")
        guard = _guard(spec if spec is not None else _returned(function), messages)
        _check_names(function, guard)
        return GuardedFunction(function, guard, options, of_class=of_class)

    return decorate


def _guard(spec: Any, messages: Sequence[Message] | str | None) -> Guard[Any]:
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


def _check_names(function: Callable[..., Any], guard: Guard[Any]) -> None:
    parameters = inspect.signature(function).parameters
    both = [name for name in guard.variables if name in parameters]
    if both:
        raise TypeError(
            f"{_name(function)} has a parameter {both[0]!r}, and so does its spec; rename one of them, because a "
            "keyword can go to one only"
        )
