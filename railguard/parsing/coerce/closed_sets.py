"""Finds the value of a closed set in words: an enum's member, true or false, ignoring case, accents and punctuation.

A text that contains exactly one of the values may mean it, by judgement; a negation, an expression of doubt or a second
value prevents that.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from railguard.lazy import regex
from railguard.values import RepairClass

__all__ = ["Matched", "folded", "match_word", "truth"]

_LONGEST = 2000
_DOUBT = regex(
    r"\b(?:not|no|none|never|neither|nor|without|except|instead|rather|isn|aren|wasn|don|doesn|didn|won|can|cannot|couldn|shouldn|wouldn"
    r"|maybe|perhaps|possibly|might|may|could|unsure|unclear|unknown|either|or|but|unlikely|hardly|barely|scarcely|rarely"
    r"|far\s+from|wrong|wrongly|incorrect|incorrectly|mistaken|mistakenly|false|falsely|former|formerly|previously|used\s+to|than"
    r"|excludes?|excluded|excluding|reject|rejects|rejected|rul(?:e|es|ed|ing)\s+out|avoid|unless|if|mistake|opposite"
    r"|almost|nearly|half|partly|partially|will|until|before|lacks?|absence|zero|probability|chance|likelihood|odds"
    r"|(?<!seems\s)(?<!appears\s)(?<!likely\s)to\s+be|(?:was|were)\b.{0,80}\bnow|nicht|kein|keine|oder|pas|aucun|ou|non|nunca|ninguno|não|nem)\b|\b0\s?%|n['’]t\b|\?|≠|!=",
    re.IGNORECASE | re.DOTALL,
)
_NEGATED = regex(r"\s*(?:[!¬≠~]|<>)")
_LIGATURES = {
    "ß": "ss",
    "æ": "ae",
    "Æ": "ae",
    "ø": "o",
    "Ø": "o",
    "œ": "oe",
    "Œ": "oe",
    "ł": "l",
    "Ł": "l",
    "đ": "d",
    "Đ": "d",
}
_TRUE = {"true", "yes", "y", "on", "1"}
_FALSE = {"false", "no", "n", "off", "0"}
_TRUE_GUESS = {"t", "✓", "✔", "✅", "☑", "ja", "oui", "si", "sí", "sim", "da", "はい", "是"}
_FALSE_GUESS = {"f", "✗", "✘", "❌", "☐", "nein", "non", "não", "nao", "nej", "いいえ", "否"}
_SAID = regex(
    r"(?:[\s*_\"'`:,.!]|\b(?:the|final|correct|answer|result|value|output|is|would|be|so|thus|therefore|it|s|statement|this)\b)*",
    re.IGNORECASE,
)


# Common short words of English. Numbers (`one`, `two`) are not included: if two values of a set are named, none is
# used.
_COMMON_WORDS = """
all am an and any are as at be but by can day did do end for get go had has he her him his how if in is it its let may me
my new no not now of off old on or our out per say see she so the to too up us use was way we who you
"""
_COMMON = frozenset(_COMMON_WORDS.split())

# Signs that a letter or code in the text is a member of the set and not another word: it ends a clause, or is
# introduced as the answer.
_LETTER_ENDS = r"(?=[^\w\s]*\s*(?:\Z|\n)|[).:\]*`])"
_LETTER_SAID = (
    "(?:"
    + "|".join(
        f"(?<={word} )"
        for word in ("is", "option", "choice", "answer", "choose", "pick", "class", "grade", "category", ":", "**")
    ).replace("**", r"\*\*")
    + ")"
)
_SEPARATOR = regex("[ _-]")


class Matched(NamedTuple):
    """value: the member of the set. rule: how the text was matched."""

    value: Any
    rule: str
    kind: RepairClass = "lossless"


def unaccented(text: str) -> str:
    """Return the text without accents, and with ligatures replaced by letters."""
    if text.isascii():
        return text
    spelt = "".join(_LIGATURES.get(character, character) for character in text)
    decomposed = unicodedata.normalize("NFKD", spelt)
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def folded(text: str) -> str:
    """Return the letters and digits of a text, without case and accents; the text itself if it has none."""
    plain = unaccented(text).casefold()
    return "".join(character for character in plain if character.isalnum()) or text.strip()


def match_word(text: str, values: Sequence[Any]) -> Matched | None:
    """Return the one of `values` that a text is or, by judgement, contains.

    >>> match_word("not_spam", ["SPAM", "NOT_SPAM"]).value, match_word("It is not SPAM", ["SPAM", "NOT_SPAM"])
    ('NOT_SPAM', None)
    """
    if len(text) > _LONGEST:
        return None
    names = _names(tuple([value if isinstance(value, str) else _spelling(value) for value in values]))
    if _NEGATED.match(text) is not None:  # `!spam` negates spam; but a value may be written so
        found = names.spelt(str, text.strip())
        return Matched(values[found[0]], "enum-spelling") if found else None
    stripped = text.strip().strip("\"'`“”‘’*.,;:!").strip()
    for spell in _SPELLINGS if "?" not in text else _SPELLINGS[:1]:
        found = names.spelt(spell, spell(stripped))
        if len(found) == 1:
            value = values[found[0]]
            return Matched(value, "enum-spelling" if isinstance(value, str) else "number-text")
        if found:
            return None
    return names.contained(text, values)


def _spelling(value: Any) -> str:
    if value is True or value is False:
        return str(value).lower()
    return "null" if value is None else str(value)


def _unaccented_folded(name: str) -> str:
    return unaccented(name).casefold()


_SPELLINGS: tuple[Callable[[str], str], ...] = (str, unaccented, _unaccented_folded, folded)
"""In the order in which they are tried: each tells fewer words apart than the one before it."""


class _Names:
    """The names of a set's values, in the order of the values, prepared for all texts that are compared with them."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names
        self._spelt: dict[Callable[[str], str], dict[str, list[int]]] = {}

    def spelt(self, spell: Callable[[str], str], wanted: str) -> Sequence[int]:
        """Return the indexes of the names that a spelling makes the wanted word."""
        table = self._spelt.get(spell)
        if table is None:
            table = {}
            for at, name in enumerate(self._names):
                table.setdefault(spell(name), []).append(at)
            self._spelt[spell] = table
        return table.get(wanted, ())

    def contained(self, text: str, values: Sequence[Any]) -> Matched | None:
        """Return the one value whose name is a word of a text that does not doubt it."""
        plain = unaccented(text)
        for ignores_case, search in self._searches:
            hits = {_SEPARATOR.sub("_", match.casefold() if ignores_case else match) for match in search.findall(plain)}
            if len(hits) > 1:
                return None
            if not ignores_case and hits and next(iter(hits)).islower():
                continue  # a common word rather than a name: others may be capitalized there
            if hits:
                hit = hits.pop()
                spell = _unaccented_folded if ignores_case else unaccented
                found = [at for at, name in enumerate(self._names) if _SEPARATOR.sub("_", spell(name)) == hit]
                rest = search.sub(" ", plain)
                if len(found) != 1 or _DOUBT.search(rest) is not None:
                    return None
                value = values[found[0]]
                if not isinstance(value, str) and re.search(r"[0-9]", rest) is not None:
                    return None
                return Matched(value, "enum-in-text", "judgement")
        return None

    @cached_property
    def _searches(self) -> list[tuple[bool, re.Pattern[str]]]:
        """Whether case is ignored, and the pattern of all names."""
        patterns = sorted({unaccented(name) for name in self._names if name.strip()}, key=len, reverse=True)
        if not patterns:
            return []
        return [
            (ignores_case, re.compile("|".join(_pattern(name, exact=not ignores_case) for name in patterns), flags))
            for ignores_case, flags in ((False, 0), (True, re.IGNORECASE))
        ]


