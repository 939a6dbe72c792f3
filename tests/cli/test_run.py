"""`railguard run`: with a recorded conversation, and with a server that speaks OpenAI's protocol on the loopback."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

EXAMPLE = ("run", "fees.rail", "--model", "replay:conversation.jsonl", "--var", "document=@agreement.txt")


@pytest.fixture
def server(monkeypatch):
    """Answers chat completions with what stands in `answers`, in order; remembers requests in `asked`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            self.server.asked.append(body)
            status, answer = self.server.answers.pop(0)
            if status == 200:
                message = {"role": "assistant", "content": answer}
                reply = {
                    "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
                    "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
                    "model": "small",
                }
            else:
                reply = {"error": {"message": answer}}
            data = json.dumps(reply).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    monkeypatch.setenv("OPENAI_API_KEY", "sk-a-key-for-a-test")
    served = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.answers, served.asked = [], []
    served.url = f"http://127.0.0.1:{served.server_port}/v1"
    thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield served
    served.shutdown()
    thread.join()
    served.server_close()


def test_the_example_ends_valid_with_the_output_alone_on_stdout(folder, cli):
    result = cli(*EXAMPLE)
    assert result.code == 0
    assert result.json["fees"][1]["name"] == "cash withdrawal"
    assert result.json["interest"]["valid_from"] == "2026-03-01"


def test_the_story_says_what_failed_what_was_asked_again_and_what_came_back(folder, cli):
    story = cli(*EXAMPLE).err
    parts = story.split("Round ")
    assert len(parts) == 4
    first, second, third = parts[1:]
    assert 'repaired   $.fees[1].amount  number-text\n           "3.50" → 3.5' in first
    assert "fixed      $.fees[0].name  lower-case" in first
    assert "fails      $.fees[1].name  two-words" in first
    assert '"cash withdrawal charge"' in first
    assert "only 3 values asked for again" in second
    assert "asked      fees.1.name, fees.2.explanation, interest.valid_from" in second
    assert 'accepted   $.fees[1].name\n           "cash withdrawal"' in second
    assert "fails      $.fees[2].explanation" in second
    assert "Valid after 3 rounds" in third
    assert max(map(len, story.splitlines())) <= 80


def test_the_numbers_of_the_story_are_those_of_the_outcome(folder, cli):
    story = cli(*EXAMPLE).err
    outcome = cli(*EXAMPLE, "--format", "json").json
    first, *reasks = outcome["iterations"]
    assert f"answer     {len(first['raw'].encode()):,} bytes\n" in story
    assert "in all     the model did not say how many tokens" in story
    for reask in reasks:
        added = len(json.dumps(reask["messages"], ensure_ascii=False).encode())
        added -= len(json.dumps(first["messages"], ensure_ascii=False).encode())
        assert f"a request {added:,} bytes longer than the first" in story
    written = sum(len(reask["raw"].encode()) for reask in reasks)
    whole = sum(len(json.dumps(reask["parsed"], ensure_ascii=False).encode()) for reask in reasks)
    assert f"{written:,} bytes written by the model in 2 answers" in story
    assert f"{whole:,} bytes, had it written the whole output each time" in story
    assert 5 * written < whole


def test_quiet_leaves_out_the_story(folder, cli):
    assert cli(*EXAMPLE, "--quiet").err == ""


def test_json_is_the_whole_outcome(folder, cli):
    plain = cli(*EXAMPLE, "--format", "json").json
    assert plain["passed"] is True
    assert len(plain["iterations"]) == 3


def test_what_stays_invalid_is_exit_code_1_and_prints_no_output(folder, cli):
    result = cli(*EXAMPLE, "--max-reasks", "1")
    assert (result.code, result.out) == (1, "")
    assert "Not valid after 2 rounds: no reasks are left" in result.err
    assert "no output, because it is not valid" in result.err


def test_a_refusal_is_told_in_the_models_words(folder, cli):
    (folder / "refused.jsonl").write_text('{"refusal": "I would \\u001b[31mrather not."}')
    result = cli("run", "fees.rail", "--model", "replay:refused.jsonl", "--var", "document=x")
    assert result.code == 1
    assert "I would \\u001b[31mrather not." in result.err


