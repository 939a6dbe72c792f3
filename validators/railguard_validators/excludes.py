"""excludes: a text without certain others in it."""

from __future__ import annotations

from railguard import FailResult, validator
from railguard_validators._wording import listed


class Excludes:
    """Has none of `substrings` in it, also not inside a word (for whole words there is ban-list). Capitals count unless
    `ignore_case` is true. There is no fix: what would stand there instead is not known.

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
        at = [] if self._ignore_case else [text.index(needle) for needle, _ in found]
        spans = [(start, start + len(shown)) for start, (_, shown) in zip(at, found, strict=False)]
        return FailResult(f"The text must not contain {listed(shown for _, shown in found)}.", spans=spans)


excludes = validator("excludes")(Excludes)
