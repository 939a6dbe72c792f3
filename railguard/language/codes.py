"""The codes of problems, and the meaning of each."""

from __future__ import annotations

from collections.abc import Mapping

from railguard.rail import CODES

__all__ = ["OTHER_CODES", "codes", "explain"]

OTHER_CODES: Mapping[str, str] = {
    "checking": "A note of `railguard lsp`: a document takes long to check; its problems will be shown after that.",
    "cannot-load": "`railguard check` cannot load a spec, for a reason that has no code of its own.",
    "json-schema": "A JSON Schema, or a keyword in it, has the wrong shape.",
    "json-schema-circle": "References of a JSON Schema form a circle without a type.",
    "json-schema-contradiction": "A warning: bounds of a JSON Schema that exclude each other.",
    "json-schema-default": "A warning: a default of a JSON Schema that its own schema refuses, so that it is not used.",
    "json-schema-depth": "A JSON Schema is nested too deeply.",
    "json-schema-empty": "A warning: no key of the document is a keyword of JSON Schema. On the command line, an error.",
    "json-schema-misspelled": "A warning: a key that is almost a keyword of JSON Schema, and has no effect.",
    "json-schema-keyword": "A keyword that cannot be enforced, or not without the `jsonschema` package.",
    "json-schema-reference": "A `$ref` without a target, or out of the document.",
    "json-schema-type": "A warning: no `type` is given, and the keywords say which one is meant.",
    "json-schema-unsatisfiable": "A JSON Schema that no value can satisfy.",
    "json-size": "The file of a JSON Schema is larger than 1 MiB.",
    "json-syntax": "The file of a JSON Schema is not JSON.",
    "messages": "`messages=` is not a list of messages, or one of them cannot be used.",
    "no-file": "The file is missing or cannot be read.",
    "old-place": "A warning: a placeholder in `messages=` in the syntax of older documents, which is sent as plain text.",
    "on-fail": "An on-fail action that does not exist.",
    "path": "`guard.using(on=…)`: not a path, or a path without a value.",
    "pattern": "A regular expression that is invalid, or cannot run in linear time.",
    "primitive-form": "A warning: a primitive in `messages=` about another form of the schema than the one shown.",
    "pydantic": "A type that pydantic cannot validate, or that has no JSON form.",
    "return-annotation": "`@guarded` without a spec, on a function whose return annotation says none.",
    "rule": "Something in `validators=[…]` that is not a rule.",
    "rule-default": "`guard.using(…)` with a rule that a default of the spec fails.",
    "rule-hidden": "A rule in `Annotated` that another annotation hides, so that it would never run.",
    "rule-place": "A rule on a dict's key or one position of a tuple, where it would never run.",
    "rule-type": "A rule on a value of a type that its validator does not support.",
    "schema-target": "A schema that a provider's dialect of JSON Schema cannot say.",
    "template": "A template in `messages=` that cannot be read.",
    "tool": "`@guarded_tool` on a function whose arguments a model could not give.",
    "unknown-validator": "A spec with an unregistered validator cannot run.",
    "validator-arguments": "Arguments that a validator does not take.",
    "validator-constraint": "A validator whose `constraint` raises, or gives what are no keywords of JSON Schema.",
    "validator-declaration": "A function or class that is not a validator; the right signature is in the hint.",
    "validator-package": "A rule whose validator needs a package that is not installed; the hint says which.",
    "validator-name": "`@validator` with a name that is taken; a warning where two installed packages claim one.",
    "validator-plugin": "A warning: an installed package of validators, or a module of it, cannot be loaded.",
    "xsd": "`railguard check --xsd`: a place where a document breaks the XML Schema of RAIL 1.0.",
    "validator-type": "`guard.using(…)` with a rule that does not support the value at the path.",
}
"""Codes of problems outside RAIL. A test compares this table with the source: it has exactly the codes in use."""


def codes() -> list[str]:
    """Return every code that a problem can have.

    Returns:
        The codes, sorted.
    """
    return sorted({*CODES, *OTHER_CODES})


def explain(code: str) -> str | None:
    """Return the meaning of a problem's code.

    A code of a RAIL document without "Always" is an error in version 1.0 and a warning in an older document.

    Args:
        code: The code.

    Returns:
        The meaning, or None if there is no such code.

    Examples:
        >>> explain("bad-range")
        'A lower bound above the upper bound.'
    """
    inside, outside = CODES.get(code), OTHER_CODES.get(code)
    if inside is not None and outside is not None and inside != outside:
        return f"{inside} Outside RAIL: {outside[0].lower()}{outside[1:]}"
    return inside or outside
