"""How the time of a call grows, judged without a clock."""

from __future__ import annotations

import math
import random
import re
import time

import pytest

from railguard.testing.growth import steep_growth


class Work:
    """A call whose time is a formula of the size, on a clock of its own that only it moves."""

    def __init__(self, seconds, busy=lambda: 1.0):
        self.now, self.seconds, self.busy = 0.0, seconds, busy

    def __call__(self, size):
        self.now += self.seconds(size) * self.busy()


@pytest.fixture
def growth_of(monkeypatch):
    def measure(work):
        monkeypatch.setattr(time, "thread_time", lambda: work.now)
        return steep_growth(work, lambda size: size)

    return measure


@pytest.mark.parametrize("before", [0, 1e-6, 1e-3, 0.1], ids="{} s before".format)
@pytest.mark.parametrize("beside", [0, 1e-7, 2e-6], ids="{} s an item".format)
@pytest.mark.parametrize("power", [2, 2.5, 3])
def test_time_that_grows_faster_than_in_proportion_is_steep(growth_of, before, beside, power):
    growth = growth_of(Work(lambda size: before + beside * size + 3e-8 * size**power))
    assert growth is not None
    assert growth > 130


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(
    "shape", [lambda n: 1.0, lambda n: n, lambda n: n * math.log2(n)], ids=["constant", "n", "n log n"]
)
@pytest.mark.parametrize("before", [0, 1e-3])
def test_time_in_proportion_is_not_steep_on_a_busy_machine(growth_of, shape, before, seed):
    """One measurement in three takes up to four times as long."""
    chance = random.Random(seed)
    work = Work(lambda n: before + 1e-6 * shape(n), lambda: chance.choice([1, 1, chance.uniform(1, 4)]))
    assert growth_of(work) is None


def test_quadratic_time_of_a_real_call_is_steep():
    """A busy machine may hide it from one look, but not from each of ten."""

    def call(text):
        return re.findall("a+$", text)

    assert any(steep_growth(call, lambda n: "a" * n + "b") for _ in range(10))


@pytest.mark.parametrize("call", [len, str.split, sorted, lambda text: [hash(c) for c in text]])
def test_time_in_proportion_is_not(call):
    assert steep_growth(call, lambda n: "a b" * n) is None


def test_a_call_that_stays_quick_is_tried_up_to_the_largest_length_only():
    lengths = []

    def make(size):
        lengths.append(3 * size)
        return "a b" * size

    assert steep_growth(len, make, largest=3_000) is None
    assert max(lengths) <= 3_000
    sizes = []
    assert steep_growth(lambda size: sizes.append(size), lambda size: size, largest=500) is None
    assert max(sizes) <= 500


def test_what_the_call_raises_is_raised():
    with pytest.raises(ZeroDivisionError):
        steep_growth(lambda n: n / 0, lambda n: n)
