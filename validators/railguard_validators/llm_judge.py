"""llm-judge: a criterion in words, judged by a model."""

from __future__ import annotations

from typing import Any

from railguard import Context, FailResult, PassResult, validator
from railguard_validators._judging.judge import LIMIT, SECONDS, Judge, Model, sentence

_TASK = """Decide whether the member "value" of the data satisfies this criterion:

{criterion}

Where you cannot tell, or it does so in part only, it does not pass."""


class LlmJudge:
    """A model gets the criterion and the value as data, and decides that the value satisfies it; otherwise the message
    contains its reason. There is no fix.

    A verdict is a model's opinion: it can be wrong, and a value can persuade it. In one call a value is judged only
    once, so that repeated attempts do not help. A refusal, and an answer that is not a verdict, is a ValidatorError.

    criterion: the one condition that the value must satisfy, in words.
    model: the judging model: "openai:NAME", a Provider or any callable; None for the caller's metadata["judge"].
    options: options of the model, such as {"temperature": 0}; by default none, because models differ in their options.
    limit: the longest value that is judged, in characters of its JSON; a longer one fails.

    >>> from railguard import Guard
    >>> def model(messages):
    ...     insults = "idiot" in messages[-1]["content"]
    ...     return '{"reason": "It insults.", "passes": false}' if insults else '{"reason": "", "passes": true}'
    >>> guard = Guard.from_string([llm_judge("The text is kind", model)])
    >>> guard.parse("Thank you, Ann.").passed
    True
    >>> guard.parse("Thank you, idiot.").failures[0].message
    'It must satisfy this: The text is kind. A judge says: "It insults."'
    """

    __slots__ = ("_judge", "_wanted", "metadata", "prompt")

    def __init__(
        self, criterion: str, model: Model = None, options: dict[str, Any] | None = None, *, limit: int = LIMIT
    ) -> None:
        if not criterion.strip():
            raise ValueError("criterion is empty; say in words what the value must satisfy")
        task = _TASK.format(criterion=criterion.strip())
        self._judge = Judge("llm-judge", task, model=model, options=options, limit=limit)
        self._wanted = f"It must satisfy this: {sentence(criterion)}"
        self.metadata = self._judge.metadata
        self.prompt = criterion.strip()

    async def __call__(self, value: Any, ctx: Context | None = None) -> PassResult | FailResult:
        return await self._judge.yes_or_no(value, ctx, wanted=self._wanted)


llm_judge = validator("llm-judge", subject="Judged by a model", seconds=SECONDS, pure=True)(LlmJudge)
