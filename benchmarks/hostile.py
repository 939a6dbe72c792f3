"""`guard.parse` over hostile text: about sixty shapes, several schemas, both policies. It measures time and growth with size.

Linear means at most about twice the time for twice the text. Peak memory is Python's own, as a multiple of the text.
"""

from __future__ import annotations

import argparse
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from measure import growth

from railguard import Guard

__all__ = ["MEGABYTE", "SCHEMAS", "SHAPES", "Row", "rows"]

MEGABYTE = 1_000_000


def _times(unit: str) -> Callable[[int], str]:
    """A text of a size that is one unit again and again."""
    return lambda size: (unit * (size // len(unit) + 1))[:size]


def _behind(lead: str, unit: str, end: str = "") -> Callable[[int], str]:
    return lambda size: lead + _times(unit)(size) + end


SHAPES: dict[str, Callable[[int], str]] = {
    "open lists": _times("["),
    "open objects": _times('{"a":'),
    "open both": _times('[{"a":'),
    "closed lists": lambda size: "[" * (size // 2) + "]" * (size // 2),
    "wrong closers": _times("[}"),
    "closers": _behind("[", "]}"),
    "round brackets": _times("("),
    "double quotes": _behind('{"name": "', '"'),
    "single quotes": _behind("{'name': '", "'"),
    "backticks": _behind('{"name": `', "`"),
    "smart quotes in a list": _behind("[", "“"),
    "single smart quotes": _behind("[", "‘"),
    "guillemets": _behind("[", "«"),
    "mixed quotes": _behind("[", "\"'`“”‘’«»"),
    "triple quotes": _behind('{"name": """', '"""'),
    "quotes and commas": _behind('{"name": "', '", '),
    "quotes and keys": _behind('{"name": "', '", "x": "'),
    "quotes and closers": _behind('{"name": "', '"} '),
    "backslashes": _behind('{"name": "', "\\"),
    "escaped quotes": _behind('{"name": "', '\\"'),
    "cut unicode escapes": _behind('{"name": "', "\\u12"),
    "surrogates": _behind('{"name": "', "\\ud83d"),
    "fences": _times("```json\n"),
    "tilde fences": _times("~~~\n"),
    "fenced objects": _times('```json\n{"name": 1\n```\n'),
    "a brace and spaces": _behind("{", " ", "no"),
    "other marks": _times('｛"name"：1，'),
    "braces in prose": _times("a {b} c [d] "),
    "objects in prose": _times('so {"name": "x"} and '),
    "broken objects in prose": _times('so {"name": "x and '),
    "empty objects": _times("{}"),
    "half-open objects": _times('{"name": "x", '),
    "key after key": _behind("{", '"name", '),
    "commas": _behind("[", ","),
    "colons": _behind('{"name"', ":"),
    "commas and colons": _behind("{", ",:"),
    "digits": _behind("[", "7"),
    "numbers and dots": _behind("[", "1.2.3,"),
    "thoughts": _times("<think>"),
    "thoughts and ends": _times("<think></think>"),
    "elements": _times("<a><b>"),
    "block comments": _behind("{", "/*"),
    "comments": _behind("{", "// x\n"),
    "hashes": _behind("{", "#\n"),
    "line ends": _behind('{"name": "x",', "\r\n"),
    "byte order marks": _behind("", "\ufeff"),
    "control characters": _behind('{"name": "', "\x00\x1f"),
    "words": _behind("{name: ", "so and so "),
    "keys without quotes": _behind("{", "name: x, "),
    "calls": _times("Name(name="),
    "equals": _behind("{", "a=>"),
    "one wrong type each": _behind("[", '{"name": 1, "age": "x"},', "{}]"),
    "one wrong item each": _behind("[", "1,", "1]"),
    "one unknown key each": lambda size: "{" + ",".join(f'"k{n}": 1' for n in range(size // 13)) + "}",
    "one wrapper each": lambda size: "{" + ",".join(f'"k{n}": {{}}' for n in range(size // 13)) + "}",
    "escaped JSON": _times('{\\"name\\": '),
    "JSON in JSON": _behind('{"name": "', '{\\"a\\": ', '"}'),
    "spaces": _behind('{"name":', " \n\t"),
    "a mix": _times('{"a": [“x”, \'y\', `z`, 1,2 /* c */ // d\n "e\\u00e9 <think> ```'),
}
"""A name and the text of a size."""

_PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name"],
}
SCHEMAS: dict[str, dict[str, Any]] = {
    "object": {**_PERSON, "additionalProperties": False},
    "list": {"type": "array", "items": {**_PERSON, "additionalProperties": False}},
    "string": {"type": "string"},
    "any": {},
    "union": {"anyOf": [_PERSON, {"type": "array", "items": {"type": "integer"}}, {"type": "boolean"}]},
    "enum": {"enum": ["spam", "ham"]},
}
"""What is asked for."""


class Row(NamedTuple):
    """One shape under its worst schema and policy. seconds: CPU, of the whole size. growth: the ratio of the times for a
    doubled text. memory: the peak, as a multiple of the text; None where it was not measured."""

    shape: str
    schema: str
    policy: str
    seconds: float
    growth: float
    memory: float | None = None


def _seconds(guard: Guard, text: str) -> float:
    start = time.process_time()
    guard.parse(text)
    return time.process_time() - start


def _parsing(guard: Guard, shape: Callable[[int], str], size: int) -> Callable[[], object]:
    return partial(guard.parse, shape(size))


def _peak(guard: Guard, text: str) -> float:
    tracemalloc.start()
    try:
        guard.parse(text)
        return tracemalloc.get_traced_memory()[1] / sys.getsizeof(text)
    finally:
        tracemalloc.stop()


def rows(size: int = MEGABYTE, *, memory: bool = False) -> Iterator[Row]:
    """Each shape under the schema and policy where a quarter of `size` takes longest: its time at `size`, and how it grows."""
    guards = {
        (name, policy): Guard.from_json_schema(schema, repair=policy)
        for name, schema in SCHEMAS.items()
        for policy in ("lossless", "judgement")
    }
    for name, shape in SHAPES.items():
        text = shape(size // 4)
        took = {key: _seconds(guard, text) for key, guard in guards.items()}
        worst = max(took, key=lambda key: took[key])
        guard = guards[worst]
        found = growth(partial(_parsing, guard, shape), (size // 4, size // 2, size), turns=3, least=0.0)
        yield Row(name, *worst, found.seconds, 2**found.exponent, _peak(guard, shape(size)) if memory else None)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="The time of hostile texts, and how it grows.")
    arguments.add_argument("--size", type=int, default=MEGABYTE, metavar="BYTES", help="of each text")
    arguments.add_argument("--memory", action="store_true", help="measure the peak memory too")
    options = arguments.parse_args()
    for row in rows(options.size, memory=options.memory):
        peak = "" if row.memory is None else f" {row.memory:6.1f} x the text"
        print(
            f"{row.shape:26} {row.schema:7} {row.policy:10} {row.seconds:6.2f} s  x {row.growth:.2f}{peak}", flush=True
        )
