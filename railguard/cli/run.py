"""Ask a model for what a spec wants, and again for only what fails.

The validated output goes to stdout, the story of how it came about to stderr.
MODEL is PROVIDER:NAME, as openai:gpt-5 or anthropic:claude-sonnet-4-5, with the key in
the provider's usual variable; or replay:FILE, a recorded conversation.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from math import isfinite
from typing import Any

from railguard import Guard, InputError, ProviderError, ValidationFailed, ValidationOutcome
from railguard.cli import exits
from railguard.cli.assignments import literals, options, stdin_uses, variables
from railguard.cli.prompt import add_variables
from railguard.cli.recording import recording, refuse_inputs
from railguard.cli.specs import add_options, load
from railguard.cli.streams import (
    as_json,
    console,
    emit,
    emit_json,
    is_coloured,
    is_terminal,
    note,
    one_stdin,
    paint,
    show,
    shown_name,
    visible,
)

NAME = "run"
HELP = "ask a model, and again for only what fails"
EXAMPLES = (
    "railguard run fees.rail --model replay:conversation.jsonl --var document=@agreement.txt",
    "railguard run fees.rail --model openai:gpt-5 --option temperature=0 --var document=@- < agreement.txt",
    "railguard run models:Fees --model openai:gpt-5 --message 'Invent a bank: ${gr.complete_json_suffix}'",
)


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `railguard run`."""
    parser.add_argument("spec", metavar="SPEC", help="a RAIL file, a JSON Schema (.json), module:Model, or -")
    parser.add_argument(
        "--model", metavar="MODEL", required=True, help="PROVIDER:NAME, as openai:gpt-5, or replay:FILE"
    )
    add_variables(parser)
    parser.add_argument("--max-reasks", metavar="N", type=int, default=2, help="questions after the first (default: 2)")
    parser.add_argument("--timeout", metavar="SECONDS", type=float, default=120.0, help="for all of it (default: 120)")
    parser.add_argument(
        "--token-budget", metavar="N", type=int, help="no reask is begun once so many are spent (default: 500000)"
    )
    parser.add_argument(
        "--reask-mode",
        choices=("auto", "strict", "prompt"),
        default="auto",
        help="whether a reask's schema is enforced by the provider, or told in words (default: auto)",
    )
    parser.add_argument("--base-url", metavar="URL", help="another server that speaks the provider's protocol")
    parser.add_argument(
        "--option",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="an option for the model, as temperature=0: JSON, else text",
    )
    parser.add_argument(
        "--metadata", metavar="NAME=VALUE", action="append", default=[], help="metadata for validators: JSON, else text"
    )
    parser.add_argument(
        "--repair",
        choices=("none", "syntax", "lossless", "judgement"),
        help="local repairs that are allowed, each with those before it (default: the spec's, else lossless)",
    )
    parser.add_argument(
        "--cache", metavar="FILE", help="answer from FILE what was asked before, and keep new answers there"
    )
    parser.add_argument(
        "--record",
        metavar="FILE",
        help="write the conversation, for replay:FILE; once there is one, it takes the place of what FILE held",
    )
    parser.add_argument("--quiet", action="store_true", help="leave out the story")
    add_options(parser)


def command(args: Namespace) -> int:
    """Run the spec, tell the story, print the output."""
    one_stdin([args.spec, *args.vars, *stdin_uses([*args.var, *args.option, *args.metadata])])
    guard = load(args, messages=args.message)
    if not guard.spec.messages:
        raise InputError(f"{shown_name(args.spec)} has no messages to send; give it one with --message")
    call = _arguments(guard, args)
    failed: ProviderError | None = None
    outcome: ValidationOutcome | None
    if not args.quiet:
        note(f"{paint(visible(shown_name(args.spec)), 'bold', sys.stderr)} asked of {visible(args.model)}")
    try:
        with _model(args) as model, _waiting(args):
            outcome = guard(model, **call)
    except ValidationFailed as stopped:
        outcome = stopped.outcome
    except ProviderError as error:
        outcome, failed = error.outcome, error
    if outcome is not None:
        _print(outcome, args, failed)
    if failed is not None:
        raise failed
    assert outcome is not None, "a call without an outcome has raised"
    return exits.of_outcome(outcome)


def _arguments(guard: Guard, args: Namespace) -> dict[str, Any]:
    if not (isfinite(args.timeout) and args.timeout > 0):
        raise InputError(f"--timeout is a number of seconds above 0, not {args.timeout:g}")
    call: dict[str, Any] = {
        "variables": variables(guard, args.var, args.vars),
        "metadata": literals(args.metadata, "--metadata"),
        "max_reasks": args.max_reasks,
        "timeout": args.timeout,
        "reask_mode": args.reask_mode,
        **options(args.option),
    }
    if args.token_budget is not None:
        call["token_budget"] = args.token_budget
    if args.base_url is not None and args.cache is None and args.record is None:
        call["base_url"] = args.base_url
    return call


def _model(args: Namespace) -> AbstractContextManager[Any]:
    """The model as the guard is given it: its name, or what stands around it."""
    if args.cache is None and args.record is None:
        return nullcontext(args.model)
    from railguard import Cached, SQLiteStore, model

    found: Any = args.model if args.base_url is None else model(args.model, base_url=args.base_url)
    if args.cache is not None:
        found = Cached(found, SQLiteStore(args.cache))
    if args.record is None:
        return nullcontext(found)
    refuse_inputs(args)
    return recording(found, args.record)


@contextmanager
def _waiting(args: Namespace) -> Iterator[None]:
    """Something that moves while the model thinks, where somebody watches."""
    if args.quiet or not is_terminal(sys.stderr):
        yield
        return
    with console(sys.stderr).status(f"asking {visible(args.model)} …"):
        yield


def _print(outcome: ValidationOutcome, args: Namespace, failed: ProviderError | None) -> None:
    if not args.quiet:
        from railguard.cli.story import tell

        tell(outcome, sys.stderr, unanswered=failed is not None)
        with suppress(OSError):  # where nobody can hear the story, the output is still wanted
            sys.stderr.flush()
    if args.format == "json":
        plain = outcome.to_dict()
        emit_json(plain if failed is None else {**plain, "error": str(failed)}, indent=2)
    elif failed is None and exits.of_outcome(outcome) == exits.GOOD:
        _output(outcome.to_dict()["output"])
    elif not args.quiet:
        note("no output, because it is not valid; --format json prints all there is")


def _output(value: Any) -> None:
    """The output alone: text as it is, any other value as JSON."""
    if isinstance(value, str):
        emit(visible(value) if is_terminal(sys.stdout) else value)
    elif is_coloured(sys.stdout):
        from rich.json import JSON

        show(JSON(as_json(value)), sys.stdout, wrap=False)
    else:
        emit_json(value, indent=2)
