"""Validators that cannot run inline: side by side, with a time limit, and every fault is a ValidatorError that names them."""

import asyncio
import contextvars
import datetime
import threading
import time
from typing import Any

import pytest

from railguard import FailResult, Guard, Limits, Path, ValidatorError, validator
from railguard.drivers.checks import MOST_AT_ONCE
from railguard.validation.calling import Calling

LIST = {"type": "array", "items": {"type": "string"}}
tenant = contextvars.ContextVar("tenant", default="nobody")


def runs(guard: Guard, text: str) -> list[Any]:
    """parse and aparse, as calls."""
    return [lambda: guard.parse(text), lambda: asyncio.run(guard.aparse(text))]


class TestFaults:
    def guard(self, kind: str, answer: Any, on_fail: str = "reask", limits: Limits | None = None) -> Guard:
        """A guard whose validator raises or returns what it is given."""

        def speak() -> Any:
            if isinstance(answer, BaseException):
                raise answer
            return answer

        if kind == "async":

            @validator("t-ch-odd", replace=True)
            async def odd(value: str) -> Any:
                return speak()
        else:

            @validator("t-ch-odd", replace=True, blocking=kind == "blocking")
            def odd(value: str) -> Any:
                return speak()

        return Guard.from_json_schema(LIST, limits=limits).using(odd(on_fail=on_fail), on="$[*]")

    @pytest.mark.parametrize("kind", ["sync", "async", "blocking"])
    @pytest.mark.parametrize("on_fail", ["reask", "noop", "fix", "filter"])
    def test_one_that_raises_is_named_with_its_path_and_never_passes(self, kind: str, on_fail: str) -> None:
        for run in runs(self.guard(kind, KeyError("oops"), on_fail), '["a"]'):
            with pytest.raises(ValidatorError, match=r"t-ch-odd.*KeyError.*\$\[0\].*oops") as caught:
                run()
            assert (caught.value.validator, caught.value.path) == ("t-ch-odd", (0,))
            assert isinstance(caught.value.__cause__, KeyError)

    @pytest.mark.parametrize("kind", ["sync", "async", "blocking"])
    @pytest.mark.parametrize("answer", [0, 1, [], {}, (), 1.5, b"x", object()])
    def test_nonsense_is_an_error_and_not_passed(self, kind: str, answer: Any) -> None:
        for run in runs(self.guard(kind, answer), '["a"]'):
            with pytest.raises(ValidatorError, match="t-ch-odd"):
                run()

    @pytest.mark.parametrize("kind", ["sync", "async", "blocking"])
    @pytest.mark.parametrize("answer", [False, "", "words", FailResult("words")])
    def test_a_failed_answer_has_a_message(self, kind: str, answer: Any) -> None:
        for run in runs(self.guard(kind, answer), '["a"]'):
            failure = run().failures[0]
            assert failure.message
            assert failure.message == "words" or not isinstance(answer, (FailResult,))

    @pytest.mark.parametrize("kind", ["sync", "async", "blocking"])
    def test_a_timeout_of_its_own_is_its_fault_and_not_the_limits(self, kind: str) -> None:
        for run in runs(self.guard(kind, TimeoutError("mine")), '["a"]'):
            with pytest.raises(ValidatorError) as caught:
                run()
            assert "mine" in str(caught.value)

    @pytest.mark.parametrize("kind", ["sync", "async", "blocking"])
    @pytest.mark.parametrize("error", [StopIteration("x"), StopAsyncIteration("x")])
    def test_one_that_raises_what_ends_iterations_has_not_passed(self, kind: str, error: Exception) -> None:
        """A `next(…)` that found nothing is the commonest way to raise it."""
        for run in runs(self.guard(kind, error, limits=Limits(validator_seconds=20)), '["a"]'):
            with pytest.raises(ValidatorError, match=r"t-ch-odd.*raised"):
                run()


