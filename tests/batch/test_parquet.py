"""Parquet in and out: the rows' own columns as they are, the output in the types of the guard, and nothing rounded."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from railguard import Guard, InputError
from railguard.batch import blocks as blocks_module
from railguard.batch import run
from railguard.batch.rows import content
from tests.batch.conftest import lines

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "n": {"type": "integer"},
        "x": {"type": ["number", "null"]},
        "kind": {"enum": ["a", "b"]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "part": {"$ref": "#/$defs/part"},
        "any": {},
        "scores": {"type": "object", "additionalProperties": {"type": "number"}},
        "either": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
    },
    "required": ["n"],
    "$defs": {
        "part": {
            "type": "object",
            "properties": {"ok": {"type": "boolean"}, "parts": {"type": "array", "items": {"$ref": "#/$defs/part"}}},
        }
    },
}
GUARD = Guard.from_json_schema(SCHEMA)
FULL = {
    "n": 2**60 + 1,
    "x": 0.1,
    "kind": "a",
    "tags": ["p", "q/r"],
    "part": {"ok": True, "parts": [{"ok": False}]},
    "any": [0, 1.0],
    "scores": {"s": 1.5},
    "either": 7,
}


def _source(folder: Path, answers: list[Any]) -> Path:
    table = pa.table(
        {
            "id": pa.array(range(len(answers)), pa.int32()),
            "when": pa.array(
                [datetime.datetime(2026, 1, 2, 3, 4, 5, 678)] * len(answers), pa.timestamp("us", tz="UTC")
            ),
            "price": pa.array([Decimal("1.10")] * len(answers), pa.decimal128(9, 2)),
            "blob": pa.array([b"\xff\x00"] * len(answers), pa.binary()),
            "text": pa.array([json.dumps(answer) if answer is not None else None for answer in answers]),
        }
    )
    pq.write_table(table, folder / "a.parquet", row_group_size=4)
    return folder / "a.parquet"


def test_the_rows_own_columns_keep_their_types_and_the_output_has_the_guards(tmp_path: Path) -> None:
    source = _source(tmp_path, [FULL, {"n": 1}, {"n": "x"}, None, {"n": 5}, {"n": 6}])
    run(GUARD, source, tmp_path / "out.parquet", answer="text", jobs=1)
    found, given = pq.read_table(tmp_path / "out.parquet"), pq.read_table(source)
    assert found.select(given.column_names).equals(given)
    kind = found.schema.field("output").type
    assert kind.field("n").type == pa.int64()
    assert kind.field("x").type == pa.float64()
    assert kind.field("kind").type == pa.string()
    assert kind.field("tags").type == pa.list_(pa.string())
    assert kind.field("part").type.field("ok").type == pa.bool_()
    rows = found.to_pylist()
    assert rows[0]["output"]["n"] == 2**60 + 1
    assert rows[0]["output"]["tags"] == ["p", "q/r"]
    for name in ("any", "scores", "either"):
        assert json.loads(rows[0]["output"][name]) == FULL[name]
    assert json.loads(rows[0]["output"]["part"]["parts"][0]) == {"ok": False}
    assert [row["passed"] for row in rows] == [True, True, False, False, True, True]
    assert rows[3]["error"] == "its column 'text' is null"
    assert rows[2]["output"] is None
    assert json.loads(rows[2]["failures"])[0]["path"] == "$.n"


def test_an_output_that_the_typed_column_cannot_hold_is_json_beside_it(tmp_path: Path) -> None:
    values = [{"n": 2**70}, {"n": 1, "x": 2**53 + 1}, {"n": 1, "extra": 0}, {"n": 1}]
    run(GUARD, _source(tmp_path, values), tmp_path / "out.parquet", answer="text", jobs=1)
    rows = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert [row["output"] for row in rows[:3]] == [None] * 3
    assert [json.loads(row["output_json"]) for row in rows[:3]] == values[:3]
    assert (rows[3]["output"]["n"], rows[3]["output_json"]) == (1, None)


def test_json_lines_become_typed_columns_and_what_does_not_fit_is_kept_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks_module, "_SIZE", 60)
    first = '{"id": 0, "f": 1.5, "s": "a/b", "o": {"z": 0}, "text": "{\\"n\\": 1}"}'
    odd = '{"id": 123456789012345678901, "f": 1, "s": "x", "o": 1, "text": "{\\"n\\": 1}"}'
    more = '{"id": 4, "text": "{\\"n\\": 1}", "new": true}'
    (tmp_path / "a.jsonl").write_text("\n".join([first, first, odd, more, "no JSON"]))
    run(GUARD, tmp_path / "a.jsonl", tmp_path / "out.parquet", answer="text", jobs=1)
    table = pq.read_table(tmp_path / "out.parquet")
    rows = table.to_pylist()
    assert [table.schema.field(name).type for name in ("id", "f", "s")] == [pa.int64(), pa.float64(), pa.string()]
    assert rows[0]["id"] == 0
    assert json.loads(rows[0]["o"]) == {"z": 0}
    assert [row["row_json"] for row in rows] == [None, None, odd, more, None]
    assert rows[4]["error"].startswith("not a line of JSON")


def test_parquet_in_and_json_lines_out(tmp_path: Path) -> None:
    run(GUARD, _source(tmp_path, [{"n": 1}]), tmp_path / "out.jsonl", answer="text", jobs=1)
    line = lines(tmp_path / "out.jsonl")[0]
    assert (line["id"], line["price"], line["output"]) == (0, "1.10", {"n": 1})
    assert line["when"].startswith("2026-01-02T03:04:05.000678")


def test_variables_from_parquet_are_what_json_can_hold(tmp_path: Path) -> None:
    asked = []

    def model(messages: list[dict[str, str]]) -> str:
        asked.append(messages[0]["content"].split("|")[0])
        return '{"n": 1}'

    guard = Guard.from_json_schema(SCHEMA, messages="${when} ${price} ${id}| ${gr.complete_json_suffix}")
    run(guard, _source(tmp_path, [{}]), tmp_path / "out.parquet", model=model)
    assert asked == ["2026-01-02T03:04:05.000678Z 1.10 0"]
    assert pq.read_table(tmp_path / "out.parquet").column("rounds").to_pylist() == [1]


def test_a_row_of_parquet_is_its_own_answer_without_a_column(tmp_path: Path) -> None:
    pq.write_table(pa.table({"n": [1, 2], "kind": ["a", "z"]}), tmp_path / "a.parquet")
    summary = run(GUARD, tmp_path / "a.parquet", tmp_path / "out.parquet", jobs=2)
    assert (summary.rows, summary.failed) == (2, 1)
    assert pq.read_table(tmp_path / "out.parquet").column("output").to_pylist()[0]["n"] == 1


def test_large_row_groups_are_read_in_blocks_and_in_any_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks_module, "_ROWS", 7)
    pq.write_table(pa.table({"n": list(range(5_000))}), tmp_path / "a.parquet", row_group_size=3_000)
    run(GUARD, tmp_path / "a.parquet", tmp_path / "out.jsonl", jobs=2)
    assert [line["output"]["n"] for line in lines(tmp_path / "out.jsonl")] == list(range(5_000))
    found = list(blocks_module.blocks([str(tmp_path / "a.parquet")]))
    for block in (found[3], found[1], found[-1], found[2]):
        assert content(block).column("n").to_pylist() == list(range(block.ordinal, block.ordinal + block.rows))


def test_a_file_that_was_cut_off_is_refused_and_a_damaged_row_group_is_counted(tmp_path: Path) -> None:
    source = _source(tmp_path, [{"n": at} for at in range(8)])
    data = source.read_bytes()
    (tmp_path / "cut.parquet").write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match="not a whole Parquet file"):
        run(GUARD, tmp_path / "cut.parquet", tmp_path / "out.jsonl", answer="text")
    begin = pq.ParquetFile(source).metadata.row_group(1).column(4).dictionary_page_offset
    (tmp_path / "bad.parquet").write_bytes(data[:begin] + b"\x00" * 24 + data[begin + 24 :])
    summary = run(GUARD, tmp_path / "bad.parquet", tmp_path / "bad.out.jsonl", answer="text", jobs=1)
    assert summary.tally.statuses == {"passed": 4, "unread": 4}


def test_without_pyarrow_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    (tmp_path / "a.jsonl").write_text("{}")
    with pytest.raises(InputError, match=r"pip install 'railguard\[parquet\]'"):
        run(GUARD, tmp_path / "a.jsonl", tmp_path / "out.parquet")
