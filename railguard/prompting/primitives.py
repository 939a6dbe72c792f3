"""railguard's primitives: texts for prompts, used in a template as `${gr.NAME}`, with RAIL's traditional names and new
words.

A primitive is a template whose only placeholders are the schema and, in those for a reask, `previous_response` and
`error_messages`. They are composed here, in Python: none of them refers to another by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from railguard.spec import ShownAs, Slot, Template

__all__ = ["PRIMITIVES", "TWINS", "find_primitive", "in_form", "schema_alone", "suggest_primitive"]

_Parts = tuple[str | Slot, ...]

_JSON_SCHEMA = Slot("schema", "output_schema")
_XML_SCHEMA = Slot("schema", "xml_output_schema")
_TYPE = Slot("schema", "output_type")
"""The schema as a type. Authors never write it: it replaces `${output_schema}`."""
_PREVIOUS = Slot("variable", "previous_response")
_ERRORS = Slot("variable", "error_messages")

_JSON_PREFIX = "The JSON Schema below describes the JSON value to write."
_XML_PREFIX = "The XML below describes the information to give, and the key under which to give each part of it."

_TYPE_PREFIX = "The type below describes the JSON value to write."
_TYPE_RULES = (
    "Write only JSON of this type, with nothing before or after it. A member with ? may be left out. "
    "What stands after // must hold too."
)

_HOW_TO_READ_XML = (
    "Each element stands for one JSON value: its name is the key, its tag is the type. An object holds the values of "
    "its child elements; a list holds any number of values like its one child element; a choice is an object in which "
    'the key named by its discriminator says which case\'s elements stand beside it. An element with required="false" '
    'may be left out, one with nullable="true" may be null. The attribute format says what a value must satisfy.'
)

_JSON_RULES = (
    "Answer with one JSON value that conforms to this JSON Schema, and with nothing before or after it. Use exactly "
    "the keys it names, and keep to the types and to every condition given in a description."
)
_XML_RULES = (
    "Answer with one JSON value that has this structure, and with nothing before or after it. Use exactly the names "
    "as keys, and keep to the types and to every condition given in a format."
)

_NONE_STRICT = (
    'Where you do not know a value, write null if null is allowed there, and "None" where a text is wanted. '
    "A wrong value does more harm than a missing one."
)
_NONE = 'Where you are not sure of a value, write null if null is allowed there, and "None" where a text is wanted.'
_NULL = "Where you are not sure of a value and null is allowed there, write null."
_GUESS = "Where you are not sure of a value, give the one that is most likely."

_JSON_EXAMPLES = """\
Examples of a JSON Schema and a JSON value that conforms to it:

