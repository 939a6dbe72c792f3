"""The parser, and the one place where an exception becomes a message and an exit code. No traceback gets past it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any, TextIO

from railguard import ProviderError, RailguardError, SpecError
from railguard.cli import check, exits, fmt, init, prompt, replay, run, schema, validate, validators
from railguard.cli.problems import as_text
from railguard.cli.streams import note, paint, visible

__all__ = ["main", "parser"]

COMMANDS = (check, validate, run, replay, prompt, schema, fmt, init, validators)

_DESCRIPTION = "Make a language model's output something a program can rely on."
_EXITS = """\
exit codes: 0 all good, 1 something failed validation, 2 the spec or the command
line is wrong, 3 the provider failed, 70 a bug of railguard; of several the worst.

examples:
  railguard check fees.rail
  railguard run fees.rail --model replay:conversation.jsonl --var document=@agreement.txt
  railguard validate fees.rail answer.json
"""


class _Help(argparse.RawDescriptionHelpFormatter):
    """Descriptions and examples as they are written, and room for the names beside their help."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=26)


class _Version(argparse.Action):
    """`--version`, looked up only when it is asked for."""

    def __init__(self, option_strings: Sequence[str], dest: str, **kwargs: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, help="show the version and stop")

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import version

        print("railguard", version("railguard"))
        parser.exit()


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="railguard",
        description=_DESCRIPTION,
        epilog=_EXITS,
        formatter_class=_Help,
        allow_abbrev=False,
    )
    top.add_argument("--version", action=_Version)
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        one = commands.add_parser(
            command.NAME,
            help=command.HELP,
            description=command.__doc__,
            epilog="examples:\n" + "".join(f"  {line}\n" for line in command.EXAMPLES),
            formatter_class=_Help,
            allow_abbrev=False,
        )
        one.add_argument(
            "--format",
            choices=getattr(command, "FORMATS", ("text", "json")),
            default="text",
            help="how the results on stdout are written (default: text)",
        )
        command.add_arguments(one)
        one.set_defaults(command=command.command)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. argv: the arguments without the program's name, by default those of the process.

    Returns the exit code (`exits`); never raises and never exits.
    """
    closed = sys.stdout is None  # as of `railguard … >&-`
    if sys.stderr is None:
        sys.stderr = _nowhere()
    if closed:
        sys.stdout = _nowhere()
    try:
        code = _run(argv, closed)
        sys.stdout.flush()
    except KeyboardInterrupt:
        note()
        code = exits.INTERRUPTED
    except BrokenPipeError:
        code = exits.BROKEN_PIPE
    except OSError as error:
        code = _fail(f"standard output: {error.strerror or error}", exits.WRONG)
    else:
        return code
    _drop_stdout()
    return code


def _run(argv: Sequence[str] | None, closed: bool) -> int:
    """Run one command. Raises KeyboardInterrupt, and OSError for standard output that cannot be written."""
    try:
        try:
            args = parser().parse_args(argv)
        except SystemExit as stop:  # argparse has said everything: help, the version, or what is wrong
            return stop.code if isinstance(stop.code, int) else exits.WRONG
        if closed:
            return _fail("standard output is closed, so the results would be lost", exits.WRONG)
        code: int = args.command(args)
        return code
    except (BrokenPipeError, KeyboardInterrupt):
        raise
    except ProviderError as error:
        return _fail(str(error), exits.PROVIDER)
    except SpecError as error:
        for problem in error.problems:
            note(as_text(problem, None, sys.stderr))
        return exits.WRONG
    except RailguardError as error:
        return _fail(str(error), exits.WRONG)
    except OSError as error:
        where = f"{error.filename}: " if error.filename is not None else ""
        return _fail(where + (error.strerror or str(error)), exits.WRONG)
    except UnicodeError as error:
        return _fail(str(error), exits.WRONG)
    except BaseException as error:
        return _bug(error)


def _bug(error: BaseException) -> int:
    """Say what nobody expected, with all that a report of it needs."""
    from traceback import format_exception

    note(visible("".join(format_exception(error))).rstrip())
    return _fail("this is a bug in railguard; please report it with the lines above", exits.BUG)


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")  # it stands in for a stream of the process


def _fail(message: str, code: int) -> int:
    note(f"{paint('error:', 'red', sys.stderr)} {visible(message)}")
    return code


def _drop_stdout() -> None:
    """Nobody reads it any more, or it is full: what is still buffered must not fail once more when the process ends."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        pass  # stdout is no file of the system's
