"""compare: two members of an object in a relation, such as start < end."""

from __future__ import annotations

import operator as op
from collections.abc import Callable
from typing import Any, Literal

from railguard import FailResult, validator
from railguard import json_key as key
from railguard_validators._values.members import Member
from railguard_validators._values.order import comparable, has_order
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
    """The member `left` has the relation `operator` to the member `right`. Numbers are compared as numbers. Two
    percentages ("12%") are compared as their numbers, two timestamps of RFC 3339 as instants whatever their offsets,
    all other texts by code point: dates such as 2024-05-31 are ordered by time, and dates in other notations are not. A
    number and a text have no order; values without an order can only be equal or different, as JSON defines it. A
    member that is missing or null is not compared.

    left: the name of one member, with dots for a nested member (`price.low`), through objects only: the members of each
        item of a list are compared by a rule on the items.
    operator: <, <=, >, >=, == or !=; lt, le, gt, ge, eq and ne are alternatives if < is hard to write.
    right: the name of the other member.

    There is no fix: either may be wrong. Both are blamed.

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
        self._left, self._right = Member(left), Member(right)
        if self._left.parts == self._right.parts:
            raise ValueError(f"{left!r} is compared with itself")
        self._relation, self._words = _RELATIONS[sign]
        self._ordered = sign not in ("==", "!=")
        self.prompt = f"{left} {sign} {right}"

    def __call__(self, value: dict[str, Any]) -> FailResult | None:
        left_at, left = self._left.find(value)
        right_at, right = self._right.find(value)
        if left is None or right is None:
            return None
        left_is = f"{shown(self._left.name)} ({shown(left)})"
        right_is = f"{shown(self._right.name)} ({shown(right)})"
        keys = comparable((left, right))
        if keys is None and self._ordered:
            wrong = [at for at, found in ((left_at, left), (right_at, right)) if not has_order(found)]
            message = f"The members {left_is} and {right_is} must be two numbers or two texts."
            return FailResult(message, blame=list(dict.fromkeys(wrong or [left_at, right_at])))
        if self._relation(*(keys if keys is not None else (key(left), key(right)))):
            return None
        message = f"The member {left_is} must be {self._words} the member {right_is}."
        return FailResult(message, blame=[left_at, right_at])


compare = validator("compare", subject="Lists and objects")(Compare)
