"""is-reachable: a URL where a server answers."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from railguard import Guard, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.is_reachable import is_reachable

ASKED: list[tuple[str, str | None]] = []
OVER = threading.Event()


class Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        ASKED.append((self.path, self.headers["host"]))
        status = int(self.path.split("?")[0].strip("/") or 200)
        if status == 999:
            OVER.wait(60)
            return
        self.send_response(status)
        self.send_header("location", "http://169.254.169.254/")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        return None


@pytest.fixture
def site() -> Iterator[str]:
    ASKED.clear()
    OVER.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    OVER.set()
    server.shutdown()
    server.server_close()
    thread.join()


def run(value: str, **options: Any) -> Any:
    return asyncio.run(is_reachable(**options).run(value))


def test_it_keeps_the_laws(site):
    check_validator(
        is_reachable(allow_private=True), passing=[site], failing=["", "no URL", f"{site}/404"], max_examples=40
    )


@pytest.mark.parametrize(("status", "passes"), [(200, True), (204, True), (302, True), (404, False), (500, False)])
def test_success_and_redirects_are_an_answer_and_are_not_followed(site, status, passes):
    result = run(f"{site}/{status}?a=b#c", allow_private=True)
    assert (result is None) is passes
    assert [(f"/{status}?a=b", site.removeprefix("http://"))] == ASKED
    if not passes:
        assert f"answers with status {status}" in result.message


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "http://localhost:1/", "http://[::1]/", "http://10.0.0.1/", "http://169.254.169.254/"]
)
def test_what_is_not_public_is_not_asked(url):
    assert "no public address" in run(url).message


@pytest.mark.parametrize(
    "url",
    ["ftp://a.example", "//a.example", "http://", "http:///x", "javascript:alert(1)", "http://a b/", "http://a:99999/"],
)
def test_what_is_no_url_is_not_asked(url):
    assert "it must be a URL" in run(url).message


def test_nobody_there_and_no_such_host_are_failures(monkeypatch):
    def unknown(*args: Any, **kwargs: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert "Nobody answers" in run(f"http://127.0.0.1:{port}/", allow_private=True).message
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert "is not found" in run("http://no-such-host.invalid/").message


def test_a_slow_answer_is_a_failure_in_time(site):
    start = time.monotonic()
    assert "within 0.1 s" in run(f"{site}/999", allow_private=True, timeout=0.1).message
    assert time.monotonic() - start < 10


def test_it_runs_in_a_guard(site):
    guard = Guard.from_string([is_reachable(allow_private=True)])
    assert guard.parse(site).passed
    assert not guard.parse(f"{site}/404").passed


@pytest.mark.parametrize("timeout", [0, -1, 61])
def test_a_limit_that_is_none_is_refused(timeout):
    with pytest.raises(SpecError, match="timeout"):
        is_reachable(timeout=timeout)


def test_it_reads_as_words_for_a_model():
    assert is_reachable().describe() == "a URL where a server answers"
