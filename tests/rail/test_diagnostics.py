"""Every code has a document that produces it, with the place marked by ‸ before the first character of what is wrong."""

from __future__ import annotations

import pytest

from railguard.errors import SpecError
from railguard.rail import CODES, check, load, load_file
from railguard.rail.memory import Memory
from railguard.rail.spec_reader import problems_of
from railguard.rail.tolerant import tree
from railguard.validation import validator
from railguard.values import Limits


@validator("rail-shout", replace=True)
def shout(value: str, *, times: int = 1, word: str = "") -> bool:
    """Ends in exclamation marks."""
    return value.endswith("!" * times)


@validator("rail-one-text", replace=True)
def one_text(value: str, *, text: str) -> bool:
    """Is the text."""
    return value == text


@validator("rail-needs-package", requires={"no_such_module_of_railguard": "railguard[nothing]"}, replace=True)
def needs_package(value: str) -> None:
    """Cannot run, because what it needs is not installed."""


def one(inside: str) -> str:
    return f'<rail version="1.0"><output>{inside}</output></rail>'


def old(inside: str) -> str:
    return f'<rail version="0.1"><output>{inside}</output></rail>'


def says(inside: str) -> str:
    return f'<rail version="1.0"><output/><messages>{inside}</messages></rail>'


ERRORS = [
    ("validator-package", one('<string name="a" validators="rail-shout; ‸rail-needs-package"/>')),
    ("bad-character", "<rail>\n  a‸\x00</rail>"),
    ("doctype", '<?xml version="1.0"?>\n‸<!DOCTYPE rail [<!ENTITY x "y">]><rail>&x;</rail>'),
    ("processing-instruction", "<rail>\n ‸<?php echo 1 ?></rail>"),
    ("xinclude", '<rail><output>\n‸<xi:include href="/etc/passwd"/></output></rail>'),
    ("xinclude", '<rail>‸<output xmlns:q="http://www.w3.org/2001/XInclude"/></rail>'),
    ("empty-document", "‸"),
    ("empty-document", "‸ \n "),
    ("text-before-document", "\n  ‸Here it is:\n<rail/>"),
    ("after-document", "<rail/>\n‸more"),
    ("after-document", "<rail/>‸<rail/>"),
    ("bare-ampersand", '<rail>\n<output description="Q ‸& A"/></rail>'),
    ("bare-ampersand", "<rail>AT‸&T</rail>"),
    ("bare-ampersand", "<rail>?a=1‸&b=2</rail>"),
    ("bare-less-than", "<rail>\n a ‸< b</rail>"),
    ("bare-less-than", "<rail>x‸<5</rail>"),
    ("bare-less-than", '<rail name="a‸<b"/>'),
    ("undefined-entity", "<rail>\n x‸&nbsp;y</rail>"),
    ("undefined-entity", '<rail name="‸&nope;"/>'),
    ("unclosed-element", "<rail>\n‸<output></rail>"),
    ("unclosed-element", "<rail>\n‸<!-- forgotten </rail>"),
    ("unclosed-element", "<rail>\n‸<![CDATA[ forgotten </rail>"),
    ("unclosed-element", "<rail>\n<output‸\n</rail>"),
    ("unclosed-element", "<rail>\n<output>\n‸<object>\n</output></rail>"),
    ("mismatched-tag", "<rail>\n<output>\n</output>\n‸</list>\n</rail>"),
    ("mismatched-tag", "<rail>\n<output>\n‸</outputs></rail>"),
    ("unclosed-quote", one('\n<string name=‸"a/>\n')),
    ("unclosed-quote", one('<string name=‸"a required="false"/>')),
    ("attribute-syntax", one('<string name="a" ‸required/>')),
    ("attribute-syntax", one('<string name="a"‸required="true"/>')),
    ("attribute-syntax", one('<string name="a" ‸1st="true"/>')),
    ("duplicate-attribute", '<rail\n name="a" ‸name="b"/>'),
    ("unquoted-value", "<rail>\n<output type=‸object/></rail>"),
    ("xml-syntax", "<rail>‸]]></rail>"),
    ("xml-syntax", '<rail name="‸&#0;"/>'),
    ("not-rail", "\n‸<spec/>"),
    ("no-output", '\n‸<rail version="1.0"/>'),
    ("old-element", '<rail version="1.0"><output/>\n‸<prompt>hi</prompt></rail>'),
    ("old-element", '<rail version="1.0"><output/>\n‸<script/></rail>'),
    ("unknown-element", one('\n  ‸<strng name="a"/>')),
    ("unknown-element", '<rail version="1.0"><output/>\n‸<mesages/></rail>'),
    ("misplaced-element", one('\n<string name="a">‸<string name="b"/></string>')),
    ("misplaced-element", one("‸<case/>")),
    ("misplaced-element", '<rail version="1.0"><output/>‸<string name="a"/></rail>'),
    ("misplaced-element", one('<choice name="c" discriminator="d"><case name="a"/>‸<object/></choice>')),
    ("misplaced-element", one('<object name="o"><extra><string/>‸<string/></extra></object>')),
    ("misplaced-element", says("‸<mesage/>")),
    ("misplaced-element", '<rail version="1.0"><output/>‸<pydantic/></rail>'),
    ("misplaced-element", one('‸<pydantic name="a" model="Person"/>')),
    ("misplaced-element", one('<list name="l">‸<output/></list>')),
    ("duplicate-element", '<rail version="1.0"><output/>\n‸<output/></rail>'),
    ("duplicate-element", one('<object name="o" extra="true">‸<extra><string/></extra></object>')),
    ("stray-text", one('\n  ‸text <string name="a"/>')),
    ("stray-text", '<rail version="1.0">‸a<output/></rail>'),
    ("stray-text", one('<object name="o"><extra>‸a<string/></extra></object>')),
    ("stray-text", says("‸a")),
    ("element-in-text", says('<message role="user">Write\n ‸<b>this</b></message>')),
    ("unknown-attribute", one('\n<string name="a" ‸descripton="x"/>')),
    ("unknown-attribute", '<rail version="1.0" ‸vresion="1"><output/></rail>'),
    ("unknown-attribute", says('<message role="user" ‸rol="x">a</message>')),
    ("unknown-attribute", '<rail version="1.0"><output/><reask ‸validators="rail-shout"/></rail>'),
    ("unknown-attribute", '<rail version="1.0"><output/><messages ‸role="user"/></rail>'),
    ("unknown-attribute", one('<list name="l"><string ‸name="a"/></list>')),
    ("unknown-attribute", one('<integer name="a" ‸format="1-indexed"/>')),
    ("unknown-attribute", one('<object name="o"><extra ‸a="b"><string/></extra></object>')),
    ("unknown-attribute", '<rail version="1.0"><definitions ‸a="b"/><output/></rail>'),
    ("missing-attribute", one('‸<enum name="a"/>')),
    ("missing-attribute", one('‸<choice name="a"><case name="b"/></choice>')),
    ("missing-attribute", one('‸<ref name="a"/>')),
    ("missing-attribute", says("‸<message>a</message>")),
    ("bad-boolean", one('<string name="a" required="‸yes"/>')),
    ("bad-boolean", one('<string name="a" required="‸perhaps"/>')),
    ("bad-boolean", one('<object name="a" extra="‸True"/>')),
    ("bad-number", one('<string name="a" min-length="‸x"/>')),
    ("bad-number", one('<string name="a" min-length="‸-1"/>')),
    ("bad-number", one('<float name="a" minimum="‸1e999"/>')),
    ("bad-number", one('<float name="a" multiple-of="‸0"/>')),
    ("bad-value", one('<integer name="a" default="‸1.5"/>')),
    ("bad-value", one('<integer name="a" default="‸x"/>')),
    ("bad-default", one('<integer name="a" default="‸9" maximum="3"/>')),
    ("contradiction", one('<string name="a" min-length="5" validators="rail-shout; ‸length: max=3"/>')),
    ("contradiction", one('‸<float name="a" minimum="3" exclusive-maximum="3"/>')),
    ("bad-default", one('<enum name="a" values="a, b" default="‸c"/>')),
    ("bad-value", one('<enum name="a" values="‸ , "/>')),
    ("bad-value", one('<enum name="a" values="{[‸x]}"/>')),
    ("bad-value", one('<string name="a" examples="‸7"/>')),
    ("bad-value", one('<string name="a" default="{‸x}"/>')),
    ("bad-value", one('<string name="a" default="{1} ‸{2}"/>')),
    ("bad-value", '<rail version="1.0"><output repair="‸lossles"/></rail>'),
    ("bad-value", says('<message role="user" xml:space="‸keep">a</message>')),
    ("bad-format", one('<string name="a" format="‸uuidd"/>')),
    ("bad-format", one('<date name="a" date-format="%d.‸%q"/>')),
    ("bad-format", one('<date name="a" date-format="‸dd.mm"/>')),
    ("bad-pattern", one('<string name="a" pattern="‸("/>')),
    ("bad-range", one('<string name="a" min-length="3" max-length="‸2"/>')),
    ("missing-name", one("\n ‸<string/>")),
    ("missing-name", one('<choice name="a" discriminator="d">‸<case/><case name="b"/></choice>')),
    ("duplicate-name", one('<string name="a"/>\n<string name="‸a"/>')),
    ("duplicate-name", one('<choice name="c" discriminator="d"><case name="a"/><case name="‸a"/></choice>')),
    ("duplicate-name", one('<choice name="c" discriminator="d"><case name="a"><string name="‸d"/></case></choice>')),
    ("too-many-items", one('<list name="l"><string/>‸<integer/></list>')),
    ("missing-child", one('‸<union name="u"/>')),
    ("missing-child", one('‸<choice name="u" discriminator="d"/>')),
    ("missing-child", one('<object name="u">‸<extra/></object>')),
    ("unknown-type", '<rail version="1.0"><output type="‸objekt"/></rail>'),
    ("unknown-definition", one('<ref name="a" to="‸Person"/>')),
    (
        "circular-definition",
        '<rail version="1.0"><definitions><ref name="A" to="B"/>\n<ref name="B" to="‸A"/></definitions><output/></rail>',
    ),
    ("validator-syntax", one('<string name="a" validators="rail-shout: ‸{1"/>')),
    ("validator-syntax", one('<string name="a" validators="rail-shout ‸1"/>')),
    ("validator-syntax", one('<string name="a" validators="rail-shout; ‸: 1"/>')),
    ("validator-syntax", one('<string name="a" validators="rail-shout: &quot;a&quot;‸b"/>')),
    ("validator-arguments", one('<string name="a" validators="rail-shout: ‸x"/>')),
    ("validator-arguments", one('<string name="a" validators="rail-shout: 1 a ‸2"/>')),
    ("validator-arguments", one('<string name="a" validators="rail-shout: 1 &lt; ‸2"/>')),
    ("validator-arguments", one('<string name="a" validators="rail-shout: word=a ‸word=b"/>')),
    ("validator-arguments", one('<string name="a" validators="rail-shout: word=a ‸b"/>')),
    ("validator-arguments", one('<string name="a" validators="‸rail-one-text"/>')),
    ("validator-arguments", one('<string name="a" validators="rail-shout: times=‸x"/>')),
    ("validator-type", one('<integer name="a" validators="‸rail-shout"/>')),
    ("unknown-validator", one('<string name="a" validators="rail-shout; ‸rail-shuot"/>')),
    ("bare-words", one('<string name="a" validators="rail-one-text: some ‸words"/>')),
    ("unknown-on-fail", one('<string name="a" validators="rail-shout" on-fail-rail-shout="‸fxi"/>')),
    ("unknown-on-fail", one('<string name="a" on-fail="‸custom"/>')),
    ("on-fail-without-validator", one('<string name="a" validators="rail-shout" ‸on-fail-rail-shuot="fix"/>')),
    ("bad-role", says('<message role="‸usr">a</message>')),
    ("template", says('<message role="user">\n  Read ‸${document</message>')),
    ("template", says('<message role="user">&lt;é> <![CDATA[a]]>‸${gr.nothing}</message>')),
    (
        "undeclared-variable",
        '<rail version="1.0"><input><string name="document"/></input><output/>'
        '<messages><message role="user">${document}\n<!-- c -->‸${documnt}</message></messages></rail>',
    ),
]

