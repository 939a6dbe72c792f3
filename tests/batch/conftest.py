"""A model on loopback that speaks OpenAI's protocol, answers each document in its own way, and counts."""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

SPEC = """<rail version="1.0">
  <input><string name="document"/></input>
  <output>
    <integer name="number"/>
    <string name="word" validators="lower-case" on-fail-lower-case="fix"/>
  </output>
  <messages><message role="user">Document ${document}. ${gr.complete_json_suffix}</message></messages>
</rail>
"""


class Model(ThreadingHTTPServer):
    """Of "Document 12" it says number 12. `asked` counts first questions by document; `reasked` the others.

    First questions beyond `hold_after` are not answered before `released` is set, so that a job cannot end meanwhile.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: Counter[int] = Counter()
        self.reasked: Counter[int] = Counter()
        self.seconds = 0.0
        self.hold_after = math.inf
        self.released = threading.Event()
        self.behaviour: Callable[[Model, int, int], tuple[int, Any, dict[str, str]]] = good
        self.at_once = 0
        self.most_at_once = 0
        self.lock = threading.Lock()

    @property
    def number_asked(self) -> int:
        """How many first questions came, while others may be coming in other threads."""
        return sum(dict(self.asked).values())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is part of the tests."""


def good(model: Model, document: int, round: int) -> tuple[int, Any, dict[str, str]]:
    """A sound answer; of every fifth document the first has a text for the number."""
    if document % 5 == 0 and round == 0:
        return 200, chat(json.dumps({"number": "many", "word": "W"})), {}
    return 200, chat(json.dumps({"number": document} if round else {"number": document, "word": "W"})), {}


def chat(text: str) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-5-2026",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 5, "total_tokens": 16},
    }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Model

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        document = int(re.search(r"Document (\d+)", body["messages"][0]["content"])[1])  # type: ignore[index]
        round = sum(message["role"] == "assistant" for message in body["messages"])
        model = self.server
        with model.lock:
            (model.reasked if round else model.asked)[document] += 1
            model.at_once += 1
            model.most_at_once = max(model.at_once, model.most_at_once)
        if not round and model.number_asked > model.hold_after:
            model.released.wait(600)
        time.sleep(model.seconds)
        status, answer, headers = model.behaviour(model, document, round)
        with model.lock:
            model.at_once -= 1
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        return None


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[Model]:
    monkeypatch.setenv("OPENAI_API_KEY", "a-key-for-the-tests")
    server = Model()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield server
    server.released.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "spec.rail").write_text(SPEC, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def documents(path: Path, number: int) -> Path:
    path.write_text("".join(f'{{"id": "r{at}", "document": "{at}"}}\n' for at in range(number)), encoding="utf-8")
    return path


def start(*arguments: object, folder: Path) -> subprocess.Popen[str]:
    """`railguard batch …` as a process of its own group."""
    return subprocess.Popen(
        [sys.executable, "-m", "railguard", "batch", *map(str, arguments)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
        start_new_session=True,
    )


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
