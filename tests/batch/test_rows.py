"""Rows in, results out: in the order of the input, with nothing of a row changed, and a bad row is a failed row."""

from __future__ import annotations

import csv
import json
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from railguard import Guard, InputError
from railguard.batch import Progress, run
from railguard.batch import blocks as blocks_module
from railguard.batch.blocks import blocks
from railguard.batch.rows import rows
from tests.batch.conftest import lines

AGE = Guard.from_rail_string(
    '<rail version="1.0"><output><integer name="age" validators="valid-range: 0 120" on-fail-valid-range="fix"/>'
    "</output></rail>"
)
ANY = Guard.from_json_schema({"type": ["object", "array", "string", "number"], "description": "anything"})


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks_module, "_SIZE", 40)
    monkeypatch.setattr(blocks_module, "LONGEST", 400)


def _write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_what_is_repaired_fixed_and_failed_is_in_columns_of_its_own(tmp_path: Path) -> None:
    source = _write(tmp_path / "a.jsonl", '{"age": 1}\n{"age": "2"}\n{"age": 130}\n{"age": "x"}\n')
    summary = run(AGE, source, tmp_path / "out.jsonl", jobs=1)
    sound, repaired, fixed, failed = lines(tmp_path / "out.jsonl")
    assert sound == {
        "row": 1,
        "passed": True,
        "output": {"age": 1},
        "failures": [],
        "resolved": [],
        "repairs": [],
        "error": None,
    }
    assert (repaired["output"], repaired["repairs"][0]["rule"]) == ({"age": 2}, "number-text")
    assert (fixed["output"], fixed["resolved"][0]["validator"]) == ({"age": 120}, "valid-range")
    assert (failed["output"], failed["failures"][0]["path"]) == (None, "$.age")
    assert (summary.rows, summary.failed, summary.tally.repaired) == (4, 1, 2)


BAD = {
    "no JSON": "age is 1",
    "cut off": '{"age": 1',
    "not UTF-8": b'{"age": "\xff"}',
    "a text that is no JSON": '"age',
}


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_line_is_a_failed_row_and_the_others_are_as_they_are(tmp_path: Path, bad: str) -> None:
    line = BAD[bad]
    source = tmp_path / "a.jsonl"
    _write(source, b'{"age": 1}\n\n' + (line if isinstance(line, bytes) else line.encode()) + b'\n{"age": 3}')
    summary = run(AGE, source, tmp_path / "out.jsonl", jobs=1)
    found = lines(tmp_path / "out.jsonl")
    assert [line["row"] for line in found] == [1, 3, 4]
    assert [line["passed"] for line in found] == [True, False, True]
    assert found[1]["error"].startswith("not a line of JSON")
    assert summary.tally.statuses == {"passed": 2, "unread": 1}


def test_the_columns_of_a_row_are_carried_byte_for_byte(tmp_path: Path) -> None:
    raw = '{"id":0,"big":123456789012345678901234567890,"f":1.0,"u":"a\\/b","e":1E2,"text":"{\\"age\\": 5}" , "é":"\\u00e9"}'
    source = _write(tmp_path / "a.jsonl", raw + "\n{}\n")
    run(AGE, source, tmp_path / "out.jsonl", answer="text", jobs=1)
    first, second = (tmp_path / "out.jsonl").read_text().splitlines()
    assert first.startswith(raw[:-1] + ',"row":1,"passed":true,"output":{"age":5}')
    assert json.loads(second)["error"] == "it has no column 'text'"


def test_an_answer_may_be_a_value_and_its_digits_stay(tmp_path: Path) -> None:
    source = _write(
        tmp_path / "a.jsonl", '{"v": {"n": 9007199254740993}}\n{"v": [0, 1.0, 1e30]}\n{"v": null}\n{"v": "7"}\n'
    )
    run(ANY, source, tmp_path / "out.jsonl", answer="v", jobs=1)
    found = (tmp_path / "out.jsonl").read_text().splitlines()
    assert '"output":{"n":9007199254740993}' in found[0]
    assert '"output":[0,1.0,1e+30]' in found[1]
    assert json.loads(found[2])["error"] == "its column 'v' is null"


def test_a_column_that_is_called_like_one_of_the_results_is_refused_and_a_prefix_mends_it(tmp_path: Path) -> None:
    source = _write(tmp_path / "a.jsonl", '{"output": {"age": 1}, "id": 1}\n')
    with pytest.raises(InputError, match=r"has a column 'output'.*prefix"):
        run(AGE, source, tmp_path / "out.jsonl", answer="output")
    run(AGE, source, tmp_path / "out.jsonl", answer="output", prefix="checked_", jobs=1)
    assert lines(tmp_path / "out.jsonl")[0]["checked_output"] == {"age": 1}
    assert lines(tmp_path / "out.jsonl")[0]["output"] == {"age": 1}


