"""at-least-one-of: members of an object of which one will do."""

from __future__ import annotations

from typing import Any

from railguard import FailResult, validator
from railguard_validators._members import given, names
from railguard_validators._wording import listed


class AtLeastOneOf:
    """One or more of the members in `members` are given; one that is null counts as not given. There is no fix. All of
    them are to blame, so that a reask asks for them.

    >>> at_least_one_of(["email", "phone"]).run({"email": "a@example.org"})
    >>> at_least_one_of(["email", "phone"]).run({"phone": None}).message
    'At least one of "email", "phone" must be given; there is none.'
    """

    __slots__ = ("_members", "prompt")

    def __init__(self, members: list[str]) -> None:
        self._members = names(members, "members", 2)
        self.prompt = f"at least one of {', '.join(self._members)}"

    def __call__(self, value: dict[str, Any]) -> FailResult | None:
        if any(given(value, name) for name in self._members):
            return None
        message = f"At least one of {listed(self._members)} must be given; there is none."
        return FailResult(message, blame=[(name,) for name in self._members])


at_least_one_of = validator("at-least-one-of")(AtLeastOneOf)
