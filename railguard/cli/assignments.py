"""`name=value` on the command line, and what value is meant: text, JSON, or the content of a file."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from railguard import Guard, InputError
from railguard.cli.streams import STDIN, read_text, shown_name

__all__ = ["files", "literals", "options", "stdin_uses", "variables"]

_TEXT_TYPES = {"StringNode", "DateNode", "TimeNode", "DateTimeNode", "PercentageNode"}


def variables(guard: Guard, assigned: Sequence[str], files: Sequence[str]) -> dict[str, Any]:
    """Prompt variables: the objects in `files`, then `assigned`, which win.

    A value is text; where the spec declares another type (a number, a list, an object …) it is read as JSON, and what
    is no JSON stays text, which the guard then judges.
    """
    values: dict[str, Any] = {}
    for name in files:
        values.update(_object(name))
    for name, text in _pairs(assigned, "--var").items():
        values[name] = _as_declared(guard, name, _content(text)[0])
    return values


def literals(assigned: Sequence[str], option: str) -> dict[str, Any]:
    """Settings: a value that is JSON is meant as JSON (`0`, `true`, `["a"]`), any other is text."""
    found: dict[str, Any] = {}
    for name, text in _pairs(assigned, option).items():
        content, is_file = _content(text)
        found[name] = content if is_file else _literal(content)
    return found


def options(assigned: Sequence[str]) -> dict[str, Any]:
    """Options for the model. Raises InputError for a name that is the guard's own, as `timeout`."""
    found = literals(assigned, "--option")
    own = [p.name for p in inspect.signature(Guard.__call__).parameters.values() if p.kind is not p.VAR_KEYWORD]
    for name in found:
        if name in own:
            raise InputError(f"--option {name} is not the model's to take; see --{name.replace('_', '-')} in --help")
    return found


def stdin_uses(assigned: Iterable[str]) -> list[str]:
    """`-` for each assignment that reads standard input."""
    return [STDIN for text in assigned if text.partition("=")[2] == "@-"]


def files(assigned: Iterable[str]) -> list[str]:
    """The names of the files that assignments read."""
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
    """The value, and whether it came from a file: `@file`, `@-`; `@@` stands for an @ that begins the text itself."""
    if text.startswith("@@"):
        return text[1:], False
    if text.startswith("@"):
        if text == "@":
            raise InputError("an @ is followed by the name of a file; write @@ for text that begins with @")
        return read_text(text[1:]), True
    return text, False


def _literal(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _as_declared(guard: Guard, name: str, text: str) -> Any:
    inputs = guard.spec.inputs
    node = next((field.node for field in inputs.fields if field.name == name), None) if inputs is not None else None
    if node is None or type(node).__name__ in _TEXT_TYPES:
        return text
    if text in getattr(node, "values", ()):
        return text
    return _literal(text)


def _object(name: str) -> Mapping[str, Any]:
    text = read_text(name)
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"{shown_name(name)}:{error.lineno}:{error.colno}: not JSON: {error.msg}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{shown_name(name)}: cannot be read as JSON: {error}") from error
    if not isinstance(value, dict):
        raise InputError(f'{shown_name(name)}: variables are a JSON object, as {{"document": "…"}}')
    return value
