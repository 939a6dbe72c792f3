"""The same job on a real Ray of this machine: the same lines, in the same order, also where a worker is killed."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

ray = pytest.importorskip("ray")
pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

from railguard import Guard, InputError  # noqa: E402  # where Ray is
from railguard.batch import blocks as blocks_module  # noqa: E402
from railguard.batch import on_ray, run  # noqa: E402
from tests.batch.conftest import SPEC, Model, documents, folder, good, lines, model  # noqa: E402, F401  # fixtures

AGE = Guard.from_rail_string(
    '<rail version="1.0"><output><integer name="age" validators="valid-range: 0 99" on-fail-valid-range="fix"/>'
    '<string name="u"/></output></rail>'
)


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Any:
    for left in (2, 1, 0):
        try:
            ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
            break
        except Exception as error:  # it gives its own processes half a minute
            if not left or "timed out during startup" not in str(error):
                raise
            ray.shutdown()
    yield
    ray.shutdown()


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks_module, "_SIZE", 600)


def _parts(out: Path) -> bytes:
    return b"".join(part.read_bytes() for part in sorted(out.glob("part-*.jsonl")))


def _rows(path: Path, number: int) -> Path:
    with path.open("w") as file:
        for at in range(number):
            file.write(json.dumps({"age": at % 120 if at % 7 else str(at % 50), "u": "a/b"}).replace("/", "\\/") + "\n")
        file.write('{"age": 1, "u": 2}\nno JSON\n\n{"age": 0, "u": "cut')
    return path


def test_the_lines_are_those_of_this_machine_alone_in_the_same_order(tmp_path: Path, small_blocks: None) -> None:
    source = _rows(tmp_path / "rows.jsonl", 500)
    here = run(AGE, source, tmp_path / "out.jsonl", jobs=2)
    there = run(AGE, source, tmp_path / "out", engine="ray")
    assert _parts(tmp_path / "out") == (tmp_path / "out.jsonl").read_bytes()
    assert len(list((tmp_path / "out").glob("part-*"))) > 20
    assert there.tally.to_dict() == here.tally.to_dict()
    assert b'"output":{"age":0,"u":"a/b"}' in _parts(tmp_path / "out")


def test_columns_are_carried_and_parquet_tables_are_equal(tmp_path: Path, small_blocks: None) -> None:
    source = tmp_path / "rows.jsonl"
    source.write_text("".join(json.dumps({"id": at, "text": f'{{"age": {at}, "u": "x"}}'}) + "\n" for at in range(60)))
    run(AGE, source, tmp_path / "out.jsonl", answer="text")
    run(AGE, source, tmp_path / "out", answer="text", engine="ray")
    assert _parts(tmp_path / "out") == (tmp_path / "out.jsonl").read_bytes()
    run(AGE, source, tmp_path / "here.parquet", answer="text")
    run(AGE, source, tmp_path / "there.parquet", answer="text", engine="ray")
    parts = [pq.read_table(part) for part in sorted((tmp_path / "there.parquet").glob("part-*.parquet"))]
    assert len(parts) > 3
    assert pa.concat_tables(parts).equals(pq.read_table(tmp_path / "here.parquet"))


def test_a_worker_that_is_killed_costs_its_block_alone(folder: Path, model: Model, small_blocks: None) -> None:  # noqa: F811
    model.hold_after = 30  # it is not done before the kill
    source = documents(folder / "rows.jsonl", 120)
    guard = Guard.from_rail_string(SPEC)
    killed: list[int] = []
    ended = threading.Event()

    def kill() -> None:
        while model.number_asked <= 30 and not ended.is_set():
            time.sleep(0.01)
        with suppress(IndexError):
            ours = _actors()[0]
            os.kill(ours, signal.SIGKILL)
            killed.append(ours)
        model.released.set()

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        summary = run(guard, source, "out", engine="ray", model="openai:gpt-5", base_url=model.url, jobs=8)
    finally:
        ended.set()
        thread.join()
    assert killed
    assert (summary.rows, summary.failed) == (120, 0)
    found = [json.loads(line) for line in _parts(folder / "out").splitlines()]
    assert [line["output"]["number"] for line in found] == list(range(120))
    again = [document for document, number in model.asked.items() if number > 1]
    assert len(again) <= 2 * 30, "only the blocks under way are asked again"
    asked = model.asked.copy()
    run(guard, source, "out", engine="ray", model="openai:gpt-5", base_url=model.url, jobs=8)
    assert model.asked == asked


def _actors() -> list[int]:
    """The processes of this test's Ray that ask the model."""
    found = []
    for one in Path("/proc").glob("[0-9]*"):  # of the test's own processes, no other Ray's
        with suppress(OSError):
            if re.match(rb"ray::.*_Actor", (one / "cmdline").read_bytes()) and _is_below(int(one.name), os.getpid()):
                found.append(int(one.name))
    return found


