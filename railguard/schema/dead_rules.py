"""Finds rules of a node without effect: rules that can never fail, repeat another one, or undo each other.

Only certain findings are reported, except for fixes: the result of a fix is tried with samples, and reported if all of
them agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple, assert_never

from railguard.schema.contradictions import demanded_of, own_keywords, sure_failure, surely_refuses
from railguard.schema.edit import json_types
from railguard.schema.nodes import (
    AnyNode,
    BooleanNode,
    ChoiceNode,
    EnumNode,
    Field,
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
from railguard.validation import Rule
from railguard.validation.rule import JsonType
from railguard.values import DEFAULT_ON_FAIL, UNSET, json_key

__all__ = ["DeadRule", "dead_rules", "fixes_in_vain", "takes_all_along"]


class DeadRule(NamedTuple):
    """A rule that can never fail by itself. message: the reason. hint: the correction."""

    rule: Rule
    message: str
    hint: str


class FixInVain(NamedTuple):
    """A fix that a later rule refuses. mutual: whether this rule also refuses the fixes of the later one."""

    rule: Rule
    later: Rule
    mutual: bool


_STRICTER: Mapping[str, Callable[[Any, Any], bool]] = {
    **dict.fromkeys(
        ("minLength", "minItems", "minProperties", "minimum", "exclusiveMinimum"), lambda mine, other: other >= mine
    ),
    **dict.fromkeys(
        ("maxLength", "maxItems", "maxProperties", "maximum", "exclusiveMaximum"), lambda mine, other: other <= mine
    ),
    "enum": lambda mine, other: {json_key(one) for one in other} <= {json_key(one) for one in mine},
    "pattern": lambda mine, other: mine == other,
    "uniqueItems": lambda mine, other: mine == other,
    "multipleOf": lambda mine, other: mine == other,
    "format": lambda mine, other: mine == other,
}
"""Maps a keyword to a function that says whether another bound requires at least as much."""


def dead_rules(node: Node) -> list[DeadRule]:
    """Return the rules of a node that can never fail, or never without another equivalent one."""
    types = json_types(node)
    kind = next(iter(types)) if types is not None and len(types) == 1 else None
    said: list[tuple[Rule | None, Mapping[str, Any]]] = [(None, own_keywords(node))]
    said += [(rule, (demanded_of(rule, kind) or {}) if kind else {}) for rule in node.rules]
    by_keyword: dict[str, list[int]] = {}
    for place, (_, keywords) in enumerate(said):
        for keyword in keywords:
            by_keyword.setdefault(keyword, []).append(place)
    found = []
    earlier: dict[str, list[Rule]] = {}
    for at, rule in enumerate(node.rules):
        if rule.validator is None:
            continue
        like = earlier.setdefault(f"{rule.name} {rule.arguments!r}", [])
        like.append(rule)
        if kind is not None and demanded_of(rule, kind) == {}:
            hint = f"give it arguments: {rule.validator.signature}"
            found.append(DeadRule(rule, f"{rule.name!r} demands nothing here: it can never fail", hint))
        elif any(_is_same(rule, one) for one in like[:-1]):
            found.append(DeadRule(rule, f"{rule.name!r} says what an earlier rule says", "remove one of them"))
        elif (stronger := _stronger(node, at + 1, said, by_keyword)) is not None:
            message = f"{rule.name!r} can never fail on its own: {stronger} demands as much"
            found.append(DeadRule(rule, message, f"remove {rule.name!r}, or demand more"))
    return found


def _is_same(one: Rule, other: Rule) -> bool:
    return one.validator is other.validator and one.arguments == other.arguments and one.on_fail is other.on_fail


def _stronger(
    node: Node, at: int, said: list[tuple[Rule | None, Mapping[str, Any]]], by_keyword: Mapping[str, list[int]]
) -> str | None:
    """Return what requires at least as much as a rule: another rule, or attributes of the element; None if nothing
    does.
    """
    rule, keywords = said[at]
    assert rule is not None, "asked of rules only"
    if not keywords:
        return None
    words: dict[str, None] = {}
    for keyword, bound in keywords.items():
        for place in by_keyword[keyword] if keyword in _STRICTER else ():
            if place == at:
                continue
            other, bounds = said[place]
            action = (getattr(node, "on_fail", None) or DEFAULT_ON_FAIL) if other is None else other.on_fail
            if action is not rule.on_fail or not _STRICTER[keyword](bound, bounds[keyword]):
                continue
            if place > at and _STRICTER[keyword](bounds[keyword], bound):
                continue  # both are equivalent: the later one is reported
            words[f"{keyword} {bounds[keyword]}" if other is None else repr(other.name)] = None
            break
        else:
            return None
    return " and ".join(words)


_SAMPLES: Mapping[str, tuple[Any, ...]] = {
    "string": (
        *("hello world", "Hello World", "HELLO WORLD", "a b", "ab cdefghij", "abcdefghij kl", "a", "Word", "WORDS"),
        *(
            "two\nlines",
            "  padded  ",
            "one two three four",
            "A sentence. Another one!",
            "x" * 60,
            "straße",
            "it's; done",
        ),
        *("ABC DEF", "USA", "ROOM 12", "X", "New York City", "Title Case Words", "A Tale", "small words only"),
        *("one, two", "UPPER lower", "a-b_c", "3 apples", "http://example.com/Page", "é", "end.", "Q&A <b>bold</b>"),
    ),
    "array": ([3, 1, 2], ["b", "a"], ["x", "x"], [1, 1, 2], [5, 4], ["c", "B", "a"], [2, 1, 1], ["a"], []),
    "integer": (-7, -1, 0, 1, 2, 3, 5, 10, 42, 99, 100, 1001),
    "number": (-7.5, -1.0, 0.0, 0.123, 1.5, 2.25, 3.14159, 10.0, 99.999, 1234.5678),
}
_ENOUGH = 4


def fixes_in_vain(node: Node) -> Iterator[FixInVain]:
    """Yield pairs of rules of which the later one refuses the earlier one's fix for every sample."""
    types = json_types(node)
    if types is None or len(types) != 1 or len(node.rules) < 2:
        return
    (kind,) = types
    rules = [rule for rule in node.rules if rule.validator is not None and not rule.on_fail.policy.keeps_output]
    for at, rule in enumerate(rules):
        for later in rules[at + 1 :]:
            if rule.name == later.name:
                continue
            in_vain, mutual = _tried(rule, later, kind)
            if not in_vain:
                continue
            if mutual or rule.on_fail.policy.mends:
                yield FixInVain(rule, later, mutual)


