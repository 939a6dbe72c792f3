"""nsfw-text: a text that is safe for work, judged by a model."""

from __future__ import annotations

from railguard import Translation, validator
from railguard_validators._judging.judge import SECONDS
from railguard_validators._judging.severity import Severity

_HARM = """Content that is not safe for work: sexually explicit or suggestive text, pornography, graphic violence or gore.
Medical, legal and educational texts in sober words, and romance without sexual detail, are safe."""


class NsfwText(Severity):
    """A model gives the text a severity below the threshold of content that is not safe for work: sexual content,
    pornography, gore. There is no fix.

    The severity comes from a judge, not from a classifier: a threshold tuned for a classifier is not valid here. A
    model that refuses to read such a text gives no verdict, which is a ValidatorError.

    threshold: the severity from which a text fails; 0.5 is clear to most readers, and 1 is the worst.
    validation_method: "sentence" (the worst sentence decides) or "full" (the whole text does).
    model: the judging model: "openai:NAME", a Provider or any callable; None for the caller's metadata["judge"].
    options: options of the model, such as {"temperature": 0}; by default none, because models differ in their options.
    limit: the longest value that is judged, in characters of its JSON; a longer one fails.

    >>> from railguard import Guard
    >>> def model(messages):
    ...     found = "undressed" in messages[-1]["content"]
    ...     return '{"reason": "It is sexual.", "severity": 7}' if found else '{"reason": "", "severity": 0}'
    >>> guard = Guard.from_string([nsfw_text(model=model)])
    >>> guard.parse("The patient was examined.").passed
    True
    >>> guard.parse("They undressed and …").failures[0].message
    'The text must be safe for work. A judge says: "It is sexual." (severity 7 of 10)'
    """

    __slots__ = ()

    name = "nsfw-text"
    harm = _HARM
    wanted = "The text must be safe for work."


nsfw_text = validator(
    "nsfw-text",
    subject="Judged by a model",
    seconds=SECONDS,
    pure=True,
    prompt="safe for work",
    translations=(
        Translation("guardrails/nsfw-text", "threshold", "the confidence of a classifier from which a text fails, 0.8"),
    ),
)(NsfwText)
