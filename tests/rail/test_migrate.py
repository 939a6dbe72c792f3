"""A document that is migrated says in RAIL 1.0 what it said, and keeps what does not have to change."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest

from railguard import Guard, RailguardError, SpecError
from railguard.rail import check, load
from railguard.rail.migrate import migrated

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus" / "rail_specs.jsonl"
NOBODY_BUT_THE_AUTHOR = {"unknown-validator", "validator-arguments", "validator-syntax", "validator-package"}


def documents() -> list[str]:
    found = [path.read_text(encoding="utf-8") for path in sorted((Path(__file__).parents[2] / "specs").glob("*.rail"))]
    if CORPUS.exists():
        found += [json.loads(line)["rail"] for line in CORPUS.read_text("utf-8").splitlines()]
    return found


def test_every_document_that_loads_is_migrated_and_has_the_same_schema_prompt_and_text() -> None:
    compared = 0
    for text in documents():
        try:
            old = load(text)
        except SpecError:
            with pytest.raises(SpecError):
                migrated(text)
            continue
        done = migrated(text)
        assert done.changed is (old.version != "1.0")
        errors = {problem.code for problem in check(done.text) if problem.severity == "error"}
        assert errors == {problem.code for problem in done.left}
        assert errors <= NOBODY_BUT_THE_AUTHOR
        if errors:
            continue
        new = load(done.text)
        assert new.schema.root == old.schema.root
        assert new.messages == old.messages
        assert new.reask == old.reask
        assert new.inputs == old.inputs
        before, after = (Guard(spec, unknown_validators="ignore") for spec in (old, new))
        assert before.json_schema() == after.json_schema()
        variables = dict.fromkeys(before.variables, "a value")
        with contextlib.suppress(RailguardError):  # a variable with rules of its own
            assert before.render(variables) == after.render(variables)
        assert migrated(done.text).text == done.text
        compared += 1
    assert compared >= (120 if CORPUS.exists() else 3)


def test_what_does_not_have_to_change_stays_as_it_is_written() -> None:
    text = """<?xml version="1.0" encoding="UTF-8"?>
<!-- fees -->
<rail version="0.1">
  <output>
    <!-- a comment -->
    <string   name='a&#233;'
              description="two
lines &amp; more" format="length: 1 80" on-fail-length="fix" />  <!-- behind -->
    <boolean name="b" required="True"/>
  </output>
  <prompt>
    Read <![CDATA[<b>]]> &lt;this&gt; &#169;: {{document}} <!-- aside -->
    for $5.
    @complete_json_suffix_v2
  </prompt>
</rail>
"""
    done = migrated(text)
    assert (
        done.text
        == """<?xml version="1.0" encoding="UTF-8"?>
<!-- fees -->
<rail version="1.0">
  <output shown-as="json-schema">
    <!-- a comment -->
    <string   name='a&#233;'
              description="two
lines &amp; more" validators="length: 1 80" on-fail-length="fix" />  <!-- behind -->
    <boolean name="b"/>
  </output>
  <messages><message role="user">
    Read <![CDATA[<b>]]> &lt;this&gt; &#169;: ${document} <!-- aside -->
    for $5.
    ${gr.complete_json_suffix_v2}
  </message></messages>
