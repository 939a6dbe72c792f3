"""Ask a model for the output of a spec, and again for only the fields that fail.

The validated output goes to stdout, the report of its rounds to stderr. MODEL is
PROVIDER:NAME, such as openai:gpt-5 or anthropic:claude-sonnet-5, with the key in the
provider's usual environment variable; or replay:FILE, a recorded conversation.
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
from railguard.cli.assignments import assigned_variables, literals, options, stdin_uses
from railguard.cli.prompt import add_variables
from railguard.cli.record_option import recording, refuse_recorded_inputs
from railguard.cli.specs import add_options, load_guard
from railguard.cli.streams import (
    console,
    emit,
    emit_document,
    emit_json,
    is_coloured,
    is_terminal,
    note,
    one_stdin,
    paint,
    portable_json,
    read_text_file,
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
    """Add the arguments of `railguard run`."""
    parser.add_argument("spec", metavar="SPEC", help="a RAIL file, a JSON Schema (.json), module:Model, or -")
    parser.add_argument(
        "--model",
        metavar="MODEL",
        action="append",
        required=True,
        help="PROVIDER:NAME, as openai:gpt-5, or replay:FILE; if given several times, the next one is asked when one fails",
    )
    parser.add_argument(
        "--reask-by",
        choices=("same", "stronger", "whole"),
        default="same",
        help="with several models, which one is asked again: the same, the next one (stronger), or the next one for the whole "
        "output (whole)",
    )
    add_variables(parser)
    parser.add_argument(
        "--update",
        metavar="FILE",
        help="a JSON document to update, or -: only what changes is asked for, and the new text is printed; FILE stays",
    )
    parser.add_argument("--max-reasks", metavar="N", type=int, default=2, help="questions after the first (default: 2)")
    parser.add_argument("--timeout", metavar="SECONDS", type=float, default=120.0, help="for all of it (default: 120)")
    parser.add_argument(
        "--token-budget", metavar="N", type=int, help="no reask is started once this many are spent (default: 500000)"
    )
    parser.add_argument(
        "--reask-mode",
        choices=("auto", "strict", "prompt"),
        default="auto",
        help="whether a reask's schema is enforced by the provider, or described in the prompt (default: auto)",
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
        help="the allowed local repairs; each level includes those before it (default: the spec's, else lossless)",
    )
    parser.add_argument(
        "--cache",
        metavar="FILE",
        help="a cache file of answers from models and costly validators",
    )
    parser.add_argument(
        "--record",
        metavar="FILE",
        help="record the conversation for replay:FILE; an existing FILE is replaced",
    )
    parser.add_argument("--quiet", action="store_true", help="do not print the report of the rounds")
    add_options(parser)


def command(args: Namespace) -> int:
    """Run the spec, print the report of its rounds and the output."""
    one_stdin([args.spec, args.update or "", *args.vars, *stdin_uses([*args.var, *args.option, *args.metadata])])
    guard = load_guard(args, messages=args.message)
    if not guard.spec.messages:
        raise InputError(f"{shown_name(args.spec)} has no messages to send; give it one with --message")
    call = _arguments(guard, args)
    document = None if args.update is None else read_text_file(args.update, most=guard.spec.limits.text, bom=True)
    store = None
    if args.cache is not None:
        from railguard import SQLiteStore

        store = SQLiteStore(args.cache)
        guard = guard.caching(store)
    failed: ProviderError | None = None
    outcome: ValidationOutcome | None
    if not args.quiet:
        note(f"{paint(visible(shown_name(args.spec)), 'bold', sys.stderr)} asked of {visible(', '.join(args.model))}")
    try:
        with _model(args, store) as model, _waiting(args):
            outcome = guard(model, **call) if document is None else guard.update(document, model, **call)
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
        "variables": assigned_variables(guard, args.var, args.vars),
        "metadata": literals(args.metadata, "--metadata"),
        "max_reasks": args.max_reasks,
        "timeout": args.timeout,
        "reask_mode": args.reask_mode,
        **options(args.option),
    }
    if args.token_budget is not None:
        call["token_budget"] = args.token_budget
    return call


def _model(args: Namespace, store: Any) -> AbstractContextManager[Any]:
    """Return the model as the guard takes it: its name, or a provider with recording and cache."""
    found = _named(args)
    if store is not None:
        from railguard import Cached

        found = Cached(found, store)
    if args.record is None:
        return nullcontext(found)
    refuse_recorded_inputs(args)
    return recording(found, args.record)


def _named(args: Namespace) -> Any:
    """Return the model or models that `--model` names."""
    if len(args.model) > 1:
        from railguard import Fallback

        if args.base_url is not None:
            raise InputError("--base-url is of one model, and --model was given several times")
        return Fallback(args.model, reask=args.reask_by)
    if args.reask_by != "same":
        raise InputError(f"--reask-by {args.reask_by} needs --model several times")
    if args.base_url is None:
        return args.model[0]
    from railguard import model

    return model(args.model[0], base_url=args.base_url)


@contextmanager
def _waiting(args: Namespace) -> Iterator[None]:
    """Show an animation while the model answers, if stderr is a terminal."""
    if args.quiet or not is_terminal(sys.stderr):
        yield
        return
    with console(sys.stderr).status(f"asking {visible(', '.join(args.model))} …"):
        yield


def _print(outcome: ValidationOutcome, args: Namespace, failed: ProviderError | None) -> None:
    if not args.quiet:
        from railguard.cli.run_report import print_report

        print_report(outcome, sys.stderr, unanswered=failed is not None, updates=args.update is not None)
        with suppress(OSError):  # if stderr is closed, the output is still written
            sys.stderr.flush()
    if args.format == "json":
        plain = outcome.to_dict()
        emit_json(plain if failed is None else {**plain, "error": str(failed)}, indent=2)
    elif failed is None and exits.of_outcome(outcome) == exits.GOOD:
        if args.update is not None:
            emit_document(outcome.document)
        else:
            _output(outcome.to_dict()["output"])
    elif not args.quiet:
        note("no output, because it is not valid; --format json prints all there is")


def _output(value: Any) -> None:
    """Print only the output: text unchanged, any other value as JSON."""
    if isinstance(value, str):
        emit(visible(value) if is_terminal(sys.stdout) else value)
    elif is_coloured(sys.stdout):
        from rich.json import JSON

        show(JSON(portable_json(value)), sys.stdout, wrap=False)
    else:
        emit_json(value, indent=2)
