"""The language server: it answers requests and notifications of the protocol with `railguard.language`.

A change is answered within a fraction of a second, however fast the user types: diagnostics are sent shortly after the
first unreported change, and do not wait for the last one. Unchanged parts are neither read nor checked again. Nothing
is read from disk: the client sends the documents.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from io import BufferedIOBase
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from railguard import InputError, Problem, SpecError, language
from railguard.lsp.open_files import Encoding, OpenDocument, Position, Range, TextChange

if TYPE_CHECKING:
    from typing_extensions import Buffer

try:
    from lsprotocol import types as lsp
    from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams
    from pygls.lsp.server import LanguageServer
    from pygls.protocol import LanguageServerProtocol, lsp_method
except ImportError as error:
    raise InputError("the language server needs pygls: pip install 'railguard[lsp]'") from error

__all__ = ["RailServer", "serve_client"]

_SOON = 0.05
_IDLE = 0.7
_PATIENCE = 0.2
"""Seconds from a change to its check, from the start to the loading of all validators, and from the start of a check to
the message that it takes long.
"""

_KINDS: dict[language.CompletionKind, lsp.CompletionItemKind] = {
    "element": lsp.CompletionItemKind.Class,
    "attribute": lsp.CompletionItemKind.Property,
    "validator": lsp.CompletionItemKind.Function,
    "argument": lsp.CompletionItemKind.Field,
    "action": lsp.CompletionItemKind.EnumMember,
    "value": lsp.CompletionItemKind.Value,
    "variable": lsp.CompletionItemKind.Variable,
    "primitive": lsp.CompletionItemKind.Constant,
    "definition": lsp.CompletionItemKind.Struct,
    "end-tag": lsp.CompletionItemKind.Class,
}
_SEVERITIES = {"error": lsp.DiagnosticSeverity.Error, "warning": lsp.DiagnosticSeverity.Warning}
_UPGRADE = "source.upgrade.rail"
_UNUSED = ("unused-variable", "no-effect", "never-fails")


class _Protocol(LanguageServerProtocol):
    """The protocol without pygls' own copy of each text: a change of that copy costs time for every character of its
    line.
    """

    @lsp_method(lsp.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: lsp.DidOpenTextDocumentParams) -> Iterator[Any]:
        """Pass the text on to the handler."""
        yield self.fm.features[lsp.TEXT_DOCUMENT_DID_OPEN], (params,), None

    @lsp_method(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: lsp.DidChangeTextDocumentParams) -> Iterator[Any]:
        """Pass the change on to the handler."""
        yield self.fm.features[lsp.TEXT_DOCUMENT_DID_CHANGE], (params,), None


class RailServer(LanguageServer):
    """A language server for RAIL documents."""

    def __init__(self) -> None:
        from importlib.metadata import version

        super().__init__("railguard", version("railguard"), protocol_cls=_Protocol)
        self.files: dict[str, OpenDocument] = {}
        self._checking: dict[str, asyncio.Task[None]] = {}

    def file(self, uri: str) -> OpenDocument:
        """Return an open file. Raises an error of the protocol if it is not open."""
        found = self.files.get(uri)
        if found is None:
            raise JsonRpcInvalidParams(f"{uri} is not open")
        return found

    def encoding(self) -> Encoding:
        """The encoding whose code units columns count."""
        agreed = self.server_capabilities.position_encoding
        return {"utf-8": "utf-8", "utf-32": "utf-32"}.get(str(getattr(agreed, "value", agreed)), "utf-16")  # type: ignore[return-value]  # one of the three encodings

    # Diagnostics.

    def check_soon(self, uri: str) -> None:
        """Send the diagnostics of a file shortly; changes until then are included."""
        self.files[uri].changed.set()
        if uri not in self._checking:
            self._checking[uri] = asyncio.get_running_loop().create_task(self._check(uri))

    async def _check(self, uri: str) -> None:
        """Check a file until the diagnostics belong to its current text."""
        try:
            while (file := self.files.get(uri)) is not None and not file.is_told:
                await asyncio.sleep(_SOON if file.changed.is_set() else 0)
                file.changed.clear()
                await self._check_and_publish(uri, file)
        finally:
            del self._checking[uri]  # at once: the next change must begin a new check

    async def _check_and_publish(self, uri: str, file: OpenDocument) -> None:
        """Check a file outside the event loop, and send its diagnostics."""
        asked = file.copy()  # text, version and positions belong together: the file may change during the check
        work = asyncio.ensure_future(asyncio.to_thread(file.found, asked.text))
        await asyncio.wait([work], timeout=_PATIENCE)
        if not work.done():
            self.publish(uri, _waiting(asked), asked.version)
        checked = await work
        if self.files.get(uri) is file:
            file.take(checked)
            found = [_diagnostic(asked, checked.document, one) for one in checked.problems]
            self.publish(uri, found, asked.version)

    def publish(self, uri: str, diagnostics: list[lsp.Diagnostic], version: int | None) -> None:
        """Send diagnostics of a file to the client. version: the version of the text that they belong to."""
        self.text_document_publish_diagnostics(
            lsp.PublishDiagnosticsParams(uri=uri, diagnostics=diagnostics, version=version)
        )

    def forget(self, uri: str) -> None:
        """Remove the diagnostics of a closed file."""
        file = self.files.pop(uri, None)
        if file is not None:
            file.changed.set()
        self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri=uri, diagnostics=[]))


class _Unclosed(BufferedIOBase):
    """A stream that its user may close although the process must still flush it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, data: Buffer) -> int:
        """Write to the stream."""
        return self._stream.write(data)

    def flush(self) -> None:
        """Flush the stream."""
        self._stream.flush()

    def close(self) -> None:
        """Flush the stream, and leave it open."""
        self.flush()


