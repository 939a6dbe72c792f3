"""Conversations in files: written, read by hand and machine, answered again."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from railguard import Guard
from railguard.errors import InputError, ProviderError
from railguard.llm import RecordingModel, ReplayModel, Request, model
from railguard.llm.records import messages_digest
from railguard.testing import ScriptedModel
from railguard.values import Completion, Usage


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def question(*texts: str, round: int = 0, **given: Any) -> Request:
    return Request(tuple(user(text) for text in texts), round=round, **given)


@pytest.fixture
def file(tmp_path):
    def write(text: Any) -> str:
        path = tmp_path / "conversation.jsonl"
        path.write_text(text if isinstance(text, str) else "\n".join(json.dumps(entry) for entry in text), "utf-8")
        return str(path)

    return write


def test_answers_written_by_hand_count_off_the_rounds(file, ask):
    path = file('# a comment\n{"answer": "one"}\n\n// another\n{"answer": {"name": "Änn"}}\n')
    replay = model(f"replay:{path}")
    for _ in range(2):
        assert ask(replay, question("Who?")).text == "one"
        assert ask(replay, question("Who?", "again", round=1)).text == '{"name": "Änn"}'
    with pytest.raises(ProviderError, match="holds 2 answers, and reask 2 was asked"):
        ask(replay, question("Who?", round=2))


def test_one_json_array_is_read_too(file):
    replay = ReplayModel(file('\ufeff [{"answer": "one"},\n {"answer": "two"}]'))
    assert replay.complete(question("Who?", round=1)).text == "two"
    assert repr(replay).endswith("2 answers>")


def test_an_entry_says_all_that_a_completion_can(file):
    path = file(
        [
            {
                "answer": "a",
                "finish_reason": "length",
                "model": "m",
                "usage": {"input_tokens": 3, "output_tokens": 2, "cached_tokens": 1},
            },
            {"refusal": "no"},
            {"answer": "b"},
        ]
    )
    replay = ReplayModel(path)
    assert replay.complete(question()) == Completion("a", "length", None, Usage(3, 2, 1), "m")
    assert replay.complete(question(round=1)) == Completion("", "refusal", "no")
    assert replay.complete(question(round=2)) == Completion("b", "stop")


def test_recorded_requests_find_their_answers_in_any_order(file):
    entries = [{"answer": name, "request": {"messages": [user(name)]}} for name in ("a", "b", "a")]
    entries[2]["answer"] = "never: the first of equal requests answers"
    replay = ReplayModel(file(entries))
    assert [replay.complete(question(name)).text for name in ("b", "a", "b", "a")] == ["b", "a", "b", "a"]


def test_another_request_than_the_recorded_one_shows_the_first_difference(file):
    entries = [
        {"answer": "x", "request": {"messages": [user("Who are you?"), user("And the year " + "is " * 60 + "1999?")]}},
        {"answer": "y", "request": {"messages": [user("Something else")]}},
    ]
    replay = ReplayModel(path := file(entries))
    with pytest.raises(ProviderError) as caught:
        replay.complete(question("Who are you?", "And the year " + "is " * 60 + "2024?"))
    said = str(caught.value)
    assert f"{path}:1: the first question is not the one that was recorded: message 1 differs" in said
    assert "recorded: …" in said
    assert "1999" in said
    assert "2024" in said
    with pytest.raises(ProviderError, match=r"it has 1 messages, recorded are 2$"):
        replay.complete(question("Who are you?"))
    with pytest.raises(ProviderError, match=r"it has 2 messages, recorded are 1; the next is .*more"):
        replay.complete(question("Something else", "more", round=1))
    with pytest.raises(ProviderError, match="reask 7 is not the one"):
        replay.complete(question("Nothing like it", round=7))


def test_messages_that_were_never_recorded_do_not_fall_back_on_an_entry_that_records_others(file):
    replay = ReplayModel(file([{"answer": "x", "request": {"messages": [user("a")]}}, {"answer": "y"}]))
    with pytest.raises(ProviderError):
        replay.complete(question("b"))
    assert replay.complete(question("b", round=1)).text == "y"


def test_a_digest_stands_for_messages(file):
    sha256 = messages_digest((user("a"),))
    replay = ReplayModel(file([{"answer": "x", "request": {"sha256": sha256}}]))
    assert replay.complete(question("a", round=5)).text == "x"
    with pytest.raises(ProviderError, match="no recorded request has the messages of the first question"):
        replay.complete(question("b"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"answer": "a"}\n{"answer": ', r":2: not JSON: .*A recording is JSON Lines"),
        ("[1, 2", "conversation.jsonl: not JSON"),
        ("[1]", "entry 0: an entry is an object"),
        ('"a"', ":1: an entry is an object"),
        ('{"anwser": "a"}', ":1: 'anwser' is not part of an entry; it has answer, finish_reason"),
        ('{"finish_reason": "stop"}', 'needs an "answer"'),
        ('{"answer": "", "finish_reason": "done"}', "finish_reason is one of stop, length, .*not 'done'"),
        ('{"answer": "", "refusal": 3}', "refusal is text, not 3"),
        ('{"answer": "", "model": 3}', "model is text, not 3"),
        ('{"answer": "", "note": 3}', "note is text, not 3"),
        ('{"answer": "", "usage": {"tokens": 3}}', "usage is an object with input_tokens"),
        ('{"answer": "", "usage": {"input_tokens": true}}', "usage is an object with input_tokens"),
        ('{"answer": "", "request": []}', "request is an object with"),
        ('{"answer": "", "request": {"headers": {}}}', "request is an object with"),
        ('{"answer": "", "request": {"messages": "a"}}', "request.messages is a list of messages"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_its_line(text, says, file):
    with pytest.raises(InputError, match=says):
        ReplayModel(file(text))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"nothing\.jsonl cannot be read"):
        model(f"replay:{tmp_path}/nothing.jsonl")


def test_what_is_recorded_can_be_replayed(tmp_path, ask):
    answers = [
        Completion('{"a": "ä\ud800"}', "stop", None, Usage(3, 2, 1), "gpt-5"),
        Completion("", "refusal", "I will not"),
        Completion("b", usage=Usage(known=False)),
    ]
    path = tmp_path / "recorded.jsonl"
    requests = [question("Who?"), question("Who?", "No", round=1), question("Ä", round=2)]
    recording = RecordingModel(ScriptedModel(answers), path)
    assert [ask(recording, request) for request in requests] == answers
    replay = ReplayModel(path)
    assert [ask(replay, request) for request in reversed(requests)] == [
        Completion("b"),
        *answers[1::-1],
    ]


def test_a_recording_begins_anew(tmp_path):
    path = tmp_path / "recorded.jsonl"
    path.write_text("old")
    recording = RecordingModel(lambda messages: "new", path)
    assert path.read_text() == ""
    recording.complete(question("Who?"))
    assert json.loads(path.read_text())["answer"] == "new"
    assert recording.name in repr(recording)


def test_neither_key_nor_options_nor_headers_are_recorded(server, tmp_path, ask):
    server.will(server.chat("hello", finish_reason="stop"))
    path = tmp_path / "recorded.jsonl"
    provider = model("openai:gpt-5", api_key="sk-canary-0123456789", base_url=server.url)
    ask(RecordingModel(provider, path), question("Who?", options={"user": "canary", "seed": 1}))
    text = path.read_text()
    assert set(json.loads(text)) == {"answer", "finish_reason", "usage", "model", "request"}
    assert "canary" not in text
    assert "seed" not in text


def test_messages_can_be_left_out_of_a_recording(tmp_path):
    path = tmp_path / "recorded.jsonl"
    RecordingModel(lambda messages: "fine", path, messages=False).complete(question("my diagnosis"))
    assert "diagnosis" not in path.read_text()
    assert ReplayModel(path).complete(question("my diagnosis")).text == "fine"


def test_content_that_is_no_json_is_recorded_by_its_kind_and_found_again(tmp_path):
    class Image:
        pass

    request = Request(({"role": "user", "content": [Image()]},))
    path = tmp_path / "recorded.jsonl"
    RecordingModel(lambda messages: "seen", path).complete(request)
    assert "Image" in path.read_text()
    assert ReplayModel(path).complete(request).text == "seen"


def test_a_call_that_fails_is_not_recorded(tmp_path, ask):
    path = tmp_path / "recorded.jsonl"
    with pytest.raises(ProviderError):
        ask(RecordingModel(ScriptedModel([ProviderError("down")]), path), question("Who?"))
    assert path.read_text() == ""


def test_many_may_record_and_replay_at_once(tmp_path):
    path = tmp_path / "recorded.jsonl"
    names = [f"tag {n}" for n in range(60)]
    recording = RecordingModel(lambda messages: messages[0]["content"] * 200, path)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: recording.complete(question(name)), names))
    replay = ReplayModel(path)

    async def main() -> list[Completion]:
        return await asyncio.gather(*(replay.acomplete(question(name)) for name in names))

    assert [c.text for c in asyncio.run(main())] == [name * 200 for name in names]


@pytest.mark.parametrize(("given", "wanted"), [({}, ["abcd", "ef"]), ({"pieces": 3}, ["abc", "def"])])
def test_an_answer_is_streamed_in_pieces(given, wanted, file, read):
    replay = ReplayModel(file([{"answer": "abcdef", "finish_reason": "length"}]), **given)
    assert read(replay, question()) == ([*wanted, Completion("abcdef", "length")], None)


def test_pieces_have_at_least_one_character(file):
    with pytest.raises(InputError, match="at least 1 character, not 0"):
        ReplayModel(file([]), pieces=0)


def test_a_stream_is_recorded_and_replayed(tmp_path, read):
    answer = Completion("abcdef", "stop", None, Usage(3, 2), "m")
    path = tmp_path / "streamed.jsonl"
    assert read(RecordingModel(ScriptedModel([answer]), path), question("Who?")) == (["abcd", "ef", answer], None)
    assert len(path.read_text().splitlines()) == 1
    assert read(ReplayModel(path), question("Who?"))[0][-1] == answer


def test_a_stream_that_is_closed_midway_is_recorded_as_cut_off(tmp_path):
    path = tmp_path / "streamed.jsonl"
    pieces = RecordingModel(ScriptedModel(["abcdef"]), path).stream(question("Who?"))
    assert next(pieces) == "abcd"
    pieces.close()
    assert ReplayModel(path).complete(question("Who?")) == Completion("abcd", "length")

    async def main() -> None:
        pieces = RecordingModel(ScriptedModel(["abcdef"]), path).astream(question("Who?"))
        assert await anext(pieces) == "abcd"
        await pieces.aclose()

    asyncio.run(main())
    assert ReplayModel(path).complete(question("Who?")) == Completion("abcd", "length")


def test_a_stream_that_raises_is_not_recorded(tmp_path, read):
    path = tmp_path / "streamed.jsonl"
    _, error = read(RecordingModel(ScriptedModel([ProviderError("down")]), path), question("Who?"))
    assert str(error) == "down"
    assert path.read_text() == ""


def test_what_schemas_mean_to_the_recorded_model_is_passed_through(tmp_path, monkeypatch):
    recording = RecordingModel("openai:gpt-5", tmp_path / "a.jsonl")
    assert (recording.schema_target, recording.cheap_schemas) == ("openai-strict", False)


def test_what_a_provider_did_otherwise_is_recorded_with_its_answer(tmp_path):
    path = tmp_path / "noted.jsonl"
    answer = Completion("{}", "stop", note="it was asked without a schema")
    assert RecordingModel(ScriptedModel([answer]), path).complete(question("Who?")) == answer
    assert ReplayModel(path).complete(question("Who?")) == answer


def test_several_tool_calls_are_recorded_and_can_be_written_by_hand(tmp_path, ask, file):
    path = tmp_path / "conversation.jsonl"
    several = Completion('[{"a": 1}, {"a": 2}]', "tool_calls", calls=('{"a": 1}', '{"a": 2}'))
    ask(RecordingModel(ScriptedModel([several]), path), question())
    assert ask(ReplayModel(path), question()) == several
    by_hand = file('{"calls": [{"a": 1}, "{\\"a\\": 2}"], "finish_reason": "tool_calls"}')
    assert ask(ReplayModel(by_hand), question()) == several
    with pytest.raises(InputError, match="calls is a list of the arguments of several tool calls"):
        ReplayModel(file('{"calls": [{"a": 1}]}'))


def test_a_recording_that_has_no_end_is_not_read_to_its_end(file, monkeypatch):
    path = file('{"answer": "a"}\r\n{"answer": "b"}\r')
    assert ReplayModel(path).complete(question(round=1)).text == "b"
    monkeypatch.setattr("railguard.llm.records.MAX_RECORD_BYTES", 20)
    with pytest.raises(InputError, match="is larger than 20 bytes"):
        ReplayModel(path)
    with pytest.raises(InputError, match="is larger than 20 bytes"):
        ReplayModel("/dev/zero")


# Cassettes: pieces with their times, keys scrubbed, whole conversations.


def test_a_stream_is_replayed_in_the_pieces_it_came_in(tmp_path, read):
    path = tmp_path / "talk.jsonl"
    recorded, _ = read(RecordingModel(ScriptedModel(["Hello, world"], pieces=5), path), question("?"))
    replayed, _ = read(ReplayModel(path), question("?"))
    assert replayed[:-1] == recorded[:-1] == ["Hello", ", wor", "ld"]
    (entry,) = map(json.loads, path.read_text().splitlines())
    times = [seconds for seconds, _ in entry["pieces"]]
    assert times == sorted(times)
    assert [size for _, size in entry["pieces"]] == [5, 5, 2]
    paced, _ = read(ReplayModel(path, paced=True), question("?"))
    assert paced == replayed


def test_what_has_the_shape_of_a_key_gets_into_no_recording_and_the_question_is_found_all_the_same(tmp_path):
    path = tmp_path / "talk.jsonl"
    key = "sk-canary-0123456789abcdef"
    asked = question(f"My key is {key}, http://me:secret@host", options={"api_key": key})
    model = RecordingModel(
        ScriptedModel([f"It is {key}!", Completion("", "refusal", f"not for {key}", note=f"refused: {key}")]), path
    )
    model.complete(asked)
    model.complete(question("again"))
    text = path.read_text()
    assert "canary" not in text
    assert "secret" not in text
    assert ReplayModel(path).complete(asked).text == "It is [REDACTED:key]!"
    assert ReplayModel(path).complete(question("again")).refusal == "not for [REDACTED:key]"


def test_a_recording_falls_apart_into_its_calls(tmp_path):
    path = tmp_path / "talk.jsonl"
    schema = {"type": "object", "properties": {"a": {"type": "integer", "maximum": 9}}, "required": ["a"]}
    guard = Guard.from_json_schema(schema)
    model = RecordingModel(ScriptedModel(['{"a": 1}', '{"a": 10}', '{"a": 11}', '{"a": 2}', '{"a": 3}']), path)
    for who in ("Ann", "Bo", "Bo"):
        guard(model, messages=[{"role": "user", "content": who}])
    calls = ReplayModel(path).conversations
    assert [[answer.text for answer in call.answers] for call in calls] == [
        ['{"a": 1}'],
        ['{"a": 10}', '{"a": 11}', '{"a": 2}'],
        ['{"a": 3}'],
    ]
    assert [call.messages[0]["content"] for call in calls] == ["Ann", "Bo", "Bo"]
    assert guard(calls[1].model(), messages=[{"role": "user", "content": "otherwise"}]).output == {"a": 2}
    stricter = Guard.from_json_schema({**schema, "properties": {"a": {"type": "integer", "maximum": 0}}})
    with pytest.raises(ProviderError, match="no answer is recorded to reask 1"):
        stricter(calls[0].model(), messages=[user("Ann")])


def test_answers_written_by_hand_are_one_call(tmp_path):
    path = tmp_path / "hand.jsonl"
    path.write_text('{"answer": "a"}\n{"answer": "b"}\n')
    (call,) = ReplayModel(path).conversations
    assert (call.messages, [answer.text for answer in call.answers]) == (None, ["a", "b"])


def test_a_recorder_that_is_killed_leaves_whole_lines(tmp_path):
    import os
    import signal
    import subprocess
    import sys

    script = (
        "import sys\n"
        "from railguard import Completion, RecordingModel, Request\n"
        "model = RecordingModel(lambda messages: 'x' * 20000, sys.argv[1])\n"
        "for number in range(10**9):\n"
        "    model.complete(Request(({'role': 'user', 'content': str(number)},)))\n"
        "    print(number, flush=True)\n"
    )
    path = tmp_path / "talk.jsonl"
    with subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if int(line) == 30:
                break
        os.kill(process.pid, signal.SIGKILL)
        process.stdout.read()
    replay = ReplayModel(path)
    assert all(replay.complete(question(str(number))).text == "x" * 20000 for number in range(31))


@pytest.mark.parametrize("pieces", ["3", "[3]", "[[1]]", '[["a", 1]]', "[[0.1, -1]]"])
def test_pieces_that_are_none_are_refused(pieces, tmp_path):
    path = tmp_path / "talk.jsonl"
    path.write_text(f'{{"answer": "a", "pieces": {pieces}}}\n')
    with pytest.raises(InputError, match="pieces is a list of"):
        ReplayModel(path)
