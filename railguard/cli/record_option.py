"""`--record FILE`: a conversation is written to a temporary file in the same folder, which replaces FILE once it has an
entry.
"""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from railguard import InputError
from railguard.cli.assignments import files
from railguard.cli.streams import STDIN

__all__ = ["recording", "refuse_recorded_inputs"]


def refuse_recorded_inputs(args: Namespace) -> None:
    """Raise InputError if `--record` names a file that the command reads, which would be overwritten."""
    if args.record == STDIN:
        raise InputError("--record needs the name of a file")
    for name in (*_modules(args), *args.vars, *files([*args.var, *args.option, *args.metadata])):
        if _same(args.record, name):
            raise InputError(
                f"--record {args.record} would replace {name}, which this command reads; name another file"
            )
    for model in args.model:
        scheme, _, name = model.partition(":")
        if scheme == "replay" and _same(args.record, name):
            raise InputError(
                f"--record {args.record} would replace the conversation that is replayed; name another file"
            )


def _modules(args: Namespace) -> list[str]:
    """Return the spec's file, and the files of the modules named on the command line."""
    names = [args.spec, *args.imports]
    modules = [sys.modules.get(name.partition(":")[0]) for name in names]
    return [args.spec, *(file for module in modules if (file := getattr(module, "__file__", None)))]


def _same(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except (OSError, ValueError):
        return os.path.realpath(one) == os.path.realpath(other)


@contextmanager
def recording(model: str, name: str) -> Iterator[Any]:
    """Yield a model that records to a temporary file. FILE is replaced at the end, also if the call fails midway."""
    from railguard.testing import RecordingModel

    target = os.path.realpath(name)
    if os.path.exists(target) and not os.path.isfile(target):
        if os.path.isdir(target):
            raise InputError(f"--record {name}: this is a folder, not a file")
        yield RecordingModel(model, target)  # a device or a pipe: it has no old content
        return
    beside = _temporary_file(name, target)
    try:
        yield RecordingModel(model, beside)
    finally:
        if os.path.getsize(beside):
            os.chmod(beside, _mode(target))
            os.replace(beside, target)
        else:
            os.unlink(beside)


def _temporary_file(name: str, target: str) -> str:
    if os.path.exists(target) and not os.access(target, os.W_OK):
        raise InputError(f"--record {name}: the file may not be written")
    try:
        handle, beside = tempfile.mkstemp(prefix=".railguard-", suffix=".part", dir=os.path.dirname(target))
    except OSError as error:
        raise InputError(f"--record {name}: {error.strerror}") from error
    os.close(handle)
    return beside


def _mode(target: str) -> int:
    """Return the permissions of the file that is replaced, or those of a new file."""
    try:
        return stat.S_IMODE(os.stat(target).st_mode)
    except FileNotFoundError:
        umask = os.umask(0)
        os.umask(umask)
        return 0o666 & ~umask
