"""Finds requirements of a node that can never be satisfied together; it reports only certain contradictions.

Bounds are compared with bounds, also with those that rules declare as keywords of JSON Schema; the values of an enum,
and those that a rule allows, are given to the rules. Patterns and lengths are compared where llguidance is installed.
What a rule cannot do without, `x` for `contains: x`, is put into texts that another rule takes: a rule that then
refuses all of them excludes it. That is as good as certain and no more, so that it is never an error.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from railguard.errors import SpecError
from railguard.lazy import regex
from railguard.schema.constraints import stated
from railguard.schema.edit import json_types
from railguard.schema.nodes import (
    BooleanNode,
    EnumNode,
    FloatNode,
    IntegerNode,
    ListNode,
    Node,
    ObjectNode,
    StringNode,
)
from railguard.validation import Rule, interpret
from railguard.values import FailResult, Path, json_key

__all__ = [
    "Contradiction",
    "Questions",
    "contradictions",
    "demanded_of",
    "own_keywords",
    "sure_failure",
    "surely_refuses",
]


class Contradiction(NamedTuple):
    """Two requirements that no value satisfies, or a value of an enum that a rule refuses.

    message: which requirements exclude each other. rule: the rule that is one of them; None if both are bounds of the
    element. whole: whether no value is left at all. certain: False if it was only found by trying samples.
    """

    message: str
    rule: Rule | None
    whole: bool = True
    certain: bool = True


class Questions:
    """How many different questions may still be asked of a pattern engine; each takes up to 50 milliseconds.

    Args:
        most: how many.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._asked: set[tuple[Any, ...]] = set()

    def may_ask(self, question: tuple[Any, ...]) -> bool:
        """Whether a question may be asked. The answer to an earlier question is cached and costs nothing."""
        if len(self._asked) >= self._most:
            return question in self._asked
        self._asked.add(question)
        return True


class _Bound(NamedTuple):
    value: float
    exclusive: bool
    words: str
    rule: Rule | None


_OWN = {
    StringNode: {"minLength": "min_length", "maxLength": "max_length"},
    IntegerNode: {},
    FloatNode: {},
    ListNode: {"minItems": "min_items", "maxItems": "max_items"},
    ObjectNode: {"minProperties": "min_properties", "maxProperties": "max_properties"},
}
_NUMBER = {
    "minimum": "minimum",
    "maximum": "maximum",
    "exclusiveMinimum": "exclusive_minimum",
    "exclusiveMaximum": "exclusive_maximum",
    "multipleOf": "multiple_of",
}
_MOST_PAIRS = 10_000
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")


def contradictions(node: Node, questions: Questions | None = None, *, samples: bool = True) -> list[Contradiction]:
    """Return the contradictions in one node. Rules with on-fail noop are ignored: a failing value is kept.

    Args:
        node: the node.
        questions: how many comparisons of patterns are left, for many nodes together. None for as many as there are.
        samples: whether to try the rules with samples, which takes time for each pair of them.
    """
    rules = [rule for rule in node.rules if rule.validator is not None and not rule.on_fail.policy.keeps_output]
    if isinstance(node, EnumNode):
        return list(_of_enum(node, rules))
    types = json_types(node)
    if types is None or len(types) != 1:
        return []
    (kind,) = types
    said: list[tuple[Rule | None, Mapping[str, Any]]] = [(None, own_keywords(node))]
    said += [(rule, keywords) for rule in rules if (keywords := demanded_of(rule, kind))]
    bounds = list(_of_bounds(said, whole=kind == "integer"))
    found = [*bounds, *_of_choices(node, rules, said)]
    if not bounds:
        found += [*_of_steps(said), *_of_members(node), *_of_patterns(node, said, questions)]
    if not found and samples and kind == "string":
        found += _of_parts(rules)
    return found


def own_keywords(node: Node) -> dict[str, Any]:
    """Return the bounds in a node's own fields, by their names in JSON Schema."""
    names = _NUMBER if isinstance(node, (IntegerNode, FloatNode)) else _OWN.get(type(node), {})
    return {keyword: value for keyword, name in names.items() if (value := getattr(node, name)) is not None}


