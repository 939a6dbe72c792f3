"""regex-match: a text matches a regular expression."""

from __future__ import annotations

import re
from typing import Literal

from railguard import FailResult, validator
from railguard import pattern as compiled

_FLAGS = re.compile(r"\(\?[a-z-]+\)")


class RegexMatch:
    """Matches `regex`, from the first to the last character (`match_type="fullmatch"`) or somewhere ("search").

    The pattern has JSON Schema's syntax (ECMA-262) and runs in time linear in the text. Patterns that cannot run so
    (backreferences, most lookaround) are refused when the rule is made, with a suggestion. There is no fix: many texts
    match a pattern.

    regex: the pattern. \\d, \\w and \\b are ASCII, \\s is any white space, . is anything except line breaks, $ is the
    very end.
    match_type: fullmatch, the default, or search.

    >>> regex_match("[A-Z]{2}-[0-9]+").run("AB-12")
    >>> regex_match("[A-Z]{2}-[0-9]+").run("see AB-12").message
    'The whole text must match the regular expression [A-Z]{2}-[0-9]+'
    """

    __slots__ = ("_keyword", "_match", "_message", "prompt")

    def __init__(self, regex: str, match_type: Literal["fullmatch", "search"] = "fullmatch") -> None:
        pattern = compiled(regex)
        if match_type == "search":
            self._match = pattern.search
            self._keyword = regex
            self._message = f"Some part of the text must match the regular expression {regex}"
            self.prompt = f"some part of it matches the regular expression {regex}"
        else:
            self._match = pattern.fullmatch
            self._keyword = _anchored(regex)
            self._message = f"The whole text must match the regular expression {regex}"
            self.prompt = f"matches the regular expression {regex}"

    def __call__(self, value: str) -> FailResult | None:
        return None if self._match(value) else FailResult(self._message)

    def constraint(self, json_type: str) -> dict[str, str] | None:
        """Return the equivalent keyword of JSON Schema; it matches anywhere (draft 2020-12, 6.3.3)."""
        return {"pattern": self._keyword} if json_type == "string" else None


def _anchored(regex: str) -> str:
    """Return a pattern for searching that is equivalent to a full match of `regex`. A leading ^ stays in front: a
    lookahead may follow only that one.
    """
    if not regex.startswith("^") or "|" in regex or _FLAGS.search(regex):
        return f"^(?:{regex})$"
    return regex if regex.endswith("$") and not regex.endswith("\\$") else regex + "$"


regex_match = validator("regex-match", subject="Texts", aliases=("regex",))(RegexMatch)
