"""How the model is asked: with a schema in the dialect that its provider enforces, all at once or as a stream."""

from __future__ import annotations

from dataclasses import dataclass, replace

from railguard.checking import About
from railguard.errors import ProviderError, SpecError
from railguard.loop.effects import Ask, Effects, ask, begin, read_more, tell
from railguard.loop.settings import Call, Streaming
from railguard.schema import Schema
from railguard.schema.json_schema import RequestSchema, request_schema, to_json_schema
from railguard.schema.lifting import Lift
from railguard.schema.targets import Target
from railguard.streaming import Telling, Watch
from railguard.values import Completion, Message, Path, StreamEvent, Usage

__all__ = ["Answered", "Question", "enforceable", "put_question"]


@dataclass(frozen=True, slots=True)
class Question:
    """What the model is asked. schema: of the wanted answer; None for plain text. strict: the provider is to enforce it,
    if it can. asked: () for the whole output."""

    messages: tuple[Message, ...]
    schema: Schema | None
    strict: bool
    round: int = 0
    asked: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """What came. completion: None when there was no time left to ask. error: the provider failed; `came` is the text that
    a stream had brought by then. checks: the tokens that checks have cost while the answer streamed."""

    completion: Completion | None = None
    error: ProviderError | None = None
    came: str = ""
    checks: Usage | None = None


def enforceable(schema: Schema, target: Target) -> RequestSchema | None:
    """The schema in the dialect of a provider that is to enforce it; None where the dialect cannot say it."""
    try:
        # A provider's model sees its schema, so what no keyword says stands in the description.
        return request_schema(schema, target, rules=target != "draft2020-12")
    except SpecError:
        return None


def put_question(call: Call, about: About, telling: Telling | None, question: Question) -> Effects[Answered]:
    """Ask, with a schema in the provider's dialect if that is to enforce it and can; unwrap what it made us wrap.

    telling: where the call streams, what its caller was told so far.
    """
    document, lift = None, None
    schema, strict = question.schema, question.strict
    if schema is None:
        strict = False
    elif strict:
        sent = enforceable(schema, call.target)
        if sent is None:
            strict = False
        else:
            document, lift = sent.schema, sent.lift
    if schema is not None and not strict:
        document = to_json_schema(schema)
    effect = Ask(question.messages, document, strict, question.round, question.asked)
    if call.streaming is not None and telling is not None:
        watch = None
        if question.round == 0:
            watch = Watch(call.plan, about, telling.snapshot, eager=call.streaming.abort)
        answered = yield from _streamed(telling, effect, call.streaming, watch, lift)
        answered = replace(answered, checks=watch.usage if watch is not None else None)
    else:
        try:
            answered = Answered((yield from ask(effect)))
        except ProviderError as error:
            answered = Answered(error=error)
    if lift is None:
        return answered
    completion = answered.completion
    if completion is not None:
        completion = replace(completion, text=lift(completion.text))
    return replace(answered, completion=completion, came=lift(answered.came))


def _streamed(
    telling: Telling, effect: Ask, streaming: Streaming, watch: Watch | None, lift: Lift | None
) -> Effects[Answered]:
    """Read a streaming answer to its end. The first one is watched; of a reask only its end counts.

    Where maps are written as pairs, values are told once the answer is whole and lifted.
    """
    whole = lift is not None and lift.pairs
    pieces: list[str] = []
    try:
        piece = yield from begin(effect)
        while isinstance(piece, str):
            pieces.append(piece)
            if streaming.raw and piece:
                yield from tell(StreamEvent("delta", text=piece, snapshot=telling.snapshot.value))
            for event in watch.feed(piece) if watch is not None and not whole else ():
                yield from tell(telling.note(event))
            if streaming.abort and watch is not None and watch.failed:
                yield from read_more(stop=True)
                return Answered(Completion("".join(pieces), "length", usage=Usage(known=False)))
            piece = yield from read_more()
    except ProviderError as error:
        return Answered(error=error, came="".join(pieces) if watch is not None else "")
    if watch is not None and piece is not None and (whole or not pieces):
        # A model that cannot stream: its whole answer came at once.
        for event in watch.feed(piece.text if lift is None else lift(piece.text)):
            yield from tell(telling.note(event))
    if piece is None and pieces:
        # A stream of plain text, which says no more.
        return Answered(Completion("".join(pieces), usage=Usage(known=False)))
    return Answered(piece)
