"""valid-json: a text that is a JSON document."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from railguard import UNSET, FailResult, validator

_FENCED = re.compile(r"\s*```[A-Za-z]*[ \t]*\r?\n(.*?)\r?\n?[ \t]*```\s*", re.DOTALL)


@validator("valid-json", prompt="a JSON document")
def valid_json(value: str) -> FailResult | None:
    """Is JSON as RFC 8259 defines it: no NaN, no comments, no comma at the end, and no name twice in one object.

    The fix takes JSON out of a Markdown code fence. Nothing else is guessed at.

    >>> valid_json().run('{"a": [1, 2]}')
    >>> valid_json().run('{"a": [1, 2}').message
    "The text is not valid JSON: expecting ',' delimiter at line 1, column 12."
    """
    problem = _problem(value)
    if problem is None:
        return None
    what, at = problem
    fix: Any = UNSET
    if (fenced := _FENCED.fullmatch(value)) and _problem(fenced[1]) is None:
        fix = fenced[1]
    spans = [(at, min(at + 1, len(value)))] if at is not None else ()
    return FailResult(f"The text is not valid JSON: {what}.", fix=fix, spans=spans)


def _problem(text: str) -> tuple[str, int | None] | None:
    try:
        _DECODER.decode(text)
    except json.JSONDecodeError as error:
        what = error.msg[:1].lower() + error.msg[1:]
        if not text.strip():
            what = "it is empty"
        elif text.startswith("\ufeff"):
            what = "it begins with a byte order mark"
        return f"{what.removesuffix(' at')} at line {error.lineno}, column {error.colno}", error.pos
    except _Refused as refused:
        return str(refused), None
    except RecursionError:
        return "it is nested too deeply", None
    return None


class _Refused(Exception):
    """What Python's reader takes and RFC 8259 does not."""


def _members(pairs: list[tuple[str, None]]) -> None:
    if len(pairs) > 1:
        names = set()
        for name, _ in pairs:
            if name in names:
                raise _Refused(f"the name {json.dumps(name[:60])} stands twice in one object")
            names.add(name)


def _constant(name: str) -> NoReturn:
    raise _Refused(f"{name} is no JSON value")


def _no_number(text: str) -> None:
    """Numbers are not converted: only their spelling is of interest."""


_DECODER = json.JSONDecoder(
    object_pairs_hook=_members, parse_constant=_constant, parse_int=_no_number, parse_float=_no_number
)
