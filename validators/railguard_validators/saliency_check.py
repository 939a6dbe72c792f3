"""saliency-check: a text that covers the topics of a document, judged by a model."""

from __future__ import annotations

import re
from typing import Any

from railguard import Context, FailResult, PassResult, validator
from railguard_validators._judging.judge import LIMIT, SECONDS, Judge, Model, unjudgeable
from railguard_validators._wording import counted, listed

_TASK = """The data holds a "document" and a "value", a text that is to cover what matters in the document. Name the main
topics of the document, three to ten of them, none of them from the value; then say for each whether the value covers
it. A topic is covered if the value says something about it that the document says too."""

_PATH = re.compile(r"[\w.~:/\\-]*", re.ASCII)  # one word: guardrails-ai took the path of a folder here


class SaliencyCheck:
    """A model names the main topics of a document and those that the text covers, which must be at least the share
    `threshold`. Whether the text is right about them is not checked. There is no fix.

    document: the text itself, not a path; None for the caller's metadata["document"], or a prompt variable of that
    name.
    threshold: the smallest share of the topics that must be covered, from 0 to 1.
    model: the judging model: "openai:NAME", a Provider or any callable; None for the caller's metadata["judge"].
    options: options of the model, such as {"temperature": 0}; by default none, because models differ in their options.
    limit: the longest text that is judged, and the longest document, in characters of its JSON; a longer text fails,
        and a longer document is an error.

    >>> from railguard import Guard
    >>> def model(messages):
    ...     said = '"value": "Fees rise' in messages[-1]["content"]
    ...     return '{"topics": [{"topic": "fees", "covered": %s}]}' % ("true" if said else "false")
    >>> guard = Guard.from_string([saliency_check("From May on, fees are two euros higher.", model=model)])
    >>> guard.parse("Fees rise in May.").passed
    True
    >>> guard.parse("There is news.").failures[0].message
    'The text must cover what matters in the document; it covers 0 of 1 topic, and not these: "fees".'
    """

    __slots__ = ("_document", "_judge", "_limit", "_threshold", "metadata")

    def __init__(
        self,
        document: str | None = None,
        threshold: float = 0.25,
        model: Model = None,
        options: dict[str, Any] | None = None,
        *,
        limit: int = LIMIT,
    ) -> None:
        if not 0 < threshold <= 1:
            raise ValueError(f"threshold is {threshold}; it must be above 0 and at most 1")
        topic = {
            "type": "object",
            "properties": {"topic": {"type": "string"}, "covered": {"type": "boolean"}},
            "required": ["topic", "covered"],
            "additionalProperties": False,
        }
        answer = {"topics": {"type": "array", "items": topic}}
        self._judge = Judge("saliency-check", _TASK, model=model, options=options, answer=answer, limit=limit)
        self._limit = limit
        self._threshold = threshold
        self._document = document
        if document is not None and (failure := unjudgeable(document, limit)) is not None:
            raise ValueError(f"the document cannot be used: {failure.message}")
        if document is not None and _PATH.fullmatch(document.strip()):
            raise ValueError(f"document is {document!r}, and no file or folder is read; give the text itself, or None")
        self.metadata = (*(("document",) if document is None else ()), *self._judge.metadata)

    async def __call__(self, value: str, ctx: Context | None = None) -> PassResult | FailResult:
        document = self._given(ctx) if self._document is None else self._document
        if (failure := self._judge.unjudgeable(value)) is not None:
            return failure
        verdict, usage = await self._judge.verdict(value, ctx, document=document)
        topics = verdict["topics"]
        if not topics:
            raise self._judge.error("the model named no topic of the document")
        missing = [topic["topic"] for topic in topics if not topic["covered"]]
        covered = len(topics) - len(missing)
        if covered / len(topics) >= self._threshold:
            return PassResult(usage=usage)
        message = (
            "The text must cover what matters in the document; it covers "
            f"{covered} of {counted(len(topics), 'topic')}, and not these: {listed(missing, 10)}."
        )
        return FailResult(message, usage=usage)

    def _given(self, ctx: Context | None) -> Any:
        document = ctx.metadata.get("document") if ctx is not None else None
        if document is None:
            raise self._judge.error("it has no document; give it one, or pass metadata={'document': …}")
        if (failure := unjudgeable(document, self._limit)) is not None:
            raise self._judge.error(f"the document cannot be used: {failure.message}")
        return document


saliency_check = validator(
    "saliency-check",
    subject="Judged by a model",
    seconds=SECONDS,
    pure=True,
    prompt="covers what matters in the document",
)(SaliencyCheck)
