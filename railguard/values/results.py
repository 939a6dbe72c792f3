"""The results of validators."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from railguard.idioms import hinting
from railguard.values.conversation import Usage
from railguard.values.path import UNSET
from railguard.values.quick_init import quick_init

__all__ = ["CustomAction", "FailResult", "PassResult"]


@dataclass(frozen=True, slots=True)
class PassResult:
    """The value passed. Returning None or True has the same meaning.

    Attributes:
        usage: Tokens of a model that was asked for this result; they are added to the outcome's usage.
    """

    usage: Usage | None = None


@quick_init
@dataclass(frozen=True, slots=True)
class FailResult:
    """The value failed.

    Attributes:
        message: What is wrong and what would be right, in words for the model that has to correct it.
        fix: The value that would be right, if there is exactly one; UNSET means none (None, 0, "" and False are
            values).
        blame: Paths, relative to the checked value, of the fields to ask for instead of the whole value.
        spans: (start, end) offsets into a checked string, of what is wrong.
        usage: Tokens of a model that was asked for this result; they are added to the outcome's usage.
    """

    message: str
    fix: Any = UNSET
    blame: Sequence[tuple[str | int, ...]] = ()
    spans: Sequence[tuple[int, int]] = ()
    usage: Usage | None = None


FailResult.__init__ = hinting(FailResult.__init__)  # type: ignore[method-assign]  # it takes what it took


CustomAction: TypeAlias = Callable[[Any, FailResult], Any]
"""A custom on-fail action: a function of (value, failure) that returns the value to use, which is then checked like a
fix.
"""
