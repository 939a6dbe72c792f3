"""What LiteLLM returns, as a callable and under @guarded."""

from __future__ import annotations

from typing import Any

import pytest

litellm = pytest.importorskip("litellm")


@pytest.fixture
def options(server: Any) -> dict[str, Any]:
    return {"model": "openai/m", "api_base": f"{server.url}/v1", "api_key": "a-key-for-the-tests", "num_retries": 0}


def test_completion(options, check):
    check(litellm.completion, system=True, **options)


def test_completion_streamed(options, check):
    check(litellm.completion, stream=True, **options)


def test_acompletion(options, check):
    check(litellm.acompletion, **options)


def test_acompletion_streamed(options, check):
    check(litellm.acompletion, stream=True, **options)
