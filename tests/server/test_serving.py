"""Guards over HTTP: validation, reload, keys, limits, what operators see."""

from __future__ import annotations

import json
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from watchfiles import awatch

from railguard import Guard, InputError
from railguard.server import ServerConfig, create_app, uvicorn_server
from tests.server.conftest import SENTENCES

KEY = "a-key-for-the-tests-0123456789"
PERSON = '{"name": "Ann Other", "age": 36, "skills": []}'
BAD = '{"name": "Ann Other", "age": "old", "skills": []}'


def chat(server: httpx.Client, **headers: str) -> httpx.Response:
    body = {"model": "guard:person", "messages": [{"role": "user", "content": "Who?"}]}
    return server.post("/v1/chat/completions", json=body, headers=headers)


def replace(file: Path, text: str) -> None:
    """Write a file in one step, so that nobody reads half of it."""
    part = file.with_suffix(".part")
    part.write_text(text)
    part.rename(file)


def test_an_answer_is_validated_as_the_guard_itself_does_it(serving, folder):
    guard = Guard.from_rail(folder / "person.rail")
    server = serving()
    for text in (PERSON, BAD, "prose", '{"name": "' + "x" * 20_000):
        response = server.post("/v1/guards/person/validate", json={"output": text})
        assert response.status_code == 200
        assert response.json() == json.loads(json.dumps(guard.parse(text).to_dict()))


def test_a_reask_is_made_for_those_who_ask_the_model_themselves(serving):
    server = serving()
    body: dict[str, Any] = {"output": BAD, "variables": {"document": "Ann Other, 36."}}
    made = server.post("/v1/guards/person/reask", json=body).json()
    assert made["paths"] == ["$.age"]
    assert list(made["schema"]["properties"]) == ["age"]
    assert [message["role"] for message in made["messages"]] == ["user", "assistant", "user"]
    assert "Ann Other, 36." in made["messages"][0]["content"]
    body = {"output": BAD, "messages": [{"role": "user", "content": "Who?"}]}
    assert server.post("/v1/guards/person/reask", json=body).json()["messages"][0] == body["messages"][0]
    nothing = {"messages": None, "schema": None, "paths": [], "passed": True}
    assert server.post("/v1/guards/person/reask", json={"output": PERSON}).json() == nothing


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("nobody/validate", {"output": "x"}, 404, "guard_not_found"),
        ("..%2Fperson/validate", {"output": "x"}, 404, "not_found"),
        ("person/validate", {}, 400, "missing_parameter"),
        ("person/validate", {"output": {"age": 1}}, 400, "invalid_type"),
        ("person/validate", {"output": "x", "outputs": 1}, 400, "unknown_parameter"),
        ("person/reask", {"output": BAD, "variables": {"docment": "x"}}, 400, "invalid_input"),
        ("person/reask", {"output": BAD, "variables": [1]}, 400, "invalid_type"),
    ],
)
def test_what_cannot_be_validated_is_refused(serving, path, body, status, code):
    response = serving().post(f"/v1/guards/{path}", json=body)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)


def test_half_of_a_surrogate_pair_is_answered_like_any_other_text(serving, model):
    server = serving(include_content=True)
    for path, body, status in (
        ("guards/person/validate", {"output": "\ud800"}, 200),
        ("guards/person/validate", {"output": "", "\ud800": 1}, 400),
        ("guards/person/reask", {"output": BAD, "messages": [{"role": "user", "content": "\ud800"}]}, 200),
        ("chat/completions", {"model": "guard:person", "messages": [], "\ud800": 1}, 400),
        ("chat/completions", {"model": "guard:text", "messages": [{"role": "user", "content": "?"}]}, 422),
    ):
        model.answers["fake"] = ["\ud800"]
        headers = {"content-type": "application/json"}
        response = server.post(f"/v1/{path}", content=json.dumps(body), headers=headers)
        assert response.status_code == status
        assert "\ud800" in json.dumps(response.json(), ensure_ascii=False)
    body = {"model": "guard:text", "stream": True, "messages": [{"role": "user", "content": "?"}]}
    begun, *_, ended = server.post("/v1/chat/completions", json=body).text.strip().split("\n\n")
    assert json.loads(begun.removeprefix("data: "))["choices"][0]["delta"]["content"] == ""
    assert json.loads(ended.removeprefix("data: "))["error"]["code"] == "validation_failed"


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"\xff", b'{"a": NaN}', b'{"a": 1e999}', b"[" * 100_000, b'{"a": ' + b"9" * 5000 + b"}"]
)
def test_a_body_that_is_no_json_object_is_refused(serving, body):
    response = serving().post("/v1/guards/text/validate", content=body, headers={"content-type": "application/json"})
    assert (response.status_code, response.json()["error"]["code"]) == (400, "invalid_json")


