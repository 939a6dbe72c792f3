"""The request of a reask: the original conversation, the failing values in the model's own words, and what is expected
instead.

It depends only on the failing fields: not on the round, the size of the output or the time. The model's text is data: a
JSON string, truncated, with the role assistant, never a template. However many values fail, and however long their
names and messages are, the request stays short: beyond a limit, items are counted, not listed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from railguard.prompting import describe, templates
from railguard.prompting.noun_phrases import short_description
from railguard.schema import EnumNode, ListNode, Node, ObjectNode, Schema
from railguard.schema.edit import json_types
from railguard.schema.formats import is_text
from railguard.spec import MessageTemplate, ShownAs, Template
from railguard.validation import json_type
from railguard.values import UNSET, Limits, Message, Path, json_text

__all__ = ["AskedValue", "Reason", "how_to_change", "reask_messages", "what_is_wrong"]

_REASONS = 20
"""Largest number of different messages for one field."""
_PLACES = 8
"""Largest number of places that are named if one message applies to many."""
_PLACE = 120
"""Largest number of characters of a shown path."""
_SHORTEST = 200
"""The number of characters of a field's messages that are always shown, even if those of other fields were long."""


class Reason(NamedTuple):
    """A reason why a value failed.

    Attributes:
        message: What is wrong.
        places: The paths inside the value that it applies to; empty for the value itself.
        keyword: The JSON Schema keyword or the rule that failed; empty if it belongs to another value.
    """

    message: str
    places: tuple[Path, ...] = ()
    keyword: str = ""


class AskedValue(NamedTuple):
    """A value that is asked for again.

    Attributes:
        key: Its name in the answer.
        path: Its path in the output.
        node: The expected type.
        reasons: Why the last value failed, in order.
        value: The last value; UNSET if there was none.
        beside: A few short scalars of the list item that contains it.
        append: Whether the path ends in "+", which asks for a list of items to append.
        optional: Whether it is missing and the answer may leave it out.
        removable: Whether null removes it: an optional member that cannot be null.
        changes: The style of the names, if a change answer is requested.
        part: The shown parts by name, if it is too long to be shown completely.
    """

    key: str
    path: Path
    node: Node
    reasons: tuple[Reason, ...] = ()
    value: Any = UNSET
    beside: tuple[tuple[str, Any], ...] = ()
    append: bool = False
    optional: bool = False
    removable: bool = False
    changes: Literal["dotted", "pointers"] | None = None
    part: Mapping[str, Any] | None = None


def reask_messages(
    conversation: Sequence[Message],
    wanted: Sequence[AskedValue],
    schema: Schema,
    answer: Callable[[], Schema],
    *,
    whole: bool = False,
    raw: str | None = None,
    unread: Sequence[str] | None = None,
    templates_of_reask: Sequence[MessageTemplate] = (),
    variables: Mapping[str, Any] | None = None,
    form: ShownAs = "json-schema",
    limits: Limits,
) -> tuple[Message, ...]:
    """Return the messages of a reask: the unchanged `conversation`, then one of the assistant, then one of the user.

    schema: what references in the wanted nodes are looked up in. answer: makes the schema of the wanted answer. whole: the one
    wanted value is the whole output. raw: the text of an answer that could not be read, echoed instead of a value. unread:
    the last answer to a reask brought nothing, and had these keys. templates_of_reask: the author's own words (`<reask>`),
    which take the place of the first line, or of everything where they hold `${error_messages}`. variables: the prompt's,
    for them. form: how they show a schema.
    """
    echo = _echo(wanted, whole=whole, raw=raw, limits=limits)
    reasons = _reasons(wanted, schema, whole=whole, limits=limits)
    shape = _shape(wanted, schema, whole=whole)
    if unread is not None:
        shape = f"{_nothing_read(unread, wanted, whole=whole)}\n\n{shape}"
    opening = _opening(whole, raw, is_root=not wanted[0].path)
    if not templates_of_reask:
        told: list[Message] = [{"role": "user", "content": "\n".join([opening, "", reasons, "", shape])}]
    else:
        told = _in_the_authors_words(templates_of_reask, echo, reasons, shape, answer, variables or {}, form)
    return (*conversation, {"role": "assistant", "content": _sendable(echo)}, *told)