</rail>
"""
    )
    assert done.dropped == done.left == ()
    assert load(done.text).messages == load(text).messages


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('<rail version="0.1"><output/></rail>', '<rail version="1.0"><output/></rail>'),
        ("<rail><output/></rail>", '<rail version="1.0"><output/></rail>'),
        (
            '<rail version="0.1"><output/><prompt>a</prompt><instructions>b</instructions></rail>',
            '<rail version="1.0"><output/><messages><message role="system">b</message><message role="user">a</message>'
            "</messages></rail>",
        ),
        (
            '<rail version="0.1"><output/><instructions>b</instructions>\n<prompt>a</prompt></rail>',
            '<rail version="1.0"><output/><messages><message role="system">b</message>\n<message role="user">a</message>'
            "</messages></rail>",
        ),
        (
            '<rail version="0.1"><output/><reask_prompt>again ${error_messages}</reask_prompt></rail>',
            '<rail version="1.0"><output/><reask><message role="user">again ${error_messages}</message></reask></rail>',
        ),
        (
            '<rail version="0.1"><output/><messages><message role="user">A ${z} {{x}} and $${y} costs $$5 @me '
            "<b>!</b></message></messages></rail>",
            '<rail version="1.0"><output/><messages><message role="user">A ${z} ${x} and $${y} costs $5 @me '
            "&lt;b>!&lt;/b></message></messages></rail>",
        ),
        (
            '<rail version="0.1"><output><sql name="q" format="bug-free-sql words"/></output></rail>',
            '<rail version="1.0"><output><string name="q" hint="bug-free-sql words"/></output></rail>',
        ),
        (
            '<rail version="0.1"><output><object><string name="a"/></object></output></rail>',
            '<rail version="1.0"><output><string name="a"/></output></rail>',
        ),
        (
            '<rail version="0.1"><output><list description="d"><string name="a"/></list></output></rail>',
            '<rail version="1.0"><output type="list" description="d"><string/></output></rail>',
        ),
        (
            '<rail version="0.1"><output><string name="a" validators="length(1, 5)" bogus="1"/></output></rail>',
            '<rail version="1.0"><output><string name="a" validators="length: 1 5"/></output></rail>',
        ),
        (
            '<rail version="0.1"><output><choice name="c" discriminator="d" on-fail-choice="fix"><case name="a"/>'
            "</choice></output></rail>",
            '<rail version="1.0"><output><choice name="c" discriminator="d" on-fail="fix"><case name="a"/>'
            "</choice></output></rail>",
        ),
        (
            '<rail version="0.1"><input><string name="a"/></input><output/><prompt>${a} ${b}</prompt></rail>',
            '<rail version="1.0"><input><string name="a"/><any name="b"/></input><output/><messages>'
            '<message role="user">${a} ${b}</message></messages></rail>',
        ),
    ],
)
def test_each_old_way_of_saying_it_has_a_new_one(old: str, new: str) -> None:
    assert migrated(old).text == new
    before, after = load(old), load(new)
    assert (before.schema.root, before.messages, before.reask) == (after.schema.root, after.messages, after.reask)


def test_what_is_not_said_any_more_and_what_only_the_author_can_mend_is_told_with_its_place() -> None:
    text = """<rail version="0.1">
<script language="python">import os</script>
<output>
  <string name="a" format="is-vegan" on-fail-is-vegan="fix" bogus="1"/>
  stray
  <string/>
