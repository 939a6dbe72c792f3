"""The interpreter of effects: what every driver has in common, seen through all four of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from railguard import Guard, InputError, ProviderError, ValidationOutcome
from railguard.llm import Request

USER = [{"role": "user", "content": "Go"}]
GUARD = Guard.from_json_schema({"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]})


def run(model: Any) -> ValidationOutcome:
    return GUARD(model, messages=USER)


def arun(model: Any) -> ValidationOutcome:
    return asyncio.run(GUARD.acall(model, messages=USER))


def stream(model: Any) -> ValidationOutcome:
    *_, last = GUARD.stream(model, messages=USER)
    assert last.outcome is not None
    return last.outcome


def astream(model: Any) -> ValidationOutcome:
    async def main() -> Any:
        return [event async for event in GUARD.astream(model, messages=USER)][-1].outcome

    outcome: ValidationOutcome = asyncio.run(main())
    return outcome


DRIVERS = [run, arun, stream, astream]
Driver = Callable[[Any], ValidationOutcome]


class Custom:
    """A Provider of a user's own, that does what it is told."""

    name = "custom"

    def __init__(self, *answers: Any) -> None:
        self.answers = iter(answers)

    def complete(self, request: Request) -> Any:
        answer = next(self.answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def acomplete(self, request: Request) -> Any:
        try:
            answer = next(self.answers)
        except StopIteration as error:
            answer = StopAsyncIteration(*error.args)
        if isinstance(answer, Exception):
            raise answer
        return answer


class CustomStream(Custom):
    def stream(self, request: Request) -> Iterator[Any]:
        yield self.complete(request)

    async def astream(self, request: Request) -> AsyncIterator[Any]:
        yield await self.acomplete(request)


@pytest.mark.parametrize("drive", DRIVERS)
@pytest.mark.parametrize("answer", [None, {"text": "{}"}, 3, b"{}", ["{}"]], ids=repr)
def test_a_provider_that_answers_with_no_completion_is_told_what_to_return(drive: Driver, answer: Any):
    with pytest.raises(InputError, match=r"the provider custom answered with .*return a Completion"):
        drive(Custom(answer))


@pytest.mark.parametrize("drive", [stream, astream])
@pytest.mark.parametrize("answer", [{"text": "{}"}, 3, b"{}"], ids=repr)
def test_a_provider_that_streams_something_else_is_told_what_to_yield(drive: Driver, answer: Any):
    with pytest.raises(InputError, match=r"the provider custom answered with .*stream and astream yield texts"):
        drive(CustomStream(answer))


@pytest.mark.parametrize("drive", [run, arun])
@pytest.mark.parametrize("error", [StopIteration("x"), StopAsyncIteration("x")], ids=repr)
def test_the_end_of_an_iterator_is_a_provider_error_that_keeps_the_outcome(drive: Driver, error: Exception):
    from railguard import Completion

    if drive is arun and isinstance(error, StopIteration):
        error = StopAsyncIteration("x")  # no coroutine can raise the other one
    with pytest.raises(ProviderError, match=r"raised Stop(Async)?Iteration: it has no answers left") as caught:
        drive(Custom(Completion('{"a": "x"}'), error))
    assert caught.value.outcome is not None
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("drive", DRIVERS)
def test_an_error_of_the_users_own_comes_out_as_it_was_raised(drive: Driver):
    raised = KeyError("mine")
    with pytest.raises(KeyError) as caught:
        drive(Custom(raised))
    assert caught.value is raised
