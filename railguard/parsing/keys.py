"""Whether an unknown key is a known one, spelled otherwise (same letters and digits, whatever the case and the punctuation),
or with a slip of the pen: a letter doubled or not doubled, two neighbours in the wrong order.

Other near misses are other words more often than not: county and country, min_items and max_items, line1 and line2.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import assert_never

from railguard.schema import ChoiceNode, LeafNode, ListNode, Node, ObjectNode, RefNode, Schema, UnionNode

__all__ = ["known_keys", "match_key", "slipped_key"]

_SHORTEST = 5  # letters of a key in which a slip is looked for: of short words too many are near to each other


def match_key(key: str, names: Sequence[str]) -> str | None:
    """The one of `names` that `key` spells otherwise (`First Name`, `firstName` for `first_name`); None if none or several do."""
    folded = _folded(key)
    matching = [name for name in names if _folded(name) == folded]
    return matching[0] if folded and len(matching) == 1 else None


def slipped_key(key: str, names: Sequence[str]) -> str | None:
    """The one of `names` that `key` is with one slip (`isuer`, `adress`, `recieved`); None if none or several are."""
    folded = _folded(key)
    if len(folded) < _SHORTEST:
        return None
    matching = [name for name in names if _is_slip(folded, _folded(name))]
    return matching[0] if len(matching) == 1 else None


def _is_slip(one: str, other: str) -> bool:
    at = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    if len(one) == len(other):
        swapped = one[:at] + one[at + 1 : at + 2] + one[at : at + 1] + one[at + 2 :]
        return at + 1 < len(one) and not one[at : at + 2].isdigit() and swapped == other
    long, short = (one, other) if len(one) > len(other) else (other, one)
    doubled = at > 0 and at < len(long) and long[at] == long[at - 1] and long[at].isalpha()
    return len(short) + 1 >= _SHORTEST and doubled and long[:at] + long[at + 1 :] == short


def _folded(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name[:256]).casefold()
    return "".join(character for character in decomposed if character.isalnum())


def known_keys(node: Node, schema: Schema) -> set[str] | None:
    """The keys by which an object of this node is known; None where it may have any, or is no object."""
    match node:
        case ObjectNode():
            # One that takes any key is known by its own, if it cannot do without them.
            known = node.extra is None or any(field.required for field in node.fields)
            return {field.name for field in node.fields} if known else None
        case ChoiceNode():
            keys = {node.discriminator}
            for case in node.cases:
                below = known_keys(case.node, schema)
                if below is None:
                    return None
                keys |= below
            return keys
        case UnionNode():
            keys = set()
            for option in node.options:
                resolved = schema.resolve(option)
                if isinstance(resolved, UnionNode):
                    return None
                if isinstance(resolved, (ObjectNode, ChoiceNode)):
                    below = known_keys(resolved, schema)
                    if below is None:
                        return None
                    keys |= below
            return keys or None
        case LeafNode() | ListNode() | RefNode():
            return None
        case _:
            assert_never(node)
