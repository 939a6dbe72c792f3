"""A node in words that stand in a sentence: "a whole number between 0 and 100", "lists of 2 to 5 dates".

Everything structural is said, within a number of characters: names and values that do not fit are counted instead.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from railguard.schema import (
    AnyNode,
    BooleanNode,
    Case,
    ChoiceNode,
    DateNode,
    DateTimeNode,
    EnumNode,
    FloatNode,
    IntegerNode,
    ListNode,
    Node,
    NullNode,
    ObjectNode,
    PercentageNode,
    RefNode,
    StringNode,
    TimeNode,
    UnionNode,
)
from railguard.schema.json_schema import spelled

__all__ = ["FORMATS", "LINE", "Noun", "held_by", "noun_of", "of_number", "of_time", "range_of", "said_of"]

LINE = 120
"""About how many characters a node in words may take, where nobody says another number."""


def said_of(node: Node, *, rules: bool = True) -> list[str]:
    """The hint and the rules of a node, as they read."""
    said = [node.hint] if node.hint else []
    return list(dict.fromkeys([*said, *(rule.describe() for rule in node.rules)] if rules else said))


class Noun(NamedTuple):
    """one: "a whole number of at least 1". many: "whole numbers of at least 1". single: after a count of one."""

    one: str
    many: str
    single: str


def _made(article: str, single: str, many: str, rest: str = "") -> Noun:
    rest = f" {rest}" if rest else ""
    return Noun(f"{article} {single}".strip() + rest, many + rest, single + rest)


def _each(one: str) -> Noun:
    return Noun(one, f"values, each {one}", f"value, {one}")


FORMATS = {
    "url": ("a", "URL", "URLs"),
    "uri": ("a", "URI", "URIs"),
    "uri-reference": ("a", "URI reference", "URI references"),
    "email": ("an", "e-mail address", "e-mail addresses"),
    "uuid": ("a", "UUID", "UUIDs"),
    "ipv4": ("an", "IPv4 address", "IPv4 addresses"),
    "ipv6": ("an", "IPv6 address", "IPv6 addresses"),
    "hostname": ("a", "host name", "host names"),
    "duration": ("a", "duration such as P3DT12H", "durations such as P3DT12H"),
    "json-pointer": ("a", "JSON Pointer such as /a/0", "JSON Pointers such as /a/0"),
    "regex": ("a", "regular expression", "regular expressions"),
}
"""A text's format → its article, and its name for one and for many."""


def noun_of(node: Node, limit: int, known: Mapping[str, Node]) -> Noun:
    """A node as a noun. known: the definitions that a reference may still be replaced by."""
    noun = _not_null(node, limit, known)
    if not node.nullable or isinstance(node, (NullNode, AnyNode)):
        return noun
    return _each(f"{noun.one} or null")