{"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
=> {"city": "Lisbon"}

{"type": "array", "items": {"type": "string", "description": "upper case"}}
=> ["BREAD", "SALT"]

{"type": "object", "properties": {"trip": {"type": "object", "properties": {"days": {"type": "integer"}, "by": \
{"enum": ["train", "bus"]}}, "required": ["days", "by"]}}, "required": ["trip"]}
=> {"trip": {"days": 3, "by": "train"}}"""

_XML_EXAMPLES = """\
Examples of a description in XML and a JSON value that has its structure:

<output><string name="city"/></output>
=> {"city": "Lisbon"}

<output type="list"><string format="upper case"/></output>
=> ["BREAD", "SALT"]

<output><object name="trip"><integer name="days"/><enum name="by" values="train, bus"/></object></output>
=> {"trip": {"days": 3, "by": "train"}}"""

_JSON_STRUCTURE = """\
The answer holds the values themselves, not the schema: for

{"type": "object", "properties": {"trips": {"type": "array", "items": {"type": "object", "properties": {"days": \
{"type": "integer"}}, "required": ["days"]}}}, "required": ["trips"]}

it is built like this:

{"trips": [{"days": 3}, {"days": 12}]}"""

_XML_STRUCTURE = """\
The answer is JSON, not XML: for

<output><list name="trips"><object><integer name="days"/></object></list></output>

it is built like this:

{"trips": [{"days": 3}, {"days": 12}]}"""

_JSON_INSTRUCTIONS = "You answer with valid JSON and with nothing else: no explanation, no comment, no code fence."


def _after(schema: Slot | None, *paragraphs: str) -> _Parts:
    """Return paragraphs after the schema, with the sentence that announces the schema if there is one."""
    told = "\n\n".join(paragraphs)
    if schema is None:
        return (told,)
    return (f"{_JSON_PREFIX if schema is _JSON_SCHEMA else _XML_PREFIX}\n\n", schema, f"\n\n{told}")


def _mend(before: str, after: str) -> _Parts:
    return (f"{before}\n\n", _PREVIOUS, f"\n\n{after}")


_WRONG_VALUES = _mend(
    "This JSON answer was given before. Some of its values are wrong:",
    "Give the right values in place of the wrong ones, as the error messages say.",
)
_UNREADABLE = _mend(
    "This answer was given before. It cannot be read as JSON:",
    "Give the same answer again as valid JSON.",
)

_PARTS: Mapping[str, _Parts] = {
    "json_prefix_prompt": (_JSON_PREFIX,),
    "json_suffix_prompt": _after(None, _JSON_RULES, _NONE_STRICT),
    "json_suffix_prompt_v2": _after(None, _JSON_RULES, _NONE),
    "json_suffix_prompt_v2_wo_none": (_JSON_RULES,),
    "json_suffix_prompt_examples": _after(None, _JSON_RULES, _NULL, _JSON_EXAMPLES),
    "json_suffix_without_examples": _after(_JSON_SCHEMA, _JSON_RULES),
    "json_suffix_with_structure_example": _after(_JSON_SCHEMA, _JSON_RULES, _JSON_STRUCTURE),
    "complete_json_suffix": _after(_JSON_SCHEMA, _JSON_RULES, _NULL, _JSON_EXAMPLES),
    "complete_json_suffix_v2": _after(_JSON_SCHEMA, _JSON_RULES, _JSON_EXAMPLES),
    "complete_json_suffix_v3": _after(_JSON_SCHEMA, _JSON_RULES, _GUESS, _JSON_EXAMPLES),
    "xml_prefix_prompt": (_XML_PREFIX,),
    "xml_suffix_prompt": _after(None, _HOW_TO_READ_XML, _XML_RULES, _NONE_STRICT),
    "xml_suffix_prompt_v2": _after(None, _HOW_TO_READ_XML, _XML_RULES, _NONE),
    "xml_suffix_prompt_v2_wo_none": _after(None, _HOW_TO_READ_XML, _XML_RULES),
    "xml_suffix_prompt_examples": _after(None, _HOW_TO_READ_XML, _XML_RULES, _NULL, _XML_EXAMPLES),
    "xml_suffix_without_examples": _after(_XML_SCHEMA, _HOW_TO_READ_XML, _XML_RULES),
    "xml_suffix_with_structure_example": _after(_XML_SCHEMA, _HOW_TO_READ_XML, _XML_RULES, _XML_STRUCTURE),
    "complete_xml_suffix": _after(_XML_SCHEMA, _HOW_TO_READ_XML, _XML_RULES, _NULL, _XML_EXAMPLES),
    "complete_xml_suffix_v2": _after(_XML_SCHEMA, _HOW_TO_READ_XML, _XML_RULES, _XML_EXAMPLES),
    "complete_xml_suffix_v3": _after(_XML_SCHEMA, _HOW_TO_READ_XML, _XML_RULES, _GUESS, _XML_EXAMPLES),
    "complete_string_suffix": (_JSON_SCHEMA,),
    "high_level_json_instructions": _after(None, _JSON_INSTRUCTIONS, _JSON_EXAMPLES),
    "high_level_xml_instructions": _after(None, _JSON_INSTRUCTIONS, _HOW_TO_READ_XML, _XML_EXAMPLES),
    "high_level_json_reask_prompt": _WRONG_VALUES,
    "high_level_xml_reask_prompt": _WRONG_VALUES,
    "high_level_skeleton_reask_prompt": _mend(
        "This JSON answer was given before. Its structure is not the one that was asked for:",
        "Give the whole answer again in the structure that is asked for.",
    ),
    "high_level_json_parsing_reask_prompt": _UNREADABLE,
    "high_level_xml_parsing_reask_prompt": _UNREADABLE,
    "high_level_string_reask_prompt": (
        "This answer was given before:\n\n",
        _PREVIOUS,
        "\n\nWrite a new one in which all of this is mended:\n\n",
        _ERRORS,
    ),
    "error_messages": ("Error messages:\n\n", _ERRORS),
}

_OF_TYPES: Mapping[str, _Parts] = {
    "json_prefix_prompt": (_TYPE_PREFIX,),
    "json_suffix_prompt": (f"{_TYPE_RULES}\n\n{_NONE_STRICT}",),
    "json_suffix_prompt_v2": (f"{_TYPE_RULES}\n\n{_NONE}",),
    "json_suffix_prompt_v2_wo_none": (_TYPE_RULES,),
    "json_suffix_prompt_examples": (f"{_TYPE_RULES}\n\n{_NULL}",),
    "json_suffix_without_examples": (_TYPE, f"\n\n{_TYPE_RULES}"),
    "json_suffix_with_structure_example": (_TYPE, f"\n\n{_TYPE_RULES}"),
    "complete_json_suffix": (_TYPE, f"\n\n{_TYPE_RULES} {_NULL}"),
    "complete_json_suffix_v2": (_TYPE, f"\n\n{_TYPE_RULES}"),
    "complete_json_suffix_v3": (_TYPE, f"\n\n{_TYPE_RULES} {_GUESS}"),
    "high_level_json_instructions": (_JSON_INSTRUCTIONS,),
}
"""The texts of the primitives for JSON Schema if a type is shown instead. Examples are not needed there."""

PRIMITIVES: Final[Mapping[str, Template]] = {name: Template(parts) for name, parts in _PARTS.items()}
"""Maps a name to its primitive."""


def find_primitive(name: str) -> Template | None:
    """Return the primitive of a name (without `gr.`), or None."""
    return PRIMITIVES.get(name)


def schema_alone(name: str, parts: Sequence[str | Slot]) -> Sequence[str | Slot]:
    """Return the parts of a primitive without its instructions for writing the whole output: only the schema and its
    announcement. A primitive without such instructions is not changed.
    """
    if "_suffix" not in name:
        return parts
    at = next((at for at, part in enumerate(parts) if isinstance(part, Slot) and part.kind == "schema"), -1)
    return parts[: at + 1]


TWINS: Final[Mapping[str, str]] = {
    name: name.replace("json", "xml") for name in _PARTS if "json" in name and name.replace("json", "xml") in _PARTS
}
"""Maps primitives for JSON Schema to the equivalent ones for XML."""


_SCHEMA_OF: Final[Mapping[ShownAs, Slot]] = {"types": _TYPE, "json-schema": _JSON_SCHEMA, "xml": _XML_SCHEMA}


def in_form(part: Slot, form: ShownAs) -> tuple[str | Slot, ...]:
    """Return a schema placeholder, or a primitive, for the form in which the schema is shown; other parts are not
    changed.

    Args:
        part: The part: the placeholder `${output_schema}`, or a primitive.
        form: The form that replaces JSON Schema. XML that an author requests stays XML.
    """
    if part.kind == "schema":
        return (_SCHEMA_OF[form] if part == _JSON_SCHEMA else part,)
    if form == "xml" and part.kind == "primitive" and part.name in TWINS:
        return (Slot("primitive", TWINS[part.name]),)
    if form == "types" and part.kind == "primitive" and part.name in _OF_TYPES:
        return _OF_TYPES[part.name]
    return (part,)


def suggest_primitive(name: str) -> str | None:
    """Return the primitive with the most similar name; None if none is similar."""
    from difflib import get_close_matches

    close = get_close_matches(name[:100].lower(), PRIMITIVES, n=1)
    return close[0] if close else None
