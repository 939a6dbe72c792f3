"""What is made of an answer: of the first one, of one that is the whole output again, of one that holds single fields.

A round is given where the call stands and returns where it stands then. A reask never makes things worse: what is missing
in its answer or cannot be read stays failing, the rest is merged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from railguard.checking import About, Checked, Seen, check_places, check_whole, look
from railguard.checking.doubts import with_end_settled
from railguard.checking.walk import trie
from railguard.errors import ValidatorError
from railguard.loop.effects import Effects
from railguard.loop.merging import merge, read_answer
from railguard.loop.request import Request
from railguard.loop.settings import Call
from railguard.loop.standing import Standing
from railguard.parsing import Reading, ReadingContext, read, read_fragment, read_text
from railguard.prompting.objections import objection_message
from railguard.schema.json_schema import to_json_schema
from railguard.schema.structure import Structure
from railguard.values import UNSET, Change, Completion, Doubt, Editor, Failure, History, Path, Stopped, Traced, value_at

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
    seen = call.seen
    if seen is None:
        seen = Seen(UNSET, UNSET) if cut and plan.is_text else look(plan, text, about, run_checks=not watched)
    if seen.sound:
        checked: Checked = Checked(Traced(seen.state), seen.output)
    elif seen.state is not UNSET:
        checked = yield from _checked_as_seen(call, about, seen, text)
    else:
        reading = _read_whole(call, text, cut=cut)
        if reading.traced is None:
            return Round(standing.unread(_unreadable(reading), completion, call.messages, schema=schema))
        traced = with_end_settled(plan, reading.traced, cut_by_limit=cut)
        checked = yield from check_whole(plan, about, traced, guessed=reading.guessed)
    return Round(_raised_once(call, standing, checked, (), completion, call.messages, None, schema))


def _checked_as_seen(call: Call, about: About, seen: Seen, text: str) -> Effects[Checked]:
    """Go on from a first look that found something."""
    traced = Traced(seen.state)
    if seen.found is None:
        own_text = text if seen.begun is not None else None
        return (yield from check_whole(call.plan, about, traced, text=own_text, begun=seen.begun))
    if seen.found.fills:
        fills = [(path, Change("default", UNSET, default)) for path, default in seen.found.fills]
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
    cut = completion.finish_reason == "length"
    seen = Seen(UNSET, UNSET) if call.plan.is_text else look(call.plan, completion.text, about)
    if seen.sound:
        checked: Checked = Checked(Traced(seen.state), seen.output)
    elif seen.state is not UNSET:
        checked = yield from _checked_as_seen(call, about, seen, completion.text)
    else:
        reading = _read_whole(call, completion.text, cut=cut)
        if reading.traced is None:
            kept = standing.failures if standing.state is not UNSET else _unreadable(reading)
            return standing.unread(kept, completion, request.messages, request=request)
        traced = with_end_settled(call.plan, reading.traced, cut_by_limit=cut)
        checked = yield from check_whole(call.plan, about, traced, guessed=reading.guessed)
    return _raised_once(call, standing, checked, (), completion, request.messages, request, None)


def _merged(
    call: Call, about: About, standing: Standing, request: Request, completion: Completion
) -> Effects[Standing]:
    plan = call.plan
    tree = Structure(request.schema)
    context = ReadingContext(request.schema, plan.spec.repair, plan.spec.limits, tree.flaws)
    reading = read_fragment(completion.text, context)
    if reading.traced is None:
        return standing.unread(standing.failures, completion, request.messages, request=request)
    answer = read_answer(reading.traced, request.wanted, standing.state)
    traced, written = merge(standing.traced, answer, plan.spec.repair)
    if not written:
        return standing.unread(
            standing.failures, completion, request.messages, request=request, ignored=answer.ignored
        )
    traced = _ends_answered(standing, traced, [one.wanted.path for one in answer.values])
    checked = yield from check_whole(plan, about, traced, only=trie(written))
    kept = tuple(
        failure
        for failure in standing.failures
        if (failure.path, failure.validator) not in standing.anew and not _touches(failure, written)
    )
    checked = replace(checked, failures=checked.failures + kept)
    return _raised_once(
        call, standing, checked, written, completion, request.messages, request, None, ignored=answer.ignored
    )


def _ends_answered(standing: Standing, traced: Traced, answered: Sequence[Path]) -> Traced:
    """An answer that gave what a cut-off list or object lacked has settled that doubt, and no other."""
    given = set(answered)
    editor = Editor(traced)
    for path, doubt in list(traced.history.doubts()):
        at = value_at(traced.value, path)
        if isinstance(at, list) and path.child("+") in given:
            editor.forget(path, "items-missing", "open")
        elif doubt.kind == "open" and isinstance(at, dict):
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
    messages: Any,
    request: Request | None,
    schema: Any,
    *,
    ignored: tuple[tuple[Path, Any], ...] = (),
) -> Standing:
    """The standing after a round. What the code of a user's model raised is asked for again once, then it is an error."""
    if checked.raised is not None and written:
        said = [one.message for one in checked.failures if one.validator == "raised"]
        others = tuple(one for one in checked.failures if one.validator != "raised")
        about = tuple(Failure(p, "raised", said[0], value_at(checked.traced.value, p)) for p in written)
        checked = replace(checked, failures=others + about)
    after = standing.after(
        call.plan, checked, completion, messages, request=request, schema=schema, ignored=ignored
    )
    if checked.raised is None:
        return after
    if call.text is None and not standing.raised:
        return replace(after, raised=True)
    error = checked.raised
    raise ModelRaised(after, error)


class ModelRaised(Exception):
    """The code of a user's model raised on the final reading of an answer; `standing` is the call's with it."""

    def __init__(self, standing: Standing, error: Exception) -> None:
        super().__init__(str(error))
        self.standing = standing
        self.error = error

    def as_error(self, model: str) -> ValidatorError:
        """What the caller gets."""
        kind = type(self.error).__name__
        return ValidatorError(f"a validator of the model {model} raised {kind}: {self.error}", validator=model, path=Path())


def _touches(failure: Failure, written: Sequence[Path]) -> bool:
    """Whether a merge made a failure moot: it wrote at, below or above its path."""
    return any(path.starts_with(failure.path) or failure.path.starts_with(path) for path in written)


def _read_whole(call: Call, text: str, *, cut: bool) -> Reading:
    """Read an answer that is the whole output. cut: the model was stopped midway."""
    if call.plan.is_text:
        return read_text(text, call.plan.spec.limits, cut=cut)
    return read(text, call.plan.reading_context)


def _unreadable(reading: Reading) -> tuple[Failure, ...]:
    problem = reading.problem if reading.problem is not None else Doubt("unreadable", "not-json")
    return (Failure(Path(), "json", objection_message(problem)),)