TOLD_NOTHING = '<messages><message role="user">hi</message></messages>'
WARNINGS = [
    ("contradiction", one('<enum name="a" values="a, B" validators="‸lower-case"/>')),
    ("contradiction", old('<list name="a" validators="‸length: 5 6" max-items="3"/>')),
    (
        "fix-refused",
        one('<string name="a" validators="‸upper-case; regex-match: \'[a-z ]+\'" on-fail-upper-case="fix"/>'),
    ),
    ("filter-takes-all", one('<string name="a" validators="‸one-line" on-fail-one-line="filter"/>')),
    ("filter-takes-all", one('<object name="o"><string name="a" ‸on-fail="filter"/></object>')),
    ("contradiction", one('<string name="a" validators="lower-case; ‸upper-case"/>')),
    ("never-fails", one('<string name="a" validators="one-line; ‸one-line"/>')),
    ("never-fails", one('<string name="a" validators="‸length"/>')),
    ("empty-name", one('<string name="‸"/>')),
    ("validator-package", old('<string name="a" validators="‸rail-needs-package"/>')),
    ("no-version", "\n‸<rail><output/></rail>"),
    ("unknown-version", '<rail version="‸9.9"><output/></rail>'),
    ("old-element", '<rail version="0.1"><output/>\n‸<prompt>hi</prompt></rail>'),
    ("old-attribute", old('<integer name="a" ‸format="1-indexed"/>')),
    ("old-attribute", old('<string name="a" ‸format="rail-shout; rail-shout: 2"/>')),
    ("old-attribute", old('<choice name="c" discriminator="d" ‸on-fail-choice="fix"><case name="a"/></choice>')),
    ("other-meaning", old('<string name="a" validators="‸gibberish_text: 0.9"/>')),
    ("script-not-run", '<rail version="0.1"><output/>\n‸<script language="python">import os</script></rail>'),
    ("pydantic-model", old('<list name="l">‸<pydantic model="Person"/></list>')),
    ("unknown-element", old('‸<sql name="a"/>')),
    ("misplaced-element", old('‸<output name="o"/>')),
    ("unknown-attribute", old('<string name="a" ‸type="string"/>')),
    ("missing-attribute", old('<list name="l">‸<choice><case name="a"/></choice></list>')),
    ("missing-attribute", old('‸<choice name="c"><case name="a"/></choice>')),
    ("missing-name", old('<string name="a"/>‸<string/>')),
    ("missing-name", old("‸<object/>")),
    ("bad-boolean", old('<string name="a" required="‸yes"/>')),
    ("unknown-validator", old('<string name="a" validators="‸is-vegan"/>')),
    ("validator-type", old('<integer name="a" validators="‸rail-shout"/>')),
    ("bare-words", old('<string name="a" validators="rail-one-text: some ‸words"/>')),
    ("unknown-on-fail", old('<string name="a" validators="rail-shout" on-fail-rail-shout="‸{on_fail}"/>')),
    ("no-effect", '<rail version="1.0"><output ‸strict="false"/></rail>'),
    ("no-effect", one('<string name="a" required="true" ‸default="x"/>')),
    ("no-effect", old('<list name="l">‸<string name="a"/></list>')),
    ("no-effect", '<rail version="0.1"><output/><messages/>‸<prompt>hi</prompt></rail>'),
    ("template", '<rail version="0.1"><output/><prompt>a ‸${gr.nothing} ${gr.complete_json_suffix}</prompt></rail>'),
    (
        "undeclared-variable",
        '<rail version="0.1"><input><string name="a"/></input><output/>‸<prompt>${a} ${b}</prompt></rail>',
    ),
    ("old-place", says('<message role="user">Read ‸{{document}}</message>')),
    ("old-place", says('<message role="user">Read ‸{document}</message>')),
    ("old-place", says('<message role="user">Now\n  ‸@complete_json_suffix</message>')),
    ("old-place", '<rail version="0.1"><output/><prompt>{{a}} ‸{rules} {output_schema}</prompt></rail>'),
    ("primitive-form", says('<message role="user">${xml_output_schema} ‸${gr.json_suffix_prompt}</message>')),
    ("schema-not-told", one('<string name="a"/>').replace("</rail>", f"‸{TOLD_NOTHING}</rail>")),
    ("schema-not-told", old('<string name="a"/>').replace("</rail>", "‸<prompt>hi</prompt></rail>")),
    (
        "schema-not-told",
        '<rail version="0.1"><output/><prompt>@complete_json_suffix\n@‸xml_prefix_prompt\nthe end</prompt></rail>',
    ),
    (
        "unused-variable",
        '<rail version="1.0"><input>‸<string name="a"/></input><output/><messages/></rail>',
    ),
]


