"""What the history of a value says against it: doubts, repairs that the policy forbids, and what an answer's end cut off.

A history is asked for objections each round, at the paths where its values are then. An answer takes the history of
what it replaces away, so an objection is met by an answer and by nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator

from railguard.checking.plan import Plan
from railguard.parsing import objections
from railguard.prompting.objections import objection_message
from railguard.schema import AnyNode, ListNode, Node, ObjectNode
from railguard.spec import RepairPolicy
from railguard.values import Doubt, DoubtKind, Editor, Failure, History, Path, RepairNote, Traced, value_at

__all__ = ["doubted_parts", "failures_of_history", "with_end_settled"]

_CUT = "truncated"
"""The keyword of failures that come of an answer's end; "json" is that of all other objections."""


def with_end_settled(plan: Plan, traced: Traced, *, cut_by_limit: bool) -> Traced:
    """The value of a new answer, with what its end means for it decided once.

    cut_by_limit: the model was stopped (finish reason "length"). An answer was cut off if it was, or if it ended where no
    value ends; then open lists lack items, and the last scalar may lack its end. Otherwise only brackets are missing.
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
    """What keeps a value from passing whatever the schema says, as failures at the paths where its parts are now."""
    found: dict[tuple[Path, bool], Failure] = {}
    noted = list(objections(traced.history, plan.spec.repair))
    opened = {path for path, note in noted if isinstance(note, Doubt) and note.kind == "open"}
    for path, note in noted:
        for failure in _failures(plan, traced, path, note, path in opened):
            found.setdefault((failure.path, bool(failure.blame)), failure)
    return list(found.values())


def doubted_parts(history: History, policy: RepairPolicy) -> list[Path]:
    """The paths in the answer to a reask whose values are not to be taken. That the answer itself was cut off says nothing
    against the values that it gave before."""
    return [path for path, note in objections(history, policy) if path or not _is_of_the_end(note)]


def _is_of_the_end(note: Doubt | RepairNote) -> bool:
    if isinstance(note, RepairNote):
        return note.rule == "unclosed"
    return note.kind in ("open", "items-missing")


def _failures(plan: Plan, traced: Traced, path: Path, note: Doubt | RepairNote, opened: bool) -> Iterator[Failure]:
    """What one objection comes to. opened: its value is a list or object that was not closed."""
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
    elif isinstance(note, RepairNote) and note.rule == "unclosed" and opened:
        pass  # what is missing of it is asked for
    else:
        keyword = "json" if isinstance(note, RepairNote) or note.kind == "unreadable" else _CUT
        yield Failure(path, keyword, objection_message(note), value)


def _is(note: Doubt | RepairNote, kind: DoubtKind) -> bool:
    return isinstance(note, Doubt) and note.kind == kind


def _of_open_object(plan: Plan, traced: Traced, path: Path) -> Iterator[Failure]:
    """An object that was not closed may lack members: those that its node names are asked for, else all of it."""
    if not _lists_members(plan, traced, path):
        yield Failure(path, _CUT, objection_message(Doubt("open")), value_at(traced.value, path))
        return
    for name in plan.structure.missing_fields(path, traced.value):
        if not plan.structure.is_required(path.child(name), traced.value):
            yield Failure(path.child(name), _CUT, objection_message(Doubt("cut", "not-reached")))


def _lists_members(plan: Plan, traced: Traced, path: Path) -> bool:
    return _names_members(plan.structure.node_at(path, traced.value))


def _names_members(node: Node | None) -> bool:
    """Whether a node lists the members of its objects, so that it can say which are missing."""
    if isinstance(node, ObjectNode):
        return node.extra is None or bool(node.fields and isinstance(node.extra, AnyNode))
    return node is not None and not isinstance(node, (AnyNode, ListNode))
