"""The bounds that keep hostile or unlucky input from costing more than it is worth."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one guard, all settable. Sizes are characters of text unless the name says otherwise.

    text: longest model answer that is read. depth: deepest nesting of its JSON. integer_digits: longest integer.
    spec_bytes, spec_depth, spec_elements: of a RAIL document. echo, echoes: one failing value quoted in a reask, and
    all of them together, in bytes. asked_paths: above it a reask asks for enclosing objects.
    validator_seconds: for each run of a blocking or async validator; None leaves it to the validator, whose own limit is
    10 seconds unless it declares another.
    """

    text: int = 8 * 1024 * 1024
    depth: int = 128
    integer_digits: int = 4300
    spec_bytes: int = 1024 * 1024
    spec_depth: int = 64
    spec_elements: int = 10_000
    echo: int = 2000
    echoes: int = 16 * 1024
    asked_paths: int = 50
    validator_seconds: float | None = None
