"""The tree of a document that may be broken: every place is right, nothing is lost, and it costs linear time."""

from __future__ import annotations

import itertools
import json
import random
import time
from pathlib import Path
from xml.parsers import expat

import pytest

from railguard import language
from railguard.testing.growth import steep_growth

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared" / "corpus" / "rail_specs.jsonl"
SPEC = """<?xml version="1.0"?>
<!-- fees -->
<rail version="1.0">
  <output>
    <string name='a&amp;b' description="two
lines &#233;" validators="length: 1 80; one-line"/>
    <list name="l"><any/></list>
  </output>
  <messages>
    <message role="user">Read &lt;this&gt; <![CDATA[<b>]]> ${x}</message>
  </messages>
</rail>
"""


def documents() -> list[str]:
    found = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "specs").glob("*.rail"))]
    if CORPUS.exists():
        found += [json.loads(line)["rail"] for line in CORPUS.read_text("utf-8").splitlines()]
    return found


def is_well_formed(text: str) -> bool:
    parser = expat.ParserCreate("utf-8")
    try:
        parser.Parse((text.lstrip() if text.lstrip().startswith("<?xml") else text).encode(), True)
    except expat.ExpatError:
        return False
    return True


def test_elements_attributes_and_texts_stand_where_they_are_written():
    document = language.tree(SPEC)
    assert document.faults == []
    root = document.root
    assert root is not None
    assert [one.tag for one in root.walk()] == ["rail", "output", "string", "list", "any", "messages", "message"]
    string = next(one for one in root.walk() if one.tag == "string")
    assert SPEC[string.start : string.tag_end].startswith("<string name=")
    assert SPEC[string.start : string.end].endswith("/>")
    assert document.position(string.start) == (5, 5)
    assert document.offset(5, 5) == string.start
    assert {one.name: one.value for one in string.attributes} == {
        "name": "a&b",
        "description": "two lines é",
        "validators": "length: 1 80; one-line",
    }
    for one in string.attributes:
        assert SPEC[one.start : one.name_end] == one.name
        assert SPEC[one.value_start : one.value_end] == one.raw
        assert SPEC[one.value_end : one.end] in ("'", '"')
    message = next(one for one in root.walk() if one.tag == "message")
    texts = [child for child in message.children if isinstance(child, language.TextSyntax)]
    assert "".join(one.value for one in texts) == "Read <this> <b> ${x}"
    assert message.close is not None
    assert SPEC[message.close : message.end] == "</message>"


def test_an_offset_of_a_value_is_found_in_the_source_and_back():
    document = language.tree('<rail a="x&amp;y\r\nz &#233; é!"/>')
    assert document.root is not None
    (one,) = document.root.attributes
    for index, character in enumerate(one.value):
        offset = one.offset_of(index)
        assert document.text[offset] in (character, "&", "\r")
        assert one.index_of(offset) == index
    assert one.offset_of(len(one.value)) == one.value_end


@pytest.mark.parametrize(
    ("text", "kind", "element", "attribute"),
    [
        ("<rail><outp|", "tag", "outp", None),
        ("<rail>\n  <|\n</rail>", "tag", "rail", None),
        ('<rail><string na|="x"/></rail>', "attribute", "string", "na"),
        ('<rail><string name="x|"/></rail>', "value", "string", "name"),
        ('<rail><string name="x" |/></rail>', "space", "string", None),
        ('<rail><string name="|', "value", "string", "name"),
        ('<rail><string name="x" validators="len|\n  <integer name="b"/></rail>', "value", "string", "validators"),
        ("<rail>a|b</rail>", "text", "rail", None),
        ("<rail>|</rail>", "text", "rail", None),
        ("<rail><a/>|</rail>", "text", "rail", None),
        ("<rail></ra|il>", "end-tag", "rail", None),
        ("<rail></|", "end-tag", "rail", None),
        ("<rail><!-- a| --></rail>", "comment", "rail", None),
        ("<rail><![CDATA[ a| ]]></rail>", "other", "rail", None),
        ("|", "text", None, None),
    ],
)
def test_what_stands_at_an_offset_is_told(text: str, kind: str, element: str | None, attribute: str | None):
    offset = text.index("|")
    place = language.tree(text.replace("|", "")).place(offset)
    assert place.kind == kind
    assert (place.element.tag if place.element else None) == element
    assert (place.attribute.name if place.attribute else None) == attribute


def test_every_offset_of_every_prefix_has_a_place():
    for end in range(0, len(SPEC), 7):
        document = language.tree(SPEC[:end])
        for offset in range(0, end + 1, 5):
            place = document.place(offset)
            assert 0 <= place.start <= place.end <= end


def test_a_text_has_faults_exactly_if_it_is_not_well_formed():
    chance = random.Random(7)
    signs = ["<", ">", '"', "'", "&", "/", "=", " ", "\n", "</", "/>", "x", "&#0;", "--", "]]>", "é"]
    for text in documents():
        assert (language.tree(text).faults == []) is is_well_formed(text)
        for _ in range(6):
            at = chance.randrange(len(text))
            cut = chance.choice((0, 0, 1, 1, 3))
            broken = text[:at] + chance.choice(("", *signs)) + text[at + cut :]
            faults = language.tree(broken).faults
            assert (faults == []) is is_well_formed(broken), (at, broken[max(0, at - 40) : at + 40], faults)


