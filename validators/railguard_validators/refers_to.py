"""refers-to: references between values of an object."""

from __future__ import annotations

from typing import Any

from railguard import FailResult, validator
from railguard import json_key as key
from railguard_validators._values.members import Members
from railguard_validators._wording import listed, shown


class RefersTo:
    """Every value at `references` is also one of the values at `targets`; both names start at the object with the rule.
    Equality is JSON's: 1 is 1.0, "1" is not 1. Null refers to nothing and passes, and null is not a target.

    references: the name of the referring member, with dots for a nested member: `orders.customer` is the member
        customer of every item of orders; a list at its end holds several references.
    targets: the name of the target member in the same form: `customers.id`.

    There is no fix. The references without a target are blamed, so that a reask asks only for them.

    >>> rule = refers_to("orders.customer", "customers.id")
    >>> rule.run({"customers": [{"id": 1}], "orders": [{"customer": 1}]})
    >>> rule.run({"customers": [{"id": 1}], "orders": [{"customer": 1}, {"customer": 7}]}).message
    'Every "orders.customer" must be one of "customers.id" (1); these are not: 7.'
    """

    __slots__ = ("_references", "_targets", "prompt")

    def __init__(self, references: str, targets: str) -> None:
        self._references = Members(references)
        self._targets = Members(targets)
        self.prompt = f"every {references} is one of {targets}"

    def __call__(self, value: dict[str, Any]) -> FailResult | None:
        targets = {key(target): target for _, target in self._targets.of(value) if target is not None}
        wrong = [
            (path, found)
            for path, found in self._references.of(value)
            if found is not None and key(found) not in targets
        ]
        if not wrong:
            return None
        there = listed(targets.values(), 30) or "there are none"
        strays = {key(found): found for _, found in wrong}
        message = (
            f"Every {shown(self._references.name)} must be one of {shown(self._targets.name)} ({there}); "
            f"these are not: {listed(strays.values(), 10)}."
        )
        return FailResult(message, blame=[path for path, _ in wrong])


refers_to = validator("refers-to", subject="Lists and objects")(RefersTo)
