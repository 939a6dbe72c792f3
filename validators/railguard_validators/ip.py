"""ip: an IP address."""

from __future__ import annotations

from typing import Literal

from railguard import UNSET, FailResult, validator
from railguard_validators._wording import shown


class Ip:
    """An IPv4 address in dotted decimals, or an IPv6 address in the text form of RFC 4291; with `version` only that
    kind. No network (10.0.0.0/8), no zone (fe80::1%eth0), no leading zeros in IPv4.

    The fix removes white space around an address.

    version: 4 or 6; None for either.

    >>> ip().run("192.0.2.1")
    >>> ip(version=6).run("192.0.2.1").message
    '"192.0.2.1" is an IPv4 address; it must be an IPv6 address.'
    >>> ip().run("192.0.2.256").message
    '"192.0.2.256" is not an IP address, such as 192.0.2.1 or 2001:db8::1.'
    """

    __slots__ = ("_version", "prompt")

    def __init__(self, version: Literal[4, 6] | None = None) -> None:
        self._version = version
        self.prompt = f"an IPv{version} address" if version else "an IP address"

    def __call__(self, value: str) -> FailResult | None:
        version = _version(value)
        if version is not None and self._version in (None, version):
            return None
        if version is not None:
            return FailResult(f"{shown(value)} is an IPv{version} address; it must be {self.prompt}.")
        trimmed = value.strip()
        fix = trimmed if trimmed != value and _version(trimmed) in (4, 6) and self(trimmed) is None else UNSET
        such = " or ".join(written for number, written in _SUCH.items() if self._version in (None, number))
        return FailResult(f"{shown(value)} is not {self.prompt}, such as {such}.", fix=fix)


_SUCH = {4: "192.0.2.1", 6: "2001:db8::1"}


def _version(text: str) -> int | None:
    from ipaddress import ip_address

    if len(text) > 45 or "%" in text:
        return None
    try:
        return ip_address(text).version
    except ValueError:
        return None


ip = validator("ip", subject="Formats", aliases=("ip-address",))(Ip)
