"""Loads a SPEC of the command line: a RAIL file, a JSON Schema, or `module:Model`; `-` is standard input.

A module is imported only if the user names it.
"""

from __future__ import annotations

import json
import os
import re
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import railguard
from railguard import Guard, InputError, Limits, Problem, RailguardError, SpecError
from railguard.cli.streams import STDIN, decoded, note, read_bytes, shown_name, visible

__all__ = ["add_options", "guard", "import_named", "load_guard", "spec_problems"]

_OBJECT = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*\Z")


def add_options(parser: ArgumentParser, *, loading: bool = True) -> None:
    """Add the options of every command that reads a spec."""
    parser.add_argument(
        "--import",
        dest="imports",
        metavar="MODULE",
        action="append",
        default=[],
        help="import a module first, for the validators it registers",
    )
    if loading:
        parser.add_argument(
            "--unknown-validators",
            choices=("error", "ignore"),
            default="error",
            help="what to do with a rule whose validator is not registered (default: error)",
        )


def import_named(modules: Sequence[str]) -> None:
    """Import the modules that the user named, also from the current folder. Raises InputError if one cannot be
    imported.
    """
    for name in modules:
        _module(name)


def load_guard(args: Namespace, *, messages: str | None = None) -> Guard:
    """Load the guard of `args.spec`. messages: a template of a user message, for a spec without messages."""
    import_named(args.imports)
    loaded = guard(args.spec, messages, getattr(args, "repair", None), args.unknown_validators)
    for problem in loaded.warnings:
        if problem.code == "json-schema-misspelled":  # no validator is checked
            note(f"{shown_name(args.spec)}: {visible(str(problem))}")
    return loaded


def guard(
    name: str, messages: str | None = None, repair: Any = None, unknown: Any = "error", *, piped: bytes | None = None
) -> Guard:
    """Load the guard of a spec. piped: the content of standard input, if it was read before."""
    if _is_object(name):
        return _from_object(name, messages, repair, unknown)
    if name == STDIN:
        data = read_bytes(name) if piped is None else piped
        if _is_json(data):
            return _from_json(data, name, messages, repair)
        _no_messages(name, messages)
        return Guard.from_rail_string(data, repair=repair, unknown_validators=unknown)
    if name.endswith(".json"):
        return _from_json(read_bytes(name), name, messages, repair)
    _no_messages(name, messages)
    return Guard.from_rail(name, repair=repair, unknown_validators=unknown)


def spec_problems(name: str, *, piped: bytes | None = None) -> list[Problem]:
    """Return every error and warning in a spec, in line order. A spec that is not RAIL is checked by loading it. piped:
    the content of standard input, if it was read before.
    """
    try:
        if _is_object(name):
            return list(_from_object(name, None, None, "error").warnings)
        if name.endswith(".json"):
            return list(_from_json(read_bytes(name), name).warnings)
        if name != STDIN:
            return railguard.check(os.path.join(os.curdir, name) if name.lstrip().startswith("<") else name)
        data = read_bytes(name) if piped is None else piped
        if _is_json(data):
            return list(_from_json(data, name).warnings)
        return railguard.check(data, file=shown_name(name))
    except SpecError as error:
        return list(error.problems)
    except OSError as error:
        return [Problem(f"the file cannot be read: {error.strerror}", "no-file", file=name)]
    except RailguardError as error:
        return [Problem(str(error), "cannot-load")]


def _is_object(name: str) -> bool:
    return _OBJECT.match(name) is not None and not os.path.exists(name)


def _is_json(data: bytes) -> bool:
    return data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"t", b"f")


def _no_messages(name: str, messages: str | None) -> None:
    if messages is not None:
        raise InputError(f"--message is for a JSON Schema or module:Model; {shown_name(name)} holds its own messages")


def _json(data: bytes, name: str) -> Any:
    file, most = shown_name(name), Limits().spec_bytes
    if len(data) > most:
        raise SpecError([Problem(f"the document is larger than {most:,} bytes", "json-size", file=file)])
    text = decoded(data, file)
    try:
        schema = json.loads(text)
    except json.JSONDecodeError as error:
        place = Problem(f"not JSON: {error.msg}", "json-syntax", file=file, line=error.lineno, column=error.colno)
        raise SpecError([place]) from error
    except (ValueError, RecursionError) as error:
        raise SpecError([Problem(f"cannot be read as JSON: {error}", "json-syntax", file=file)]) from error
    if not isinstance(schema, (dict, bool)):
        raise SpecError([Problem("a JSON Schema is an object", "json-schema", file=file)])
    return schema


def _from_json(data: bytes, name: str, messages: str | None = None, repair: Any = None) -> Guard:
    """Create the guard of a JSON Schema. A schema that accepts everything is refused: it is probably an answer given as
    the spec.
    """
    schema = _json(data, name)
    guard = Guard.from_json_schema(schema, messages=messages, repair=repair)
    empty = [problem for problem in guard.warnings if problem.code == "json-schema-empty"]
    if not empty and schema in ({}, True):
        empty = [Problem("it has no keyword of JSON Schema: it accepts every value", "json-schema-empty")]
    if empty:
        others = [problem for problem in guard.warnings if problem.code == "json-schema-misspelled"]
        hint = "the SPEC comes first, then the outputs; a schema has a keyword such as type or properties"
        told = replace(empty[0], severity="error", file=shown_name(name), hint=hint)
        raise SpecError([told, *others])
    return guard


def _from_object(name: str, messages: str | None, repair: Any, unknown: Any) -> Guard:
    module, _, attributes = name.partition(":")
    found: Any = _module(module)
    for attribute in attributes.split("."):
        if not hasattr(found, attribute):
            raise InputError(f"{name}: {module} has no {attributes}{_close(attribute, found)}")
        found = getattr(found, attribute)
    if isinstance(found, Guard):
        if messages is not None:
            raise InputError(f"--message is for a JSON Schema or module:Model; {name} is a guard with its own messages")
        spec = found.spec if repair is None else replace(found.spec, repair=repair)
        return Guard(spec, unknown_validators=unknown)
    return Guard.from_pydantic(found, messages=messages, repair=repair)


def _module(name: str) -> Any:
    from importlib import import_module

    here = os.getcwd()
    if here not in sys.path:  # a console script does not search the current folder, unlike python -m
        sys.path.insert(0, here)
    try:
        return import_module(name)
    except RailguardError:
        raise
    except (Exception, SystemExit) as error:  # any exception that the user's module raises
        raise InputError(f"the module {name} cannot be imported: {type(error).__name__}: {error}") from error


def _close(name: str, found: Any) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, dir(found), n=1)
    return f"; did you mean {close[0]}?" if close else ""
