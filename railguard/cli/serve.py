"""Serve guards over HTTP: OpenAI's chat completions with validated output, and validation.

CONFIG is a folder of RAIL files, or a TOML file with [server] and [guards.NAME]. Guards are
read again when their files change; an invalid file does not change the guard.
Clients send a key as Authorization: Bearer KEY, if RAILGUARD_KEYS or --keys FILE holds keys.
Options override CONFIG.
"""

from __future__ import annotations

import signal
import sys
from argparse import ArgumentParser, Namespace

from railguard import InputError
from railguard.cli import exits
from railguard.cli.specs import import_named
from railguard.cli.streams import emit_json, note, visible

NAME = "serve"
HELP = "serve guards over HTTP, in the shape of OpenAI's API"
EXAMPLES = (
    "railguard serve specs --model openai:gpt-5",
    "railguard serve guards.toml --host 0.0.0.0 --keys keys.txt --workers 4",
)


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `railguard serve`."""
    parser.add_argument("config", metavar="CONFIG", help="a folder of RAIL files, or a TOML file")
    parser.add_argument("--model", metavar="MODEL", help="the model of guards without their own")
    parser.add_argument("--host", metavar="HOST", help="where to listen (default: 127.0.0.1)")
    parser.add_argument("--port", metavar="PORT", type=int, help="the port; 0 for any that is free (default: 8080)")
    parser.add_argument("--keys", metavar="FILE", help="a file of keys, one a line")
    parser.add_argument(
        "--without-keys", action="store_true", default=None, help="answer other machines although there are no keys"
    )
    parser.add_argument("--workers", metavar="N", type=int, help="processes (default: 1)")
    parser.add_argument("--calls", metavar="N", type=int, help="calls at a time in each worker (default: 128)")
    parser.add_argument("--timeout", metavar="SECONDS", type=float, help="for a guarded call (default: 120)")
    parser.add_argument("--cache", metavar="WHERE", help='keep answers: redis://…, a file, or "memory"')
    parser.add_argument(
        "--import",
        dest="imports",
        metavar="MODULE",
        action="append",
        help="import a module first, for the validators it registers",
    )


def command(args: Namespace) -> int:
    """Serve until a signal ends the server."""
    try:
        from railguard.server import ServerConfig, serve
    except ImportError as error:
        raise InputError(str(error)) from error
    import_named(args.imports or ())
    config = ServerConfig.read(
        args.config,
        model=args.model,
        host=args.host,
        port=args.port,
        keys_file=args.keys,
        without_keys=args.without_keys,
        workers=args.workers,
        calls=args.calls,
        timeout=args.timeout,
        cache=args.cache,
        imports=None if args.imports is None else tuple(args.imports),
    )

    def started(url: str) -> None:
        if args.format == "json":
            emit_json({"url": url, "config": str(config.source), "workers": config.workers})
            sys.stdout.flush()  # a program waits for this line
        else:
            note(f"serving {visible(str(config.source))} at {url}; Ctrl-C ends it")

    ended_by = serve(config, started=started)
    return exits.INTERRUPTED if ended_by == signal.SIGINT else exits.GOOD