class TestTimeLimit:
    @pytest.mark.parametrize("kind", ["async", "blocking"])
    def test_one_that_takes_too_long_is_an_error_in_time(self, kind: str) -> None:
        free = threading.Event()
        if kind == "async":

            @validator("t-ch-slow", replace=True)
            async def slow(value: str) -> None:
                await asyncio.sleep(30)
        else:

            @validator("t-ch-slow", replace=True, blocking=True)
            def slow(value: str) -> None:
                free.wait(30)

        guard = Guard.from_json_schema(LIST, limits=Limits(validator_seconds=0.05)).using(slow(), on="$[*]")
        try:
            for run in runs(guard, '["a"]'):
                start = time.monotonic()
                with pytest.raises(ValidatorError, match=r"t-ch-slow.*\$\[0\].*0\.05 s") as caught:
                    run()
                assert time.monotonic() - start < 20
                assert caught.value.path == (0,)
        finally:
            free.set()

    def test_waiting_for_room_does_not_count(self) -> None:
        @validator("t-ch-nap", replace=True, blocking=True)
        def nap(value: str) -> None:
            time.sleep(0.25)

        guard = Guard.from_json_schema(LIST, limits=Limits(validator_seconds=2.5)).using(nap(), on="$[*]")
        many = "[" + ",".join(['"a"'] * (MOST_AT_ONCE * 11)) + "]"
        assert guard.parse(many).passed

    def test_a_blocking_one_does_not_block_the_event_loop(self) -> None:
        ticked = threading.Event()

        @validator("t-ch-block", replace=True, blocking=True)
        def block(value: str) -> bool:
            return ticked.wait(60)

        guard = Guard.from_json_schema(LIST).using(block(), on="$[*]")

        async def main() -> None:
            task = asyncio.ensure_future(guard.aparse('["a"]'))
            for _ in range(5):
                await asyncio.sleep(0.01)
            ticked.set()
            assert (await task).passed

        asyncio.run(main())


class TestSideBySide:
    def test_async_ones_of_a_round_run_together(self) -> None:
        together = asyncio.Barrier(30)

        @validator("t-ch-wait", replace=True)
        async def wait(value: str) -> None:
            await together.wait()

        guard = Guard.from_json_schema(LIST, limits=Limits(validator_seconds=60)).using(wait(), on="$[*]")
        assert guard.parse("[" + ",".join(['"a"'] * 30) + "]").passed

    def test_blocking_ones_run_together_and_at_most_so_many(self) -> None:
        now, most, lock, together = 0, 0, threading.Lock(), threading.Event()

        @validator("t-ch-many", replace=True, blocking=True)
        def many(value: str) -> None:
            nonlocal now, most
            with lock:
                now += 1
                most = max(most, now)
                if now > 1:
                    together.set()
            together.wait(10)
            time.sleep(0.03)
            with lock:
                now -= 1

        guard = Guard.from_json_schema(LIST).using(many(), on="$[*]")
        assert guard.parse("[" + ",".join(['"a"'] * (2 * MOST_AT_ONCE + 3)) + "]").passed
        assert 1 < most <= MOST_AT_ONCE

    def test_the_validators_of_one_field_run_in_order(self) -> None:
        order: list[str] = []

        @validator("t-ch-first", replace=True, blocking=True)
        def first(value: str) -> FailResult:
            time.sleep(0.02)
            order.append("first")
            return FailResult("shout", fix=value.upper()) if value != value.upper() else None  # type: ignore[return-value]

        @validator("t-ch-second", replace=True)
        async def second(value: str) -> None:
            order.append(value)

        guard = Guard.from_json_schema(LIST).using(first(on_fail="fix"), second(), on="$[*]")
        assert guard.parse('["a"]').output == ["A"]
        assert order[-1] == "A"

    def test_one_that_fails_ends_the_others(self) -> None:
        ended: list[str] = []

        @validator("t-ch-one", replace=True)
        async def one(value: str) -> None:
            if value == "bad":
                raise ValueError("bad")
            try:
                await asyncio.sleep(30)
            finally:
                ended.append(value)

        guard = Guard.from_json_schema(LIST).using(one(), on="$[*]")
        with pytest.raises(ValidatorError, match="bad"):
            guard.parse('["a","bad","c"]')
        assert sorted(ended) == ["a", "c"]


class TestContext:
    @pytest.mark.parametrize("kind", ["sync", "async", "blocking"])
    def test_it_knows_path_root_metadata_and_messages(self, kind: str) -> None:
        got: list[Any] = []
        if kind == "async":

            @validator("t-ch-ctx", replace=True)
            async def look(value: str, ctx: Any) -> None:
                got.append((ctx.path, ctx.root, dict(ctx.metadata), tuple(ctx.messages)))
        else:

            @validator("t-ch-ctx", replace=True, blocking=kind == "blocking")
            def look(value: str, ctx: Any) -> None:
                got.append((ctx.path, ctx.root, dict(ctx.metadata), tuple(ctx.messages)))

        guard = Guard.from_json_schema(LIST).using(look(), on="$[*]")
        guard.parse('["a","b"]', metadata={"k": 1})
        assert got == [((0,), ["a", "b"], {"k": 1}, ()), ((1,), ["a", "b"], {"k": 1}, ())]

    @pytest.mark.parametrize("kind", ["sync", "async", "blocking"])
    def test_context_variables_of_the_caller_are_there(self, kind: str) -> None:
        got: list[str] = []
        if kind == "async":

            @validator("t-ch-tenant", replace=True)
            async def look(value: str) -> None:
                got.append(tenant.get())
        else:

            @validator("t-ch-tenant", replace=True, blocking=kind == "blocking")
            def look(value: str) -> None:
                got.append(tenant.get())

        guard = Guard.from_json_schema(LIST).using(look(), on="$[*]")
        token = tenant.set("me")
        try:
            guard.parse('["a"]')
            asyncio.run(guard.aparse('["a"]'))

            async def nested() -> None:
                guard.parse('["a"]')

            asyncio.run(nested())
        finally:
            tenant.reset(token)
        assert got == ["me"] * 3

    def test_threads_end_when_their_work_does(self, threads_end: Any) -> None:
        @validator("t-ch-thread", replace=True, blocking=True)
        def work(value: str) -> None:
            """Nothing."""

        guard = Guard.from_json_schema(LIST).using(work(), on="$[*]")
        for _ in range(5):
            guard.parse('["a","b","c"]')
        threads_end()


