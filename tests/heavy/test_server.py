"""A guard server under load, among slow and malicious clients, with several workers and replicas, and clients of other languages.

RAILGUARD_REQUESTS sets how many requests the server must take without growing (10,000 by default).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

import load  # noqa: E402

MIB = 2**20
KEY = "a-key-for-the-tests-0123456789"
JSON = "content-type: application/json"


def until(true: Callable[[], Any], seconds: float = 120.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)
    return found


def get(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=120) as response:
        return str(response.read().decode())


def asked(url: str, path: str = "/") -> int:
    """How often the model was asked. path: "/release" for one that is held."""
    return int(json.loads(get(int(url.rpartition(":")[2].removesuffix("/v1")), path))["asked"])


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@pytest.fixture(scope="module")
def model() -> Iterator[str]:
    with load.model() as url:
        yield url


NODE = """
import OpenAI from "openai";
const client = new OpenAI({ baseURL: process.argv[2], apiKey: process.argv[3], maxRetries: 0 });
const asked = { model: "guard:person", messages: [{ role: "user", content: "Who? 36" }] };
const whole = await client.chat.completions.create(asked);
let text = "", usage = null, account = null;
const streamed = { ...asked, stream: true, stream_options: { include_usage: true } };
for await (const chunk of await client.chat.completions.create(streamed)) {
  text += chunk.choices[0]?.delta?.content ?? "";
  usage = chunk.usage ?? usage;
  account = chunk.x_railguard ?? account;
}
let refused = null;
try {
  await client.chat.completions.create({ ...asked, model: "guard:nobody" });
} catch (error) {
  refused = [error.status, error.code];
}
const models = (await client.models.list()).data.map((one) => one.id);
console.log(JSON.stringify({ whole: whole.choices[0].message.content, text, usage, account, refused, models }));
"""


def test_openai_for_node_gets_valid_output(model: str, tmp_path: Path) -> None:
    node, npm = program("node"), program("npm")
    install = [npm, "install", "--no-audit", "--no-fund", "--no-package-lock", "openai@6"]
    try:
        done = subprocess.run(install, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    except subprocess.TimeoutExpired:
        pytest.skip("npm cannot install openai within five minutes")
    if done.returncode != 0:
        pytest.skip(f"npm cannot install openai: {done.stderr.strip()[-200:]}")
    (tmp_path / "ask.mjs").write_text(NODE)
    (tmp_path / "keys.txt").write_text(KEY)
    with load.server(model, settings=f'keys_file = "{tmp_path}/keys.txt"', key=KEY) as (port, _):
        command = [node, "ask.mjs", f"http://127.0.0.1:{port}/v1", KEY]
        said = json.loads(
            subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=300).stdout
        )
    assert json.loads(said["whole"])["age"] == 36
    assert json.loads(said["text"]) == json.loads(said["whole"])
    assert said["usage"]["total_tokens"] == 30
    assert said["account"]["passed"] is True
    assert said["refused"] == [404, "model_not_found"]
    assert said["models"] == ["guard:person"]


def test_curl_gets_valid_output_and_is_refused_what_is_too_large(model: str, tmp_path: Path) -> None:
    curl = program("curl")
    with load.server(model) as (port, _):
        url = f"http://127.0.0.1:{port}/v1/chat/completions"
        body: dict[str, Any] = {"model": "guard:person", "messages": [{"role": "user", "content": "Who? 36"}]}

        def run(*arguments: str, **how: Any) -> str:
            command = [curl, "--silent", "--show-error", "--max-time", "300", *arguments]
            return subprocess.run(command, capture_output=True, check=True, timeout=330, **how).stdout.decode()

        whole = json.loads(run("-H", JSON, "-d", json.dumps(body), url))
        assert json.loads(whole["choices"][0]["message"]["content"])["age"] == 36
        events = run("--no-buffer", "-H", JSON, "-d", json.dumps({**body, "stream": True}), url)
        assert load.is_right("streamed call", 36, events.encode())
        assert events.endswith("data: [DONE]\n\n")
        large = tmp_path / "large"
        with large.open("wb") as file:
            file.truncate(100 * MIB)
        for how in (
            ("--data-binary", f"@{large}"),
            ("-X", "POST", "-H", "transfer-encoding: chunked", "-T", str(large)),
        ):
            said = run("-H", JSON, *how, "-w", " %{http_code} %{size_upload}", url).split()
            assert said[-2] == "413"
            assert float(said[-1]) < 50 * MIB, "it is refused before it has come"


async def slow_head(port: int, stop: asyncio.Event) -> None:
    """A byte of a head now and then, again and again."""
    while not stop.is_set():
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for byte in b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-slow: 1":
                if stop.is_set() or reader.at_eof():
                    break
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0.5)
            writer.close()
        await asyncio.sleep(0.1)


async def slow_body(port: int, stop: asyncio.Event) -> None:
    with contextlib.suppress(OSError):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /v1/guards/person/validate HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n\r\n{")
        while not stop.is_set():
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.5)
        writer.close()


async def leaves_a_stream(port: int, stop: asyncio.Event) -> None:
    body = json.dumps({"model": "guard:person", "stream": True, "messages": [{"role": "user", "content": "Who? 1"}]})
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n{JSON}\r\ncontent-length: {len(body)}\r\n\r\n"
    while not stop.is_set():
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write((head.replace("host: x", "host: localhost") + body).encode())
            await reader.read(random.choice([1, 100, 400]))
            writer.transport.abort()
        await asyncio.sleep(0.2)


async def talks_nonsense(port: int, stop: asyncio.Event) -> None:
    chance = random.Random(port)
    heads = [
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n",
        b"GET / HTTP/1.1\r\n",
        b"",
        b"PRI * HTTP/2.0\r\n",
    ]
    while not stop.is_set():
        with contextlib.suppress(OSError, asyncio.TimeoutError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(chance.choice(heads) + chance.randbytes(chance.choice([1, 100, 10_000])))
            answer = await asyncio.wait_for(reader.read(100), 0.5)
            assert not answer.startswith(b"HTTP/1.1 5")
            writer.close()
        await asyncio.sleep(0.1)


async def crowd(port: int, seconds: float) -> dict[str, load.Result]:
    """A thousand clients that ask, and a hundred and fifty that mean harm."""
    stop = asyncio.Event()
    bad = [(slow_head, 60), (slow_body, 30), (leaves_a_stream, 20), (talks_nonsense, 40)]
    harm = [asyncio.ensure_future(one(port, stop)) for one, number in bad for _ in range(number)]
    shares = {"validation": 700, "guarded call": 200, "streamed call": 100}
    results = await asyncio.gather(*(load.drive(port, kind, clients=shares[kind], seconds=seconds) for kind in shares))
    stop.set()
    await asyncio.gather(*harm)
    return dict(zip(shares, results, strict=True))


def test_a_thousand_clients_get_their_own_answers_among_slow_and_malicious_ones(model: str) -> None:
    with load.server(model, "--calls", "2000", settings="body_seconds = 5") as (port, pid):
        results = asyncio.run(crowd(port, 20))
        for kind, result in results.items():
            assert result.calls >= 100, kind
            assert result.wrong == 0, kind
        counts = until(lambda: text if "railguard_calls_running 0.0" in (text := get(port, "/metrics")) else "")
        assert 'railguard_refused_total{code="body_too_slow"}' in counts
        assert 'status="500"' not in counts
        assert load.resident_of(pid) < 400 * MIB


def test_memory_does_not_grow_with_the_number_of_requests(model: str) -> None:
    requests = int(os.environ.get("RAILGUARD_REQUESTS", "10000"))
    with load.server(model) as (port, pid):

        def run(calls: int) -> int:
            done = 0
            while done < calls:
                for kind, seconds in (("validation", 2.0), ("guarded call", 0.5), ("streamed call", 0.5)):
                    result = asyncio.run(load.drive(port, kind, clients=16, seconds=seconds))
                    assert result.wrong == 0
                    done += result.calls
            return load.resident_of(pid)

        first = run(requests // 4)
        last = run(requests - requests // 4)
        assert last - first < 8 * MIB, f"{first / MIB:.1f} MiB, then {last / MIB:.1f} MiB"


def test_guards_are_reloaded_under_load_and_broken_files_change_nothing(model: str) -> None:
    names = iter(range(10_000))

    def change(spec: Path, stop: threading.Event) -> None:
        while not stop.wait(0.4):
            number = next(names)
            broken = number % 2 == 1
            spec.write_text("<rail version='1.0'><output>" if broken else load.SPEC.replace("Who?", f"Who {number}?"))
        spec.write_text(load.SPEC)

    with load.server(model) as (port, pid):
        stop = threading.Event()
        changing = threading.Thread(target=change, args=(load.spec_of(pid), stop))
        changing.start()
        results = [asyncio.run(load.drive(port, kind, clients=16, seconds=3)) for kind in load.KINDS]
        stop.set()
        changing.join()
        assert [result.wrong for result in results] == [0, 0, 0]
        until(lambda: {"loaded", "failed"} <= set(re.findall(r'reloads_total\{result="(\w+)"', get(port, "/metrics"))))
        until(lambda: json.loads(get(port, "/v1/guards"))["data"][0]["problem"] is None)


def test_every_worker_counts_and_a_killed_one_is_replaced(model: str) -> None:
    with load.server(model, "--workers", "2") as (port, pid):
        before = calls_counted(port)
        result = asyncio.run(load.drive(port, "validation", clients=16, seconds=2))
        assert result.wrong == 0
        assert calls_counted(port) - before == result.calls
        first, killed = until(lambda: found if len(found := workers_of(pid)) == 2 else [])
        os.kill(killed, signal.SIGKILL)
        until(lambda: len(found := workers_of(pid)) == 2 and first in found and killed not in found)
        result = asyncio.run(load.drive(port, "validation", clients=16, seconds=2))
        assert result.wrong == 0
        until(lambda: "railguard_calls_running 0.0" in get(port, "/metrics"))


def workers_of(pid: int) -> list[int]:
    """The processes of a server that answer, without that of `multiprocessing` which keeps its books."""
    found = []
    for one in load.processes_of(pid)[1:]:
        with contextlib.suppress(OSError):
            if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes():
                found.append(one)
    return found


def calls_counted(port: int) -> int:
    found = re.findall(r'railguard_calls_total\{[^}]*kind="validate"[^}]*\} (\S+)', get(port, "/metrics"))
    return int(sum(map(float, found)))


async def refused(port: int) -> None:
    """Wait until nobody listens any more."""
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
        except ConnectionRefusedError:
            return
        except ConnectionError:  # it was taken, and closed with the socket that listens
            pass
        await asyncio.sleep(0.1)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_calls_under_way_end_after_sigterm_and_nothing_new_begins(workers: str) -> None:
    async def ask(url: str, port: int, pid: int) -> list[tuple[int, bytes]]:
        connections = [load.Connection(port) for _ in range(40)]
        asking = [
            asyncio.ensure_future(one.post(*load.request_of("streamed call" if at % 2 else "guarded call", at)))
            for at, one in enumerate(connections)
        ]
        await asyncio.to_thread(until, lambda: asked(url) == 40)
        os.kill(pid, signal.SIGTERM)
        await refused(port)
        assert not any(one.done() for one in asking)
        await asyncio.to_thread(asked, url, "/release")
        return await asyncio.gather(*asking)

    with load.model("--held") as url, load.server(url, "--workers", workers) as (port, pid):
        answers = asyncio.run(ask(url, port, pid))
    for at, (status, content) in enumerate(answers):
        assert status == 200
        assert load.is_right("streamed call" if at % 2 else "guarded call", at, content)


def test_ten_thousand_idle_connections_keep_nobody_out(model: str) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    number = min(10_000, hard - 500)

    async def idle(port: int) -> int:
        # One address has only some 28,000 ports, some of which others use.
        addresses = [(f"127.0.0.{2 + at % 200}", 0) for at in range(number)]
        opened = [await asyncio.open_connection("127.0.0.1", port, local_addr=one) for one in addresses]
        status, content = await load.Connection(port).post(*load.request_of("guarded call", 7))
        assert status == 200
        assert load.is_right("guarded call", 7, content)
        assert not opened[-1][0].at_eof(), "it is answered while others are idle"
        closed = await asyncio.gather(*(asyncio.wait_for(reader.read(), 300) for reader, _ in opened))
        for _, writer in opened:
            writer.close()
        return sum(data.startswith(b"HTTP/1.1 408") for data in closed)

    with load.server(model) as (port, _):
        assert asyncio.run(idle(port)) == number


@pytest.fixture(scope="module")
def redis() -> Iterator[str]:
    command = program("redis-server")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with subprocess.Popen(
        [command, "--port", str(port), "--save", "", "--dir", "/tmp"], stdout=subprocess.DEVNULL
    ) as process:

        def answers() -> bool:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                return True
            return False

        until(answers)
        yield f"redis://127.0.0.1:{port}"
        process.terminate()


async def ask_each(port: int, numbers: range) -> list[int]:
    connection = load.Connection(port)
    answers = [(number, await connection.post(*load.request_of("guarded call", number))) for number in numbers]
    connection.close()
    for number, (status, content) in answers:
        assert status != 200 or load.is_right("guarded call", number, content)
    return [status for _, (status, _) in answers]


def test_replicas_share_answers_in_redis(model: str, redis: str) -> None:
    settings = f'cache = "{redis}/1"'
    with load.server(model, "--workers", "2", settings=settings) as (first, _):
        before = asked(model)
        assert asyncio.run(ask_each(first, range(100, 110))) == [200] * 10
        assert asked(model) - before == 10
        with load.server(model, settings=settings) as (second, _):
            assert asyncio.run(ask_each(second, range(100, 110))) == [200] * 10
        assert asked(model) - before == 10


def test_replicas_share_a_rate_limit_in_redis(model: str, redis: str) -> None:
    settings = f'timeout = 5.0\nrate_limit = {{requests = 6, store = "{redis}/2"}}'
    with load.server(model, settings=settings) as (first, _), load.server(model, settings=settings) as (second, _):
        before = asked(model)
        statuses = asyncio.run(ask_each(first, range(4))) + asyncio.run(ask_each(second, range(4)))
        assert asked(model) - before == 6
        assert sorted(statuses) == [200] * 6 + [429] * 2
