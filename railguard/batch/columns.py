"""Maps the columns of a row to a spec's variables."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from railguard import Guard, InputError

__all__ = ["Variables", "as_declared", "read_literal"]

_TEXT_TYPES = {"StringNode"}


@dataclass(frozen=True)
class Variables:
    """Converts a row to the variables of a call.

    Attributes:
        guard: The guard whose messages have the variables.
        columns: Maps a variable to its column; by default a variable's column has the same name.
        constants: Values that are the same for all rows.
        texts: Whether columns contain only text (CSV); a text is then parsed as the type that the spec declares.
    """

    guard: Guard
    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    texts: bool = False

    def __post_init__(self) -> None:
        known = self.guard.variables
        for name in (*self.columns, *self.constants):
            if name not in known:
                raise InputError(f"the spec has no variable {name!r}; it has {', '.join(known) or 'none'}")

    @property
    def needed(self) -> dict[str, str]:
        """Maps each needed variable to its column."""
        return {name: self.columns.get(name, name) for name in self.guard.variables if name not in self.constants}

    def of(self, columns: Mapping[str, Any]) -> dict[str, Any]:
        """Return the variables of a row. A variable without a column is left out; the guard decides whether it is
        required.
        """
        found = dict(self.constants)
        for name, column in self.needed.items():
            if column in columns:
                value = columns[column]
                found[name] = as_declared(self.guard, name, value) if self.texts and isinstance(value, str) else value
        return found

    def refuse_missing(self, columns: Collection[str], where: str) -> None:
        """Raise InputError if no variable has a column, or if a column that was named does not exist."""
        named = [column for name, column in self.needed.items() if name in self.columns and column not in columns]
        without = named or [column for column in self.needed.values() if column not in columns]
        if named or (without and len(without) == len(self.needed)):
            raise InputError(
                f"{where} has no column {without[0]!r}; it has {', '.join(map(repr, columns)) or 'none'}. Say which column "
                "is which variable (--column NAME=COLUMN, columns={…}), or give one value for all rows (--var, variables={…})"
            )


def as_declared(guard: Guard, name: str, text: str) -> Any:
    """Parse the text of a variable: as JSON if the spec declares a type other than string. Text that is not JSON stays
    text, and the guard then checks it.
    """
    inputs = guard.spec.inputs
    node = next((field.node for field in inputs.fields if field.name == name), None) if inputs is not None else None
    if node is None or type(node).__name__ in _TEXT_TYPES:
        return text
    if text in getattr(node, "values", ()):
        return text
    return read_literal(text)


def read_literal(text: str) -> Any:
    """Parse a text that is JSON (`0`, `true`, `["a"]`); any other text is returned unchanged."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
