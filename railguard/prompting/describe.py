"""The wanted output as a model reads it: as JSON Schema, as XML, in words, and one node in one line.

Everything that is checked can be read in each form: types, constraints, hints, and the rules in their validators' own
words; what a failure does is never shown. Same tree, same text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
    Schema,
    StringNode,
    TimeNode,
    UnionNode,
)
from railguard.schema.json_schema import spelled, to_json_schema
from railguard.schema.prune import definitions_used
from railguard.spec import Slot

__all__ = ["as_json", "as_text", "as_xml", "is_text", "short", "slot_text"]

LINE = 120
_WIDTH = 100


def is_text(schema: Schema) -> bool:
    """Whether the whole answer is a text, not JSON: the root is a string that cannot be null."""
    return isinstance(schema.root, StringNode) and not schema.root.nullable


def slot_text(slot: Slot, schema: Schema) -> str:
    """What stands in a template's place for the schema: XML for `xml_output_schema`, else JSON, or words for a text."""
    if slot.name == "xml_output_schema":
        return as_xml(schema)
    return as_text(schema) if is_text(schema) else as_json(schema)


def as_json(schema: Schema) -> str:
    """The JSON Schema with every rule in its descriptions, indented by two; what fits on a line stands on one."""
    return _pretty(to_json_schema(schema, rules=True), 0)


def as_text(schema: Schema) -> str:
    """A wanted text in words: its description, then what it must satisfy, one line each, then how to answer."""
    root = schema.resolve(schema.root)
    told = []
    if root.description:
        told.append(f"Write this: {root.description}")
    kind = _noun(root, 1000, schema.definitions).one
    wanted = [*([] if kind == "text" else [kind]), *_said(root)]
    if wanted:
        told.append("It must satisfy all of these:\n" + "\n".join(f"- {one}" for one in wanted))
    told.append("Write only the text itself, with nothing before or after it.")
    return "\n\n".join(told)


def short(node: Node, *, rules: bool = False, schema: Schema | None = None, limit: int = LINE) -> str:
    """What is allowed at a node, in one line to follow "it must be": `a whole number between 0 and 100`.

    rules: whether the node's validators stand behind it, in brackets; its hint always does. schema: what references
    are looked up in; without it they are named. limit: about how many characters the line may have; names and values
    that do not fit are counted instead.
    """
    limit = max(limit, 40)
    told = _noun(node, limit, {} if schema is None else schema.definitions).one
    said = _said(node, rules=rules)
    if said:
        told += f" ({'; '.join(said)})"
    told = " ".join(told.split())
    return told if len(told) <= limit else told[: limit - 1].rstrip() + "…"


def _said(node: Node, *, rules: bool = True) -> list[str]:
    """The hint and the rules of a node, as they read."""
    said = [node.hint] if node.hint else []
    return list(dict.fromkeys([*said, *(rule.describe() for rule in node.rules)] if rules else said))


# A node as a noun.


class _Noun(NamedTuple):
    """one: "a whole number of at least 1". many: "whole numbers of at least 1". single: after a count of one."""

    one: str
    many: str
    single: str


def _made(article: str, single: str, many: str, rest: str = "") -> _Noun:
    rest = f" {rest}" if rest else ""
    return _Noun(f"{article} {single}".strip() + rest, many + rest, single + rest)


def _each(one: str) -> _Noun:
    return _Noun(one, f"values, each {one}", f"value, {one}")


