"""What the help shows as an example runs as it stands there."""

import json
import re
import shlex
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from railguard.cli.entry import COMMANDS, commands, parser

ANSWERS = {
    "fees.rail": '{"issuer": "Harbour Bank plc", "fees": [{"index": 1, "name": "annual fee", "amount": 49, '
    '"explanation": "Charged each year."}], "interest": {"purchases": "19.9%", "valid_from": "2026-03-01"}, '
    '"late_payment": {"consequence": "fee", "amount": 12}}',
    "models:Fees": '{"issuer": "B", "count": 3}',
}


def examples(text: str) -> list[str]:
    return re.findall(r"^  (railguard .+)$", text.partition("examples:")[2], re.MULTILINE)


def helps(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    shown = {}
    for name in COMMANDS:
        with pytest.raises(SystemExit):
            parser().parse_args([name, "--help"])
        shown[name] = capsys.readouterr().out
    return shown


def test_every_command_ends_its_help_with_two_or_three_examples(capsys):
    for name, text in helps(capsys).items():
        assert 2 <= len(examples(text)) <= 3, name
        assert all(line.startswith(f"railguard {name}") for line in examples(text))
        assert text.rstrip().endswith(examples(text)[-1])


ENDLESS = ("lsp", "play", "serve")  # they run until they are told to stop; their own rooms' tests run them
EXAMPLES = [
    *examples(parser().format_help()),
    *(line for command in commands() if command.NAME not in ENDLESS for line in command.EXAMPLES),
]


@pytest.mark.parametrize(
    "line", [line for command in commands() if command.NAME in ENDLESS for line in command.EXAMPLES]
)
def test_an_example_of_a_command_that_does_not_end_is_understood(line):
    assert parser().parse_args(shlex.split(line)[1:]).command is not None


@pytest.mark.parametrize("line", EXAMPLES)
def test_an_example_runs(folder, cli, monkeypatch, line):
    argv = shlex.split(line)[1:]
    stdin = b""
    if "<" in argv:
        at = argv.index("<")
        stdin = (folder / argv[at + 1]).read_bytes()
        argv = argv[:at]
    if ">" in argv:
        argv = argv[: argv.index(">")]

    (folder / "documents.csv").write_text("document\nThe annual fee is 49 euros.\n", encoding="utf-8")
    (folder / "stored.jsonl").write_text(json.dumps({"text": ANSWERS["fees.rail"]}) + "\n", encoding="utf-8")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["content-length"]))
            message = {"role": "assistant", "content": ANSWERS[argv[1]]}
            data = json.dumps({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{server.server_port}/v1")
        monkeypatch.setenv("OPENAI_API_KEY", "x")
        result = cli(*argv, stdin=stdin)
        server.shutdown()
        thread.join()
    # The stored answers of the folder are not all valid; anything else has to be good.
    assert result.code == (1 if argv[0] == "validate" else 0), result.err
    assert result.out or argv[0] in ("check", "fmt", "init", "lsp", "migrate")
