"""requires: a member that must not be given without others."""

from __future__ import annotations

from typing import Any

from railguard import FailResult, validator
from railguard_validators._values.members import Member, members
from railguard_validators._wording import listed, shown


class Requires:
    """If the member `member` is given, those in `needs` are given too. A null member counts as not given; an empty
    value, 0 and false count as given.

    member: the name, with dots for a nested member (`address.street`).
    needs: the name, or a list of names, of the members that it needs.

    There is no fix. The missing ones are blamed, so that a reask asks for them.

    >>> requires("street", ["city"]).run({"name": "Ann"})
    >>> requires("street", ["city", "zip"]).run({"street": "Elm St", "city": None}).message
    'With the member "street" these are needed too: "city", "zip".'
    """

    __slots__ = ("_member", "_needs", "prompt")

    def __init__(self, member: str, needs: str | list[str]) -> None:
        self._member = Member(member)
        self._needs = members(needs, "needs")
        if any(one.parts == self._member.parts for one in self._needs):
            raise ValueError(f"needs names {member!r} itself")
        self.prompt = f"with {member} also {', '.join(one.name for one in self._needs)}"

    def __call__(self, value: dict[str, Any]) -> FailResult | None:
        if self._member.find(value)[1] is None:
            return None
        places = [(member.name, *member.find(value)) for member in self._needs]
        missing = [(name, path) for name, path, found in places if found is None]
        if not missing:
            return None
        names = listed(name for name, _ in missing)
        message = f"With the member {shown(self._member.name)} these are needed too: {names}."
        return FailResult(message, blame=list(dict.fromkeys(path for _, path in missing)))


requires = validator("requires", subject="Lists and objects")(Requires)
