"""What is made of an answer: of the first one, of one that is the whole output again, of one that holds single fields.

A reask never makes things worse: what is missing in its answer or cannot be read stays failing, the rest is merged.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import Any

from railguard.loop.effects import Effect
from railguard.loop.examine import examine, settle_all
from railguard.loop.finish import left_out
from railguard.loop.merging import json_lines, keep_members, merge, read_answer
from railguard.loop.places import trie
from railguard.loop.plan import Plan, Seen
from railguard.loop.progress import Progress, note, refused
from railguard.loop.request import Request
from railguard.loop.settings import Call
from railguard.loop.settle import Book
from railguard.parsing import Defect, TolerantReading, read, read_fragment, read_text
from railguard.schema import AnyNode, ListNode, Node, ObjectNode
from railguard.schema.json_schema import to_json_schema
from railguard.schema.structure import Structure
from railguard.values import (
    UNSET,
    Completion,
    Failure,
    Path,
    Repair,
    Stopped,
    value_at,
)

__all__ = ["first_round", "reask_round"]


_PROBLEM_KEYWORDS = frozenset({"json", "truncated"})
_QUOTES = ('"', "'", "“", "‘", "«", "„")


def first_round(call: Call, progress: Progress, completion: Completion) -> Generator[Effect, Any, Stopped | None]:
    if refused(progress, completion, call.messages, ()):
        return "refused"
    plan, text = call.plan, completion.text
    schema = None if call.text is not None or plan.is_text else to_json_schema(plan.schema)
    cut = completion.finish_reason == "length"
    if call.seen is not None:
        seen = call.seen
    elif cut and plan.is_text:
        seen = Seen(UNSET, UNSET, None, False)
    elif progress.watched is not None:
        seen = plan.glance(text)
    else:
        seen = plan.look(text)
    book = Book(plan, seen.state, call.known, call.messages, progress.ledger)
    book.memory = progress.watched.memory if progress.watched is not None else None
    failures: list[Failure] = []
    if seen.sound:
        progress.output, progress.state = seen.output, seen.state
    elif seen.state is not UNSET:
        if seen.found is None:
            yield from examine(book)
        else:
            book.repairs += [Repair(path, "default", UNSET, default) for path, default in seen.found.fills]
            yield from settle_all(book, seen.found.places)
    else:
        reading = _read_whole(text, plan, cut=cut)
        book.repairs += reading.repairs
        failures = _problems(plan, reading, cut=cut)
        if reading.value is UNSET:
            progress.raw = text
        else:
            book.state = reading.value
            failures = yield from examine(book, known=tuple(failures))
    note(progress, book, failures, completion, call.messages, schema=schema)
    return None


def reask_round(
    call: Call, progress: Progress, request: Request, completion: Completion
) -> Generator[Effect, Any, Stopped | None]:
    previous = progress.iterations[-1].raw
    if refused(progress, completion, request.messages, request.paths):
        return "refused"
    plan, text = call.plan, completion.text
    if request.whole:
        progress.raw = None
        merged: tuple[Path, ...] = ()
        cut = completion.finish_reason == "length"
        reading = _read_whole(text, plan, cut=cut)
        book = Book(plan, UNSET, call.known, request.messages, progress.ledger)
        book.repairs += reading.repairs
        failures = _problems(plan, reading, cut=cut)
        if reading.value is UNSET:
            progress.raw = text if progress.state is UNSET else None
            kept = progress.failures if progress.state is not UNSET else tuple(failures)
            book.state = progress.state
            book.failures = list(kept)
            failures = []
        else:
            book.state, written = reading.value, [Path()]
            if progress.state is not UNSET:
                book.state, written = keep_members(progress.state, reading.value, plan.schema.root, plan.schema)
            merged = tuple(written)
            doubts = (one for one in progress.failures if one.validator in _PROBLEM_KEYWORDS)
            failures += [one for one in doubts if not _touches(one, written)]
            failures = yield from examine(book, known=tuple(failures))
        note(progress, book, failures, completion, request.messages, request, merged=merged)
    else:
        yield from _merge_round(call, progress, request, completion)
    return "stalled" if text == previous and progress.failures and call.text is None else None


def _merge_round(
    call: Call, progress: Progress, request: Request, completion: Completion
) -> Generator[Effect, Any, None]:
    plan = call.plan
    limits, policy = plan.spec.limits, plan.spec.repair
    book = Book(plan, progress.state, call.known, request.messages, progress.ledger)
    value: Any = json_lines(completion.text, limits)
    if value is None:
        reading = read_fragment(completion.text, Structure(request.schema), policy, limits)
        value = reading.value
        if value is not UNSET and _is_prose(completion.text, value):
            value = UNSET
        if value is not UNSET:
            doubtful = [problem.path for problem in reading.problems]
            if request.by_changes:  # a list that was not closed would take the place of the whole one
                doubtful += [path for path in reading.open if path]
            value = left_out(value, doubtful)
            book.repairs += _in_place(reading.repairs, request)
    answer = read_answer(value, request.wanted, progress.state, plan.schema)
    ignored = answer.ignored
    book.state, written = merge(progress.state, answer, plan.schema)
    if not written:
        same = [(failure.path, failure.validator) in progress.structural for failure in progress.failures]
        book.failures = [failure for failure, is_same in zip(progress.failures, same, strict=True) if not is_same]
        structural = [failure for failure, is_same in zip(progress.failures, same, strict=True) if is_same]
        note(progress, book, structural, completion, request.messages, request, ignored)
        return
    done: dict[str, Any] = {"merged": tuple(written), "changes": answer.changes}
    touched = trie(written)
    kept = [failure for failure in progress.failures if not _touches(failure, written)]
    known = tuple(failure for failure in kept if failure.validator in _PROBLEM_KEYWORDS)
    structural = yield from examine(book, only=touched, known=known)
    book.failures += [
        failure
        for failure in kept
        if failure not in known and (failure.path, failure.validator) not in progress.structural
    ]
    note(progress, book, structural, completion, request.messages, request, ignored, **done)


def _is_prose(text: str, value: Any) -> bool:
    """Whether a text was read as itself, for want of JSON in it: "I am sorry" is the model's word and nobody's value."""
    at = text.find(value) if isinstance(value, str) else -1
    return at >= 0 and not text[:at].rstrip().endswith(_QUOTES)


def _in_place(repairs: tuple[Repair, ...], request: Request) -> list[Repair]:
    """Repairs of a flat answer, at the paths in the output that its keys stand for."""
    paths = {one.key: one.path for one in request.wanted}
    return [
        replace(one, path=Path((*paths[str(one.path[0])], *one.path[1:]))) if one.path and one.path[0] in paths else one
        for one in repairs
    ]


def _touches(failure: Failure, written: list[Path]) -> bool:
    """Whether a merge made a failure moot: it wrote at, below or above its path."""
    return any(path.starts_with(failure.path) or failure.path.starts_with(path) for path in written)


def _read_whole(text: str, plan: Plan, *, cut: bool) -> TolerantReading:
    """Read an answer that is the whole output. cut: the model was stopped midway."""
    if plan.is_text:
        return read_text(text, plan.spec.limits, cut=cut)
    return read(text, plan.structure, plan.spec.repair, plan.spec.limits)


def _problems(plan: Plan, reading: TolerantReading, *, cut: bool) -> list[Failure]:
    """What is a failure of a reading whatever the structure says. cut: the model was stopped midway.

    Of an answer that was cut off only the rest is asked for: further items of the lists that were open, what is missing
    of the objects that were, and the value the end ran through. Where only brackets are missing at the end, whether
    optional members are missing too is for judgement.
    """
    if reading.value is UNSET or plan.is_text:
        return [_problem(problem) for problem in reading.problems]
    objects = {path for path in reading.open if isinstance(value_at(reading.value, path), dict)}
    cut = bool(reading.open) and (cut or any(one.append or one.path in objects for one in reading.problems))
    maps = {path for path in objects if _takes_any_keys(plan.structure.node_at(path, reading.value))}
    found = [
        _problem(problem)
        for problem in reading.problems
        if not (
            cut and (problem.append or _is_of_the_end(problem, objects, reading.value)) and problem.path not in maps
        )
    ]
    if not cut and plan.spec.repair == "judgement":
        return found  # only its brackets are missing
    for path in reading.open:
        node = plan.structure.node_at(path, reading.value)
        if isinstance(node, ListNode):
            if cut:
                message = "The answer was cut off in this list: write the items that are missing."
                found.append(Failure(path, "truncated", message, blame=(path.child("+"),)))
        elif path in maps:
            if all(failure.path != path for failure in found):
                message = "It was not closed, so that members may be missing: write all of it."
                found.append(Failure(path, "truncated", message, value_at(reading.value, path)))
        elif path in objects:
            told = {failure.path for failure in found}
            found += [
                Failure(path.child(name), "truncated", "The answer was cut off before this could stand in it.")
                for name in plan.structure.missing_fields(path, reading.value)
                if path.child(name) not in told and not plan.structure.is_required(path.child(name), reading.value)
            ]
    if cut and reading.cut is not None and all(failure.path != reading.cut for failure in found):
        value = value_at(reading.value, reading.cut)
        found.append(Failure(reading.cut, "truncated", "The answer was cut off here: write all of it.", value))
    return found


def _is_of_the_end(problem: Defect, objects: set[Path], value: Any) -> bool:
    """Whether a problem of a cut answer is that an open object ends there, or that its last key has no value."""
    if problem.path in objects:
        return True
    return bool(problem.path) and Path(problem.path[:-1]) in objects and value_at(value, problem.path) is UNSET


def _takes_any_keys(node: Node | None) -> bool:
    """Whether the keys of an object are not listed, so that nothing says which are missing of one that is not closed."""
    if isinstance(node, ObjectNode):
        return node.extra is not None and not (node.fields and isinstance(node.extra, AnyNode))
    return isinstance(node, AnyNode) or node is None


def _problem(problem: Defect) -> Failure:
    blame = (problem.path.child("+"),) if problem.append else ()
    return Failure(problem.path, problem.keyword, problem.message, problem.value, blame=blame)
