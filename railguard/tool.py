"""`@guarded_tool`: the arguments a model gives a tool are checked before the tool runs.

The function's own annotations are the spec: its parameters' types, and rules in `Annotated`. Everything else is a guard's.
"""

from __future__ import annotations

import functools
import inspect
import sys
import typing
from collections.abc import Callable, Mapping
from typing import Any, Generic, ParamSpec, TypeVar

from railguard.errors import InputError, SpecError
from railguard.guard import Guard
from railguard.values import JsonSchema, ValidationOutcome

__all__ = ["GuardedTool", "guarded_tool"]

P = ParamSpec("P")
R = TypeVar("R")


class GuardedTool(Generic[P, R]):
    """A function that runs only with arguments that are valid.

    Calling it as the function checks what is given and raises ValidationFailed, whose text tells a model what to mend.
    `call(arguments)` takes what a model wrote: JSON text, or a mapping. `outcome(arguments)` checks and does not run.
    `schema` is the JSON Schema of the arguments, for a tool's definition; `guard` is the guard. Of an async function,
    the call and `call` are awaitable.
    """

    def __init__(self, function: Callable[P, R], guard: Guard) -> None:
        functools.update_wrapper(self, function)
        self.guard = guard
        self._function = function
        self._signature = inspect.signature(function)
        self._is_async = inspect.iscoroutinefunction(function)
        if self._is_async and hasattr(inspect, "markcoroutinefunction"):
            inspect.markcoroutinefunction(self)

    @property
    def schema(self) -> JsonSchema:
        """The JSON Schema of the arguments, an object."""
        return self.guard.json_schema()

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Check the arguments, then run. Raises ValidationFailed, TypeError for arguments that do not bind."""
        given = self._signature.bind(*args, **kwargs).arguments
        return self.call(given)

    def call(self, arguments: str | Mapping[str, Any], *, metadata: Mapping[str, Any] | None = None) -> R:
        """Check arguments as a model gives them, then run. Raises ValidationFailed; InputError for what is no JSON."""
        text = _text(arguments)
        if self._is_async:
            return self._acall(text, metadata)  # type: ignore[return-value]  # R is a coroutine then
        return self._run(self.guard.parse(text, metadata=metadata))

    def outcome(
        self, arguments: str | Mapping[str, Any], *, metadata: Mapping[str, Any] | None = None
    ) -> ValidationOutcome:
        """What the check of arguments finds; the function does not run. `output` holds them by name if they are valid."""
        return self.guard.parse(_text(arguments), metadata=metadata)

    async def _acall(self, text: str, metadata: Mapping[str, Any] | None) -> Any:
        return await typing.cast(Any, self._run(await self.guard.aparse(text, metadata=metadata)))

    def _run(self, outcome: ValidationOutcome) -> R:
        outcome.raise_for_failures()
        valid = {name: getattr(outcome.output, name) for name in type(outcome.output).model_fields}
        given = outcome.output.model_fields_set
        result: R = typing.cast(Any, self._function)(**{name: value for name, value in valid.items() if name in given})
        return result

    __name__: str


def guarded_tool(function: Callable[P, R]) -> GuardedTool[P, R]:
    """Check the arguments of a function before it runs, sync or async.

    Types come from its annotations, rules from `Annotated[str, length(max=80)]`, the on-fail of each decides: a fix
    mends an argument, a filter leaves an optional one out, everything else raises ValidationFailed. Raises SpecError for
    a function whose parameters have no names or no JSON form.
    """
    from pydantic import ConfigDict, create_model

    try:
        around = sys._getframe(1).f_locals  # a tool may be defined where its annotations' names are local
        hints = typing.get_type_hints(function, localns=around, include_extras=True)
    except NameError as error:
        raise _wrong(function, f"its annotations cannot be read: {error}") from error
    fields: dict[str, Any] = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise _wrong(function, f"{parameter} has no name that a model could give it by")
        if parameter.name not in hints:
            raise _wrong(function, f"the parameter {parameter.name!r} has no annotation")
        default = ... if parameter.default is parameter.empty else parameter.default
        fields[parameter.name] = (hints[parameter.name], default)
    model = create_model(
        getattr(function, "__name__", "tool"),
        __config__=ConfigDict(extra="forbid", strict=True),
        __doc__=inspect.getdoc(function) or "",
        **fields,
    )
    return GuardedTool(function, Guard.from_pydantic(model))


def _wrong(function: Callable[..., Any], what: str) -> SpecError:
    return SpecError.of(
        f"{getattr(function, '__name__', function)} cannot be a tool: {what}",
        code="tool",
        hint="give every parameter a name and an annotation, as in `def search(query: str, limit: int = 10)`",
    )


def _text(arguments: str | Mapping[str, Any]) -> str:
    """Arguments as JSON; of Python values, what pydantic dumps."""
    if isinstance(arguments, str):
        return arguments
    if not isinstance(arguments, Mapping):
        raise InputError(f"a tool's arguments are JSON text or a mapping, not {type(arguments).__name__}")
    from pydantic_core import PydanticSerializationError, to_json

    try:
        return to_json(dict(arguments), inf_nan_mode="constants").decode()
    except (PydanticSerializationError, ValueError) as error:
        raise InputError(f"an argument has no form as JSON: {error}") from error
