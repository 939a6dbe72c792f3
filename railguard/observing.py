"""Observers of a guarded call: callbacks, the log "railguard", and OpenTelemetry if the program uses it.

An observer changes nothing: its exceptions are logged, and the call goes on. The loop and the drivers do not know about
observers: this file wraps the loop, and every effect passes through it.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, TypeVar, get_args

from railguard.errors import InputError
from railguard.values import Completion, JsonSchema, Message, Path, ValidationOutcome

if TYPE_CHECKING:
    from railguard.calls import PendingCall
    from railguard.llm.request import Provider, Request

__all__ = ["CallEvent", "CallEventType", "Callback", "Subscription", "observed", "subscription", "tell_parsed"]

CallEventType: TypeAlias = Literal["start", "ask", "answer", "outcome", "error", "closed"]
"""The events of a call, in order: it starts; a model is asked, and answers, once per round; it ends with an outcome or
an error, or the caller closes its stream.
"""

T = TypeVar("T")

_log = logging.getLogger("railguard")
_log.addHandler(logging.NullHandler())  # silent, unless the program configures logging
_numbers = count(1)


@dataclass(frozen=True, slots=True, repr=False)
class CallEvent:
    """One event of a guarded call, passed to a callback of `guard.on`.

    Attributes:
        type: What happens.
        call: A number that the events of one call share.
        guard: The spec's name.
        model: The provider's name; None for `guard.parse`.
        round: With "ask" and "answer": 0 for the first question, then counting its reasks.
        messages: With "ask": the messages that are sent.
        schema: With "ask": the JSON Schema of the wanted answer.
        asked: With "ask": the paths that are asked for, () for the whole output.
        completion: With "answer": the answer; None if the model failed.
        outcome: With "outcome": the outcome.
        error: With "error": the exception; its `outcome` may hold the rounds before it.
    """

    type: CallEventType
    call: int
    guard: str | None = None
    model: str | None = None
    round: int | None = None
    messages: tuple[Message, ...] = ()
    schema: JsonSchema | None = None
    asked: tuple[Path, ...] = ()
    completion: Completion | None = None
    outcome: ValidationOutcome | None = None
    error: BaseException | None = None

    def __repr__(self) -> str:
        at = f", round {self.round}" if self.round is not None else ""
        return f"<CallEvent {self.type} of call {self.call}{at}>"  # no content: a repr may be logged


Callback: TypeAlias = Callable[[CallEvent], object]
"""The type of a callback for `guard.on`."""

Subscription: TypeAlias = tuple[CallEventType, Callback]


class _Tracer(Protocol):
    """Receives all events of one call. The model is asked in its context, so that the spans of HTTP clients become its
    children.
    """

    def __call__(self, event: CallEvent, /) -> object: ...

    def active(self) -> AbstractContextManager[object]:
        """Return the context in which the model is asked."""
        ...


def subscription(event: CallEventType, callback: Callback) -> Subscription:
    """Return a checked pair of event and callback. Raises InputError for an unknown event, and for an async or
    uncallable callback.
    """
    import inspect

    if event not in get_args(CallEventType):
        raise InputError(f"an event of a call is {', '.join(get_args(CallEventType))}, not {event!r}")
    if not callable(callback):
        raise InputError(f"a callback is a function of one event, not {type(callback).__name__}")
    if inspect.iscoroutinefunction(callback):
        raise InputError("a callback is called and not awaited: give a sync function, which may start a task")
    return event, callback


def is_observed(subscriptions: Sequence[Subscription]) -> bool:
    """Whether anyone looks on at a guarded call: a callback, the log, or OpenTelemetry."""
    return bool(subscriptions) or _may_trace() or _log.isEnabledFor(logging.INFO)


def observed(ready: PendingCall[T], guard: str | None, subscriptions: Sequence[Subscription]) -> PendingCall[T]:
    """Wrap a call so that it reports to its observers. guard: its name. Without observers the call is returned
    unchanged.

    A call that asks no model is neither logged nor traced: only callbacks receive its events.
    """
    provider = ready.provider
    if provider is None:
        if not subscriptions:
            return ready
        return ready._replace(loop=_watched(ready.loop, _Teller(guard, None, subscriptions, None)))
    tracer = _tracer(ready.options)
    if not subscriptions and tracer is None and not _log.isEnabledFor(logging.INFO):
        return ready
    loop = _watched(ready.loop, _Teller(guard, provider.name, subscriptions, tracer))
    return ready._replace(loop=loop, provider=provider if tracer is None else _Traced(provider, tracer))


def tell_parsed(guard: str | None, subscriptions: Sequence[Subscription], outcome: ValidationOutcome) -> None:
    """Report a `parse` that was completed without a loop."""
    tell = _Teller(guard, None, subscriptions, None)
    tell("start")
    tell("outcome", outcome=outcome)


class _Teller:
    """Reports one call to its observers."""

    def __init__(
        self, guard: str | None, model: str | None, subscriptions: Sequence[Subscription], tracer: _Tracer | None
    ) -> None:
        self._guard, self._model = guard, model
        self._subscriptions, self._tracer = subscriptions, tracer
        self._call = next(_numbers)

    def __call__(self, type: CallEventType, **what: Any) -> None:
        event = CallEvent(type, self._call, self._guard, self._model, **what)
        if self._model is not None:
            _write_log(event)
        if self._tracer is not None:
            self._to(self._tracer, event)
        for wanted, callback in self._subscriptions:
            if wanted == type:
                self._to(callback, event)

    def _to(self, observer: Callback, event: CallEvent) -> None:
        try:
            observer(event)
        except Exception:
            _log.exception("a callback for %r of call %d raised", event.type, event.call)


def _watched(loop: Generator[Any, Any, Any], tell: _Teller) -> Generator[Any, Any, Any]:
    """Wrap a loop so that its effects are reported."""
    from railguard.loop.effects import Ask, ReadMore

    asked: int | None = None  # the round whose answer is not complete
    tell("start")
    try:
        effect = loop.send(None)
        while True:
            if isinstance(effect, Ask):
                asked = effect.round
                tell(
                    "ask",
                    round=asked,
                    messages=effect.messages,
                    schema=effect.schema and effect.schema(),
                    asked=effect.asked,
                )
            try:
                answer = yield effect
            except Exception as error:
                if asked is not None and isinstance(effect, (Ask, ReadMore)):
                    tell("answer", round=asked, error=error)
                    asked = None
                effect = loop.throw(error)
                continue
            if asked is not None and isinstance(effect, (Ask, ReadMore)) and not isinstance(answer, str):
                tell("answer", round=asked, completion=answer)
                asked = None
            effect = loop.send(answer)
    except StopIteration as end:
        for outcome in end.value.values() if isinstance(end.value, dict) else [end.value]:
            if isinstance(outcome, ValidationOutcome):
                tell("outcome", outcome=outcome)
        return end.value
    except GeneratorExit:
        tell("closed")
        raise
    except BaseException as error:
        tell("error", error=error)
        raise
    finally:
        loop.close()


class _Traced:
    """A provider that is asked in the context of a tracer."""

    def __init__(self, provider: Provider, tracer: _Tracer) -> None:
        self._provider, self._tracer = provider, tracer
        self.name: str = provider.name

    def complete(self, request: Request) -> Completion:
        with self._active():
            return self._provider.complete(request)

    async def acomplete(self, request: Request) -> Completion:
        with self._active():
            return await self._provider.acomplete(request)

    def stream(self, request: Request) -> Iterator[str | Completion]:
        from railguard.llm.request import stream_completion

        pieces = stream_completion(self._provider, request)
        try:
            while True:
                with self._active():  # not across the yield: the caller's own work in between is not part of it
                    piece = next(pieces, None)
                if piece is None:
                    return
                yield piece
        finally:
            pieces.close()

    async def astream(self, request: Request) -> AsyncGenerator[str | Completion, None]:
        from railguard.llm.request import astream_completion

        pieces = astream_completion(self._provider, request)
        try:
            while True:
                with self._active():
                    piece = await anext(pieces, None)
                if piece is None:
                    return
                yield piece
        finally:
            await pieces.aclose()

    @contextmanager
    def _active(self) -> Iterator[None]:
        with self._tracer.active():
            yield


def _may_trace() -> bool:
    return "opentelemetry.trace" in sys.modules or "opentelemetry.metrics" in sys.modules


def _tracer(options: Any) -> _Tracer | None:
    """Return OpenTelemetry's observer, or None if the program has not imported OpenTelemetry: without it no spans are
    exported.
    """
    if not _may_trace():
        return None
    from importlib import import_module

    try:
        tracer: _Tracer = import_module("railguard.integrations.otel").CallSpans(options)
    except Exception:
        _log.exception("OpenTelemetry cannot be used, so this call is not traced")
        return None
    return tracer


def _write_log(event: CallEvent) -> None:
    """Log an event without content: paths, rules and counts only."""
    if not _log.isEnabledFor(logging.INFO):
        return
    name = event.guard or "unnamed"
    match event.type:
        case "ask":
            asked = ", ".join(map(str, event.asked)) or "the whole output"
            _log.debug(
                "call %d of guard %s asks %s, round %d, for %s", event.call, name, event.model, event.round, asked
            )
        case "answer" if event.completion is not None:
            reason = event.completion.finish_reason
            _log.debug("call %d of guard %s: round %d was answered (%s)", event.call, name, event.round, reason)
        case "outcome" if event.outcome is not None:
            outcome = event.outcome
            _log.info(
                "call %d of guard %s %s after %d answers: %d unresolved, %d resolved, %d repairs, %s",
                *(event.call, name, "passed" if outcome.passed else "failed", len(outcome.iterations)),
                *(len(outcome.failures), len(outcome.resolved), len(outcome.repairs), outcome.stopped),
            )
            for failure in outcome.failures:
                _log.debug("call %d of guard %s: %s fails %s", event.call, name, failure.path, failure.validator)
        case "error":
            _log.info("call %d of guard %s ended in %s", event.call, name, type(event.error).__name__)
        case "start" | "answer" | "outcome" | "closed":
            _log.debug("call %d of guard %s: %s", event.call, name, event.type)
