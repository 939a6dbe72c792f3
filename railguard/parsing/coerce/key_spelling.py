"""Decides whether an unknown key is another notation of a known one (same letters and digits, whatever the case and the
punctuation), or a typing error: a letter doubled or not doubled, two neighbouring letters exchanged.

Other similar keys are usually different words: county and country, min_items and max_items, line1 and line2.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import assert_never

from railguard.schema import ChoiceNode, LeafNode, ListNode, Node, ObjectNode, RefNode, Schema, UnionNode

__all__ = ["KeyTable", "known_keys", "match_key", "slipped_key"]

_SHORTEST = 5  # the fewest letters of a key in which a typing error is assumed: too many short words are similar


def match_key(key: str, names: Sequence[str]) -> str | None:
    """Return the one of `names` of which `key` is another notation (`First Name`, `firstName` for `first_name`); None
    if none or several are.
    """
    return KeyTable(names).match(key)


def slipped_key(key: str, names: Sequence[str]) -> str | None:
    """Return the one of `names` from which `key` differs by one typing error (`isuer`, `adress`, `recieved`); None if
    none or several do.
    """
    return KeyTable(names).slip(key)


class KeyTable:
    """A table of keys that finds other notations in constant time."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._exact: dict[str, list[str]] = {}
        self._near: dict[str, list[tuple[str, str]]] = {}
        for key in keys:
            folded = _folded(key)
            if folded:
                self._exact.setdefault(folded, []).append(key)
            if len(folded) >= _SHORTEST - 1:
                for sign in _signs(folded):
                    self._near.setdefault(sign, []).append((key, folded))

    def match(self, key: str) -> str | None:
        """Return the one key of which `key` is another notation; None if none or several are."""
        found = self._exact.get(_folded(key), ())
        return found[0] if len(found) == 1 else None

    def slip(self, key: str) -> str | None:
        """Return the one key from which `key` differs by one typing error; None if none or several do."""
        folded = _folded(key)
        if len(folded) < _SHORTEST:
            return None
        near = [one for sign in _signs(folded) for one in self._near.get(sign, [])[:_MOST_NEAR]]
        found = {name for name, other in near if _is_slip(folded, other)}
        return found.pop() if len(found) == 1 and len(near) < _MOST_NEAR else None


_MOST_NEAR = 50  # the most keys with the same letters: among more the intended one is unclear


def _signs(folded: str) -> tuple[str, str]:
    """Return texts that two keys share if one has a typing error of the other: the same letters, or the same without
    doubled ones.
    """
    return "".join(sorted(folded)), "=" + "".join(a for a, b in zip(folded, " " + folded, strict=False) if a != b)


def _is_slip(one: str, other: str) -> bool:
    at = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    if len(one) == len(other):
        swapped = one[:at] + one[at + 1 : at + 2] + one[at : at + 1] + one[at + 2 :]
        return at + 1 < len(one) and not one[at : at + 2].isdigit() and swapped == other
    long, short = (one, other) if len(one) > len(other) else (other, one)
    doubled = at > 0 and at < len(long) and long[at] == long[at - 1] and long[at].isalpha()
    return doubled and long[:at] + long[at + 1 :] == short


def _folded(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name[:256]).casefold()
    return "".join(character for character in decomposed if character.isalnum())


def known_keys(node: Node, schema: Schema) -> set[str] | None:
    """Return the keys that identify an object of this node; None if it may have any, or is not an object."""
    match node:
        case ObjectNode():
            # If it accepts any key, its required keys identify it.
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
