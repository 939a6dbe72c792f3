"""A guard server and the model behind it, both real servers on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from railguard.server import ServerConfig, app_server, create_app, listen
from railguard.server.json_responses import AnyJSONResponse

PATIENCE = 60.0


@contextlib.contextmanager
def running(create: Callable[[], ASGIApp]) -> Iterator[str]:
    """The URL of an application that runs in a thread."""
    listening = listen("127.0.0.1", 0)
    loud = {"handlers": [], "propagate": True, "level": "NOTSET"}  # so that caplog hears them
    log = {"version": 1, "disable_existing_loggers": False, "loggers": {"railguard.server": loud, "uvicorn": loud}}
    server = app_server(create, drain_seconds=1, log=log)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        wait_until(lambda: server.started or not thread.is_alive())
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        listening.close()
        assert not thread.is_alive()


def wait_until(true: Callable[[], Any]) -> Any:
    """Waits for something to become true."""
    deadline = time.monotonic() + PATIENCE
    while not (found := true()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.01)
    return found


@pytest.fixture
def until() -> Callable[[Callable[[], Any]], Any]:
    return wait_until


@dataclass
class Model:
    """A model on loopback that speaks OpenAI's chat completions.

    answers: name → what it answers in each round: a text, the arguments of a tool call as a dict, or a status. slow: seconds
    before each piece of a stream, and before an answer, which comes at once when this is set to 0. left: clients that did
    not wait. most: answers at one time.
    """

    url: str = ""
    answers: dict[str, list[Any]] = field(default_factory=dict)
    requests: list[dict[str, Any]] = field(default_factory=list)
    slow: float = 0.0
    left: int = 0
    running: int = 0
    most: int = 0

    async def chat(self, request: Request) -> Response:
        body = await request.json()
        self.requests.append(body)
        answers = self.answers[body["model"]]
        round = sum(message["role"] == "assistant" for message in body["messages"])
        answer = answers[min(round, len(answers) - 1)]
        if answer == "cut off":
            return StreamingResponse(self.events(BEGUN, cut=True), media_type="text/event-stream")
        if isinstance(answer, int):
            return JSONResponse({"error": {"message": f"status {answer} it is"}}, answer, headers={"retry-after": "0"})
        if body.get("stream"):
            return StreamingResponse(self.events(answer), media_type="text/event-stream")
        self.running += 1
        self.most = max(self.most, self.running)
        began = time.monotonic()
        while time.monotonic() < began + self.slow:
            await asyncio.sleep(0.02)
            if await request.is_disconnected():
                self.left += 1
                break
        self.running -= 1
        return AnyJSONResponse(
            {
                "choices": [{"index": 0, "message": message_of(answer), "finish_reason": reason_of(answer)}],
                "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
            }
        )

    async def events(self, answer: Any, *, cut: bool = False) -> AsyncIterator[str]:
        text = answer if isinstance(answer, str) else ""
        pieces = [text[at : at + 7] for at in range(0, len(text), 7)]
        deltas: list[Any] = [{"content": piece} for piece in pieces] if text else [message_of(answer)]
        try:
            for delta in deltas:
                await asyncio.sleep(self.slow)
                yield f"data: {json.dumps({'choices': [{'index': 0, 'delta': delta, 'finish_reason': None}]})}\n\n"
            if cut:
                return
            end = {"choices": [{"index": 0, "delta": {}, "finish_reason": reason_of(answer)}]}
            usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
            yield f"data: {json.dumps(end)}\n\ndata: {json.dumps({'choices': [], 'usage': usage})}\n\ndata: [DONE]\n\n"
        except (asyncio.CancelledError, GeneratorExit):
            self.left += 1
            raise


BEGUN = '{"name": "Ann Other", "age": 36, "ski'


def message_of(answer: Any) -> dict[str, Any]:
    if isinstance(answer, str):
        return {"role": "assistant", "content": answer}
    call = {"index": 0, "id": "call_1", "type": "function"}
    function = {"name": "save", "arguments": json.dumps(answer)}
    return {"role": "assistant", "content": None, "tool_calls": [{**call, "function": function}]}


def reason_of(answer: Any) -> str:
    return "stop" if isinstance(answer, str) else "tool_calls"


@pytest.fixture(scope="session")
def model_server() -> Iterator[Model]:
    model = Model()
    with running(lambda: Starlette(routes=[Route("/v1/chat/completions", model.chat, methods=["POST"])])) as url:
        model.url = f"{url}/v1"
        yield model


@pytest.fixture
def model(model_server: Model, monkeypatch: pytest.MonkeyPatch) -> Model:
    monkeypatch.setenv("OPENAI_BASE_URL", model_server.url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-a-key-of-the-model")
    model_server.answers, model_server.requests = {}, []
    model_server.slow, model_server.left, model_server.most = 0.0, 0, 0
    return model_server


PERSON = """<rail version="1.0">
  <input><string name="document"/></input>
  <output>
    <string name="name" validators="two-words"/>
    <integer name="age" validators="valid-range: 0 120"/>
    <list name="skills"><string validators="lower-case" on-fail-lower-case="fix"/></list>
  </output>
  <messages><message role="user">Who is this about? ${document} ${gr.complete_json_suffix}</message></messages>
</rail>"""
TEXT = '<rail version="1.0"><output type="string"/></rail>'
SENTENCES = '<rail version="1.0"><output type="string" validators="lower-case"/></rail>'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Guards: person, text and sentences."""
    specs = tmp_path / "specs"
    specs.mkdir()
    for name, spec in (("person", PERSON), ("text", TEXT), ("sentences", SENTENCES)):
        (specs / f"{name}.rail").write_text(spec)
    return specs


@pytest.fixture
def serving(folder: Path, model: Model) -> Iterator[Callable[..., httpx.Client]]:
    """Starts guard servers; each call gives a client of one. It takes settings of ServerConfig."""
    with contextlib.ExitStack() as stack:

        def start(source: Path = folder, **settings: Any) -> httpx.Client:
            config = ServerConfig.read(source, **{"model": "openai:fake", **settings})
            url = stack.enter_context(running(lambda: create_app(config)))
            return stack.enter_context(httpx.Client(base_url=url, timeout=PATIENCE, trust_env=False))

        yield start
