"""`guard_tool`: the arguments that an agent gives a tool are checked before the tool runs.

If they are not valid, the agent gets a ToolMessage with status "error" that says why, so that it can try again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from langchain_core.tools import BaseTool, ToolException, tool
from pydantic_core import to_json

from railguard import Guard, InputError, Rule, ValidationFailed

__all__ = ["guard_tool"]


def guard_tool(
    tool: BaseTool | Callable[..., Any],
    /,
    *,
    metadata: Mapping[str, Any] | None = None,
    **rules: Sequence[Rule] | Rule,
) -> BaseTool:
    """Make a tool that runs only with valid arguments: `guard_tool(refund, amount=[valid_range(0, 100)])`.

    Args:
        tool: A LangChain tool, or a function that `@tool` would take.
        metadata: Metadata for validators.
        **rules: The rules of each argument, by argument name.

    Returns:
        A tool of the same name, description and arguments. If arguments are not valid, its answer says why, with status
        "error". A fix replaces an argument; a filter drops an optional one.

    Raises:
        InputError: If it is not a tool, or has no argument of that name.
        SpecError: If a rule cannot check the argument's type.
    """
    made = _tool(tool)
    schema = _schema(made)
    known = schema.get("properties", {})
    guard = Guard.from_json_schema({**schema, "additionalProperties": False})
    for name, given in rules.items():
        if name not in known:
            raise InputError(f"the tool {made.name} has no argument {name!r}; it has {', '.join(known) or 'none'}")
        guard = guard.using(*([given] if isinstance(given, Rule) else given), on=f"$.{name}")
    guarded: Any = made.model_copy(
        update={
            "handle_tool_error": _handled(made),
            "handle_validation_error": made.handle_validation_error or _unfit,
        }
    )
    guarded.__class__ = _checking(type(made), guard, tuple(known), metadata)
    checked: BaseTool = guarded
    return checked


class _Refused(ToolException):
    """Raised for arguments that are not valid."""


def _handled(tool: BaseTool) -> Callable[[ToolException], Any]:
    """Return the tool's error handler: invalid arguments are described, other errors are handled as the tool defines."""

    def handle(error: ToolException) -> Any:
        own = tool.handle_tool_error
        if isinstance(error, _Refused):
            return str(error)
        if not own:
            raise error
        if callable(own):
            return own(error)
        return own if isinstance(own, str) else str(error)

    return handle


def _unfit(error: Any) -> str:
    return f"The arguments are not valid: {error}"


def _checking(kind: Any, guard: Guard, names: Sequence[str], metadata: Mapping[str, Any] | None) -> Any:
    """Create a subclass of a tool's class that checks its arguments. names: the arguments that a model gives."""

    class Guarded(kind):  # type: ignore[misc]  # a class that is known only at run time
        def _to_args_and_kwargs(self, tool_input: Any, tool_call_id: str | None) -> Any:
            # LangChain calls this first in a tool's run: an exception raised here is the run's error, and is handled as
            # such.
            if isinstance(tool_input, dict):
                given = {name: value for name, value in tool_input.items() if name in names}
                injected = {name: value for name, value in tool_input.items() if name not in names}
                tool_input = {**_valid(self.name, guard, given, metadata), **injected}
            return super()._to_args_and_kwargs(tool_input, tool_call_id)

    return Guarded


def _valid(name: str, guard: Guard, given: dict[str, Any], metadata: Mapping[str, Any] | None) -> dict[str, Any]:
    try:
        outcome: Any = guard.parse(to_json(given).decode(), metadata=metadata)
        outcome.raise_for_failures()
    except ValidationFailed as error:
        failures = str(error).partition("\n")[2] or str(error)
        raise _Refused(f"The arguments of {name} are not valid:\n{failures}") from error
    checked: dict[str, Any] = outcome.output
    return checked


def _tool(given: Any) -> BaseTool:
    if isinstance(given, BaseTool):
        return given
    if callable(given):
        made = tool(given)
        assert isinstance(made, BaseTool), "of a function, it is a tool"
        return made
    raise InputError(f"guard_tool takes a LangChain tool or a function, not {type(given).__name__}")


def _schema(tool: BaseTool) -> dict[str, Any]:
    """Return the JSON Schema of the arguments that a model gives."""
    schema: Any = tool.tool_call_schema
    return dict(schema) if isinstance(schema, Mapping) else dict(schema.model_json_schema())
