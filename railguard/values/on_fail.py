"""What is done about a value that a rule rejects: one row an action, a member of `OnFail` with its policy.

Everybody else asks the policy what an action does, and never which action it is. To add an action, add a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, Self, TypeAlias

from railguard.values.path import UNSET
from railguard.values.results import CustomAction, FailResult

__all__ = ["DEFAULT_ON_FAIL", "OnFail", "OnFailPolicy", "strongest"]

Propose: TypeAlias = Callable[[Any, FailResult, "CustomAction | None"], Any]


def _nothing(value: Any, result: FailResult, custom: CustomAction | None) -> Any:
    return UNSET


def _the_fix(value: Any, result: FailResult, custom: CustomAction | None) -> Any:
    return result.fix


def _what_the_author_makes_of_it(value: Any, result: FailResult, custom: CustomAction | None) -> Any:
    return custom(value, result) if custom is not None else UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class OnFailPolicy:
    """What an action does. All of it is off where a row does not say it.

    strength: of several actions that stay unresolved on one field, the one with the greatest strength decides.
    propose: the value to put in place of the failed one, from (value, result, the author's callable); UNSET for none.
    The loop checks whether it holds. fails_as, structural: the action that the failure counts as where nothing proposed
    holds, and where it is one of structure, for which nobody knows a fix; None for the action itself.

    asks_again: the value is asked for again. ends_call: nothing more is asked, and this is why. raises: the call raises
    ValidationFailed. leaves_out: the value is left out when the call ends. keeps_output: the output is given although the
    failure is unresolved. forbids: a value that fails is no answer, so that a model's schema may rule it out.
    named: it is written by its name; False: by giving a callable.
    """

    strength: int
    propose: Propose = _nothing
    fails_as: str | None = None
    structural: str | None = None
    asks_again: bool = False
    ends_call: Literal["exception", "refrained"] | None = None
    raises: bool = False
    leaves_out: bool = False
    keeps_output: bool = False
    forbids: bool = False
    named: bool = True

    @property
    def mends(self) -> bool:
        """Whether it may put another value in place of the failed one."""
        return self.propose is not _nothing

    @property
    def withholds(self) -> bool:
        """Whether what fails, or what holds it, is not in the output: it must not be told while it streams."""
        return self.ends_call is not None or self.leaves_out


class OnFail(StrEnum):
    """What happens to a value that a rule rejects. The docs have a section on each.

    `custom` is not written in a spec: it is in records where a callable was given instead of a name.

    >>> OnFail("fix_reask").policy.mends, OnFail.NOOP.policy.keeps_output
    (True, True)
    """

    policy: OnFailPolicy
    """What the action does."""

    def __new__(cls, value: str, policy: OnFailPolicy | None = None) -> Self:
        assert policy is not None, "each row has its policy"
        member = str.__new__(cls, value)
        member._value_ = value
        member.policy = policy
        return member

    REASK = "reask", OnFailPolicy(strength=40, asks_again=True, forbids=True)
    FIX = "fix", OnFailPolicy(strength=30, propose=_the_fix)
    FIX_REASK = (
        "fix_reask",
        OnFailPolicy(strength=40, propose=_the_fix, fails_as="reask", structural="reask", forbids=True),
    )
    FILTER = "filter", OnFailPolicy(strength=50, leaves_out=True)
    REFRAIN = "refrain", OnFailPolicy(strength=60, ends_call="refrained", forbids=True)
    NOOP = "noop", OnFailPolicy(strength=10, keeps_output=True)
    EXCEPTION = "exception", OnFailPolicy(strength=70, ends_call="exception", raises=True, forbids=True)
    CUSTOM = (
        "custom",
        OnFailPolicy(strength=20, propose=_what_the_author_makes_of_it, structural="reask", named=False),
    )

    @property
    def unresolved(self) -> OnFail:
        """The action that a failure counts as where nothing that this one proposes holds."""
        return OnFail(self.policy.fails_as) if self.policy.fails_as is not None else self

    @property
    def structural(self) -> OnFail:
        """The action that a failure of structure counts as, where this one is a node's own."""
        return OnFail(self.policy.structural) if self.policy.structural is not None else self

    @classmethod
    def names(cls) -> list[str]:
        """The names that may be written in a spec."""
        return [action.value for action in cls if action.policy.named]


DEFAULT_ON_FAIL = OnFail.REASK
"""The action where nothing is said."""


def strongest(actions: Iterable[OnFail]) -> OnFail:
    """The action that decides for a field on which several rules stay unresolved; at least one must be given."""
    return max(actions, key=lambda action: action.policy.strength)