def serve_client() -> None:
    """Serve one client on standard input and output until it ends the session.

    Raises:
        InputError: If pygls is not installed.
    """
    reader, writer = sys.stdin.buffer, _Unclosed(sys.stdout.buffer)
    with redirect_stdout(sys.stderr):  # the output of a validator must not get between the messages
        server().start_io(reader, cast(BinaryIO, writer))


def server() -> RailServer:
    """Create the server with all its handlers."""
    made = RailServer()
    for method, answer, options in _ANSWERS:
        made.feature(method, options)(_bound(made, answer))
    return made


def _bound(made: RailServer, answer: Callable[[RailServer, Any], Any]) -> Callable[[Any], Any]:
    if inspect.iscoroutinefunction(answer):  # the protocol must recognize it as one

        async def awaited(params: Any) -> Any:
            return await answer(made, params)

        return awaited

    def answered(params: Any) -> Any:
        return answer(made, params)

    return answered


async def _prepared(made: RailServer, params: lsp.InitializedParams) -> None:
    """Load all validators outside the event loop, so that the first completion need not wait for them. The first file
    is checked before that; it probably needs only a few of them.
    """
    await asyncio.sleep(_IDLE)
    await asyncio.to_thread(_warmed_up)


def _warmed_up() -> None:
    """Load modules that stay for the whole process, and exclude them from garbage collection, which would visit them
    every time.
    """
    language.validators()
    gc.collect()
    gc.freeze()


def _opened(made: RailServer, params: lsp.DidOpenTextDocumentParams) -> None:
    document = params.text_document
    made.files[document.uri] = OpenDocument(document.text, document.version, made.encoding())
    made.check_soon(document.uri)


def _changed(made: RailServer, params: lsp.DidChangeTextDocumentParams) -> None:
    uri = params.text_document.uri
    made.file(uri).change([_change(one) for one in params.content_changes], params.text_document.version)
    made.check_soon(uri)


def _change(one: Any) -> TextChange:
    where = getattr(one, "range", None)
    if where is None:
        return TextChange(None, one.text)
    start, end = (Position(place.line, place.character) for place in (where.start, where.end))
    return TextChange(Range(start, end), one.text)


def _closed(made: RailServer, params: lsp.DidCloseTextDocumentParams) -> None:
    made.forget(params.text_document.uri)


def _place(made: RailServer, params: Any) -> tuple[OpenDocument, int]:
    file = made.file(params.text_document.uri)
    return file, file.offset(Position(params.position.line, params.position.character))


def _completed(made: RailServer, params: lsp.CompletionParams) -> lsp.CompletionList:
    file, offset = _place(made, params)
    found = made.client_capabilities.text_document
    item = None if found is None or found.completion is None else found.completion.completion_item
    snippets = item is not None and bool(item.snippet_support)
    items = [
        _item(file, one, number, snippets) for number, one in enumerate(language.completions(file.document, offset))
    ]
    return lsp.CompletionList(is_incomplete=False, items=items)


def _item(file: OpenDocument, one: language.Completion, number: int, snippets: bool) -> lsp.CompletionItem:
    filled = snippets and one.snippet is not None
    text = one.snippet if filled and one.snippet is not None else one.insert
    return lsp.CompletionItem(
        label=one.label,
        kind=_KINDS[one.kind],
        detail=one.detail or None,
        documentation=lsp.MarkupContent(lsp.MarkupKind.Markdown, one.doc) if one.doc else None,
        sort_text=f"{number:04}",
        filter_text=file.text[one.start : one.start + 1] + one.label if one.insert.startswith("<") else one.label,
        text_edit=lsp.TextEdit(_range(file, one.start, one.end), text),
        insert_text_format=lsp.InsertTextFormat.Snippet if filled else lsp.InsertTextFormat.PlainText,
    )


