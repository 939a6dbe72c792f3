"""unique: a list without repeated items."""

from __future__ import annotations

from typing import Any

from railguard import FailResult, validator
from railguard import json_key as key
from railguard_validators._wording import shown

_TEXT = frozenset([str])


@validator("unique", prompt="no item twice")
def unique(value: list[Any]) -> FailResult | None:
    """No item equals another: true is not 1, 1 is 1.0, members of an object may stand in any order.

    The fix keeps the first of equal items. The items that repeat one are to blame, so that a reask asks for them alone.

    >>> unique().run(["a", "b", 1, True])
    >>> unique().run(["a", "b", "a"]).message
    'Every item must be different; item 2 is the same as item 0 ("a").'
    >>> unique().run(["a", "b", "a"]).fix
    ['a', 'b']
    """
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
    words = [f"item {index} is the same as item {there} ({shown(value[there], 30)})" for index, there in repeats[:10]]
    if len(repeats) > 10:
        words.append(f"and {len(repeats) - 10:,} more are repeated")
    return FailResult(
        f"Every item must be different; {', '.join(words)}.",
        fix=[value[index] for index in first.values()],
        blame=[(index,) for index, _ in repeats],
    )
