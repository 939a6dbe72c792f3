"""What the jobs return: messages, rounds, requests and verdicts, as plain data for the page."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, get_args

import pytest

from railguard import Guard
from railguard.play.jobs import JOBS, TARGETS
from railguard.schema.targets import Target
from railguard.values.outcome import Stopped

ROOT = Path(__file__).parents[2]
FEES = (ROOT / "specs" / "fees.rail").read_text(encoding="utf-8")
CASSETTE = (ROOT / "examples" / "fees" / "conversation.jsonl").read_text(encoding="utf-8")
KEY = "sk-canary-of-the-tests"
SPEC = """<rail version="1.0">
<input><string name="name"/><integer name="number"/><string name="style" required="false"/></input>
<output><string name="a" validators="length: 1 3" on-fail-length="fix"/><integer name="b" validators="valid-range: 0 9"/></output>
<messages><message role="user">${name} ${number} ${style} ${gr.complete_json_suffix}</message></messages>
</rail>"""


def _prompt(text: str = SPEC, **variables: str) -> dict[str, Any]:
    return JOBS["prompt"]({"text": text, "variables": variables})


def _run(source: dict[str, Any], text: str = FEES, **more: Any) -> dict[str, Any]:
    found = JOBS["run"](
        {"text": text, "variables": {"document": 'It\'s an agreement: $x \\ "é"'}, "source": source, **more}
    )
    assert "error" not in found, found
    return found["conversations"][0]


def _nodes(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield tree
    for child in tree["children"]:
        yield from _nodes(child)


def test_the_page_shows_every_target_and_knows_every_end() -> None:
    assert set(TARGETS) == set(get_args(Target))
    script = (ROOT / "railguard" / "play" / "static" / "run.js").read_text(encoding="utf-8")
    table = script.split("const STOPPED = {")[1].split("};")[0]
    assert set(re.findall(r"^  (\w+):", table, re.MULTILINE)) == set(get_args(Stopped))


def test_a_problem_that_can_be_mended_has_its_fixes() -> None:
    text = SPEC.replace('<string name="a"', '<strng name="a"').replace("valid-range: 0 9", "valid-rang: 0 9")
    for asked in (text, "<!-- 😀 -->" + text):  # places count characters
        found = JOBS["fixes"]({"text": asked})["problems"]
        assert [one["code"] for one in found] == ["unknown-element", "unknown-validator"]
        told = {
            (one["code"], one["line"], one["column"], one["message"])
            for one in JOBS["check"]({"text": asked})["problems"]
        }
        assert {(one["code"], one["line"], one["column"], one["message"]) for one in found} <= told
        mended = asked
        for one in reversed(found):
            for edit in reversed(one["fixes"][0]["edits"]):
                mended = mended[: edit["from"]] + edit["insert"] + mended[edit["to"] :]
        assert mended == asked.replace("strng", "string").replace("valid-rang:", "valid-range:")
    assert JOBS["fixes"]({"text": SPEC}) == {"problems": []}


def test_variables_are_text_or_json_as_they_are_declared() -> None:
    found = _prompt(name="Ann", number="7", style="plain")
    rendered = Guard.from_rail_string(SPEC).render({"name": "Ann", "number": 7, "style": "plain"})
    assert [message["text"] for message in found["messages"]] == [message["content"] for message in rendered]
    assert found["bytes"] == sum(len(message["content"].encode()) for message in rendered)
    assert [(one["name"], one["kind"], one["required"]) for one in found["variables"]] == [
        ("name", "string", True),
        ("number", "integer", True),
        ("style", "string", False),
    ]
    assert "number" in _prompt(name="Ann", number="seven", style="plain")["error"]


def test_a_text_that_is_missing_is_previewed_by_its_name() -> None:
    found = _prompt(number="7", style="plain")
    assert found["missing"] == ["name"]
    assert found["messages"][0]["text"].lstrip().startswith("${name} 7 plain")


def test_a_schema_that_a_target_cannot_say_gives_the_reason() -> None:
    text = '<rail version="1.0"><output><any name="x"/></output></rail>'
    schema = JOBS["prompt"]({"text": text, "variables": {}, "target": "openai-strict"})["schema"]
    assert schema["target"] == "openai-strict"
    assert "text" not in schema
    assert "$.x may be anything" in schema["error"]


def test_each_value_of_a_round_tells_what_became_of_it() -> None:
    first, second, _third = (
        {node["path"]: node for node in _nodes(one["tree"])} for one in _run({"cassette": CASSETTE})["rounds"]
    )
    assert first["$.issuer"]["state"] == "passed"
    assert first["$.fees[1].name"]["state"] == "failed"
    assert "two" in first["$.fees[1].name"]["marks"][0]["message"]
    (fixed,) = first["$.fees[0].name"]["marks"]
    assert (fixed["rule"], fixed["before"], fixed["after"]) == ("lower-case", '"Annual Fee"', '"annual fee"')
    (repaired,) = first["$.fees[1].amount"]["marks"]
    assert (repaired["kind"], repaired["before"], repaired["after"]) == ("mended", '"3.50"', "3.5")
    assert second["$.fees[1].name"]["state"] == "passed"
    assert second["$.fees[2].explanation"]["state"] == "failed"


def test_what_is_missing_is_shown_and_what_was_not_taken_is_struck() -> None:
    answers = ['{"a": "abc", "b": 12, "c": 1}', '{"a": "xyz", "b": 5}']
    run = _run({"answers": answers}, SPEC, variables={"name": "A", "number": "1"})
    first, second = ({node["path"]: node for node in _nodes(one["tree"])} for one in run["rounds"])
    assert first["$.c"]["kind"] == "missing"
    assert first["$.c"]["marks"][0]["rule"] == "unknown-key"
    assert second["$.a"]["state"] == "ignored"
    assert second["$.a"]["marks"][0]["after"] == '"xyz"'
    assert second["$.a"]["value"] == '"abc"'
    absent = _run({"answers": ['{"a": "abc"}']}, SPEC, variables={"name": "A", "number": "1"})
    states = {node["path"]: node["state"] for node in _nodes(absent["rounds"][0]["tree"])}
    assert states["$.b"] == "failed"
    assert absent["next"]["paths"] == ["$.b"]


def test_a_large_value_is_cut_but_what_fails_in_it_is_shown() -> None:
    text = '<rail version="1.0"><output><list name="l"><integer validators="valid-range: 0 1"/></list></output></rail>'
    answer = json.dumps({"l": [*[1] * 9_000, 7]})
    tree = _run({"answers": [answer]}, text)["rounds"][0]["tree"]
    nodes = list(_nodes(tree))
    assert len(nodes) < 5_000
    assert next(node for node in nodes if node["path"] == "$.l[9000]")["state"] == "failed"
    assert sum(node.get("more", 0) for node in nodes) + len(nodes) == 9_001 + 2


def test_a_request_differs_from_the_one_before_by_what_was_added() -> None:
    rounds = _run({"cassette": CASSETTE})["rounds"]
    assert rounds[1]["difference"][0] == {"kind": "same", "count": 2}
    assert [one["kind"] for one in rounds[2]["difference"]] == ["same", "removed", "removed", "added", "added"]


def test_a_recording_that_cannot_be_read_is_said_without_a_name_of_this_machine() -> None:
    found = JOBS["run"]({"text": FEES, "source": {"cassette": "{"}})
    assert found["error"].startswith("the recording:1")


def test_recorded_messages_are_asked_with_where_a_variable_is_missing() -> None:
    asked = {"messages": [{"role": "user", "content": "as it was"}]}
    line = json.dumps({"answer": {"a": "x", "b": 1}, "request": asked})
    found = JOBS["run"]({"text": SPEC, "variables": {}, "source": {"cassette": line}})["conversations"][0]
    assert found["asked_with"] == "recorded"
    assert found["rounds"][0]["messages"][0]["text"].startswith("as it was")


class _Recording(BaseHTTPRequestHandler):
    """A model's server that keeps what it is sent, and answers with a recording."""

    bodies: list[tuple[str, bytes, dict[str, str]]]
    answers: list[str]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.bodies.append((self.path, body, headers))
        text = self.answers[min(len(self.bodies), len(self.answers)) - 1]
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
        data = json.dumps({"model": "m", "choices": [choice]}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        return None


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, type[_Recording]]]:
    """A model's server on loopback, and what it was sent."""
    given = [json.loads(line)["answer"] for line in CASSETTE.splitlines() if line.startswith("{")]
    answers = [one if isinstance(one, str) else json.dumps(one) for one in given]
    handler = type("Handler", (_Recording,), {"bodies": [], "answers": answers})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    yield f"http://127.0.0.1:{server.server_port}/v1", handler
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_request_that_is_shown_is_the_one_that_a_model_is_sent(service: tuple[str, type[_Recording]]) -> None:
    url, handler = service
    dry = _run({"cassette": CASSETTE, "as_model": "openai:gpt-5"}, base_url=url)
    assert handler.bodies == []
    asked = _run({"model": "openai:gpt-5", "options": {}}, base_url=url)
    assert asked["passed"]
    for run in (dry, asked):
        assert [one["sent"]["body"].encode() for one in run["rounds"]] == [body for _, body, _ in handler.bodies]
        assert {one["sent"]["url"] for one in run["rounds"]} == {f"{url}/chat/completions"}
        assert KEY not in json.dumps(run)
    assert handler.bodies[0][2]["authorization"] == f"Bearer {KEY}"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("long", [False, True])
