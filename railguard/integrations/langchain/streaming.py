"""The chunks that a guarded call yields in a streaming chain: checked values only; the next step adds them up to the
output.

LangChain adds the chunks of a stream with `+`. So

    an object     yields growing snapshots, and the output last: a snapshot plus the next chunk gives the next chunk
    a list        yields lists of new items; no item is yielded twice
    a text        yields the pieces that are new
    anything else yields its output once, at the end

A yielded part of a list or a text cannot be taken back. So a part that a rule may still change is held back until the
output; if an already yielded part changes all the same, the stream ends with ValidationFailed.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

from railguard import Guard, StreamEvent, ValidationFailed, ValidationOutcome

__all__ = ["Chunks", "chunks_of"]

_TEXT_ONLY = {"type", "title", "description", "examples"}
"""Keywords of a string schema without restrictions."""


class Chunks:
    """The chunks of one stream. raw: whether the guard emits the text as it arrives, because nothing checks it."""

    raw = False

    def feed(self, event: StreamEvent) -> Iterator[Any]:
        """Yield the chunks of an event of the guard."""
        yield from ()

    def last(self, outcome: ValidationOutcome) -> Iterator[Any]:
        """Yield the chunks that complete the output. Raises ValidationFailed if there is none."""
        outcome.raise_for_failures()
        yield outcome.output


def chunks_of(
    guard: Guard, *, max_reasks: int, include_outcome: bool, metadata: Mapping[str, Any] | None = None
) -> Chunks:
    """Choose how the output of a guard is streamed. max_reasks, metadata: arguments of the call."""
    if include_outcome:
        return _Outcome()
    schema = guard.json_schema()
    kind = schema.get("type")
    rules = guard.spec.schema.root.rules
    source = guard.spec.schema.source
    if kind == "array":
        settled = (
            all(rule.on_fail.policy.keeps_output for rule in rules) and not {"maxItems", "uniqueItems"} & schema.keys()
        )
        item = _item_guard(source) if guard.spec.schema.user_model is not None else None
        if settled and (item is not None or guard.spec.schema.user_model is None) and not _has_default(schema, item):
            return _Items(item, metadata)
        return Chunks()
    if kind == "string":
        asks = max_reasks > 0 and any(rule.on_fail.policy.asks_again for rule in rules)
        plain = source is str or guard.spec.schema.user_model is None
        if asks or not plain:
            return Chunks()
        return _Text(raw=not rules and schema.keys() <= _TEXT_ONLY)
    return _Snapshots()


class _Outcome(Chunks):
    def last(self, outcome: ValidationOutcome) -> Iterator[Any]:
        yield outcome


class Snapshot(dict[str, Any]):
    """An object as far as it is known. When LangChain adds chunks, the next snapshot, or the output, replaces it.

    Plain dicts cannot be used: in a RunnableParallel, whose chunks have one key each, the other keys would be lost.
    """

    def __add__(self, other: Any) -> Any:
        return other


class _Snapshots(Chunks):
    """The chunks of an object: each one is everything that is known so far. Chunks share their unchanged parts."""

    def __init__(self) -> None:
        self._root = _Growing()

    def feed(self, event: StreamEvent) -> Iterator[Any]:
        if event.type == "restart":
            self._root = _Growing()
        elif event.type == "field" and event.path and not isinstance(event.path[0], int):
            before = self._root.plain
            if (known := self._root.put(tuple(event.path), copy.deepcopy(event.value))) != before:
                yield Snapshot(known)


class _Growing:
    """A dict or list whose members become known one by one. `plain` is never changed after it was passed on."""

    def __init__(self, whole: Any = None) -> None:
        self.is_list = isinstance(whole, list)
        self.members: dict[str | int, Any] = {}
        if whole is not None:
            self.members = dict(enumerate(whole) if self.is_list else whole.items())
        self.plain: Any = whole

    def put(self, path: tuple[str | int, ...], value: Any) -> Any:
        """Set a value at a path, and return the plain form of the whole."""
        if len(path) == 1:
            self.members[path[0]] = value
        else:
            below = self.members.get(path[0])
            if not isinstance(below, _Growing):
                below = _Growing(below if isinstance(below, (dict, list)) else None)
                self.members[path[0]] = below
            below.put(path[1:], value)
        self.is_list = isinstance(path[0], int)
        if self.is_list:
            self.plain = [_plain(self.members[key]) for key in sorted(self.members, key=int)]
        else:
            self.plain = {key: _plain(member) for key, member in self.members.items()}
        return self.plain


def _plain(member: Any) -> Any:
    return member.plain if isinstance(member, _Growing) else member


class _Items(Chunks):
    """The chunks of a list: items in order, each as soon as it and all items before it have passed. item: the guard of
    a list of one item of a user-defined type, which creates its instance.
    """

    def __init__(self, item: Guard | None, metadata: Mapping[str, Any] | None) -> None:
        self._item = item
        self._metadata = metadata
        self._told: list[Any] = []
        self._given: list[Any] = []
        self._holds = False

    def feed(self, event: StreamEvent) -> Iterator[Any]:
        if self._holds or event.type != "field" or event.path is None or tuple(event.path) != (len(self._told),):
            return
        value = copy.deepcopy(event.value)
        given = copy.deepcopy(value)
        if self._item is not None:
            outcome: Any = self._item.parse(json.dumps([value]), metadata=self._metadata)
            if not outcome.passed:  # a rule on the whole list may still change every item
                self._holds = True
                return
            (given,) = outcome.output
        self._told.append(value)
        self._given.append(given)
        yield [given]

    def last(self, outcome: ValidationOutcome) -> Iterator[Any]:
        outcome.raise_for_failures()
        output: Any = outcome.output
        count = len(self._told)
        read = outcome.iterations[-1].parsed
        if list(output[:count]) != self._given and (not isinstance(read, list) or read[:count] != self._told):
            raise _taken_back(outcome)
        if rest := output[count:]:
            yield rest
        elif not count:
            yield output


class _Text(Chunks):
    def __init__(self, *, raw: bool) -> None:
        self.raw = raw
        self._told = ""
        self._waiting = ""

    def feed(self, event: StreamEvent) -> Iterator[Any]:
        if event.type != "delta" or not event.text:
            return
        self._waiting += event.text
        # A text that begins like a JSON string may be one: it is then parsed, and the output is another text.
        start = (self._told + self._waiting[:64]).lstrip()[:1]
        if start and start != '"':
            piece, self._waiting = self._waiting, ""
            self._told += piece
            yield piece

    def last(self, outcome: ValidationOutcome) -> Iterator[Any]:
        outcome.raise_for_failures()
        output: Any = outcome.output
        if not output.startswith(self._told):
            raise _taken_back(outcome)
        rest = output[len(self._told) :]
        if rest or not self._told:
            yield rest


def _item_guard(source: Any) -> Guard | None:
    """Return the guard of a list of one item for a user-defined `list[T]`: pydantic validates its items one by one."""
    if get_origin(source) is not list or len(get_args(source)) != 1:
        return None
    return Guard.from_pydantic(source)


def _has_default(schema: Mapping[str, Any], item: Guard | None) -> bool:
    """Whether an item may still get a default member when the answer is complete. An instance has its defaults from the
    start.
    """
    return item is None and _mentions(schema, "default")


def _mentions(schema: Any, keyword: str) -> bool:
    if isinstance(schema, Mapping):
        return keyword in schema or any(_mentions(value, keyword) for value in schema.values())
    return isinstance(schema, list) and any(_mentions(value, keyword) for value in schema)


def _taken_back(outcome: ValidationOutcome) -> ValidationFailed:
    return ValidationFailed(
        "the stream cannot be completed: the output is valid, but a part that was already streamed has changed; "
        "call invoke, or take error.outcome.output",
        outcome,
    )