def test_plain_text_is_printed_as_it_is(folder, cli):
    (folder / "text.rail").write_text(
        '<rail version="1.0"><output type="string"/><messages><message role="user">Hi</message></messages></rail>'
    )
    (folder / "text.jsonl").write_text('{"answer": "Good day,\\nall."}')
    result = cli("run", "text.rail", "--model", "replay:text.jsonl")
    assert (result.code, result.out) == (0, "Good day,\nall.\n")


def test_a_recording_has_no_answer_left_and_that_is_the_provider(folder, cli):
    first = next(line for line in (folder / "conversation.jsonl").read_text().splitlines() if line.startswith("{"))
    (folder / "short.jsonl").write_text(first)
    result = cli("run", "fees.rail", "--model", "replay:short.jsonl", "--var", "document=x", "--format", "json")
    assert result.code == 3
    assert "holds 1 answer" in result.err
    assert "Not valid after 1 round: the provider failed" in result.err
    assert result.json["error"]
    assert len(result.json["iterations"]) == 1


def test_variables_are_converted_as_the_spec_declares_them(folder, cli):
    (folder / "typed.rail").write_text(
        '<rail version="1.0"><input><integer name="n"/><string name="s"/><list name="l"><string/></list>'
        '<boolean name="b"/></input><output><integer name="age"/></output>'
        '<messages><message role="user">${n} ${s} ${l} ${b}</message></messages></rail>'
    )
    (folder / "more.json").write_text('{"n": 1, "l": ["a"]}')
    given = ["--vars", "more.json", "--var", "n=36", "--var", "s=12", "--var", "b=true"]
    result = cli("prompt", "typed.rail", *given)
    assert '36 12 ["a"] true' in result.out
    wrong = cli("prompt", "typed.rail", *given[:-1], "b=maybe")
    assert wrong.code == 2
    assert "$.b" in wrong.err


def test_a_variable_can_come_from_standard_input_and_begin_with_an_at_sign(folder, cli):
    spec = (
        '<rail version="1.0"><output type="string"/><messages><message role="user">[${x}]</message></messages></rail>'
    )
    (folder / "x.rail").write_text(spec)
    assert "[from outside]" in cli("prompt", "x.rail", "--var", "x=@-", stdin="from outside").out
    assert "[@home=1]" in cli("prompt", "x.rail", "--var", "x=@@home=1").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--var", "document"], "write name=value"),
        (["--var", "document=a", "--var", "document=b"], "given twice"),
        (["--var", "document=@nowhere.txt"], "nowhere.txt: No such file"),
        (["--var", "document=@latin1.txt"], "latin1.txt: byte 0xE4 at offset 1 is not UTF-8"),
        (["--var", "documnet=a"], "did you mean 'document'?"),
        ([], "document"),
        (["--vars", "list.json"], "variables are a JSON object"),
        (["--vars", "agreement.txt"], "agreement.txt:1:1: not JSON"),
        (["--var", "document=a", "--option", "timeout=3"], "see --timeout"),
        (["--var", "document=a", "--timeout", "nan"], "--timeout"),
        (["--var", "document=a", "--max-reasks", "11"], "max_reasks"),
        (["--var", "document=a", "--message", "x"], "--message is for"),
        (["--var", "document=a", "--base-url", "http://127.0.0.1/v1"], "base_url"),
        (["--var", "document=a", "--record", "no/such/folder/x"], "No such file"),
    ],
)
def test_what_is_wrong_on_the_command_line_is_exit_code_2_and_one_message(folder, cli, arguments, said):
    (folder / "latin1.txt").write_bytes("Bär".encode("latin-1")[0:3])
    (folder / "list.json").write_text("[1]")
    result = cli("run", "fees.rail", "--model", "replay:conversation.jsonl", *arguments)
    assert result.code == 2
    assert said in result.err
    assert result.out == ""
    assert "Traceback" not in result.err


def test_an_unknown_model_is_the_command_lines_fault(folder, cli):
    result = cli("run", "fees.rail", "--model", "gpt-5", "--var", "document=x")
    assert result.code == 2
    assert "did you mean openai:gpt-5?" in result.err


def test_a_spec_without_messages_needs_one(folder, cli):
    (folder / "r.jsonl").write_text('{"answer": {"age": 36}}')
    assert "--message" in cli("run", "schema.json", "--model", "replay:r.jsonl").err
    result = cli(
        "run", "schema.json", "--model", "replay:r.jsonl", "--message", "How old is ${who}?", "--var", "who=Ann"
    )
    assert (result.code, result.json) == (0, {"age": 36})