def test_a_form_that_a_browser_could_send_from_any_page_is_refused(serving):
    server = serving()
    headers = {"content-type": "text/plain"}
    assert server.post("/v1/guards/text/validate", content=b'{"output": ""}', headers=headers).status_code == 415
    assert server.get("/healthz", headers={"host": "rebound.example"}).status_code == 400


def test_the_guards_are_listed(serving):
    server = serving()
    assert [one["name"] for one in server.get("/v1/guards").json()["data"]] == ["person", "sentences", "text"]
    models = server.get("/v1/models").json()["data"]
    assert [one["id"] for one in models] == ["guard:person", "guard:sentences", "guard:text"]
    document = server.get("/openapi.json").json()
    OpenAPIV31SpecValidator(document).validate()
    (name,) = document["paths"]["/v1/guards/{name}/validate"]["post"]["parameters"]
    assert name["schema"]["enum"] == ["person", "sentences", "text"]


def test_a_changed_guard_is_read_again_and_a_broken_one_leaves_it(serving, folder, until, monkeypatch):
    monkeypatch.setattr("railguard.server.app._DEBOUNCE_MS", 50)
    server = serving()

    def described() -> dict[str, Any]:
        return {one["name"]: one for one in server.get("/v1/guards").json()["data"]}

    file, good = folder / "person.rail", (folder / "person.rail").read_text()
    replace(file, good.replace('name="age"', 'name="years"'))
    until(lambda: "years" in described()["person"]["schema"]["properties"])
    replace(file, "<rail version='1.0'><output><integer/>")
    until(lambda: described()["person"]["problem"])
    assert "years" in described()["person"]["schema"]["properties"]
    (folder / "text.rail").unlink()
    replace(folder / "new.rail", good)
    until(lambda: set(described()) == {"person", "sentences", "new"})
    replace(file, good)
    until(lambda: described()["person"]["problem"] is None and "age" in described()["person"]["schema"]["properties"])
    assert server.post("/v1/guards/text/validate", json={"output": "x"}).status_code == 404
    counts = server.get("/metrics").text
    assert 'railguard_guard_reloads_total{result="failed"} 1.0' in counts
    assert 'railguard_guard_reloads_total{result="loaded"} 3.0' in counts


def test_a_change_that_came_before_the_watch_is_found(serving, folder, until, monkeypatch):
    def late(*folders: Path, **times: Any) -> Any:
        replace(folder / "text.rail", SENTENCES.replace("lower-case", "upper-case"))
        return awatch(*folders, **times)

    monkeypatch.setattr("railguard.server.app.awatch", late)
    monkeypatch.setattr("railguard.server.app._LOOK_MS", 50)
    server = serving()
    until(lambda: not server.post("/v1/guards/text/validate", json={"output": "x"}).json()["passed"])


def test_a_key_is_needed_and_told_to_nobody(serving, model, tmp_path, caplog, until, monkeypatch):
    monkeypatch.setattr("railguard.server.app._DEBOUNCE_MS", 50)
    keys = tmp_path / "keys.txt"
    keys.write_text(f"# of the tests\n{KEY}\n")
    model.answers["fake"] = [PERSON]
    with caplog.at_level(logging.DEBUG):
        server = serving(keys_file=keys)
        for wrong in (
            "",
            "Bearer",
            "Bearer x",
            f"Basic {KEY}",
            f"Bearer {KEY[:-1]}",
            f"Bearer {KEY}x",
            f"Bearer {KEY.upper()}",
        ):
            response = chat(server, authorization=wrong)
            assert (response.status_code, response.json()["error"]["code"]) == (401, "invalid_api_key")
        for path in ("/v1/guards", "/v1/models", "/metrics", "/openapi.json"):
            assert server.get(path).status_code == 401
        assert server.get("/healthz").status_code == 200
        assert not model.requests
        answer = chat(server, authorization=f"Bearer {KEY}")
        assert answer.status_code == 200
        other = KEY.replace("tests", "other")
        replace(keys, other)
        until(lambda: chat(server, authorization=f"Bearer {other}").status_code == 200)
        assert chat(server, authorization=f"Bearer {KEY}").status_code == 401
        keys.write_text("")  # a file that was emptied opens nothing
        until(lambda: "holds no key" in caplog.text)
        assert chat(server).status_code == 401
        assert chat(server, authorization=f"Bearer {other}").status_code == 200
    records = [record.getMessage() for record in caplog.records if record.name.startswith(("railguard", "uvicorn"))]
    assert KEY not in answer.text + "".join(records)


