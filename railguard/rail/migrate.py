"""Converts a document of an older dialect to RAIL 1.0 with the same schema, messages and variables.

Edits are applied to the source: comments, CDATA, character references and line breaks are kept where nothing has to
change. An element whose content has to change is written again from its parsed form. The result is loaded and compared
with the original, so that the meaning never changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from railguard.errors import Problem, SpecError
from railguard.prompting.shown import form_of, shows_schema
from railguard.rail import grammar
from railguard.rail.dialect import OLD_ELEMENTS
from railguard.rail.edits import SourceEdit, applied, without, without_stray_text
from railguard.rail.elements import TAGS
from railguard.rail.migrate_messages import KEPT_WARNINGS, double_quoted, messages_of
from railguard.rail.other_elements import STRICT, TABLE, attribute_names
from railguard.rail.problem_report import Report
from railguard.rail.rule_attributes import ON_FAIL_PREFIX, name_spellings
from railguard.rail.source import Source
from railguard.rail.spec_reader import RailParts, read_spec
from railguard.rail.syntax import AttributeSyntax, Document, ElementSyntax, MarkupSyntax
from railguard.rail.tolerant import tree
from railguard.rail.writer import attributes_of, escaped, lines_of
from railguard.rail.xml import parse_xml
from railguard.schema import AnyNode, Field, Node, ObjectNode
from railguard.schema.formats import is_text
from railguard.spec import Spec
from railguard.validation import registry
from railguard.values import Limits

__all__ = ["Migration", "migrated"]

_OLDER = "0.6"
_DROPS = {
    "duplicate-element": "it is left out",
    "duplicate-name": "only the last one is kept",
    "misplaced-element": "it is left out",
    "missing-name": "it is left out",
    "no-effect": "it is left out",
    "on-fail-without-validator": "it is left out",
    "pydantic-model": "its model is not looked up",
    "script-not-run": "it is left out",
    "stray-text": "it is left out",
    "unknown-attribute": "it is left out",
    "unknown-element": "another element replaces it",
    "unknown-on-fail": "another action replaces it",
    "bad-default": "it is left out",
}
"""Codes of parts of an older document that version 1.0 does not have → what happens to them."""

_OF_CONTENT = (
    "duplicate-name",
    "missing-attribute",
    "missing-child",
    "missing-name",
    "misplaced-element",
    "too-many-items",
)
"""Codes of problems inside an element because of which it is written again."""


@dataclass(frozen=True, slots=True)
class Migration:
    """The result of a migration to RAIL 1.0.

    Attributes:
        text: the document.
        changed: whether anything had to change.
        dropped: the parts of the older document that the new one lacks, each with its position in the older one.
        left: the errors that only the author can correct, each with its position in the new document: an unregistered
            validator.
    """

    text: str
    changed: bool
    dropped: tuple[Problem, ...] = ()
    left: tuple[Problem, ...] = ()


def migrated(data: str | bytes, *, file: str | None = None, limits: Limits | None = None) -> Migration:
    """Convert a document of any dialect to RAIL 1.0.

    Args:
        data: the document.
        file: the file name in problems.
        limits: limits on reading it.

    Returns:
        The new document, and the parts that were dropped.

    Raises:
        SpecError: if the document cannot be read; with code "migrate" if version 1.0 cannot express it.
    """
    limits = limits or Limits()
    source = Source.of(data, file, limits.spec_bytes)
    reading = RailParts(parse_xml(source, limits), Report(source), limits)
    spec = reading.spec()
    problems = reading.report.problems()
    if spec is None or reading.report.failed:
        raise SpecError(problems)
    if reading.report.strict:
        return Migration(source.text, False)
    dropped = tuple(
        replace(problem, message=problem.message.rpartition(": ")[0] or problem.message, hint=_DROPS[problem.code])
        for problem in problems
        if problem.code in _DROPS
    )
    unsaid = "it would read otherwise"
    for whole in (False, True):
        try:
            edits = _Editor(source, reading, spec, whole=whole).edits()
        except ValueError as wrong:  # the writer has no words for a part that is written again
            unsaid = str(wrong)
            break
        text = _shown_as_before(applied(source.text, edits), spec)
        again, problems = read_spec(text, file, limits)
        errors = [problem for problem in problems if problem.severity == "error"]
        left = tuple(problem for problem in errors if problem.code in _ONLY_THE_AUTHOR)
        if again is not None and _says_the_same(spec, again):
            return Migration(text, True, dropped)
        if errors and len(left) == len(errors) and _says_the_same(spec, _as_older(text, file, limits)):
            return Migration(text, True, dropped, left)
        unsaid = errors[0].message if errors else unsaid
    raise SpecError(
        [
            Problem(
                f"version {STRICT} cannot say the same: {unsaid}",
                "migrate",
                file=file,
                hint="`railguard schema --to rail` writes what can be said; compare it with the document",
            )
        ]
    )


_ONLY_THE_AUTHOR = ("unknown-validator", "validator-arguments", "validator-syntax", "validator-package")


def _shown_as_before(text: str, spec: Spec) -> str:
    """Add `shown-as` for JSON Schema to the new document if version 1.0 would show less to models."""
    root = spec.schema.root
    says_nothing = isinstance(root, AnyNode) or (isinstance(root, ObjectNode) and not root.fields)
    form = form_of(replace(spec, version=STRICT))
    output = next((one for one in tree(text).walk() if one.tag == "output"), None)
    if (
        output is None
        or says_nothing
        or is_text(spec.schema)
        or not shows_schema(spec.messages)
        or form == form_of(spec)
    ):
        return text
    return f'{text[: output.name_end]} shown-as="{form_of(spec)}"{text[output.name_end :]}'


def _as_older(text: str, file: str | None, limits: Limits) -> Spec | None:
    """Read a document of version 1.0 as an older one, in which rules that cannot run are kept."""
    return read_spec(text.replace(f'version="{STRICT}"', f'version="{_OLDER}"', 1), file, limits)[0]


def _says_the_same(old: Spec, new: Spec | None) -> bool:
    return new is not None and _plain(old) == _plain(new)


def _plain(spec: Spec) -> str:
    rules = [(one.role, one.rule) for one in spec.message_rules]
    said = (spec.schema.root, spec.schema.definitions, spec.messages, spec.reask, spec.inputs, spec.repair, rules)
    return repr(said)


class _Editor:
    """The edits of one document. whole: whether the output is written again because editing its parts was not enough."""

    def __init__(self, source: Source, reading: RailParts, spec: Spec, *, whole: bool) -> None:
        self.text, self.reading, self.spec, self.whole = source.text, reading, spec, whole
        self.document: Document = tree(source.text, most_elements=reading.limits.spec_elements)
        self.nodes = reading.nodes.sense.nodes()
        self.members = reading.nodes.members
        self.found = reading.report.places()

    def edits(self) -> list[SourceEdit]:
        root = self.document.root
        assert root is not None, "what was read has a root"
        found = [*self._version(root)]
        seen: set[str] = set()
        for child in root.elements:
            if (child.tag not in TABLE and child.tag not in OLD_ELEMENTS) or child.tag == "script" or child.tag in seen:
                found.append(without(self.text, child))
                continue
            seen.add(child.tag)
            if child.tag == "output":
                found += self._output(child)
            elif child.tag in ("input", "definitions"):
                found += self._inside(child)
        found += without_stray_text(root)
        found += self._inputs(root)
        return found + messages_of(root, self.text, self.reading, self.found)

    # -- <rail>

    def _version(self, root: ElementSyntax) -> Iterator[SourceEdit]:
        version = root.attribute("version")
        if version is None:
            yield SourceEdit(root.name_end, root.name_end, f' version="{STRICT}"')
        else:
            yield SourceEdit(version.value_start, version.value_end, STRICT)
        for one in root.attributes:
            if one.name not in attribute_names("rail"):
                yield self._attribute_gone(root, one)

    def _inputs(self, root: ElementSyntax) -> Iterator[SourceEdit]:
        """Declare variables that messages use and <input> does not declare."""
        element = next((one for one in root.elements if one.tag == "input"), None)
        if element is None or self.spec.inputs is None:
            return
        declared = {one.get("name") for one in element.elements}
        missing = [one.name for one in self.spec.inputs.fields if one.name not in declared]
        if not missing:
            return
        written = "".join(f'<any name="{escaped(name)}"/>' for name in missing)
        if element.is_empty:
            yield SourceEdit(
                element.start, element.end, f"{self.text[element.start : element.end - 2].rstrip()}>{written}</input>"
            )
        else:
            assert element.close is not None, "the text is well-formed"
            yield SourceEdit(element.close, element.close, written)

    # -- types

    def _output(self, element: ElementSyntax) -> Iterator[SourceEdit]:
        only = element.elements[0] if len(element.elements) == 1 else None
        root = self.spec.schema.root
        if self.whole:
            yield self._anew(element, root)
        elif only is not None and only.get("name") is None and self._row_tag(element) == "object" and only.tag in TAGS:
            yield from self._hoisted(element, only)
        else:
            yield from self._type(element, root, None, given={"type", "repair", "strict"})

    def _row_tag(self, element: ElementSyntax) -> str:
        kind = element.get("type") or "object"
        return TAGS[kind].tag if kind in TAGS else "object"

    def _hoisted(self, output: ElementSyntax, only: ElementSyntax) -> Iterator[SourceEdit]:
        """Replace an output that has exactly one unnamed element: the output gets that element's type."""
        tag, wanted = attributes_of(self.spec, self.spec.schema.root)
        node = self.spec.schema.root
        repair = output.attribute("repair")
        start = "<output" + ("" if tag == "object" else f' type="{tag}"')
        if repair is not None:
            start += f" {self.text[repair.start : repair.end]}"
        if self._is_broken_inside(only):
            yield self._anew(output, node)
            return
        start += "".join(f" {one}" for one in self._attributes(only, wanted, set()))
        between = self.text[output.tag_end : only.start]
        if only.is_empty:
            yield SourceEdit(output.start, only.end, f"{start}>{between}")
            return
        yield SourceEdit(output.start, only.tag_end, f"{start}>{between}")
        assert only.close is not None, "the text is well-formed"
        yield SourceEdit(only.close, only.end, "")
        yield from self._inside(only)

    def _inside(self, element: ElementSyntax) -> Iterator[SourceEdit]:
        """Yield the edits of the types inside an element."""
        if self._has(element.start, "stray-text", element.end):
            yield from without_stray_text(element)
        for child in element.elements:
            if child.tag == "extra" and child.get("name") is None:
                yield from self._inside(child)
                continue
            member = self.members.get(child.start)
            node = self.nodes.get(child.start)
            nameless = element.tag in ("definitions", "input") and child.get("name") is None
            if nameless or (node is None and child.tag != "case"):
                yield without(self.text, child)
                continue
            field = member.field() if member is not None and self._is_member(element, child) else None
            yield from self._type(child, node, field, given={"name"} if child.tag == "case" else set())

    def _is_member(self, parent: ElementSyntax, child: ElementSyntax) -> bool:
        return child.get("name") is not None and parent.tag != "definitions"

    def _type(
        self, element: ElementSyntax, node: Node | None, field: Field | None, given: set[str]
    ) -> Iterator[SourceEdit]:
        """Yield the edits of one type element. given: attributes of its place that stay."""
        if node is None:
            yield from self._inside(element)
            return
        if self._is_broken_inside(element):
            yield self._anew(element, node, field)
            return
        try:
            tag, wanted = attributes_of(self.spec, node, field)
        except ValueError:
            return  # only the author knows the meaning: the problem is reported for the new document
        if element.tag == "output":
            tag = "output"
        elif element.tag in ("case", "input", "extra") or (element.tag in TAGS and TAGS[element.tag].tag == tag):
            tag = element.tag
        if element.parent is not None and element.parent.tag == "definitions":
            given = {*given, "name"}
        if tag != element.tag or self._differs(element):
            end = "/>" if element.is_empty else ">"
            attributes = "".join(f"{lead}{one}" for lead, one in self._spaced(element, wanted, given))
            tail = self._tail(element)
            yield SourceEdit(element.start, element.tag_end, f"<{tag}{attributes}{tail}{end}")
            if element.close is not None and tag != element.tag:
                yield SourceEdit(element.close, element.end, f"</{tag}>")
        yield from self._inside(element)

    def _tail(self, element: ElementSyntax) -> str:
        """Return the white space before the end of a start tag."""
        end = element.tag_end - (2 if element.is_empty else 1)
        start = element.attributes[-1].end if element.attributes else element.name_end
        return self.text[start:end]

    def _differs(self, element: ElementSyntax) -> bool:
        """Whether anything in a start tag belongs to an older dialect."""
        if any(name != spelled for name, spelled in _actions(element).items()):
            return True
        return any(element.start <= at < element.tag_end for at, _ in self._codes(element.start, element.tag_end))

    def _codes(self, start: int, end: int) -> list[tuple[int, str]]:
        return [(at, code) for at, code in self.found if start <= at < end]

    def _has(self, start: int, code: str, end: int) -> bool:
        return any(one == code for _, one in self._codes(start, end))

    def _is_broken_inside(self, element: ElementSyntax) -> bool:
        """Whether the direct content of an element has to be written again."""
        own = [one for at, one in self._codes(element.start, element.start + 1)]
        below = [code for child in element.elements for _, code in self._codes(child.start, child.start + 1)]
        if element.tag == "choice" and element.get("discriminator") is None:
            return True
        if any(code in _OF_CONTENT for code in below) or "missing-child" in own or "missing-attribute" in own:
            return True
        names = [child.get("name") for child in element.elements]
        if "duplicate-name" in [code for _, code in self._codes(element.tag_end, element.end)]:
            given = [name for name in names if name is not None]
            return len(set(given)) < len(given)
        return False

    def _anew(self, element: ElementSyntax, node: Node, field: Field | None = None) -> SourceEdit:
        """Write an element again from its parsed form."""
        line = self.text.rfind("\n", 0, element.start) + 1
        indent = self.text[line : element.start]
        indent = indent if not indent.strip() else ""
        name = element.get("name") if element.parent is not None and element.parent.tag == "definitions" else None
        lines = lines_of(self.spec, node, 0, field, name)
        if element.tag == "output":
            tag, _ = attributes_of(self.spec, node)
            start = lines[0].replace(f"<{tag}", "<output" + ("" if tag == "object" else f' type="{tag}"'), 1)
            repair = "" if self.spec.repair == "lossless" else f' repair="{self.spec.repair}"'
            lines[0] = start.replace("<output", f"<output{repair}", 1)
            lines[-1] = lines[-1].replace(f"</{tag}>", "</output>") if len(lines) > 1 else lines[-1]
        end = "\r\n" if "\r\n" in self.text else "\n"
        comments = [self.text[one.start : one.end] for one in _markup(element) if one.kind == "comment"]
        return SourceEdit(element.start, element.end, f"{end}{indent}".join([*comments, *lines]))

    # -- attributes

    def _attributes(self, element: ElementSyntax, wanted: Mapping[str, str], given: set[str]) -> list[str]:
        return [one for _, one in self._spaced(element, wanted, given)]

    def _spaced(self, element: ElementSyntax, wanted: Mapping[str, str], given: set[str]) -> Iterator[tuple[str, str]]:
        """Yield the attributes of an element, each with the white space before it: unchanged if they are valid,
        otherwise in the form of version 1.0.
        """
        left = dict(wanted)
        end = element.name_end
        names = {one.name for one in element.attributes}
        actions = _actions(element)
        for one in element.attributes:
            lead, end = self.text[end : one.start] or " ", one.end
            raw = self.text[one.start : one.end]
            told = {code for at, code in self._codes(one.start, one.end)}
            if one.name == "format" and "format" not in wanted:
                for name in ("validators", "hint"):
                    if name in left and name not in names:
                        value = left.pop(name)
                        same = one.value == value
                        yield lead, f"{name}={raw[one.value_start - 1 - one.start :] if same else double_quoted(value)}"
                        lead = " "
                continue
            if one.name in given:
                if one.name == "type" and one.value not in TAGS:
                    yield lead, f'type="{attributes_of(self.spec, self.spec.schema.root)[0]}"'
                elif one.name != "strict":
                    yield lead, raw
                left.pop(one.name, None)
            elif one.name in left:
                value = left.pop(one.name)
                kept = not (told - KEPT_WARNINGS) or one.value == value
                yield lead, raw if kept else f"{one.name}={double_quoted(value)}"
            elif one.name in actions:
                action = actions[one.name]
                raw = raw.replace(one.name, action, 1)
                kept = not (told - KEPT_WARNINGS)
                if action in left:
                    value = left.pop(action)
                    yield lead, raw if kept else f"{action}={double_quoted(value)}"
                elif kept:
                    yield lead, raw  # it states the default
            elif one.name.startswith(ON_FAIL_PREFIX):
                continue  # for no validator of the element
            elif not told and one.name not in ("name", "required", "default", "format"):
                yield lead, raw  # it states the default
            elif one.name == "required" and "name" in wanted and not told:
                yield lead, raw
        yield from ((" ", f"{name}={double_quoted(value)}") for name, value in left.items())

    def _attribute_gone(self, element: ElementSyntax, one: AttributeSyntax) -> SourceEdit:
        before = [other.end for other in element.attributes if other.end <= one.start]
        return SourceEdit(max(before, default=element.name_end), one.end, "")


def _markup(element: ElementSyntax) -> Iterator[MarkupSyntax]:
    """Yield the comments and similar markup inside an element, at any depth."""
    for one in element.walk():
        for child in one.children:
            if isinstance(child, MarkupSyntax):
                yield child


def _actions(element: ElementSyntax) -> dict[str, str]:
    """Map the on-fail attributes of an element to their spelling in version 1.0, with the validator's registered name."""
    found: dict[str, str] = {}
    written = "; ".join(element.get(name) or "" for name in ("validators", "format"))
    calls = grammar.parse_calls(written)
    for one in element.attributes:
        if not one.name.startswith(ON_FAIL_PREFIX):
            continue
        key = registry.canonical_name(one.name.removeprefix(ON_FAIL_PREFIX))
        for call in calls:
            validator = registry.find_validator(call.name) if call.name else None
            if key in name_spellings(call.name, validator):
                named = registry.canonical_name(call.name) if validator is None else validator.name
                found[one.name] = f"{ON_FAIL_PREFIX}{named}"
    return found
