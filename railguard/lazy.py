"""Delays costly work until its result is first used: regular expressions, modules, and any value.

`regex` is like `re.compile`, but compiles when the first text is matched; after that it is as fast as the pattern
itself. `exports` lets a package list the names of its modules, and imports each module when it is first needed. `once`
makes a value at most once.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, AnyStr, Final, TypeVar, cast

__all__ = ["exports", "once", "regex"]

T = TypeVar("T")

_METHODS: Final = (
    "findall", "finditer", "flags", "fullmatch", "groupindex", "groups", "match", "pattern", "scanner", "search",
    "split", "sub", "subn",
)  # fmt: skip


def exports(package: str, modules: Mapping[str, Sequence[str]]) -> Callable[[str], Any]:
    """Return the `__getattr__` of a package whose names are imported when they are first used.

    Args:
        package: The name of the package.
        modules: Maps a module of the package to the names that it defines.

    Returns:
        The function, to be assigned to `__getattr__` in the package.
    """
    module_of = {name: module for module, names in modules.items() for name in names}
    if clash := module_of.keys() & {module.partition(".")[0] for module in modules}:
        raise ValueError(f"{package}: {', '.join(clash)} would be the module once that is imported")

    def __getattr__(name: str) -> Any:
        module = module_of.get(name)
        if module is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(f"{package}.{module}"), name)
        setattr(sys.modules[package], name, value)
        return value

    return __getattr__


def once(make: Callable[[], T]) -> Callable[[], T]:
    """Return a function that calls another one once, and returns what that returned each time.

    Args:
        make: Makes the value.

    Returns:
        The function. (`functools.cache` takes ten times as long to make one.)
    """
    made: list[T] = []

    def get() -> T:
        if not made:
            made.append(make())
        return made[0]

    return get


def regex(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return a regular expression that is compiled when it is first used.

    Args:
        pattern: The expression.
        flags: The flags of `re.compile`.

    Returns:
        An object with the attributes and methods of the compiled pattern.
    """
    return cast("re.Pattern[AnyStr]", _Regex(pattern, flags))


class _Regex:
    """A pattern whose slots are filled with the methods of the compiled one at the first access to any of them."""

    __slots__ = ("_flags", "_source", *_METHODS)

    def __init__(self, source: Any, flags: int) -> None:
        self._source = source
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        """Compile the pattern and return an attribute of it. Called only for an empty slot."""
        compiled = re.compile(self._source, self._flags)
        for method in _METHODS:
            setattr(self, method, getattr(compiled, method))
        return getattr(compiled, name)

    def __repr__(self) -> str:
        return f"regex({self._source!r}, {self._flags!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return regex, (self._source, self._flags)
