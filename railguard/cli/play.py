"""Edit a spec in the browser, and see its effect at once.

The page shows the problems that check finds while you type, the messages for a model, how
answers are processed round by round, and the results of stored answers. It is served on this
machine only, and opens a connection only to a model that you name in it. It reads and writes
only SPEC and the files that are named here. If SPEC is fees.rail, the answers in
fees.cases.jsonl next to it are its cases.
"""

from __future__ import annotations

import os
import signal
import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from railguard import InputError
from railguard.cli import exits
from railguard.cli.assignments import literals, texts
from railguard.cli.specs import import_named
from railguard.cli.streams import STDIN, emit, emit_json, note, read_text_file, visible

if TYPE_CHECKING:
    from railguard.play import OpenFile

NAME = "play"
HELP = "write a spec in the browser and see what it does"
EXAMPLES = (
    "railguard play",
    "railguard play fees.rail --cassette conversation.jsonl --var document=@agreement.txt",
)


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `railguard play`."""
    parser.add_argument(
        "spec", metavar="SPEC", nargs="?", help="a RAIL file; one that does not exist is made when saved"
    )
    parser.add_argument(
        "--cassette", metavar="FILE", action="append", default=[], help="a recording that the page offers to replay"
    )
    parser.add_argument("--cases", metavar="FILE", help="stored answers (default: those beside SPEC)")
    parser.add_argument(
        "--var",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="a prompt variable; @FILE for a file's text, @@… for text that begins with @",
    )
    parser.add_argument(
        "--metadata", metavar="NAME=VALUE", action="append", default=[], help="metadata for validators: JSON, else text"
    )
    parser.add_argument("--base-url", metavar="URL", help="where the API of a model named in the page is")
    parser.add_argument(
        "--port", metavar="N", type=int, help="the port; 0 for any that is free (default: the first free one from 8765)"
    )
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    parser.add_argument(
        "--import",
        dest="imports",
        metavar="MODULE",
        action="append",
        default=[],
        help="import a module first, for the validators it registers",
    )


def command(args: Namespace) -> int:
    """Serve the page until Ctrl-C."""
    from railguard.play import MOST, Settings, address, listen_on_loopback, serve_playground

    import_named(args.imports)  # checked here, so that a wrong name is reported before a page is opened
    spec = _spec(args.spec)
    settings = Settings(
        spec=spec,
        cases=_cases(args.cases, spec),
        cassettes=tuple((os.path.basename(name), read_text_file(name, most=MOST)) for name in args.cassette),
        variables=texts(args.var, "--var"),
        metadata=literals(args.metadata, "--metadata"),
        imports=tuple(args.imports),
        base_url=args.base_url,
    )
    listening = listen_on_loopback(args.port)
    url = address(listening, settings)
    if args.format == "json":
        emit_json({"url": url})
    else:
        emit(url)
        for what, file in (("spec", settings.spec), ("cases", settings.cases)):
            if file is not None:
                note(f"{what}: {visible(file.path)}{'' if os.path.exists(file.path) else ' (made when it is saved)'}")
        note("Only this machine can open the page, and only at this address. Ctrl-C ends it.")
    sys.stdout.flush()
    if args.open:
        import webbrowser

        webbrowser.open(url)
    return exits.INTERRUPTED if serve_playground(listening, settings) == signal.SIGINT else exits.GOOD


def _spec(name: str | None) -> OpenFile | None:
    from railguard.play import OpenFile

    if name is None:
        return None
    if name == STDIN:
        raise InputError("the playground saves what it edits; name a file")
    if name.endswith(".json") or (":" in name and not os.path.exists(name)):
        raise InputError(
            f"the playground edits RAIL; make a RAIL document first: railguard schema {name} --to rail > spec.rail"
        )
    return OpenFile(name)


def _cases(name: str | None, spec: OpenFile | None) -> OpenFile | None:
    """Return the file of stored answers that was named, or the one next to the spec."""
    from railguard.play import OpenFile
    from railguard.spectest import cases_beside

    if name is None and spec is not None:
        beside = cases_beside(spec.path)
        name = None if beside is None else str(beside)
    return None if name is None else OpenFile(name)
