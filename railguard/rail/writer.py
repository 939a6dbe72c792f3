"""Spec → RAIL 1.0. `load(write(spec))` is the same tree; what RAIL cannot say is refused, each such thing by its path.

The table in `elements.py` is read backwards: whatever an element can hold is written from the same row that reads it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING
from functools import partial
from typing import Any, TypeAlias, assert_never

from railguard.errors import Problem, SpecError
from railguard.prompting import templates
from railguard.prompting.defaults import bad_defaults
from railguard.rail.attributes import default_to, writable
from railguard.rail.dialect import STRICT
from railguard.rail.elements import TAGS, Row, default_of, row_of
from railguard.rail.messages import PRESERVE, ROLES
from railguard.rail.rules import rules_to
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
from railguard.values import UNSET, Path

__all__ = ["write"]

_Part: TypeAlias = Callable[[int], None]
_INDENT = "  "
_ATTRIBUTE = re.compile('[&<"\t\n\r]')
_TEXT = re.compile("[&<>\r]")
_ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}


def write(spec: Spec) -> str:
    """The RAIL 1.0 document of a spec, from any source.

    Raises SpecError, code "not-writable", with a problem for each thing that RAIL cannot say: a Python callable as
    on-fail action, arguments that are no JSON value, content parts, characters that XML forbids. Limits are a guard's
    and are not written. The validators of a pydantic model that are Python code of its own are such things too.
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
            # An <input> without children declares no variable; only an <object> is open then.
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
        self._element("output", row, self.spec.schema.root, attributes, 1, "$")

    def _node(self, node: Node, attributes: Mapping[str, str], level: int, path: str) -> None:
        row = self._row(node, path)
        if row is not None:
            self._element(row.tag, row, node, attributes, level, path)

    def _row(self, node: Node, path: str) -> Row | None:
        row = row_of(node)
        if row is None:
            self._refuse(path, f"a {type(node).__name__}")
        return row

    def _element(
        self,
        tag: str,
        row: Row,
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

    def _inside(self, node: Node, path: str) -> list[_Part]:
        """What stands inside an element, each part ready to be written at a level."""
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
        self._node(field.node, attributes, level, where)

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
        """The attributes that say what holds of every message."""
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
        if templates.dedent(message.content) != message.content:
            attributes[PRESERVE] = "preserve"
        text = self._try(path, writable, templates.text(message.content))
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
                f"RAIL cannot say what stands at {path}: {what}",
                "not-writable",
                hint="leave it out, or keep the source",
            )
        )


def _extra_to(node: ObjectNode, closed: bool) -> str | None:
    if node.extra is None:
        return None if node.fields or closed else "false"
    return "true" if node.extra == AnyNode() else None


def _start(tag: str, attributes: Mapping[str, str], end: str) -> str:
    written = "".join(
        f' {name}="{_ATTRIBUTE.sub(lambda found: _ESCAPED[found[0]], value)}"' for name, value in attributes.items()
    )
    return f"<{tag}{written}{end}"
