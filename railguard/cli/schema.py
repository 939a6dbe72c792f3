"""Print the wanted output as a schema: JSON Schema or RAIL 1.0.

A provider's dialect is what it is sent as a constraint on the answer.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from railguard import Guard, InputError, ProviderError
from railguard.cli import exits
from railguard.cli.specs import add_options, load
from railguard.cli.streams import emit, emit_json

if TYPE_CHECKING:
    from railguard import Request

NAME = "schema"
HELP = "print the wanted output as JSON Schema or RAIL"
EXAMPLES = (
    "railguard schema fees.rail",
    "railguard schema fees.rail --to openai-strict",
    "railguard schema models:Fees --to rail > models.rail",
)

_PROVIDERS = ("openai-strict", "anthropic", "gemini")


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
    emit_json(guard.json_schema() if args.to == "json-schema" else _sent(guard, args.to), indent=2)
    return exits.GOOD


class _Listener:
    """A model of some provider that writes down the schema it is sent, and does not answer."""

    name = "schema"

    def __init__(self, target: str) -> None:
        self.schema_target = target
        self.request: Request | None = None

    def complete(self, request: Request) -> Any:
        self.request = request
        raise ProviderError("the schema is all that was wanted")

    async def acomplete(self, request: Request) -> Any:
        return self.complete(request)


def _sent(guard: Guard, target: str) -> Any:
    listener = _Listener(target)
    with suppress(ProviderError):
        guard(listener, messages=[{"role": "user", "content": "?"}], max_reasks=0)
    request = listener.request
    if request is None or request.schema is None:
        raise InputError(f"{target}: the output is plain text, so no schema is sent")
    if not request.strict:
        raise InputError(
            f"{target}: this provider cannot enforce the schema, so `run` tells it in words; see --to json-schema"
        )
    return request.schema
