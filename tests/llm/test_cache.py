"""Answers from a cache: found by what was asked, whole ones only, equal questions asked once, nothing secret kept."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from railguard import Guard
from railguard.errors import InputError, ProviderError
from railguard.llm import Request, model
from railguard.llm.cache import Cached, MemoryStore, RedisStore, SQLiteStore, key_of
from railguard.llm.fallback import Fallback
from railguard.testing import ScriptedModel
from railguard.values import Completion, Usage

KEY = "sk-canary-0123456789abcdefghij"


def question(content: str = "?", **given: Any) -> Request:
    return Request(({"role": "user", "content": content},), **{"timeout": 60, **given})


@pytest.fixture(params=["memory", "sqlite", "redis"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    if request.param == "memory":
        return MemoryStore()
    if request.param == "sqlite":
        return SQLiteStore(tmp_path / "cache.db")
    return RedisStore(request.getfixturevalue("redis"), prefix=f"{request.node.name}:")


def scripted(*answers: Any) -> ScriptedModel:
    return ScriptedModel([*answers])


def test_an_answer_is_given_again_at_no_cost_and_that_is_noted(store, ask):
    inner = scripted(Completion("ä\ud800", "stop", usage=Usage(9, 1), model="m"))
    one = Cached(inner, store)
    assert ask(one, question()) == Completion("ä\ud800", "stop", None, Usage(9, 1), "m")
    assert ask(one, question()) == Completion("ä\ud800", "stop", None, Usage(0, 0), "m", "answered from the cache")
    assert len(inner.requests) == 1
    assert ask(Cached(scripted(), store), question()).text == "ä\ud800"


@pytest.mark.parametrize(
    "other",
    [
        question("another"),
        question(options={"temperature": 1}),
        question(schema={"type": "object"}),
        question(schema={"type": "object"}, strict=True),
    ],
)
def test_another_question_is_asked(other, ask):
    one = Cached(scripted("a", "b"))
    first = question() if other.schema is None else question(schema={"type": "string"})
    assert [ask(one, first).text, ask(one, other).text, ask(one, first).text, ask(one, other).text] == list("abab")


def test_another_model_is_asked_though_the_store_is_the_same(ask):
    store = MemoryStore()
    ask(Cached(ScriptedModel(["a"], name="a"), store), question())
    assert ask(Cached(ScriptedModel(["b"], name="b"), store), question()).text == "b"


def test_another_server_is_asked_though_its_model_has_the_same_name():
    urls = "http://localhost:1/v1", "http://localhost:2/v1", "http://localhost:3/v1"
    models = [model("openai:default", base_url=url) for url in urls]
    keys = {key_of(one, question()) for one in (*models, Fallback(models[:2]), Fallback(models[1:]))}
    assert len(keys) == 5
    assert {key_of(Cached(one), question()) for one in models} < keys


def test_the_arguments_of_a_partial_are_part_of_a_question(ask):
    store = MemoryStore()

    def create(messages: Any, model: str, **options: Any) -> str:
        return model

    for name in ("a", "b"):
        for top_p in (0, 1):
            one = Cached(partial(partial(create, model=name), top_p=top_p, client=object), store)
            assert ask(one, question()) == Completion(name)
        assert ask(one, question()).note == "answered from the cache"


def test_time_round_and_purpose_do_not_matter(ask):
    one = Cached(scripted("a"))
    ask(one, question())
    assert ask(one, question(timeout=1, round=1, purpose="reask")).text == "a"


@pytest.mark.parametrize(
    "answer",
    [Completion("cut", "length"), Completion("", "refusal", "no"), Completion("", "content_filter")],
)
def test_only_a_whole_answer_is_kept(answer, store, ask):
    one = Cached(scripted(answer, Completion("whole", "stop")), store)
    assert [ask(one, question()).text for _ in range(3)] == [answer.text, "whole", "whole"]


def test_a_failure_is_not_kept(store, ask):
    one = Cached(scripted(ProviderError("down"), Completion("up", "stop")), store)
    with pytest.raises(ProviderError, match="down"):
        ask(one, question())
    assert ask(one, question()).text == "up"


def test_options_that_are_no_json_make_a_question_that_is_always_asked(ask):
    one = Cached(scripted(Completion("a", "stop"), Completion("b", "stop")))
    asked = question(options={"x": object()})
    assert [ask(one, asked).text for _ in range(2)] == ["a", "b"]


def test_a_streamed_answer_is_kept_and_one_that_was_left_is_not(store, read):
    one = Cached(scripted("left early", Completion("Hello", "stop")), store)
    pieces = one.stream(question())
    assert next(pieces) == "left"
    pieces.close()
    found, _ = read(one, question())
    assert found[-1].text == "Hello"
    again, _ = read(one, question())
    assert again[:-1] == ["Hello"]
    assert again[-1].note == "answered from the cache"


def test_equal_questions_at_once_are_asked_once_in_threads(store):
    inside = threading.Event()

    def slow(messages: Any) -> Completion:
        inside.wait(60)
        return Completion("once", "stop")

    asked: list[Any] = []

    def model(messages: Any) -> Completion:
        asked.append(messages)
        return slow(messages)

    one = Cached(model, store)
    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(one.complete, question()) for _ in range(8)]
        inside.set()
        assert [future.result().text for future in futures] == ["once"] * 8
    assert len(asked) == 1


def test_equal_questions_at_once_are_asked_once_in_tasks(store):
    asked: list[Any] = []

    async def model(messages: Any) -> Completion:
        asked.append(messages)
        await asyncio.sleep(0.02)
        return Completion("once", "stop")

    async def main() -> list[str]:
        one = Cached(model, store)
        return [found.text for found in await asyncio.gather(*(one.acomplete(question()) for _ in range(50)))]

    assert asyncio.run(main()) == ["once"] * 50
    assert len(asked) == 1


def test_those_who_wait_ask_themselves_where_the_first_one_failed():
    async def main() -> list[Any]:
        answers = [ProviderError("down"), Completion("up", "stop")]

        async def model(messages: Any) -> Completion:
            answer = answers.pop(0)
            await asyncio.sleep(0.02)
            if isinstance(answer, Exception):
                raise answer
            return answer

        one = Cached(model)
        return await asyncio.gather(*(one.acomplete(question()) for _ in range(5)), return_exceptions=True)

    first, *others = asyncio.run(main())
    assert isinstance(first, ProviderError)
    assert [found.text for found in others] == ["up"] * 4


def test_who_waits_longer_than_its_time_is_told():
    released = threading.Event()

    def model(messages: Any) -> str:
        released.wait(60)
        return "late"

    one = Cached(model)
    first = threading.Thread(target=one.complete, args=(question(),))
    first.start()
    while not one._flights:
        time.sleep(0.001)
    with pytest.raises(ProviderError, match="an equal question was still under way"):
        one.complete(question(timeout=0.05))
    released.set()
    first.join()


def test_the_store_holds_neither_question_nor_options_nor_key(tmp_path, server):
    from railguard.llm import model

    path = tmp_path / "cache.db"
    server.will(server.chat("the answer"))
    one = Cached(model("openai:m", api_key=KEY, base_url=server.url), SQLiteStore(path))
    one.complete(question("a secret question", options={"user": "secret-user"}))
    with closing(sqlite3.connect(path)) as connection, connection:
        assert connection.execute("SELECT count(*) FROM answers").fetchone() == (1,)
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"the answer" in content
    assert all(word not in content for word in (b"secret", b"canary"))
    assert KEY not in repr(one)


def test_a_guarded_call_answers_from_the_cache_in_all_its_rounds():
    schema = {"type": "object", "properties": {"a": {"type": "integer", "maximum": 9}}, "required": ["a"]}
    guard = Guard.from_json_schema(schema, messages="Go")
    answers = [Completion('{"a": 10}', "stop"), Completion('{"a": 9}', "stop")]
    one = Cached(scripted(*answers))
    assert [guard(one).output for _ in range(2)] == [{"a": 9}] * 2
    outcome = guard(one)
    assert [iteration.note for iteration in outcome.iterations] == ["answered from the cache"] * 2
    assert outcome.usage.total_tokens == 0


def test_memory_keeps_what_was_used_last():
    store = MemoryStore(2)
    for key in "ab":
        store.put(key, key)
    store.get("a")
    store.put("c", "c")
    assert [store.get(key) for key in "abc"] == ["a", None, "c"]
    with pytest.raises(InputError, match="at least 1"):
        MemoryStore(0)


def test_a_value_that_is_none_of_ours_is_asked_for_anew(ask):
    class Odd(MemoryStore):
        def get(self, key: str) -> str | None:
            return "[1]"

    assert ask(Cached(scripted("a"), Odd()), question()).text == "a"


def test_a_store_that_is_away_keeps_nothing_and_stops_nothing(ask, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    away = RedisStore(f"redis://127.0.0.1:{port}")
    assert ask(Cached(scripted("a"), away), question()).text == "a"
    with pytest.raises(InputError, match=r"the cache .* cannot be used"):
        SQLiteStore(tmp_path / "no" / "folder.db")
    with pytest.raises(InputError, match="cannot be read"):
        RedisStore("nothing")
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"no database at all, and long enough to be looked at as one" * 9)
    with pytest.raises(InputError, match="cannot be used"):
        SQLiteStore(broken)


def test_what_was_written_whole_survives_kill_9(tmp_path):
    script = (
        "import sys\n"
        "from railguard.llm.cache import SQLiteStore\n"
        "store = SQLiteStore(sys.argv[1])\n"
        "for number in range(10**9):\n"
        "    store.put(str(number), str(number) * 50)\n"
        "    print(number, flush=True)\n"
    )
    path = tmp_path / "cache.db"
    with subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) == 30:
                break
        os.kill(process.pid, signal.SIGKILL)
        last = max([30, *(int(line) for line in process.stdout if line.strip().isdigit() and line.endswith("\n"))])
    store = SQLiteStore(path)
    assert all(store.get(str(number)) == str(number) * 50 for number in range(last + 1))