def _hovered(made: RailServer, params: lsp.HoverParams) -> lsp.Hover | None:
    file, offset = _place(made, params)
    found = language.hover(file.document, offset)
    if found is None:
        return None
    return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, found.text), _range(file, found.start, found.end))


def _defined(made: RailServer, params: lsp.DefinitionParams) -> lsp.Location | None:
    file, offset = _place(made, params)
    found = language.declared_at(file.document, offset)
    return None if found is None else lsp.Location(params.text_document.uri, _range(file, found.start, found.end))


def _referred(made: RailServer, params: lsp.ReferenceParams) -> list[lsp.Location]:
    file, offset = _place(made, params)
    found = language.references(file.document, offset)
    if not params.context.include_declaration:
        found = [one for one in found if one.element is None]
    return [lsp.Location(params.text_document.uri, _range(file, one.start, one.end)) for one in found]


def _rename_prepared(made: RailServer, params: lsp.PrepareRenameParams) -> lsp.PrepareRenamePlaceholder | None:
    file, offset = _place(made, params)
    found = language.symbol_at(file.document, offset)
    if found is None:
        return None
    return lsp.PrepareRenamePlaceholder(_range(file, found.start, found.end), found.name)


def _renamed(made: RailServer, params: lsp.RenameParams) -> lsp.WorkspaceEdit:
    file, offset = _place(made, params)
    try:
        edits = language.renamed(file.document, offset, params.new_name)
    except InputError as wrong:
        raise _refused(str(wrong)) from wrong
    return _edit(made, params.text_document.uri, file, edits)


def _formatted(made: RailServer, params: lsp.DocumentFormattingParams) -> list[lsp.TextEdit] | None:
    file = made.file(params.text_document.uri)
    try:
        text = language.formatted(file.text)
    except SpecError as wrong:
        first = wrong.problems[0]
        place = f" in line {first.line}" if first.line is not None else ""
        raise _refused(f"the document cannot be formatted: {first.message}{place}") from wrong
    return [] if text == file.text else [lsp.TextEdit(_range(file, 0, len(file.text)), text)]


def _refused(message: str) -> JsonRpcException:
    """Return an error that the client shows: the request was understood but cannot be answered."""
    return JsonRpcException(message, lsp.LSPErrorCodes.RequestFailed)


