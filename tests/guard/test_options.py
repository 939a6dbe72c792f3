"""Keywords of a guarded call that go to the model, and those that would go there by mistake."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from railguard import Guard, InputError, guarded
from railguard.options import FOREIGN, OWN, refuse_foreign
from railguard.testing import ScriptedModel

USER = [{"role": "user", "content": "go"}]
GUARD = Guard.from_json_schema({"type": "object", "properties": {"a": {"type": "integer"}}}, messages=USER)

# fmt: off
MODEL_OPTIONS = (
    "temperature", "top_p", "max_tokens", "max_completion_tokens", "max_output_tokens", "stop", "seed", "n", "stream",
    "user", "logprobs", "top_logprobs", "presence_penalty", "frequency_penalty", "response_format", "tools",
    "tool_choice", "parallel_tool_calls", "model", "max_retries", "extra_headers", "extra_body", "extra_query",
    "reasoning_effort", "service_tier", "store", "modalities", "audio", "prediction", "logit_bias", "stream_options",
    "verbosity", "system", "thinking", "num_ctx", "num_predict", "repeat_penalty", "keep_alive", "think", "options",
    "format", "guided_json", "guided_regex", "chat_template_kwargs", "min_p", "top_k", "typical_p",
    "repetition_penalty", "prompt_cache_key", "safety_identifier", "message_id", "headers", "proxies",
    "request_timeout", "timeout_ms", "raw",
)
# fmt: on


@pytest.mark.parametrize("name", MODEL_OPTIONS)
def test_an_option_of_a_model_goes_to_the_model(name: str) -> None:
    model = ScriptedModel(['{"a": 1}'])
    GUARD(model, **{name: 1})
    assert model.requests[0].options == {name: 1}


@pytest.mark.parametrize(
    ("name", "mend"),
    [
        *FOREIGN.items(),
        ("max_reask", "did you mean max_reasks?"),
        ("maxReasks", "did you mean max_reasks?"),
        ("max_reaks", "did you mean max_reasks?"),
        ("variable", "did you mean variables?"),
        ("mesages", "did you mean messages?"),
        ("message", "did you mean messages?"),
        ("meta_data", "did you mean metadata?"),
        ("time_out", "did you mean timeout?"),
        ("tokens_budget", "did you mean token_budget?"),
        ("reask_modes", "did you mean reask_mode?"),
    ],
)
def test_what_a_guard_has_another_name_for_is_refused_before_anything_is_asked(name: str, mend: str) -> None:
    model = ScriptedModel(['{"a": 1}'])
    calls: list[Any] = [GUARD, lambda *a, **k: list(GUARD.stream(*a, **k))]
    calls.append(lambda *a, **k: GUARD.resume(GUARD.parse("{"), *a, **k))
    for call in calls:
        with pytest.raises(InputError, match=rf"^{name}= ") as caught:
            call(model, **{name: 0})
        assert mend in str(caught.value)
    assert model.requests == []


@pytest.mark.parametrize("name", ["prompt", "instructions", "num_reasks", "mesages"])
def test_a_callable_that_has_such_a_parameter_is_given_it(name: str) -> None:
    seen: list[Any] = []
    namespace: dict[str, Any] = {"seen": seen}
    exec(f"def ask(messages, {name}=None):\n    seen.append({name})\n    return '{{\"a\": 1}}'", namespace)
    assert GUARD(namespace["ask"], **{name: "x"}).output == {"a": 1}
    assert seen == ["x"]


def test_a_decorated_function_refuses_them_too_and_says_where_its_own_settings_stand() -> None:
    @guarded({"type": "integer"}, messages=USER)
    def ask(messages: Any, **options: Any) -> str:
        return "1"

    assert ask(temperature=0) == 1
    with pytest.raises(InputError, match=r"num_reasks= .*give max_reasks"):
        ask(num_reasks=0)
    with pytest.raises(InputError, match=r"max_reasks= .*@guarded\(…, max_reasks=…\)"):
        ask(max_reasks=0)


def test_the_table_has_every_keyword_of_a_guarded_call_and_no_other_names_for_them() -> None:
    keywords = {
        name
        for method in (Guard.__call__, Guard.stream)
        for name, parameter in inspect.signature(method).parameters.items()
        if name not in ("self", "model") and parameter.kind is not inspect.Parameter.VAR_KEYWORD
    }
    assert keywords <= set(OWN)
    assert not set(OWN) & set(FOREIGN)
    refuse_foreign(dict.fromkeys(("timeout", "messages", "max_reasks")), None)
