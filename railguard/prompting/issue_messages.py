"""Words a structural error or a violated constraint for a model: the problem, the value, and what is allowed.

One sentence per error, the same words for the same error, and never more than a line of the value.
"""

from __future__ import annotations

from typing import Any

from railguard.prompting.noun_phrases import short_description
from railguard.schema import ChoiceNode, EnumNode, Node, StringNode
from railguard.schema.formats import format_of
from railguard.validation.vocabulary import KEYWORDS
from railguard.values import UNSET, json_text

__all__ = ["issue_message", "quoted_value"]

_QUOTE = 60

PHRASES = {
    "minLength": "It must have at least {character}; it has {size}.",
    "maxLength": "It must have at most {character}; it has {size}.",
    "minItems": "It must have at least {item}; it has {size}.",
    "maxItems": "It must have at most {item}; it has {size}.",
    "minProperties": "It must have at least {key}; it has {size}.",
    "maxProperties": "It must have at most {key}; it has {size}.",
    "uniqueItems": "Its items must all be different.",
    "minimum": "It must be at least {bound}, not {value}.",
    "maximum": "It must be at most {bound}, not {value}.",
    "exclusiveMinimum": "It must be more than {bound}, not {value}.",
    "exclusiveMaximum": "It must be less than {bound}, not {value}.",
    "multipleOf": "It must be a multiple of {bound}, not {value}.",
    "pattern": "It must match the regular expression {bound}, not {value}.",
}
"""The sentence for each keyword of a node. bound: the keyword's value; character, item, key: the same as a count of
them; size: the actual number; value: the actual value, shortened.
"""

_COUNTED = {
    keyword: [noun for noun in ("character", "item", "key") if f"{{{noun}}}" in phrase]
    for keyword, phrase in PHRASES.items()
}
"""The nouns that the sentence for each keyword counts."""


def issue_message(keyword: str, node: Node | None, value: Any) -> str:
    """Return the sentence for one error. `keyword` is JSON Schema's, `node` the expected type, `value` the actual
    value.
    """
    if keyword == "required" or value is UNSET:
        return f"This is missing. Expected: {short_description(node)}." if node is not None else "This is missing."
    if keyword == "additionalProperties" or node is None:
        return "There must be no such key."
    if keyword == "discriminator" and isinstance(node, ChoiceNode):
        names = ", ".join(json_text(case.value) for case in node.cases)
        tag = value.get(node.discriminator, UNSET) if isinstance(value, dict) else UNSET
        got = "is missing" if tag is UNSET else f"is {quoted_value(tag)}"
        return f'The key "{node.discriminator}", which says which case this is, {got}; it must be one of {names}.'
    if keyword == "enum" and isinstance(node, EnumNode):
        return f"It must be {short_description(node)}, not {quoted_value(value)}."
    if keyword in PHRASES:
        bound = getattr(node, KEYWORDS[keyword].attribute or "", "")
        counts = {noun: _count(bound, noun) for noun in _COUNTED[keyword]}
        size = len(value) if isinstance(value, (str, list, dict)) else 0
        return PHRASES[keyword].format(bound=bound, value=quoted_value(value), size=size, **counts)
    if keyword == "format" and _is_moment(node):
        said = short_description(node)
        other = " or null" if said.endswith(" or null") else ""
        return f"It must be {said.removesuffix(other)} that exists{other}, not {quoted_value(value)}."
    return f"It must be {short_description(node)}, not {quoted_value(value)}."


def _is_moment(node: Node) -> bool:
    format = format_of(node.format) if isinstance(node, StringNode) else None
    return format is not None and format.strptime_attribute is not None


def quoted_value(value: Any) -> str:
    """Return a short form of a value: JSON, without cutting inside a value; containers and long texts only by their
    kind.
    """
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return "a number that is not finite"
    if isinstance(value, str):
        cut = value if len(value) <= _QUOTE else value[:_QUOTE] + "…"
        return "the text " + json_text(cut)
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 200:
        return "a number of that many digits"
    return json_text(value)


def _count(number: Any, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
