"""llm-rubric: criteria on a scale, scored by a model."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from railguard import Context, FailResult, PassResult, validator
from railguard_validators._judging.judge import LIMIT, SECONDS, Judge, Model, judged, sentence
from railguard_validators._wording import number, shown

_TASK = """Score the member "value" of the data by each of these criteria, one by one, with a whole number from 0 (not at
all) to {most} (in full):

{criteria}

Be exact: give a high score only for what you can name, and say in the reason what is missing."""
_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,64}")


class _Criterion(NamedTuple):
    """One criterion of the rubric. key: the member of the answer with its score."""

    key: str
    name: str
    description: str
    least: float | None

    def __str__(self) -> str:
        return self.name + (f" ({self.description})" if self.description else "")


class LlmRubric:
    """A model scores the value by each criterion, from 0 to `max_score`; each score is at least the criterion's, and
    the mean of all is at least `average`, if these are given. There is no fix.

    A judge's scores vary: leave a margin between the threshold and the expected score. In one call a value is scored
    only once.

    metrics: name → its meaning, in words; or name → {"description": words, "threshold": the least score}.
    max_score: the best score.
    model: the judging model: "openai:NAME", a Provider or any callable; None for the caller's metadata["judge"].
    options: options of the model, such as {"temperature": 0}; by default none, because models differ in their options.
    threshold: the smallest score for each criterion without its own threshold.
    average: the smallest mean of all scores.
    limit: the longest value that is judged, in characters of its JSON; a longer one fails.

    >>> from railguard import Guard
    >>> def model(messages):
    ...     score = 5 if "because" in messages[-1]["content"] else 2
    ...     return '{"grounds": {"reason": "None are given.", "score": %d}}' % score
    >>> rule = llm_rubric({"grounds": {"description": "says why", "threshold": 4}}, model=model)
    >>> guard = Guard.from_string([rule])
    >>> guard.parse("No, because it is late.").passed
    True
    >>> guard.parse("No.").failures[0].message
    'By grounds (says why) it scores 2 of 5, and at least 4 is needed. A judge says: "None are given."'
    """

    __slots__ = ("_average", "_criteria", "_judge", "_most", "metadata", "prompt")

    def __init__(
        self,
        metrics: dict[str, Any],
        max_score: int = 5,
        model: Model = None,
        options: dict[str, Any] | None = None,
        *,
        threshold: float | None = None,
        average: float | None = None,
        limit: int = LIMIT,
    ) -> None:
        if max_score < 1:
            raise ValueError(f"max_score is {max_score}; it must be at least 1")
        self._most = max_score
        self._criteria = _criteria(metrics, max_score, threshold)
        self._average = _score("average", average, max_score)
        if average is None and all(one.least is None for one in self._criteria):
            raise ValueError("no score is ever too low; give thresholds, or an average")
        answer = {one.key: _answer(max_score) for one in self._criteria}
        lines = "\n".join(f"- {shown(one.key, 64)}: {_told(one)}" for one in self._criteria)
        task = _TASK.format(most=max_score, criteria=lines)
        self._judge = Judge("llm-rubric", task, model=model, options=options, answer=answer, limit=limit)
        self.metadata = self._judge.metadata
        bounds = [f"at least {number(one.least)} by {one}" for one in self._criteria if one.least is not None]
        if self._average is not None:
            names = ", ".join(map(str, self._criteria))
            bounds.append(f"at least {number(self._average)} on average by {names}")
        self.prompt = f"scores {', '.join(bounds)} (of {max_score})"

    async def __call__(self, value: Any, ctx: Context | None = None) -> PassResult | FailResult:
        if (failure := self._judge.unjudgeable(value)) is not None:
            return failure
        verdict, usage = await self._judge.verdict(value, ctx)
        said = []
        for one in self._criteria:
            score = verdict[one.key]["score"]
            if one.least is not None and score < one.least:
                need = f"and at least {number(one.least)} is needed"
                said.append(f"By {one} it scores {score} of {self._most}, {need}. {judged(verdict[one.key]['reason'])}")
        mean = sum(verdict[one.key]["score"] for one in self._criteria) / len(self._criteria)
        if self._average is not None and mean < self._average:
            need = f"and at least {number(self._average)} is needed"
            said.append(f"On average it scores {number(round(mean, 2))} of {self._most}, {need}.")
            if len(said) == 1:  # the mean alone does not show what to correct
                least = min(self._criteria, key=lambda one: verdict[one.key]["score"])
                said.append(f"The lowest is {least}. {judged(verdict[least.key]['reason'])}")
        return FailResult(" ".join(said), usage=usage) if said else PassResult(usage=usage)


def _criteria(metrics: dict[str, Any], most: int, threshold: float | None) -> list[_Criterion]:
    default = _score("threshold", threshold, most)
    plain = all(_PLAIN.fullmatch(name) for name in metrics)
    found = []
    for index, (name, given) in enumerate(metrics.items()):
        if not name.strip():
            raise ValueError("metrics has an empty name")
        entry = {"description": given} if isinstance(given, str) else given
        if not isinstance(entry, dict) or not isinstance(entry.get("description", ""), str):
            raise ValueError(
                f"metrics: {shown(name)} must be a description in words, or an object with description and threshold"
            )
        if unknown := sorted(map(str, entry.keys() - {"description", "threshold"})):
            raise ValueError(f"metrics: {shown(name)} has {unknown[0]!r}; it takes description and threshold")
        own = _score(f"metrics: the threshold of {shown(name)}", entry.get("threshold"), most)
        key = name if plain else f"criterion_{index + 1}"
        found.append(_Criterion(key, name, entry.get("description", "").strip(), default if own is None else own))
    if not found:
        raise ValueError("metrics is empty; name at least one criterion")
    return found


def _score(what: str, given: Any, most: int) -> float | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, (int, float)):
        raise ValueError(f"{what} must be a number, not {shown(given)}")
    if not 0 < given <= most:
        raise ValueError(f"{what} is {number(given)}; it must be above 0 and at most {most}, the best score")
    return given


def _answer(most: int) -> dict[str, Any]:
    properties = {
        "reason": {"type": "string", "description": "what decides the score, in one or two sentences"},
        "score": {"type": "integer", "minimum": 0, "maximum": most},
    }
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _told(one: _Criterion) -> str:
    said = one.description or one.name
    return sentence(said if one.key == one.name or not one.description else f"{one.name}: {said}")


llm_rubric = validator("llm-rubric", subject="Judged by a model", seconds=SECONDS, aliases=("llm-critic",), pure=True)(
    LlmRubric
)
