"""no-refusal-phrases: a text in which no model refuses or describes itself."""

from __future__ import annotations

import re

from railguard import FailResult, validator
from railguard_validators._text.refusals import REFUSALS
from railguard_validators._wording import listed

_QUOTED = re.compile(
    '"[^"\\n]{0,2000}"|“[^“”]{0,2000}”|„[^„“”]{0,2000}[“”]|«[^«»]{0,2000}»|‘[^‘’\\n]{0,500}’(?!\\w)|`[^`\\n]{0,2000}`'
    r"|(?m:^[ \t]{0,3}>.*$)"
)
_LETTER = re.compile(r"[^\W\d_]")


@validator(
    "no-refusal-phrases",
    subject="Texts",
    aliases=("no-refusals",),
    prompt="the answer itself, without refusing and without speaking of yourself as an AI",
)
def no_refusal_phrases(value: str) -> FailResult | None:
    """Has none of the phrases with which a model refuses or describes itself instead of answering, in English, German,
    French and Spanish: "As an AI language model, I …", "I'm sorry, but I can't assist with that request", "I cannot
    provide medical advice", "goes against my guidelines", "as of my last knowledge update", "Als KI kann ich …",
    "Je ne peux pas répondre à cette demande", "No puedo ayudarte con esa solicitud".

    An ordinary apology passes ("I'm sorry, but I can't come on Monday", "We are unable to process your order"), and so
    does text in quotation marks, in backquotes, or after > at the start of a line, unless the text has no other
    content: an answer may quote a refusal, but may also be a refusal in quotes. A refusal in other words, or an evasive
    answer, is not found; use a judge for that. A refusal that the provider itself reports is an outcome of its own and
    never reaches a rule.

    Of 20 refusals that were written after the patterns, 18 are found, and none of 20 ordinary texts fails.

    There is no fix: without the phrase there is no answer.

    >>> no_refusal_phrases().run("I'm sorry, but I can't come on Monday.")
    >>> no_refusal_phrases().run("I'm sorry, but I can't assist with that request.").message
    'The text must be the answer itself; it refuses or speaks of the model: "I can\\'t assist with that request".'
    """
    text = value.lower()
    if len(text) != len(value):  # a few characters become longer in lower case, which would change the offsets
        text = "".join(char.lower() if len(char.lower()) == 1 else char for char in value)
    text = text.replace("’", "'").replace("\u00a0", " ")
    if REFUSALS.search(text) is None:
        return None
    bare = _QUOTED.sub(lambda quoted: "\0" * len(quoted[0]), value)
    if _LETTER.search(bare):
        text = "".join(b if b == "\0" else t for b, t in zip(bare, text, strict=True))
    spans = [found.span() for found in REFUSALS.finditer(text)]
    if not spans:
        return None
    said = dict.fromkeys(value[start:end] for start, end in spans)
    return FailResult(
        f"The text must be the answer itself; it refuses or speaks of the model: {listed(said, 5)}.", spans=spans[:20]
    )
