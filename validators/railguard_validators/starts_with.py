"""starts-with: how a text or a list begins."""

from __future__ import annotations

from typing import Any

from railguard import FailResult, validator
from railguard import json_key as key
from railguard_validators._wording import shown


class StartsWith:
    """A text begins with the text `start`; a list begins with the item `start`, or with the items of the list `start`.

    Capitals count. The fix is the value with `start` before it. It never cuts: what stands there may be wanted.

    >>> starts_with("# ").run("# A heading")
    >>> starts_with("# ").run("A heading").message
    'The text must start with "# "; it starts with "A ".'
    >>> starts_with("# ").run("A heading").fix
    '# A heading'
    """

    __slots__ = ("_items", "_keys", "_start", "prompt")

    def __init__(self, start: str | int | float | bool | list[Any] | dict[str, Any] | None) -> None:
        if start in ("", []):
            raise ValueError("start is empty; everything starts with nothing")
        self._start = start
        self._items = start if isinstance(start, list) else [start]
        self._keys = [key(item) for item in self._items]
        self.prompt = f"starts with {shown(start)}"

    def __call__(self, value: str | list[Any]) -> FailResult | None:
        start = self._start
        if isinstance(value, str):
            if not isinstance(start, str):
                return FailResult(f"The value must be a list that starts with {shown(start)}; it is a text.")
            if value.startswith(start):
                return None
            is_now = f"it starts with {shown(value[: len(start)])}" if value else "it is empty"
            return FailResult(f"The text must start with {shown(start)}; {is_now}.", fix=start + value)
        if [key(item) for item in value[: len(self._keys)]] == self._keys:
            return None
        is_now = f"it starts with {shown(value[0])}" if value else "it is empty"
        one = "the items " if isinstance(start, list) else ""
        return FailResult(f"The list must start with {one}{shown(start)}; {is_now}.", fix=self._items + value)


starts_with = validator("starts-with")(StartsWith)
