"""JSON-Schema-Test-Suite and JSONTestSuite: nothing invalid passes, nothing crashes, and what is refused is named.

The suites are not part of the project; without them these tests are skipped.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from railguard import Guard, SpecError
from railguard.schema.formats import is_text
from railguard.values import json_equal

SUITES = Path(__file__).resolve().parents[3] / "shared" / "suites"
DRAFTS = {
    "json-schema-draft2020-12": "https://json-schema.org/draft/2020-12/schema",
    "json-schema-draft7": "http://json-schema.org/draft-07/schema#",
}
pytestmark = pytest.mark.skipif(not SUITES.is_dir(), reason="the public suites are not here")

ASSERTED = ("format.json", "content.json", "optional/format/")
"""Files of keywords that the specification lets a validator take for words; railguard enforces them."""

WIDER = {
    "optional/format/ecmascript-regex.json": "patterns have some spellings of Python besides: (?P<name>…), (?i), \\a",
    "optional/format/duration.json": "fractions and left-out units, as ISO 8601 has them and pydantic writes them",
    "optional/format/time.json": "an offset may be missing: most documents give local times",
    "optional/format/idn-hostname.json": "the rule on labels of different directions is not checked across labels",
}
"""Formats that take more than the suite says, each with its reason."""

NOT_READ = {
    "$id inside a document": "json-schema-keyword",
    "points out of the document": "json-schema-reference",
    "$dynamicRef": "json-schema-keyword",
    "unevaluatedProperties together with patternProperties": "json-schema-keyword",
    "no value can satisfy": "json-schema-unsatisfiable",
    "can be satisfied": "json-schema-unsatisfiable",
    "enum must be a list": "json-schema",
    "invalid character class range": "pattern",
}
"""What a schema is refused for: a piece of the message, and its code."""


def cases(folder: str) -> list[tuple[str, str, Any, list[dict[str, Any]]]]:
    """(file, description, schema, tests) of a draft; a schema says of which draft it is."""
    found = []
    for path in sorted((SUITES / folder).rglob("*.json")):
        for case in json.loads(path.read_text(encoding="utf-8")):
            schema = case["schema"]
            if isinstance(schema, dict):
                schema = {"$schema": DRAFTS[folder], **schema}
            found.append((path.relative_to(SUITES / folder).as_posix(), case["description"], schema, case["tests"]))
    return found


def why_refused(guard: Guard, file: str, value: Any) -> str | None:
    """The reason for which a valid value may be refused."""
    if file.startswith(ASSERTED):
        return "formats and content are enforced"
    if any(warning.code == "json-schema-type" for warning in guard.warnings):
        return "a schema without a type has the type of its keywords, with a warning"
    if is_text(guard.spec.schema) and not value.strip():
        return "an empty answer is none"
    if isinstance(value, float) and value.is_integer():
        return "1.0 for a whole number is repaired, and here nothing is"
    return None


@pytest.mark.parametrize("folder", DRAFTS)
def test_nothing_invalid_passes_and_what_is_valid_does(folder: str) -> None:
    counts: Counter[str] = Counter()
    wrong: list[tuple[str, ...]] = []
    for file, description, schema, tests in cases(folder):
        try:
            guard = Guard.from_json_schema(schema, repair="none")
        except SpecError as error:
            named = {(words, one.code) for one in error.problems for words in NOT_READ if words in one.message}
            if not named & set(NOT_READ.items()):
                wrong.append((file, description, str(error)))
            counts["refused"] += 1
            continue
        text_root = is_text(guard.spec.schema)
        for test in tests:
            value = test["data"]
            if text_root and not isinstance(value, str):
                continue  # the answer is the text itself: nothing else can be given
            outcome = guard.parse(value if text_root else json.dumps(value))
            what = (file, description, test["description"])
            if not test["valid"]:
                counts["invalid"] += 1
                if outcome.passed and file not in WIDER:
                    wrong.append((*what, "passed"))
            elif not outcome.passed:
                counts["refused value"] += 1
                if why_refused(guard, file, value) is None:
                    wrong.append((*what, *map(str, outcome.failures)))
            else:
                counts["valid"] += 1
                given = [one for one in outcome.resolved if one.validator != "default"]
                filled = {one.path for one in outcome.repairs if one.rule == "default"}
                if given or (not filled and not json_equal(outcome.output, value)):
                    wrong.append((*what, "changed"))
    assert wrong == []
    assert counts["valid"] > 500
    assert counts["invalid"] > 400
    assert counts["refused value"] < 260
    assert counts["refused"] < 80


def test_json_is_read_as_the_parsing_suite_says() -> None:
    """What a JSON parser must read is read as it is; what is no JSON never passes as it is written."""
    guard = Guard.from_json_schema(True, repair="none")
    wrong = []
    for line in (SUITES / "json-parsing.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        kind, data = case["name"][:2], base64.b64decode(next(v for k, v in case.items() if k != "name"))
        try:
            text = data.decode()
        except UnicodeDecodeError:
            continue  # an answer is text
        outcome = guard.parse(text)
        if kind == "y_" and not outcome.passed and "duplicated_key" not in case["name"]:
            wrong.append((case["name"], text[:80], *map(str, outcome.failures)))
        if kind == "n_" and outcome.passed:
            wrong.append((case["name"], text[:80], repr(outcome.output)[:80]))
    assert wrong == []
