"""Sentence embeddings by a model's name or folder, for `engine="embeddings"`, with sentence-transformers.

A model is loaded at its first use, once for all rules and threads of the process.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from functools import lru_cache
from threading import Lock
from typing import Any, Literal, TypeAlias

from railguard import SpecError
from railguard_validators._grounding.similarity import Embed
from railguard_validators._text.sentences import sentences

__all__ = ["MEANING", "MODEL", "Embedding", "Engine", "embedding_for"]

Engine: TypeAlias = Literal["letters", "embeddings"]
"""The measure of similarity: "letters" compares spelling, "embeddings" meaning, by a model of sentence-transformers."""

MODEL = "sentence-transformers/all-MiniLM-L6-v2"
"""The default model."""

MEANING = 0.59
"""The smallest cosine of two sentences with the same meaning, for MODEL; chosen on one half of 75 labelled pairs (see
the manual of similar-to-document).
"""

_LOADED = 4  # models that are kept in memory
_WORDS_A_PIECE = 0.6  # the words in one chunk, for each token that a model reads at once


class Embedding:
    """A sentence-transformers model as a function of texts. It reads a limited length at once, so a longer text is
    embedded sentence by sentence, and its vector is the mean, weighted by length.

    model: a name as "sentence-transformers/all-MiniLM-L6-v2", which the library looks up and may download, or a folder.
    """

    __slots__ = ("model",)

    def __init__(self, model: str) -> None:
        self.model = model

    def __call__(self, texts: Sequence[str]) -> list[list[float]]:
        """Return a vector of length 1 for each text."""
        loaded, lock = _loaded(self.model)
        longest = max(8, int((getattr(loaded, "max_seq_length", None) or 256) * _WORDS_A_PIECE))
        pieces: list[str] = []
        bounds: list[tuple[int, int]] = []
        for text in texts:
            first = len(pieces)
            pieces += _pieces(text, longest)
            bounds.append((first, len(pieces)))
        with lock:  # two threads must not use the tokenizer of one model at once
            found = loaded.encode(pieces, normalize_embeddings=True, show_progress_bar=False, convert_to_numpy=True)
        vectors: list[list[float]] = found.tolist()
        return [_mean(vectors[first:last], pieces[first:last]) for first, last in bounds]


def embedding_for(engine: Engine, model: str, embed: Any, validator: str) -> Embed | None:
    """Return the embedding of a rule: `embed` if it was given, the model for engine="embeddings", or None for letters.

    Raises ValueError if both are given, or if a folder does not exist; SpecError if the library is not installed.

    >>> embedding_for("letters", MODEL, None, "similar-to-list"), embedding_for("letters", MODEL, len, "a") is len
    (None, True)
    """
    if not model.strip():
        raise ValueError("model is empty; name a model of sentence-transformers, or its folder")
    if engine == "letters":
        given: Embed | None = embed
        return given
    if embed is not None:
        raise ValueError('embed is an embedding already; leave it out, or engine="embeddings"')
    from importlib.util import find_spec

    if find_spec("sentence_transformers") is None:
        raise SpecError.of(
            f"validator {validator!r} needs a package for engine='embeddings' that is not installed",
            code="validator-package",
            hint="install it: pip install 'railguard[embeddings]'",
        )
    if (os.path.isabs(model) or model.startswith((".", "~"))) and not os.path.isdir(os.path.expanduser(model)):
        raise ValueError(f"there is no folder {model!r}; model is a folder or the name of a model")
    return _embedding(model)


@lru_cache(maxsize=64)
def _embedding(model: str) -> Embedding:
    """Return one object for each model, so that vectors cached for it are found again."""
    return Embedding(model)


_loading = Lock()


def _loaded(model: str) -> tuple[Any, Lock]:
    """A model and the lock it is used under."""
    with _loading:
        return _load(model)


@lru_cache(maxsize=_LOADED)
def _load(model: str) -> tuple[Any, Lock]:
    from sentence_transformers import SentenceTransformer

    try:
        return SentenceTransformer(os.path.expanduser(model)), Lock()
    except Exception as error:  # hubs, files and torch raise all kinds
        raise ValueError(f"the model {model!r} cannot be loaded: {type(error).__name__}: {error}") from error


def _pieces(text: str, longest: int) -> Iterator[str]:
    """A text as a model can read it: whole if it has at most so many words, else by its sentences, and those that are
    longer by their words.

    >>> list(_pieces("One two. Three four five six. Seven.", 3))
    ['One two.', 'Three four five', 'six.', 'Seven.']
    """
    if len(text.split(None, longest)) <= longest and len(text) <= 20 * longest:
        yield text
        return
    for start, end in sentences(text):
        words = text[start:end].split()
        for at in range(0, len(words), longest):
            piece = " ".join(words[at : at + longest])
            for cut in range(0, len(piece), 20 * longest):  # a script without spaces is one word
                yield piece[cut : cut + 20 * longest]


def _mean(vectors: list[list[float]], pieces: list[str]) -> list[float]:
    """The mean of the vectors of some pieces, weighted by their length, of length 1."""
    if len(vectors) == 1:
        return vectors[0]
    mean = [
        math.fsum(x * len(piece) for x, piece in zip(column, pieces, strict=True))
        for column in zip(*vectors, strict=True)
    ]
    size = math.hypot(*mean) or 1.0
    return [x / size for x in mean]
