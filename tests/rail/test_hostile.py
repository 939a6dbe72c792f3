"""Documents that mean harm: nothing is read, connected, imported or run, and each is refused in linear time."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from railguard.errors import SpecError
from railguard.rail import check, load
from railguard.testing.growth import steep_growth
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
    for codec in ("utf-16-le", "utf-16-be"):
        "".encode(codec)  # Python imports a codec when it is first needed
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


LARGE: dict[str, Callable[[int], str]] = {
    # what it is: a document with n of it
    "elements": lambda n: HEAD + "<a/>" * n + TAIL,
    "depth": lambda n: HEAD + "<list>" * n + "</list>" * n + TAIL,
    "braces": lambda n: f'{HEAD}<string name="x" validators="length: {"{" * n}"/>{TAIL}',
    "brackets": lambda n: f'{HEAD}<string name="x" validators="length: {{{"[" * n}"/>{TAIL}',
    "parentheses": lambda n: f'{HEAD}<any name="x" default="{"(" * n}"/>{TAIL}',
    "quotes": lambda n: f'{HEAD}<any name="x" default="{chr(39) * (2 * n - 1)}"/>{TAIL}',
    "words": lambda n: f'{HEAD}<string name="x" validators="length: {"a=1 " * n}"/>{TAIL}',
    "calls": lambda n: f'{HEAD}<string name="x" validators="{"; ".join(f"w{i}" for i in range(n))}"/>{TAIL}',
    "broken-calls": (
        lambda n: f'{HEAD}<string name="x" validators="&amp;{"".join(f"q{i}: {{;" for i in range(n))}"/>{TAIL}'
    ),
    "attributes": lambda n: HEAD + "<string " + " ".join(f'a{i}=""' for i in range(n)) + "/>" + TAIL,
    "on-fails": lambda n: (
        f'{HEAD}<string name="x" validators="{"; ".join(f"w{i}" for i in range(n))}" '
        + " ".join(f'on-fail-q{i}="fix"' for i in range(n))
        + f"/>{TAIL}"
    ),
    "misspellings": lambda n: HEAD + "".join(f'<strng{i} name="n{i}" naem="x"/>' for i in range(n)) + TAIL,
    "duplicates": lambda n: HEAD + '<string name="x"/>' * n + TAIL,
    "ampersands": lambda n: "<rail>" + "&" * n + "</rail>",
    "less-thans": lambda n: "<rail>" + "<" * n + "</rail>",
    "entities": lambda n: message("&lt;" * n + "${"),
    "places": lambda n: message("${" * n),
    "undeclared": lambda n: message("${a}" * n, '<rail version="1.0"><input/>'),
    "many-undeclared": lambda n: (
        '<rail version="1.0"><input>'
        + "".join(f'<string name="v{i}"/>' for i in range(n))
        + "</input><output/><messages>"
        + "".join(f'<message role="user">${{w{i}}}</message>' for i in range(n))
        + "</messages></rail>"
    ),
    "elements-in-text": lambda n: message("x<a/>" * n),
    "tag": lambda n: f"{HEAD}<{'a' * n}/>{TAIL}",
    "number": lambda n: f'{HEAD}<integer name="x" minimum="{"9" * (4_301 + n)}"/>{TAIL}',
    "version": lambda n: f'<rail version="{"9" * n}"/>',
    "validator": lambda n: f'{HEAD}<string name="x" validators="{"a" * n}"/>{TAIL}',
    "references": lambda n: (
        '<rail version="1.0"><definitions>'
        + "".join(f'<ref name="a{i}" to="a{i + 1}"/>' for i in range(n))
        + "</definitions><output/></rail>"
    ),
    "comment": lambda n: "<rail><!--" + "<!-- " * n,
    "cdata": lambda n: "<rail><![CDATA[" + "<![CDATA[" * n,
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_document_is_refused_in_linear_time(name: str) -> None:
    problems = check(LARGE[name](9_000))
    assert any(problem.severity == "error" for problem in problems)
    assert problems[0].line is not None
    assert steep_growth(check, LARGE[name], largest=1_000_000) is None


@pytest.mark.parametrize("text", ["<rail>" + " " * 20_000_000 + "</rail>", HEAD + "<a/>" * 100_000 + TAIL])
def test_a_document_above_the_limits_is_refused(text: str) -> None:
    assert any(problem.severity == "error" for problem in check(text))


@pytest.mark.parametrize(
    "make",
    [
        lambda n: message("\n" * n),
        lambda n: message("\n" * n + "x" + "\n" * n),
        lambda n: message(" " * n),
        lambda n: message("&lt;" * n),
        lambda n: message("a<!---->" * n),
        lambda n: HEAD + f'<enum name="x" values="{",".join(f"v{i}" for i in range(n))}"/>' + TAIL,
        lambda n: HEAD + f'<any name="x" default="[{"[]," * n}]"/>' + TAIL,
    ],
    ids=["newlines", "blank-lines", "spaces", "references", "comments", "values", "default"],
)
def test_a_large_document_is_read_in_linear_time(make: Callable[[int], str]) -> None:
    assert check(make(100_000)) == []
    assert steep_growth(check, make, largest=1_000_000) is None


def test_a_document_at_its_limits_loads() -> None:
    text = HEAD + "\n".join(f'<string name="n{n}" description="{"é" * 30}"/>' for n in range(9_990)) + TAIL
    assert len(text.encode()) < 1024 * 1024
    load(text)


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
