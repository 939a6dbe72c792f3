"""What SPEC on the command line may be: a RAIL file, a JSON Schema, or `module:Model`; `-` is standard input.

A module is imported only where the user names it.
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
from railguard.cli.streams import STDIN, decoded, read_bytes, shown_name

__all__ = ["add_options", "guard", "import_named", "load", "problems"]

_OBJECT = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*\Z")


def add_options(parser: ArgumentParser, *, loading: bool = True) -> None:
    """The options of every command that reads a spec."""
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
            help="what to do with a rule whose validator nobody registered (default: error)",
        )


def import_named(modules: Sequence[str]) -> None:
    """Import the modules the user named, from the current folder too. Raises InputError where one cannot be."""
    for name in modules:
        _module(name)


def load(args: Namespace, *, messages: str | None = None) -> Guard:
    """The guard of `args.spec`. messages: a template of a user message, for a spec that cannot hold its own."""
    import_named(args.imports)
    return guard(args.spec, messages, getattr(args, "repair", None), args.unknown_validators)


def guard(
    name: str, messages: str | None = None, repair: Any = None, unknown: Any = "error", *, piped: bytes | None = None
) -> Guard:
    """The guard of a spec. piped: what standard input holds, where it was read before."""
    if _is_object(name):
        return _from_object(name, messages, repair, unknown)
    if name == STDIN:
        data = read_bytes(name) if piped is None else piped
        if _is_json(data):
            return Guard.from_json_schema(_json(data, name), messages=messages, repair=repair)
        _no_messages(name, messages)
        return Guard.from_rail_string(data, repair=repair, unknown_validators=unknown)
    if name.endswith(".json"):
        return Guard.from_json_schema(_json(read_bytes(name), name), messages=messages, repair=repair)
    _no_messages(name, messages)
    return Guard.from_rail(name, repair=repair, unknown_validators=unknown)


def problems(name: str, *, piped: bytes | None = None) -> list[Problem]:
    """Everything that is wrong or odd in a spec, in its order. A spec that is no RAIL is checked by loading it. piped:
    what standard input holds, where it was read before."""
    try:
        if _is_object(name):
            return list(_from_object(name, None, None, "error").warnings)
        if name.endswith(".json"):
            return list(Guard.from_json_schema(_json(read_bytes(name), name)).warnings)
        if name != STDIN:
            return railguard.check(os.path.join(os.curdir, name) if name.lstrip().startswith("<") else name)
        data = read_bytes(name) if piped is None else piped
        if _is_json(data):
            return list(Guard.from_json_schema(_json(data, name)).warnings)
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
    if here not in sys.path:  # a console script, unlike python -m, does not look here
        sys.path.insert(0, here)
    try:
        return import_module(name)
    except RailguardError:
        raise
    except (Exception, SystemExit) as error:  # whatever the user's own module raises
        raise InputError(f"the module {name} cannot be imported: {type(error).__name__}: {error}") from error


def _close(name: str, found: Any) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, dir(found), n=1)
    return f"; did you mean {close[0]}?" if close else ""
