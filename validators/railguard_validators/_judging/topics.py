"""Topics that a model looks for in a text: checks a list of topics, and defines when a text discusses one."""

from __future__ import annotations

import json
from collections.abc import Sequence

__all__ = ["DISCUSSED", "checked", "named"]

_MOST = 50
"""Largest number of topics in a list: each is an enum value in the judge's schema, and providers limit those."""

DISCUSSED = (
    "A text discusses a topic if it says something about it, asks about it, or gives advice on it. A word of the topic "
    "that is only mentioned, or that means something else there, is not enough."
)


def named(topics: Sequence[str]) -> str:
    """Return topics as text for a judge, none of them truncated.

    >>> named(["loans", "accounts"])
    '"loans", "accounts"'
    """
    return ", ".join(json.dumps(topic, ensure_ascii=False) for topic in topics)


def checked(name: str, topics: Sequence[str]) -> list[str]:
    """Return a list of topics without white space around them. Raises ValueError for an empty list, an empty topic, a
    repeated one, and too many.

    >>> checked("valid_topics", ["loans ", "accounts"])
    ['loans', 'accounts']
    >>> checked("valid_topics", [])
    Traceback (most recent call last):
    ValueError: valid_topics is empty; name at least one topic
    """
    found = [topic.strip() for topic in topics]
    if not found:
        raise ValueError(f"{name} is empty; name at least one topic")
    if not all(found):
        raise ValueError(f"{name} holds an empty topic")
    if len(set(found)) < len(found):
        raise ValueError(f"{name} names a topic twice")
    if len(found) > _MOST:
        raise ValueError(f"{name} names {len(found)} topics; at most {_MOST} can be asked for at once")
    return found
