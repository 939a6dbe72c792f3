"""The question of an update: the current document, and how to describe its changes.

It comes after the conversation, whose messages contain the new information. The document is data: a JSON text in a
message of the user, never a template. The reason for a refused change is in the next question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from railguard.prompting.compact import type_text
from railguard.prompting.reask import AskedValue, how_to_change, what_is_wrong
from railguard.schema import Schema
from railguard.values import Limits, json_text

__all__ = ["REFUSALS", "refusal_message", "update_many_text", "update_text"]

REFUSALS: Mapping[str, str] = {
    "not in the schema": "the type of the document has no such member",
    "no such item": "there is no such list item; add items at the end of the list",
    "required": "it is required and cannot be removed",
    "another type": "a list or an object cannot be replaced by a value of another type",
    "contradiction": "it is given more than once, in ways that contradict each other",
    "held back": "another change could not be made, and items are added and removed together; write this one again too",
    "said again": "that item is removed already; name the items by their places in the document as it is now",
    "unknown operation": "this operation of a JSON Patch cannot be used; use add, replace or remove, and add items at the end",
}
"""The reasons why a change was refused, in words."""

_NOTHING = "Where nothing changes, write {}."
_TAKE_IN = "Say what must change in {0}, so that {1} with what is said above. Change nothing else."
_TYPE = "{0} of this type:"


def refusal_message(name: str, reason: str) -> str:
    """Return the sentence about one refused change.

    >>> refusal_message("rows.7.low", "no such item")
    'The change of "rows.7.low" was not made: there is no such list item; add items at the end of the list.'
    """
    return f"The change of {json_text(name)} was not made: {REFUSALS[reason]}."


def update_text(one: AskedValue, schema: Schema, *, tells_type: bool, limits: Limits) -> str:
    """Return the text about one document after the conversation.

    Args:
        one: The document, requested as changes, with its current errors.
        schema: The schema of the document.
        tells_type: Whether to include its type.
        limits: Limits on the description of errors.
    """
    return "\n\n".join(
        [
            "This is the document as it is now:" if one.part is None else _CUT.format("the document"),
            _json(one.value if one.part is None else one.part),
            *([f"{_TYPE.format('It is')}\n\n{type_text(schema)}"] if tells_type else []),
            *(
                [f"It is not valid yet; mend this too:\n\n{what_is_wrong([one], schema, limits)}"]
                if one.reasons
                else []
            ),
            _TAKE_IN.format("it", "it agrees"),
            f"{how_to_change([one], schema)} {_NOTHING}",
        ]
    )


_CUT = "This is a part of {0} as it is now, by name; the whole is too long to be shown:"


def update_many_text(documents: Mapping[str, AskedValue], schema: Schema, *, tells_type: bool, limits: Limits) -> str:
    """Return the text about several documents: `update_text` for each of them, with the common parts only once."""
    shown: list[str] = []
    for name, one in documents.items():
        quoted = json_text(name)
        part = " (a part of it, by name; the whole is too long to be shown)" if one.part is not None else ""
        shown.append(f"{quoted}{part}:\n{_json(one.value if one.part is None else one.part)}")
        if one.reasons:
            shown.append(f"It is not valid yet; mend this too:\n{what_is_wrong([one], schema, limits)}")
    ones: Sequence[AskedValue] = list(documents.values())
    first = (
        "Write only one JSON object. Its keys are the names of the documents in which something changes. "
        "The value of each is an object that says what changes in that document."
    )
    return "\n\n".join(
        [
            "These are the documents as they are now, each under its name.",
            *shown,
            *([f"{_TYPE.format('Each of them is')}\n\n{type_text(schema)}"] if tells_type else []),
            _TAKE_IN.format("them", "they agree"),
            f"{how_to_change(ones[:1], schema, first=first)} {_NOTHING}",
        ]
    )


def _json(value: Any) -> str:
    return json_text(value)
