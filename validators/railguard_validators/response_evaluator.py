"""response-evaluator: a yes-or-no question about a value, answered by a model."""

from __future__ import annotations

from typing import Any

from railguard import Context, FailResult, PassResult, validator
from railguard_validators._judging.judge import LIMIT, SECONDS, Judge, Model
from railguard_validators._wording import shown

_TASK = """The data holds a "question" and a "value". Does the value stand up to the question? It passes if the right
answer to the question is yes and the value is in accord with that; it does not pass if the right answer is no, if the
value contradicts the right answer, or if you cannot tell."""
_KEY = "validation_question"


class ResponseEvaluator:
    """A model answers a question about the value with yes. The question comes from metadata["validation_question"], or
    a prompt variable of that name. It goes to the model as data, like the value. There is no fix.

    For a criterion that is known when the spec is written, use llm-judge.

    model: the judging model: "openai:NAME", a Provider or any callable; None for the caller's metadata["judge"].
    options: options of the model, such as {"temperature": 0}; by default none, because models differ in their options.
    limit: the longest value that is judged, in characters of its JSON; a longer one fails.

    >>> from railguard import Guard
    >>> def model(messages):
    ...     right = '"value": "Paris"' in messages[-1]["content"]
    ...     return '{"reason": "", "passes": true}' if right else '{"reason": "It is Paris.", "passes": false}'
    >>> guard = Guard.from_string([response_evaluator(model)])
    >>> guard.parse("Paris", metadata={"validation_question": "Is this the capital of France?"}).passed
    True
    >>> outcome = guard.parse("Rome", metadata={"validation_question": "Is this the capital of France?"})
    >>> outcome.failures[0].message
    'The answer to this must be yes: "Is this the capital of France?". A judge says: "It is Paris."'
    """

    __slots__ = ("_judge", "metadata")

    def __init__(self, model: Model = None, options: dict[str, Any] | None = None, *, limit: int = LIMIT) -> None:
        self._judge = Judge("response-evaluator", _TASK, model=model, options=options, limit=limit)
        self.metadata = (_KEY, *self._judge.metadata)

    async def __call__(self, value: Any, ctx: Context) -> PassResult | FailResult:
        question = ctx.metadata[_KEY]
        wanted = f"The answer to this must be yes: {shown(question, 300)}."
        return await self._judge.yes_or_no(value, ctx, wanted=wanted, question=question)


response_evaluator = validator(
    "response-evaluator",
    subject="Judged by a model",
    seconds=SECONDS,
    pure=True,
    prompt="stands up to the question that is asked about it",
)(ResponseEvaluator)
