"""extractive-summary: a summary made of sentences of its sources."""

from __future__ import annotations

from railguard import Context, FailResult, Translation, validator
from railguard_validators._grounding.similarity import Sentences
from railguard_validators._grounding.sources import Remembered, key_of, sources_of
from railguard_validators._grounding.supported import fraction, left_out, more_of_them, passage, spoken
from railguard_validators._wording import shown


class ExtractiveSummary:
    """Each sentence is, or nearly is, one of the sources' sentences: it occurs there word for word (ignoring capitals
    and punctuation), as a whole sentence or a part of one; or its similarity with a sentence there, the cosine of the
    counts of groups of three letters, is at least `threshold`. This compares letters and not meaning: "not" or another
    number changes it little, so use numbers-in-source too. Sentences without letters and digits are ignored.

    The sources come from the caller's metadata, or are a prompt variable: a text, an object with the text as `text`, or
    a list of such. A sentence is compared with the 24 that share its rarest words.

    The fix removes the other sentences, with the white space before them; there is no fix if nothing would be left.

    threshold: the smallest similarity, from 0 to 1, or a percentage: 85 is 0.85.
    key: the metadata key or prompt variable that holds the sources.

    >>> from railguard import Context, Path
    >>> ctx = Context(Path(), None, {"document": "The fee is 6 percent a year. Either party may terminate in writing."})
    >>> extractive_summary().run("Either party may terminate. The fee is 5 percent a year.", ctx=ctx)
    >>> result = extractive_summary().run("The fee is 6 percent. Both are happy.", ctx=ctx)
    >>> print(result.message)
    "Both are happy." is no sentence of the source. Use the sentences of the source as they are.
    >>> result.fix
    'The fee is 6 percent.'
    """

    __slots__ = ("_index", "_key", "_threshold", "metadata", "prompt")

    def __init__(self, threshold: float = 0.85, key: str = "document") -> None:
        self._threshold = fraction("threshold", threshold)
        self._key = key_of(key)
        self._index = Remembered(Sentences)
        self.metadata = (key,)
        self.prompt = f"made of sentences of {key}"

    def __call__(self, value: str, ctx: Context) -> FailResult | None:
        index = self._index.of(tuple(source.text for source in sources_of(ctx.metadata, self._key)))
        closest = [(index.closest(value[start:end]), (start, end)) for start, end in spoken(value)]
        wrong = [(scored, span) for scored, span in closest if scored[0] < self._threshold]
        if not wrong:
            return None
        (score, near), (start, end) = wrong[0]
        spans = [span for _, span in wrong]
        message = (
            f"{shown(value[start:end], 200)} is no sentence of the source{passage(near, score, self._threshold)}."
            f"{more_of_them(len(wrong))} Use the sentences of the source as they are."
        )
        return FailResult(message, fix=left_out(value, spans), spans=spans[:20])


extractive_summary = validator(
    "extractive-summary",
    subject="What a given source says",
    aliases=("extracted-summary-sentences-match",),
    translations=(
        Translation(
            "extracted-summary-sentences-match", "threshold", "the least cosine of the vectors of a model, 0.7"
        ),
        Translation("guardrails/extractive-summary", "threshold", "the least fuzzy ratio in per cent, 85"),
    ),
)(ExtractiveSummary)
