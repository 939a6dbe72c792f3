"""Writes an output as JSON while it is still being made: only the parts that no later check can change.

Text that was sent cannot be taken back. So a value is written once it has passed, and only if no rule of an enclosing
value can require a reask of it; the rest waits. At the end, the written text is compared with the output.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from railguard import UNSET, Guard, Path, StreamEvent
from railguard.server.json_responses import response_text

__all__ = ["Changed", "OutputShape", "OutputWriter", "shape_of"]

OutputShape: TypeAlias = "Literal['text', 'checked text', 'whole'] | Container"
"""Which parts of an output may be written before it is complete: pieces of a text without rules ("text"), checked
sentences ("checked text"), nothing ("whole"), or the parts that a Container names.
"""

_HARMLESS = frozenset(
    {
        *("type", "properties", "required", "items", "minItems", "additionalProperties"),
        *("title", "description", "default", "examples", "format"),
    }
)
"""Keywords of a list or an object whose failure leaves the members unchanged."""


class Changed(Exception):
    """Raised if text that was already written is not part of the output."""


@dataclass(frozen=True, slots=True)
class Container:
    """A list or an object whose members may be written one by one.

    Attributes:
        members: The shape of each member of an object; None for a list.
        item: The shape of a list's items. In both, None means that a value is written only when it is complete.
    """

    members: Mapping[str, Container | None] | None = None
    item: Container | None = None

    def below(self, part: str | int) -> Container | None:
        """Return the shape of one member."""
        return self.item if self.members is None else self.members.get(str(part))


def shape_of(guard: Guard[Any]) -> OutputShape:
    """Return the parts of a guard's output that may be written before the output is complete."""
    schema = guard.json_schema()
    rules = [one.path for one in guard.enforcements()]
    if schema.get("type") == "string":
        return "checked text" if rules or len(schema.keys() - {"type", "description"}) > 0 else "text"
    return _container(schema, "$", frozenset(rules)) or "whole"


def _container(schema: Any, path: str, ruled: frozenset[str]) -> Container | None:
    """Return the shape of a list or an object that may be written member by member; None for other values. ruled: the
    paths that have rules.
    """
    if not isinstance(schema, dict) or not schema.keys() <= _HARMLESS or path in ruled:
        return None
    if schema.get("type") == "array" and isinstance(schema.get("items"), dict):
        return Container(item=_container(schema["items"], f"{path}[*]", ruled))
    more = schema.get("additionalProperties", True)
    if schema.get("type") != "object" or not isinstance(more, bool) or not isinstance(schema.get("properties"), dict):
        return None
    members = schema["properties"].items()
    return Container(members={name: _container(one, path + str(Path((name,)))[1:], ruled) for name, one in members})


@dataclass(slots=True)
class _Value:
    """A value that is known completely or in some of its members."""

    shape: Container | None
    whole: Any = UNSET
    members: dict[str | int, _Value] = field(default_factory=dict)


@dataclass(slots=True)
class _Open:
    """A list or an object whose end is not written yet. written: its members that were written."""

    value: _Value
    written: Any


