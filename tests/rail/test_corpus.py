"""149 documents that people wrote: all are read, or refused with a line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from railguard.errors import SpecError
from railguard.rail import check, load, write
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
            text = write(spec)
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
    from railguard.schema import children

    found, open_ = [], [spec.schema.root]
    while open_:
        node = open_.pop()
        found += node.rules
        open_ += children(node)
    found += [rule for message in spec.messages for rule in message.rules]
    return found + [shared.rule for shared in spec.message_rules]
