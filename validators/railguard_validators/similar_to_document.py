"""similar-to-document: a text that is similar to a given one as a whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from railguard import Context, FailResult, validator
from railguard_validators._grounding.embeddings import MEANING, MODEL, Engine, embedding_for
from railguard_validators._grounding.similarity import SECONDS, Embed, Profile, cosine, embedded, embedding_of, rounded
from railguard_validators._grounding.sources import Remembered, key_of, sources_of
from railguard_validators._grounding.supported import fraction

_DEFAULT = 0.7  # by letters, or with an embedding of the caller's


class SimilarToDocument:
    """A text that is similar to the document as a whole, or to one of several. The document is a parameter, or comes
    from the caller's metadata or a prompt variable: a text, an object with the text as `text`, or a list of such.

    With an embedding, similarity is the cosine of the vectors: `engine="embeddings"` includes one, `embed` accepts your
    own. Without one it is lexical: the cosine of the counts of groups of three letters in the two texts, ignoring
    capitals and punctuation. That shows whether two texts use the same words, not whether they have the same meaning,
    and two long texts of one language are never completely different. There is no fix.

    document: the text to compare with; without it, the one under `key`.
    threshold: the smallest similarity, from 0 to 1, or a percentage; by default 0.59 with engine="embeddings", else
    0.7.
    embed: an embedding: a callable that takes a list of texts and returns a vector for each; without one, that of the
        caller's metadata under `embed` or `embed_function` is used, if there is one. It runs in a thread.
    key: the metadata key or prompt variable that holds the document, if it is not a parameter.
    engine: the measure of similarity: "letters" compares spelling; "embeddings" compares meaning, by a model of the
    library
        sentence-transformers (`pip install 'railguard[embeddings]'`).
    model: the model of engine="embeddings": a name that the library knows, or a folder. It is loaded when it is first
        used, once for all rules; a model that is only named may be downloaded then.

    Measured on 150 pairs of sentences (50 paraphrases, 50 about the same subject with another meaning, 50 unrelated;
    `tests/validators/data/likeness.jsonl`) with all-MiniLM-L6-v2: the threshold was chosen on one half, and on the
    other one it finds paraphrases with precision 0.86, recall 0.72; no unrelated pair counts as one. By letters no
    threshold separates them: at the default 0.7 precision 1.00, recall 0.00.

    >>> from railguard import Context, Path
    >>> ctx = Context(Path(), None, {})
    >>> rule = similar_to_document("The fee is 6 percent a year and is due in March.")
    >>> rule.run("The fee of 6 percent a year is due in March.", ctx=ctx)
    >>> rule.run("Dogs travel free of charge.", ctx=ctx).message
    'The text is not like the document: the likeness is 0.02, and 0.7 is the least. Keep to what the document is about.'
    """

    __slots__ = ("_document", "_embed", "_key", "_profiles", "_threshold", "_vectors", "metadata", "prompt")

    def __init__(
        self,
        document: str | None = None,
        threshold: float | None = None,
        embed: Callable[..., Any] | None = None,
        key: str = "document",
        engine: Engine = "letters",
        model: str = MODEL,
    ) -> None:
        if document is not None and not document.strip():
            raise ValueError("document is empty; give a text to be like")
        self._document = document
        default = MEANING if engine == "embeddings" else _DEFAULT
        self._threshold = default if threshold is None else fraction("threshold", threshold)
        self._embed = embedding_for(engine, model, embed, "similar-to-document")
        self._key = key_of(key)
        self._profiles = Remembered(_profiles)
        self._vectors = Remembered(_vectors)
        self.metadata = (key,) if document is None else ()
        self.prompt = "like the given document" if document is not None else f"like {key}"

    def __call__(self, value: str, ctx: Context) -> FailResult | None:
        if self._document is not None:
            texts: tuple[str, ...] = (self._document,)
        else:
            texts = tuple(source.text for source in sources_of(ctx.metadata, self._key))
        embed = embedding_of(self._embed, ctx.metadata)
        if embed is None:
            own = Profile(value)
            scores = [own.alike(profile) for profile in self._profiles.of(texts)]
        else:
            vector = embedded(embed, [value])[0]
            scores = [cosine(vector, other) for other in self._vectors.of(texts, embed)]
        score = max(scores, default=0.0)
        if score >= self._threshold:
            return None
        return FailResult(
            f"The text is not like the document: the likeness is {rounded(score)}, and {self._threshold:g} is the least. "
            "Keep to what the document is about."
        )


def _profiles(texts: tuple[str, ...]) -> list[Profile]:
    return [Profile(text) for text in texts]


def _vectors(texts: tuple[str, ...], embed: Embed) -> list[list[float]]:
    return embedded(embed, texts)


similar_to_document = validator(
    "similar-to-document", subject="What a given source says", blocking=True, seconds=SECONDS, pure=True
)(SimilarToDocument)
