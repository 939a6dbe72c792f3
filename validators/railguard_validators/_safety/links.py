"""Finds links and images in a text: of Markdown, of HTML, and plain URLs; and the targets of URLs. Linear in the text."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import NamedTuple
from urllib.parse import unquote

from railguard_validators._safety.markup import Tag, address, tags
from railguard_validators._text.candidates import Rare

__all__ = ["Link", "Target", "links", "target", "under"]


class Link(NamedTuple):
    """A URL as written, its position, the text that a reader sees for it (None: the URL itself or nothing), and the
    (start, end) of the whole image or other element that is loaded without a click.
    """

    url: str
    start: int
    end: int
    label: str | None = None
    picture: tuple[int, int] | None = None


class Target(NamedTuple):
    """scheme and host in small letters, "" if missing; user: the part before an @ before the host."""

    scheme: str
    host: str
    user: str


_URL = r"(?:<(?P<angled>[^<>\n]{0,2048})>|(?P<plain>[^\s<>()]{0,2048}(?:\([^\s()]{0,200}\)[^\s<>()]{0,500}){0,3}))"
_INLINE = re.compile(rf"\]\(\s{{0,10}}{_URL}(?:[^()\n]{{0,300}}\))?")
_ID = r"(?P<id>(?:\\.|[^\[\]\\]){1,200})"
_DEFINED = Rare(
    rf"^[ \t>*+.)\d-]{{0,20}}\[{_ID}\]:[ \t]{{0,10}}\n?[ \t>]{{0,10}}"
    r"(?:<(?P<angled>[^<>\n]{1,2048})>|(?P<url>[^\s<>]{1,2048}))",
    re.MULTILINE,
)
_REFERRED = re.compile(rf"(?P<full>\]\[{_ID}\])|!\[(?P<own>(?:\\.|[^\[\]\\]){{1,200}})\](?:\[\])?(?![(\[:])")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")  # CommonMark, 2.4
_AUTOLINK = re.compile(r"<(?P<url>[A-Za-z][A-Za-z0-9+.\-]{1,31}:[^\s<>]{1,2048})>")
_BARE = Rare(r"(?<![\w@+.\-/])(?:[A-Za-z][A-Za-z0-9+.\-]{1,20}://|www\.)[^\s<>\"`|\\^{}]{1,2048}")
_TRAILING = re.compile(r"[.,;:!?'\"*_)\]]+\Z")
_STYLE_URL = re.compile(r"url\(\s{0,5}[\"']?(?P<url>[^\"'()\s]{1,2048})", re.IGNORECASE)
_STYLE_LOADED = re.compile(
    r"(?:url\(\s{0,5}[\"']?|[\"'](?=\s{0,5}(?:[a-z][a-z0-9+.-]{1,20}:)?[/\\]{2}))(?P<url>[^\"'()\s]{1,2048})",
    re.IGNORECASE,
)
_STYLE_END = re.compile(r"</style\b[^>]{0,200}>?", re.IGNORECASE)
_CSS_ESCAPE = re.compile(r"\\(?:([0-9a-f]{1,6})\s?|\n|(.))", re.IGNORECASE)  # CSS Syntax 3, 4.3.7
_LINK_END = re.compile(r"</a\b", re.IGNORECASE)
_ANY_TAG = re.compile(r"</?[A-Za-z][^<>]{0,500}>")
_LINKING = frozenset(["href", "xlink:href", "action", "formaction", "cite", "ping"])
_PICTURING = frozenset(["src", "poster", "background", "data", "srcset", "imagesrcset", "lowsrc", "dynsrc"])
_LONGEST_LABEL = 500


def links(text: str) -> list[Link]:
    """Return every link and image, in the order of the text.

    >>> [link[0] for link in links("[a](b.html) ![c](//d/e) <img src=f> see https://g.example.")]
    ['b.html', '//d/e', 'f', 'https://g.example']
    """
    found = sorted([*_markdown(text), *_html(text)], key=lambda link: link.start)
    found = sorted(found + list(_outside(_autolinked(text), found)), key=lambda link: link.start)
    return sorted(found + list(_outside(_bare(text), found)), key=lambda link: link.start)


def _outside(more: Iterable[Link], found: list[Link]) -> Iterator[Link]:
    """Yield the links of `more` that do not begin inside one of the others, which are sorted."""
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
        yield from _read(Link(match[group], *match.span(group), label, _picture(text, opened, match.end())))
    defined = {_name(match["id"]): match for match in _DEFINED.finditer(text)}
    for match in defined.values():
        yield from _read(_defined(match, match["id"]))
    for match in _REFERRED.finditer(text) if defined else ():
        found = defined.get(_name(match["id"] or match["own"]))
        if found is None:
            continue
        opened = _opening(text, match.start()) if match["full"] else match.start() + 1
        label = match["own"] if opened is None or not match["full"] else text[opened + 1 : match.start()]
        yield from _read(_defined(found, label, _picture(text, opened, match.end())))


def _name(written: str) -> str:
    return " ".join(written.split()).casefold()


def _defined(match: re.Match[str], label: str | None, picture: tuple[int, int] | None = None) -> Link:
    group = "url" if match["angled"] is None else "angled"
    return Link(match[group], *match.span(group), label, picture)


def _picture(text: str, opened: int | None, end: int) -> tuple[int, int] | None:
    return (opened - 1, end) if opened and text[opened - 1] == "!" else None


def _read(link: Link) -> Iterator[Link]:
    """Yield a link as written and, if different, as Markdown reads it: there \\: is a colon."""
    yield link
    if "\\" in link.url:
        yield link._replace(url=_ESCAPED.sub(r"\1", link.url))


def _opening(text: str, closing: int) -> int | None:
    """Return the offset of the bracket that is closed at `closing`; None if it is too far or too deep."""
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
    styled = 0
    for tag in tags(text):
        label = _inner(text, tag) if tag.name == "a" else None
        loaded = None if tag.name in ("a", "area", "form", "blockquote", "q") else (tag.start, tag.end)
        alternative = tag.get("alt") if loaded else label
        for one in tag.attributes:
            if one.name in _PICTURING or (one.name in _LINKING and loaded):
                for url in one.value.split(",") if one.name.endswith("srcset") else [one.value]:
                    yield Link(url.strip().partition(" ")[0], one.start, one.end, alternative, loaded)
            elif one.name in _LINKING:
                yield Link(one.value, one.start, one.end, alternative)
            elif one.name == "srcdoc":
                for url in _sources(one.value):
                    yield Link(url, one.start, one.end, None, loaded)
            elif one.name == "style" or "(" in one.value:
                for url, _, _ in _styled(one.value, drawn=one.name != "style"):
                    yield Link(url, one.start, one.end, alternative if loaded else None, (tag.start, tag.end))
        if tag.name == "style" and tag.start >= styled:
            ended = _STYLE_END.search(text, tag.end)
            styled = ended.start() if ended else len(text)
            for url, start, end in _styled(text[tag.end : styled]):
                yield Link(url, tag.end + start, tag.end + end, None, (tag.start, ended.end() if ended else styled))


def _sources(document: str) -> Iterator[str]:
    """Yield the URLs that a document in an attribute loads."""
    for tag in tags(document):
        for one in tag.attributes:
            if one.name in _PICTURING or one.name in _LINKING:
                yield from one.value.split(",") if one.name.endswith("srcset") else [one.value]
    for url, _, _ in _styled(document):
        yield url


def _styled(css: str, *, drawn: bool = False) -> Iterator[tuple[str, int, int]]:
    """Yield (URL, start, end) of the URLs that a style loads, by url(…) or as a text with a host, as in @import and
    image-set. If it has escapes, the position is that of the whole style. drawn: an attribute of SVG, where only url(…)
    counts.
    """
    plain = _CSS_ESCAPE.sub(_unescaped, css) if "\\" in css else css
    for match in (_STYLE_URL if drawn else _STYLE_LOADED).finditer(plain):
        yield match["url"], *(match.span("url") if plain is css else (0, len(css)))


def _unescaped(found: re.Match[str]) -> str:
    code = int(found[1], 16) if found[1] else 0
    return chr(code) if 0 < code < 0x110000 else found[2] or ""


def _inner(text: str, tag: Tag) -> str | None:
    """Return the text of a link without its tags."""
    inside = text[tag.end : tag.end + _LONGEST_LABEL]
    closing = _LINK_END.search(inside)
    return _ANY_TAG.sub("", inside[: closing.start()]).strip() if closing else None


_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*(?=:)")
_AUTHORITY = re.compile(r"(?:[/\\]{2,}|(?<=:)[/\\]*)(?P<authority>[^/?#\\]*)")


def target(url: str) -> Target:
    """Return the target of a URL, as browsers read it: a backslash is a slash, and the last @ ends the user.

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
    """Whether a host is one of the domains or a subdomain of one.

    >>> under("a.example.org", frozenset({"example.org"})), under("badexample.org", frozenset({"example.org"}))
    (True, False)
    """
    return host in domains or any(host.endswith("." + domain) for domain in domains)
