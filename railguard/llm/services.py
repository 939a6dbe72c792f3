"""The services that can be asked by name: one row a service. A new one is a row here, and nothing else.

What a row leaves open is what most have: OpenAI's chat completions, the key as a bearer token, a hosted server.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from railguard.errors import InputError
from railguard.llm.formats.openai_chat import OPENAI_CHAT
from railguard.llm.wire import Mode, WireFormat
from railguard.schema.targets import Target

__all__ = ["SERVICES", "Service"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One API that somebody offers.

    Attributes:
        scheme: The name before the colon, as in "openai:gpt-5".
        label: What it is called in messages.
        base_url: Its own server; None where everybody has one of their own.
        url_variables: Environment variables that name another server, the first that is set counts.
        query_variables: Parameters of the URL, each with the environment variables that may give it.
        key_variables: Environment variables that hold the key.
        needs_key: Whether its own server wants a key.
        key_header: The header that carries the key.
        key_prefix: What stands before the key in it.
        headers: Headers that every request has.
        format: How it is spoken to.
        modes: How it can be told of a schema, the strongest way first.
        schema_target: Whose dialect of JSON Schema it enforces.
        cheap_schemas: Whether a new schema costs nothing there; None where that depends on the host.
        url_advice: What to check when the server does not answer as it should.
    """

    scheme: str
    label: str
    base_url: str | None
    url_variables: tuple[str, ...] = ()
    query_variables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    key_variables: tuple[str, ...] = ()
    needs_key: bool = True
    key_header: str = "Authorization"
    key_prefix: str = "Bearer "
    headers: Mapping[str, str] = field(default_factory=dict)
    format: WireFormat = OPENAI_CHAT
    modes: tuple[Mode, ...] = ("strict", "json_object", "prompt")
    schema_target: Target = "openai-strict"
    cheap_schemas: bool | None = False
    url_advice: str = "is the base URL right (it ends in /v1)"

    def base_of(self, given: str | None, environment: Mapping[str, str]) -> str:
        """The base URL: the given one, else the environment's, else its own.

        Raises:
            InputError: If there is none.
        """
        named = next((environment[name] for name in self.url_variables if environment.get(name)), None)
        url = (given or named or self.base_url or "").strip()
        if not url:
            variables = " or ".join(self.url_variables)
            raise InputError(f"{self.scheme}: needs the URL of your server: set {variables}, or give base_url")
        if "://" not in url and named == url:
            url = f"http://{url}"  # OLLAMA_HOST may be HOST:PORT
        for parameter, variables_of in self.query_variables.items():
            value = next((environment[name] for name in variables_of if environment.get(name)), None)
            if value and f"{parameter}=" not in url:
                url += ("&" if "?" in url else "?") + f"{parameter}={value}"
        return url

    def key_of(self, environment: Mapping[str, str]) -> str | None:
        """The key that the environment holds."""
        return next((environment[name] for name in self.key_variables if environment.get(name)), None)

    def needs_key_at(self, host: str) -> bool:
        """Whether a server wants a key: the service's own does, one of the caller's may not."""
        from urllib.parse import urlsplit

        return self.needs_key and (self.base_url is None or urlsplit(self.base_url).hostname == host)

    def is_cheap(self, host: str) -> bool:
        """Whether a schema not sent before costs nothing on a host."""
        if self.cheap_schemas is not None:
            return self.cheap_schemas
        host = host.lower().rstrip(".")
        return not any(host == hosted or host.endswith(f".{hosted}") for hosted in HOSTED)


HOSTED = (
    "openai.com",
    "openai.azure.com",
    "cognitiveservices.azure.com",
    "services.ai.azure.com",
    "anthropic.com",
    "googleapis.com",
    "openrouter.ai",
)
"""Domains where a schema not sent before is compiled first and costs the prompt cache: OpenAI, Anthropic, Gemini, and
those who pass requests on to them."""


SERVICES: Mapping[str, Service] = {
    row.scheme: row
    for row in (
        Service(
            scheme="openai",
            label="OpenAI",
            base_url="https://api.openai.com/v1",
            url_variables=("OPENAI_BASE_URL",),
            key_variables=("OPENAI_API_KEY",),
            cheap_schemas=None,
        ),
    )
}
"""scheme → row."""
