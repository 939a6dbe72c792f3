"""Converts a RAIL document to a Spec. Reading never stops at a problem: all are reported, then the document is refused.

This file reads the children of <rail>; type elements, messages, validators and attribute values are read by the files
of those names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from railguard.errors import Problem, SpecError
from railguard.prompting import templates
from railguard.rail.attributes import FLAG
from railguard.rail.deviations import nameless, stray_text, unknown_attribute
from railguard.rail.dialect import OLD_ELEMENTS, recognise
from railguard.rail.elements import TAGS
from railguard.rail.memory import Memory
from railguard.rail.message_elements import REASK_VARIABLES, SCHEMA_PLACES, Messages
from railguard.rail.other_elements import BLOCKS, REPAIRS, SHOWN, TABLE, attribute_names
from railguard.rail.problem_report import Report
from railguard.rail.rule_attributes import Rules
from railguard.rail.source import Source
from railguard.rail.type_elements import TypeElements
from railguard.rail.xml import Element, NotWellFormed, is_well_formed, may_be_refused, parse_xml
from railguard.schema import AnyNode, Field, Node, ObjectNode, RefNode, Schema
from railguard.schema.formats import is_text
from railguard.spec import MessageRule, MessageTemplate, Spec
from railguard.values import Limits

if TYPE_CHECKING:
    from railguard.rail.syntax import Document

__all__ = ["RailParts", "problems_of", "read_spec"]

_SPEAKING = ("messages", "prompt", "instructions", "reask", "reask_messages", "reask_prompt", "reask_instructions")


def read_spec(data: str | bytes, file: str | None, limits: Limits) -> tuple[Spec | None, list[Problem]]:
    """Read the spec of a document, None if it has an error, and all problems in document order."""
    try:
        source = Source.of(data, file, limits.spec_bytes)
        root = parse_xml(source, limits)
    except NotWellFormed as error:
        return None, _all_problems(source, error, limits)
    except SpecError as error:
        return None, list(error.problems)
    report = Report(source)
    spec = RailParts(root, report, limits).spec()
    problems = report.problems()
    return (None if spec is None or report.failed else replace(spec, warnings=tuple(problems))), problems


def problems_of(document: Document, limits: Limits, memory: Memory) -> list[Problem]:
    """Return all problems of a document that was already parsed: the same as those that `read_spec` finds in its text.
    memory: cached results of earlier documents, for repeated checks.
    """
    from railguard.rail.recovery import recovered

    try:
        source = Source.of(document.text, None, limits.spec_bytes)
        same = document if source.text is document.text else None
        if same is not None and not may_be_refused(same, limits):
            root = recovered(same, limits.spec_depth)
            if root is not None and is_well_formed(source) is not bool(same.faults):
                return _told(source, same, root, limits, memory)
        root = parse_xml(source, limits, same)
    except NotWellFormed as error:
        return _all_problems(source, error, limits)
    except SpecError as error:
        return list(error.problems)
    report = Report(source)
    RailParts(root, report, limits, memory).spec()
    return report.problems()


def _all_problems(source: Source, error: NotWellFormed, limits: Limits) -> list[Problem]:
    """Return the problems of a text that is not XML: its syntax faults, and the problems of the elements that could be
    read.
    """
    from railguard.rail.recovery import recovered

    root = recovered(error.document, limits.spec_depth)
    return list(error.problems) if root is None else _told(source, error.document, root, limits)


def _told(
    source: Source, document: Document, root: Element, limits: Limits, memory: Memory | None = None
) -> list[Problem]:
    report = Report(source)
    RailParts(root, report, limits, memory).spec()
    if not document.faults:
        return report.problems()
    from railguard.rail.recovery import follows_from_no_fault

    report.faults(document.faults)
    return report.problems(follows_from_no_fault(document))


class RailParts:
    """The parts of <rail>, read once. Afterwards `nodes` and `messages` map elements to their results, `syntax` is the
    template syntax of the messages, and `exchanged` the primitives that are replaced by others.
    """

    def __init__(self, root: Element, report: Report, limits: Limits, memory: Memory | None = None) -> None:
        self.root, self.report, self.limits = root, report, limits
        self.syntax: templates.Syntax = "1.0"
        self.exchanged: dict[str, str] = {}
        self.messages: Messages | None = None
        self.rules = Rules(report, limits.spec_rules)
        self.nodes = TypeElements(report, self.rules, memory)
        self.blocks: dict[str, Element] = {}
        self._meant_output = False

    def spec(self) -> Spec | None:
        """Return the spec, or None if there is none; problems are added to the report. The first call reads it."""
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
            if name not in attribute_names("rail"):
                unknown_attribute(report, root, name, attribute_names("rail"))
        stray_text(report, root)
        for child in root.children:
            self._block(child)
        definitions = self._definitions()
        output = self.blocks.get("output")
        schema, repair, shown_as = None, "lossless", None
        if output is None and not (self._meant_output and report.strict):
            report.error("no-output", "<rail> has no <output>", root.offset, "describe the output in <output>")
        if output is not None:
            node, repair = self._output(output)
            shown_as = self._one_of(output, "shown-as", SHOWN, "way to show the output")
            schema = Schema(root=node, definitions=definitions)
        resolved = self._check_references(definitions)
        if resolved and schema is not None:
            self.nodes.sense.check_whole(schema)
        inputs = self._inputs(self.blocks["input"]) if "input" in self.blocks else None
        if resolved:
            self.nodes.check_defaults(definitions)
        if not report.strict:
            self.syntax = self._old_syntax()
        self.messages = reader = Messages(report, self.rules, self.syntax)
        messages, reask, inputs = self._messages(reader, inputs)
        if schema is None:
            return None
        self._check_told(schema, messages, all_read=not reader.meant.keys() & SCHEMA_PLACES and reader.all_read)
        return Spec(
            schema=schema,
            messages=tuple(messages),
            message_rules=tuple(MessageRule(None, rule) for rule in reader.shared),
            reask=tuple(reask),
            inputs=inputs,
            repair=repair,  # type: ignore[arg-type] # one of REPAIRS
            shown_as=shown_as,  # type: ignore[arg-type] # one of SHOWN
            limits=self.limits,
            name=root.attributes.get("name"),
            version=root.attributes.get("version"),
        )

    def _check_told(self, schema: Schema, messages: list[MessageTemplate], *, all_read: bool) -> None:
        """Warn of messages that show the model no schema, and of an announcement without a schema."""
        if not messages:
            return
        from railguard.prompting import shown

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
        if all_read and not says_nothing and not is_text(schema) and not shown.shows_schema(messages):
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
            known = tag in TAGS or tag in TABLE or tag == "pydantic"
            meant = None if known else report.closest(tag, BLOCKS)
            self._meant_output = self._meant_output or meant == "output"
            hint = "the output is described inside <output>" if tag in TAGS else f"<rail> holds {', '.join(BLOCKS)}"
            report.deviation(
                "misplaced-element" if known else "unknown-element",
                f"<{tag[:40]}> directly inside <rail>" + (f"; did you mean {meant!r}?" if meant else ""),
                child.offset,
                "it belongs inside <messages>" if tag == "message" else hint,
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
        """Return the node of <output>, and its repair policy."""
        report = self.report
        row = self.nodes.row_of_output(element)
        repair = self._one_of(element, "repair", REPAIRS, "repair policy") or "lossless"
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
        return self.nodes.node(element, row, extra=attribute_names("output")), repair

    def _one_of(self, element: Element, name: str, known: Sequence[str], what: str) -> str | None:
        """Return the value of an attribute that must be one of some names; None if it is not given or is another one."""
        value = element.attributes.get(name)
        if value is None or value in known:
            return value
        self.report.deviation(
            "bad-value",
            f"{value[:40]!r} is no {what}{self.report.suggest(value, known)}",
            self.report.at_value(element, name),
            f"write {', '.join(known[:-1])} or {known[-1]}",
            reading="it is read as if it was not there",
        )
        return None

    def _check_references(self, definitions: dict[str, Node]) -> bool:
        """Check that every <ref> has a definition, and that no definition only refers to itself. Returns whether that
        is so.
        """
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
                        f"the definition {name[:40]!r} refers only to itself",
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
        self, reader: Messages, inputs: ObjectNode | None
    ) -> tuple[list[MessageTemplate], list[MessageTemplate], ObjectNode | None]:
        report, blocks = self.report, self.blocks
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
            inputs = self._match_inputs(inputs, reader)
        reask = self._agreeing(reask, messages)
        return self._agreeing(messages), reask, inputs

    def _agreeing(self, messages: list[MessageTemplate], seen: Sequence[MessageTemplate] = ()) -> list[MessageTemplate]:
        """Return the messages with primitives that match the form of the shown schema. An old document had no other
        primitives.
        """
        if not messages:
            return []
        from railguard.prompting import shown

        changed, exchanges = shown.agreeing(messages, seen)
        self.exchanged.update(exchanges)
        if self.report.strict:
            for name, twin in exchanges:
                self.report.warn(
                    "primitive-form",
                    f"${{gr.{name}}} is about another form of the schema than the one shown: ${{gr.{twin}}} is read",
                    self._place_of(f"${{gr.{name}}}"),
                    f"write ${{gr.{twin}}}",
                )
        return changed

    def _place_of(self, *texts: str) -> int:
        """Return the offset of the first of some texts in the messages; the start of the messages if none is found."""
        blocks = [self.blocks[tag] for tag in _SPEAKING if tag in self.blocks]
        start = min((block.offset for block in blocks), default=self.root.offset)
        found = (self.report.source.text.find(text, start) for text in texts)
        return next((at for at in found if at >= 0), start)

    def _old_syntax(self) -> templates.Syntax:
        """Return one template syntax for the whole document: 0.2's if any message has a placeholder of it."""
        holders = [element for tag, element in self.blocks.items() if tag not in ("output", "input", "definitions")]
        return templates.detect_syntax("\n".join(_all_text(holder) for holder in holders))

    def _match_inputs(self, inputs: ObjectNode, reader: Messages) -> ObjectNode:
        """Warn of a declared variable that is not used; in an older document, declare used ones that are missing."""
        report, used = self.report, reader.used
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
                if name not in used and name not in reader.meant and reader.all_read:
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
