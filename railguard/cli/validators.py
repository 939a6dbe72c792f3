"""List the registered validators by purpose: railguard's own, and those of installed packages.

With NAME: everything about one of them. --search lists those whose name or manual contains all
of some words. Piped, each is one line: name, subject, types and arguments, separated by tabs.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import Any

import railguard
from railguard import InputError, Parameter, Validator
from railguard.cli import exits
from railguard.cli.problems import problem_text
from railguard.cli.specs import add_options, import_named
from railguard.cli.streams import console, emit, emit_json, is_terminal, note, paint, visible

NAME = "validators"
HELP = "list the registered validators, or explain one"
EXAMPLES = (
    "railguard validators",
    "railguard validators --search url",
    "railguard validators length",
)


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `railguard validators`."""
    parser.add_argument("name", metavar="NAME", nargs="?", help="a validator's name, or one of its aliases")
    parser.add_argument("--search", metavar="WORDS", help="list only those with all these words in their manual")
    add_options(parser, loading=False)


def command(args: Namespace) -> int:
    """List all validators, or explain one. Errors of a validator package are reported next to it."""
    import_named(args.imports)
    known = railguard.validators()
    for problem in railguard.validator_problems():
        note(problem_text(problem, None, sys.stderr))
    if args.search is not None and args.name is not None:
        raise InputError("give a NAME, or words with --search")
    if args.search is not None:
        known = [one for one in known if _has(one, args.search)]
        if not known:
            note(f"no validator has {visible(args.search)!r} in its manual")
    if args.name is None:
        if args.format == "json":
            emit_json([_plain(one) for one in known], indent=2)
        elif is_terminal(sys.stdout):
            _list(known)
        else:
            for one in known:
                emit(visible("\t".join((one.name, one.subject, _types(one), _first_sentence(one.description)))))
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
        "subject": one.subject,
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
    """Return the metadata keys that a validator's rules may need."""
    return sorted({*one.metadata, *(key for rule in one.examples() for key in rule.metadata)})


def _has(one: Validator, words: str) -> bool:
    """Whether a validator has all given words in its names or its manual."""
    documented = [f"{parameter.name} {parameter.doc}" for parameter in one.parameters]
    text = " ".join((one.name, *one.aliases, one.subject, one.description, *documented)).lower()
    return all(word in text for word in words.lower().split())


def _list(known: list[Validator]) -> None:
    """Print one line per validator, cut to the terminal's width, grouped by purpose."""
    from rich.cells import cell_len, set_cell_size

    width = console(sys.stdout).width
    most = max((len(one.name) for one in known), default=0)
    subjects = dict.fromkeys(
        sorted({one.subject or "Other" for one in known}, key=lambda name: (name == "Other", name))
    )
    for number, subject in enumerate(subjects):
        if number:
            emit("")
        emit(paint(visible(subject), "bold", sys.stdout))
        for one in known:
            if (one.subject or "Other") == subject:
                said = visible(_first_sentence(one.description))
                room = max(width - most - 4, 10)
                if cell_len(said) > room:
                    said = set_cell_size(said, room - 1).rstrip() + "…"
                emit(f"  {paint(f'{one.name:{most}}', 'cyan', sys.stdout)}  {said}".rstrip())


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
    if one.subject:
        yield "for", one.subject
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
