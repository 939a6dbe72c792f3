"""unique-by: a list of objects that differ in one member."""

from __future__ import annotations

from typing import Any

from railguard import FailResult, validator
from railguard import json_key as key_of
from railguard_validators._wording import shown


class UniqueBy:
    """No two objects of a list have the same value in the member `key`. Objects without it, and items that are no
    objects, are not compared. There is no fix: which of two is wrong is not known, and dropping one loses its other
    members. The repeated members are to blame, so that a reask asks for them alone.

    >>> unique_by("id").run([{"id": 1}, {"id": 2}, {}])
    >>> unique_by("id").run([{"id": 1}, {"id": 2}, {"id": 1}]).message
    'The member "id" must be different in every item; item 2 has the same as item 0 (1).'
    """

    __slots__ = ("_key", "prompt")

    def __init__(self, key: str) -> None:
        self._key = key
        self.prompt = f"no two items with the same {key}"

    def __call__(self, value: list[Any]) -> FailResult | None:
        name = self._key
        first: dict[Any, int] = {}
        repeats = []
        for index, item in enumerate(value):
            if isinstance(item, dict) and name in item:
                there = first.setdefault(key_of(item[name]), index)
                if there != index:
                    repeats.append((index, there))
        if not repeats:
            return None
        items = [
            f"item {index} has the same as item {there} ({shown(value[there][name], 30)})"
            for index, there in repeats[:10]
        ]
        if len(repeats) > 10:
            items.append(f"and {len(repeats) - 10:,} more are repeated")
        message = f"The member {shown(name)} must be different in every item; {', '.join(items)}."
        return FailResult(message, blame=[(index, name) for index, _ in repeats])


unique_by = validator("unique-by")(UniqueBy)
