"""exactly-one-of: members of an object that exclude each other."""

from __future__ import annotations

from typing import Any

from railguard import FailResult, validator
from railguard_validators._members import given, names
from railguard_validators._wording import listed


class ExactlyOneOf:
    """Exactly one of the members in `members` is given; one that is null counts as not given. There is no fix: which
    one is right is not known. The ones that are there too many are to blame, or all if there is none.

    >>> exactly_one_of(["email", "phone"]).run({"email": "a@example.org", "phone": None})
    >>> exactly_one_of(["email", "phone"]).run({}).message
    'Exactly one of "email", "phone" must be given; there is none.'
    >>> exactly_one_of(["email", "phone"]).run({"email": "a@example.org", "phone": "+14155550123"}).message
    'Exactly one of "email", "phone" must be given and the others left out or null; there are "email", "phone".'
    """

    __slots__ = ("_members", "prompt")

    def __init__(self, members: list[str]) -> None:
        self._members = names(members, "members", 2)
        self.prompt = f"exactly one of {', '.join(self._members)}"

    def __call__(self, value: dict[str, Any]) -> FailResult | None:
        found = [name for name in self._members if given(value, name)]
        if len(found) == 1:
            return None
        wanted = f"Exactly one of {listed(self._members)} must be given"
        if not found:
            return FailResult(f"{wanted}; there is none.", blame=[(name,) for name in self._members])
        message = f"{wanted} and the others left out or null; there are {listed(found)}."
        return FailResult(message, blame=[(name,) for name in found])


exactly_one_of = validator("exactly-one-of")(ExactlyOneOf)
