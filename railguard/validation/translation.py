"""Converts the arguments that documents of other libraries give a validator under its other names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Translation", "translated"]


@dataclass(frozen=True, slots=True)
class Translation:
    """The conversion of one parameter under one of a validator's other names.

    Attributes:
        name: The name in other libraries' documents: an alias ("provenance-v0"), or a name with its owner
            ("guardrails/provenance-embeddings") if the name alone is the validator's own.
        parameter: The validator's parameter.
        theirs: The meaning of the parameter under that name, and its default there, in words.
        read: Converts their argument to the validator's. None uses it unchanged.
        differs: A warning for documents that give the argument, because no argument has the same meaning. None for no
            warning.
    """

    name: str
    parameter: str
    theirs: str
    read: Callable[[Any], Any] | None = None
    differs: str | None = None

    def is_of(self, name: str) -> bool:
        """Whether a validator name in a document is this name.

        Args:
            name: The name as written.

        Returns:
            True if it is.

        Examples:
            >>> one, other = Translation("a-b", "c", ""), Translation("guardrails/d", "c", "")
            >>> one.is_of("hub://guardrails/A_b"), other.is_of("guardrails/d"), other.is_of("d")
            (True, True, False)
        """
        written = name.strip().removeprefix("hub://").replace("_", "-").lower()
        return self.name in (written, written.rsplit("/", 1)[-1])


def translated(
    translations: Iterable[Translation], name: str, arguments: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """Convert a validator's arguments that are given under one of its names.

    Args:
        translations: The validator's translations.
        name: The validator's name as it is written.
        arguments: The arguments by parameter name, each of the parameter's type.

    Returns:
        The validator's arguments, and the warnings.

    Examples:
        >>> translated([Translation("a", "b", "a distance", lambda value: 1 - value)], "a", {"b": 0.25, "c": 0.25})
        ({'b': 0.75, 'c': 0.25}, [])
    """
    read, warnings = dict(arguments), []
    for one in translations:
        if one.parameter in arguments and one.is_of(name):
            if one.read is not None:
                read[one.parameter] = one.read(arguments[one.parameter])
            if one.differs is not None:
                warnings.append(one.differs)
    return read, warnings
