"""one-line: a text without line breaks."""

from __future__ import annotations

import re

from railguard import UNSET, FailResult, validator
from railguard_validators._wording import counted

_BREAK = re.compile("\r\n|[\n\v\f\r\x85\u2028\u2029]")
_KEYWORD = "^[^\\n\\v\\f\\r\x85\u2028\u2029]*$"


class OneLine:
    r"""Has no line break, not even at its end: none of the mandatory breaks of Unicode Standard Annex 14.

    The fix is the first line that is not blank, which is the whole text if the only break is at its end.

    >>> one_line().run("one line")
    >>> one_line().run("one\ntwo").message
    'The text has 1 line break; it must be one line without any.'
    >>> one_line().run("\none\n").fix
    'one'
    """

    __slots__ = ()

    def __call__(self, value: str) -> FailResult | None:
        if value.isprintable():  # line breaks are not
            return None
        breaks = [found.span() for found in _BREAK.finditer(value)]
        if not breaks:
            return None
        fix = next((line for line in _BREAK.split(value) if line.strip()), UNSET)
        message = f"The text has {counted(len(breaks), 'line break')}; it must be one line without any."
        return FailResult(message, fix=fix, spans=breaks[:20])

    def constraint(self, json_type: str) -> dict[str, str] | None:
        """Return the equivalent keyword of JSON Schema."""
        return {"pattern": _KEYWORD} if json_type == "string" else None


one_line = validator("one-line", subject="Texts", prompt="on one line, without line breaks")(OneLine)
