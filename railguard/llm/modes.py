"""Chooses how to send a schema to a server: which way to try first, which ways it refused, whether it enforced the
schema.

No server says in advance what it enforces. So a schema is sent if the API has a place for it. If a server refuses it,
the next weaker way is used and the refusal is remembered. An answer that violates the schema shows that it was not
enforced.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any

from railguard.llm.request import Request
from railguard.llm.wire import Mode, WireFormat
from railguard.values import JsonSchema

__all__ = ["Refusals", "breaks", "first_mode", "next_mode"]

_MOST_REMEMBERED = 256
_OF_THE_SCHEMA = (
    *("invalid schema", "schema conversion", "grammar", "pattern", "too complex", "too large", "too many", "too deep"),
    *("nesting", "recursion", "unsupported keyword"),
)


class Refusals:
    """What one server has refused: schemas in general, single schemas, members of a body. Shared by threads and tasks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._names: frozenset[str] = frozenset()
        self._schemas: dict[str, None] = {}

    def __reduce__(self) -> tuple[type[Refusals], tuple[()]]:
        return Refusals, ()  # another process learns it again

    @property
    def members(self) -> frozenset[str]:
        """The members of a body, and the modes, that were refused."""
        return self._names

    def refused(self, mode: Mode, request: Request) -> bool:
        """Whether a mode was refused, for this request's schema or for all."""
        return mode in self._names or (mode == "strict" and _digest(request.schema) in self._schemas)

    def add_member(self, name: str) -> None:
        """Record that a member of the body was refused."""
        with self._lock:
            self._names |= {name}

    def add_mode(self, mode: Mode, request: Request, said: str) -> None:
        """Record that a mode was refused. said: the server's words, which may be about this one schema only."""
        if mode == "json_object" and "json" in said.lower() and "messages" in said.lower():
            return  # OpenAI: "'messages' must contain the word 'json'", which is about the messages only
        with self._lock:
            if mode == "strict" and any(word in said.lower() for word in _OF_THE_SCHEMA):
                if len(self._schemas) >= _MOST_REMEMBERED:
                    del self._schemas[next(iter(self._schemas))]
                self._schemas[_digest(request.schema)] = None
            else:
                self._names |= {mode}


def first_mode(format: WireFormat, modes: tuple[Mode, ...], request: Request, refusals: Refusals) -> Mode:
    """Return the strongest mode that a request can be sent in.

    Args:
        format: The wire format of the server.
        modes: The modes that its service has, the strongest first.
        request: The request; unless it is strict and has a schema, the mode is "prompt".
        refusals: What the server has refused.
    """
    if request.schema is None or not request.strict:
        return "prompt"
    if any(name in request.options for name in format.schema_options):
        return "prompt"
    return next((mode for mode in modes if _possible(mode, request) and not refusals.refused(mode, request)), "prompt")


def next_mode(modes: tuple[Mode, ...], request: Request, refused: Mode) -> Mode:
    """Return the next weaker mode after the one that was refused."""
    weaker = modes[modes.index(refused) + 1 :] if refused in modes else ()
    return next((mode for mode in weaker if _possible(mode, request)), "prompt")


def _possible(mode: Mode, request: Request) -> bool:
    if mode != "json_object":
        return True
    # JSON mode produces objects only; and a model whose prompt does not ask for JSON writes spaces without end.
    return request.schema is not None and request.schema.get("type") == "object" and _speaks_of_json(request)


def _speaks_of_json(request: Request) -> bool:
    for message in request.messages:
        content = message.get("content")
        parts = content if isinstance(content, list) else [content]
        for part in parts:
            words = part.get("text") if isinstance(part, Mapping) else part
            if isinstance(words, str) and "json" in words.lower():
                return True
    return False


def _digest(schema: JsonSchema | None) -> str:
    from hashlib import sha256

    return sha256(json.dumps(schema, sort_keys=True).encode()).hexdigest()


def breaks(schema: JsonSchema, text: str) -> str | None:
    """Return the reason why a text cannot have been written under a schema, or None if it can.

    Only structure is compared (type, properties, required, items, enum, const), so a reason proves that a server which
    was sent the schema did not enforce it.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return "it is not JSON"
    try:
        return _Comparison(schema.get("$defs", {})).flaw(schema, value, "$")
    except RecursionError:
        return None


class _Comparison:
    """Finds the first place where a value differs from a schema.

    The flaw of a container is kept: the options of a union lead to the same members, and would otherwise compare each
    of them once for every path of options to it.
    """

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions
        self._known: dict[tuple[int, int], str | None] = {}

    def flaw(self, schema: Any, value: Any, where: str) -> str | None:
        """Return why `value`, at the path `where`, breaks `schema`; None if it does not."""
        if not isinstance(schema, Mapping):
            return None
        if not isinstance(value, (dict, list)):
            return self._flaw(schema, value, where)
        key = id(schema), id(value)
        if key not in self._known:
            self._known[key] = self._flaw(schema, value, where)
        return self._known[key]

    def _flaw(self, schema: Mapping[str, Any], value: Any, where: str) -> str | None:
        if "$ref" in schema:
            name = str(schema["$ref"]).removeprefix("#/$defs/")
            flaw = self.flaw(self._definitions.get(name, {}), value, where)
            if flaw is not None:
                return flaw
        for several in ("anyOf", "oneOf"):
            options = schema.get(several)
            if options and all(self.flaw(option, value, where) is not None for option in options):
                return f"{where} is not one of the allowed forms"
        types = schema.get("type")
        if types is not None and not any(_is(value, one) for one in ([types] if isinstance(types, str) else types)):
            return f"{where} is not of type {types if isinstance(types, str) else ' or '.join(types)}"
        if "enum" in schema and not any(type(one) is type(value) and one == value for one in schema["enum"]):
            return f"{where} is not one of the allowed values"
        if "const" in schema and schema["const"] != value:
            return f"{where} is not the allowed value"
        if isinstance(value, dict):
            return self._object_flaw(schema, value, where)
        if isinstance(value, list) and "items" in schema:
            flaws = (self.flaw(schema["items"], one, f"{where}[{at}]") for at, one in enumerate(value))
            return next((flaw for flaw in flaws if flaw is not None), None)
        return None

    def _object_flaw(self, schema: Mapping[str, Any], value: dict[str, Any], where: str) -> str | None:
        for name in schema.get("required", ()):
            if name not in value:
                return f"{where} has no {name!r}"
        properties, extra = schema.get("properties", {}), schema.get("additionalProperties", True)
        for name, one in value.items():
            if name not in properties and extra is False:
                return f"{where} has a key that is not allowed"
            flaw = self.flaw(properties.get(name, extra), one, f"{where}.{name}")
            if flaw is not None:
                return flaw
        return None


def _is(value: Any, name: str) -> bool:
    match name:
        case "null":
            return value is None
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, (int, float)) and not isinstance(value, bool) and value == value // 1
        case "number":
            return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, {"string": str, "array": list, "object": dict}.get(name, object))
