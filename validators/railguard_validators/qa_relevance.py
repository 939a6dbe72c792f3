"""qa-relevance: an answer to the question that was asked, judged by a model."""

from __future__ import annotations

from typing import Any

from railguard import Context, FailResult, PassResult, validator
from railguard_validators._judging.judge import LIMIT, SECONDS, Judge, Model

_TASK = """The data holds a "question" that somebody asked, and a "value", the answer given. Decide whether the value
answers that question: it passes if it is about what was asked and says something that answers it, or says that the
answer is not known. Whether it is right is not asked. An evasion, an answer to another question, and a text that only
repeats the question do not pass."""


class QaRelevance:
    """A model decides that the value answers the question; whether the answer is right is not checked. There is no
    fix.

    The question comes from metadata["question"], or a prompt variable of that name. It goes to the model as data, like
    the value; if it is longer than `limit`, its middle is replaced by a marker.

    model: the judging model: "openai:NAME", a Provider or any callable; None for the caller's metadata["judge"].
    options: options of the model, such as {"temperature": 0}; by default none, because models differ in their options.
    question: the key of the metadata, or the prompt variable, that holds the question.
    limit: the longest value that is judged, in characters of its JSON; a longer one fails.

    >>> from railguard import Guard
    >>> def model(messages):
    ...     answers = "Paris" in messages[-1]["content"]
    ...     return '{"reason": "", "passes": true}' if answers else '{"reason": "It names no city.", "passes": false}'
    >>> guard = Guard.from_string([qa_relevance(model)])
    >>> guard.parse("It is Paris.", metadata={"question": "What is the capital of France?"}).passed
    True
    >>> outcome = guard.parse("I like cheese.", metadata={"question": "What is the capital of France?"})
    >>> outcome.failures[0].message
    'It must answer the question that was asked. A judge says: "It names no city."'
    """

    __slots__ = ("_judge", "_key", "metadata")

    def __init__(
        self,
        model: Model = None,
        options: dict[str, Any] | None = None,
        *,
        question: str = "question",
        limit: int = LIMIT,
    ) -> None:
        if not question:
            raise ValueError("question is empty; it names the key of the metadata that holds the question")
        self._judge = Judge("qa-relevance", _TASK, model=model, options=options, limit=limit)
        self._key = question
        self.metadata = (question, *self._judge.metadata)

    async def __call__(self, value: Any, ctx: Context) -> PassResult | FailResult:
        wanted = "It must answer the question that was asked."
        return await self._judge.yes_or_no(value, ctx, wanted=wanted, question=ctx.metadata[self._key])


qa_relevance = validator(
    "qa-relevance",
    subject="Judged by a model",
    seconds=SECONDS,
    aliases=("qa-relevance-llm-eval",),
    pure=True,
    prompt="answers the question that was asked",
)(QaRelevance)