def what_is_wrong(wanted: Sequence[AskedValue], schema: Schema, limits: Limits) -> str:
    """Describe the errors of some values, one line each."""
    return _reasons(wanted, schema, whole=False, limits=limits)


def _opening(whole: bool, raw: str | None, *, is_root: bool) -> str:
    if raw is not None:
        return "That answer could not be used. Answer again."
    if whole:
        return "That answer is not valid yet. Answer again."
    if is_root:
        return "That answer is not valid yet. Say what must change in it."
    return "These values are not valid yet. All others are accepted and stay as they are."


def _shape(wanted: Sequence[AskedValue], schema: Schema, *, whole: bool) -> str:
    if whole:
        if is_text(schema):
            return "Write only the new text, with nothing before or after it."
        return "Write only the whole JSON value, with nothing before or after it."
    changed = [one for one in wanted if one.changes is not None]
    singly = [one for one in wanted if one.changes is None]
    keys = _listed([one.key for one in singly])
    if not changed:
        return f"Write only one JSON object with exactly {'this key' if len(singly) == 1 else 'these keys'}: {keys}"
    if not singly:
        return how_to_change(changed, schema)
    return f"Write only one JSON object. Give it {'this key' if len(singly) == 1 else 'these keys'}: {keys}\n" + (
        how_to_change(changed, schema, first="For the others, add only what changes in them.")
    )


def how_to_change(
    wanted: Sequence[AskedValue], schema: Schema, *, first: str = "Write only one JSON object that says what changes."
) -> str:
    """Describe the format of a change answer: its keys, the meaning of a value, and how to add and remove.

    Args:
        wanted: The values that are requested as changes.
        schema: The schema that resolves references in their nodes.
        first: The first sentence.
    """
    one = wanted[0]
    pointers = one.changes == "pointers"
    member, items = _examples(one, schema)
    keys: list[tuple[str | int, ...]] = [member] if member is not None else []
    if items is not None:
        keys.append((*items, 0))
    such_as = f", such as {' or '.join(_quoted(_named(one, path)) for path in keys)}" if keys else ""
    told = [
        first,
        f"Each key is the {'JSON Pointer' if pointers else 'dotted name'} of one value{such_as}; its value is the new one.",
    ]
    if items is not None:
        told.append(f"The key {_quoted(_named(one, (*items, '+')))} adds a list of items at the end.")
        told.append("null removes a list item or an optional member.")
        told.append("Indexes are those before the changes; the first is 0.")
    else:
        told.append("null removes an optional member.")
    told.append("What is not named stays as it is.")
    return " ".join(told)


def _examples(one: AskedValue, schema: Schema) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    """Return paths below a value as examples: of a scalar member, and of a list."""
    node = schema.resolve(one.node)
    if isinstance(node, ListNode):
        return None, ()
    member = items = None
    for field in node.fields if isinstance(node, ObjectNode) else ():
        kind = schema.resolve(field.node)
        if isinstance(kind, ListNode) and items is None:
            items = (field.name,)
        elif not isinstance(kind, (ListNode, ObjectNode)) and member is None:
            member = (field.name,)
    return member, items


def _named(one: AskedValue, path: Sequence[str | int]) -> str:
    if one.changes == "pointers":
        return one.key + "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
    return ".".join([*([one.key] if one.key else []), *map(str, path)])


_NAMED_KEYS = 5
"""Largest number of keys that are named if an answer could not be used."""


