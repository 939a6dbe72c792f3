"""The guard loop: ask, read, repair, check, and ask again for only what fails, until nothing does or a budget is spent.

A generator that decides and performs nothing: it yields effects, is sent their results, and returns the outcome. No I/O,
no clock, no lock, no global. `throw` an error into it, and it surfaces at the effect that caused it.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from railguard.errors import ProviderError, SpecError, ValidationFailed
from railguard.loop.asking import in_document_order, wanted
from railguard.loop.effects import Ask, Effect, ask, begin, read_more, tell
from railguard.loop.examine import examine, settle_all
from railguard.loop.finish import apply_filters, left_out, output_of, partial_of, removable
from railguard.loop.merging import merge, read_answer
from railguard.loop.plan import Plan, Seen, Trie, trie
from railguard.loop.settle import Book, get
from railguard.loop.watch import Snapshot, Watch
from railguard.parsing import Defect, TolerantReading, read, read_fragment, read_text
from railguard.prompting.describe import is_text
from railguard.prompting.reask import Wanted, reask_messages
from railguard.schema import ListNode, Node, Schema
from railguard.schema.json_schema import Target, request_schema, to_json_schema
from railguard.schema.prune import flat
from railguard.schema.structure import Structure
from railguard.values import (
    UNSET,
    Completion,
    Failure,
    Iteration,
    JsonSchema,
    Message,
    OnFail,
    Path,
    Repair,
    Stopped,
    StreamEvent,
    Usage,
    ValidationOutcome,
)

__all__ = ["Budget", "Call", "Request", "Streaming", "guard_loop", "request_for"]

_PROBLEM_KEYWORDS = frozenset({"json", "truncated"})


@dataclass(frozen=True, slots=True)
class Budget:
    """reasks: rounds after the first. tokens: of all rounds together; no reask is begun once they are spent."""

    reasks: int = 2
    tokens: int = 500_000


@dataclass(frozen=True, slots=True)
class Streaming:
    """How a call streams. raw: tell unchecked pieces of text too. abort: stop reading at the first definite failure."""

    raw: bool = False
    abort: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One guarded call. text: an answer that is there already, for `parse`; then nobody is asked. seen: its first look.

    resumed: an outcome to go on from: its last state is taken, and what failed is asked for. target: the dialect of
    JSON Schema that the model's provider enforces; where it cannot say the schema, the schema is not enforced there.
    """

    plan: Plan
    messages: tuple[Message, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    budget: Budget = Budget()
    strict_first: bool = True
    strict_reask: bool = False
    target: Target = "draft2020-12"
    text: str | None = None
    seen: Seen | None = None
    streaming: Streaming | None = None
    resumed: ValidationOutcome | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A reask, ready to be sent: what is asked for, in which words, and the schema of the answer."""

    wanted: tuple[Wanted, ...]
    whole: bool
    schema: Schema
    messages: tuple[Message, ...]

    @property
    def is_text(self) -> bool:
        """Whether plain text is wanted, and no JSON."""
        return self.whole and is_text(self.schema)

    @property
    def json_schema(self) -> JsonSchema | None:
        """The JSON Schema of the wanted answer; None where it is plain text."""
        return None if self.is_text else to_json_schema(self.schema)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The paths asked for."""
        return tuple(one.path for one in self.wanted)


@dataclass(slots=True)
class _Progress:
    """Where a call stands between two rounds. Local to one call."""

    state: Any = UNSET
    failures: tuple[Failure, ...] = ()
    structural: frozenset[tuple[Path, str]] = (
        frozenset()
    )  # which failures the structure's own pass finds anew each time
    resolved: tuple[Failure, ...] = ()
    repairs: tuple[Repair, ...] = ()
    iterations: tuple[Iteration, ...] = ()
    usage: Usage | None = None
    refusal: str | None = None
    raw: str | None = None  # the last answer, where it could not be read
    output: Any = UNSET  # where the first answer was sound at once
    watched: Book | None = None  # what was checked already while the first answer streamed
    snapshot: Snapshot = field(default_factory=Snapshot)
    told_failures: set[tuple[Path, str]] = field(default_factory=set)

    def spent(self, usage: Usage | None) -> None:
        more = usage if usage is not None else Usage(known=False)
        self.usage = more if self.usage is None else self.usage + more


def guard_loop(call: Call) -> Generator[Effect, Any, ValidationOutcome]:
    """Run one call. Yields Effects; returns the outcome; raises ValidationFailed where a rule says exception."""
    progress = _Progress()
    stopped: Stopped | None = None
    if call.resumed is not None:
        _take_up(call.plan, progress, call.resumed)
    if call.resumed is None or (progress.state is UNSET and not progress.failures):
        completion = yield from _first_answer(call, progress)
        if completion is None:
            return _outcome(call, progress, "timeout")
        progress.spent(completion.usage)
        stopped = yield from _first_round(call, progress, completion)
        if progress.watched is not None and not progress.snapshot.holds(progress.state):
            progress.snapshot = Snapshot()
            progress.told_failures = set()
            yield from tell(StreamEvent("restart"))
        if progress.watched is not None and not call.plan.is_text:
            yield from _tell_rest(call.plan, progress)
    rounds = 0
    while stopped is None:
        stopped = _must_stop(progress) or _budget(call, progress, rounds)
        if stopped is not None:
            break
        request = request_for(call.plan, progress, call.messages, call.variables)
        if request is None:
            stopped = "valid"
            break
        rounds += 1
        if call.streaming is not None:
            yield from tell(StreamEvent("reask", paths=request.paths, snapshot=progress.snapshot.value))
        try:
            completion = yield from _ask(
                call,
                progress,
                request.messages,
                None if request.is_text else request.schema,
                strict=call.strict_reask,
                round=rounds,
                asked=request.paths,
            )
        except ProviderError as error:
            error.outcome = yield from _finish(call, progress, "provider")
            raise
        if completion is None:
            stopped = "timeout"
            break
        progress.spent(completion.usage)
        stopped = yield from _reask_round(call, progress, request, completion)
        if call.streaming is not None:
            yield from _tell_round(progress)
    return (yield from _finish(call, progress, stopped))


def _first_answer(call: Call, progress: _Progress) -> Generator[Effect, Any, Completion | None]:
    if call.text is not None:
        return Completion(call.text)
    schema = None if call.plan.is_text else call.plan.schema
    return (yield from _ask(call, progress, call.messages, schema, strict=call.strict_first, round=0))


def _ask(
    call: Call,
    progress: _Progress,
    messages: tuple[Message, ...],
    schema: Schema | None,
    *,
    strict: bool,
    round: int,
    asked: tuple[Path, ...] = (),
) -> Generator[Effect, Any, Completion | None]:
    """Ask, with a schema in the provider's dialect if that is to enforce it and can; unwrap what it made us wrap."""
    document, wrapped = None, None
    if schema is None:
        strict = False
    elif strict:
        try:
            sent = request_schema(schema, call.target)
        except SpecError:
            strict = False
        else:
            document, wrapped = sent.schema, sent.wrapped
    if schema is not None and not strict:
        document = to_json_schema(schema)
    effect = Ask(messages, document, strict, round, asked, streamed=call.streaming is not None)
    if call.streaming is None:
        completion = yield from ask(effect)
    else:
        completion = yield from _streamed(call, progress, effect, call.streaming)
    if completion is None or wrapped is None:
        return completion
    return replace(completion, text=_unwrapped(completion.text, wrapped))


def _streamed(
    call: Call, progress: _Progress, effect: Ask, streaming: Streaming
) -> Generator[Effect, Any, Completion | None]:
    """Read a streaming answer to its end. The first one is watched; of a reask only its end counts."""
    watch = None
    if effect.round == 0:
        progress.watched = Book(call.plan, UNSET, call.metadata, effect.messages)
        watch = Watch(call.plan, progress.watched, eager=streaming.abort)
        progress.snapshot = watch.snapshot
    pieces: list[str] = []
    piece = yield from begin(effect)
    while isinstance(piece, str):
        pieces.append(piece)
        if streaming.raw and piece:
            yield from tell(StreamEvent("delta", text=piece, snapshot=progress.snapshot.value))
        for event in watch.feed(piece) if watch is not None else ():
            yield from _tell(progress, event)
        if streaming.abort and watch is not None and watch.failed:
            yield from read_more(stop=True)
            return Completion("".join(pieces), "length", usage=Usage(known=False))
        piece = yield from read_more()
    if watch is not None and piece is not None and not pieces:
        # A model that cannot stream: its whole answer came at once.
        for event in watch.feed(piece.text):
            yield from _tell(progress, event)
    if piece is None and pieces:
        return Completion("".join(pieces), usage=Usage(known=False))  # a stream of bare text, which says no more
    return piece


def _tell(progress: _Progress, event: StreamEvent) -> Generator[Effect, Any, None]:
    if event.failure is not None:
        progress.told_failures.add((event.failure.path, event.failure.validator))
    yield from tell(event)


def _tell_rest(plan: Plan, progress: _Progress) -> Generator[Effect, Any, None]:
    """Tell of the first round what could not be told while it streamed: failures, then values, as they stand in it."""
    for failure in progress.failures:
        if (failure.path, failure.validator) not in progress.told_failures:
            yield from tell(
                StreamEvent("failure", path=failure.path, failure=failure, snapshot=progress.snapshot.value)
            )
    failing: list[Path] = []
    for failure in progress.failures:
        if failure.action is OnFail.FILTER:  # what goes with it is not told either
            failing.append(removable(plan, progress.state, failure.path) or Path())
        elif failure.action in (OnFail.REFRAIN, OnFail.EXCEPTION):
            return
        elif failure.action is not OnFail.NOOP:
            failing.append(failure.path)
    for path, value in _sound(progress.state, Path(), trie(failing) if failing else None):
        if not progress.snapshot.has(path):
            progress.snapshot.put(path, value)
            yield from tell(StreamEvent("field", path=path, value=value, snapshot=progress.snapshot.value))


def _sound(value: Any, path: Path, failing: Trie | None) -> Iterator[tuple[Path, Any]]:
    """The values below a path with no failure at, above or below them, members before what holds them."""
    if failing is not None and not failing:
        return
    members: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        members = value.items()
    elif isinstance(value, list):
        members = enumerate(value)
    for part, member in members:
        below = failing.get(part) if failing is not None else None
        yield from _sound(member, path.child(part), below)
    if path and failing is None:
        yield path, value


def _tell_round(progress: _Progress) -> Generator[Effect, Any, None]:
    """Tell what a reask brought: its values that passed, and what still fails of it."""
    iteration = progress.iterations[-1]
    failing = {failure.path: failure for failure in iteration.failures}
    for path in iteration.asked:
        at = Path(path[:-1]) if isinstance(get(progress.state, path[:-1]), list) and path[-1:] == ("+",) else path
        if at in failing:
            yield from tell(StreamEvent("failure", path=at, failure=failing[at], snapshot=progress.snapshot.value))
            continue
        value = get(progress.state, at)
        if value is not UNSET and not any(one.starts_with(at) for one in failing):
            if at:
                progress.snapshot.put(at, value)
            yield from tell(StreamEvent("field", path=at, value=value, snapshot=progress.snapshot.value))


def _unwrapped(text: str, key: str) -> str:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return json.dumps(value[key], ensure_ascii=False) if isinstance(value, dict) and [*value] == [key] else text


def _take_up(plan: Plan, progress: _Progress, outcome: ValidationOutcome) -> None:
    last = outcome.iterations[-1] if outcome.iterations else None
    progress.state = deepcopy(last.parsed) if last is not None else UNSET
    # The state is the unfiltered one, so what was filtered out of it is to be filtered again.
    filtered = tuple(one for one in outcome.resolved if one.action is OnFail.FILTER and one.after is UNSET)
    progress.failures = outcome.failures + filtered
    progress.resolved = tuple(one for one in outcome.resolved if one not in filtered)
    progress.repairs = outcome.repairs
    progress.iterations = outcome.iterations
    progress.usage = outcome.usage
    if progress.state is not UNSET:
        flaws = plan.structure.accept(progress.state)[1]
        progress.structural = frozenset((flaw.path, flaw.keyword) for flaw in flaws)
    elif last is not None:
        progress.raw = last.raw


def _first_round(call: Call, progress: _Progress, completion: Completion) -> Generator[Effect, Any, Stopped | None]:
    refused = _refused(progress, completion, call.messages, ())
    if refused:
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
    book = Book(plan, seen.state, call.metadata, call.messages)
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
    _note(progress, book, failures, completion, call.messages, schema=schema)
    return None


def _reask_round(
    call: Call, progress: _Progress, request: Request, completion: Completion
) -> Generator[Effect, Any, Stopped | None]:
    previous = progress.iterations[-1].raw
    if _refused(progress, completion, request.messages, request.paths):
        return "refused"
    plan, text = call.plan, completion.text
    if request.whole:
        progress.raw = None
        cut = completion.finish_reason == "length"
        reading = _read_whole(text, plan, cut=cut)
        book = Book(plan, UNSET, call.metadata, request.messages)
        book.repairs += reading.repairs
        failures = _problems(plan, reading, cut=cut)
        if reading.value is UNSET:
            progress.raw = text if progress.state is UNSET else None
            kept = progress.failures if progress.state is not UNSET else tuple(failures)
            book.state = progress.state
            book.failures = list(kept)
            failures = []
        else:
            book.state = reading.value
            failures = yield from examine(book, known=tuple(failures))
        _note(progress, book, failures, completion, request.messages, request)
    else:
        yield from _merge_round(call, progress, request, completion)
    return "stalled" if text == previous and progress.failures and call.text is None else None


def _merge_round(
    call: Call, progress: _Progress, request: Request, completion: Completion
) -> Generator[Effect, Any, None]:
    plan = call.plan
    limits, policy = plan.spec.limits, plan.spec.repair
    reading = read_fragment(completion.text, Structure(request.schema), policy, limits)
    book = Book(plan, progress.state, call.metadata, request.messages)
    ignored: tuple[tuple[Path, Any], ...] = ()
    written: list[Path] = []
    if reading.value is not UNSET:
        doubtful = [problem.path for problem in reading.problems]
        value = left_out(reading.value, doubtful) if doubtful else reading.value
        answer = read_answer(value, request.wanted, progress.state)
        book.repairs += _in_place(reading.repairs, request)
        ignored = answer.ignored
        book.state, written = merge(progress.state, answer)
    if not written:
        same = [(failure.path, failure.validator) in progress.structural for failure in progress.failures]
        book.failures = [failure for failure, is_same in zip(progress.failures, same, strict=True) if not is_same]
        structural = [failure for failure, is_same in zip(progress.failures, same, strict=True) if is_same]
        _note(progress, book, structural, completion, request.messages, request, ignored)
        return
    touched = trie(written)
    kept = [failure for failure in progress.failures if not _touches(failure, written)]
    known = tuple(failure for failure in kept if failure.validator in _PROBLEM_KEYWORDS)
    structural = yield from examine(book, only=touched, known=known)
    book.failures += [
        failure
        for failure in kept
        if failure not in known and (failure.path, failure.validator) not in progress.structural
    ]
    _note(progress, book, structural, completion, request.messages, request, ignored)


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
    of the objects that were, and the value the end ran through.
    """
    if reading.value is UNSET or plan.is_text:
        return [_problem(problem) for problem in reading.problems]
    objects = {path for path in reading.open if isinstance(get(reading.value, path), dict)}
    cut = bool(reading.open) and (cut or any(one.append or one.path in objects for one in reading.problems))
    found = [
        _problem(problem) for problem in reading.problems if not (cut and (problem.append or problem.path in objects))
    ]
    if not cut:
        return found
    for path in reading.open:
        node = plan.structure.node_at(path, reading.value)
        if isinstance(node, ListNode):
            message = "The answer was cut off in this list: write the items that are missing."
            found.append(Failure(path, "truncated", message, blame=(path.child("+"),)))
        elif path in objects:
            found += [
                Failure(path.child(name), "truncated", "The answer was cut off before this could stand in it.")
                for name in plan.structure.missing_fields(path, reading.value)
                if not plan.structure.is_required(path.child(name), reading.value)
            ]
    if reading.cut is not None and all(failure.path != reading.cut for failure in found):
        value = get(reading.value, reading.cut)
        found.append(Failure(reading.cut, "truncated", "The answer was cut off here: write all of it.", value))
    return found


def _problem(problem: Defect) -> Failure:
    blame = (problem.path.child("+"),) if problem.append else ()
    return Failure(problem.path, problem.keyword, problem.message, problem.value, blame=blame)


def _refused(
    progress: _Progress, completion: Completion, messages: tuple[Message, ...], asked: tuple[Path, ...]
) -> bool:
    if completion.refusal is None and completion.finish_reason not in ("refusal", "content_filter"):
        return False
    words = completion.refusal
    if words is None:
        filtered = completion.finish_reason == "content_filter"
        words = "the provider's content filter stopped the answer" if filtered else completion.text
    progress.refusal = words
    iteration = Iteration(
        messages,
        completion.text,
        progress.state,
        progress.failures,
        asked=asked,
        usage=completion.usage,
        finish_reason=completion.finish_reason,
    )
    progress.iterations = (*progress.iterations, iteration)
    return True


def _note(
    progress: _Progress,
    book: Book,
    structural: list[Failure],
    completion: Completion,
    messages: tuple[Message, ...],
    request: Request | None = None,
    ignored: tuple[tuple[Path, Any], ...] = (),
    *,
    schema: JsonSchema | None = None,
) -> None:
    """Write a round into the record."""
    known = {repair.path for repair in progress.repairs if repair.rule == "default"}
    book.repairs = [repair for repair in book.repairs if repair.rule != "default" or repair.path not in known]
    failures = structural + book.failures
    if len(failures) > 1:
        order = {path: at for at, path in enumerate(in_document_order([f.path for f in failures], book.state))}
        failures.sort(key=lambda failure: order[failure.path])
    progress.state = book.state
    progress.failures = tuple(failures)
    progress.structural = frozenset((failure.path, failure.validator) for failure in structural)
    progress.resolved += tuple(book.resolved)
    progress.repairs += tuple(book.repairs)
    iteration = Iteration(
        messages,
        completion.text,
        book.state,
        progress.failures,
        tuple(book.resolved),
        tuple(book.repairs),
        ignored,
        request.paths if request is not None else (),
        request.json_schema if request is not None else schema,
        completion.usage,
        completion.finish_reason,
    )
    progress.iterations = (*progress.iterations, iteration)


def _must_stop(progress: _Progress) -> Stopped | None:
    actions = {failure.action for failure in progress.failures}
    if OnFail.EXCEPTION in actions:
        return "exception"
    if OnFail.REFRAIN in actions:
        return "refrained"
    return None


def _budget(call: Call, progress: _Progress, rounds: int) -> Stopped | None:
    if not any(failure.action is OnFail.REASK for failure in progress.failures):
        return "valid"
    if call.text is not None:
        return "no_model"
    if rounds >= call.budget.reasks:
        return "max_reasks"
    if progress.usage is not None and progress.usage.total_tokens >= call.budget.tokens:
        return "token_budget"
    return None


def request_for(
    plan: Plan, progress: Any, messages: tuple[Message, ...], variables: Mapping[str, Any] | None = None
) -> Request | None:
    """The reask of what fails: `progress` has state, failures and raw. None if nothing is to be asked for.

    variables: the prompt's, for an author's own `<reask>`.
    """
    raw = progress.raw
    state = progress.state
    if state is UNSET:
        reasons = tuple(failure.message for failure in progress.failures)
        ones = [Wanted("", Path(), plan.schema.root, reasons)]
    else:
        ones = wanted(plan, state, progress.failures)
    if not ones:
        return None
    whole = ones[0].path == ()
    if whole:
        schema = plan.schema
    else:
        schema = flat(plan.schema, {one.key: _answer_node(one) for one in ones})
    told = reask_messages(
        messages,
        ones,
        schema,
        whole=whole,
        raw=raw,
        templates_of_reask=plan.spec.reask,
        variables=variables or {},
        limits=plan.spec.limits,
    )
    return Request(tuple(ones), whole, schema, told)


def _answer_node(one: Wanted) -> Node:
    node = one.node
    if one.append and isinstance(node, ListNode):
        return replace(node, min_items=1, max_items=None, rules=())
    return replace(node, nullable=True) if one.optional and not node.nullable else node


def _finish(call: Call, progress: _Progress, stopped: Stopped) -> Generator[Effect, Any, ValidationOutcome]:
    if any(failure.action is OnFail.FILTER for failure in progress.failures) and stopped not in (
        "exception",
        "refrained",
    ):
        book = Book(call.plan, progress.state, call.metadata, call.messages)
        progress.failures = tuple((yield from apply_filters(book, list(progress.failures))))
        progress.resolved += tuple(book.resolved)
        progress.state = book.state
        stopped = _must_stop(progress) or stopped
    outcome = _outcome(call, progress, stopped)
    if stopped == "exception":
        raising = [str(failure) for failure in outcome.failures if failure.action is OnFail.EXCEPTION]
        raise ValidationFailed("a rule asks for an exception:\n  " + "\n  ".join(raising), outcome)
    return outcome


def _outcome(call: Call, progress: _Progress, stopped: Stopped) -> ValidationOutcome:
    withheld = stopped in ("refrained", "refused")
    failures = list(progress.failures)
    if withheld:
        output = partial = None
        if stopped == "refused" and progress.state is not UNSET:
            partial = partial_of(progress.state, failures)
    elif progress.output is not UNSET and not failures:
        output, partial = progress.output, progress.state
    else:
        output = output_of(call.plan, progress.state, failures)
        partial = partial_of(progress.state, failures)
    return ValidationOutcome(
        output,
        partial,
        progress.failures,
        progress.resolved,
        progress.repairs,
        progress.iterations,
        progress.usage if progress.usage is not None else Usage(known=False),
        progress.refusal,
        stopped,
    )
