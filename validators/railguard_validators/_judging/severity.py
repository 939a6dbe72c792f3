"""Lets a model rate how harmful a text is, as a whole number from 0 to 10, and compares that with a limit."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from railguard import Context, FailResult, PassResult
from railguard_validators._judging.judge import LIMIT, Judge, Model, judged

__all__ = ["Method", "Severity"]

_MOST = 10

Method = Literal["sentence", "full"]

_TASK = """Decide how far the text in the member "value" of the data holds this:

{harm}

{method} Give a "severity" from 0 to 10: 0 for nothing of it, 3 for what a strict reader might take for it, 5 for what
most readers would clearly take for it, 8 for what is severe, 10 for what could not be worse. Words that mean something
harmless where they stand, and a sober report or a warning about such things, count as 0."""
_METHODS: dict[Method, str] = {
    "sentence": "Judge sentence by sentence; the worst sentence decides, however harmless the others are.",
    "full": "Judge the text as a whole, by the impression it leaves.",
}


class Severity:
    """The base of validators for harmful content: `harm` is what they look for, `wanted` the expected property, for the
    message. A text fails if its severity is at least ten times `threshold`.

    >>> class Shouting(Severity):
    ...     name, harm, wanted = "shouting", "words in capitals", "Be quiet."
    >>> def model(messages):
    ...     return '{"reason": "It shouts.", "severity": 5}'
    >>> import asyncio
    >>> asyncio.run(Shouting(model=model)("HEY")).message
    'Be quiet. A judge says: "It shouts." (severity 5 of 10)'
    """

    __slots__ = ("_judge", "_threshold", "metadata")

    name: ClassVar[str]
    harm: ClassVar[str]
    wanted: ClassVar[str]

    def __init__(
        self,
        threshold: float = 0.5,
        validation_method: Method = "sentence",
        model: Model = None,
        options: dict[str, Any] | None = None,
        *,
        limit: int = LIMIT,
    ) -> None:
        if not 0 < threshold <= 1:
            raise ValueError(f"threshold is {threshold}; it must be above 0 and at most 1")
        answer = {
            "reason": {"type": "string", "description": "what decides it, in one or two sentences"},
            "severity": {"type": "integer", "minimum": 0, "maximum": _MOST},
        }
        task = _TASK.format(harm=self.harm, method=_METHODS[validation_method])
        self._judge = Judge(self.name, task, model=model, options=options, answer=answer, limit=limit)
        self._threshold = threshold
        self.metadata = self._judge.metadata

    async def __call__(self, value: str, ctx: Context | None = None) -> PassResult | FailResult:
        if (failure := self._judge.unjudgeable(value)) is not None:
            return failure
        verdict, usage = await self._judge.verdict(value, ctx)
        severity = verdict["severity"]
        if severity / _MOST < self._threshold:
            return PassResult(usage=usage)
        return FailResult(f"{self.wanted} {judged(verdict['reason'])} (severity {severity} of {_MOST})", usage=usage)
