"""Every snippet and every command that README and docs show is run, and prints what they say it prints."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)

FIRST = '{"name": "Ann Other", "age": "thirty-six", "skills": ["Python", "chess"]}'


class _OpenAI(BaseHTTPRequestHandler):
    """Chat completions as OpenAI's API gives them: a first answer with a bad age, then the age alone."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        again = any(message["role"] == "assistant" for message in body["messages"])
        text, sent, written = ('{"age": 36}', 118, 6) if again else (FIRST, 60, 28)
        answer = {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 0,
            "model": body["model"],
            "choices": [
                {
                    "index": 0,
                    "finish_reason": "stop",
                    "message": {"role": "assistant", "content": text, "refusal": None},
                }
            ],
            "usage": {"prompt_tokens": sent, "completion_tokens": written, "total_tokens": sent + written},
        }
        data = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        return None


@pytest.fixture
def openai(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The environment of somebody who has a key: OpenAI's SDK talks to a server on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _OpenAI)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{server.server_port}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "a-key-for-the-tests")
    yield
    server.shutdown()
    server.server_close()
    thread.join()


def _blocks(page: Path) -> list[tuple[str, str, str]]:
    return [match.groups() for match in BLOCK.finditer(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_snippets_of_a_page_print_what_it_says(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, openai: None
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("specs", "examples"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    names: dict[str, object] = {"__name__": "snippet"}
    printed = ""
    for language, options, text in _blocks(page):
        if file := re.search(r"file=(\S+)", options):
            Path(file[1]).write_text(text, encoding="utf-8")
        elif language == "python":
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(text, f"{page.name}", "exec", dont_inherit=True), names)
            printed = out.getvalue()
        elif language == "output":
            assert printed == text
    for value in names.values():
        if not isinstance(value, type) and callable(close := getattr(value, "close", None)):
            close()


def _commands() -> list[tuple[str, str]]:
    found = []
    for page in PAGES:
        for language, _, text in _blocks(page):
            if language == "console":
                found += [(page.name, line[2:]) for line in text.splitlines() if line.startswith("$ ")]
    return found


@pytest.mark.parametrize(("page", "command"), _commands())
def test_the_commands_of_a_page_work(page: str, command: str) -> None:
    program, *arguments = shlex.split(command)
    assert program == "railguard", f"{page} shows a command that no test runs"
    environment = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "railguard", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout or done.stderr


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_demo_shows_a_reask_and_a_validated_output() -> None:
    if not (ROOT / ".venv" / "ready").exists():
        pytest.skip("the tests were not started by make, which sets up what the demo needs")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(["make", "demo"], cwd=ROOT, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert "fees.1.name" in done.stdout + done.stderr
    assert "cash withdrawal" in done.stdout
