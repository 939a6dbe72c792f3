"""compare: two members of an object in a relation, such as start < end."""

from __future__ import annotations

import operator as op
from collections.abc import Callable
from typing import Any, Literal

from railguard import FailResult, validator
from railguard import json_key as key
from railguard_validators._wording import shown

_RELATIONS: dict[str, tuple[Callable[[Any, Any], bool], str]] = {
    "<": (op.lt, "less than"),
    "<=": (op.le, "at most"),
    ">": (op.gt, "greater than"),
    ">=": (op.ge, "at least"),
    "==": (op.eq, "the same as"),
    "!=": (op.ne, "different from"),
}
_WORDS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}


class Compare:
    """The member `left` stands in the relation `operator` to the member `right`. Numbers are compared as numbers, texts
    by code point, so that dates as 2024-05-31 are in the order of time; a number and a text have no order. A member that
    is missing or null is not compared. lt, le, gt, ge, eq and ne are the operators' names where < is awkward to write.

    There is no fix: either may be wrong. Both are to blame.

    >>> compare("start", "<", "end").run({"start": "2024-05-01", "end": "2024-06-01"})
    >>> compare("low", "<=", "high").run({"low": 5, "high": 3}).message
    'The member "low" (5) must be at most the member "high" (3).'
    """

    __slots__ = ("_left", "_ordered", "_relation", "_right", "_words", "prompt")

    def __init__(
        self,
        left: str,
        operator: Literal["<", "<=", ">", ">=", "==", "!=", "lt", "le", "gt", "ge", "eq", "ne"],
        right: str,
    ) -> None:
        sign = _WORDS.get(operator, operator)
        self._left, self._right = left, right
        self._relation, self._words = _RELATIONS[sign]
        self._ordered = sign not in ("==", "!=")
        self.prompt = f"{left} {sign} {right}"

    def __call__(self, value: dict[str, Any]) -> FailResult | None:
        left, right = value.get(self._left), value.get(self._right)
        if left is None or right is None:
            return None
        blame = [(self._left,), (self._right,)]
        if not self._ordered:
            left, right = key(left), key(right)
        elif not ((_is_number(left) and _is_number(right)) or (isinstance(left, str) and isinstance(right, str))):
            message = f"The members {shown(self._left)} and {shown(self._right)} must be two numbers or two texts."
            return FailResult(message, blame=blame)
        if self._relation(left, right):
            return None
        left_is, right_is = shown(value[self._left]), shown(value[self._right])
        return FailResult(
            f"The member {shown(self._left)} ({left_is}) must be {self._words} the member {shown(self._right)} ({right_is}).",
            blame=blame,
        )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


compare = validator("compare")(Compare)
