"""The shared state of the parser's productions: the remaining text, the parsed part, and the expected next token."""

from __future__ import annotations

from typing import Final

from railguard.parsing.json.text_source import TextSource
from railguard.parsing.json.value_tree import ValueTree
from railguard.values import Limits

__all__ = ["AFTER", "COLON", "END", "KEY", "VALUE", "State"]

VALUE: Final = 0
KEY: Final = 1
COLON: Final = 2
AFTER: Final = 3
END: Final = 4
"""The expected next token. Each production returns one of these."""


class State:
    """The state of one parse.

    depth, digits: the limits. keys: one text for all keys that are equal. prefix: of a text, as Python writes it.
    new_line: a line break stands between the last mark and here.
    """

    __slots__ = ("depth", "digits", "keys", "new_line", "prefix", "source", "tree")

    def __init__(self, limits: Limits, events: bool) -> None:
        self.source = TextSource()
        self.tree = ValueTree(events)
        self.depth = limits.depth
        self.digits = limits.integer_digits
        self.keys: dict[str, str] = {}
        self.prefix = ""
        self.new_line = False
