"""OpenAI's chat completions, and every server that speaks them: what is sent, what is read, what its errors mean.

The wire format alone; time, size and faults of the connection are http.py's, asking again is retry.py's.
Reference: https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

import os
from typing import Any

from railguard.errors import InputError, ProviderError
from railguard.llm.http import Endpoint, HttpLimits, Reply, error_in
from railguard.llm.request import Request
from railguard.llm.responses import completion_of
from railguard.values import Completion

__all__ = ["BASE_URL", "OpenAI", "chat_body"]

BASE_URL = "https://api.openai.com/v1"

_PATH = "/chat/completions"
_OURS = {
    "messages": "messages belong to the guard",
    "model": "the model is named when the provider is made",
    "stream": "this provider reads whole answers",
    "api_key": "give the key to railguard.llm.model, or in OPENAI_API_KEY",
    "base_url": "give the base URL to railguard.llm.model, or in OPENAI_BASE_URL",
}


class OpenAI:
    """A Provider of one model behind OpenAI's chat completions API.

    model: its name there. base_url: of any compatible server, up to and with "/v1"; else OPENAI_BASE_URL, else
    OpenAI's own. api_key: else OPENAI_API_KEY; needed for OpenAI's own server alone, and sent to the base URL and
    nowhere else. It asks once: `railguard.llm.model("openai:…")` wraps it in Retrying.

    Options of a request go into the body as they are (temperature, max_tokens, seed, …). A strict request sends the
    schema as `response_format`, unless the options hold one.
    """

    def __init__(
        self,
        model: str,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        limits: HttpLimits | None = None,
    ) -> None:
        url = (base_url or os.environ.get("OPENAI_BASE_URL") or BASE_URL).strip()
        key = api_key if api_key is not None else os.environ.get("OPENAI_API_KEY") or None
        self._model = model
        self._endpoint = Endpoint(_chat_url(url), key=key, limits=limits)
        self.name: str = f"openai:{model}"

    def __repr__(self) -> str:
        return f"<OpenAI {self._model} at {self._endpoint!r}>"

    def complete(self, request: Request) -> Completion:
        """Ask, and wait for the answer."""
        # On an event loop of its own: a blocking client cannot end a slow look-up or a dripping header at a deadline.
        from railguard.llm.event_loop import run_sync

        return run_sync(lambda: self.acomplete(request))

    async def acomplete(self, request: Request) -> Completion:
        """Ask, and wait for the answer.

        Raises ProviderError for a fault of connection or provider, InputError for options that are not the caller's.
        """
        endpoint = self._endpoint
        if not endpoint.has_key and endpoint.host == "api.openai.com":
            raise ProviderError("there is no key for OpenAI: set OPENAI_API_KEY, or give api_key")
        reply = await endpoint.post(chat_body(self._model, request), request.timeout)
        if not reply.ok:
            raise endpoint.error_of(reply, _advice(reply, self._model, request))
        return self._read(reply)

    def _read(self, reply: Reply) -> Completion:
        shown = self._endpoint.shown
        kind = self._endpoint.quoted(reply.headers.get("content-type", "no content type"))
        try:
            body = reply.json()
        except UnicodeDecodeError as error:
            fault = f"{shown} answered with bytes that are not UTF-8, from byte {error.start} on"
        except (ValueError, RecursionError):
            fault = f"{shown} answered with {kind} that cannot be read as JSON; is the base URL right (it ends in /v1)?"
        else:
            return self._completion(body, reply)
        raise ProviderError(fault, status=reply.status)

    def _completion(self, body: Any, reply: Reply) -> Completion:
        if isinstance(body, dict) and body.get("error") and not body.get("choices"):
            # Gateways send errors inside a 200; the real status is then its code, if it is anywhere.
            status = body["error"].get("code") if isinstance(body["error"], dict) else None
            status = status if type(status) is int and 400 <= status < 600 else reply.status
            raise self._endpoint.error_of(Reply(status, reply.headers, reply.body))
        try:
            completion = completion_of(body) if isinstance(body, dict) and "choices" in body else None
        except ProviderError as error:
            fault = self._endpoint.quoted(str(error))
        else:
            if completion is not None:
                return completion
            fault = "there are no choices in it"
        raise ProviderError(f"{self._endpoint.shown} sent no chat completion: {fault}", status=reply.status)


def chat_body(model: str, request: Request) -> dict[str, Any]:
    """The JSON body of a request. Raises InputError for an option that railguard itself decides."""
    for name, reason in _OURS.items():
        if name in request.options:
            raise InputError(f"{name} is no option of a model: {reason}")
    body: dict[str, Any] = {"model": model, "messages": list(request.messages)}
    if request.strict and request.schema is not None:
        body["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": request.schema, "strict": True},
        }
    return {**body, **request.options}


def _chat_url(base_url: str) -> str:
    base, question, query = base_url.partition("?")
    base = base.rstrip("/").removesuffix(_PATH)
    return f"{base}{_PATH}{question}{query}"


def _advice(reply: Reply, model: str, request: Request) -> str | None:
    """What to do about an error status, where it can be told; None leaves it to what the status means everywhere."""
    said, code = error_in(reply)
    words = said.lower()
    if reply.status in (401, 403):
        return "is the key right? It comes from api_key or OPENAI_API_KEY"
    if reply.status == 404:
        return f"is there a model {model!r}, and does the base URL end in /v1?"
    if reply.status not in (400, 413, 422):
        return None
    if code == "context_length_exceeded" or "context length" in words or "context window" in words:
        return "the conversation is longer than the model can read: shorten the document or choose another model"
    if "response_format" in words or "json_schema" in words or "response format" in words:
        if "response_format" in request.options:
            return "the option response_format is the caller's own"
        return 'this server does not take the schema as response_format: use reask_mode="prompt", without strict'
    return None
