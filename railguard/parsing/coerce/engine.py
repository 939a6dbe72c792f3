"""Repairs a whole value, directed by a judge's errors: the schema's tree, or a user's own model.

Repairs are proposed from the table at the places that the judge names, all of a pass together. Those whose place is
still named afterwards are withdrawn. The number of calls of the judge does not grow with the number of errors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from types import NoneType
from typing import Any, NamedTuple, TypeAlias

from railguard.parsing.coerce.closed_sets import match_word
from railguard.parsing.coerce.key_spelling import KeyTable
from railguard.parsing.coerce.soundness import misspelt
from railguard.parsing.coerce.table import REPAIRABLE, Coercion, Work, fit, repair_of
from railguard.parsing.context import ReadingContext, StructuralFlaw, Verdict
from railguard.schema import AnyNode, ChoiceNode, Field, Node, ObjectNode
from railguard.schema.members import fields_of
from railguard.schema.prune import NodeLookup, field_at
from railguard.spec import RepairPolicy
from railguard.values import (
    UNSET,
    Doubt,
    Editor,
    History,
    Note,
    Path,
    RepairClass,
    RepairNote,
    Traced,
    json_equal,
    value_at,
)

__all__ = [
    "ALLOWED",
    "Judge",
    "Repaired",
    "is_allowed",
    "may_be_repaired",
    "objections",
    "repair",
    "tree_judge",
]

ALLOWED: dict[RepairPolicy, frozenset[RepairClass]] = {
    "none": frozenset(),
    "syntax": frozenset({"syntax"}),
    "lossless": frozenset({"syntax", "lossless"}),
    "judgement": frozenset({"syntax", "lossless", "judgement"}),
}
"""The classes of repair that a policy allows."""

MOST_PASSES = 4
"""Largest number of passes with new proposals. Each takes at most two calls of the judge."""

_MOST_FLAWS = 5000  # of one value: larger values are not repaired
_HOPELESS = 2000  # flaws: with more, sets and formats are not examined

Judge: TypeAlias = Callable[[Any], Verdict]
"""Returns the errors of a plain value, which it must not change."""


class Repaired(NamedTuple):
    """traced: the value with the repairs in its history. verdict: the judge's last verdict."""

    traced: Traced
    verdict: Verdict


def is_allowed(change: RepairNote, policy: RepairPolicy) -> bool:
    """Whether a policy allows a repair."""
    return change.kind in ALLOWED[policy]


def objections(history: History, policy: RepairPolicy) -> Iterator[tuple[Path, Doubt | RepairNote]]:
    """Yield the parts of a history that may forbid a value to pass, each with the current path of its value: every
    doubt, and every repair of a class that the policy does not allow.

    A doubt "unreadable" or "items-missing" and a repair always forbid it. "open" and "cut" mean that the text ended
    early. Then it depends on the value's schema, and on why the text ended, whether a part is missing; an "open" with a
    code ended in the middle of a part, which is missing unless all possible parts are there.
    """
    allowed = ALLOWED[policy]
    for path, _, note in history.walk():
        if isinstance(note, Doubt) or (
            isinstance(note, RepairNote) and note.kind not in allowed and note.rule != "default"
        ):
            yield path, note  # a declared default comes from the schema, so every policy allows it


def tree_judge(context: ReadingContext) -> Judge:
    """Return a judge that uses the schema's tree: its flaws, and as hints the values outside their set or format."""

    def judge(value: Any) -> Verdict:
        found = context.flaws(value)
        if not found:
            return Verdict([], [*misspelt(value, context.schema)])
        if context.opaque:
            found = [flaw for flaw in found if flaw.keyword != "additionalProperties"]
        if len(found) > _HOPELESS or any(flaw.keyword == "flaws" for flaw in found):
            return Verdict(found)
        taken = {flaw.path for flaw in found}
        return Verdict(found, [one for one in misspelt(value, context.schema) if one.path not in taken])

    return judge


