"""Parses `name=value` on the command line, where value is text, JSON, or `@` and the name of a file."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from railguard import Guard, InputError
from railguard.cli.streams import STDIN, read_text_file, shown_name

__all__ = ["assigned_variables", "files", "literals", "options", "stdin_uses", "texts"]


def assigned_variables(guard: Guard, assigned: Sequence[str], files: Sequence[str]) -> dict[str, Any]:
    """Return the prompt variables: the objects in `files`, overridden by `assigned`.

    A value is text. If the spec declares another type (a number, a list, an object …), the text is parsed as JSON; if
    it is not JSON, it stays text, and the guard checks it.
    """
    from railguard.batch.columns import as_declared

    values: dict[str, Any] = {}
    for name in files:
        values.update(_object(name))
    for name, text in _pairs(assigned, "--var").items():
        values[name] = as_declared(guard, name, _content(text)[0])
    return values


def texts(assigned: Sequence[str], option: str) -> dict[str, str]:
    """Return texts by name, given directly or read from a file."""
    return {name: _content(text)[0] for name, text in _pairs(assigned, option).items()}


def literals(assigned: Sequence[str], option: str) -> dict[str, Any]:
    """Return settings: a value that is JSON is parsed (`0`, `true`, `["a"]`), any other value is text."""
    if not assigned:
        return {}
    from railguard.batch.columns import read_literal

    found: dict[str, Any] = {}
    for name, text in _pairs(assigned, option).items():
        content, is_file = _content(text)
        found[name] = content if is_file else read_literal(content)
    return found


def options(assigned: Sequence[str]) -> dict[str, Any]:
    """Return the options for the model. Raises InputError for a name that belongs to the guard, such as `timeout`."""
    found = literals(assigned, "--option")
    own = [p.name for p in inspect.signature(Guard.__call__).parameters.values() if p.kind is not p.VAR_KEYWORD]
    for name in found:
        if name in own:
            raise InputError(f"--option {name} is not the model's to take; see --{name.replace('_', '-')} in --help")
    return found


def stdin_uses(assigned: Iterable[str]) -> list[str]:
    """Return `-` for each assignment that reads standard input."""
    return [STDIN for text in assigned if text.partition("=")[2] == "@-"]


def files(assigned: Iterable[str]) -> list[str]:
    """Return the names of the files that assignments read."""
    values = (text.partition("=")[2] for text in assigned)
    return [value[1:] for value in values if value.startswith("@") and value not in ("@", "@-") and value[1] != "@"]


def _pairs(assigned: Sequence[str], option: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in assigned:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise InputError(f"{option} {text[:80]!r}: write name=value")
        if name in found:
            raise InputError(f"{option} {name}: given twice")
        found[name] = value
    return found


def _content(text: str) -> tuple[str, bool]:
    """Return the value, and whether it came from a file: `@file`, `@-`. `@@` is a literal @ at the beginning."""
    if text.startswith("@@"):
        return text[1:], False
    if text.startswith("@"):
        if text == "@":
            raise InputError("an @ is followed by the name of a file; write @@ for text that begins with @")
        return read_text_file(text[1:]), True
    return text, False


def _object(name: str) -> Mapping[str, Any]:
    text = read_text_file(name)
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"{shown_name(name)}:{error.lineno}:{error.colno}: not JSON: {error.msg}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{shown_name(name)}: cannot be read as JSON: {error}") from error
    if not isinstance(value, dict):
        raise InputError(f'{shown_name(name)}: variables are a JSON object, as {{"document": "…"}}')
    return value
