"""requires: a member that must not stand without others."""

from __future__ import annotations

from typing import Any

from railguard import FailResult, validator
from railguard_validators._members import given, names
from railguard_validators._wording import listed, shown


class Requires:
    """Where the member `member` is given, those in `needs` are given too. A member that is null counts as not given.
    There is no fix. The missing ones are to blame, so that a reask asks for them.

    >>> requires("street", ["city"]).run({"name": "Ann"})
    >>> requires("street", ["city", "zip"]).run({"street": "Elm St", "city": None}).message
    'With the member "street" these are needed too: "city", "zip".'
    """

    __slots__ = ("_member", "_needs", "prompt")

    def __init__(self, member: str, needs: str | list[str]) -> None:
        self._member = member
        self._needs = names(needs, "needs")
        if member in self._needs:
            raise ValueError(f"needs names {member!r} itself")
        self.prompt = f"with {member} also {', '.join(self._needs)}"

    def __call__(self, value: dict[str, Any]) -> FailResult | None:
        if not given(value, self._member):
            return None
        missing = [name for name in self._needs if not given(value, name)]
        if not missing:
            return None
        message = f"With the member {shown(self._member)} these are needed too: {listed(missing)}."
        return FailResult(message, blame=[(name,) for name in missing])


requires = validator("requires")(Requires)
