"""subset-of: a list with nothing in it but what is listed."""

from __future__ import annotations

from typing import Any

from railguard import FailResult, validator
from railguard import json_key as key
from railguard_validators._values.plain import plain
from railguard_validators._wording import listed, shown


class SubsetOf:
    """Every item is one of `allowed`, in JSON's sense: true is not 1, 1 is 1.0. How often and in what order is free,
    and an empty list passes.

    allowed: the JSON values that items may be, at least one.

    There is no fix: a forbidden item may be meant as an allowed one. A reask asks only for the wrong items.

    >>> subset_of(["red", "green"]).run(["green"])
    >>> subset_of(["red", "green"]).run(["green", "blue"]).message
    'Item 1 ("blue") is not allowed; items must be among: "red", "green".'
    """

    __slots__ = ("_keys", "_listed", "prompt")

    def __init__(self, allowed: list[Any] | tuple[Any, ...]) -> None:
        allowed = plain(allowed, "allowed")
        self._keys = frozenset(map(key, allowed))
        self._listed = listed(allowed, 200)
        self.prompt = f"every item is one of: {self._listed}"

    def __call__(self, value: list[Any]) -> FailResult | None:
        wrong = [index for index, item in enumerate(value) if key(item) not in self._keys]
        if not wrong:
            return None
        items = ", ".join(f"{index} ({shown(value[index])})" for index in wrong[:10])
        more = f" and {len(wrong) - 10:,} more" if len(wrong) > 10 else ""
        are = f"Items {items}{more} are" if len(wrong) > 1 else f"Item {items} is"
        message = f"{are} not allowed; items must be among: {self._listed}."
        return FailResult(message, blame=[(index,) for index in wrong])


subset_of = validator("subset-of", subject="Lists and objects")(SubsetOf)
