"""A job that was stopped, however that was, goes on: nothing is lost, nothing doubled, nothing asked twice."""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

from railguard import Guard, InputError
from railguard.batch import run
from tests.batch.conftest import SPEC, Model, documents, good, lines, start
from tests.batch.killing import extraction_survives, finished

AGE = Guard.from_rail_string('<rail version="1.0"><output><integer name="age"/></output></rail>')


def test_an_extraction_that_is_killed_at_random_moments(folder: Path, model: Model) -> None:
    model.seconds = 0.01
    assert extraction_survives(folder, model, rows=60, kills=2, seed=4) == 2


def test_ctrl_c_keeps_what_was_answered_and_says_how_to_go_on(folder: Path, model: Model) -> None:
    model.hold_after = 20  # the rest is not answered before the interrupt
    source, out = documents(folder / "rows.jsonl", 200), folder / "out.jsonl"
    process = start(
        "spec.rail",
        source,
        "--out",
        out,
        "--model",
        "openai:gpt-5",
        "--base-url",
        model.url,
        "--jobs",
        4,
        folder=folder,
    )
    while model.number_asked <= 20:
        assert process.poll() is None
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGINT)
    told, errors = process.communicate(timeout=120)
    assert process.returncode == 130, told + errors
    assert "the same command continues" in errors
    assert "Traceback" not in errors
    assert not out.exists()
    assert len(finished(folder / "out.jsonl.journal")) >= 16


def test_a_validation_that_is_killed_goes_on_to_the_same_output(folder: Path) -> None:
    source = folder / "rows.jsonl"
    with source.open("w") as file:
        for at in range(20_000):
            file.write(f'{{"age": {at if at % 100 else json.dumps("old")}, "note": "{"x" * 60}"}}\n')
    (folder / "schema.json").write_text(
        json.dumps({"properties": {"age": {"type": "integer"}, "note": {"type": "string"}}, "required": ["age"]})
    )
    process = start_with_limit(
        folder, 300_000, jobs=2, signal_action="SIG_DFL"
    )  # the system kills it when it writes more
    assert process.wait(120) == -signal.SIGXFSZ
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert not (folder / "out.jsonl").exists()
    spool = folder / "out.jsonl.part"
    assert spool.stat().st_size == 300_000
    with spool.open("ab") as file:
        file.write(b'{"a line that was begun')
    guard = Guard.from_json_schema(json.loads((folder / "schema.json").read_text()))
    summary = run(guard, source, "out.jsonl", jobs=1)
    assert summary.tally.statuses == {"passed": 19_800, "failed": 200}
    found = lines(folder / "out.jsonl")
    assert [line["row"] for line in found] == list(range(1, 20_001))
    assert [line["output"]["age"] for line in found if line["passed"]] == [at for at in range(20_000) if at % 100]


def test_a_job_that_is_complete_asks_for_nothing_and_its_failed_rows_can_be_tried_again(
    folder: Path, model: Model
) -> None:
    guard = Guard.from_rail("spec.rail")
    source = documents(folder / "rows.jsonl", 10)
    model.behaviour = lambda model, document, round: good(model, document, 0 if document == 5 else round)
    given = {"model": "openai:gpt-5", "base_url": model.url, "max_reasks": 1}
    first = run(guard, source, "out.jsonl", **given)
    assert (first.rows, first.failed) == (10, 1)
    asked = model.asked.copy()
    assert run(guard, source, "out.jsonl", **given).tally == first.tally
    assert model.asked == asked
    model.behaviour = good
    again = run(guard, source, "out.jsonl", retry_failed=True, **{**given, "max_reasks": 3})
    assert (again.rows, again.failed) == (10, 0)
    assert [document for document in model.asked if model.asked[document] > asked[document]] == [5]


def test_a_row_that_nobody_answered_is_asked_for_again_by_the_same_call(folder: Path, model: Model) -> None:
    guard = Guard.from_rail("spec.rail")
    source = documents(folder / "rows.jsonl", 6)
    model.behaviour = lambda model, document, round: (
        (400, {"error": {"message": "no"}}, {}) if document == 3 else good(model, document, round)
    )
    first = run(guard, source, "out.jsonl", model="openai:gpt-5", base_url=model.url)
    assert first.tally.statuses == {"passed": 5, "unanswered": 1}
    assert "400" in lines(folder / "out.jsonl")[3]["error"]
    model.behaviour = good
    assert run(guard, source, "out.jsonl", model="openai:gpt-5", base_url=model.url).failed == 0
    assert model.asked == {0: 1, 1: 1, 2: 1, 3: 2, 4: 1, 5: 1}


def test_a_provider_that_fails_for_every_row_stops_the_job_before_all_rows_are_tried(
    folder: Path, model: Model
) -> None:
    documents(folder / "rows.jsonl", 500)
    model.behaviour = lambda model, document, round: (401, {"error": {"message": "a wrong key"}}, {})
    process = start(
        "spec.rail",
        "rows.jsonl",
        "--out",
        "out.jsonl",
        "--model",
        "openai:gpt-5",
        "--base-url",
        model.url,
        folder=folder,
    )
    told, errors = process.communicate(timeout=120)
    assert process.returncode == 3, told + errors
    assert "401" in errors
    assert sum(model.asked.values()) < 60
    assert not (folder / "out.jsonl").exists()


