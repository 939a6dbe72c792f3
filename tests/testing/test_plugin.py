"""The pytest plugin, in suites of its own that pytest runs in a process of their own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

GUARD = """
from railguard import Guard
import pytest
guard = Guard.from_json_schema({"type": "integer"}, messages="How many?")
"""


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.server.asked += 1  # type: ignore[attr-defined]  # counted on the server
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "7"}}
        content = json.dumps({"id": "1", "object": "chat.completion", "model": "m", "created": 1, "choices": [choice]})
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content.encode())

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.asked = 0  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005})
        thread.start()
        monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{server.server_port}/v1")
        monkeypatch.setenv("OPENAI_API_KEY", "a-key-for-the-tests")
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def suite(tmp_path: Path) -> Callable[..., str]:
    """Write a suite and run it; what pytest printed."""

    def run(code: str, *arguments: str, ini: str = "") -> str:
        (tmp_path / "test_it.py").write_text(GUARD + code)
        (tmp_path / "pytest.ini").write_text(f"[pytest]\nfilterwarnings = error\n{ini}")
        # Named, not found by its entry point: the other plugins of this environment take seconds to load.
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "railguard.pytest_plugin"]
        done = subprocess.run(
            [*command, *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        )
        return done.stdout + done.stderr

    return run


def test_pytest_finds_it_by_its_entry_point():
    (found,) = metadata.entry_points(group="pytest11", name="railguard")
    assert found.load().__name__ == "railguard.pytest_plugin"


def test_a_scripted_model_answers_in_order(suite):
    assert "2 passed" in suite("""
def test_one(scripted_model):
    model = scripted_model("many", "7")
    assert guard(model).output == 7
    assert len(model.requests) == 2

def test_two(scripted_model):
    assert guard(scripted_model(["7"])).output == 7
""")


def test_the_marker_refuses_requests_to_models(suite, server):
    said = suite("""
@pytest.mark.railguard
def test_one():
    guard("openai:m")

@pytest.mark.railguard
def test_two():
    from openai import OpenAI
    OpenAI().chat.completions.create(model="m", messages=[])

@pytest.mark.railguard
def test_three():
    import asyncio
    from openai import AsyncOpenAI
    asyncio.run(AsyncOpenAI().chat.completions.create(model="m", messages=[]))
""")
    assert said.count("a request to a model was refused: http://127.0.0.1") >= 3
    assert "3 failed" in said
    assert server.asked == 0


def test_other_requests_are_not_refused(suite, server):
    assert "1 passed" in suite("""
@pytest.mark.railguard
def test_one():
    import httpx, os
    url = os.environ["OPENAI_BASE_URL"] + "/orders"
    assert httpx.post(url, json={}).status_code == 200
""")
    assert server.asked == 1


def test_without_marker_fixture_or_ini_nothing_is_refused(suite, server):
    assert "1 passed" in suite("""
def test_one():
    assert guard("openai:m").output == 7
""")
    assert server.asked == 1


def test_the_ini_refuses_them_everywhere_but_where_a_marker_allows_them(suite, server):
    code = """
def test_one():
    guard("openai:m")

@pytest.mark.railguard(requests="allow")
def test_two():
    guard("openai:m")
"""
    assert "1 failed, 1 passed" in suite(code, ini="railguard_requests = refuse\n")
    assert server.asked == 1
    assert "railguard_requests is allow or refuse, not 'never'" in suite(code, ini="railguard_requests = never\n")


@pytest.mark.parametrize(
    ("marker", "says"),
    [
        ('requests="refused"', "requests= of the marker railguard is allow or refuse, not 'refused'"),
        ('cassete="seven.jsonl"', "the marker railguard takes cassette= and requests=, not cassete="),
        ('"seven.jsonl"', "the marker railguard takes cassette= and requests=, not 'seven.jsonl'"),
    ],
)
def test_a_marker_with_a_wrong_argument_is_an_error_and_lets_no_request_pass(suite, server, marker, says):
    said = suite(f"""
@pytest.mark.railguard({marker})
def test_one():
    guard("openai:m")
""")
    assert f"test_it.py::test_one: {says}" in said
    assert server.asked == 0


REPLAYED = """
@pytest.mark.railguard(cassette="kept/seven.jsonl")
def test_one(replayed_model):
    assert guard(replayed_model("openai:m")).output == 7
