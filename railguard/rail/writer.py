"""Writes a Spec as RAIL 1.0. `load(write(spec))` gives the same tree; parts that RAIL cannot express are refused, each
by its path.

The table in `elements.py` is used in reverse: each element is written from the same row that reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING
from functools import partial
from typing import Any, TypeAlias, assert_never

from railguard.errors import Problem, SpecError
from railguard.lazy import regex
from railguard.prompting import templates
from railguard.prompting.defaults import bad_defaults
from railguard.rail.attributes import default_to, writable
from railguard.rail.elements import TAGS, ElementType, default_of, row_of
from railguard.rail.other_elements import PRESERVE, STRICT
from railguard.rail.rule_attributes import rules_to
from railguard.schema import (
    AnyNode,
    ChoiceNode,
    EnumNode,
    Field,
    LeafNode,
    ListNode,
    Node,
    ObjectNode,
    RefNode,
    UnionNode,
)
from railguard.spec import MessageRule, MessageTemplate, Spec, Template
from railguard.values import ROLES, UNSET, Path

__all__ = ["attributes_of", "escaped", "lines_of", "rail_document"]

_Part: TypeAlias = Callable[[int], None]
_INDENT = "  "
_ATTRIBUTE = regex('[&<"\t\n\r]')
_TEXT = regex("[&<>\r]")
_ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}


def rail_document(spec: Spec) -> str:
    """Write the RAIL 1.0 document of a spec, from any source.

    Raises SpecError, code "not-writable", with a problem for each part that RAIL cannot express: a Python callable as
    on-fail action, arguments that are not JSON values, content parts, characters that XML forbids, and validators of a
    pydantic model that are its own Python code. Limits belong to a guard and are not written.
    """
    writer = _Writer(spec)
    text = writer.document()
    writer.problems += [
        Problem(f"{name} checks values in Python code of its own, which RAIL cannot say", "not-writable")
        for name in spec.schema.own_checks
    ]
    if writer.problems:
        raise SpecError(writer.problems)
    return text


def attributes_of(spec: Spec, node: Node, field: Field | None = None) -> tuple[str, dict[str, str]]:
    """Return the tag of a node and its attributes in version 1.0. field: the member that it belongs to, if any. Raises
    ValueError if RAIL cannot express it.
    """
    writer = _Writer(spec)
    row = writer._row(node, "here")
    given = {} if field is None else writer._of_field(field, "here")
    written = {} if row is None else writer._attributes(row, node, given, "here")
    if writer.problems or row is None:
        raise ValueError("; ".join(problem.message for problem in writer.problems))
    return row.tag, written


def lines_of(spec: Spec, node: Node, level: int, field: Field | None = None, name: str | None = None) -> list[str]:
    """Return the lines of a node's element, at a level of indentation. name: the name of a definition or a case. Raises
    ValueError if RAIL cannot express it.
    """
    writer = _Writer(spec)
    if field is not None:
        writer._field(field, level, "here")
    else:
        writer._node(node, {} if name is None else {"name": name}, level, "here")
    if writer.problems:
        raise ValueError("; ".join(problem.message for problem in writer.problems))
    return writer.lines


def escaped(value: str) -> str:
    """Escape text for an attribute value between double quotes."""
    return _ATTRIBUTE.sub(lambda found: _ESCAPED[found[0]], value)


class _Writer:
    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.problems: list[Problem] = []
        self.lines: list[str] = []
        self.depth = spec.limits.spec_depth
        self.defaults: list[tuple[str, Node, Any]] = []

    def document(self) -> str:
        spec = self.spec
        attributes = {"version": STRICT}
        if spec.name is not None:
            attributes["name"] = self._try("the name of the spec", writable, spec.name)
        self._open("rail", attributes, 0)
        if spec.inputs is not None:
            # An <input> without children declares no variable; only an <object> may be open then.
            self._element("input", TAGS["object"], spec.inputs, {}, 1, "input", closed=True)
        if spec.schema.definitions:
            self._open("definitions", {}, 1)
            for name, node in spec.schema.definitions.items():
                self._node(node, {"name": name}, 2, f"the definition {name!r}")
            self._close("definitions", 1)
        self._output()
        self._messages("messages", spec.messages, self._shared(spec.message_rules))
        self._messages("reask", spec.reask, {})
        self._close("rail", 0)
        if not self.problems:
            for wrong in bad_defaults([(node, value) for _, node, value in self.defaults], spec.schema.definitions):
                if not wrong.kept:
                    self._refuse(f"{self.defaults[wrong.place][0]}: default", wrong.message)
        return "\n".join(self.lines) + "\n"

    def _output(self) -> None:
        row = self._row(self.spec.schema.root, "$")
        if row is None:
            return
        attributes = {} if row.tag == "object" else {"type": row.tag}
        if self.spec.repair != "lossless":
            attributes["repair"] = self.spec.repair
        if self.spec.shown_as is not None:
            attributes["shown-as"] = self.spec.shown_as
        self._element("output", row, self.spec.schema.root, attributes, 1, "$")

    def _node(self, node: Node, attributes: Mapping[str, str], level: int, path: str) -> None:
        row = self._row(node, path)
        if row is not None:
            self._element(row.tag, row, node, attributes, level, path)

    def _row(self, node: Node, path: str) -> ElementType | None:
        row = row_of(node)
        if row is None:
            self._refuse(path, f"a {type(node).__name__}")
        return row

    def _element(
        self,
        tag: str,
        row: ElementType,
        node: Node,
        attributes: Mapping[str, str],
        level: int,
        path: str,
        *,
        closed: bool = False,
    ) -> None:
        if level >= self.depth:
            self._refuse(path, f"elements nested deeper than {self.depth}")
            return
        written = self._attributes(row, node, attributes, path)
        if isinstance(node, ObjectNode):
            says = _extra_to(node, closed)
            if says is not None:
                written["extra"] = says
        if isinstance(node, RefNode) and node.name not in self.spec.schema.definitions:
            self._refuse(path, f"a reference to {node.name!r}, which is not defined")
        inside = self._inside(node, path)
        if not inside:
            self.lines.append(_INDENT * level + _start(tag, written, "/>"))
            return
        self._open(tag, written, level)
        for child in inside:
            child(level + 1)
        self._close(tag, level)

    def _attributes(self, row: ElementType, node: Node, attributes: Mapping[str, str], path: str) -> dict[str, str]:
        written = {name: self._try(path, writable, value) for name, value in attributes.items()}
        for attribute in row.attributes:
            if attribute.field is None or attribute.field in row.fixed:
                continue
            value = getattr(node, attribute.field)
            usual = default_of(row.node, attribute.field)
            if usual is MISSING or type(value) is not type(usual) or value != usual:
                written[attribute.name] = self._try(f"{path}: {attribute.name}", attribute.kind.write, value)
        try:
            written |= rules_to(node.rules)
        except ValueError as error:
            self._refuse(f"{path}: validators", str(error))
        return written

    def _inside(self, node: Node, path: str) -> list[_Part]:
        """Return the children of an element, each ready to be written at a level."""
        match node:
            case ListNode():
                return [] if node.item == AnyNode() else [partial(self._node, node.item, {}, path=f"{path}[*]")]
            case UnionNode():
                if not node.options:
                    self._refuse(path, "a union of nothing")
                return [
                    partial(self._node, option, {}, path=f"{path}: option {at}")
                    for at, option in enumerate(node.options, 1)
                ]
            case ChoiceNode():
                return self._cases(node, path)
            case ObjectNode():
                return self._members(node, path)
            case LeafNode() | RefNode():
                return []
            case _:
                assert_never(node)

    def _members(self, node: ObjectNode, path: str) -> list[_Part]:
        names = [field.name for field in node.fields]
        for name in {name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else ():
            self._refuse(path, f"two fields named {name!r}")
        parts: list[_Part] = [partial(self._field, field, path=path) for field in node.fields]
        extra = node.extra
        if extra is not None and extra != AnyNode():
            parts.append(partial(self._extra, extra, path=path))
        return parts

    def _field(self, field: Field, level: int, path: str) -> None:
        where = path + str(Path((field.name,)))[1:]
        self._node(field.node, self._of_field(field, where), level, where)

    def _of_field(self, field: Field, where: str) -> dict[str, str]:
        """Return the attributes of a member."""
        attributes = {"name": field.name}
        if field.default is not UNSET:
            self.defaults.append((where, field.node, field.default))
            row = row_of(field.node)
            plain = row.plain if row is not None else None
            value = field.default
            if isinstance(field.node, EnumNode) and not (isinstance(value, str) and value in field.node.values):
                plain = dict  # always in braces
            attributes["default"] = self._try(f"{where}: default", lambda default: default_to(default, plain), value)
        if field.required is (field.default is not UNSET):
            attributes["required"] = "true" if field.required else "false"
        return attributes

    def _extra(self, node: Node, level: int, path: str) -> None:
        self._open("extra", {}, level)
        self._node(node, {}, level + 1, f"{path}[*]")
        self._close("extra", level)

    def _cases(self, node: ChoiceNode, path: str) -> list[_Part]:
        values = [case.value for case in node.cases]
        if not values or len(set(values)) < len(values):
            self._refuse(path, "a choice without cases" if not values else "two cases of one name")
        for case in node.cases:
            if any(field.name == node.discriminator for field in case.node.fields):
                self._refuse(path, f"a field of case {case.value!r} with the discriminator's name")
        return [
            partial(
                self._element,
                "case",
                TAGS["object"],
                case.node,
                {"name": case.value},
                path=f"{path}: case {case.value!r}",
                closed=True,
            )
            for case in node.cases
        ]

    def _shared(self, rules: tuple[MessageRule, ...]) -> Mapping[str, str]:
        """Return the attributes for the rules on every message."""
        for rule in rules:
            if rule.role is not None:
                self._refuse("messages", f"a rule on those of the role {rule.role!r} alone, {rule.rule.name!r}")
        try:
            return rules_to(tuple(rule.rule for rule in rules if rule.role is None))
        except ValueError as error:
            self._refuse("messages: validators", str(error))
            return {}

    def _messages(self, tag: str, messages: tuple[MessageTemplate, ...], attributes: Mapping[str, str]) -> None:
        if not messages and not attributes:
            return
        self._open(tag, attributes, 1)
        for at, message in enumerate(messages):
            self._message(message, f"{tag}, message {at + 1}")
        self._close(tag, 1)

    def _message(self, message: MessageTemplate, path: str) -> None:
        if not isinstance(message.content, Template):
            self._refuse(path, "content parts, which are not text")
            return
        attributes = {"role": message.role}
        if message.role not in ROLES:
            self._refuse(path, f"the role {message.role!r}")
        try:
            attributes |= rules_to(message.rules)
        except ValueError as error:
            self._refuse(f"{path}: validators", str(error))
        if templates.dedent_template(message.content) != message.content:
            attributes[PRESERVE] = "preserve"
        text = self._try(path, writable, templates.template_text(message.content))
        body = _TEXT.sub(lambda found: _ESCAPED[found[0]], text)
        self.lines.append(_INDENT * 2 + _start("message", attributes, ">") + body + "</message>")

    def _open(self, tag: str, attributes: Mapping[str, str], level: int) -> None:
        self.lines.append(_INDENT * level + _start(tag, attributes, ">"))

    def _close(self, tag: str, level: int) -> None:
        self.lines.append(f"{_INDENT * level}</{tag}>")

    def _try(self, path: str, to_text: Callable[[Any], str], value: Any) -> str:
        try:
            return to_text(value)
        except ValueError as error:
            self._refuse(path, str(error))
            return ""

    def _refuse(self, path: str, what: str) -> None:
        self.problems.append(
            Problem(
                f"RAIL cannot express the value at {path}: {what}",
                "not-writable",
                hint="leave it out, or keep the source",
            )
        )


def _extra_to(node: ObjectNode, closed: bool) -> str | None:
    if node.extra is None:
        return None if node.fields or closed else "false"
    return "true" if node.extra == AnyNode() else None


def _start(tag: str, attributes: Mapping[str, str], end: str) -> str:
    written = "".join(f' {name}="{escaped(value)}"' for name, value in attributes.items())
    return f"<{tag}{written}{end}"
