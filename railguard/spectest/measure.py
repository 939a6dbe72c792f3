"""Mutation testing of a spec: valid answers are made wrong in one place at a time, and the report says what the guard
detects.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from railguard import UNSET, Failure, Guard, OnFail, Path, Rule, ValidationOutcome, ValidatorError
from railguard.spectest.cases import Case, run_case
from railguard.spectest.mutants import Mutation, breaks_bound, changes
from railguard.spectest.samples import Sampler, judged, replaced, written_answer
from railguard.spectest.single_rule import is_costly, refuses
from railguard.spectest.spec_fields import BOUNDS, Places, SpecField, implied
from railguard.spectest.spec_report import CaseVerdict, Finding, PlaceReport, RuleReport, SpecReport, Survivor

__all__ = ["measure_spec"]

GENERATED = 6
_MOST_OF_A_KIND = 3
_MOST_OF_A_KIND_STORED = 5
_MOST_STORED = 50
_MOST_SURVIVORS_OF_A_PLACE = 20
_MOST_LEFT_OUT = 20
_MOSTLY = 0.7
_UNCHECKED_TYPES = frozenset({"string", "integer", "number", "array"})
_STRUCTURE = frozenset({"type", "required", "additionalProperties", "json", "discriminator"})


class _Base(NamedTuple):
    """A valid answer. accepted: (path, validator) of failures that it has nevertheless, because no better answer was
    found.
    """

    value: Any
    output: Any
    accepted: frozenset[tuple[Path, str]]


@dataclass(slots=True)
class _Tally:
    """The counts of one rule. examples: only as many as needed."""

    broken: int = 0
    mistakes: int = 0
    alone: int = 0
    answers: int = 0
    let_through: int = 0


@dataclass(slots=True)
class _Counts:
    caught: int = 0
    missed: int = 0


@dataclass(slots=True)
class _Run:
    """The state of one test."""

    guard: Guard[Any]
    places: Places
    metadata: Mapping[str, Any]
    rules: dict[tuple[str, str, str | None], _Tally] = field(default_factory=lambda: defaultdict(_Tally))
    counts: dict[str, _Counts] = field(default_factory=lambda: defaultdict(_Counts))
    seen: dict[str, SpecField] = field(default_factory=dict)
    survivors: list[Survivor] = field(default_factory=list)
    unkept: set[tuple[str, str]] = field(default_factory=set)  # (path, validator) of failures that every answer has
    mended: int = 0
    structure: _Counts = field(default_factory=_Counts)


def measure_spec(
    guard: Guard[Any],
    *,
    answers: Iterable[str] = (),
    cases: Sequence[Case] = (),
    metadata: Mapping[str, Any] | None = None,
    costly: bool = False,
) -> SpecReport:
    """Measure how good a spec is.

    Valid answers are generated, or taken from the stored ones. Each is made wrong in one place at a time, by typical
    mistakes of models and by values made to break each rule. No model is asked.

    Args:
        guard: The spec.
        answers: Stored answers of a model, as texts.
        cases: Answers with their expected verdicts.
        metadata: Metadata for validators.
        costly: Whether to run rules that may ask a model or the network.

    Returns:
        The report.
    """
    given = dict(metadata or {})
    results = tuple(run_case(guard, case, given) for case in cases)
    rules = [(one.path, one.rule) for one in guard.enforcements()]
    tried, left_out = _runnable(guard, given, costly)
    places = Places(tried)
    run = _Run(tried, places, given)
    stored = list(answers)
    bases, failed = _stored(run, stored)
    sampler = Sampler(tried, places, given)
    made = [_base(*sampler.sample(turn)) for turn in range(GENERATED)]
    sound = [base for base in made if not base.accepted] or made
    if not bases and all(base.accepted for base in made):
        run.unkept = _unkept(run, made)
    for group, most in ((bases[:_MOST_STORED], _MOST_OF_A_KIND_STORED), (sound, _MOST_OF_A_KIND)):
        _mutate(run, group, most)
    reports = [one for path, rule in dict.fromkeys(rules) for one in _rule_reports(run, path, rule, left_out)]
    reports += _keyword_reports(run)
    order = {place.path: number for number, place in enumerate(places.all())}
    reports.sort(key=lambda one: order.get(one.path, len(order)))
    run.survivors.sort(key=lambda one: order.get(one.path, len(order)))
    where = _place_reports(run)
    findings = [*_unsound(run), *_rule_findings(reports), *_place_findings(where)]
    return SpecReport(
        caught=sum(one.caught for one in where),
        missed=sum(one.missed for one in where),
        mended=run.mended,
        structure_caught=run.structure.caught,
        structure_missed=run.structure.missed,
        generated=sum(not base.accepted for base in made),
        answers=len(stored),
        answers_failed=failed,
        rules=tuple(reports),
        places=tuple(where),
        survivors=tuple(run.survivors),
        findings=tuple(findings),
        cases=results,
    )


def _runnable(guard: Guard[Any], metadata: Mapping[str, Any], costly: bool) -> tuple[Guard[Any], dict[str, str]]:
    """Return the guard without the rules that cannot or should not run, and the reasons by validator name."""
    reasons: dict[str, str] = {}
    for one in guard.enforcements():
        missing = [name for name in one.rule.metadata if name not in metadata]
        if one.rule.validator is None:
            reasons[one.rule.name] = one.rule.lacks or "nobody registered it"
        elif missing:
            reasons[one.rule.name] = f"it needs the metadata {', '.join(missing)}"
        elif is_costly(one.rule) and not costly:
            reasons[one.rule.name] = "it may ask a model or the network"
    tried = guard
    for _ in range(_MOST_LEFT_OUT):
        tried = guard.without(lambda rule: rule.name in reasons) if reasons else guard
        sampler = Sampler(tried, Places(tried), metadata)
        try:
            for turn in range(2):
                sampler.sample(turn)
        except ValidatorError as error:
            if error.validator is None or error.validator in reasons:
                raise
            reasons[error.validator] = str(error)
        else:
            break
    return tried, reasons


def _base(value: Any, outcome: ValidationOutcome) -> _Base:
    accepted = frozenset((failure.path, failure.validator) for failure in outcome.failures)
    return _Base(value, _plain_output(outcome), accepted)


def _plain_output(outcome: ValidationOutcome) -> Any:
    """Return the output as plain data; for a failed answer, the value that was parsed from it."""
    output = outcome.to_dict()["output"]
    if output is None and outcome.iterations:
        return outcome.iterations[-1].parsed
    return output


def _stored(run: _Run, answers: Sequence[str]) -> tuple[list[_Base], int]:
    """Return the valid stored answers, and the number of invalid ones. Their failures are counted for the rules."""
    bases, failed = [], 0
    for text in answers:
        outcome = judged(run.guard, text, run.metadata)
        value = outcome.iterations[-1].parsed if outcome.iterations else UNSET
        if value is UNSET:
            failed += 1
            continue
        for key in _broken(run, value, [*outcome.failures, *outcome.resolved]):
            run.rules[key].answers += 1
        failed += not outcome.passed
        again = judged(run.guard, written_answer(value, run.places), run.metadata)
        if again.passed and not again.resolved:
            bases.append(_base(value, again))
    return bases, failed


def _mutate(run: _Run, bases: Sequence[_Base], most: int) -> None:
    """Try every change of every base; each kind of change at one place is tried at most `most` times."""
    times: dict[tuple[str, str, str], int] = defaultdict(int)
    for base in bases:
        for path, place in list(run.places.of(base.value)):
            run.seen.setdefault(place.path, place)
            value, parent = _at(base.value, path), _at(base.value, path[:-1]) if path else None
            number: dict[str, int] = defaultdict(int)
            for change in changes(path, place, value, parent):
                number[change.what] += 1
                kind = (place.path, change.what, str(number[change.what]))
                if times[kind] < (most if change.mistake else 1):
                    times[kind] += 1
                    _try(run, base, place, change, value)


def _try(run: _Run, base: _Base, place: SpecField, change: Mutation, right: Any) -> None:
    if change.value is not UNSET and _same(change.value, right):
        return
    if change.structure and change.value is UNSET and not _is_required(run, base, change.path):
        return
    wrong = replaced(base.value, change.path, change.value)
    outcome = judged(run.guard, written_answer(wrong, run.places), run.metadata)
    found = [one for one in (*outcome.failures, *outcome.resolved) if (one.path, one.validator) not in base.accepted]
    through = all(one.action is OnFail.NOOP for one in found)  # the caller gets the value: the failure is only noted
    broken = _broken(run, wrong, found)
    for key in broken:
        tally = run.rules[key]
        tally.broken += 1
        tally.mistakes += change.mistake
        tally.let_through += through
        tally.alone += all(other[0] != key[0] or other[1] == key[1] for other in broken)
    if change.structure:
        run.structure.missed += bool(through and not _same(_plain_output(outcome), base.output))
        run.structure.caught += not through or _same(_plain_output(outcome), base.output)
        return
    if not change.mistake:
        return
    counts = run.counts[place.path]
    if not through:
        counts.caught += 1
    elif _same(_plain_output(outcome), base.output):
        run.mended += 1
    else:
        counts.missed += 1
        if sum(one.path == place.path for one in run.survivors) < _MOST_SURVIVORS_OF_A_PLACE and not any(
            one.path == place.path and one.what == change.what for one in run.survivors
        ):
            run.survivors.append(Survivor(place.path, change.what, change.value, right))


def _broken(run: _Run, value: Any, found: Sequence[Failure]) -> set[tuple[str, str, str | None]]:
    """Return the rules, and the sides of ranges, that an answer's failures belong to."""
    keys: set[tuple[str, str, str | None]] = set()
    standing: dict[Path, SpecField] | None = None
    for failure in found:
        standing = dict(run.places.of(value)) if standing is None else standing
        place = standing.get(failure.path)
        if place is None or failure.validator in _STRUCTURE:
            continue
        run.seen.setdefault(place.path, place)
        rules = [rule for rule in place.rules if rule.name == failure.validator]
        if len(rules) > 1:
            rules = [rule for rule in rules if refuses(rule, failure.value, value, run.metadata)] or rules
        if not rules:
            keys.add((place.path, failure.validator, None))
        for rule in rules:
            sides = _sides(rule, place)
            broken = {side for side, bound in sides.items() if breaks_bound(side, bound, failure.value)}
            keys |= {(place.path, _id(rule), side) for side in broken} or {(place.path, _id(rule), None)}
    return keys


