"""What a guard server does for a second of CPU time, and what a load needs: a real server, a model and clients on loopback.

    python benchmarks/load.py                     one worker and two
    python benchmarks/load.py --seconds 10 --workers 1 2 4

Clients and model are processes of their own, so that only the server's CPU time counts; `/proc` tells it, so Linux is
needed. With fewer CPUs than processes the calls a second are those of a shared machine; calls a CPU second are not.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any

from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_TICKS = os.sysconf("SC_CLK_TCK")

SPEC = """<rail version="1.0">
  <output>
    <string name="name" validators="two-words"/>
    <integer name="age"/>
    <list name="fees">
      <object>
        <string name="name" validators="lower-case"/>
        <float name="amount" validators="valid-range: 0 10000"/>
      </object>
    </list>
  </output>
  <messages><message role="user">Who? ${gr.complete_json_suffix}</message></messages>
</rail>"""
FEES = [{"name": f"fee number {at}", "amount": 1.5 * at} for at in range(16)]
ANSWER = json.dumps({"name": "Ann Other", "age": "{{n}}", "fees": FEES}).replace('"{{n}}"', "{{n}}")
KINDS = ("validation", "guarded call", "streamed call")


@dataclass
class Result:
    """What came of one run: calls, wrong answers, seconds, CPU seconds of the server, seconds of each call."""

    calls: int = 0
    wrong: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    latencies: list[float] = field(default_factory=list)

    @property
    def per_cpu_second(self) -> float:
        """Calls for each second of the server's CPU time."""
        return self.calls / self.cpu if self.cpu else 0.0


class Connection:
    """An HTTP/1.1 connection that is used again and again, and costs little."""

    def __init__(self, port: int, key: str | None = None) -> None:
        self._port = port
        self._key = "" if key is None else f"authorization: Bearer {key}\r\n"
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def post(self, path: str, body: Any) -> tuple[int, bytes]:
        """Status and body of the response."""
        if self._writer is None or self._reader is None or self._writer.is_closing() or self._reader.at_eof():
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port, limit=2**22)
        data = json.dumps(body).encode()
        head = f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{self._key}"
        self._writer.write(f"{head}content-length: {len(data)}\r\n\r\n".encode() + data)
        got = await self._reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(got)
        content = await self._reader.readexactly(int(length[1])) if length else await self._chunks()
        return int(got[9:12]), content

    async def _chunks(self) -> bytes:
        assert self._reader is not None
        parts = []
        while size := int(await self._reader.readline(), 16):
            parts.append((await self._reader.readexactly(size + 2))[:-2])
        await self._reader.readline()
        return b"".join(parts)

    def close(self) -> None:
        """Close it."""
        if self._writer is not None:
            self._writer.close()


def request_of(kind: str, number: int) -> tuple[str, Any]:
    """Path and body of one call."""
    if kind == "validation":
        return "/v1/guards/person/validate", {"output": ANSWER.replace("{{n}}", str(number))}
    body = {"model": "guard:person", "messages": [{"role": "user", "content": f"Who? {number}"}]}
    return "/v1/chat/completions", {**body, "stream": True} if kind == "streamed call" else body


def is_right(kind: str, number: int, content: bytes) -> bool:
    """Whether a response is the answer to its own question."""
    if kind == "streamed call":
        events = [json.loads(line[6:]) for line in content.split(b"\n") if line.startswith(b"data: {")]
        text = "".join(one["choices"][0]["delta"].get("content") or "" for one in events if one.get("choices"))
        return bool(json.loads(text)["age"] == number)
    plain = json.loads(content)
    if kind == "validation":
        return bool(plain["passed"] and plain["output"]["age"] == number)
    return bool(json.loads(plain["choices"][0]["message"]["content"])["age"] == number)


async def drive(port: int, kind: str, *, clients: int, seconds: float) -> Result:
    """Let so many clients ask one question after the other."""
    result, end = Result(), time.monotonic() + seconds

    async def client(first: int) -> None:
        connection, number = Connection(port), first
        while time.monotonic() < end:
            began = time.monotonic()
            status, content = await connection.post(*request_of(kind, number))
            result.latencies.append(time.monotonic() - began)
            result.calls += 1
            result.wrong += status != 200 or not is_right(kind, number, content)
            number += clients
        connection.close()

    began = time.monotonic()
    await asyncio.gather(*(client(at) for at in range(clients)))
    result.seconds = time.monotonic() - began
    return result


