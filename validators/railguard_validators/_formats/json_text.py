"""Strict JSON as RFC 8259 defines it: without NaN, and without repeated names in one object."""

from __future__ import annotations

import json
from typing import Any, NoReturn

__all__ = ["flaw", "parsed"]


def flaw(text: str) -> tuple[str, int | None] | None:
    """Return the error in a text that should be JSON, with its offset if known; None if the text is JSON.

    >>> flaw("[1, 2]"), flaw("[1 2]")
    (None, ("expecting ',' delimiter at line 1, column 4", 3))
    """
    try:
        _DECODER.decode(text)
    except json.JSONDecodeError as error:
        what = error.msg[:1].lower() + error.msg[1:]
        if not text.strip(" \t\r\n"):
            what = "it is empty"
        elif text.startswith("\ufeff"):
            what = "it begins with a byte order mark"
        return f"{what.removesuffix(' at')} at line {error.lineno}, column {error.colno}", error.pos
    except _Refused as refused:
        return str(refused), None
    except RecursionError:
        return "it is nested too deeply", None
    return None


def parsed(text: str) -> Any:
    """Parse a text that `flaw` accepts. Raises ValueError for an integer of more than 4,300 digits.

    >>> parsed("[1.50]")
    [1.5]
    """
    return json.loads(text)


class _Refused(Exception):
    """Raised for input that Python's parser accepts and RFC 8259 does not."""


def _members(pairs: list[tuple[str, None]]) -> None:
    if len(pairs) > 1:
        names = set()
        for name, _ in pairs:
            if name in names:
                raise _Refused(f"the name {json.dumps(name[:60])} is given twice in one object")
            names.add(name)


def _constant(name: str) -> NoReturn:
    raise _Refused(f"{name} is not a JSON value")


def _no_number(text: str) -> None:
    """Numbers are not converted: only their notation matters."""


_DECODER = json.JSONDecoder(
    object_pairs_hook=_members, parse_constant=_constant, parse_int=_no_number, parse_float=_no_number
)
