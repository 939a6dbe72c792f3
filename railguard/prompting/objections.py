"""The reasons why an answer was refused, in words for a model: one sentence each.

A doubt is identified by its code, a repair that the policy does not allow by its rule.
"""

from __future__ import annotations

from typing import Final

from railguard.values import Doubt, RepairNote

__all__ = ["CHANGE_WORDS", "DOUBT_WORDS", "objection_message"]

DOUBT_WORDS: Final[dict[str, str]] = {
    # The answer as a whole.
    "empty": "The answer is empty.",
    "too-long": "The answer is too long: it has {0} are read.",
    "answer-cut": "The answer was cut off; make it shorter.",
    "not-valid-json": "The answer is not valid JSON.",
    "not-json": "The answer is not JSON.",
    "no-match": "No JSON in the answer has the required form; write exactly one JSON value of that form.",
    "schema-echo": "The answer repeats the JSON Schema; write a value that matches the schema.",
    "too-many-pieces": "The answer holds too many pieces of JSON; write exactly one.",
    "several-answers": "Several different JSON values were found; write exactly one.",
    "several-values": "Several JSON values were found; write one JSON list of them.",
    "several-calls": "Several tool calls were made; make exactly one.",
    "closed-early": "A bracket closes the answer before its end; write valid JSON.",
    "two-answers": "Two different answers were found under different keys; write exactly one.",
    "said-wrong": "The text around the answer says that it is not right; write the right answer and nothing else.",
    "only-part": "The JSON in the answer is only a part of a sentence or of a text; write the answer as JSON.",
    "arguments": "The arguments of the tool call are not JSON; write a JSON object.",
    # Brackets, commas and keys.
    "no-value": "The text holds no value.",
    "expected-key": "{0!r} was found where a key is expected; write valid JSON.",
    "expected-comma": "{0!r} was found where a comma is expected; write valid JSON.",
    "key-without-value": "The key {0!r} has no value.",
    "key-alone": "{0!r} has no colon and no value; write valid JSON.",
    "key-cut": "The text ends inside a key; write all of it.",
    "ends-in-member": "The text ends before the value of the key {0!r}; write all of it.",
    "ends-after-comma": "The text ends after a comma; write all of it.",
    "ends-empty": "The text ends before the first member; write all of it.",
    "list-cut": "The list is cut off; write the missing items.",
    "duplicate-key": "The key {0!r} is given more than once; give it once.",
    "too-deep": "The JSON is nested more than {0} levels deep.",
    "too-many-repairs": "There are too many syntax errors; write valid JSON.",
    # Texts and numbers.
    "text-cut": "The text is cut off; write all of it.",
    "ambiguous-quotes": 'The quotes inside this text are ambiguous; write it as one JSON string and escape them as \\".',
    "escaped-quotes": "The quotes around this text are escaped; write it as a JSON string.",
    "ambiguous-backslashes": "The backslashes in this text are ambiguous; write each one as \\\\ or as a JSON escape.",
    "unicode-escape": "This text has a \\u escape without four hexadecimal digits.",
    "surrogate": "This text has half of a surrogate pair; write the whole character.",
    "f-string": "This is a template with braces; write the text itself.",
    "raw-string": "This is a Python raw string; write it as a JSON string.",
    "several-numbers": "Several numbers stand without commas; write one number for each item.",
    "code": "This is code; write the value that it computes.",
    "abbreviated": "The answer is abbreviated with {0!r}; write all of it.",
    "not-finite": "{0} is not a JSON number; write a finite number or null.",
    "integer-too-long": "The integer is too long; at most {0} digits are read.",
    "number-range": "The number is out of range; write one below 1.8e308.",
}
"""The sentence for each code of a doubt. {0} is its detail."""

_KIND_WORDS: Final[dict[str, str]] = {
    "unreadable": "It cannot be read; write valid JSON.",
    "items-missing": "The list is cut off; write the missing items.",
    "open": "It is not closed; write all of it.",
    "cut": "The answer was cut off here; write all of it.",
}

CHANGE_WORDS: Final[dict[str, str]] = {
    "backslash": "The backslashes in this text are not escaped; write each one as \\\\.",
    "candidate": "Several different JSON values were found; write exactly one.",
    "escape": "The backslashes in this text are not valid JSON; write each one as \\\\.",
    "example": "The text calls this an example; write the answer itself.",
    "missing-quote": "A quote is missing; write valid JSON.",
    "several-values": "Several JSON values were found; write one JSON list of them.",
    "stray-text": "There is text between the members; write valid JSON.",
    "triple-quotes": "This text is in triple quotes; write it as a JSON string.",
    "unclosed": "It is not closed; write all of it.",
    "unescaped-quotes": 'The quotes inside this text are not escaped; write each one as \\".',
    "unquoted": "This text has no quotes, so its end is not clear; put it in double quotes.",
}
"""The sentence for each rule whose repair the policy does not allow."""


def objection_message(note: Doubt | RepairNote) -> str:
    """Return the sentence for one reason why a value was refused.

    >>> objection_message(Doubt("unreadable", "duplicate-key", "a"))
    "The key 'a' is given more than once; give it once."
    """
    if isinstance(note, RepairNote):
        return CHANGE_WORDS.get(note.rule, f"It can only be read by a guess ({note.rule}); write valid JSON.")
    words = DOUBT_WORDS.get(note.code)
    return words.format(note.detail) if words is not None else _KIND_WORDS[note.kind]
