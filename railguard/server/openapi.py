"""Creates the server's OpenAPI document, with its current guards."""

from __future__ import annotations

from typing import Any

from railguard.server.guards import Guards
from railguard.server.requests import HEADER, PREFIX

__all__ = ["document"]

_TEXT = {"type": "string"}
_ANY_OBJECT = {"type": "object", "additionalProperties": True}
_MESSAGES = {"type": "array", "items": {"type": "object", "required": ["role"], "properties": {"role": _TEXT}}}
_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": _TEXT,
                "type": _TEXT,
                "param": {"type": ["string", "null"]},
                "code": _TEXT,
                "failures": {"type": "array", "items": {"$ref": "#/components/schemas/Failure"}},
            },
        },
        "x_railguard": _ANY_OBJECT,
    },
}
_FAILURE = {
    "type": "object",
    "required": ["path", "validator", "message"],
    "properties": {"path": _TEXT, "validator": _TEXT, "message": _TEXT, "action": _TEXT},
}
_OUTCOME = {
    "type": "object",
    "required": ["passed", "output", "failures", "stopped"],
    "properties": {
        "passed": {"type": "boolean"},
        "output": {},
        "partial": {},
        "failures": {"type": "array", "items": {"$ref": "#/components/schemas/Failure"}},
        "stopped": _TEXT,
    },
    "additionalProperties": True,
}
_REASK = {
    "type": "object",
    "required": ["messages", "schema", "paths", "passed"],
    "properties": {
        "messages": {"anyOf": [_MESSAGES, {"type": "null"}]},
        "schema": {"type": ["object", "null"]},
        "paths": {"type": "array", "items": _TEXT},
        "passed": {"type": "boolean"},
    },
}


def document(guards: Guards, *, has_keys: bool) -> dict[str, Any]:
    """Create the document.

    Args:
        guards: The guards of the server.
        has_keys: Whether requests need a key.
    """
    from importlib.metadata import version

    names = [one.name for one in guards.all()]
    asked = [PREFIX + one.name for one in guards.all() if one.provider is not None]
    name = {"name": "name", "in": "path", "required": True, "schema": {"type": "string", "enum": names}}
    header = {"name": HEADER, "in": "header", "required": False, "schema": {"type": "string", "enum": names}}
    paths = {
        "/v1/chat/completions": _post(
            "createChatCompletion",
            "Ask a guard's model, and again for only what fails, until the output is valid",
            _chat(asked),
            _response("A completion whose content is the output, or events where stream is true", _ANY_OBJECT),
            [header],
            also={"502": _error("The model could not be asked"), "503": _error("The model is busy")},
        ),
        "/v1/guards/{name}/validate": _post(
            "validate",
            "Validate an answer",
            _object(output=_TEXT, metadata=_ANY_OBJECT, required=["output"]),
            _response("The outcome, whether it passed or not", {"$ref": "#/components/schemas/Outcome"}),
            [name],
        ),
        "/v1/guards/{name}/reask": _post(
            "reask",
            "The question for what fails in an answer",
            _object(output=_TEXT, messages=_MESSAGES, variables=_ANY_OBJECT, metadata=_ANY_OBJECT, required=["output"]),
            _response("What to ask; messages and schema are null if nothing is to be asked", _REASK),
            [name],
        ),
        "/v1/guards": _get("listGuards", "The guards", _ANY_OBJECT),
        "/v1/models": _get("listModels", "The guards that have a model, as OpenAI's API lists models", _ANY_OBJECT),
        "/openapi.json": _get("openapi", "This document", _ANY_OBJECT),
        "/healthz": {**_get("health", "Whether the server runs", _ANY_OBJECT)},
        "/metrics": {
            "get": {
                "operationId": "metrics",
                "summary": "Counts for Prometheus",
                "responses": {"200": {"description": "Counts", "content": {"text/plain": {"schema": _TEXT}}}},
            }
        },
    }
    components: dict[str, Any] = {"schemas": {"Error": _ERROR, "Failure": _FAILURE, "Outcome": _OUTCOME}}
    made: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "railguard", "version": version("railguard")},
        "paths": paths,
        "components": components,
    }
    if has_keys:
        components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        made["security"] = [{"key": []}]
        paths["/healthz"]["get"]["security"] = []
    return made


def _chat(models: list[str]) -> dict[str, Any]:
    own = _object(variables=_ANY_OBJECT, metadata=_ANY_OBJECT)
    plain = _object(
        model={"type": "string", "examples": models[:3]},
        messages=_MESSAGES,
        stream={"type": ["boolean", "null"]},
        railguard=own,
    )
    return {**plain, "additionalProperties": True}


def _object(required: list[str] | None = None, **members: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {"type": "object", "properties": members, "additionalProperties": False}
    return plain if required is None else {**plain, "required": required}


def _post(
    name: str,
    summary: str,
    body: dict[str, Any],
    response: dict[str, Any],
    parameters: list[Any],
    also: dict[str, Any] | None = None,
) -> dict[str, Any]:
    errors = {
        "400": _error("The request is wrong"),
        "401": _error("A key is needed"),
        "404": _error("There is no such guard"),
        "408": _error("The body did not come in time"),
        "413": _error("The body is too large"),
        "415": _error("The body is not JSON"),
        "422": _error("The output is not valid"),
        "429": _error("Too many calls are running"),
        "500": _error("A validator or the server failed"),
    }
    return {
        "post": {
            "operationId": name,
            "summary": summary,
            "parameters": parameters,
            "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
            "responses": {"200": response, **errors, **(also or {})},
        }
    }


def _get(name: str, summary: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"get": {"operationId": name, "summary": summary, "responses": {"200": _response(summary, schema)}}}


def _response(words: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": words, "content": {"application/json": {"schema": schema}}}


def _error(words: str) -> dict[str, Any]:
    return _response(words, {"$ref": "#/components/schemas/Error"})