def place(marked: str) -> tuple[str, int, int]:
    before, _, after = marked.partition("‸")
    line = before.count("\n") + 1
    return before + after, line, len(before) - before.rfind("\n")


def ids(table: list[tuple[str, str]]) -> list[str]:
    return [f"{code}-{number}" for number, (code, _) in enumerate(table)]


@pytest.mark.parametrize(("code", "marked"), ERRORS, ids=ids(ERRORS))
def test_an_error_is_found_where_it_is(code: str, marked: str) -> None:
    text, line, column = place(marked)
    errors = [p for p in check(text.encode()) if p.severity == "error"]
    assert [(p.code, p.line, p.column) for p in errors] == [(code, line, column)]
    assert errors[0].message
    assert errors[0].hint
    with pytest.raises(SpecError) as caught:
        load(text)
    assert caught.value.line == line


@pytest.mark.parametrize(("code", "marked"), WARNINGS, ids=ids(WARNINGS))
def test_a_warning_is_found_where_it_is_and_the_document_loads(code: str, marked: str) -> None:
    text, line, column = place(marked)
    problems = check(text)
    assert (code, line, column, "warning") in [(p.code, p.line, p.column, p.severity) for p in problems]
    assert load(text).warnings == tuple(problems)


@pytest.mark.parametrize(("code", "marked"), ERRORS + WARNINGS, ids=ids(ERRORS + WARNINGS))
def test_the_caret_of_an_excerpt_stands_below_what_is_wrong(code: str, marked: str) -> None:
    text, line, column = place(marked)
    found = next(p for p in check(text.encode()) if (p.code, p.line, p.column) == (code, line, column))
    assert found.excerpt is not None
    source, caret = found.excerpt.split("\n") if found.excerpt.count("\n") == 1 else ("", found.excerpt.split("\n")[-1])
    at = caret.index("^")
    wanted = (text.splitlines() or [""])[line - 1][column - 1 : column].replace("\t", " ")
    assert source[at : at + 1].strip() == wanted.strip()