def test_keys_come_from_the_environment_too(serving, monkeypatch):
    monkeypatch.setenv("RAILGUARD_KEYS", f"{KEY}1, {KEY}2")
    server = serving()
    for key in (f"{KEY}1", f"{KEY}2"):
        assert server.get("/v1/guards", headers={"authorization": f"Bearer {key}"}).status_code == 200
    assert server.get("/v1/guards").status_code == 401


def test_what_others_can_reach_needs_keys(folder, monkeypatch):
    config = ServerConfig.read(folder, host="0.0.0.0")
    with pytest.raises(InputError, match="--keys"):
        create_app(config)
    create_app(ServerConfig.read(folder, host="0.0.0.0", without_keys=True))
    monkeypatch.setenv("RAILGUARD_KEYS", KEY)
    create_app(config)
    monkeypatch.setenv("RAILGUARD_KEYS", "short")
    with pytest.raises(InputError, match="16 characters") as caught:
        create_app(config)
    assert "short" not in str(caught.value).replace("too short", "")


def test_a_body_that_is_too_large_is_refused_while_it_arrives(serving):
    server = serving(body_bytes=1000)
    read = 0

    def pieces() -> Any:
        nonlocal read
        for _ in range(1600):
            read += 1
            yield b"x" * 65_536

    for content in (b"x" * 1001, b"x" * 10_000_000, pieces()):
        response = server.post(
            "/v1/guards/text/validate", content=content, headers={"content-type": "application/json"}
        )
        assert (response.status_code, response.json()["error"]["code"]) == (413, "body_too_large")
    assert read < 1600
    assert server.post("/v1/guards/text/validate", json={"output": "x"}).status_code == 200


def test_more_calls_than_there_is_room_for_are_told_to_come_again(serving, model, until):
    model.answers["fake"], model.slow = [PERSON], 60
    server = serving(calls=2)
    running = [threading.Thread(target=chat, args=(server,)) for _ in range(2)]
    for thread in running:
        thread.start()
    until(lambda: len(model.requests) == 2)
    response = chat(server)
    assert (response.status_code, response.json()["error"]["code"]) == (429, "busy")
    assert response.headers["retry-after"] == "1"
    assert server.get("/healthz").status_code == 200
    model.slow = 0
    for thread in running:
        thread.join()
    assert chat(server).status_code == 200
    assert 'railguard_refused_total{code="busy"} 1.0' in server.get("/metrics").text


def test_a_connection_that_sends_no_whole_head_is_closed(serving, monkeypatch):
    server = serving()
    address = ("127.0.0.1", server.base_url.port)
    whole = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n"
    for before, sent in ((b"", b""), (b"", b"GET / HT"), (b"", whole[:-2]), (whole, b"GET"), (whole, b"\r\n")):
        # A head that is whole gets its time: what is short begins with the head that is not.
        monkeypatch.setattr("railguard.server.uvicorn_server.HEAD_SECONDS", 60 if before else 1)
        with socket.create_connection(address, timeout=60) as connection:
            connection.sendall(before)
            assert not before or b"200 OK" in connection.recv(4096)
            monkeypatch.setattr("railguard.server.uvicorn_server.HEAD_SECONDS", 1)
            connection.sendall(sent)
            data = b""
            while piece := connection.recv(4096):
                data += piece
            assert data.endswith(b"no whole request head came in time")
    assert server.get("/healthz").status_code == 200


def test_a_head_that_is_too_large_is_refused(serving):
    server = serving()
    with socket.create_connection(("127.0.0.1", server.base_url.port), timeout=60) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n")
        with pytest.raises(OSError, match=r"reset|pipe"):  # noqa: PT012  # it takes a while until the system tells
            while True:
                connection.sendall(b"x-header: " + b"x" * 1000 + b"\r\n")
    assert server.get("/healthz").status_code == 200


REFUSED = {
    "401": "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 500000\r\n\r\n",
    "413": (
        f"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {KEY}\r\n"
        "content-length: 5000000\r\n\r\n"
    ),
    "400": "POST /v1/chat/completions of what\r\n\r\n",
    "431": f"POST / HTTP/1.1\r\nx-header: {'x' * 40_000}\r\n",
    "408": "POST / HTTP/1.1\r\nx-header: ",
}


