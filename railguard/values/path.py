"""Where a value stands in an output: a tuple of object keys and list indexes, from the root down; and what stands there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final, Self

__all__ = ["UNSET", "Path", "Paths", "Unset", "value_at"]

_PLAIN = re.compile(r"[^\W\d][\w-]*\Z")


class Unset:
    """The type of UNSET: "no value was given", where None, 0, "" and False are values."""

    _only: Unset | None = None

    def __new__(cls) -> Unset:
        if cls._only is None:
            cls._only = super().__new__(cls)
        return cls._only

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> bool:
        return False

    def __copy__(self) -> Unset:
        return self

    def __deepcopy__(self, memo: object) -> Unset:
        return self

    def __reduce__(self) -> str:
        return "UNSET"


UNSET: Final = Unset()


class Path(tuple[str | int, ...]):
    """A path of JSON names and list indexes. It equals the plain tuple and prints in JSONPath's notation (RFC 9535).

    >>> print(Path(("fees", 2, "name")), Path(("a.b", 0)), Path())
    $.fees[2].name $["a.b"][0] $
    """

    __slots__ = ()

    def __str__(self) -> str:
        return "$" + "".join(_segment(part) for part in self)

    def __repr__(self) -> str:
        return f"Path({super().__repr__()})"

    def child(self, part: str | int) -> Self:
        """This path, one step further down. part: a JSON name, or an index."""
        return type(self)((*self, part))

    def starts_with(self, other: tuple[str | int, ...]) -> bool:
        """Whether this path is `other` or lies below it."""
        return self[: len(other)] == tuple(other)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a path back from how it is printed: `$.fees[2].name`, `$["a.b"]`, `$`.

        Raises ValueError with the offset where the text stops being a path.
        """
        if not text.startswith("$"):
            raise ValueError(f"a path starts with $, as in $.fees[2].name: {text!r}")
        parts: list[str | int] = []
        at = 1
        while at < len(text):
            match = _SEGMENT.match(text, at)
            if match is None:
                raise ValueError(f"not a path from offset {at} on: {text!r}")
            name, index, quoted = match.groups()
            parts.append(name if name is not None else int(index) if index is not None else _unquote(quoted))
            at = match.end()
        return cls(parts)


class Paths:
    """A set of paths, asked what lies above and below of others. An answer takes time in the length of a path alone.

    >>> paths = Paths([("a", 1)])
    >>> paths.has_above(("a", 1, "b")), paths.has_above(("a",)), paths.has_below(("a",)), paths.has_below(("b",))
    (True, False, True, False)
    """

    __slots__ = ("_enclosing", "_paths")

    def __init__(self, paths: Iterable[tuple[str | int, ...]]) -> None:
        self._paths = set(map(tuple, paths))
        self._enclosing = {path[:length] for path in self._paths for length in range(len(path) + 1)}

    def has_above(self, path: tuple[str | int, ...]) -> bool:
        """Whether one of them is this path, or encloses it."""
        return any(path[:length] in self._paths for length in range(len(path) + 1))

    def has_below(self, path: tuple[str | int, ...]) -> bool:
        """Whether one of them is this path, or lies below it."""
        return path in self._enclosing


def value_at(state: Any, path: Sequence[str | int]) -> Any:
    """What stands at a path in a value; UNSET if nothing does.

    >>> value_at({"fees": [{"name": "a"}]}, ("fees", 0, "name")), value_at({"fees": []}, ("fees", 0))
    ('a', UNSET)
    """
    for part in path:
        try:
            state = state[part]
        except (KeyError, IndexError, TypeError):
            return UNSET
    return state


_SEGMENT = re.compile(r"""\.([^\W\d][\w-]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]""")


def _unquote(quoted: str) -> str:
    import json

    text: Any = json.loads(quoted)
    return str(text)


def _segment(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    if _PLAIN.match(part):
        return f".{part}"
    import json

    return f"[{json.dumps(part, ensure_ascii=False)}]"