def test_every_code_has_a_test_that_produces_it() -> None:
    in_tables = {code for code, _ in ERRORS + WARNINGS}
    elsewhere = {
        "no-file",
        "undecodable",
        "unknown-encoding",
        "too-large",
        "too-deep",
        "too-many-elements",
        "too-many-rules",
        "not-writable",
        "layout",
        "migrate",
    }
    assert in_tables | elsewhere == set(CODES)
    assert all(meaning.endswith(".") for meaning in CODES.values())


def test_a_code_that_is_called_an_error_is_never_a_warning_and_the_other_way_round() -> None:
    for code, marked in ERRORS + WARNINGS:
        for problem in check(place(marked)[0].encode()):
            if "Always an error" in CODES[problem.code]:
                assert problem.severity == "error", code
            if "Always a warning" in CODES[problem.code]:
                assert problem.severity == "warning", code


def test_all_problems_are_reported_in_document_order() -> None:
    text = one('<string naem="a"/>\n<intger name="b"/>\n<string name="c" validators="rail-shuot" foo="1"/>')
    with pytest.raises(SpecError) as caught:
        load(text, file="fees.rail")
    places = [(p.line, p.column) for p in caught.value.problems]
    assert places == sorted(places)
    codes = [p.code for p in caught.value.problems]
    assert codes == ["unknown-attribute", "unknown-element", "unknown-validator", "unknown-attribute"]
    assert str(caught.value).startswith("fees.rail:1:37: error[unknown-attribute]: ")


