"""Answers from a file of recorded conversations ("replay:FILE"), in the format of records.py."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from os import PathLike

from railguard.errors import InputError, ProviderError
from railguard.llm.records import RecordEntry, as_given, as_key, canonical_text, entries, messages_digest
from railguard.llm.request import Provider, Request
from railguard.values import Completion, Message

__all__ = ["RecordedCall", "ReplayModel"]


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """One recorded guarded call.

    Attributes:
        where: File and line of its first answer.
        messages: The first question, or None if it is not recorded.
        answers: The model's answers: the first one, then those to reasks.
    """

    where: str
    messages: tuple[Message, ...] | None
    answers: tuple[Completion, ...]

    def model(self) -> Provider:
        """Return a Provider that gives the answers in their order to any request; after the last one it raises
        ProviderError.
        """
        return _InOrder(self)


class _InOrder:
    """The Provider of a recorded conversation that ignores the questions, since they may have changed."""

    def __init__(self, conversation: RecordedCall) -> None:
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

    The answer is that of the entry whose recorded request has the same messages; of several, the one of the same round,
    or the first. If there is none, entries are matched by round: entry 0 answers the first question, entry 1 the first
    reask, and so on, so that entries written by hand need no request. Raises ProviderError if that entry records other
    messages (with the first difference), or if there is no such entry. Nothing is remembered between requests, so it
    can be used repeatedly, and from several threads at once.

    Attributes:
        name: "replay:" plus the path of the file.
    """

    def __init__(self, path: str | PathLike[str], *, pieces: int = 4, paced: bool = False) -> None:
        """Read the file.

        Args:
            path: The file.
            pieces: The number of characters in each piece of a streamed answer that was not recorded in pieces.
            paced: Whether to repeat the recorded pauses between pieces.

        Raises:
            InputError: If the file cannot be read, with file and line.
        """
        if pieces < 1:
            raise InputError(f"pieces must be at least 1 character, not {pieces}")
        self._pieces, self._paced = pieces, paced
        self._path = str(path)
        self._entries = tuple(entries(self._path))
        self._answering: dict[str, list[RecordEntry]] = {}
        for entry in self._entries:
            if entry.key is not None:
                self._answering.setdefault(entry.key, []).append(entry)
        self.name: str = f"replay:{self._path}"

    def __repr__(self) -> str:
        return f"<ReplayModel {self._path}, {len(self._entries)} answers>"

    @property
    def carries_schemas(self) -> bool:
        """Whether the recorded provider received the schema: then no recorded message contains the type of the output."""
        return not any(entry.is_told for entry in self._entries)

    @property
    def reasks_whole(self) -> bool:
        """Whether a recorded reask repeats the first question."""
        return any(same[0].round == 0 and any(one.round for one in same) for same in self._answering.values())

    @property
    def conversations(self) -> tuple[RecordedCall, ...]:
        """The guarded calls in the file, in the order of their first answers.

        A reask belongs to the call whose first question it begins with. If questions are not recorded, an entry without
        a round continues the call before it.
        """
        found: list[list[RecordEntry]] = []
        for entry in self._entries:
            belongs = next((one for one in reversed(found) if _goes_on(one, entry)), None)
            if belongs is None:
                found.append([entry])
            else:
                belongs.append(entry)
        return tuple(
            RecordedCall(
                first.where,
                None if first.messages is None else tuple(json.loads(message) for message in first.messages),
                tuple(entry.completion for entry in (first, *rest)),
            )
            for first, *rest in found
        )

    def complete(self, request: Request) -> Completion:
        """Return the recorded answer to a request. Raises ProviderError if there is none."""
        return self._entry(request).completion

    async def acomplete(self, request: Request) -> Completion:
        """Return the recorded answer to a request."""
        return self.complete(request)

    def stream(self, request: Request) -> Iterator[str | Completion]:
        """Yield the recorded answer in pieces."""
        entry = self._entry(request)
        for pause, piece in self._cut(entry):
            if pause:
                time.sleep(pause)
            yield piece
        yield entry.completion

    async def astream(self, request: Request) -> AsyncIterator[str | Completion]:
        """Yield the recorded answer in pieces."""
        import asyncio

        entry = self._entry(request)
        for pause, piece in self._cut(entry):
            if pause:
                await asyncio.sleep(pause)
            yield piece
        yield entry.completion

    def _cut(self, entry: RecordEntry) -> Iterator[tuple[float, str]]:
        """Yield the pieces of an answer, each with the pause before it."""
        text, start, before = entry.completion.text, 0, 0.0
        for seconds, size in entry.pieces:
            yield max(seconds - before, 0.0) if self._paced else 0.0, text[start : start + size]
            start, before = start + size, seconds
        for at in range(start, len(text), self._pieces):
            yield 0.0, text[at : at + self._pieces]

    def _entry(self, request: Request) -> RecordEntry:
        messages = tuple(map(canonical_text, as_given(request.messages)))
        found = self._answering.get(as_key(messages)) or self._answering.get(messages_digest(request.messages))
        if found:
            return next((entry for entry in found if entry.round == request.round), found[0])
        if request.round < len(self._entries) and not self._entries[request.round].says_request:
            return self._entries[request.round]
        raise ProviderError(self._no_answer(messages, request.round))

    def _no_answer(self, messages: tuple[str, ...], round: int) -> str:
        asked = "the first question" if round == 0 else f"reask {round}"
        recorded = [entry for entry in self._entries if entry.messages is not None]
        if round >= len(self._entries) and not recorded:
            many = len(self._entries)
            return f"{self._path} holds {many} answer{'' if many == 1 else 's'}, and {asked} was asked"
        if not recorded:
            return f"{self._path}: no recorded request has the messages of {asked}"
        # The nearest entry: the one with the longest common beginning, then the one at the index of this round.
        at = self._entries[round] if round < len(self._entries) else None
        nearest = max(recorded, key=lambda e: (_common(e.messages or (), messages), e is at))
        difference = _difference(nearest.messages or (), messages)
        return f"{nearest.where}: {asked} is not the one that was recorded: {difference}"


def _goes_on(call: list[RecordEntry], entry: RecordEntry) -> bool:
    """Whether an entry is the next round of a recorded call."""
    first = call[0]
    if entry.round is not None and entry.round != len(call):
        return False
    if entry.messages is not None and first.messages is not None:
        return len(entry.messages) > len(first.messages) and _common(entry.messages, first.messages) == len(
            first.messages
        )
    return entry.messages is None and first.messages is None


def _common(a: tuple[str, ...], b: tuple[str, ...]) -> int:
    same = 0
    for left, right in zip(a, b, strict=False):
        if left != right:
            break
        same += 1
    return same


def _difference(recorded: tuple[str, ...], asked: tuple[str, ...]) -> str:
    """Describe the first difference between two conversations."""
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
