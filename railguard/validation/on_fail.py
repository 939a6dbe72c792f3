"""What each on-fail action does with a failure: one pure function an action, and the table of them.

An action proposes: a value to put in place of the failed one, if it has one, and what the failure counts as when it
has none or the proposed value does not hold. Whether it holds is checked by the loop. To add an action: its name in
`OnFail`, a function here, a row in the table; `STRENGTH` if it stays unresolved in a new way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from railguard.values import UNSET, CustomAction, FailResult, OnFail

__all__ = ["ACTIONS", "STRENGTH", "Proposal", "strongest"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """candidate: the value to use if it holds, UNSET for none. otherwise: what the failure is if nothing holds."""

    otherwise: OnFail
    candidate: Any = UNSET


def reask(value: Any, result: FailResult, custom: CustomAction | None) -> Proposal:
    """Ask again. A fix the validator knows is not used: a reask never turns into a silent fix."""
    return Proposal(OnFail.REASK)


def fix(value: Any, result: FailResult, custom: CustomAction | None) -> Proposal:
    """Take the validator's fix."""
    return Proposal(OnFail.FIX, result.fix)


def fix_reask(value: Any, result: FailResult, custom: CustomAction | None) -> Proposal:
    """Take the validator's fix, and ask again if it does not hold."""
    return Proposal(OnFail.REASK, result.fix)


def filter(value: Any, result: FailResult, custom: CustomAction | None) -> Proposal:
    """Leave the value out, when the loop ends."""
    return Proposal(OnFail.FILTER)


def refrain(value: Any, result: FailResult, custom: CustomAction | None) -> Proposal:
    """Withhold the whole output."""
    return Proposal(OnFail.REFRAIN)


def noop(value: Any, result: FailResult, custom: CustomAction | None) -> Proposal:
    """Keep the value and record the failure."""
    return Proposal(OnFail.NOOP)


def exception(value: Any, result: FailResult, custom: CustomAction | None) -> Proposal:
    """Raise ValidationFailed."""
    return Proposal(OnFail.EXCEPTION)


def custom(value: Any, result: FailResult, custom: CustomAction | None) -> Proposal:
    """Take what the author's own callable makes of the value."""
    return Proposal(OnFail.CUSTOM, custom(value, result) if custom is not None else UNSET)


ACTIONS: dict[OnFail, Callable[[Any, FailResult, CustomAction | None], Proposal]] = {
    OnFail.REASK: reask,
    OnFail.FIX: fix,
    OnFail.FIX_REASK: fix_reask,
    OnFail.FILTER: filter,
    OnFail.REFRAIN: refrain,
    OnFail.NOOP: noop,
    OnFail.EXCEPTION: exception,
    OnFail.CUSTOM: custom,
}

STRENGTH: tuple[OnFail, ...] = (
    OnFail.EXCEPTION,
    OnFail.REFRAIN,
    OnFail.FILTER,
    OnFail.REASK,
    OnFail.FIX,
    OnFail.CUSTOM,
    OnFail.NOOP,
)
"""Unresolved actions from the strongest down: of several on one field the strongest counts."""


def strongest(actions: list[OnFail]) -> OnFail:
    """The action that decides for a field on which several rules stay unresolved; at least one must be given."""
    return min(actions, key=STRENGTH.index)
