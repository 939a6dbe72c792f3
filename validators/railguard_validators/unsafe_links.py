"""unsafe-links: a text with safe links that lead where their text says."""

from __future__ import annotations

import re
import unicodedata
from ipaddress import IPv4Address, IPv6Address, ip_address

from railguard import FailResult, validator
from railguard_validators._safety.disguises import alike
from railguard_validators._safety.links import Link, Target, links, target, under
from railguard_validators._wording import listed, shown

_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\xad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_OWN_NETWORK = frozenset(["localhost", "local", "internal", "intranet", "lan", "home.arpa", "corp", "localdomain"])
_FOREIGN = frozenset(["CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "GEORGIAN", "HEBREW", "LISU", "DESERET"])
_NAMED = re.compile(
    r"\s*(?:(?:https?|ftp)://(?:[^\s/@]{1,100}@)?(?P<url>[^\s/:?#]{3,253})|(?P<www>www\.[\w.\-]{3,250})|"
    r"(?P<bare>(?:[\w\-]{1,63}\.){1,5}(?:com|org|gov|edu|co\.uk|de|fr|es|it|nl|eu|ch|at|us|info|bank)))(?:[:/?#]\S*)?\s*\Z",
    re.IGNORECASE,
)


class UnsafeLinks:
    """Every link, in Markdown, in HTML or as a plain URL, is safe to show: its scheme is one of `schemes`; there is no
    user name or password before its host; the host is not an address in a private network, in any notation, and not a
    name of your own network; it does not mix alphabets or imitate another name by look-alike letters, also not in
    punycode; nothing in the URL is invisible; and if the text of a link is an address, it is the link's target. Links
    without a host (`page.html`, `#top`) pass.

    domains: the allowed domains of links, including subdomains; they may also be in your own network.
    schemes: the allowed schemes.

    No server is asked, so a harmful page at an ordinary name is not found. There is no fix.

    >>> unsafe_links().run("[Docs](https://example.org/a), https://example.com, [top](#top)")
    >>> unsafe_links().run("[www.example.org](https://example.org.evil.example/)").message
    'The text must have safe links only; "https://example.org.evil.example/" is none: its text says "www.example.org".'
    >>> unsafe_links(domains=["example.org"]).run("https://example.com").message
    'The text must have safe links only; "https://example.com" is none: it may lead to "example.org" only.'
    """

    __slots__ = ("_domains", "_schemes", "prompt")

    def __init__(self, domains: list[str] | None = None, schemes: list[str] | None = None) -> None:
        for given, name in ((domains, "domains"), (schemes, "schemes")):
            if given is not None and not (given and all(given)):
                raise ValueError(f"{name} is empty, or a name in it is; leave it out to have the usual ones")
        for domain in domains or ():
            if "/" in domain or ":" in domain:
                raise ValueError(f"{domain!r} is no domain; write it as 'example.org'")
        self._domains = None if domains is None else frozenset(domain.lower().lstrip("*.") for domain in domains)
        self._schemes = tuple(scheme.lower().rstrip(":") for scheme in schemes or ("http", "https", "mailto"))
        self.prompt = "safe links only" + (f", to {', '.join(domains)}" if domains else "")

    def __call__(self, value: str) -> FailResult | None:
        flaws: dict[tuple[int, int], tuple[Link, str]] = {}
        for link in links(value):
            if (why := self._flaw(link)) is not None:
                flaws.setdefault((link.start, link.end), (link, why))
        if not flaws:
            return None
        link, why = next(iter(flaws.values()))
        more = f" It is one of {len(flaws):,}." if len(flaws) > 1 else ""
        return FailResult(
            f"The text must have safe links only; {shown(link.url, 100)} is none: {why}.{more}",
            spans=list(flaws),
        )

    def _flaw(self, link: Link) -> str | None:
        goal = target(link.url)
        if goal.scheme and goal.scheme not in self._schemes:
            return f"its scheme must be one of {listed(self._schemes)}"
        if _UNSEEN.search(link.url.strip()):
            return "it has characters that are not seen"
        if goal.user:
            return f"{shown(goal.user, 30)} before the @ is no part of the address"
        if not goal.host:
            return None
        allowed = self._domains is not None and under(goal.host, self._domains)
        if not allowed:
            if _is_private(goal.host):
                return f"{shown(goal.host)} lies in a private network"
            if self._domains is not None:
                return f"it may lead to {listed(sorted(self._domains))} only"
        if (why := _disguised(goal.host)) is not None:
            return why
        if (said := _mismatch(link, goal)) is not None:
            return f"its text says {shown(said)}"
        return None


def _is_private(host: str) -> bool:
    if under(host, _OWN_NETWORK) or ("." not in host and ":" not in host and not host[:1].isdigit()):
        return True
    number = _address(host)
    return number is not None and not number.is_global


def _address(host: str) -> IPv4Address | IPv6Address | None:
    """Return the IP address of a host, also in the notations that browsers and inet_aton accept: one number, octal or
    hexadecimal.
    """
    try:
        found = ip_address(host)
        return getattr(found, "ipv4_mapped", None) or found
    except ValueError:
        pass
    if len(host) > 50 or not host[:1].isdigit():
        return None
    try:
        parts = [
            int(part, 16 if part[:2] == "0x" else 8 if part[:1] == "0" and len(part) > 1 else 10)
            for part in host.split(".")
        ]
    except ValueError:
        return None
    *first, last = parts
    if len(parts) > 4 or any(part > 255 or part < 0 for part in first) or not 0 <= last < 256 ** (5 - len(parts)):
        return None
    return IPv4Address(sum(part << 24 - 8 * at for at, part in enumerate(first)) + last)


def _disguised(host: str) -> str | None:
    """Return the error in the letters of a host."""
    if host.isascii() and "xn--" not in host:
        return None
    if unicodedata.normalize("NFKC", host) != host:
        return f"{shown(host)} has letters that browsers turn into others"
    *labels, top = host.split(".")
    for label in (*labels, top):
        name = label
        if label.startswith("xn--"):
            try:
                name = label[4:].encode("ascii").decode("punycode")
            except (UnicodeError, ValueError, OverflowError):
                return f"{shown(label)} is no name in punycode"
        scripts = {unicodedata.name(char, "?").partition(" ")[0] for char in name if char.isalpha()}
        if ("LATIN" in scripts and scripts & _FOREIGN) or len(scripts & _FOREIGN) > 1:
            return f"{shown(name)} mixes letters of several alphabets"
        if top.isascii() and not top.startswith("xn--") and alike(name):
            return f"{shown(name)} is made of letters that look like Latin ones"
    return None


def _mismatch(link: Link, goal: Target) -> str | None:
    """Return the host in the text of a link, if the link leads to another one."""
    found = _NAMED.match(link.label[:300].strip("*_`~ ")) if link.label and link.picture is None else None
    if found is None:
        return None
    said = (found["url"] or found["www"] or found["bare"]).lower().removeprefix("www.")
    host = goal.host.removeprefix("www.")
    return None if under(host, frozenset({said})) or under(said, frozenset({host})) else str(found[0].strip())


unsafe_links = validator("unsafe-links", subject="Safety")(UnsafeLinks)
