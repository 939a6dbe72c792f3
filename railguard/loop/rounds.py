"""What is made of an answer: of the first one, of one that is the whole output again, of one that holds single fields.

A round is given where the call stands and returns where it stands then. A reask never makes things worse: what is missing
in its answer or cannot be read stays failing, the rest is merged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from railguard.checking import About, Checked, Seen, check_places, check_whole, left_out, look
from railguard.checking.doubts import doubted_parts, with_end_settled
from railguard.checking.walk import trie
from railguard.checking.whole import reading_context
from railguard.errors import ValidatorError
from railguard.loop.effects import Effects
from railguard.loop.merging import json_lines, keep_members, merge, read_answer
from railguard.loop.request import Request
from railguard.loop.settings import Call
from railguard.loop.standing import Standing
from railguard.parsing import Reading, ReadingContext, read, read_fragment, read_text
from railguard.prompting.objections import objection_message
from railguard.schema import ListNode
from railguard.schema.json_schema import to_json_schema
from railguard.schema.structure import Structure
from railguard.values import (
    UNSET,
    Completion,
    Doubt,
    Editor,
    Failure,
    History,
    Path,
    Paths,
    RepairNote,
    Stopped,
    Traced,
    value_at,
)

_QUOTES = ('"', "'", "“", "‘", "«", "„")

__all__ = ["ModelRaised", "Round", "first_round", "reask_round"]


class Round(NamedTuple):
    """Where the call stands after a round, and why it ends there; None if it may go on."""

    standing: Standing
    stopped: Stopped | None = None


def first_round(
    call: Call, about: About, standing: Standing, completion: Completion, *, watched: bool = False
) -> Effects[Round]:
    """Read and check the first answer. watched: its checks ran while it streamed."""
    if (after := standing.refused(completion, call.messages, ())) is not None:
        return Round(after, "refused")
    plan, text = call.plan, completion.text
    schema = None if call.text is not None or plan.is_text else to_json_schema(plan.schema)
    cut = completion.finish_reason == "length"
    if len(completion.calls) > 1 and not isinstance(plan.schema.resolve(plan.schema.root), ListNode):
        several = Failure(Path(), "json", objection_message(Doubt("unreadable", "several-calls")))
        return Round(standing.unread([several], completion, call.messages, schema=schema))
    seen = call.seen
    if seen is None:
        seen = Seen(UNSET, UNSET) if cut and plan.is_text else look(plan, text, about, run_checks=not watched)
    if seen.sound:
        checked: Checked = Checked(Traced(seen.state), seen.output)
    elif seen.state is not UNSET:
        checked = yield from _checked_as_seen(call, about, seen, text)
    else:
        reading = _read_whole(call, about, text, cut=cut)
        if reading.traced is None:
            return Round(standing.unread(_unreadable(reading), completion, call.messages, schema=schema))
        traced = with_end_settled(plan, reading.traced, cut_by_limit=cut)
        begun = seen.begun if not traced.history and _is_whole(reading) else None
        own_text = text if begun is not None else None
        checked = yield from check_whole(plan, about, traced, text=own_text, guessed=reading.guessed, begun=begun)
    return Round(_raised_once(call, standing, checked, (), completion, None, schema=schema))


def _checked_as_seen(call: Call, about: About, seen: Seen, text: str) -> Effects[Checked]:
    """Go on from a first look that found something."""
    traced = Traced(seen.state)
    if seen.found is None:
        own_text = text if seen.begun is not None else None
        return (yield from check_whole(call.plan, about, traced, text=own_text, begun=seen.begun))
    if seen.found.fills:
        fills = [(path, RepairNote("default", UNSET, default)) for path, default in seen.found.fills]
        traced = Traced(seen.state, History.of(fills))
    return (yield from check_places(call.plan, about, traced, seen.found.places))


def reask_round(
    call: Call, about: About, standing: Standing, request: Request, completion: Completion
) -> Effects[Round]:
    """Read, merge and check the answer to a reask."""
    previous = standing.iterations[-1].raw
    if (after := standing.refused(completion, request.messages, request.paths)) is not None:
        return Round(after, "refused")
    if request.whole:
        after = yield from _whole_again(call, about, standing, request, completion)
    else:
        after = yield from _merged(call, about, standing, request, completion)
    stalled = completion.text == previous and after.failures and call.text is None
    return Round(after, "stalled" if stalled else None)


def _whole_again(
    call: Call, about: About, standing: Standing, request: Request, completion: Completion
) -> Effects[Standing]:
    """An answer that is the whole output again. Declared members that it leaves out are kept."""
    plan, cut = call.plan, completion.finish_reason == "length"
    reading = _read_whole(call, about, completion.text, cut=cut)
    if reading.traced is None:
        kept = standing.failures if standing.state is not UNSET else _unreadable(reading)
        return standing.unread(kept, completion, request.messages, **_asked(request))
    traced = with_end_settled(plan, reading.traced, cut_by_limit=cut)
    state, written = traced.value, [Path()]
    if standing.state is not UNSET:
        state, written = keep_members(standing.state, traced.value, plan.schema.root, plan.schema)
    traced = _written_over(standing.traced, state, written, traced.history.at)
    checked = yield from check_whole(plan, about, traced, guessed=reading.guessed)
    return _raised_once(call, standing, checked, (), completion, request, merged=tuple(written))


def _merged(
    call: Call, about: About, standing: Standing, request: Request, completion: Completion
) -> Effects[Standing]:
    """An answer that holds single fields, or changes: what was asked for is taken from it, the rest stays."""
    plan, text = call.plan, completion.text
    history = History()
    value: Any = json_lines(text, plan.spec.limits)
    if value is None:
        context = ReadingContext.of(Structure(request.schema), plan.spec.repair, plan.spec.limits)
        context = replace(context, nulls=reading_context(plan, about).nulls)
        # What a change answer says is repaired at its place in the output, where null may take a member out.
        reading = read(text, context.anything) if request.by_changes else read_fragment(text, context)
        value, history = reading.value, reading.history
        if _is_prose(text, value):
            value = UNSET
        # What is doubted of an answer is not taken from it.
        doubted = doubted_parts(history, plan.spec.repair)
        value = left_out(value, doubted) if doubted and value is not UNSET else value
    answer = read_answer(value, request.wanted, standing.state, plan.schema)
    state, written = merge(standing.state, answer, plan.schema)
    if not written:
        return standing.unread(
            standing.failures, completion, request.messages, ignored=answer.ignored, **_asked(request)
        )
    traced = _written_over(standing.traced, state, written, _at_their_places(history, request).at)
    traced = _ends_answered(standing, traced, [one.path for one, _ in answer.values])
    checked = yield from check_whole(plan, about, traced, only=trie(written))
    if plan.model is None:
        # A merge makes a failure moot where it wrote at, below or above its path.
        touched = Paths(written)
        kept = tuple(
            failure
            for failure in standing.failures
            if (failure.path, failure.validator) not in standing.anew
            and not (touched.has_above(failure.path) or touched.has_below(failure.path))
        )
        checked = replace(checked, failures=checked.failures + kept)
    return _raised_once(
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


def _asked(request: Request) -> dict[str, Any]:
    """What a round's record says of its request."""
    return {"asked": request.paths, "schema": request.json_schema}


