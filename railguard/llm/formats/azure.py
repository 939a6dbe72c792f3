"""Azure OpenAI: OpenAI's chat completions at a URL that names a deployment.

Reference: https://learn.microsoft.com/azure/ai-foundry/openai/reference
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

from railguard.llm.formats import openai_chat

__all__ = ["FORMAT", "url"]


def url(base_url: str, model: str, events: bool) -> str:
    """Return the URL of a deployment, in a dated API version (…?api-version=2024-10-21) or in the v1 API."""
    base, question, query = base_url.partition("?")
    base = base.rstrip("/").removesuffix("/chat/completions")
    if "/deployments/" in base or base.endswith("/v1"):
        pass
    elif "api-version=" in query:
        base = f"{base.removesuffix('/openai')}/openai/deployments/{quote(model, safe='')}"
    else:
        base = f"{base.removesuffix('/openai')}/openai/v1"
    return f"{base}/chat/completions{question}{query}"


FORMAT = replace(openai_chat.FORMAT, url=url)
"""Azure's form of OpenAI's chat completions."""
