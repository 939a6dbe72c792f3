"""Frozen dataclasses that are made often: an `__init__` that writes the slots directly takes half of the time.

The one that `dataclass(frozen=True)` makes looks up every slot by its name, each time.
"""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any, TypeVar

__all__ = ["quick_init"]

T = TypeVar("T")


def quick_init(cls: type[T]) -> type[T]:
    """Give a frozen dataclass with slots an `__init__` that writes its slots directly.

    Its parameters, their defaults and the attributes are those of the dataclass.

    Args:
        cls: The dataclass, which is changed. All of its fields are parameters, all of the same kind.

    Returns:
        The same class.
    """
    known: dict[str, Any] = {"MISSING": MISSING}
    parameters, lines = ["self"], []
    if any(field.kw_only for field in fields(cls)):  # type: ignore[arg-type]  # it is a dataclass
        parameters.append("*")
    for at, field in enumerate(fields(cls)):  # type: ignore[arg-type]  # as above
        default, given = "", field.name
        if field.default_factory is not MISSING:
            known[f"make_{at}"] = field.default_factory
            default, given = "=MISSING", f"make_{at}() if {field.name} is MISSING else {field.name}"
        elif field.default is not MISSING:
            known[f"default_{at}"] = field.default
            default = f"=default_{at}"
        known[f"write_{at}"] = cls.__dict__[field.name].__set__
        parameters.append(field.name + default)
        lines.append(f"  write_{at}(self, {given})")
    if hasattr(cls, "__post_init__"):
        lines.append("  self.__post_init__()")
    # A closure finds what it needs faster than a function with globals of its own does.
    source = "\n".join(
        [f"def made({', '.join(known)}):", f" def init({', '.join(parameters)}):", *lines, " return init"]
    )
    made: dict[str, Any] = {}
    exec(source, made)  # the text holds only names of fields, as that of `dataclass` itself does
    init = made["made"](**known)
    slow = cls.__init__
    init.__name__, init.__qualname__, init.__module__ = "__init__", slow.__qualname__, cls.__module__
    init.__annotations__ = slow.__annotations__
    cls.__init__ = init  # type: ignore[method-assign]  # with the same parameters
    return cls
