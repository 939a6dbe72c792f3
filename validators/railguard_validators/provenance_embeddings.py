"""provenance-embeddings: a text that is similar to its sources."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any, Literal

from railguard import Context, FailResult, Translation, validator
from railguard_validators._grounding.embeddings import MEANING, MODEL, Engine, embedding_for
from railguard_validators._grounding.similarity import (
    SECONDS,
    Embed,
    Sentences,
    cosine,
    embedded,
    embedding_of,
    rounded,
)
from railguard_validators._grounding.sources import Remembered, key_of, sources_of
from railguard_validators._grounding.supported import fraction, left_out, more_of_them, passage, spoken
from railguard_validators._text.sentences import sentences
from railguard_validators._wording import shown

_WITH_EMBEDDING, _BY_LETTERS = 0.8, 0.7


class ProvenanceEmbeddings:
    """Each sentence, or the text as a whole, is similar to a passage of the sources. A passage is one sentence, or two
    adjacent ones. The sources come from the caller's metadata, or are a prompt variable: a text, an object with the
    text as `text`, or a list of such. Sentences without letters and digits are ignored.

    With an embedding, similarity is the cosine of the vectors; the passages of the sources are embedded once, and
    cached. Without one it is lexical: the share of the sentence's groups of three letters in the passage; for the whole
    text, the mean over its sentences by length. Similarity does not mean that a text is true: a "not" or another number
    changes it little. provenance-llm, entities-in-source and numbers-in-source check more.

    The fix of validation_method="sentence" removes the other sentences; there is no fix if nothing would be left.

    threshold: the smallest similarity, from 0 to 1, or a percentage; by default 0.59 with engine="embeddings", 0.8 with
        an embedding of your own, 0.7 by letters.
    validation_method: "sentence", each by itself, or "full", the text as a whole.
    embed: an embedding: a callable that takes a list of texts and returns a vector for each; without one, that of the
        caller's metadata under `embed` or `embed_function` is used, if there is one. It runs in a thread.
    key: the metadata key or prompt variable that holds the sources.
    engine: the measure of similarity: "letters" compares spelling; "embeddings" compares meaning, by a model of the
    library
        sentence-transformers (`pip install 'railguard[embeddings]'`).
    model: the model of engine="embeddings": a name that the library knows, or a folder. It is loaded when it is first
        used, once for all rules; a model that is only named may be downloaded then.

    >>> from railguard import Context, Path
    >>> ctx = Context(Path(), None, {"sources": ["Dogs travel free of charge but must be kept on a lead.", "The fee is 6 %."]})
    >>> provenance_embeddings().run("Dogs must be kept on a lead. The fee is 6 %.", ctx=ctx)
    >>> result = provenance_embeddings().run("Dogs travel free of charge. Cats swim.", ctx=ctx)
    >>> print(result.message)
    The sources do not support "Cats swim.": the likeness is 0.00, and 0.7 is the least. Say only what they say.
    >>> result.fix
    'Dogs travel free of charge.'
    """

    __slots__ = ("_embed", "_full", "_index", "_key", "_threshold", "_vectors", "metadata", "prompt")

    def __init__(
        self,
        threshold: float | None = None,
        validation_method: Literal["sentence", "full"] = "sentence",
        embed: Callable[..., Any] | None = None,
        key: str = "sources",
        engine: Engine = "letters",
        model: str = MODEL,
    ) -> None:
        if threshold is None and engine == "embeddings":
            threshold = MEANING
        self._threshold = None if threshold is None else fraction("threshold", threshold)
        self._full = validation_method == "full"
        self._embed = embedding_for(engine, model, embed, "provenance-embeddings")
        self._key = key_of(key)
        self._index = Remembered(Sentences)
        self._vectors = Remembered(_passages)
        self.metadata = (key,)
        self.prompt = f"supported by {key}" if self._full else f"each sentence supported by {key}"

    def __call__(self, value: str, ctx: Context) -> FailResult | None:
        texts = tuple(source.text for source in sources_of(ctx.metadata, self._key))
        embed = embedding_of(self._embed, ctx.metadata)
        least = self._threshold
        if least is None:
            least = _BY_LETTERS if embed is None else _WITH_EMBEDDING
        spans = spoken(value)
        if not spans:
            return None
        said = [value] if self._full and embed else [value[start:end] for start, end in spans]
        if embed is None:
            index = self._index.of(texts)
            scores = [index.support(sentence) for sentence in said]
        else:
            scores = _closest(embedded(embed, said), *self._vectors.of(texts, embed))
        if self._full:
            size = sum(map(len, said))
            score = sum(score * len(sentence) for (score, _), sentence in zip(scores, said, strict=True)) / size
            if score >= least:
                return None
            return FailResult(f"The sources do not support the text: {_short(score, least)}. Say only what they say.")
        wrong = [(scored, span) for scored, span in zip(scores, spans, strict=True) if scored[0] < least]
        if not wrong:
            return None
        (score, near), (start, end) = wrong[0]
        message = (
            f"The sources do not support {shown(value[start:end], 200)}{passage(near, score, least)}: {_short(score, least)}."
            f"{more_of_them(len(wrong))} Say only what they say."
        )
        marks = [span for _, span in wrong]
        return FailResult(message, fix=left_out(value, marks), spans=marks[:20])


def _short(score: float, least: float) -> str:
    return f"the likeness is {rounded(score)}, and {least:g} is the least"


def _passages(texts: tuple[str, ...], embed: Embed) -> tuple[list[str], list[list[float]]]:
    """Return the passages of some sources and their vectors."""
    passages: list[str] = []
    for text in texts:
        found = sentences(text)
        passages += [text[start:end] for start, end in found]
        passages += [text[start:end] for (start, _), (_, end) in pairwise(found)]
    return passages, embedded(embed, passages)


def _closest(
    vectors: list[list[float]], passages: list[str], theirs: list[list[float]]
) -> list[tuple[float, str | None]]:
    best: list[tuple[float, str | None]] = []
    for vector in vectors:
        if theirs and len(vector) != len(theirs[0]):
            raise ValueError("the embedding gave vectors of different lengths")
        scores = [cosine(vector, other) for other in theirs]
        best.append(max(zip(scores, passages, strict=True), key=lambda found: found[0], default=(0.0, None)))
    return best


def _likeness(distance: float) -> float:
    """Return the smallest similarity for a largest distance.

    >>> _likeness(0.2), _likeness(1.3)
    (0.8, 0.0)
    """
    return max(0.0, round(1 - distance, 9))


_THEIRS = "the greatest distance of the vectors, 0.8; a lower one is stricter"
provenance_embeddings = validator(
    "provenance-embeddings",
    subject="What a given source says",
    aliases=("provenance-v0",),
    blocking=True,
    seconds=SECONDS,
    pure=True,
    translations=(
        Translation("provenance-v0", "threshold", _THEIRS, _likeness),
        Translation("guardrails/provenance-embeddings", "threshold", _THEIRS, _likeness),
    ),
)(ProvenanceEmbeddings)
