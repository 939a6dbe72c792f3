"""exactly-one-of: members of an object that exclude each other."""

from __future__ import annotations

from typing import Any

from railguard import FailResult, validator
from railguard_validators._values.members import members as named
from railguard_validators._wording import listed


class ExactlyOneOf:
    """Exactly one of the members in `members` is given; null counts as not given; an empty value, 0 and false count as
    given.

    members: two or more names, with dots for nested members (`contact.email`).

    There is no fix: it is not known which one is right. All given members are blamed, or all members if none is given.
    JSON Schema could express this only by a combination that is harder for models than these words.

    >>> exactly_one_of(["email", "phone"]).run({"email": "a@example.org", "phone": None})
    >>> exactly_one_of(["email", "phone"]).run({}).message
    'Exactly one of "email", "phone" must be given; there is none.'
    >>> exactly_one_of(["email", "phone"]).run({"email": "a@example.org", "phone": "+14155550123"}).message
    'Exactly one of "email", "phone" must be given and the others left out or null; there are "email", "phone".'
    """

    __slots__ = ("_members", "_wanted", "prompt")

    def __init__(self, members: list[str]) -> None:
        self._members = named(members, "members", 2)
        self._wanted = f"Exactly one of {listed(members)} must be given"
        self.prompt = f"exactly one of {', '.join(members)}"

    def __call__(self, value: dict[str, Any]) -> FailResult | None:
        places = [(member.name, *member.find(value)) for member in self._members]
        given = [(name, path) for name, path, found in places if found is not None]
        if len(given) == 1:
            return None
        if not given:
            blame = dict.fromkeys(path for _, path, _ in places)
            return FailResult(f"{self._wanted}; there is none.", blame=list(blame))
        there = listed(name for name, _ in given)
        message = f"{self._wanted} and the others left out or null; there are {there}."
        return FailResult(message, blame=[path for _, path in given])


exactly_one_of = validator("exactly-one-of", subject="Lists and objects")(ExactlyOneOf)
