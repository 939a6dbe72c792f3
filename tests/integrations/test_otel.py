"""OpenTelemetry: spans and metrics of guarded calls, read back from exporters in memory."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("opentelemetry.sdk")

from opentelemetry import metrics, trace
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from railguard import Completion, Guard, ProviderError, Usage
from railguard.testing import ScriptedModel
from railguard_validators.length import length

CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
XML = """
<rail version="1.0" name="people">
  <output><string name="name" validators="length: 1 5"/><integer name="age"/></output>
  <messages><message role="user">Who is Canary? ${gr.complete_json_suffix}</message></messages>
</rail>"""
FIRST = Completion('{"name": "Canary", "age": "36"}', "stop", usage=Usage(10, 5), model="gpt-5-2026")
SECOND = Completion('{"name": "Cana"}', "stop", usage=Usage(30, 3))


class Seen:
    """What was exported since the test began."""

    def __init__(self) -> None:
        self.spans_of = InMemorySpanExporter()
        self.reader = InMemoryMetricReader()
        self.logs = InMemoryLogRecordExporter()

    @property
    def spans(self) -> list[Any]:
        """Parents before children, in the order of their starts."""
        return sorted(self.spans_of.get_finished_spans(), key=lambda span: span.start_time)

    def points(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        data = self.reader.get_metrics_data()
        for resource in data.resource_metrics if data is not None else ():
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    if metric.name == name:
                        for point in metric.data.data_points:
                            attributes = dict(point.attributes)
                            key = str(attributes.get("gen_ai.token.type") or attributes.get("railguard.rule") or "")
                            found[key] = point.sum if hasattr(point, "sum") else point.value
        return found


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Seen]:
    from opentelemetry import _logs

    seen = Seen()
    tracers, meters, loggers = TracerProvider(), MeterProvider(metric_readers=[seen.reader]), LoggerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(seen.spans_of))
    loggers.add_log_record_processor(SimpleLogRecordProcessor(seen.logs))
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: tracers)
    monkeypatch.setattr(trace, "get_tracer", lambda name, *_, **__: tracers.get_tracer(name))
    monkeypatch.setattr(metrics, "get_meter_provider", lambda: meters)
    monkeypatch.setattr(_logs, "get_logger", lambda name, *_, **__: loggers.get_logger(name))
    monkeypatch.delenv(CAPTURE, raising=False)
    yield seen
    meters.shutdown()


@pytest.fixture
def guard() -> Guard:
    return Guard.from_rail_string(XML)


@pytest.fixture(params=["call", "acall", "stream", "astream"])
def run(request: pytest.FixtureRequest) -> Any:
    async def drain(guard: Guard, model: Any, **options: Any) -> None:
        async for _ in guard.astream(model, **options):
            pass

    def run(guard: Guard, model: Any, **options: Any) -> None:
        match request.param:
            case "call":
                guard(model, **options)
            case "acall":
                asyncio.run(guard.acall(model, **options))
            case "stream":
                list(guard.stream(model, **options))
            case "astream":
                asyncio.run(drain(guard, model, **options))

    return run


def test_a_call_is_a_span_and_each_round_a_span_below_it(seen, guard, run):
    run(guard, ScriptedModel([FIRST, SECOND], name="openai:gpt-5"))
    call, first, second = seen.spans
    assert [span.name for span in (call, first, second)] == ["railguard people", "chat gpt-5", "chat gpt-5"]
    assert call.parent is None
    assert {first.parent.span_id, second.parent.span_id} == {call.context.span_id}
    assert (call.kind, first.kind) == (SpanKind.INTERNAL, SpanKind.CLIENT)
    assert first.attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-5",
        "gen_ai.response.model": "gpt-5-2026",
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 5,
        "gen_ai.usage.cache_read.input_tokens": 0,
        "gen_ai.output.type": "json",
        "railguard.round": 0,
        "railguard.asked_paths": (),
        "railguard.failures": ("$.name length",),
        "railguard.failures.count": 1,
        "railguard.repairs": first.attributes["railguard.repairs"],
        "railguard.repairs.count": 1,
    }
    assert first.attributes["railguard.repairs"][0].startswith("$.age ")
    assert (second.attributes["railguard.round"], second.attributes["railguard.asked_paths"]) == (1, ("$.name",))
    assert call.attributes["railguard.guard.name"] == "people"
    assert call.attributes["railguard.passed"] is True
    assert call.attributes["railguard.rounds"] == 2
    assert call.attributes["gen_ai.usage.input_tokens"] == 40
    assert (
        call.start_time <= first.start_time <= first.end_time <= second.start_time <= second.end_time <= call.end_time
    )


def test_nothing_that_was_asked_or_answered_is_in_a_span_or_metric(seen, guard, run):
    run(guard, ScriptedModel([FIRST, SECOND], name="openai:gpt-5"))
    assert "Cana" not in "".join(span.to_json() for span in seen.spans)
    assert "Cana" not in str(seen.reader.get_metrics_data())
    assert seen.logs.get_finished_logs() == ()


@pytest.mark.parametrize("says", ["true", "SPAN_ONLY", "span_and_event", "EVENT_ONLY", "NO_CONTENT"])
def test_content_is_recorded_where_the_variable_says(seen, guard, monkeypatch, says):
    monkeypatch.setenv(CAPTURE, says)
    guard(ScriptedModel([FIRST, SECOND], name="openai:gpt-5"))
    _, first, _ = seen.spans
    on_span = "gen_ai.input.messages" in first.attributes
    assert on_span is (says in ("true", "SPAN_ONLY", "span_and_event"))
    assert bool(seen.logs.get_finished_logs()) is (says in ("EVENT_ONLY", "span_and_event"))
    if on_span:
        (message,) = json.loads(first.attributes["gen_ai.input.messages"])
        assert message["parts"][0]["content"].startswith("Who is Canary?")
        (answer,) = json.loads(first.attributes["gen_ai.output.messages"])
        assert answer == {
            "role": "assistant",
            "parts": [{"type": "text", "content": FIRST.text}],
            "finish_reason": "stop",
        }


def test_metrics_count_tokens_calls_reasks_and_failures_by_rule(seen, guard, run):
    run(guard, ScriptedModel([FIRST, SECOND], name="openai:gpt-5"))
    assert seen.points("gen_ai.client.token.usage") == {"input": 40, "output": 8}
    assert seen.points("railguard.calls") == {"": 1}
    assert seen.points("railguard.reasks") == {"": 1}
    assert seen.points("railguard.failures") == {"length": 1}
    assert seen.points("gen_ai.client.operation.duration")[""] >= 0


def test_an_error_is_a_kind_and_no_words(seen, guard, run):
    with pytest.raises(ProviderError):
        run(guard, ScriptedModel([ProviderError("Canary is down")]))
    call, first = seen.spans
    assert {span.status.status_code for span in (call, first)} == {StatusCode.ERROR}
    assert call.attributes["error.type"] == first.attributes["error.type"] == "ProviderError"
    assert "Canary" not in call.to_json() + first.to_json()


def test_a_call_is_below_the_span_it_is_made_in_and_the_model_below_the_round(seen, guard, run):
    tracer = trace.get_tracer("mine")

    class Model(ScriptedModel):
        def complete(self, request):
            with tracer.start_as_current_span("http"):
                return super().complete(request)

    with tracer.start_as_current_span("mine"):
        run(guard, Model([FIRST, SECOND]))
        assert trace.get_current_span().name == "mine"
    spans = {span.context.span_id: span for span in seen.spans}
    chains = []
    for span in seen.spans:
        names = [span.name]
        while span.parent is not None:
            span = spans[span.parent.span_id]
            names.append(span.name)
        chains.append(names)
    assert ["http", "chat", "railguard people", "mine"] in chains


def test_a_callers_own_spans_in_a_stream_are_not_the_guards(seen, guard):
    tracer = trace.get_tracer("mine")
    for _ in guard.stream(ScriptedModel([FIRST, SECOND])):
        with tracer.start_as_current_span("between"):
            pass
    assert {span.parent for span in seen.spans if span.name == "between"} == {None}


def test_a_stream_that_is_left_ends_its_spans(seen, guard):
    stream = guard.stream(ScriptedModel([FIRST]))
    next(stream)
    stream.close()
    assert [span.name for span in seen.spans] == ["railguard people", "chat"]


def test_the_model_is_the_option_of_a_callable(seen, guard):
    def create(messages, model):
        return FIRST if len(messages) == 1 else SECOND

    guard(create, model="gpt-5-mini")
    assert seen.spans[1].name == "chat gpt-5-mini"
    assert seen.spans[1].attributes["gen_ai.provider.name"].endswith(".create")


def test_a_parse_has_no_span(seen, guard):
    guard.parse(FIRST.text)
    assert seen.spans == []


def test_a_failing_field_of_content_stays_out_of_rule_names(seen):
    guard = Guard.from_string([length(max=3)], messages="?")
    guard(ScriptedModel(["Canary"] * 3), max_reasks=1)
    assert seen.spans[0].attributes["railguard.failures"] == ("$ length",)


def test_a_program_that_does_not_use_opentelemetry_does_not_import_it():
    code = (
        "import sys\nfrom railguard import Guard\n"
        "print(Guard.from_json_schema({'type': 'integer'}, messages='?')(lambda messages: '7').output)\n"
        "print(any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "7\nFalse\n"
