"""The tokens that a valid output costs with railguard, instructor and pydantic-ai.

    python benchmarks/tokens.py

Each library asks a server on loopback that speaks OpenAI's chat completions, once with the schema in the prompt and once
with it as `response_format`. The first answer is one of a hundred faulty ones of five shapes, the next is right, and as
short as what was asked for allows. Whatever reaches the server counts (messages and schema) and whatever it answers, in
tokens of the o200k vocabulary; a message counts four more, as it does in OpenAI's own format.

Runs where all of them are installed; benchmarks/rivals.py makes such an environment.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import bpe_openai
import instructor
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel
from pydantic_ai import Agent, NativeOutput, PromptedOutput
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
from rivals import TokenRow
from token_work import SHAPES, Answer, Shape, answers

from railguard import Guard

OF_A_MESSAGE = 4
MODEL = "gpt-4o-2024-11-20"
"""A name that every library knows as a model with structured outputs; no such model is asked."""

Call = Callable[[Shape, str], Any]
"""Asks the server at a URL for an output of a shape, and returns it once it is valid."""

_tokenizer = bpe_openai.get_encoding("o200k_base")


class _Script:
    """The answers to come, and the tokens so far."""

    def __init__(self) -> None:
        self.left: list[str] = []
        self.questions = self.read = self.written = 0

    def answer(self, request: dict[str, Any]) -> str:
        self.questions += 1
        self.read += sum(OF_A_MESSAGE + _tokens(_text_of(one["content"])) for one in request["messages"])
        self.read += sum(_tokens(json.dumps(request[key])) for key in ("response_format", "tools") if request.get(key))
        text = self.left.pop(0) if len(self.left) > 1 else self.left[0]
        self.written += _tokens(text)
        return text


def _tokens(text: str) -> int:
    return len(_tokenizer.encode(text))


def _text_of(content: Any) -> str:
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content or ())


@contextmanager
def _server(script: _Script) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            message = {"role": "assistant", "content": script.answer(request)}
            choice = {"index": 0, "finish_reason": "stop", "message": message}
            usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
            whole = {"id": "1", "object": "chat.completion", "created": 0, "model": MODEL, "choices": [choice]}
            body = json.dumps(whole | {"usage": usage}).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()


def _ours(mode: str) -> Call:
    guards: dict[type[BaseModel], Guard[Any]] = {}

    def call(shape: Shape, url: str) -> Any:
        guard = guards.setdefault(shape.model, Guard.from_pydantic(shape.model))
        messages = [{"role": "user", "content": shape.task}]
        if mode == "in the prompt":
            model: Any = OpenAI(base_url=url, api_key="none").chat.completions.create
            outcome = guard(model, messages=messages, model=MODEL)
        else:
            outcome = guard(f"openai:{MODEL}", messages=messages, base_url=url, api_key="none")
        assert outcome.passed, outcome.failures
        return outcome.output

    return call


def _of_instructor(mode: str) -> Call:
    kind = instructor.Mode.MD_JSON if mode == "in the prompt" else instructor.Mode.JSON_SCHEMA

    def call(shape: Shape, url: str) -> Any:
        client = instructor.from_openai(OpenAI(base_url=url, api_key="none"), mode=kind)
        messages: Any = [{"role": "user", "content": shape.task}]
        return client.chat.completions.create(model=MODEL, response_model=shape.model, messages=messages, max_retries=3)

    return call


def _of_pydantic_ai(mode: str) -> Call:
    form = PromptedOutput if mode == "in the prompt" else NativeOutput

    def call(shape: Shape, url: str) -> Any:
        provider = OpenAIProvider(openai_client=AsyncOpenAI(base_url=url, api_key="none"))
        agent = Agent(OpenAIChatModel(MODEL, provider=provider), output_type=form(shape.model), retries=3)
        return agent.run_sync(shape.task).output

    return call


LIBRARIES: dict[str, Callable[[str], Call]] = {
    "railguard": _ours,
    "instructor": _of_instructor,
    "pydantic-ai": _of_pydantic_ai,
}


def _second(library: str, answer: Answer) -> str:
    """The right answer to the question after the first: all of the output, or what railguard asks for of it."""
    if library != "railguard":
        return json.dumps(answer.shape.right)
    guard = Guard.from_pydantic(answer.shape.model)
    request = guard.reask_request(guard.parse(answer.faulty))
    assert request is not None, answer.faulty
    return json.dumps({key: _at(answer.shape.right, key) for key in request.schema["properties"]})


def _at(value: Any, key: str) -> Any:
    for part in key.split("."):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def rows() -> Iterator[TokenRow]:
    """Ask with each library for each shape, and for all of them together."""
    os.environ.setdefault("PYDANTIC_AI_DISABLE_TELEMETRY", "1")
    given = list(answers())
    for mode in ("in the prompt", "response_format"):
        for library, of_mode in LIBRARIES.items():
            call = of_mode(mode)
            for name in (*(shape.name for shape in SHAPES), "all"):
                wanted = [one for one in given if name in (one.shape.name, "all")]
                script = _Script()
                with _server(script) as url:
                    for one in wanted:
                        script.left = [one.faulty, _second(library, one)]
                        made = call(one.shape, url)
                        assert made.model_dump() == one.shape.right, (library, one.faulty)
                each = [number / len(wanted) for number in (script.questions, script.read, script.written)]
                yield TokenRow(library, mode, name, *each)


if __name__ == "__main__":
    for row in rows():
        print(json.dumps(row._asdict()), flush=True)