async def _acted(made: RailServer, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
    uri = params.text_document.uri
    file = made.file(uri).copy()
    only = None if params.context.only is None else [str(getattr(one, "value", one)) for one in params.context.only]
    places = (Position(one.line, one.character) for one in (params.range.start, params.range.end))
    first, last = map(file.offset, places)
    actions: list[lsp.CodeAction] = []
    if only is None or any(one in ("", "quickfix") for one in only):
        actions += await asyncio.to_thread(_fixes, made, uri, file, first, last)
    if only is None or any(one in ("", "source") or one.startswith(_UPGRADE) for one in only):
        actions += await asyncio.to_thread(_upgrade, made, uri, file)
    return actions


def _upgrade(made: RailServer, uri: str, file: OpenDocument) -> list[lsp.CodeAction]:
    """Return the action that upgrades an older document to RAIL 1.0; none if it is 1.0 already, has an error, or cannot
    be expressed in it.
    """
    try:
        migration = language.migrated(file.text)
    except SpecError:
        return []
    if not migration.changed:
        return []
    told = [f"{len(migration.dropped)} left out"] if migration.dropped else []
    told += [f"{len(migration.left)} for you to mend"] if migration.left else []
    title = "Upgrade to RAIL 1.0" + (f" ({', '.join(told)}; railguard migrate names them)" if told else "")
    edit = _edit(made, uri, file, [language.Edit(0, len(file.text), migration.text)])
    return [lsp.CodeAction(title=title, kind=_UPGRADE, edit=edit)]


def _fixes(made: RailServer, uri: str, file: OpenDocument, first: int, last: int) -> list[lsp.CodeAction]:
    """Return the quick fixes of the problems in a part of a file, which must not change meanwhile."""
    checked = file.found(file.text)
    actions = []
    for problem in checked.problems:
        start, end = _span(checked.document, problem)
        if start > last or end < first:
            continue
        for number, fix in enumerate(language.quick_fixes(checked, problem)):
            actions.append(
                lsp.CodeAction(
                    title=fix.title,
                    kind=lsp.CodeActionKind.QuickFix,
                    diagnostics=[_diagnostic(file, checked.document, problem)],
                    edit=_edit(made, uri, file, fix.edits),
                    is_preferred=number == 0,
                )
            )
    return actions


def _outlined(made: RailServer, params: lsp.DocumentSymbolParams) -> list[lsp.DocumentSymbol]:
    file = made.file(params.text_document.uri)
    root = file.document.root
    return [] if root is None else [_symbol(file, root, 0)]


def _symbol(file: OpenDocument, element: language.ElementSyntax, depth: int) -> lsp.DocumentSymbol:
    named = element.get("name") or element.get("role")
    info = language.element(element.tag)
    kind = lsp.SymbolKind.Field if info is not None and info.is_type else lsp.SymbolKind.Namespace
    below = element.elements if depth < _MOST_LEVELS else []
    return lsp.DocumentSymbol(
        name=named or f"<{element.tag}>",
        detail=element.tag if named else None,
        kind=kind,
        range=_range(file, element.start, element.end),
        selection_range=_range(file, element.start, element.tag_end),
        children=[_symbol(file, one, depth + 1) for one in below],
    )


_MOST_LEVELS = 64


def _range(file: OpenDocument, start: int, end: int) -> lsp.Range:
    first, last = file.range(start, end)
    return lsp.Range(lsp.Position(*first), lsp.Position(*last))


def _edit(made: RailServer, uri: str, file: OpenDocument, edits: Sequence[language.Edit]) -> lsp.WorkspaceEdit:
    """Return edits of a file. A client that supports versions refuses them if the file has changed since."""
    changes = [lsp.TextEdit(_range(file, one.start, one.end), one.text) for one in edits]
    workspace = made.client_capabilities.workspace
    can = None if workspace is None else workspace.workspace_edit
    if can is None or not can.document_changes:
        return lsp.WorkspaceEdit(changes={uri: changes})
    of_version = lsp.OptionalVersionedTextDocumentIdentifier(uri=uri, version=file.version)
    return lsp.WorkspaceEdit(document_changes=[lsp.TextDocumentEdit(of_version, list(changes))])


def _span(document: language.Document, problem: Problem) -> tuple[int, int]:
    if problem.line is None or problem.column is None:
        return 0, 0
    start = document.offset(problem.line, problem.column)
    if problem.end_line is None or problem.end_column is None:
        return start, start
    return start, max(start, document.offset(problem.end_line, problem.end_column))


def _diagnostic(file: OpenDocument, document: language.Document, problem: Problem) -> lsp.Diagnostic:
    start, end = _span(document, problem)
    hint = f"\n{problem.hint}" if problem.hint else ""
    return lsp.Diagnostic(
        range=_range(file, start, end),
        message=problem.message + hint,
        severity=_SEVERITIES.get(problem.severity, lsp.DiagnosticSeverity.Information),
        code=problem.code,
        source="railguard",
        tags=[lsp.DiagnosticTag.Unnecessary] if problem.code in _UNUSED else None,
    )


def _waiting(file: OpenDocument) -> list[lsp.Diagnostic]:
    """Return the diagnostics to show during a long check: the earlier ones, and a note that they are not complete."""
    checked = file.checked
    before = [] if checked is None else [_diagnostic(file, checked.document, one) for one in checked.problems]
    start = lsp.Position(0, 0)
    message = "this document takes long to check; what is wrong in it will be shown as soon as that is done"
    note = lsp.Diagnostic(
        range=lsp.Range(start, start),
        message=message,
        severity=lsp.DiagnosticSeverity.Information,
        code="checking",
        source="railguard",
    )
    return [note, *before]


_ANSWERS: list[tuple[str, Callable[[RailServer, Any], Any], Any]] = [
    (lsp.INITIALIZED, _prepared, None),
    (lsp.TEXT_DOCUMENT_DID_OPEN, _opened, None),
    (lsp.TEXT_DOCUMENT_DID_CHANGE, _changed, None),
    (lsp.TEXT_DOCUMENT_DID_CLOSE, _closed, None),
    (
        lsp.TEXT_DOCUMENT_COMPLETION,
        _completed,
        lsp.CompletionOptions(trigger_characters=["<", " ", '"', ":", ";", "$", "{", ".", "/", "-"]),
    ),
    (lsp.TEXT_DOCUMENT_HOVER, _hovered, None),
    (lsp.TEXT_DOCUMENT_DEFINITION, _defined, None),
    (lsp.TEXT_DOCUMENT_REFERENCES, _referred, None),
    (lsp.TEXT_DOCUMENT_PREPARE_RENAME, _rename_prepared, None),
    (lsp.TEXT_DOCUMENT_RENAME, _renamed, lsp.RenameOptions(prepare_provider=True)),
    (lsp.TEXT_DOCUMENT_FORMATTING, _formatted, None),
    (
        lsp.TEXT_DOCUMENT_CODE_ACTION,
        _acted,
        lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix, _UPGRADE]),
    ),
    (lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL, _outlined, None),
]