@lru_cache(maxsize=256)
def _names(names: tuple[str, ...]) -> _Names:
    return _Names(names)


def _pattern(name: str, *, exact: bool) -> str:
    """Return a pattern for a name that is a word in a text. A short one may be another word there (`A`, `US`, `no`).

    exact: it has its own case, in which only a single letter may be an article.
    """
    pattern = rf"(?<!\w)(?<!\w[-/]){_spaced(name)}(?!\w)(?![-/]\w)"
    if not name.isalpha() or (len(name) > 1 and (exact or name.casefold() not in _COMMON)):
        return pattern
    if exact:
        return rf"(?:{pattern}{_LETTER_ENDS}|{_LETTER_SAID}{pattern})"
    return rf"(?:{_LETTER_SAID}{pattern}{_LETTER_ENDS}|\A{pattern}(?=[).:]))"


def _spaced(name: str) -> str:
    """Return a pattern for a name with any separator between its words; not if `not_spam` would be the negation of
    another value.
    """
    if _DOUBT.search(_SEPARATOR.sub(" ", name)) is not None:
        return re.escape(name)
    return "[ _-]".join(map(re.escape, _SEPARATOR.split(name)))


def truth(value: Any) -> Matched | None:
    """Return true or false for an equivalent text: a word, 0 or 1, or by judgement a sentence with the same meaning."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Matched(bool(value), "boolean-word") if value in (0, 1) else None
    if not isinstance(value, str) or len(value) > 200 or _NEGATED.match(value) is not None:
        return None
    word = value.strip().strip("\"'`*.,;:!").strip().casefold()
    if word in _TRUE or word in _FALSE:
        return Matched(word in _TRUE, "boolean-word")
    if word in _TRUE_GUESS or word in _FALSE_GUESS:
        return Matched(word in _TRUE_GUESS, "boolean-word", "judgement")
    match = re.search(r"\b(?:true|false|yes|no)\b", value, re.IGNORECASE)
    if (
        match is None
        or _NEGATED.search(value[: match.start()].rstrip()[-2:]) is not None
        or _SAID.fullmatch(value[: match.start()]) is None
        or _SAID.fullmatch(value[match.end() :]) is None
    ):
        return None
    return Matched(match.group().casefold() in _TRUE, "boolean-in-text", "judgement")
