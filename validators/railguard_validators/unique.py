"""unique: a list without repeated items."""

from __future__ import annotations

from typing import Any

from railguard import FailResult, validator
from railguard import json_key as key
from railguard_validators._wording import shown

_TEXT = frozenset([str])


class Unique:
    """No item equals another: true is not 1, 1 is 1.0, members of an object may be in any order.

    The fix keeps the first of equal items. The repeated items are blamed, so that a reask asks only for them.

    >>> unique().run(["a", "b", 1, True])
    >>> unique().run(["a", "b", "a"]).message
    'Every item must be different; item 2 is the same as item 0 ("a").'
    >>> unique().run(["a", "b", "a"]).fix
    ['a', 'b']
    """

    __slots__ = ()

    def __call__(self, value: list[Any]) -> FailResult | None:
        if _TEXT.issuperset(map(type, value)) and len(set(value)) == len(value):
            return None
        first: dict[Any, int] = {}
        repeats = []
        for index, item in enumerate(value):
            found = first.setdefault(key(item), index)
            if found != index:
                repeats.append((index, found))
        if not repeats:
            return None
        words = [
            f"item {index} is the same as item {there} ({shown(value[there], 30)})" for index, there in repeats[:10]
        ]
        if len(repeats) > 10:
            words.append(f"and {len(repeats) - 10:,} more are repeated")
        return FailResult(
            f"Every item must be different; {', '.join(words)}.",
            fix=[value[index] for index in first.values()],
            blame=[(index,) for index, _ in repeats],
        )

    def constraint(self, json_type: str) -> dict[str, bool] | None:
        """Return the equivalent keyword of JSON Schema; it has the same equality (draft 2020-12, core, 4.2.2)."""
        return {"uniqueItems": True} if json_type == "array" else None


unique = validator("unique", subject="Lists and objects", prompt="no item twice")(Unique)
