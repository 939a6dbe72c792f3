"""Validators that cannot run inline: async ones on an event loop, blocking ones in threads, all with a time limit.

A validator that raises or takes too long is a ValidatorError that names it. It never counts as passed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from railguard.errors import ValidatorError
from railguard.llm.event_loop import DeadlinePassed, run_sync, within
from railguard.loop.effects import Job

__all__ = ["MOST_AT_ONCE", "acheck", "check"]

MOST_AT_ONCE = 16
"""How many blocking validators of one round run at the same time."""


def check(jobs: Sequence[Job], seconds: float) -> list[Any]:
    """The validators' answers, in order. Blocks until all are there, each for at most `seconds`."""
    return run_sync(lambda: acheck(jobs, seconds))


async def acheck(jobs: Sequence[Job], seconds: float) -> list[Any]:
    """The validators' answers, in order; run side by side, blocking ones at most MOST_AT_ONCE at a time."""
    import asyncio

    room = asyncio.Semaphore(MOST_AT_ONCE)
    tasks = [asyncio.ensure_future(_one(job, seconds, room)) for job in jobs]
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


async def _one(job: Job, seconds: float, room: Any) -> Any:
    rule, path = job.rule, job.context.path
    options = {"ctx": job.context} if rule.wants_context else {}
    try:
        if rule.validator is not None and rule.validator.is_async:
            return await within(seconds, rule.run(job.value, **options))
        async with room:
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
