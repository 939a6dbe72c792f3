"""The entry point: exit codes, colour, pipes, interrupts, and what is not imported."""

import fcntl
import json
import os
import pty
import shlex
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

import railguard.cli.check
from railguard.cli import exits, main
from tests.cli.conftest import ROOT

COMMAND = [sys.executable, "-m", "railguard"]
ENVIRONMENT = {**os.environ, "TERM": "xterm-256color", "PYTHONDONTWRITEBYTECODE": "1"}
ENVIRONMENT.pop("NO_COLOR", None)
RUN = ("run", "fees.rail", "--model", "replay:conversation.jsonl", "--var", "document=x")


def in_a_terminal(
    *argv: str, stdout_too: bool = True, command: Sequence[str] = COMMAND, **environment: str
) -> tuple[int, str]:
    """Run with stderr (and stdout) on a terminal of 80 columns; the exit code and what was seen there."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = subprocess.Popen(
        [*command, *argv],
        stdin=subprocess.DEVNULL,
        stdout=follower if stdout_too else subprocess.DEVNULL,
        stderr=follower,
        env={**ENVIRONMENT, **environment},
    )
    os.close(follower)
    seen = b""
    while True:
        try:
            data = os.read(leader, 65536)
        except OSError:  # EIO: nobody writes any more
            break
        if not data:
            break
        seen += data
    os.close(leader)
    return process.wait(), seen.decode()


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        ([], 2),
        (["--help"], 0),
        (["--version"], 0),
        (["chek"], 2),
        (["check"], 2),
        (["check", "--nonsense", "fees.rail"], 2),
        (["check", "fees.rail"], 0),
        (["check", "nowhere.rail"], 2),
        (["validate", "age.rail", "answer.json"], 1),
        (["validate", "nowhere.rail", "answer.json"], 2),
        (["validate", "nowhere.json", "answer.json"], 2),
        (["validate", ".", "answer.json"], 2),
        (["run", "fees.rail", "--model", "replay:nowhere.jsonl", "--var", "document=x"], 2),
        (
            [
                "run",
                "schema.json",
                "--model",
                "openai:x",
                "--base-url",
                "http://127.0.0.1:9/v1",
                "--timeout",
                "0.5",
                "--message",
                "x",
            ],
            3,
        ),
        (["prompt", "fees.rail"], 2),
        (["schema", "nowhere.json"], 2),
        (["validators", "nothing-of-that-name"], 2),
    ],
)
def test_exit_codes(folder, cli, argv, code, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    result = cli(*argv)
    assert result.code == code
    assert "Traceback" not in result.err
    assert bool(result.err) == (code > 1) or argv[0] == "check"


def test_python_m_railguard_is_the_command():
    done = subprocess.run([*COMMAND, "--version"], capture_output=True, text=True, env=ENVIRONMENT, check=True)
    assert done.stdout.startswith("railguard ")


def test_the_installed_script_is_the_command(folder):
    script = Path(sys.executable).with_name("railguard")
    if not script.exists():
        pytest.skip("railguard is not installed as a script")
    done = subprocess.run([script, "check", "fees.rail"], capture_output=True, text=True, env=ENVIRONMENT)
    assert (done.returncode, done.stdout) == (0, "")


def test_checking_loads_neither_rich_nor_pydantic_nor_a_client(folder):
    code = (
        "import sys; from railguard.cli import main; code = main(['check', 'fees.rail']); "
        "print(sorted({'rich', 'pydantic', 'httpx', 'asyncio', 'lxml'} & set(sys.modules))); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=ENVIRONMENT)
    assert (done.returncode, done.stdout) == (0, "[]\n")


def test_validating_one_file_loads_only_what_a_valid_answer_needs(folder):
    (folder / "spec.rail").write_text('<rail version="1.0"><output><integer name="a"/></output></rail>')
    (folder / "one.json").write_text('{"a": 1}')
    code = (
        "import sys; from railguard.cli import main; code = main(['validate', 'spec.rail', 'one.json']); "
        "print(*sys.modules); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=ENVIRONMENT)
    verdict, modules = done.stdout.splitlines()
    assert (done.returncode, verdict) == (0, "ok    one.json")
    loaded = {name.removeprefix("railguard.") for name in modules.split()}
    assert loaded & {
        "batch", "rail.syntax", "rail.recovery", "rail.tolerant", "prompting.defaults", "schema.user_model",
        "schema.quick_model", "values.event", "pydantic", "rich",
    } == set()  # fmt: skip


@pytest.mark.parametrize(("given", "frozen"), [("", True), ("sys.argv[1:]", False)])
def test_only_a_command_that_is_the_process_leaves_its_objects_out_of_the_last_collection(folder, given, frozen):
    code = f"import gc, sys; from railguard.cli import main; main({given}); sys.exit(gc.get_freeze_count() > 0)"
    command = [sys.executable, "-c", code, "check", "fees.rail"]
    assert subprocess.run(command, env=ENVIRONMENT).returncode == frozen


def test_a_terminal_gets_colour_and_a_pipe_does_not(folder, cli):
    code, seen = in_a_terminal(*RUN)
    assert code == 0
    assert "\x1b[" in seen
    result = cli(*RUN)
    assert "\x1b" not in result.out + result.err


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colour_where_it_is_not_wanted(folder, environment):
    code, seen = in_a_terminal("check", "nowhere.rail", **environment)
    assert code == 2
    assert "\x1b" not in seen
    code, seen = in_a_terminal(*RUN, stdout_too=False, **environment)
    assert code == 0
    assert "Valid after 3 rounds" in seen
    assert "\x1b[3" not in seen
    assert "\x1b[1m" not in seen


def test_a_reader_that_goes_away_is_nobodys_error(folder):
    (folder / "many.jsonl").write_text('{"age": "x"}\n' * 20_000)
    process = subprocess.Popen(
        [*COMMAND, "validate", "--format", "json", "age.rail", "many.jsonl"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline().startswith(b"{")
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert (process.wait(), said) == (141, b"")


def test_an_interrupt_is_130_without_a_traceback(folder):
    process = subprocess.Popen(
        [*COMMAND, "validate", "--jsonl", "age.rail", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b'{"age": "x"}\n' * 2000)
    process.stdin.flush()
    assert process.stdout.read(4)  # it is at work
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 130
    assert b"Traceback" not in said


def test_an_interrupt_in_the_middle_of_a_command_is_130(folder, cli, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(railguard.cli.check, "spec_problems", interrupted)
    assert cli("check", "fees.rail").code == 130


def test_a_console_that_cannot_say_a_character_gets_an_escape(folder):
    (folder / "text.rail").write_text(
        '<rail version="1.0"><output type="string"/><messages><message role="user">Hi</message></messages></rail>'
    )
    (folder / "text.jsonl").write_text('{"answer": "naïve"}', encoding="utf-8")
    for encoding, wanted in (("ascii", b"na\\xefve\n"), ("utf-8", "naïve\n".encode())):
        done = subprocess.run(
            [*COMMAND, "run", "text.rail", "--model", "replay:text.jsonl"],
            capture_output=True,
            env={**ENVIRONMENT, "PYTHONIOENCODING": encoding},
        )
        assert (done.returncode, done.stdout) == (0, wanted)
        assert b"Valid after 1 round" in done.stderr
    done = subprocess.run(
        [*COMMAND, "validate", "--format", "json", "schema.json", "-"],
        input='{"age": "naïve"}'.encode(),
        capture_output=True,
        env={**ENVIRONMENT, "PYTHONIOENCODING": "ascii"},
    )
    assert b'"na\\u00efve"' in done.stdout


def test_half_of_a_surrogate_pair_is_an_escape_in_the_c_locale_too(folder):
    done = subprocess.run(
        [*COMMAND, "validate", "--format", "json", "--jsonl", "schema.json", "-"],
        input=b'"\\udcff"',
        capture_output=True,
        env={**ENVIRONMENT, "PYTHONIOENCODING": "utf-8:surrogateescape"},
    )
    assert json.loads(done.stdout)["iterations"][0]["raw"] == "\udcff"


def test_long_work_is_followed_on_a_terminal_only(folder):
    (folder / "slow.py").write_text(
        "import time\nfrom railguard import Guard, validator\n"
        "@validator('slow', replace=True)\n"
        "def slow(value: int):\n    time.sleep(0.06)\n    return True\n"
        'guard = Guard.from_rail_string(\'<rail version="1.0"><output>'
        '<integer name="age" validators="slow"/></output></rail>\')\n'
    )
    (folder / "many.jsonl").write_text('{"age": 1}\n' * 24)
    begun = time.monotonic()
    code, seen = in_a_terminal("validate", "slow:guard", "many.jsonl", stdout_too=False)
    assert time.monotonic() - begun > 1
    assert code == 0
    assert "validating" in seen
    assert "outputs" in seen
    program = (
        "import sys; from railguard.cli import main, progress; progress._PATIENCE = 60; sys.exit(main(sys.argv[1:]))"
    )
    short = [sys.executable, "-c", program]
    code, seen = in_a_terminal("validate", "age.rail", "many.jsonl", stdout_too=False, command=short)
    assert (code, seen) == (0, "")  # it was over too soon


def test_main_takes_arguments_and_returns_a_number(folder, capsys):
    assert main(("check", "fees.rail")) == 0
    assert main(["--help"]) == 0
    assert "exit codes:" in capsys.readouterr().out


def shell(line: str, **environment: str) -> tuple[int, bytes, bytes]:
    """Run a line of sh, in which $RAILGUARD is the command."""
    command = " ".join(map(shlex.quote, COMMAND))
    done = subprocess.run(
        ["sh", "-c", line.replace("$RAILGUARD", command)], capture_output=True, env={**ENVIRONMENT, **environment}
    )
    return done.returncode, done.stdout, done.stderr


READING = ["validate age.rail -", "validate --jsonl age.rail -", "check -", "prompt fees.rail --var document=@-"]


@pytest.mark.parametrize("arguments", READING)
def test_closed_stdin_is_one_message(folder, arguments):
    code, out, said = shell(f"$RAILGUARD {arguments} <&-")
    assert code == 2
    assert b"standard input is closed" in out + said
    assert b"Traceback" not in said


WRITING = ["validate age.rail answer.json", "schema age.rail", " ".join(RUN)]


@pytest.mark.parametrize("arguments", WRITING)
def test_closed_stdout_is_one_message_and_nothing_is_asked(folder, arguments):
    code, _, said = shell(f"$RAILGUARD {arguments} >&-")
    assert (code, said) == (2, b"error: standard output is closed, so the results would be lost\n")


@pytest.mark.parametrize("arguments", WRITING)
def test_closed_stderr_is_nobodys_error(folder, arguments):
    code, out, _ = shell(f"$RAILGUARD {arguments} 2>/dev/null")
    assert shell(f"$RAILGUARD {arguments} 2>&-")[:2] == (code, out)


@pytest.mark.parametrize("arguments", ["--help", "--version", "no-such-command"])
def test_help_and_usage_with_closed_streams_are_no_traceback(folder, arguments):
    for closed in (">&-", "<&- >&- 2>&-"):
        code, out, said = shell(f"$RAILGUARD {arguments} {closed}")
        assert code in (0, 2)
        assert b"Traceback" not in out + said


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device that is always full")
def test_a_full_disk_is_one_message(folder):
    for arguments in WRITING:
        code, _, said = shell(f"$RAILGUARD {arguments} >/dev/full")
        assert code == 2
        assert b"No space left on device" in said
        assert b"Traceback" not in said
        assert b"Exception ignored" not in said
        code, out, _ = shell(f"$RAILGUARD {arguments} 2>/dev/null")
        assert shell(f"$RAILGUARD {arguments} 2>/dev/full")[:2] == (code, out)


def test_what_nobody_expected_is_70_and_never_1(folder, cli, monkeypatch):
    for error in (KeyError("oops"), RecursionError(), MemoryError(), AssertionError(), SystemExit(0), GeneratorExit()):

        def broken(*_, error=error, **__):
            raise error

        monkeypatch.setattr(railguard.cli.check, "spec_problems", broken)
        result = cli("check", "fees.rail")
        assert result.code == 70
        assert type(error).__name__ in result.err
        assert "this is a bug in railguard; please report it" in result.err


def test_a_module_that_ends_the_program_is_the_command_lines_fault(folder, cli):
    (folder / "leaving.py").write_text("import sys\nsys.exit(0)\n")
    for arguments in (("check", "--import", "leaving", "fees.rail"), ("check", "leaving:Model")):
        result = cli(*arguments)
        assert result.code == 2
        assert "the module leaving cannot be imported: SystemExit" in result.out + result.err


def test_a_validator_that_ends_the_program_fails_no_validation(folder, cli):
    (folder / "ending.py").write_text(
        "import sys\nfrom railguard import validator\n@validator('ends', replace=True)\n"
        "def ends(value: int) -> bool:\n    sys.exit(0)\n"
    )
    (folder / "ends.rail").write_text(
        '<rail version="1.0"><output><integer name="age" validators="ends"/></output></rail>'
    )
    result = cli("validate", "--import", "ending", "ends.rail", "-", stdin='{"age": 1}')
    assert result.code == 2
    assert "'ends' raised SystemExit" in result.out


def test_every_exit_code_is_documented():
    page = (ROOT / "docs/errors.md").read_text("utf-8")
    for name in exits.__all__:
        if name.isupper():
            assert f"| {getattr(exits, name)} |" in page, name


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "endless.json"),
        ("validate", "endless.json", "answer.json"),
        ("validate", "age.rail", "endless.json"),
        ("validate", "age.rail", "endless.jsonl"),
        ("validate", "endless.rail", "answer.json"),
        ("prompt", "fees.rail", "--var", "document=@endless.json"),
        ("prompt", "fees.rail", "--vars", "endless.json"),
        ("prompt", "fees.rail", "--var", "document=x", "--reask", "endless.json"),
        ("run", "fees.rail", "--var", "document=x", "--model", "replay:endless.jsonl"),
        ("run", "fees.rail", "--var", "document=x", "--model", "replay:a", "--metadata", "m=@endless.json"),
        ("run", "fees.rail", "--var", "document=x", "--model", "replay:a", "--option", "m=@endless.json"),
    ],
    ids=" ".join,
)
def test_a_file_without_an_end_is_refused(folder, cli, arguments):
    """The devices of a system, and what was put where a small file is expected."""
    for name in ("endless.json", "endless.jsonl", "endless.rail"):
        with open(folder / name, "wb") as file:
            file.truncate(1 << 29)  # a hole: it takes no room
    result = cli(*arguments)
    assert result.code == 2
    assert "larger than" in result.out + result.err or "longer than" in result.out + result.err
