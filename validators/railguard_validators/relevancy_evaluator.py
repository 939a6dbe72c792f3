"""relevancy-evaluator: a passage that helps to answer a prompt, judged by a model or by an embedding."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

from railguard import Context, FailResult, PassResult, validator
from railguard_validators._grounding.embeddings import MODEL, embedding_for
from railguard_validators._grounding.similarity import cosine, embedded, rounded
from railguard_validators._grounding.supported import fraction
from railguard_validators._judging.judge import LIMIT, SECONDS, Judge, Model

_TASK = """The data holds a "prompt", a question or a task that somebody has, and a "value", a passage that was looked up for
it. Decide whether the passage is relevant: it passes if it holds something that helps to answer the prompt, be it a part
of the answer. It does not pass if it is only about a similar subject, or uses the same words and holds nothing that
helps. Whether what it says is true is not asked."""
_LEAST = 0.35  # chosen on the tuning half of tests/validators/data/relevancy.jsonl
_WANTED = "The passage must help to answer the prompt."


class RelevancyEvaluator:
    """A passage, such as a retrieved document, helps to answer a prompt; whether the passage is true is not checked.
    There is no fix: use on-fail="filter" to remove the passages of a list that do not help.

    A model decides this, or, with engine="embeddings", the cosine of the vectors of prompt and passage is high enough.
    An embedding is fast and costs no tokens; it shows whether both have the same subject, and not whether the passage
    contains the answer: of 72 labelled questions and passages (`tests/validators/data/relevancy.jsonl`), half of them
    not used for choosing the threshold, it keeps the helpful passages with recall 0.92, drops all about other subjects,
    and keeps many about the same subject that do not help (precision 0.58).

    The prompt comes from metadata["original_prompt"], or a prompt variable of that name. It goes to the model as data,
    like the passage; if it is longer than `limit`, its middle is replaced by a marker.

    model: the judging model: "openai:NAME", a Provider or any callable; None for the caller's metadata["judge"].
    options: options of the model, such as {"temperature": 0}; by default none, because models differ in their options.
    prompt: the key of the metadata, or the prompt variable, that holds the prompt.
    limit: the longest value that is judged, in characters of its JSON; a longer one fails.
    engine: "judge" asks the model; "embeddings" compares meaning by a model of the library sentence-transformers
        (`pip install 'railguard[embeddings]'`).
    embedding_model: the model of engine="embeddings": a name that the library knows, or a folder.
    threshold: the smallest cosine for engine="embeddings", from 0 to 1, or a percentage.

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

    __slots__ = ("_embed", "_judge", "_key", "_threshold", "metadata")

    def __init__(
        self,
        model: Model = None,
        options: dict[str, Any] | None = None,
        *,
        prompt: str = "original_prompt",
        limit: int = LIMIT,
        engine: Literal["judge", "embeddings"] = "judge",
        embedding_model: str = MODEL,
        threshold: float = _LEAST,
    ) -> None:
        if not prompt:
            raise ValueError("prompt is empty; it names the key of the metadata that holds the prompt")
        if engine == "embeddings" and model is not None:
            raise ValueError('model judges, and engine="embeddings" has no judge; leave it out')
        self._key = prompt
        self._threshold = fraction("threshold", threshold)
        self._judge = Judge("relevancy-evaluator", _TASK, model=model, options=options, limit=limit)
        self._embed = None if engine == "judge" else embedding_for(engine, embedding_model, None, "relevancy-evaluator")
        self.metadata = (prompt, *(self._judge.metadata if self._embed is None else ()))

    async def __call__(self, value: str, ctx: Context) -> PassResult | FailResult | None:
        prompt = ctx.metadata[self._key]
        if self._embed is None:
            return await self._judge.yes_or_no(value, ctx, wanted=_WANTED, prompt=prompt)
        theirs, own = await asyncio.to_thread(embedded, self._embed, [str(prompt), value])
        likeness = cosine(theirs, own)
        if likeness >= self._threshold:
            return None
        return FailResult(f"{_WANTED} The likeness is {rounded(likeness)}, and {self._threshold:g} is the least.")


relevancy_evaluator = validator(
    "relevancy-evaluator", subject="Judged by a model", seconds=SECONDS, pure=True, prompt="helps to answer the prompt"
)(RelevancyEvaluator)
