"""Selects the rows of the input to process: all, the first ones, or a sample."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

from railguard import InputError
from railguard.batch.blocks import RowBlock

__all__ = ["Selection"]


@dataclass(frozen=True, slots=True)
class Selection:
    """The selected rows, by their ordinals.

    Attributes:
        limit: The number of first rows; None for all.
        sample: The ordinals of the sample; None for all.
    """

    limit: int | None = None
    sample: frozenset[int] | None = None

    @classmethod
    def of(cls, limit: int | None, sample: int | None, seed: int, blocks: Iterable[RowBlock]) -> Selection:
        """Create the selection for `limit=` and `sample=`: of the first `limit` rows, `sample` drawn at random by the
        seed.

        Raises InputError for numbers below 1.
        """
        for name, number in (("limit", limit), ("sample", sample)):
            if number is not None and number < 1:
                raise InputError(f"{name} is a number of rows from 1, not {number}")
        if sample is None:
            return cls(limit)
        total = 0
        for block in blocks:
            total = block.ordinal + block.rows
            if limit is not None and total >= limit:
                total = limit
                break
        drawn = random.Random(seed).sample(range(total), min(sample, total))
        return cls(limit, frozenset(drawn))

    @property
    def is_all(self) -> bool:
        """Whether every row is selected."""
        return self.limit is None and self.sample is None

    def wants(self, ordinal: int) -> bool:
        """Whether a row is selected."""
        return (self.limit is None or ordinal < self.limit) and (self.sample is None or ordinal in self.sample)

    def begins_after(self, block: RowBlock) -> bool:
        """Whether no row is selected from a block on."""
        return self.limit is not None and block.ordinal >= self.limit
