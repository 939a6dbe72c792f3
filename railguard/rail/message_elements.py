"""Reads messages: an element's whole text is a template. Comments do not split it; references and CDATA are resolved.

The common indentation of a message's lines, and blank lines around it, belong to the document and are removed, unless
the message has xml:space="preserve" (XML 1.0, 2.10).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection
from itertools import accumulate
from typing import Literal

from railguard.lazy import regex
from railguard.prompting import primitives, templates
from railguard.rail import other_names
from railguard.rail.deviations import stands_for, stray_text, unknown_attribute
from railguard.rail.other_elements import PRESERVE
from railguard.rail.problem_report import Report
from railguard.rail.rule_attributes import ON_FAIL_PREFIX, Rules
from railguard.rail.xml import Element
from railguard.spec import MessageTemplate, Template
from railguard.validation import JsonType, Rule
from railguard.values import ROLES

__all__ = ["REASK_VARIABLES", "SCHEMA_PLACES", "MessageText", "Messages"]

REASK_VARIABLES = ("error_messages", "previous_response", "incorrect_values")
"""Variables that a reask fills automatically."""

SCHEMA_PLACES = frozenset(
    ("output_schema", "xml_output_schema", *(name for name in primitives.PRIMITIVES if "reask" not in name))
)
"""Names of placeholders that show the schema, or may show it."""

_PLACE = regex(r"\$\$|\$\{(\w+)\}")
_PRIMITIVE = regex(r"\$\{gr\.(\w+)\}")
_VARIABLE = regex(r"\$\{(\w+)\}|\{\{\s*+(\w++)\s*+\}\}")
_BLANK_LINES = regex(r"(?:[ \t]*+\n)++")
_TEXT: frozenset[JsonType] = frozenset({"string"})


class Messages:
    """Reads the messages of one document.

    used: the variables of all messages, each with the offset of its message. meant: names that look like placeholders
    but are not. all_read: whether every message is a valid template. shared: the rules of <messages> for every message.
    texts: the text and the rules of each message, by the offset of its element.
    """

    def __init__(self, report: Report, rules: Rules, syntax: Literal["0.1", "0.2", "1.0"]) -> None:
        self.report = report
        self.rules = rules
        self.syntax = syntax
        self.used: dict[str, int] = {}
        self.meant: dict[str, None] = {}
        self.all_read = True
        self.shared: tuple[Rule, ...] = ()
        self.texts: dict[int, tuple[MessageText, tuple[Rule, ...]]] = {}

    def group(self, element: Element, variables: Collection[str] | None) -> list[MessageTemplate]:
        """Read the messages of <messages>, <reask> or <reask_messages>."""
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
                self.all_read = False
                report.deviation(
                    "misplaced-element",
                    f"<{child.tag[:40]}> inside <{element.tag}>{report.suggest(child.tag, ('message',))}",
                    child.offset,
                    f'write <message role="{role}">'
                    if (role := _role_of(child))
                    else 'only <message role="…"> is allowed here',
                    reading="it is ignored",
                )
                continue
            found.append(self.message(child, self._role(child), variables))
        return found

    def _role(self, element: Element) -> str:
        report = self.report
        role = element.attributes.get("role")
        if role is None and stands_for(report, element, "role"):
            return "user"
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
                f"{role[:40]!r} is not a role{report.suggest(role, ROLES, other_names.ROLE_NAMES)}",
                report.at_value(element, "role"),
                "the roles are " + ", ".join(ROLES),
                reading="it is kept",
            )
        return role

    def message(self, element: Element, role: str, variables: Collection[str] | None) -> MessageTemplate:
        """Read the message of one element. variables: the known ones, None for any."""
        report = self.report
        for name in element.attributes:
            known = ("role", "validators", PRESERVE)
            if name not in known and not name.startswith(ON_FAIL_PREFIX) and (name, report.strict) != ("format", False):
                unknown_attribute(report, element, name, known)
        rules = self.rules.read(element, _TEXT)[0]
        text = MessageText(element, report)
        preserve = self._preserves(element)
        if not preserve:
            text.skip_blank_lines()
        self.texts[element.offset] = (text, rules)
        template = self._template(text, variables)
        for name in template.variables:
            self.used.setdefault(name, element.offset)
        return MessageTemplate(role, template if preserve else templates.dedent_template(template), rules)

    def _preserves(self, element: Element) -> bool:
        value = element.attributes.get(PRESERVE, "default")
        if value not in ("preserve", "default"):
            self.report.deviation(
                "bad-value",
                f"{value[:40]!r} is not a value of {PRESERVE}",
                self.report.at_value(element, PRESERVE),
                'write "preserve" or "default"',
                reading="it is read as default",
            )
        return value == "preserve"

    def _template(self, text: MessageText, variables: Collection[str] | None) -> Template:
        report = self.report
        if self.syntax != "1.0":
            for found in _PRIMITIVE.finditer(text.whole):
                if found[1] not in primitives.PRIMITIVES:
                    report.warn(
                        "template",
                        f"there is no primitive named {found[1][:40]!r}: it stays text"
                        + report.suggest(found[1], primitives.PRIMITIVES),
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
            return templates.parse_template(text.whole, syntax=self.syntax)
        for odd in templates.older_places(text.whole, variables):
            report.warn("old-place", odd.message, text.source_offset(odd.offset), odd.hint)
            self.meant[odd.meant or ""] = None
        problems = templates.template_problems(text.whole)
        for problem in problems:
            report.error("template", problem.message, text.source_offset(problem.offset), problem.hint)
        if problems:
            self.all_read = False
            return Template((text.whole,))
        template = templates.parse_template(text.whole, syntax="1.0")
        unknown = set(template.variables).difference(template.variables if variables is None else variables)
        for place in _PLACE.finditer(text.whole):
            if place[1] in unknown:
                name = place[1]
                unknown.remove(name)
                meant = (
                    name
                    if name in primitives.PRIMITIVES
                    else report.closest(name, [*(variables or ()), *SCHEMA_PLACES])
                )
                hint = f'write <string name="{name[:40]}"/> in <input>'
                if meant is not None:
                    self.meant[meant] = None
                    meant = f"gr.{meant}" if meant in primitives.PRIMITIVES else meant
                    hint = f"write ${{{meant}}}, or declare it: {hint.removeprefix('write ')}"
                report.error(
                    "undeclared-variable",
                    f"<input> does not declare {name[:40]!r}" + (f"; did you mean {meant!r}?" if meant else ""),
                    text.source_offset(place.start()),
                    hint,
                )
        return template


def _role_of(element: Element) -> str | None:
    """Return the role in an element's name: <user>, <system>, or <prompt> of older documents."""
    tag = {"prompt": "user", "instructions": "system"}.get(element.tag, element.tag)
    return other_names.ROLE_NAMES.get(tag.lower(), tag if tag in ROLES else None)


class MessageText:
    """The text of an element, with the position of each character in the source."""

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
        """Remove blank lines at the start, all in one step."""
        blank = _BLANK_LINES.match(self.whole)
        self._skipped = blank.end() if blank else 0
        self.whole = self.whole[self._skipped :]

    def source_offset(self, offset: int) -> int:
        """Return the offset in the source of a character of the text."""
        piece = bisect_right(self._starts, offset + self._skipped) - 1
        return self.pieces[piece][1] + offset + self._skipped - self._starts[piece]
