"""The path of a value in an output: a tuple of object keys and list indexes, from the root down; and the value at a
path.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, Self

from railguard.lazy import regex

__all__ = ["UNSET", "Path", "Paths", "Unset", "value_at"]

_PLAIN = regex(r"[^\W\d][\w-]*\Z")


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

    Examples:
        >>> print(Path(("fees", 2, "name")), Path(("a.b", 0)), Path())
        $.fees[2].name $["a.b"][0] $
    """

    __slots__ = ()

    def __str__(self) -> str:
        return "$" + "".join(_segment(part) for part in self)

    def __repr__(self) -> str:
        return f"Path({super().__repr__()})"

    def child(self, part: str | int) -> Self:
        """Return this path with one more part.

        Args:
            part: A JSON name, or an index.

        Returns:
            The longer path.
        """
        return type(self)((*self, part))

    def starts_with(self, other: tuple[str | int, ...]) -> bool:
        """Whether this path is another one or lies below it.

        Args:
            other: The other path.

        Returns:
            True if it does.
        """
        return self[: len(other)] == tuple(other)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a printed path: `$.fees[2].name`, `$["a.b"]`, `$`.

        Args:
            text: The printed path.

        Returns:
            The path.

        Raises:
            ValueError: If the text is not a path, with the offset of the error.
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
            part = name if name is not None else int(index) if index is not None else _unquoted(quoted)
            if part is None:
                raise ValueError(f"not a path from offset {at} on: {text!r}")
            parts.append(part)
            at = match.end()
        return cls(parts)


class Paths:
    """A set of paths that can be searched for parents and children of a path. The time depends only on the length of
    the path.

    Examples:
        >>> paths = Paths([("a", 1)])
        >>> paths.has_above(("a", 1, "b")), paths.has_above(("a",)), paths.has_below(("a",)), paths.has_below(("b",))
        (True, False, True, False)
    """

    __slots__ = ("_enclosing", "_paths")

    def __init__(self, paths: Iterable[tuple[str | int, ...]]) -> None:
        self._paths = set(map(tuple, paths))
        self._enclosing = {path[:length] for path in self._paths for length in range(len(path) + 1)}

    def has_above(self, path: tuple[str | int, ...]) -> bool:
        """Whether the set has this path or a parent of it."""
        paths = self._paths
        for length in range(len(path) + 1):  # noqa: SIM110 - a loop is much faster than a generator here
            if path[:length] in paths:
                return True
        return False

    def has_below(self, path: tuple[str | int, ...]) -> bool:
        """Whether the set has this path or one below it."""
        return path in self._enclosing


def value_at(state: Any, path: Sequence[str | int]) -> Any:
    """Return the value at a path; UNSET if there is none.

    Examples:
        >>> value_at({"fees": [{"name": "a"}]}, ("fees", 0, "name")), value_at({"fees": []}, ("fees", 0))
        ('a', UNSET)
    """
    for part in path:
        if isinstance(state, str):  # its characters are no values
            return UNSET
        try:
            state = state[part]
        except (KeyError, IndexError, TypeError):
            return UNSET
    return state


_SEGMENT = regex(r"""\.([^\W\d][\w-]*)|\[(0|[1-9][0-9]{0,17})\]|\[("(?:[^"\\]|\\.)*")\]""")


def _unquoted(quoted: str) -> str | None:
    """What a text in quotes says; None if it is no JSON."""
    import json

    try:
        return str(json.loads(quoted))
    except ValueError:
        return None


def _segment(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    if _PLAIN.match(part):
        return f".{part}"
    from railguard.values.json_writer import json_text

    return f"[{json_text(part)}]"