def repair(traced: Traced, judge: Judge, context: ReadingContext, verdict: Verdict | None = None) -> Repaired:
    """Repair the parts that the judge names, as far as the policy allows. verdict: the judge's verdict, if it was asked
    already.
    """
    if verdict is None:
        verdict = judge(traced.value)
    if not (verdict.flaws or verdict.hints):
        return Repaired(traced, verdict)
    if context.nulls:
        traced, verdict = _without_nulls(traced, verdict, judge, context)
    withdrawn: set[tuple[Path, str]] = set()
    for _ in range(MOST_PASSES):
        if not may_be_repaired(verdict.flaws, verdict.hints, context):
            break
        proposed = _Proposer(traced, verdict, context, withdrawn).proposals()
        if not proposed:
            break
        done, after = _tried(traced, proposed, judge)
        named = _still_named(proposed, verdict, after)
        if named:
            withdrawn |= {(one.path, one.rule) for one in named}
            rest = [one for one in proposed if not any(one is other for other in named)]
            if not rest:
                continue
            done, after = _tried(traced, rest, judge)
            if named := _still_named(rest, verdict, after):
                withdrawn |= {(one.path, one.rule) for one in rest}
                continue
        traced, verdict = done, after
    return Repaired(traced, verdict)


def may_be_repaired(flaws: Sequence[StructuralFlaw], hints: Sequence[StructuralFlaw], context: ReadingContext) -> bool:
    """Whether there may be a repair of a judge's flaws and hints. Nulls that a request asked for are removed besides."""
    if len(flaws) > _MOST_FLAWS or "lossless" not in ALLOWED[context.policy]:
        return False
    for named in (flaws, hints):
        for flaw in named:
            if flaw.keyword in _MAY_BE_REPAIRED or flaw.value is UNSET:
                return True
    return False


def _without_nulls(traced: Traced, verdict: Verdict, judge: Judge, context: ReadingContext) -> tuple[Traced, Verdict]:
    """Remove each null that the judge refuses for an optional member."""
    paths = []
    for flaw in verdict.flaws:
        if value_at(traced.value, flaw.path) is None and flaw.keyword != "additionalProperties":
            field = field_at(context.schema, flaw.path, traced.value)
            if field is not None and not field.required:
                paths.append(flaw.path)
    if not paths:
        return traced, verdict
    editor = Editor(traced)
    for path in dict.fromkeys(paths):
        editor.remove(path)
    return editor.done(), judge(editor.value)


class _Proposal(NamedTuple):
    """One repair. path: the place that the judge named. place: the future place of the value. apply: makes the repair.

    by: the keywords of a flaw at `place` that reject it; None for any. hint: the judge accepts the value unchanged.
    """

    path: Path
    place: Path
    rule: str
    apply: Callable[[Editor], None]
    by: frozenset[str] | None = None
    hint: bool = False


_UNKNOWN = frozenset({"additionalProperties", "required"})
_MAY_BE_REPAIRED = REPAIRABLE | _UNKNOWN | {"discriminator"}


def _tried(traced: Traced, proposals: Iterable[_Proposal], judge: Judge) -> tuple[Traced, Verdict]:
    editor = Editor(traced)
    for one in proposals:
        one.apply(editor)
    done = editor.done()
    return done, judge(done.value)


def _still_named(proposals: Sequence[_Proposal], before: Verdict, after: Verdict) -> list[_Proposal]:
    """Return the proposals that did not help: the judge still names their place."""
    at: dict[Path, set[str]] = {}
    for flaw in (*after.flaws, *after.hints):
        at.setdefault(flaw.path, set()).add(flaw.keyword)
    named = []
    for one in proposals:
        keywords = at.get(one.place)
        if keywords is not None and (one.by is None or not one.by.isdisjoint(keywords)):
            named.append(one)
    if after.flaws and not before.flaws and not named:
        # The value was accepted unchanged: a repair for a hint must not make it invalid.
        paths = [flaw.path for flaw in after.flaws]
        hints = [one for one in proposals if one.hint]
        near = [one for one in hints if any(p.starts_with(one.place) or one.place.starts_with(p) for p in paths[:100])]
        named = near or hints
    return named


