"""A process next to the server that does one job at a time. A job that takes too long is stopped together with its
process.

Both sides exchange frames over pipes: eight bytes of length, then JSON. The first frame says that the process is ready.
Only frames are read from the other side, so that output of a job cannot be taken as an answer.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

__all__ = ["FRAME_HEAD", "JobStopped", "Worker", "framed"]

FRAME_HEAD = 8
_MOST = 256 * 1024 * 1024
_SECONDS_TO_START = 60.0


class JobStopped(Exception):
    """Raised if a job has no result: it took too long, was stopped, or its process ended. The message is for people."""


def framed(value: Any) -> bytes:
    """Encode a value as one frame. ASCII, because a lone surrogate cannot be written as UTF-8."""
    data = json.dumps(value).encode("ascii")
    return len(data).to_bytes(FRAME_HEAD, "big") + data


class Worker:
    """One process, started when it is first needed, and again after a job that had to be stopped."""

    def __init__(self, name: str, imports: Sequence[str] = (), environment: dict[str, str] | None = None) -> None:
        """Store the settings; no process is started yet.

        Args:
            name: The purpose of the worker, for messages.
            imports: Modules that it imports first, for the validators that they register.
            environment: Environment variables of the process; by default those of this one.
        """
        self.name = name
        self._imports = tuple(imports)
        self._environment = environment
        self._process: asyncio.subprocess.Process | None = None
        self._is_ready = False
        self._turn = asyncio.Lock()
        self._stopped: str | None = None

    async def start(self) -> None:
        """Start the process, so that the first job does not wait for it."""
        async with self._turn:
            await self._started()

    async def run(self, job: str, data: dict[str, Any], *, seconds: float) -> Any:
        """Run a job. Jobs wait for each other.

        Args:
            job: The name of the job.
            data: The argument of the job.
            seconds: The time limit.

        Returns:
            The result of the job, as plain data.

        Raises:
            JobStopped: If there is no result.
        """
        frame = framed({"job": job, "data": data})
        async with self._turn:
            process = await self._started()
            self._stopped = None
            limit = _SECONDS_TO_START
            try:
                if not self._is_ready:  # the job's own time begins when the process is ready
                    async with asyncio.timeout(limit):
                        await _read(process)
                    self._is_ready = True
                limit = seconds
                async with asyncio.timeout(limit):
                    return await _exchange(process, frame)
            except TimeoutError:
                await self._end()
                await self._started()  # restart now, so that the next job does not wait
                raise JobStopped(f"stopped: it took longer than {limit:g} s") from None
            except asyncio.CancelledError:
                await self._end()
                raise
            except (OSError, EOFError, ValueError) as error:
                await self._end()
                raise JobStopped(self._stopped or "the process that did this work ended; try again") from error

    def stop(self) -> None:
        """Stop the current job, if there is one."""
        process = self._process
        if self._turn.locked() and process is not None:
            self._stopped = "stopped"
            with suppress(ProcessLookupError):
                process.kill()

    async def close(self) -> None:
        """End the process. A running job then has no result."""
        self.stop()
        await self._end()

    async def _started(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            self._is_ready = False
            arguments = [part for name in self._imports for part in ("--import", name)]
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "railguard.play.worker",
                *arguments,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env=self._environment,
                process_group=0 if os.name == "posix" else None,  # Ctrl-C goes to the server only
            )
        return self._process

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.kill()
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()


async def _exchange(process: asyncio.subprocess.Process, frame: bytes) -> Any:
    assert process.stdin is not None
    process.stdin.write(frame)
    await process.stdin.drain()
    return await _read(process)


async def _read(process: asyncio.subprocess.Process) -> Any:
    assert process.stdout is not None
    size = int.from_bytes(await process.stdout.readexactly(FRAME_HEAD), "big")
    if size > _MOST:
        raise ValueError(f"an answer of {size:,} bytes")
    return json.loads(await process.stdout.readexactly(size))
