"""Patterns and choices in pydantic-core's accepting pass: there they mean what RE2 and the validators say, or stay out."""

from __future__ import annotations

import json
import os
import random
import re
from typing import Any

import pytest
from pydantic_core import SchemaValidator

from railguard import Guard
from railguard.schema import StringNode
from railguard.schema.bounds import bounds_of
from railguard.schema.constraints import constraints
from railguard.validation import patterns
from railguard_validators.length import length
from railguard_validators.regex_match import regex_match
from railguard_validators.valid_choices import valid_choices

TRIALS = 100_000 if os.environ.get("RAILGUARD_FUZZ") else 2_000
ALPHABET = [*"abZ09_- \t\n\r\x0b]\\{&~\0", "\u2028", "\u00a0", "é", "ſ", "\u212a", "٣", "𝟙", "\ufeff"]
ATOMS = re.findall(
    r"\S+",
    r"""a b Z 0 _ \- é \u00e9 . \d \D \w \W \s \S [ab] [^a] [a-z] [^\d_] [\w.-] [\s\S] [&~] [\]\\] \{ ] \x41 \n \/ (?:a|b)
    (a|) (?<n>b) [^\s\S]""",
)
REPEATS = ["", "", "", "", "*", "+", "?", "*?", "+?", "{2}", "{0,2}", "{1,}", "{0}", "{2,3}?"]


def a_pattern(rng: random.Random, depth: int = 0) -> str:
    parts = []
    for _ in range(rng.randint(1, 4)):
        atom = rng.choice(ATOMS) if depth > 1 or rng.random() < 0.8 else f"({a_pattern(rng, depth + 1)})"
        parts.append(atom + rng.choice(REPEATS))
    text = "".join(parts)
    if rng.random() < 0.3:
        text += "|" + "".join(rng.choice(ATOMS) for _ in range(rng.randint(0, 2)))
    if depth == 0:
        text = rng.choice(["^", "", "\\A"]) + text + rng.choice(["$", "", "\\Z"])
    return text


def test_a_pattern_in_core_matches_what_re2_matches() -> None:
    """RAILGUARD_FUZZ=1 tries a hundred thousand."""
    rng = random.Random(20_240_501)
    tried = matched = 0
    while tried < TRIALS:
        pattern = a_pattern(rng)
        rust = patterns.in_rust(pattern)
        assert rust is not None, pattern
        core = SchemaValidator({"type": "str", "strict": True, "pattern": rust, "regex_engine": "rust-regex"})
        engine = patterns.compile(pattern)
        for _ in range(10):
            text = "".join(rng.choice(ALPHABET) for _ in range(rng.randint(0, 6)))
            tried += 1
            try:
                core.validate_json(json.dumps(text))
                accepts = True
            except ValueError:
                accepts = False
            assert accepts is engine.search(text), (pattern, text)
            matched += accepts
    assert TRIALS // 10 < matched < TRIALS * 9 // 10


def test_a_pattern_that_is_used_often_says_what_re2_says() -> None:
    """RAILGUARD_FUZZ=1 tries a hundred thousand."""
    rng = random.Random(20_261_130)
    tried = matched = 0
    while tried < TRIALS:
        pattern = a_pattern(rng)
        often = patterns.compile(pattern)
        for _ in range(patterns._MANY):
            often.search("")
        assert often._whole is not patterns._never, pattern
        seldom = patterns.compile.__wrapped__(pattern)
        for _ in range(patterns._MANY // 2 - 1):
            text = "".join(rng.choice(ALPHABET) for _ in range(rng.randint(0, 6)))
            tried += 1
            said = often.search(text), often.fullmatch(text)
            assert said == (seldom.search(text), seldom.fullmatch(text)), (pattern, text)
            matched += said[1]
        assert seldom._whole is patterns._never, "it is asked of RE2"
    assert TRIALS // 50 < matched < TRIALS * 9 // 10
    surrogate = patterns.compile("^[^a]$")
    assert [surrogate.search("\ud800") for _ in range(patterns._MANY * 2)] == [True] * patterns._MANY * 2


@pytest.mark.parametrize(
    "pattern",
    [r"\ba", r"a\B", r"\p{Lu}", r"(?i)a", r"(?m)^a", r"^(?=a)b", r"^(?!a)b", "^*", "a{2}{3}", r"[\p{L}]"],
)
def test_a_pattern_outside_the_grammar_stays_with_re2(pattern: str) -> None:
    try:
        patterns.compile(pattern)
    except Exception:
        return
    assert patterns.in_rust(pattern) is None
    assert bounds_of(StringNode(pattern=pattern)).done == frozenset()


def test_one_pattern_a_text_is_in_core_and_the_others_run_by_themselves() -> None:
    node = StringNode(pattern="^a", rules=(regex_match("b$"), length(2, 3)))
    bounds = bounds_of(node)
    assert bounds.done == {0, 2}
    assert (bounds.core["min_length"], bounds.core["max_length"]) == (2, 3)


def test_choices_are_in_core_together_with_what_else_it_can_check() -> None:
    node = StringNode(max_length=3, rules=(valid_choices(["red", "green", "blue", "tan"]), regex_match("[rt].*")))
    assert bounds_of(node).core == {"type": "literal", "expected": ["red", "tan"]}
    guard = Guard.from_rail_string(
        '<rail version="1.0"><output><string name="c" max-length="4" '
        "validators=\"valid-choices: {['red', 'green', 'blue']}\"/></output></rail>"
    )
    assert guard.parse('{"c": "red"}').passed
    assert [f.validator for f in guard.parse('{"c": "green"}').failures] == ["maxLength"]
    assert [f.validator for f in guard.parse('{"c": "pink"}').failures] == ["valid-choices"]


def test_choices_that_nothing_can_keep_are_left_to_the_checks() -> None:
    node = StringNode(min_length=9, rules=(valid_choices(["red"]),))
    assert bounds_of(node) == ({}, frozenset())


@pytest.mark.parametrize("text", ['"\\ud800"', '"a\\ud800"'])
def test_a_lone_surrogate_never_reaches_the_engine(text: str) -> None:
    guard = Guard.from_json_schema({"type": "array", "items": {"type": "string", "pattern": "^a?.$"}})
    outcome = guard.parse(f"[{text}]")
    assert not outcome.passed


def test_what_core_accepts_is_what_the_checks_say() -> None:
    rng = random.Random(7)
    for _ in range(300):
        node = StringNode(
            pattern=a_pattern(rng) if rng.random() < 0.7 else None,
            max_length=rng.choice([None, 1, 3]),
            rules=tuple(
                rng.sample(
                    [
                        length(0, 2),
                        valid_choices(["a", "ab", "0", ""]),
                        valid_choices(["a", "b"]),
                        regex_match("[ab]+"),
                        regex_match(re.escape("a")),
                    ],
                    rng.randint(0, 3),
                )
            ),
        )
        bounds = bounds_of(node)
        core: Any = bounds.core if "type" in bounds.core else {"type": "str", "strict": True, **bounds.core}
        validator = SchemaValidator(core)
        tests = [*(one.holds for one in constraints(node)), *(rule.run for rule in node.rules)]
        for text in ["a", "ab", "0", "", "b", "aa", "é", " "]:
            said = all(tests[index](text) in (None, True) for index in bounds.done)
            try:
                validator.validate_python(text)
                accepted = True
            except ValueError:
                accepted = False
            assert accepted is said or not bounds.done, (node, text)
