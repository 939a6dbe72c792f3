"""email: an e-mail address."""

from __future__ import annotations

import re

from railguard import UNSET, FailResult, validator
from railguard_validators._wording import shown

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+(?![0-9]+\Z){_LABEL}")
_NO_ATOM = re.compile(r"[^A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]")
_NO_HOST = re.compile(r"[^A-Za-z0-9.-]")


@validator("email", subject="Formats", aliases=("valid-email", "email-address"), prompt="an e-mail address")
def email(value: str) -> FailResult | None:
    """An ordinary address: the `addr-spec` of RFC 5322 without comments, quoted names and address literals,
    in ASCII, with the lengths of RFC 5321 (64 octets before the @, 254 in all) and a fully qualified domain.

    Whether the mailbox exists is not checked. The fix removes white space around an address.

    >>> email().run("ada.lovelace@example.org")
    >>> email().run("ada.lovelace@example").message
    '"ada.lovelace@example" is not an e-mail address: the domain "example" has no dot.'
    """
    if len(value) <= 254 and value.find("@") <= 64 and _ADDRESS.fullmatch(value):
        return None
    trimmed = value.strip()
    fix = trimmed if trimmed != value and email.check(trimmed) is None else UNSET
    why, span = _flaw(value)
    return FailResult(f"{shown(value, 100)} is not an e-mail address: {why}.", fix=fix, spans=[span] if span else ())


def _flaw(value: str) -> tuple[str, tuple[int, int] | None]:
    local, at, domain = value.rpartition("@")
    start = len(local) + 1
    if not at:
        return "it has no @", None
    if found := _NO_ATOM.search(local):
        return f"{shown(found[0])} may not stand before the @", found.span()
    if not local:
        return "nothing stands before the @", (0, 1)
    if local.startswith(".") or local.endswith(".") or ".." in local:
        return "before the @, a dot must stand between two other characters", (0, len(local))
    if len(local) > 64:
        return f"{len(local):,} characters stand before the @, and 64 are allowed", (0, len(local))
    if found := _NO_HOST.search(domain):
        return f"{shown(found[0])} may not stand in a domain", (start + found.start(), start + found.end())
    if len(value) > 254:
        return f"it has {len(value):,} characters, and 254 are allowed", None
    place = (start, len(value)) if domain else None
    if "." not in domain:
        return f"the domain {shown(domain)} has no dot", place
    if domain.rpartition(".")[2].isdigit():
        return f"the domain {shown(domain)} ends in a number", place
    return f"{shown(domain)} is no domain name", place
