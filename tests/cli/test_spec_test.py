"""`railguard test`: a report on a spec, its cases, and what the exit code says of both."""

from __future__ import annotations

import json

WEAK = """<rail version="1.0">
  <output><string name="a"/><integer name="b" validators="valid-range: 0 100"/></output>
</rail>
"""
GOOD = {"id": "good", "answer": {"a": "x", "b": 1}, "passes": True}
BAD = {"answer": {"a": "x", "b": 101}, "passes": True}


def test_a_spec_gets_a_score_a_table_and_its_weak_places_by_name(folder, cli):
    (folder / "weak.rail").write_text(WEAK)
    result = cli("test", "weak.rail")
    assert result.code == 0
    assert "valid-range maximum" in result.out
    assert "no-rule $.a: nothing checks it but its type, string" in result.out
    assert "% of" in result.out.splitlines()[-1]


def test_the_report_as_json_and_as_a_page(folder, cli):
    (folder / "weak.rail").write_text(WEAK)
    (folder / "answers.jsonl").write_text('{"a": "x", "b": 3}\n{"output": {"a": "x", "b": 300}}\n')
    result = cli("test", "weak.rail", "--format", "json", "--html", "r.html", "--answers", "answers.jsonl")
    report = result.json
    assert report["spec"] == "weak.rail"
    assert 0 < report["score"] < 100
    assert (report["answers"], report["answers_failed"]) == (2, 1)
    assert {rule["verdict"] for rule in report["rules"]} == {"ok"}
    assert (folder / "r.html").read_text().startswith("<!DOCTYPE html>")


def test_a_score_below_the_least_one_fails(folder, cli):
    (folder / "weak.rail").write_text(WEAK)
    assert cli("test", "weak.rail", "--min-score", "1").code == 0
    result = cli("test", "weak.rail", "--min-score", "99%")
    assert (result.code, result.err) == (1, "the score is below 99 %\n")
    assert cli("test", "weak.rail", "--min-score", "101").code == 2


def test_the_cases_beside_a_spec_are_run(folder, cli):
    (folder / "weak.rail").write_text(WEAK)
    cases = folder / "weak.cases.jsonl"
    cases.write_text(json.dumps(GOOD))
    assert cli("test", "weak.rail", "--cases-only").out == "1 of 1 case as expected\n"
    cases.write_text(f"{json.dumps(GOOD)}\n{json.dumps(BAD)}\n")
    result = cli("test", "weak.rail", "--cases-only")
    assert result.code == 1
    assert "FAILED" in result.out
    assert "weak.cases.jsonl:2 line 2\n  it should pass, and it fails\n  $.b: " in result.out
    result = cli("test", "weak.rail", "--format", "json")
    assert result.code == 1
    assert [case["agrees"] for case in result.json["cases"]] == [True, False]


def test_cases_that_are_not_there_or_no_cases_are_an_error_with_the_mend(folder, cli):
    (folder / "weak.rail").write_text(WEAK)
    result = cli("test", "weak.rail", "--cases-only")
    assert result.code == 2
    assert "write them to weak.cases.jsonl" in result.err
    (folder / "other.jsonl").write_text("{}")
    result = cli("test", "weak.rail", "--cases", "other.jsonl")
    assert result.code == 2
    assert 'other.jsonl:1: the case has no "answer"' in result.err


def test_a_model_and_a_json_schema_are_tested_as_well(folder, cli):
    assert "no-rule $.issuer" in cli("test", "models:Fees").out
    assert "no-rule $.age" in cli("test", "schema.json").out