def _written_over(before: Traced, state: Any, written: Sequence[Path], history_at: Callable[[Path], History]) -> Traced:
    """A state whose values at some paths are new: they have the history of the answer, all others keep their own."""
    editor = Editor(before)
    for path in sorted(written, key=len):
        value = value_at(state, path)
        if value is not UNSET:
            editor.replace(path, Traced(value, history_at(path)))
        elif editor.at(path) is not UNSET:
            editor.delete(path)
        else:
            editor.forget(path, "unreadable", "items-missing", "open", "cut")
    return editor.done()


def _at_their_places(history: History, request: Request) -> History:
    """The history of a flat answer, at the paths in the output that its keys stand for."""
    places = {one.key: one.path[:-1] if one.append else one.path for one in request.wanted}
    notes: list[tuple[Sequence[str | int], Any]] = []
    for path, _, note in history.walk():
        place = places.get(str(path[0])) if path else None
        notes.append((path if place is None else (*place, *path[1:]), note))
    return History.of(notes)


def _is_prose(text: str, value: Any) -> bool:
    """Whether a text was read as itself, for want of JSON in it: "I am sorry" is the model's word and nobody's value."""
    at = text.find(value) if isinstance(value, str) else -1
    return at >= 0 and not text[:at].rstrip().endswith(_QUOTES)


def _ends_answered(standing: Standing, traced: Traced, answered: Sequence[Path]) -> Traced:
    """An answer that gave what a cut-off list or object lacked has settled that doubt, and no other."""
    given = set(answered)
    editor = Editor(traced)
    for path in given:
        if path[-1:] == ("+",):
            editor.forget(path[:-1], "items-missing", "open", rules=("unclosed",))
    for path, doubt in list(traced.history.doubts()):
        if doubt.kind == "open" and isinstance(value_at(traced.value, path), dict):
            asked = {one.path for one in standing.failures if one.validator == "truncated" and one.path[:-1] == path}
            if asked <= given:
                editor.forget(path, "open")
    return editor.done()


def _raised_once(
    call: Call,
    standing: Standing,
    checked: Checked,
    written: Sequence[Path],
    completion: Completion,
    request: Request | None,
    **record: Any,
) -> Standing:
    """The standing after a round. What the code of a user's model raised is asked for again once, then it is an error.

    written: what the answer wrote; the failure is said of that. record: more for the round's record.
    """
    if checked.raised is not None and written:
        said = [one.message for one in checked.failures if one.validator == "raised"]
        others = tuple(one for one in checked.failures if one.validator != "raised")
        about = tuple(Failure(p, "raised", said[0], value_at(checked.traced.value, p)) for p in written)
        checked = replace(checked, failures=others + about)
    messages = request.messages if request is not None else call.messages
    if request is not None:
        record |= _asked(request)
    after = standing.after(call.plan, checked, completion, messages, **record)
    if checked.raised is None:
        return after
    if call.text is None and not standing.raised:
        return replace(after, raised=True)
    raise ModelRaised(after, checked.raised)


class ModelRaised(Exception):
    """The code of a user's model raised on the final reading of an answer; `standing` is the call's with it."""

    def __init__(self, standing: Standing, error: Exception) -> None:
        super().__init__(str(error))
        self.standing = standing
        self.error = error

    def as_error(self, model: str) -> ValidatorError:
        """What the caller gets."""
        kind = type(self.error).__name__
        return ValidatorError(
            f"a validator of the model {model} raised {kind}: {self.error}", validator=model, path=Path()
        )


def _read_whole(call: Call, about: About, text: str, *, cut: bool) -> Reading:
    """Read an answer that is the whole output. cut: the model was stopped midway."""
    if call.plan.is_text:
        return read_text(text, call.plan.spec.limits, cut=cut)
    return read(text, reading_context(call.plan, about))


def _is_whole(reading: Reading) -> bool:
    """Whether a reading is the text itself, read as JSON."""
    return not reading.guessed and not (reading.source[: reading.start] + reading.source[reading.end :]).strip()


def _unreadable(reading: Reading) -> tuple[Failure, ...]:
    problem = reading.problem if reading.problem is not None else Doubt("unreadable", "not-json")
    return (Failure(Path(), "json", objection_message(problem)),)
