"""Writes a path as the key of a flat answer, and reads a key as a path of a given value.

Models write one path in several ways: `fees.2.name`, `fees[2].name`, `$.fees[2].name`, `/fees/2/name`. A key that could
mean two paths is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from railguard.lazy import regex
from railguard.values import UNSET, Path

__all__ = ["dotted", "is_plain", "key_spellings", "pointer", "read_key", "read_pointer", "readings"]

_PLAIN = regex(r"[A-Za-z0-9_-]+\Z")
_MOST_PARTS = 128
"""Largest number of parts of a path in a key: as deep as an answer may be nested."""
_INDEX = regex(r"(?:0|[1-9][0-9]{0,8})\Z")


def is_plain(name: str) -> bool:
    """Whether a member's name can be part of a dotted key: no dot, no special character, not only digits."""
    return _PLAIN.match(name) is not None and not name.isdigit()


def dotted(path: Sequence[str | int]) -> str:
    """Return a path as a dotted key.

    >>> dotted(("fees", 2, "name"))
    'fees.2.name'
    """
    return ".".join(map(str, path))


def pointer(path: Sequence[str | int]) -> str:
    """Return a path as a JSON Pointer (RFC 6901).

    >>> pointer(("a/b", 0, "~"))
    '/a~1b/0/~0'
    """
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def key_spellings(path: Sequence[str | int]) -> Iterator[str]:
    """Yield the keys that mean a path below the root in any value, most usual first."""
    yield dotted(path)
    yield pointer(path)
    printed = str(Path(path))
    yield printed
    yield printed.removeprefix("$").removeprefix(".")


def read_key(key: str, value: Any) -> Path | None:
    """Return the path in `value` that a key means, in any notation; None if it means none or two.

    The path need not exist. A last part "+" means further items of a list.
    """
    path = _read(key, value)
    if isinstance(value, dict) and key in value and path != (key,):
        return Path((key,)) if path is None or path[0] not in value else None
    return path


def readings(key: str, value: Any) -> list[Path]:
    """Return every path that a key may mean: as a path, and as the name of one member, existing or not."""
    path = _read(key, value)
    if not isinstance(value, dict) or (path is not None and key[:1] in ("/", "$") and key not in value):
        return [] if path is None else [path]
    own = Path((key,))
    return [own] if path is None or path == own else [path, own]


def _read(key: str, value: Any) -> Path | None:
    if key.startswith("/"):
        return read_pointer(key, value)
    if key.startswith("$") or "[" in key:
        try:
            path = Path.parse(key if key.startswith("$") else f"${key}" if key[0] == "[" else f"$.{key}")
        except ValueError:
            return None
        return path if len(path) <= _MOST_PARTS else None
    return _walk(key.split("."), value)


def read_pointer(text: str, value: Any) -> Path | None:
    """Return the path in `value` that a JSON Pointer means; None for any other text. "-" of a list becomes "+"."""
    if text and not text.startswith("/"):
        return None
    parts = [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]
    return _walk(parts, value)


def _walk(parts: Sequence[str], value: Any) -> Path | None:
    """Convert parts to names, and to indexes if the value has a list; None if there are too many."""
    if len(parts) > _MOST_PARTS:
        return None
    path: list[str | int] = []
    for part in parts:
        if isinstance(value, list) and _INDEX.match(part):
            index = int(part)
            path.append(index)
            value = value[index] if index < len(value) else UNSET
        elif isinstance(value, list) and part == "-":
            path.append("+")
            value = UNSET
        else:
            path.append(part)
            value = value.get(part, UNSET) if isinstance(value, dict) else UNSET
    return Path(path)
