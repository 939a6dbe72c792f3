"""What the programs of the rivals share: the work for both sides, and one line of JSON for each row."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import workloads
from measure import compare

from railguard import Guard

__all__ = ["LOOPS", "MESSAGES", "guard", "loop_of", "tell"]

MESSAGES = [{"role": "user", "content": "Read the list of fees from the document: …"}]
LOOPS = {"reask, 10×5 with 2 bad": (10, 2), "reask, 100×5 with 3 bad": (100, 3)}
"""Name of a loop → how many items there are, and how many of them are bad."""


def guard() -> Guard[Any]:
    """Our guard of the list, with the eight rules."""
    return Guard.from_json_schema(workloads.json_schema(rules=True, refs=True))


def loop_of(count: int, bad: int) -> tuple[str, str, str]:
    """The faulty answer, the whole answer that a rival's model writes then, and the one of ours."""
    whole = workloads.document(count)
    items = json.loads(whole)["items"]
    flat = {
        f"items.{at}.code": items[at]["code"]
        for at, item in enumerate(json.loads(workloads.faulty_values(count, bad))["items"])
        if item["code"] == "no code"
    }
    return workloads.faulty_values(count, bad), whole, json.dumps(flat)


def our_loop(made: Guard[Any], count: int, bad: int) -> Callable[[], object]:
    """One guarded call of ours with one reask."""
    faulty, _, flat = loop_of(count, bad)

    def run() -> object:
        answers = iter([faulty, flat])
        outcome = made(lambda messages: next(answers), messages=MESSAGES)
        assert outcome.passed
        assert len(outcome.iterations) == 2
        return outcome

    return run


def tell(
    rival: str, work: str, ours: Callable[[], object], theirs: Callable[[], object], goal: float | None = None
) -> None:
    """Measure both by turns and print the row."""
    measured = compare(ours, theirs, turns=7)
    row = {"rival": rival, "work": work, "ours": measured.ours, "theirs": measured.floor, "ratio": measured.ratio}
    print(json.dumps(row | {"low": measured.low, "high": measured.high, "goal": goal}), flush=True)