@pytest.mark.parametrize(
    ("inside", "meant"),
    [
        ('<strnig name="a"/>', "string"),
        ('<Integer name="a"/>', "integer"),
        ('<string name="a" descritpion="x"/>', "description"),
        ('<string name="a" validators="rail-shuot"/>', "rail-shout"),
        ('<string name="a" on-fail="reaks"/>', "reask"),
        ('<string name="a" validators="rail-shout" on-fail-rail-shot="fix"/>', "rail-shout"),
        ('<string name="a" format="emial"/>', "email"),
    ],
)
def test_a_misspelling_is_named_with_the_right_word(inside: str, meant: str) -> None:
    messages = [p.message for p in check(one(inside)) if "did you mean" in p.message]
    assert messages
    assert f"did you mean {meant!r}?" in messages[0]


@pytest.mark.parametrize("written", ["two-words", "length: 1 10", "hub://guardrails/two_words; length: 1 10"])
def test_a_validator_written_as_a_format_is_sent_where_validators_stand(written: str) -> None:
    (problem,) = check(f'<rail version="1.0"><output><string name="a" format="{written}"/></output></rail>')
    assert (problem.code, problem.hint) == ("bad-format", f'validators go into validators="{written}"')


def test_a_long_line_is_cut_around_the_caret() -> None:
    text = one('<string name="a" description="' + "x" * 5000 + '" foo="1" hint="' + "y" * 5000 + '"/>')
    (problem,) = check(text)
    assert problem.excerpt is not None
    source, caret = problem.excerpt.split("\n")
    assert len(source) < 120
    assert source.strip().startswith("…")
    assert source.endswith("…")
    assert source[caret.index("^") :].startswith('foo="1"')


