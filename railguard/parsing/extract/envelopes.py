"""Unwraps a tool call around the answer, and recognizes a JSON Schema that was repeated instead of an answer.

call  = {"name": NAME, "arguments": ARGUMENTS, …} | {"type": "function", "function": call, …}
calls = {"tool_calls": [call, …], …} | [call, …]
ARGUMENTS = an object, or a text that holds one
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from railguard.parsing.context import ReadingContext

__all__ = ["CALL_KEYS", "ArgumentsPath", "is_schema", "must_be_extracted", "tool_calls_in"]

_NAMES: Final = ("name", "tool", "tool_name", "function_name", "recipient_name", "action")
_ARGUMENTS: Final = ("arguments", "parameters", "input", "args", "params", "tool_input", "action_input", "kwargs")
_NESTED: Final = ("function", "function_call", "tool_call", "functionCall", "toolUse", "tool_use", "toolCall")
_LISTS: Final = ("tool_calls", "tool_uses", "toolCalls")
_BESIDE: Final = (
    "id",
    "type",
    "index",
    "call_id",
    "tool_call_id",
    "toolUseId",
    "role",
    "content",
    "refusal",
    "status",
    "reasoning",
)
CALL_KEYS: Final = frozenset((*_NAMES, *_ARGUMENTS, *_NESTED, *_LISTS, *_BESIDE))
"""The keys of tool calls and of the messages that contain them."""

_MESSAGES: Final = ("content", "parts", "output", "message", "choices", "candidates")
"""Keys under which a provider's response has the messages that hold calls."""
_SAID: Final = frozenset(
    (
        *_MESSAGES,
        "thought",
        "thoughts",
        "rationale",
        "explanation",
        "observation",
        "result",
        "response",
        "finish_reason",
    )
)
"""Keys of what is said around a call, where they are no members of the answer."""

ArgumentsPath = tuple[str | int, ...]
"""The path of a call's arguments in a value."""

_MOST_DEEP = 8


def must_be_extracted(value: Any, context: ReadingContext) -> bool:
    """Whether a value that the schema accepts may still not be an answer: a tool call, or the guard's own schema."""
    first = value[0] if isinstance(value, list) and value else value
    if not isinstance(first, dict) or (CALL_KEYS.isdisjoint(first) and _SCHEMA_KEYS.isdisjoint(first)):
        return False
    if first is value and first.keys() <= context.member_names:
        return False
    return tool_calls_in(value, context) is not None or is_schema(value, context)


def tool_calls_in(value: Any, context: ReadingContext) -> list[ArgumentsPath] | None:
    """Return the paths of the arguments of the tool calls in a value; None if it is not a tool call, or if the schema
    itself names all its keys.
    """
    names = context.member_names
    if not names:
        return None
    found = list(_calls(value, (), names, 0))
    return [call for call in found if call is not None] if found and None not in found else None


def _calls(value: Any, path: ArgumentsPath, names: frozenset[str], depth: int) -> Iterator[ArgumentsPath | None]:
    if depth > _MOST_DEEP:
        yield None
    elif isinstance(value, list):
        if not value or len(value) > 1000:
            yield None
        for at, one in enumerate(value[:1000]):
            if not _is_text_block(one):
                yield from _calls(one, (*path, at), names, depth + 1)
    elif (
        not isinstance(value, dict)
        or not value
        or value.keys() <= names
        or not value.keys() <= CALL_KEYS | (_SAID - names)
    ):
        yield None
    else:
        yield from _of_object(value, path, names, depth)


def _of_object(
    value: dict[str, Any], path: ArgumentsPath, names: frozenset[str], depth: int
) -> Iterator[ArgumentsPath | None]:
    lists = [key for key in _LISTS if isinstance(value.get(key), list) and value[key]]
    lists = lists or [key for key in _MESSAGES if isinstance(value.get(key), list) and value[key]]
    nested = [key for key in _NESTED if isinstance(value.get(key), dict)]
    nested = nested or [key for key in _MESSAGES if isinstance(value.get(key), dict)]
    arguments = [key for key in _ARGUMENTS if key in value and _may_be_arguments(key, value[key])]
    named = any(isinstance(value.get(key), str) for key in (*_NAMES, "function"))
    if len(lists) == 1 and not (nested or arguments):
        yield from _calls(value[lists[0]], (*path, lists[0]), names, depth + 1)
    elif len(nested) == 1 and not arguments:
        yield from _calls(value[nested[0]], (*path, nested[0]), names, depth + 1)
    elif len(arguments) == 1 and named:
        yield (*path, arguments[0])
    else:
        yield None


def _may_be_arguments(key: str, value: Any) -> bool:
    """Whether a member contains the arguments of a call. Under the usual key it does, even if they cannot be parsed."""
    if key == "arguments" and (value is None or isinstance(value, str)):
        return True
    return isinstance(value, dict) or (isinstance(value, str) and value.lstrip()[:1] == "{")


def _is_text_block(value: Any) -> bool:
    """Whether this is text next to the calls of a message that is a list of blocks."""
    return isinstance(value, dict) and value.get("type") == "text" and value.keys() <= {"type", "text"}


_SCHEMA_WORDS = frozenset(
    [
        "type",
        "$ref",
        "anyOf",
        "oneOf",
        "allOf",
        "enum",
        "const",
        "title",
        "description",
        "properties",
        "items",
        "format",
        "default",
        "minimum",
        "maximum",
    ]
)
_HOLDERS = ("items", "schema", "json_schema", "parameters", "input_schema", "response_format", "definition")
_OPTIONS = ("anyOf", "oneOf", "allOf")
_TABLES = ("$defs", "definitions")
_SCHEMA_KEYS = frozenset(("properties", "fields", *_HOLDERS, *_OPTIONS, *_TABLES))


def is_schema(value: Any, context: ReadingContext) -> bool:
    """Whether a value is the guard's own schema as JSON Schema: `properties` with the members as keys."""
    names = context.member_names
    if not names or "properties" in names:
        return False
    todo = [(value, 0)]
    while todo:
        at, depth = todo.pop()
        if not isinstance(at, dict) or depth > _MOST_DEEP:
            continue
        table = at.get("properties")
        if isinstance(table, dict) and not names.isdisjoint(table) and all(map(_is_like_schema, table.values())):
            return True
        if "fields" not in names and _is_record(at.get("fields"), names):
            return True
        if depth and not (at.keys() & _SCHEMA_KEYS):
            continue
        todo += [(at[key], depth + 1) for key in _HOLDERS if key not in names and key in at]
        for key in _OPTIONS:
            if key not in names and isinstance(at.get(key), list):
                todo += [(one, depth + 1) for one in at[key][:100]]
        for key in _TABLES:
            if key not in names and isinstance(at.get(key), dict):
                todo += [(one, depth + 1) for one in list(at[key].values())[:100]]
    return False


def _is_record(fields: Any, names: frozenset[str]) -> bool:
    """Whether these are the fields of a record as Avro and SQL engines write a type: a list of names with their types."""
    if not isinstance(fields, list) or not fields:
        return False
    given = [one.get("name") if isinstance(one, dict) and "type" in one else None for one in fields]
    return all(isinstance(name, str) for name in given) and not names.isdisjoint(given)


def _is_like_schema(value: Any) -> bool:
    return isinstance(value, bool) or (isinstance(value, dict) and (not value or not _SCHEMA_WORDS.isdisjoint(value)))
