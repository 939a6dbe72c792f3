"""json-schema: a value that a JSON Schema allows."""

from __future__ import annotations

from typing import Any

from railguard import FailResult, json_schema_check, validator
from railguard_validators._formats.fences import taken_out
from railguard_validators._formats.json_text import flaw, parsed
from railguard_validators._formats.positions import span
from railguard_validators._wording import shown


class JsonSchema:
    """Satisfies a JSON Schema of draft 2020-12; the spellings of drafts 4 to 2019-09 are accepted, `$dynamicRef` is
    not. `format` is checked for the formats that railguard supports and ignored otherwise. A `$ref` must refer to the
    schema itself: nothing is ever fetched. Patterns run in time linear in the text. Unsupported keywords are refused
    when the rule is made. Nesting beyond 64, NaN, infinities and integers of more than 4,300 digits fail. Needs
    jsonschema.

    There is no fix, except with `parse`: a Markdown code fence around the text is removed. The wrong fields are blamed,
    so that a reask asks only for them.

    schema: the schema, as an object.
    parse: whether the value is a text that contains JSON, as RFC 8259 defines it, instead of the JSON value itself.

    >>> rule = json_schema({"required": ["name"], "properties": {"age": {"minimum": 0}}})
    >>> rule.run({"name": "Ada", "age": 36})
    >>> rule.run({"name": "Ada", "age": -1}).message
    'At $.age: -1 is less than the minimum of 0.'
    >>> json_schema({"type": "array"}, parse=True).run("[1, 2").message
    "The text is not valid JSON: expecting ',' delimiter at line 1, column 6."
    """

    __slots__ = ("_check", "_parse", "prompt")

    def __init__(self, schema: dict[str, Any], parse: bool = False) -> None:
        self._check = json_schema_check(schema)
        self._parse = parse
        self.prompt = f"{'JSON text that satisfies' if parse else 'satisfies'} the JSON Schema {shown(schema, 2000)}"

    def __call__(self, value: Any) -> FailResult | None:
        if not self._parse:
            return self._check(value)
        if not isinstance(value, str):
            return FailResult(f"The value must be a text with JSON in it, not {shown(value)}.")
        result = self._check_text(value)
        if result is None:
            return None
        return FailResult(result.message, fix=taken_out(value, self._check_text), spans=result.spans)

    def _check_text(self, text: str) -> FailResult | None:
        problem = flaw(text)
        if problem is not None:
            what, at = problem
            spans = [span(text, at)] if at is not None else ()
            return FailResult(f"The text is not valid JSON: {what}.", spans=spans)
        try:
            found = parsed(text)
        except ValueError:
            return FailResult("The JSON has an integer of more than 4,300 digits.")
        return self._check(found)


json_schema = validator("json-schema", subject="Documents and code", requires={"jsonschema": "railguard[jsonschema]"})(
    JsonSchema
)
