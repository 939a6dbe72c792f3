"""valid-choices: a value is one of those that are listed."""

from __future__ import annotations

from typing import Any

from railguard import UNSET, FailResult, validator
from railguard import json_key as key
from railguard_validators._values.plain import plain
from railguard_validators._wording import listed, shown


class ValidChoices:
    """One of `choices`. Equality is JSON's: true is not 1, "1" is not 1, 1 is 1.0.

    choices: the allowed JSON values, at least one.

    A text that differs from exactly one choice only in capitals or in white space around it is fixed to that choice.

    >>> valid_choices(["red", "green"]).run("red")
    >>> valid_choices(["red", "green"]).run("blue").message
    '"blue" is not allowed; the value must be one of: "red", "green".'
    >>> valid_choices(["red", "green"]).run("Red ").fix
    'red'
    """

    __slots__ = ("_choices", "_folded", "_keys", "_listed", "_texts", "prompt")

    def __init__(self, choices: list[Any] | tuple[Any, ...]) -> None:
        self._choices = plain(choices, "choices")
        self._texts = frozenset(choice for choice in self._choices if isinstance(choice, str))
        self._keys = frozenset(map(key, self._choices))
        self._listed = listed(self._choices, 200)
        self.prompt = f"one of: {self._listed}"
        folded: dict[str, list[str]] = {}
        for choice in sorted(self._texts):
            folded.setdefault(choice.strip().casefold(), []).append(choice)
        self._folded = {text: same[0] for text, same in folded.items() if len(same) == 1}

    def __call__(self, value: Any) -> FailResult | None:
        if isinstance(value, str):
            if value in self._texts:
                return None
            fix = self._folded.get(value.strip().casefold(), UNSET)
        else:
            if key(value) in self._keys:
                return None
            fix = UNSET
        return FailResult(f"{shown(value)} is not allowed; the value must be one of: {self._listed}.", fix=fix)

    def constraint(self, json_type: str) -> dict[str, list[Any]]:
        """Return the equivalent keyword of JSON Schema."""
        return {"enum": self._choices}


valid_choices = validator("valid-choices", subject="Values and numbers")(ValidChoices)
