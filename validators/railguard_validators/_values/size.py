"""How long a text, a list or an object is, in the words of a message. What length, min-length and max-length share."""

from __future__ import annotations

from typing import Any

from railguard_validators._wording import counted

__all__ = ["NOUNS", "sized"]

NOUNS = {"string": "Length", "array": "Items", "object": "Properties"}
"""JSON type → what JSON Schema's keywords for its length end in."""

_WORDS = {str: ("text", "character"), list: ("list", "item"), dict: ("object", "member")}


def sized(value: str | list[Any] | dict[str, Any]) -> str:
    """What a value is, and how long.

    >>> sized("abc"), sized([0]), sized({})
    ('The text has 3 characters', 'The list has 1 item', 'The object has 0 members')
    """
    what, one = _WORDS.get(type(value), ("value", "item"))
    return f"The {what} has {counted(len(value), one)}"
