"""A playground that runs: what the page is given, saving, hostile specs, and work that does not end."""

from __future__ import annotations

import time

import pytest

from railguard import Guard, InputError
from railguard.play import listen_on_loopback
from railguard.play.playground_server import PORT
from tests.play.conftest import Playground

DOCTYPE = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rail version="1.0"><output/></rail>'


def _spec(rule: str) -> str:
    return f'<rail version="1.0"><output><string name="a" validators="{rule}"/></output></rail>'


def test_the_page_gets_the_files_that_were_named(playground: Playground) -> None:
    opened = playground.post("api/open").json()
    assert opened["spec"]["name"] == "fees.rail"
    assert opened["spec"]["text"] == (playground.folder / "fees.rail").read_text()
    assert opened["cases"]["name"] == "fees.cases.jsonl"
    assert [one["name"] for one in opened["cassettes"]] == ["conversation.jsonl"]
    assert opened["variables"] == {"document": "An agreement"}


def test_the_request_that_is_shown_is_what_render_gives_to_the_byte(playground: Playground) -> None:
    opened = playground.post("api/open").json()
    text = opened["spec"]["text"]
    given = {"text": text, "variables": opened["variables"], "metadata": {}}
    run = playground.post("api/job/run", {**given, "source": {"cassette": opened["cassettes"][0]["text"]}}).json()
    rounds = run["conversations"][0]["rounds"]
    wanted = [message["content"] for message in Guard.from_rail_string(text).render(opened["variables"])]
    assert [message["text"] for message in rounds[0]["messages"]] == wanted
    assert [message["text"] for message in playground.post("api/job/prompt", given).json()["messages"]] == wanted
    assert [len(one["failures"]) for one in rounds] == [3, 1, 0]


def test_an_edit_of_another_program_is_never_overwritten(playground: Playground) -> None:
    file = playground.folder / "fees.rail"
    original = file.read_text()
    version = playground.post("api/open").json()["spec"]["version"]
    try:
        file.write_text(original + "<!-- theirs -->\n")
        refused = playground.post("api/save", {"file": "spec", "text": "mine", "version": version})
        assert refused.status_code == 409
        assert refused.json()["now"]["text"] == original + "<!-- theirs -->\n"
        assert file.read_text() == original + "<!-- theirs -->\n"
        seen = playground.post("api/version", {"file": "spec", "version": version}).json()
        saved = playground.post("api/save", {"file": "spec", "text": original, "version": seen["version"]})
        assert saved.json() == {"version": version}
        assert playground.post("api/version", {"file": "spec", "version": version}).json() == {"version": version}
    finally:
        file.write_text(original)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (DOCTYPE, "DOCTYPE"),
        ("<rail><output>" + '<string name="a"/>' * 100_000, "larger than"),
        ("<rail><output>" + "<object>" * 40_000, "deeper than"),
        ("<rail \ud800>", "UTF-8"),
    ],
)
def test_a_hostile_spec_is_refused_with_the_reason(playground: Playground, text: str, said: str) -> None:
    problems = playground.post("api/job/check", {"text": text}).json()["problems"]
    assert said in problems[0]["message"]


@pytest.mark.parametrize(
    ("job", "member", "value"),
    [
        ("complete", "offset", "3"),
        ("hover", "offset", None),
        ("prompt", "variables", [1]),
        ("prompt", "metadata", 1),
        ("prompt", "target", ["anthropic"]),
        ("run", "variables", "x"),
        ("cases", "cases", [{"answer": "x", "paths": 5}]),
        ("cases", "cases", [{"answer": "x", "passes": "yes"}]),
        ("read-cases", "name", {}),
    ],
)
def test_data_of_another_type_is_refused_and_no_bug(
    playground: Playground, job: str, member: str, value: object
) -> None:
    data = {"text": _spec("one-line"), "source": {"answers": ["{}"]}, "cases": [], member: value}
    response = playground.post(f"api/job/{job}", data)
    assert response.status_code == 400
    assert response.json()["error"]["message"].startswith(member if member != "cases" else "pa")


def test_a_pattern_that_backtracks_elsewhere_ends_here(playground: Playground) -> None:
    source = {"answers": ['{"a": "' + "a" * 50_000 + '!"}']}
    run = playground.post("api/job/run", {"text": _spec("regex-match: (a+)+$"), "source": source}).json()
    assert run["conversations"][0]["failures"][0]["path"] == "$.a"


def test_what_a_validator_prints_is_no_answer(playground: Playground) -> None:
    run = playground.post("api/job/run", {"text": _spec("prints"), "source": {"answers": ['{"a": "x"}']}}).json()
    assert run["conversations"][0]["passed"]


def test_a_process_that_dies_is_said_and_the_next_job_runs(playground: Playground) -> None:
    died = playground.post("api/job/run", {"text": _spec("dies"), "source": {"answers": ['{"a": "x"}']}}).json()
    assert died == {"error": "the process that did this work ended; try again", "stopped": True}
    run = playground.post("api/job/run", {"text": _spec("one-line"), "source": {"answers": ['{"a": "x"}']}}).json()
    assert run["conversations"][0]["passed"]


def test_a_page_that_has_gone_ends_its_work(playground: Playground) -> None:
    hanging = {"text": _spec("sleeps"), "source": {"answers": ['{"a": "x"}']}}
    with pytest.raises(Exception, match="timed out"):
        playground.client.post("api/job/run", json=hanging, timeout=0.5)
    began = time.monotonic()
    run = playground.post("api/job/run", {"text": _spec("one-line"), "source": {"answers": ['{"a": "x"}']}}).json()
    assert run["conversations"][0]["passed"]
    assert time.monotonic() - began < 25, "the validator sleeps for a minute, and a run is stopped after 30 s"


def test_a_port_that_is_in_use_is_said_and_without_one_the_next_is_taken() -> None:
    with listen_on_loopback(0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"127.0.0.1:{port}.*choose another port"):
            listen_on_loopback(port)
    with listen_on_loopback(None) as first, listen_on_loopback(None) as second:
        assert PORT <= first.getsockname()[1] < second.getsockname()[1]
        assert first.getsockname()[0] == "127.0.0.1"