@dataclass(frozen=True)
class _Pair:
    """Two rules of a node. Pairs are equal if their validators, arguments and the type of the value are."""

    key: tuple[Any, ...]
    rule: Rule = field(compare=False)
    later: Rule = field(compare=False)
    samples: tuple[Any, ...] = field(compare=False)

    def tried(self) -> tuple[bool, bool]:
        """Whether the fixes of the rule are in vain before the later one, and whether the reverse holds as well."""
        in_vain = _in_vain(self.rule, self.later, self.samples)
        return in_vain, in_vain and _in_vain(self.later, self.rule, self.samples)


_tried_once = lru_cache(maxsize=4_096)(_Pair.tried)


def _tried(rule: Rule, later: Rule, kind: JsonType) -> tuple[bool, bool]:
    """What `_Pair.tried` finds; the answer is kept if it depends on the arguments alone."""
    key = (rule.validator, repr(rule.arguments), later.validator, repr(later.arguments), kind)
    pair = _Pair(key, rule, later, _SAMPLES.get(kind, ()))
    pure = all(one.validator is not None and one.validator.pure for one in (rule, later))
    return _tried_once(pair) if pure else pair.tried()


def _in_vain(rule: Rule, later: Rule, samples: tuple[Any, ...]) -> bool:
    tried = 0
    for sample in samples:
        failed = sure_failure(rule, sample)
        if failed is None or failed.fix is UNSET or surely_refuses(later, sample):
            continue
        if not surely_refuses(later, failed.fix) or surely_refuses(rule, failed.fix):
            return False
        tried += 1
    return tried >= _ENOUGH


def takes_all_along(schema: Schema) -> Iterator[tuple[Node, Rule | None]]:
    """Yield nodes with on-fail filter whose removal removes the whole output, because all objects around them require
    them. The rule, or None for the structure of the node itself.
    """
    seen: set[int] = set()
    todo: list[Node] = [schema.root]
    while todo:
        node = todo.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if node.on_fail is not None and node.on_fail.policy.leaves_out:
            yield node, None
        yield from ((node, rule) for rule in node.rules if rule.on_fail.policy.leaves_out)
        todo += _needed(node, schema)


def _needed(node: Node, schema: Schema) -> list[Node]:
    """Return the nodes inside a node that it requires."""

    def required(fields: tuple[Field, ...]) -> list[Node]:
        return [field.node for field in fields if field.required]

    match node:
        case ObjectNode(fields=fields):
            return required(fields)
        case ChoiceNode(cases=cases):
            return [below for case in cases for below in required(case.node.fields)]
        case UnionNode(options=options):
            return list(options)
        case RefNode():
            return [schema.resolve(node)]
        case (
            ListNode()
            | AnyNode()
            | NullNode()
            | BooleanNode()
            | EnumNode()
            | IntegerNode()
            | FloatNode()
            | StringNode()
        ):
            return []
        case _:
            assert_never(node)
