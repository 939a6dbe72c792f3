"""Finds tags in a text as a browser would see them in HTML: lenient, in one pass, linear in the text."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Attribute", "Tag", "address", "tags"]


class Attribute(NamedTuple):
    """An attribute: its name in small letters, its value with entities resolved, and the positions of both."""

    name: str
    value: str
    start: int
    end: int


class Tag(NamedTuple):
    """A start tag: its name in small letters, its attributes, and its position; a tag without an end extends to the end
    of the text.
    """

    name: str
    attributes: tuple[Attribute, ...]
    start: int
    end: int

    def get(self, name: str) -> str | None:
        """Return the value of an attribute; of several with the same name the first one."""
        return next((one.value for one in self.attributes if one.name == name), None)


_OPEN = re.compile(r"<(?:([A-Za-z][^\s/>]{0,63})|[!?](?!--)[^>]*+>?+)")  # the latter is a comment, up to the first >
_ATTRIBUTE = re.compile(
    r"[\s/]*+(?P<name>[^\s/>=\"'<][^\s/>=]{0,255}+)(?P<equals>\s*+=\s*+(?:\"(?P<double>[^\"]*+)(?:\"|\Z)|'(?P<single>[^']*+)(?:'|\Z)|"
    r"(?P<bare>[^\s>\"'][^\s>]*+)?))?"
)
_REST = re.compile(r"[^>\"'\w<]*+(?:(>)|(?=<)|.|\Z)", re.DOTALL)
# What ends an element whose content is text to a browser, or a comment: in there, a quotation mark hides no tag.
_ENDS = re.compile(
    r"</(?:title|textarea|style|script|noscript|xmp|iframe|noembed|noframes|plaintext)|--!?>|\]\]>", re.IGNORECASE
)


def tags(text: str) -> Iterator[Tag]:
    """Yield every start tag, also one in an attribute that would be outside if the tag around it were text or a
    comment.

    >>> [(tag.name, [one[:2] for one in tag.attributes]) for tag in tags('a < b <IMG/src="x>y"onerror=1> <b')]
    [('img', [('src', 'x>y'), ('onerror', '1')]), ('b', [])]
    >>> [tag.name for tag in tags('<title><p a="</title><img>"> <? <p a="><b>">')]
    ['title', 'p', 'img', 'b']
    """
    return _tags(text, 0, len(text))


def _tags(text: str, at: int, stop: int) -> Iterator[Tag]:
    while (found := _OPEN.search(text, at, stop)) is not None:
        attributes = []
        at = found.end()
        if found[1] is None:
            continue
        while at < stop:
            match = _ATTRIBUTE.match(text, at, stop)
            if match is not None:
                value = match["double"] or match["single"] or match["bare"] or ""
                attributes.append(
                    Attribute(match["name"].lower(), html.unescape(value), match.start("name"), match.end())
                )
                at = match.end()
                continue
            rest = _REST.match(text, at, stop)
            if rest is None or rest[1] or rest.end() == at:
                at = rest.end() if rest is not None else at
                break
            at = rest.end()
        yield Tag(found[1].lower(), tuple(attributes), found.start(), at)
        for one in attributes:
            if "<" in one.value and (ended := _ENDS.search(text, one.start, one.end)) is not None:
                yield from _tags(text, ended.end(), one.end)


_INVISIBLE = re.compile(r"[\x00-\x20\x7f-\xa0\xad\u200b-\u200f\u2028-\u202e\u2060\ufeff]+")


def address(value: str) -> str:
    """Return a URL as a browser reads it from an attribute: entities are resolved, and ignored characters are removed.

    >>> address(" java\\tscript&colon;alert(1)")
    'javascript:alert(1)'
    """
    return _INVISIBLE.sub("", html.unescape(value))