def demanded_of(rule: Rule, kind: str) -> Mapping[str, Any] | None:
    """Return the keywords that are equivalent to a rule; None if it declares none."""
    try:
        return rule.constraint(kind)
    except SpecError:
        return None


def _of_bounds(said: list[tuple[Rule | None, Mapping[str, Any]]], *, whole: bool) -> Iterator[Contradiction]:
    lower = [
        _bound(keyword, keywords[keyword], rule) for rule, keywords in said for keyword in _LOWER if keyword in keywords
    ]
    upper = [
        _bound(keyword, keywords[keyword], rule) for rule, keywords in said for keyword in _UPPER if keyword in keywords
    ]
    if len(lower) * len(upper) > _MOST_PAIRS:  # the tightest bounds are enough, in linear time
        lower = [max(lower, key=lambda bound: (bound.value, bound.exclusive))]
        upper = [min(upper, key=lambda bound: (bound.value, not bound.exclusive))]
    for least in lower:
        for most in upper:
            if _empty(least, most, whole=whole):
                message = f"{least.words} and {most.words} exclude each other"
                yield Contradiction(message, most.rule or least.rule)


def _bound(keyword: str, value: float, rule: Rule | None) -> _Bound:
    words = f"{keyword} {value}" if rule is None else f"{keyword} {value} of {rule.name!r}"
    return _Bound(value, keyword.startswith("exclusive"), words, rule)


def _empty(least: _Bound, most: _Bound, *, whole: bool) -> bool:
    if whole:
        first = math.floor(least.value) + 1 if least.exclusive else math.ceil(least.value)
        last = math.ceil(most.value) - 1 if most.exclusive else math.floor(most.value)
        return first > last
    return least.value > most.value or (least.value == most.value and (least.exclusive or most.exclusive))


def _of_choices(
    node: Node, rules: list[Rule], said: list[tuple[Rule | None, Mapping[str, Any]]]
) -> Iterator[Contradiction]:
    """Yield contradictions of rules that allow only some values: values that another rule, or the element, refuses."""
    enums = [(rule, keywords["enum"]) for rule, keywords in said if rule is not None and "enum" in keywords]
    for at, (one, values) in enumerate(enums):
        assert one is not None, "what the node's own fields state holds no choices"
        keys = {json_key(value) for value in values}
        excluded = False
        for other, others in enums[at + 1 :]:
            if other is not None and not keys & {json_key(value) for value in others}:
                excluded = True
                yield Contradiction(f"{one.name!r} and {other.name!r} allow no value in common", other)
        if excluded:
            continue
        for other in rules:
            if other is not one and other not in [rule for rule, _ in enums]:
                yield from _refused(other.name, values, [v for v in values if surely_refuses(other, v)], one)
        own = [(row.name, row.check(bound)) for row, bound in stated(node) if row.check is not None]
        for keyword, holds in own:
            yield from _refused(keyword, values, [v for v in values if not _keeps(holds, v)], one)


def _keeps(holds: Any, value: Any) -> bool:
    try:
        return bool(holds(value))
    except TypeError:  # a value of another type, which the structure refuses
        return True


def _refused(by: str, values: Any, refused: list[Any], rule: Rule) -> Iterator[Contradiction]:
    if refused and len(refused) == len(values):
        yield Contradiction(f"{by!r} refuses every value that {rule.name!r} allows", rule)
    elif refused:
        shown = ", ".join(map(repr, refused[:5]))
        yield Contradiction(f"{by!r} refuses {shown:.100}, which {rule.name!r} allows", rule, whole=False)


def _of_steps(said: list[tuple[Rule | None, Mapping[str, Any]]]) -> Iterator[Contradiction]:
    """Yield a multipleOf without a multiple between the bounds."""
    lower = [_bound(k, keywords[k], rule) for rule, keywords in said for k in _LOWER[:2] if k in keywords]
    upper = [_bound(k, keywords[k], rule) for rule, keywords in said for k in _UPPER[:2] if k in keywords]
    steps = [_bound("multipleOf", keywords["multipleOf"], rule) for rule, keywords in said if "multipleOf" in keywords]
    if not steps:
        return
    from fractions import Fraction

    for step in steps:
        for least in lower:
            for most in upper:
                size, first, last = (Fraction(str(one.value)) for one in (step, least, most))
                number = math.ceil(first / size)
                number += least.exclusive and number * size == first
                if number * size > last or (most.exclusive and number * size == last):
                    message = f"no {step.words} lies between {least.words} and {most.words}"
                    yield Contradiction(message, step.rule or most.rule or least.rule)


