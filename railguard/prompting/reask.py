"""The request of a reask: the original conversation, what failed as the model's own words, and what is wanted instead.

It depends on the failing fields alone: not on the round, not on the size of the output, not on the clock. What the
model wrote is data: a JSON string, cut, at a role of its own, never a template. However much fails, and however long its
names and messages are, the request stays short: what is one of many is counted, not listed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from railguard.prompting import describe, templates
from railguard.schema import Node, Schema
from railguard.spec import MessageTemplate, Template
from railguard.values import UNSET, Limits, Message, Path

__all__ = ["Reason", "Wanted", "reask_messages"]

_REASONS = 20
"""Different messages that are told of one field."""
_PLACES = 8
"""Places that are named where one message is about many."""
_PLACE = 120
"""Characters of a path that is shown."""
_SHORTEST = 200
"""Characters of a field's messages that are shown however long those of others were."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a value failed: a message, and the places inside the value that it is about, none for the value itself."""

    message: str
    places: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """One value that is asked for again.

    key: its name in the answer. path, node: where it stands and what is expected. reasons: why the last one failed, in
    order. value: the last one, UNSET if there was none. beside: a few short scalars of the item it stands in. append:
    the path is a list, and what is wanted is a list of items to append to it. optional: the answer may leave it out.
    """

    key: str
    path: Path
    node: Node
    reasons: tuple[Reason, ...] = ()
    value: Any = UNSET
    beside: tuple[tuple[str, Any], ...] = ()
    append: bool = False
    optional: bool = False


def reask_messages(
    conversation: Sequence[Message],
    wanted: Sequence[Wanted],
    schema: Schema,
    *,
    whole: bool = False,
    raw: str | None = None,
    templates_of_reask: Sequence[MessageTemplate] = (),
    variables: Mapping[str, Any] | None = None,
    limits: Limits,
) -> tuple[Message, ...]:
    """The messages of a reask: `conversation` untouched, then one of the assistant, then one of the user.

    schema: of the wanted answer. whole: the one wanted value is the whole output. raw: the text of an answer that could
    not be read, echoed instead of a value. templates_of_reask: the author's own words (`<reask>`), which take the place
    of the first line, or of everything where they hold `${error_messages}`. variables: the prompt's, for them.
    """
    echo = _echo(wanted, whole=whole, raw=raw, limits=limits)
    reasons = _reasons(wanted, schema, whole=whole, limits=limits)
    shape = _shape(wanted, schema, whole=whole)
    if not templates_of_reask:
        told: list[Message] = [{"role": "user", "content": "\n".join([_opening(whole, raw), "", reasons, "", shape])}]
    else:
        told = _in_the_authors_words(templates_of_reask, echo, reasons, shape, schema, variables or {})
    return (*conversation, {"role": "assistant", "content": _sendable(echo)}, *told)


def _opening(whole: bool, raw: str | None) -> str:
    if raw is not None:
        return "That answer could not be used. Answer again."
    if whole:
        return "That answer is not valid yet. Answer again."
    return "These values are not valid yet. All others are accepted and stay as they are."


def _shape(wanted: Sequence[Wanted], schema: Schema, *, whole: bool) -> str:
    if whole:
        if describe.is_text(schema):
            return "Write only the new text, with nothing before or after it."
        return "Write only the whole JSON value, with nothing before or after it."
    keys = ", ".join(json.dumps(one.key, ensure_ascii=False) for one in wanted)
    return f"Write only one JSON object with exactly {'this key' if len(wanted) == 1 else 'these keys'}: {keys}"


def _reasons(wanted: Sequence[Wanted], schema: Schema, *, whole: bool, limits: Limits) -> str:
    """A line a field; fields with the same messages share one. All together are about as long as all echoes may be."""
    grouped: dict[str, list[Wanted]] = {}
    left = limits.echoes
    for one in wanted:
        told = _cut(_told(one.reasons, limits), max(left, _SHORTEST))
        left -= len(told)
        allowed = "" if one.append or whole else describe.short(one.node, rules=True, schema=schema)
        if allowed and allowed not in told:
            told += f" Allowed: {allowed}."
        if one.append:
            told += (
                f" Give a list of the further items, each {describe.short(_item(one.node), rules=True, schema=schema)}."
            )
        if one.optional:
            told += " It may be null."
        grouped.setdefault(told, []).append(one)
    lines = []
    for told, ones in grouped.items():
        if whole:
            lines.append(f"- {told}")
        else:
            lines.append(f"- {', '.join(_name(one) for one in ones)}: {told}")
    return "\n".join(lines)


