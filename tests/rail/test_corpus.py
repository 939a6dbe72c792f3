"""149 documents that people wrote: all are read, or refused with a line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from railguard.errors import SpecError
from railguard.rail import check, load, rail_document
from railguard.rail.tolerant import tree
from railguard.validation import Rule

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus" / "rail_specs.jsonl"
CANNOT_RUN = {"unknown-validator", "validator-arguments", "validator-syntax", "validator-package"}
pytestmark = pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not part of the project")


def documents() -> list[dict[str, Any]]:
    return [json.loads(line) for line in CORPUS.read_text("utf-8").splitlines()]


def test_all_but_ten_load_and_the_others_are_refused_with_a_line() -> None:
    loaded = 0
    for document in documents():
        errors = [problem for problem in check(document["rail"]) if problem.severity == "error"]
        if errors:
            with pytest.raises(SpecError) as caught:
                load(document["rail"])
            assert caught.value.line == errors[0].line is not None, document["id"]
        else:
            load(document["rail"])
            loaded += 1
    assert loaded == 139


def test_every_problem_has_a_place_a_code_and_an_excerpt() -> None:
    for document in documents():
        lines = document["rail"].splitlines()
        for problem in check(document["rail"]):
            assert problem.line is not None
            assert problem.column is not None
            assert 1 <= problem.line <= len(lines) + 1
            assert problem.excerpt


def test_what_loads_can_be_written_as_1_0_and_is_the_same() -> None:
    written = 0
    for document in documents():
        try:
            spec = load(document["rail"])
            text = rail_document(spec)
        except SpecError:
            continue
        written += 1
        if any(rule.validator is None for rule in rules(spec)):
            assert {p.code for p in check(text) if p.severity == "error"} <= CANNOT_RUN, document["id"]
            continue
        again = load(text)
        assert again.schema.root == spec.schema.root, document["id"]
        assert again.messages == spec.messages, document["id"]
        assert again.reask == spec.reask, document["id"]
    assert written >= 130


def test_nothing_that_was_written_as_a_validator_is_lost_without_a_warning() -> None:
    for document in documents():
        try:
            spec = load(document["rail"])
        except SpecError:
            continue
        lost = {"validator-type", "on-fail-without-validator", "misplaced-element", "missing-name"}
        named = document["rail"].count("validators=")
        if named and not lost & {warning.code for warning in spec.warnings}:
            assert rules(spec), document["id"]


def rules(spec: Any) -> list[Rule]:
    from railguard.schema import child_nodes

    found, open_ = [], [spec.schema.root]
    while open_:
        node = open_.pop()
        found += node.rules
        open_ += child_nodes(node)
    found += [rule for message in spec.messages for rule in message.rules]
    return found + [shared.rule for shared in spec.message_rules]


SEEDS = [
    ('<string name="seed" min-length="5" max-length="3"/>', "bad-range"),
    ('<string name="seed" min-length="5" validators="length: max=3"/>', "contradiction"),
    ('<string name="seed" validators="lower-case; upper-case"/>', "contradiction"),
    ("<string name=\"seed\" validators=\"valid-choices: {['a']}; valid-choices: {['b']}\"/>", "contradiction"),
    ('<enum name="seed" values="small, Large" validators="lower-case"/>', "contradiction"),
    ('<string name="seed" pattern="^[a-z]{3}$" min-length="5"/>', "contradiction"),
    ('<string name="seed" validators="regex-match: ^a.*; regex-match: ^b.*"/>', "contradiction"),
    ('<integer name="seed" minimum="6" maximum="9" multiple-of="5"/>', "contradiction"),
    ('<integer name="seed" maximum="-1" validators="positive"/>', "contradiction"),
    ('<integer name="seed" maximum="5" default="9"/>', "bad-default"),
    ('<string name="seed" validators="length"/>', "never-fails"),
    ('<string name="seed" validators="one-line; one-line"/>', "never-fails"),
    ('<string name="seed" max-length="5" validators="length: max=9"/>', "never-fails"),
    (
        '<string name="seed" validators="upper-case; regex-match: \'[a-z ]+\'" on-fail-upper-case="fix"/>',
        "fix-refused",
    ),
    ('<string name="seed" validators="one-line" on-fail-one-line="filter"/>', "filter-takes-all"),
]
ALARMS = {"bad-range", "contradiction", "bad-default", "never-fails", "fix-refused"}


def test_no_document_of_the_corpus_raises_an_alarm_that_is_none() -> None:
    found = [(d["id"], p.code) for d in documents() for p in check(d["rail"]) if p.code in ALARMS]
    assert found == []
    takes_all = [(d["id"], p.line) for d in documents() for p in check(d["rail"]) if p.code == "filter-takes-all"]
    for name, line in takes_all:  # each is an on-fail-…="filter" on what all around it needs
        text = next(d["rail"] for d in documents() if d["id"] == name)
        assert 'filter"' in "".join(text.splitlines()[line - 1 : line + 4]), name


def test_contradictions_that_are_put_into_the_corpus_are_found_and_change_nothing_else() -> None:
    tried = 0
    for number, document in enumerate(documents()):
        text = document["rail"]
        output = next((one for one in tree(text).walk() if one.tag == "output"), None)
        if output is None or output.get("type") not in (None, "object") or not output.elements:
            continue
        if "name" not in {one.name for one in output.elements[0].attributes}:
            continue  # an old document whose one element is the output
        before = [(p.code, p.message) for p in check(text)]
        for seed, code in (SEEDS[number % len(SEEDS)], SEEDS[(number * 7 + 3) % len(SEEDS)]):
            seeded = text[: output.tag_end] + "\n" + seed + text[output.tag_end :]
            line = text.count("\n", 0, output.tag_end) + 2
            problems = check(seeded)
            assert [p.line for p in problems if p.code == code and "seed" in (p.excerpt or "")] == [line], (seed, text)
            others = [p for p in problems if p.line != line]
            assert [p.code for p in others] == [code for code, _ in before], (seed, text)
            tried += 1
    assert tried >= 150
