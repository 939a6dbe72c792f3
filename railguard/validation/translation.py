"""How a validator reads the arguments that other guards' documents give it under the names they know it by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Translation", "translated"]


@dataclass(frozen=True, slots=True)
class Translation:
    """One parameter of a validator under one of its other names.

    Attributes:
        name: The name, as another guard's documents write it: an alias ("provenance-v0"), or a name with its owner
            ("guardrails/provenance-embeddings") where the name alone is the validator's own.
        parameter: The validator's parameter.
        theirs: What the parameter means under that name, and its default there, in words.
        read: Makes the validator's argument of theirs. None takes it as it is.
        differs: What a reader is warned of where an argument is given, because no argument means the same. None if there
            is nothing to warn of.
    """

    name: str
    parameter: str
    theirs: str
    read: Callable[[Any], Any] | None = None
    differs: str | None = None

    def is_of(self, name: str) -> bool:
        """Whether a validator that is written `name` is called by this one's name.

        >>> one, other = Translation("a-b", "c", ""), Translation("guardrails/d", "c", "")
        >>> one.is_of("hub://guardrails/A_b"), other.is_of("guardrails/d"), other.is_of("d")
        (True, True, False)
        """
        written = name.strip().removeprefix("hub://").replace("_", "-").lower()
        return self.name in (written, written.rsplit("/", 1)[-1])


def translated(
    translations: Iterable[Translation], name: str, arguments: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """A validator's arguments, of those that stand under one of its names.

    Args:
        translations: The validator's.
        name: The validator's name as it is written.
        arguments: By parameter name, each of the parameter's type.

    Returns:
        The arguments as the validator takes them, and what to warn of.

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
