"""semver: a version number."""

from __future__ import annotations

import re

from railguard import UNSET, FailResult, validator
from railguard_validators._wording import shown

_NUMBER = r"(?:0|[1-9][0-9]*+)"
_PRE = rf"(?:{_NUMBER}(?![0-9A-Za-z-])|[0-9]*+[A-Za-z-][0-9A-Za-z-]*+)"
_VERSION = re.compile(
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-{_PRE}(?:\.{_PRE})*+)?(?:\+[0-9A-Za-z-]++(?:\.[0-9A-Za-z-]++)*+)?"
)
_IDENTIFIER = "(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_KEYWORD = (
    r"^(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)"
    rf"(?:-{_IDENTIFIER}(?:\.{_IDENTIFIER})*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$"
)


class Semver:
    """A version as Semantic Versioning 2.0.0 writes it: MAJOR.MINOR.PATCH without leading zeros, then optionally
    -prerelease and +build.

    The fix removes white space and a leading v.

    >>> semver().run("1.0.0-rc.1+build.5")
    >>> semver().run("1.0").message
    '"1.0" is not a semantic version, which is written as 1.2.3 or 1.2.3-rc.1.'
    >>> semver().run("v1.0.0").fix
    '1.0.0'
    """

    __slots__ = ()

    def __call__(self, value: str) -> FailResult | None:
        if _VERSION.fullmatch(value):
            return None
        bare = value.strip().removeprefix("v").removeprefix("V")
        fix = bare if bare != value and _VERSION.fullmatch(bare) else UNSET
        return FailResult(
            f"{shown(value)} is not a semantic version, which is written as 1.2.3 or 1.2.3-rc.1.", fix=fix
        )

    def constraint(self, json_type: str) -> dict[str, str] | None:
        """Return the equivalent keyword of JSON Schema."""
        return {"pattern": _KEYWORD} if json_type == "string" else None


semver = validator(
    "semver", subject="Formats", aliases=("semantic-version",), prompt="a version as 1.2.3 (semver.org)"
)(Semver)
