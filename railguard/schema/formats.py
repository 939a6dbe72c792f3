"""String formats that are really checked: one predicate a name, total over all texts and linear in their length.

Dates and times are texts in and out: RFC 3339, or a strptime format of the author's. An offset may be missing where
RFC 3339 wants one, because most documents give local times; seconds may not.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime

__all__ = ["FORMATS", "is_date", "is_date_time", "is_percentage", "is_time", "matches_strptime", "read_strptime"]

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)?", re.ASCII)
_DIRECTIVE = re.compile(r"%[-#]?(.)", re.DOTALL)
_PERCENTAGE = re.compile(r"[+-]?(\d+(\.\d+)?|\.\d+) ?%", re.ASCII)
_URL = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*://(?:[^\s/?#@\\<>\"{}|^`]*@)?(?:\[[0-9A-Fa-f:.]+\]|[^\s/?#@:\[\]\\<>\"{}|^`]+)(?::\d{0,5})?"
    r"(?:[/?#][^\s\\<>\"{}|^`]*)?"
)
_URI_REFERENCE = re.compile(r"[^\s\\<>\"{}|^`]*")
_ATOM = r"[^\s()<>\[\]:;@\\,.\"]+"
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_EMAIL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*\.?")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_HOSTNAME = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)
_DURATION = re.compile(
    r"P(?=[\dT])(?:\d+W|(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?)", re.ASCII
)
_JSON_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)*")


def is_date(text: str) -> bool:
    """RFC 3339 full-date: four, two and two digits, a day that exists."""
    if _DATE.fullmatch(text) is None:
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_time(text: str) -> bool:
    """RFC 3339 full-time, or partial-time (no offset)."""
    return _TIME.fullmatch(text) is not None


def is_date_time(text: str) -> bool:
    """RFC 3339 date-time, its offset optional; T, t or one space between date and time."""
    return text[10:11] in ("T", "t", " ") and is_date(text[:10]) and is_time(text[11:])


def matches_strptime(text: str, format: str) -> bool:
    """Whether datetime.strptime reads the text in this format."""
    if len(text) > 256:
        return False
    try:
        read_strptime(text, format)
    except (ValueError, re.error, OverflowError):
        return False
    return True


def read_strptime(text: str, format: str) -> datetime:
    """datetime.strptime; where a day of the month has no year, in the year 4: a leap year, which nobody means.

    Without one, Python takes 1900, in which 29 February does not exist, and warns of that from 3.13 on.
    """
    directives = set(_DIRECTIVE.findall(format))
    if "d" in directives and not directives & {*"YyGcxD"}:
        return datetime.strptime(f"0004 {text}", f"%Y {format}")
    return datetime.strptime(text, format)


def is_percentage(text: str) -> bool:
    """A number and a percent sign, with at most one space between them."""
    return _PERCENTAGE.fullmatch(text) is not None


def _ip(version: int) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        import ipaddress

        if len(text) > 64 or "%" in text:
            return False
        try:
            return ipaddress.ip_address(text).version == version
        except ValueError:
            return False

    return check


def _email(text: str) -> bool:
    return len(text) <= 254 and text.rfind("@") <= 64 and _EMAIL.fullmatch(text) is not None


def _hostname(text: str) -> bool:
    return len(text) <= 253 and _HOSTNAME.fullmatch(text) is not None


def _regex(text: str) -> bool:
    from railguard.errors import SpecError
    from railguard.validation import patterns

    try:
        patterns.compile(text)
    except SpecError:
        return False
    return True


FORMATS: dict[str, Callable[[str], bool]] = {
    "url": lambda text: _URL.fullmatch(text) is not None,
    "uri-reference": lambda text: _URI_REFERENCE.fullmatch(text) is not None,
    "email": _email,
    "uuid": lambda text: _UUID.fullmatch(text) is not None,
    "ipv4": _ip(4),
    "ipv6": _ip(6),
    "hostname": _hostname,
    "duration": lambda text: _DURATION.fullmatch(text) is not None,
    "json-pointer": lambda text: _JSON_POINTER.fullmatch(text) is not None,
    "regex": _regex,
}
"""Formats a StringNode may name. url: RFC 3986 with a scheme and a host. email: the addr-spec people use (RFC 5321
length limits, no quoted local parts). uuid: RFC 9562. hostname: RFC 1123. duration: RFC 3339, appendix A."""
