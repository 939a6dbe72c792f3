"""Other names for the parts of RAIL, from other languages and common mistakes, for "did you mean" suggestions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

__all__ = ["ACTIONS", "ATTRIBUTES", "ELEMENTS", "ROLE_NAMES", "meant_attribute"]


def _table(rows: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Map each other name to its name in RAIL."""
    return {other: name for name, others in rows for other in others.split()}


ELEMENTS: Mapping[str, str] = _table(
    (
        ("string", "text str char varchar uuid markdown html"),
        ("integer", "int long whole int32 int64 count"),
        ("float", "double decimal num numeric real money currency"),
        ("list", "array tuple set items sequence"),
        ("object", "dict map struct record model schema"),
        ("date-time", "timestamp date_time"),
        ("url", "uri link href website"),
        ("email", "mail e-mail"),
        ("percentage", "percent"),
        ("enum", "enumeration literal select choices options"),
        ("union", "anyof oneof optional"),
        ("null", "none nil"),
        ("ref", "reference $ref"),
        ("bool", "logical"),
    )
)
"""Maps another language's name of a type to its element in RAIL."""

ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    other: tuple(names.split())
    for names, others in (
        ("name", "id key field"),
        ("to name", "ref"),
        ("name values", "value"),
        ("to", "$ref href target"),
        ("description", "desc doc help prompt comment label"),
        ("title", "label caption"),
        ("required", "optional mandatory"),
        ("nullable", "null allow-null none"),
        ("pattern", "regex regexp match"),
        ("values", "choices options enum allowed items"),
        ("validators", "validation validations validate rules rule checks check constraints"),
        ("on-fail", "onfail on-failure on-error"),
        ("min-length minimum min-items", "min least from"),
        ("max-length maximum max-items", "max most to"),
        ("min-length min-items", "minsize size"),
        ("min-length", "minlen"),
        ("max-length", "maxlen"),
        ("unique", "unique-items uniqueitems distinct"),
        ("extra", "additional additional-properties additionalproperties"),
        ("multiple-of", "step"),
        ("discriminator", "on by tag key"),
        ("date-format time-format datetime-format", "format"),
        ("examples", "example"),
        ("role", "from author type"),
        ("default", "initial"),
    )
    for other in others.split()
}
"""Maps another language's name of an attribute to its names in RAIL; an element may have one of them."""

ROLE_NAMES: Mapping[str, str] = _table((("user", "human"), ("assistant", "ai bot model"), ("tool", "function")))
"""Maps another library's name of a role to its name in RAIL."""

ACTIONS: Mapping[str, str] = _table(
    (
        ("reask", "retry ask again redo regenerate re-ask"),
        ("exception", "raise error throw fail abort"),
        ("noop", "ignore none pass log warn warning nothing keep"),
        ("filter", "drop remove skip omit delete"),
        ("fix", "correct repair mend"),
        ("refrain", "refuse withhold block"),
    )
)
"""Maps another library's name of an on-fail action to its name in RAIL."""


def meant_attribute(word: str, among: Iterable[str]) -> str | None:
    """Return the attribute, among those of an element, that another name means; None if there is none."""
    has = set(among)
    plain = word.lower().replace("_", "-")
    if plain != word and (plain in has or (plain.startswith("on-fail-") and "validators" in has)):
        return plain
    for names in (ATTRIBUTES.get(plain, ()), ATTRIBUTES.get(plain.replace("-", ""), ())):
        for name in names:
            if name in has:
                return name
    return None