_FORMATS = {
    "url": ("a", "URL", "URLs"),
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


def _noun(node: Node, limit: int, known: Mapping[str, Node]) -> _Noun:
    """A node as a noun. known: the definitions that a reference may still be replaced by."""
    noun = _not_null(node, limit, known)
    if not node.nullable or isinstance(node, (NullNode, AnyNode)):
        return noun
    return _each(f"{noun.one} or null")


def _not_null(node: Node, limit: int, known: Mapping[str, Node]) -> _Noun:
    match node:
        case StringNode():
            return _made(*_FORMATS.get(node.format or "", ("", "text", "texts")), _of_text(node))
        case IntegerNode():
            return _made("a", "whole number", "whole numbers", _of_number(node))
        case FloatNode():
            return _made("a", "number", "numbers", _of_number(node))
        case PercentageNode():
            return _made("a", "percentage", "percentages", 'as a text such as "12.5%"')
        case BooleanNode():
            return _each("true or false")
        case NullNode():
            return _each("null")
        case DateNode():
            return _made("a", "date", "dates", _of_time(node.format, "YYYY-MM-DD"))
        case TimeNode():
            return _made("a", "time", "times", _of_time(node.format, "HH:MM:SS"))
        case DateTimeNode():
            return _made("a", "date and time", "dates and times", _of_time(node.format, "YYYY-MM-DDTHH:MM:SS"))
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
            options = (_noun(option, room, known).one for option in node.options)
            return _each(" or ".join(dict.fromkeys(options)))
        case RefNode() if node.name in known:
            others = {name: other for name, other in known.items() if name != node.name}
            return _noun(known[node.name], limit, others)
        case RefNode():
            return _made("a", "value", "values", f"of the type {node.name}")
    return _Noun("any JSON value", "JSON values", "JSON value")


def _of_text(node: StringNode) -> str:
    lengths = _range(node.min_length, node.max_length, "character")
    pattern = f"that matches the regular expression {node.pattern}" if node.pattern is not None else ""
    return " ".join(filter(None, [f"of {lengths}" if lengths else "", pattern]))


def _range(least: int | None, most: int | None, noun: str, many: str | None = None) -> str:
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


def _of_number(node: IntegerNode | FloatNode) -> str:
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


def _of_time(format: str | None, default: str) -> str:
    letters = default if format is None else spelled(format)
    return f"as {letters}" if letters is not None else f"in the strptime format {_quoted(format)}"


def _of_values(values: Sequence[Any], limit: int) -> str:
    if len(values) == 1:
        return f"exactly {_json(values[0], limit)}"
    if not values:
        return "no value at all"
    return "one of " + _listed([_json(value, limit) for value in values], limit - 7, "values")


def _of_list(node: ListNode, limit: int, known: Mapping[str, Node]) -> str:
    item = _noun(node.item, max(limit * 2 // 3, 40), known)
    rest = f"of {_range(node.min_items, node.max_items, item.single, item.many) or item.many}"
    return f"{rest}, all different" if node.unique else rest


def _object(node: ObjectNode, limit: int, known: Mapping[str, Node]) -> _Noun:
    if not node.fields and node.extra is None:
        return _made("an", "empty object", "empty objects")
    held = _held(node, limit, known)
    counted = _range(node.min_properties, node.max_properties, "key")
    return _made("an", "object", "objects", f"{held}, {counted} in all" if counted else held)


def _held(node: ObjectNode, limit: int, known: Mapping[str, Node]) -> str:
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
        values = _noun(node.extra, max(limit // 2, 40), known)
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
    held = _held(case.node, limit, known)
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


# JSON, indented where it does not fit on a line.


def _pretty(value: Any, level: int) -> str:
    if isinstance(value, dict) and value:
        parts = [f"{_quoted(key)}: {_pretty(item, level + 1)}" for key, item in value.items()]
        return _laid_out("{", parts, "}", level)
    if isinstance(value, list) and value:
        return _laid_out("[", [_pretty(item, level + 1) for item in value], "]", level)
    return json.dumps(value, ensure_ascii=False)


def _laid_out(start: str, parts: list[str], end: str, level: int) -> str:
    if sum(map(len, parts)) + 2 * len(parts) + 2 * level <= _WIDTH and not any("\n" in part for part in parts):
        return f"{start}{', '.join(parts)}{end}"
    indent = "  " * (level + 1)
    return f"{start}\n{indent}" + f",\n{indent}".join(parts) + f"\n{indent[2:]}{end}"


# XML, as RAIL spells it.


def as_xml(schema: Schema) -> str:
    """The tree as RAIL writes an output: elements with name, description, required, nullable and format, no on-fail.

    Constraints, hints and rules stand in `format`, in words. Types that RAIL has no element for are `<null/>`,
    `<union>` with its options, and `<ref definition="…"/>` with a `<definition name="…">` behind the output.
    """
    used = definitions_used(schema.root, schema.definitions)
    lines = list(_element(schema.root, 0, tag="output"))
    for name, node in used.items():
        lines += _element(node, 0, tag="definition", name=name)
    return "\n".join(lines)


def _element(
    node: Node, level: int, *, tag: str | None = None, name: str | None = None, required: bool = True
) -> Iterator[str]:
    kind, attributes, children = _xml(node)
    said = "; ".join(dict.fromkeys([*_formats(node), *_said(node)]))
    shown = {"name": name, "type": kind if tag is not None and kind != "object" else None}
    shown |= attributes | {
        "description": node.description or None,
        "format": said or None,
        "required": None if required else "false",
        "nullable": "true" if node.nullable else None,
    }
    written = "".join(f' {key}="{_escaped(value)}"' for key, value in shown.items() if value is not None)
    indent = "  " * level
    inner = [line for child in children for line in child(level + 1)]
    tag = tag or kind
    if not inner:
        yield f"{indent}<{tag}{written}/>"
        return
    yield f"{indent}<{tag}{written}>"
    yield from inner
    yield f"{indent}</{tag}>"


_Child = Callable[[int], Iterable[str]]


def _xml(node: Node) -> tuple[str, dict[str, str | None], list[_Child]]:
    """A node's element: its tag, its own attributes, and what writes its children."""
    match node:
        case EnumNode():
            return "enum", {"values": _values(node.values)}, []
        case ListNode():
            return "list", {}, [_child(node.item)]
        case ObjectNode():
            return "object", {}, _members(node)
        case ChoiceNode():
            return "choice", {"discriminator": node.discriminator}, [_case_child(case) for case in node.cases]
        case UnionNode():
            return "union", {}, [_child(option) for option in node.options]
        case RefNode():
            return "ref", {"definition": node.name}, []
    return _TAGS.get(type(node), "any"), {}, []


_TAGS: dict[type[Node], str] = {
    StringNode: "string",
    IntegerNode: "integer",
    FloatNode: "float",
    BooleanNode: "boolean",
    NullNode: "null",
    PercentageNode: "percentage",
    DateNode: "date",
    TimeNode: "time",
    DateTimeNode: "datetime",
}


def _child(node: Node, name: str | None = None, required: bool = True) -> _Child:
    return lambda level: _element(node, level, name=name, required=required)


def _members(node: ObjectNode) -> list[_Child]:
    return [_child(field.node, field.name, field.required) for field in node.fields]


def _case_child(case: Case) -> _Child:
    return lambda level: _element(case.node, level, tag="case", name=case.value)


def _formats(node: Node) -> list[str]:
    """The constraints of a node in words, without its type and its members."""
    match node:
        case StringNode():
            named = _FORMATS.get(node.format or "")
            lengths = _range(node.min_length, node.max_length, "character")
            pattern = f"matches the regular expression {node.pattern}" if node.pattern is not None else ""
            return list(filter(None, [" ".join(named[:2]) if named else "", lengths, pattern]))
        case IntegerNode() | FloatNode():
            return list(filter(None, [_of_number(node).removeprefix("that is ")]))
        case DateNode():
            return [_of_time(node.format, "YYYY-MM-DD").removeprefix("as ")]
        case TimeNode():
            return [_of_time(node.format, "HH:MM:SS").removeprefix("as ")]
        case DateTimeNode():
            return [_of_time(node.format, "YYYY-MM-DDTHH:MM:SS").removeprefix("as ")]
        case PercentageNode():
            return ["such as 12.5%"]
        case ListNode():
            counted = _range(node.min_items, node.max_items, "item")
            return [*filter(None, [counted]), *(["all different"] if node.unique else [])]
        case ObjectNode():
            counted = _range(node.min_properties, node.max_properties, "key")
            further = "" if node.extra is None else _held(ObjectNode(extra=node.extra), LINE, {})
            return list(filter(None, [counted, further]))
        case ChoiceNode() if node.discriminator_description:
            return [f"{node.discriminator}: {node.discriminator_description}"]
    return []


def _values(values: Sequence[Any]) -> str:
    if all(isinstance(value, str) and "," not in value and value == value.strip() != "" for value in values):
        return ", ".join(values)
    return json.dumps(list(values), ensure_ascii=False)


_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
_UNSAFE = re.compile(r'[&<>"]|[^\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+')


def _escaped(text: str) -> str:
    """Text for an attribute's value; line breaks and what XML cannot hold become a space."""
    return _UNSAFE.sub(lambda match: _ESCAPES.get(match[0], " "), text)
