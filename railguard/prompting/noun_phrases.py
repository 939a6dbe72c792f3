"""Describes a node as a noun phrase: "a whole number between 0 and 100", "lists of 2 to 5 dates".

The whole structure is described within a number of characters: names and values that do not fit are only counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple, assert_never

from railguard.lazy import regex
from railguard.schema import (
    AnyNode,
    BooleanNode,
    ChoiceCase,
    ChoiceNode,
    EnumNode,
    FloatNode,
    IntegerNode,
    ListNode,
    Node,
    NullNode,
    ObjectNode,
    RefNode,
    Schema,
    StringNode,
    UnionNode,
)
from railguard.schema.formats import format_of, spelled
from railguard.values import json_text

__all__ = ["LINE", "Noun", "held_by", "noun_of", "of_number", "range_of", "said_of", "short_description", "spelling_of"]

LINE = 120
"""About how many characters the description of a node has by default."""


def said_of(node: Node, *, rules: bool = True) -> list[str]:
    """Return the hint and the rules of a node in words."""
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


def noun_of(node: Node, limit: int, known: Mapping[str, Node]) -> Noun:
    """Return a node as a noun phrase. known: the definitions that may still replace a reference."""
    noun = _not_null(node, limit, known)
    if not node.nullable or isinstance(node, (NullNode, AnyNode)):
        return noun
    return _each(f"{noun.one} or null")


def short_description(node: Node, *, rules: bool = False, schema: Schema | None = None, limit: int = LINE) -> str:
    """Return what a node allows, in one line that follows "it must be": `a whole number between 0 and 100`.

    rules: whether to add the node's validators, in brackets; its hint is always included. schema: resolves references;
    without it they are named. limit: about how many characters the line may have; names and values that do not fit are
    only counted.
    """
    limit = max(limit, 40)
    told = noun_of(node, limit, {} if schema is None else schema.definitions).one
    said = said_of(node, rules=rules)
    if said:
        told += f" ({'; '.join(said)})"
    told = " ".join(told.split())
    return told if len(told) <= limit else told[: limit - 1].rstrip() + "…"


def _not_null(node: Node, limit: int, known: Mapping[str, Node]) -> Noun:
    match node:
        case StringNode():
            return _text(node)
        case IntegerNode():
            return _made("a", "whole number", "whole numbers", of_number(node))
        case FloatNode():
            return _made("a", "number", "numbers", of_number(node))
        case BooleanNode():
            return _each("true or false")
        case NullNode():
            return _each("null")
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
        case AnyNode():
            return Noun("any JSON value", "JSON values", "JSON value")
        case _:
            assert_never(node)


def _text(node: StringNode) -> Noun:
    format = format_of(node.format)
    if format is None:
        return _made("", "text", "texts", _of_text(node))
    parts = (format.such_as, spelling_of(node), _of_text(node))
    return _made(format.article, format.one, format.many, " ".join(filter(None, parts)))


def _of_text(node: StringNode) -> str:
    lengths = range_of(node.min_length, node.max_length, "character")
    pattern = f"that matches the regular expression {node.pattern}" if node.pattern is not None else ""
    return " ".join(filter(None, [f"of {lengths}" if lengths else "", pattern]))


def range_of(least: int | None, most: int | None, noun: str, many: str | None = None) -> str:
    """Return a count in words: "2 to 5 items"; empty without bounds."""
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
    """Return the bounds of a number: "between 0 and 100", "that is at least 1"; empty without bounds."""
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
    """Return a bound in its usual form: 0.0 is 0."""
    if isinstance(bound, float) and bound.is_integer() and abs(bound) < 1e15:
        return str(int(bound))
    return "" if bound is None else str(bound)


def spelling_of(node: StringNode) -> str:
    """Return the notation of a text: "as YYYY-MM-DD"; empty if its format does not define one."""
    if node.strptime is not None and spelled(node.strptime) is None:
        return f"in the strptime format {_quoted(node.strptime)}"
    format = format_of(node.format)
    letters = spelled(node.strptime) if node.strptime is not None else format.letters if format is not None else None
    return f"as {letters}" if letters is not None else ""


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
    """Return the members of an object: "with name, amount and optionally note"; empty without members."""
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


def _case(case: ChoiceCase, limit: int, known: Mapping[str, Node]) -> str:
    held = held_by(case.node, limit, known)
    return f"{_quoted(case.value)} ({held})" if held else _quoted(case.value)


def _listed(names: Sequence[str], room: int, counted: str) -> str:
    """Return names with commas; if they need more room than there is, the first few and the number of all."""
    if len(names) == 1 or sum(map(len, names)) + 2 * (len(names) - 1) <= room:
        return ", ".join(names)
    ends = accumulate(len(name) + 2 for name in names)
    told = [name for name, end in zip(names, ends, strict=True) if end <= room - 16] or [names[0]]
    return f"{', '.join(told)}, … ({len(names)} {counted})"


_PLAIN_NAME = regex(r"[^\W\d][\w-]*")


def _name(name: str) -> str:
    return name if _PLAIN_NAME.fullmatch(name) and len(name) <= 64 else _json(name, 64)


def _quoted(text: str | None) -> str:
    return json_text(text)


def _json(value: Any, room: int) -> str:
    written = json_text(value)
    most = max(room - 20, 20)
    return written if len(written) <= most else written[:most] + "…"
