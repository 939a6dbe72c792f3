"""The drivers, sync and async: the same outcome on a thread, on a running event loop, in many threads and tasks at once."""

import asyncio
import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from railguard import Completion, Guard, ProviderError, ValidationFailed, ValidationOutcome, validator
from railguard.testing import ScriptedModel

USER = [{"role": "user", "content": "go"}]
INT, STR = {"type": "integer"}, {"type": "string"}
SCHEMA = {
    "type": "object",
    "properties": {"tag": STR, "n": INT, "l": {"type": "array", "items": {"type": "object", "properties": {"s": STR}}}},
    "required": ["tag", "n", "l"],
}
seen: list[Any] = []
lock = threading.Lock()


def note(value: Any) -> None:
    with lock:
        seen.append(json.dumps(value))


@validator("t-ru-sync", replace=True)
def inline(value: Any) -> bool | str:
    """Sync; no x."""
    note(value)
    return value != "x" or "no x"


@validator("t-ru-async", replace=True)
async def awaited(value: Any) -> bool | str:
    """Async; no x."""
    note(value)
    await asyncio.sleep(0)
    return value != "x" or "no x"


@validator("t-ru-blocking", blocking=True, replace=True)
def blocking(value: Any) -> bool | str:
    """Blocking; no x."""
    note(value)
    return value != "x" or "no x"


KINDS = {"sync": inline, "async": awaited, "blocking": blocking}


def make(kind: str) -> Guard:
    rule = KINDS[kind]
    return (
        Guard.from_json_schema(SCHEMA)
        .using(rule(), on="$.tag")
        .using(rule(), on="$.l[*].s")
        .using(rule(), on="$.l[*]")
        .using(rule(), on="$.l")
    )


def both(guard: Guard, answers: list[Any], **options: Any) -> list[ValidationOutcome]:
    async def awaiting() -> ValidationOutcome:
        return await guard.acall(ScriptedModel(answers), messages=USER, **options)

    async def running() -> ValidationOutcome:
        return guard(ScriptedModel(answers), messages=USER, **options)

    return [
        guard(ScriptedModel(answers), messages=USER, **options),
        asyncio.run(awaiting()),
        asyncio.run(running()),
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_sync_async_and_sync_on_a_running_loop_give_one_outcome(kind: str) -> None:
    answers = ['{"tag":"x","n":"?","l":[{"s":"a"},{"s":"x"}]}', '{"tag":"b","n":2,"l.1.s":"x"}', '{"l.1.s":"c"}']
    plain, awaiting, running = both(make(kind), answers)
    assert plain.output == {"tag": "b", "n": 2, "l": [{"s": "a"}, {"s": "c"}]}
    assert plain == awaiting == running


@pytest.mark.parametrize("kind", KINDS)
def test_every_value_is_checked_once_a_round_and_after_a_merge_only_what_it_touched(kind: str) -> None:
    first = '{"tag":"a","n":1,"l":[{"s":"a1"},{"s":"x"},{"s":"a3"}]}'
    guard = make(kind)
    for run in (
        lambda: guard(ScriptedModel([first, '{"l.1.s":"b"}']), messages=USER),
        lambda: asyncio.run(guard.acall(ScriptedModel([first, '{"l.1.s":"b"}']), messages=USER)),
    ):
        seen.clear()
        assert run().passed
        counted = Counter(seen)
        assert counted['"a"'] == counted['"a1"'] == counted['"a3"'] == counted['{"s": "a1"}'] == 1
        assert counted['"x"'] == counted['"b"'] == counted['{"s": "b"}'] == 1
        before = json.dumps([{"s": "a1"}, {"s": "x"}, {"s": "a3"}])
        after = before.replace("x", "b")
        assert counted[before] <= 1
        assert counted[after] == 1, "an ancestor of what was merged is checked again"
        assert set(counted.values()) == {1}


@pytest.mark.parametrize("kind", KINDS)
def test_parse_and_aparse_agree(kind: str) -> None:
    guard = make(kind)

    async def main(text: str) -> tuple[ValidationOutcome, ValidationOutcome]:
        return await guard.aparse(text), guard.parse(text)

    for text in ('{"tag":"a","n":1,"l":[]}', '{"tag":"x","n":1,"l":[{"s":"x"}]}', "no"):
        one, two = asyncio.run(main(text))
        assert one == two == guard.parse(text)


def tagged(messages: Any) -> Any:
    """A model that answers with the tag of the first message; the first answer fails, the reask mends it."""
    tag = messages[0]["content"].partition("\n")[0]
    if len(messages) == 1:
        return json.dumps({"tag": tag, "n": "?", "l": [{"s": tag}, {"s": "x"}]})
    return json.dumps({"n": int(tag[1:]), "l.1.s": tag})


def asked(tag: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": tag}]


def right(outcome: ValidationOutcome, tag: str) -> bool:
    return outcome.output == {"tag": tag, "n": int(tag[1:]), "l": [{"s": tag}, {"s": tag}]} and all(
        tag in json.dumps(iteration.messages[0]) for iteration in outcome.iterations
    )


@pytest.mark.parametrize("kind", KINDS)
def test_threads_that_share_a_guard_do_not_mix(kind: str) -> None:
    guard = make(kind)
    tags = [f"t{n}" for n in range(40)]
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda tag: guard(tagged, messages=asked(tag)), tags))
    assert all(map(right, outcomes, tags))


