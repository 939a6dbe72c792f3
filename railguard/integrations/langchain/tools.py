"""`guard_tool`: the arguments that an agent gives a tool are checked before the tool runs.

What is wrong goes back to the agent as the tool's answer, a ToolMessage with status "error", so that it can try again.
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
    """A tool that runs only with valid arguments: `guard_tool(refund, amount=[valid_range(0, 100)])`.

    Args:
        tool: a LangChain tool, or a function that `@tool` would take.
        metadata: for the rules.
        **rules: the rules of each argument, by its name.

    Returns:
        A tool of the same name, description and arguments. Arguments that are not valid are answered by what is wrong
        with them, with status "error"; a fix mends an argument, a filter leaves an optional one out.

    Raises:
        InputError: for what is no tool, or a rule on an argument that the tool does not have.
        SpecError: for a rule that does not serve the argument's type.
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
    """Arguments that are not valid."""


def _handled(tool: BaseTool) -> Callable[[ToolException], Any]:
    """How errors of a tool are answered: refused arguments with what is wrong, others as the tool says."""

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
    """A class of tools that check their arguments. kind: the tool's own class. names: the arguments a model gives."""

    class Guarded(kind):  # type: ignore[misc]  # a class that is known when it runs
        def _to_args_and_kwargs(self, tool_input: Any, tool_call_id: str | None) -> Any:
            # LangChain calls this first in a tool's run: what is raised here is the run's error, and answered as such.
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
    """The JSON Schema of the arguments that a model gives."""
    schema: Any = tool.tool_call_schema
    return dict(schema) if isinstance(schema, Mapping) else dict(schema.model_json_schema())
