"""A playground that runs: the command itself, on a free port of loopback, with files of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

ROOT = Path(__file__).parents[2]
VALIDATORS = """
import os, sys, time
from railguard import validator

@validator("sleeps")
def sleeps(value: str) -> None:
    time.sleep(60)

@validator("prints")
def prints(value: str) -> None:
    print("this is no frame", flush=True)
    sys.stdin.read()

@validator("dies")
def dies(value: str) -> None:
    os._exit(3)
"""


class Playground(NamedTuple):
    """A running playground: its folder, its address without the token, and a client that has the token."""

    folder: Path
    address: str
    client: httpx.Client

    def post(self, path: str, data: object = None, **headers: str) -> httpx.Response:
        """POST JSON with the token, in ASCII as a browser may escape it."""
        content = json.dumps({} if data is None else data)
        return self.client.post(path, content=content, headers={"content-type": "application/json", **headers})


@pytest.fixture(scope="package")
def playground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    """`railguard play fees.rail` with a recording, cases and a module of validators."""
    folder = tmp_path_factory.mktemp("play")
    shutil.copy(ROOT / "specs" / "fees.rail", folder)
    shutil.copy(ROOT / "examples" / "fees" / "conversation.jsonl", folder)
    (folder / "fees.cases.jsonl").write_text('{"answer": {}, "passes": false}\n')
    (folder / "own_validators.py").write_text(VALIDATORS)
    command = [sys.executable, "-m", "railguard", "play", "fees.rail", "--cassette", "conversation.jsonl"]
    command += ["--var", "document=An agreement", "--import", "own_validators", "--port", "0", "--format", "json"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address, _, token = json.loads(process.stdout.readline())["url"].partition("#token=")
        with httpx.Client(
            base_url=address, headers={"x-railguard-token": token}, trust_env=False, timeout=300
        ) as client:
            yield Playground(folder, address, client)
    finally:
        process.terminate()
        code = process.wait(60)
        process.stdout.close()
    assert code == 0, "SIGTERM ends it in order"
