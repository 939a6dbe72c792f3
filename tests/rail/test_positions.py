"""Text, bytes and encodings; and where in them things stand."""

from __future__ import annotations

import pytest

from railguard.errors import SpecError
from railguard.rail import check, load
from railguard.rail.tolerant import tree
from railguard.schema import ObjectNode

DOCUMENT = '<rail version="1.0"><output><string name="größe" description="“ñ”"/></output></rail>'


def names(data: str | bytes) -> list[str]:
    root = load(data).schema.root
    assert isinstance(root, ObjectNode)
    return [field.name for field in root.fields]


@pytest.mark.parametrize(
    "data",
    [
        DOCUMENT,
        "\ufeff" + DOCUMENT,
        "\n  " + DOCUMENT,
        '\n<?xml version="1.0" encoding="utf-8"?>' + DOCUMENT,
        '<?xml version="1.0" encoding="windows-1252"?>' + DOCUMENT,
        DOCUMENT.encode(),
        b"\xef\xbb\xbf" + DOCUMENT.encode(),
        DOCUMENT.encode("utf-16"),
        DOCUMENT.encode("utf-16-le"),
        DOCUMENT.encode("utf-16-be"),
        b"\xfe\xff" + DOCUMENT.encode("utf-16-be"),
        b'<?xml version="1.0" encoding="UTF-16"?>' + DOCUMENT.encode(),
        ('<?xml version="1.0" encoding="windows-1252"?>' + DOCUMENT).encode("cp1252"),
        ("\n<?xml version='1.0' encoding='utf-8' standalone='yes'?>" + DOCUMENT).encode(),
    ],
)
def test_a_document_reads_the_same_in_every_encoding(data: str | bytes) -> None:
    assert names(data) == ["größe"]


def test_bytes_that_are_not_utf_8_are_found_where_they_are() -> None:
    data = b'<rail version="1.0">\n<output description="caf\xe9"/></rail>'
    (problem,) = check(data)
    assert (problem.code, problem.line, problem.column) == ("undecodable", 2, 25)
    assert "0xE9" in problem.message
    assert problem.hint is not None
    assert "UTF-8" in problem.hint


def test_an_odd_number_of_utf_16_bytes_is_an_error_and_not_a_crash() -> None:
    (problem,) = check(b"\xff\xfe<\x00r")
    assert problem.code == "undecodable"


@pytest.mark.parametrize("encoding", ["utf-7", "idna", "rot13", "no-such", "unicode_escape"])
def test_an_encoding_that_is_not_listed_is_refused_and_never_looked_up(encoding: str) -> None:
    (problem,) = check(f'<?xml version="1.0" encoding="{encoding}"?>{DOCUMENT}'.encode())
    assert (problem.code, problem.line) == ("unknown-encoding", 1)


def test_a_lone_surrogate_is_a_bad_character() -> None:
    with pytest.raises(SpecError) as caught:
        load('<rail>\n "\ud800"</rail>')
    (problem,) = caught.value.problems
    assert (problem.code, problem.line, problem.column) == ("bad-character", 2, 3)


@pytest.mark.parametrize(
    "before",
    ["", "&lt;", "&#233;", "&#x1F600;", "a\r\nb", "\t", "é😀", "&amp;&amp; &quot;", "x\ny"],
)
def test_an_offset_in_a_value_counts_references_as_they_are_written(before: str) -> None:
    text = f'<rail version="1.0"><output><string name="a" validators="x{before}; y: {{"/></output></rail>'
    second = check(text)[-1]
    before_caret = text[: text.index("{")].replace("\r\n", "\n")
    assert second.code == "validator-syntax"
    assert second.line == before_caret.count("\n") + 1
    assert second.column == len(before_caret) - before_caret.rfind("\n")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_in_any_editor(end: str) -> None:
    text = end.join(['<rail version="1.0">', "<output>", ' <foo name="a"/>', "</output></rail>"])
    (problem,) = check(text)
    assert (problem.line, problem.column) == (3, 2)


def test_an_attribute_may_stand_on_its_own_line_in_any_quotes() -> None:
    text = "<rail version = '1.0'><output><string\n\tname = 'a'\n\tfoo\n=\n'>'\n/></output></rail>"
    (problem,) = check(text)
    assert (problem.code, problem.line, problem.column) == ("unknown-attribute", 3, 2)


def test_a_problem_after_text_outside_ascii_has_the_right_column() -> None:
    text = '<rail version="1.0"><!-- 😀é --><output description="日本"><foo name="a"/></output></rail>'
    (problem,) = check(text)
    assert problem.column == text.index("<foo") + 1


def test_text_with_more_than_one_line_is_a_document_and_not_a_path() -> None:
    (problem,) = check("Here:\n<rail/>")
    assert (problem.code, problem.line, problem.column) == ("text-before-document", 1, 1)


def test_an_entity_with_a_common_name_is_mended_by_its_character() -> None:
    (problem,) = check("<rail>&mdash;</rail>")
    assert problem.hint == "write —"


def test_behind_the_first_character_of_a_stray_end_tag_a_tag_is_meant() -> None:
    assert tree("\n</output>").place(2).kind == "tag"


def test_an_element_is_shown_by_its_tag_and_its_place() -> None:
    root = tree('<rail><output a="1"/></rail>').root
    assert root is not None
    assert [repr(one) for one in root.walk()] == ["<rail 0:28>", "<output 6:21>"]
