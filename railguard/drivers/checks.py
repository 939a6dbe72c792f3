"""Validators that cannot run inline: async ones on an event loop, blocking ones in threads, all with a time limit.

A validator that raises or takes too long is a ValidatorError that names it. It never counts as passed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from railguard.errors import ValidatorError
from railguard.llm.event_loop import ENDING, run_sync
from railguard.loop.effects import Job
from railguard.validation.calling import Calling, fault
from railguard.validation.declaration import SECONDS

__all__ = ["MOST_AT_ONCE", "MOST_AWAITED", "acheck", "check"]

MOST_AT_ONCE = 16
"""How many blocking validators of one round run at the same time."""
MOST_AWAITED = 64
"""How many async ones: each may be a request to a model."""


def check(jobs: Sequence[Job], seconds: float | None) -> list[Any]:
    """The validators' answers, in order. Blocks until all are there, each for at most `seconds`, None: its own limit."""
    return run_sync(lambda: acheck(jobs, seconds))


async def acheck(jobs: Sequence[Job], seconds: float | None) -> list[Any]:
    """The validators' answers, in order; run side by side, at most MOST_AT_ONCE or MOST_AWAITED at a time.

    The time limit of each begins when it does.
    """
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


def _limit(job: Job, seconds: float | None) -> float:
    own = job.rule.validator.seconds if job.rule.validator is not None else SECONDS
    return own if seconds is None else seconds


def _is_async(job: Job) -> bool:
    return job.rule.validator is not None and job.rule.validator.is_async


async def _one(job: Job, seconds: float, room: Any) -> Any:
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
        # Also if it answers now: one that catches its cancellation has not kept to its limit.
        raise ValidatorError(
            f"validator {rule.name!r} at {path} did not answer within {seconds:g} s", validator=rule.name, path=path
        )
    try:
        return running.result()
    except (GeneratorExit, asyncio.CancelledError) as error:
        raised = error
    raise fault(rule, path, raised) from raised


async def _end(running: Any) -> None:
    """Cancel what is running, and leave it behind if it does not end: what becomes of it is of no interest."""
    import asyncio

    running.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    running.cancel()
    await asyncio.wait({running}, timeout=ENDING)


async def _awaited(job: Job) -> Any:
    # A coroutine that is closed gets a GeneratorExit too, and must let it pass.
    with Calling(job.rule, job.value, job.context.path, passing=(GeneratorExit,)) as given:
        return await job.rule.run(given, **_options(job))


def _options(job: Job) -> dict[str, Any]:
    return {"ctx": job.context} if job.rule.wants_context else {}


def _in_daemon_thread(job: Job) -> Any:
    """A future of a blocking validator's answer. A thread that is past its limit does not keep the program alive."""
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
                return  # the loop was closed meanwhile: nobody waits any more

    threading.Thread(target=work, name="railguard-validator", daemon=True).start()
    return done
