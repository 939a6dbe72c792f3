"""Messages: an element's whole text as a template. Comments never cut it, references and CDATA are what they stand for.

The indentation that the lines of a message share, and blank lines around it, belong to the document and are left out,
unless the message says xml:space="preserve" (XML 1.0, 2.10).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection
from itertools import accumulate
from typing import Literal

from railguard.prompting import primitives, templates
from railguard.rail.deviations import stray_text, unknown_attribute
from railguard.rail.report import Report
from railguard.rail.rules import ON_FAIL_PREFIX, Rules
from railguard.rail.xml import Element
from railguard.spec import MessageTemplate, Template
from railguard.validation import JsonType, Rule

__all__ = ["PRESERVE", "REASK_VARIABLES", "ROLES", "Messages"]

PRESERVE = "xml:space"
ROLES = ("system", "developer", "user", "assistant", "tool")
REASK_VARIABLES = ("error_messages", "previous_response", "incorrect_values")
"""Variables that a reask fills by itself."""

_PLACE = re.compile(r"\$\$|\$\{(\w+)\}")
_PRIMITIVE = re.compile(r"\$\{gr\.(\w+)\}")
_VARIABLE = re.compile(r"\$\{(\w+)\}|\{\{\s*+(\w++)\s*+\}\}")
_BLANK_LINES = re.compile(r"(?:[ \t]*+\n)++")
_TEXT: frozenset[JsonType] = frozenset({"string"})


class Messages:
    """Reads the messages of one document. `used` collects the variables of all that were read, `shared` the rules that
    <messages> has for every message."""

    def __init__(self, report: Report, rules: Rules, syntax: Literal["0.1", "0.2", "1.0"]) -> None:
        self.report = report
        self.rules = rules
        self.syntax = syntax
        self.used: dict[str, int] = {}
        self.shared: tuple[Rule, ...] = ()

    def group(self, element: Element, variables: Collection[str] | None) -> list[MessageTemplate]:
        """The messages of <messages>, <reask> or <reask_messages>."""
        report = self.report
        for name in element.attributes:
            rule = name == "validators" or name.startswith(ON_FAIL_PREFIX)
            if not rule or element.tag != "messages":
                hint = "rules stand on <messages>, for every message, or on one <message>" if rule else None
                unknown_attribute(report, element, name, ("validators",) if element.tag == "messages" else (), hint)
        if element.tag == "messages":
            self.shared = self.rules.read(element, _TEXT)[0]
        stray_text(report, element)
        found = []
        for child in element.children:
            if child.tag != "message":
                report.deviation(
                    "misplaced-element",
                    f"<{child.tag[:40]}> inside <{element.tag}>{report.suggest(child.tag, ('message',))}",
                    child.offset,
                    'only <message role="…"> stands here',
                    reading="it is ignored",
                )
                continue
            found.append(self.message(child, self._role(child), variables))
        return found

    def _role(self, element: Element) -> str:
        report = self.report
        role = element.attributes.get("role")
        if role is None:
            report.deviation(
                "missing-attribute",
                "<message> has no role",
                element.offset,
                'write <message role="user">',
                reading="it is read as a user's",
            )
            return "user"
        if role not in ROLES:
            report.deviation(
                "bad-role",
                f"{role[:40]!r} is no role{report.suggest(role, ROLES)}",
                report.at_value(element, "role"),
                "the roles are " + ", ".join(ROLES),
                reading="it is kept",
            )
        return role

    def message(self, element: Element, role: str, variables: Collection[str] | None) -> MessageTemplate:
        """The message of one element. variables: those there are, None for any."""
        report = self.report
        for name in element.attributes:
            known = ("role", "validators", PRESERVE)
            if name not in known and not name.startswith(ON_FAIL_PREFIX) and (name, report.strict) != ("format", False):
                unknown_attribute(report, element, name, known)
        rules = self.rules.read(element, _TEXT)[0]
        text = _Text(element, report)
        preserve = self._preserves(element)
        if not preserve:
            text.skip_blank_lines()
        template = self._template(text, variables)
        for name in template.variables:
            self.used.setdefault(name, element.offset)
        return MessageTemplate(role, template if preserve else templates.dedent(template), rules)

    def _preserves(self, element: Element) -> bool:
        value = element.attributes.get(PRESERVE, "default")
        if value not in ("preserve", "default"):
            self.report.deviation(
                "bad-value",
                f"{value[:40]!r} is no value of {PRESERVE}",
                self.report.at_value(element, PRESERVE),
                'write "preserve" or "default"',
                reading="it is read as default",
            )
        return value == "preserve"

    def _template(self, text: _Text, variables: Collection[str] | None) -> Template:
        report = self.report
        if self.syntax != "1.0":
            for found in _PRIMITIVE.finditer(text.whole):
                if found[1] not in primitives.NAMES:
                    report.warn(
                        "template",
                        f"there is no primitive named {found[1][:40]!r}: it stays text"
                        + report.suggest(found[1], primitives.NAMES),
                        text.source_offset(found.start()),
                        "write the text itself",
                    )
            for place in _VARIABLE.finditer(text.whole):
                if (name := place[1] or place[2]) in templates.OWN_NAMES:
                    report.warn(
                        "template",
                        f"{name!r} is a primitive: it is read as one",
                        text.source_offset(place.start()),
                        f"write ${{gr.{name}}}",
                    )
            for odd in templates.single_braces(text.whole):
                report.warn("old-place", odd.message, text.source_offset(odd.offset), odd.hint)
            return templates.parse(text.whole, syntax=self.syntax)
        for odd in templates.older_places(text.whole, variables):
            report.warn("old-place", odd.message, text.source_offset(odd.offset), odd.hint)
        problems = templates.problems(text.whole)
        for problem in problems:
            report.error("template", problem.message, text.source_offset(problem.offset), problem.hint)
        if problems:
            return Template((text.whole,))
        template = templates.parse(text.whole, syntax="1.0")
        unknown = set(template.variables).difference(template.variables if variables is None else variables)
        for place in _PLACE.finditer(text.whole):
            if place[1] in unknown:
                unknown.remove(place[1])
                report.error(
                    "undeclared-variable",
                    f"<input> does not declare {place[1][:40]!r}{report.suggest(place[1], variables or ())}",
                    text.source_offset(place.start()),
                    f'write <string name="{place[1][:40]}"/> in <input>',
                )
        return template


class _Text:
    """The text of an element with the place in the source of each of its characters."""

    def __init__(self, element: Element, report: Report) -> None:
        self.pieces: list[tuple[str, int]] = []
        self._collect(element, report, nested=False)
        self.whole = "".join(piece for piece, _ in self.pieces)
        self._starts = list(accumulate((len(piece) for piece, _ in self.pieces), initial=0))[:-1]
        self._skipped = 0

    def _collect(self, element: Element, report: Report, *, nested: bool) -> None:
        for part in element.content:
            if not isinstance(part, Element):
                self.pieces.append(part)
                continue
            if not nested:
                report.deviation(
                    "element-in-text",
                    f"<{part.tag[:40]}> inside the text of a message",
                    part.offset,
                    f"write &lt;{part.tag[:40]}> for the text, or put the text into <![CDATA[ … ]]>",
                    reading="it is read as text",
                )
            start = part.start_tag(report.source.text)
            self.pieces.append((start, part.offset))
            if not start.endswith("/>"):
                self._collect(part, report, nested=True)
                self.pieces.append((f"</{part.tag}>", part.offset))

    def skip_blank_lines(self) -> None:
        """Leave out blank lines at the start, all in one step, however many there are."""
        blank = _BLANK_LINES.match(self.whole)
        self._skipped = blank.end() if blank else 0
        self.whole = self.whole[self._skipped :]

    def source_offset(self, offset: int) -> int:
        """Where a character of the text stands in the source."""
        piece = bisect_right(self._starts, offset + self._skipped) - 1
        return self.pieces[piece][1] + offset + self._skipped - self._starts[piece]
