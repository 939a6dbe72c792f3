"""String formats: one row per format, used by every package. To add a format, add a row.

A check is total over all texts, and linear in their length.

Dates and times are texts in and out: RFC 3339, or a strptime format of the author's. An offset may be missing where
RFC 3339 wants one, because most documents give local times; seconds may not.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from railguard.lazy import regex
from railguard.schema.nodes import Node, Schema, StringNode

__all__ = [
    "FORMATS",
    "StringFormat",
    "check_of",
    "format_of",
    "is_date",
    "is_date_time",
    "is_free_text",
    "is_percentage",
    "is_text",
    "is_time",
    "matches_strptime",
    "read_format",
    "read_strptime",
    "spelled",
]

_DATE = regex(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = regex(
    r"([01]\d|2[0-3]):([0-5]\d):(?:[0-5]\d|(60))(?:\.\d+)?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))?", re.ASCII
)
_READ = regex(r"%[-#]?(.)", re.DOTALL)
_PERCENTAGE = regex(r"[+-]?(\d+(\.\d+)?|\.\d+) ?%", re.ASCII)
_URL = regex(
    r"[A-Za-z][A-Za-z0-9+.-]*://(?:[^\s/?#@\\<>\"{}|^`]*@)?(?:\[[0-9A-Fa-f:.]+\]|[^\s/?#@:\[\]\\<>\"{}|^`]+)(?::\d{0,5})?"
    r"(?:[/?#][^\s\\<>\"{}|^`]*)?"
)
_ATOM = r"[^\s()<>\[\]:;@\\,.\"]+"
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_EMAIL = regex(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*\.?")
_UUID = regex(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_HOSTNAME = regex(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*")
_DURATION = regex(
    r"P(?=[\dT])(?:\d+W|(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?)", re.ASCII
)
_PERCENT = "%[0-9A-Fa-f]{2}"
_BEYOND_ASCII = "\u00a0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef\U00010000-\U000efffd"


@lru_cache(maxsize=4)
def _uri(more: str, relative: bool) -> re.Pattern[str]:
    """Return the pattern of RFC 3986, appendix A; `more` are the characters that RFC 3987 adds. relative: a reference
    without a scheme.
    """
    plain = rf"[A-Za-z0-9._~!$&'()*+,;={more}-]|{_PERCENT}"
    part, first = rf"(?:{plain}|[:@])", rf"(?:{plain}|@)"
    host = rf"(?:\[(?:(?P<ip>[0-9A-Fa-f:.]+)|[Vv][0-9A-Fa-f]+\.(?:{plain}|:)+)\]|(?:{plain})*)"
    authority = rf"//(?:(?:{plain}|:)*@)?{host}(?::[0-9]*)?(?:/{part}*)*"
    beside = rf"{authority}|/{part}+(?:/{part}*)*|/"
    path = (
        rf"(?:{beside}|{first}+(?:/{part}*)*)?"
        if relative
        else rf"[A-Za-z][A-Za-z0-9+.-]*:(?:{beside}|{part}+(?:/{part}*)*)?"
    )
    private = "\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd" if more else ""
    return re.compile(rf"{path}(?:\?(?:{part}|[/?{private}])*)?(?:#(?:{part}|[/?])*)?")


_NO_HOST = regex(r"https?:(?://(?:[^@/?#]*@)?(?:[:/?#]|\Z)|(?!//))", re.IGNORECASE)
"""http without a host: RFC 3986 allows that for any scheme, but RFC 9110, section 4.2.1, refuses it."""
_VARIABLE = rf"(?:\w|{_PERCENT})(?:\.?(?:\w|{_PERCENT}))*(?::[1-9]\d{{0,3}}|\*)?"
_URI_TEMPLATE = regex(
    rf"(?:[^\x00-\x20\"%<>\\^`{{|}}\x7f]|{_PERCENT}|\{{[+#./;?&=,!@|]?{_VARIABLE}(?:,{_VARIABLE})*\}})*", re.ASCII
)
_RELATIVE_JSON_POINTER = regex(r"(?:0|[1-9][0-9]*)(?:[+-](?:0|[1-9][0-9]*))?(?:#|(?:/(?:[^~/]|~[01])*)*)")
_JSON_POINTER = regex(r"(?:/(?:[^~/]|~[01])*)*")


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
    """RFC 3339 full-time, or partial-time (no offset). A leap second ends a day in UTC."""
    match = _TIME.fullmatch(text)
    if match is None or match[3] is None:
        return match is not None
    hours, minutes, _, sign, offset_hours, offset_minutes = match.groups()
    offset = int(f"{sign or '+'}1") * (int(offset_hours or 0) * 60 + int(offset_minutes or 0))
    return (int(hours) * 60 + int(minutes) - offset) % 1440 == 1439


def is_date_time(text: str) -> bool:
    """Whether a text is an RFC 3339 date-time with an optional offset; T, t or one space between date and time."""
    return text[10:11] in ("T", "t", " ") and is_date(text[:10]) and is_time(text[11:])


def matches_strptime(text: str, format: str) -> bool:
    """Whether datetime.strptime can parse the text in this format."""
    if len(text) > 256:
        return False
    try:
        read_strptime(text, format)
    except (ValueError, re.error, OverflowError):
        return False
    return True


def read_strptime(text: str, format: str) -> datetime:
    """Parse a text with datetime.strptime; a day of the month without a year gets the year 4, a leap year.

    Otherwise Python uses 1900, in which 29 February does not exist, and warns of that from 3.13 on.
    """
    directives = set(_READ.findall(format))
    if "d" in directives and not directives & {*"YyGcxD"}:
        return datetime.strptime(f"0004 {text}", f"%Y {format}")
    return datetime.strptime(text, format)


def is_percentage(text: str) -> bool:
    """Whether a text is a number and a percent sign, with at most one space between them."""
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
    if len(text) > 253 or _HOSTNAME.fullmatch(text) is None:
        return False
    return all(_is_punycode(label) for label in text.split(".") if label[:4].lower() == "xn--")


def _is_punycode(label: str) -> bool:
    import idna

    try:
        idna.ulabel(label)
    except (idna.IDNAError, UnicodeError):
        return False
    return True


def _idn_hostname(text: str) -> bool:
    import idna

    if not text or len(text) > 253 or text[-1] in ".\u3002\uff0e\uff61":
        return False
    try:
        return len(idna.encode(text)) <= 253
    except (idna.IDNAError, UnicodeError):
        return False


def _is_uri(more: str = "", *, relative: bool = False) -> Callable[[str], bool]:
    """Return the check of a URI; relative: or of a reference to one. Text in brackets must be an IPv6 address."""

    def check(text: str) -> bool:
        match = _uri(more, False).fullmatch(text)
        if match is None and relative:
            match = _uri(more, True).fullmatch(text)
        if match is None or _NO_HOST.match(text) is not None:
            return False
        return match["ip"] is None or is_ipv6(match["ip"])

    is_ipv6 = _ip(6)
    return check


def _regex(text: str) -> bool:
    from railguard.errors import SpecError
    from railguard.validation import patterns

    try:
        patterns.compile(text)
    except SpecError:
        return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StringFormat:
    """One format of text, with everything that depends on it. No other part of railguard names a format.

    name: its name in StringNode.format. check: whether a text has the format. article, one, many: its noun in
    descriptions for a model; such_as: the text after that noun. letters: its notation as people write it (YYYY-MM-DD);
    a strptime notation replaces it. example: a text of this format, for targets without a keyword for it.

    written: JSON Schema's name for it, None if there is none; then `pattern` expresses it. read: its names in a JSON
    Schema.

    element: its RAIL element, None for `<string format="…">`. aliases: other names of the element. strptime_attribute:
    the attribute of that element with a strptime notation, None if there is none. shown: the element that represents it
    in XML for a model.

    repair: the row of parsing's table of repairs that corrects the notation of such a text.
    """

    name: str
    check: Callable[[str], bool]
    article: str
    one: str
    many: str
    such_as: str = ""
    letters: str | None = None
    example: str | None = None
    written: str | None = None
    read: tuple[str, ...] = ()
    pattern: str | None = None
    element: str | None = None
    aliases: tuple[str, ...] = ()
    strptime_attribute: str | None = None
    shown: str = "string"
    repair: str = "trimmed"

    @property
    def is_type(self) -> bool:
        """Whether people see it as a type of its own, such as a date, and not as text: then a value alone is not free
        text.
        """
        return self.shown != "string"


def _named(name: str, check: Callable[[str], bool], article: str, one: str, many: str, **more: Any) -> StringFormat:
    """Return a format with the same name in JSON Schema."""
    return StringFormat(
        name=name,
        check=check,
        article=article,
        one=one,
        many=many,
        **{"written": name, "read": (name,), **more},
    )


_ROWS = (
    _named(
        "url",
        lambda text: _URL.fullmatch(text) is not None,
        "a",
        "URL",
        "URLs",
        written="uri",
        read=("url",),
        element="url",
    ),
    _named("uri", _is_uri(), "a", "URI", "URIs"),
    _named("uri-reference", _is_uri(relative=True), "a", "URI reference", "URI references"),
    _named("iri", _is_uri(_BEYOND_ASCII), "an", "IRI", "IRIs"),
    _named("iri-reference", _is_uri(_BEYOND_ASCII, relative=True), "an", "IRI reference", "IRI references"),
    _named(
        "uri-template",
        lambda text: _URI_TEMPLATE.fullmatch(text) is not None,
        "a",
        "URI template",
        "URI templates",
        such_as="such as /users/{id}",
    ),
    _named("email", _email, "an", "e-mail address", "e-mail addresses", read=("email", "idn-email"), element="email"),
    _named("uuid", lambda text: _UUID.fullmatch(text) is not None, "a", "UUID", "UUIDs", read=("uuid", "guid")),
    _named("ipv4", _ip(4), "an", "IPv4 address", "IPv4 addresses"),
    _named("ipv6", _ip(6), "an", "IPv6 address", "IPv6 addresses"),
    _named("hostname", _hostname, "a", "host name", "host names"),
    _named("idn-hostname", _idn_hostname, "an", "internationalized host name", "internationalized host names"),
    _named(
        "duration",
        lambda text: _DURATION.fullmatch(text) is not None,
        "a",
        "duration",
        "durations",
        such_as="such as P3DT12H",
    ),
    _named(
        "json-pointer",
        lambda text: _JSON_POINTER.fullmatch(text) is not None,
        "a",
        "JSON Pointer",
        "JSON Pointers",
        such_as="such as /a/0",
    ),
    _named(
        "relative-json-pointer",
        lambda text: _RELATIVE_JSON_POINTER.fullmatch(text) is not None,
        "a",
        "relative JSON Pointer",
        "relative JSON Pointers",
        such_as="such as 1/a",
    ),
    _named("regex", _regex, "a", "regular expression", "regular expressions"),
    StringFormat(
        name="percentage",
        check=is_percentage,
        article="a",
        one="percentage",
        many="percentages",
        such_as='as a text such as "12.5%"',
        example="12.5%",
        pattern=r"^[+-]?([0-9]+(\.[0-9]+)?|\.[0-9]+) ?%$",
        element="percentage",
        shown="percentage",
        repair="percent-sign",
    ),
    _named(
        "date",
        is_date,
        "a",
        "date",
        "dates",
        letters="YYYY-MM-DD",
        element="date",
        strptime_attribute="date-format",
        shown="date",
        repair="date-spelling",
    ),
    _named(
        "time",
        is_time,
        "a",
        "time",
        "times",
        letters="HH:MM:SS",
        element="time",
        strptime_attribute="time-format",
        shown="time",
        repair="date-spelling",
    ),
    _named(
        "date-time",
        is_date_time,
        "a",
        "date and time",
        "dates and times",
        letters="YYYY-MM-DDTHH:MM:SS",
        element="date-time",
        aliases=("datetime",),
        strptime_attribute="datetime-format",
        shown="datetime",
        repair="date-spelling",
    ),
)

FORMATS: dict[str, StringFormat] = {row.name: row for row in _ROWS}
"""Formats a StringNode may name. url: a scheme and a host, in any characters; uri: RFC 3986, any scheme; iri: RFC 3987.
email: the addr-spec people use (RFC 5321 length limits, no quoted local parts). uuid: RFC 9562. hostname: RFC 1123,
with the labels of IDNA 2008. duration: RFC 3339, appendix A, or ISO 8601 with a fraction of seconds.
"""


def format_of(name: str | None) -> StringFormat | None:
    """Return the format of a name, or None."""
    return FORMATS.get(name) if name is not None else None


def is_free_text(node: Node) -> bool:
    """Whether the node, as a whole answer, is free text, without anything around it that marks its end."""
    format = format_of(node.format) if isinstance(node, StringNode) else None
    return isinstance(node, StringNode) and (format is None or not format.is_type)


def is_text(schema: Schema) -> bool:
    """Whether the whole answer is a text, not JSON: the root is a string that cannot be null."""
    return not schema.root.nullable and is_free_text(schema.root)


def read_format(name: str) -> StringFormat | None:
    """Return the format that a name means in a JSON Schema; None for a name that has no check."""
    return next((row for row in FORMATS.values() if name in row.read), None)


def check_of(format: str | None, strptime: str | None) -> Callable[[str], bool] | None:
    """Return the check of a format of text, in a strptime notation if one is given; None if there is no format."""
    if strptime is not None:
        return lambda text: matches_strptime(text, strptime)
    row = format_of(format)
    return row.check if row is not None else None


def spelled(strptime: str) -> str | None:
    """Return a strptime notation as people write it: `%d/%m/%Y` becomes DD/MM/YYYY. None if a directive has no such
    letters.
    """
    if any(match[1] not in _LETTERS for match in _DIRECTIVE.finditer(strptime)):
        return None
    return _DIRECTIVE.sub(lambda match: _LETTERS[match[1]], strptime)


_DIRECTIVE = regex(r"%(.?)", re.DOTALL)
_LETTERS = {"Y": "YYYY", "m": "MM", "d": "DD", "H": "HH", "M": "MM", "S": "SS", "y": "YY", "%": "%"}
_LETTERS |= {"I": "HH", "p": "AM/PM", "z": "+HH:MM"}
