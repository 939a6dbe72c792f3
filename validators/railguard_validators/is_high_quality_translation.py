"""is-high-quality-translation: a translation that agrees with its source, judged by a model."""

from __future__ import annotations

from typing import Any

from railguard import Context, FailResult, PassResult, validator
from railguard_validators._judging.judge import LIMIT, SECONDS, Judge, Model

_TASK = """The data holds a "translation_source" and a "value", its translation. Decide whether it is a good one: it
passes if it is in another language than the source, says all that the source says and nothing else, keeps names, numbers
and tone, and reads well to somebody who knows only its language. Where it does not, name the first place in the reason.
Liberties of wording that change no meaning pass."""
_KEY = "translation_source"


class IsHighQualityTranslation:
    """A model decides that the text translates its source completely, without additions, and in good language. There is
    no fix.

    The source comes from metadata["translation_source"], or a prompt variable of that name. It goes to the model as
    data, like the text. One that is longer than `limit` is an error, because half of it would not be judged.

    model: the judging model: "openai:NAME", a Provider or any callable; None for the caller's metadata["judge"].
    options: options of the model, such as {"temperature": 0}; by default none, because models differ in their options.
    limit: the longest text that is judged, and the longest source, in characters of its JSON; a longer text fails.

    >>> from railguard import Guard
    >>> def model(messages):
    ...     right = "Guten Tag" in messages[-1]["content"]
    ...     return '{"reason": "", "passes": true}' if right else '{"reason": "It says good night.", "passes": false}'
    >>> guard = Guard.from_string([is_high_quality_translation(model)])
    >>> guard.parse("Guten Tag.", metadata={"translation_source": "Good day."}).passed
    True
    >>> guard.parse("Gute Nacht.", metadata={"translation_source": "Good day."}).failures[0].message
    'It must be a complete and faithful translation, in good language. A judge says: "It says good night."'
    """

    __slots__ = ("_judge", "metadata")

    def __init__(self, model: Model = None, options: dict[str, Any] | None = None, *, limit: int = LIMIT) -> None:
        self._judge = Judge("is-high-quality-translation", _TASK, model=model, options=options, limit=limit)
        self.metadata = (_KEY, *self._judge.metadata)

    async def __call__(self, value: str, ctx: Context) -> PassResult | FailResult:
        source = ctx.metadata[_KEY]
        if (failure := self._judge.unjudgeable(source)) is not None:
            raise self._judge.error(f"the source cannot be used: {failure.message}")
        wanted = "It must be a complete and faithful translation, in good language."
        return await self._judge.yes_or_no(value, ctx, wanted=wanted, **{_KEY: source})


is_high_quality_translation = validator(
    "is-high-quality-translation",
    subject="Judged by a model",
    seconds=SECONDS,
    pure=True,
    prompt="a complete and faithful translation, in good language",
)(IsHighQualityTranslation)