def test_a_server_of_openais_protocol_is_asked_again_for_the_failing_field(folder, cli, server):
    server.answers += [(200, '{"age": "old"}'), (200, '{"age": 36}')]
    result = cli(
        "run",
        "schema.json",
        *("--model", "openai:small", "--base-url", server.url, "--message", "How old?"),
        *("--option", "temperature=0", "--option", "user=me"),
    )
    assert result.code == 0
    assert result.json == {"age": 36}
    assert [body["temperature"] for body in server.asked] == [0, 0]
    assert server.asked[0]["user"] == "me"
    assert server.asked[0]["messages"] == [{"role": "user", "content": "How old?"}]
    assert server.asked[1]["messages"][:1] == server.asked[0]["messages"]
    assert "20 tokens in, 10 out" in result.err
    assert "sk-a-key" not in result.err


def test_a_recorded_conversation_can_be_replayed(folder, cli, server, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    server.answers += [(200, '{"age": "old"}'), (200, '{"age": 36}')]
    asked = ("run", "schema.json", "--message", "How old?", "--format", "json")
    live = cli(*asked, "--model", "openai:small", "--record", "talk.jsonl")
    again = cli(*asked, "--model", "replay:talk.jsonl")
    assert (live.code, again.code) == (0, 0)
    assert again.json == live.json
    assert "sk-a-key" not in (folder / "talk.jsonl").read_text()


ASKED = ("run", "schema.json", "--message", "How old?")
BEFORE = '{"answer": "what was there before"}\n'


def test_a_recording_replaces_what_was_there_only_when_there_is_something(folder, cli, server, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    (folder / "talk.jsonl").write_text(BEFORE)
    (folder / "talk.jsonl").chmod(0o640)
    server.answers += [(401, "no such key")]
    assert cli(*ASKED, "--model", "openai:small", "--record", "talk.jsonl").code == 3
    assert (folder / "talk.jsonl").read_text() == BEFORE
    assert cli(*ASKED, "--model", "openai", "--record", "talk.jsonl").code == 2
    assert (folder / "talk.jsonl").read_text() == BEFORE
    server.answers += [(200, '{"age": "old"}'), (401, "no more")]
    assert cli(*ASKED, "--model", "openai:small", "--record", "talk.jsonl").code == 3
    lines = (folder / "talk.jsonl").read_text().splitlines()
    assert [json.loads(line)["answer"] for line in lines] == ['{"age": "old"}']
    assert (folder / "talk.jsonl").stat().st_mode & 0o777 == 0o640
    assert not list(folder.glob(".railguard-*"))


def test_a_recording_that_is_interrupted_keeps_what_came(folder, cli, server, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    (folder / "talk.jsonl").write_text(BEFORE)

    (folder / "stopping.py").write_text(
        "from railguard import validator\n@validator('stops', replace=True)\n"
        "def stops(value: int) -> bool:\n    raise KeyboardInterrupt\n"
    )
    (folder / "stops.rail").write_text(
        '<rail version="1.0"><output><integer name="age" validators="stops"/></output>'
        '<messages><message role="user">How old?</message></messages></rail>'
    )
    server.answers += [(200, '{"age": 36}')]
    result = cli("run", "stops.rail", "--import", "stopping", "--model", "openai:small", "--record", "talk.jsonl")
    assert result.code == 130
    assert json.loads((folder / "talk.jsonl").read_text())["answer"] == '{"age": 36}'


def test_a_recording_follows_a_link_and_may_go_to_a_device(folder, cli):
    (folder / "r.jsonl").write_text('{"answer": {"age": 36}}')
    (folder / "talk.jsonl").write_text(BEFORE)
    (folder / "link.jsonl").symlink_to("talk.jsonl")
    assert cli(*ASKED, "--model", "replay:r.jsonl", "--record", "link.jsonl").code == 0
    assert (folder / "link.jsonl").is_symlink()
    assert "age" in (folder / "talk.jsonl").read_text()
    assert cli(*ASKED, "--model", "replay:r.jsonl", "--record", "/dev/null").code == 0


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("schema.json", []),
        ("./schema.json", []),
        ("link.json", []),
        ("more.json", ["--vars", "more.json"]),
        ("a.txt", ["--var", "a=@a.txt"]),
        ("a.txt", ["--metadata", "a=@a.txt"]),
        ("a.txt", ["--option", "a=@./a.txt"]),
        ("r.jsonl", []),
        ("models.py", ["--import", "models"]),
    ],
)
def test_a_recording_never_replaces_what_the_command_reads(folder, cli, name, given):
    (folder / "r.jsonl").write_text('{"answer": {"age": 36}}')
    (folder / "more.json").write_text("{}")
    (folder / "a.txt").write_text("a")
    (folder / "link.json").symlink_to("schema.json")
    before = (folder / name).read_bytes()
    result = cli(*ASKED, "--model", "replay:r.jsonl", *given, "--record", name)
    assert result.code == 2
    assert f"--record {name} would replace" in result.err
    assert (folder / name).read_bytes() == before


def test_a_recording_never_replaces_the_module_of_its_spec(folder, cli):
    (folder / "r.jsonl").write_text('{"answer": {"issuer": "a", "count": 1}}')
    asked = ("run", "models:Fees", "--message", "Go", "--model", "replay:r.jsonl", "--record")
    assert "would replace" in cli(*asked, "models.py").err
    assert "class Fees" in (folder / "models.py").read_text()
    assert cli(*asked, "-").code == 2
    assert "this is a folder" in cli(*asked, ".").err
    assert cli(*asked, "talk.jsonl").code == 0


def test_only_what_was_sent_and_holds_is_accepted(folder, cli):
    (folder / "blaming.py").write_text(
        "from railguard import FailResult, validator\n"
        "@validator('ordered', replace=True)\n"
        "def ordered(value: dict):\n"
        "    if value['low'] > value['high']:\n"
        "        return FailResult('low is above high', blame=[('low',), ('high',)])\n"
    )
    (folder / "range.rail").write_text(
        '<rail version="1.0"><output><object name="range" validators="ordered"><integer name="low"/>'
        '<integer name="high"/></object></output>'
        '<messages><message role="user">Which?</message></messages></rail>'
    )
    answers = [{"range": {"low": 9, "high": 1}}, {"range.high": 2}, {"range.low": 1}]
    (folder / "r.jsonl").write_text("\n".join(json.dumps({"answer": answer}) for answer in answers))
    result = cli("run", "range.rail", "--import", "blaming", "--model", "replay:r.jsonl")
    assert (result.code, result.json) == (0, {"range": {"low": 1, "high": 2}})
    rounds = result.err.split("Round ")
    assert "accepted" not in rounds[1] + rounds[2]
    assert rounds[3].count("accepted") == 1
    assert "accepted   $.range.low" in rounds[3]


def test_a_cache_answers_what_was_asked_before(folder, cli, server):
    server.answers += [(200, '{"age": "old"}'), (200, '{"age": 36}')]
    asked = ("run", "schema.json", "--model", "openai:small", "--base-url", server.url, "--message", "How old?")
    live = cli(*asked, "--cache", "answers.db", "--format", "json")
    again = cli(*asked, "--cache", "answers.db", "--format", "json", "--record", "talk.jsonl")
    assert (live.code, again.code) == (0, 0)
    assert again.json["output"] == live.json["output"] == {"age": 36}
    assert [one["note"] for one in again.json["iterations"]] == ["answered from the cache"] * 2
    assert again.json["usage"]["input_tokens"] == 0
    assert len(server.asked) == 2
    assert "no/such" in cli(*asked, "--cache", "no/such/folder.db").err


@pytest.mark.parametrize(("by", "asked"), [("same", ["weak", "weak"]), ("stronger", ["weak", "strong"])])
def test_of_several_models_the_next_one_helps_out_where_one_fails_or_is_asked_again(
    folder, cli, server, monkeypatch, by, asked
):
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    server.answers += [(200, '{"age": "old"}'), (200, '{"age": 36}')]
    models = ("--model", "replay:empty.jsonl", "--model", "openai:weak", "--model", "openai:strong")
    (folder / "empty.jsonl").write_text("")
    result = cli("run", "schema.json", *models[2 * (by == "stronger") :], "--reask-by", by, "--message", "How old?")
    assert (result.code, result.json) == (0, {"age": 36})
    assert [one["model"] for one in server.asked] == asked
    assert ("replay:empty.jsonl failed" in result.err) == (by == "same")


def test_what_of_several_models_makes_no_sense_is_refused(folder, cli):
    two = ("run", "schema.json", "--message", "How old?", "--model", "openai:a", "--model", "openai:b")
    result = cli(*two, "--base-url", "http://127.0.0.1:1")
    assert (result.code, "--base-url is of one model" in result.err) == (2, True)
    result = cli(*two[:-2], "--reask-by", "whole")
    assert (result.code, "--reask-by whole needs --model several times" in result.err) == (2, True)


def test_a_failing_provider_is_exit_code_3(folder, cli, server):
    server.answers += [(401, "no such key")]
    result = cli("run", "schema.json", "--model", "openai:small", "--base-url", server.url, "--message", "How old?")
    assert result.code == 3
    assert "no such key" in result.err
    assert "Traceback" not in result.err


def test_an_unreadable_answer_is_shown_and_asked_for_whole(folder, cli):
    (folder / "r.jsonl").write_text('{"answer": "I think it is \\u009b31m"}\n{"answer": {"age": 36}}')
    result = cli("run", "schema.json", "--model", "replay:r.jsonl", "--message", "How old?")
    assert result.code == 0
    assert '"I think it is \\u009b31m"' in result.err
    assert "Round 2: the whole output is asked for again" in result.err
    assert "had it written the whole output" not in result.err


def test_what_is_left_out_at_the_end_is_told(folder, cli):
    (folder / "filter.rail").write_text(
        '<rail version="1.0"><output><list name="l"><string validators="two-words" on-fail-two-words="filter"/></list>'
        '</output><messages><message role="user">Hi</message></messages></rail>'
    )
    (folder / "r.jsonl").write_text('{"answer": {"l": ["a b", "c", "d e"]}}')
    result = cli("run", "filter.rail", "--model", "replay:r.jsonl")
    assert (result.code, result.json) == (0, {"l": ["a b", "d e"]})
    assert 'left out   $.l[1]  two-words\n           "c"  left out' in result.err


def test_a_round_with_many_failures_says_how_many_more_there_are(folder, cli):
    (folder / "many.rail").write_text(
        '<rail version="1.0"><output><list name="l"><string validators="two-words"/></list>'
        '</output><messages><message role="user">Hi</message></messages></rail>'
    )
    (folder / "r.jsonl").write_text(json.dumps({"answer": {"l": ["x"] * 40}}))
    result = cli("run", "many.rail", "--model", "replay:r.jsonl", "--max-reasks", "0")
    assert result.code == 1
    assert "… and 28 more" in result.err


DOCUMENT = '{"issuer" : "Harbour Bank plc",\r\n "count":2.0e0 , "note": "\\u00e9é"}'.replace("2.0e0", "2")


def update(folder, cli, *answers, document=DOCUMENT, **options):
    (folder / "old.json").write_bytes(document.encode())
    (folder / "answers.jsonl").write_text("".join(json.dumps({"answer": text}) + "\n" for text in answers))
    return cli(
        *("run", "models:Fees", "--model", "replay:answers.jsonl"),
        *("--message", "One more fee.", "--update", "old.json"),
        **options,
    )


def test_update_prints_the_document_equal_to_the_byte_outside_of_what_changed(folder, cli):
    result = update(folder, cli, '{"count": 3}')
    assert result.code == 0
    assert result.out == DOCUMENT.replace(":2 ", ":3 ")
    assert (folder / "old.json").read_bytes() == DOCUMENT.encode()
    assert "Round 1: what changes in the document is asked for" in result.err
    assert "changed" in result.err
    assert "2 → 3" in result.err


def test_update_asks_again_for_what_fails_and_says_so_as_json(folder, cli):
    (folder / "old.json").write_bytes(DOCUMENT.encode())
    result = update(folder, cli, '{"count": -3, "zzz": 1}', '{"count": 4}')
    assert result.out == DOCUMENT.replace(":2 ", ":4 ")
    failed = update(folder, cli, '{"count": -3}', '{"count": -4}', "{}")
    assert (failed.code, failed.out) == (1, "")


def test_update_of_what_is_no_json_is_the_callers_error(folder, cli):
    result = update(folder, cli, "{}", document="{not JSON")
    assert result.code == 2
    assert "the document is not JSON" in result.err
