"""The argument parser, and the only place that turns an exception into a message and an exit code. It never shows a
traceback of an expected error.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any, TextIO

from railguard import ProviderError, RailguardError, SpecError
from railguard.cli import exits
from railguard.cli.streams import note, paint, visible

__all__ = ["COMMANDS", "commands", "main", "parser"]

COMMANDS = (
    "check",
    "validate",
    "run",
    "batch",
    "replay",
    "test",
    "prompt",
    "schema",
    "fmt",
    "migrate",
    "init",
    "validators",
    "serve",
    "lsp",
    "play",
    "completion",
)
"""The names of the commands; each is the name of its module."""

_COLLECT_AFTER = 50_000
"""Number of new objects before Python looks for reference cycles: the objects loaded at the start are no garbage, and
checking them takes a tenth of the start.
"""

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
    """Prints descriptions and examples unchanged, and leaves room for long option names."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=26)


class _Version(argparse.Action):
    """`--version`, which is looked up only if it is given."""

    def __init__(self, option_strings: Sequence[str], dest: str, **kwargs: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, help="show the version and stop")

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import version

        print("railguard", version("railguard"))
        parser.exit()


def commands(names: Sequence[str] = COMMANDS) -> Iterator[Any]:
    """Import the modules of commands. Only the given ones are imported: `validate` need not wait for the imports of
    `serve`.
    """
    for name in names:
        yield import_module(f"railguard.cli.{name}")


def parser(names: Sequence[str] = COMMANDS) -> argparse.ArgumentParser:
    """Create the argument parser. names: the commands that it knows, by default all."""
    top = argparse.ArgumentParser(
        prog="railguard",
        description=_DESCRIPTION,
        epilog=_EXITS,
        formatter_class=_Help,
        allow_abbrev=False,
    )
    top.add_argument("--version", action=_Version)
    below = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in commands(names):
        one = below.add_parser(
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
        one.set_defaults(command=command.command, parser=parser)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. argv: the arguments without the program's name, by default those of the process.

    Returns the exit code (`exits`); never raises and never exits.
    """
    closed = sys.stdout is None  # stdout is closed, as in `railguard … >&-`
    if sys.stderr is None:
        sys.stderr = _nowhere()
    if closed:
        sys.stdout = _nowhere()
    thresholds = gc.get_threshold()
    if thresholds[0]:  # otherwise the garbage collector was switched off on purpose
        gc.set_threshold(max(thresholds[0], _COLLECT_AFTER), *thresholds[1:])
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
    finally:
        gc.set_threshold(*thresholds)
        if argv is None:
            gc.freeze()  # the process ends: no last search for reference cycles among everything that it has loaded
    _drop_stdout()
    return code


def _run(argv: Sequence[str] | None, closed: bool) -> int:
    """Run one command. Raises KeyboardInterrupt, and OSError for standard output that cannot be written."""
    try:
        try:
            given = sys.argv[1:] if argv is None else argv
            args = parser(given[:1] if given and given[0] in COMMANDS else COMMANDS).parse_args(given)
        except SystemExit as stop:  # argparse has already printed the help, the version or the error
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
        from railguard.cli.problems import problem_text

        for problem in error.problems:
            note(problem_text(problem, None, sys.stderr))
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
    """Report an unexpected exception, with everything that a bug report needs."""
    from traceback import format_exception

    note(visible("".join(format_exception(error))).rstrip())
    return _fail("this is a bug in railguard; please report it with the lines above", exits.BUG)


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")  # a replacement for a stream of the process


def _fail(message: str, code: int) -> int:
    note(f"{paint('error:', 'red', sys.stderr)} {visible(message)}")
    return code


def _drop_stdout() -> None:
    """Discard stdout when its reader has gone or it is full: buffered output must not cause a second error at the end
    of the process.
    """
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        pass  # stdout is not a file of the operating system