@pytest.mark.parametrize("kind", KINDS)
def test_tasks_that_share_a_guard_do_not_mix(kind: str) -> None:
    guard = make(kind)
    tags = [f"t{n}" for n in range(60)]

    async def slowly(messages: Any) -> Any:
        await asyncio.sleep(0.001)
        return tagged(messages)

    async def main() -> list[ValidationOutcome]:
        return await asyncio.gather(*(guard.acall(slowly, messages=asked(tag)) for tag in tags))

    assert all(map(right, asyncio.run(main()), tags))


def test_a_first_use_by_many_threads_at_once_is_as_good_as_any() -> None:
    for _ in range(5):
        guard, start = make("sync"), threading.Barrier(8)

        def use(number: int, guard: Guard = guard, start: threading.Barrier = start) -> bool:
            start.wait()
            return right(guard(tagged, messages=asked(f"t{number}")), f"t{number}")

        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(use, range(8)))


class TestCancelling:
    """A cancelled call stops where it waits, runs its clean-up, and leaves no task behind."""

    @pytest.fixture
    def cancel(self, tasks_end: Any) -> Any:
        """Cancels a call once `at` names as many places as it is to reach."""

        def cancel(make_call: Any, at: list[str], places: int = 1) -> None:
            async def main() -> None:
                task = asyncio.ensure_future(make_call())
                while len(at) < places:
                    assert not task.done()
                    await asyncio.sleep(0.001)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                await tasks_end()

            asyncio.run(main())

        return cancel

    def test_while_the_model_answers(self, cancel: Any) -> None:
        at: list[str] = []

        async def hang(messages: Any) -> str:
            at.append("asked")
            try:
                await asyncio.sleep(60)
            finally:
                at.append("ended")
            return ""

        cancel(lambda: make("sync").acall(hang, messages=USER), at)
        assert at == ["asked", "ended"]

    def test_while_a_reask_is_answered(self, cancel: Any) -> None:
        at: list[str] = []

        async def hang(messages: Any) -> str:
            if len(messages) == 1:
                return "{}"
            at.append("asked again")
            try:
                await asyncio.sleep(60)
            finally:
                at.append("ended")
            return ""

        cancel(lambda: make("sync").acall(hang, messages=USER), at)
        assert at == ["asked again", "ended"]

    def test_while_validators_run(self, cancel: Any) -> None:
        at: list[str] = []

        @validator("t-ru-hang", replace=True)
        async def hang(value: str) -> None:
            at.append(f"check {value}")
            try:
                await asyncio.sleep(60)
            finally:
                at.append(f"end {value}")

        guard = Guard.from_json_schema(SCHEMA).using(hang(), on="$.l[*].s")
        text = '{"tag":"a","n":1,"l":[{"s":"1"},{"s":"2"}]}'
        cancel(lambda: guard.aparse(text), at, places=2)
        assert sorted(at) == ["check 1", "check 2", "end 1", "end 2"]

    def test_while_a_stream_is_read(self, cancel: Any) -> None:
        at: list[str] = []

        async def hang(messages: Any) -> Any:
            try:
                yield '{"tag":'
                at.append("read")
                await asyncio.sleep(60)
            finally:
                at.append("ended")

        async def call() -> None:
            async for _ in make("sync").astream(hang, messages=USER):
                pass

        cancel(call, at)
        assert at == ["read", "ended"]

    def test_a_time_limit_of_the_caller_works(self) -> None:
        async def hang(messages: Any) -> str:
            await asyncio.sleep(60)
            return ""

        async def main() -> None:
            async with asyncio.timeout(0.05):
                await make("sync").acall(hang, messages=USER)

        with pytest.raises(TimeoutError):
            asyncio.run(main())


class TestTime:
    def test_an_async_model_is_stopped_when_the_time_of_the_call_is_over(self) -> None:
        async def hang(messages: Any) -> str:
            await asyncio.sleep(60)
            return ""

        guard = make("sync")
        for run in (
            lambda: guard(hang, messages=USER, timeout=0.05),
            lambda: asyncio.run(guard.acall(hang, messages=USER, timeout=0.05)),
        ):
            with pytest.raises(ProviderError):
                run()

    def test_no_time_limit_is_allowed(self) -> None:
        model = ScriptedModel(['{"tag":"a","n":1,"l":[]}'])
        assert make("sync")(model, messages=USER, timeout=None).passed


class TestErrors:
    @pytest.mark.parametrize("answer", [ProviderError("gone"), RuntimeError("a bug")])
    def test_what_a_provider_raises_comes_out_as_it_is(self, answer: Exception) -> None:
        guard = make("sync")
        with pytest.raises(type(answer), match=str(answer)):
            guard(ScriptedModel([answer]), messages=USER)
        with pytest.raises(type(answer), match=str(answer)):
            asyncio.run(guard.acall(ScriptedModel([answer]), messages=USER))

    @pytest.mark.parametrize("kind", KINDS)
    def test_exception_is_raised_by_every_driver(self, kind: str) -> None:
        guard = Guard.from_json_schema(SCHEMA).using(KINDS[kind](on_fail="exception"), on="$.tag")
        text = '{"tag":"x","n":1,"l":[]}'
        for run in (
            lambda: guard.parse(text),
            lambda: asyncio.run(guard.aparse(text)),
            lambda: guard(ScriptedModel([text]), messages=USER),
            lambda: list(guard.stream(ScriptedModel([text]), messages=USER)),
        ):
            with pytest.raises(ValidationFailed, match="no x") as caught:
                run()
            assert caught.value.outcome.stopped == "exception"

    def test_a_refusal_is_one_outcome_for_all(self) -> None:
        one, two, three = both(make("sync"), [Completion("", "refusal", refusal="No.")])
        assert one.refusal == "No."
        assert one == two == three
