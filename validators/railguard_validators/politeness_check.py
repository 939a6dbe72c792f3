"""politeness-check: a polite text, judged by a model."""

from __future__ import annotations

from typing import Any

from railguard import Context, FailResult, PassResult, validator
from railguard_validators._judging.judge import LIMIT, SECONDS, Judge, Model

_TASK = """Decide whether the text in the member "value" of the data is polite to its reader and to whoever it speaks of.
It passes if it is courteous or simply factual: plain words, a clear no and bad news are not impolite. It does not pass
if it insults, mocks, threatens, scolds, talks down to somebody or refuses rudely. A text that only quotes or reports
impolite words is judged by its own tone."""


class PolitenessCheck:
    """A model decides that the text is polite, or simply factual. There is no fix.

    model: the judging model: "openai:NAME", a Provider or any callable; None for the caller's metadata["judge"].
    options: options of the model, such as {"temperature": 0}; by default none, because models differ in their options.
    limit: the longest value that is judged, in characters of its JSON; a longer one fails.

    >>> from railguard import Guard
    >>> def model(messages):
    ...     rude = "insane" in messages[-1]["content"]
    ...     return '{"reason": "It insults.", "passes": false}' if rude else '{"reason": "", "passes": true}'
    >>> guard = Guard.from_string([politeness_check(model)])
    >>> guard.parse("I am sorry, but I cannot answer that.").passed
    True
    >>> guard.parse("Are you insane?").failures[0].message
    'The text must be polite. A judge says: "It insults."'
    """

    __slots__ = ("_judge", "metadata")

    def __init__(self, model: Model = None, options: dict[str, Any] | None = None, *, limit: int = LIMIT) -> None:
        self._judge = Judge("politeness-check", _TASK, model=model, options=options, limit=limit)
        self.metadata = self._judge.metadata

    async def __call__(self, value: str, ctx: Context | None = None) -> PassResult | FailResult:
        return await self._judge.yes_or_no(value, ctx, wanted="The text must be polite.")


politeness_check = validator(
    "politeness-check", subject="Judged by a model", seconds=SECONDS, pure=True, prompt="polite"
)(PolitenessCheck)
