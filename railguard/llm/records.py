"""The file of a recorded conversation: its entries, and how they are read and written.

The file is JSON Lines, or one JSON array, UTF-8. Each entry is an object:

    {"answer": "{\\"fees\\": []}", "finish_reason": "stop", "usage": {"input_tokens": 812, "output_tokens": 9},
     "request": {"messages": [{"role": "user", "content": "…"}]}}

answer          the model's text, or any other JSON value in place of its JSON text, which is easier to write by hand
finish_reason   "stop" (default), "length", "refusal", "content_filter", "tool_calls", "unknown"
refusal         the model's words if it declined; `answer` may then be missing
usage           "input_tokens", "output_tokens", "cached_tokens"; not known if missing
model           the model's name
calls           the arguments of each tool call, where there was more than one; `answer` may then be missing
request         what was asked: "messages", or "sha256" in place of them; missing if anything may be asked. "round": 0 for
                a first question, then counting its reasks
pieces          of a streamed answer: for each piece the seconds since the question, and its characters

Empty lines and lines that start with # or // are ignored. Keys, headers and a caller's options are never written, and
texts that look like a key are removed from messages and answers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from railguard.errors import InputError
from railguard.llm.redaction import redact
from railguard.llm.request import Request
from railguard.llm.responses import joined
from railguard.prompting.compact import without_type
from railguard.values import Completion, FinishReason, Message, Usage

__all__ = [
    "MAX_RECORD_BYTES",
    "RecordEntry",
    "as_given",
    "as_key",
    "canonical_text",
    "entries",
    "messages_digest",
    "request_of",
    "written",
]

MAX_RECORD_BYTES = 64 * 1024 * 1024
"""Largest size in bytes of a recording: eight answers of the longest kind, and usually thousands."""

_KEYS = ("answer", "finish_reason", "refusal", "usage", "model", "note", "calls", "pieces", "request")
_USAGE = ("input_tokens", "output_tokens", "cached_tokens")


@dataclass(frozen=True, slots=True)
class RecordEntry:
    """One recorded answer, with as much of its question as is recorded."""

    where: str
    completion: Completion
    messages: tuple[str, ...] | None  # the canonical JSON of each message
    sha256: str | None
    round: int | None = None
    pieces: tuple[tuple[float, int], ...] = ()
    is_told: bool = False  # whether its messages contain the type of the wanted output

    @property
    def key(self) -> str | None:
        """The key to look up a request's messages: the result of `as_key`, or their digest."""
        return as_key(self.messages) if self.messages is not None else self.sha256

    @property
    def says_request(self) -> bool:
        """Whether the entry records its request, so that it answers only that conversation."""
        return self.messages is not None or self.sha256 is not None


def messages_digest(messages: Sequence[Message]) -> str:
    """Return the SHA-256, in hex, of a conversation's canonical JSON; an entry may record it instead of the messages."""
    from hashlib import sha256

    return sha256(canonical_text(as_given(messages)).encode()).hexdigest()


def as_key(messages: tuple[str, ...]) -> str:
    """Return the look-up key of a conversation; messages: the canonical JSON of each."""
    return "\n".join(messages)


def request_of(request: Request, *, messages: bool) -> str:
    """Return the JSON of a request for an entry. messages: whether to write the messages themselves or their digest."""
    if messages:
        return f'{{"messages": {canonical_text(list(request.messages))}, "round": {request.round}}}'
    return f'{{"sha256": "{messages_digest(request.messages)}", "round": {request.round}}}'


def written(asked: str, completion: Completion, pieces: Sequence[tuple[float, int]] | None = None) -> str:
    """Return the line of an answer. asked: the result of `request_of`; pieces: for a streamed answer."""
    entry: dict[str, Any] = {"answer": redact(completion.text), "finish_reason": completion.finish_reason}
    if completion.refusal is not None:
        entry["refusal"] = redact(completion.refusal)
    if completion.usage is not None and completion.usage.known:
        entry["usage"] = {name: getattr(completion.usage, name) for name in _USAGE}
    if completion.model is not None:
        entry["model"] = completion.model
    if completion.note is not None:
        entry["note"] = redact(completion.note)
    if completion.calls:
        entry["calls"] = [redact(one) for one in completion.calls]
    if pieces and entry["answer"] == completion.text:
        entry["pieces"] = pieces
    # ASCII: a lone surrogate in an answer cannot be written as UTF-8, but can be as an escape.
    return f'{json.dumps(entry)[:-1]}, "request": {asked}}}\n'


def as_given(messages: Sequence[Any]) -> list[Any]:
    """Return the messages without the type of the wanted output, which is part of them only for some providers."""
    given = (without_type(one) if isinstance(one, dict) else one for one in messages)
    return [one for one in given if one is not None]


def _is_told(messages: Sequence[Any] | None) -> bool:
    """Whether recorded messages contain the type of the wanted output."""
    return messages is not None and as_given(messages) != list(messages)


def canonical_text(value: Any) -> str:
    """Return the JSON text by which messages are compared, without anything that looks like a key."""
    return json.dumps(_scrubbed(value), sort_keys=True, default=lambda other: f"<{type(other).__qualname__}>")


def _scrubbed(value: Any) -> Any:
    """Return a value without anything in its texts that looks like a key."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: _scrubbed(one) for key, one in value.items()}
    return [_scrubbed(one) for one in value] if isinstance(value, (list, tuple)) else value


def entries(path: str) -> Iterator[RecordEntry]:
    """Yield the entries of a file in order. Raises InputError, with file and line, if the file cannot be read."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_RECORD_BYTES + 1)
        text = data.decode("utf-8-sig") if len(data) <= MAX_RECORD_BYTES else None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the recording {path} cannot be read: {error}") from error
    if text is None:
        raise InputError(f"the recording {path} is larger than {MAX_RECORD_BYTES:,} bytes")
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


def _entry(where: str, value: Any) -> RecordEntry:
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
    return RecordEntry(
        where,
        completion,
        None if messages is None else tuple(map(canonical_text, as_given(messages))),
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
