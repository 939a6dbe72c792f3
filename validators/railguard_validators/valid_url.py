"""valid-url: an absolute URL with a host."""

from __future__ import annotations

import re

from railguard import UNSET, FailResult, validator
from railguard_validators._wording import listed, shown

_UNRESERVED = r"A-Za-z0-9\-._~!$&'()*+,;="
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_SCHEME_NAME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(?=:)")
_URL = re.compile(
    rf"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://"
    rf"(?:[{_UNRESERVED}:%]*@)?"
    rf"(?:\[(?P<ip>[0-9A-Fa-f:.]{{2,45}})\]|(?=[^/?#]{{1,260}}(?:[/?#]|\Z))(?P<name>{_LABEL}(?:\.{_LABEL})*\.?))"
    rf"(?::(?P<port>[0-9]{{0,5}}))?"
    rf"(?:/[{_UNRESERVED}:@/%]*)?(?:\?[{_UNRESERVED}:@/?%]*)?(?:#[{_UNRESERVED}:@/?%]*)?"
)
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_FOREIGN = re.compile(rf"[^{_UNRESERVED}:@/?#%\[\]]")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_AUTHORITY = re.compile(r"[^:/?#]+://([^/?#]*)")


class ValidUrl:
    """A URL as RFC 3986 writes it, with a scheme and a host: `scheme://host`, then optionally port, path, query and
    fragment. Any scheme passes, unless `schemes` lists the allowed ones. A host is a name of dotted labels (up to 63
    letters, digits, - and _), or an IP address; one whose last label is a number is an IPv4 address in dotted decimals,
    since no program reads it as a name. No server is asked.

    The fix removes white space around a URL, and percent-encodes characters beyond ASCII after the host in UTF-8, which
    gives the same address (RFC 3987, 3.1).

    schemes: the allowed schemes, such as ["https"]; None for any.

    >>> valid_url().run("https://example.org/a?b=c#d")
    >>> valid_url().run("example.org/a").message
    '"example.org/a" is not a URL: it has no scheme such as https:// at its start.'
    >>> valid_url(schemes=["https"]).run("ftp://example.org").message
    '"ftp://example.org" is not allowed: its scheme must be one of: "https".'
    """

    __slots__ = ("_schemes", "prompt")

    def __init__(self, schemes: list[str] | None = None) -> None:
        if schemes is not None and not schemes:
            raise ValueError("schemes is empty; name at least one, or leave it out")
        for scheme in schemes or ():
            if not _SCHEME_NAME.fullmatch(scheme):
                raise ValueError(f"{scheme!r} is no scheme; write it as 'https'")
        self._schemes = None if schemes is None else tuple(scheme.lower() for scheme in schemes)
        self.prompt = "a URL with its scheme and host" + (f", the scheme one of: {listed(schemes)}" if schemes else "")

    def __call__(self, value: str) -> FailResult | None:
        found = _URL.fullmatch(value)
        if found is None or ("%" in value and _BAD_ESCAPE.search(value)):
            why, span = _flaw(value)
        elif found["port"] and int(found["port"]) > 65535:
            why, span = f"the port {found['port']} is above 65535", found.span("port")
        elif found["ip"] is not None and not _is_ipv6(found["ip"]):
            why, span = f"{shown(found['ip'])} is no IPv6 address", found.span("ip")
        elif found["name"] is not None and found["name"].rstrip(".")[-1:].isdigit() and not _is_name(found["name"]):
            why, span = f"{shown(found['name'])} is no IPv4 address", found.span("name")
        elif self._schemes is not None and found["scheme"].lower() not in self._schemes:
            return FailResult(
                f"{shown(value, 100)} is not allowed: its scheme must be one of: {listed(self._schemes)}.",
                spans=[found.span("scheme")],
            )
        else:
            return None
        mended = _mended(value)
        fix = mended if mended != value and self(mended) is None else UNSET
        return FailResult(f"{shown(value, 100)} is not a URL: {why}.", fix=fix, spans=[span] if span else ())


def _mended(value: str) -> str:
    value = value.strip()
    authority = _AUTHORITY.match(value)
    if authority is None or value.isascii():
        return value
    from urllib.parse import quote

    head, rest = value[: authority.end()], value[authority.end() :]
    try:
        return head + quote(rest, safe="!#$%&'()*+,/:;=?@~")
    except UnicodeEncodeError:
        return value


def _flaw(value: str) -> tuple[str, tuple[int, int] | None]:
    """Return why the pattern did not match, and the position."""
    if value.strip() != value:
        return "white space stands around it", None
    scheme = _SCHEME.match(value)
    if scheme is None or not value.startswith("://", scheme.end()):
        if scheme is not None and not value[scheme.end() + 1 : scheme.end() + 2].isdigit():
            return f"{shown(scheme[0] + ':')} is not followed by //", scheme.span()
        return "it has no scheme such as https:// at its start", None
    if found := _FOREIGN.search(value):
        return f"{shown(found[0])} may not stand in it unless percent-encoded", found.span()
    if found := _BAD_ESCAPE.search(value):
        return "a % must be followed by two hexadecimal digits", found.span()
    authority = _AUTHORITY.match(value)
    host = authority[1].rpartition("@")[2] if authority else ""
    if authority is None or not host or host.startswith(":"):
        return "it has no host", None
    place = (authority.end() - len(host), authority.end())
    if host.startswith("["):
        return f"{shown(host)} is no host", place
    name, _, port = host.partition(":")
    if port and not port.isdigit():
        return f"the port {shown(port)} is not a number", place
    if len(port) > 5:
        return f"the port {shown(port)} is above 65535", place
    if len(name) > 254 or not _NAME.fullmatch(name):
        return f"{shown(name)} is no host name", place
    return "[, ] and a second # must be percent-encoded behind the host", None


def _is_name(host: str) -> bool:
    """Whether a host that ends in a digit is a name: its last label is not a number; otherwise it must be an IPv4
    address.
    """
    if not host.rstrip(".").rpartition(".")[2].isdigit():
        return True
    from ipaddress import AddressValueError, IPv4Address

    try:
        IPv4Address(host)
    except AddressValueError:
        return False
    return True


def _is_ipv6(text: str) -> bool:
    from ipaddress import AddressValueError, IPv6Address

    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return True


valid_url = validator("valid-url", subject="Formats")(ValidUrl)
