"""A whole answer checked: its structure in one pass, repairs where that rejects, then every check at the places in question.

Children are checked before what holds them, so that an object's rules see repaired fields; places of one depth run side
by side. What was found is returned; nothing that was given is changed.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from railguard.checking.by_model import ModelCheck, ModelVerdict
from railguard.checking.doubts import failures_of_history
from railguard.checking.effects import Checking, Job, run_checks
from railguard.checking.fast_pass import Place
from railguard.checking.field import About, added, check_field
from railguard.checking.plan import Plan
from railguard.checking.walk import Trie, missing_defaults, places, trie
from railguard.parsing import ReadingContext, StructuralFlaw, Verdict, repair, tree_judge
from railguard.prompting.flaws import flaw_message
from railguard.schema import ListNode
from railguard.schema.constraints import constraints
from railguard.schema.prune import Nodes, json_types_fit
from railguard.schema.structure import Flaw, Structure
from railguard.values import DEFAULT_ON_FAIL, UNSET, Editor, Failure, Path, RepairNote, Traced, Usage, value_at

__all__ = ["Checked", "check_places", "check_whole", "is_repairable", "reading_context"]


@dataclass(frozen=True, slots=True)
class Checked:
    """What is known of an answer after a check.

    traced: the answer's plain data after recorded repairs and fixes. output: what the caller gets where nothing but a noop
    failure is left; UNSET otherwise. failures, resolved: see `ValidationOutcome`. anew: (path, validator) of failures that
    every check of the whole finds anew. usage: what validators spent. raised: what the code of a user's model raised.
    """

    traced: Traced
    output: Any = UNSET
    failures: tuple[Failure, ...] = ()
    resolved: tuple[Failure, ...] = ()
    anew: frozenset[tuple[Path, str]] = frozenset()
    usage: Usage | None = None
    raised: Exception | None = None


def check_whole(
    plan: Plan,
    about: About,
    traced: Traced,
    *,
    text: str | None = None,
    only: Trie | None = None,
    guessed: bool = False,
    begun: tuple[ModelCheck, ModelVerdict] | None = None,
) -> Checking[Checked]:
    """Check an answer. Raises ValidatorError.

    text: its JSON text, if it is the answer's own. only: the places to run rules at, where the others stand as they were;
    the structure is always checked whole. guessed: the answer was found by a guess, so a user's own code sees it only
    if its JSON types are those that the schema names. begun: what a first look has asked of a user's model already.
    """
    if plan.model is not None:
        return (yield from _by_model(plan, about, traced, text, guessed, begun))
    defaults = missing_defaults(plan.schema, traced.value) if plan.structure.has_defaults else []
    editor = Editor(traced)
    for path, default in defaults:
        editor.replace(path, Traced(default))
        editor.note(path, RepairNote("default", UNSET, default))
    context = reading_context(plan, about)
    repaired = repair(editor.done(), tree_judge(context), context)
    traced = repaired.traced
    objections = failures_of_history(plan, traced)
    taken = {failure.path for failure in objections if not failure.blame}
    found = [failure for failure in map(_failure, repaired.verdict.flaws) if failure.path not in taken]
    unsound = [failure.path for failure in (*found, *objections) if not failure.blame]
    waiting = places(plan, traced.value, only=only, unsound=trie(unsound) if unsound else None)
    checked = yield from check_places(plan, about, traced, list(waiting))
    anew = (*objections, *found)
    return Checked(
        checked.traced,
        checked.traced.value,
        (*anew, *checked.failures),
        checked.resolved,
        frozenset((failure.path, failure.validator) for failure in anew),
        checked.usage,
    )


def reading_context(plan: Plan, about: About) -> ReadingContext:
    """What reading and repairing an answer of a call needs to know."""
    return plan.reading_context_with_nulls if about.nulls else plan.reading_context


def is_repairable(plan: Plan, structure: Structure, value: Any) -> bool:
    """Whether repairs of a value leave nothing structurally wrong with it. structure: of its node."""
    context = ReadingContext.of(structure, plan.spec.repair, plan.spec.limits)
    return not repair(Traced(value), tree_judge(context), context).verdict.flaws


def check_places(plan: Plan, about: About, traced: Traced, waiting: Sequence[Place]) -> Checking[Checked]:
    """Run the checks at places, the deepest first. Jobs of places of one depth are run side by side."""
    editor = Editor(traced)
    failures: list[Failure] = []
    resolved: list[Failure] = []
    usage: Usage | None = None

    def chain(group: Iterable[Place]) -> Generator[Job, Any, None]:
        nonlocal usage
        for place in group:
            found = yield from check_field(plan, about, editor.value, place)
            failures.extend(found.failures)
            resolved.extend(found.resolved)
            usage = added(usage, found.usage)
            if found.resolved:
                editor.replace(place.path, Traced(found.value))

    # Of one path a target comes before the reference that leads to it: the sort is stable.
    ordered = sorted(waiting, key=lambda place: -len(place.path))
    for _, level in groupby(ordered, key=lambda place: len(place.path)):
        groups: dict[Path, list[Place]] = {}
        for place in level:
            groups.setdefault(place.path, []).append(place)
        yield from _side_by_side([chain(group) for group in groups.values()])
    done = editor.done()
    return Checked(done, done.value, tuple(failures), tuple(resolved), usage=usage)


def _side_by_side(running: list[Generator[Job, Any, None]]) -> Checking[None]:
    waiting = [(one, job) for one in running if (job := _advance(one, None)) is not None]
    while waiting:
        answers = yield from run_checks(tuple(job for _, job in waiting))
        told = zip(waiting, answers, strict=True)
        waiting = [(one, job) for (one, _), answer in told if (job := _advance(one, answer)) is not None]


def _advance(one: Generator[Job, Any, None], answer: Any) -> Job | None:
    try:
        return one.send(answer)
    except StopIteration:
        return None


def _failure(flaw: StructuralFlaw) -> Failure:
    node = flaw.node
    own = flaw.message if isinstance(flaw, Flaw) else None
    message = own if own is not None else flaw_message(flaw.keyword, node, flaw.value)
    on_fail = node.on_fail.structural if node is not None else DEFAULT_ON_FAIL
    blame = (flaw.path.child("+"),) if flaw.keyword == "minItems" else ()
    return Failure(flaw.path, flaw.keyword, message, flaw.value, on_fail, UNSET, blame)


def _by_model(
    plan: Plan,
    about: About,
    traced: Traced,
    text: str | None,
    guessed: bool,
    begun: tuple[ModelCheck, ModelVerdict] | None,
) -> Checking[Checked]:
    if guessed and not json_types_fit(plan.schema, traced.value):
        context = reading_context(plan, about)
        traced = repair(traced, tree_judge(context), context).traced  # to types that the schema names, on record
        if not json_types_fit(plan.schema, traced.value):
            flaws = plan.tree.flaws(traced.value) or [Flaw(Path(), "type", plan.schema.root, traced.value)]
            return _refused(plan, traced, flaws)
        text = begun = None
    if begun is None:
        check = ModelCheck(plan, about)
        begun = check, check.judge(traced.value, text)
    check, first = begun

    def judge(value: Any) -> Verdict:
        said = check.judge(value)
        return Verdict(said.flaws, said.hints, said)

    verdict = first
    if first.flaws or first.hints:
        repaired = repair(traced, judge, reading_context(plan, about), Verdict(first.flaws, first.hints, first))
        traced, verdict = repaired.traced, repaired.verdict.output
        text = text if verdict is first else None
    editor = Editor(traced)
    for path, default in verdict.defaults:
        if not traced.history.at(path):
            editor.note(path, RepairNote("default", UNSET, default))
    traced = editor.done()
    done = yield from check.finish(traced.value, text, verdict)
    objections = failures_of_history(plan, traced)
    taken = {failure.path for failure in objections if not failure.blame}
    flaws = [*verdict.flaws, *_unseen_lengths(plan, traced.value, verdict.flaws)]
    found = [failure for failure in map(_failure, flaws) if failure.path not in taken]
    failures = (*objections, *found, *done.failures)
    output = UNSET if objections or found else done.output
    anew = frozenset((failure.path, failure.validator) for failure in failures)
    return Checked(traced, output, failures, done.resolved, anew, done.usage, done.raised)


def _unseen_lengths(plan: Plan, value: Any, flaws: Sequence[Flaw]) -> list[Flaw]:
    """The lengths of lists that a user's model did not come to look at, because items of theirs fail."""
    unseen: list[Flaw] = []
    lists = {Path(flaw.path[:at]): None for flaw in flaws for at, part in enumerate(flaw.path) if isinstance(part, int)}
    flawed = {flaw.path for flaw in flaws}
    nodes = Nodes(plan.schema, value)
    for path in lists:
        node, there = nodes.at(path), value_at(value, path)
        if path not in flawed and isinstance(node, ListNode) and isinstance(there, list):
            broken = (one.keyword for one in constraints(node) if one.keyword != "uniqueItems" and not one.holds(there))
            unseen += [Flaw(path, keyword, node, there) for keyword in broken]
    return unseen


def _refused(plan: Plan, traced: Traced, flaws: Sequence[Flaw]) -> Checked:
    failures = (*failures_of_history(plan, traced), *map(_failure, flaws))
    return Checked(traced, UNSET, failures, anew=frozenset((one.path, one.validator) for one in failures))
