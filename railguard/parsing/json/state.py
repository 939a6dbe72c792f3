"""What the productions of the reader share: the text that is left, what was read, and what is expected next."""

from __future__ import annotations

from typing import Final

from railguard.parsing.json.source import Source
from railguard.parsing.json.tree import Tree
from railguard.values import Limits

__all__ = ["AFTER", "COLON", "END", "KEY", "VALUE", "State"]

VALUE: Final = 0
KEY: Final = 1
COLON: Final = 2
AFTER: Final = 3
END: Final = 4
"""What is expected next. Each production returns one of these."""


class State:
    """One reading.

    depth, digits: the limits. keys: one text for all keys that are equal. prefix: of a text, as Python writes it. new_line:
    a line break stands between the last mark and here.
    """

    __slots__ = ("depth", "digits", "keys", "new_line", "prefix", "source", "tree")

    def __init__(self, limits: Limits, events: bool) -> None:
        self.source = Source()
        self.tree = Tree(events)
        self.depth = limits.depth
        self.digits = limits.integer_digits
        self.keys: dict[str, str] = {}
        self.prefix = ""
        self.new_line = False
