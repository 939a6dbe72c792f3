"""Print the schema of the output: JSON Schema or RAIL 1.0.

A provider's dialect is the schema that it gets as a constraint on the answer. --to xsd takes
no SPEC: it prints RAIL 1.0 itself as an XML Schema (XSD 1.0), with the validators that are
registered here, for XML editors.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Any

from railguard import InputError
from railguard.cli import exits
from railguard.cli.specs import add_options, import_named, load_guard
from railguard.cli.streams import emit, emit_json
from railguard.language import xsd

NAME = "schema"
HELP = "print the wanted output as JSON Schema or RAIL"
EXAMPLES = (
    "railguard schema fees.rail --to openai-strict",
    "railguard schema models:Fees --to rail > models.rail",
    "railguard schema --to xsd > rail.xsd",
)

_PROVIDERS = ("openai-strict", "anthropic", "gemini", "mistral", "groq", "llamacpp", "llguidance", "portable")


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `railguard schema`."""
    parser.add_argument(
        "spec", metavar="SPEC", nargs="?", help="a RAIL file, a JSON Schema (.json), module:Model, or -"
    )
    parser.add_argument(
        "--to",
        choices=("json-schema", *_PROVIDERS, "rail", "xsd"),
        default="json-schema",
        help="json-schema: draft 2020-12 (default); rail: version 1.0; xsd: RAIL itself; else a provider's JSON Schema",
    )
    add_options(parser)


def command(args: Namespace) -> int:
    """Print the schema."""
    if args.to == "xsd":
        if args.spec is not None:
            raise InputError("--to xsd takes no SPEC: it is RAIL itself, with the validators of this environment")
        import_named(args.imports)
        emit_json({"xsd": xsd()}) if args.format == "json" else emit(xsd().removesuffix("\n"))
        return exits.GOOD
    if args.spec is None:
        raise InputError("name the SPEC of which to print the schema")
    guard = load_guard(args)
    if args.to == "rail":
        rail = guard.to_rail()
        if args.format == "json":
            emit_json({"rail": rail})
        else:
            emit(rail.removesuffix("\n"))
        return exits.GOOD
    target: Any = "draft2020-12" if args.to == "json-schema" else args.to
    schema = guard.json_schema(target=target)
    if args.to in _PROVIDERS and schema.get("type") == "string":
        raise InputError(f"{args.to}: the output is plain text, so no schema is sent")
    emit_json(schema, indent=2)
    return exits.GOOD