class OutputWriter:
    """Writes one output, piece by piece."""

    def __init__(self, shape: OutputShape) -> None:
        """Start with empty text.

        Args:
            shape: The parts that may be written early.
        """
        self._text: str | None = "" if isinstance(shape, str) and shape != "whole" else None
        self._root = _Value(shape if isinstance(shape, Container) else None)
        self._written: Any = None  # the list or object that is being written, as far as it is known
        self._open: list[_Open] = []
        self._waits = False

    def feed(self, event: StreamEvent[Any]) -> str:
        """Return the text that can be written after an event of the stream; often ""."""
        if event.type == "restart":
            self._waits = True  # the answer is read again in another way: `finish` compares
        if self._waits:
            return ""
        if event.type == "delta" and self._text is not None and event.text is not None:
            if not self._text and event.text.lstrip()[:1] in ("", '"'):
                self._waits = True  # it may be a JSON document in a text
                return ""
            self._text += event.text
            return event.text
        if (
            event.type == "field"
            and event.path is not None
            and self._text is None
            and self._place(event.path, event.value)
        ):
            return "".join(self._advance())
        return ""

    def finish(self, output: Any) -> str:
        """Return the rest of the text.

        Args:
            output: The whole output, as plain data.

        Raises:
            Changed: If the output does not begin with the written text.
        """
        if self._written is None:
            text = output if isinstance(output, str) else response_text(output)
            written = self._text or ""
            if not text.startswith(written):
                raise Changed
            return text[len(written) :]
        if not _begins(self._written, output, [one.written for one in self._open]):
            raise Changed
        return "".join(self._closing(output))

    def _place(self, path: Path, value: Any) -> bool:
        """Store a value. Returns whether it may be written by itself."""
        at = self._root
        for part in path:
            if at.shape is None or at.whole is not UNSET:
                return False
            at = at.members.setdefault(part, _Value(at.shape.below(part)))
        at.whole = json.loads(response_text(value))  # the event's own value may still change
        return True

    def _advance(self) -> Iterator[str]:
        if self._written is None:
            if self._root.shape is None:
                return
            yield self._begin(self._root)
            self._written = self._open[0].written
        while self._open:
            top = self._open[-1]
            key = _next(top)
            if key is not None:
                yield self._member(top, key)
            elif top.value.whole is not UNSET:
                yield _rest(top.written, top.value.whole)
                self._open.pop()
            else:
                return

    def _begin(self, value: _Value) -> str:
        assert value.shape is not None, "only a container is written in parts"
        is_list = value.shape.members is None
        self._open.append(_Open(value, [] if is_list else {}))
        return "[" if is_list else "{"

    def _member(self, top: _Open, key: str | int) -> str:
        """Return the text of one member, or its beginning."""
        member = top.value.members[key]
        lead = ("," if top.written else "") + ("" if isinstance(top.written, list) else response_text(key) + ":")
        if member.whole is not UNSET:
            _put(top.written, key, member.whole)
            return lead + response_text(member.whole)
        begin = self._begin(member)
        _put(top.written, key, self._open[-1].written)
        return lead + begin

    def _closing(self, output: Any) -> Iterator[str]:
        """Yield the rest of all open containers, from the innermost to the outermost."""
        wholes = [output]
        for outer, inner in zip(self._open, self._open[1:], strict=False):
            wholes.append(wholes[-1][_key_of(outer.written, inner.written)])
        for open, whole in zip(reversed(self._open), reversed(wholes), strict=False):
            yield _rest(open.written, whole)
        self._open = []


def _next(top: _Open) -> str | int | None:
    """Return the next member of an open container that can be written; complete members come first."""
    members = top.value.members
    if isinstance(top.written, list):
        return len(top.written) if len(top.written) in members and _startable(members[len(top.written)]) else None
    waiting = [key for key in members if key not in top.written and _startable(members[key])]
    return next((key for key in waiting if members[key].whole is not UNSET), waiting[0] if waiting else None)


def _startable(value: _Value) -> bool:
    return value.whole is not UNSET or (value.shape is not None and bool(value.members))


def _put(written: Any, key: str | int, value: Any) -> None:
    if isinstance(written, list):
        written.append(value)
    else:
        written[key] = value


def _key_of(outer: Any, inner: Any) -> Any:
    """Return the key of the container that was opened last: the last key of the container around it."""
    return len(outer) - 1 if isinstance(outer, list) else next(reversed(outer))


def _rest(written: Any, whole: Any) -> str:
    """Return the missing members of a container and its end, and mark it as complete."""
    parts = []
    if isinstance(written, list):
        parts = [response_text(item) for item in whole[len(written) :]]
        end = "]"
    else:
        parts = [f"{response_text(key)}:{response_text(value)}" for key, value in whole.items() if key not in written]
        end = "}"
    lead = "," if written and parts else ""
    if isinstance(written, list):
        written.extend(whole[len(written) :])
    else:
        written.update(whole)
    return lead + ",".join(parts) + end


def _begins(written: Any, whole: Any, open: list[Any]) -> bool:
    """Whether a value is a beginning of another one. open: the containers that are not closed yet."""
    if not any(written is one for one in open):
        return json.dumps(written, sort_keys=True) == json.dumps(whole, sort_keys=True)
    if isinstance(written, list):
        if not isinstance(whole, list) or len(written) > len(whole):
            return False
        return all(_begins(one, other, open) for one, other in zip(written, whole, strict=False))
    if not isinstance(whole, dict) or not written.keys() <= whole.keys():
        return False
    return all(_begins(one, whole[key], open) for key, one in written.items())
