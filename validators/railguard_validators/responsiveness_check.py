"""responsiveness-check: an answer that follows its prompt, judged by a model."""

from __future__ import annotations

from typing import Any

from railguard import Context, FailResult, PassResult, validator
from railguard_validators._judging.judge import LIMIT, SECONDS, Judge, Model

_TASK = """The data holds a "prompt" that somebody gave to a language model, and a "value", what came back. Decide whether
the value responds to the prompt: it passes if it does all that the prompt asks for, in the form it asks for, or says
plainly which part it cannot do. Whether it is right is not asked. An evasion, an answer to something else, and an answer
to a part of the prompt only do not pass."""


class ResponsivenessCheck:
    """A model decides that the value does everything that its prompt asks; whether it is right is not checked. There is
    no fix. For a question and its answer use qa-relevance, which is less strict.

    The prompt comes from metadata["original_prompt"], or a prompt variable of that name. It goes to the model as data,
    like the value; if it is longer than `limit`, its middle is replaced by a marker.

    prompt: the key of the metadata, or the prompt variable, that holds the prompt.
    model: the judging model: "openai:NAME", a Provider or any callable; None for the caller's metadata["judge"].
    options: options of the model, such as {"temperature": 0}; by default none, because models differ in their options.
    limit: the longest value that is judged, in characters of its JSON; a longer one fails.

    >>> from railguard import Guard
    >>> def model(messages):
    ...     both = "Lyon" in messages[-1]["content"].partition('"value"')[2]
    ...     return '{"reason": "", "passes": true}' if both else '{"reason": "It names one city.", "passes": false}'
    >>> guard = Guard.from_string([responsiveness_check(model)])
    >>> guard.parse("Paris and Lyon.", metadata={"original_prompt": "Name two cities of France."}).passed
    True
    >>> outcome = guard.parse("Paris.", metadata={"original_prompt": "Name two cities of France."})
    >>> outcome.failures[0].message
    'It must do all that the prompt asks for. A judge says: "It names one city."'
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
        self._judge = Judge("responsiveness-check", _TASK, model=model, options=options, limit=limit)
        self._key = prompt
        self.metadata = (prompt, *self._judge.metadata)

    async def __call__(self, value: Any, ctx: Context) -> PassResult | FailResult:
        wanted = "It must do all that the prompt asks for."
        return await self._judge.yes_or_no(value, ctx, wanted=wanted, prompt=ctx.metadata[self._key])


responsiveness_check = validator(
    "responsiveness-check",
    subject="Judged by a model",
    seconds=SECONDS,
    pure=True,
    prompt="does all that its prompt asks for",
)(ResponsivenessCheck)
