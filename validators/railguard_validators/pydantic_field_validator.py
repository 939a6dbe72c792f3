"""pydantic-field-validator: a value that a function accepts, such as those of pydantic's field_validator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from railguard import UNSET, FailResult, json_key, validator
from railguard_validators._wording import shown


class PydanticFieldValidator:
    """The function returns its value; it refuses a value by raising ValueError or AssertionError, whose text is the
    message. If it returns another value, as pydantic's validators may, the value fails and the other one is the fix, if
    the function accepts that.

    A function cannot be named in RAIL, so this is for rules made in Python; there a plain function with `@validator`
    can do the same and more.

    field_validator: the function, of the value alone.

    >>> def short(value):
    ...     assert len(value) < 9, "at most eight characters"
    ...     return value.strip()
    >>> pydantic_field_validator(short).run("rail")
    >>> pydantic_field_validator(short).run("railguards").message
    'at most eight characters'
    >>> pydantic_field_validator(short).run(" rail").fix
    'rail'
    """

    __slots__ = ("_check", "prompt")

    def __init__(self, field_validator: Callable[[Any], Any]) -> None:
        if not callable(field_validator):
            raise ValueError(f"{field_validator!r:.60} is no function")
        self._check = field_validator
        name = getattr(field_validator, "__name__", "the validator").replace("_", " ").strip()
        self.prompt = (getattr(field_validator, "__doc__", None) or name).strip().partition("\n")[0]

    def __call__(self, value: Any) -> FailResult | None:
        try:
            after = self._check(value)
        except (ValueError, AssertionError) as error:
            return FailResult(str(error) or f"{shown(value)} is not valid: {self.prompt}.")
        if json_key(after) == json_key(value):
            return None
        fix = after if self._keeps(after) else UNSET
        return FailResult(f"{shown(value)} is not valid: {shown(after)} is.", fix=fix)

    def _keeps(self, value: Any) -> bool:
        try:
            return bool(json_key(self._check(value)) == json_key(value))
        except (ValueError, AssertionError):
            return False


pydantic_field_validator = validator("pydantic-field-validator", subject="Values and numbers")(PydanticFieldValidator)
