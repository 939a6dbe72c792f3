"""The services that can be used by name, one row per service. To add a service, add a row here.

The defaults of a row are the most common case: OpenAI's chat completions, the key as a bearer token, a hosted server.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from railguard.errors import InputError

if TYPE_CHECKING:
    from railguard.llm.wire import Mode, WireFormat
    from railguard.schema.targets import Target

__all__ = ["SERVICES", "Service"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One API of a provider.

    Attributes:
        scheme: The name before the colon, as in "openai:gpt-5".
        label: Its name in messages.
        base_url: The URL of its own server; None if each user runs one.
        url_variables: Environment variables with the URL of another server; the first that is set is used.
        query_variables: Parameters of the URL, each with the environment variables that may give it.
        key_variables: Environment variables that may hold the key.
        needs_key: Whether its own server requires a key.
        key_header: The header that carries the key.
        key_prefix: The text before the key in that header.
        headers: Headers of every request.
        wire: Its wire format: the name of a module in formats/.
        modes: The ways to send it a schema, the strongest first.
        schema_target: The dialect of JSON Schema that it enforces.
        cheap_schemas: Whether a schema that was not sent before costs nothing; None if that depends on the host.
        shows_schemas: Whether the model sees the schema of a strict request. If the server decodes under a grammar, the
            model may not see it.
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
    wire: str = "openai_chat"
    modes: tuple[Mode, ...] = ("strict", "json_object", "prompt")
    schema_target: Target = "openai-strict"
    cheap_schemas: bool | None = False
    shows_schemas: bool = True
    url_advice: str = "is the base URL right (it ends in /v1)"

    @property
    def format(self) -> WireFormat:
        """The wire format."""
        from importlib import import_module

        found: WireFormat = import_module(f"railguard.llm.formats.{self.wire}").FORMAT
        return found

    def base_of(self, given: str | None, environment: Mapping[str, str]) -> str:
        """Return the base URL: the given one, else the environment's, else the service's own.

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
        """Return the key from the environment."""
        return next((environment[name] for name in self.key_variables if environment.get(name)), None)

    def needs_key_at(self, host: str) -> bool:
        """Whether a server requires a key: the service's own does; one of the caller's may not."""
        from urllib.parse import urlsplit

        return self.needs_key and (self.base_url is None or urlsplit(self.base_url).hostname == host)

    def is_cheap(self, host: str) -> bool:
        """Whether a schema that was not sent before costs nothing on a host."""
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
"""Domains that compile a new schema first and where it invalidates the prompt cache: OpenAI, Anthropic, Gemini, and
services that pass requests on to them.
"""


def _hosted(scheme: str, label: str, base_url: str, key_variable: str, target: Target = "openai-strict") -> Service:
    """Return the row of a hosted server of OpenAI's chat completions."""
    return Service(scheme=scheme, label=label, base_url=base_url, key_variables=(key_variable,), schema_target=target)


def _local(scheme: str, label: str, port: int, target: Target, *key_variables: str) -> Service:
    """Return the row of a server of OpenAI's chat completions that users run themselves."""
    return Service(
        scheme=scheme,
        label=label,
        base_url=f"http://localhost:{port}/v1",
        key_variables=key_variables,
        needs_key=False,
        schema_target=target,
        cheap_schemas=True,
        shows_schemas=False,
    )


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
        Service(
            scheme="openai-responses",
            label="OpenAI",
            base_url="https://api.openai.com/v1",
            url_variables=("OPENAI_BASE_URL",),
            key_variables=("OPENAI_API_KEY",),
            wire="openai_responses",
            cheap_schemas=None,
        ),
        Service(
            scheme="azure",
            label="Azure OpenAI",
            base_url=None,
            url_variables=("AZURE_OPENAI_ENDPOINT",),
            query_variables={"api-version": ("AZURE_OPENAI_API_VERSION", "OPENAI_API_VERSION")},
            key_variables=("AZURE_OPENAI_API_KEY",),
            key_header="api-key",
            key_prefix="",
            wire="azure",
            url_advice="is the endpoint right (https://NAME.openai.azure.com), and the API version",
        ),
        Service(
            scheme="anthropic",
            label="Anthropic",
            base_url="https://api.anthropic.com",
            url_variables=("ANTHROPIC_BASE_URL",),
            key_variables=("ANTHROPIC_API_KEY",),
            key_header="x-api-key",
            key_prefix="",
            headers={"anthropic-version": "2023-06-01"},
            wire="anthropic",
            modes=("strict", "prompt"),
            schema_target="anthropic",
            url_advice="is the base URL right",
        ),
        Service(
            scheme="gemini",
            label="Gemini",
            base_url="https://generativelanguage.googleapis.com",
            url_variables=("GOOGLE_GEMINI_BASE_URL",),
            key_variables=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
            key_header="x-goog-api-key",
            key_prefix="",
            wire="gemini",
            schema_target="gemini",
            url_advice="is the base URL right",
        ),
        Service(
            scheme="ollama",
            label="Ollama",
            base_url="http://localhost:11434",
            url_variables=("OLLAMA_HOST",),
            key_variables=("OLLAMA_API_KEY",),
            needs_key=False,
            wire="ollama",
            schema_target="llamacpp",
            cheap_schemas=True,
            shows_schemas=False,
            url_advice="is the base URL right (as http://localhost:11434)",
        ),
        _hosted("mistral", "Mistral", "https://api.mistral.ai/v1", "MISTRAL_API_KEY", "mistral"),
        _hosted("groq", "Groq", "https://api.groq.com/openai/v1", "GROQ_API_KEY", "groq"),
        _hosted("openrouter", "OpenRouter", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
        _hosted("together", "Together", "https://api.together.xyz/v1", "TOGETHER_API_KEY"),
        _hosted("fireworks", "Fireworks", "https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY"),
        _hosted("xai", "xAI", "https://api.x.ai/v1", "XAI_API_KEY"),
        replace(
            _hosted("deepseek", "DeepSeek", "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY", "draft2020-12"),
            modes=("json_object", "prompt"),  # it has no json_schema
        ),
        _local("vllm", "vLLM", 8000, "llguidance", "VLLM_API_KEY"),
        _local("sglang", "SGLang", 30000, "llguidance"),
        _local("llamacpp", "llama.cpp", 8080, "llamacpp", "LLAMA_API_KEY"),
        _local("lmstudio", "LM Studio", 1234, "llamacpp"),
    )
}
"""Maps a scheme to its row."""
