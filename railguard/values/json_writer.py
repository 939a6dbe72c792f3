"""JSON as people and models read it: in characters, not in escapes of ASCII."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from json.encoder import encode_basestring
from typing import Any

__all__ = ["json_text"]

_encode: Callable[[Any], str] = json.JSONEncoder(ensure_ascii=False).encode
_SCALARS: Mapping[type, Callable[[Any], str]] = {
    str: encode_basestring,
    int: int.__repr__,
    float: lambda value: float.__repr__(value) if value - value == 0 else _encode(value),
}
"""What writes a value of exactly this type; an encoder makes a new writer for each value that is no text."""


def json_text(value: Any) -> str:
    """Return the JSON text of plain data on one line: that of `json.dumps` with `ensure_ascii=False`, only quicker."""
    write = _SCALARS.get(type(value))
    return _encode(value) if write is None else write(value)