def _sides(rule: Rule, place: SpecField) -> dict[str, Any]:
    """Return the sides of a rule that is a range: keyword → bound."""
    said = implied(rule, place.types)
    return said if said and all(keyword in BOUNDS for keyword in said) else {}


def _id(rule: Rule) -> str:
    return f"{rule.name} {dict(rule.arguments)!r}" if rule.arguments else rule.name


def _rule_reports(run: _Run, path: str, rule: Rule, left_out: Mapping[str, str]) -> list[RuleReport]:
    place = run.seen.get(path)
    words, on_fail = rule.describe(), str(rule.on_fail)
    if rule.name in left_out:
        return [RuleReport(path, rule.name, None, words, on_fail, 0, 0, 0, 0, "untried", left_out[rule.name])]
    if place is None:
        reason = "no answer that was made has this place"
        return [RuleReport(path, rule.name, None, words, on_fail, 0, 0, 0, 0, "untried", reason)]
    if (path, rule.name) in run.unkept:
        reason = "no answer was made that it accepts"
        return [RuleReport(path, rule.name, None, words, on_fail, 0, 0, 0, 0, "untried", reason)]
    reports = []
    sides = _sides(rule, place)
    for side in sides or (None,):
        tally = run.rules.get((path, _id(rule), side), _Tally())
        verdict = _verdict(tally, side)
        one = f"{words}: {side} {sides[side]}" if side is not None and len(sides) > 1 else words
        reports.append(
            RuleReport(
                path,
                rule.name,
                side,
                one,
                on_fail,
                tally.broken,
                tally.mistakes,
                tally.alone,
                tally.answers,
                verdict,
            )
        )
    return reports


