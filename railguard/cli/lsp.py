"""Serve an editor: the Language Server Protocol on standard input and output.

Editors start it themselves; docs/editors.md says how to tell yours. It reports errors as you
type, completes, explains, renames, formats and offers quick fixes.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from railguard.cli import exits
from railguard.cli.specs import add_options, import_named

NAME = "lsp"
HELP = "serve an editor: diagnostics, completion and more as you type"
FORMATS = ("text",)
EXAMPLES = ("railguard lsp", "railguard lsp --import models")


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `railguard lsp`."""
    parser.add_argument("--stdio", action="store_true", help="accepted for clients that pass it; it is the default")
    add_options(parser, loading=False)


def command(args: Namespace) -> int:
    """Serve one client until it ends the session."""
    from railguard.lsp.server import serve_client

    import_named(args.imports)
    serve_client()
    return exits.GOOD
