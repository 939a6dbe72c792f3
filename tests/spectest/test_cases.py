"""Cases: answers stored with the verdict that a spec must give."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from railguard import Guard, InputError
from railguard.spectest import cases_beside, read_cases, run_case, spec_beside

SPEC = '<rail version="1.0"><output><string name="a" validators="two-words"/><integer name="b"/></output></rail>'


def write(folder: Path, *cases: Any) -> Path:
    file = folder / "it.cases.jsonl"
    file.write_text("\n".join(json.dumps(case) if not isinstance(case, str) else case for case in cases))
    return file


@pytest.mark.parametrize(
    ("case", "difference"),
    [
        ({"answer": {"a": "two words", "b": 1}, "passes": True}, ""),
        ({"answer": '{"a": "two words", "b": 1}', "passes": True, "paths": []}, ""),
        ({"answer": {"a": "one", "b": 1}, "passes": False, "paths": ["$.a"]}, ""),
        ({"answer": {"a": "one", "b": 1}, "passes": False}, ""),
        ({"answer": {"a": "one", "b": 1}, "paths": ["$.a"]}, ""),
        ({"answer": "no JSON at all", "passes": False}, ""),
        ({"answer": {"a": "two words", "b": 1}, "passes": False}, "it should fail, and it passes"),
        ({"answer": {"a": "one", "b": 1}, "passes": True}, "it should pass, and it fails"),
        ({"answer": {"a": "one", "b": 1}, "passes": False, "paths": ["$.b"]}, "it should fail at $.b"),
        ({"answer": {"a": "one", "b": "x"}, "passes": False, "paths": ["$.b"]}, "it should not fail at $.a"),
    ],
)
def test_a_case_says_what_is_different(case: dict[str, Any], difference: str, tmp_path: Path) -> None:
    [read] = read_cases(write(tmp_path, case))
    result = run_case(Guard.from_rail_string(SPEC), read)
    assert result.difference.partition("\n")[0] == difference
    assert result.agrees is (difference == "")


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("{", "not a line of JSON"),
        ([1], "a case is an object"),
        ({"passes": True}, 'the case has no "answer"'),
        ({"answer": 1}, "neither"),
        ({"answer": 1, "passes": "yes"}, '"passes" is true or false'),
        ({"answer": 1, "passes": True, "pahts": []}, "no member 'pahts'"),
        ({"answer": 1, "passes": False, "paths": "$.a"}, '"paths" is a list'),
        ({"answer": 1, "passes": False, "paths": ["a"]}, "a path starts with $"),
        ({"answer": 1, "passes": True, "paths": ["$.a"]}, "what passes has no failing paths"),
        ({"answer": 1, "passes": True, "id": 3}, '"id" is a text'),
    ],
)
def test_a_line_that_is_no_case_is_named_with_its_place(line: Any, wrong: str, tmp_path: Path) -> None:
    file = write(tmp_path, {"answer": 1, "passes": True}, "", line)
    with pytest.raises(InputError) as raised:
        read_cases(file)
    assert f"{file}:3: " in str(raised.value)
    assert wrong in str(raised.value)


def test_cases_are_found_beside_a_spec_and_the_spec_beside_its_cases(tmp_path: Path) -> None:
    file = write(tmp_path, {"answer": 1, "passes": True})
    assert spec_beside(file) is None
    spec = tmp_path / "it.rail"
    spec.write_text(SPEC)
    assert spec_beside(file) == spec
    assert cases_beside(str(spec)) == file
    assert cases_beside(str(tmp_path / "other.rail")) is None
    assert cases_beside("module:Model") is None