def test_a_column_that_no_row_has_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    source = _write(tmp_path / "a.jsonl", '{"text": "1"}\n')
    with pytest.raises(InputError, match="has no column 'txt'; it has 'text'"):
        run(AGE, source, tmp_path / "out.jsonl", answer="txt")
    assert not (tmp_path / "out.jsonl.journal").exists()


def test_rows_of_a_program_are_dicts_or_texts(tmp_path: Path) -> None:
    run(AGE, [{"text": '{"age": 1}'}, {"text": "x"}], tmp_path / "a.jsonl", answer="text", jobs=1)
    assert [line["passed"] for line in lines(tmp_path / "a.jsonl")] == [True, False]
    run(AGE, (f'{{"age": {at}}}' for at in range(3)), tmp_path / "b.jsonl", jobs=1)
    assert [line["output"] for line in lines(tmp_path / "b.jsonl")] == [{"age": at} for at in range(3)]
    with pytest.raises(InputError, match="can be read once"):
        run(AGE, iter([{"text": "1"}]), tmp_path / "c.jsonl", answer="text")
    with pytest.raises(InputError, match="a dict of columns or the text of an answer, not int"):
        run(AGE, [3], tmp_path / "d.jsonl")


def test_several_files_are_one_input_and_several_processes_keep_its_order(tmp_path: Path, small_blocks: None) -> None:
    first = _write(tmp_path / "a.jsonl", "".join(f'{{"age": {at}}}\n' for at in range(60)))
    second = _write(tmp_path / "b.csv", "age\n" + "".join(f"{at}\n" for at in range(60, 100)))
    told: list[Progress] = []
    run(AGE, [first, second], tmp_path / "out.jsonl", jobs=2, progress=told.append)
    assert [line["output"]["age"] for line in lines(tmp_path / "out.jsonl")] == list(range(100))
    assert (told[-1].done, told[-1].rows, told[-1].tally.rows) == (1.0, 100, 100)


def test_a_program_with_threads_has_its_workers_made_anew(tmp_path: Path, small_blocks: None) -> None:
    source = _write(tmp_path / "a.jsonl", "".join(f'{{"age": {at}}}\n' for at in range(40)))
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    try:
        assert run(AGE, source, tmp_path / "out.jsonl", jobs=2).failed == 0
        with pytest.raises(InputError, match=r"cannot be sent to worker processes .* jobs=1"):
            run(Guard.from_pydantic(_local_model()), source, tmp_path / "b.jsonl", jobs=2)
    finally:
        over.set()
        thread.join()
    assert [line["output"]["age"] for line in lines(tmp_path / "out.jsonl")] == list(range(40))


def _local_model() -> type[BaseModel]:
    class Local(BaseModel):
        age: int

    return Local


def test_limit_and_sample_choose_rows(tmp_path: Path) -> None:
    source = _write(tmp_path / "a.jsonl", "".join(f'{{"age": {at}}}\n' for at in range(100)))
    run(AGE, source, tmp_path / "a.out.jsonl", limit=7, jobs=1)
    assert [line["row"] for line in lines(tmp_path / "a.out.jsonl")] == list(range(1, 8))
    drawn = []
    for out in ("b.jsonl", "c.jsonl"):
        run(AGE, source, tmp_path / out, sample=10, seed=3, limit=50, jobs=1)
        drawn.append([line["row"] for line in lines(tmp_path / out)])
    assert drawn[0] == drawn[1] == sorted(set(drawn[0]))
    assert len(drawn[0]) == 10
    assert max(drawn[0]) <= 50
    with pytest.raises(InputError, match="limit is a number of rows from 1"):
        run(AGE, source, tmp_path / "d.jsonl", limit=0)


def test_another_limit_begins_a_validation_anew(tmp_path: Path) -> None:
    source = _write(tmp_path / "a.jsonl", "".join(f'{{"age": {at}}}\n' for at in range(9)))
    for limit in (3, None, 5):
        assert run(AGE, source, tmp_path / "out.jsonl", limit=limit, jobs=1).rows == (limit or 9)
        assert len(lines(tmp_path / "out.jsonl")) == (limit or 9)


# CSV.


