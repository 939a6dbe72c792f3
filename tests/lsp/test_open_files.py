"""The texts that a client has open: places in them, and changes, as the protocol counts them."""

from __future__ import annotations

import pytest

pytest.importorskip("pygls")

from railguard.lsp.open_files import Encoding, OpenDocument, Position, Range, TextChange


@pytest.mark.parametrize(
    ("encoding", "column"),
    [("utf-16", 5), ("utf-8", 8), ("utf-32", 4)],
)
def test_columns_count_the_units_that_were_agreed_on(encoding: Encoding, column: int) -> None:
    file = OpenDocument("first\nn ä😀 x\n", 1, encoding)
    at = file.text.index(" x")
    assert file.position(at) == Position(1, column)
    assert file.offset(Position(1, column)) == at


def test_a_place_inside_of_a_character_or_beyond_the_end_is_moved_to_where_one_can_be() -> None:
    file = OpenDocument("a😀b\r\nc", 1, "utf-16")
    assert file.offset(Position(0, 2)) == 1
    assert file.offset(Position(0, 99)) == 3
    assert file.offset(Position(9, 0)) == len(file.text)


def test_only_the_line_ends_of_the_protocol_end_a_line() -> None:
    file = OpenDocument("a\u2028b\x0cc\x85d\re\r\nf\ng", 1, "utf-16")
    assert file.position(len(file.text)) == Position(3, 1)
    file.change([TextChange(Range(Position(1, 0), Position(1, 1)), "EE")], 2)
    assert file.text == "a\u2028b\x0cc\x85d\rEE\r\nf\ng"


def test_changes_are_applied_one_after_the_other() -> None:
    file = OpenDocument("one\ntwo\n", 1, "utf-16")
    here = Range(Position(1, 0), Position(1, 0))
    file.change(
        [TextChange(here, "x"), TextChange(here, "y\n"), TextChange(Range(Position(0, 0), Position(1, 0)), "")], 7
    )
    assert (file.text, file.version) == ("y\nxtwo\n", 7)
    file.change([TextChange(None, "all")], 8)
    assert file.text == "all"
