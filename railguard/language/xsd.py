"""RAIL 1.0 as an XML Schema (XSD 1.0), for XML editors without RAIL support.

XSD 1.0 has no pattern for the names of attributes, so it lists each `on-fail-NAME`; the schema therefore depends on the
validators that are registered. `check` covers what XSD cannot express: defaults against their elements, arguments,
references, templates.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from railguard.errors import Problem, SpecError
from railguard.language.catalogue import ON_FAIL_PREFIX, AttributeInfo, ElementInfo, elements
from railguard.lazy import regex
from railguard.rail.other_elements import STRICT
from railguard.rail.source import Source
from railguard.rail.writer import escaped
from railguard.rail.xml import parse_xml
from railguard.validation import Validator, registry
from railguard.values import Limits

__all__ = ["faults", "xsd"]

_XML = "http://www.w3.org/XML/1998/namespace"
_NOTHING = "urn:railguard:nothing"
_NUMBERS = {"count": "xs:nonNegativeInteger", "number": "xs:double", "step": "xs:double"}


def xsd(validators: Iterable[Validator] | None = None) -> str:
    """Return the schema as text.

    Args:
        validators: the validators whose `on-fail-NAME` it lists; by default all registered ones.

    Returns:
        An XSD 1.0 document. It accepts every valid RAIL 1.0 document that uses only these validators and spells their
        on-fail names as `railguard validators` does.
    """
    known = registry.validators() if validators is None else list(validators)
    return "\n".join(_lines(known)) + "\n"


@cache
def _schema(text: str) -> Any:
    from lxml import etree

    return etree.XMLSchema(etree.fromstring(text.encode()))


def faults(data: str | bytes, *, file: str | None = None) -> list[Problem]:
    """Return the errors that an XML editor would show with the XSD; `check` finds all of them, and more.

    Args:
        data: the document.
        file: the file name in problems.

    Returns:
        A problem with code "xsd" for each place where a document of version 1.0 violates the schema. Empty for an older
        document, and for a text that is not XML.
    """
    from lxml import etree

    limits = Limits()
    try:
        source = Source.of(data, file, limits.spec_bytes)
        parse_xml(source, limits)  # lxml gets no DOCTYPE, and nothing larger or deeper than a spec may be
    except SpecError:
        return []
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    declared = _DECLARATION.match(source.text)
    blank = "\n" * (declared[0].count("\n") if declared else 0)
    root = etree.fromstring((blank + source.text[declared.end() if declared else 0 :]).encode(), parser)
    if root.tag == "rail" and root.get("version") != STRICT:
        return []
    schema = _schema(xsd())
    schema.validate(root)
    return [
        Problem(
            one.message,
            "xsd",
            file=file,
            line=one.line,
            column=max(one.column, 1),
            hint="`railguard check` without --xsd says it in RAIL's own words",
        )
        for one in schema.error_log
    ]


_DECLARATION = regex(r"\A\s*<\?xml[^>]*\?>")


def _lines(validators: list[Validator]) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield "<!-- RAIL 1.0, made by railguard from its own tables. -->"
    yield '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="unqualified">'
    yield f'  <xs:import namespace="{_XML}"/>'
    yield from _choice_types()
    yield from _rules(validators)
    infos = elements()
    yield '  <xs:group name="type">'
    yield "    <xs:choice>"
    for tag, info in infos.items():
        if info.is_type:
            yield f'      <xs:element name="{tag}" type="{tag}"/>'
    yield "    </xs:choice>"
    yield "  </xs:group>"
    for tag, info in infos.items():
        yield from _element(tag, info)
    yield '  <xs:element name="rail" type="rail"/>'
    yield "</xs:schema>"


def _choice_types() -> Iterator[str]:
    """Yield a simple type for each kind of attribute with a list of values."""
    kinds: dict[str, tuple[str, ...]] = {}
    for info in elements().values():
        for one in info.attributes:
            if one.choices:
                kinds.setdefault(one.kind, one.choices)
    for kind, choices in kinds.items():
        yield f'  <xs:simpleType name="{kind}">'
        yield '    <xs:restriction base="xs:string">'
        for choice in choices:
            yield f'      <xs:enumeration value="{escaped(choice)}"/>'
        yield "    </xs:restriction>"
        yield "  </xs:simpleType>"


def _rules(validators: list[Validator]) -> Iterator[str]:
    """Yield the attributes for rules, with an on-fail attribute for each name and alias of each validator."""
    yield '  <xs:attributeGroup name="rules">'
    yield from _attribute(
        AttributeInfo("validators", "The rules that the value must keep: `length: 1 80; one-line`.", "validators"), 4
    )
    named = {name: one for one in validators for name in (one.name, *one.aliases)}
    for name in sorted(named):
        if _is_name(name):
            doc = f"What happens when the validator {name} fails: {_first_sentence(named[name].description)}"
            yield from _attribute(AttributeInfo(f"{ON_FAIL_PREFIX}{name}", doc, "on-fail", ("reask",)), 4)
    yield "  </xs:attributeGroup>"


def _is_name(name: str) -> bool:
    return name.replace("-", "").replace("_", "").replace(".", "").isalnum()


def _first_sentence(text: str) -> str:
    sentence, stop, _ = " ".join(text.partition("\n\n")[0].split()).partition(". ")
    return (sentence + stop).strip()


def _element(tag: str, info: ElementInfo) -> Iterator[str]:
    """Yield the complex type of one element."""
    mixed = ' mixed="true"' if info.holds == "text" else ""
    yield f'  <xs:complexType name="{tag}"{mixed}>'
    yield from _documentation(info.doc, 4)
    if info.holds == "elements":
        yield from _content(tag, info)
    elif info.holds == "nothing":
        # White space is allowed in it, unlike in an empty type, and no element can match.
        yield f'    <xs:sequence><xs:any namespace="{_NOTHING}" minOccurs="0"/></xs:sequence>'
    attributes = {one.name: one for one in info.attributes}
    if tag == "output":
        for other in elements().values():  # the attributes of every element that its type may name
            if other.is_type:
                attributes = {**{one.name: _optional(one) for one in other.attributes}, **attributes}
    if info.is_type:
        yield '    <xs:attribute name="name" type="xs:string"/>'
        yield '    <xs:attribute name="required" type="flag"/>'
        yield '    <xs:attribute name="default" type="xs:string"/>'
    rules = False
    for one in attributes.values():
        if one.name == "validators" or one.name.startswith(ON_FAIL_PREFIX):
            rules = True
        elif not one.name.startswith("xml:"):
            yield from _attribute(one, 4)
    if rules:
        yield '    <xs:attributeGroup ref="rules"/>'
    if any(name.startswith("xml:") for name in attributes):
        yield f'    <xs:anyAttribute namespace="{_XML}" processContents="lax"/>'
    yield "  </xs:complexType>"


def _optional(one: AttributeInfo) -> AttributeInfo:
    return AttributeInfo(one.name, one.doc, one.kind, one.choices)


def _content(tag: str, info: ElementInfo) -> Iterator[str]:
    if tag == "rail":
        yield "    <xs:all>"
        for child in info.children:
            least = 1 if child == "output" else 0
            yield f'      <xs:element name="{child}" type="{child}" minOccurs="{least}"/>'
        yield "    </xs:all>"
        return
    most = "1" if tag in ("list", "extra") else "unbounded"
    least = 1 if tag in ("choice", "union", "extra") else 0
    yield f'    <xs:choice minOccurs="{least}" maxOccurs="{most}">'
    types = {name for name, one in elements().items() if one.is_type}
    if types & set(info.children):
        yield '      <xs:group ref="type"/>'
    others = [child for child in info.children if child not in types]
    if tag == "output":
        others.append("case")
    for child in others:
        yield f'      <xs:element name="{child}" type="{child}"/>'
    yield "    </xs:choice>"


def _attribute(one: AttributeInfo, indent: int) -> Iterator[str]:
    lead = " " * indent
    kind = one.kind if one.choices else _NUMBERS.get(one.kind, "xs:string")
    use = ' use="required"' if one.required else ""
    yield f'{lead}<xs:attribute name="{one.name}" type="{kind}"{use}>'
    yield from _documentation(one.doc, indent + 2)
    yield f"{lead}</xs:attribute>"


def _documentation(text: str, indent: int) -> Iterator[str]:
    said = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    lead = " " * indent
    yield f"{lead}<xs:annotation><xs:documentation>{said}</xs:documentation></xs:annotation>"