def _of_members(node: Node) -> Iterator[Contradiction]:
    """Yield counts that the members of an object, or the different items of a list, cannot reach."""
    if isinstance(node, ObjectNode):
        required = sum(field.required for field in node.fields)
        if node.max_properties is not None and required > node.max_properties:
            yield Contradiction(f"{required} members are required, and maxProperties is {node.max_properties}", None)
        if node.extra is None and node.min_properties is not None and len(node.fields) < node.min_properties:
            message = f"there are {len(node.fields)} members and no others, and minProperties is {node.min_properties}"
            yield Contradiction(message, None)
    if isinstance(node, ListNode) and node.unique and node.min_items is not None:
        item = node.item
        different = len({json_key(value) for value in item.values}) if isinstance(item, EnumNode) else 2
        if isinstance(item, (EnumNode, BooleanNode)) and different + item.nullable < node.min_items:
            message = (
                f"minItems is {node.min_items}, and unique items have {different + item.nullable} different values"
            )
            yield Contradiction(message, None)


_MOST_PATTERNS = 20
"""Largest number of different patterns of one text that are compared with each other."""


def _of_patterns(
    node: Node, said: list[tuple[Rule | None, Mapping[str, Any]]], questions: Questions | None
) -> Iterator[Contradiction]:
    """Yield patterns, lengths and formats that no text satisfies together; the smallest such set."""
    if not isinstance(node, StringNode):
        return
    patterns = [_Text(node.pattern, None)] if node.pattern is not None else []
    patterns += [
        _Text(keywords["pattern"], rule) for rule, keywords in said if rule is not None and "pattern" in keywords
    ]
    patterns = list({one.pattern: one for one in reversed(patterns)}.values())[::-1][:_MOST_PATTERNS]
    least = max(
        (_bound("minLength", words["minLength"], rule) for rule, words in said if "minLength" in words),
        key=lambda bound: bound.value,
        default=None,
    )
    most = min(
        (_bound("maxLength", words["maxLength"], rule) for rule, words in said if "maxLength" in words),
        key=lambda bound: bound.value,
        default=None,
    )
    format = node.format if node.strptime is None else None
    lengths = [bound for bound in (least, most) if bound is not None]
    for one in patterns:
        for bound in lengths:
            if _is_empty([one], [bound], questions):
                yield Contradiction(f"{one.words} and {bound.words} exclude each other", bound.rule or one.rule)
                return
    for at, one in enumerate(patterns):
        for other in patterns[at + 1 :]:
            if _is_empty([one, other], [], questions):
                yield Contradiction(f"{one.words} and {other.words} exclude each other", other.rule or one.rule)
                return
    for one in patterns:
        if format is not None and _is_empty([one], [], questions, format):
            yield Contradiction(f"the format {format} and {one.words} exclude each other", one.rule)
            return
    for bound in lengths:
        if format is not None and _is_empty([], [bound], questions, format):
            yield Contradiction(f"the format {format} and {bound.words} exclude each other", bound.rule)
            return
    if len(patterns) + len(lengths) + (format is not None) > 2 and _is_empty(patterns, lengths, questions, format):
        words = " and ".join([one.words for one in patterns] + [bound.words for bound in lengths])
        yield Contradiction(f"{words} exclude each other", next((one.rule for one in patterns if one.rule), None))


class _Text(NamedTuple):
    pattern: str
    rule: Rule | None

    @property
    def words(self) -> str:
        said = f"the pattern {self.pattern[:60]!r}"
        return said if self.rule is None else f"{said} of {self.rule.name!r}"


_PLACED = regex(r"[\^$]|\\[AZzbB]|\(\?")


