"""Finds objections to a value in its history: doubts, repairs that the policy forbids, and parts that a truncated
answer lacks.

Objections are computed each round, at the current paths of the values. An answer removes the history of the value that
it replaces, so only an answer resolves an objection.
"""

from __future__ import annotations

from collections.abc import Iterator

from railguard.checking.plan import Plan
from railguard.parsing import objections
from railguard.prompting.objections import objection_message
from railguard.schema import AnyNode, ListNode, Node, ObjectNode
from railguard.spec import RepairPolicy
from railguard.values import Doubt, DoubtKind, Editor, Failure, History, Path, RepairNote, Traced, value_at

__all__ = ["doubted_parts", "failures_of_history", "with_end_resolved"]

_CUT = "truncated"
"""The keyword of failures caused by a truncated answer; all other objections have "json"."""


def with_end_resolved(plan: Plan, traced: Traced, *, cut_by_limit: bool) -> Traced:
    """Return the value of a new answer, after deciding what its end means.

    cut_by_limit: the model was stopped (finish reason "length"). An answer is truncated if it was stopped, or if it
    ended where no value ends; then open lists lack items, and the last scalar may be incomplete. Otherwise only
    brackets are missing.
    """
    doubts = list(traced.history.doubts())
    if not any(doubt.kind == "open" for _, doubt in doubts):
        return traced
    cut = cut_by_limit or any(
        doubt.kind == "items-missing" or (doubt.kind == "open" and doubt.code) for _, doubt in doubts
    )
    editor = Editor(traced)
    for path, doubt in doubts:
        if cut and doubt.kind == "open" and not isinstance(value_at(traced.value, path), dict):
            editor.note(path, Doubt("items-missing"))
        if not cut and doubt.kind == "cut":
            editor.forget(path, "cut")
        if not cut and doubt.kind == "open" and plan.spec.repair == "judgement":
            editor.forget(path, "open")
    return editor.done()


def failures_of_history(plan: Plan, traced: Traced) -> list[Failure]:
    """Return the objections that forbid a value to pass under any schema, as failures at the current paths of its
    parts.
    """
    if not traced.history:
        return []
    found: dict[tuple[Path, bool], Failure] = {}
    for path, note in objections(traced.history, plan.spec.repair):
        for failure in _failures(plan, traced, path, note):
            found.setdefault((failure.path, bool(failure.blame)), failure)
    return list(found.values())


def doubted_parts(history: History, policy: RepairPolicy) -> list[Path]:
    """Return the paths in the answer to a reask whose values must not be taken. A truncated answer does not invalidate
    its earlier values.
    """
    return [path for path, note in objections(history, policy) if path or not _is_of_the_end(note)]


def _is_of_the_end(note: Doubt | RepairNote) -> bool:
    if isinstance(note, RepairNote):
        return note.rule == "unclosed"
    return note.kind in ("open", "items-missing")


def _failures(plan: Plan, traced: Traced, path: Path, note: Doubt | RepairNote) -> Iterator[Failure]:
    """Yield the failures of one objection."""
    value = value_at(traced.value, path)
    if isinstance(value, list) and (
        _is(note, "items-missing") or (isinstance(note, RepairNote) and note.rule == "unclosed")
    ):
        message = objection_message(Doubt("items-missing"))
        yield Failure(path, _CUT, message, value, blame=(path.child("+"),))
    elif _is(note, "open") and isinstance(value, dict):
        yield from _of_open_object(plan, traced, path)
    elif _is(note, "open") and isinstance(value, list):
        pass  # if it lacks items, a note of its own says so
    else:
        keyword = "json" if isinstance(note, RepairNote) or note.kind == "unreadable" else _CUT
        yield Failure(path, keyword, objection_message(note), value)


def _is(note: Doubt | RepairNote, kind: DoubtKind) -> bool:
    return isinstance(note, Doubt) and note.kind == kind


def _of_open_object(plan: Plan, traced: Traced, path: Path) -> Iterator[Failure]:
    """Yield the failures of an object that was not closed: its possibly missing members if the node names them,
    otherwise the whole object.
    """
    if not _lists_members(plan, traced, path):
        yield Failure(path, _CUT, objection_message(Doubt("open")), value_at(traced.value, path))
        return
    for name in plan.structure.missing_fields(path, traced.value):
        if not plan.structure.is_required(path.child(name), traced.value):
            yield Failure(path.child(name), _CUT, objection_message(Doubt("cut", "not-reached")))


def _lists_members(plan: Plan, traced: Traced, path: Path) -> bool:
    return _names_members(plan.structure.node_at(path, traced.value))


def _names_members(node: Node | None) -> bool:
    """Whether a node lists the members of its objects, so that missing ones can be named."""
    if isinstance(node, ObjectNode):
        return node.extra is None or bool(node.fields and isinstance(node.extra, AnyNode))
    return node is not None and not isinstance(node, (AnyNode, ListNode))
