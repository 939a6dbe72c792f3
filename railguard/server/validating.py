"""Endpoints that do not ask the model: validate an existing answer, and create the reask for an invalid one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.requests import Request

from railguard import Guard, Message, ValidationFailed, ValidationOutcome
from railguard.server.guards import Guards, Served
from railguard.server.json_responses import AnyJSONResponse
from railguard.server.metrics import CallKind, Metrics
from railguard.server.outcome_responses import error_of
from railguard.server.requests import PREFIX, Refused, read_messages, read_object, request_member

__all__ = ["Validating", "guard_list", "model_list"]

_LONG = 16 * 1024
"""Number of characters from which a text is parsed in a thread, so that other requests are not delayed."""


class Validating:
    """The endpoints below `/v1/guards/NAME`."""

    def __init__(self, guards: Guards, metrics: Metrics, *, content: bool) -> None:
        """Store what the endpoints need. content: whether an error includes messages, answers and values."""
        self._guards, self._metrics, self._content = guards, metrics, content

    async def validate(self, request: Request) -> AnyJSONResponse:
        """Answer `{"output": TEXT, "metadata"?}` with the outcome, whether it passed or not."""
        return await self._answer(request, "validate", ("output", "metadata"))

    async def reask(self, request: Request) -> AnyJSONResponse:
        """Answer `{"output": TEXT, "messages"?, "variables"?, "metadata"?}` with the messages, the schema and the paths
        of a reask.
        """
        return await self._answer(request, "reask", ("output", "messages", "variables", "metadata"))

    async def _answer(self, request: Request, kind: CallKind, names: tuple[str, ...]) -> AnyJSONResponse:
        name = request.path_params["name"]
        served = self._guards.get(name)
        try:
            if served is None:
                raise Refused(404, f"there is no guard {name[:80]!r}", "guard_not_found")
            plain = await read_object(request)
            unknown = next((one for one in plain if one not in names), None)
            if unknown is not None:
                words = f"there is no {unknown[:100]!r} here; there are {', '.join(names)}"
                raise Refused(400, words, "unknown_parameter", param=unknown[:100])
            with self._metrics.call(served.name, kind) as counted:
                outcome = await _parsed(served.guard, plain)
                counted.ended(outcome)
                answer = outcome.to_dict() if kind == "validate" else await _reask(served.guard, outcome, plain)
            return AnyJSONResponse(answer)
        except Exception as error:
            return error_of(error, served.name if served is not None else "", content=self._content)


async def _parsed(guard: Guard[Any], plain: Mapping[str, Any]) -> ValidationOutcome[Any]:
    """Validate the answer in a request. Raises Refused, and the errors of `Guard.aparse`."""
    output = request_member(plain, "output", str, "a text: the model's answer as it came")
    if output is None:
        raise Refused(400, "output is missing: the model's answer as a text", "missing_parameter", param="output")
    metadata = request_member(plain, "metadata", dict, "an object") or {}
    try:
        if len(output) > _LONG:
            return await asyncio.to_thread(guard.parse, output, metadata=metadata)
        return await guard.aparse(output, metadata=metadata)
    except ValidationFailed as failed:  # the answer is that to the first question
        return failed.outcome


async def _reask(guard: Guard[Any], outcome: ValidationOutcome[Any], plain: Mapping[str, Any]) -> dict[str, Any]:
    """Return the reask; its messages and schema are None if nothing has to be asked again."""
    messages = await _conversation(guard, plain)
    if messages and outcome.iterations:
        first = replace(outcome.iterations[0], messages=tuple(messages))
        outcome = replace(outcome, iterations=(first, *outcome.iterations[1:]))
    request = await asyncio.to_thread(guard.reask_request, outcome)
    if request is None:
        return {"messages": None, "schema": None, "paths": [], "passed": outcome.passed}
    paths = [str(path) for path in request.paths]
    return {"messages": request.messages, "schema": request.schema, "paths": paths, "passed": outcome.passed}


async def _conversation(guard: Guard[Any], plain: Mapping[str, Any]) -> list[Message]:
    """Return the messages that the answer belongs to; an empty list if the request has none."""
    messages = read_messages(plain.get("messages"))
    variables = request_member(plain, "variables", dict, "an object, each value by its name")
    if messages and variables is not None:
        raise Refused(400, "give messages or variables: variables are for the spec's messages", "invalid_value")
    if variables is None:
        return messages or []
    return await asyncio.to_thread(
        guard.render, variables, metadata=request_member(plain, "metadata", dict, "an object")
    )


def guard_list(guards: Guards) -> dict[str, Any]:
    """Return the body of `GET /v1/guards`."""
    return {"object": "list", "data": [_described(one) for one in guards.all()]}


def model_list(guards: Guards) -> dict[str, Any]:
    """Return the guards in the form of OpenAI's list of models."""
    return {
        "object": "list",
        "data": [
            {"id": PREFIX + one.name, "object": "model", "created": int(one.loaded), "owned_by": "railguard"}
            for one in guards.all()
            if one.provider is not None
        ],
    }


def _described(served: Served) -> dict[str, Any]:
    guard = served.guard
    return {
        "name": served.name,
        "model": None if served.provider is None else served.provider.name,
        "variables": list(guard.variables),
        "schema": guard.json_schema(),
        "streams": "whole" if served.shape == "whole" else "pieces",
        "warnings": [str(problem) for problem in guard.warnings],
        "loaded": int(served.loaded),
        "problem": served.problem,
    }
