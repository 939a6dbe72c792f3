"""Asks the model: with a schema in the dialect that its provider enforces, for a whole answer or a stream."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from railguard.checking import About
from railguard.errors import ProviderError
from railguard.loop.effects import Ask, Effects, read_more, yield_emit, yield_streamed_ask
from railguard.loop.settings import GuardedCall, Streaming
from railguard.schema import Schema
from railguard.schema.lifting import Lift
from railguard.schema.targets import Target
from railguard.schema.to_json_schema import schema_maker, to_json_schema
from railguard.streaming import Emitter, IncrementalCheck
from railguard.values import UNREPORTED, Completion, JsonSchema, Message, Path, StreamEvent, Usage

__all__ = ["Answered", "Question", "ask_of", "is_enforceable", "lifted", "put_question"]


class Question(NamedTuple):
    """What the model is asked. schema: makes that of the wanted answer; None for plain text. strict: the provider is to
    enforce it, if it can. asked: () for the whole output. written: makes the JSON Schema of the wanted answer, if it is
    known how."""

    messages: tuple[Message, ...]
    schema: Callable[[], Schema] | None
    strict: bool
    round: int = 0
    asked: tuple[Path, ...] = ()
    written: Callable[[], JsonSchema | None] | None = None


class Answered(NamedTuple):
    """The result of a question. completion: None if no time was left to ask. error: the provider failed; `came` is the
    text that a stream had delivered before. checks: the tokens of checks while the answer streamed.
    """

    completion: Completion | None = None
    error: ProviderError | None = None
    came: str = ""
    checks: Usage | None = None


def is_enforceable(schema: Schema, target: Target) -> bool:
    """Whether a provider's dialect can express the schema."""
    return schema_maker(schema, target) is not None


def ask_of(question: Question, target: Target) -> tuple[Ask, Lift | None]:
    """Return the effect of a question, with a schema in the provider's dialect if it can enforce that, and what unwraps
    the answer; None if nothing does. target: the dialect.
    """
    messages, schema, strict, round, asked, make = question
    lift = None
    if schema is None:
        strict, make = False, None
    elif strict and (sent := schema_maker(schema(), target)) is not None:
        make, lift = sent
    else:
        strict, make = False, make or partial(_written, schema)
    return Ask(messages, make, strict, round, asked), lift


def put_question(call: GuardedCall, about: About, emitter: Emitter | None, question: Question) -> Effects[Answered]:
    """Ask, and unwrap a wrapped root. emitter: the events of the caller, if the call streams."""
    effect, lift = ask_of(question, call.target)
    if call.streaming is not None and emitter is not None:
        watch = None
        if question.round == 0:
            watch = IncrementalCheck(call.plan, about, emitter.snapshot, eager=call.streaming.abort)
        answered = yield from _streamed(emitter, effect, call.streaming, watch, lift)
        answered = answered._replace(checks=watch.usage if watch is not None else None)
    else:
        try:
            completion: Completion | None = yield effect
            answered = Answered(completion)
        except ProviderError as error:
            answered = Answered(error=error)
    if lift is None:
        return answered
    return answered._replace(completion=lifted(answered.completion, lift), came=lift(answered.came))


def lifted(completion: Completion | None, lift: Lift | None) -> Completion | None:
    """Return the answer to a question without what the provider's dialect added to it."""
    if lift is None or completion is None:
        return completion
    return replace(completion, text=lift(completion.text))


def _written(schema: Callable[[], Schema]) -> JsonSchema:
    return to_json_schema(schema())


def _streamed(
    emitter: Emitter, effect: Ask, streaming: Streaming, watch: IncrementalCheck | None, lift: Lift | None
) -> Effects[Answered]:
    """Read a streaming answer to its end. The first answer is watched; for a reask only the whole answer matters.

    If maps are written as pairs, values are emitted once the answer is complete and lifted.
    """
    whole = lift is not None and lift.pairs
    pieces: list[str] = []
    try:
        piece = yield from yield_streamed_ask(effect)
        while isinstance(piece, str):
            pieces.append(piece)
            if streaming.raw and piece:
                yield from yield_emit(StreamEvent("delta", text=piece, snapshot=emitter.snapshot.value))
            for event in watch.feed(piece) if watch is not None and not whole else ():
                yield from yield_emit(emitter.note(event))
            if streaming.abort and watch is not None and watch.failed:
                yield from read_more(stop=True)
                return Answered(Completion("".join(pieces), "length", usage=UNREPORTED))
            piece = yield from read_more()
    except ProviderError as error:
        return Answered(error=error, came="".join(pieces) if watch is not None else "")
    if watch is not None and piece is not None and (whole or not pieces):
        # A model that cannot stream: its answer came as a whole.
        for event in watch.feed(piece.text if lift is None else lift(piece.text)):
            yield from yield_emit(emitter.note(event))
    if piece is None and pieces:
        # A stream of plain text without a Completion.
        return Answered(Completion("".join(pieces), usage=UNREPORTED))
    return Answered(piece)
