"""Links and pictures in a text: of Markdown, of HTML, and bare URLs; and what a URL leads to. Linear in the text."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import NamedTuple
from urllib.parse import unquote

from railguard_validators._safety.markup import Tag, address, tags

__all__ = ["Link", "Target", "links", "target", "under"]


class Link(NamedTuple):
    """A URL as written, where it stands, the text that a reader sees for it (None: the URL itself or nothing), and the
    (start, end) of the whole picture, or other element, that is loaded without a click."""

    url: str
    start: int
    end: int
    label: str | None = None
    picture: tuple[int, int] | None = None


class Target(NamedTuple):
    """scheme and host in small letters, both "" where there are none; user: what stands before an @ in front of the
    host."""

    scheme: str
    host: str
    user: str


_URL = r"(?:<(?P<angled>[^<>\n]{0,2048})>|(?P<plain>[^\s<>()]{0,2048}(?:\([^\s()]{0,200}\)[^\s<>()]{0,500}){0,3}))"
_INLINE = re.compile(rf"\]\(\s{{0,10}}{_URL}(?:[^()\n]{{0,300}}\))?")
_DEFINED = re.compile(r"^[ ]{0,3}\[(?P<id>[^\[\]\n]{1,200})\]:[ \t]{0,10}<?(?P<url>[^\s<>]{1,2048})", re.MULTILINE)
_REFERRED = re.compile(r"!\[(?P<alt>[^\[\]\n]{0,500})\](?:\[(?P<id>[^\[\]\n]{0,200})\])?(?![(\[:])")
_AUTOLINK = re.compile(r"<(?P<url>[A-Za-z][A-Za-z0-9+.\-]{1,31}:[^\s<>]{1,2048})>")
_BARE = re.compile(r"(?<![\w@+.\-/])(?:[A-Za-z][A-Za-z0-9+.\-]{1,20}://|www\.)[^\s<>\"`|\\^{}]{1,2048}")
_TRAILING = re.compile(r"[.,;:!?'\"*_)\]]+\Z")
_STYLE_URL = re.compile(r"url\(\s{0,5}[\"']?(?P<url>[^\"'()\s]{1,2048})", re.IGNORECASE)
_LINKING = frozenset(["href", "xlink:href", "action", "formaction", "cite", "ping"])
_PICTURING = frozenset(["src", "poster", "background", "data", "srcset", "lowsrc", "dynsrc"])
_LONGEST_LABEL = 500


def links(text: str) -> list[Link]:
    """Every link and picture, in the order of the text.

    >>> [link[0] for link in links("[a](b.html) ![c](//d/e) <img src=f> see https://g.example.")]
    ['b.html', '//d/e', 'f', 'https://g.example']
    """
    found = sorted([*_markdown(text), *_html(text)], key=lambda link: link.start)
    found = sorted(found + list(_outside(_autolinked(text), found)), key=lambda link: link.start)
    return sorted(found + list(_outside(_bare(text), found)), key=lambda link: link.start)


def _outside(more: Iterable[Link], found: list[Link]) -> Iterator[Link]:
    """Those of `more` that begin in none of the others, which are in order."""
    starts = [link.start for link in found]
    ends = list(accumulate((link.end for link in found), max))
    for link in more:
        at = bisect_right(starts, link.start) - 1
        if at < 0 or ends[at] <= link.start:
            yield link


def _autolinked(text: str) -> Iterator[Link]:
    for match in _AUTOLINK.finditer(text):
        yield Link(match["url"], *match.span("url"))


def _bare(text: str) -> Iterator[Link]:
    for match in _BARE.finditer(text):
        written = match[0] if "(" in match[0] else match[0].partition(")")[0]
        url = _TRAILING.sub("", written)
        yield Link(url, match.start(), match.start() + len(url))


def _markdown(text: str) -> Iterator[Link]:
    for match in _INLINE.finditer(text):
        group = "angled" if match["angled"] is not None else "plain"
        opened = _opening(text, match.start())
        label = None if opened is None else text[opened + 1 : match.start()]
        picture = None
        if opened is not None and text[opened - 1 : opened] == "!":
            picture = (opened - 1, match.end())
        yield Link(match[group], *match.span(group), label, picture)
    defined = {match["id"].strip().casefold(): match for match in _DEFINED.finditer(text)}
    pictured = set()
    if defined:
        for match in _REFERRED.finditer(text):
            name = (match["id"] or match["alt"]).strip().casefold()
            if name in defined:
                pictured.add(name)
                url = defined[name]
                yield Link(url["url"], *url.span("url"), match["alt"], match.span())
    for name, match in defined.items():
        if name not in pictured:
            yield Link(match["url"], *match.span("url"))


def _opening(text: str, closing: int) -> int | None:
    """Where the bracket opens that closes at `closing`; None if it is far or deep."""
    least = max(0, closing - _LONGEST_LABEL)
    at, owed = closing, 1
    for _ in range(6):
        opening = text.rfind("[", least, at)
        if opening < 0:
            return None
        owed += text.count("]", opening, at) - 1
        if owed == 0:
            return opening
        at = opening
    return None


def _html(text: str) -> Iterator[Link]:
    if "<" not in text:
        return
    for tag in tags(text):
        label = _inner(text, tag) if tag.name == "a" else None
        loaded = None if tag.name in ("a", "area", "form", "blockquote", "q") else (tag.start, tag.end)
        alternative = tag.get("alt") if loaded else label
        for one in tag.attributes:
            if one.name in _PICTURING or (one.name in _LINKING and loaded):
                for url in one.value.split(",") if one.name == "srcset" else [one.value]:
                    yield Link(url.strip().partition(" ")[0], one.start, one.end, alternative, loaded)
            elif one.name in _LINKING:
                yield Link(one.value, one.start, one.end, alternative)
            elif one.name == "style":
                for match in _STYLE_URL.finditer(one.value):
                    yield Link(match["url"], one.start, one.end, alternative if loaded else None, (tag.start, tag.end))


def _inner(text: str, tag: Tag) -> str | None:
    """The text of a link, where no other tag stands in it."""
    stop = text.find("<", tag.end, tag.end + _LONGEST_LABEL)
    return text[tag.end : stop] if stop >= 0 else None


_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*(?=:)")
_AUTHORITY = re.compile(r"(?:[/\\]{2,}|(?<=:)[/\\]*)(?P<authority>[^/?#\\]*)")


def target(url: str) -> Target:
    """What a URL leads to, as browsers read it: a backslash is a slash, and the last @ ends the user.

    >>> target("https://user@Example.org:80/a"), target("//example.org/x").host, target("a/b@c").host
    (Target(scheme='https', host='example.org', user='user'), 'example.org', '')
    """
    written = address(url)
    found = _SCHEME.match(written)
    scheme = found[0].lower() if found else ""
    if scheme and scheme not in ("http", "https", "ftp", "ws", "wss") and not written.startswith("//", len(scheme) + 1):
        return Target(scheme, "", "")
    authority = _AUTHORITY.match(written, len(scheme) + 1 if scheme else 0)
    if authority is None or (not scheme and len(authority[0]) == len(authority["authority"])):
        return Target(scheme, "", "")
    user, _, host = authority["authority"].rpartition("@")
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    else:
        host = host.partition(":")[0]
    return Target(scheme, unquote(host).lower().rstrip("."), user)


def under(host: str, domains: frozenset[str]) -> bool:
    """Whether a host is one of the domains or below one.

    >>> under("a.example.org", frozenset({"example.org"})), under("badexample.org", frozenset({"example.org"}))
    (True, False)
    """
    return host in domains or any(host.endswith("." + domain) for domain in domains)
