"""contains: a text that contains another one."""

from __future__ import annotations

from railguard import FailResult, validator
from railguard_validators._text.literal import literal
from railguard_validators._wording import shown


class Contains:
    """Contains `substring`, with the same capitals unless `ignore_case` is true. There is no fix: the right position is
    not known.

    substring: the required text.
    ignore_case: whether capitals make no difference (Unicode's case folding, so that "ß" is "ss").

    >>> contains("rail").run("a railguard")
    >>> contains("rail").run("a Railguard").message
    'The text must contain "rail", with the same capitals.'
    >>> contains("rail", ignore_case=True).run("a Railguard")
    """

    __slots__ = ("_ignore_case", "_message", "_wanted", "prompt")

    def __init__(self, substring: str, ignore_case: bool = False) -> None:
        if not substring:
            raise ValueError("substring is empty; every text contains nothing")
        self._ignore_case = ignore_case
        self._wanted = substring.casefold() if ignore_case else substring
        how = (
            ", in any case"
            if ignore_case
            else ", with the same capitals"
            if substring.lower() != substring.upper()
            else ""
        )
        self._message = f"The text must contain {shown(substring, 1000)}{how}."
        self.prompt = f"contains {shown(substring, 1000)}"

    def __call__(self, value: str) -> FailResult | None:
        if self._wanted in (value.casefold() if self._ignore_case else value):
            return None
        return FailResult(self._message)

    def constraint(self, json_type: str) -> dict[str, str] | None:
        """Return the equivalent keyword of JSON Schema; None if capitals make no difference."""
        pattern = literal(self._wanted) if json_type == "string" and not self._ignore_case else None
        return None if pattern is None else {"pattern": pattern}


contains = validator("contains", subject="Texts", aliases=("contains-string",))(Contains)
