"""A document that is laid out says what it said before, to the character of every text, and is laid out for good."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from railguard import SpecError
from railguard.rail import check, formatted, load

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared" / "corpus" / "rail_specs.jsonl"

UGLY = """<?xml version="1.0" encoding="UTF-8"?>
<!-- what a bank
     charges -->
<rail   version='1.0' >
<output   ><string name = "a"
   description='say "hi" &amp; &#233;&#10;bye'/> <!-- short -->


<list name="l"><!-- inside --><object>
<string name="x" description="words that make the line longer than it may be"    validators="length: 1 80; one-line"
 on-fail-length="fix"/>
</object></list>
<object name="o"></object>
  </output>
<messages><message role="user">
    Read &lt;this&gt;, <![CDATA[<b>]]> ${x}
      and that. ${output_schema}</message>
</messages></rail>
<!-- the end -->"""

LAID_OUT = """<?xml version="1.0" encoding="UTF-8"?>
<!-- what a bank
     charges -->
<rail version="1.0">
  <output>
    <string name="a" description='say "hi" &amp; &#233;&#10;bye'/> <!-- short -->

    <list name="l">
      <!-- inside -->
      <object>
        <string name="x" description="words that make the line longer than it may be"
                validators="length: 1 80; one-line" on-fail-length="fix"/>
      </object>
    </list>
    <object name="o"/>
  </output>
  <messages>
    <message role="user">
    Read &lt;this&gt;, <![CDATA[<b>]]> ${x}
      and that. ${output_schema}</message>
  </messages>
</rail>
<!-- the end -->
"""


def test_the_layout_is_canonical_and_keeps_comments_cdata_and_references() -> None:
    assert formatted(UGLY) == LAID_OUT
    assert formatted(LAID_OUT) == LAID_OUT
    before, after = load(UGLY), load(LAID_OUT)
    assert (before.schema.root, before.messages) == (after.schema.root, after.messages)


def test_a_layout_that_would_change_what_a_document_says_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from railguard.rail import layout

    monkeypatch.setattr(layout, "_INDENT", "x")
    with pytest.raises(SpecError, match="cannot be formatted without changing its meaning"):
        formatted(UGLY)


def test_the_line_ends_of_a_document_are_kept() -> None:
    text = UGLY.replace("\n", "\r\n")
    assert formatted(text) == LAID_OUT.replace("\n", "\r\n")


@pytest.mark.parametrize("text", ["", "<rail", "<rail><a></rail>", "<!DOCTYPE rail><rail/>", "plain"])
def test_what_is_no_xml_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        formatted(text)
    assert caught.value.line == 1


@pytest.mark.parametrize(
    "text",
    [
        "<rail><output>stray <b>words</b> here</output></rail>",
        '<rail><output><string name="a">text</string><!-- - --></output></rail>',
        "<rail><prompt>a<!-- c -->b <x  y='1'/>\n </prompt><output/></rail>",
        '<rail version="1.0"><output><string name="a" description="a > b \'c\' &quot;"/></output></rail>',
        '<rail><output><object name="o"> </object><choice/></output></rail>',
    ],
)
def test_a_document_with_faults_is_laid_out_and_keeps_them(text: str) -> None:
    laid_out = formatted(text)
    assert formatted(laid_out) == laid_out
    assert sorted((p.code, p.message.split(" at ")[0]) for p in check(laid_out)) == sorted(
        (p.code, p.message.split(" at ")[0]) for p in check(text)
    )


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not part of the project")
def test_every_document_of_the_corpus_means_the_same_and_is_laid_out_once() -> None:
    count = 0
    for line in CORPUS.read_text("utf-8").splitlines():
        text = json.loads(line)["rail"]
        try:
            laid_out = formatted(text)
        except SpecError:
            continue
        count += 1
        assert formatted(laid_out) == laid_out
        try:
            before = load(text)
        except SpecError:
            continue
        after = load(laid_out)
        assert (before.schema.root, before.messages, before.reask) == (after.schema.root, after.messages, after.reask)
    assert count >= 140
