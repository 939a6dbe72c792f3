"""Print the messages for a model; nothing is sent.

With --reask FILE: print the reask for an answer with the text in FILE. Variables may then be
left out, and only the messages that the reask adds are printed.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import Any

from railguard import Guard, InputError, Message, ValidationFailed, ValidationOutcome
from railguard.cli import exits
from railguard.cli.assignments import assigned_variables, stdin_uses
from railguard.cli.outputs import stored
from railguard.cli.specs import add_options, load_guard
from railguard.cli.streams import emit, emit_json, is_terminal, note, one_stdin, paint, portable_json, visible

NAME = "prompt"
HELP = "print the messages a model would be sent"
EXAMPLES = (
    "railguard prompt fees.rail --var document=@agreement.txt",
    "railguard prompt fees.rail --reask answer.json",
    "railguard prompt schema.json --message 'Describe ${thing}. ${gr.complete_json_suffix}' --var thing='a bank'",
)


def add_variables(parser: ArgumentParser) -> None:
    """Add the arguments that set a spec's variables and messages, here and in `railguard run`."""
    parser.add_argument(
        "--var",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="a prompt variable; @FILE for a file's text, @- for standard input, @@… for text that begins with @",
    )
    parser.add_argument(
        "--vars", metavar="FILE", action="append", default=[], help="a JSON object of prompt variables; --var wins"
    )
    parser.add_argument(
        "--message", metavar="TEXT", help="the user message, a template, for a spec that cannot hold its own"
    )


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `railguard prompt`."""
    parser.add_argument("spec", metavar="SPEC", help="a RAIL file, a JSON Schema (.json), module:Model, or -")
    add_variables(parser)
    parser.add_argument("--reask", metavar="FILE", help="a stored output; - for standard input")
    add_options(parser)


def command(args: Namespace) -> int:
    """Print the messages."""
    one_stdin([args.spec, args.reask or "", *args.vars, *stdin_uses(args.var)])
    guard = load_guard(args, messages=args.message)
    values = assigned_variables(guard, args.var, args.vars)
    if args.reask is not None:
        return _reask(guard, values, args)
    messages = guard.render(values)
    if args.format == "json":
        emit_json({"messages": messages}, indent=2)
    elif messages:
        _print(messages)
    else:
        note("the spec has no messages; --message gives it one")
    return exits.GOOD


def _reask(guard: Guard, values: dict[str, Any], args: Namespace) -> int:
    request = guard.reask_request(_parsed(guard, args.reask))
    if request is None:
        if args.format == "json":
            emit_json({"messages": [], "schema": None, "paths": []}, indent=2)
        note("nothing would be asked again")
        return exits.GOOD
    whole = bool(values) or not guard.variables
    messages = [*(guard.render(values) if whole else ()), *request.messages]
    paths = [str(path) for path in request.paths]
    if args.format == "json":
        emit_json({"messages": messages, "schema": request.schema, "paths": paths}, indent=2)
        return exits.GOOD
    _print(messages)
    note(f"asked again: {visible(', '.join(paths))}")
    if not whole:
        note("the messages of the spec come before these; give its variables to see them")
    return exits.GOOD


def _parsed(guard: Guard, name: str) -> ValidationOutcome:
    (one,) = stored(name, jsonl=False, most=guard.spec.limits.text)
    if one.text is None:
        raise InputError(f"{one.file}: {one.error}")
    try:
        return guard.parse(one.text)
    except ValidationFailed as failed:
        return failed.outcome


def _print(messages: Sequence[Message]) -> None:
    shown = visible if is_terminal(sys.stdout) else str
    for number, message in enumerate(messages):
        if number:
            emit("")
        emit(paint(f"── {visible(str(message['role']))} ──", "bold", sys.stdout))
        content = message.get("content")
        emit(shown(content) if isinstance(content, str) else portable_json(content, indent=2))
