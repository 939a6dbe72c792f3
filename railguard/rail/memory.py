"""A cache of the members of a document for the next check: an unchanged member is not read again, and its problems are
reported at its new position.

A member is cached only if its problems depend on its own text alone.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any, NamedTuple, Protocol

from railguard.rail.problem_report import FoundProblem, Report
from railguard.rail.xml import Element
from railguard.schema import Field, Node, RefNode, Schema, all_nodes
from railguard.validation import registry

__all__ = ["Member", "Memory"]

_ELSEWHERE = ("duplicate-name", "duplicate-element")  # their messages contain the position of another element


class Member(NamedTuple):
    """A named member of an object, or a definition, with its element."""

    name: str
    node: Node
    required: bool
    default: Any
    element: Element

    def field(self) -> Field:
        """The member as a field of the schema tree."""
        return Field(self.name, self.node, self.required, self.default)


class NodeReader(Protocol):
    """Reads the elements of a document: the interface of `rail.nodes.Nodes`."""

    report: Report
    references: list[tuple[str, int]]
    defaults: list[tuple[Element, Node, Any]]


class _Known(NamedTuple):
    """The cached result of one member. Offsets count from its beginning."""

    member: Member | None
    found: tuple[FoundProblem, ...]
    ends: tuple[tuple[int, int], ...]
    references: tuple[tuple[str, int], ...]


class Memory:
    """A cache of the members of recently checked documents. It is cleared when validators are registered.

    Args:
        most: the largest number of members; the oldest are dropped first.
    """

    def __init__(self, most: int = 20_000) -> None:
        self._most = most
        self._known: dict[tuple[str, bool, bool], _Known] = {}
        self._generation = -1

    def member(
        self, nodes: NodeReader, element: Element, definition: bool, read: Callable[[], Member | None]
    ) -> Member | None:
        """Return a cached member with its new position, or read it and cache it."""
        if self._generation != registry.generation():
            self._known.clear()
            self._generation = registry.generation()
        report = nodes.report
        key = (element.source_in(report.source.text), definition, report.strict)
        known = self._known.get(key)
        if known is not None:
            return self._told(known, nodes, element)
        before = (len(report.found), len(report.ends), len(nodes.references), len(nodes.defaults))
        member = read()
        fresh = self._of(nodes, element, member, before)
        if fresh is not None:
            if len(self._known) >= self._most:
                self._known.pop(next(iter(self._known)), None)
            self._known[key] = fresh
        return member

    def _told(self, known: _Known, nodes: NodeReader, element: Element) -> Member | None:
        report, start = nodes.report, element.offset
        report.found += [one._replace(at=one.at + start) for one in known.found]
        report.ends.update((at + start, end + start) for at, end in known.ends)
        nodes.references += [(name, at + start) for name, at in known.references]
        return None if known.member is None else known.member._replace(element=element)

    def _of(
        self, nodes: NodeReader, element: Element, member: Member | None, before: tuple[int, int, int, int]
    ) -> _Known | None:
        """Return the cacheable result of a member that was just read; None if it depends on more than its own text."""
        report, start = nodes.report, element.offset
        found = report.found[before[0] :]
        defaults = nodes.defaults[before[3] :]
        if any(one.code in _ELSEWHERE for one in found) or (member is not None and _leaves_out(member.node)):
            return None
        if defaults:
            from railguard.prompting.defaults import bad_defaults

            stated = [(node, value) for _, node, value in defaults]
            if any(_has_references(node) for node, _ in stated) or bad_defaults(stated, {}):
                return None
        return _Known(
            member,
            tuple(one._replace(at=one.at - start) for one in found),
            tuple((at - start, end - start) for at, end in islice(report.ends.items(), before[1], None)),
            tuple((name, at - start) for name, at in nodes.references[before[2] :]),
        )


def _has_references(node: Node) -> bool:
    return any(isinstance(below, RefNode) for below in all_nodes(Schema(root=node)))


def _leaves_out(node: Node) -> bool:
    """Whether a part of a node is left out when it fails; the effect of that depends on the whole document."""
    return any(
        (below.on_fail is not None and below.on_fail.policy.leaves_out)
        or any(rule.on_fail.policy.leaves_out for rule in below.rules)
        for below in all_nodes(Schema(root=node))
    )
