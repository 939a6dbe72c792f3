"""`@guarded_tool`: checks the arguments that a model passes to a tool before the tool runs.

The function's own annotations are the spec: its parameters' types, and rules in `Annotated`. Everything else works as
in a guard.
"""

from __future__ import annotations

import functools
import inspect
import sys
import types
import typing
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Generic, ParamSpec, TypeVar

from railguard.decorator import mark_coroutine_function
from railguard.errors import InputError, SpecError, ValidationFailed
from railguard.guard import Guard
from railguard.values import JsonSchema, ValidationOutcome

__all__ = ["GuardedTool", "guarded_tool"]

P = ParamSpec("P")
R = TypeVar("R")


class GuardedTool(Generic[P, R]):
    """A function that runs only with valid arguments.

    Calling it like the function checks the arguments and raises ValidationFailed, whose text tells a model what to
    correct. If the function is async, the call and `call` are awaitable.

    Attributes:
        guard: The guard of the arguments.
    """

    def __init__(
        self,
        function: Callable[P, R],
        guard: Guard,
        *,
        method: bool = False,
        of_class: bool = False,
        renamed: Mapping[str, str] = types.MappingProxyType({}),
    ) -> None:
        functools.update_wrapper(self, function)
        self.guard = guard
        self._function = function
        self._signature = inspect.signature(function)
        self._method = method
        self._of_class = of_class
        self._renamed = renamed  # the model's field → the parameter
        self._is_async = inspect.iscoroutinefunction(function)
        if self._is_async:
            mark_coroutine_function(self)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """Bind a method to an instance, so that `archive.search.call(…)` runs with that instance."""
        if self._of_class and (owner is not None or instance is not None):
            instance = owner if owner is not None else type(instance)
        if not self._method or instance is None:
            return self
        return GuardedTool(types.MethodType(self._function, instance), self.guard, renamed=self._renamed)

    def __reduce__(self) -> str | tuple[Any, ...]:
        if inspect.ismethod(self._function):
            return getattr, (self._function.__self__, self._function.__name__)
        return self.__qualname__

    @property
    def schema(self) -> JsonSchema:
        """The JSON Schema of the arguments, an object."""
        return self.guard.json_schema()

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Check the arguments, then run. Raises ValidationFailed; TypeError if the arguments do not match the
        parameters.
        """
        if self._method and args:
            return typing.cast(R, self.__get__(args[0])(*args[1:], **kwargs))
        given = self._signature.bind(*args, **kwargs).arguments
        return self.call(given)

    def call(self, arguments: str | Mapping[str, Any], *, metadata: Mapping[str, Any] | None = None) -> R:
        """Check arguments as a model writes them, then run.

        Args:
            arguments: JSON text, or a mapping.
            metadata: Metadata for validators.

        Returns:
            The return value of the function.

        Raises:
            ValidationFailed: If the arguments are not valid.
            InputError: If they cannot be written as JSON.
        """
        if self._method:
            raise TypeError(
                f"{self.__name__} is a method: call it on an instance of its class; "
                "of a class method, write @guarded_tool above @classmethod"
            )
        text = _text(arguments)
        if self._is_async:
            return self._acall(text, metadata)  # type: ignore[return-value]  # R is a coroutine in this case
        return self._run(self.guard.parse(text, metadata=metadata))

    def outcome(
        self, arguments: str | Mapping[str, Any], *, metadata: Mapping[str, Any] | None = None
    ) -> ValidationOutcome:
        """Check arguments without running the function.

        Args:
            arguments: JSON text, or a mapping.
            metadata: Metadata for validators.

        Returns:
            The outcome; its `output` holds the arguments by name if they are valid.
        """
        return self.guard.parse(_text(arguments), metadata=metadata)

    async def _acall(self, text: str, metadata: Mapping[str, Any] | None) -> Any:
        return await typing.cast(Any, self._run(await self.guard.aparse(text, metadata=metadata)))

    def _run(self, outcome: ValidationOutcome) -> R:
        try:
            outcome.raise_for_failures()
        except ValidationFailed as error:
            failures = str(error).partition("\n")[2]
            raise ValidationFailed(f"the arguments of {self.__name__} are not valid:\n{failures}", outcome) from None
        positional, named = [], {}
        arguments: Any = outcome.output
        for field in type(arguments).model_fields:
            parameter = self._signature.parameters[self._renamed.get(field, field)]
            value = getattr(arguments, field)
            if parameter.kind is parameter.POSITIONAL_ONLY:
                positional.append(value)
            elif field in arguments.model_fields_set or _is_field(parameter.default):
                named[parameter.name] = value
        result: R = typing.cast(Any, self._function)(*positional, **named)
        return result

    __name__: str
    __qualname__: str


def guarded_tool(function: Callable[P, R]) -> GuardedTool[P, R]:
    """Check the arguments of a function or method before it runs, sync or async.

    Types come from its annotations, rules from `Annotated[str, length(max=80)]`. Each rule's on-fail decides: a fix
    replaces the argument, a filter leaves an optional one out, anything else raises ValidationFailed.

    Args:
        function: The function.

    Returns:
        The tool, which is called like the function.

    Raises:
        SpecError: If a parameter has no name or no JSON form.
    """
    around = sys._getframe(1).f_locals  # a tool may be defined where the names in its annotations are local
    given: Any = function
    if isinstance(given, staticmethod):  # @guarded_tool may be above or below @classmethod and @staticmethod
        return typing.cast("GuardedTool[P, R]", staticmethod(_tool(given.__func__, around)))
    if isinstance(given, classmethod):
        return _tool(typing.cast(Any, given.__func__), around, of_class=True)
    return _tool(function, around)


def _tool(function: Callable[P, R], around: Mapping[str, Any], *, of_class: bool = False) -> GuardedTool[P, R]:
    from pydantic import BaseModel, ConfigDict, Field, create_model

    try:
        hints = _hints(function, around)
    except (NameError, TypeError, AttributeError) as error:
        raise _wrong(function, f"its annotations cannot be read: {error}") from error
    fields: dict[str, Any] = {}
    renamed: dict[str, str] = {}
    parameters = list(inspect.signature(function).parameters.values())
    method = of_class or (
        bool(parameters) and parameters[0].name in ("self", "cls") and parameters[0].name not in hints
    )
    for parameter in parameters[method:]:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise _wrong(function, f"{parameter} has no name that a model could give it by")
        if parameter.name not in hints:
            raise _wrong(function, f"the parameter {parameter.name!r} has no annotation")
        default = ... if parameter.default is parameter.empty else parameter.default
        hint = hints[parameter.name]
        if parameter.name.startswith(("_", "model_")) or hasattr(
            BaseModel, parameter.name
        ):  # names that pydantic reserves
            field = f"argument{len(fields)}_{parameter.name.strip('_')}"
            fields[field] = (Annotated[hint, Field(alias=parameter.name)], default)
            renamed[field] = parameter.name
        else:
            fields[parameter.name] = (hint, default)
    model = create_model(
        getattr(function, "__name__", "tool"),
        __config__=ConfigDict(extra="forbid", strict=True),
        __doc__=inspect.getdoc(function) or "",
        **fields,
    )
    return GuardedTool(function, Guard.from_pydantic(model), method=method, of_class=of_class, renamed=renamed)


def _wrong(function: Callable[..., Any], what: str) -> SpecError:
    return SpecError.of(
        f"{getattr(function, '__name__', function)} cannot be a tool: {what}",
        code="tool",
        hint="give every parameter a name and an annotation, as in `def search(query: str, limit: int = 10)`",
    )


def _hints(function: Callable[..., Any], around: Mapping[str, Any]) -> dict[str, Any]:
    """Return the types of the parameters. The return type is not read: it may be a class that does not exist yet."""

    def parameters() -> None: ...

    parameters.__annotations__ = {name: hint for name, hint in function.__annotations__.items() if name != "return"}
    names = getattr(inspect.unwrap(function), "__globals__", {})
    return typing.get_type_hints(parameters, names, dict(around), include_extras=True)


def _is_field(default: Any) -> bool:
    """Whether a default is pydantic's `Field(…)`, which must not be passed to the function as a value."""
    return type(default).__name__ == "FieldInfo" and type(default).__module__ == "pydantic.fields"


def _text(arguments: str | Mapping[str, Any]) -> str:
    """Return arguments as JSON text; Python values are written as pydantic dumps them."""
    if isinstance(arguments, str):
        return arguments
    if not isinstance(arguments, Mapping):
        raise InputError(f"a tool's arguments are JSON text or a mapping, not {type(arguments).__name__}")
    from pydantic_core import PydanticSerializationError, to_json

    try:
        return to_json(dict(arguments), inf_nan_mode="constants").decode()
    except (PydanticSerializationError, ValueError) as error:
        raise InputError(f"an argument has no form as JSON: {error}") from error
