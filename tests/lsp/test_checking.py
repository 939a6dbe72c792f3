"""When the language server checks a file: no change of it is missed, at whatever moment it comes."""

from __future__ import annotations

import asyncio

import pytest

pytest.importorskip("pygls")

from lsprotocol import types as lsp

from railguard import language
from railguard.lsp.open_files import OpenDocument, Position, Range, TextChange
from railguard.lsp.server import RailServer

URI = "file:///no/such/file.rail"


class Recording(RailServer):
    """A server that keeps what it says of a file, and whose client changes the file as soon as it has heard it."""

    def __init__(self, changes: int, later: int) -> None:
        super().__init__()
        self.left = changes
        self.later = later
        self.told: list[int | None] = []

    def publish(self, uri: str, diagnostics: list[lsp.Diagnostic], version: int | None) -> None:
        if any(one.code == "checking" for one in diagnostics):
            return
        self.told.append(version)
        if self.left:
            self.left -= 1
            self._after(self.later)

    def _after(self, turns: int) -> None:
        """Change the file after so many turns of the event loop."""
        loop = asyncio.get_running_loop()
        loop.call_soon(self._change if turns == 0 else lambda: self._after(turns - 1))

    def _change(self) -> None:
        file = self.files[URI]
        file.change([TextChange(None, file.text + " ")], (file.version or 0) + 1)
        self.check_soon(URI)


@pytest.mark.parametrize("later", range(4))
def test_a_change_at_any_moment_after_a_check_is_checked_too(later: int) -> None:
    async def main() -> list[int | None]:
        server = Recording(3, later)
        server.files[URI] = OpenDocument("<rail/>", 0, "utf-16")
        server.check_soon(URI)
        deadline = asyncio.get_running_loop().time() + 60
        while len(server.told) < 4 and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.01)
        return server.told

    assert asyncio.run(main()) == [0, 1, 2, 3]


class Changing(OpenDocument):
    """A file whose client removes two line ends before its text while it is checked."""

    def found(self, text: str) -> language.Checked:
        checked = super().found(text)
        if self.version == 0:
            self.change([TextChange(Range(Position(0, 0), Position(2, 0)), "  ")], 1)
        return checked


def test_the_places_of_a_version_are_those_in_its_text() -> None:
    told: list[tuple[int | None, set[int]]] = []

    class Telling(RailServer):
        def publish(self, uri: str, diagnostics: list[lsp.Diagnostic], version: int | None) -> None:
            if not any(one.code == "checking" for one in diagnostics):
                told.append((version, {one.range.start.line for one in diagnostics}))

    async def main() -> None:
        server = Telling()
        server.files[URI] = Changing("\n\n<rail/>", 0, "utf-16")
        server.check_soon(URI)
        await server._checking[URI]

    asyncio.run(main())
    assert told == [(0, {2}), (1, {0})]