def test_spans_nest_and_lie_in_the_text_whatever_the_text_is():
    chance = random.Random(3)
    parts = ["<a", "<b ", "</a>", "</b>", "</", ">", "/>", '"', "'", "=", "x", " ", "\n", "&amp;", "&", "<!--", "-->"]
    parts += ["<![CDATA[", "]]>", "<?xml ?>", "<!DOCTYPE x>", 'n="v"', "<"]
    for _ in range(3000):
        text = "".join(chance.choice(parts) for _ in range(chance.randrange(1, 30)))
        document = language.tree(text)
        assert (document.faults == []) <= is_well_formed(text), text
        for fault in document.faults:
            assert 0 <= fault.start <= fault.end <= len(text), (text, fault)
        for one in document.walk():
            assert text.startswith("<" + one.tag, one.start)
            assert one.start < one.tag_end <= one.end <= len(text), text
            around = one.parent
            assert around is None or around.tag_end <= one.start <= one.end <= around.end, text
            ends = [(child.start, child.end) for child in one.children]
            assert all(a[1] <= b[0] for a, b in itertools.pairwise(ends)), text


def test_a_large_document_and_a_hostile_one_are_read_in_linear_time():
    line = '    <string name="abc" description="words" validators="length: 1 5; one-line" on-fail-length="fix"/>\n'

    def sound(n):
        return '<rail version="1.0"><output>' + line * n + "</output></rail>"

    assert language.tree(sound(9_900)).faults == []
    assert steep_growth(language.tree, sound) is None
    for piece in (
        "<a>",
        '<a b="',
        "&",
        "<",
        "<!DOCTYPE ",
        "<a b=\"<a c='",
        "</a",
        "<!-- ",
        '<a b="x <b ',
        '<a "',
        "<?",
    ):
        faults = language.tree("<rail>" + piece * (1_000_000 // len(piece))).faults
        assert faults
        assert len(faults) <= 1_001
        assert steep_growth(language.tree, lambda n: "<rail>" + piece * n) is None, piece  # noqa: B023


def drawn(document: language.Document) -> list[object]:
    """All that a tree says."""
    found: list[object] = list(document.faults)
    todo = list(document.nodes)
    while todo:
        node = todo.pop()
        if not isinstance(node, language.ElementSyntax):
            found.append(repr(node))
            continue
        attributes = [(one.name, one.start, one.name_end, one.value_start, one.end, one.raw) for one in node.attributes]
        found += [node.tag, node.start, node.tag_end, node.close, node.end, node.is_empty, node.is_sound, attributes]
        todo += node.children
    return found


def test_the_tree_of_a_changed_text_is_that_of_the_text_alone():
    chance = random.Random(5)
    signs = [
        "<",
        ">",
        '"',
        "&",
        "/",
        " ",
        "\n",
        "x",
        "<a>",
        "</a>",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<b c='d'/>",
        "é",
    ]
    for text in [SPEC, SPEC * 2, *documents()[::9]]:
        before = language.tree(text)
        for _ in range(40):
            at = chance.randrange(len(text) + 1)
            cut = chance.choice((0, 0, 0, 1, 1, 5, 60))
            text = text[:at] + chance.choice(("", *signs)) + text[at + cut :]
            after = language.tree(text, before=before)
            assert drawn(after) == drawn(language.tree(text)), text
            before = after if chance.random() < 0.9 else language.tree(text)
            if chance.random() < 0.3:
                text = before.text[: chance.randrange(len(before.text) + 1)] + before.text[-chance.randrange(1, 400) :]
    few = language.tree("<rail>" + "<a><b/></a>" * 20 + "</rail>", most_elements=50)
    for most in (50, 41, 40, 39, 12):
        text = few.text.replace("</rail>", "<c/></rail>")
        after = language.tree(text, before=few, most_elements=most)
        assert drawn(after) == drawn(language.tree(text, most_elements=most))


def test_what_did_not_change_is_not_read_again():
    line = '    <string name="abc" description="words" validators="length: 1 5; one-line"/>\n'
    spec = '<rail version="1.0"><output>' + f"<object>\n{line * 20}</object>" * 100 + "</output></rail>"
    before = language.tree(spec)
    at = len(spec) // 2
    changed = spec[:at] + "x" + spec[at:]
    costs: list[list[float]] = [[], []]
    for _ in range(5):
        for cost, known in zip(costs, (None, before), strict=True):
            start = time.process_time()
            language.tree(changed, before=known)
            cost.append(time.process_time() - start)
    assert min(costs[1]) * 4 < min(costs[0])  # it is a tenth and less


def test_elements_deeper_than_anybody_needs_are_not_read():
    for inside in ("", "<b/>", "</a>" * 900):
        (fault,) = language.tree("<a>" * 1_001 + "<c/>" + inside).faults
        assert (fault.code, fault.start) == ("too-deep", 3 * 1_001)
    deep = "<a>" * 1_000 + "<b/>" + "</a>" * 1_000
    before = language.tree(deep)
    assert before.faults == []
    for changed in (f"<c>{deep}</c>", f"<c>{deep}", f"x{deep}", deep.replace("<b/>", "<b><d/></b>")):
        assert drawn(language.tree(changed, before=before)) == drawn(language.tree(changed))


def test_more_elements_than_allowed_are_not_read():
    document = language.tree("<rail>" + "<a/>" * 30 + "</rail>", most_elements=20)
    assert [fault.code for fault in document.faults] == ["too-many-elements"]
    assert len(list(document.walk())) == 21