def _nothing_read(unread: Sequence[str], wanted: Sequence[AskedValue], *, whole: bool) -> str:
    """Say that the last answer could not be used, so that the same question is not repeated in the same words."""
    if whole:
        return "Your last answer could not be used: no JSON value that fits was found in it."
    if unread:
        more = f" and {len(unread) - _NAMED_KEYS} more" if len(unread) > _NAMED_KEYS else ""
        shown = _listed([_cut(key, _PLACE) for key in unread[:_NAMED_KEYS]])
        why = f"{shown}{more} {'was' if len(unread) == 1 else 'were'} not asked for"
    else:
        why = "it had none of the values that were asked for"
    singly = [one.key for one in wanted if one.changes is None]
    right = f"use {_listed(singly[:_NAMED_KEYS])}" if singly else ""
    begin = [_named(one, ("",)) for one in wanted if one.changes is not None and one.key]
    if begin:
        right += f"{', or ' if right else 'use '}keys that begin with {_listed(begin[:_NAMED_KEYS])}"
    return f"Your last answer could not be used: {why}; {right or 'use the names of what must change'}."


def _listed(keys: Sequence[str]) -> str:
    return ", ".join(map(_quoted, keys))


def _quoted(key: str) -> str:
    return json_text(key)


def _reasons(wanted: Sequence[AskedValue], schema: Schema, *, whole: bool, limits: Limits) -> str:
    """Return one line per field; fields with the same messages share a line. The total length is limited like that of
    all echoes.
    """
    grouped: dict[str, list[AskedValue]] = {}
    left = limits.echoes
    allowed: dict[int, str] = {}  # by the id of a node: the items of a list share theirs
    for one in wanted:
        node = one.node
        if not (one.append or whole or one.changes is not None) and id(node) not in allowed:
            allowed[id(node)] = short_description(node, rules=True, schema=schema)
        told = _cut(_wrong(one, allowed.get(id(node)), limits), max(left, _SHORTEST))
        left -= len(told)
        if one.append:
            item = short_description(_item(one.node), rules=True, schema=schema)
            told += f" Give a list of the further items, each {item}."
        if one.optional:
            told += " It may be null."
        if one.part is not None:
            told += " It is too long to be shown whole."
        grouped.setdefault(told, []).append(one)
    lines = []
    for told, ones in grouped.items():
        if whole or not ones[0].path:
            lines.append(f"- {told}")
        else:
            lines.append(f"- {', '.join(_name(one) for one in ones)}: {told}")
    return "\n".join(lines)


_SAID_OF_NODE = {
    "type": "",
    "required": "",
    "enum": "values",
    "minimum": "minimum",
    "maximum": "maximum",
    "exclusiveMinimum": "exclusive_minimum",
    "exclusiveMaximum": "exclusive_maximum",
    "multipleOf": "multiple_of",
    "minLength": "min_length",
    "maxLength": "max_length",
    "minItems": "min_items",
    "maxItems": "max_items",
}
"""Keywords whose bound is part of a node's description, with the node's attribute for each."""


def _wrong(one: AskedValue, allowed: str | None, limits: Limits) -> str:
    """Describe the error of one value and what is allowed, each only once. allowed: None if that is not said."""
    if allowed is None or one.append or one.changes is not None:
        return _told(one.reasons, limits)
    others = [reason for reason in one.reasons if not _is_said_of(one, reason)]
    if len(others) == len(one.reasons):
        told = _told(one.reasons, limits)
        return told if allowed in told else f"{told} Allowed: {allowed}."
    missing = "This is missing. " if one.value is UNSET else ""
    told = f"{missing}It must be {allowed}{_size(one)}."
    return f"{told} {_told(others, limits)}" if others else told


def _is_said_of(one: AskedValue, reason: Reason) -> bool:
    """Whether a reason only repeats the description of what is allowed."""
    attribute = _SAID_OF_NODE.get(reason.keyword)
    if attribute is None or reason.places:
        return False
    if reason.keyword == "type":
        types = json_types(one.node)
        return types is not None and one.value is not UNSET and json_type(one.value) not in types
    if reason.keyword == "enum":
        return isinstance(one.node, EnumNode)
    return not attribute or getattr(one.node, attribute, None) is not None


