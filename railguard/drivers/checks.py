"""Runs validators that cannot run inline: async ones on an event loop, blocking ones in threads, all with a time limit.

A validator that raises or takes too long becomes a ValidatorError with its name. It never counts as passed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from railguard.checking.validator_runs import ValidatorRun
from railguard.errors import ValidatorError
from railguard.llm.event_loop import ENDING, run_sync
from railguard.validation.calling import Calling, fault
from railguard.validation.rule import SECONDS
from railguard.values import UNSET

if TYPE_CHECKING:
    from railguard.llm.cache import Store

__all__ = ["MOST_AT_ONCE", "MOST_AWAITED", "Checks", "acheck", "perform_checks"]

MOST_AT_ONCE = 16
"""Largest number of concurrent blocking validators in one round."""
MOST_AWAITED = 64
"""Largest number of concurrent async validators: each may be a request to a model."""


class Checks(NamedTuple):
    """How to run validators that cannot run inline. seconds: the time limit of each; None for the validator's own.
    store: caches answers of pure validators between calls; None for no cache.
    """

    seconds: float | None = None
    store: Store | None = None


def perform_checks(jobs: Sequence[ValidatorRun], how: Checks) -> list[Any]:
    """Return the validators' answers in order. Blocks until all are complete."""
    return run_sync(lambda: acheck(jobs, how))


async def acheck(jobs: Sequence[ValidatorRun], how: Checks) -> list[Any]:
    """Return the validators' answers in order: cached ones, and the others as they finish."""
    if how.store is None:
        return await _run(jobs, how.seconds)
    import asyncio

    from railguard.drivers.kept_answers import keep, kept, key_of

    store = how.store
    keys = [key_of(job) for job in jobs]

    def found() -> list[Any]:
        return [UNSET if key is None else kept(store, key) for key in keys]

    def write() -> None:
        for (_, key), answer in zip(asked, new, strict=True):
            if key is not None:
                keep(store, key, answer)

    # In a thread, since the store may be a file or a server.
    answers = await asyncio.to_thread(found)
    asked = [(job, key) for job, key, answer in zip(jobs, keys, answers, strict=True) if answer is UNSET]
    new = await _run([job for job, _ in asked], how.seconds)
    await asyncio.to_thread(write)
    rest = iter(new)
    return [next(rest) if answer is UNSET else answer for answer in answers]


async def _run(jobs: Sequence[ValidatorRun], seconds: float | None) -> list[Any]:
    """Run validators concurrently, at most MOST_AT_ONCE or MOST_AWAITED at a time; each one's time starts with it."""
    import asyncio

    threads, awaited = asyncio.Semaphore(MOST_AT_ONCE), asyncio.Semaphore(MOST_AWAITED)
    tasks = [
        asyncio.ensure_future(_one(job, _limit(job, seconds), awaited if _is_async(job) else threads)) for job in jobs
    ]
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


def _limit(job: ValidatorRun, seconds: float | None) -> float:
    own = job.rule.validator.seconds if job.rule.validator is not None else SECONDS
    return own if seconds is None else seconds


def _is_async(job: ValidatorRun) -> bool:
    return job.rule.validator is not None and job.rule.validator.is_async


async def _one(job: ValidatorRun, seconds: float, room: Any) -> Any:
    import asyncio

    rule, path = job.rule, job.context.path
    async with room:
        running = asyncio.ensure_future(_awaited(job)) if _is_async(job) else _in_daemon_thread(job)
        try:
            await asyncio.wait({running}, timeout=seconds)
        finally:
            late = not running.done()
            if late:
                await _end(running)
    if late:
        # Also if it answers now: a validator that catches its cancellation has exceeded its limit.
        raise ValidatorError(
            f"validator {rule.name!r} at {path} did not answer within {seconds:g} s", validator=rule.name, path=path
        )
    try:
        return running.result()
    except (GeneratorExit, asyncio.CancelledError) as error:
        raised = error
    raise fault(rule, path, raised) from raised


async def _end(running: Any) -> None:
    """Cancel a running task; if it does not end, ignore its result."""
    import asyncio

    running.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    running.cancel()
    await asyncio.wait({running}, timeout=ENDING)


async def _awaited(job: ValidatorRun) -> Any:
    # A coroutine that is closed also gets a GeneratorExit, which must be passed on.
    with Calling(job.rule, job.value, job.context.path, passing=(GeneratorExit,)) as given:
        return await job.rule.run(given, **_options(job))


def _options(job: ValidatorRun) -> dict[str, Any]:
    return {"ctx": job.context} if job.rule.wants_context else {}


def _in_daemon_thread(job: ValidatorRun) -> Any:
    """Return a future of a blocking validator's answer. A thread that exceeds its limit does not keep the program
    alive.
    """
    import asyncio
    import contextvars
    import threading

    loop = asyncio.get_running_loop()
    done: asyncio.Future[Any] = loop.create_future()
    context = contextvars.copy_context()

    def call() -> Any:
        with Calling(job.rule, job.value, job.context.path) as given:
            return job.rule.run(given, **_options(job))

    def deliver(answer: Any, error: BaseException | None) -> None:
        if done.done():
            return
        if error is None:
            done.set_result(answer)
        else:
            done.set_exception(error)

    def work() -> None:
        answer, raised = None, None
        try:
            answer = context.run(call)
        except BaseException as error:
            raised = error
        if not loop.is_closed():
            try:
                loop.call_soon_threadsafe(deliver, answer, raised)
            except RuntimeError:
                return  # the loop was closed meanwhile, so no caller waits

    threading.Thread(target=work, name="railguard-validator", daemon=True).start()
    return done
