"""A conversation in a file: written by RecordingModel or by hand, answered again by ReplayModel ("replay:FILE").

The file is JSON Lines, or one JSON array, UTF-8. Each entry is an object:

    {"answer": "{\\"fees\\": []}", "finish_reason": "stop", "usage": {"input_tokens": 812, "output_tokens": 9},
     "request": {"messages": [{"role": "user", "content": "…"}]}}

answer          the model's text; any other JSON value stands for its JSON text, which is easier to write by hand
finish_reason   "stop" (default), "length", "refusal", "content_filter", "tool_calls", "unknown"
refusal         the model's words if it declined; `answer` may then be missing
usage           "input_tokens", "output_tokens", "cached_tokens"; not known if missing
model           the model's name
calls           the arguments of each tool call, where there was more than one; `answer` may then be missing
request         what was asked: "messages", or "sha256" in place of them; missing if anything may be asked
request         what was asked: "messages", or "sha256" in place of them; missing if anything may be asked. "round": 0 for
                a first question, then counting its reasks
pieces          of a streamed answer: for each piece the seconds since the question, and its characters

Empty lines and lines that start with # or // are passed over. Keys, headers and a caller's options never get into it, and
what has the shape of a key is taken out of messages and answers.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from os import PathLike
from typing import Any, get_args

from railguard.errors import InputError, ProviderError
from railguard.llm.redaction import redact
from railguard.llm.request import Provider, Request, astream, stream
from railguard.llm.responses import joined
from railguard.prompting.compact import without_type
from railguard.values import Completion, FinishReason, Message, Usage

__all__ = ["MOST", "Conversation", "RecordingModel", "ReplayModel", "digest"]

MOST = 64 * 1024 * 1024
"""Bytes of a recording that are read: eight answers of the longest kind, and usually thousands."""

_KEYS = ("answer", "finish_reason", "refusal", "usage", "model", "note", "calls", "pieces", "request")
_USAGE = ("input_tokens", "output_tokens", "cached_tokens")


def digest(messages: Sequence[Message]) -> str:
    """SHA-256, in hex, of a conversation's canonical JSON: what an entry may record in place of the messages."""
    from hashlib import sha256

    return sha256(_canonical(_as_given(messages)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Entry:
    where: str
    completion: Completion
    messages: tuple[str, ...] | None  # each one's canonical JSON
    sha256: str | None
    round: int | None = None
    pieces: tuple[tuple[float, int], ...] = ()
    is_told: bool = False  # its messages tell the type of the wanted output

    @property
    def says_request(self) -> bool:
        return self.messages is not None or self.sha256 is not None


@dataclass(frozen=True, slots=True)
class Conversation:
    """One guarded call as it was recorded.

    Attributes:
        where: File and line of its first answer.
        messages: What was asked first; None if that is not recorded.
        answers: The model's answers, the first one and those to reasks.
    """

    where: str
    messages: tuple[Message, ...] | None
    answers: tuple[Completion, ...]

    def model(self) -> Provider:
        """A Provider that gives the answers in their order, whatever it is asked; after the last one ProviderError."""
        return _InOrder(self)


class _InOrder:
    """The Provider of a recorded conversation whose questions may have changed since."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self.name: str = conversation.where

    def complete(self, request: Request) -> Completion:
        answers = self._conversation.answers
        if request.round >= len(answers):
            raise ProviderError(f"{self.name}: no answer is recorded to reask {request.round}")
        return answers[request.round]

    async def acomplete(self, request: Request) -> Completion:
        return self.complete(request)


class ReplayModel:
    """A Provider that answers from a file.

    The entry whose recorded request has the same messages answers; of several the first. Otherwise the entries count
    off the rounds of one conversation: entry 0 answers the first question, entry 1 the first reask, and so on, so
    that entries written by hand need no request. If that entry records other messages, ProviderError shows the first
    difference; and so it is if there is no such entry. Nothing is remembered between requests: it may be used again
    and again, and from several threads at once.

    Streamed, it comes in the pieces in which it was recorded, else in pieces of `pieces` characters; paced: and with the
    pauses between them. Raises InputError, with file and line, for a file that cannot be read.
    """

    def __init__(self, path: str | PathLike[str], *, pieces: int = 4, paced: bool = False) -> None:
        if pieces < 1:
            raise InputError(f"pieces must be at least 1 character, not {pieces}")
        self._pieces, self._paced = pieces, paced
        self._path = str(path)
        self._entries = tuple(_read(self._path))
        self._first: dict[str, _Entry] = {}
        for entry in self._entries:
            key = _key(entry.messages) if entry.messages is not None else entry.sha256
            if key is not None:
                self._first.setdefault(key, entry)
        self.name: str = f"replay:{self._path}"

    def __repr__(self) -> str:
        return f"<ReplayModel {self._path}, {len(self._entries)} answers>"

    @property
    def carries_schemas(self) -> bool:
        """Whether the recorded provider took the schema: then no recorded message tells the type of the output."""
        return not any(entry.is_told for entry in self._entries)

    @property
    def conversations(self) -> tuple[Conversation, ...]:
        """The guarded calls that the file holds, in the order of their first answers.

        A reask belongs to the call whose first question its own begins with; where questions are not recorded, an entry
        that says no round goes on with the call before it.
        """
        found: list[list[_Entry]] = []
        for entry in self._entries:
            belongs = next((one for one in reversed(found) if _goes_on(one, entry)), None)
            if belongs is None:
                found.append([entry])
            else:
                belongs.append(entry)
        return tuple(
            Conversation(
                first.where,
                None if first.messages is None else tuple(json.loads(message) for message in first.messages),
                tuple(entry.completion for entry in (first, *rest)),
            )
            for first, *rest in found
        )

    def complete(self, request: Request) -> Completion:
        """The recorded answer to a request. Raises ProviderError if there is none."""
        return self._entry(request).completion

    async def acomplete(self, request: Request) -> Completion:
        """The recorded answer."""
        return self.complete(request)

    def stream(self, request: Request) -> Iterator[str | Completion]:
        """The recorded answer, in pieces."""
        entry = self._entry(request)
        for pause, piece in self._cut(entry):
            if pause:
                time.sleep(pause)
            yield piece
        yield entry.completion

    async def astream(self, request: Request) -> AsyncIterator[str | Completion]:
        """The recorded answer, in pieces."""
        import asyncio

        entry = self._entry(request)
        for pause, piece in self._cut(entry):
            if pause:
                await asyncio.sleep(pause)
            yield piece
        yield entry.completion

    def _cut(self, entry: _Entry) -> Iterator[tuple[float, str]]:
        """The pieces of an answer, each with the pause before it."""
        text, start, before = entry.completion.text, 0, 0.0
        for seconds, size in entry.pieces:
            yield max(seconds - before, 0.0) if self._paced else 0.0, text[start : start + size]
            start, before = start + size, seconds
        for at in range(start, len(text), self._pieces):
            yield 0.0, text[at : at + self._pieces]

    def _entry(self, request: Request) -> _Entry:
        messages = tuple(map(_canonical, _as_given(request.messages)))
        found = self._first.get(_key(messages)) or self._first.get(digest(request.messages))
        if found is not None:
            return found
        if request.round < len(self._entries) and not self._entries[request.round].says_request:
            return self._entries[request.round]
        raise ProviderError(self._no_answer(messages, request.round))

    def _no_answer(self, messages: tuple[str, ...], round: int) -> str:
        asked = "the first question" if round == 0 else f"reask {round}"
        recorded = [entry for entry in self._entries if entry.messages is not None]
        if round >= len(self._entries) and not recorded:
            many = len(self._entries)
            return f"{self._path} holds {many} answer{'' if many == 1 else 's'}, and {asked} was put"
        if not recorded:
            return f"{self._path}: no recorded request has the messages of {asked}"
        # The nearest: what shares the longest beginning, then what stands where this round would be looked for.
        at = self._entries[round] if round < len(self._entries) else None
        nearest = max(recorded, key=lambda e: (_common(e.messages or (), messages), e is at))
        difference = _difference(nearest.messages or (), messages)
        return f"{nearest.where}: {asked} is not the one that was recorded: {difference}"


class RecordingModel:
    """A Provider that asks another one and writes each request and answer to a file ReplayModel can read.

    model: what `railguard.llm.model` takes. path: begun anew. messages=False writes a digest in place of the messages,
    where they must not lie on a disk. Several threads and tasks may use it; entries stand in the order of the answers.
    What raises is not written. A streamed answer that is closed midway is written as one that was cut off ("length").
    """

    def __init__(self, model: Any, path: str | PathLike[str], *, messages: bool = True) -> None:
        from railguard.llm.models import model as provider_of

        self._provider: Provider = provider_of(model)
        self._path = str(path)
        self._messages = messages
        self._lock = threading.Lock()
        self.name: str = self._provider.name
        self.schema_target: Any = getattr(self._provider, "schema_target", "draft2020-12")
        self.cheap_schemas: bool = bool(getattr(self._provider, "cheap_schemas", False))
        with open(self._path, "w", encoding="utf-8"):
            pass

    @property
    def carries_schemas(self) -> bool:
        """Whether a strict request's schema goes to the model."""
        return bool(getattr(self._provider, "carries_schemas", True))

    def __repr__(self) -> str:
        return f"<RecordingModel {self.name} to {self._path}>"

    def complete(self, request: Request) -> Completion:
        """Ask, write down, answer."""
        asked = self._request(request)
        return self._write(asked, self._provider.complete(request))

    async def acomplete(self, request: Request) -> Completion:
        """Ask, write down, answer."""
        asked = self._request(request)
        return self._write(asked, await self._provider.acomplete(request))

    def stream(self, request: Request) -> Iterator[str | Completion]:
        """Ask, hand on the pieces, write the whole down."""
        note = _Note(self, request)
        try:
            with closing(stream(self._provider, request)) as pieces:
                for piece in pieces:
                    note.take(piece)
                    yield piece
        except GeneratorExit:
            note.cut_off()
            raise

    async def astream(self, request: Request) -> AsyncIterator[str | Completion]:
        """Ask, hand on the pieces, write the whole down."""
        note = _Note(self, request)
        pieces = astream(self._provider, request)
        try:
            async for piece in pieces:
                note.take(piece)
                yield piece
        except GeneratorExit:
            note.cut_off()
            raise
        finally:
            await pieces.aclose()

    def _request(self, request: Request) -> str:
        if self._messages:
            return f'{{"messages": {_canonical(list(request.messages))}, "round": {request.round}}}'
        return f'{{"sha256": "{digest(request.messages)}", "round": {request.round}}}'

    def _write(
        self, asked: str, completion: Completion, pieces: Sequence[tuple[float, int]] | None = None
    ) -> Completion:
        entry: dict[str, Any] = {"answer": redact(completion.text), "finish_reason": completion.finish_reason}
        if completion.refusal is not None:
            entry["refusal"] = completion.refusal
        if completion.usage is not None and completion.usage.known:
            entry["usage"] = {name: getattr(completion.usage, name) for name in _USAGE}
        if completion.model is not None:
            entry["model"] = completion.model
        if completion.note is not None:
            entry["note"] = completion.note
        if completion.calls:
            entry["calls"] = [redact(one) for one in completion.calls]
        if pieces and entry["answer"] == completion.text:
            entry["pieces"] = pieces
        # ASCII: a lone surrogate in an answer cannot be written as UTF-8, but as an escape.
        line = f'{json.dumps(entry)[:-1]}, "request": {asked}}}\n'
        # In one write: whoever is killed leaves whole lines.
        with self._lock, open(self._path, "ab", buffering=0) as file:
            file.write(line.encode())
        return completion


class _Note:
    """What is written of a streamed answer, once."""

    def __init__(self, recording: RecordingModel, request: Request) -> None:
        self._recording = recording
        self._asked = recording._request(request)
        self._texts: list[str] = []
        self._began = time.monotonic()
        self._pieces: list[tuple[float, int]] = []
        self._written = False

    def take(self, piece: str | Completion) -> None:
        if isinstance(piece, str):
            self._texts.append(piece)
            self._pieces.append((round(time.monotonic() - self._began, 4), len(piece)))
        else:
            self._written = True
            self._recording._write(self._asked, piece, self._pieces)

    def cut_off(self) -> None:
        if self._texts and not self._written:
            self._written = True
            self._recording._write(self._asked, Completion("".join(self._texts), "length"), self._pieces)


def _as_given(messages: Sequence[Any]) -> list[Any]:
    """Messages without the type of the wanted output, which a model is told or not as its provider is."""
    given = (without_type(one) if isinstance(one, dict) else one for one in messages)
    return [one for one in given if one is not None]


def _is_told(messages: Sequence[Any] | None) -> bool:
    """Whether recorded messages tell the type of the wanted output."""
    return messages is not None and _as_given(messages) != list(messages)


def _canonical(value: Any) -> str:
    return json.dumps(_scrubbed(value), sort_keys=True, default=lambda other: f"<{type(other).__qualname__}>")


def _scrubbed(value: Any) -> Any:
    """A value with what has the shape of a key taken out of its texts."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: _scrubbed(one) for key, one in value.items()}
    return [_scrubbed(one) for one in value] if isinstance(value, (list, tuple)) else value


def _goes_on(call: list[_Entry], entry: _Entry) -> bool:
    """Whether an entry is the next round of a recorded call."""
    first = call[0]
    if entry.round is not None and entry.round != len(call):
        return False
    if entry.messages is not None and first.messages is not None:
        return len(entry.messages) > len(first.messages) and _common(entry.messages, first.messages) == len(
            first.messages
        )
    return entry.messages is None and first.messages is None


def _key(messages: tuple[str, ...]) -> str:
    return "\n".join(messages)


def _common(a: tuple[str, ...], b: tuple[str, ...]) -> int:
    same = 0
    for left, right in zip(a, b, strict=False):
        if left != right:
            break
        same += 1
    return same


def _difference(recorded: tuple[str, ...], asked: tuple[str, ...]) -> str:
    """Where two conversations part, in words."""
    at = _common(recorded, asked)
    if at == len(asked):
        return f"it has {len(asked)} messages, recorded are {len(recorded)}"
    if at == len(recorded):
        return f"it has {len(asked)} messages, recorded are {len(recorded)}; the next is {_excerpt(asked[at], 0)}"
    left, right = recorded[at], asked[at]
    offset = next((i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
    return f"message {at} differs\n  recorded: {_excerpt(left, offset)}\n  asked:    {_excerpt(right, offset)}"


def _excerpt(text: str, offset: int) -> str:
    start, end = max(offset - 40, 0), offset + 60
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"


def _read(path: str) -> Iterator[_Entry]:
    try:
        with open(path, "rb") as file:
            data = file.read(MOST + 1)
        text = data.decode("utf-8-sig") if len(data) <= MOST else None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the recording {path} cannot be read: {error}") from error
    if text is None:
        raise InputError(f"the recording {path} is larger than {MOST:,} bytes")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for where, value in _values(path, text):
        yield _entry(where, value)


def _values(path: str, text: str) -> Iterator[tuple[str, Any]]:
    if text.lstrip().startswith("["):
        values = _json(path, text)
        yield from ((f"{path}: entry {index}", value) for index, value in enumerate(values))
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip() and not line.lstrip().startswith(("#", "//")):
            where = f"{path}:{number}"
            yield where, _json(where, line)


def _json(where: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: not JSON: {error}. A recording is JSON Lines or one JSON array") from error


def _entry(where: str, value: Any) -> _Entry:
    def wrong(what: str) -> InputError:
        return InputError(f"{where}: {what}")

    if not isinstance(value, dict):
        raise wrong('an entry is an object, as {"answer": "…"}')
    unknown = [key for key in value if key not in _KEYS]
    if unknown:
        raise wrong(f"{unknown[0]!r} is not part of an entry; it has {', '.join(_KEYS)}")
    refusal = value.get("refusal")
    calls = value.get("calls", [])
    if not isinstance(calls, list) or len(calls) == 1:
        raise wrong("calls is a list of the arguments of several tool calls; those of one are the answer")
    texts = tuple(call if isinstance(call, str) else json.dumps(call, ensure_ascii=False) for call in calls)
    if "answer" not in value and refusal is None and not texts:
        raise wrong('an entry needs an "answer" (or a "refusal")')
    answer = value.get("answer", joined(texts) if texts else "")
    reason = value.get("finish_reason", "stop" if refusal is None else "refusal")
    if reason not in get_args(FinishReason):
        raise wrong(f"finish_reason is one of {', '.join(get_args(FinishReason))}, not {reason!r}")
    for name, text in (("refusal", refusal), ("model", value.get("model")), ("note", value.get("note"))):
        if text is not None and not isinstance(text, str):
            raise wrong(f"{name} is text, not {text!r}")
    request = value.get("request", {})
    if not isinstance(request, dict) or not set(request) <= {"messages", "schema", "sha256", "round"}:
        raise wrong('request is an object with "messages" or "sha256"')
    round = request.get("round")
    if round is not None and (type(round) is not int or round < 0):
        raise wrong("request.round is a count")
    messages = request.get("messages")
    if messages is not None and not (isinstance(messages, list) and all(isinstance(m, dict) for m in messages)):
        raise wrong("request.messages is a list of messages")
    completion = Completion(
        answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False),
        reason,
        refusal,
        _usage(value.get("usage"), wrong),
        value.get("model"),
        value.get("note"),
        texts,
    )
    return _Entry(
        where,
        completion,
        None if messages is None else tuple(map(_canonical, _as_given(messages))),
        request.get("sha256"),
        round,
        _pieces(value.get("pieces", []), wrong),
        _is_told(messages),
    )


def _pieces(pieces: Any, wrong: Any) -> tuple[tuple[float, int], ...]:
    if not isinstance(pieces, list) or not all(
        isinstance(one, list) and len(one) == 2 and type(one[0]) in (int, float) and type(one[1]) is int and one[1] >= 0
        for one in pieces
    ):
        raise wrong("pieces is a list of [seconds, characters]")
    return tuple((one[0], one[1]) for one in pieces)


def _usage(usage: Any, wrong: Any) -> Usage | None:
    if usage is None:
        return None
    if not isinstance(usage, dict) or not all(k in _USAGE and type(n) is int and n >= 0 for k, n in usage.items()):
        raise wrong(f"usage is an object with {', '.join(_USAGE)}, each a count")
    return Usage(**usage)
