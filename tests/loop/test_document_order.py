"""Paths in document order: that of the values in the answer, and missing values after their siblings."""

from __future__ import annotations

import os
import random
from typing import Any

from railguard.loop.asking import in_document_order
from railguard.values import Path

TRIALS = 300 * int(os.environ.get("RAILGUARD_FUZZ") or 1)


def a_value(rng: random.Random, depth: int) -> Any:
    kind = rng.random()
    if depth and kind < 0.4:
        return {name: a_value(rng, depth - 1) for name in rng.sample("abcd", rng.randint(0, 4))}
    if depth and kind < 0.8:
        return [a_value(rng, depth - 1) for _ in range(rng.randint(0, 4))]
    return 1


def in_order(value: Any, path: tuple[str | int, ...] = ()) -> list[Path]:
    """Every path of a value, and of a member and an item that it lacks, from the first to the last."""
    paths = [Path(path)]
    if isinstance(value, (dict, list)):
        members = value.items() if isinstance(value, dict) else enumerate(value)
        for part, below in members:
            paths += in_order(below, (*path, part))
        missing = ["x", "y"] if isinstance(value, dict) else [len(value)]
        paths += [Path((*path, part)) for part in missing]
    return paths


def test_paths_come_in_document_order_in_whatever_order_they_are_given() -> None:
    rng = random.Random(int(os.environ.get("RAILGUARD_SEED") or 5))
    orders = set()
    for _ in range(TRIALS):
        value = a_value(rng, 3)
        every = in_order(value)
        wanted = sorted(rng.choices(range(len(every)), k=rng.randint(1, 6)))
        given = [every[at] for at in (wanted if rng.random() < 0.3 else rng.sample(wanted, len(wanted)))]
        ordered = in_document_order(given, value)
        assert ordered == [every[at] for at in wanted], (value, given)
        orders.add(ordered == given)
    assert orders == {True, False}
