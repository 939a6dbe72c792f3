"""restrict-to-topic: a text about allowed topics, judged by a model."""

from __future__ import annotations

from typing import Any

from railguard import Context, FailResult, PassResult, validator
from railguard_validators._judging.judge import LIMIT, SECONDS, Judge, Model, judged
from railguard_validators._judging.topics import DISCUSSED, checked, named
from railguard_validators._wording import listed

_MAIN = """Which of these topics is the text in the member "value" of the data mainly about? Null if none of them: {topics}"""
_FORBIDDEN = (
    """Which of these topics does the text in the member "value" of the data discuss ("forbidden_topics")? {topics}"""
)
_ALSO = """Which of these topics does it discuss besides ("forbidden_topics")? {topics}"""


class RestrictToTopic:
    """A model decides that the text is mainly about one of the allowed topics, and that it discusses no forbidden one.
    A topic that is only mentioned is not discussed. Give either list, or both. There is no fix.

    valid_topics: the allowed topics, in words. Without it every topic is allowed.
    invalid_topics: the forbidden topics.
    model: the judging model: "openai:NAME", a Provider or any callable; None for the caller's metadata["judge"].
    options: options of the model, such as {"temperature": 0}; by default none, because models differ in their options.
    limit: the longest value that is judged, in characters of its JSON; a longer one fails.

    >>> from railguard import Guard
    >>> def model(messages):
    ...     topic = '"loans"' if "loan" in messages[-1]["content"] else "null"
    ...     return '{"reason": "", "main_topic": %s}' % topic
    >>> guard = Guard.from_string([restrict_to_topic(["loans", "accounts"], model=model)])
    >>> guard.parse("The loan runs for two years.").passed
    True
    >>> guard.parse("It will rain.").failures[0].message
    'The text must be mainly about one of "loans", "accounts". A judge gave no reason.'
    >>> def model(messages):
    ...     return '{"reason": "It is about a vote.", "forbidden_topics": ["politics"]}'
    >>> guard = Guard.from_string([restrict_to_topic(invalid_topics=["politics"], model=model)])
    >>> guard.parse("Vote on Sunday.").failures[0].message
    'The text must not discuss "politics". A judge says: "It is about a vote."'
    """

    __slots__ = ("_invalid", "_judge", "_valid", "metadata", "prompt")

    def __init__(
        self,
        valid_topics: list[str] | None = None,
        invalid_topics: list[str] | None = None,
        model: Model = None,
        options: dict[str, Any] | None = None,
        *,
        limit: int = LIMIT,
    ) -> None:
        if not valid_topics and not invalid_topics:
            raise ValueError("valid_topics and invalid_topics are empty; name at least one topic in either")
        self._valid = checked("valid_topics", valid_topics) if valid_topics else []
        self._invalid = checked("invalid_topics", invalid_topics) if invalid_topics else []
        if both := [topic for topic in self._valid if topic in self._invalid]:
            raise ValueError(f"{listed(both)} cannot be valid and invalid at the same time")
        answer: dict[str, Any] = {
            "reason": {"type": "string", "description": "what decides it, in one or two sentences"}
        }
        task, wanted = [], []
        if self._valid:
            answer["main_topic"] = {"type": ["string", "null"], "enum": [*self._valid, None]}
            task.append(_MAIN.format(topics=named(self._valid)))
            wanted.append(f"mainly about one of {listed(self._valid)}")
        if self._invalid:
            answer["forbidden_topics"] = {"type": "array", "items": {"type": "string", "enum": self._invalid}}
            task.append((_ALSO if self._valid else _FORBIDDEN).format(topics=named(self._invalid)))
            wanted.append(f"{'and ' if self._valid else ''}nothing of {listed(self._invalid)}")
        self._judge = Judge(
            "restrict-to-topic",
            "\n\n".join([*task, DISCUSSED]),
            model=model,
            options=options,
            answer=answer,
            limit=limit,
        )
        self.metadata = self._judge.metadata
        self.prompt = ", ".join(wanted)

    async def __call__(self, value: str, ctx: Context | None = None) -> PassResult | FailResult:
        if (failure := self._judge.unjudgeable(value)) is not None:
            return failure
        verdict, usage = await self._judge.verdict(value, ctx)
        found = [topic for topic in self._invalid if topic in verdict.get("forbidden_topics", ())]
        astray = bool(self._valid) and verdict["main_topic"] is None
        if not astray and not found:
            return PassResult(usage=usage)
        wanted = []
        if astray:
            wanted.append(f"The text must be mainly about one of {listed(self._valid)}.")
        if found:
            wanted.append(f"The text must not discuss {listed(found)}.")
        return FailResult(f"{' '.join(wanted)} {judged(verdict['reason'])}", usage=usage)


restrict_to_topic = validator(
    "restrict-to-topic",
    subject="Judged by a model",
    seconds=SECONDS,
    aliases=("restricttotopic", "on-topic"),
    pure=True,
)(RestrictToTopic)
