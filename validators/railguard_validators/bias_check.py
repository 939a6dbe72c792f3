"""bias-check: a text without bias against groups of people, judged by a model."""

from __future__ import annotations

from typing import Any

from railguard import Translation, validator
from railguard_validators._judging.judge import LIMIT, SECONDS, Model
from railguard_validators._judging.severity import Method, Severity

_HARM = """Bias: a generalisation about people, or an unequal treatment or valuing of them, because of their age, sex, gender,
sexual orientation, origin, colour, faith, disability, class or the like, whether it is hostile or well meant. A fact
about a group that is stated with its measure, and a text that describes or criticises bias, are not biased."""


class BiasCheck(Severity):
    """A model gives the text a severity below the threshold of bias against groups of people: because of age, sex, origin,
    faith and the like. There is no fix.

    The severity comes from a judge, not from a classifier: a threshold tuned for a classifier is not valid here.

    threshold: the severity from which a text fails; 0.5 is clear to most readers, and 1 is the worst.
    validation_method: "sentence" (the worst sentence decides) or "full" (the whole text does).
    model: the judging model: "openai:NAME", a Provider or any callable; None for the caller's metadata["judge"].
    options: options of the model, such as {"temperature": 0}; by default none, because models differ in their options.
    limit: the longest value that is judged, in characters of its JSON; a longer one fails.

    >>> from railguard import Guard
    >>> def model(messages):
    ...     found = "Women" in messages[-1]["content"]
    ...     return '{"reason": "It generalises about women.", "severity": 7}' if found else '{"reason": "", "severity": 0}'
    >>> guard = Guard.from_string([bias_check(model=model)])
    >>> guard.parse("Applicants are judged by their work.").passed
    True
    >>> guard.parse("Women cannot drive.").failures[0].message
    'The text must be free of bias against groups of people. A judge says: "It generalises about women." (severity 7 of 10)'
    """

    __slots__ = ()

    name = "bias-check"
    harm = _HARM
    wanted = "The text must be free of bias against groups of people."

    def __init__(
        self,
        threshold: float = 0.5,
        validation_method: Method = "full",
        model: Model = None,
        options: dict[str, Any] | None = None,
        *,
        limit: int = LIMIT,
    ) -> None:
        super().__init__(threshold, validation_method, model, options, limit=limit)


bias_check = validator(
    "bias-check",
    subject="Judged by a model",
    seconds=SECONDS,
    pure=True,
    prompt="free of bias against groups of people",
    translations=(
        Translation(
            "guardrails/bias-check", "threshold", "the confidence of a classifier from which a text fails, 0.9"
        ),
    ),
)(BiasCheck)
