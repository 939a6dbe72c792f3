"""List the registered validators: railguard's own, and of installed packages.

With NAME: everything about one of them.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from typing import Any

import railguard
from railguard import InputError, Validator
from railguard.cli import exits
from railguard.cli.specs import add_options, import_named
from railguard.cli.streams import emit, emit_json, paint, show, visible

NAME = "validators"
HELP = "list the registered validators, or explain one"
EXAMPLES = (
    "railguard validators",
    "railguard validators length",
    "railguard validators --format json",
)


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `railguard validators`."""
    parser.add_argument("name", metavar="NAME", nargs="?", help="a validator's name, or one of its aliases")
    add_options(parser, loading=False)


def command(args: Namespace) -> int:
    """List all, or explain one."""
    import_named(args.imports)
    known = railguard.validators()
    if args.name is None:
        if args.format == "json":
            emit_json([_plain(one) for one in known], indent=2)
        else:
            _table(known)
        return exits.GOOD
    one = _named(args.name, known)
    if args.format == "json":
        emit_json(_plain(one), indent=2)
    else:
        emit(_explained(one))
    return exits.GOOD


def _named(name: str, known: list[Validator]) -> Validator:
    wanted = name.strip().removeprefix("hub://").rsplit("/", 1)[-1].replace("_", "-").lower()
    by_name = {alias: one for one in known for alias in (one.name, *one.aliases)}
    if wanted in by_name:
        return by_name[wanted]
    from difflib import get_close_matches

    close = get_close_matches(wanted, by_name, n=1)
    meant = f"; did you mean {close[0]!r}?" if close else "; `railguard validators` lists those there are"
    raise InputError(f"no validator named {name!r} is registered{meant}")


def _plain(one: Validator) -> dict[str, Any]:
    return {
        "name": one.name,
        "aliases": list(one.aliases),
        "types": sorted(one.types),
        "parameters": [_parameter(parameter) for parameter in one.parameters],
        "signature": one.signature,
        "async": one.is_async,
        "blocking": one.blocking,
        "description": one.description,
    }


def _parameter(parameter: Any) -> dict[str, Any]:
    plain = {"name": parameter.name, "signature": str(parameter), "required": parameter.required}
    if not parameter.required:
        plain["default"] = parameter.default
    return plain


def _table(known: list[Validator]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_header=True, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("name", no_wrap=True)
    table.add_column("serves", max_width=16)
    table.add_column("what it wants", ratio=1)
    for one in known:
        table.add_row(Text(one.name, "bold"), Text(_types(one)), Text(visible(_first_sentence(one.description))))
    show(table, sys.stdout)


def _types(one: Validator) -> str:
    return "any" if len(one.types) == 7 else ", ".join(sorted(one.types))


def _first_sentence(text: str) -> str:
    paragraph = " ".join(text.partition("\n\n")[0].split())
    sentence, stop, _ = paragraph.partition(". ")
    return sentence + stop.strip()


def _explained(one: Validator) -> str:
    lines = [paint(visible(one.signature), "bold", sys.stdout)]
    if one.aliases:
        lines.append(f"also: {', '.join(one.aliases)}")
    lines.append(f"serves: {_types(one)}")
    if one.is_async or one.blocking:
        lines.append("runs: " + ("awaited" if one.is_async else "in a thread, with a time limit"))
    if one.description:
        lines += ["", visible(one.description)]
    return "\n".join(lines)
