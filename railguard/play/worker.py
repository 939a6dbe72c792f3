"""The process that does the jobs: it reads frames from standard input, and writes answers to the original standard
output.

Inside, standard output is redirected to standard error, and standard input is empty, so that a validator's input and
output are never taken as frames.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any, BinaryIO

from railguard.play.workers import FRAME_HEAD, framed

__all__ = ["main"]


def main(arguments: Sequence[str]) -> None:
    """Do jobs until standard input ends. arguments: `--import MODULE` for each module to import first."""
    answers, questions = os.fdopen(os.dup(1), "wb"), os.fdopen(os.dup(0), "rb")
    os.dup2(2, 1)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    failed: str | None = None
    for flag, name in zip(arguments[::2], arguments[1::2], strict=True):
        assert flag == "--import"
        failed = failed or _imported(name)
    from railguard.play.jobs import JOBS, warm_up

    warm_up()
    _write(answers, {"ready": True})

    while (question := _read(questions)) is not None:
        try:
            answer = {"error": failed} if failed else JOBS[question["job"]](question["data"])
            _write(answers, answer)
        except Exception as error:  # a bug of railguard or of a validator: report it, and continue with the next job
            _write(answers, {"error": f"{type(error).__name__}: {error}", "bug": True})


def _end_with(parent: int) -> None:
    """End this process when the server has ended in any way, even in the middle of a job."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _imported(name: str) -> str | None:
    """Import a module. Returns the error, or None."""
    from importlib import import_module

    try:
        import_module(name)
    except (Exception, SystemExit) as error:  # any exception that the user's module raises
        return f"the module {name} cannot be imported: {type(error).__name__}: {error}"
    return None


def _write(stream: BinaryIO, value: Any) -> None:
    stream.write(framed(value))  # write a frame completely or, if it is not JSON, not at all
    stream.flush()


def _read(stream: BinaryIO) -> Any:
    head = stream.read(FRAME_HEAD)
    if len(head) < FRAME_HEAD:
        return None
    return json.loads(stream.read(int.from_bytes(head, "big")))


if __name__ == "__main__":
    main(sys.argv[1:])
