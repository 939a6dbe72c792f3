"""Print a script that completes commands, options and files in your shell.

Save the script where your shell looks for completions. For bash, for example:

  railguard completion bash > ~/.local/share/bash-completion/completions/railguard
"""

from __future__ import annotations

import argparse
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator

from railguard import InputError
from railguard.cli import exits
from railguard.cli.streams import emit, emit_json

NAME = "completion"
HELP = "print a completion script for a shell"
EXAMPLES = (
    "railguard completion bash",
    "railguard completion zsh",
)

SHELLS = ("bash", "zsh", "fish")
_FILES = ("SPEC", "OUTPUT", "OUT", "SAMPLE", "FILE")


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `railguard completion`."""
    parser.add_argument("shell", metavar="SHELL", choices=SHELLS, help=", ".join(SHELLS))


def command(args: Namespace) -> int:
    """Print the script."""
    try:
        import shtab
    except ImportError as error:
        raise InputError("completion needs a package: pip install 'railguard[completion]'") from error
    parser = args.parser()
    for action in _actions(parser):
        if action.metavar in _FILES and action.choices is None:
            action.complete = shtab.FILE  # type: ignore[attr-defined] # shtab reads this attribute
    script = shtab.complete(parser, shell=args.shell)
    emit_json({"script": script}) if args.format == "json" else emit(script)
    return exits.GOOD


def _actions(parser: ArgumentParser) -> Iterator[argparse.Action]:
    """Yield every option and argument of a parser and of its commands."""
    for action in parser._actions:  # argparse has no public access to them; shtab uses the same attributes
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from _actions(below)
