"""Repairs a value with the wrong type or notation for its node, by a table from (keyword, node) to a rule.

A row is one rule, with its class and an example; the first rule with a result is used. A rule gets one value and its
node, returns another value or none, and never a value that its node does not accept.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from functools import cache
from types import NoneType
from typing import Any, NamedTuple, get_args

from railguard.lazy import regex
from railguard.parsing.coerce.closed_sets import match_word, truth
from railguard.parsing.coerce.dates import respelt
from railguard.parsing.coerce.numbers import number_in
from railguard.parsing.coerce.soundness import Soundness
from railguard.schema import (
    AnyNode,
    BooleanNode,
    EnumNode,
    Field,
    FloatNode,
    IntegerNode,
    ListNode,
    Node,
    NullNode,
    ObjectNode,
    Schema,
    StringNode,
    UnionNode,
)
from railguard.schema.formats import FORMATS, check_of, format_of, is_percentage
from railguard.schema.members import fields_of
from railguard.values import UNSET, History, Limits, RepairClass, RepairNote, Spelling, Traced, json_text
from railguard.values.history import NOTHING

__all__ = ["REPAIRABLE", "RULES", "Coercion", "RepairContext", "RepairRule", "Work", "fit", "repair_of", "table"]


class Coercion(NamedTuple):
    """value: the new value, UNSET to remove the member. rule, kind: for the record. inner: the content of a text with
    its history, if that replaces the text.
    """

    value: Any
    rule: str
    kind: RepairClass
    inner: Traced | None = None


_DEEPEST = 32  # the most levels of a value that are tried; each takes several frames of Python's stack


class Work:
    """A cache while values are tried: each value is tried once for each node, and a repair that returns to the same
    value at the same node ends there.
    """

    def __init__(self, schema: Schema, limits: Limits | None = None) -> None:
        self.schema = schema
        self.limits = limits if limits is not None else Limits()
        self.sound = Soundness(schema)
        self.depth = 0
        self.known: dict[tuple[int, int, str | None], tuple[Any, RepairClass] | None] = {}
        self.kept: list[Any] = []  # keeps objects alive that are known by their id
        self._inside: dict[int, Traced | None] = {}

    def inside(self, text: str) -> Traced | None:
        """Return the list or object in a text, in JSON or in Python's notation; None if it certainly contains none."""
        if id(text) not in self._inside:
            self.kept.append(text)
            self._inside[id(text)] = _read_inside(text, self.limits)
        return self._inside[id(text)]


class RepairContext(NamedTuple):
    """The information for a rule besides the value: the node, the member, and the history of the value."""

    node: Node
    field: Field | None
    work: Work
    history: History = NOTHING

    @property
    def schema(self) -> Schema:
        """The whole schema."""
        return self.work.schema

    @property
    def spelling(self) -> str | None:
        """The text of a number if JSON would write it otherwise."""
        return next((note.text for _, note in self.history.notes if isinstance(note, Spelling)), None)

    @property
    def words(self) -> str:
        """The name, title, description and hint of the expected value."""
        node = self.node
        name = self.field.name if self.field is not None else ""
        return " ".join(part for part in (name, node.title, node.description, node.hint) if part)


Apply = Callable[[Any, RepairContext], Coercion | None]


class RepairRule(NamedTuple):
    """One row. nodes: the types that it applies to. keywords: the flaws that it repairs. example: a value and its
    result, in words for the table in the docs.
    """

    name: str
    nodes: tuple[type[Node], ...]
    keywords: frozenset[str]
    kinds: str
    example: str
    apply: Apply


def repair_of(
    node: Node,
    value: Any,
    field: Field | None,
    work: Work,
    *,
    keyword: str = "type",
    history: History = NOTHING,
) -> Coercion | None:
    """Return the repair of one flaw, or None. The node accepts the new value, apart from its bounds.

    node: the expected node, references resolved or not. field: its member, None for an item or the root. keyword: the
    flaw. history: of the value.
    """
    if value is UNSET or keyword not in REPAIRABLE:
        return None
    wanted = RepairContext(work.schema.resolve(node), field, work, history)
    kind: type[object] = type(wanted.node)
    for rule in _rules(keyword, kind):  # type: ignore[arg-type]  # a class can be hashed
        found = rule.apply(value, wanted)
        if found is not None and (found.value is UNSET or work.sound(found.value, wanted.node, bounds=False)):
            return found
    return None


@cache
def _rules(keyword: str, of: type[object]) -> tuple[RepairRule, ...]:
    """The rules for a flaw of a type of node."""
    return tuple(rule for rule in RULES if keyword in rule.keywords and issubclass(of, rule.nodes))