@pytest.mark.parametrize("status", REFUSED)
def test_a_refusal_reaches_a_client_that_is_still_sending(serving, monkeypatch, status):
    """RFC 9112 section 9.6: a connection that is closed with unread bytes is reset, and the response may be lost."""
    monkeypatch.setenv("RAILGUARD_KEYS", KEY)
    monkeypatch.setattr("railguard.server.uvicorn_server.HEAD_SECONDS", 0.2 if status == "408" else 60)
    for seconds in (60, 0.5):
        monkeypatch.setattr("railguard.server.error_responses.LINGER_SECONDS", seconds)
        monkeypatch.setattr("railguard.server.uvicorn_server.LINGER_SECONDS", seconds)
        server = serving(body_bytes=1_000_000)
        with socket.create_connection(("127.0.0.1", server.base_url.port), timeout=60) as connection:
            connection.sendall(REFUSED[status].encode())
            select.select([connection], [], [], 60)  # the response is there, and nothing of it was read
            if seconds == 60:
                connection.sendall(b"x" * 300_000)
                connection.shutdown(socket.SHUT_WR)
            data = b""
            while piece := connection.recv(65_536):  # until the end; a reset raises an error
                data += piece
        assert data.startswith(f"HTTP/1.1 {status} ".encode())
        head, _, body = data.partition(b"\r\n\r\n")
        assert f"content-length: {len(body)}\r\n".encode() in head + b"\r\n"
        assert b"connection: close" in head


def test_a_refused_client_that_goes_on_sending_is_not_read_for_ever(serving, monkeypatch):
    monkeypatch.setenv("RAILGUARD_KEYS", KEY)
    server = serving()
    for head in (REFUSED["401"].replace("500000", "99999999"), REFUSED["400"]):
        with socket.create_connection(("127.0.0.1", server.base_url.port), timeout=60) as connection:
            connection.sendall(head.encode())
            with pytest.raises(OSError, match=r"reset|pipe"):  # noqa: PT012  # it takes a while until the system tells
                while True:
                    connection.sendall(b"x" * 65_536)
    assert server.get("/healthz").status_code == 200


def test_a_body_that_does_not_come_is_not_waited_for(serving):
    server = serving(body_seconds=0.2)
    with socket.create_connection(("127.0.0.1", server.base_url.port), timeout=60) as connection:
        connection.sendall(b"POST /v1/guards/text/validate HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\nx")
        assert connection.recv(4096).startswith(b"HTTP/1.1 408")


