"""uuid: a universally unique identifier."""

from __future__ import annotations

import re

from railguard import UNSET, FailResult, validator
from railguard_validators._wording import shown

_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-([0-9a-fA-F])[0-9a-fA-F]{3}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_OTHER = re.compile(r"\s*(?:urn:uuid:)?\{?([0-9a-fA-F-]{32,36})\}?\s*", re.IGNORECASE)


class Uuid:
    """A UUID in the text form of RFC 9562: 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12, in any case. With
    `version`, its version digit must be that.

    The fix writes one with braces, with `urn:uuid:` or without hyphens in that form.

    version: the version that its version digit must say, 1 to 8; None for any.

    >>> uuid().run("f81d4fae-7dec-11d0-a765-00a0c91e6bf6")
    >>> uuid(version=4).run("f81d4fae-7dec-11d0-a765-00a0c91e6bf6").message
    'The UUID must be of version 4; it is of version 1.'
    >>> uuid().run("{F81D4FAE7DEC11D0A76500A0C91E6BF6}").fix
    'f81d4fae-7dec-11d0-a765-00a0c91e6bf6'
    """

    __slots__ = ("_version", "prompt")

    def __init__(self, version: int | None = None) -> None:
        if version is not None and not 1 <= version <= 8:
            raise ValueError(f"version is {version}; RFC 9562 has 1 to 8")
        self._version = None if version is None else str(version)
        self.prompt = "a UUID" + (f" of version {version}" if version else "")

    def __call__(self, value: str) -> FailResult | None:
        found = _UUID.fullmatch(value)
        if found is not None:
            if self._version in (None, found[1]):
                return None
            return FailResult(f"The UUID must be of version {self._version}; it is of version {found[1].lower()}.")
        example = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
        message = f"{shown(value)} is not a UUID, which is written as {example}."
        other = _OTHER.fullmatch(value) if len(value) < 200 else None
        digits = other[1].replace("-", "").lower() if other else ""
        if len(digits) != 32:
            return FailResult(message)
        fix = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
        return FailResult(message, fix=fix if self._version in (None, digits[12]) else UNSET)

    def constraint(self, json_type: str) -> dict[str, str] | None:
        """Return the equivalent keyword of JSON Schema."""
        if json_type != "string":
            return None
        if self._version is None:
            return {"format": "uuid"}
        hexes = "[0-9a-fA-F]"
        return {"pattern": f"^{hexes}{{8}}-{hexes}{{4}}-{self._version}{hexes}{{3}}-{hexes}{{4}}-{hexes}{{12}}$"}


uuid = validator("uuid", subject="Formats")(Uuid)
