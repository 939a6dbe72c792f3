"""A model is asked for every row: from columns, a bounded number of calls at once, on one rate limit."""

from __future__ import annotations

import asyncio
import math
import time
from pathlib import Path

import pytest

from railguard import Guard, InputError, ValidatorError, validator
from railguard.batch import estimate, run
from tests.batch.conftest import SPEC, Model, chat, documents, good, lines

GUARD = Guard.from_rail_string(SPEC)


def _given(model: Model, **more: object) -> dict[str, object]:
    return {"model": "openai:gpt-5", "base_url": model.url, **more}


def test_columns_become_variables_and_each_row_has_its_result(folder: Path, model: Model) -> None:
    documents(folder / "rows.jsonl", 7)
    summary = run(GUARD, folder / "rows.jsonl", "out.jsonl", **_given(model))
    found = lines(folder / "out.jsonl")
    assert [line["id"] for line in found] == [f"r{at}" for at in range(7)]
    assert [line["output"]["number"] for line in found] == list(range(7))
    assert [line["rounds"] for line in found] == [2, 1, 1, 1, 1, 2, 1]
    assert found[0]["input_tokens"] == 22
    assert found[1]["resolved"][0]["validator"] == "lower-case"
    assert dict(summary.tally.rounds) == {1: 5, 2: 2}
    assert (summary.tally.input_tokens, summary.tally.output_tokens) == (99, 45)
    assert summary.tally.cost is not None
    assert len(summary.tally.slowest) == 7


def test_variables_may_have_columns_of_another_name_and_values_for_all_rows(folder: Path, model: Model) -> None:
    (folder / "rows.csv").write_text("key,nr\na,12\nb,x\n")
    spec = SPEC.replace('<string name="document"/>', '<string name="word"/><integer name="document"/>')
    guard = Guard.from_rail_string(spec.replace("${document}.", "${document} ${word}."))
    given = _given(model, columns={"document": "nr"}, variables={"word": "w"})
    summary = run(guard, folder / "rows.csv", "out.jsonl", **given)
    first, second = lines(folder / "out.jsonl")
    assert (first["key"], first["output"]["number"]) == ("a", 12)
    assert second["output"] is None
    assert "document" in second["error"]
    assert summary.tally.statuses == {"passed": 1, "unread": 1}
    with pytest.raises(InputError, match="has no column 'n'; it has 'key', 'nr'"):
        run(guard, folder / "rows.csv", "b.jsonl", **{**given, "columns": {"document": "n"}})
    with pytest.raises(InputError, match="the spec has no variable 'doc'; it has"):
        run(guard, folder / "rows.csv", "b.jsonl", **{**given, "columns": {"doc": "nr"}})


def test_bad_rows_are_counted_and_nobody_is_asked_for_them(folder: Path, model: Model) -> None:
    (folder / "rows.jsonl").write_text(
        '{"document": "1"}\n{"document": "2"\n{"other": "3"}\n[4]\n{"document": "5", "row": 1}\n'
    )
    summary = run(GUARD, folder / "rows.jsonl", "out.jsonl", **_given(model, prefix="x_"))
    found = lines(folder / "out.jsonl")
    assert summary.tally.statuses == {"passed": 2, "unread": 3}
    assert "not a line of JSON" in found[1]["x_error"]
    assert found[2]["other"] == "3"
    assert "document" in found[2]["x_error"]
    assert found[3]["x_error"] == "the line is no JSON object, so it has no columns"
    assert set(model.asked) == {1, 5}


def test_calls_at_once_are_bounded(folder: Path, model: Model) -> None:
    def behave(model: Model, document: int, round: int):
        deadline = time.monotonic() + 60
        while model.most_at_once < 3 and time.monotonic() < deadline:
            time.sleep(0.005)
        return good(model, document, round)

    model.behaviour, model.seconds = behave, 0.05
    documents(folder / "rows.jsonl", 24)
    run(GUARD, folder / "rows.jsonl", "out.jsonl", **_given(model, jobs=3))
    assert model.most_at_once == 3


