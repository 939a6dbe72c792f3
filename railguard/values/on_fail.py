"""The actions for a value that a rule rejects: one row per action, a member of `OnFail` with its policy.

All other code reads the policy, and never compares actions. To add an action, add a row.
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OnFailPolicy:
    """The policy of an action. Everything is off unless a row sets it.

    doc: the effect on a failing value, in one sentence. strength: if several actions stay unresolved on one field, the
    one with the greatest strength decides. propose: returns the value to use instead, from (value, result, the author's
    callable); UNSET for none. The loop checks it. fails_as, structural: the action that the failure counts as if the
    proposed value fails too, and if it is a structural failure, which has no fix; None for the action itself.

    asks_again: the value is asked for again. ends_call: the reason why the call ends without another question. raises:
    the call raises ValidationFailed. leaves_out: the value is removed when the call ends. keeps_output: the output is
    returned although the failure is unresolved. forbids: a failing value is never in the output, so that a model's
    schema may exclude it.
    named: whether specs use its name; otherwise a callable is given.
    """

    doc: str
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
        """Whether it may replace the failed value."""
        return self.propose is not _nothing

    @property
    def withholds(self) -> bool:
        """Whether a failing value, or the value that contains it, is removed from the output: it must not be emitted in
        a stream.
        """
        return self.ends_call is not None or self.leaves_out


class OnFail(StrEnum):
    """What happens to a value that a rule rejects.

    Attributes:
        REASK: The value is asked for again; when the budget is spent, the failure stays.
        FIX: The validator's fix replaces it, if the fix passes.
        FIX_REASK: The fix replaces it; if the fix fails, the value is asked for again.
        FILTER: It is removed when the call ends.
        REFRAIN: The whole output is withheld, and the call ends.
        NOOP: It is kept, and the failure is recorded.
        EXCEPTION: ValidationFailed is raised at once.
        CUSTOM: The result of a callable replaces it. A spec cannot name it: it appears in records if a callable was
            given instead of a name.

    Examples:
        >>> OnFail("fix_reask").policy.mends, OnFail.NOOP.policy.keeps_output
        (True, True)
    """

    policy: OnFailPolicy
    """The policy of the action."""

    def __new__(cls, value: str, policy: OnFailPolicy | None = None) -> Self:
        assert policy is not None, "each row has its policy"
        member = str.__new__(cls, value)
        member._value_ = value
        member.policy = policy
        return member

    REASK = (
        "reask",
        OnFailPolicy(
            doc="The value is asked for again; it stays a failure if the model does not mend it.",
            strength=40,
            asks_again=True,
            forbids=True,
        ),
    )
    FIX = (
        "fix",
        OnFailPolicy(
            doc="The validator's own fix takes its place, if it holds; otherwise the failure stays.",
            strength=30,
            propose=_the_fix,
        ),
    )
    FIX_REASK = (
        "fix_reask",
        OnFailPolicy(
            doc="The validator's own fix takes its place, if it holds; otherwise the value is asked for again.",
            strength=40,
            propose=_the_fix,
            fails_as="reask",
            structural="reask",
            forbids=True,
        ),
    )
    FILTER = (
        "filter",
        OnFailPolicy(
            doc="The value is left out of the output; a required field takes its object with it.",
            strength=50,
            leaves_out=True,
        ),
    )
    REFRAIN = (
        "refrain",
        OnFailPolicy(
            doc="The whole output is withheld, and nothing more is asked.",
            strength=60,
            ends_call="refrained",
            forbids=True,
        ),
    )
    NOOP = (
        "noop",
        OnFailPolicy(doc="The value is kept as it is, and the failure is recorded.", strength=10, keeps_output=True),
    )
    EXCEPTION = (
        "exception",
        OnFailPolicy(
            doc="The call raises ValidationFailed at once.",
            strength=70,
            ends_call="exception",
            raises=True,
            forbids=True,
        ),
    )
    CUSTOM = (
        "custom",
        OnFailPolicy(
            doc="What the given callable makes of the value takes its place, if it holds.",
            strength=20,
            propose=_what_the_author_makes_of_it,
            structural="reask",
            named=False,
        ),
    )

    @property
    def unresolved(self) -> OnFail:
        """The action that a failure counts as if the proposed value fails too."""
        return OnFail(self.policy.fails_as) if self.policy.fails_as is not None else self

    @property
    def structural(self) -> OnFail:
        """The action that a structural failure counts as, if this is the action of a node."""
        return OnFail(self.policy.structural) if self.policy.structural is not None else self

    @classmethod
    def names(cls) -> list[str]:
        """Return the actions that specs can name.

        Returns:
            The names, as a spec holds them.
        """
        return [action.value for action in cls if action.policy.named]


DEFAULT_ON_FAIL = OnFail.REASK
"""The default action."""


def strongest(actions: Iterable[OnFail]) -> OnFail:
    """Return the action that decides for a field with several unresolved rules; at least one must be given."""
    return max(actions, key=lambda action: action.policy.strength)
