"""What can be written at an offset, also where the document is broken. `|` marks the place."""

from __future__ import annotations

import pytest

from railguard import Guard, language

DOCUMENT = """<rail version="1.0">
  <input><string name="document" description="The text to read"/></input>
  <definitions><object name="money"><float name="amount"/></object></definitions>
  <output>
    @
  </output>
  <messages><message role="user"><![CDATA[Read ${document}. %]]></message></messages>
</rail>
"""


def at(marked: str) -> list[language.Completion]:
    offset = marked.index("|")
    return language.completions(marked.replace("|", ""), offset)


def output(marked: str) -> list[language.Completion]:
    return at(DOCUMENT.replace("%", "").replace("@", marked))


def labels(found: list[language.Completion]) -> set[str]:
    return {one.label for one in found}


@pytest.mark.parametrize(
    ("marked", "has", "has_not"),
    [
        ("<|", {"string", "list", "choice", "ref"}, {"case", "message", "rail"}),
        ("<str|", {"string"}, {"message"}),
        ("|", {"string"}, {"message"}),
        ('<choice name="a" discriminator="b"><|', {"case"}, {"string"}),
        ('<string name="a" |/>', {"description", "validators", "max-length", "required"}, {"name", "minimum"}),
        ('<list name="a"><string |/></list>', {"description"}, {"name", "required"}),
        ('<integer name="a" mini|/>', {"minimum"}, {"min-length"}),
        ('<string name="a" validators="two-words; length: 1 5" |/>', {"on-fail-two-words", "on-fail-length"}, {"name"}),
        ('<string name="a" validators="|"/>', {"two-words", "length"}, {"positive", "sum-equals"}),
        ('<integer name="a" validators="val|"/>', {"valid-range"}, {"two-words"}),
        ('<string name="a" validators="two-words; |"/>', {"length"}, set()),
        ('<string name="a" validators="length: |"/>', {"min=", "max="}, {"two-words"}),
        ('<string name="a" validators="length: min=1 |"/>', {"max="}, {"min="}),
        ('<string name="a" validators="two-words" on-fail-two-words="|"/>', {"reask", "fix", "noop"}, {"custom"}),
        ('<string name="a" on-fail="|"/>', {"reask", "exception"}, set()),
        ('<string name="a" required="|"/>', {"true", "false"}, set()),
        ('<string name="a" format="|"/>', {"uuid", "email"}, set()),
        ('<ref name="a" to="|"/>', {"money"}, set()),
        ('<enum name="a" values="red, green" default="|"/>', {"red", "green"}, set()),
        ('<object name="a"><string name="b"/></|', {"object"}, {"output"}),
        ('<string name="a" description="|"/>', set(), {"string", "true"}),
    ],
)
def test_what_can_stand_there_is_offered(marked: str, has: set[str], has_not: set[str]) -> None:
    found = labels(output(marked))
    assert has <= found
    assert not has_not & found


@pytest.mark.parametrize(
    ("marked", "has"),
    [
        ("${|", {"${document}", "${output_schema}", "${gr.complete_json_suffix}"}),
        ("${docu|ment}", {"${document}"}),
        ("$|", {"${document}"}),
        ("${gr.|", {"${gr.complete_json_suffix}"}),
        ("$${|", set()),
        ("no place |", set()),
    ],
)
def test_variables_and_primitives_are_offered_in_messages(marked: str, has: set[str]) -> None:
    found = labels(at(DOCUMENT.replace("@", '<string name="a"/>').replace("%", marked)))
    assert has <= found
    assert bool(has) == bool(found)


def test_a_document_begins_with_a_whole_one_and_blocks_are_offered_once() -> None:
    [rail] = at("|")
    assert rail.snippet is not None
    filled = (
        rail.snippet.replace("$1", '<string name="a"/>').replace("$2", "Who?").replace("$0", "").replace("\\$", "$")
    )
    assert Guard.from_rail_string(filled).warnings == ()
    assert labels(at('<rail version="1.0"><output/><|</rail>')) == {"input", "definitions", "messages", "reask"}


def test_what_is_put_in_makes_a_sound_document() -> None:
    for kind in ('<string name="a" |/>', '<string name="a" |title="b"/>', '<integer name="a" validators="|"/>'):
        marked = DOCUMENT.replace("%", "${gr.complete_json_suffix}").replace("@", kind)
        offset, text = marked.index("|"), marked.replace("|", "")
        for one in language.completions(text, offset):
            if one.label in ("hint", "positive", "description"):
                after = text[: one.start] + one.insert + text[one.end :]
                assert [problem for problem in language.diagnostics(after) if problem.severity == "error"] == []


def test_completion_replaces_the_word_that_stands_there() -> None:
    marked = DOCUMENT.replace("%", "").replace("@", '<string name="a" validators="two-wo|rds; length: 1 5"/>')
    text, offset = marked.replace("|", ""), marked.index("|")
    [one] = [one for one in language.completions(text, offset) if one.label == "two-words"]
    assert text[one.start : one.end] == "two-words"


def test_nothing_raises_at_any_place_of_any_beginning_of_a_document() -> None:
    text = DOCUMENT.replace("%", "${gr.json_suffix_prompt}").replace(
        "@", '<list name="a"><string validators="length: 1 5; two-words" on-fail-two-words="fix"/></list>'
    )
    for end in range(0, len(text), 3):
        document = language.tree(text[:end])
        for offset in {end, end // 2}:
            language.completions(document, offset)
            language.hover(document, offset)
            language.references(document, offset)
