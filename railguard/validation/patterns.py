"""Runs regular expressions of a spec's author in time linear in the text, for any pattern and text.

There is one dialect for all sources, that of `ecma.py`. A pattern that RE2 cannot run with exactly that meaning is
refused at load time.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from railguard.lazy import regex
from railguard.validation.ecma import PatternTranslation, pattern_error

__all__ = ["Pattern", "compile", "in_rust"]

_LARGEST_PROGRAM: Final = 50_000  # instructions; each may cost a step per byte of text
_MANY: Final = 16
"""Number of texts after which a pattern is also compiled for the engine that is faster to call."""
_SURROGATES = regex("[\ud800-\udfff]")


class Pattern:
    """A compiled pattern. It only tells whether a text matches; groups are not kept. Created by `compile`.

    A lone surrogate in the text counts as U+FFFD.

    Attributes:
        pattern: The regular expression as it was written.
    """

    __slots__ = ("_conditions", "_full", "_search", "_somewhere", "_uses", "_whole", "pattern")

    def __init__(self, pattern: str, engine: Any, conditions: tuple[tuple[Any, bool], ...]) -> None:
        self.pattern = pattern
        self._search = engine.search
        self._full = engine.fullmatch
        self._conditions = conditions
        self._uses = 0
        self._somewhere: Callable[[str], bool] = _never
        self._whole: Callable[[str], bool] = _never

    def search(self, text: str) -> bool:
        """Whether the pattern matches somewhere in a text, as JSON Schema's `pattern` is defined.

        Args:
            text: The text.

        Returns:
            True if it does.
        """
        return self._somewhere(text) or self._run(self._search, text)

    def fullmatch(self, text: str) -> bool:
        """Whether the pattern matches a text from its first character to its last.

        Args:
            text: The text.

        Returns:
            True if it does.
        """
        return self._whole(text) or self._run(self._full, text)

    def _run(self, match: Any, text: str) -> bool:
        if self._uses < _MANY:
            self._uses += 1
            if self._uses == _MANY:
                self._somewhere, self._whole = _acceptors(self.pattern)
        try:
            data = text.encode()
        except UnicodeEncodeError:
            data = _SURROGATES.sub("\ufffd", text).encode()
        if match(data) is None:
            return False
        conditions = self._conditions
        return not conditions or all((condition(data) is not None) is wanted for condition, wanted in conditions)

    def __repr__(self) -> str:
        return f"Pattern({self.pattern!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return compile, (self.pattern,)


def _never(text: str) -> bool:
    """Accept nothing, which means that the result is unknown."""
    return False


def _acceptors(pattern: str) -> tuple[Callable[[str], bool], Callable[[str], bool]]:
    """Return two tests of a text with pydantic-core's engine, ten times as fast to call: whether a pattern matches
    somewhere, and as a whole. For a text that they do not accept, the other engine must be asked.
    """
    rust = in_rust(pattern)
    if rust is None or not _runs(entire := rf"\A(?:{rust})\z"):
        return _never, _never
    from pydantic_core import SchemaValidator

    somewhere, whole = (
        SchemaValidator({"type": "str", "strict": True, "pattern": one, "regex_engine": "rust-regex"})
        for one in (rust, entire)
    )
    return somewhere.isinstance_python, whole.isinstance_python


@lru_cache(maxsize=256)
def compile(pattern: str) -> Pattern:
    r"""Compile a pattern, or find it in the cache.

    `\d`, `\w` and `\b` are ASCII, `\s` is Unicode white space, `.` is anything but a line terminator and `$` the very
    end, as in ECMA-262. `\Z` is the very end, as in Python. Inline flags are i, m and s.

    Args:
        pattern: The regular expression.

    Returns:
        The compiled pattern.

    Raises:
        SpecError: If the pattern is invalid or cannot run in linear time; code "pattern".

    Examples:
        >>> compile("^(?<year>[0-9]{4})").search("2024-05-01")
        True
        >>> compile("(a)\\1")
        Traceback (most recent call last):
        railguard.errors.SpecError: error[pattern]: the pattern '(a)\\1' has a backreference (\1) at offset 3...
    """
    translated = PatternTranslation(pattern)
    engine = _engine(pattern, translated.text)
    conditions = tuple((_engine(pattern, text).search, wanted) for text, wanted in translated.conditions)
    return Pattern(pattern, engine, conditions)


@lru_cache(maxsize=256)
def in_rust(pattern: str) -> str | None:
    r"""Return the pattern for pydantic-core's engine, if it certainly has the same meaning there; otherwise None.

    Both engines are linear. What is the same in both is a small grammar: characters, classes, groups, alternatives,
    repeats, `^` and `$`. Flags, `\b`, `\p{…}` and lookaheads are not in it.

    Examples:
        >>> in_rust("^[A-Z]{2}-\\d+$"), in_rust("\\bword")
        ('^[A-Z]{2}\\x{2D}[0-9]+$', None)
    """
    translated = PatternTranslation(pattern)
    if translated.conditions:
        return None
    parts: list[str] = []
    at = 0
    repeatable = False
    for token in _TOKEN.finditer(translated.text):
        if token.start() != at or (token["repeat"] and not repeatable):
            return None
        at = token.end()
        repeatable = token["one"] is not None or token[0] == ")"
        parts.append(_ESCAPES.sub(lambda escape: _IN_RUST[escape[0]], token[0]))
    rust = "".join(parts)
    return rust if at == len(translated.text) and _runs(rust) else None


# The text that `PatternTranslation` writes: each literal is a letter, a digit or a code point, so that there is one reading.
_TOKEN = regex(
    r"(?P<one>[A-Za-z0-9]|\\x\{[0-9A-F]+\}|\\[{}\]]|\(\?s:\.\)"
    r"|\[\^?(?:[A-Za-z0-9]|\\x\{[0-9A-F]+\}|\\[dDwWnr]|-)+\])"
    r"|(?P<repeat>(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})\??)|\(\?:|\)|\||\^|\$|\\A|\\z"
)
_ESCAPES = regex(r"\\[dDwWAz]")
_IN_RUST = {
    r"\d": "0-9",
    r"\D": r"\x{0}-\x{2F}\x{3A}-\x{10FFFF}",
    r"\w": "0-9A-Za-z_",
    r"\W": r"\x{0}-\x{2F}\x{3A}-\x{40}\x{5B}-\x{5E}\x{60}\x{7B}-\x{10FFFF}",
    r"\A": "^",
    r"\z": "$",
}


def _runs(rust: str) -> bool:
    from pydantic_core import SchemaError, SchemaValidator

    try:
        SchemaValidator({"type": "str", "pattern": rust, "regex_engine": "rust-regex"})
    except SchemaError:  # larger than that engine's own bound
        return False
    return True


def _engine(pattern: str, text: str) -> Any:
    import re2  # type: ignore[import-untyped]  # google-re2 ships no types

    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    try:
        compiled = re2.compile(text.encode(), options)
    except re2.error as error:
        raise pattern_error(pattern, error.args[0] if error.args else "") from None
    if compiled.programsize > _LARGEST_PROGRAM:
        raise pattern_error(pattern, b"pattern too large")
    return compiled
