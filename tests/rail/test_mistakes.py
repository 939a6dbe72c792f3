"""Mistakes that people make in RAIL: each is found at its place, with the mend, and all of them at once."""

from __future__ import annotations

import re

import pytest

from railguard.rail import check


def one(inside: str) -> str:
    return f'<rail version="1.0">\n  <output>\n    {inside}\n  </output>\n</rail>\n'


def says(message: str) -> str:
    return (
        '<rail version="1.0">\n  <input><string name="document"/></input>\n  <output><string name="a"/></output>\n'
        f"  <messages>\n    {message}\n  </messages>\n</rail>\n"
    )


def user(text: str) -> str:
    return says(f'<message role="user">{text}</message>')


# (what is written, with ‸ before what is wrong; the code; what the message and the hint together say)
MISTAKES = [
    # names of other languages, and misspelled ones
    (one('‸<array name="a"><string/></array>'), "unknown-element", "did you mean 'list'"),
    (one('‸<text name="a"/>'), "unknown-element", "did you mean 'string'"),
    (one('‸<dict name="a"><string name="b"/></dict>'), "unknown-element", "did you mean 'object'"),
    (one('‸<int name="a" minimum="1"/>'), "unknown-element", "did you mean 'integer'"),
    (one('‸<Integer name="a"/>'), "unknown-element", "did you mean 'integer'"),
    (one('‸<strng name="a"/>'), "unknown-element", "did you mean 'string'"),
    (one('‸<datetim name="a"/>'), "unknown-element", "did you mean 'datetime'"),
    (one('‸<enumeration name="a" values="x"/>'), "unknown-element", "did you mean 'enum'"),
    (one('‸<property name="a" type="int"/>'), "unknown-element", '<integer name="a">'),
    ('<rail version="1.0">\n  ‸<outputs/>\n</rail>', "unknown-element", "did you mean 'output'"),
    (
        '<rail version="1.0">\n  <output type="‸array"><string/></output>\n</rail>',
        "unknown-type",
        "did you mean 'list'",
    ),
    # attributes
    (one('<string ‸nmae="a"/>'), "unknown-attribute", "did you mean 'name'"),
    (one('<string ‸id="a"/>'), "unknown-attribute", "did you mean 'name'"),
    (one('<string name="a" ‸desc="x"/>'), "unknown-attribute", "did you mean 'description'"),
    (one('<string name="a" ‸optional="true"/>'), "unknown-attribute", 'required="false"'),
    (one('<string name="a" ‸maxLength="5"/>'), "unknown-attribute", "did you mean 'max-length'"),
    (one('<string name="a" ‸max="5"/>'), "unknown-attribute", "did you mean 'max-length'"),
    (one('<integer name="a" ‸max="5"/>'), "unknown-attribute", "did you mean 'maximum'"),
    (one('<list name="a" ‸max="5"/>'), "unknown-attribute", "did you mean 'max-items'"),
    (one('<string name="a" ‸regex="x"/>'), "unknown-attribute", "did you mean 'pattern'"),
    (one('<string name="a" ‸validator="one-line"/>'), "unknown-attribute", "did you mean 'validators'"),
    (one('<string name="a" ‸rules="one-line"/>'), "unknown-attribute", "did you mean 'validators'"),
    (one('<string name="a" ‸onfail="fix"/>'), "unknown-attribute", "did you mean 'on-fail'"),
    (one('<enum name="a" ‸choices="x, y"/>'), "unknown-attribute", "did you mean 'values'"),
    (one('<ref name="a" ‸ref="x"/>'), "unknown-attribute", "did you mean 'to'"),
    (one('<list name="a" ‸items="string"/>'), "unknown-attribute", "<list><string/></list>"),
    (one('<object name="a" ‸properties="b"/>'), "unknown-attribute", "its members stand inside"),
    (one('<date name="a" ‸format="%Y"/>'), "unknown-attribute", "did you mean 'date-format'"),
    (one('<list name="l"><string ‸name="x"/></list>'), "unknown-attribute", "only a member of an object"),
    (one('<choice name="c" discriminator="d"><case ‸value="x"/></choice>'), "unknown-attribute", "did you mean 'name'"),
    # values of attributes
    (one('<string name="a" required="‸yes"/>'), "bad-boolean", 'write "true"'),
    (one('<string name="a" required="‸flase"/>'), "bad-boolean", "did you mean 'false'"),
    (one('<integer name="a" minimum="‸five"/>'), "bad-number", "as in 12"),
    (one('<integer name="a" default="‸none"/>'), "bad-value", "a whole number"),
    (one('<enum name="a" values="x, y" default="‸z"/>'), "bad-default", "the values are x, y"),
    (one('<string name="a" format="‸date-tiem"/>'), "bad-format", "did you mean 'date-time'"),
    (one('<date name="a" date-format="‸YYYY-MM-DD"/>'), "bad-format", "%Y-%m-%d"),
    (one('<string name="a" pattern="‸["/>'), "bad-pattern", r"write a literal [ as \["),
    (one('<integer name="a" minimum="9" maximum="‸1"/>'), "bad-range", "exchange them"),
    (one('‸<enum name="a">x</enum>').replace(">x<", "><"), "missing-attribute", 'values="'),
    # nesting and names
    (one('<string name="a"/>\n    <string name="‸a"/>'), "duplicate-name", "at 3:5"),
    (one("‸<string/>"), "missing-name", 'name="…"'),
    (one('<list name="l"><string/>‸<integer/></list>'), "too-many-items", "<union>"),
    (one('‸<choice name="c"><case name="x"/></choice>'), "missing-attribute", 'discriminator="…"'),
    (one('<choice name="c" discriminator="d">‸<string name="x"/></choice>'), "misplaced-element", "holds <case>s"),
    (one('‸<case name="x"/>'), "misplaced-element", "inside <choice>"),
    (one('<string name="a">‸<description>x</description></string>'), "misplaced-element", "holds nothing"),
    ('<rail version="1.0">\n‸<string name="a"/><output/></rail>', "misplaced-element", "inside <output>"),
    (
        '<rail version="1.0">\n<output/>‸<message role="user">hi</message></rail>',
        "misplaced-element",
        "inside <messages>",
    ),
    ('<rail version="1.0">\n<output/>‸<prompt>hi</prompt></rail>', "old-element", '<message role="user">'),
    (
        '<rail version="1.0"><definitions><object name="Address"/></definitions>\n'
        '<output><ref name="a" to="‸Adress"/></output></rail>',
        "unknown-definition",
        "did you mean 'Address'",
    ),
    # validators
    (one('<string name="a" validators="‸lenght: 1 5"/>'), "unknown-validator", "did you mean 'length'"),
    (one('<string name="a" validators="‸no-url"/>'), "unknown-validator", "(?!.*has-url)"),
    (one('<string name="a" validators="length: 1 5‸, one-line"/>'), "validator-syntax", "length: 1 5; one-line"),
    (one('<string name="a" validators="‸one-line, two-words"/>'), "unknown-validator", "one-line; two-words"),
    (one('<string name="a" validators="‸one-line two-words"/>'), "unknown-validator", "one-line; two-words"),
    (one('<string name="a" validators="length: ‸1, 5"/>'), "validator-arguments", "write length: 1 5"),
    (one('<string name="a" validators="length‸(1, 5)"/>'), "validator-syntax", "write length: 1 5"),
    (one('<string name="a" validators="length ‸1 5"/>'), "validator-syntax", "length: 1 5"),
    (one('<string name="a" validators="length: ‸minimum=1"/>'), "validator-arguments", "did you mean 'min'"),
    (one('<string name="a" validators="length: max=‸ten"/>'), "validator-arguments", "max: int"),
    (one('<string name="a" validators="‸length: 5 1"/>'), "validator-arguments", "no length lies between"),
    (one('<integer name="a" validators="‸one-line"/>'), "validator-type", "put it on an element of that type"),
    (one('<string name="a" validators="valid-choices: ‸a b"/>'), "validator-arguments", "{['a', 'b']}"),
    (one("""<string name="a" validators="valid-choices: ‸['a', 'b'"/>"""), "validator-arguments", "close it with ']'"),
    # on-fail
    (one('<string name="a" validators="one-line" on-fail-one-line="‸retry"/>'), "unknown-on-fail", "mean 'reask'"),
    (one('<string name="a" validators="one-line" on-fail-one-line="‸raise"/>'), "unknown-on-fail", "mean 'exception'"),
    (one('<string name="a" validators="one-line" on-fail-one-line="‸ignore"/>'), "unknown-on-fail", "mean 'noop'"),
    (one('<string name="a" validators="one-line" on-fail-one-line="‸refrian"/>'), "unknown-on-fail", "mean 'refrain'"),
    (
        one('<string name="a" validators="one-line" ‸on-fail-oneline="fix"/>'),
        "on-fail-without-validator",
        "did you mean 'one-line'",
    ),
    (
        one('<string name="a" validators="one-line" ‸on_fail_one_line="fix"/>'),
        "unknown-attribute",
        "did you mean 'on-fail-one-line'",
    ),
    # messages
    (says('<message role="‸usr">${document} ${output_schema}</message>'), "bad-role", "did you mean 'user'"),
    (says('<message role="‸human">${document} ${output_schema}</message>'), "bad-role", "did you mean 'user'"),
    (says("‸<message>${document} ${output_schema}</message>"), "missing-attribute", 'role="user"'),
    (says("‸<user>${document} ${output_schema}</user>"), "misplaced-element", '<message role="user">'),
    (user("‸${documnt} ${output_schema}"), "undeclared-variable", "did you mean 'document'"),
    (user("${document} ‸${output_shema}"), "undeclared-variable", r"write ${output_schema}"),
    (user("${document} ‸${complete_json_suffix}"), "undeclared-variable", r"write ${gr.complete_json_suffix}"),
    (user("${document} ‸${gr.complete_json_sufix}"), "template", r"did you mean ${gr.complete_json_suffix}"),
    (user("‸${document ${output_schema}"), "template", "close it with }"),
    (user("‸${ document } ${output_schema}"), "template", r"write ${document}"),
    (user("‸{{document}} ${output_schema}"), "old-place", r"write ${document}"),
    (user("‸{document} ${output_schema}"), "old-place", r"write ${document}"),
    (user("‸$document ${output_schema}"), "old-place", r"write ${document}"),
    (user("${document} ‸@complete_json_suffix"), "old-place", r"write ${gr.complete_json_suffix}"),
    (
        user("${document} ‸${gr.json_suffix_prompt} ${xml_output_schema}"),
        "primitive-form",
        r"write ${gr.xml_suffix_prompt}",
    ),
    (user("‸<b>bold</b> ${document} ${output_schema}"), "element-in-text", "CDATA"),
    # XML
    (one('<string name="a"‸\n    <integer name="b"/>'), "unclosed-element", "before the next one, in line 4"),
    (one('‸<string name="a">\n    <integer name="b"/>'), "unclosed-element", "</string>"),
    (one('‸<object name="o">\n      <string name="a"/>'), "unclosed-element", "</object>"),
    (one('<string name="a" ‸/ >'), "xml-syntax", "write />"),
    (one('<string name="a"‸/ '), "unclosed-element", "write />"),
    (one('‸< string name="a"/>'), "bare-less-than", "<string without a space"),
    (one("<string name=‸a/>"), "unquoted-value", 'name="a"'),
    (one("<string name=‸“a”/>"), "unquoted-value", 'name="a"'),
    (one('<string name‸:"a"/>'), "attribute-syntax", 'name="…"'),
    (one('<string name=‸"a validators="one-line"/>'), "unclosed-quote", "before validators="),
    (one('<string name=‸"a/>\n    <string name="b"/>'), "unclosed-quote", 'close it with "'),
    (one('<string name="a" description="say ‸"hi" now"/>'), "attribute-syntax", "&quot;"),
    (one("<string name=\"a\" description='it‸'s'/>"), "attribute-syntax", "&apos;"),
    (one('<string name="a" ‸required/>'), "attribute-syntax", 'required="…"'),
    (one('<string name="a" ‸name="b"/>'), "duplicate-attribute", "remove one"),
    (one('<string name="a" description="a ‸&lt b"/>').replace("&lt b", "& b"), "bare-ampersand", "&amp;"),
    (one('<string name="a" description="a ‸< b"/>'), "bare-less-than", "&lt;"),
    (user("a ‸& b ${document} ${output_schema}"), "bare-ampersand", "&amp;"),
    (user("a ‸&nbsp; ${document} ${output_schema}"), "undefined-entity", "&#160;"),
    (user("a ‸&lt 5 ${document} ${output_schema}"), "bare-ampersand", "&lt; with a semicolon"),
    (one('<object name="o"><string name="a"/>‸</Object>'), "mismatched-tag", "</object>"),
    (one('<string name="a"/>‸</string>'), "mismatched-tag", "remove it"),
    (one('<!-- a ‸-- b --><string name="a"/>'), "xml-syntax", "a comment ends with -->"),
    ('<?xml version="1.0"?>\n‸<rail version="1.0">\n<output/>\n', "unclosed-element", "</rail>"),
    ('<rail version="1.0"><output/></rail>\n‸</rail>', "mismatched-tag", "remove it"),
    # the wrong dialect
    ('<rail version="‸1">\n<output/></rail>', "unknown-version", 'version="1.0"'),
    (one('<string name="a" ‸format="one-line"/>').replace("‸format", "format"), "bad-format", 'validators="one-line"'),
    (one('‸<pydantic name="a" model="Person"/>'), "misplaced-element", "Guard.from_pydantic"),
]