def test_more_rows_are_asked_for_when_the_limit_is_raised(folder: Path, model: Model) -> None:
    guard = Guard.from_rail("spec.rail")
    source = documents(folder / "rows.jsonl", 12)
    run(guard, source, "out.jsonl", model="openai:gpt-5", base_url=model.url, limit=5)
    assert len(lines(folder / "out.jsonl")) == 5
    run(guard, source, "out.jsonl", model="openai:gpt-5", base_url=model.url)
    assert len(lines(folder / "out.jsonl")) == 12
    assert set(model.asked.values()) == {1}


def test_a_row_that_has_changed_since_it_was_finished_is_noticed(folder: Path, model: Model) -> None:
    guard = Guard.from_rail("spec.rail")
    source = documents(folder / "rows.jsonl", 4)
    run(guard, source, "out.jsonl", model="openai:gpt-5", base_url=model.url)
    source.write_text(source.read_text().replace('"r2"', '"r9"'))
    with pytest.raises(InputError, match=r"rows.jsonl:3 has changed since it was finished"):
        run(guard, source, "out.jsonl", model="openai:gpt-5", base_url=model.url)
    assert run(guard, source, "out.jsonl", model="openai:gpt-5", base_url=model.url, restart=True).rows == 4


def test_an_input_of_a_validation_that_has_changed_is_noticed(tmp_path: Path) -> None:
    source, out = tmp_path / "rows.jsonl", tmp_path / "out.jsonl"
    source.write_text('{"age": 1}\n{"age": 2}\n')
    run(AGE, source, out, jobs=1)
    source.write_text('{"age": 1}\n{"age": 3}\n')
    with pytest.raises(InputError, match="the input has changed"):
        run(AGE, source, out, jobs=1)
    assert run(AGE, source, out, jobs=1, restart=True).failed == 0
    assert [line["output"] for line in lines(out)] == [{"age": 1}, {"age": 3}]


def test_a_journal_of_another_spec_or_another_job_is_refused_and_says_what_differs(folder: Path, model: Model) -> None:
    source = documents(folder / "rows.jsonl", 3)
    given = {"model": "openai:gpt-5", "base_url": model.url}
    run(Guard.from_rail("spec.rail"), source, "out.jsonl", **given)
    other = Guard.from_rail_string(SPEC.replace("lower-case", "upper-case"))
    with pytest.raises(InputError, match=r"out\.jsonl\.journal belongs to a job with another spec"):
        run(other, source, "out.jsonl", **given)
    with pytest.raises(InputError, match="another model"):
        run(Guard.from_rail("spec.rail"), source, "out.jsonl", **{**given, "model": "openai:gpt-4"})


def test_two_processes_on_one_journal_are_refused(folder: Path, model: Model) -> None:
    model.hold_after = 0
    source = documents(folder / "rows.jsonl", 40)
    arguments = ("spec.rail", source, "--out", "out.jsonl", "--model", "openai:gpt-5", "--base-url", model.url)
    process = start(*arguments, folder=folder)
    while not model.asked:
        assert process.poll() is None
        time.sleep(0.01)
    with pytest.raises(InputError, match="another process works on this job"):
        run(Guard.from_rail("spec.rail"), source, "out.jsonl", model="openai:gpt-5", base_url=model.url)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def test_an_output_that_is_there_without_a_journal_is_not_replaced(tmp_path: Path) -> None:
    source, out = tmp_path / "rows.jsonl", tmp_path / "out.jsonl"
    source.write_text('{"age": 1}\n')
    out.write_text("mine")
    with pytest.raises(InputError, match="exists already"):
        run(AGE, source, out)
    assert out.read_text() == "mine"
    with pytest.raises(InputError, match="is read by this job"):
        run(AGE, source, source, restart=True)


def test_a_full_disk_leaves_a_journal_to_go_on_from(tmp_path: Path) -> None:
    source = tmp_path / "rows.jsonl"
    source.write_text("".join(f'{{"age": {at}}}\n' for at in range(12_000)))
    (tmp_path / "schema.json").write_text('{"properties": {"age": {"type": "integer"}}, "required": ["age"]}')
    process = start_with_limit(tmp_path, 500_000)
    told, errors = process.communicate(timeout=120)
    assert process.returncode == 2, told + errors
    assert "Traceback" not in errors
    assert "File too large" in errors
    assert not (tmp_path / "out.jsonl").exists()
    guard = Guard.from_json_schema(json.loads((tmp_path / "schema.json").read_text()))
    assert run(guard, source, tmp_path / "out.jsonl", jobs=1).failed == 0
    assert [line["output"]["age"] for line in lines(tmp_path / "out.jsonl")] == list(range(12_000))


def start_with_limit(folder: Path, size: int, *, jobs: int = 1, signal_action: str = "SIG_IGN"):
    """The job with files of at most `size` bytes: writing beyond fails as on a disk that is full, or with SIG_DFL kills it."""
    import subprocess
    import sys

    code = (
        f"import resource, signal, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size})); "
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); "
        f"signal.signal(signal.SIGXFSZ, signal.{signal_action}); from railguard.cli import main; "
        f"sys.exit(main(['batch', 'schema.json', 'rows.jsonl', '--out', 'out.jsonl', '--jobs', '{jobs}']))"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
