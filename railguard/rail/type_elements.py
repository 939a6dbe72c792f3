"""Converts type elements to schema nodes by the table in `elements.py`. Attributes are read in one place for all types;
there is one function per kind of content.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from railguard.rail import choice_elements, grammar
from railguard.rail.attributes import FLAG, TEXT, VALUES, Attribute, AttributeKind, Unreadable, default_from, enum_value
from railguard.rail.deviations import (
    childless,
    duplicate_name,
    misplaced_element,
    nameless,
    stands_for,
    stray_text,
    unknown_attribute,
)
from railguard.rail.dialect import OLD_ELEMENTS
from railguard.rail.elements import COMMON, MEMBER, TAGS, ElementType
from railguard.rail.lint import SpecLint
from railguard.rail.memory import Member, Memory
from railguard.rail.other_elements import BLOCKS
from railguard.rail.other_names import ELEMENTS
from railguard.rail.problem_report import Report
from railguard.rail.rule_attributes import ON_FAIL_PREFIX, Rules
from railguard.rail.xml import Element
from railguard.schema import (
    AnyNode,
    EnumNode,
    Field,
    ListNode,
    Node,
    ObjectNode,
    RefNode,
    Schema,
    StringNode,
    UnionNode,
    all_nodes,
)
from railguard.schema.formats import format_of
from railguard.validation import JsonType, Rule
from railguard.values import UNSET

__all__ = ["Member", "TypeElements"]

_COMMON_FIELDS = {attribute.field for attribute in COMMON} | {"rules"}
_PYDANTIC = replace(TAGS["object"], tag="pydantic", own=(*TAGS["object"].own, Attribute("model", None, TEXT)))
_JSON_TYPES: dict[type, JsonType] = {
    type(None): "null",
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    list: "array",
    dict: "object",
}


def _checks_the_type(rules: Iterable[Rule], row: ElementType) -> bool:
    """Whether a rule of an old <url> or <email>, which then accepted any text, checks its format: then the author's
    on-fail of that rule applies, and not that of railguard's own check.
    """
    format = format_of(row.fixed.get("format"))
    own = {row.tag, f"valid-{row.tag}"} if format is not None and not format.is_type else set()
    return any(not own.isdisjoint((rule.name, *rule.validator.aliases)) for rule in rules if rule.validator)


def _is_check(element: Element, *, anything: bool = False) -> bool:
    """Whether an element can only have been meant as a check. anything: whether no element is allowed at its place."""
    tag = element.tag.lower()
    known = tag in TAGS or tag in BLOCKS or tag in OLD_ELEMENTS or tag in _OTHER_ELEMENTS
    if anything:
        return not known
    return tag in _CHECKS or (tag in _CHECKS_WITHOUT_NAME and "name" not in element.attributes)


_GENERIC = (
    "field",
    "element",
    "property",
    "attribute",
    "parameter",
    "column",
    "key",
    "entry",
    "item",
    "var",
    "variable",
)
_OTHER_ELEMENTS = ("case", "message", "extra", "output")
_CHECKS = ("validator", "validators", "validation", "validations")
_CHECKS_WITHOUT_NAME = ("check", "checks", "rule", "rules", "constraint", "constraints")  # named, they may be data


def _has_references(node: Node) -> bool:
    return any(isinstance(below, RefNode) for below in all_nodes(Schema(root=node)))


class TypeElements:
    """Reads the type elements of one document. references: (name, offset) of each <ref>. members: by the offset of
    their elements. defaults: (element, node, value) of each default, checked at the end. memory: cached members of
    earlier documents.
    """

    def __init__(self, report: Report, rules: Rules, memory: Memory | None = None) -> None:
        self.report, self.rules, self.memory = report, rules, memory
        self.sense = SpecLint(report, rules)
        self.references: list[tuple[str, int]] = []
        self.members: dict[int, Member] = {}
        self.defaults: list[tuple[Element, Node, Any]] = []
        self._inside: dict[str, Callable[[Element, dict[str, Any], ElementType], Node]] = {
            "nothing": self._leaf,
            "item": self._list,
            "fields": self._object,
            "cases": lambda element, values, row: choice_elements.choice_element(self, element, values),
            "options": self._union,
        }

    def node(
        self,
        element: Element,
        row: ElementType,
        *,
        extra: tuple[str, ...] = (),
        inside: Callable[[Element, dict[str, Any], ElementType], Node] | None = None,
    ) -> Node:
        """Return the node of an element. extra: attributes of its place, which are read elsewhere. inside: reads its
        content, if its place needs more than its row defines.
        """
        values: dict[str, Any] = dict(row.fixed)
        known = {attribute.name: attribute for attribute in row.attributes}
        for name in element.attributes:
            if name == "format" and not self.report.strict:
                continue  # an old format= contains validators or words for the model: rules.py reads it
            if attribute := known.get(name):
                value = self.attribute(element, name, attribute.kind, UNSET)
                if attribute.field is not None and value is not UNSET:
                    values[attribute.field] = value
            elif name not in extra and name != "validators" and not name.startswith(ON_FAIL_PREFIX):
                self._unknown_attribute(element, name, (*known, *extra, "validators"))
        types = row.types
        if row.node is EnumNode and "values" in values:
            types = frozenset(_JSON_TYPES[type(value)] for value in values["values"])
        values["rules"], hint, structural = self.rules.read(element, types)
        if checks := self._checks(element, row):
            values["rules"] = (*values["rules"], *(self.rules.invented(check, element) for check in checks))
            element = element.without(checks)
        if not self.report.strict and _checks_the_type(values["rules"], row):
            del values["format"]
        if hint is not None:
            values["hint"] = f"{values['hint']}; {hint}" if values.get("hint") else hint
        if structural is not None:
            values.setdefault("on_fail", structural)
        in_range = self.sense.check_ranges(element, values)
        stray_text(self.report, element)
        node = (inside or self._inside[row.content])(element, values, row)
        self.sense.check_node(element, node, in_range=in_range)
        return node

    def _checks(self, element: Element, row: ElementType) -> list[Element]:
        """Return elements that somebody invented for a check, in an older document: <validator name="…"/> inside
        <string>.
        """
        if self.report.strict:
            return []
        prose = any(text.strip() for text, _ in element.texts)  # its content is markup in a text
        anything = row.content == "nothing" and not prose
        return [child for child in element.children if _is_check(child, anything=anything)]

    def attribute(self, element: Element, name: str, kind: AttributeKind, missing: Any) -> Any:
        """Return the value of an attribute, or its clear intention; `missing` if it is not given or cannot be read."""
        if name not in element.attributes:
            return missing
        try:
            return kind.read(element.attributes[name])
        except Unreadable as wrong:
            if wrong.meant is UNSET:
                self._unreadable(element, name, wrong)
                return missing
            self._unreadable(element, name, wrong, f"it is read as {kind.write(wrong.meant)}")
            return wrong.meant

    def _unreadable(self, element: Element, name: str, wrong: Unreadable, reading: str = "it is ignored") -> None:
        at, hint = self.report.at_value(element, name, wrong.offset), wrong.hint
        text = element.attributes[name]
        if (
            wrong.code == "bad-format"
            and name == "format"
            and self.rules.find(re.split(";|(?<!hub):", text)[0]) is not None
        ):
            hint = f'validators go into validators="{text[:60]}"'
        self.report.deviation(wrong.code, wrong.message, at, hint, reading=reading)

    def _unknown_attribute(self, element: Element, name: str, known: tuple[str, ...]) -> None:
        hint = None
        inside = TAGS[element.tag].content if element.tag in TAGS else "nothing"
        if inside == "item" and name.lower() in ("items", "item", "of", "type", "values"):
            known = ()
            hint = "the element of its items is inside: <list><string/></list>"
        elif inside == "fields" and name.lower() in ("properties", "fields", "members", "type"):
            known = ()
            hint = 'its members stand inside: <object><string name="…"/></object>'
        elif name in MEMBER:
            hint = "only a member of an object has it"
        elif name == "format":
            hint = f'words for the model go into hint="{element.attributes[name][:40]}", validators into validators='
        unknown_attribute(self.report, element, name, known, hint)

    # -- what stands inside

    def _leaf(self, element: Element, values: dict[str, Any], row: ElementType) -> Node:
        for child in element.children:
            misplaced_element(
                self.report, child, element, f"<{element.tag[:40]}> holds nothing: close it before this element"
            )
        missing = [a.name for a in row.own if a.name in row.needs and a.field not in values]
        for name in missing:
            if name not in element.attributes and not stands_for(self.report, element, name):
                said = " ".join("".join(text for text, _ in element.texts).split())[:60]
                self.report.deviation(
                    "missing-attribute",
                    f"<{element.tag[:40]}> has no {name}",
                    element.offset,
                    f'write <{element.tag[:40]} {name}="{said or "…"}">',
                    reading="it is read as a string",
                )
        if missing:
            return StringNode(**{name: value for name, value in values.items() if name in _COMMON_FIELDS})
        if row.node is RefNode:
            self.references.append((values["name"], self.report.at_value(element, "to")))
        return row.node(**values)

    def _list(self, element: Element, values: dict[str, Any], row: ElementType) -> Node:
        children = element.children
        if not children:
            return ListNode(**values)
        if len(children) == 1:
            return ListNode(item=self.unnamed(children[0]), **values)
        named = all("name" in child.attributes for child in children)
        self.report.deviation(
            "too-many-items",
            f"<{element.tag[:40]}> holds {len(children)} elements",
            children[1].offset,
            "a list has one element, which says what its items are: an <object> with fields, or a <union>",
            reading="they are read as " + ("the fields of its items" if named else "what an item may be"),
        )
        if named:
            return ListNode(item=ObjectNode(fields=self.fields(children)), **values)
        return ListNode(item=UnionNode(options=tuple(map(self.unnamed, children))), **values)

    def _union(self, element: Element, values: dict[str, Any], row: ElementType) -> Node:
        if not element.children:
            # Older dialects had no unions, so no working document contains an empty one.
            self.report.error(
                "missing-child",
                f"<{element.tag[:40]}> is empty: nothing satisfies it",
                element.offset,
                "it holds the elements of which it is one",
            )
        return UnionNode(options=tuple(map(self.unnamed, element.children)), **values)

    def _object(self, element: Element, values: dict[str, Any], row: ElementType) -> Node:
        children = element.children
        old = [] if self.report.strict else [child for child in children if choice_elements.stands_beside(child)]
        if len(old) == 1:
            return choice_elements.merged(self, element, children, old[0], values)
        node = self.closed(element, values, row)
        if not node.fields and node.extra is None and "extra" not in element.attributes:
            return replace(node, extra=AnyNode())  # an object without any description
        return node

    def closed(self, element: Element, values: dict[str, Any], row: ElementType) -> ObjectNode:
        """Return an object that allows no extra keys by default: a case, or the variables."""
        members, extra = self.members_and_extra(element, element.children)
        return ObjectNode(fields=members, extra=extra, **values)

    def members_and_extra(self, element: Element, children: Iterable[Element]) -> tuple[tuple[Field, ...], Node | None]:
        """Return the fields among some children of an object, and the node of its other keys."""
        extra: Node | None = AnyNode() if self.attribute(element, "extra", FLAG, False) else None
        members = []
        for child in children:
            if child.tag == "extra" and "name" not in child.attributes:
                extra = self._extra(child, element)
            else:
                members.append(child)
        return self.fields(members), extra

    def _extra(self, element: Element, parent: Element) -> Node:
        report = self.report
        for name in element.attributes:
            unknown_attribute(report, element, name, ())
        stray_text(report, element)
        if "extra" in parent.attributes:
            report.deviation(
                "duplicate-element",
                "<extra> beside the attribute extra",
                element.offset,
                "remove the attribute",
                reading="the element counts",
            )
        if not element.children:
            childless(report, element, "one element, which says what other keys hold", "they may hold anything")
            return AnyNode()
        for more in element.children[1:]:
            misplaced_element(report, more, element, "<extra> holds one element")
        return self.unnamed(element.children[0])

    # -- members

    def fields(self, elements: Iterable[Element]) -> tuple[Field, ...]:
        """Return the fields that elements declare."""
        members = [member for element in elements if (member := self.member(element)) is not None]
        return tuple(member.field() for member in self.distinct(members))

    def distinct(self, members: Iterable[Member]) -> list[Member]:
        """Return members with unique names: of several with one name, the last."""
        kept: dict[str, Member] = {}
        for member in members:
            if (first := kept.get(member.name)) is not None:
                duplicate_name(self.report, member.element, first.element)
            kept[member.name] = member
        return list(kept.values())

    def member(self, element: Element, *, definition: bool = False) -> Member | None:
        """Return a member of an object, or a definition; None if it has no name or is not one."""
        if self.memory is None:
            return self._member(element, definition=definition)
        return self.memory.member(self, element, definition, lambda: self._member(element, definition=definition))

    def _member(self, element: Element, *, definition: bool) -> Member | None:
        row = self._row(element)
        if row is None:
            return None
        node = self.node(element, row, extra=("name",) if definition else MEMBER)
        name = element.attributes.get("name")
        if name is None:
            nameless(self.report, element, "it is left out")
            return None
        if not name.strip():
            self.report.warn(
                "empty-name",
                f"the name of <{element.tag[:40]}> is empty: the model is asked for a key without a name",
                self.report.at_value(element, "name"),
                f'write <{element.tag[:40]} name="…">',
            )
        if definition:
            return Member(name, node, True, UNSET, element)
        default = self._default(element, row, node)
        required = self.attribute(element, "required", FLAG, default is UNSET)
        if required and default is not UNSET:
            self.report.warn(
                "no-effect",
                "the default of a required field is never used",
                self.report.at_attribute(element, "default"),
                'write required="false", or remove the default',
            )
        self.members[element.offset] = found = Member(name, node, required, default, element)
        return found

    def _default(self, element: Element, row: ElementType, node: Node) -> Any:
        text = element.attributes.get("default")
        if text is None:
            return UNSET
        if isinstance(node, EnumNode) and not grammar.is_braced(text):
            value = enum_value(text, node.values)
            if value is UNSET:
                self._refuse_default(element, f"{text[:40]!r} is none of the values of this enum", text, node)
                return UNSET
        else:
            try:
                value = default_from(text, row.plain)
            except Unreadable as wrong:
                self._unreadable(element, "default", wrong)
                return UNSET
        if self.report.strict:
            self.defaults.append((element, node, value))  # definitions that it refers to may follow
            return value
        if _has_references(node):
            return value
        from railguard.prompting.defaults import bad_defaults

        wrong_ones = bad_defaults([(node, value)], {})
        for one in wrong_ones:
            self._refuse_default(element, one.message, text, node, kept=one.kept)
        return UNSET if any(not one.kept for one in wrong_ones) else value

    def check_defaults(self, definitions: Mapping[str, Node]) -> None:
        """Report each default that is not a valid value of its element. Called once all definitions are known."""
        if not self.defaults:
            return
        from railguard.prompting.defaults import bad_defaults

        for wrong in bad_defaults([(node, value) for _, node, value in self.defaults], definitions):
            element, node, _ = self.defaults[wrong.place]
            self._refuse_default(element, wrong.message, element.attributes["default"], node, kept=wrong.kept)

    def _refuse_default(self, element: Element, why: str, text: str, node: Node, *, kept: bool = False) -> None:
        report, at = self.report, self.report.at_value(element, "default")
        if kept:
            report.warn("bad-default", f"the default fails a rule with on-fail noop: {why.removesuffix('.')}", at)
            return
        hint = "write a value that the element and its rules accept, or remove the default"
        if isinstance(node, EnumNode):
            names = [value for value in node.values if isinstance(value, str)]
            why += report.suggest(text, names)
            hint = f"the values are {VALUES.write(node.values)[:200]}"
        elif text.strip() == "{null}":
            hint = 'write nullable="true" as well, or remove the default: required="false" is enough to leave it out'
        report.deviation(
            "bad-default",
            f"the default is not a value of <{element.tag[:40]}>: {why.removesuffix('.')}",
            at,
            hint,
            reading="it is ignored",
        )

    def unnamed(self, element: Element) -> Node:
        """Return the node of an element that is not a member: a list's item, an option. A name has no meaning there."""
        row = self._row(element)
        if row is None:
            return AnyNode()
        if self.report.strict or not any(name in element.attributes for name in MEMBER):
            return self.node(element, row)
        self.report.warn(
            "no-effect",
            f"the name of a <{element.tag[:40]}> that is not a member of an object is not used",
            element.offset,
            "remove it",
        )
        return self.node(element, row, extra=MEMBER)

    # -- the type of an element

    def row_of_output(self, element: Element) -> ElementType:
        """Return the row for the type of an <output>."""
        kind = element.attributes.get("type", "object")
        if kind in TAGS:
            return TAGS[kind]
        fallback = TAGS["object" if element.children else "string"]
        meant = self.report.closest(kind, TAGS, ELEMENTS)
        if meant is not None and self.report.strict:
            fallback = TAGS[meant]  # so that only other errors are reported
        self.report.deviation(
            "unknown-type",
            f"{kind[:40]!r} is not a type" + (f"; did you mean {meant!r}?" if meant else ""),
            self.report.at_value(element, "type"),
            "the types are " + ", ".join(TAGS),
            reading=f"it is read as {fallback.tag}",
        )
        return fallback

    def _row(self, element: Element) -> ElementType | None:
        """Return the row of an element. In an older document an unknown element is a string, or an object if it has
        children.
        """
        report, tag = self.report, element.tag
        if tag in TAGS:
            return TAGS[tag]
        if tag == "output" and not report.strict:
            report.warn(
                "misplaced-element", "<output> inside <output>", element.offset, "name its type, as in <object>"
            )
            row = self.row_of_output(element)
            return replace(row, own=(*row.own, Attribute("type", None, TEXT), Attribute("strict", None, FLAG)))
        if tag == "pydantic" and not report.strict:
            model = element.attributes.get("model", "")
            report.warn(
                "pydantic-model",
                f"the model {model[:40]!r} is not looked up: it is read as an object",
                element.offset,
                OLD_ELEMENTS[tag],
            )
            return _PYDANTIC
        if tag in BLOCKS or tag in OLD_ELEMENTS or tag in ("case", "message", "extra"):
            hint = OLD_ELEMENTS.get(tag, "<case> belongs inside <choice>" if tag == "case" else "it is not a type")
            report.deviation(
                "misplaced-element", f"<{tag}> where a type is expected", element.offset, hint, reading="it is left out"
            )
            return None
        members = element.children if report.strict else [one for one in element.children if not _is_check(one)]
        fallback = TAGS["object" if members else "string"]
        typed = element.attributes.get("type", "string").lower()
        generic = tag.lower() in _GENERIC and "name" in element.attributes
        meant = ELEMENTS.get(typed, typed) if generic else report.closest(tag, TAGS, ELEMENTS)
        meant = meant if meant in TAGS else None
        hint = "the types are " + ", ".join(TAGS)
        if generic and meant is not None:
            hint = f'an element is named by its type: <{meant} name="{element.attributes["name"][:40]}">'
        if meant is not None and report.strict:
            fallback = TAGS[meant]  # so that only other errors are reported
            if generic:
                fallback = replace(fallback, own=(*fallback.own, Attribute("type", None, TEXT)))
        report.deviation(
            "unknown-element",
            f"there is no <{tag[:40]}>" + (f"; did you mean {meant!r}?" if meant else ""),
            element.offset,
            hint,
            reading=f"it is read as {fallback.tag}",
        )
        return fallback