class _Proposer:
    """The proposals of one pass."""

    def __init__(
        self, traced: Traced, verdict: Verdict, context: ReadingContext, withdrawn: set[tuple[Path, str]]
    ) -> None:
        self._traced = traced
        self._verdict = verdict
        self._schema = context.schema
        self._allowed = ALLOWED[context.policy]
        self._withdrawn = withdrawn
        self._nodes = NodeLookup(context.schema, traced.value)
        self._work = Work(context.schema, context.limits)
        self._made: dict[Path, _Proposal] = {}

    def proposals(self) -> list[_Proposal]:
        """Return the proposals: at most one for each place, and none below the place of another."""
        unknown: dict[Path, list[str]] = {}
        missing: dict[Path, list[str]] = {}
        hinted: set[Path] = set()
        for is_hint, flaws in ((False, self._verdict.flaws), (True, self._verdict.hints)):
            for flaw in flaws:
                holder = Path(flaw.path[:-1])
                name = flaw.path[-1] if flaw.path else None
                if flaw.keyword == "additionalProperties" and isinstance(name, str):
                    unknown.setdefault(holder, []).append(name)
                    if is_hint:
                        hinted.add(flaw.path)
                elif isinstance(name, str) and value_at(self._traced.value, flaw.path) is UNSET:
                    missing.setdefault(holder, []).append(name)
                else:
                    self._repair_value(flaw, is_hint)
        for holder in {**unknown, **missing}:
            self._repair_keys(holder, unknown.get(holder, []), missing.get(holder, []), hinted)
        places = self._made
        return [one for path, one in places.items() if not any(Path(path[:n]) in places for n in range(len(path)))]

    def _add(self, proposal: _Proposal) -> bool:
        if (proposal.path, proposal.rule) in self._withdrawn or proposal.path in self._made:
            return False
        self._made[proposal.path] = proposal
        return True

    # -- values -----------------------------------------------------------------------------------------------------

    def _repair_value(self, flaw: StructuralFlaw, is_hint: bool) -> None:
        path, node = flaw.path, flaw.node
        there = self._traced.at(path)
        if there.value is UNSET or node is None:
            return
        if flaw.keyword == "discriminator" and isinstance(node, ChoiceNode) and isinstance(there.value, dict):
            self._repair_case(path, there.value, node)
            return
        if flaw.keyword not in REPAIRABLE:
            return
        field = self._field(path)
        found = repair_of(node, there.value, field, self._work, keyword=flaw.keyword, history=there.history)
        if found is None or found.kind not in self._allowed or found.value is there.value:
            return
        after = None
        if found.rule in ("one-item-list", "own-name"):
            # An unwrapped value has the same place, so it is repaired in the same step.
            inner = there.at((_only_part(there.value),))
            if not self._work.sound(inner.value, node, bounds=False):
                after = repair_of(node, inner.value, field, self._work, history=inner.history)
        self._add(_Proposal(path, path, found.rule, _application(path, there.value, found, after), hint=is_hint))

    def _field(self, path: Path) -> Field | None:
        if not path or isinstance(path[-1], int):
            return None
        holder = self._nodes.at(path[:-1])
        if isinstance(holder, ObjectNode):
            return fields_of(self._schema, holder).get(path[-1])
        return field_at(self._schema, path, self._traced.value)

    def _repair_case(self, path: Path, value: dict[str, Any], node: ChoiceNode) -> None:
        """Repair the discriminator of a choice, to the notation of the case that it names."""
        key = node.discriminator
        if key not in value:
            other = KeyTable(value).match(key)
            if other is not None:
                self._rename(path, other, key, "lossless", False, _UNKNOWN)
            return
        tag = value[key]
        found = match_word(tag, [case.value for case in node.cases]) if isinstance(tag, str) else None
        if found is not None and found.kind in self._allowed and found.value != tag:
            place = path.child(key)
            change = Coercion(*found)
            self._add(_Proposal(path, path, found.rule, _application(place, tag, change), frozenset({"discriminator"})))

    # -- keys -------------------------------------------------------------------------------------------------------

    def _repair_keys(self, path: Path, unknown: list[str], missing: list[str], hinted: set[Path]) -> None:
        """Repair the keys of one object: another notation of a missing member is renamed, any other unknown key is
        removed.
        """
        value = value_at(self._traced.value, path)
        if not isinstance(value, dict):
            return
        node = self._nodes.at(path)
        if isinstance(node, ChoiceNode):
            case = node.case(value)
            node = case.node if case is not None else node
        fields = fields_of(self._schema, node) if isinstance(node, ObjectNode) else {}
        absent = [name for name in fields if name not in value] if fields else list(missing)
        others = [key for key in value if key not in fields]
        is_open = isinstance(node, ObjectNode) and node.extra is not None
        candidates = list(dict.fromkeys([*unknown, *(others if missing else ())]))
        names, keys = KeyTable(absent if candidates else ()), KeyTable(others)
        taken: set[str] = set()
        wanted = set(missing)
        for key in candidates:
            is_hint = path.child(key) in hinted
            name = names.match(key)
            kind: RepairClass = "lossless"
            if name is None or keys.match(name) != key:
                name = None if is_open else names.slip(key)
                kind = "judgement"
                if name is None or keys.slip(name) != key:
                    continue
            if name in taken or (key not in unknown and name not in wanted):
                continue
            if self._rename(path, key, name, kind, is_hint, _UNKNOWN):
                taken |= {name, key}
        if missing and not taken and self._only_member(path, value, node):
            return
        rest = [key for key in dict.fromkeys(unknown) if key not in taken and path.child(key) not in hinted]
        has_known = not fields or any(key in fields for key in value) or bool(taken)
        if rest and (has_known or isinstance(node, ChoiceNode)):
            given = KeyTable(name for name in fields if name in value)
            for key in rest:
                name = given.match(key)
                # If a member is given twice with two values, its different notations do not decide between them.
                if name is None or json_equal(value[name], value[key]):
                    self._remove(path.child(key), value[key])

    def _rename(
        self,
        path: Path,
        key: str,
        name: str,
        kind: RepairClass,
        is_hint: bool,
        by: frozenset[str],
    ) -> bool:
        if kind not in self._allowed:
            return False
        change = RepairNote("misspelled-key", key, name, kind)
        old = path.child(key)
        return self._add(
            _Proposal(
                old,
                path.child(name),
                change.rule,
                lambda editor: editor.rename(old, name, change),
                by,
                is_hint,
            )
        )

    def _remove(self, path: Path, value: Any) -> None:
        def apply(editor: Editor) -> None:
            editor.remove(path)
            editor.note(path, RepairNote("unknown-key", value, UNSET))

        self._add(_Proposal(path, path, "unknown-key", apply))

    def _only_member(self, path: Path, value: dict[str, Any], node: Node | None) -> bool:
        """Repair the only member of an object that is written in place of that object."""
        if (
            "judgement" not in self._allowed
            or not isinstance(node, ObjectNode)
            or len(node.fields) != 1
            or not isinstance(node.extra, (AnyNode, NoneType))
        ):
            return False
        field = node.fields[0]
        if not value or field.name in value:
            return False
        found = fit(value, field.node, self._work, field, self._traced.history.at(path))
        if found is None or found[1] == "judgement":
            return False
        change = RepairNote("only-member", value, {field.name: value}, "judgement")
        return self._add(_Proposal(path, path, "only-member", lambda editor: editor.wrap(path, field.name, change)))


def _only_part(holder: dict[str, Any] | list[Any]) -> Any:
    return next(iter(holder)) if isinstance(holder, dict) else 0


def _application(path: Path, before: Any, found: Coercion, after: Coercion | None = None) -> Callable[[Editor], None]:
    """Return a function that applies a repair of the table. The content of a wrapper is repaired in the next pass, at
    its own paths.
    """
    rule, kind = found.rule, found.kind

    def change(now: Any) -> Note:
        return RepairNote(rule, before, now, kind)

    def apply(editor: Editor) -> None:
        if found.value is UNSET:
            editor.remove(path)
            editor.note(path, change(UNSET))
        elif rule == "list-of-one":
            editor.wrap(path, 0, change([before]))
        elif rule in ("one-item-list", "own-name"):
            part = _only_part(before)
            editor.unwrap(path, part, change(before[part]))
            if after is not None:
                editor.coerce(path, after.value, RepairNote(after.rule, before[part], after.value, after.kind))
        elif rule == "only-member":
            name = next(iter(found.value))
            editor.wrap(path, name, change({name: before}))
        elif found.inner is not None:
            editor.graft(path, found.inner, change(found.inner.value))
        else:
            editor.coerce(path, found.value, change(found.value))

    return apply