def _not_null(node: Node, limit: int, known: Mapping[str, Node]) -> Noun:
    match node:
        case StringNode():
            return _made(*FORMATS.get(node.format or "", ("", "text", "texts")), _of_text(node))
        case IntegerNode():
            return _made("a", "whole number", "whole numbers", of_number(node))
        case FloatNode():
            return _made("a", "number", "numbers", of_number(node))
        case PercentageNode():
            return _made("a", "percentage", "percentages", 'as a text such as "12.5%"')
        case BooleanNode():
            return _each("true or false")
        case NullNode():
            return _each("null")
        case DateNode():
            return _made("a", "date", "dates", of_time(node.format, "YYYY-MM-DD"))
        case TimeNode():
            return _made("a", "time", "times", of_time(node.format, "HH:MM:SS"))
        case DateTimeNode():
            return _made("a", "date and time", "dates and times", of_time(node.format, "YYYY-MM-DDTHH:MM:SS"))
        case EnumNode():
            return _each(_of_values(node.values, limit))
        case ListNode():
            return _made("a", "list", "lists", _of_list(node, limit, known))
        case ObjectNode():
            return _object(node, limit, known)
        case ChoiceNode():
            return _made("an", "object", "objects", _of_choice(node, limit, known))
        case UnionNode():
            room = max(limit // max(len(node.options), 1), 40)
            options = (noun_of(option, room, known).one for option in node.options)
            return _each(" or ".join(dict.fromkeys(options)))
        case RefNode() if node.name in known:
            others = {name: other for name, other in known.items() if name != node.name}
            return noun_of(known[node.name], limit, others)
        case RefNode():
            return _made("a", "value", "values", f"of the type {node.name}")
    return Noun("any JSON value", "JSON values", "JSON value")


def _of_text(node: StringNode) -> str:
    lengths = range_of(node.min_length, node.max_length, "character")
    pattern = f"that matches the regular expression {node.pattern}" if node.pattern is not None else ""
    return " ".join(filter(None, [f"of {lengths}" if lengths else "", pattern]))


def range_of(least: int | None, most: int | None, noun: str, many: str | None = None) -> str:
    """A count in words: "2 to 5 items"; empty if there are no bounds."""
    many = many or f"{noun}s"
    least = least or None
    if least is not None and least == most:
        return f"exactly {least} {noun if least == 1 else many}"
    if least is not None and most is not None:
        return f"{least} to {most} {many}"
    if least is not None:
        return f"at least {least} {noun if least == 1 else many}"
    if most is not None:
        return f"at most {most} {noun if most == 1 else many}"
    return ""


def of_number(node: IntegerNode | FloatNode) -> str:
    """The bounds of a number: "between 0 and 100", "that is at least 1"; empty if there are none."""
    low, high = _digits(node.minimum), _digits(node.maximum)
    above, below = _digits(node.exclusive_minimum), _digits(node.exclusive_maximum)
    step = _digits(node.multiple_of)
    told = []
    if low and high and not above and not below:
        told.append(f"equal to {low}" if low == high else f"between {low} and {high}")
    else:
        bounds = ((low, "at least"), (above, "more than"), (high, "at most"), (below, "less than"))
        told = [f"{word} {bound}" for bound, word in bounds if bound]
    told += [f"a multiple of {step}"] if step else []
    words = " and ".join(told)
    return words if words.startswith("between") or not words else f"that is {words}"


def _digits(bound: float | None) -> str:
    """A bound as people write it: 0.0 is 0."""
    if isinstance(bound, float) and bound.is_integer() and abs(bound) < 1e15:
        return str(int(bound))
    return "" if bound is None else str(bound)


def of_time(format: str | None, default: str) -> str:
    """How a date or time is written. default: the letters of one without a format."""
    letters = default if format is None else spelled(format)
    return f"as {letters}" if letters is not None else f"in the strptime format {_quoted(format)}"


def _of_values(values: Sequence[Any], limit: int) -> str:
    if len(values) == 1:
        return f"exactly {_json(values[0], limit)}"
    if not values:
        return "no value at all"
    return "one of " + _listed([_json(value, limit) for value in values], limit - 7, "values")


def _of_list(node: ListNode, limit: int, known: Mapping[str, Node]) -> str:
    item = noun_of(node.item, max(limit * 2 // 3, 40), known)
    rest = f"of {range_of(node.min_items, node.max_items, item.single, item.many) or item.many}"
    return f"{rest}, all different" if node.unique else rest


def _object(node: ObjectNode, limit: int, known: Mapping[str, Node]) -> Noun:
    if not node.fields and node.extra is None:
        return _made("an", "empty object", "empty objects")
    held = held_by(node, limit, known)
    counted = range_of(node.min_properties, node.max_properties, "key")
    return _made("an", "object", "objects", f"{held}, {counted} in all" if counted else held)


def held_by(node: ObjectNode, limit: int, known: Mapping[str, Node]) -> str:
    """What an object holds: "with name, amount and optionally note"; empty for nothing."""
    required = [_name(field.name) for field in node.fields if field.required]
    optional = [_name(field.name) for field in node.fields if not field.required]
    left = max(limit - 40, 20)
    told = []
    if required:
        names = _listed(required, left * 2 // 3 if optional else left, "keys")
        told.append(f"with {names}")
        left -= len(names)
    if optional:
        names = _listed(optional, left, "keys")
        told.append(f"optionally {names}" if required else f"with, optionally, {names}")
    if node.extra is not None:
        values = noun_of(node.extra, max(limit // 2, 40), known)
        each = "" if isinstance(node.extra, AnyNode) else f" whose values are {values.many}"
        told.append(f"further keys{each}" if told else f"with any keys{each}")
    return f"{', '.join(told[:-1])} and {told[-1]}" if len(told) > 1 else "".join(told)


def _of_choice(node: ChoiceNode, limit: int, known: Mapping[str, Node]) -> str:
    tag = _name(node.discriminator)
    full = " or ".join(_case(case, limit, known) for case in node.cases)
    if len(node.cases) <= 8 and len(full) + len(tag) <= limit - 20:
        return f"whose {tag} is {full}"
    return f"whose {tag} is {_of_values([case.value for case in node.cases], limit - len(tag) - 25)}"


def _case(case: Case, limit: int, known: Mapping[str, Node]) -> str:
    held = held_by(case.node, limit, known)
    return f"{_quoted(case.value)} ({held})" if held else _quoted(case.value)


def _listed(names: Sequence[str], room: int, counted: str) -> str:
    """Names with commas; if they need more room than there is, the first few and how many there are."""
    if sum(map(len, names)) + 2 * (len(names) - 1) <= room:
        return ", ".join(names)
    told: list[str] = []
    left = room - 16
    for name in names:
        left -= len(name) + 2
        if left < 0 and told:
            break
        told.append(name)
    return f"{', '.join(told)}, … ({len(names)} {counted})"


_PLAIN_NAME = re.compile(r"[^\W\d][\w-]*")


def _name(name: str) -> str:
    return name if _PLAIN_NAME.fullmatch(name) and len(name) <= 64 else _json(name, 64)


def _quoted(text: str | None) -> str:
    return json.dumps(text, ensure_ascii=False)


def _json(value: Any, room: int) -> str:
    written = json.dumps(value, ensure_ascii=False)
    most = max(room - 20, 20)
    return written if len(written) <= most else written[:most] + "…"