def test_the_curl_command_sends_the_same_bytes_with_the_key_of_the_shell(
    service: tuple[str, type[_Recording]], long: bool
) -> None:
    url, handler = service
    variables = {"document": 'It\'s $HOME `id` \\ "é"\n' + "x" * (200_000 if long else 0)}
    run = _run({"cassette": CASSETTE, "as_model": "openai:gpt-5"}, base_url=url, variables=variables)
    sent = run["rounds"][0]["sent"]
    done = subprocess.run(
        ["sh"], input=f"API_KEY={KEY}\n{sent['curl']}\n", capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    (path, body, headers) = handler.bodies[0]
    assert path == "/v1/chat/completions"
    assert body.rstrip(b"\n") == sent["body"].encode()
    assert headers["authorization"] == f"Bearer {KEY}"
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "model", ["openai:gpt-5", "anthropic:claude-x", "gemini:gemini-x", "ollama:m", "responses:gpt-5"]
)
def test_no_request_that_is_shown_holds_a_key(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.setenv(name, KEY)
    found = JOBS["run"](
        {"text": FEES, "variables": {"document": "x"}, "source": {"cassette": CASSETTE, "as_model": model}}
    )
    if "error" in found:
        assert "unknown model" in found["error"]
        return
    for one in found["conversations"][0]["rounds"]:
        shown = json.dumps(one["sent"])
        assert KEY not in shown
        assert "dry-run" not in shown


def test_cases_are_judged_by_what_was_expected_of_them() -> None:
    lines = [
        '{"answer": {"a": "ab", "b": 1.0}, "passes": true}',
        '{"answer": "{\\"a\\": \\"ab\\", \\"b\\": 12}", "passes": false, "paths": ["$.b"]}',
        '{"answer": {"a": "ab", "b": 12}, "passes": true}',
        '{"answer": "no JSON"}',
    ]
    read = JOBS["read-cases"]({"text": "\n".join(lines) + "\n", "name": "x"})
    assert [one["line"] for one in read["cases"]] == lines
    assert read["cases"][0]["answer"] == '{"a": "ab", "b": 1.0}'
    found = JOBS["cases"]({"text": SPEC, "cases": read["cases"], "seconds": 10})
    assert [one.get("agrees") for one in found["results"]] == [True, True, False, None]
    assert found["results"][2]["paths"] == ["$.b"]
    assert found["unfinished"] == 0
    assert JOBS["cases"]({"text": SPEC, "cases": read["cases"], "seconds": -1})["unfinished"] == 4


@pytest.mark.parametrize("line", ["{", "[]", "{}", '{"answer": "", "passes": 1}', '{"answer": "", "paths": "$"}'])
def test_a_line_that_is_no_case_is_named(line: str) -> None:
    assert JOBS["read-cases"]({"text": f"\n{line}", "name": "x.jsonl"})["error"].startswith("x.jsonl:2")
