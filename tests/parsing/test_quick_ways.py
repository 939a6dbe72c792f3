"""What the reader takes at a glance is what it would decide step by step, in pieces of any size."""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Callable

import pytest

from railguard.parsing import Reader
from railguard.parsing.json import reader as module
from railguard.parsing.json.plain import is_spelled_plainly, read_plain_json
from railguard.parsing.json.whole_text import read_at, read_tolerant
from railguard.parsing.reading import Parsed
from railguard.testing.growth import steep_growth
from railguard.values import UNSET, Limits

TRIALS = 1_500 * min(int(os.environ.get("RAILGUARD_FUZZ") or 1), 20)
WORDS = [
    "a",
    "name",
    "it's",
    'say "x"',
    "two words",
    "a, b",
    "x: y",
    "",
    " ",
    "{",
    "]",
    "\\n",
    "é",
    "1",
    "-",
    "http://x",
    "k'",
]
SPACES = ["", "", "", " ", "\n", "  \t", "\ufeff", " " * 25, "\n" * 330]


def a_text(rng: random.Random) -> str:
    """JSON with trailing commas, single quotes and other faults here and there."""

    def quoted() -> str:
        quote = rng.choice(['"', "'", "'", "'", "`", "“"]) if rng.random() < 0.3 else style
        return quote + rng.choice(WORDS) * rng.choice([1, 1, 1, 1, 40]) + quote

    def space() -> str:
        return rng.choice(SPACES) if rng.random() < 0.3 else ""

    def value(depth: int) -> str:
        kind = rng.random()
        if depth and kind < 0.25:
            parts = [space() + value(depth - 1) + space() for _ in range(rng.randrange(4))]
            return (
                "["
                + ",".join(parts)
                + rng.choice(["", "", ",", ", ", ",,"])
                + rng.choice(["]", "]", "]", "]", "}", ""])
            )
        if depth and kind < 0.5:
            parts = [quoted() + space() + ":" + space() + value(depth - 1) + space() for _ in range(rng.randrange(4))]
            comma = rng.choice([",", ",", ", ", ",\n", "", ";"])
            return (
                "{" + comma.join(parts) + rng.choice(["", "", ",", ",\n"]) + rng.choice(["}", "}", "}", "}", "]", ""])
            )
        if kind < 0.85:
            return rng.choice(["u", "", "", "", "", "", "", "", "", ""]) + quoted()
        return rng.choice(["1", "-2.5", "true", "None", "1.10", "x", "...", "("])

    style = rng.choice(['"', "'"])
    return rng.choice(["{'k': ", "[", ""]) + value(3) + rng.choice(["", "}", "]", " more"])


def read(text: str, size: int) -> tuple[object, ...]:
    """All that a reader says of a text that comes in pieces of a size."""
    reader = Reader(Limits(depth=6))
    events = []
    for at in range(0, len(text), size):
        events += [(event.type, str(event.path), repr(event.value)) for event in reader.feed(text[at : at + size])]
    events += [(event.type, str(event.path), repr(event.value)) for event in reader.close()]
    notes = [(str(path), repr(note)) for path, _, note in reader.traced.history.walk()]
    scalars = [event for event in events if event[0] == "value"]
    return repr(reader.value), sorted(notes), [note for _, note in notes], scalars, reader.end, reader.done


def test_what_is_read_at_a_glance_is_what_is_decided_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """RAILGUARD_FUZZ=20 tries thirty thousand."""
    rng = random.Random(20_261_130)
    cases = [(text, rng.choice([1, 2, 5, 17, len(text) + 1])) for text in (a_text(rng) for _ in range(TRIALS))]
    quick = [read(text, size) for text, size in cases]
    never = re.compile(r"(?!)").match
    for name in ("KEY", "STRING", "ITEM", "SCALAR", "ITEM_SCALAR"):
        monkeypatch.setattr(module, f"_PLAIN_{name}", never)
    for name in ("KEY", "STRING", "ITEM"):
        monkeypatch.setattr(module, f"_SINGLE_{name}", never)
    monkeypatch.setattr(module, "_closes_plainly", lambda *given: False)
    for (text, size), found in zip(cases, quick, strict=True):
        assert found == read(text, size), (text, size)
    clean = sum(not notes for _, notes, *_ in quick)
    assert TRIALS // 50 < clean < TRIALS // 2, "the texts are too good, or too bad"