def test_a_client_that_reads_nothing_is_let_go(serving, model, monkeypatch):
    lost, connection_lost = threading.Event(), uvicorn_server._Protocol.connection_lost

    def losing(self: Any, error: Exception | None) -> None:
        connection_lost(self, error)
        if self.server[1] == server.base_url.port:  # the model has connections too
            lost.set()

    monkeypatch.setattr(uvicorn_server, "STALL_SECONDS", 0.3)
    monkeypatch.setattr(uvicorn_server._Protocol, "connection_lost", losing)
    model.answers["fake"] = ["x" * 7_000_000]
    server = serving()
    body = json.dumps({"model": "guard:text", "messages": [{"role": "user", "content": "?"}]}).encode()
    head = "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", server.base_url.port))
        connection.sendall(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        assert lost.wait(60), "the server holds on to it"
        read = 0
        with suppress(ConnectionResetError):
            while piece := connection.recv(1_000_000):
                read += len(piece)
    assert read < 7_000_000
    assert server.get("/healthz").status_code == 200


def test_prometheus_is_told_counts_and_no_content(serving, model):
    model.answers["fake"] = [BAD, '{"age": 36}']
    server = serving()
    assert chat(server).status_code == 200
    server.post("/v1/guards/person/validate", json={"output": BAD})
    counts = server.get("/metrics").text
    for line in (
        'railguard_calls_total{guard="person",kind="chat",result="passed"} 1.0',
        'railguard_calls_total{guard="person",kind="validate",result="failed"} 1.0',
        'railguard_reasks_total{guard="person"} 1.0',
        'railguard_tokens_total{guard="person",kind="input"} 20.0',
        'railguard_failures_total{guard="person",rule="type"} 2.0',
        'railguard_requests_total{status="200"} 2.0',
        "railguard_calls_running 0.0",
    ):
        assert line in counts
    assert "Ann" not in counts


def test_a_request_is_a_span_above_those_of_its_call(serving, model):
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    set_before = trace._TRACER_PROVIDER
    trace._TRACER_PROVIDER = provider
    try:
        model.answers["fake"] = [PERSON]
        parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        assert chat(serving(), traceparent=parent).status_code == 200
    finally:
        trace._TRACER_PROVIDER = set_before
    deadline = time.monotonic() + 60  # the span of a request ends behind its answer, which the client has read by now
    while "POST /v1/chat/completions" not in (spans := {one.name: one for one in exporter.get_finished_spans()}):
        assert time.monotonic() < deadline, spans.keys()
        time.sleep(0.01)
    request, call = spans["POST /v1/chat/completions"], spans["railguard guard"]
    assert request.attributes["http.response.status_code"] == 200
    assert format(request.context.trace_id, "032x") == parent[3:35]
    assert call.parent.span_id == request.context.span_id


CONFIGS = {
    "": "there is no guard",
    "[server]\nport = 'x'": "port is a whole number",
    "[server]\nprot = 1": "did you mean port",
    "[guards.a]\nspec = 1": "needs spec",
    "[guards.a]\nspec = 'text.rail'\nmodle = 'x'": "did you mean model",
    "[guards.'../a']\nspec = 'text.rail'": "is not a valid guard name",
    "[guards.a]\nspec = 'text.rail'\noptions = {messages = []}": "comes with a request",
    "[guards.a]\nspec = 'nowhere.rail'": "nowhere.rail",
    "[guards.a]\nspec = 'text.rail'\nmodel = 'gpt-5'": "unknown model",
    "[server": "cannot be read as TOML",
    "[server]\ncache = 'redis://x:y:z'\n[guards.a]\nspec = 'text.rail'": "cache",
    "[server]\nrate_limit = {}\nmodel = 'openai:x'\n[guards.a]\nspec = 'text.rail'": "rate limit",
    "[server]\nkeys_file = 'nowhere.txt'\n[guards.a]\nspec = 'text.rail'": "nowhere.txt",
}


@pytest.mark.parametrize("text", CONFIGS)
def test_a_configuration_that_cannot_be_used_is_refused_with_its_place(folder: Path, text: str) -> None:
    from railguard import RailguardError

    (folder / "config.toml").write_text(text)
    with pytest.raises(RailguardError, match=CONFIGS[text]):
        create_app(ServerConfig.read(folder / "config.toml"))


def test_a_configuration_names_models_options_and_schemas(serving, model, folder):
    (folder / "age.json").write_text('{"type": "integer", "minimum": 0}')
    (folder / "config.toml").write_text(
        '[server]\nmodel = "openai:first"\ncache = "memory"\n'
        '[guards.age]\nspec = "age.json"\nmodel = ["openai:broken", "openai:second"]\n'
        "options = {temperature = 0, top_p = 0.5, max_reasks = 0}\n"
        '[guards.name]\nspec = "text.rail"\n'
    )
    model.answers |= {"first": ["Ann"], "broken": [404], "second": ["36"]}
    server = serving(folder / "config.toml", model=None)
    ask = {"messages": [{"role": "user", "content": "?"}], "temperature": 1}
    for _ in range(2):
        answer = server.post("/v1/chat/completions", json={**ask, "model": "guard:age"}).json()
        assert answer["choices"][0]["message"]["content"] == "36"
        answer = server.post("/v1/chat/completions", json={**ask, "model": "guard:name"}).json()
        assert answer["choices"][0]["message"]["content"] == "Ann"
    assert [one["model"] for one in model.requests].count("second") == 1  # then it was in the cache
    asked = next(one for one in model.requests if one["model"] == "second")
    assert (asked["temperature"], asked["top_p"]) == (1, 0.5)


def test_the_command_serves_until_sigterm_and_ends_what_it_began(folder, model, until):
    model.answers["fake"], model.slow = [PERSON], 0.7
    command = [sys.executable, "-m", "railguard", "serve", str(folder), "--model", "openai:fake", "--port", "0"]
    process = subprocess.Popen(
        [*command, "--format", "json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process, httpx.Client(timeout=60, trust_env=False) as client:
        assert process.stdout is not None
        assert process.stderr is not None
        client.base_url = json.loads(process.stdout.readline())["url"]
        answers: list[httpx.Response] = []
        asking = threading.Thread(target=lambda: answers.append(chat(client)))
        asking.start()
        until(lambda: model.requests or process.poll() is not None)
        os.kill(process.pid, signal.SIGTERM)
        asking.join()
        assert process.wait(60) == 0
        assert answers[0].status_code == 200
        assert not process.stderr.read()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{client.base_url}/healthz", trust_env=False)


def test_the_command_says_what_keeps_it_from_serving(folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        busy = [sys.executable, "-m", "railguard", "serve", str(folder), "--port", port]
        done = subprocess.run(busy, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr
    program = (
        "import sys; sys.modules['uvicorn'] = None; from railguard.cli import main; sys.exit(main(['serve', '.']))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 2
    assert "pip install 'railguard[server]'" in done.stderr
