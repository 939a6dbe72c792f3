"""The validators of texts: CPU time for a text that passes, and what a source costs the first time and each later time.

The floor is one search of RE2 through the same text for something that is not there, with the encoding of the text: what
a rule costs that looks at every character once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache, partial
from itertools import count
from typing import Any, NamedTuple

import validator_texts
from measure import cpu_seconds, print_rows
from validator_texts import KINDS, SIZES

from railguard import Context, Path
from railguard.validation.registry import find_validator

__all__ = ["SourceRow", "TextRow", "source_rows", "text_rows"]

# Each rule, so that it lets the texts pass.
_ANY_TEXT: dict[str, dict[str, Any]] = {
    "ban-list": {"banned_words": ["forbidden", "prohibited goods", "embargo"]},
    "competitors": {"competitors": ["Acme", "Globex", "Café Zwei"]},
    "contains": {"substring": "\n"},
    "ends-with": {"end": "\n"},
    "excludes": {"substrings": ["forbidden", "embargo"], "ignore_case": True},
    "internal-domains": {},
    "jailbreak": {},
    "length": {"max": 10**9},
    "markdown-images": {},
    "mentions-drugs": {},
    "no-gibberish": {},
    "no-profanity": {},
    "no-refusal-phrases": {},
    "no-repetition": {},
    "pii": {},
    "prompt-injection": {},
    "quotes-price": {},
    "reading-level": {"max": 10**6},
    "reading-time": {"reading_time": 10**6},
    "redundant-sentences": {},
    "regex-match": {"regex": r"[^\x00]*"},
    "secrets": {},
    "sentences": {"max": 10**9},
    "shell-injection": {},
    "sql-injection": {},
    "system-prompt-leak": {
        "system_prompt": "You are Nora, the assistant of a bank. Never give more than ten percent off."
    },
    "template-injection": {},
    "unsafe-links": {},
    "words": {"max": 10**9},
    "xss": {},
}
_ONE_FORMAT: dict[str, tuple[Callable[[int], str], dict[str, Any]]] = {
    "csv": (validator_texts.csv, {}),
    "has-url": (lambda size: validator_texts.text("prose", size) + "See https://example.org/a.", {}),
    "html": (validator_texts.html, {}),
    "lower-case": (lambda size: validator_texts.text("prose", size).lower(), {}),
    "one-line": (lambda size: validator_texts.text("prose", size).replace("\n", " "), {}),
    "python": (validator_texts.python, {}),
    "sanitized-html": (lambda size: re.sub(r"</?section[^>]*>| class=\"note\"", "", validator_texts.html(size)), {}),
    "title-case": (lambda size: validator_texts.text("prose", size).title(), {}),
    "upper-case": (lambda size: validator_texts.text("prose", size).upper(), {}),
    "valid-json": (validator_texts.json_of, {}),
    "xml": (validator_texts.xml, {}),
    "yaml": (validator_texts.yaml, {}),
}
_SOURCES: dict[str, tuple[str, dict[str, Any]]] = {
    "entities-in-source": ("document", {}),
    "extractive-summary": ("document", {}),
    "numbers-in-source": ("document", {}),
    "provenance-embeddings": ("sources", {}),
    "quotes-source": ("document", {}),
    "similar-to-document": ("document", {"threshold": 0.01}),
}
_LEAST = 0.005  # CPU seconds that one measurement takes at least


class TextRow(NamedTuple):
    """A validator: for each kind of text, MB of UTF-8 a second of CPU time for each size; and how many times the floor
    the largest text takes, of the kind that takes longest. fails: the kinds of text that it refuses, none of them as a
    rule.
    """

    validator: str
    speeds: dict[str, tuple[float, ...]]
    ratio: float
    fails: tuple[str, ...]


class SourceRow(NamedTuple):
    """A validator with a source of 200 KB: CPU seconds of the first value of 1 KB, and of each later one."""

    validator: str
    first: float
    later: float
    passes: bool


def text_rows() -> Iterator[TextRow]:
    """Measure the validators of any text with every kind of text, and those of one format with their own."""
    for name, arguments in _ANY_TEXT.items():
        yield _text_row(name, {kind: partial(validator_texts.text, kind) for kind in KINDS}, arguments)
    for name, (text_of, arguments) in _ONE_FORMAT.items():
        yield _text_row(name, {"its own": text_of}, arguments)


def _text_row(name: str, texts: dict[str, Callable[[int], str]], arguments: dict[str, Any]) -> TextRow:
    rule = find_validator(name)(**arguments)
    ctx = Context(Path(), None, {})
    run = partial(rule.run, ctx=ctx) if rule.wants_context else rule.run
    speeds: dict[str, tuple[float, ...]] = {}
    ratios, fails = [], []
    for kind, text_of in texts.items():
        every = [text_of(size) for size in SIZES.values()]
        seconds = [cpu_seconds(partial(run, text), least=_LEAST, repeats=3) for text in every]
        speeds[kind] = tuple(len(text.encode()) / took / 1e6 for text, took in zip(every, seconds, strict=True))
        ratios.append(seconds[-1] / _floor(every[-1]))
        fails += [kind] if any(run(text) is not None for text in every) else []
    return TextRow(name, speeds, max(ratios), tuple(fails))


@cache
def _floor(text: str) -> float:
    import re2  # type: ignore[import-untyped]  # google-re2 ships no types

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    search = re2.compile(rb"[a-z]\x00", options).search
    return cpu_seconds(lambda: search(text.encode()), least=_LEAST)


def source_rows() -> Iterator[SourceRow]:
    """Measure the validators that compare a text with a source, all of which is prose."""
    source = validator_texts.text("prose", SIZES["200 KB"])
    value = source[: source.index("\n", SIZES["1 KB"])]
    numbers = count()
    for name, (key, arguments) in _SOURCES.items():
        run = find_validator(name)(**arguments).run
        known = Context(Path(), None, {key: source})

        def first(run: Callable[..., object] = run, key: str = key) -> object:
            return run(value, ctx=Context(Path(), None, {key: f"{source}{next(numbers)}"}))

        passes = run(value, ctx=known) is None
        later = cpu_seconds(partial(run, value, ctx=known), least=_LEAST, repeats=3)
        yield SourceRow(name, cpu_seconds(first, least=_LEAST, repeats=3), later, passes)


if __name__ == "__main__":
    print_rows(text_rows())
    print_rows(source_rows())