def _is_below(pid: int, ancestor: int) -> bool:
    while pid > 1:
        if pid == ancestor:
            return True
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            return False
    return False


def test_a_job_goes_on_with_the_blocks_that_are_not_done_and_notices_a_change(
    tmp_path: Path, small_blocks: None
) -> None:
    source = _rows(tmp_path / "rows.jsonl", 200)
    run(AGE, source, tmp_path / "out", engine="ray")
    whole = _parts(tmp_path / "out")
    parts = sorted((tmp_path / "out").glob("part-*"))
    kept = parts[0].stat().st_mtime_ns
    parts[3].unlink()
    run(AGE, source, tmp_path / "out", engine="ray")
    assert _parts(tmp_path / "out") == whole
    assert parts[0].stat().st_mtime_ns == kept
    other = Guard.from_json_schema({"type": "object"})
    with pytest.raises(InputError, match="another spec"):
        run(other, source, tmp_path / "out", engine="ray")
    source.write_text(source.read_text().replace('"age": 1', '"age": 2', 1))
    with pytest.raises(InputError, match="has changed"):
        run(AGE, source, tmp_path / "out", engine="ray")


def test_actors_leave_a_cpu_and_a_silent_job_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(on_ray, "_SILENCE", 1.0)
    held, said = tmp_path / "held", tmp_path / "said"

    def hold() -> None:
        held.touch()
        while not said.exists():
            time.sleep(0.05)

    def release() -> None:
        deadline = time.monotonic() + 120
        while "no block was finished" not in caplog.text and time.monotonic() < deadline:
            time.sleep(0.05)
        said.touch()

    holding = ray.remote(num_cpus=2)(hold).remote()
    while not held.exists():
        time.sleep(0.05)
    threading.Thread(target=release).start()
    (tmp_path / "rows.jsonl").write_text('{"age": 1, "u": ""}\n' * 3)
    summary = run(AGE, tmp_path / "rows.jsonl", tmp_path / "out", engine="ray", jobs=2)
    assert summary.rows == 3
    assert "no block was finished" in caplog.text
    ray.get(holding)


def test_guarded_in_a_pipeline_of_ones_own(model: Model) -> None:  # noqa: F811
    from railguard.integrations.ray import Guarded

    table = pa.table({"id": list(range(40)), "text": [f'{{"age": "{at}", "u": "a/b"}}' for at in range(39)] + ["x"]})
    dataset = ray.data.from_arrow(table).map_batches(
        Guarded,
        fn_constructor_args=(AGE,),
        fn_constructor_kwargs={"answer": "text"},
        batch_format="pyarrow",
        batch_size=10,
        compute=ray.data.ActorPoolStrategy(size=2),
        num_cpus=0.5,
    )
    found = sorted(dataset.take_all(), key=lambda row: row["id"])
    assert [row["output"]["age"] for row in found[:39]] == list(range(39))
    assert (found[39]["passed"], found[39]["output"]) == (False, None)
    asked = ray.data.from_arrow(pa.table({"document": [str(at) for at in range(8)]})).map_batches(
        Guarded,
        fn_constructor_args=(Guard.from_rail_string(SPEC),),
        fn_constructor_kwargs={"model": "openai:gpt-5", "base_url": model.url},
        batch_format="pyarrow",
        compute=ray.data.ActorPoolStrategy(size=1),
        num_cpus=0.5,
    )
    assert sorted(row["output"]["number"] for row in asked.take_all()) == list(range(8))


def test_the_command_line_runs_a_ray_of_its_own(tmp_path: Path) -> None:
    import sys

    _rows(tmp_path / "rows.jsonl", 50)
    (tmp_path / "schema.json").write_text('{"properties": {"age": {"type": "integer"}}, "required": ["age"]}')
    command = [
        sys.executable,
        "-m",
        "railguard",
        "batch",
        "schema.json",
        "rows.jsonl",
        "--out",
        "out",
        "--engine",
        "ray",
    ]
    for _ in range(3):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False)
        if "timed out during startup" not in done.stderr:  # as above
            break
    assert done.returncode == 1, done.stderr
    assert "out: 51 of 53 rows valid" in done.stdout
    assert len(lines(tmp_path / "out" / "part-00000000.jsonl")) == 53
