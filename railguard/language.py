"""What tools need to know of the language of specs: editors, formatters and reports import this room and the public names."""

from __future__ import annotations

from collections.abc import Mapping

from railguard.rail import CODES, formatted

__all__ = ["OTHER_CODES", "codes", "explain", "formatted"]

OTHER_CODES: Mapping[str, str] = {
    "cannot-load": "`railguard check` cannot load a spec, for a reason that has no code of its own.",
    "json-schema": "A JSON Schema, or a keyword in it, has the wrong shape.",
    "json-schema-circle": "References of a JSON Schema lead in a circle and to nothing else.",
    "json-schema-contradiction": "A warning: bounds of a JSON Schema that exclude each other.",
    "json-schema-default": "A warning: a default of a JSON Schema that its own schema refuses, so that it is not used.",
    "json-schema-depth": "A JSON Schema is nested too deeply.",
    "json-schema-empty": "A warning: no key of the document is a keyword of JSON Schema. On the command line, an error.",
    "json-schema-misspelled": "A warning: a key that is nearly a keyword of JSON Schema, and says nothing.",
    "json-schema-keyword": "A keyword that cannot be enforced, or not without the `jsonschema` package.",
    "json-schema-reference": "A `$ref` that leads nowhere, or out of the document.",
    "json-schema-type": "A warning: no `type` is given, and the keywords say which one is meant.",
    "json-schema-unsatisfiable": "A JSON Schema that no value can satisfy.",
    "json-size": "The file of a JSON Schema is larger than 1 MiB.",
    "json-syntax": "The file of a JSON Schema is not JSON.",
    "messages": "`messages=` is no list of messages, or one of them cannot be used.",
    "no-file": "The file is missing or cannot be read.",
    "old-place": "A warning: a place in `messages=` in the spelling of older documents, which goes out as text.",
    "on-fail": "An on-fail action that does not exist.",
    "path": "`guard.using(on=…)`: no path, or one that leads nowhere.",
    "pattern": "A regular expression that cannot run in linear time, or is none.",
    "primitive-form": "A warning: a primitive in `messages=` that speaks of another form of the schema than they show.",
    "pydantic": "A type that pydantic cannot validate, or that no JSON can stand for.",
    "return-annotation": "`@guarded` without a spec, on a function whose return annotation says none.",
    "rule": "Something in `validators=[…]` that is no rule.",
    "rule-default": "`guard.using(…)` with a rule that a default of the spec fails.",
    "rule-hidden": "A rule in `Annotated` that another annotation hides, so that it would never run.",
    "rule-place": "A rule on a dict's key or one position of a tuple, where it would never run.",
    "rule-type": "A rule on a value of a type that its validator does not serve.",
    "schema-target": "A schema that a provider's dialect of JSON Schema cannot say.",
    "template": "A template in `messages=` that cannot be read.",
    "tool": "`@guarded_tool` on a function whose arguments a model could not give.",
    "unknown-validator": "A spec that names a validator nobody registered was to be run.",
    "validator-arguments": "Arguments that a validator does not take.",
    "validator-constraint": "A validator whose `constraint` raises, or gives what are no keywords of JSON Schema.",
    "validator-declaration": "A function or class that is no validator; the right signature is in the hint.",
    "validator-package": "A rule whose validator needs a package that is not installed; the hint says which.",
    "validator-name": "`@validator` with a name that is taken; a warning where two installed packages claim one.",
    "validator-plugin": "A warning: an installed package of validators, or a module of it, cannot be loaded.",
    "validator-type": "`guard.using(…)` with a rule that does not serve what stands at the path.",
}
"""Codes of problems outside RAIL. That this table is complete, and says nothing more, is checked against the source."""


def codes() -> list[str]:
    """Every code that a problem can have, by name."""
    return sorted({*CODES, *OTHER_CODES})


def explain(code: str) -> str | None:
    """What a problem's code means, None if there is no such code.

    A code of a RAIL document without "Always" is an error in version 1.0 and a warning in an older document.

    >>> explain("bad-range")
    'A lower bound above the upper bound.'
    """
    inside, outside = CODES.get(code), OTHER_CODES.get(code)
    if inside is not None and outside is not None and inside != outside:
        return f"{inside} Outside RAIL: {outside[0].lower()}{outside[1:]}"
    return inside or outside