def test_csv_in_and_out(tmp_path: Path) -> None:
    source = _write(
        tmp_path / "a.csv",
        "\ufeff"
        'id,text,"a ""note"""\n007,"{""age"": ""1""}",x\n8,"{""age"":\n 2}","a\nb"\n\n9,1,2,3\n10,{},"",\n11,{},\n',
    )
    run(AGE, source, tmp_path / "out.csv", answer="text", jobs=1)
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    assert [row["id"] for row in found] == ["007", "8", "", "", "11"]
    assert [row["output"] for row in found][:2] == ['{"age":1}', '{"age":2}']
    assert found[1]['a "note"'] == "a\nb"
    assert found[2]["error"] == "it has 4 cells, and there are 3 columns"
    assert [row["row"] for row in found] == ["1", "2", "4", "5", "6"]


def test_a_quote_that_is_not_closed_costs_its_own_line(tmp_path: Path) -> None:
    source = _write(tmp_path / "a.csv", 'age\n1\n"2\n3\n4\n')
    run(AGE, source, tmp_path / "out.jsonl", jobs=1)
    found = lines(tmp_path / "out.jsonl")
    assert [line["passed"] for line in found] == [True, False, True, True]
    assert "unexpected end of data" in found[1]["error"]


def test_a_csv_file_without_names_for_all_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the column 'a' is there twice"):
        run(AGE, _write(tmp_path / "a.csv", "a,a\n1,2\n"), tmp_path / "out.jsonl")


def test_csv_out_keeps_the_whole_of_a_row_that_has_other_columns(tmp_path: Path, small_blocks: None) -> None:
    source = _write(tmp_path / "a.jsonl", '{"id": 1, "text": "{}"}\n' * 3 + '{"id": 2, "text": "{}", "more": [0]}\n')
    run(AGE, source, tmp_path / "out.csv", answer="text", jobs=1)
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    assert [row["row_json"] for row in found] == ["", "", "", '{"id": 2, "text": "{}", "more": [0]}']


# Blocks.


def _all(source: Path) -> list[tuple[int, bytes, bool]]:
    return [(row.ordinal, row.raw, row.error is None) for block in blocks([str(source)]) for row in rows(block)]


@given(st.lists(st.binary(max_size=90).map(lambda data: data.replace(b"\n", b"")), max_size=12), st.booleans())
def test_blocks_hold_every_line_once_whatever_their_size(given: list[bytes], ended: bool) -> None:
    import tempfile

    data = b"\n".join(given) + (b"\n" if ended else b"")
    with tempfile.TemporaryDirectory() as folder:
        source = _write(Path(folder) / "a.jsonl", data)
        whole = _all(source)
        old, blocks_module._SIZE = blocks_module._SIZE, 17
        try:
            assert _all(source) == whole
        finally:
            blocks_module._SIZE = old
    expected = [(at, line.strip()) for at, line in enumerate(data.split(b"\n")) if line.strip()]
    assert [(at, raw) for at, raw, _ in whole if not raw.startswith(b"\xef")] == [
        (at, raw) for at, raw in expected if not raw.startswith(b"\xef")
    ]


_CELL = st.text(st.sampled_from('a,"\n\ré '), max_size=12)


@given(st.lists(st.lists(_CELL, min_size=2, max_size=2), max_size=8))
def test_blocks_of_csv_hold_every_record_once(given: list[list[str]]) -> None:
    import io
    import tempfile

    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows([["x", "y"], *given])
    with tempfile.TemporaryDirectory() as folder:
        source = _write(Path(folder) / "a.csv", text.getvalue())
        for size in (1 << 20, 9):
            old, blocks_module._SIZE = blocks_module._SIZE, size
            try:
                found = [row.columns for block in blocks([str(source)]) for row in rows(block)]
            finally:
                blocks_module._SIZE = old
            assert found == [{"x": x, "y": y} for x, y in given]


def test_a_line_that_is_too_long_is_a_failed_row_and_is_not_held(tmp_path: Path, small_blocks: None) -> None:
    source = _write(tmp_path / "a.jsonl", '{"age": 1}\n{"age": "' + "9" * 5_000 + '"}\n{"age": 3}\n')
    run(AGE, source, tmp_path / "out.jsonl", jobs=1)
    found = lines(tmp_path / "out.jsonl")
    assert [line["passed"] for line in found] == [True, False, True]
    assert found[1]["error"] == "the line is longer than 400 bytes"
    assert max(block.size for block in blocks([str(source)]) if block.error is None) < 500
