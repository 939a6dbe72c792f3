"""The XML Schema of RAIL: sound documents keep it, misspelled ones break it, and the one in the package is up to date."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest
from lxml import etree

import railguard
from railguard import SpecError, language

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared" / "corpus" / "rail_specs.jsonl"


def documents() -> list[str]:
    found = [path.read_text(encoding="utf-8") for path in (*ROOT.glob("specs/*.rail"), *ROOT.glob("examples/*/*.rail"))]
    if CORPUS.exists():
        found += [json.loads(line)["rail"] for line in CORPUS.read_text("utf-8").splitlines()]
    return found


def test_every_sound_document_keeps_the_schema() -> None:
    tried = 0
    for text in documents():
        try:
            done = language.migrated(text)
        except SpecError:
            continue
        if not done.left:
            assert language.xsd_faults(done.text) == [], done.text
            tried += 1
    assert tried >= (100 if CORPUS.exists() else 7)


@pytest.mark.parametrize(
    "inside",
    [
        '<strng name="a"/>',
        '<string nmae="a"/>',
        '<string name="a" required="yes"/>',
        '<string name="a" on-fail="retry"/>',
        '<string name="a" validators="length" on-fail-lenght="fix"/>',
        '<string name="a" min-length="-1"/>',
        '<string name="a"><string name="b"/></string>',
        '<list name="a"><string/><string/></list>',
        '<enum name="a"/>',
        '<choice name="a" discriminator="d"/>',
        "text",
    ],
)
def test_what_is_misspelled_breaks_it_at_its_line(inside: str) -> None:
    text = f'<rail version="1.0">\n<output>\n{inside}\n</output>\n</rail>'
    found = language.xsd_faults(text, file="a.rail")
    assert found
    assert all((one.code, one.file) == ("xsd", "a.rail") and one.line in (2, 3, 4) for one in found)
    assert railguard.check(text), "check says so too"


def test_an_older_document_and_what_is_no_xml_are_not_judged() -> None:
    assert language.xsd_faults('<rail version="0.1"><bogus/></rail>') == []
    assert language.xsd_faults("<rail") == []


def test_no_entity_and_no_file_is_read() -> None:
    text = '<!DOCTYPE rail [<!ENTITY x SYSTEM "file:///etc/passwd">]><rail version="1.0"><output/><messages>&x;</messages></rail>'
    assert all("root" not in one.message for one in language.xsd_faults(text))


def test_the_schema_in_the_package_is_that_of_the_built_in_validators() -> None:
    own = [one for one in railguard.validators() if one.check.__module__.split(".")[0] == "railguard_validators"]
    shipped = files("railguard.language").joinpath("rail.xsd").read_text(encoding="utf-8")
    assert shipped == language.xsd(own), "run `make docs`"
    etree.XMLSchema(etree.fromstring(shipped.encode()))


def test_validators_that_are_registered_here_are_in_it() -> None:
    from railguard import validator

    @validator("xsd-test-shout", replace=True)
    def shout(value: str) -> bool:
        """Shouts & <screams>."""
        return value.isupper()

    assert '"on-fail-xsd-test-shout"' in language.xsd()
    assert "Shouts &amp; &lt;screams&gt;." in language.xsd()
