"""What a wire format is: how one provider's API writes a request and an answer, as pure functions and a few facts.

A format knows no connection, no key and no clock. `HTTPProvider` posts what `body` returns and reads what comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from railguard.errors import InputError
from railguard.llm.request import Request
from railguard.values import Completion

__all__ = ["Mode", "WireFormat", "refuse_own_options"]

Mode: TypeAlias = Literal["strict", "json_object", "prompt"]
"""How the server is told of the schema: "strict" sends it, "json_object" asks for any JSON object, "prompt" sends nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireFormat:
    """How one API is spoken.

    Attributes:
        what: What an answer is called there, for messages: "chat completion".
        url: The URL to post to, of (base URL, model, whether a stream of events is wanted).
        body: The JSON body, of (model, request, mode, whether a stream of events is wanted).
        completion: The Completion in the JSON of a whole answer. Raises ProviderError if there is none.
        text: One event of a stream, as a chunk that `Pieces` reads; None if it is no event of this format.
        ends: Whether nothing follows this event, which is its JSON, or its text where that is not JSON.
        lines: Whether a stream is JSON Lines instead of server-sent events.
        schema_member: What the member of a body is called that carries the schema, for messages.
        schema_options: Options by which a caller decides on the form of the answer; then no schema is sent.
        schema_refusals: Words by which a server refuses the schema, in lower case.
        optional: Members of a body that may be left out, each with the words by which a server refuses it.
    """

    what: str
    url: Callable[[str, str, bool], str]
    body: Callable[[str, Request, Mode, bool], dict[str, Any]]
    completion: Callable[[Any], Completion]
    text: Callable[[Any], Any]
    ends: Callable[[Any], bool]
    lines: bool = False
    schema_member: str
    schema_options: tuple[str, ...]
    schema_refusals: tuple[str, ...] = ()
    optional: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


_OWN = {
    "messages": "messages belong to the guard",
    "model": "the model is named when the provider is made",
    "stream": "the guard's stream and astream stream, its other calls do not",
    "api_key": "give the key to railguard.llm.model, or in the provider's environment variable",
    "base_url": "give the base URL to railguard.llm.model",
}


def refuse_own_options(request: Request, *more: str) -> None:
    """Check that a request's options hold nothing that railguard itself decides.

    Args:
        request: The request.
        more: Further names that belong to the messages in this format.

    Raises:
        InputError: If they do.
    """
    for name, reason in {**_OWN, **dict.fromkeys(more, _OWN["messages"])}.items():
        if name in request.options:
            raise InputError(f"{name} is no option of a model: {reason}")
