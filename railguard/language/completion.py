"""Completions at an offset of a document, which may be broken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Literal

from railguard.language.catalogue import (
    ON_FAIL_PREFIX,
    AttributeInfo,
    ElementInfo,
    actions,
    attributes,
    children,
    elements,
    primitives,
    validators,
)
from railguard.language.cursor import (
    TEXT_HOLDERS,
    as_document,
    call_at,
    calls_of,
    declarations,
    definitions,
    is_rules,
    parent_tag,
    text_at,
    uses_of_variables,
)
from railguard.lazy import regex
from railguard.rail.syntax import AttributeSyntax, Document, ElementSyntax, Place
from railguard.validation import registry
from railguard.validation.registry import canonical_name

__all__ = ["Completion", "CompletionKind", "completions"]

CompletionKind = Literal[
    "element", "attribute", "validator", "argument", "action", "value", "variable", "primitive", "definition", "end-tag"
]
"""The kind of name that a completion inserts."""

_OPEN = regex(r"\$\{?(gr\.)?\w*\Z")
_CLOSING = regex(r"(\w*)(\}?)")
_NAME = regex(r"[\w.-]*")
_ARGUMENT = regex(r"(?:(\w+)=)?[\w.-]*\Z")
_CHOICES = regex(r"'([^']*)'|\"([^\"]*)\"")
_SCHEMAS = {
    "output_schema": "The wanted output, as JSON Schema.",
    "xml_output_schema": "The wanted output, as XML.",
}


@dataclass(frozen=True, slots=True)
class Completion:
    """One completion.

    Attributes:
        label: The text in the list of completions.
        kind: Its kind.
        insert: The text that replaces the text from `start` to `end`.
        start: The start of the replaced text.
        end: The end of the replaced text.
        detail: A short text next to the label.
        doc: Its explanation as Markdown.
        snippet: `insert` with the tab stops of the language server protocol: `$1`, `${1:word}`, `$0`; None if there are
            none.
    """

    label: str
    kind: CompletionKind
    insert: str
    start: int
    end: int
    detail: str = ""
    doc: str = ""
    snippet: str | None = None


def completions(text: str | Document, offset: int) -> list[Completion]:
    """Return the completions at an offset.

    Args:
        text: A RAIL document, however broken, or its tree.
        offset: The index in the text.

    Returns:
        Everything that is allowed there; the caller filters it by the text that was typed already.
    """
    document = as_document(text)
    offset = max(0, min(offset, len(document.text)))
    return list(_completions(document, offset))


def _completions(document: Document, offset: int) -> Iterator[Completion]:
    if text_at(document, offset) is not None and document.text[offset - 1 : offset] != "<":
        yield from _in_template(document, offset)
        return
    place = document.place(offset)
    match place.kind:
        case "tag":
            yield from _tags(document, place)
        case "space" | "attribute":
            yield from _attribute_names(document, place, offset)
        case "value":
            yield from _values(document, place, offset)
        case "end-tag":
            yield from _end_tag(document, place, offset)
        case "text" if place.element is None or place.element.tag not in TEXT_HOLDERS:
            if place.element is not None or document.root is None:
                yield from _elements_in(place.element, offset, offset, "<", closed=False)
        case _:
            return


def _tags(document: Document, place: Place) -> Iterator[Completion]:
    element = place.element
    named = element is not None and element.start + 1 == place.start
    around = element.parent if named and element is not None else element
    rest = document.text[place.end : place.end + 1]
    has_more = named and element is not None and (bool(element.attributes) or rest in (">", "/"))
    yield from _elements_in(around, place.start, place.end, "", closed=has_more)


def _elements_in(
    around: ElementSyntax | None, start: int, end: int, mark: str, *, closed: bool
) -> Iterator[Completion]:
    """Yield the elements that are allowed in a parent. closed: whether the rest of the tag is already written."""
    if around is None:
        tags: Iterable[str] = ("rail",)
    elif around.tag == "rail":
        there = {one.tag for one in around.elements if one.start + 1 != start}
        tags = [tag for tag in children("rail") if tag not in there]
    else:
        kind = around.get("type") if around.tag == "output" else None
        tags = children(around.tag, type=kind) if around.tag in elements() else ()
    for tag in tags:
        info = elements()[tag]
        needed = attributes(tag, None if around is None else around.tag)
        snippet = None if closed else mark + _snippet(info, [one for one in needed if one.required])
        yield Completion(
            tag,
            "element",
            mark + tag,
            start,
            end,
            " or ".join(sorted(info.types)) if len(info.types) < 3 else "",
            _doc_of(info),
            snippet,
        )


def _snippet(info: ElementInfo, needed: list[AttributeInfo]) -> str:
    """Return an element with its required attributes, as a snippet."""
    if info.tag == "rail":
        return (
            'rail version="1.0">\n  <output>\n    $1\n  </output>\n  <messages>\n    <message role="user">'
            "$2\n\n\\${gr.complete_json_suffix_v2}\n    </message>\n  </messages>\n</rail>$0"
        )
    given = "".join(f' {one.name}="{_place(number, one)}"' for number, one in enumerate(needed, 1))
    if info.holds == "nothing":
        return f"{info.tag}{given}/>$0"
    if info.holds == "text":
        return f"{info.tag}{given}>$0</{info.tag}>"
    return f"{info.tag}{given}>\n  $0\n</{info.tag}>"


def _place(number: int, attribute: AttributeInfo) -> str:
    word = {"role": "user", "version": "1.0"}.get(attribute.name)
    return f"${{{number}:{word}}}" if word else f"${number}"


def _doc_of(info: ElementInfo) -> str:
    also = f"\n\nAlso written {', '.join(f'`<{name}>`' for name in info.aliases)}." if info.aliases else ""
    return info.doc + also


def _attribute_names(document: Document, place: Place, offset: int) -> Iterator[Completion]:
    element, at = place.element, place.attribute
    if element is None or (place.kind == "space" and not document.text[offset - 1 : offset].isspace()):
        return
    kind = element.get("type") if element.tag == "output" else None
    start, end, behind = place.start, place.end, ""
    if at is not None and at.start == offset:  # the beginning of a new attribute before the next one
        at, start, end, behind = None, offset, offset, " "
    written = {one.name for one in element.attributes if one is not at}
    for one in attributes(element.tag, parent_tag(element), type=kind):
        names = [one.name]
        if one.name.startswith(ON_FAIL_PREFIX):
            names = [ON_FAIL_PREFIX + canonical_name(call.name) for call in calls_of(element) if call.name]
        for name in dict.fromkeys(names):
            if name in written:
                continue
            has_value = at is not None and at.raw is not None
            default = f"default: {one.default}" if one.default else ""
            yield Completion(
                name,
                "attribute",
                name if has_value else f'{name}=""{behind}',
                start,
                end,
                default or one.kind,
                one.doc.replace("NAME", name.removeprefix(ON_FAIL_PREFIX)),
                None if has_value else f'{name}="$1"{behind}',
            )


def _values(document: Document, place: Place, offset: int) -> Iterator[Completion]:
    element, attribute = place.element, place.attribute
    if element is None or attribute is None:
        return
    if is_rules(attribute):
        yield from _rules(element, attribute, offset)
        return
    start, end = place.start, place.end
    if attribute.name == "on-fail" or attribute.name.startswith(ON_FAIL_PREFIX):
        for action in actions():
            yield Completion(
                action.name, "action", action.name, start, end, "the default" * action.is_default, action.doc
            )
        return
    if attribute.name == "to" and element.tag == "ref":
        for one in definitions(document):
            tag = "" if one.element is None else f"<{one.element.tag}>"
            yield Completion(one.name, "definition", one.name, start, end, tag)
        return
    for choice in _choices(element, attribute):
        yield Completion(choice, "value", choice, start, end)


def _choices(element: ElementSyntax, attribute: AttributeSyntax) -> Iterable[str]:
    if attribute.name == "default" and element.tag in ("bool", "boolean"):
        return ("true", "false")
    if attribute.name == "default" and element.tag == "enum":
        values = element.get("values") or ""
        return [] if values.strip().startswith("{") else [value.strip() for value in values.split(",") if value.strip()]
    kind = element.get("type") if element.tag == "output" else None
    known = attributes(element.tag, parent_tag(element), type=kind)
    return next((one.choices for one in known if one.name == attribute.name), ())


def _rules(element: ElementSyntax, attribute: AttributeSyntax, offset: int) -> Iterator[Completion]:
    at = call_at(attribute, offset)
    if at is None or at.in_name:
        start = offset if at is None else at.name_start
        end = offset if at is None else at.name_end
        if at is not None and at.call.brackets is None:
            follows = attribute.value[at.call.offset + len(at.call.name) :].lstrip()[:1] == ":"
        else:
            follows = at is not None
        yield from _validators(element, start, end, follows=follows)
        return
    validator = registry.find_validator(at.call.name)
    if validator is None:
        return
    word = _ARGUMENT.search(attribute.value, at.call.rest_at, max(at.at, at.call.rest_at))
    begin = at.at if word is None else word.start()
    given = {token.keyword.name for token in at.call.tokens if token.keyword is not None}
    if word is not None and word[1] is not None:
        begin += len(word[1]) + 1
        parameter = next((one for one in validator.parameters if one.name == word[1]), None)
        for value in [] if parameter is None else _literals(parameter.type):
            yield Completion(value, "value", value, attribute.offset_of(begin), offset)
        return
    for parameter in validator.parameters:
        if parameter.name not in given:
            yield Completion(
                f"{parameter.name}=",
                "argument",
                f"{parameter.name}=",
                attribute.offset_of(begin),
                offset,
                str(parameter),
                parameter.doc,
            )


def _validators(element: ElementSyntax, start: int, end: int, *, follows: bool) -> Iterator[Completion]:
    """Yield the validators for the type of an element. follows: whether a colon is already written."""
    info = elements().get(element.tag)
    types = info.types if info is not None else frozenset()
    if element.tag in TEXT_HOLDERS or element.tag == "messages":
        types = frozenset({"string"})
    for one in validators():
        if types and not types & one.types:
            continue
        needs = any(parameter.required for parameter in one.parameters)
        insert = f"{one.name}: " if needs and not follows else one.name
        words = "\n".join(takewhile(str.strip, one.manual.words))
        yield Completion(one.name, "validator", insert, start, end, one.signature, words)


def _literals(written: str) -> list[str]:
    """Return the values in a parameter's type: `bool`, `Literal['a', 'b']`."""
    if written.startswith("bool"):
        return ["true", "false"]
    return [one or other for one, other in _CHOICES.findall(written)] if "Literal" in written else []


