"""The value of a round as a tree for the page: each place with its value and the events that changed it.

A place that does not exist in the value (a missing member, a removed key) is shown below its nearest existing parent.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from railguard import UNSET, Failure, Iteration, Path

__all__ = ["TreeNote", "round_tree"]

State: TypeAlias = Literal["failed", "ignored", "mended", "passed"]

_MOST = 4_000
_LONGEST = 2_000
_LONGEST_SOURCE = 120


@dataclass(frozen=True, slots=True)
class TreeNote:
    """An event at a place in the value.

    Attributes:
        kind: "failed"; "mended" by a local repair or an on-fail action; "ignored", a change that the model was not
            allowed to make; "asked" again in this round; "changed" by a change answer.
        rule: The validator or the repair.
        message: The message.
        before: The value before; UNSET if there was none or it is unknown.
        after: The value after; UNSET likewise.
        is_source: Whether before and after are text of the answer instead of values.
    """

    kind: Literal["failed", "mended", "ignored", "asked", "changed"]
    rule: str = ""
    message: str = ""
    before: Any = UNSET
    after: Any = UNSET
    is_source: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return plain data. Values are JSON text, truncated if they are long."""
        plain: dict[str, Any] = {"kind": self.kind, "rule": self.rule, "message": self.message}
        if self.before is not UNSET:
            plain["before"] = self._shown(self.before)
        if self.after is not UNSET:
            plain["after"] = self._shown(self.after)
        return plain

    def _shown(self, value: Any) -> str:
        return _cut(value, _LONGEST_SOURCE) if self.is_source and isinstance(value, str) else _text(value)


@dataclass(slots=True)
class _Tree:
    marks: dict[Path, list[TreeNote]] = field(default_factory=dict)
    below: dict[Path, list[Path]] = field(default_factory=dict)  # the places with marks, by each of their parents
    left: int = _MOST

    def add(self, path: Path, mark: TreeNote) -> None:
        found = self.marks.get(path)
        if found is None:
            self.marks[path] = found = []
            for length in range(len(path)):
                self.below.setdefault(Path(path[:length]), []).append(path)
        found.append(mark)


def round_tree(iteration: Iteration) -> dict[str, Any]:
    """Return the tree of a round.

    Args:
        iteration: The round.

    Returns:
        The root: `key`, `value` (JSON text of a scalar) or `children`, `kind`, `state`, `marks`; `more` is the number
        of omitted members of a large value.
    """
    building = _Tree()
    for failure in iteration.failures:
        building.add(failure.path, TreeNote("failed", failure.validator, failure.message))
    for failure in iteration.resolved:
        building.add(failure.path, _resolved(failure))
    for repair in iteration.repairs:
        is_source = repair.kind == "syntax"
        message = f"repaired ({repair.kind})"
        building.add(repair.path, TreeNote("mended", repair.rule, message, repair.before, repair.after, is_source))
    for path, value in iteration.ignored:
        building.add(path, TreeNote("ignored", message="a change to what had passed, not taken", after=value))
    for change in iteration.changes:
        building.add(
            change.path, TreeNote("changed", message="changed by the answer", before=change.before, after=change.after)
        )
    for path in iteration.asked:
        building.add(path, TreeNote("asked", message="asked for in this round"))
    return _node(building, None, iteration.parsed, Path())


def _resolved(failure: Failure) -> TreeNote:
    action = str(failure.action)
    return TreeNote("mended", failure.validator, f"{failure.message} (on-fail {action})", failure.before, failure.after)


def _node(building: _Tree, key: str | int | None, value: Any, path: Path) -> dict[str, Any]:
    building.left -= 1
    marks = building.marks.get(path, [])
    node: dict[str, Any] = {"key": key, "path": str(path), "state": _state(marks)}
    if marks:
        node["marks"] = [mark.to_dict() for mark in marks]
    members = _members(value)
    if members is None:
        node["kind"] = "missing" if value is UNSET else "scalar"
        if value is not UNSET:
            node["value"] = _text(value)
        node["children"] = [_absent(building, one, path) for one in building.below.get(path, ())]
        return node
    node["kind"] = "list" if isinstance(value, list) else "object"
    node["size"] = len(value)
    children, there = [], set()
    for name, member in members:
        there.add(name)
        place = path.child(name)
        if building.left <= 0 and place not in building.marks and place not in building.below:
            node["more"] = node.get("more", 0) + 1
            continue
        children.append(_node(building, name, member, place))
    missing = [one for one in building.below.get(path, ()) if one[len(path)] not in there]
    node["children"] = children + [_absent(building, one, path) for one in missing]
    return node


def _absent(building: _Tree, place: Path, above: Path) -> dict[str, Any]:
    """Return the node of a place with marks and without a value."""
    marks = building.marks[place]
    key = ".".join(map(str, place[len(above) :]))
    shown = [mark.to_dict() for mark in marks]
    return {"key": key, "path": str(place), "kind": "missing", "state": _state(marks), "marks": shown, "children": []}


def _members(value: Any) -> Iterable[tuple[str | int, Any]] | None:
    if isinstance(value, dict):
        return value.items()
    if isinstance(value, list):
        return enumerate(value)
    return None


def _state(marks: Iterable[TreeNote]) -> State:
    kinds = {mark.kind for mark in marks}
    if "failed" in kinds:
        return "failed"
    if kinds & {"mended", "changed"}:
        return "mended"
    return "ignored" if "ignored" in kinds else "passed"


def _text(value: Any) -> str:
    return _cut(json.dumps(value, ensure_ascii=False, default=str), _LONGEST)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}… ({len(text) - most:,} more characters)"