def _is_empty(
    patterns: list[_Text], lengths: list[_Bound], questions: Questions | None, format: str | None = None
) -> bool:
    from railguard.schema.emptiness import is_empty

    texts = tuple(one.pattern for one in patterns)
    bounds = {"minLength": None, "maxLength": None} | {one.words.split()[0]: int(one.value) for one in lengths}
    least, most = bounds["minLength"], bounds["maxLength"]
    if most is None and format is None and not any(map(_PLACED.search, texts)):
        return False  # a text with a part for each of them satisfies them all
    if questions is not None and not questions.may_ask((*texts, least, most, format)):
        return False
    return is_empty(texts, least, most, format)


_CONTEXTS = (
    *("", "x", "7", "é", "hello world", "Hello World", "HELLO WORLD", "a b", "abcdefghij kl", "Word", "USA", "ROOM 12"),
    *("two\nlines", "one two three four", "A sentence. Another one!", "words", "straße", "it's; done", "end.", "3, 4"),
    *("small words only", "a-b_c", "http://localhost/page", "x" * 60, "the quick brown fox and the lazy dog " * 30),
)
_ENOUGH, _MOST_PARTS, _LONGEST_PART = 8, 8, 200


def _of_parts(rules: list[Rule]) -> Iterator[Contradiction]:
    """Yield a text that one rule requires, and that another rule refuses at any position."""
    pure = [rule for rule in rules if rule.validator is not None and rule.validator.pure and rule.serves("")]
    for rule in pure if len(pure) > 1 else ():
        own = _with_its_part(rule)
        for other in pure if own else ():
            if other is rule or other.name == rule.name:
                continue
            if not all(surely_refuses(other, text) for text in own):
                continue
            if sum(not surely_refuses(other, text) for text in _CONTEXTS) >= _ENOUGH:
                later = max(rule, other, key=rules.index)
                message = f"{rule.name!r} and {other.name!r} exclude each other: one refuses what the other demands"
                yield Contradiction(message, later, certain=False)
                return


def _with_its_part(rule: Rule) -> list[str]:
    """Return texts that a rule accepts because they contain its argument; none if it does not require the whole
    argument.
    """
    given = [one for value in rule.arguments.values() for one in (value if isinstance(value, list) else [value])]
    parts = [one for one in given if isinstance(one, str) and 0 < len(one) <= _LONGEST_PART]
    without = [text for text in _CONTEXTS if surely_refuses(rule, text)] if 0 < len(parts) <= _MOST_PARTS else []
    if len(without) < _ENOUGH:
        return []
    taken = []
    for part in parts:
        for text in without:
            made = (text + part, part + text, f"{text} {part} {text}")
            taken += [one for one in made if not surely_refuses(rule, one)]
        shorter = {part[:at] + part[at + 1 :] for at in range(len(part))}
        if any(not surely_refuses(rule, one) for one in shorter if one not in parts):
            return []
    return taken if len(taken) >= _ENOUGH else []


def _of_enum(node: EnumNode, rules: list[Rule]) -> Iterator[Contradiction]:
    for rule in rules:
        refused = [value for value in node.values if surely_refuses(rule, value)]
        if refused and len(refused) == len(node.values) and not node.nullable:
            yield Contradiction(f"{rule.name!r} refuses every value of the enum", rule)
        elif refused:
            shown = ", ".join(map(repr, refused[:5]))
            yield Contradiction(f"{rule.name!r} refuses {shown:.100}, which the enum allows", rule, whole=False)


def surely_refuses(rule: Rule, value: Any) -> bool:
    """Whether a rule certainly refuses a value; a slow rule, or one that needs the caller's metadata, is not run."""
    return sure_failure(rule, value) is not None


def sure_failure(rule: Rule, value: Any) -> FailResult | None:
    """Return the certain failure of a value; None if the rule accepts it or cannot be run."""
    if not rule.inline or rule.wants_context or rule.metadata or not rule.serves(value):
        return None
    try:
        return interpret(rule.run(value), rule, Path())
    except Exception:  # a validator that is broken is reported when an answer is checked
        return None
