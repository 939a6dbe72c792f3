"""The language server with a real client, pytest-lsp: what a session costs, and documents that are large or broken."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

import pytest

pytest_lsp = pytest.importorskip("pytest_lsp")

from lsprotocol import types as lsp  # noqa: E402  # it comes with pytest-lsp
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities, make_test_lsp_client  # noqa: E402

from railguard import language  # noqa: E402

ROOT = Path(__file__).parents[2]
URI = "file:///no/such/file.rail"
MEMBERS = (
    '<string name="f{0}" description="What it is called" validators="length: 1 60; one-line" on-fail-one-line="fix"/>',
    '<integer name="f{0}" validators="valid-range: 0 1000"/>',
    '<date name="f{0}" description="The day"/>',
    '<enum name="f{0}" values="red, green, blue"/>',
    '<float name="f{0}" minimum="0" maximum="7.5"/>',
    '<list name="f{0}" validators="length: min=1 max=9"><string validators="lower-case; two-words"/></list>',
)
TYPED = '      <strng name="new" validators="length: 1 5; two-words" on-fail-two-words="fix"/>\n'


def large(lines: int) -> str:
    """A spec of so many lines."""
    parts = ['<rail version="1.0">', '  <input><string name="document"/></input>', "  <output>"]
    while len(parts) < lines - 5:
        parts.append(f'    <object name="part_{len(parts)}">')
        parts += [f"      {MEMBERS[(len(parts) + n) % len(MEMBERS)].format(n)}" for n in range(10)]
        parts.append("    </object>")
    message = '    <message role="user">Read ${document} ${gr.complete_json_suffix}</message>'
    return "\n".join([*parts, "  </output>", "  <messages>", message, "  </messages>", "</rail>", ""])


def cost_of_check(text: str) -> float:
    """Seconds of CPU that this machine takes to check a text as a whole."""
    costs = []
    for _ in range(5):
        start = time.thread_time()
        language.check_text(text)
        costs.append(time.thread_time() - start)
    return sorted(costs)[2]


def made() -> LanguageClient:
    """A client of pytest-lsp that also keeps what it is told of in a queue, so that nothing is missed."""
    client = make_test_lsp_client()
    client.told = asyncio.Queue()
    client.protocol.fm.features[lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS] = client.told.put_nowait
    return client


@pytest_lsp.fixture(
    config=ClientServerConfig(server_command=[sys.executable, "-m", "railguard", "lsp"], client_factory=made)
)
async def client(lsp_client: LanguageClient):
    """A client as VS Code is one, connected to a server in a process of its own."""
    await lsp_client.initialize_session(
        lsp.InitializeParams(capabilities=client_capabilities("visual-studio-code"), process_id=None)
    )
    yield
    await lsp_client.shutdown_session()


class Editor:
    """A file that is open in a client."""

    def __init__(self, client: LanguageClient, text: str) -> None:
        self.client = client
        self.version = 1
        client.text_document_did_open(lsp.DidOpenTextDocumentParams(lsp.TextDocumentItem(URI, "rail", 1, text)))

    def type(self, line: int, column: int, text: str, until: int | None = None) -> None:
        """Put a text at a place, or in the place of what stands from there to column `until`."""
        self.version += 1
        end = lsp.Position(line, column if until is None else until)
        change = lsp.TextDocumentContentChangePartial(lsp.Range(lsp.Position(line, column), end), text)
        self.client.text_document_did_change(
            lsp.DidChangeTextDocumentParams(lsp.VersionedTextDocumentIdentifier(self.version, URI), [change])
        )

    async def told(self, seconds: float = 120) -> list[lsp.Diagnostic]:
        """What is wrong in the text as it is now, once the server has said it."""
        while True:
            params = await asyncio.wait_for(self.client.told.get(), seconds)
            if params.version == self.version and all(one.code != "checking" for one in params.diagnostics):
                return list(params.diagnostics)

    async def rest(self) -> None:
        """Wait until the server does nothing any more: it has loaded all validators."""
        before = -1.0
        for _ in range(120):
            if self.cpu() == before:
                return
            before = self.cpu()
            await asyncio.sleep(1)
        raise AssertionError("the server does not come to rest")

    def cpu(self) -> float:
        """Seconds of CPU that the server has used."""
        fields = Path(f"/proc/{self.client._server.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.asyncio
async def test_a_key_in_a_spec_of_a_thousand_lines_costs_little_and_is_answered_soon(client: LanguageClient) -> None:
    editor = Editor(client, large(1_000))
    assert await editor.told() == []
    await client.text_document_completion_async(
        lsp.CompletionParams(lsp.TextDocumentIdentifier(URI), lsp.Position(4, 7))
    )
    await editor.rest()
    begun, waited = editor.cpu(), []
    for column, key in enumerate(TYPED.rstrip("\n")):
        editor.type(500, column, key)
        start = time.perf_counter()
        found = await editor.told()
        waited.append(time.perf_counter() - start)
    spent = (editor.cpu() - begun) / len(waited)
    print(f"{1_000 * spent:.0f} ms of CPU a key, {1_000 * sorted(waited)[len(waited) // 2]:.0f} ms until it is told of")
    assert [one.code for one in found if one.code == "unknown-element"] == ["unknown-element"]
    assert spent <= cost_of_check(large(1_000))  # measured: a third of it
    assert sorted(waited)[len(waited) // 10] <= 0.3  # measured: 0.07; the others count what else the machine does


@pytest.mark.asyncio
async def test_a_spec_typed_from_nothing_is_answered_at_every_key(client: LanguageClient) -> None:
    text = (ROOT / "specs" / "ticket.rail").read_text()
    editor = Editor(client, "")
    await editor.told()
    line = column = 0
    for number, key in enumerate(text):
        editor.type(line, column, key)
        line, column = (line + 1, 0) if key == "\n" else (line, column + 1)
        if number % 5 == 0:
            answer = client.text_document_completion_async(
                lsp.CompletionParams(lsp.TextDocumentIdentifier(URI), lsp.Position(line, column))
            )
            await asyncio.wait_for(answer, 120)
        if number % 50 == 0:
            await editor.told()
    editor.type(line, column, "\n")
    assert [one for one in await editor.told() if one.severity == lsp.DiagnosticSeverity.Error] == []


@pytest.mark.parametrize(
    "text",
    [
        large(15_000),
        '<rail version="1.0"><output>' + "<string/>" * 100_000,
        '<rail version="1.0"><output>' + "<object>" * 100_000,
        '<rail version="1.0"><output><string name="' + "&lt;" * 250_000,
        '<rail version="1.0"><output>' + '<a "' * 250_000,
        "<!DOCTYPE rail [" + '<!ENTITY a "&a;&a;">' * 40_000 + "]><rail>&a;</rail>",
        '<rail version="1.0"><output><string name="a" validators="'
        + "regex-match: (a+)+$; " * 45_000
        + '"/></output></rail>',
    ],
    ids=["large", "elements", "depth", "references", "quotes", "doctype", "patterns"],
)
@pytest.mark.asyncio
async def test_a_megabyte_is_answered_while_it_is_typed_in(client: LanguageClient, text: str) -> None:
    editor = Editor(client, text)
    place = lsp.CompletionParams(lsp.TextDocumentIdentifier(URI), lsp.Position(0, 0))
    await asyncio.wait_for(client.text_document_completion_async(place), 120)  # the validators are loaded by then
    keys = "  <strng na"
    begun = editor.cpu()
    for column, key in enumerate(keys):
        editor.type(0, column, key)
        place = lsp.CompletionParams(lsp.TextDocumentIdentifier(URI), lsp.Position(0, column + 1))
        await asyncio.wait_for(client.text_document_completion_async(place), 120)
    spent = (editor.cpu() - begun) / len(keys)
    params = await asyncio.wait_for(client.told.get(), 120)
    print(
        f"{1_000 * spent:.0f} ms of CPU a key, with its completion; told: {[one.code for one in params.diagnostics[:3]]}"
    )
    assert params.diagnostics
    assert spent <= 1.5 * cost_of_check(large(15_000))  # measured: a third to a half of it
