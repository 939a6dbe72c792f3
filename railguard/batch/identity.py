"""Identifies a job by a fingerprint of its spec and a description of its options.

Two processes compute the same fingerprint for the same spec: it does not depend on addresses or on the order of sets.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from hashlib import blake2b
from typing import Any, get_args, get_origin

from railguard import Guard, InputError

__all__ = ["described", "fingerprint", "refuse_another_job"]

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_DEEP = 200
_UNSEEN = ("warnings",)
_WORDS = {
    "spec": "spec",
    "answer": "answer column",
    "columns": "columns for the variables",
    "constants": "values of the variables",
    "metadata": "metadata",
    "prefix": "prefix",
    "out": "kind of output",
    "model": "model",
    "options": "options for the model",
    "selection": "limit or sample",
    "engine": "engine",
}
"""The names of the entries of a job's description, for messages."""


def fingerprint(guard: Guard) -> str:
    """Return a digest of a guard's spec, including the source code of a user's own model and validators if it is
    available.
    """
    fingerprint_hash = blake2b(digest_size=16)
    _feed(guard.spec, fingerprint_hash.update, set(), 0)
    return fingerprint_hash.hexdigest()


def _feed(value: Any, feed: Any, above: set[int], depth: int) -> None:
    if value is None or isinstance(value, (bool, int, float, str, bytes)):
        feed(f"{type(value).__name__}:{value!r};".encode("utf-8", "backslashreplace"))
    elif id(value) in above or depth > _DEEP:
        feed(b"again;")
    else:
        above.add(id(value))
        _feed_compound(value, feed, above, depth + 1)
        above.discard(id(value))


def _feed_compound(value: Any, feed: Any, above: set[int], depth: int) -> None:
    if isinstance(value, Enum):
        feed(f"{type(value).__qualname__}.{value.name};".encode())
    elif is_dataclass(value) and not isinstance(value, type):
        feed(f"{type(value).__qualname__}(".encode())
        for one in fields(value):
            if one.name not in _UNSEEN:
                feed(f"{one.name}=".encode())
                _feed(getattr(value, one.name), feed, above, depth)
        feed(b")")
    elif isinstance(value, Mapping):
        feed(b"{")
        for key, item in value.items():
            _feed(key, feed, above, depth)
            _feed(item, feed, above, depth)
        feed(b"}")
    elif isinstance(value, (list, tuple)):
        feed(b"[")
        for item in value:
            _feed(item, feed, above, depth)
        feed(b"]")
    elif isinstance(value, (set, frozenset)):
        feed(repr(sorted(map(repr, value))).encode())
    elif isinstance(value, type) or inspect.isroutine(value):
        feed(f"{value.__module__}.{value.__qualname__};".encode())
        feed(_source(value))
        for one in getattr(value, "__pydantic_fields__", {}).values():  # include nested models
            _feed(one.annotation, feed, above, depth)
    elif arguments := get_args(value):  # list[Model], Model | None
        feed(f"{get_origin(value)!r}[".encode())
        _feed(arguments, feed, above, depth)
    else:
        feed(_ADDRESS.sub("", f"{type(value).__qualname__}:{value!r};").encode("utf-8", "backslashreplace"))


def _source(value: Any) -> bytes:
    try:
        return inspect.getsource(value).encode()
    except (OSError, TypeError):
        return b""


def described(values: Mapping[str, Any]) -> str:
    """Describe options by a text that is the same in every process."""
    return json.dumps(values, sort_keys=True, default=lambda value: _ADDRESS.sub("", repr(value)))


def refuse_another_job(before: Mapping[str, Any], now: Mapping[str, Any], journal: str) -> None:
    """Raise InputError if a journal belongs to another job.

    Args:
        before: The journal's description of its job.
        now: The description of this job.
        journal: The journal's name.
    """
    changed = [name for name in dict.fromkeys((*before, *now)) if before.get(name) != now.get(name)]
    if changed:
        words = " and ".join(f"another {_WORDS.get(name, name)}" for name in changed)
        raise InputError(
            f"the journal {journal} belongs to a job with {words}; use the old value, name another output, or begin anew "
            "with --restart (restart=True), which discards finished rows"
        )
