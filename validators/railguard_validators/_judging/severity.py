"""How much of something harmful a text holds, as a model sees it: one whole number from 0 to 10, held against a limit."""

from __future__ import annotations

from typing import Any, Literal

from railguard import Context, FailResult, PassResult
from railguard_validators._judging.judge import Judge, Model, judged

__all__ = ["MOST", "Method", "Severity"]

MOST = 10

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
    """A judge of how severe something is. A text fails from `threshold` (a tenth of the severity) on.

    >>> def model(messages):
    ...     return '{"reason": "mild", "severity": 4}'
    >>> judge = Severity("a-judge", "shouting", 0.5, "full", model=model, options=None, limit=99)
    >>> import asyncio
    >>> asyncio.run(judge.judge("HEY", None, wanted="Be quiet.")).usage.known
    False
    """

    def __init__(
        self,
        validator: str,
        harm: str,
        threshold: float,
        method: Method,
        *,
        model: Model,
        options: dict[str, Any] | None,
        limit: int,
    ) -> None:
        if not 0 < threshold <= 1:
            raise ValueError(f"threshold is {threshold}; it must be above 0 and at most 1")
        answer = {
            "reason": {"type": "string", "description": "what decides it, in one or two sentences"},
            "severity": {"type": "integer", "minimum": 0, "maximum": MOST},
        }
        task = _TASK.format(harm=harm, method=_METHODS[method])
        self._judge = Judge(validator, task, model=model, options=options, answer=answer, limit=limit)
        self._threshold = threshold
        self.metadata = self._judge.metadata

    async def judge(self, value: str, ctx: Context | None, *, wanted: str) -> PassResult | FailResult:
        """The result for a text. wanted: what would be right, for the message."""
        if (failure := self._judge.unjudgeable(value)) is not None:
            return failure
        verdict, usage = await self._judge.verdict(value, ctx)
        severity = verdict["severity"]
        if severity / MOST < self._threshold:
            return PassResult(usage=usage)
        return FailResult(f"{wanted} {judged(verdict['reason'])} (severity {severity} of {MOST})", usage=usage)
