"""How a structural flaw or a broken constraint reads to a model: what is wrong, what stands there, what is allowed.

One sentence a flaw, the same words for the same flaw, never more than a line of the value quoted.
"""

from __future__ import annotations

import json
from typing import Any

from railguard.prompting.describe import short
from railguard.schema import ChoiceNode, DateNode, DateTimeNode, EnumNode, ListNode, Node, TimeNode
from railguard.values import UNSET

__all__ = ["flaw_message", "quoted"]

_QUOTE = 60

_BOUNDS = {
    "minimum": ("minimum", "It must be at least {}"),
    "maximum": ("maximum", "It must be at most {}"),
    "exclusiveMinimum": ("exclusive_minimum", "It must be more than {}"),
    "exclusiveMaximum": ("exclusive_maximum", "It must be less than {}"),
    "multipleOf": ("multiple_of", "It must be a multiple of {}"),
    "pattern": ("pattern", "It must match the regular expression {}"),
}


def flaw_message(keyword: str, node: Node | None, value: Any) -> str:
    """The sentence for one flaw. `keyword` is JSON Schema's, `node` what is expected, `value` what stands there."""
    if keyword == "required" or value is UNSET:
        return f"This is missing. Expected: {short(node)}." if node is not None else "This is missing."
    if keyword == "additionalProperties" or node is None:
        return "There must be no such key."
    if keyword == "discriminator" and isinstance(node, ChoiceNode):
        names = ", ".join(json.dumps(case.value, ensure_ascii=False) for case in node.cases)
        tag = value.get(node.discriminator, UNSET) if isinstance(value, dict) else UNSET
        got = "is missing" if tag is UNSET else f"is {quoted(tag)}"
        return f'The key "{node.discriminator}", which says which case this is, {got}; it must be one of {names}.'
    if keyword == "enum" and isinstance(node, EnumNode):
        return f"It must be {short(node)}, not {quoted(value)}."
    if keyword in ("minLength", "maxLength"):
        least = keyword == "minLength"
        bound = getattr(node, "min_length" if least else "max_length", None)
        return f"It must have at {'least' if least else 'most'} {_count(bound, 'character')}; it has {len(value)}."
    if keyword in ("minItems", "maxItems"):
        least = keyword == "minItems"
        bound = getattr(node, "min_items" if least else "max_items", None)
        return f"It must have at {'least' if least else 'most'} {_count(bound, 'item')}; it has {len(value)}."
    if keyword in ("minProperties", "maxProperties"):
        least = keyword == "minProperties"
        bound = getattr(node, "min_properties" if least else "max_properties", None)
        return f"It must have at {'least' if least else 'most'} {_count(bound, 'key')}; it has {len(value)}."
    if keyword == "uniqueItems" and isinstance(node, ListNode):
        return "Its items must all be different."
    if keyword in _BOUNDS:
        name, sentence = _BOUNDS[keyword]
        return f"{sentence.format(getattr(node, name, ''))}, not {quoted(value)}."
    if keyword == "format" and isinstance(node, (DateNode, TimeNode, DateTimeNode)):
        return f"It must be {short(node)} that exists, not {quoted(value)}."
    return f"It must be {short(node)}, not {quoted(value)}."


def quoted(value: Any) -> str:
    """A value in one short piece: JSON, cut in the middle of nothing; containers and long texts only by their kind."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return "a number that is not finite"
    if isinstance(value, str):
        cut = value if len(value) <= _QUOTE else value[:_QUOTE] + "…"
        return "the text " + json.dumps(cut, ensure_ascii=False)
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 200:
        return "a number of that many digits"
    return json.dumps(value, ensure_ascii=False)


def _count(number: Any, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
