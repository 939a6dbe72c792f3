"""<choice> and <case>, in every version.

1.0, and 0.2 on: the discriminator is a member of the choice's own object. 0.1: there is no discriminator; the name of
the choice is a member of the enclosing object, and the fields of its case are members of the same object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Protocol

from railguard.rail.deviations import childless, duplicate_name, misplaced_element, nameless, stands_for
from railguard.rail.elements import TAGS, ElementType
from railguard.rail.problem_report import Report
from railguard.rail.xml import Element
from railguard.schema import ChoiceCase, ChoiceNode, Field, Node, ObjectNode

__all__ = ["choice_element", "merged", "stands_beside"]


class NodeReader(Protocol):
    """Reads the elements of a document: the interface of `rail.nodes.Nodes`."""

    report: Report

    def node(
        self,
        element: Element,
        row: ElementType,
        *,
        extra: tuple[str, ...] = (),
        inside: Callable[[Element, dict[str, Any], ElementType], Node] | None = None,
    ) -> Node:
        """Return the node of an element."""
        ...

    def closed(self, element: Element, values: dict[str, Any], row: ElementType) -> ObjectNode:
        """Return an object that allows no extra keys by default."""
        ...

    def members_and_extra(self, element: Element, children: Iterable[Element]) -> tuple[tuple[Field, ...], Node | None]:
        """Return the fields among some children of an object, and the node of its other keys."""
        ...


def stands_beside(element: Element) -> bool:
    """Whether an element is a choice of version 0.1, whose cases belong to the enclosing object."""
    return element.tag == "choice" and "discriminator" not in element.attributes and "name" in element.attributes


def choice_element(nodes: NodeReader, element: Element, values: dict[str, Any]) -> Node:
    """Return the node of a choice that is an object of its own."""
    discriminator = values.pop("discriminator", None)
    if discriminator is None and stands_for(nodes.report, element, "discriminator"):
        discriminator = "choice"
    elif discriminator is None:
        discriminator = element.attributes.get("name", "choice")
        nodes.report.deviation(
            "missing-attribute",
            "<choice> has no discriminator",
            element.offset,
            'write <choice discriminator="…">',
            reading=f"it is read as an object whose member {discriminator[:40]!r} names the case",
        )
    return ChoiceNode(discriminator=discriminator, cases=_cases(nodes, element, discriminator), **values)


def merged(
    nodes: NodeReader, element: Element, children: list[Element], old: Element, values: dict[str, Any]
) -> ChoiceNode:
    """Return the node of an object that contains one choice of version 0.1: the object becomes the choice, and its
    other fields belong to every case.
    """
    discriminator = old.attributes["name"]
    nodes.report.warn(
        "missing-attribute",
        f"<choice> has no discriminator: as in version 0.1, {discriminator[:40]!r} is a member next to its case's fields",
        old.offset,
        'write <choice discriminator="…">',
    )
    at = children.index(old)
    before, extra = nodes.members_and_extra(element, children[:at])
    after, later = nodes.members_and_extra(element, children[at + 1 :])

    def around(case: ObjectNode) -> ObjectNode:
        taken = {field.name for field in case.fields} | {discriminator}
        fields = (*_without(before, taken), *case.fields, *_without(after, taken))
        return replace(case, fields=fields, extra=case.extra or extra or later)

    def inside(element: Element, own: dict[str, Any], row: ElementType) -> ChoiceNode:
        own["rules"] = (*values.pop("rules"), *own["rules"])
        kept = {name: value for name, value in values.items() if name not in ("min_properties", "max_properties")}
        return ChoiceNode(
            discriminator=discriminator, cases=_cases(nodes, element, discriminator, around), **{**kept, **own}
        )

    node = nodes.node(old, TAGS["choice"], extra=("name", "required"), inside=inside)
    assert isinstance(node, ChoiceNode)
    return node


def _without(fields: tuple[Field, ...], names: set[str]) -> tuple[Field, ...]:
    return tuple(field for field in fields if field.name not in names)


def _cases(
    nodes: NodeReader,
    element: Element,
    discriminator: str,
    around: Callable[[ObjectNode], ObjectNode] = lambda case: case,
) -> tuple[ChoiceCase, ...]:
    report = nodes.report
    cases: dict[str, tuple[ChoiceCase, Element]] = {}
    for child in element.children:
        value = child.attributes.get("name")
        if child.tag != "case":
            misplaced_element(report, child, element, "a <choice> holds <case>s" + report.suggest(child.tag, ("case",)))
        elif value is None:
            nameless(report, child, "it is left out")
            if report.strict:
                nodes.node(child, TAGS["object"], extra=("name",), inside=nodes.closed)  # report other errors
        else:
            if value in cases:
                duplicate_name(report, child, cases[value][1])
            _check_discriminator(report, child, discriminator)
            node = nodes.node(child, TAGS["object"], extra=("name",), inside=nodes.closed)
            assert isinstance(node, ObjectNode)
            node = replace(node, fields=_without(node.fields, {discriminator}))
            cases[value] = (ChoiceCase(value, around(node)), child)
    if not cases and not (report.strict and element.children):  # errors of the cases are reported
        childless(report, element, "at least one <case>", "nothing satisfies it")
    return tuple(case for case, _ in cases.values())


def _check_discriminator(report: Report, case: Element, discriminator: str) -> None:
    for child in case.children:
        if child.attributes.get("name") == discriminator:
            report.deviation(
                "duplicate-name",
                f"the name {discriminator[:40]!r} is the discriminator's",
                report.at_value(child, "name"),
                "choose another",
                reading="the field is left out",
            )
