"""relevancy-evaluator: a passage that helps to answer a prompt, judged by a model."""

from __future__ import annotations

from typing import Any

from railguard import Context, FailResult, PassResult, validator
from railguard_validators._judging.judge import LIMIT, SECONDS, Judge, Model

_TASK = """The data holds a "prompt", a question or a task that somebody has, and a "value", a passage that was looked up for
it. Decide whether the passage is relevant: it passes if it holds something that helps to answer the prompt, be it a part
of the answer. It does not pass if it is only about a similar subject, or uses the same words and holds nothing that
helps. Whether what it says is true is not asked."""


class RelevancyEvaluator:
    """A model says that a passage, such as a retrieved document, helps to answer a prompt; whether what it says is true is
    not checked. There is no fix: give on-fail="filter" to leave out the passages of a list that do not help.

    The prompt is the caller's: metadata["original_prompt"], or a prompt variable of that name. It goes to the model as
    data, like the passage; of one that is longer than `limit` the middle is left out, with a marker. To compare without
    a judge, similar-to-document with `key="original_prompt"` and `engine="embeddings"` measures likeness.

    prompt: the key of the metadata, or the prompt variable, that holds the prompt.
    model: what judges: "openai:NAME", a Provider or any callable; None is what the caller gives as metadata["judge"].
    options: for the model, as {"temperature": 0}; none by default, because not every model takes every option.
    limit: the longest value that is judged, in characters of its JSON; a longer one fails.

    >>> from railguard import Guard
    >>> def model(messages):
    ...     helps = "opens at" in messages[-1]["content"]
    ...     return '{"reason": "", "passes": true}' if helps else '{"reason": "It names no hours.", "passes": false}'
    >>> guard = Guard.from_string([relevancy_evaluator(model)])
    >>> guard.parse("The museum opens at ten.", metadata={"original_prompt": "When can I visit?"}).passed
    True
    >>> outcome = guard.parse("The museum is made of glass.", metadata={"original_prompt": "When can I visit?"})
    >>> outcome.failures[0].message
    'The passage must help to answer the prompt. A judge says: "It names no hours."'
    """

    __slots__ = ("_judge", "_key", "metadata")

    def __init__(
        self,
        model: Model = None,
        options: dict[str, Any] | None = None,
        *,
        prompt: str = "original_prompt",
        limit: int = LIMIT,
    ) -> None:
        if not prompt:
            raise ValueError("prompt is empty; it names the key of the metadata that holds the prompt")
        self._judge = Judge("relevancy-evaluator", _TASK, model=model, options=options, limit=limit)
        self._key = prompt
        self.metadata = (prompt, *self._judge.metadata)

    async def __call__(self, value: str, ctx: Context) -> PassResult | FailResult:
        wanted = "The passage must help to answer the prompt."
        return await self._judge.yes_or_no(value, ctx, wanted=wanted, prompt=ctx.metadata[self._key])


relevancy_evaluator = validator("relevancy-evaluator", seconds=SECONDS, pure=True, prompt="helps to answer the prompt")(
    RelevancyEvaluator
)