# -- null ---------------------------------------------------------------------------------------------------------------

_NULL_WORDS = {"null", "none", "nil", "undefined"}
_NOTHING_WORDS = {"", "n/a", "na", "not available", "unknown", "not specified", "not applicable", "-", "--", "—", "tbd"}


def _null_for_absent(value: Any, wanted: RepairContext) -> Coercion | None:
    field = wanted.field
    absent = value is None and field is not None and not field.required
    return Coercion(UNSET, "null-for-absent", "lossless") if absent else None


def _word_for_null(value: Any, wanted: RepairContext) -> Coercion | None:
    if not isinstance(value, str) or not (wanted.node.nullable or isinstance(wanted.node, NullNode)):
        return None
    word = value.strip().casefold()
    if word in _NULL_WORDS:
        return Coercion(None, "null-word", "lossless")
    return Coercion(None, "null-word", "judgement") if word in _NOTHING_WORDS else None


# -- scalars ------------------------------------------------------------------------------------------------------------


def _whole_float(value: Any, wanted: RepairContext) -> Coercion | None:
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return Coercion(int(value), "whole-number", "lossless")
    return None


def _number(value: Any, wanted: RepairContext) -> Coercion | None:
    if not isinstance(value, str):
        return None
    found = number_in(value, wanted.words)
    if found is None:
        return None
    number = found.value
    if isinstance(wanted.node, IntegerNode) and isinstance(number, float):
        if found.rule in ("european-number", "fraction") or not number.is_integer() or abs(number) >= 2**53:
            return None
        number = int(number)
    return Coercion(number, found.rule, found.kind)


def _boolean(value: Any, wanted: RepairContext) -> Coercion | None:
    found = truth(value)
    return Coercion(*found) if found is not None else None


def _word(value: Any, wanted: RepairContext) -> Coercion | None:
    assert isinstance(wanted.node, EnumNode)
    values = wanted.node.values
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        same = [one for one in values if type(one) is int and one == value]
        return Coercion(same[0], "whole-number", "lossless") if same else None
    if isinstance(value, (bool, int)):
        spelt = [one for one in values if isinstance(one, str) and one.casefold() == json.dumps(value)]
        return Coercion(spelt[0], "text-of-scalar", "lossless") if len(spelt) == 1 else None
    if not isinstance(value, str):
        return None
    found = match_word(value, values)
    if found is not None:
        return Coercion(*found)
    numbers = [one for one in values if isinstance(one, (int, float)) and not isinstance(one, bool)]
    number = number_in(value, wanted.words) if numbers else None
    equal = [one for one in numbers if one == number.value] if number is not None else []
    return Coercion(equal[0], number.rule, number.kind) if number is not None and len(equal) == 1 else None


def _text_of_scalar(value: Any, wanted: RepairContext) -> Coercion | None:
    text = None
    if isinstance(value, (int, float)) and wanted.spelling is not None:
        text = wanted.spelling
    elif isinstance(value, (bool, int)):
        text = json.dumps(value)
    elif isinstance(value, float) and math.isfinite(value):
        text = repr(value)
    return Coercion(text, "text-of-scalar", "lossless") if text is not None and _keeps_format(text, wanted) else None


def _text_of_json(value: Any, wanted: RepairContext) -> Coercion | None:
    if not isinstance(value, dict) or wanted.field is None or value.keys() == {wanted.field.name}:
        return None
    text = json_text(value)
    return Coercion(text, "text-of-json", "judgement") if _keeps_format(text, wanted) else None


def _spelt_by(rule: str, wanted: RepairContext) -> StringNode | None:
    """Return the text's node if the text's format uses this rule."""
    node = wanted.node
    format = format_of(node.format) if isinstance(node, StringNode) else None
    return node if isinstance(node, StringNode) and format is not None and format.repair == rule else None


def _keeps_format(text: str, wanted: RepairContext) -> bool:
    node = wanted.node
    check = check_of(node.format, node.strptime) if isinstance(node, StringNode) else None
    return check is None or check(text)


def _trimmed(value: Any, wanted: RepairContext) -> Coercion | None:
    node = _spelt_by("trimmed", wanted)
    if not isinstance(value, str) or node is None:
        return None
    check = check_of(node.format, node.strptime)
    trimmed = value.strip().strip("\"'`<>").strip()
    if node.format == "email":
        trimmed = trimmed.removeprefix("mailto:")
    if check is None or trimmed == value or not check(trimmed):
        return None
    return Coercion(trimmed, "trimmed", "lossless")