def _verdict(tally: _Tally, side: str | None) -> CaseVerdict:
    if not tally.broken and not tally.answers:
        return "never"
    if tally.broken and tally.let_through == tally.broken:
        return "kept"
    if side is not None and not tally.mistakes and not tally.answers:
        return "loose"
    if tally.broken and not tally.alone:
        return "redundant"
    return "ok"


def _keyword_reports(run: _Run) -> list[RuleReport]:
    """Report the schema's keywords that no rule implies, and checks without a keyword, such as a date's notation."""
    reports = []
    for path, place in run.seen.items():
        ruled = {_id(rule) for rule in place.rules}
        fired = {name for at, name, _ in run.rules if at == path and name not in ruled}
        for name in dict.fromkeys([*place.keywords, *sorted(fired)]):
            if name in ("enum", "const") and name not in fired and place.types <= {"boolean", "null"}:
                continue
            tally = run.rules.get((path, name, None), _Tally())
            if name == "pattern" and not tally.broken and "format" in fired:
                continue  # the schema expresses the format as this pattern
            if name == "const" and not tally.broken:
                continue  # the discriminator of a choice: another value means another case
            words = f"{name} {place.keywords[name]}" if name in place.keywords else name
            verdict = _verdict(tally, name if name in BOUNDS else None)
            reports.append(
                RuleReport(
                    path, name, None, words, "reask", tally.broken, tally.mistakes, tally.alone, tally.answers, verdict
                )
            )
    return reports


