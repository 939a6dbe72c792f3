"""The interface of a wire format: how a provider's API writes requests and answers, as pure functions and a few facts.

A format knows no connection, no key and no clock. `HTTPProvider` posts the result of `body` and reads the response.
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
"""How a schema is sent to the server: "strict" sends it, "json_object" asks for any JSON object, "prompt" sends
nothing.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireFormat:
    """The wire format of one API.

    Attributes:
        what: The name of an answer in messages, such as "chat completion".
        url: Returns the URL to post to, given (base URL, model, whether a stream of events is wanted).
        body: Returns the JSON body, given (model, request, mode, whether a stream of events is wanted).
        completion: Returns the Completion in the JSON of a whole answer. Raises ProviderError if there is none.
        text: Converts one event of a stream to a chunk for `Pieces`; None if it is not an event of this format.
        ends: Whether an event is the last one; it is given as JSON, or as text if it is not JSON.
        lines: Whether a stream is JSON Lines instead of server-sent events.
        schema_member: The name of the body member that carries the schema, for messages.
        schema_options: Options that set the response format; if the caller gives one, no schema is sent.
        schema_refusals: Words in a server's refusal of a schema, in lower case.
        optional: Optional members of a body, each with the words of a server's refusal.
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
    """Check that a request's options contain nothing that railguard itself sets.

    Args:
        request: The request.
        more: Further names that railguard sets in this format.

    Raises:
        InputError: If they contain such a name.
    """
    for name, reason in {**_OWN, **dict.fromkeys(more, _OWN["messages"])}.items():
        if name in request.options:
            raise InputError(f"{name} is not an option of a model: {reason}")
