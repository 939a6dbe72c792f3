"""What stands at an offset, explained; where names are declared and used; how they are renamed."""

from __future__ import annotations

import pytest

from railguard import Guard, InputError, language

TEXT = """<rail version="1.0">
  <input><string name="document" description="The text to read"/><string name="other"/></input>
  <definitions><object name="money"><float name="amount" minimum="0"/></object></definitions>
  <output>
    <string name="a" validators="length: min=1 max=5" on-fail-length="fix"/>
    <ref name="b" to="money"/>
    <list name="c"><integer maximum="9"/></list>
  </output>
  <messages><message role="user">Read ${document}, ${document} and ${other}. ${gr.complete_json_suffix}</message></messages>
</rail>
"""


def place(mark: str) -> int:
    before, _, after = mark.partition("|")
    return TEXT.index(before + after) + len(before)


@pytest.mark.parametrize(
    ("mark", "says"),
    [
        ("<str|ing name=\"a\"", '"type": "string"'),
        ("<integ|er", '"maximum": 9'),
        ("<out|put>", '"$ref": "#/$defs/money"'),
        ("<mess|ages>", "The conversation"[1:]),
        ("validators=\"len|gth", "Between `min` and `max` long"),
        ("m|in=1", "the shortest length"),
        ("on-fail-len|gth", "when the validator `length` fails"),
        ("on-fail-length=\"f|ix", "own fix"),
        ("${docu|ment}", "The text to read"),
        ("${gr.comp|lete_json_suffix}", "Answer with one JSON value"),
        ("to=\"mon|ey", '"minimum": 0'),
        ("max|imum=\"9\"", "greatest value"),
    ],
)  # fmt: skip
def test_a_name_is_explained(mark: str, says: str) -> None:
    found = language.hover(TEXT, place(mark))
    assert found is not None
    assert says in found.text
    assert found.start <= place(mark) <= found.end


def test_nothing_is_explained_where_nothing_has_a_meaning() -> None:
    for mark in ("Re|ad", 'name="a|"', "\n|</rail>", "min=1| max"):
        assert language.hover(TEXT, place(mark)) is None


def test_a_variable_leads_to_its_declaration_and_a_reference_to_its_definition() -> None:
    for mark, name in (("${docu|ment}, ${", "document"), ('to="mon|ey', "money")):
        found = language.declared_at(TEXT, place(mark))
        assert found is not None
        assert (found.name, TEXT[found.start : found.end]) == (name, name)
        assert found.start == TEXT.index(f'name="{name}"') + len('name="')
    assert language.declared_at(TEXT, place("Re|ad")) is None


def test_a_variable_is_renamed_everywhere_and_nothing_else() -> None:
    for mark in ('name="docu|ment', "and ${oth|er}"):
        old = "document" if "docu" in mark else "other"
        edits = language.renamed(TEXT, place(mark), "source")
        after = language.edited(TEXT, edits)
        assert after == TEXT.replace(f'"{old}"', '"source"').replace(f"${{{old}}}", "${source}")
        assert "source" in Guard.from_rail_string(after).variables


def test_a_definition_is_renamed_with_its_references() -> None:
    edits = language.renamed(TEXT, place('to="mon|ey'), "price")
    assert language.edited(TEXT, edits) == TEXT.replace('"money"', '"price"')


@pytest.mark.parametrize(
    ("mark", "name", "wrong"),
    [
        ("${docu|ment}, ${", "two words", "not a valid variable name"),
        ("${docu|ment}, ${", "other", "already"),
        ("to=\"mon|ey", "a\"b", "cannot be written"),
        ("Re|ad", "x", "only a variable or a definition"),
        ("<string name=\"a|\"", "x", "only a variable or a definition"),
    ],
)  # fmt: skip
def test_what_cannot_be_renamed_is_refused(mark: str, name: str, wrong: str) -> None:
    with pytest.raises(InputError, match=wrong):
        language.renamed(TEXT, place(mark), name)
