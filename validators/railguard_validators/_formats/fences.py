"""Removes Markdown code fences around a text that should have none."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from railguard import UNSET

__all__ = ["taken_out", "unfenced"]

_OPENING = re.compile(r"(`{3,}|~{3,})[ \t]*[\w+.-]{0,20}[ \t]*\r?\n")


def unfenced(text: str) -> str | None:
    """Return the content of the only code fence in a text; None if the text is anything else.

    >>> unfenced("```json\\n{}\\n```\\n"), unfenced("{}"), unfenced("```\\n1\\n```\\n```\\n2\\n```")
    ('{}', None, None)
    """
    stripped = text.strip()
    opening = _OPENING.match(stripped)
    if opening is None or not stripped.endswith(opening[1]):
        return None
    inner = stripped[opening.end() : -len(opening[1])]
    if inner and not inner.endswith("\n"):
        last = inner.rpartition("\n")[2]
        if last.strip(" \t") != "":
            return None
        inner = inner[: len(inner) - len(last)]
    inner = inner.removesuffix("\n").removesuffix("\r")
    return None if opening[1] in inner else inner


def taken_out(text: str, flaw: Callable[[str], object]) -> Any:
    """Return the fix that removes a code fence: its content, if no flaw is found in that; otherwise UNSET.

    >>> taken_out("```\\n36\\n```", lambda inner: None), taken_out("```\\n36\\n```", lambda inner: "no object")
    ('36', UNSET)
    """
    inner = unfenced(text)
    return inner if inner is not None and flaw(inner) is None else UNSET
