"""excludes: a text without certain others in it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from railguard import FailResult, validator
from railguard_validators._wording import listed

_MARKED = 20


class Excludes:
    """Contains none of `substrings`, not even inside a word (for whole words use ban-list). Capitals count unless
    `ignore_case` is true. There is no fix: the right text is not known. Up to 20 places are marked.

    substrings: the text, or the list of texts, that the text must not contain.
    ignore_case: whether capitals make no difference (Unicode's case folding, so that "ß" is "ss").

    >>> excludes("TODO").run("All done.")
    >>> excludes(["TODO", "<br>"]).run("TODO: one<br>two").message
    'The text must not contain "TODO", "<br>".'
    """

    __slots__ = ("_ignore_case", "_wanted", "prompt")

    def __init__(self, substrings: str | list[str], ignore_case: bool = False) -> None:
        texts = [substrings] if isinstance(substrings, str) else substrings
        if not texts or not all(texts):
            raise ValueError("substrings is empty or holds an empty text; name at least one character")
        self._ignore_case = ignore_case
        self._wanted = [(text.casefold() if ignore_case else text, text) for text in texts]
        self.prompt = f"does not contain {listed(texts)}"

    def __call__(self, value: str) -> FailResult | None:
        text = value.casefold() if self._ignore_case else value
        found = [(needle, shown) for needle, shown in self._wanted if needle in text]
        if not found:
            return None
        places = sorted(place for needle, _ in found for place in islice(_places(text, needle), _MARKED))[:_MARKED]
        if len(text) != len(value):  # folding has made some characters longer: the original offset of each
            origin = [at for at, char in enumerate(value) for _ in char.casefold()]
            places = [(origin[start], origin[end - 1] + 1) for start, end in places]
        return FailResult(f"The text must not contain {listed(shown for _, shown in found)}.", spans=places)


def _places(text: str, needle: str) -> Iterator[tuple[int, int]]:
    at = text.find(needle)
    while at >= 0:
        yield at, at + len(needle)
        at = text.find(needle, at + len(needle))


excludes = validator("excludes", subject="Texts")(Excludes)
