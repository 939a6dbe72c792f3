"""`railguard play`: what it refuses before it serves anything. That it serves is in tests/play."""

from __future__ import annotations

import re
import shlex
import socket
from pathlib import Path

import pytest

from railguard.cli.entry import parser
from tests.cli.conftest import ROOT


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-"], "name a file"),
        (["schema.json"], "railguard schema schema.json --to rail"),
        (["models:Fees"], "railguard schema models:Fees --to rail"),
        (["fees.rail", "--cassette", "nothing.jsonl"], "nothing.jsonl"),
        (["fees.rail", "--var", "document"], "--var"),
        (["fees.rail", "--import", "no_such_module"], "no_such_module cannot be imported"),
        (["fees.rail", "--port", "99999"], "choose another port"),
        (["latin.rail"], "not UTF-8"),
    ],
)
def test_what_cannot_be_played_with_is_said_before_anything_is_served(cli, arguments: list[str], said: str) -> None:
    Path("latin.rail").write_bytes("<!-- é -->".encode("latin-1"))
    result = cli("play", *arguments)
    assert result.code == 2
    assert said in result.err
    assert result.out == ""


@pytest.mark.usefixtures("folder")
def test_a_port_in_use_is_one_line_that_says_what_to_do(cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = cli("play", "fees.rail", "--port", str(port))
    assert result.code == 2
    assert re.search(f"127.0.0.1:{port}: Address already in use.*choose another port", result.err)


def test_the_commands_of_the_page_in_the_docs_can_be_given() -> None:
    text = (ROOT / "docs" / "playground.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    commands = [shlex.split(line, comments=True) for line in block.splitlines()]
    assert len(commands) == 3
    for program, *arguments in commands:
        assert program == "railguard"
        args = parser().parse_args(arguments)
        files = [args.spec, *args.cassette, *(one.partition("=@")[2] for one in args.var)]
        assert all((ROOT / file).exists() or file == "fees.rail" for file in files if file)
