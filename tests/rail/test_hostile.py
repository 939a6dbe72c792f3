"""Documents that mean harm: nothing is read, connected, imported or run, and each is refused in linear time."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from railguard.errors import SpecError
from railguard.rail import check, load
from railguard.values import Limits

HEAD, TAIL = '<rail version="1.0"><output>', "</output></rail>"
_seen: list[tuple[str, object]] = []
_watching = threading.local()
_DANGEROUS = ("open", "exec", "compile", "import", "socket.", "subprocess.", "os.", "urllib.", "ctypes.", "shutil.")


def _hook(event: str, arguments: object) -> None:
    if getattr(_watching, "on", False) and event.startswith(_DANGEROUS):
        _seen.append((event, arguments))


sys.addaudithook(_hook)


@pytest.fixture(scope="module")
def canary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int, list[bytes]]]:
    """A secret file, and a loopback listener with what reached it."""
    file = tmp_path_factory.mktemp("canary") / "secret.txt"
    file.write_text("CANARY-7f3a")
    reached: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.05)
    stop = threading.Event()

    def listen() -> None:
        while not stop.is_set():
            try:
                connection, _ = server.accept()
            except TimeoutError:
                continue
            reached.append(b"connected")
            connection.close()

    thread = threading.Thread(target=listen)
    thread.start()
    yield file, server.getsockname()[1], reached
    stop.set()
    thread.join()
    server.close()


PAYLOADS = [
    '<!DOCTYPE rail [<!ENTITY x SYSTEM "file://{file}">]><rail><output description="d"/><prompt>&x;</prompt></rail>',
    '<!DOCTYPE rail [<!ENTITY x SYSTEM "http://127.0.0.1:{port}/">]><rail><output/><prompt>&x;</prompt></rail>',
    '<!DOCTYPE rail [<!ENTITY x SYSTEM "ftp://127.0.0.1:{port}/">]><rail>&x;</rail>',
    '<!DOCTYPE rail [<!ENTITY % x SYSTEM "http://127.0.0.1:{port}/e.dtd"> %x;]><rail><output/></rail>',
    '<!DOCTYPE rail SYSTEM "http://127.0.0.1:{port}/rail.dtd"><rail version="1.0"><output/></rail>',
    '<!DOCTYPE rail PUBLIC "-//X//Y" "file://{file}"><rail version="1.0"><output/></rail>',
    '<?xml version="1.0" standalone="no"?>\n<!-- a -->\n<!DOCTYPE rail><rail version="1.0"><output/></rail>',
    '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]><rail>&c;</rail>',
    '<!DOCTYPE rail [<!ATTLIST rail version CDATA "1.0"><!ENTITY x "y">]><rail name="&x;"/>',
    '<rail version="1.0"><output/><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file://{file}"/></rail>',
    '<?xml-stylesheet href="http://127.0.0.1:{port}/x.xsl"?><rail version="1.0"><output/></rail>',
    '<rail version="1.0"><output/><?import os?></rail>',
    '<rail version="1.0"><output><string name="a" validators="x: {{__import__(\'os\').system(\'id\')}}"/></output></rail>',
    '<rail version="1.0"><output><string name="a" default="{{open(\'{file}\').read()}}"/></output></rail>',
    '<rail version="1.0"><output><string name="a" validators="os: 1; os.path; ../../x; builtins; __main__"/></output></rail>',
    '<rail version="1.0"><script>import socket</script><output/></rail>',
    '<rail version="1.0"><output/><messages><message role="user">${{gr.__class__}} ${{a.b}}</message></messages></rail>',
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be", "text"])
@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_is_refused_and_nothing_is_touched(
    payload: str, encoding: str, canary: tuple[Path, int, list[bytes]]
) -> None:
    file, port, reached = canary
    text = payload.format(file=file, port=port)
    data: str | bytes = text if encoding == "text" else text.encode(encoding)
    for warm in (text, HEAD + '<x y="z" validators="q: {"/><string name="a" pattern="(" format="emial"/>' + TAIL):
        check(warm)  # what railguard itself imports when it is first needed
    del _seen[:]
    _watching.on = True
    try:
        problems = check(data)
    finally:
        _watching.on = False
    assert _seen == []
    assert reached == []
    errors = [problem for problem in problems if problem.severity == "error"]
    assert errors
    assert errors[0].line is not None
    assert all("CANARY" not in str(problem) for problem in problems)
    with pytest.raises(SpecError):
        load(data)


def test_an_old_script_is_neither_run_nor_compiled() -> None:
    text = (
        '<rail version="0.1"><script language="python">import antigravity; open("/tmp/x", "w")</script><output/></rail>'
    )
    load(text)
    del _seen[:]
    _watching.on = True
    try:
        load(text)
    finally:
        _watching.on = False
    assert _seen == []


def message(text: str, head: str = '<rail version="1.0">') -> str:
    return f'{head}<output/><messages><message role="user">{text}</message></messages></rail>'


MEGABYTE = 1_000_000
LARGE = {
    "elements": HEAD + "<a/>" * 100_000 + TAIL,
    "depth": HEAD + "<list>" * 1000 + "</list>" * 1000 + TAIL,
    "braces": f'{HEAD}<string name="x" validators="length: {"{" * MEGABYTE}"/>{TAIL}',
    "brackets": f'{HEAD}<string name="x" validators="length: {{{"[" * MEGABYTE}"/>{TAIL}',
    "parentheses": f'{HEAD}<any name="x" default="{"(" * MEGABYTE}"/>{TAIL}',
    "quotes": f'{HEAD}<any name="x" default="{chr(39) * (MEGABYTE - 1)}"/>{TAIL}',
    "words": f'{HEAD}<string name="x" validators="length: {"a=1 " * 200_000}"/>{TAIL}',
    "calls": f'{HEAD}<string name="x" validators="{"; ".join(f"w{n}" for n in range(60_000))}"/>{TAIL}',
    "broken-calls": f'{HEAD}<string name="x" validators="&amp;{"".join(f"q{n}: {{;" for n in range(30_000))}"/>{TAIL}',
    "attributes": f"{HEAD}<string {' '.join(f'a{n}=&quot;&quot;' for n in range(40_000))}/>{TAIL}".replace(
        "&quot;", '"'
    ),
    "on-fails": (
        f'{HEAD}<string name="x" validators="{"; ".join(f"w{n}" for n in range(15_000))}" '
        + " ".join(f'on-fail-q{n}="fix"' for n in range(15_000))
        + f"/>{TAIL}"
    ),
    "misspellings": HEAD + "".join(f'<strng{n} name="n{n}" naem="x"/>' for n in range(9_000)) + TAIL,
    "duplicates": HEAD + '<string name="x"/>' * 9_000 + TAIL,
    "ampersands": "<rail>" + "&" * MEGABYTE + "</rail>",
    "less-thans": "<rail>" + "<" * MEGABYTE + "</rail>",
    "entities": message("&lt;" * 250_000 + "${"),
    "places": message("${" * 400_000),
    "undeclared": message("${a}" * 200_000, '<rail version="1.0"><input/>'),
    "many-undeclared": (
        '<rail version="1.0"><input>'
        + "".join(f'<string name="v{n}"/>' for n in range(3000))
        + "</input><output/><messages>"
        + "".join(f'<message role="user">${{w{n}}}</message>' for n in range(4000))
        + "</messages></rail>"
    ),
    "elements-in-text": message("x<a/>" * 9_000),
    "tag": f"{HEAD}<{'a' * 500_000}/>{TAIL}",
    "number": f'{HEAD}<integer name="x" minimum="{"9" * MEGABYTE}"/>{TAIL}',
    "version": f'<rail version="{"9" * MEGABYTE}"/>',
    "validator": f'{HEAD}<string name="x" validators="{"a" * MEGABYTE}"/>{TAIL}',
    "references": (
        '<rail version="1.0"><definitions>'
        + "".join(f'<ref name="a{n}" to="a{n + 1}"/>' for n in range(9000))
        + "</definitions><output/></rail>"
    ),
    "bytes": "<rail>" + " " * 20_000_000 + "</rail>",
    "comment": "<rail><!--" + "<!-- " * 200_000,
    "cdata": "<rail><![CDATA[" + "<![CDATA[" * 100_000,
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_document_is_refused_at_once(name: str) -> None:
    began = time.perf_counter()
    problems = check(LARGE[name])
    assert time.perf_counter() - began < 20
    assert any(problem.severity == "error" for problem in problems)
    assert problems[0].line is not None


@pytest.mark.parametrize(
    "text",
    [
        message("\n" * MEGABYTE),
        message("\n" * 500_000 + "x" + "\n" * 500_000),
        message(" " * MEGABYTE),
        message("&lt;" * 250_000),
        message("a<!---->" * 120_000),
        HEAD + f'<enum name="x" values="{",".join(f"v{n}" for n in range(100_000))}"/>' + TAIL,
        HEAD + f'<any name="x" default="[{"[]," * 300_000}]"/>' + TAIL,
    ],
    ids=["newlines", "blank-lines", "spaces", "references", "comments", "values", "default"],
)
def test_a_large_document_is_read_in_linear_time(text: str) -> None:
    began = time.perf_counter()
    assert check(text) == []
    assert time.perf_counter() - began < 20


def test_a_document_at_its_limits_loads_in_a_few_seconds() -> None:
    text = HEAD + "\n".join(f'<string name="n{n}" description="{"é" * 30}"/>' for n in range(9_990)) + TAIL
    assert len(text.encode()) < 1024 * 1024
    began = time.perf_counter()
    load(text)
    assert time.perf_counter() - began < 10


def test_raised_limits_never_end_in_a_recursion_error() -> None:
    limits = Limits(spec_depth=100_000, spec_elements=1_000_000, spec_bytes=10_000_000)
    for depth in (150, 50_000):
        for open_, close in (("<list>", "</list>"), ('<object name="o">', "</object>"), ("<b>", "</b>")):
            for version in ("0.1", "1.0"):
                inside = open_ * depth + close * depth
                check(f'<rail version="{version}"><output>{inside}</output></rail>', limits=limits)
                check(
                    f'<rail version="{version}"><output/><messages><message>{inside}</message></messages></rail>',
                    limits=limits,
                )
