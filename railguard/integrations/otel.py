"""OpenTelemetry: a span for each guarded call, with a child span for each round, by the GenAI semantic conventions.

It is used automatically once a program has imported OpenTelemetry; only its API is needed. Names in the conventions
begin with `gen_ai.`, others with `railguard.`. Spans contain paths, rules and counts. They contain messages and answers
only if OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT allows it.

    span     railguard NAME   a guarded call
    span     chat MODEL       a round of it, kind client
    metrics  gen_ai.client.token.usage, gen_ai.client.operation.duration
             railguard.calls, railguard.reasks, railguard.failures (by rule)
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple

from opentelemetry import metrics, trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from railguard import CallEvent, Completion, Iteration, Message, Usage, ValidationOutcome

__all__ = ["CallSpans"]

_CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
_MOST = 100
"""Largest number of failures, repairs and paths in a span; others are only counted."""


class CallSpans:
    """Records the spans and metrics of one guarded call. A guard makes one for each call, if OpenTelemetry is imported.

    A round's span ends when its answer arrives. What the round found is added when the call has ended.
    """

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        """Start recording a call.

        Args:
            options: The options of the model; "model" is its name.
        """
        self._model = (options or {}).get("model")
        self._call: Span | None = None
        self._rounds: list[_Round] = []
        self._began = time.time_ns()

    @contextmanager
    def active(self) -> Iterator[None]:
        """Make the span of the running round the current one, so that spans of the model's client are below it.

        Yields:
            Nothing.
        """
        if not self._rounds:
            yield
            return
        with trace.use_span(self._rounds[-1].span, record_exception=False, set_status_on_exception=False):
            yield

    def __call__(self, event: CallEvent) -> None:
        """Record an event of the call.

        Args:
            event: The event. Events of `guard.parse`, which asks no model, are ignored.
        """
        if event.model is None:
            return  # guard.parse asks no model
        match event.type:
            case "start":
                self._start(event)
            case "ask":
                self._ask(event)
            case "answer":
                self._answer(event)
            case "outcome" | "error" | "closed":
                self._end(event)

    def _start(self, event: CallEvent) -> None:
        name = event.guard or "guard"
        self._call = _tracer().start_span(f"railguard {name}", attributes={"railguard.guard.name": name})
        self._began = time.time_ns()

    def _ask(self, event: CallEvent) -> None:
        assert self._call is not None, "a call starts before it asks"
        about = _about(event.model or "", self._model)
        span = _tracer().start_span(
            " ".join(filter(None, ("chat", about.get("gen_ai.request.model")))),
            context=trace.set_span_in_context(self._call),
            kind=SpanKind.CLIENT,
            attributes={
                **about,
                "gen_ai.output.type": "text" if event.schema is None else "json",
                "railguard.round": event.round or 0,
                "railguard.asked_paths": [str(path) for path in event.asked[:_MOST]],
            },
        )
        if _captures("span"):
            span.set_attribute("gen_ai.input.messages", _messages(event.messages))
        self._rounds.append(_Round(span, about, time.time_ns(), event.messages))

    def _answer(self, event: CallEvent) -> None:
        round = self._rounds[-1]
        round.ended = time.time_ns()
        completion = event.completion
        if event.error is not None:
            _fail(round.span, event.error)
        elif completion is not None:
            round.answered(completion)
        seconds = (round.ended - round.began) / 1e9
        error = {} if event.error is None else {"error.type": type(event.error).__qualname__}
        _instruments().duration.record(seconds, {**round.about, **error})

    def _end(self, event: CallEvent) -> None:
        if self._call is None:
            return
        outcome = event.outcome
        if outcome is None and event.error is not None:
            outcome = getattr(event.error, "outcome", None)
        for at, round in enumerate(self._rounds):
            if outcome is not None and at < len(outcome.iterations):
                round.found(outcome.iterations[at])
            round.span.end(end_time=round.ended or time.time_ns())
        if event.error is not None:
            _fail(self._call, event.error)
        name = event.guard or "guard"
        result = event.type if outcome is None else outcome.stopped
        if outcome is not None:
            self._call.set_attributes(_of(outcome))
        self._call.end()
        self._count(name, result, outcome)

    def _count(self, name: str, result: str, outcome: ValidationOutcome | None) -> None:
        count = _instruments()
        guard = {"railguard.guard.name": name}
        passed = outcome is not None and outcome.passed
        count.calls.add(1, {**guard, "railguard.stopped": result, "railguard.passed": passed})
        if reasks := max(0, len(self._rounds) - 1):
            count.reasks.add(reasks, guard)
        for iteration in () if outcome is None else outcome.iterations:
            for failure in (*iteration.failures, *iteration.resolved):
                count.failures.add(1, {**guard, "railguard.rule": failure.validator})


class _Round:
    def __init__(self, span: Span, about: dict[str, Any], began: int, messages: Sequence[Message]) -> None:
        self.span, self.about, self.began, self.messages = span, about, began, messages
        self.ended: int | None = None

    def answered(self, completion: Completion) -> None:
        """Add an answer to the span, and count its tokens."""
        self.span.set_attribute("gen_ai.response.finish_reasons", [completion.finish_reason])
        if completion.model is not None:
            self.span.set_attribute("gen_ai.response.model", completion.model)
        if completion.usage is not None and completion.usage.known:
            self.span.set_attributes(_usage(completion.usage))
            tokens = {"input": completion.usage.input_tokens, "output": completion.usage.output_tokens}
            for kind, number in tokens.items():
                _instruments().tokens.record(number, {**self.about, "gen_ai.token.type": kind})
        said = completion.text if completion.refusal is None else completion.refusal
        answer = [{"role": "assistant", "content": said, "finish_reason": completion.finish_reason}]
        if _captures("span"):
            self.span.set_attribute("gen_ai.output.messages", _messages(answer))
        if _captures("event"):
            _emit(self, answer)

    def found(self, iteration: Iteration) -> None:
        """Add the failures and repairs of the round to the span."""
        self.span.set_attributes(
            {
                "railguard.failures": [f"{one.path} {one.validator}" for one in iteration.failures[:_MOST]],
                "railguard.failures.count": len(iteration.failures),
                "railguard.repairs": [f"{one.path} {one.rule}" for one in iteration.repairs[:_MOST]],
                "railguard.repairs.count": len(iteration.repairs),
            }
        )


def _about(name: str, model: Any) -> dict[str, Any]:
    """Return the attributes for a model's name: "openai:gpt-5", or a function's name."""
    provider, colon, named = name.partition(":")
    about = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": provider}
    requested = named if colon else model
    return {**about, "gen_ai.request.model": requested} if isinstance(requested, str) and requested else about


def _of(outcome: ValidationOutcome) -> dict[str, Any]:
    about: dict[str, Any] = {
        "railguard.passed": outcome.passed,
        "railguard.stopped": outcome.stopped,
        "railguard.rounds": len(outcome.iterations),
        "railguard.failures": [f"{one.path} {one.validator}" for one in outcome.failures[:_MOST]],
        "railguard.failures.count": len(outcome.failures),
        "railguard.repairs": [f"{one.path} {one.rule}" for one in outcome.repairs[:_MOST]],
        "railguard.repairs.count": len(outcome.repairs),
    }
    return {**about, **_usage(outcome.usage)} if outcome.usage.known else about


def _usage(usage: Usage) -> dict[str, int]:
    return {
        "gen_ai.usage.input_tokens": usage.input_tokens,
        "gen_ai.usage.output_tokens": usage.output_tokens,
        "gen_ai.usage.cache_read.input_tokens": usage.cached_tokens,
    }


def _fail(span: Span, error: BaseException) -> None:
    """Mark a span as failed. Only the type of the error is recorded: its message may quote the messages of the call."""
    span.set_attribute("error.type", type(error).__qualname__)
    span.set_status(Status(StatusCode.ERROR))


def _captures(where: str) -> bool:
    """Whether content is recorded on spans or in events. where: "span" or "event"."""
    says = os.environ.get(_CAPTURE, "").strip().lower()
    return says in ("true", "span_and_event", f"{where}_only") and (says != "true" or where == "span")


def _messages(messages: Sequence[Message]) -> str:
    """Convert messages to the form of the conventions, each with a list of parts."""
    written = []
    for message in messages:
        content = message.get("content")
        parts = content if isinstance(content, list) else [{"type": "text", "content": content or ""}]
        parts = [
            {"type": "text", "content": part["text"]} if isinstance(part, dict) and "text" in part else part
            for part in parts
        ]
        reason = {"finish_reason": message["finish_reason"]} if "finish_reason" in message else {}
        written.append({"role": message.get("role"), "parts": parts, **reason})
    return json.dumps(written, ensure_ascii=False, default=str)


def _emit(round: _Round, answer: Sequence[Message]) -> None:
    from opentelemetry import _logs

    _logs.get_logger("railguard").emit(
        event_name="gen_ai.client.inference.operation.details",
        context=trace.set_span_in_context(round.span),
        attributes={
            **round.about,
            "gen_ai.input.messages": _messages(round.messages),
            "gen_ai.output.messages": _messages(answer),
        },
    )


class _Instruments(NamedTuple):
    tokens: metrics.Histogram
    duration: metrics.Histogram
    calls: metrics.Counter
    reasks: metrics.Counter
    failures: metrics.Counter


def _tracer() -> trace.Tracer:
    return trace.get_tracer("railguard")


def _instruments() -> _Instruments:
    return _made(metrics.get_meter_provider())


@cache
def _made(provider: metrics.MeterProvider) -> _Instruments:
    meter = provider.get_meter("railguard")
    return _Instruments(
        meter.create_histogram("gen_ai.client.token.usage", "{token}", "Tokens that models read and wrote"),
        meter.create_histogram("gen_ai.client.operation.duration", "s", "How long models took to answer"),
        meter.create_counter("railguard.calls", "{call}", "Guarded calls, by how they ended"),
        meter.create_counter("railguard.reasks", "{reask}", "Questions after the first"),
        meter.create_counter("railguard.failures", "{failure}", "What was wrong with answers, by rule"),
    )
