"""Words for values of a closed set: an enum's member, true or false, whatever their case, accents and punctuation.

A text that contains exactly one of the values may stand for it, by judgement; a negation, a doubt or a second value
makes it stand for none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any, NamedTuple

from railguard.values import RepairClass

__all__ = ["Matched", "folded", "match_word", "truth"]

_LONGEST = 2000
_DOUBT = re.compile(
    r"\b(?:not|no|none|never|neither|nor|without|except|instead|rather|isn|aren|wasn|don|doesn|didn|won|can|cannot|couldn|shouldn|wouldn"
    r"|maybe|perhaps|possibly|might|may|could|unsure|unclear|unknown|either|or|but|unlikely|hardly|barely|scarcely|rarely"
    r"|far\s+from|wrong|wrongly|incorrect|incorrectly|mistaken|mistakenly|false|falsely|former|formerly|previously|used\s+to|than"
    r"|excludes?|excluded|excluding|reject|rejects|rejected|rul(?:e|es|ed|ing)\s+out|avoid|unless|if|mistake|opposite"
    r"|almost|nearly|half|partly|partially|will|until|before|lacks?|absence|zero|probability|chance|likelihood|odds"
    r"|(?<!seems\s)(?<!appears\s)(?<!likely\s)to\s+be|(?:was|were)\b.{0,80}\bnow|nicht|kein|keine|oder|pas|aucun|ou|non|nunca|ninguno|não|nem)\b|\b0\s?%|n['’]t\b|\?|≠|!=",
    re.IGNORECASE | re.DOTALL,
)
_NEGATED = re.compile(r"\s*(?:[!¬≠~]|<>)")
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
_SAID = re.compile(
    r"(?:[\s*_\"'`:,.!]|\b(?:the|final|correct|answer|result|value|output|is|would|be|so|thus|therefore|it|s|statement|this)\b)*",
    re.IGNORECASE,
)


# Short words of which English texts are full. Numbers (`one`, `two`) are left out: where two of a set are named, none is taken.
_COMMON_WORDS = """
all am an and any are as at be but by can day did do end for get go had has he her him his how if in is it its let may me
my new no not now of off old on or our out per say see she so the to too up us use was way we who you
"""
_COMMON = frozenset(_COMMON_WORDS.split())

# What tells a letter or code that is a member of the set from another word: it ends something, or it is said to be the one.
_LETTER_ENDS = r"(?=[^\w\s]*\s*(?:\Z|\n)|[).:\]*`])"
_LETTER_SAID = (
    "(?:"
    + "|".join(
        f"(?<={word} )"
        for word in ("is", "option", "choice", "answer", "choose", "pick", "class", "grade", "category", ":", "**")
    ).replace("**", r"\*\*")
    + ")"
)
_SEPARATOR = re.compile("[ _-]")


class Matched(NamedTuple):
    """value: the member of the set. rule: how the text was matched."""

    value: Any
    rule: str
    kind: RepairClass = "lossless"


def unaccented(text: str) -> str:
    """The text without accents, and with its ligatures spelt out."""
    spelt = "".join(_LIGATURES.get(character, character) for character in text)
    decomposed = unicodedata.normalize("NFKD", spelt)
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def folded(text: str) -> str:
    """The letters and digits of a text, without case and accents; the text itself where it has none."""
    plain = unaccented(text).casefold()
    return "".join(character for character in plain if character.isalnum()) or text.strip()


def match_word(text: str, values: Sequence[Any]) -> Matched | None:
    """The one of `values` that a text spells or, by judgement, contains.

    >>> match_word("not_spam", ["SPAM", "NOT_SPAM"]).value, match_word("It is not SPAM", ["SPAM", "NOT_SPAM"])
    ('NOT_SPAM', None)
    """
    if len(text) > _LONGEST:
        return None
    names = [(value, value) if isinstance(value, str) else (_spelling(value), value) for value in values]
    stripped = text.strip().strip("\"'`“”‘’*.,;:!").strip()
    plain = "?" not in text and _NEGATED.match(text) is None
    for spell in (str, unaccented, lambda name: unaccented(name).casefold(), folded) if plain else (str,):
        wanted = spell(stripped)
        found = [value for name, value in names if spell(name) == wanted]
        if len(found) == 1:
            return Matched(found[0], "enum-spelling" if isinstance(found[0], str) else "number-text")
        if found:
            return None
    return _contained(text, names)


def _spelling(value: Any) -> str:
    if value is True or value is False:
        return str(value).lower()
    return "null" if value is None else str(value)


def _contained(text: str, names: list[tuple[str, Any]]) -> Matched | None:
    plain = unaccented(text)
    for flags in (0, re.IGNORECASE):
        patterns = sorted({unaccented(name) for name, _ in names if name.strip()}, key=len, reverse=True)
        if not patterns:
            return None
        search = re.compile("|".join(_pattern(name, exact=not flags) for name in patterns), flags)
        hits = {_SEPARATOR.sub("_", match.casefold() if flags else match) for match in search.findall(plain)}
        if len(hits) > 1:
            return None
        if not flags and hits and next(iter(hits)).islower():
            continue  # a common word rather than a name: others may stand there capitalised
        if hits:
            hit = hits.pop()
            values = [
                value
                for name, value in names
                if _SEPARATOR.sub("_", unaccented(name).casefold() if flags else unaccented(name)) == hit
            ]
            rest = search.sub(" ", plain)
            if len(values) != 1 or _DOUBT.search(rest) is not None:
                return None
            if not isinstance(values[0], str) and re.search(r"[0-9]", rest) is not None:
                return None
            return Matched(values[0], "enum-in-text", "judgement")
    return None


def _pattern(name: str, *, exact: bool) -> str:
    """A pattern for a name that stands as a word in a text. A short one may be another word there (`A`, `US`, `no`).

    exact: it stands in its own case, in which only a single letter is taken for an article.
    """
    pattern = rf"(?<!\w)(?<!\w[-/]){_spaced(name)}(?!\w)(?![-/]\w)"
    if not name.isalpha() or (len(name) > 1 and (exact or name.casefold() not in _COMMON)):
        return pattern
    if exact:
        return rf"(?:{pattern}{_LETTER_ENDS}|{_LETTER_SAID}{pattern})"
    return rf"(?:{_LETTER_SAID}{pattern}{_LETTER_ENDS}|\A{pattern}(?=[).:]))"


def _spaced(name: str) -> str:
    """A pattern for a name, its words joined by any separator; not where `not_spam` would be the negation of another."""
    if _DOUBT.search(_SEPARATOR.sub(" ", name)) is not None:
        return re.escape(name)
    return "[ _-]".join(map(re.escape, _SEPARATOR.split(name)))


def truth(value: Any) -> Matched | None:
    """true or false for what stands for it: a word, 0 or 1, or by judgement a sentence that says nothing else."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Matched(bool(value), "boolean-word") if value in (0, 1) else None
    if not isinstance(value, str) or len(value) > 200:
        return None
    word = value.strip().strip("\"'`*.,;:!").strip().casefold()
    if word in _TRUE or word in _FALSE:
        return Matched(word in _TRUE, "boolean-word")
    if word in _TRUE_GUESS or word in _FALSE_GUESS:
        return Matched(word in _TRUE_GUESS, "boolean-word", "judgement")
    match = re.search(r"\b(?:true|false|yes|no)\b", value, re.IGNORECASE)
    if (
        match is None
        or _SAID.fullmatch(value[: match.start()]) is None
        or _SAID.fullmatch(value[match.end() :]) is None
    ):
        return None
    return Matched(match.group().casefold() in _TRUE, "boolean-in-text", "judgement")
