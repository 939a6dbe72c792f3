"""unique-by: a list of objects that differ in one member, or in several together."""

from __future__ import annotations

from typing import Any

from railguard import FailResult, validator
from railguard import json_key as key_of
from railguard_validators._values.members import Place, members
from railguard_validators._wording import listed, shown


class UniqueBy:
    """No two objects of a list have the same value in the member `key`, or the same values in all members that `key`
    lists. Equality is JSON's: 1 is 1.0, "1" is not 1. Objects in which one of them is missing or null, and items that
    are not objects, are not compared.

    key: the member, with dots for a nested member (`price.amount`), or a list of members that are compared together.

    There is no fix: it is not known which one is wrong, and removing one loses its other members. The repeated members
    are blamed, so that a reask asks only for them.

    >>> unique_by("id").run([{"id": 1}, {"id": 2}, {}])
    >>> unique_by("id").run([{"id": 1}, {"id": 2}, {"id": 1}]).message
    'The member "id" must be different in every item; item 2 has the same as item 0 (1).'
    """

    __slots__ = ("_members", "_what", "prompt")

    def __init__(self, key: str | list[str]) -> None:
        self._members = members(key, "key")
        names = listed(member.name for member in self._members)
        self._what = f"member {names}" if len(self._members) == 1 else f"members {names} together"
        self.prompt = "no two items with the same " + " and ".join(member.name for member in self._members)

    def __call__(self, value: list[Any]) -> FailResult | None:
        first: dict[Any, int] = {}
        repeats: list[tuple[int, int, list[Any]]] = []
        blame: list[Place] = []
        for index, item in enumerate(value):
            found = [member.find(item) for member in self._members]
            values = [of for _, of in found]
            if any(of is None for of in values):
                continue
            there = first.setdefault(key_of(values[0] if len(values) == 1 else values), index)
            if there != index:
                repeats.append((index, there, values))
                blame += [(index, *path) for path, _ in found]
        if not repeats:
            return None
        words = [
            f"item {index} has the same as item {there} ({', '.join(shown(of, 30) for of in values)})"
            for index, there, values in repeats[:10]
        ]
        if len(repeats) > 10:
            words.append(f"and {len(repeats) - 10:,} more are repeated")
        return FailResult(f"The {self._what} must be different in every item; {', '.join(words)}.", blame=blame)


unique_by = validator("unique-by", subject="Lists and objects")(UniqueBy)
