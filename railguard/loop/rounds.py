"""Processes an answer: the first one, a repeated whole output, or one with single fields.

A round takes the standing of the call and returns the new one. A reask never makes the result worse: values that are
missing in its answer or cannot be parsed stay failing, the rest is merged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from railguard.checking import About, CheckedAnswer, Plan, Seen, check_seen, check_whole, look
from railguard.checking.doubts import with_end_resolved
from railguard.checking.walk import trie
from railguard.checking.whole import reading_context
from railguard.loop.asking import REFUSED_CHANGE
from railguard.loop.changes import RefusedChange, moved_list
from railguard.loop.effects import Effects
from railguard.loop.merging import ReaskAnswer, keep_members, merge_answer, read_answer
from railguard.loop.parts import Parts, read_parts
from railguard.loop.reask_keys import dotted, is_plain, read_key
from railguard.loop.reask_request import PreparedReask
from railguard.loop.settings import GuardedCall
from railguard.loop.standing import REFUSAL_REASONS, Standing
from railguard.parsing import Reading, is_cut_scalar, is_json_text, read_model_text, read_text
from railguard.prompting.objections import objection_message
from railguard.prompting.update import refusal_message
from railguard.schema import ListNode
from railguard.values import (
    UNSET,
    Completion,
    Doubt,
    Editor,
    Failure,
    History,
    Path,
    Paths,
    Stopped,
    Traced,
    json_key,
    value_at,
)

__all__ = ["Round", "first_round", "is_one_answer", "looked_at", "reask_round"]


class Round(NamedTuple):
    """The standing of the call after a round, and the reason to stop; None if it may continue."""

    standing: Standing
    stopped: Stopped | None = None


def is_one_answer(plan: Plan, completion: Completion) -> bool:
    """Whether a completion is an answer, and not a refusal or several answers where one is expected."""
    return (
        completion.refusal is None
        and completion.finish_reason not in REFUSAL_REASONS
        and not _is_several(plan, completion)
    )


def looked_at(
    call: GuardedCall,
    about: About,
    completion: Completion,
    *,
    run_checks: bool = True,
    refused: ValueError | None = None,
) -> Seen | None:
    """Take a first look at the first answer; None if it is not an answer, or several. run_checks, refused: as for `look`."""
    plan = call.plan
    if not is_one_answer(plan, completion):
        return None
    if completion.finish_reason == "length" and (plan.is_text or is_cut_scalar(completion.text)):
        return Seen(UNSET, UNSET)
    return look(plan, completion.text, about=about, run_checks=run_checks, refused=refused)


def _is_several(plan: Plan, completion: Completion) -> bool:
    """Whether there are several answers where one is expected."""
    return len(completion.calls) > 1 and not isinstance(plan.schema.resolve(plan.schema.root), ListNode)


def first_round(
    call: GuardedCall,
    about: About,
    standing: Standing,
    completion: Completion,
    *,
    watched: bool = False,
    seen: Seen | None = None,
) -> Effects[Round]:
    """Parse and check the first answer. watched: whether its checks ran while it streamed. seen: its first look, if it
    had one.
    """
    if (after := standing.refused(completion, call.messages, ())) is not None:
        return Round(after, "refused")
    plan, text = call.plan, completion.text
    schema = plan.json_schema if call.text is None else _no_schema
    cut = completion.finish_reason == "length"
    if _is_several(plan, completion):
        several = Failure(Path(), "json", objection_message(Doubt("unreadable", "several-calls")))
        return Round(standing.unread([several], completion, call.messages, schema=schema))
    seen = seen or call.seen or looked_at(call, about, completion, run_checks=not watched)
    assert seen is not None, "it is one answer"
    if seen.sound:
        traced = Traced(seen.read_state(), History.of([(Path(), note) for note in seen.notes]))
        checked: CheckedAnswer = CheckedAnswer(traced, seen.output)
    elif seen.state is not UNSET:
        checked = yield from check_seen(plan, about, seen, text)
    else:
        reading = _read_whole(call, about, text, cut=cut)
        if reading.traced is None:
            return Round(standing.unread(_unreadable(reading), completion, call.messages, schema=schema))
        traced = with_end_resolved(plan, reading.traced, cut_by_limit=cut)
        as_json = not plan.is_text or is_json_text(text)
        begun = seen.begun if as_json and not traced.history and _is_whole(reading) else None
        own_text = text if begun is not None else None
        checked = yield from check_whole(plan, about, traced, text=own_text, guessed=reading.guessed, begun=begun)
    return Round(_after(call, standing, checked, (), completion, None, schema=schema))


def reask_round(
    call: GuardedCall,
    about: About,
    standing: Standing,
    request: PreparedReask,
    completion: Completion,
    parts: Parts | None = None,
) -> Effects[Round]:
    """Parse, merge and check the answer to a reask, or to the question of an update. parts: its content, if it was
    parsed already.
    """
    previous = standing.iterations[-1].raw if standing.iterations else None
    if (after := standing.refused(completion, request.messages, request.paths)) is not None:
        return Round(after, "refused")
    if request.whole:
        after = yield from _whole_again(call, about, standing, request, completion)
    else:
        if parts is None:
            parts = read_parts(completion.text, call.plan, about, request, told=call.document is not None)
        after = yield from _merged(call, about, standing, request, completion, parts)
    stalled = completion.text == previous and after.failures and call.text is None
    return Round(after, "stalled" if stalled else None)


def _whole_again(
    call: GuardedCall, about: About, standing: Standing, request: PreparedReask, completion: Completion
) -> Effects[Standing]:
    """Process an answer that is the whole output again. Declared members that it omits are kept."""
    plan, cut = call.plan, completion.finish_reason == "length"
    reading = _read_whole(call, about, completion.text, cut=cut)
    if reading.traced is None:
        kept = standing.failures if standing.state is not UNSET else _unreadable(reading)
        return standing.unread(kept, completion, request.messages, **_asked(request))
    traced = with_end_resolved(plan, reading.traced, cut_by_limit=cut)
    state, written = traced.value, [Path()]
    if standing.state is not UNSET:
        state, written = keep_members(standing.state, traced.value, plan.schema.root, plan.schema)
    traced = _written_over(standing.traced, state, written, traced.history)
    checked = yield from check_whole(plan, about, traced, guessed=reading.guessed)
    return _after(call, standing, checked, (), completion, request, merged=tuple(written))


def _merged(
    call: GuardedCall, about: About, standing: Standing, request: PreparedReask, completion: Completion, parts: Parts
) -> Effects[Standing]:
    """Process an answer with single fields or changes: the requested values are taken, the rest stays."""
    plan = call.plan
    answer = read_answer(parts.value, request.wanted, standing.state, plan.schema, parts.history)
    answer, held = _without_moves(standing, answer, doubted=bool(parts.doubted))
    state, written = merge_answer(standing.state, answer, plan.schema)
    if call.document is not None:
        standing = standing._replace(held=held if parts.value is not UNSET else standing.held)
        standing = _with_refusals(standing, parts, answer.refused)
    # An answer may also say that a list has no further items.
    anew = written or [Path(one.path[:-1]) for one, _ in answer.values if one.append]
    if not anew:
        return standing.unread(
            standing.failures, completion, request.messages, ignored=answer.ignored, **_asked(request)
        )
    removed = [change.path for change in answer.changes if change.after is UNSET]
    if removed:
        standing = standing._replace(origins=standing.origins.without(removed, standing.state))
    traced = _written_over(standing.traced, state, written, answer.history)
    traced = _ends_answered(standing, traced, [one.path for one, _ in answer.values])
    checked = yield from check_whole(plan, about, traced, only=trie(anew))
    kept = [] if plan.model is not None else _untouched(standing, anew)
    kept += [failure for failure in standing.failures if failure.validator == REFUSED_CHANGE]
    if kept:
        checked = checked._replace(failures=(*checked.failures, *kept))
    return _after(
        call,
        standing,
        checked,
        written,
        completion,
        request,
        ignored=answer.ignored,
        merged=tuple(written),
        changes=answer.changes,
    )


def _untouched(standing: Standing, written: Sequence[Path]) -> list[Failure]:
    """The failures that a merge leaves as they are: it resolves one if it wrote at, below or above its path."""
    touched = Paths(written)
    return [
        failure
        for failure in standing.failures
        if (failure.path, failure.validator) not in standing.anew
        and failure.validator != REFUSED_CHANGE
        and not (touched.has_above(failure.path) or touched.has_below(failure.path))
    ]


def _without_moves(standing: Standing, answer: ReaskAnswer, *, doubted: bool) -> tuple[ReaskAnswer, frozenset[Path]]:
    """An answer without changes that would be made twice, or in the wrong place, if the next answer says them again.

    Items are added and removed once all that an answer says can be done: until then they keep their places. An item that
    the answer before added is not added again, and where the answer before removed an item, the same removal is refused,
    with all that goes by the places of items.

    doubted: something in the answer could not be read. Returns the names of what was held back, too.
    """
    if not (answer.changes or answer.refused or doubted or standing.held):
        return answer, frozenset()
    last = standing.iterations[-1].changes if standing.iterations else ()
    before = {(moved_list(one), json_key(one.after)) for one in last if moved_list(one) is not None}
    now = [(change, moved_list(change)) for change in answer.changes]
    again = {name: True for change, name in now if name is not None and (name, json_key(change.after)) in before}
    is_new = {name for change, name in now if name in again and (name, json_key(change.after)) not in before}
    refused: list[RefusedChange] = []
    if is_new or any(name[-1:] != ("+",) for name in again):
        refused = [RefusedChange(name or change.path, _or_none(change.after), "said again") for change, name in now]
        now = []
    moves = {name: change.after for change, name in now if name is not None and name not in again}
    held = standing.held
    if answer.refused or doubted or not held <= moves.keys():
        held |= moves.keys()
        refused += [RefusedChange(name, _or_none(moves.get(name)), "held back") for name in sorted(held, key=str)]
        moves = {}
    else:
        held = frozenset()
    made = tuple(change for change, name in now if name is None or name in moves)
    if len(made) == len(answer.changes) and not refused:
        return answer, held
    ignored = [(name, change.after) for change, name in now if name is not None and name in again]
    ignored += [(one.path, one.value) for one in refused]
    everything = (*answer.refused, *refused)
    return answer._replace(changes=made, refused=everything, ignored=(*answer.ignored, *ignored)), held


def _or_none(value: Any) -> Any:
    return None if value is UNSET else value


def _with_refusals(standing: Standing, parts: Parts, refused: Sequence[RefusedChange]) -> Standing:
    """Return the standing of an update after an answer: without the refusals of earlier answers, and with those of this
    one. refused: changes in the answer that are not made.
    """
    kept = tuple(failure for failure in standing.failures if failure.validator not in (REFUSED_CHANGE, "json"))
    if parts.value is UNSET:
        problem = parts.problem if parts.problem is not None else Doubt("unreadable", "not-json")
        earlier = tuple(failure for failure in standing.failures if failure.validator == REFUSED_CHANGE)
        return standing._replace(failures=(*kept, *earlier, Failure(Path(), "json", objection_message(problem))))
    found = [
        Failure(one.path, REFUSED_CHANGE, refusal_message(_name(one.path), one.reason), one.value) for one in refused
    ]
    for path, message in parts.doubted:
        key = read_key(str(path[0]), standing.state) if path else Path()
        found.append(Failure(Path((*(key if key is not None else path[:1]), *path[1:])), REFUSED_CHANGE, message))
    return standing._replace(failures=(*kept, *found))


def _name(path: Path) -> str:
    """Return a path as the model may have written it."""
    if all(isinstance(part, int) or part.isdigit() or part == "+" or is_plain(part) for part in path):
        return dotted(path)
    return str(path).removeprefix("$").removeprefix(".")


def _asked(request: PreparedReask) -> dict[str, Any]:
    """Return what the record of a round says about its request."""
    return {"asked": request.paths, "schema": lambda: request.json_schema}


def _no_schema() -> None:
    return None


def _written_over(before: Traced, state: Any, written: Sequence[Path], history: History) -> Traced:
    """Return a state with new values at some paths: they have the history of the answer, all others keep their own."""
    if not (before.history or history):
        return Traced(state)
    editor = Editor(before)
    for path in sorted(written, key=len):
        value = value_at(state, path)
        if value is not UNSET:
            editor.replace(path, Traced(value, history.at(path)))
        elif editor.at(path) is not UNSET:
            editor.delete(path)
        else:
            editor.forget(path, "unreadable", "items-missing", "open", "cut")
    return editor.done()


def _ends_answered(standing: Standing, traced: Traced, answered: Sequence[Path]) -> Traced:
    """Remove the doubt about a truncated list or object if an answer gave the missing part."""
    if not traced.history:
        return traced
    given = set(answered)
    editor = Editor(traced)
    for path in given:
        if path[-1:] == ("+",) and isinstance(value_at(traced.value, path[:-1]), list):
            editor.forget(path[:-1], "items-missing", "open", rules=("unclosed",))
    for path, doubt in list(traced.history.doubts()):
        if doubt.kind == "open" and isinstance(value_at(traced.value, path), dict):
            asked = {one.path for one in standing.failures if one.validator == "truncated" and one.path[:-1] == path}
            if asked <= given:
                editor.forget(path, "open")
    return editor.done()


def _after(
    call: GuardedCall,
    standing: Standing,
    checked: CheckedAnswer,
    written: Sequence[Path],
    completion: Completion,
    request: PreparedReask | None,
    **record: Any,
) -> Standing:
    """Return the standing after a round. An exception of a user's model is reported for the paths that the answer
    wrote.

    written: the paths that the answer wrote. record: additional data for the round's record.
    """
    if checked.raised is not None and written:
        said = [one.message for one in checked.failures if one.validator == "raised"]
        others = tuple(one for one in checked.failures if one.validator != "raised")
        about = tuple(Failure(p, "raised", said[0], value_at(checked.traced.value, p)) for p in written)
        checked = checked._replace(failures=others + about)
    messages = request.messages if request is not None else call.messages
    if request is not None:
        record |= _asked(request)
    return standing.after(call.plan, checked, completion, messages, **record)


def _read_whole(call: GuardedCall, about: About, text: str, *, cut: bool) -> Reading:
    """Parse an answer that is the whole output. cut: whether the model was stopped before the end."""
    if call.plan.is_text and not (call.plan.text_may_be_json and is_json_text(text)):
        return read_text(text, call.plan.spec.limits, cut=cut)
    reading = read_model_text(text, reading_context(call.plan, about))
    at_end = reading.end >= len(text.rstrip())
    if cut and at_end and reading.traced is not None and is_cut_scalar(text[reading.start :]):
        editor = Editor(reading.traced)
        editor.note((), Doubt("unreadable", "text-cut"))
        return replace(reading, traced=editor.done())
    return reading


def _is_whole(reading: Reading) -> bool:
    """Whether a reading is the text itself, parsed as JSON."""
    return not reading.guessed and not (reading.source[: reading.start] + reading.source[reading.end :]).strip()


def _unreadable(reading: Reading) -> tuple[Failure, ...]:
    problem = reading.problem if reading.problem is not None else Doubt("unreadable", "not-json")
    return (Failure(Path(), "json", objection_message(problem)),)
