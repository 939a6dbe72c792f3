"""sensitive-topics: a text that does not discuss some topics, judged by a model."""

from __future__ import annotations

from typing import Any

from railguard import Context, FailResult, PassResult, validator
from railguard_validators._judging.judge import LIMIT, SECONDS, Judge, Model, judged
from railguard_validators._judging.topics import DISCUSSED, checked, named
from railguard_validators._wording import listed

_TASK = """The text to judge is the member "value" of the data. Which of these topics does it discuss? {topics}

{discussed}"""


class SensitiveTopics:
    """A model decides that the text discusses none of some topics. A topic that is only mentioned is not discussed.
    There is no fix.

    sensitive_topics: the forbidden topics, in words. There is no default list: which topics are sensitive depends on
    the readers.
    model: the judging model: "openai:NAME", a Provider or any callable; None for the caller's metadata["judge"].
    options: options of the model, such as {"temperature": 0}; by default none, because models differ in their options.
    limit: the longest value that is judged, in characters of its JSON; a longer one fails.

    >>> from railguard import Guard
    >>> def model(messages):
    ...     topics = '["politics"]' if "president" in messages[-1]["content"] else "[]"
    ...     return '{"reason": "It praises a president.", "topics": %s}' % topics
    >>> guard = Guard.from_string([sensitive_topics(["politics", "religion"], model)])
    >>> guard.parse("The weather is nice today.").passed
    True
    >>> guard.parse("The president does a great job.").failures[0].message
    'The text must not discuss "politics". A judge says: "It praises a president."'
    """

    __slots__ = ("_judge", "_topics", "metadata", "prompt")

    def __init__(
        self,
        sensitive_topics: list[str],
        model: Model = None,
        options: dict[str, Any] | None = None,
        *,
        limit: int = LIMIT,
    ) -> None:
        self._topics = checked("sensitive_topics", sensitive_topics)
        answer = {
            "reason": {"type": "string", "description": "what decides it, in one or two sentences"},
            "topics": {"type": "array", "items": {"type": "string", "enum": self._topics}},
        }
        task = _TASK.format(topics=named(self._topics), discussed=DISCUSSED)
        self._judge = Judge("sensitive-topics", task, model=model, options=options, answer=answer, limit=limit)
        self.metadata = self._judge.metadata
        self.prompt = f"does not discuss {listed(self._topics)}"

    async def __call__(self, value: str, ctx: Context | None = None) -> PassResult | FailResult:
        if (failure := self._judge.unjudgeable(value)) is not None:
            return failure
        verdict, usage = await self._judge.verdict(value, ctx)
        found = [topic for topic in self._topics if topic in verdict["topics"]]
        if not found:
            return PassResult(usage=usage)
        return FailResult(f"The text must not discuss {listed(found)}. {judged(verdict['reason'])}", usage=usage)


sensitive_topics = validator(
    "sensitive-topics", subject="Judged by a model", seconds=SECONDS, aliases=("sensitive-topic",), pure=True
)(SensitiveTopics)
