"""Every example runs without a key, and prints what it says it prints."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"
PROGRAMS = sorted(EXAMPLES.glob("*/main.py"))
NEEDS = {"graph": "langgraph", "sql": "sqlglot"}


def test_there_are_at_least_eight_real_tasks():
    assert len(PROGRAMS) >= 8


@pytest.mark.parametrize("program", [one for one in PROGRAMS if one.parent.name != "page"], ids=lambda p: p.parent.name)
def test_an_example_prints_what_it_says(program: Path, tmp_path: Path) -> None:
    pytest.importorskip(NEEDS.get(program.parent.name, "railguard"))
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "LANGSMITH_"))}
    command = [sys.executable, "-W", "error::DeprecationWarning:__main__", str(program)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout == (program.parent / "expected.txt").read_text(encoding="utf-8")


def test_the_page_is_sent_checked_snapshots_and_the_end():
    spec = importlib.util.spec_from_file_location("page_example", EXAMPLES / "page" / "main.py")
    assert spec is not None
    assert spec.loader is not None
    page: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(page)
    with page.server(f"replay:{EXAMPLES / 'page' / 'conversation.jsonl'}", 0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005})
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}"
        html = urllib.request.urlopen(address).read().decode()
        events = urllib.request.urlopen(f"{address}/events").read().decode().strip().split("\n\n")
        server.shutdown()
        thread.join()
    assert "EventSource" in html
    data = [json.loads(event.rpartition("data: ")[2]) for event in events]
    assert data[0] == {"title": "Pancakes"}
    assert events[-1].startswith("event: end")
    assert data[-1]["ingredients"][1] == {"name": "milk", "amount": "300 ml"}
    assert not any("some" in json.dumps(one) for one in data)


def test_every_example_is_listed():
    listed = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    for folder in EXAMPLES.iterdir():
        if folder.is_dir():
            assert f"]({folder.name}" in listed