def test_a_missing_file_is_a_problem_with_the_mend(tmp_path: object) -> None:
    (problem,) = check("nowhere/fees.rail")
    assert problem.code == "no-file"
    assert "no such file" in problem.message
    with pytest.raises(SpecError, match="no such file"):
        load_file("nowhere/fees.rail")
    assert check("with\x00nul.rail")[0].code == "no-file"


def test_a_folder_is_not_a_file(tmp_path) -> None:  # type: ignore[no-untyped-def]
    assert "folder" in check(tmp_path)[0].message


def test_a_file_is_read_as_bytes_and_named_in_its_problems(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "a.rail"
    path.write_bytes('<rail version="1.0"><output description="é"/><x/></rail>'.encode())
    (problem,) = check(path)
    assert (problem.file, problem.code) == (str(path), "unknown-element")
    path.write_bytes('<rail version="1.0"><output description="é"/></rail>'.encode())
    assert load_file(path).schema.root.description == "é"


def test_limits_are_errors_with_a_line() -> None:
    nested = "<rail>\n" + "<list>" * 70 + "</list>" * 70 + "</rail>"
    (problem,) = check(nested)
    assert (problem.code, problem.line, problem.column) == ("too-deep", 2, 63 * 6 + 1)
    (problem,) = check("<rail>" + "\n<a/>" * 20 + "</rail>", limits=Limits(spec_elements=10))
    assert (problem.code, problem.line, problem.column) == ("too-many-elements", 11, 1)
    rules = "; ".join(f"contains: w{number}" for number in range(1, 301))
    for attributes in (f'validators="{rules}"', f'format="{rules}"'):
        version = "1.0" if "validators" in attributes else "0.1"
        text = f'<rail version="{version}"><output>\n<string name="a" {attributes}/></output></rail>'
        (problem,) = [one for one in check(text) if one.severity == "error"]
        assert (problem.code, problem.line) == ("too-many-rules", 2)
        assert text.splitlines()[1][problem.column - 1 :].startswith("contains: w201;")  # type: ignore[operator]
        assert all(one.severity == "warning" for one in check(text, limits=Limits(spec_rules=300)))
    for size in (b" " * 2000, " " * 2000, "é" * 600):
        (problem,) = check(size if isinstance(size, bytes) else "<" + size, limits=Limits(spec_bytes=1000))
        assert (problem.code, problem.line, problem.column) == ("too-large", 1, 1)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("array", "list"),
        ("text", "string"),
        ("str", "string"),
        ("dict", "object"),
        ("int", "integer"),
        ("double", "float"),
        ("timestamp", "date-time"),
        ("strnig", "string"),
        ("boolen", "boolean"),
    ],
)
def test_an_element_under_its_name_in_another_language_is_recognised(written: str, meant: str) -> None:
    (problem,) = check(one(f'<{written} name="a"/>'))
    assert problem.message == f"there is no <{written}>; did you mean {meant!r}?"
    (problem,) = check(f'<rail version="1.0"><output type="{written}"/></rail>')
    assert problem.message.endswith(f"did you mean {meant!r}?")


