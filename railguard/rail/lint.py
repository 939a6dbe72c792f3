"""Finds specs that cannot be meant as written: no value satisfies them, a rule has no effect, a filter removes the
whole output.
"""

from __future__ import annotations

from typing import Any

from railguard.rail.problem_report import Report
from railguard.rail.rule_attributes import Rules
from railguard.rail.xml import Element
from railguard.schema import Node, Schema
from railguard.schema.contradictions import Questions, contradictions
from railguard.schema.dead_rules import dead_rules, fixes_in_vain, takes_all_along

__all__ = ["SpecLint"]

_MOST_QUESTIONS, _MOST_PAIRS = 100, 1_000  # for one document: a hostile one must not take long
_RANGES = (
    ("min_length", "max_length", "max-length"),
    ("minimum", "maximum", "maximum"),
    ("exclusive_minimum", "exclusive_maximum", "exclusive-maximum"),
    ("min_items", "max_items", "max-items"),
    ("min_properties", "max_properties", "max-properties"),
)


class SpecLint:
    """Checks the nodes of one document. It knows the element of each node."""

    def __init__(self, report: Report, rules: Rules) -> None:
        self.report, self.rules = report, rules
        self._elements: dict[int, tuple[Node, Element]] = {}
        self._pairs = 0
        self._questions = Questions(_MOST_QUESTIONS)

    def nodes(self) -> dict[int, Node]:
        """Every node that was read, by the offset of its element."""
        return {element.offset: node for node, element in self._elements.values()}

    def check_ranges(self, element: Element, values: dict[str, Any]) -> bool:
        """Report a lower bound above the upper bound. Returns whether there is none."""
        sound = True
        for low, high, name in _RANGES:
            least, most = values.get(low), values.get(high)
            if least is not None and most is not None and least > most:
                sound = False
                self.report.deviation(
                    "bad-range",
                    f"no value lies between {least} and {most}",
                    self.report.at_value(element, name),
                    "exchange them",
                    reading="both are kept, and nothing satisfies them",
                )
        return sound

    def check_node(self, element: Element, node: Node, *, in_range: bool) -> None:
        """Report nodes that can never be satisfied and rules that can never fail, if that is certain."""
        report = self.report
        self._elements[id(node)] = (node, element)
        self._pairs += len(node.rules) * (len(node.rules) - 1) // 2
        tried = self._pairs <= _MOST_PAIRS
        for message, rule, whole, certain in contradictions(node, self._questions, samples=tried):
            at = element.offset if rule is None else self.rules.place(rule, element.offset)
            if rule is None and not in_range:
                continue  # already reported
            if not certain:
                report.warn("contradiction", message, at, "remove one of them: hardly a value satisfies both")
            elif whole and not node.nullable:
                hint = "change one of them: no value satisfies both"
                report.deviation(
                    "contradiction", message, at, hint, reading="both are kept, and nothing satisfies them"
                )
            else:
                report.warn("contradiction", message, at, "take the values out, or change one of them")
        for dead in dead_rules(node):
            report.warn("never-fails", dead.message, self.rules.place(dead.rule, element.offset), dead.hint)
        for rule, later, mutual in fixes_in_vain(node) if tried else ():
            if mutual:
                report.warn(
                    "contradiction",
                    f"{rule.name!r} and {later.name!r} exclude each other: what one makes of a value the other refuses",
                    self.rules.place(later, element.offset),
                    "remove one of them: hardly a value satisfies both",
                )
            else:
                report.warn(
                    "fix-refused",
                    f"what {rule.name!r} makes of a value is refused by {later.name!r}, which comes after it",
                    self.rules.place(rule, element.offset),
                    f'write on-fail-{rule.name}="reask", or change {later.name!r}',
                )

    def check_whole(self, schema: Schema) -> None:
        """Report each filter that would remove the whole output."""
        for node, rule in takes_all_along(schema):
            if id(node) not in self._elements:  # pragma: no cover - not known to happen: such nodes are never cached
                continue
            element = self._elements[id(node)][1]
            own = "on-fail" if "on-fail" in element.attributes else None
            at = self.report.at_attribute(element, own) if own else element.offset
            what = "the element itself" if rule is None else repr(rule.name)
            self.report.warn(
                "filter-takes-all",
                f"a value that fails {what} removes the whole output: everything around it requires it",
                at if rule is None else self.rules.place(rule, element.offset),
                'write required="false", here or on an object around it, or another on-fail action',
            )