def _moment(value: Any, wanted: RepairContext) -> Coercion | None:
    node = _spelt_by("date-spelling", wanted)
    found = respelt(value, node) if isinstance(value, str) and node is not None else None
    return Coercion(found.value, "date-spelling", found.kind) if found is not None else None


def _percentage(value: Any, wanted: RepairContext) -> Coercion | None:
    if _spelt_by("percent-sign", wanted) is None:
        return None
    if isinstance(value, str):
        number = number_in(value, "percent")
        if number is None or number.rule == "currency":
            return None
        kind: RepairClass = number.kind if number.rule == "percent" else "judgement"
        text = f"{number.value}%"
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        kind, text = "judgement", f"{value}%"
        if 0 < abs(value) <= 1:
            return None  # 0.5 may be a half of a percent, or a half
    else:
        return None
    return Coercion(text, "percent-sign", kind) if is_percentage(text) else None


# -- containers ---------------------------------------------------------------------------------------------------------


def _json_in_text(value: Any, wanted: RepairContext) -> Coercion | None:
    inner = wanted.work.inside(value) if isinstance(value, str) else None
    if inner is None:
        return None
    found = _fitted(inner.value, wanted, "json-in-text", "lossless", inner.history)
    return found._replace(inner=inner) if found is not None else None


_LONGEST_INSIDE = 20_000  # the most characters of a text in a text that are parsed tolerantly


def _read_inside(text: str, limits: Limits) -> Traced | None:
    """Return the list or object in a text, in JSON or in Python's notation; None if it certainly contains none."""
    if text[:_LONGEST_INSIDE].lstrip()[:1] not in ("{", "["):
        return None
    from railguard.parsing.json.whole_text import read_json, read_tolerant

    found = read_json(text, limits)
    if found is None:
        if len(text) > _LONGEST_INSIDE:
            return None
        found = read_tolerant(text, limits, len(text) - len(text.lstrip()))
        notes = found.traced.history.all_notes()
        is_certain = all(isinstance(n, Spelling) or (isinstance(n, RepairNote) and _is_spelling(n)) for n in notes)
        if not is_certain or text[found.end :].strip():
            return None
    return found.traced if isinstance(found.traced.value, (dict, list)) else None


def _is_spelling(change: RepairNote) -> bool:
    return change.kind == "syntax" and change.rule not in ("unquoted", "unclosed")


def _one_of_list(value: Any, wanted: RepairContext) -> Coercion | None:
    if not isinstance(value, list) or len(value) != 1:
        return None
    # At the root this is a wrapper; further down the list may be meant.
    kind: RepairClass = (
        "lossless" if wanted.field is None and wanted.node is wanted.schema.resolve(wanted.schema.root) else "judgement"
    )
    return _fitted(value[0], wanted, "one-item-list", kind, wanted.history.at((0,)))


def _own_name(value: Any, wanted: RepairContext) -> Coercion | None:
    """Unwrap a member that is wrapped in its own name once more."""
    name = wanted.field.name if wanted.field is not None else None
    if name is None or not isinstance(value, dict) or value.keys() != {name}:
        return None
    return _fitted(value[name], wanted, "own-name", "judgement", wanted.history.at((name,)))


_LIKE_JSON = regex(r"""[\s"'\\]*+[\[{](?:[^\]}]*+|.*[\]}][\s"'\\]*)""", re.DOTALL)
"""A text in brackets, or with one that does not close."""


def _list_of_one(value: Any, wanted: RepairContext) -> Coercion | None:
    assert isinstance(wanted.node, ListNode)
    if value is None or isinstance(value, list):
        return None
    if isinstance(value, str) and any(mark in value.strip() for mark in (",", ";", "\n", "|", " and ")):
        return None  # it may contain several
    if isinstance(value, str) and value.strip().casefold() in _NULL_WORDS | _NOTHING_WORDS:
        return None  # it may say that there is none
    if isinstance(value, str) and _LIKE_JSON.fullmatch(value) is not None:
        return None  # it may be JSON that cannot be read
    if value == "" or (isinstance(value, dict) and isinstance(wanted.schema.resolve(wanted.node.item), StringNode)):
        return None
    return _fitted([value], wanted, "list-of-one", "lossless", History((), {0: wanted.history}))


