"""One spelling of a call: what every way of calling takes, checks and passes on."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from railguard import Guard, InputError, StreamEvent, ValidationOutcome, guarded
from railguard.call_settings import CallSettings, GuardedOptions
from railguard.testing import ScriptedModel

USER = [{"role": "user", "content": "How old?"}]
GUARD = Guard.from_json_schema({"type": "integer"})


def call(**options: Any) -> Any:
    return GUARD(ScriptedModel(["1"]), **{"messages": USER, **options})


def acall(**options: Any) -> Any:
    return asyncio.run(GUARD.acall(ScriptedModel(["1"]), **{"messages": USER, **options}))


def stream(**options: Any) -> Any:
    return [*GUARD.stream(ScriptedModel(["1"]), **{"messages": USER, **options})][-1].outcome


def astream(**options: Any) -> Any:
    async def main() -> Any:
        events = GUARD.astream(ScriptedModel(["1"]), **{"messages": USER, **options})
        return [event async for event in events][-1].outcome

    return asyncio.run(main())


def resume(**options: Any) -> Any:
    return GUARD.resume(GUARD.parse('"x"'), ScriptedModel(["1"]), **{"messages": USER, **options})


def decorated(**options: Any) -> Any:
    messages = options.pop("messages", USER)

    @guarded(GUARD, **options)
    def ask(messages: Any) -> str:
        return "1"

    return ask.outcome(messages=messages)


WAYS = [call, acall, stream, astream, resume, decorated]
WRONG: list[tuple[str, Any, str]] = [
    ("timeout", "x", "timeout is a number of seconds, or None for no limit, not 'x'"),
    ("timeout", "30", "timeout is a number of seconds"),
    ("timeout", True, "timeout is a number of seconds"),
    ("timeout", -1, "timeout is a number of seconds"),
    ("timeout", float("nan"), "timeout is a number of seconds"),
    ("timeout", float("inf"), "None for no limit, not inf"),
    ("timeout", timedelta(seconds=3), "not timedelta"),
    ("timeout", Decimal(3), "not Decimal"),
    ("timeout", [3], "not list"),
    ("max_reasks", "2", "max_reasks is a whole number from 0 to 10, not '2'"),
    ("max_reasks", 11, "max_reasks is a whole number from 0 to 10, not 11"),
    ("max_reasks", None, "max_reasks is a whole number"),
    ("max_reasks", 1.0, "max_reasks is a whole number"),
    ("token_budget", "many", "token_budget is a whole number of tokens, not 'many'"),
    ("token_budget", None, "token_budget is a whole number"),
    ("token_budget", -1, "token_budget is a whole number"),
    ("metadata", [1], "metadata is a dict, not list"),
    ("metadata", "a", "metadata is a dict, not 'a'"),
    ("reask_mode", "loose", "reask_mode is auto, strict or prompt, not 'loose'"),
    ("reask_mode", None, "reask_mode is auto, strict or prompt, not NoneType"),
    ("messages", "How old?", "messages are a list of"),
    ("messages", {"role": "user"}, "messages are a list of"),
    ("messages", 3, "messages are a list of"),
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("name", "value", "says"), WRONG)
def test_a_setting_that_makes_no_sense_is_an_input_error(way: Callable[..., Any], name: str, value: Any, says: str):
    with pytest.raises(InputError) as caught:
        way(**{name: value})
    assert says in str(caught.value)


@pytest.mark.parametrize("way", WAYS)
def test_settings_that_make_sense_are_taken(way: Callable[..., Any]):
    for options in ({}, {"timeout": None}, {"timeout": 3}, {"timeout": 0.5}, {"max_reasks": 10}, {"token_budget": 1}):
        assert way(**options).output == 1
    if way is not resume:
        assert way(max_reasks=0, token_budget=0).output == 1


def test_a_decorator_says_so_before_the_function_is_called():
    with pytest.raises(InputError, match="timeout is a number of seconds"):
        guarded(GUARD, timeout="x")(len)  # type: ignore[call-overload]  # that is what is tested


@pytest.mark.parametrize("way", [GUARD, GUARD.acall, GUARD.stream, GUARD.astream, GUARD.render])
def test_variables_are_given_by_name(way: Callable[..., Any]):
    async def main() -> Any:
        made = way("abc") if way == GUARD.render else way(ScriptedModel(["1"]), "abc")
        return await made if inspect.isawaitable(made) else made

    with pytest.raises(InputError, match="variables are a dict, each value by its name, not 'abc'"):
        asyncio.run(main())


def parameters(function: Callable[..., Any]) -> dict[str, Any]:
    return {name: one.default for name, one in inspect.signature(function).parameters.items()}


def test_every_way_of_calling_has_the_same_options_with_the_same_defaults():
    defaults = CallSettings._field_defaults
    assert set(defaults) == {"messages", *GuardedOptions.__annotations__}
    for way in (GUARD.__call__, GUARD.acall, GUARD.stream, GUARD.astream, GUARD.resume):
        assert {name: value for name, value in parameters(way).items() if name in defaults} == defaults, way
    assert parameters(GUARD.acall) == parameters(GUARD.__call__)
    assert parameters(GUARD.astream) == parameters(GUARD.stream)
    assert {*parameters(GUARD.stream)} - {*parameters(GUARD.__call__)} == {"raw", "on_stream_failure"}


def test_what_is_no_setting_goes_to_the_model():
    seen: list[dict[str, Any]] = []

    def model(messages: Any, **options: Any) -> str:
        seen.append(options)
        return "1"

    async def main() -> None:
        await GUARD.acall(model, messages=USER, temperature=0, model="m")
        [event async for event in GUARD.astream(model, messages=USER, temperature=0, model="m")]

    asyncio.run(main())
    GUARD(model, messages=USER, temperature=0, model="m")
    GUARD.resume(GUARD.parse('"x"'), model, messages=USER, temperature=0, model="m")
    assert seen == [{"temperature": 0, "model": "m"}] * 4


def test_generic_names_can_be_subscribed_at_run_time():
    assert Guard[int] is not None
    assert ValidationOutcome[int](output=1).output == 1
    assert StreamEvent[int]("outcome", outcome=ValidationOutcome(output=1)).outcome.output == 1
