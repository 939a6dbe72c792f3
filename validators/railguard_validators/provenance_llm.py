"""provenance-llm: a text that its sources support, judged by a model."""

from __future__ import annotations

from typing import Any, Literal

from railguard import Context, FailResult, PassResult, validator
from railguard_validators._grounding.similarity import Sentences
from railguard_validators._grounding.sources import Remembered, key_of, sources_of
from railguard_validators._grounding.supported import left_out, more_of_them, spoken
from railguard_validators._judging.judge import LIMIT, SECONDS, Judge, Model, judged, unjudgeable
from railguard_validators._wording import shown

_SENTENCES = """The data holds "sources" and a "value", the numbered sentences of one text. Say for each sentence, by its
number and once, whether the sources support it: whether somebody who knows nothing but the sources could say it. What is
left open, only likely, more exact than the sources or true from elsewhere is not supported. Read a sentence in the light
of the others, for what its pronouns stand for; what the others claim is no support."""
_WHOLE = """The data holds "sources" and a "value", a text. The text passes if the sources support all that it says: if
somebody who knows nothing but the sources could say it. What is left open, only likely, more exact than the sources or
true from elsewhere is not supported."""


class ProvenanceLLM:
    """A model decides that the sources support each sentence of the text, or the text as a whole. The sources come from
    the caller's metadata, or are a prompt variable: a text, an object with the text as `text` and maybe an `id`, or a
    list of such. It is asked once for all sentences. Sentences without letters and digits are not judged.

    An answer without a verdict on every sentence is a ValidatorError. The fix of validation_method="sentence" removes
    the unsupported sentences; there is no fix if nothing would be left. The model is told that sources and text are
    data, but a judge can be wrong and can be persuaded; numbers-in-source and quotes-source cannot.

    validation_method: "sentence", each by itself, or "full", the text as a whole.
    model: the judging model: "openai:NAME", a Provider or any callable; None for the caller's metadata["judge"].
    top_k: how many passages of the sources are shown for each sentence, those with most of its groups of three letters;
    None shows the sources completely.
    options: options of the model, such as {"temperature": 0}; by default none, because models differ in their options.
    key: the metadata key or prompt variable that holds the sources.
    limit: the longest text that is judged, and of the shown part of the sources, in characters of its JSON; a
        longer text fails, and longer sources are an error.

    >>> from railguard import Guard
    >>> def model(messages):
    ...     said = '"Fees rise' in messages[-1]["content"]
    ...     return '{"verdicts": [{"number": 1, "reason": "see there", "supported": %s}]}' % ("true" if said else "false")
    >>> guard = Guard.from_string([provenance_llm(model=model)])
    >>> guard.parse("Fees rise in May.", metadata={"sources": "From May on, fees are two euros higher."}).passed
    True
    >>> guard.parse("Fees fall.", metadata={"sources": "From May on, fees are two euros higher."}).failures[0].message
    'The sources do not support "Fees fall.". A judge says: "see there" Say only what the sources say.'
    """

    __slots__ = ("_full", "_index", "_judge", "_key", "_limit", "_top", "metadata", "prompt")

    def __init__(
        self,
        validation_method: Literal["sentence", "full"] = "sentence",
        model: Model = None,
        top_k: int | None = None,
        options: dict[str, Any] | None = None,
        key: str = "sources",
        *,
        limit: int = LIMIT,
    ) -> None:
        if top_k is not None and top_k < 1:
            raise ValueError(f"top_k is {top_k}; it is 1 or more")
        self._full = validation_method == "full"
        verdict = {
            "type": "object",
            "properties": {
                "number": {"type": "integer"},
                "reason": {"type": "string", "description": "what decides it, in one sentence"},
                "supported": {"type": "boolean"},
            },
            "required": ["number", "reason", "supported"],
            "additionalProperties": False,
        }
        answer = None if self._full else {"verdicts": {"type": "array", "items": verdict}}
        task = _WHOLE if self._full else _SENTENCES
        self._judge = Judge("provenance-llm", task, model=model, options=options, answer=answer, limit=limit)
        self._limit = limit
        self._top = top_k
        self._key = key_of(key)
        self._index = Remembered(Sentences)
        self.metadata = (key, *self._judge.metadata)
        self.prompt = f"supported by {key}" if self._full else f"each sentence supported by {key}"

    async def __call__(self, value: str, ctx: Context) -> PassResult | FailResult | None:
        spans = spoken(value)
        if not spans:
            return None
        if (failure := self._judge.unjudgeable(value)) is not None:
            return failure
        said = [value[start:end] for start, end in spans]
        sources = self._shown(said, ctx)
        if self._full:
            wanted = "The sources do not support the text; say only what the sources say."
            return await self._judge.yes_or_no(value, ctx, wanted=wanted, sources=sources)
        numbered = [{"number": number, "sentence": sentence} for number, sentence in enumerate(said, 1)]
        answer, usage = await self._judge.verdict(numbered, ctx, sources=sources)
        verdicts = {verdict["number"]: verdict for verdict in answer["verdicts"]}
        if len(answer["verdicts"]) != len(said) or verdicts.keys() != set(range(1, len(said) + 1)):
            numbers = [verdict["number"] for verdict in answer["verdicts"]]
            raise self._judge.error(
                f"the model was to judge the sentences 1 to {len(said)}, each once, and judged {numbers!r:.100}"
            )
        wrong = [number for number in range(1, len(said) + 1) if not verdicts[number]["supported"]]
        if not wrong:
            return PassResult(usage=usage)
        marks = [spans[number - 1] for number in wrong]
        message = (
            f"The sources do not support {shown(said[wrong[0] - 1], 200)}. {judged(verdicts[wrong[0]]['reason'])}"
            f"{more_of_them(len(wrong))} Say only what the sources say."
        )
        return FailResult(message, fix=left_out(value, marks), spans=marks[:20], usage=usage)

    def _shown(self, said: list[str], ctx: Context) -> list[Any]:
        """Return the part of the sources that the model is shown."""
        sources = sources_of(ctx.metadata, self._key)
        if self._top is None:
            found: list[Any] = [
                source.text if source.id is None else {"id": source.id, "text": source.text} for source in sources
            ]
        else:
            index = self._index.of(tuple(source.text for source in sources))
            passages: dict[str, None] = {}
            for sentence in said:
                best = sorted(index.passages(sentence), key=lambda found: -found[0])[: self._top]
                passages.update(dict.fromkeys(passage for _, passage in best))
            found = list(passages)
        if (failure := unjudgeable(found, self._limit)) is not None:
            more = "" if self._top else "; with top_k, only the passages that are most like the text are shown"
            raise self._judge.error(f"the sources cannot be used: {failure.message}{more}")
        return found


provenance_llm = validator(
    "provenance-llm",
    subject="What a given source says",
    aliases=("provenance-v1", "provenance-nli"),
    seconds=SECONDS,
    pure=True,
)(ProvenanceLLM)