def _place(marked: str) -> tuple[str, int, int]:
    before, _, after = marked.partition("‸")
    return before + after, before.count("\n") + 1, len(before) - before.rfind("\n")


@pytest.mark.parametrize(("marked", "code", "mend"), MISTAKES, ids=[f"{n}-{one[1]}" for n, one in enumerate(MISTAKES)])
def test_a_mistake_is_found_at_its_place_with_its_mend_and_nothing_else_is_said(marked: str, code: str, mend: str):
    text, line, column = _place(marked)
    found = check(text)
    assert [problem.code for problem in found] == [code], found
    (problem,) = found
    if "‸" in marked:
        assert (problem.line, problem.column) == (line, column)
    said = f"{problem.message}; {problem.hint}"
    assert re.match(mend, said) if mend.startswith("(?!") else mend in said


def test_all_mistakes_of_a_document_are_told_at_once_also_where_it_is_no_xml():
    text = """<rail version="1.0">
  <output>
    <strng name="a"/>
    <string name="b" validators="lenght: 1 5" on-fail-length="fixx"/>
    <string name="c" description="this & that"/>
    <integer name="d" minimum="9" maximum="1"
    <list name="e"><string/><integer/></list>
    <string name=f required="yes"/>
    <object name="g">
      <date name="h" date-format="YYYY"/>
    </Object>
    <enum name="i" values="x, y" default="z"/>
  </output>
  <messages>
    <message role="usr">if a < b then ${gr.nothing}</message>
  </messages>
</rail>
"""
    assert [(problem.line, problem.code) for problem in check(text)] == [
        (3, "unknown-element"),
        (4, "unknown-validator"),
        (4, "on-fail-without-validator"),
        (4, "unknown-on-fail"),
        (5, "bare-ampersand"),
        (6, "bad-range"),
        (6, "unclosed-element"),
        (7, "too-many-items"),
        (8, "unquoted-value"),
        (8, "bad-boolean"),
        (10, "bad-format"),
        (11, "mismatched-tag"),
        (12, "bad-default"),
        (15, "bad-role"),
        (15, "bare-less-than"),
        (15, "template"),
    ]


def test_a_document_that_is_typed_has_a_diagnostic_and_no_more_than_a_few_at_every_keystroke():
    text = """<rail version="1.0">
  <output>
    <string name="a" description="words" validators="length: 1 5" on-fail-length="fix"/>
    <list name="b"><object><integer name="c" minimum="1"/></object></list>
  </output>
  <messages>
    <message role="user">Read &lt;this&gt; ${output_schema}</message>
  </messages>
</rail>
"""
    for end in range(len(text.rstrip())):
        found = check(text[:end] + "\n")
        assert any(problem.severity == "error" for problem in found)
        assert len(found) <= 7, (text[:end], found)  # five elements that are open, and what is typed


def test_where_a_piece_is_missing_what_is_told_is_near():
    text = one(
        '<string name="a" description="words" validators="length: 1 5" on-fail-length="fix"/>\n    <any name="b"/>'
    )
    start, end = text.index("<string"), text.index("/>") + 2
    for at in range(start, end):
        for piece in (1, 2):
            broken = text[:at] + text[at + piece :]
            errors = [problem for problem in check(broken) if problem.severity == "error"]
            assert all(problem.line in (2, 3, 4, 5) for problem in errors), (broken, errors)
            assert len(errors) <= 3 + piece, (broken, errors)
