"""Formats a document: indentation, line breaks and spaces only.

It works on the source and not on a tree: comments, CDATA, character references, the order of attributes and every text
of a message stay as they were written. The result is parsed again and compared, so that the meaning never changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from railguard.errors import SpecError
from railguard.lazy import regex
from railguard.rail.source import Source
from railguard.rail.xml import Element, parse_xml
from railguard.values import Limits

__all__ = ["formatted"]

_INDENT = "  "
_WIDTH = 120
_TEXTS = ("message", "prompt", "instructions", "reask_prompt", "reask_instructions", "script")
"""Elements that contain text in which every character counts."""

_TOKEN = regex(
    r"(?P<declaration><\?.*?\?>)|(?P<comment><!--.*?-->)|(?P<cdata><!\[CDATA\[.*?\]\]>)|(?P<end></[^>]*>)"
    r"|(?P<start><[^\s/>]+(?:\s+[^\s=>]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*\s*/?>)|(?P<text>[^<]+)",
    re.DOTALL,
)
_TAG = regex(r"<([^\s/>]+)")
_ATTRIBUTE = regex(r"\s+([^\s=>]+)\s*=\s*(\"[^\"]*\"|'[^']*')", re.DOTALL)

_Kind = Literal["declaration", "comment", "cdata", "end", "start", "text"]


class _Token(NamedTuple):
    kind: _Kind
    text: str


class _Node(NamedTuple):
    """An element to format, or a piece that stays unchanged. gap: the white space before it."""

    kind: Literal["element", "verbatim", "comment"]
    text: str
    gap: str
    tag: str = ""
    attributes: tuple[str, ...] = ()
    children: tuple[_Node, ...] = ()


def formatted(data: str | bytes, *, file: str | None = None, limits: Limits | None = None) -> str:
    """Format a RAIL document. Formatting the result again does not change it.

    Args:
        data: The document, in any encoding that XML names.
        file: The file name in problems.
        limits: Limits on reading it.

    Returns:
        The document.

    Raises:
        SpecError: If the document is not XML, with the position.
    """
    limits = limits or Limits()
    source = Source.of(data, file, limits.spec_bytes)
    root = parse_xml(source, limits)
    end = "\r\n" if "\r\n" in source.text else "\n"
    lines = list(_lines(_nodes(iter(_tokens(source.text)))))
    text = end.join(lines) + end
    if _meaning(parse_xml(Source(text, file), limits)) != _meaning(root):
        raise SpecError.of("the document cannot be formatted without changing its meaning", code="layout")
    return text


def _tokens(text: str) -> list[_Token]:
    return [_Token(match.lastgroup, match[0]) for match in _TOKEN.finditer(text)]  # type: ignore[arg-type] # a group's name


def _nodes(tokens: Iterator[_Token]) -> tuple[_Node, ...]:
    """Return the nodes of the content of an element, or of the document."""
    found: list[_Node] = []
    gap = ""
    for token in tokens:
        if token.kind == "text" and not token.text.strip():
            gap += token.text
            continue
        if token.kind == "start":
            found.append(_element(token, gap, tokens))
        else:
            kind: Literal["verbatim", "comment"] = "comment" if token.kind == "comment" else "verbatim"
            found.append(_Node(kind, token.text, gap))
        gap = ""
    return tuple(found)


def _element(start: _Token, gap: str, tokens: Iterator[_Token]) -> _Node:
    opening = _TAG.match(start.text)
    assert opening is not None, "a start tag begins with its name"
    tag = opening[1]
    attributes = tuple(f"{name}={_quoted(value)}" for name, value in _ATTRIBUTE.findall(start.text))
    if start.text.endswith("/>"):
        return _Node("element", "", gap, tag, attributes)
    inside = _content(tokens)
    mixed = any(token.kind in ("text", "cdata") and token.text.strip() for token in _own(inside))
    if tag in _TEXTS or mixed:
        return _Node("verbatim", f"{_tag(tag, attributes)}>{''.join(one.text for one in inside)}</{tag}>", gap)
    return _Node("element", "", gap, tag, attributes, _nodes(iter(inside)))


def _content(tokens: Iterator[_Token]) -> list[_Token]:
    """Return the tokens inside an open element; its end tag is consumed."""
    inside: list[_Token] = []
    depth = 1
    while depth:  # the text is well-formed
        token = next(tokens)
        inside.append(token)
        if token.kind == "end":
            depth -= 1
        elif token.kind == "start" and not token.text.endswith("/>"):
            depth += 1
    return inside[:-1]


def _own(inside: list[_Token]) -> Iterator[_Token]:
    """Yield the tokens that are directly in an element."""
    depth = 0
    for token in inside:
        if token.kind == "end":
            depth -= 1
        elif token.kind == "start" and not token.text.endswith("/>"):
            depth += 1
        elif depth == 0:
            yield token


def _quoted(value: str) -> str:
    return value if '"' in value[1:-1] else f'"{value[1:-1]}"'


def _tag(tag: str, attributes: tuple[str, ...]) -> str:
    return "<" + " ".join((tag, *attributes))


def _lines(nodes: tuple[_Node, ...], level: int = 0) -> Iterator[str]:
    indent = _INDENT * level
    held: str | None = None  # a comment after it may still join this line
    for place, node in enumerate(nodes):
        breaks = node.gap.replace("\r\n", "\n").count("\n")
        if node.kind == "comment" and held is not None and breaks == 0 and "\n" not in node.text:
            held += f" {node.text}"
            continue
        if held is not None:
            yield held
            held = None
        if place and breaks > 1:
            yield ""
        if node.kind != "element":
            *first, held = (indent + node.text).split("\n")
            yield from (line.removesuffix("\r") for line in first)
            continue
        *opening, last = _opening(node, indent)
        yield from opening
        if not node.children:
            held = f"{last}/>"
            continue
        yield f"{last}>"
        yield from _lines(node.children, level + 1)
        held = f"{indent}</{node.tag}>"
    assert held is not None, "there is a node"
    yield held


def _opening(node: _Node, indent: str) -> list[str]:
    """Return the lines of a start tag without its end, with as many attributes on each line as fit."""
    lines = [f"{indent}<{node.tag}"]
    below = " " * (len(lines[0]) + 1)
    for attribute in node.attributes:
        if len(lines[-1]) + len(attribute) + 3 <= _WIDTH or lines[-1] == f"{indent}<{node.tag}":
            lines[-1] += f" {attribute}"
        else:
            lines.append(below + attribute)
    return lines


def _meaning(element: Element) -> Any:
    """Return the meaning of a tree for comparison: white space counts only where there is text."""
    content = element.content
    blank = all(isinstance(part, Element) or not part[0].strip() for part in content)
    text = element.tag in _TEXTS or not blank
    parts: list[Any] = []
    for part in content:
        if isinstance(part, Element):
            parts.append(_meaning(part))
        elif text and parts and isinstance(parts[-1], str):
            parts[-1] += part[0]
        elif text:
            parts.append(part[0])
    return (element.tag, element.attributes, parts)