@pytest.mark.parametrize(("written", "wrong"), [("no-url", "has-url"), ("has-gibberish", "no-gibberish")])
def test_the_opposite_of_a_validator_is_never_what_was_meant(written: str, wrong: str) -> None:
    (problem,) = check(one(f'<string name="a" validators="{written}"/>'))
    assert wrong not in problem.message


@pytest.mark.parametrize(
    ("marked", "ends"),
    [
        (one("‸<strnig‸ name='a'/>"), True),
        (one('<string name="a" ‸descripton‸="x"/>'), True),
        (one('<string name="a" required="‸yes please‸"/>'), True),
        (one('<enum name="a" values="a, b" default="‸c d‸"/>'), True),
        (one('<string name="a" validators="rail-shout; ‸lenght‸: 1"/>'), True),
        (one('<string name="a" validators="length: ‸x1‸ 2"/>'), True),
        (says('<message role="‸uzer‸">hi</message>'), True),
        (says('<message role="user">a ‸${b‸</message>'), True),
        (says('<message role="user">a ‸{{document}}‸</message>'), False),
    ],
)
def test_a_problem_says_where_what_is_wrong_ends(marked: str, ends: bool) -> None:
    before, wrong, after = marked.split("‸")
    problems = [p for p in check(before + wrong + after) if (p.severity == "error") is ends]
    assert [(p.column, p.end_line, p.end_column) for p in problems] == [
        (len(before) + 1, 1, len(before) + len(wrong) + 1)
    ]


def test_a_missing_end_of_a_tag_is_said_where_it_is_missing() -> None:
    (problem,) = check('<rail version="1.0"><output>\n  <string name="a"\n  <string name="b"/>\n</output></rail>')
    assert (problem.code, problem.line, problem.column) == ("unclosed-element", 2, 19)
    assert problem.message == "the tag <string is not closed before the next one, in line 3"


ONE = '<rail version="1.0"><output><string name="a"/></output>'


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("<!DOCTYPE rail>" + ONE + "</rail>", "doctype"),
        (ONE + '<messages><message role="user">a:include</message></messages></rail>', "schema-not-told"),
        ('<?xml version="1.0" foo="1"?>' + ONE + "</rail>", "xml-syntax"),
        (ONE + "<a b\u2028='1'/></rail>", "xml-syntax"),
        (ONE + "&amp;&#65;&#x1F600;&#128512;&#xFFFE;</rail>", "xml-syntax"),
        (ONE + '<messages><message role="user">a<![CDATA[]]>b', "unclosed-element"),
        (ONE + "<messages><message rol='user'>x</message></messages></rail>", "unknown-attribute"),
        (
            '<rail version="1.0"><output><choice name="c" discriminater="k"><case name="x"><string name="a"/></case>'
            "</choice></output></rail>",
            "unknown-attribute",
        ),
        (
            '<rail version="1.0"><output><string name="a" validators="contains-string: A; lower-case"/></output></rail>',
            "contradiction",
        ),
    ],
)
def test_an_editor_is_told_what_a_reader_is_told(text: str, code: str) -> None:
    told = check(text)
    assert code in [problem.code for problem in told]
    memory = Memory(1)
    assert problems_of(tree(text), Limits(), memory) == told
    assert problems_of(tree(text), Limits(), memory) == told


def test_what_was_told_of_a_member_is_forgotten_first_where_there_is_no_room() -> None:
    text = '<rail version="1.0"><output><string name="a" x="1"/><string name="b" y="1"/><any name="c" z="1"/></output></rail>'
    memory = Memory(2)
    for _ in range(3):
        assert problems_of(tree(text), Limits(), memory) == check(text)


def test_of_what_is_nested_too_deeply_only_the_syntax_is_told() -> None:
    deep = "<rail version=1.0><output>" + '<object name="o" x="1">' * 110 + "</object>" * 110 + "</output></rail>"
    assert {problem.code for problem in check(deep)} == {"unquoted-value"}
    unclosed = "<rail version=1.0><output>" + '<string name="s" x="1">' * 110 + "</output></rail>"
    told = {problem.code for problem in check(unclosed)}
    assert {"unquoted-value", "unclosed-element", "unknown-attribute"} <= told
