"""A session of a client with the language server, over standard input and output of a process of its own."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import pytest

pytest.importorskip("pygls")

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException
from pygls.lsp.client import LanguageClient

TEXT = """<rail version="1.0">
  <input><string name="document"/></input>
  <output>
    <strng name="a" validators="two-words"/>
  </output>
  <messages>
    <message role="user">😀 ${document} ${gr.complete_json_suffix}</message>
  </messages>
</rail>
"""
URI = "file:///no/such/file.rail"


def position(mark: str, text: str = TEXT) -> lsp.Position:
    before, _, after = mark.partition("|")
    offset = text.index(before + after) + len(before)
    line = text.count("\n", 0, offset)
    start = text.rfind("\n", 0, offset) + 1
    return lsp.Position(line, len(text[start:offset].encode("utf-16-le")) // 2)


async def session() -> dict[str, Any]:
    client = LanguageClient("test", "1")
    told: asyncio.Queue[lsp.PublishDiagnosticsParams] = asyncio.Queue()

    @client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    def tell(params: lsp.PublishDiagnosticsParams) -> None:
        if all(one.code != "checking" for one in params.diagnostics):  # said where a machine is slow
            told.put_nowait(params)

    await client.start_io(sys.executable, "-m", "railguard", "lsp", "--stdio")
    found: dict[str, Any] = {}
    item = lsp.ClientCompletionItemOptions(snippet_support=True)
    text_document = lsp.TextDocumentClientCapabilities(
        completion=lsp.CompletionClientCapabilities(completion_item=item)
    )
    await client.initialize_async(
        lsp.InitializeParams(capabilities=lsp.ClientCapabilities(text_document=text_document), process_id=None)
    )
    client.initialized(lsp.InitializedParams())
    document = lsp.TextDocumentIdentifier(URI)
    client.text_document_did_open(lsp.DidOpenTextDocumentParams(lsp.TextDocumentItem(URI, "rail", 1, TEXT)))
    found["opened"] = await asyncio.wait_for(told.get(), 60)
    [problem] = found["opened"].diagnostics
    found["fixes"] = await client.text_document_code_action_async(
        lsp.CodeActionParams(document, problem.range, lsp.CodeActionContext([problem]))
    )
    [edit] = found["fixes"][0].edit.changes[URI]
    change = lsp.TextDocumentContentChangePartial(range=edit.range, text=edit.new_text)
    client.text_document_did_change(
        lsp.DidChangeTextDocumentParams(lsp.VersionedTextDocumentIdentifier(2, URI), [change])
    )
    found["mended"] = await asyncio.wait_for(told.get(), 60)
    mended = TEXT.replace("strng", "string")
    found["completions"] = await client.text_document_completion_async(
        lsp.CompletionParams(document, position('<str|ing name="a"', mended))
    )
    found["hover"] = await client.text_document_hover_async(
        lsp.HoverParams(document, position('validators="two|-words', mended))
    )
    here = position("${docu|ment}", mended)
    found["definition"] = await client.text_document_definition_async(lsp.DefinitionParams(document, here))
    found["references"] = await client.text_document_references_async(
        lsp.ReferenceParams(lsp.ReferenceContext(include_declaration=True), document, here)
    )
    found["rename"] = await client.text_document_rename_async(
        lsp.RenameParams(new_name="source", text_document=document, position=here)
    )
    with pytest.raises(JsonRpcException, match="not a valid variable name"):
        await client.text_document_rename_async(lsp.RenameParams(new_name="a b", text_document=document, position=here))
    found["formatted"] = await client.text_document_formatting_async(
        lsp.DocumentFormattingParams(document, lsp.FormattingOptions(tab_size=2, insert_spaces=True))
    )
    found["outline"] = await client.text_document_document_symbol_async(lsp.DocumentSymbolParams(document))
    old = '<rail version="0.1"><output><string name="a" format="two-words"/></output></rail>'
    client.text_document_did_change(
        lsp.DidChangeTextDocumentParams(
            lsp.VersionedTextDocumentIdentifier(3, URI), [lsp.TextDocumentContentChangeWholeDocument(old)]
        )
    )
    only = lsp.CodeActionContext([], only=[lsp.CodeActionKind.Source])
    found["upgrade"] = await client.text_document_code_action_async(
        lsp.CodeActionParams(document, lsp.Range(lsp.Position(0, 0), lsp.Position(0, 0)), only)
    )
    client.text_document_did_close(lsp.DidCloseTextDocumentParams(document))
    while True:
        found["closed"] = await asyncio.wait_for(told.get(), 60)
        if found["closed"].version is None:
            break
    await client.shutdown_async(None)
    client.exit(None)
    assert client._server is not None
    found["exit"] = await asyncio.wait_for(client._server.wait(), 60)
    return found


def test_a_session() -> None:
    found = asyncio.run(session())
    [problem] = found["opened"].diagnostics
    assert problem.code == "unknown-element"
    assert (problem.range.start.line, problem.range.start.character) == (3, 4)
    assert "did you mean 'string'?" in problem.message
    assert [fix.title for fix in found["fixes"]] == ["Change to string"]
    assert found["mended"].diagnostics in ([], ())
    assert found["mended"].version == 2
    labels = {item.label for item in found["completions"].items}
    assert {"string", "list"} <= labels
    assert "two words" in found["hover"].contents.value
    assert found["definition"].range.start == position('name="|document')
    assert len(found["references"]) == 2
    edits = found["rename"].changes[URI]
    assert [edit.range.start for edit in edits] == [position('name="|document'), position("${|document}")]
    assert found["formatted"][0].new_text.startswith('<rail version="1.0">\n')
    [upgrade] = found["upgrade"]
    assert upgrade.title.startswith("Upgrade to RAIL 1.0")
    assert 'version="1.0"' in upgrade.edit.changes[URI][0].new_text
    assert found["outline"][0].name == "<rail>"
    assert found["closed"].diagnostics in ([], ())
    assert found["exit"] == 0
