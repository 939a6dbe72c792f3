"""logic-check: a text without contradictions and fallacies, judged by a model."""

from __future__ import annotations

from typing import Any

from railguard import Context, FailResult, PassResult, validator
from railguard_validators._judging.judge import LIMIT, SECONDS, Judge, Model

_TASK = """Decide whether the text in the member "value" of the data is logically sound. It passes if it does not
contradict itself and each of its conclusions follows from what it says or from common knowledge; a text that argues for
nothing passes. It does not pass if it contradicts itself or rests a conclusion on a fallacy: name the sentence and the
fallacy in the reason. Whether its facts are true is not asked."""


class LogicCheck:
    """A model finds neither a contradiction nor a fallacy in the text. Whether the text is true is not checked.

    There is no fix: a judge's correction would be a guess at what was meant.

    model: the judging model: "openai:NAME", a Provider or any callable; None for the caller's metadata["judge"].
    options: options of the model, such as {"temperature": 0}; by default none, because models differ in their options.
    limit: the longest value that is judged, in characters of its JSON; a longer one fails.

    >>> from railguard import Guard
    >>> def model(messages):
    ...     wrong = "so all" in messages[-1]["content"]
    ...     return '{"reason": "One is not all.", "passes": false}' if wrong else '{"reason": "", "passes": true}'
    >>> guard = Guard.from_string([logic_check(model)])
    >>> guard.parse("All swans are birds, and this is a swan, so it is a bird.").passed
    True
    >>> guard.parse("This swan is black, so all swans are black.").failures[0].message
    'The text must be logically sound, without contradictions and fallacies. A judge says: "One is not all."'
    """

    __slots__ = ("_judge", "metadata")

    def __init__(self, model: Model = None, options: dict[str, Any] | None = None, *, limit: int = LIMIT) -> None:
        self._judge = Judge("logic-check", _TASK, model=model, options=options, limit=limit)
        self.metadata = self._judge.metadata

    async def __call__(self, value: str, ctx: Context | None = None) -> PassResult | FailResult:
        wanted = "The text must be logically sound, without contradictions and fallacies."
        return await self._judge.yes_or_no(value, ctx, wanted=wanted)


logic_check = validator(
    "logic-check", subject="Judged by a model", seconds=SECONDS, pure=True, prompt="logically sound"
)(LogicCheck)