def _told(reasons: Sequence[Reason], limits: Limits) -> str:
    """All reasons of one field as sentences."""
    sentences = []
    for reason in reasons[:_REASONS]:
        message = _cut(reason.message, limits.echo)
        places = ", ".join(_shown(place).removeprefix("$").removeprefix(".") for place in reason.places[:_PLACES])
        if len(reason.places) > _PLACES:
            places += f" and {len(reason.places) - _PLACES} more"
        sentence = f"{places}: {message}" if places else message
        sentences.append(sentence if sentence[-1:] in ".!?:;…。" else sentence + ".")
    if len(reasons) > _REASONS:
        sentences.append(f"There are {len(reasons) - _REASONS} more such messages.")
    return " ".join(sentences) or "It is not valid."


def _shown(path: Path) -> str:
    """A path as it is printed, cut in the middle: its keys may be the model's own words."""
    text = str(path)
    half = _PLACE // 2
    return text if len(text) <= _PLACE else f"{text[:half]}…{text[-half:]}"


def _item(node: Node) -> Node:
    item = getattr(node, "item", None)
    return item if isinstance(item, Node) else node


def _name(one: Wanted) -> str:
    name = json.dumps(one.key, ensure_ascii=False)
    if not one.key.replace("+", "").strip("f").isdigit() and one.key != "+":
        place = ""
    else:
        place = f" (more items of {_shown(Path(one.path[:-1]))})" if one.append else f" ({_shown(one.path)})"
    beside = ", ".join(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in one.beside)
    return name + place + (f" (beside {beside})" if beside else "")


def _echo(wanted: Sequence[Wanted], *, whole: bool, raw: str | None, limits: Limits) -> str:
    """The failing values as the model wrote them, each at most `limits.echo` characters, all `limits.echoes` bytes."""
    if raw is not None:
        return _cut(raw, limits.echo) if raw.strip() else "null"  # providers refuse an empty message
    if whole:
        value = wanted[0].value
        if isinstance(value, str):
            return _cut(value, limits.echo)
        return "null" if value is UNSET else _cut(_json(value), limits.echo)
    left = limits.echoes
    shown: dict[str, Any] = {}
    for one in wanted:
        if one.value is UNSET or one.append:
            continue
        value = one.value
        text = _json(value)
        if len(text) > limits.echo:
            value = _cut(value if isinstance(value, str) else text, limits.echo)
            text = _json(value)
        left -= len(text.encode("utf-8", "replace"))
        if left < 0:
            break
        shown[one.key] = value
    return _json(shown)


def _sendable(text: str) -> str:
    """Text without halves of surrogate pairs, which no UTF-8 can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=True)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most] + f" …[{len(text) - most} more characters]"


def _in_the_authors_words(
    own: Sequence[MessageTemplate], echo: str, reasons: str, shape: str, schema: Schema, variables: Mapping[str, Any]
) -> list[Message]:
    prompt = {name: value if isinstance(value, str) else _json(value) for name, value in variables.items()}
    values = prompt | {"error_messages": reasons, "previous_response": echo, "incorrect_values": echo}
    told: list[Message] = []
    complete = False
    for template in own:
        if not isinstance(template.content, Template):
            told.append({"role": template.role, "content": template.content})
            continue
        content = templates.expand(template.content)  # a primitive may hold the messages
        complete = complete or "error_messages" in content.variables
        filled = {name: values.get(name, "") for name in content.variables}
        text = templates.fill(content, filled, lambda slot: describe.slot_text(slot, schema))
        told.append({"role": template.role, "content": text.strip()})
    rest = shape if complete else "\n".join([reasons, "", shape])
    last = next((message for message in reversed(told) if message["role"] == "user"), None)
    if last is not None and isinstance(last["content"], str):
        last["content"] += "\n\n" + rest
    else:
        told.append({"role": "user", "content": rest})
    return told
