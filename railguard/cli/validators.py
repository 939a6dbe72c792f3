"""List the registered validators: railguard's own, and of installed packages.

With NAME: everything about one of them.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import Any

import railguard
from railguard import InputError, Parameter, Validator
from railguard.cli import exits
from railguard.cli.problems import as_text
from railguard.cli.specs import add_options, import_named
from railguard.cli.streams import emit, emit_json, note, paint, show, visible

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
    """List all, or explain one. What is wrong with a package of validators is said beside it."""
    import_named(args.imports)
    known = railguard.validators()
    for problem in railguard.validator_problems():
        note(as_text(problem, None, sys.stderr))
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
        emit("\n".join(_explained(one)))
    return exits.GOOD


def _named(name: str, known: list[Validator]) -> Validator:
    wanted = name.strip().removeprefix("hub://").rsplit("/", 1)[-1].replace("_", "-").lower()
    by_name = {alias: one for one in known for alias in (*one.aliases, one.name)}
    if wanted in by_name:
        return by_name[wanted]
    from difflib import get_close_matches

    close = get_close_matches(wanted, by_name, n=1)
    meant = f"; did you mean {close[0]!r}?" if close else "; `railguard validators` lists those there are"
    raise InputError(f"no validator named {name!r} is registered{meant}")


def _plain(one: Validator) -> dict[str, Any]:
    missing = one.missing()
    return {
        "name": one.name,
        "aliases": list(one.aliases),
        "types": sorted(one.types),
        "parameters": [_parameter(parameter) for parameter in one.parameters],
        "signature": one.signature,
        "async": one.is_async,
        "blocking": one.blocking,
        "pure": one.pure,
        "by_sentence": one.by_sentence,
        "metadata": _metadata(one),
        "requires": [
            {"module": module, "install": install, "installed": install not in missing}
            for module, install in one.requires.items()
        ],
        "keywords": list(one.keywords),
        "module": one.check.__module__,
        "description": one.description,
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    plain = {
        "name": parameter.name,
        "type": parameter.type,
        "signature": str(parameter),
        "required": parameter.required,
        "description": parameter.doc,
    }
    if not parameter.required:
        plain["default"] = parameter.default
    return plain


def _metadata(one: Validator) -> list[str]:
    """The keys that some rule of it needs, whatever its arguments are."""
    return sorted({*one.metadata, *(key for rule in one.examples() for key in rule.metadata)})


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


def _explained(one: Validator) -> Iterator[str]:
    yield paint(visible(one.signature), "bold", sys.stdout)
    for label, said in _facts(one):
        yield f"{label + ':':10}{visible(said)}"
    manual = one.manual
    if manual.words:
        yield ""
        yield from map(visible, manual.words)
    if one.parameters:
        yield ""
    for parameter in one.parameters:
        doc = f"  {parameter.doc}" if parameter.doc else ""
        yield f"  {paint(visible(str(parameter)), 'bold', sys.stdout)}{visible(doc)}"
    if manual.examples:
        yield ""
        yield from map(visible, manual.examples)


def _facts(one: Validator) -> Iterator[tuple[str, str]]:
    if one.aliases:
        yield "also", ", ".join(one.aliases)
    yield "serves", _types(one)
    runs = "awaited" if one.is_async else "in a thread, with a time limit" if one.blocking else "on the spot"
    yield "runs", runs + (", a text sentence by sentence" if one.by_sentence else "")
    yield "pure", "yes" if one.pure else "no: it may answer anew, or looks at more than the value"
    if keys := _metadata(one):
        yield "metadata", ", ".join(keys)
    missing = one.missing()
    for module, install in one.requires.items():
        yield (
            "requires",
            f"{module}, not installed: pip install '{install}'" if install in missing else f"{module}, installed",
        )
    if one.keywords:
        yield "keywords", f"{', '.join(one.keywords)} of JSON Schema"
    yield "from", one.check.__module__