def _size(one: AskedValue) -> str:
    """Return the size of a value that is too long or too short: models cannot count."""
    keywords = {reason.keyword for reason in one.reasons}
    if isinstance(one.value, str) and keywords & {"minLength", "maxLength"}:
        return f"; it has {len(one.value)}"
    if isinstance(one.value, list) and keywords & {"minItems", "maxItems"}:
        return f"; it has {len(one.value)}"
    return ""


def _told(reasons: Sequence[Reason], limits: Limits) -> str:
    """Return all reasons of one field as sentences."""
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
    """Return a path for display, cut in the middle: its keys may be the model's own words."""
    text = str(path)
    half = _PLACE // 2
    return text if len(text) <= _PLACE else f"{text[:half]}…{text[-half:]}"


def _item(node: Node) -> Node:
    item = getattr(node, "item", None)
    return item if isinstance(item, Node) else node


def _name(one: AskedValue) -> str:
    name = json_text(one.key)
    if not one.key.replace("+", "").strip("f").isdigit() and one.key != "+":
        place = ""
    else:
        place = f" (more items of {_shown(Path(one.path[:-1]))})" if one.append else f" ({_shown(one.path)})"
    beside = ", ".join([f"{key} = {json_text(value)}" for key, value in one.beside])
    return name + place + (f" (beside {beside})" if beside else "")


def _echo(wanted: Sequence[AskedValue], *, whole: bool, raw: str | None, limits: Limits) -> str:
    """Return the failing values as the model wrote them, each at most `limits.echo` characters, all at most
    `limits.echoes` bytes.
    """
    if raw is not None:
        return _cut(raw, limits.echo) if raw.strip() else "null"  # providers refuse an empty message
    if whole:
        value = wanted[0].value
        if isinstance(value, str):
            return _cut(value, limits.echo)
        return "null" if value is UNSET else _cut(_json(value), limits.echo)
    if not wanted[0].path and wanted[0].part is None and not wanted[0].append:
        return _json(wanted[0].value)
    left = limits.echoes
    shown: dict[str, Any] = {}
    for one in wanted:
        if one.part is not None:
            left -= len(_json(one.part).encode("utf-8", "replace"))
            if left < 0:
                break
            shown.update(one.part)
            continue
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
    """Return text without halves of surrogate pairs, which UTF-8 cannot encode."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _json(value: Any) -> str:
    return json_text(value)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most] + f" …[{len(text) - most} more characters]"


def _in_the_authors_words(
    own: Sequence[MessageTemplate],
    echo: str,
    reasons: str,
    shape: str,
    answer: Callable[[], Schema],
    variables: Mapping[str, Any],
    form: ShownAs,
) -> list[Message]:
    prompt = {name: value if isinstance(value, str) else _json(value) for name, value in variables.items()}
    values = prompt | {"error_messages": reasons, "previous_response": echo, "incorrect_values": echo}
    told: list[Message] = []
    complete = False
    for template in own:
        if not isinstance(template.content, Template):
            told.append({"role": template.role, "content": template.content})
            continue
        content = templates.expand(template.content, form=form)  # a primitive may contain the error messages
        complete = complete or "error_messages" in content.variables
        filled = {name: values.get(name, "") for name in content.variables}
        text = templates.fill(content, filled, lambda slot: describe.slot_text(slot, answer()))
        told.append({"role": template.role, "content": text.strip()})
    rest = shape if complete else "\n".join([reasons, "", shape])
    last = next((message for message in reversed(told) if message["role"] == "user"), None)
    if last is not None and isinstance(last["content"], str):
        last["content"] += "\n\n" + rest
    else:
        told.append({"role": "user", "content": rest})
    return told