CHANGES: dict[str, Any] = {
    "append": lambda value: value.append(9),
    "sort": lambda value: value.sort(reverse=True),
    "replace": lambda value: value.__setitem__(0, 7),
    "type": lambda value: value.__setitem__(0, 1.0),
    "clear": lambda value: value.clear(),
}


class Stop(BaseException):
    """What a framework raises to stop a task, beside all Exceptions."""


class TestSeams:
    """Whatever a validator does, it has not passed unless it said so, and what it judges stays as it was."""

    faults = TestFaults()

    @pytest.mark.parametrize("kind", ["sync", "async", "blocking"])
    @pytest.mark.parametrize(
        "error", [asyncio.CancelledError(), GeneratorExit(), SystemExit(0), Stop(), StopIteration()], ids=repr
    )
    def test_one_that_raises_no_exception_of_the_usual_kind_is_named_too(self, kind: str, error: BaseException) -> None:
        guard = self.faults.guard(kind, error)
        for run in runs(guard, '["a"]'):
            with pytest.raises(ValidatorError, match=rf"t-ch-odd.*raised {type(error).__name__} at \$\[0\]"):
                run()

    @pytest.mark.parametrize("kind", ["sync", "async", "blocking"])
    def test_one_that_stops_a_stream_is_named_too(self, kind: str) -> None:
        guard = self.faults.guard(kind, SystemExit(0))
        with pytest.raises(ValidatorError, match=r"t-ch-odd.*SystemExit"):
            list(guard.stream(lambda messages: '["a"]', messages=[{"role": "user", "content": "Go"}]))

    def test_a_keyboard_interrupt_is_the_users(self) -> None:
        for kind in ("sync", "blocking"):
            for run in runs(self.faults.guard(kind, KeyboardInterrupt()), '["a"]'):
                with pytest.raises(KeyboardInterrupt):
                    run()

    @pytest.mark.parametrize("stubborn", [1, 1000])
    def test_an_async_one_that_catches_its_cancellation_has_not_passed(self, stubborn: int) -> None:
        @validator("t-ch-stubborn", replace=True)
        async def deaf(value: str) -> None:
            for _ in range(stubborn):
                try:
                    await asyncio.sleep(1.5)
                except asyncio.CancelledError:
                    continue
                return

        guard = Guard.from_json_schema(LIST, limits=Limits(validator_seconds=0.05)).using(deaf(), on="$[*]")
        with pytest.raises(ValidatorError, match=r"t-ch-stubborn.*did not answer within 0\.05 s"):
            guard.parse('["a"]')

    def test_cancelling_the_call_cancels_its_validators_and_is_no_error_of_theirs(self) -> None:
        begun, ended = [], []

        @validator("t-ch-long", replace=True)
        async def long(value: str) -> None:
            begun.append(value)
            try:
                await asyncio.sleep(30)
            finally:
                ended.append(value)

        guard = Guard.from_json_schema(LIST).using(long(), on="$[*]")

        async def main() -> None:
            task = asyncio.ensure_future(guard.aparse('["a", "b"]'))
            while len(begun) < 2:
                assert not task.done()
                await asyncio.sleep(0.001)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        asyncio.run(main())
        assert sorted(ended) == ["a", "b"]

    @pytest.mark.parametrize("kind", ["sync", "async", "blocking"])
    @pytest.mark.parametrize("change", CHANGES)
    @pytest.mark.parametrize("passes", [True, False])
    def test_one_that_changes_the_list_it_is_given_is_named(self, kind: str, change: str, passes: bool) -> None:
        def meddle(value: list[Any]) -> Any:
            CHANGES[change](value)
            return passes

        if kind == "async":

            @validator("t-ch-meddling", replace=True)
            async def meddling(value: list[Any]) -> Any:
                return meddle(value)
        else:

            @validator("t-ch-meddling", replace=True, blocking=kind == "blocking")
            def meddling(value: list[Any]) -> Any:
                return meddle(value)

        rail = '<rail version="1.0"><output><list name="a"><integer/></list></output></rail>'
        for guard in (Guard.from_json_schema({"properties": {"a": {"type": "array"}}}), Guard.from_rail_string(rail)):
            for run in runs(guard.using(meddling(), on="$.a"), '{"a": [1, 2, 3]}'):
                with pytest.raises(ValidatorError, match=r"t-ch-meddling.*changed the value it was given at \$\.a"):
                    run()

    @pytest.mark.parametrize("kind", ["sync", "async", "blocking"])
    def test_one_that_changes_something_deep_inside_is_named_and_the_order_of_members_counts(self, kind: str) -> None:
        def deeper(value: dict[str, Any]) -> None:
            value["rows"][1]["n"] += 1

        def turn(value: dict[str, Any]) -> None:
            value["rows"] = value.pop("rows")

        for meddle in (deeper, turn):
            wrapped = meddle
            if kind == "async":

                @validator("t-ch-deep", replace=True)
                async def deep(value: dict[str, Any], meddle: Any = None) -> Any:
                    return wrapped(value)  # noqa: B023  # it is called in this turn of the loop
            else:

                @validator("t-ch-deep", replace=True, blocking=kind == "blocking")
                def deep(value: dict[str, Any]) -> Any:
                    return wrapped(value)  # noqa: B023  # it is called in this turn of the loop

            guard = Guard.from_json_schema({"type": "object"}).using(deep())
            for run in runs(guard, '{"rows": [{"n": 1}, {"n": 2}], "z": 1}'):
                with pytest.raises(ValidatorError, match=r"t-ch-deep.*changed the value it was given at \$;"):
                    run()

    @pytest.mark.parametrize("kind", ["sync", "async", "blocking"])
    def test_one_that_works_on_a_copy_of_its_own_is_not_disturbed(self, kind: str) -> None:
        def fix(value: list[int]) -> Any:
            ordered = sorted(value)
            return FailResult("not in order", fix=ordered) if ordered != value else None

        if kind == "async":

            @validator("t-ch-order", replace=True)
            async def order(value: list[int]) -> Any:
                return fix(value)
        else:

            @validator("t-ch-order", replace=True, blocking=kind == "blocking")
            def order(value: list[int]) -> Any:
                return fix(value)

        guard = Guard.from_json_schema({"type": "array", "items": {"type": "integer"}}).using(order(on_fail="fix"))
        for run in runs(guard, "[3, 1, 2]"):
            outcome = run()
            assert (outcome.output, outcome.resolved[0].before) == ([1, 2, 3], [3, 1, 2])

    @pytest.mark.parametrize(
        "error", [SystemExit(1), GeneratorExit(), asyncio.CancelledError(), KeyError("x")], ids=repr
    )
    def test_a_custom_action_that_raises_is_named(self, error: BaseException) -> None:
        def action(value: Any, result: FailResult) -> Any:
            raise error

        @validator("t-ch-never", replace=True)
        def never(value: str) -> bool:
            return False

        for run in runs(Guard.from_json_schema(LIST).using(never(on_fail=action), on="$[*]"), '["a"]'):
            with pytest.raises(ValidatorError, match=rf"custom on-fail action.*{type(error).__name__}"):
                run()


class Text(str):
    """A text of another type, as a default or a fix may be."""


@pytest.mark.parametrize("odd", [Text("x"), datetime.date(2024, 1, 2), object(), float("nan"), -0.0, 10**400])
def test_a_value_with_something_odd_in_it_is_seen_as_it_is_and_compared_all_the_same(odd: Any) -> None:
    seen: list[Any] = []

    @validator("t-ch-seeing", replace=True)
    def seeing(value: list[Any], change: bool = False) -> None:
        seen.append(value[0]["a"])
        if change:
            value[0]["a"] = None

    value = [{"a": odd, "b": [1, True, 1.0]}]
    with Calling(seeing(), value, Path()) as given:
        seeing().run(given)
    assert type(seen[0]) is type(odd)
    assert seen[0] == odd or odd != odd
    with (
        pytest.raises(ValidatorError, match="changed the value it was given"),
        Calling(seeing(), value, Path()) as given,
    ):
        seeing(change=True).run(given)
    assert value[0]["a"] is odd
