"""`guard.stream` over an answer in pieces of four characters, with an event for every field.

The floor is jiter in its partial mode over all that has arrived, once for each piece: what a program does that has no
incremental reader. Its time grows with the square of the text, so the ratio falls as the text gets longer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from measure import cpu_seconds, print_rows
from workloads import document, rail

from railguard import Completion, Guard

GUARD = rail(rules=True).replace("</output>", '</output><messages><message role="user">Go.</message></messages>')
STEP = 4


class Pieces:
    """A model that gives a text in pieces of four characters."""

    name = "pieces"

    def __init__(self, text: str) -> None:
        self._pieces = [text[at : at + STEP] for at in range(0, len(text), STEP)]
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


def rows() -> list[tuple[str, float, float, float, int]]:
    """(what, our CPU seconds, jiter's, ratio, field events) for 2, 20 and 100 KB."""
    import jiter

    found = []
    guard = Guard.from_rail_string(GUARD)
    for items, repeats in ((18, 5), (180, 3), (900, 1)):
        text = document(items)
        data = text.encode()
        model = Pieces(text)
        told = sum(event.type == "field" for event in guard.stream(model))

        def run(model: Pieces = model) -> None:
            for _ in guard.stream(model):
                pass

        def floor(data: bytes = data) -> None:
            for end in range(STEP, len(data) + STEP, STEP):
                jiter.from_json(data[:end], partial_mode="trailing-strings")

        ours, theirs = cpu_seconds(run, repeats=repeats), cpu_seconds(floor, repeats=repeats)
        found.append((f"stream {len(text) / 1000:.0f} KB", ours, theirs, ours / theirs, told))
    return found


if __name__ == "__main__":
    print_rows(rows())
