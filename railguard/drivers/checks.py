"""Validators that cannot run inline: async ones on an event loop, blocking ones in threads, all with a time limit.

A validator that raises or takes too long is a ValidatorError that names it. It never counts as passed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from railguard.checking.effects import Job
from railguard.errors import ValidatorError
from railguard.llm.event_loop import DeadlinePassed, run_sync, within
from railguard.validation.rule import SECONDS

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
    rule, path = job.rule, job.context.path
    options = {"ctx": job.context} if rule.wants_context else {}
    try:
        async with room:
            if _is_async(job):
                return await within(seconds, rule.run(job.value, **options))
            return await within(seconds, _in_daemon_thread(rule.run, job.value, options))
    except ValidatorError as error:
        error.path = path if error.path is None else error.path
        raise
    except DeadlinePassed as error:
        raise ValidatorError(
            f"validator {rule.name!r} at {path} did not answer within {seconds:g} s", validator=rule.name, path=path
        ) from error
    except Exception as error:
        raise ValidatorError(
            f"validator {rule.name!r} raised {type(error).__name__} at {path}: {error}", validator=rule.name, path=path
        ) from error


async def _in_daemon_thread(run: Any, value: Any, options: dict[str, Any]) -> Any:
    """Run a blocking validator. A thread that is past its limit is left behind, and does not keep the program alive."""
    import asyncio
    import contextvars
    import threading

    loop = asyncio.get_running_loop()
    done: asyncio.Future[tuple[Any, BaseException | None]] = loop.create_future()
    context = contextvars.copy_context()

    def deliver(answer: Any, error: BaseException | None) -> None:
        if not done.done():
            done.set_result((answer, error))

    def work() -> None:
        answer, raised = None, None
        try:
            answer = context.run(run, value, **options)
        except BaseException as error:
            raised = error
        if not loop.is_closed():
            try:
                loop.call_soon_threadsafe(deliver, answer, raised)
            except RuntimeError:
                return  # the loop was closed meanwhile: nobody waits any more

    threading.Thread(target=work, name="railguard-validator", daemon=True).start()
    answer, raised = await done
    if raised is not None:
        raise raised
    return answer