def _place_reports(run: _Run) -> list[PlaceReport]:
    fired = {path for path, _, _ in run.rules}
    reports = []
    for place in run.places.all():
        if place.path not in run.seen or not place.types & {*_UNCHECKED_TYPES, "object"}:
            continue
        counts = run.counts.get(place.path, _Counts())
        if place.types == {"object"} and not place.checked and not counts.caught and not counts.missed:
            continue
        if "const" in place.schema:
            continue
        kind = " or ".join(sorted(place.types))
        checked = place.checked or place.path in fired or counts.caught > 0
        reports.append(PlaceReport(place.path, kind, checked, counts.caught, counts.missed))
    return reports


def _unkept(run: _Run, made: Sequence[_Base]) -> set[tuple[str, str]]:
    """Return the places and rules that all generated answers break, if none of them is valid."""
    found = set()
    for base in made:
        standing = dict(run.places.of(base.value))
        found |= {(standing[path].path if path in standing else str(path), name) for path, name in base.accepted}
    return found


def _unsound(run: _Run) -> list[Finding]:
    return [
        Finding("no-valid-answer", path, f"no answer was made that {name} accepts; give some with --answers")
        for path, name in sorted(run.unkept)
    ]


def _rule_findings(reports: Sequence[RuleReport]) -> list[Finding]:
    said = {
        "never": "no value that was tried breaks it",
        "loose": "only values made for its bound break it; no ordinary mistake does",
        "kept": "what breaks it is let through",
        "redundant": "whatever it refuses, other rules there refuse too",
        "untried": "not tried",
    }
    found = []
    for one in reports:
        if one.verdict != "ok":
            reason = (
                f": {one.reason}" if one.reason else f" (on-fail is {one.on_fail})" if one.verdict == "kept" else ""
            )
            found.append(
                Finding(f"rule-{one.verdict}", one.path, f"{one.name} ({one.words}): {said[one.verdict]}{reason}")
            )
    return found


def _place_findings(where: Sequence[PlaceReport]) -> list[Finding]:
    found = []
    for one in where:
        if not one.checked and _UNCHECKED_TYPES & set(one.type.split(" or ")):
            found.append(Finding("no-rule", one.path, f"nothing checks it but its type, {one.type}"))
        elif one.checked and one.missed >= _MOSTLY * (one.caught + one.missed) > 0:
            count = f"{one.missed} of {one.caught + one.missed}"
            found.append(Finding("weak-place", one.path, f"{count} ordinary mistakes are let through"))
    return found


def _is_required(run: _Run, base: _Base, path: Path) -> bool:
    places = dict(run.places.of(base.value))
    parent = places.get(Path(path[:-1]))
    return parent is not None and path[-1] in parent.schema.get("required", ())


def _at(value: Any, path: Sequence[str | int]) -> Any:
    for step in path:
        value = value[step]
    return value


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)