@contextmanager
def model(*arguments: str) -> Iterator[str]:
    """The URL of a model that runs in a process of its own."""
    command = [sys.executable, str(HERE / "loopback_model.py"), "--answer", ANSWER, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.stdin.close()


@contextmanager
def server(url: str, *arguments: str, settings: str = "", key: str | None = None) -> Iterator[tuple[int, int]]:
    """(port, process id) of a guard server. url: of its model. settings: more lines of [server]. key: one that it takes."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "person.rail").write_text(SPEC)
        config = Path(folder) / "config.toml"
        config.write_text(
            f'[server]\nport = 0\n{settings}\n[guards.person]\nspec = "person.rail"\nmodel = "openai:loopback"\n'
            f'options = {{base_url = "{url}", api_key = "none"}}\n'
        )
        command = [sys.executable, "-m", "railguard", "serve", str(config), "--format", "json", *arguments]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            port = int(json.loads(process.stdout.readline())["url"].rpartition(":")[2])
            try:
                asyncio.run(_ready(port, key))
                yield port, process.pid
            finally:
                process.send_signal(signal.SIGTERM)


async def _ready(port: int, key: str | None) -> None:
    for _ in range(600):
        try:
            status, _ = await Connection(port, key).post(*request_of("validation", 1))
        except OSError:
            status = 0
        if status == 200:
            return
        await asyncio.sleep(0.1)
    raise RuntimeError("the server does not answer")


def spec_of(pid: int) -> Path:
    """The file of the guard of a server that runs."""
    config = next(one for one in Path(f"/proc/{pid}/cmdline").read_text().split("\0") if one.endswith(".toml"))
    return Path(config).parent / "person.rail"


def processes_of(pid: int) -> list[int]:
    """A process and all below it, without those that end meanwhile."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [pid, *(one for child in children for one in processes_of(int(child)))]


def cpu_of(pid: int) -> float:
    """CPU seconds of a process and all below it."""
    ticks = 0
    for one in processes_of(pid):
        parts = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += int(parts[11]) + int(parts[12])
    return ticks / _TICKS


def resident_of(pid: int) -> int:
    """Bytes in memory of a process and all below it."""
    pages = sum(int(Path(f"/proc/{one}/statm").read_text().split()[1]) for one in processes_of(pid))
    return pages * os.sysconf("SC_PAGE_SIZE")


def measured(port: int, pid: int, kind: str, *, clients: int, seconds: float) -> Result:
    """One kind of call, after a moment to warm up."""
    asyncio.run(drive(port, kind, clients=clients, seconds=seconds / 5))
    before = cpu_of(pid)
    result = asyncio.run(drive(port, kind, clients=clients, seconds=seconds))
    result.cpu = cpu_of(pid) - before
    return result


def main() -> None:
    """Measure, and say what two loads need."""
    arguments = argparse.ArgumentParser(description="Calls a CPU second of a guard server.")
    arguments.add_argument("--seconds", type=float, default=5.0, help="of each measurement")
    arguments.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    arguments.add_argument("--clients", type=int, default=32)
    given = arguments.parse_args()
    console = Console()
    table = Table(
        *("workers", "call", "calls a CPU s", "calls a s", "ms, median", "ms, 99 of 100", "wrong", "MiB"),
        title=f"A guard server, {len(ANSWER):,} characters an answer, {given.clients} clients, {os.cpu_count()} CPUs",
    )
    rates: dict[str, float] = {}
    with model() as url:
        for workers in given.workers:
            with server(url, "--workers", str(workers)) as (port, pid):
                for kind in KINDS:
                    result = measured(port, pid, kind, clients=given.clients, seconds=given.seconds)
                    rates.setdefault(kind, result.per_cpu_second)
                    cuts = quantiles(result.latencies, n=100)
                    table.add_row(
                        *(str(workers), kind, f"{result.per_cpu_second:.0f}", f"{result.calls / result.seconds:.0f}"),
                        *(f"{cuts[49] * 1e3:.0f}", f"{cuts[98] * 1e3:.0f}", str(result.wrong)),
                        f"{resident_of(pid) / 2**20:.0f}",
                    )
    console.print(table)
    needs = Table("call", "CPUs for 1,000 a minute", "for 1,000,000 a minute", title="CPUs at 60 % use")
    for kind, rate in rates.items():
        needs.add_row(kind, *(f"{calls / 60 / rate / 0.6:.2f}" for calls in (1_000, 1_000_000)))
    console.print(needs)


if __name__ == "__main__":
    main()
