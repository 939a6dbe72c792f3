"""starts-with: how a text or a list begins."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from railguard import FailResult, validator
from railguard import json_key as key
from railguard_validators._text.literal import literal
from railguard_validators._wording import shown

_LOOK = 20  # characters of the text that a message shows


class StartsWith:
    """A text begins with the text `start`; a list begins with the item `start`, or with the items of the list `start`.

    Capitals count. The fix is the value with `start` before it, or without the white space before a `start` that is
    there. It removes nothing else, because that may be wanted.

    start: the text, the item, or the list of items.

    >>> starts_with("# ").run("# A heading")
    >>> starts_with("# ").run("A heading").message
    'The text must start with "# "; it starts with "A heading".'
    >>> starts_with("# ").run("A heading").fix
    '# A heading'
    """

    __slots__ = ("_items", "_keys", "_start", "prompt")

    def __init__(self, start: str | int | float | bool | list[Any] | dict[str, Any] | None) -> None:
        if start in ("", []):
            raise ValueError("start is empty; everything starts with nothing")
        self._start = start
        self._items = deepcopy(start if isinstance(start, list) else [start])
        self._keys = [key(item) for item in self._items]
        if self._keys != [key(item) for item in self._items]:
            raise ValueError("start holds NaN, which equals nothing, not even itself")
        self.prompt = f"starts with {shown(start)}"

    def __call__(self, value: str | list[Any]) -> FailResult | None:
        start = self._start
        if isinstance(value, str):
            if not isinstance(start, str):
                return FailResult(f"The value must be a list that starts with {shown(start)}; it is a text.")
            if value.startswith(start):
                return None
            is_now = f"it starts with {shown(value[: max(_LOOK, len(start))])}" if value else "it is empty"
            bare = value.lstrip()
            fix = bare if bare.startswith(start) else start + value
            return FailResult(f"The text must start with {shown(start)}; {is_now}.", fix=fix)
        if [key(item) for item in value[: len(self._keys)]] == self._keys:
            return None
        is_now = f"it starts with {shown(value[0])}" if value else "it is empty"
        one = "the items " if isinstance(start, list) else ""
        return FailResult(f"The list must start with {one}{shown(start)}; {is_now}.", fix=deepcopy(self._items) + value)

    def constraint(self, json_type: str) -> dict[str, Any] | None:
        """Return the equivalent keywords of JSON Schema."""
        if json_type == "array":
            return {"prefixItems": [{"const": item} for item in deepcopy(self._items)], "minItems": len(self._items)}
        pattern = literal(self._start) if json_type == "string" and isinstance(self._start, str) else None
        return None if pattern is None else {"pattern": f"^{pattern}"}


starts_with = validator("starts-with", subject="Texts")(StartsWith)
