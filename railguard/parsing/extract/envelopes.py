"""A tool call around the answer, and the JSON Schema repeated in place of the answer.

call  = {"name": NAME, "arguments": ARGUMENTS, …} | {"type": "function", "function": call, …}
calls = {"tool_calls": [call, …], …} | [call, …]
ARGUMENTS = an object, or a text that holds one
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, assert_never

from railguard.parsing.context import ReadingContext
from railguard.schema import ChoiceNode, LeafNode, ListNode, Node, ObjectNode, RefNode, Schema, UnionNode

__all__ = ["CALL_KEYS", "Call", "calls_in", "is_schema", "member_names", "must_be_extracted"]

_NAMES: Final = ("name", "tool", "tool_name", "function_name", "recipient_name", "action")
_ARGUMENTS: Final = ("arguments", "parameters", "input", "args", "params", "tool_input", "action_input", "kwargs")
_NESTED: Final = ("function", "function_call", "tool_call", "functionCall")
_LISTS: Final = ("tool_calls", "tool_uses", "toolCalls")
_BESIDE: Final = ("id", "type", "index", "call_id", "tool_call_id", "role", "content", "refusal", "status", "reasoning")
CALL_KEYS: Final = frozenset((*_NAMES, *_ARGUMENTS, *_NESTED, *_LISTS, *_BESIDE))
"""The keys of tool calls and of the messages that hold them."""

Call = tuple[str | int, ...]
"""Where in a value the arguments of a call are."""

_MOST_DEEP = 4


def must_be_extracted(value: Any, context: ReadingContext) -> bool:
    """Whether a value that the schema takes as it is may still be no answer: a tool call, or the guard's own schema."""
    first = value[0] if isinstance(value, list) and value else value
    if not isinstance(first, dict) or (CALL_KEYS.isdisjoint(first) and _SCHEMA_KEYS.isdisjoint(first)):
        return False
    return calls_in(value, context) is not None or is_schema(value, context)


def calls_in(value: Any, context: ReadingContext) -> list[Call] | None:
    """Where the arguments of the tool calls are that a value consists of; None if it is no tool call, or if the schema
    itself names all its keys."""
    names = member_names(context.root, context.schema)
    if not names:
        return None
    found = list(_calls(value, (), names, 0))
    return [call for call in found if call is not None] if found and None not in found else None


def _calls(value: Any, path: Call, names: frozenset[str], depth: int) -> Iterator[Call | None]:
    if depth > _MOST_DEEP:
        yield None
    elif isinstance(value, list):
        if not value or len(value) > 1000:
            yield None
        for at, one in enumerate(value[:1000]):
            if not _is_text_block(one):
                yield from _calls(one, (*path, at), names, depth + 1)
    elif not isinstance(value, dict) or not value or value.keys() <= names or not value.keys() <= CALL_KEYS:
        yield None
    else:
        yield from _of_object(value, path, names, depth)


def _of_object(value: dict[str, Any], path: Call, names: frozenset[str], depth: int) -> Iterator[Call | None]:
    lists = [key for key in _LISTS if isinstance(value.get(key), list) and value[key]]
    nested = [key for key in _NESTED if isinstance(value.get(key), dict)]
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
    """Whether a member holds the arguments of a call. Under its usual key it does, even if they cannot be read."""
    if key == "arguments" and (value is None or isinstance(value, str)):
        return True
    return isinstance(value, dict) or (isinstance(value, str) and value.lstrip()[:1] == "{")


def _is_text_block(value: Any) -> bool:
    """Whether this is text beside the calls of a message that is a list of blocks."""
    return isinstance(value, dict) and value.get("type") == "text" and value.keys() <= {"type", "text"}


def member_names(node: Node, schema: Schema) -> frozenset[str]:
    """The names of the members that an object of this node, an item of this list, or an option of this union has."""
    names: set[str] = set()
    todo: list[Node] = [node]
    seen: set[int] = set()
    while todo:
        at = schema.resolve(todo.pop())
        if id(at) in seen:
            continue
        seen.add(id(at))
        match at:
            case ObjectNode():
                names.update(field.name for field in at.fields)
            case ChoiceNode():
                names.add(at.discriminator)
                todo.extend(case.node for case in at.cases)
            case ListNode():
                todo.append(at.item)
            case UnionNode():
                todo.extend(at.options)
            case LeafNode() | RefNode():
                pass
            case _:
                assert_never(at)
    return frozenset(names)


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
_SCHEMA_KEYS = frozenset(("properties", *_HOLDERS, *_OPTIONS, *_TABLES))


def is_schema(value: Any, context: ReadingContext) -> bool:
    """Whether a value is the guard's own schema, written out as JSON Schema: `properties` with the members as keys."""
    names = member_names(context.root, context.schema)
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


def _is_like_schema(value: Any) -> bool:
    return isinstance(value, bool) or (isinstance(value, dict) and (not value or not _SCHEMA_WORDS.isdisjoint(value)))