def test_single_quotes_and_trailing_commas_are_read_at_a_glance(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    slow = module.value
    monkeypatch.setattr(module, "value", lambda state, frame, mark: asked.append(mark) or slow(state, frame, mark))
    text = "{'items': [{'id': 1, 'name': 'a b', 'tags': ['x', 'y',],}, {'id': 2, 'name': 'c', 'tags': [],},],}"
    assert read(text, len(text))[0] == repr(
        {"items": [{"id": 1, "name": "a b", "tags": ["x", "y"]}, {"id": 2, "name": "c", "tags": []}]}
    )
    assert asked == ["{"], "only the root is decided step by step"


def loose(rng: random.Random, depth: int = 3) -> str:
    """JSON with commas before its closing brackets, and now and then another fault."""
    if not depth or rng.random() < 0.4:
        texts = [", }", "x,]y", 'q"uo\\te', "\\", " ,", "{", '"']
        value = rng.choice([1, -0.0, 12.5, 1.5, True, None, 1e22, 12345678901234567, "", *texts])
        return rng.choice([json.dumps(value)] * 40 + ["'a'", "1.50", '"', ","])
    is_list = rng.random() < 0.5
    parts = [loose(rng, depth - 1) for _ in range(rng.randrange(4))]
    if not is_list:
        parts = [f"{json.dumps(rng.choice(['a', 'b', 'c,}', 'd']))}:{part}" for part in parts]
    inside = rng.choice([",", ", ", " ,\n"]).join(parts) + rng.choice(["", "", "", ",", " , ", ",,"])
    return f"[{inside}]" if is_list else f"{{{inside}}}"


def told(parsed: Parsed) -> tuple[object, ...]:
    notes = sorted(((order, path, note) for path, order, note in parsed.traced.history.walk()), key=lambda one: one[0])
    return json.dumps(parsed.traced.value), parsed.start, parsed.end, [one[1:] for one in notes]


def test_commas_before_brackets_are_read_as_the_tolerant_reader_reads_them(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(11)
    slowly: list[str] = []
    monkeypatch.setattr(
        "railguard.parsing.json.whole_text.read_tolerant",
        lambda text, limits, start: (slowly.append(text), read_tolerant(text, limits, start))[1],
    )
    texts = [rng.choice(["", "", " ", "\n"]) + loose(rng) + rng.choice(["", "", "\n"]) for _ in range(2 * TRIALS)]
    texts = [text for text in texts if re.search(r",\s*[}\]]", text)]
    for text in texts:
        start = len(text) - len(text.lstrip())
        assert told(read_at(text, Limits(), start)) == told(read_tolerant(text, Limits(), start)), text
    assert len(texts) / 10 < len(texts) - len(slowly) < len(texts)


@pytest.mark.parametrize(
    "make",
    [
        lambda n: '{"a":"' + '\\"' * n + ",}",
        lambda n: "[" + '"' * n + ",]",
        lambda n: "[" + "1, " * n + "x,]",
        lambda n: '[1,] "' + "]" * n,
    ],
    ids=["escapes", "quotes", "commas", "brackets in a text"],
)
def test_looking_for_commas_is_linear(make: Callable[[int], str]) -> None:
    assert steep_growth(lambda text: read_at(text, Limits()), make) is None


def test_a_number_that_json_would_spell_otherwise_is_found_outside_of_texts() -> None:
    rng = random.Random(int(os.environ.get("RAILGUARD_SEED") or 7))
    missed, found, plain = [], 0, 0
    for _ in range(4 * TRIALS):
        whole = rng.choice(["0", str(rng.randint(1, 10 ** rng.randint(1, 17)))])
        fraction = "".join(rng.choices("0123456789", k=rng.randint(1, 12)))
        spelt = rng.choice(["", "-"]) + whole + rng.choice(["", f".{fraction}"]) + rng.choice(["", "", "", "e5", "E-3"])
        before = rng.choice(["", "1, ", '"1e5", ', '"\\\\", ', '"2024-05-02 -0 \\" 1.50", '])
        is_odd, is_plain = repr(json.loads(spelt)) != spelt, is_spelled_plainly(f"[{before}{spelt}]")
        missed += [spelt] if is_odd and is_plain else []
        found += is_odd
        plain += is_plain
    assert missed == []
    assert min(found, plain) > TRIALS / 2


def test_what_a_text_in_quotes_spells_is_no_number() -> None:
    assert is_spelled_plainly(
        '{"-0": "1e5", "at": "2024-05-02T10:00:00", "price": "12.50", "id": 12345678901234567890}'
    )
    assert not is_spelled_plainly('{"a": "\\"", "b": 1.50}')
    assert not is_spelled_plainly('{"a": "\\\\", "b": -0}')


@pytest.mark.parametrize("long", ["", "x" * 20_000], ids=["short", "long"])
@pytest.mark.parametrize("bracket", ["", "[", "{[", "[" * 100])
def test_a_plain_text_of_any_length_keeps_the_depth_and_gives_no_key_twice(long: str, bracket: str) -> None:
    beside = f'"text": "{long}{bracket}", "items": [{{"a": 1}}, {{"a": [1, {{}}]}}]'
    deepest = "[" * 9 + "]" * 9
    read = {
        shape: read_plain_json(f"{{{beside}, {shape}}}", Limits(depth=10))[0] is not UNSET
        for shape in (f'"b": {deepest}', f'"b": [{deepest}]', '"b": {"c": 1, "c": 2}', '"b": {"c": {}, "c": {}}')
    }
    assert list(read.values()) == [True, False, False, False], read