</output>
</rail>
"""
    done = migrated(text)
    assert [(p.line, p.code) for p in done.dropped] == [
        (2, "script-not-run"),
        (4, "unknown-attribute"),
        (5, "stray-text"),
        (6, "missing-name"),
    ]
    (left,) = done.left
    assert (left.code, done.text.splitlines()[left.line - 1].strip()) == (
        "unknown-validator",
        '<string name="a" validators="is-vegan" on-fail-is-vegan="fix"/>',
    )


def test_a_document_of_version_1_0_stays_as_it_is_and_a_broken_one_is_refused() -> None:
    text = '<rail   version="1.0"><output /></rail>'
    assert migrated(text).text == text
    assert not migrated(text).changed
    with pytest.raises(SpecError) as caught:
        migrated('<rail version="0.1"><output></rail>')
    assert caught.value.problems[0].line == 1
    with pytest.raises(SpecError) as caught:
        migrated('<rail version="0.1"></rail>')
    assert [problem.code for problem in caught.value.problems] == ["no-output"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('<rail version="0.1"><output><choice name="c" discriminator="k"/></output></rail>', "a choice without cases"),
        (
            '<rail version="0.1"><output><choice name="c" discriminator="k" foo="1"/></output></rail>',
            "a choice without cases",
        ),
        (
            '<rail version="0.1"><output><object name="o"><choice name="c" discriminator="k"/></object></output></rail>',
            "a choice without cases",
        ),
        ('<rail version="0.1"><output><string name="a"><length min="1"/></string></output></rail>', "element-length"),
        (
            '<rail version="0.1"><output><string name="a" validators="length: 1 9; valid-length: 2 8" on-fail-length="fix" on-fail-valid-length="noop"'
            ' foo="1"/></output></rail>',
            "'length' is given twice, with different on-fail actions",
        ),
        (
            '<rail version="0.1"><definitions><case name="x"/></definitions><output><string name="a"/></output></rail>',
            "<case> where a type is expected",
        ),
    ],
)
def test_what_version_1_0_cannot_say_is_refused_with_the_reason(text: str, told: str) -> None:
    load(text)
    with pytest.raises(SpecError) as caught:
        migrated(text)
    (problem,) = caught.value.problems
    assert problem.code == "migrate"
    assert told in problem.message


OLD = [
    '<rail><output><string name="a"/></output></rail>',
    '<rail version="0.1" foo="x"><output><string name="a"/></output></rail>',
    '<rail version="0.1"><output><string name="a"/></output><input/><prompt>Read {{doc}}.</prompt></rail>',
    '<rail version="0.1"><output><string name="a"/></output><input ></input><prompt>Read {{doc}}.</prompt></rail>',
    '<rail version="0.1"><output><string name="a"/></output><input><any name="x"/></input><prompt>Read {{doc}} {{x}}.</prompt></rail>',
    '<rail version="0.1"><output><list><string/></list></output></rail>',
    '<rail version="0.1"><output repair="none"><list><string/></list></output></rail>',
    '<rail version="0.1"><output><string/></output></rail>',
    '<rail version="0.1"><output><object><string name="a"/></object></output></rail>',
    '<rail version="0.1"><output><list>words<string/></list></output></rail>',
    '<rail version="0.1"><output><string format="length: 1 9"/></output></rail>',
    '<rail version="0.1"><output><object>\n  <string name="a"/>\n</object></output></rail>',
    '<rail version="0.1"><output><object name="o">words<string name="a"/></object></output></rail>',
    '<rail version="0.1"><output><object name="o"><foo name="x"/><string name="a"/></object></output></rail>',
    '<rail version="0.1"><output><object name="o"><extra><integer/></extra></object></output></rail>',
    '<rail version="0.1"><output><choice name="c" on-fail-choice="exception"><case name="x"><string name="a"/></case><case name="y"><integer name="b"/></case></choice></output></rail>',
    '<rail version="0.1"><output><choice name="c" discriminator="k"><case name="x"><string name="a"/></case><case name="y"><integer name="b"/></case></choice></output></rail>',
    '<rail version="0.1"><output><object name="o"><string name="a"/><string name="a"/></object></output></rail>',
    '<rail version="0.1"><output><string name="a"/><string name="a"/></output></rail>',
    '<rail version="0.1"><output><string name="a" format="length: 1 10; two-words" on-fail-two-words="fix"/></output></rail>',
    '<rail version="0.1"><output><string name="a" format="some words"/></output></rail>',
    '<rail version="0.1"><output><string name="a" format="length: 1 9" validators="two-words"/></output></rail>',
    '<rail version="0.1"><output><string name="a" on-fail-length="fix"/></output></rail>',
    '<rail version="0.1"><output><string name="a" validators="length: 1 9" on-fail-length="FIX"/></output></rail>',
    '<rail version="0.1"><output type="strng"/></rail>',
    '<rail version="0.1"><output type="string" validators="length: 1 9" strict="true"/></rail>',
    '<rail version="0.1"><output strict="true"><string name="a" required="True" foo="x"/></output></rail>',
    '<rail version="0.1"><definitions><object name="T"><string name="a" format="length: 1 2"/></object></definitions><output><ref name="t" to="T"/></output></rail>',
    '<rail version="0.1"><output><string name="a"/></output><instructions>Be <!-- c -->brief.</instructions><prompt><![CDATA[Read {{doc}}]]> @complete_json_suffix_v2</prompt></rail>',
    '<rail version="0.1"><output><string name="a"/></output><messages><message role=\'user\'>Read {{doc}} $5 ${gr.complete_json_suffix}</message></messages></rail>',
    '<rail version="0.1"><output><string name="a"/></output><prompt>Read {{doc}}</prompt><reask_prompt>Mend {{error_messages}}</reask_prompt></rail>',
    '<rail version="0.1"><output><string name="a"/></output><prompt>Read {{doc}}</prompt><reask><message role=\'user\'>Mend</message></reask></rail>',
    '<rail version="0.1"><output><bool name="a"/></output></rail>',
    '<rail version="0.1"><output><int name="a"/><str name="b"/></output></rail>',
    '<rail version="0.1"><output><email name="a"/></output></rail>',
    '<rail version="0.1"><output><date name="a" date-format="%d"/></output></rail>',
    '<rail version="0.1"><output><list name="l"/></output></rail>',
    '<rail version="0.1"><output><list name="l"><string name="x"/></list></output></rail>',
    '<rail version="0.1"><output><list name="l"><string/><integer/></list></output></rail>',
    '<rail version="0.1"><output><object name="o"/></output></rail>',
    '<rail version="0.1"><output><enum name="e" values="a, b"/></output></rail>',
    '<rail version="0.1"><output><string name="a"></string ></output></rail>',
    '<rail version="0.1"><output><pythoncode name="p"/></output></rail>',
    '<rail version="0.1"><output><sql name="q" validators="bug-free-sql"/></output></rail>',
    '<rail version="0.1"><output><list name="l" format="length: 1 2"><object><string name="a" required="false"/></object></list></output></rail>',
    '<rail version="0.1"><output><string name="a" format="length: 1 9" format2="x"/></output></rail>',
    '<rail version="0.1"><output>\n  <choice name="c">\n    <!-- kept -->\n    <case name="x"><string name="a"/></case>\n  </choice>\n</output></rail>',
    '<rail version="0.1"><output><string name="a"/></output><prompt>Read {{doc}}</prompt>\n<instructions>Be brief.</instructions></rail>',
    '<rail version="0.1"><output><string name="a"/></output><instructions>Be brief.</instructions><!-- between -->\n<prompt>Read {{doc}}</prompt></rail>',
    '<rail version="0.1"><output><string name="a"/></output><prompt>Read {{doc}}</prompt><input/><instructions>Be brief.</instructions></rail>',
    '<rail version="0.1"><output><string name="a"/></output><prompt/></rail>',
    '<rail version="0.1"><output><string name="a"/></output><prompt>Use <b>bold</b> &amp; <br/> words.</prompt></rail>',
    '<rail version="0.1"><output><string name="a"/></output><messages><message>Read {{doc}}</message><message role=\'system\'/></messages></rail>',
    "<rail version=\"0.1\"><output><string name=\"a\"/></output><messages foo='x'>words<message role='user'>Read</message><note>aside</note></messages><prompt>Not this</prompt></rail>",
    "<rail version=\"0.1\"><output><string name=\"a\"/></output><prompt validators='length: 1 99' on-fail-length='exception'>Read {{doc}}</prompt></rail>",
    '<rail version="0.1"><output><string name="a"/></output><prompt format=\'length: 1 99\'>Read {{doc}}</prompt></rail>',
    "<rail version=\"0.1\"><output><string name=\"a\"/></output><messages validators='length: 1 99'><message role='user' validators='length: 1 88' foo='x'>Read</message></messages></rail>",
    "<rail version=\"0.1\"><output><string name=\"a\"/></output><messages><message role='user' xml:space='preserve'>  Read  </message></messages><reask>Mend it.</reask></rail>",
    '<rail version="0.1"><output><string name="a"/></output><prompt>Pay $5, ${x}, $${y}, {{ z }} and {output_schema} @json_suffix_prompt</prompt></rail>',
    '<rail version="0.1"><output><string name="a"/></output><output_schema/><prompt>Go.</prompt></rail>',
    '<rail version="0.1"><output><string name="a" validators="no-such-rule: 1" on-fail-no-such-rule="fix"/></output></rail>',
    '<rail version="0.1"><output><object name="o" validators="length: 1 2" on-fail-length="REASK" description="d"><string name="a" on-fail="noop"/></object></output></rail>',
    '<rail version="0.1"><output><float name="a" format="valid-range: 0 1" on-fail-valid_range="fix"/></output></rail>',
    '<rail version="0.1"><output><list name="l"><object><string name="a"/><string name="a"/></object></list></output></rail>',
    '<rail version="0.1"><output><choice name="c" discriminator="k"><case name="x"><object name="x"><string name="a"/></object></case><case name="y"><string name="b"/></case></choice></output></rail>',
    '<rail version="0.1"><output><choice name="c"><case name="x"><string name="x"/></case></choice><string name="b"/></output></rail>',
    '<rail version="0.1"><output><string name="a" default="x" required="false" format="one-line"/></output></rail>',
    '<rail version="0.1"><definitions><object name="T"><choice name="c"><case name="x"><string name="a"/></case></choice></object></definitions><output><ref name="r" to="T"/></output></rail>',
    '<rail version="0.1"><output type="list" format="length: 1 9"><string/></output></rail>',
    '<rail version="0.1"><output type="object" repair="judgement"><choice><case name="x"><string name="a"/></case></choice></output></rail>',
    '<rail version="0.1"><output>\r\n  <list name="l">\r\n    <string/><integer/>\r\n  </list>\r\n</output></rail>',
    '<rail version="0.1"><output><list name="l"><string/><foo/></list></output></rail>',
    '<rail version="0.1"><output><list name="l"><case name="x"><string name="a"/></case></list></output></rail>',
    '<rail version="0.1"><output><choice name="c" discriminator="k"><case name="x"><string/></case><foo/></choice><string/></output></rail>',
    '<rail version="0.1"><output><choice name="c" discriminator="k"><case><string name="q"/></case><case name="x"><string name="a"/></case></choice></output></rail>',
    '<rail version="0.1"><output><string name="a" format="length: 1 9" validators="length: 1 9" hint="x"/></output></rail>',
    '<rail version="0.1"><output><string name="a" validators="length: 1 9" on-fail-length="reask" on-fail-LENGTH="reask"/></output></rail>',
    '<rail version="0.1"><output><float name="a" validators="valid-range: 0 1" on-fail-valid_range="reask"/></output></rail>',
    '<rail version="0.1"><output><string name="a" validators="length: 1 9" on-fail-length="whatever"/></output></rail>',
    '<rail version="0.1"><output><string name="a" nullable="false" foo="1"/></output></rail>',
    '<rail version="0.1"><output><string name="x" required="true" foo="1"/></output></rail>',
    '<rail version="0.1"><output><str name="a"></str><bool name="b"></bool></output></rail>',
    '<rail version="0.1"><output><string name="a"/></output><input><any name="x"/></input><prompt>Read {{x}}.</prompt></rail>',
    '<rail version="0.1"><output><string name="a"/></output><messages/></rail>',
    '<rail version="0.1"><output><string name="a"/></output><messages foo="1"/></rail>',
    '<rail version="0.1"><output><string name="a"/></output><messages validators="length: 1 99" foo="1"></messages></rail>',
    '<rail version="0.1"><output><string name="a"/></output><prompt validators="length(1, 99)">Read {{doc}}</prompt></rail>',
    '<rail version="0.1"><output><string name="a"/></output><prompt validators="length: a b">Read {{doc}}</prompt></rail>',
    '<rail version="0.1"><output><string name="a" validators="length: 1e400" foo="1"/></output></rail>',
    '<rail version="0.1"><output><string name="a" validators="length: a b" foo="1"/></output></rail>',
    '<rail version="0.1"><output><string name="a" validators="length: 1 9; valid-length: 2 8" on-fail-length="fix" on-fail-valid-length="noop"/></output></rail>',
    '<rail version="0.1"><output><string name="a"/></output><prompt validators="length: 1 9; valid-length: 2 8" on-fail-length="fix" on-fail-valid-length="noop">Read {{doc}}</prompt></rail>',
    '<rail version="0.1"><definitions><foo/><string name="T"/></definitions><output><ref name="r" to="T"/></output></rail>',
    '<rail version="0.1"><output><string name="a"/></output><input><any/><any name="x"/></input><prompt>Read {{x}}.</prompt></rail>',
    '<rail version="0.1"><output><string name="a">x<string name="b"/></string></output></rail>',
    '<rail version="0.1"><output><extra><string/><foo/></extra></output></rail>',
    '<rail version="0.1"><output strict="false" foo="1"><string name="a"/></output></rail>',
]
"""Documents of older dialects, each with something that version 1.0 says in another way."""


@pytest.mark.parametrize("text", OLD)
def test_a_migrated_document_says_the_same_without_a_warning_and_is_migrated_once(text: str) -> None:
    old = load(text)
    done = migrated(text)
    assert done.changed
    assert {problem.code for problem in done.left} <= NOBODY_BUT_THE_AUTHOR
    if done.left:
        assert {one.code for one in check(done.text) if one.severity == "error"} == {one.code for one in done.left}
        return
    new = load(done.text)
    assert new.version == "1.0"
    assert (new.schema.root, new.schema.definitions) == (old.schema.root, old.schema.definitions)
    assert (new.messages, new.reask, new.inputs) == (old.messages, old.reask, old.inputs)
    assert migrated(done.text).text == done.text
    for comment in ("<!-- kept -->", "<!-- c -->", "<!-- between -->"):
        assert (comment in done.text) is (comment in text)
