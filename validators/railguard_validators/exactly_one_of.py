"""exactly-one-of: members of an object that exclude each other."""

from __future__ import annotations

from typing import Any

from railguard import FailResult, validator
from railguard_validators._values.members import members as named
from railguard_validators._wording import listed


class ExactlyOneOf:
    """Exactly one of the members in `members` is given; one that is null counts as not given, one that is empty, 0 or
    false as given.

    members: two or more names, dotted where they lie deeper (`contact.email`).

    There is no fix: which one is right is not known. The ones that are there too many are to blame, or all if there is
    none. JSON Schema could say it only by a combination that models read worse than these words.

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


exactly_one_of = validator("exactly-one-of")(ExactlyOneOf)
