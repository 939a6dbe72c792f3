"""xml: a text is a well-formed XML document."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.xml import xml


def test_it_keeps_the_laws():
    check_validator(
        xml,
        passing=["<a/>", '<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>', "<a><b x='1'/>&lt;&#233;</a>", "<ä/>"],
        failing=[
            "",
            "a",
            "<a>",
            "<a></b>",
            "<a/><b/>",
            "<a x=1/>",
            "<p:a/>",
            "<a>&nbsp;</a>",
            "<a>\0</a>",
            " <?xml?><a/>",
        ],
    )
    check_validator(xml(root="a"), passing=["<a/>", "<p:a xmlns:p='u'/>"], failing=["<b/>", "<A/>"])


@pytest.mark.parametrize(
    ("value", "message", "span"),
    [
        ("<a></b>", "mismatched tag at line 1, column 6", (5, 6)),
        ("<a>\n é & b</a>", "not well-formed (invalid token) at line 2, column 5", (8, 9)),
        ("<p:a/>", "unbound prefix at line 1, column 1", (0, 1)),
        ("", "no element found at line 1, column 1", (0, 0)),
        ("<a>\ud800</a>", "it has a lone surrogate, which is no character, at line 1, column 4", (3, 4)),
        ("<a><b>", 'no element found (some are not closed: "a", "b") at line 1, column 7', (6, 6)),
    ],
)
def test_a_failure_says_what_is_wrong_and_where(value, message, span):
    result = xml().run(value)
    assert (result.message, result.spans) == (f"The text is not well-formed XML: {message}.", [span])


@pytest.mark.parametrize(
    "hostile",
    [
        '<!DOCTYPE a [<!ENTITY x "xx"><!ENTITY y "&x;&x;">]><a>&y;</a>',
        '<!DOCTYPE a SYSTEM "file:///etc/hostname"><a/>',
        "<!DOCTYPE a><a/>",
    ],
)
def test_a_doctype_is_refused(hostile):
    assert (
        xml()
        .run(hostile)
        .message.startswith(
            "The text is not well-formed XML: a DOCTYPE is not allowed; leave it out at line 1, column "
        )
    )


def test_depth_is_bounded():
    assert xml().run("<a>" * 128 + "</a>" * 128) is None
    assert "nested more than 128 deep" in xml().run("<a>" * 129 + "</a>" * 129).message


def test_the_root_is_named_without_its_prefix():
    assert xml(root="svg").run('<s:svg xmlns:s="u"/>') is None
    assert xml(root="svg").run("<html/>").message == 'The root element must be "svg"; it is "html".'


@pytest.mark.parametrize("root", ["", "a b", "p:a", "<a>"])
def test_a_root_that_is_no_name_is_refused(root):
    with pytest.raises(SpecError):
        xml(root=root)


def test_only_what_stands_around_the_document_is_mended():
    assert xml().run("```xml\n<a/>\n```").fix == "<a/>"
    assert xml().run('\n<?xml version="1.0"?><a/>').fix == '<?xml version="1.0"?><a/>'
    assert xml().run("<a>").fix is UNSET
    assert xml(root="b").run("```xml\n<a/>\n```").fix is UNSET


def test_it_reads_as_words_for_a_model():
    assert xml("note").describe() == "a well-formed XML document with the root element note"
