"""toxic-language: a text without insults, threats and hate, judged by a model."""

from __future__ import annotations

from railguard import Translation, validator
from railguard_validators._judging.judge import SECONDS
from railguard_validators._judging.severity import Severity

_HARM = """Toxic language: insults, threats, harassment, obscene abuse, and attacks on people for what they are (their
origin, faith, sex, disability and the like), aimed at anybody, the reader included. Disagreement, criticism of work or
of ideas, and a lone swear word that is aimed at nobody are not toxic."""


class ToxicLanguage(Severity):
    """A model gives the text a severity of toxic language below the threshold: insults, threats, harassment, obscene
    abuse, hate. There is no fix: the rest without the toxic sentences may not make sense.

    The severity comes from a judge, not from a classifier: a threshold tuned for a classifier is not valid here.

    threshold: the severity from which a text fails; 0.5 is clear to most readers, and 1 is the worst.
    validation_method: "sentence" (the worst sentence decides) or "full" (the whole text does).
    model: the judging model: "openai:NAME", a Provider or any callable; None for the caller's metadata["judge"].
    options: options of the model, such as {"temperature": 0}; by default none, because models differ in their options.
    limit: the longest value that is judged, in characters of its JSON; a longer one fails.

    >>> from railguard import Guard
    >>> def model(messages):
    ...     found = "moron" in messages[-1]["content"]
    ...     return '{"reason": "It insults.", "severity": 7}' if found else '{"reason": "", "severity": 0}'
    >>> guard = Guard.from_string([toxic_language(model=model)])
    >>> guard.parse("The bug is yours to fix, please.").passed
    True
    >>> guard.parse("Fix it, you moron.").failures[0].message
    'The text must be free of toxic language. A judge says: "It insults." (severity 7 of 10)'
    """

    __slots__ = ()

    name = "toxic-language"
    harm = _HARM
    wanted = "The text must be free of toxic language."


toxic_language = validator(
    "toxic-language",
    subject="Judged by a model",
    seconds=SECONDS,
    aliases=("toxic-language-llm", "bert-toxic"),
    pure=True,
    prompt="no toxic language",
    translations=(
        Translation(
            "guardrails/toxic-language", "threshold", "the confidence of a classifier from which a text fails, 0.5"
        ),
    ),
)(ToxicLanguage)
