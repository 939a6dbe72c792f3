"""Limits on the resources that hostile or unusual input can use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["MOST_DIGITS", "Limits"]

MOST_DIGITS: Final = 4300
"""The most digits of an integer that Python, pydantic-core and jiter read from a text."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one guard, all settable. Sizes are characters of text unless the name says otherwise.

    Attributes:
        text: The longest model answer.
        depth: The deepest nesting of its JSON.
        integer_digits: The longest integer.
        spec_bytes: The largest RAIL document.
        spec_depth: Its deepest nesting.
        spec_elements: Its most elements.
        spec_rules: The most rules on one of its elements.
        echo: The longest quote of one failing value in a reask.
        echoes: The longest quote of all failing values together in a reask, in bytes.
        document: The longest document to update that is shown completely; of a longer one the model sees the scalars of
            the root and the values that the messages name.
        asked_paths: If more paths fail, a reask asks for enclosing objects.
        validator_seconds: The time limit of each run of a blocking or async validator; None for the validator's own,
            which is 10 seconds unless it declares another.
    """

    text: int = 8 * 1024 * 1024
    depth: int = 128
    integer_digits: int = MOST_DIGITS
    spec_bytes: int = 1024 * 1024
    spec_depth: int = 64
    spec_elements: int = 10_000
    spec_rules: int = 200
    echo: int = 2000
    echoes: int = 16 * 1024
    document: int = 256 * 1024
    asked_paths: int = 50
    validator_seconds: float | None = None
