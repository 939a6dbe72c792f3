"""Print the wanted output as a schema: JSON Schema or RAIL 1.0.

A provider's dialect is what it is sent as a constraint on the answer.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Any

from railguard import InputError
from railguard.cli import exits
from railguard.cli.specs import add_options, load
from railguard.cli.streams import emit, emit_json

NAME = "schema"
HELP = "print the wanted output as JSON Schema or RAIL"
EXAMPLES = (
    "railguard schema fees.rail",
    "railguard schema fees.rail --to openai-strict",
    "railguard schema models:Fees --to rail > models.rail",
)

_PROVIDERS = ("openai-strict", "anthropic", "gemini", "mistral", "groq", "llamacpp", "llguidance", "portable")


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `railguard schema`."""
    parser.add_argument("spec", metavar="SPEC", help="a RAIL file, a JSON Schema (.json), module:Model, or -")
    parser.add_argument(
        "--to",
        choices=("json-schema", *_PROVIDERS, "rail"),
        default="json-schema",
        help="json-schema: draft 2020-12 (default); rail: version 1.0; else a provider's dialect of JSON Schema",
    )
    add_options(parser)


def command(args: Namespace) -> int:
    """Print the schema."""
    guard = load(args)
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
