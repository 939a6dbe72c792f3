"""Checks a whole answer: its structure in one pass, repairs if that rejects, then every check at the places with
findings.

Children are checked before their parents, so that an object's rules see repaired fields; places of one depth run
concurrently. The findings are returned; the arguments are not changed.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from railguard import parsing
from railguard.checking.by_model import ModelCheck, ModelVerdict
from railguard.checking.doubts import failures_of_history
from railguard.checking.fast_pass import PendingCheck
from railguard.checking.field import About, added, check_field
from railguard.checking.first_look import Seen
from railguard.checking.plan import Plan
from railguard.checking.validator_runs import Checking, ValidatorRun, run_checks
from railguard.checking.walk import Trie, failing_places, missing_defaults, places, trie, written_places
from railguard.parsing import ReadingContext, StructuralFlaw, Verdict
from railguard.prompting.issue_messages import issue_message
from railguard.schema import ListNode, ObjectNode
from railguard.schema.members import fields_of
from railguard.schema.prune import NodeLookup, json_types_fit
from railguard.schema.structure import Flaw, Structure
from railguard.values import DEFAULT_ON_FAIL, UNSET, Editor, Failure, History, Path, RepairNote, Traced, Usage, value_at

__all__ = ["CheckedAnswer", "check_places", "check_seen", "check_whole", "is_repairable", "reading_context"]


class CheckedAnswer(NamedTuple):
    """The result of checking an answer.

    traced: the answer's plain data after recorded repairs and fixes. output: the result for the caller if only noop
    failures are left; UNSET otherwise. failures, resolved: see `ValidationOutcome`. anew: those failures that every check
    of the whole value finds again. usage: the tokens of validators. raised: the exception of a user's model.
    """

    traced: Traced
    output: Any = UNSET
    failures: tuple[Failure, ...] = ()
    resolved: tuple[Failure, ...] = ()
    anew: tuple[Failure, ...] = ()
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
) -> Checking[CheckedAnswer]:
    """Check an answer. Raises ValidatorError.

    text: its JSON text, if it is the answer's own. only: the places to run rules at, if the others are unchanged; the
    structure is always checked as a whole. guessed: the answer was found by a guess, so a user's own code sees it only
    if its JSON types are those of the schema. begun: a check of a user's model that a first look has begun.
    """
    if plan.model is not None:
        return _by_model(plan, about, traced, text, guessed, begun)
    return _by_tree(plan, about, traced, only)


def _by_tree(plan: Plan, about: About, traced: Traced, only: Trie | None) -> Checking[CheckedAnswer]:
    defaults = missing_defaults(plan.schema, traced.value) if plan.structure.has_defaults else []
    if defaults:
        editor = Editor(traced)
        for path, default in defaults:
            editor.replace(path, Traced(default))
            editor.note(path, RepairNote("default", UNSET, default))
        traced = editor.done()
    context = reading_context(plan, about)
    repaired = parsing.repair(traced, parsing.tree_judge(context), context)
    traced = repaired.traced
    if not (repaired.verdict.flaws or traced.history):
        return (yield from check_places(plan, about, traced, _to_check(plan, about, traced.value, only, None)))
    objections = failures_of_history(plan, traced)
    taken = {failure.path for failure in objections if not failure.blame}
    found = [failure for failure in map(_failure, repaired.verdict.flaws) if failure.path not in taken]
    unsound = [failure.path for failure in (*found, *objections) if not failure.blame]
    waiting = _to_check(plan, about, traced.value, only, trie(unsound) if unsound else None)
    checked = yield from check_places(plan, about, traced, waiting)
    anew = (*objections, *found)
    return CheckedAnswer(
        checked.traced,
        checked.traced.value,
        (*anew, *checked.failures),
        checked.resolved,
        anew,
        checked.usage,
    )


def check_seen(plan: Plan, about: About, seen: Seen, text: str) -> Checking[CheckedAnswer]:
    """Check an answer whose structure is known from a first look that found something. text: of the answer."""
    notes = [(Path(), note) for note in seen.notes] if seen.notes else []
    if seen.found is None:
        own_text = text if seen.begun is not None and not notes else None
        traced = Traced(seen.state, History.of(notes))
        return check_whole(plan, about, traced, text=own_text, begun=seen.begun)
    if seen.found.fills:
        notes += [(path, RepairNote("default", UNSET, default)) for path, default in seen.found.fills]
    return check_places(plan, about, Traced(seen.state, History.of(notes)), seen.found.places)


def _to_check(plan: Plan, about: About, value: Any, only: Trie | None, unsound: Trie | None) -> Sequence[PendingCheck]:
    """Return the places to check one by one: those with findings of the fast path, where it can be taken."""
    if (only is None or unsound is None) and not about.answers.remembering:
        try:
            return failing_places(plan, value, unsound) if only is None else written_places(plan, value, only)
        except KeyboardInterrupt:
            raise
        except BaseException:  # an exception of a validator is reported when it is run by itself
            pass
    return list(places(plan, value, only=only, unsound=unsound))


def reading_context(plan: Plan, about: About) -> ReadingContext:
    """Return the context for parsing and repairing an answer of a call."""
    return plan.reading_context_with_nulls if about.nulls else plan.reading_context


def is_repairable(plan: Plan, structure: Structure, value: Any) -> bool:
    """Whether repairs of a value leave no structural error in it. structure: of its node."""
    context = ReadingContext.of(structure, plan.spec.repair, plan.spec.limits)
    return not parsing.repair(Traced(value), parsing.tree_judge(context), context).verdict.flaws


def check_places(plan: Plan, about: About, traced: Traced, waiting: Sequence[PendingCheck]) -> Checking[CheckedAnswer]:
    """Run the checks at places, deepest first. Jobs of places of one depth run concurrently."""
    if not waiting:
        return CheckedAnswer(traced, traced.value)
    editor = Editor(traced)
    failures: list[Failure] = []
    resolved: list[Failure] = []
    usage: Usage | None = None

    def chain(group: Iterable[PendingCheck]) -> Generator[ValidatorRun, Any, None]:
        nonlocal usage
        for place in group:
            found = yield from check_field(plan, about, editor.value, place)
            failures.extend(found.failures)
            resolved.extend(found.resolved)
            usage = added(usage, found.usage)
            if found.resolved:
                editor.replace(place.path, Traced(found.value))

    # For one path the target of a reference comes before the reference.
    levels: dict[int, dict[Path, list[PendingCheck]]] = {}
    for place in waiting:
        levels.setdefault(len(place.path), {}).setdefault(place.path, []).append(place)
    for depth in sorted(levels, reverse=True):
        yield from _side_by_side([chain(group) for group in levels[depth].values()])
    done = editor.done()
    return CheckedAnswer(done, done.value, tuple(failures), tuple(resolved), usage=usage)


def _side_by_side(running: list[Generator[ValidatorRun, Any, None]]) -> Checking[None]:
    waiting = [(one, job) for one in running if (job := next(one, None)) is not None]
    while waiting:
        answers = yield from run_checks(tuple(job for _, job in waiting))
        told = zip(waiting, answers, strict=True)
        waiting = [(one, job) for (one, _), answer in told if (job := _advance(one, answer)) is not None]


def _advance(one: Generator[ValidatorRun, Any, None], answer: Any) -> ValidatorRun | None:
    try:
        return one.send(answer)
    except StopIteration:
        return None


def _failure(flaw: StructuralFlaw) -> Failure:
    node = flaw.node
    own = flaw.message if isinstance(flaw, Flaw) else None
    message = own if own is not None else issue_message(flaw.keyword, node, flaw.value)
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
) -> Checking[CheckedAnswer]:
    if guessed and not json_types_fit(plan.schema, traced.value):
        context = reading_context(plan, about)
        traced = parsing.repair(traced, parsing.tree_judge(context), context).traced  # to types in the schema, recorded
        if not json_types_fit(plan.schema, traced.value):
            flaws = plan.tree.flaws(traced.value) or [Flaw(Path(), "type", plan.schema.root, traced.value)]
            return _refused(plan, traced, flaws)
        text = begun = None
    if begun is None:
        check = ModelCheck(plan, about)
        begun = check, check.judge_quickly(traced.value, text)
    check, first = begun

    def judge(value: Any) -> Verdict:
        said = check.judge_quickly(value)
        return Verdict(said.flaws, said.hints, said)

    verdict, context = first, reading_context(plan, about)
    if context.nulls or parsing.may_be_repaired(first.flaws, first.hints, context):
        repaired = parsing.repair(traced, judge, context, Verdict(first.flaws, first.hints, first))
        traced, verdict = repaired.traced, repaired.verdict.output
        text = text if verdict is first else None
    if verdict.defaults:
        editor = Editor(traced)
        for path, default in verdict.defaults:
            if not traced.history.at(path):
                editor.note(path, RepairNote("default", UNSET, default))
        traced = editor.done()
    done = check.settled(verdict)
    if done is None:
        done = yield from check.finish(traced.value, text, verdict)
    failures = failures_of_history(plan, traced)
    taken = {failure.path for failure in failures if not failure.blame} if failures else set()
    for flaw in (*verdict.flaws, *_unseen_lengths(plan, traced.value, verdict.flaws)):
        if flaw.path not in taken:
            failure = _failure(flaw)
            if flaw.value is UNSET:
                failure = _blaming_what_is_there(plan, failure, traced.value)
            failures.append(failure)
    output = UNSET if failures else done.output
    for failure in done.failures:
        failures.append(_blaming_what_is_there(plan, failure, traced.value))
    told = tuple(failures)
    return CheckedAnswer(traced, output, told, done.resolved, told, done.usage, done.raised)


def _blaming_what_is_there(plan: Plan, failure: Failure, value: Any) -> Failure:
    """A failure of a member that the user's own code made of other members: the object that holds those is to blame.

    A new value for the member itself would be made anew of the others, so that it could never be mended.
    """
    path = failure.path
    read = Path(path[:-1]) if failure.validator == "required" else path
    if failure.blame or failure.validator == "raised" or value_at(value, read) is not UNSET:
        return failure
    holder = path
    while holder and value_at(value, holder) is UNSET:
        holder = Path(holder[:-1])
    there = value_at(value, holder)
    node = NodeLookup(plan.schema, value).at(holder)
    if isinstance(node, ObjectNode) and isinstance(there, dict) and len(path) == len(holder) + 1:
        known = fields_of(plan.schema, node)
        member = known.get(str(path[-1]))
        if member is not None and not member.required and there.keys() <= known.keys():
            return failure  # its default fails
    return replace(failure, blame=(holder,))


def _unseen_lengths(plan: Plan, value: Any, flaws: Sequence[Flaw]) -> list[Flaw]:
    """The lengths of lists that a user's model did not come to look at, because items of theirs fail."""
    if not (flaws and plan.has_lengths):
        return []
    lists = {flaw.path[:at]: None for flaw in flaws for at, part in enumerate(flaw.path) if type(part) is int}
    if not lists:
        return []
    unseen: list[Flaw] = []
    nodes = NodeLookup(plan.schema, value)
    for path in lists:
        node, there = nodes.member(path)
        if type(node) is ListNode and type(there) is list:
            unseen += [Flaw(Path(path), one, node, there) for one in plan.broken_lengths(node, there)]
    if not unseen:
        return unseen
    flawed = {flaw.path for flaw in flaws}
    return [flaw for flaw in unseen if flaw.path not in flawed]


def _refused(plan: Plan, traced: Traced, flaws: Sequence[Flaw]) -> CheckedAnswer:
    failures = (*failures_of_history(plan, traced), *map(_failure, flaws))
    return CheckedAnswer(traced, UNSET, failures, anew=failures)
