"""at-least-one-of: members of an object of which at least one must be given."""

from __future__ import annotations

from typing import Any

from railguard import FailResult, validator
from railguard_validators._values.members import members as named
from railguard_validators._wording import listed


class AtLeastOneOf:
    """One or more of the members in `members` are given; null counts as not given; an empty value, 0 and false count as
    given.

    members: two or more names, with dots for nested members (`contact.email`).

    There is no fix. All of them are to blame, so that a reask asks for them.

    >>> at_least_one_of(["email", "phone"]).run({"email": "a@example.org"})
    >>> at_least_one_of(["email", "phone"]).run({"phone": None}).message
    'At least one of "email", "phone" must be given; there is none.'
    """

    __slots__ = ("_members", "_message", "prompt")

    def __init__(self, members: list[str]) -> None:
        self._members = named(members, "members", 2)
        self._message = f"At least one of {listed(members)} must be given; there is none."
        self.prompt = f"at least one of {', '.join(members)}"

    def __call__(self, value: dict[str, Any]) -> FailResult | None:
        places = [member.find(value) for member in self._members]
        if any(found is not None for _, found in places):
            return None
        return FailResult(self._message, blame=list(dict.fromkeys(path for path, _ in places)))


at_least_one_of = validator("at-least-one-of", subject="Lists and objects")(AtLeastOneOf)
