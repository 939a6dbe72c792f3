"""What the history of a value says against it: doubts, repairs that the policy forbids, and what an answer's end cut off.

A history is asked for objections each round, at the paths where its values are then. An answer takes the history of
what it replaces away, so an objection is met by an answer and by nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable

from railguard.checking.plan import Plan
from railguard.parsing.coerce.engine import ALLOWED
from railguard.prompting.flaws import doubt_message, repair_message
from railguard.schema import AnyNode, ListNode, Node, ObjectNode
from railguard.values import UNSET, Change, Doubt, Editor, Failure, Path, Traced, value_at

__all__ = ["failures_of_history", "with_end_settled"]

_CUT = "truncated"
"""The keyword of failures that come of an answer's end; "json" is that of all other objections."""


def with_end_settled(plan: Plan, traced: Traced, *, cut_by_limit: bool) -> Traced:
    """The value of a new answer, with what its end means for it decided once.

    cut_by_limit: the model was stopped (finish reason "length"). An answer was cut off if it was, or if it ended where no
    value ends; then open lists lack items, and the last scalar may lack its end. Otherwise only brackets are missing.
    """
    doubts = list(traced.history.doubts())
    opened = {path for path, doubt in doubts if doubt.kind == "open"}
    if not opened:
        return traced
    editor = Editor(traced)
    objects = {path for path in opened if isinstance(value_at(traced.value, path), dict)}
    cut = cut_by_limit or any(
        doubt.kind == "items-missing" or (doubt.kind == "unreadable" and path in objects) for path, doubt in doubts
    )
    for path, doubt in doubts:
        if cut and doubt.kind == "open" and path not in objects:
            editor.note(path, Doubt("items-missing"))
        if not cut and doubt.kind == "cut":
            editor.forget(path, "cut")
        if not cut and doubt.kind == "open" and plan.spec.repair == "judgement":
            editor.forget(path, "open")
    return editor.done()


def failures_of_history(plan: Plan, traced: Traced) -> list[Failure]:
    """What keeps a value from passing whatever the schema says, as failures at the paths where its parts are now."""
    allowed = ALLOWED[plan.spec.repair]
    failures: dict[tuple[Path, str, bool], Failure] = {}
    notes = [(path, note) for path, _, note in traced.history.walk()]
    opened = {path for path, note in notes if isinstance(note, Doubt) and note.kind == "open"}

    def add(path: Path, keyword: str, message: str, blame: Iterable[Path] = ()) -> None:
        value = value_at(traced.value, path)
        blame = tuple(blame)
        failures.setdefault((path, keyword, bool(blame)), Failure(path, keyword, message, value, blame=blame))

    for path, note in notes:
        value = value_at(traced.value, path)
        is_list = isinstance(value, list)
        if isinstance(note, Change):
            if note.kind in allowed:
                continue
            if note.rule == "unclosed" and is_list:
                add(path, _CUT, doubt_message("items-missing"), [path.child("+")])
            elif note.rule == "unclosed" and path in opened:
                pass  # what is missing of it is asked for below
            else:
                add(path, "json", repair_message(note.rule))
        elif note.kind == "items-missing" and is_list:
            add(path, _CUT, note.message or doubt_message("items-missing"), [path.child("+")])
        elif note.kind == "open":
            if isinstance(value, dict):
                _of_open_object(plan, traced, path, add)
            elif not is_list:
                add(path, _CUT, doubt_message("open"))
        elif note.kind == "cut":
            add(path, _CUT, doubt_message("cut"))
        elif not (note.kind == "unreadable" and path in opened and isinstance(value, dict) and _lists_members(plan, traced, path)):
            add(path, "json", note.message or doubt_message(note.kind))
    return list(failures.values())


def _of_open_object(plan: Plan, traced: Traced, path: Path, add: object) -> None:
    """An object that was not closed may lack members: those that its node names are asked for, else all of it."""
    assert callable(add)
    node = plan.structure.node_at(path, traced.value)
    if not _names_members(node):
        add(path, _CUT, doubt_message("open"))
        return
    for name in plan.structure.missing_fields(path, traced.value):
        if not plan.structure.is_required(path.child(name), traced.value):
            add(path.child(name), _CUT, doubt_message("not-reached"))


def _lists_members(plan: Plan, traced: Traced, path: Path) -> bool:
    return _names_members(plan.structure.node_at(path, traced.value))


def _names_members(node: Node | None) -> bool:
    """Whether a node lists the members of its objects, so that it can say which are missing."""
    if isinstance(node, ObjectNode):
        return node.extra is None or bool(node.fields and isinstance(node.extra, AnyNode))
    return node is not None and not isinstance(node, (AnyNode, ListNode))
