"""What a validator answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from railguard.idioms import hinting
from railguard.values.conversation import Usage
from railguard.values.path import UNSET

__all__ = ["CustomAction", "FailResult", "PassResult"]


@dataclass(frozen=True, slots=True)
class PassResult:
    """The value passed. Returning None or True says the same.

    usage: tokens that a model cost which was asked for this judgement; they count in the outcome's.
    """

    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class FailResult:
    """The value failed.

    message: what is wrong and what would be right, written for the model that has to mend it.
    fix: the value that would be right, if there is exactly one; UNSET means none (None, 0, "" and False are values).
    blame: paths relative to the checked value of the fields that are to be asked for instead of the whole value.
    spans: (start, end) offsets into a checked string, of what is wrong.
    usage: tokens that a model cost which was asked for this judgement; they count in the outcome's.
    """

    message: str
    fix: Any = UNSET
    blame: Sequence[tuple[str | int, ...]] = ()
    spans: Sequence[tuple[int, int]] = ()
    usage: Usage | None = None


FailResult.__init__ = hinting(FailResult.__init__)  # type: ignore[method-assign]  # it takes what it took


CustomAction: TypeAlias = Callable[[Any, FailResult], Any]
"""An on-fail action of one's own: (value, what failed) -> the value to use, which is then checked like a fix."""
