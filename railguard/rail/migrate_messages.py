"""Converts the messages of an older document to RAIL 1.0 by edits of the source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from railguard.prompting import templates
from railguard.rail.edits import SourceEdit, applied_between, without, without_stray_text
from railguard.rail.rule_attributes import ON_FAIL_PREFIX, rules_to
from railguard.rail.spec_reader import RailParts
from railguard.rail.syntax import ElementSyntax
from railguard.rail.writer import escaped

__all__ = ["KEPT_WARNINGS", "double_quoted", "messages_of"]

KEPT_WARNINGS = frozenset(
    ("contradiction", "filter-takes-all", "fix-refused", "never-fails", "old-attribute", "other-meaning")
)
"""Codes of warnings in every version; the parts concerned are not changed."""

_GROUPS = (
    (("messages",), "messages", {"instructions": "system", "prompt": "user"}),
    (("reask", "reask_messages"), "reask", {"reask_instructions": "system", "reask_prompt": "user"}),
)


def messages_of(root: ElementSyntax, text: str, reading: RailParts, found: list[tuple[int, str]]) -> list[SourceEdit]:
    """Return the edits of all messages of a document. found: the place and the code of each of its problems."""
    editor = _Messages(text, reading, found)
    return [edit for tags, group, roles in _GROUPS for edit in editor._messages(root, tags, group, roles)]


def double_quoted(value: str) -> str:
    """Put an attribute value between double quotes."""
    return f'"{escaped(value)}"'


def is_rule(name: str) -> bool:
    """Whether an attribute contains rules or an on-fail action."""
    return name == "validators" or name.startswith(ON_FAIL_PREFIX)


class _Messages:
    def __init__(self, text: str, reading: RailParts, found: list[tuple[int, str]]) -> None:
        self.text, self.reading, self.found = text, reading, found

    def _codes(self, start: int, end: int) -> list[str]:
        return [code for at, code in self.found if start <= at < end]

    def _messages(
        self, root: ElementSyntax, tags: tuple[str, ...], group: str, roles: Mapping[str, str]
    ) -> Iterator[SourceEdit]:
        """Yield the edits of the messages of one kind, in order of use."""
        blocks = {one.tag: one for one in reversed(root.elements) if one.tag in (*tags, *roles)}
        block = next((blocks[tag] for tag in tags if tag in blocks), None)
        singles = [(blocks[tag], role) for tag, role in roles.items() if tag in blocks]
        if block is not None:
            yield from self._block(block, group)
            yield from (without(self.text, single) for single, _ in singles)
            return
        if not singles:
            return
        singles.sort(key=lambda one: one[0].start)
        order = list(roles.values())
        said = sorted(singles, key=lambda one: order.index(one[1]))
        pieces = {single.start: self._message(single, role) for single, role in singles}
        if said == singles and self._only_space_between(singles):
            for place, (single, _) in enumerate(singles):
                opening = f"<{group}>" if place == 0 else ""
                closing = f"</{group}>" if place == len(singles) - 1 else ""
                yield SourceEdit(single.start, single.end, f"{opening}{pieces[single.start]}{closing}")
            return
        yield SourceEdit(
            singles[0][0].start,
            singles[0][0].end,
            f"<{group}>{''.join(pieces[single.start] for single, _ in said)}</{group}>",
        )
        yield from (without(self.text, single) for single, _ in singles[1:])

    def _only_space_between(self, singles: list[tuple[ElementSyntax, str]]) -> bool:
        between = self.text[singles[0][0].end : singles[-1][0].start] if len(singles) > 1 else ""
        return not between.strip()

    def _block(self, block: ElementSyntax, group: str) -> Iterator[SourceEdit]:
        """Edit a group of messages that remains one group."""
        kept = [one for one in block.attributes if group == "messages" and is_rule(one.name)]
        attributes = "".join(f" {self.text[one.start : one.end]}" for one in kept)
        if block.tag != group or len(kept) != len(block.attributes):
            yield SourceEdit(block.start, block.tag_end, f"<{group}{attributes}{'/' if block.is_empty else ''}>")
            if block.close is not None:
                yield SourceEdit(block.close, block.end, f"</{group}>")
        yield from without_stray_text(block)
        for child in block.elements:
            if child.tag != "message":
                yield without(self.text, child)
            else:
                yield SourceEdit(child.start, child.end, self._message(child, child.get("role") or "user"))

    def _message(self, element: ElementSyntax, role: str) -> str:
        """Write a message in version 1.0."""
        given = "".join(self._message_attributes(element, role))
        start = f"<message{given}" if element.tag == "message" else f'<message role="{escaped(role)}"{given}'
        if element.is_empty or element.close is None:
            return f"{start}/>" if element.tag == "message" else f"{start}></message>"
        body = applied_between(self.text, self._text_edits(element), element.tag_end, element.close)
        return f"{start}>{body}</message>"

    def _message_attributes(self, element: ElementSyntax, role: str) -> Iterator[str]:
        if element.tag == "message" and element.get("role") is None:
            yield f' role="{role}"'
        messages = self.reading.messages
        assert messages is not None, "the messages were read"
        try:
            rules = rules_to(messages.texts[element.start][1])
        except ValueError:
            rules = {}  # only the author knows the meaning: the rules stay as they are written
        for one in element.attributes:
            told = set(self._codes(one.start, one.end))
            if one.name == "format" and "validators" in rules and element.get("validators") is None:
                yield f" validators={double_quoted(rules['validators'])}"
            elif one.name in ("role", "xml:space") or (is_rule(one.name) and not told - KEPT_WARNINGS):
                yield f" {self.text[one.start : one.end]}"
            elif one.name == "validators" and "validators" in rules:
                yield f" validators={double_quoted(rules['validators'])}"

    def _text_edits(self, element: ElementSyntax) -> list[SourceEdit]:
        """Return the edits that write placeholders in the syntax of version 1.0, and elements in the message as text."""
        found: list[SourceEdit] = []
        for below in element.walk():
            if below is element:
                continue
            raw = self.text[below.start : below.tag_end]
            found.append(SourceEdit(below.start, below.tag_end, raw.replace("&", "&amp;").replace("<", "&lt;")))
            if below.close is not None:
                found.append(SourceEdit(below.close, below.end, f"&lt;/{below.tag}>"))
        messages = self.reading.messages
        assert messages is not None, "the messages were read"
        text, _ = messages.texts[element.start]
        for start, end, new in templates.respelled(text.whole, self.reading.syntax, self.reading.exchanged):
            first, last = text.source_offset(start), text.source_offset(end - 1) + 1
            found.append(SourceEdit(first, last, new))
        return sorted(found)