"""


def test_a_cassette_is_recorded_once_and_replayed(suite, server, tmp_path):
    assert "--railguard-record=once" in suite(REPLAYED)
    assert server.asked == 0
    assert "1 passed" in suite(REPLAYED, "--railguard-record=once")
    assert server.asked == 1
    assert (tmp_path / "kept" / "seven.jsonl").exists()
    assert "1 passed" in suite(REPLAYED)
    assert "1 passed" in suite(REPLAYED, "--railguard-record=once")
    assert server.asked == 1
    assert "1 passed" in suite(REPLAYED, "--railguard-record=all")
    assert server.asked == 2


def test_the_cassette_of_a_test_lies_beside_its_file(suite, server, tmp_path):
    code = """
@pytest.mark.parametrize("n", [7])
def test_one(replayed_model, n):
    assert guard(replayed_model("openai:m")).output == n
"""
    assert "1 passed" in suite(code, "--railguard-record=once")
    assert (tmp_path / "cassettes" / "test_it" / "test_one-7.jsonl").exists()
    assert "1 passed" in suite(code)
    assert server.asked == 1


def test_what_a_failing_test_recorded_is_not_kept(suite, server, tmp_path):
    code = """
def test_one(replayed_model):
    assert guard(replayed_model("openai:m")).output == 8
"""
    assert "1 failed" in suite(code, "--railguard-record=all")
    assert list((tmp_path / "cassettes").rglob("*.*")) == []


def test_a_replayed_model_refuses_requests_of_others(suite, server):
    suite(REPLAYED, "--railguard-record=once")
    code = """
@pytest.mark.railguard(cassette="kept/seven.jsonl", requests="allow")
def test_one(replayed_model):
    guard(replayed_model("openai:m"))
    guard("openai:m")
"""
    assert "a request to a model was refused" in suite(code)
    assert server.asked == 1


def test_installing_it_imports_nothing_of_railguard(tmp_path):
    code = (
        "import sys, railguard.pytest_plugin\n"
        "print(sorted(m for m in sys.modules if m.startswith('railguard')))\n"
        "print('httpx' in sys.modules, 'pydantic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout == "['railguard', 'railguard.pytest_plugin']\nFalse False\n"


def test_a_suite_that_asks_for_nothing_has_no_more_fixtures(suite):
    code = """
def test_one(request):
    assert request.fixturenames == ["request"]
"""
    assert "1 passed" in suite(code)


def test_the_tests_that_the_docs_show_pass(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "testing.md").read_text(encoding="utf-8")
    files = re.findall(r"^```python file=(test_\w+\.py)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert files
    for name, code in files:
        (tmp_path / name).write_text(code)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "railguard.pytest_plugin"]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout


SPEC = '<rail version="1.0"><output><string name="a" validators="two-words"/></output></rail>'
CASES = '{"id": "good", "answer": {"a": "two words"}, "passes": true}\n\n{"answer": {"a": "one"}, "passes": true}\n'


def test_the_cases_beside_a_spec_are_tests(suite, tmp_path):
    (tmp_path / "it.rail").write_text(SPEC)
    (tmp_path / "it.cases.jsonl").write_text(CASES)
    (tmp_path / "other.cases.jsonl").write_text("no spec stands beside it")
    printed = suite("def test_it(): pass")
    assert "2 passed" in printed
    assert "1 failed" in printed
    assert "it.cases.jsonl:3\nit should pass, and it fails\n$.a: " in printed
    assert "1 passed" in suite("", "it.cases.jsonl", "-k", "good")


def test_cases_are_left_alone_where_the_ini_says_so(suite, tmp_path):
    (tmp_path / "it.rail").write_text(SPEC)
    (tmp_path / "it.cases.jsonl").write_text(CASES)
    assert "1 passed" in suite("def test_it(): pass", ini="railguard_cases = ignore\n")
    assert "railguard_cases is collect or ignore, not 'no'" in suite(
        "def test_it(): pass", ini="railguard_cases = no\n"
    )


def test_a_file_of_cases_that_cannot_be_read_is_an_error_with_its_place(suite, tmp_path):
    (tmp_path / "it.rail").write_text(SPEC)
    (tmp_path / "it.cases.jsonl").write_text('{"answer": 1}')
    assert "it.cases.jsonl:1: " in suite("def test_it(): pass")