def test_requests_a_minute_are_kept_to(folder: Path, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("railguard.llm.rate_limit._MOST_WAIT", math.inf)  # a wait that is too long is not begun
    documents(folder / "rows.jsonl", 5)
    summary = run(
        GUARD, folder / "rows.jsonl", "out.jsonl", **_given(model, requests_per_minute=4, timeout=20.0, max_reasks=0)
    )
    assert sum(model.asked.values()) == 4
    assert summary.tally.statuses["unanswered"] == 1


def test_all_calls_hear_what_a_provider_asks_of_one(folder: Path, model: Model) -> None:
    times: list[float] = []

    def behave(model: Model, document: int, round: int):
        times.append(time.monotonic())
        if len(times) == 3:
            return 429, {"error": {"message": "slow down"}}, {"Retry-After": "4"}
        return 200, chat(f'{{"number": {document}, "word": "w"}}'), {}

    model.behaviour, model.seconds = behave, 0.02
    documents(folder / "rows.jsonl", 30)
    summary = run(GUARD, folder / "rows.jsonl", "out.jsonl", **_given(model, jobs=2, max_reasks=0))
    assert summary.failed == 0
    told = times[2]
    assert not [at for at in times if told + 2 < at < told + 3.9], "nobody asks for the seconds that it asked for"
    assert max(times) < told + 60


def test_what_was_asked_before_comes_from_the_cache(folder: Path, model: Model) -> None:
    documents(folder / "rows.jsonl", 4)
    run(GUARD, folder / "rows.jsonl", "a.jsonl", **_given(model, cache="cache.db"))
    asked = model.asked.copy()
    summary = run(GUARD, folder / "rows.jsonl", "b.jsonl", **_given(model, cache="cache.db"))
    assert model.asked == asked
    assert summary.tally.input_tokens == 0
    assert [line["output"] for line in lines(folder / "b.jsonl")] == [
        line["output"] for line in lines(folder / "a.jsonl")
    ]


def test_an_answer_that_stays_wrong_is_kept_beside_what_is_wrong_with_it(folder: Path, model: Model) -> None:
    model.behaviour = lambda model, document, round: (200, chat('{"number": "many", "word": "w"}'), {})
    documents(folder / "rows.jsonl", 1)
    run(GUARD, folder / "rows.jsonl", "out.jsonl", **_given(model, max_reasks=1))
    line = lines(folder / "out.jsonl")[0]
    assert (line["passed"], line["output"], line["rounds"]) == (False, None, 2)
    assert line["stopped"] in ("max_reasks", "stalled")
    assert "many" in line["raw_output"]
    assert line["failures"][0]["path"] == "$.number"


def test_an_option_that_no_call_takes_stops_the_job(folder: Path, model: Model) -> None:
    documents(folder / "rows.jsonl", 300)
    with pytest.raises(InputError, match="max_reasks"):
        run(GUARD, folder / "rows.jsonl", "out.jsonl", **_given(model, max_reasks=99))
    assert not model.asked


def test_a_validator_that_breaks_is_counted_and_the_job_goes_on(folder: Path) -> None:
    @validator("breaks-on-two", replace=True)
    def breaks_on_two(value: int) -> bool:
        if value == 2:
            raise RuntimeError("two")
        return True

    guard = Guard.from_rail_string(
        '<rail version="1.0"><output><integer name="n" validators="breaks-on-two"/></output>'
        '<messages><message role="user">${n} ${gr.complete_json_suffix}</message></messages></rail>'
    )
    (folder / "rows.jsonl").write_text('{"n": 1}\n{"n": 2}\n{"n": 3}\n')
    summary = run(guard, folder / "rows.jsonl", "a.jsonl", jobs=1)
    assert summary.tally.statuses == {"passed": 2, "broken": 1}
    with pytest.raises(ValidatorError):
        guard.parse('{"n": 2}')

    def ask(messages: list[dict[str, str]]) -> str:
        return '{"n": %s}' % messages[0]["content"][0]  # noqa: UP031  # braces of JSON

    summary = run(guard, folder / "rows.jsonl", "b.jsonl", model=ask)
    assert summary.tally.statuses == {"passed": 2, "broken": 1}
    assert "two" in lines(folder / "b.jsonl")[1]["error"]


def test_it_runs_where_an_event_loop_runs_already(folder: Path, model: Model) -> None:
    documents(folder / "rows.jsonl", 3)

    async def notebook() -> int:
        return run(GUARD, folder / "rows.jsonl", "out.jsonl", **_given(model)).rows

    assert asyncio.run(notebook()) == 3


def test_an_estimate_asks_nothing_and_measures_where_rows_are_finished(folder: Path, model: Model) -> None:
    documents(folder / "rows.jsonl", 40)
    told = estimate(GUARD, folder / "rows.jsonl", "out.jsonl", model="openai:gpt-5")
    assert (told.rows, told.left, told.measured) == (40, 40, False)
    assert told.input_tokens > 40 * 20
    assert told.cost is not None
    assert told.cost > 0
    assert not model.asked
    assert not (folder / "out.jsonl.journal").exists()
    run(GUARD, folder / "rows.jsonl", "out.jsonl", **_given(model, limit=10))
    told = estimate(GUARD, folder / "rows.jsonl", "out.jsonl", model="openai:gpt-5")
    assert (told.rows, told.left, told.measured) == (40, 30, True)
    assert told.input_tokens == 30 * 12 * 11 // 10


def test_options_of_a_model_without_one_are_refused(folder: Path) -> None:
    documents(folder / "rows.jsonl", 1)
    for wrong in ({"cache": "c"}, {"max_reasks": 1}, {"variables": {"document": "x"}}, {"requests_per_minute": 5}):
        with pytest.raises(InputError, match="a model, and none was given"):
            run(GUARD, folder / "rows.jsonl", "out.jsonl", **wrong)
    with pytest.raises(InputError, match="not both"):
        run(GUARD, folder / "rows.jsonl", "out.jsonl", model="openai:x", answer="document")
