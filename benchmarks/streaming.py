"""`guard.stream` over an answer in pieces of four characters, every field told, beside one pass of jiter over it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from measure import cpu_seconds
from validation import RAIL, document

from railguard import Completion, Guard

GUARD = RAIL.replace("</output>", '</output><messages><message role="user">Go.</message></messages>')


class Pieces:
    """A model that gives a text in pieces of four characters."""

    name = "pieces"

    def __init__(self, text: str) -> None:
        self._pieces = [text[at : at + 4] for at in range(0, len(text), 4)]
        self._whole = Completion(text, "stop")

    def complete(self, request: Any) -> Completion:
        """The whole answer."""
        return self._whole

    async def acomplete(self, request: Any) -> Completion:
        """The whole answer."""
        return self._whole

    def stream(self, request: Any) -> Iterator[str | Completion]:
        """The answer in pieces."""
        yield from self._pieces
        yield self._whole


def rows() -> list[tuple[str, float, float, int]]:
    """(what, our CPU seconds, jiter's for the whole text at once, values told) for 2, 20 and 100 KB."""
    import jiter

    found = []
    guard = Guard.from_rail_string(GUARD)
    for items in (18, 180, 900):
        text = document(items)
        data = text.encode()
        model = Pieces(text)
        told = sum(event.type == "field" for event in guard.stream(model))

        def run(model: Pieces = model) -> None:
            for _ in guard.stream(model):
                pass

        floor = cpu_seconds(lambda data=data: jiter.from_json(data), repeats=3)  # type: ignore[misc]
        found.append((f"stream {len(text) / 1000:.0f} KB", cpu_seconds(run, repeats=3), floor, told))
    return found
