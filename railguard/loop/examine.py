"""One round's examination of a state: its structure in one pass, then every check at the places in question.

Children are settled before what holds them, so that an object's rules see mended fields; places of one depth run side
by side. Everything found goes into the round's Book.
"""

from __future__ import annotations

from collections.abc import Generator
from itertools import groupby
from typing import Any

from railguard.loop.effects import Effect, Job, run_checks
from railguard.loop.places import Trie, fill_defaults, places, trie
from railguard.loop.settle import Book, Settling, settle
from railguard.loop.visit import Place
from railguard.parsing import Verdict, repair, tree_judge
from railguard.prompting.flaws import flaw_message
from railguard.schema import ChoiceNode, ListNode, ObjectNode
from railguard.schema.constraints import constraints
from railguard.schema.structure import Flaw
from railguard.values import UNSET, Failure, OnFail, Path, Repair, Traced, json_key, value_at

__all__ = ["examine", "settle_all"]


def examine(
    book: Book, *, only: Trie | None = None, known: tuple[Failure, ...] = ()
) -> Generator[Effect, Any, list[Failure]]:
    """Check a state's structure and run its checks; returns the structural failures, the others are in the book.

    only: the places to check again (the structure is always checked whole). known: failures that hold whatever the
    structure says (a key given twice, an answer cut off): their paths count as unsound.
    """
    plan = book.plan
    if plan.structure.has_defaults:
        # A user's own model fills its defaults itself: they are only written down.
        filled = fill_defaults(plan.schema, book.state, plan.schema.root, write=plan.owns_structure)
        book.repairs += [Repair(path, "default", UNSET, default) for path, default in filled]
    judge = tree_judge(plan.reading) if plan.owns_structure else lambda value: Verdict(plan.structure.flaws(value))
    repaired = repair(Traced(book.state), judge, plan.reading)
    book.state = repaired.traced.value
    book.repairs += repaired.traced.history.repairs()
    flaws = [flaw for flaw in repaired.verdict.flaws if isinstance(flaw, Flaw)]
    unknown = [flaw.path for flaw in flaws if flaw.keyword == "additionalProperties"]
    if not plan.owns_structure and unknown and plan.spec.repair not in ("none", "syntax"):
        _drop_keys(book, unknown)
        flaws = plan.structure.accept(book.state)[1]
    if not plan.owns_structure and not flaws:
        _take_the_models_types(book)
    if not plan.owns_structure:
        flaws += _unseen_lengths(book, flaws)
    found = [_failure(flaw) for flaw in flaws]
    known = tuple(failure for failure in known if not _is_gone(book, failure.path))
    taken = {failure.path for failure in known if not failure.blame}
    found = [failure for failure in found if failure.path not in taken]
    unsound = [failure.path for failure in (*found, *known) if not failure.blame]
    waiting = places(plan, book.state, only=only, unsound=trie(unsound) if unsound else None)
    yield from settle_all(book, list(waiting))
    return [*known, *found]


def _is_gone(book: Book, path: Path) -> bool:
    """Whether a path led to an unknown key, which was removed with all that was wrong with it."""
    if not path or value_at(book.state, path) is not UNSET:
        return False
    return book.plan.structure.node_at(path, book.state) is None or value_at(book.state, path[:-1]) is UNSET


def settle_all(book: Book, places: list[Place]) -> Generator[Effect, Any, None]:
    """Settle places, the deepest first. Jobs of places of one depth are run side by side."""
    # Of one path a target comes before the reference that leads to it: the sort is stable.
    ordered = sorted(places, key=lambda place: -len(place.path))
    for _, level in groupby(ordered, key=lambda place: len(place.path)):
        waiting: list[tuple[Settling, Job]] = []
        last: dict[Path, list[Place]] = {}
        for place in level:
            last.setdefault(place.path, []).append(place)
        for group in last.values():
            _advance(_chain(book, group), None, waiting)
        while waiting:
            running, waiting = waiting, []
            answers = yield from run_checks(tuple(job for _, job in running))
            for (settling, _), answer in zip(running, answers, strict=True):
                _advance(settling, answer, waiting)


def _chain(book: Book, places: list[Place]) -> Settling:
    for place in places:
        yield from settle(book, place)


def _advance(settling: Settling, answer: Any, waiting: list[tuple[Settling, Job]]) -> None:
    try:
        job = settling.send(answer)
    except StopIteration:
        return
    waiting.append((settling, job))


def _structural(on_fail: OnFail) -> OnFail:
    """What a structural failure counts as: there is no fix for it, so fix_reask is reask."""
    return OnFail.REASK if on_fail in (OnFail.FIX_REASK, OnFail.CUSTOM) else on_fail


def _failure(flaw: Flaw) -> Failure:
    node = flaw.node
    message = flaw.message if flaw.message is not None else flaw_message(flaw.keyword, node, flaw.value)
    on_fail = _structural(node.on_fail) if node is not None else OnFail.REASK
    blame = (flaw.path.child("+"),) if flaw.keyword == "minItems" else ()
    return Failure(flaw.path, flaw.keyword, message, flaw.value, on_fail, UNSET, blame)


def _drop_keys(book: Book, unknown: list[Path]) -> None:
    """An unknown key that is no known one misspelled is never asked for: it goes, and that is recorded."""
    for path in unknown:
        holder = value_at(book.state, path[:-1])
        if isinstance(holder, dict) and path[-1] in holder:
            book.repairs.append(Repair(path, "unknown-key", holder.pop(path[-1]), UNSET))


def _unseen_lengths(book: Book, flaws: list[Flaw]) -> list[Flaw]:
    """The lengths of lists that a user's own model did not come to look at, because items of theirs fail."""
    structure, unseen = book.plan.structure, []
    lists = {Path(flaw.path[:at]): None for flaw in flaws for at, part in enumerate(flaw.path) if isinstance(part, int)}
    flawed = {flaw.path for flaw in flaws}
    for path in lists:
        node, value = structure.node_at(path, book.state), value_at(book.state, path)
        if path not in flawed and isinstance(node, ListNode) and isinstance(value, list):
            broken = (one.keyword for one in constraints(node) if not one.holds(value))
            unseen += [Flaw(path, keyword, node, value) for keyword in broken]
    return unseen


def _take_the_models_types(book: Book) -> None:
    """Where a user's own model accepted another JSON type than it names, take the value as the model read it."""
    paths = book.plan.structure.other_types(book.state)
    if not paths:
        return
    dumped = book.plan.structure.dump(book.state)
    for path in paths:
        node, before, after = (
            book.plan.structure.node_at(path, book.state),
            value_at(book.state, path),
            value_at(dumped, path),
        )
        if (
            after is UNSET
            or json_key(after) == json_key(before)
            or isinstance(node, (ObjectNode, ListNode, ChoiceNode))
        ):
            continue
        book.write(path, after)
        book.repairs.append(Repair(path, "model-type", before, after))
