"""`railguard batch`: exit codes, what is said, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

MODEL = "replay:conversation.jsonl"


def _lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_sound_rows_are_code_0_and_a_line_says_so(folder, cli):
    (folder / "rows.jsonl").write_text('{"age": 1}\n{"age": 2}\n')
    result = cli("batch", "age.rail", "rows.jsonl", "--out", "out.jsonl")
    assert (result.code, result.err) == (0, "")
    assert result.out == "out.jsonl: 2 of 2 rows valid\n"
    assert [line["output"] for line in _lines(folder / "out.jsonl")] == [{"age": 1}, {"age": 2}]


def test_failed_and_unread_rows_are_code_1_and_are_counted_by_rule_and_field(folder, cli):
    (folder / "rows.jsonl").write_text('{"age": 1}\n{"age": "x"}\nno\n')
    result = cli("batch", "age.rail", "rows.jsonl", "--out", "out.jsonl", "--report", "report.html")
    assert result.code == 1
    assert result.out.splitlines()[0] == "out.jsonl: 1 of 3 rows valid, 1 failed, 1 could not be read"
    assert "$.age  type" in result.out
    assert "</html>" in (folder / "report.html").read_text()


def test_json_says_everything(folder, cli):
    (folder / "rows.csv").write_text('id,text\n7,"{""age"": 1}"\n8,x\n')
    result = cli("batch", "age.rail", "rows.csv", "--answer", "text", "--out", "out.csv", "--format", "json")
    assert result.code == 1
    assert result.json["statuses"] == {"passed": 1, "failed": 1}
    assert result.json["out"] == "out.csv"
    assert (folder / "out.csv").read_text().splitlines()[1].startswith('7,"{""age"": 1}",1,true,"{""age"":1}"')


def test_standard_input_is_json_lines(folder, cli):
    result = cli("batch", "age.rail", "-", "--out", "out.jsonl", stdin='{"age": 1}\n{"age": 2}\n')
    assert result.code == 0
    assert len(_lines(folder / "out.jsonl")) == 2
    result = cli("batch", "age.rail", "-", "--answer", "x", "--out", "b.jsonl", stdin='{"x": "{}"}\n')
    assert (result.code, "read once" in result.err) == (2, True)


def test_a_model_is_asked_for_each_row(folder, cli):
    text = (folder / "agreement.txt").read_text(encoding="utf-8")
    (folder / "rows.jsonl").write_text("".join(json.dumps({"id": at, "text": text}) + "\n" for at in range(2)))
    arguments = [
        "batch",
        "fees.rail",
        "rows.jsonl",
        "--model",
        MODEL,
        "--column",
        "document=text",
        "--out",
        "out.jsonl",
    ]
    result = cli(*arguments)
    assert result.code == 0, result.err
    assert "2 of 2 rows valid" in result.out
    assert {line["output"]["issuer"] for line in _lines(folder / "out.jsonl")} == {"Harbour Bank plc"}
    again = cli(*arguments)
    assert again.out == result.out


def test_a_dry_run_estimates_and_says_that_it_does(folder, cli):
    (folder / "rows.jsonl").write_text('{"document": "some text"}\n')
    arguments = ["batch", "fees.rail", "rows.jsonl", "--model", "openai:gpt-5", "--out", "out.jsonl", "--dry-run"]
    result = cli(*arguments)
    assert result.code == 0, result.err
    assert result.out.count("estimate:") == 2
    assert "1 row, 1 of them not finished" in result.out
    assert cli(*arguments, "--format", "json").json["estimate"] is True
    assert list(folder.glob("out*")) == []
    without = cli("batch", "age.rail", "rows.jsonl", "--out", "out.jsonl", "--dry-run")
    assert (without.code, "--model" in without.err) == (2, True)


def test_what_is_wrong_with_the_command_line_is_code_2(folder, cli):
    (folder / "rows.jsonl").write_text('{"age": 1}\n')
    for arguments, said in (
        (["rows.txt", "--out", "out.jsonl"], ".jsonl, .csv or .parquet"),
        (["rows.jsonl", "--out", "out.xml"], ".jsonl, .csv or .parquet"),
        (["missing.jsonl", "--out", "out.jsonl"], "missing.jsonl: No such file"),
        (["rows.jsonl", "--out", "no/out.jsonl"], "no/out.jsonl"),
        (["rows.jsonl", "--out", "rows.jsonl"], "is read by this job"),
        (["rows.jsonl", "--out", "out.jsonl", "--jobs", "0"], "jobs is a number from 1"),
        (["rows.jsonl", "--out", "out.jsonl", "--cache", "c"], "needs a model"),
        (["rows.jsonl", "--out", "out.jsonl", "--retry-failed"], "only a model can be asked again"),
    ):
        result = cli("batch", "age.rail", *arguments)
        assert (result.code, said in result.err) == (2, True), (arguments, result.err)
        assert "Traceback" not in result.err


def test_an_engine_that_is_not_installed_says_what_to_install(folder, cli, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    (folder / "rows.jsonl").write_text('{"age": 1}\n')
    result = cli("batch", "age.rail", "rows.jsonl", "--out", "out", "--engine", "ray")
    assert (result.code, "pip install 'railguard[ray]'" in result.err) == (2, True)
