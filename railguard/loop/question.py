"""How the model is asked: with a schema in the dialect that its provider enforces, all at once or as a stream."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import Any

from railguard.errors import ProviderError, SpecError
from railguard.loop.effects import Ask, Effect, ask, begin, read_more, tell
from railguard.loop.progress import Progress
from railguard.loop.settings import Call, Streaming
from railguard.loop.settle import Book
from railguard.loop.telling import tell_event
from railguard.loop.watch import Watch
from railguard.schema import Schema
from railguard.schema.json_schema import request_schema, to_json_schema
from railguard.schema.lifting import Lift
from railguard.values import (
    UNSET,
    Completion,
    Message,
    Path,
    StreamEvent,
    Usage,
)

__all__ = ["first_answer", "put_question"]


def first_answer(call: Call, progress: Progress) -> Generator[Effect, Any, Completion | None]:
    if call.text is not None:
        return Completion(call.text)
    schema = None if call.plan.is_text else call.plan.schema
    return (yield from put_question(call, progress, call.messages, schema, strict=call.strict_first, round=0))


def put_question(
    call: Call,
    progress: Progress,
    messages: tuple[Message, ...],
    schema: Schema | None,
    *,
    strict: bool,
    round: int,
    asked: tuple[Path, ...] = (),
) -> Generator[Effect, Any, Completion | None]:
    """Ask, with a schema in the provider's dialect if that is to enforce it and can; unwrap what it made us wrap."""
    document, lift = None, None
    if schema is None:
        strict = False
    elif strict:
        try:
            # A provider's model sees its schema, so what no keyword says stands in the description.
            sent = request_schema(schema, call.target, rules=call.target != "draft2020-12")
        except SpecError:
            strict = False
        else:
            document, lift = sent.schema, sent.lift
    if schema is not None and not strict:
        document = to_json_schema(schema)
    effect = Ask(messages, document, strict, round, asked)
    try:
        if call.streaming is None:
            completion = yield from ask(effect)
        else:
            completion = yield from _streamed(call, progress, effect, call.streaming, lift)
    except ProviderError:
        if lift is not None:
            progress.came = lift(progress.came)
        raise
    if completion is None or lift is None:
        return completion
    return replace(completion, text=lift(completion.text))


def _streamed(
    call: Call, progress: Progress, effect: Ask, streaming: Streaming, lift: Lift | None
) -> Generator[Effect, Any, Completion | None]:
    """Read a streaming answer to its end. The first one is watched; of a reask only its end counts.

    Where maps are written as pairs, values are told once the answer is whole and lifted.
    """
    whole = lift is not None and lift.pairs
    watch = None
    if effect.round == 0:
        progress.watched = Book(call.plan, UNSET, call.known, effect.messages, progress.ledger)
        watch = Watch(call.plan, progress.watched, eager=streaming.abort)
        progress.snapshot = watch.snapshot
    pieces: list[str] = []
    piece = yield from begin(effect)
    while isinstance(piece, str):
        pieces.append(piece)
        if streaming.raw and piece:
            yield from tell(StreamEvent("delta", text=piece, snapshot=progress.snapshot.value))
        for event in watch.feed(piece) if watch is not None and not whole else ():
            yield from tell_event(progress, event)
        if streaming.abort and watch is not None and watch.failed:
            yield from read_more(stop=True)
            return Completion("".join(pieces), "length", usage=Usage(known=False))
        try:
            piece = yield from read_more()
        except ProviderError:
            if watch is not None:
                progress.came = "".join(pieces)
            raise
    if watch is not None and piece is not None and (whole or not pieces):
        # A model that cannot stream: its whole answer came at once.
        for event in watch.feed(piece.text if lift is None else lift(piece.text)):
            yield from tell_event(progress, event)
    if piece is None and pieces:
        return Completion("".join(pieces), usage=Usage(known=False))  # a stream of bare text, which says no more
    return piece
