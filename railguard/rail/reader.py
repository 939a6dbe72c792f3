"""A RAIL document → Spec. Reading never stops at a problem of the document: all are reported, then it is refused.

The blocks of <rail> are read here; type elements, messages, validators and values of attributes by the files of those
names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, get_args

from railguard.errors import Problem, SpecError
from railguard.prompting import shown, templates
from railguard.prompting.describe import is_text
from railguard.rail.attributes import FLAG
from railguard.rail.deviations import nameless, stray_text, unknown_attribute
from railguard.rail.dialect import BLOCKS, OLD_ELEMENTS, recognise
from railguard.rail.elements import TAGS
from railguard.rail.messages import REASK_VARIABLES, Messages
from railguard.rail.nodes import Nodes
from railguard.rail.report import Report
from railguard.rail.rules import Rules
from railguard.rail.source import Source
from railguard.rail.xml import Element, parse
from railguard.schema import AnyNode, Field, Node, ObjectNode, RefNode, Schema
from railguard.spec import MessageRule, MessageTemplate, RepairPolicy, Spec
from railguard.validation import Rule
from railguard.values import Limits

__all__ = ["read"]

_REPAIRS: tuple[str, ...] = get_args(RepairPolicy)
_OUTPUT = ("type", "strict", "repair")
_SPEAKING = ("messages", "prompt", "instructions", "reask", "reask_messages", "reask_prompt", "reask_instructions")


def read(data: str | bytes, file: str | None, limits: Limits) -> tuple[Spec | None, list[Problem]]:
    """The spec of a document, None if it has an error, and all problems in document order."""
    try:
        source = Source.of(data, file, limits.spec_bytes)
        root = parse(source, limits)
    except SpecError as error:
        return None, list(error.problems)
    report = Report(source)
    spec = _Document(root, report, limits).spec()
    problems = report.problems()
    return (None if spec is None or report.failed else replace(spec, warnings=tuple(problems))), problems


class _Document:
    """The parts of <rail>."""

    def __init__(self, root: Element, report: Report, limits: Limits) -> None:
        self.root, self.report, self.limits = root, report, limits
        self.rules = Rules(report)
        self.nodes = Nodes(report, self.rules)
        self.blocks: dict[str, Element] = {}

    def spec(self) -> Spec | None:
        root, report = self.root, self.report
        if root.tag != "rail":
            report.error(
                "not-rail",
                f"the document is <{root.tag[:40]}>, not <rail>",
                root.offset,
                'a RAIL document is <rail version="1.0"><output>…</output></rail>',
            )
            return None
        recognise(root, report)
        for name in root.attributes:
            if name not in ("version", "name"):
                unknown_attribute(report, root, name, ("version", "name"))
        stray_text(report, root)
        for child in root.children:
            self._block(child)
        definitions = self._definitions()
        output = self.blocks.get("output")
        schema, repair = None, "lossless"
        if output is None:
            report.error("no-output", "<rail> has no <output>", root.offset, "say in <output> what is wanted")
        else:
            node, repair = self._output(output)
            schema = Schema(root=node, definitions=definitions)
        resolved = self._check_references(definitions)
        inputs = self._inputs(self.blocks["input"]) if "input" in self.blocks else None
        if resolved:
            self.nodes.check_defaults(definitions)
        messages, reask, inputs, shared = self._messages(inputs)
        if schema is None:
            return None
        self._check_told(schema, messages)
        return Spec(
            schema=schema,
            messages=tuple(messages),
            message_rules=tuple(MessageRule(None, rule) for rule in shared),
            reask=tuple(reask),
            inputs=inputs,
            repair=repair,  # type: ignore[arg-type] # one of _REPAIRS
            limits=self.limits,
            name=root.attributes.get("name"),
            version=root.attributes.get("version"),
        )

    def _check_told(self, schema: Schema, messages: list[MessageTemplate]) -> None:
        """Warn of messages that leave it to a provider, or to railguard, to tell the model what to write."""
        report = self.report
        for name in shown.announced_in_vain(messages):
            report.warn(
                "schema-not-told",
                f"{name!r} announces a schema, and none follows",
                self._place_of(name, name.replace("json", "xml"), name.replace("xml", "json")),
                "write ${output_schema} or ${xml_output_schema} below it",
            )
        root = schema.resolve(schema.root)
        says_nothing = isinstance(root, AnyNode) or (isinstance(root, ObjectNode) and not root.fields)
        if messages and not says_nothing and not is_text(schema) and not shown.shows_schema(messages):
            tags = [tag for tag in ("messages", "prompt", "instructions") if tag in self.blocks]
            report.warn(
                "schema-not-told",
                "no message shows the model what to write",
                self.blocks[tags[0]].offset if tags else self.root.offset,
                "write ${gr.complete_json_suffix_v2}, or ${output_schema}, where it belongs",
            )

    def _block(self, child: Element) -> None:
        report, tag = self.report, child.tag
        if tag in OLD_ELEMENTS:
            if tag == "script" and not report.strict:
                report.warn("script-not-run", "<script> is never run", child.offset, OLD_ELEMENTS[tag])
                return
            if tag != "pydantic":
                report.deviation(
                    "old-element",
                    f"<{tag}> is of an older dialect",
                    child.offset,
                    OLD_ELEMENTS[tag],
                    reading="it is read as it was then",
                )
                self._keep(child)
                return
        if tag not in BLOCKS:
            code = "misplaced-element" if tag in TAGS or tag == "pydantic" else "unknown-element"
            report.deviation(
                code,
                f"<{tag[:40]}> directly inside <rail>{report.suggest(tag, BLOCKS)}",
                child.offset,
                "what is wanted stands inside <output>" if tag in TAGS else f"<rail> holds {', '.join(BLOCKS)}",
                reading="it is ignored",
            )
            return
        self._keep(child)

    def _keep(self, child: Element) -> None:
        if child.tag in self.blocks:
            line, column = self.report.source.position(self.blocks[child.tag].offset)
            self.report.deviation(
                "duplicate-element",
                f"a second <{child.tag}>; the first is at {line}:{column}",
                child.offset,
                "make one of them",
                reading="it is ignored",
            )
            return
        self.blocks[child.tag] = child

    def _definitions(self) -> dict[str, Node]:
        element = self.blocks.get("definitions")
        if element is None:
            return {}
        for name in element.attributes:
            unknown_attribute(self.report, element, name, ())
        stray_text(self.report, element)
        members = [m for child in element.children if (m := self.nodes.member(child, definition=True)) is not None]
        return {member.name: member.node for member in self.nodes.distinct(members)}

    def _output(self, element: Element) -> tuple[Node, str]:
        """The node of <output>, and its repair policy."""
        report = self.report
        row = self.nodes.row_of_output(element)
        repair = element.attributes.get("repair", "lossless")
        if repair not in _REPAIRS:
            report.deviation(
                "bad-value",
                f"{repair[:40]!r} is no repair policy{report.suggest(repair, _REPAIRS)}",
                report.at_value(element, "repair"),
                "the policies are " + ", ".join(_REPAIRS),
                reading="it is read as lossless",
            )
            repair = "lossless"
        strict = self.nodes.attribute(element, "strict", FLAG, None)
        if strict is False and report.strict:
            report.warn(
                "no-effect",
                'strict="false" changes nothing: version 1.0 is always strict',
                report.at_attribute(element, "strict"),
                "remove it",
            )
        children = element.children
        if not report.strict and row.tag == "object" and len(children) == 1 and "name" not in children[0].attributes:
            child = children[0]
            if child.tag in TAGS:
                nameless(report, child, "it is read as the whole output")
                return self.nodes.node(child, TAGS[child.tag]), repair
        return self.nodes.node(element, row, extra=_OUTPUT), repair

    def _check_references(self, definitions: dict[str, Node]) -> bool:
        """Every <ref> leads to a definition, and no definition leads to itself and nothing else. Whether that is so."""
        report, sound = self.report, True
        for name, at in self.nodes.references:
            if name not in definitions:
                sound = False
                report.error(
                    "unknown-definition",
                    f"there is no definition named {name[:40]!r}{report.suggest(name, definitions)}",
                    at,
                    "define it inside <definitions>",
                )
        places = dict(self.nodes.references)
        settled: set[str] = set()
        for start in definitions:
            chain: dict[str, None] = {}
            name = start
            while name not in settled and isinstance(node := definitions.get(name), RefNode):
                if name in chain:
                    sound = False
                    report.error(
                        "circular-definition",
                        f"the definition {name[:40]!r} leads back to itself and to nothing else",
                        places[name],
                        "give one of them an element of its own",
                    )
                    break
                chain[name] = None
                name = node.name
            settled.update(chain)
        return sound

    def _inputs(self, element: Element) -> ObjectNode:
        node = self.nodes.node(element, TAGS["object"], inside=self.nodes.closed)
        assert isinstance(node, ObjectNode)
        return node

    def _messages(
        self, inputs: ObjectNode | None
    ) -> tuple[list[MessageTemplate], list[MessageTemplate], ObjectNode | None, tuple[Rule, ...]]:
        report, blocks = self.report, self.blocks
        reader = Messages(report, self.rules, "1.0" if report.strict else self._old_syntax())
        declared = None if inputs is None or inputs.extra is not None else {field.name for field in inputs.fields}
        for_reask = None if declared is None else declared | set(REASK_VARIABLES)
        messages: list[MessageTemplate] = []
        reask: list[MessageTemplate] = []
        old = (("instructions", "system"), ("prompt", "user"))
        for group, prefix, into, variables in (
            ("messages", "", messages, declared),
            ("reask_messages", "reask_", reask, for_reask),
        ):
            block = blocks.get(group)
            if group == "reask_messages":
                block = blocks.get("reask") or block
            if block is not None:
                into += reader.group(block, variables)
            for tag, role in old:
                element = blocks.get(prefix + tag)
                if element is None:
                    continue
                if block is None:
                    into.append(reader.message(element, role, variables))
                else:
                    report.warn(
                        "no-effect",
                        f"<{element.tag}> is not used, because there is <{block.tag}>",
                        element.offset,
                        "remove it",
                    )
        if inputs is not None:
            inputs = self._match_inputs(inputs, reader.used)
        reask = self._agreeing(reask, messages)
        return self._agreeing(messages), reask, inputs, reader.shared

    def _agreeing(self, messages: list[MessageTemplate], seen: Sequence[MessageTemplate] = ()) -> list[MessageTemplate]:
        """The messages, whose primitives speak of the schema that is shown. An old document had no other primitives."""
        changed, exchanges = shown.agreeing(messages, seen)
        if self.report.strict:
            for name, twin in exchanges:
                self.report.warn(
                    "primitive-form",
                    f"${{gr.{name}}} speaks of another form of the schema than the one shown: ${{gr.{twin}}} is read",
                    self._place_of(f"${{gr.{name}}}"),
                    f"write ${{gr.{twin}}}",
                )
        return changed

    def _place_of(self, *texts: str) -> int:
        """Where the first of some texts stands among the messages; where they begin, if none is written so."""
        blocks = [self.blocks[tag] for tag in _SPEAKING if tag in self.blocks]
        start = min((block.offset for block in blocks), default=self.root.offset)
        found = (self.report.source.text.find(text, start) for text in texts)
        return next((at for at in found if at >= 0), start)

    def _old_syntax(self) -> Any:
        """One spelling for the whole document: 0.2's if any message has a place of it."""
        holders = [element for tag, element in self.blocks.items() if tag not in ("output", "input", "definitions")]
        return templates.detect_syntax("\n".join(_all_text(holder) for holder in holders))

    def _match_inputs(self, inputs: ObjectNode, used: dict[str, int]) -> ObjectNode:
        """Warn of a declared variable nobody uses; in an older document, declare what is used and was not."""
        report = self.report
        names = {field.name for field in inputs.fields}
        if inputs.extra is None and not report.strict:
            missing = [name for name in used if name not in names and name not in REASK_VARIABLES]
            for name in missing:
                report.warn(
                    "undeclared-variable",
                    f"<input> does not declare ${{{name[:40]}}}: it is read as a variable of any type",
                    used[name],
                    "declare it in <input>",
                )
            added = tuple(Field(name, AnyNode()) for name in missing)
            inputs = replace(inputs, fields=inputs.fields + added)
        if any(tag in self.blocks for tag in ("messages", "prompt", "instructions")):
            places = {child.attributes.get("name"): child.offset for child in self.blocks["input"].children}
            for name in names:
                if name not in used:
                    report.warn(
                        "unused-variable",
                        f"no message uses ${{{name[:40]}}}",
                        places.get(name, self.blocks["input"].offset),
                        "remove it, or use it",
                    )
        return inputs


def _all_text(element: Element) -> str:
    parts = []
    open_ = [element]
    while open_:
        for part in open_.pop().content:
            if isinstance(part, Element):
                open_.append(part)
            else:
                parts.append(part[0])
    return "".join(parts)
