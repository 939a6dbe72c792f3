"""The size of a text, a list or an object in words. Shared by length, min-length and max-length."""

from __future__ import annotations

from typing import Any

from railguard_validators._wording import counted

__all__ = ["NOUNS", "sized"]

NOUNS = {"string": "Length", "array": "Items", "object": "Properties"}
"""Maps a JSON type to the end of JSON Schema's keywords for its length."""

_WORDS = {str: ("text", "character"), list: ("list", "item"), dict: ("object", "member")}


def sized(value: str | list[Any] | dict[str, Any]) -> str:
    """Describe a value and its size.

    >>> sized("abc"), sized([0]), sized({})
    ('The text has 3 characters', 'The list has 1 item', 'The object has 0 members')
    """
    what, one = _WORDS.get(type(value), ("value", "item"))
    return f"The {what} has {counted(len(value), one)}"
