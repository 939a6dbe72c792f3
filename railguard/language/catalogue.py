"""The parts of RAIL 1.0: elements and where they are allowed, their attributes, on-fail actions, primitives, formats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from railguard.prompting import primitives as texts
from railguard.prompting import templates
from railguard.rail.attributes import Attribute
from railguard.rail.elements import COMMON, ROWS, TAGS, ElementType
from railguard.rail.message_elements import REASK_VARIABLES
from railguard.rail.other_elements import REPAIRS, SHOWN, STRICT, TABLE, Block
from railguard.rail.other_names import ELEMENTS
from railguard.schema.formats import FORMATS
from railguard.spec import Slot
from railguard.validation import Validator, registry
from railguard.values import DEFAULT_ON_FAIL, ROLES, OnFail

__all__ = [
    "ActionInfo",
    "AttributeInfo",
    "ElementInfo",
    "PrimitiveInfo",
    "actions",
    "attributes",
    "children",
    "element",
    "elements",
    "formats",
    "other_names",
    "primitives",
    "roles",
    "validators",
]

ON_FAIL_PREFIX = "on-fail-"

_CONTENT: Mapping[str, tuple[str, ...]] = {
    "nothing": (),
    "item": tuple(TAGS),
    "fields": (*TAGS, "extra"),
    "cases": ("case",),
    "options": tuple(TAGS),
}
_MEMBER: Mapping[str, tuple[str, str, str]] = {
    "name": ("text", "The key in the output.", ""),
    "required": ("flag", "Whether the key must be there.", "true, unless there is a default"),
    "default": ("default", "What a missing value is filled in with: a text, or a literal.", ""),
}


@dataclass(frozen=True, slots=True)
class AttributeInfo:
    """An attribute of an element.

    Attributes:
        name: its name; "on-fail-NAME" represents one attribute for each validator of the element.
        doc: its meaning in one sentence.
        kind: the kind of its value: "text", "flag", "number", "count", "step", "pattern", "format", "strptime",
            "values", "examples", "default", "on-fail", "validators", "role", "type", "repair", "shown-as", "version",
            "space" or "definition".
        choices: the allowed values; empty if they are not listed.
        required: whether the element requires it.
        default: the default in words; "" if there is none.
    """

    name: str
    doc: str
    kind: str
    choices: tuple[str, ...] = ()
    required: bool = False
    default: str = ""


@dataclass(frozen=True, slots=True)
class ElementInfo:
    """An element of RAIL 1.0.

    Attributes:
        tag: its name.
        doc: its meaning, or a description of its values.
        aliases: its other names.
        attributes: the attributes that it may have everywhere; `attributes()` adds those of a member.
        children: the allowed child elements.
        parents: the allowed parent elements.
        is_type: whether it defines the type of a value.
        holds: "elements", "text" or "nothing".
        types: the JSON types of its values; empty if it defines no type.
    """

    tag: str
    doc: str
    aliases: tuple[str, ...]
    attributes: tuple[AttributeInfo, ...]
    children: tuple[str, ...]
    parents: tuple[str, ...]
    is_type: bool
    holds: Literal["elements", "text", "nothing"]
    types: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ActionInfo:
    """An on-fail action.

    Attributes:
        name: Its name.
        doc: Its effect in one sentence.
        is_default: Whether it is the default.
    """

    name: str
    doc: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class PrimitiveInfo:
    """A primitive: a text of railguard's own, written `${gr.NAME}`.

    Attributes:
        name: NAME in `${gr.NAME}`.
        text: its text, with `${…}` for its placeholders.
        shows: the forms of the schema that it contains: "json", "xml".
        for_reask: whether it has placeholders that only a reask fills.
    """

    name: str
    text: str
    shows: tuple[str, ...]
    for_reask: bool


@cache
def elements() -> Mapping[str, ElementInfo]:
    """Return the elements of RAIL 1.0.

    Returns:
        The elements by name, in the order of the reference; aliases are keys too.
    """
    found: dict[str, ElementInfo] = {}
    for block in TABLE.values():
        found[block.tag] = _of_block(block)
    for row in ROWS:
        for tag in (row.tag, *row.aliases):
            found[tag] = _of_row(tag, row)
    return found


def element(tag: str) -> ElementInfo | None:
    """Return the element of a name or alias.

    Args:
        tag: The name.

    Returns:
        The element, or None.
    """
    return elements().get(tag)


def attributes(tag: str, parent: str | None = None, *, type: str | None = None) -> tuple[AttributeInfo, ...]:
    """Return the attributes that an element may have under a parent.

    Args:
        tag: the element.
        parent: the parent element: members of an object have a name and more.
        type: the `type` attribute of an <output>.

    Returns:
        The attributes; empty for an unknown element.
    """
    found = element(tag)
    if found is None:
        return ()
    own = found.attributes
    if tag == "output" and type is not None and type in TAGS:
        block = TABLE["output"]
        own = (*map(_plain, block.attributes), *_of_type(TAGS[type]))
    if not found.is_type or parent is None:
        return own
    around = element(parent)
    if parent == "definitions":
        return (_member("name", required=True), *own)
    if around is not None and "extra" in around.children:
        return (_member("name", required=True), _member("required"), _member("default"), *own)
    return own


def children(tag: str, *, type: str | None = None) -> tuple[str, ...]:
    """Return the allowed child elements of an element.

    Args:
        tag: The parent element.
        type: The `type` attribute of an <output>.

    Returns:
        Their names.
    """
    if tag == "output" and type is not None and type in TAGS:
        return _CONTENT[TAGS[type].content]
    found = element(tag)
    return () if found is None else found.children


def other_names() -> Mapping[str, str]:
    """Return names of types in other languages.

    Returns:
        A mapping from the foreign name to the element of RAIL.
    """
    return ELEMENTS


def validators() -> list[Validator]:
    """Return every registered validator, with its parameters and its manual.

    Returns:
        Each by its name.
    """
    return registry.validators()


@cache
def actions() -> tuple[ActionInfo, ...]:
    """Return the on-fail actions that a spec may name.

    Returns:
        The actions.
    """
    return tuple(
        ActionInfo(str(action), action.policy.doc, action is DEFAULT_ON_FAIL)
        for action in OnFail
        if action.policy.named
    )


@cache
def primitives() -> Mapping[str, PrimitiveInfo]:
    """Return railguard's primitives for prompts.

    Returns:
        Each by its name.
    """
    found = {}
    for name, template in texts.PRIMITIVES.items():
        slots = {part.name for part in template.parts if isinstance(part, Slot)}
        shows = tuple(form for form, slot in (("json", "output_schema"), ("xml", "xml_output_schema")) if slot in slots)
        found[name] = PrimitiveInfo(
            name, templates.template_text(template), shows, not slots.isdisjoint(REASK_VARIABLES)
        )
    return found


def formats() -> tuple[str, ...]:
    """Return the allowed values of `format` on a <string>.

    Returns:
        The names.
    """
    return tuple(FORMATS)


def roles() -> tuple[str, ...]:
    """Return the allowed roles of a message.

    Returns:
        The roles.
    """
    return ROLES


def _choices(kind: str) -> tuple[str, ...]:
    lists: dict[str, Any] = {
        "flag": ("true", "false"),
        "format": FORMATS,
        "on-fail": OnFail.names(),
        "role": ROLES,
        "type": TAGS,
        "repair": REPAIRS,
        "shown-as": SHOWN,
        "version": (STRICT,),
        "space": ("preserve", "default"),
    }
    return tuple(lists.get(kind, ()))


def _plain(attribute: Attribute, needs: tuple[str, ...] = ()) -> AttributeInfo:
    kind = "definition" if attribute.name == "to" else attribute.kind.name
    return AttributeInfo(attribute.name, attribute.doc, kind, _choices(kind), attribute.name in needs)


def _member(name: str, *, required: bool = False) -> AttributeInfo:
    kind, doc, default = _MEMBER[name]
    return AttributeInfo(name, doc, kind, _choices(kind), required, default)


_RULES = (
    AttributeInfo("validators", "The rules that the value must keep: `length: 1 80; one-line`.", "validators"),
    AttributeInfo(
        f"{ON_FAIL_PREFIX}NAME",
        "What happens when the validator NAME fails.",
        "on-fail",
        tuple(OnFail.names()),
        default=str(DEFAULT_ON_FAIL),
    ),
)


def _of_type(row: ElementType) -> tuple[AttributeInfo, ...]:
    own = tuple(_plain(attribute, row.needs) for attribute in (*row.own, *COMMON))
    return (*own, *_RULES)


def _of_row(tag: str, row: ElementType) -> ElementInfo:
    inside = _CONTENT[row.content]
    others = tuple(name for name in (row.tag, *row.aliases) if name != tag)
    parents = tuple(
        name
        for name in (*TABLE, *TAGS)
        if tag in (TABLE[name].inside if name in TABLE else _CONTENT[TAGS[name].content])
    )
    doc = row.doc[:1].upper() + row.doc[1:] + "."
    holds: Literal["elements", "nothing"] = "elements" if inside else "nothing"
    return ElementInfo(tag, doc, others, _of_type(row), inside, parents, True, holds, frozenset(row.types))


def _of_block(block: Block) -> ElementInfo:
    own = tuple(_plain(attribute, block.needs) for attribute in block.attributes)
    if block.like is not None:
        own = (*own, *_of_type(TAGS[block.like]))
    elif block.rules:
        own = (*own, *_RULES)
    parents = tuple(name for name in TABLE if block.tag in TABLE[name].inside)
    parents += tuple(tag for tag, row in TAGS.items() if block.tag in _CONTENT[row.content])
    holds: Literal["elements", "text"] = "text" if block.text else "elements"
    return ElementInfo(block.tag, block.doc, (), own, block.inside, parents, False, holds)