def _only_member(value: Any, wanted: RepairContext) -> Coercion | None:
    """Convert `1214` to an object with one member. A text is not converted, because it may be another kind of answer."""
    assert isinstance(wanted.node, ObjectNode)
    fields, extra = wanted.node.fields, wanted.node.extra
    if (
        isinstance(value, (dict, str))
        or value is None
        or len(fields) != 1
        or not isinstance(extra, (AnyNode, NoneType))
    ):
        return None
    if isinstance(value, list) and not isinstance(wanted.schema.resolve(fields[0].node), ListNode):
        return None
    history = History((), {fields[0].name: wanted.history})
    return _fitted({fields[0].name: value}, wanted, "only-member", "judgement", history)


def _an_option(value: Any, wanted: RepairContext) -> Coercion | None:
    """Return the one value to which the options of a union convert it, with the weakest repairs."""
    assert isinstance(wanted.node, UnionNode)
    options = [wanted.schema.resolve(option) for option in wanted.node.options]
    fitted = [
        (option, _fitted(value, wanted._replace(node=option), "union-option", "lossless", wanted.history))
        for option in options
    ]
    found = [(option, one) for option, one in fitted if one is not None]
    if isinstance(value, dict):  # anything can be written as a text
        found = [(option, one) for option, one in found if not isinstance(one.value, str)]
    if isinstance(value, list) and any(isinstance(option, ListNode) for option in options):
        # It is a list because a list may stand here; what is wrong is in it.
        found = [(option, one) for option, one in found if isinstance(one.value, (list, dict))]
    if isinstance(value, float) and value.is_integer() and any(isinstance(option, IntegerNode) for option in options):
        # It is one of the integers in another notation, also where it is too large to be certain of all digits.
        found = [(option, one) for option, one in found if isinstance(option, IntegerNode)]
    # An option whose bounds the value violates is the second choice: an amount is a number, or a text of digits.
    found = [(option, one) for option, one in found if wanted.work.sound(one.value, option)] or found
    mild = [one for _, one in found if one.kind != "judgement"]
    distinct = {json.dumps(one.value, sort_keys=True): one for one in mild or [one for _, one in found]}
    return next(iter(distinct.values())) if len(distinct) == 1 else None


def _fitted(value: Any, wanted: RepairContext, rule: str, kind: RepairClass, history: History) -> Coercion | None:
    """Return the value as the node accepts it, with repairs below it if necessary; None if that is impossible."""
    found = fit(value, wanted.node, wanted.work, wanted.field, history)
    if found is None:
        return None
    repaired, strongest = found
    return Coercion(repaired, rule, "judgement" if "judgement" in (kind, strongest) else kind)


def fit(
    value: Any, node: Node, work: Work, field: Field | None = None, history: History = NOTHING
) -> tuple[Any, RepairClass] | None:
    """Return the value with all possible repairs below it, and their strongest class; None if a part cannot be
    repaired.

    For a value without known flaws: the option of a union, the content of a text. An unknown key is an error.
    """
    node = work.schema.resolve(node)
    key = (id(value), id(node), field.name if field is not None else None)
    if key not in work.known:
        work.kept.append(value)
        work.known[key] = None  # while it is being examined, the same value at the same node counts as unfit
        if work.depth < _DEEPEST:
            work.depth += 1
            work.known[key] = _fit(value, node, work, field, history)
            work.depth -= 1
    return work.known[key]


def _fit(value: Any, node: Node, work: Work, field: Field | None, history: History) -> tuple[Any, RepairClass] | None:
    if not isinstance(node, (ListNode, ObjectNode)) and work.sound(value, node, bounds=False):
        flaw = _format_flaw(value, node, work)
        if flaw is None:
            return value, "lossless"
        found = repair_of(node, value, field, work, keyword=flaw, history=history)
        return None if found is None else (found.value, found.kind)
    kind: RepairClass = "lossless"
    if isinstance(node, ListNode) and isinstance(value, list):
        items = []
        for at, item in enumerate(value):
            below = fit(item, node.item, work, None, history.below.get(at, NOTHING))
            if below is None:
                return None
            items.append(below[0])
            kind = "judgement" if below[1] == "judgement" else kind
        return items, kind
    if isinstance(node, ObjectNode) and isinstance(value, dict):
        return _fit_object(value, node, work, history)
    found = repair_of(node, value, field, work, history=history)
    return None if found is None or found.value is UNSET else (found.value, found.kind)