def _end_tag(document: Document, place: Place, offset: int) -> Iterator[Completion]:
    element = place.element
    if element is None:
        return
    end = _NAME.match(document.text, place.start)
    closed = document.text[end.end() if end else offset :][:1] == ">"
    insert = element.tag if closed else f"{element.tag}>"
    yield Completion(element.tag, "end-tag", insert, place.start, end.end() if end else offset)


def _in_template(document: Document, offset: int) -> Iterator[Completion]:
    line = document.text.rfind("\n", 0, offset) + 1
    opened = _OPEN.search(document.text, line, offset)
    if opened is None or document.text[opened.start() - 1 : opened.start()] == "$":
        return
    closing = _CLOSING.match(document.text, offset)
    name_end, closed = (offset, False) if closing is None else (closing.end(1), bool(closing[2]))
    end = name_end + closed
    start = opened.start()
    for name, doc in {**_variables(document), **_SCHEMAS}.items():
        kind: CompletionKind = "primitive" if name in _SCHEMAS else "variable"
        yield Completion(f"${{{name}}}", kind, f"${{{name}}}", start, end, "", doc)
    for primitive in primitives().values():
        shows = f"shows the schema as {' and '.join(primitive.shows)}" if primitive.shows else ""
        label = f"${{gr.{primitive.name}}}"
        yield Completion(label, "primitive", label, start, end, shows, primitive.text)


def _variables(document: Document) -> dict[str, str]:
    """Return the declared variables with their descriptions; if none is declared, the variables that are used
    elsewhere.
    """
    declared = declarations(document)
    found = {one.name: (one.element.get("description") or "") if one.element else "" for one in declared if one.name}
    return found or dict.fromkeys((one.name for one in uses_of_variables(document)), "")
