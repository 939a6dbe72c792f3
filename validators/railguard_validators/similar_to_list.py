"""similar-to-list: a value that is similar to earlier ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from railguard import Context, FailResult, Translation, validator
from railguard_validators._grounding.embeddings import MEANING, MODEL, Engine, embedding_for
from railguard_validators._grounding.similarity import SECONDS, Embed, Profile, cosine, embedded, embedding_of
from railguard_validators._grounding.sources import Remembered, key_of
from railguard_validators._wording import listed, shown

_WITH_EMBEDDING, _BY_LETTERS = 0.1, 0.5


class SimilarToList:
    """A value that is similar to the previous ones, which come from the caller's metadata: a list of numbers or a list
    of texts.

    A number lies within `standard_deviations` of the mean of the previous numbers (the deviation of all of them, not of
    a sample), inclusive; it is calculated exactly. A text has a mean distance of at most `threshold` to the
    previous texts. The distance is 1 - cosine: of the vectors with an embedding; without one, of the counts of groups
    of three letters in the two texts, which compares spelling and not meaning. There is no fix.

    standard_deviations: how many standard deviations from the mean a number may lie.
    threshold: the largest mean distance of a text, from 0 (identical) to 1; by default 0.41 with
        engine="embeddings", 0.1 with an embedding of your own, 0.5 by letters.
    embed: an embedding: a callable that takes a list of texts and returns a vector for each; without one, that of the
        caller's metadata under `embed` or `embed_function` is used, if there is one. It runs in a thread.
    key: the metadata key that holds the previous values.
    engine: the measure of similarity: "letters" compares spelling; "embeddings" compares meaning, by a model of the
    library
        sentence-transformers (`pip install 'railguard[embeddings]'`).
    model: the model of engine="embeddings": a name that the library knows, or a folder. It is loaded when it is first
        used, once for all rules; a model that is only named may be downloaded then.

    >>> from railguard import Context, Path
    >>> ctx = Context(Path(), None, {"prev_values": [98, 100, 102]})
    >>> similar_to_list().run(104, ctx=ctx)
    >>> similar_to_list().run(140, ctx=ctx).message
    '140 is not like the previous values: it must lie between 95.101 and 104.899, within 3 standard deviations of their mean.'
    >>> ctx = Context(Path(), None, {"prev_values": ["ORD-1001", "ORD-1002"]})
    >>> similar_to_list().run("ORD-1003", ctx=ctx)
    >>> similar_to_list().run("soon", ctx=ctx).message
    '"soon" is not like the previous values ("ORD-1001", "ORD-1002"): the mean distance is 1.00, and 0.5 is the most.'
    """

    __slots__ = ("_deviations", "_embed", "_key", "_profiles", "_threshold", "_vectors", "metadata", "prompt")

    def __init__(
        self,
        standard_deviations: float = 3,
        threshold: float | None = None,
        embed: Callable[..., Any] | None = None,
        key: str = "prev_values",
        engine: Engine = "letters",
        model: str = MODEL,
    ) -> None:
        if not 0 <= standard_deviations < math.inf:
            raise ValueError(f"standard_deviations is {standard_deviations}; it is 0 or more")
        if threshold is not None and not 0 <= threshold <= 2:
            raise ValueError(f"threshold is {threshold}; a distance is between 0 and 2")
        self._deviations = standard_deviations
        if threshold is None and engine == "embeddings":
            threshold = round(1 - MEANING, 2)
        self._threshold = threshold
        self._embed = embedding_for(engine, model, embed, "similar-to-list")
        self._key = key_of(key)
        self._profiles = Remembered(_profiles)
        self._vectors = Remembered(_vectors)
        self.metadata = (key,)
        self.prompt = f"like {key}"

    def __call__(self, value: str | float, ctx: Context) -> FailResult | None:
        before = _previous(ctx.metadata, self._key)
        if isinstance(before[0], str):
            if not isinstance(value, str):
                return FailResult(f"{shown(value)} must be a text like the previous values: {listed(before, 5)}.")
            return self._text(value, tuple(before), ctx)
        if isinstance(value, str):
            return FailResult(f"{shown(value)} must be a number like the previous values: {listed(before, 5)}.")
        return self._number(value, before)

    def _number(self, value: float, before: list[Any]) -> FailResult | None:
        numbers = [Fraction(number) for number in before]
        mean = sum(numbers, Fraction()) / len(numbers)
        variance = sum(((number - mean) ** 2 for number in numbers), Fraction()) / len(numbers)
        there = isinstance(value, int) or math.isfinite(value)
        if there and (Fraction(value) - mean) ** 2 <= Fraction(self._deviations) ** 2 * variance:
            return None
        return FailResult(
            f"{shown(value)} is not like the previous values: it must lie {_between(mean, variance, self._deviations)}"
            f"within {self._deviations:g} standard deviations of their mean."
        )

    def _text(self, value: str, before: tuple[str, ...], ctx: Context) -> FailResult | None:
        embed = embedding_of(self._embed, ctx.metadata)
        if embed is None:
            own = Profile(value)
            near = [own.alike(profile) for profile in self._profiles.of(before)]
        else:
            vector = embedded(embed, [value])[0]
            near = [cosine(vector, other) for other in self._vectors.of(before, embed)]
        distance = 1 - math.fsum(near) / len(near)
        most = self._threshold
        if most is None:
            most = _BY_LETTERS if embed is None else _WITH_EMBEDDING
        if distance <= most:
            return None
        return FailResult(
            f"{shown(value)} is not like the previous values ({listed(before, 5)}): the mean distance is "
            f"{_rounded_up(distance)}, and {most:g} is the most."
        )


def _previous(metadata: Mapping[str, Any], key: str) -> list[Any]:
    """Return the previous values: at least one, all finite numbers or all texts. Raises ValueError for anything else."""
    values = metadata.get(key)
    if isinstance(values, (list, tuple)) and values:
        texts = all(isinstance(value, str) for value in values)
        if texts or all(type(value) is int or (type(value) is float and math.isfinite(value)) for value in values):
            return list(values)
    raise ValueError(f"{key!r} of the metadata must be a list of the previous values: all texts, or all finite numbers")


def _between(mean: Fraction, variance: Fraction, deviations: float) -> str:
    try:
        reach = deviations * math.sqrt(variance)
        return f"between {float(mean) - reach:.6g} and {float(mean) + reach:.6g}, "
    except OverflowError:
        return ""


def _rounded_up(distance: float) -> str:
    return f"{math.ceil(distance * 100 - 1e-9) / 100:.2f}"


def _profiles(texts: tuple[str, ...]) -> list[Profile]:
    return [Profile(text) for text in texts]


def _vectors(texts: tuple[str, ...], embed: Embed) -> list[list[float]]:
    return embedded(embed, texts)


def _distance(similarity: float) -> float:
    """Return the largest mean distance for a smallest mean similarity.

    >>> _distance(0.8), _distance(-1)
    (0.2, 2)
    """
    return round(1 - similarity, 9)


similar_to_list = validator(
    "similar-to-list",
    subject="What a given source says",
    aliases=("similar-to-previous-values",),
    blocking=True,
    seconds=SECONDS,
    pure=True,
    translations=(
        Translation(
            "similar-to-previous-values",
            "threshold",
            "the least mean similarity, 0.8; a higher one is stricter",
            _distance,
        ),
    ),
)(SimilarToList)