def _fit_object(
    value: dict[str, Any], node: ObjectNode, work: Work, history: History
) -> tuple[Any, RepairClass] | None:
    fields = fields_of(work.schema, node)
    kind: RepairClass = "lossless"
    members: dict[str, Any] = {}
    for key, item in value.items():
        field = fields.get(key)
        below_node = field.node if field is not None else node.extra
        if below_node is None:
            return None
        below = fit(item, below_node, work, field, history.below.get(key, NOTHING))
        if below is None:
            if item is None and field is not None and not field.required:
                continue
            return None
        members[key] = below[0]
        kind = "judgement" if below[1] == "judgement" else kind
    if any(field.required and field.name not in members for field in node.fields):
        return None
    return members, kind


def _format_flaw(value: Any, node: Node, work: Work) -> str | None:
    if value is None and node.nullable:
        return None
    if work.sound(value, node):
        return None
    return "format" if isinstance(node, StringNode) else None


# -- the table ----------------------------------------------------------------------------------------------------------

_ANY: tuple[type[Node], ...] = get_args(Node)
_NUMBERS: tuple[type[Node], ...] = (IntegerNode, FloatNode)
_SCALARS: tuple[type[Node], ...] = (StringNode, *_NUMBERS, BooleanNode, EnumNode)
_TYPE = frozenset({"type", "enum", "const", "discriminator", "format"})
_SET = frozenset({"enum", "const", "discriminator", "type"})
_FORMAT = frozenset({"format", "type"})

RULES: tuple[RepairRule, ...] = (
    RepairRule("null-for-absent", _ANY, _TYPE, "lossless", "null, for an optional member → left out", _null_for_absent),
    RepairRule("whole-number", (IntegerNode,), _TYPE, "lossless", "12.0 → 12", _whole_float),
    RepairRule(
        "number",
        _NUMBERS,
        _TYPE,
        "lossless, judgement",
        '"1,234.50" → 1234.5; "$5" → 5; "3/4" → 0.75; "The answer is 5." → 5',
        _number,
    ),
    RepairRule("boolean-word", (BooleanNode,), _TYPE, "lossless, judgement", '"Yes" → true; 0 → false', _boolean),
    RepairRule(
        "enum-spelling",
        (EnumNode,),
        _SET,
        "lossless, judgement",
        '"In Progress" → "in_progress"; "It is spam." → "spam"',
        _word,
    ),
    RepairRule("trimmed", (StringNode,), _FORMAT, "lossless", '"<a@b.org>" → "a@b.org"', _trimmed),
    RepairRule("date-spelling", (StringNode,), _FORMAT, "lossless, judgement", '"Jan 5, 2024" → "2024-01-05"', _moment),
    RepairRule("percent-sign", (StringNode,), _FORMAT, "lossless, judgement", '"12.5 percent" → "12.5%"', _percentage),
    RepairRule("text-of-scalar", (StringNode,), _TYPE, "lossless", '42 → "42"', _text_of_scalar),
    RepairRule(
        "union-option", (UnionNode,), _TYPE, "lossless, judgement", '"5", for a number or a boolean → 5', _an_option
    ),
    RepairRule(
        "json-in-text", (ListNode, ObjectNode, UnionNode), _TYPE, "lossless", '"[1, 2]" → [1, 2]', _json_in_text
    ),
    RepairRule("one-item-list", (*_SCALARS, ObjectNode), _TYPE, "lossless", '["a"] → "a", at the root', _one_of_list),
    RepairRule("own-name", (*_SCALARS, ListNode), _TYPE, "judgement", '{"city": "Oslo"}, for city → "Oslo"', _own_name),
    RepairRule("list-of-one", (ListNode,), _TYPE, "lossless", '"a" → ["a"]', _list_of_one),
    RepairRule("text-of-json", (StringNode,), _TYPE, "judgement", '{"a": 1} → "{\\"a\\": 1}"', _text_of_json),
    RepairRule("only-member", (ObjectNode,), _TYPE, "judgement", '7 → {"count": 7}', _only_member),
    RepairRule("null-word", _ANY, _TYPE, "lossless, judgement", '"None" → null; "N/A" → null', _word_for_null),
)
"""All rules, in the order in which they are tried."""
REPAIRABLE = frozenset(keyword for rule in RULES for keyword in rule.keywords)
"""The keywords of flaws of values that a rule answers."""


def table() -> Iterator[tuple[str, str, str, str]]:
    """Yield the rows for the docs: rule, the nodes or formats that it applies to, its class, an example."""
    for rule in RULES:
        spelt = [format.name for format in FORMATS.values() if format.repair == rule.name]
        nodes = ["any"] if rule.nodes == _ANY else [node.__name__.removesuffix("Node").lower() for node in rule.nodes]
        yield rule.name, ", ".join(spelt or nodes), rule.kinds, rule.example
