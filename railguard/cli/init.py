"""Write a spec to start from: RAIL 1.0, with comments that say what to change.

Without --from it is an example. With --from SAMPLE it describes a JSON file, or any other
text: members that not every item has are optional, and nothing is guessed beyond types and
formats. It goes to OUT, which must not exist, or to stdout.
"""

from __future__ import annotations

import json
import re
from argparse import ArgumentParser, Namespace
from typing import Any

from railguard import Guard, InputError
from railguard.cli import exits
from railguard.cli.streams import emit, emit_json, note, read_text_file, shown_name

NAME = "init"
HELP = "write a spec to start from"
EXAMPLES = (
    "railguard init new.rail",
    "railguard init --from answer.json",
)

_MOST = 8 * 1024 * 1024
_EXAMPLE = {"title": "Annual fee", "amount": 49.5, "paid_on": "2026-03-01", "tags": ["card", "yearly"]}
_FORMATS = (
    ("date", re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)),
    ("date-time", re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}\S*", re.ASCII)),
    ("email", re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")),
    ("url", re.compile(r"https?://\S+")),
)
_COMMENTS = (
    ("  <input>", "what goes in: each ${variable} of the messages, checked before the call"),
    ("  <output", "what must come out; `railguard validators` lists the rules that an element may have"),
    ("  <messages>", "the conversation; the last line shows the model what to write"),
)


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `railguard init`."""
    parser.add_argument("out", metavar="OUT", nargs="?", help="the file to write; default: stdout")
    parser.add_argument("--from", dest="sample", metavar="SAMPLE", help="a JSON file, or a text, to describe")


def command(args: Namespace) -> int:
    """Write the spec. An existing file is never overwritten."""
    spec = starter(_sample(args.sample)) if args.sample else starter(_EXAMPLE)
    if args.out is None:
        emit_json({"spec": spec}) if args.format == "json" else emit(spec.removesuffix("\n"))
        return exits.GOOD
    try:
        with open(args.out, "x", encoding="utf-8", newline="\n") as file:
            file.write(spec)
    except FileExistsError:
        raise InputError(f"{args.out}: there is such a file, and it is not overwritten") from None
    if args.format == "json":
        emit_json({"file": args.out})
    else:
        note(f"{args.out} written; next: railguard check {args.out}")
    return exits.GOOD


def _sample(name: str) -> Any:
    """Read the content of a file: JSON, or the text itself."""
    text = read_text_file(name, most=_MOST)
    if not text.strip():
        raise InputError(f"{shown_name(name)} is empty")
    try:
        return json.loads(text)
    except RecursionError:
        raise InputError(f"{shown_name(name)} is nested too deeply") from None
    except ValueError:
        return text


def starter(sample: Any) -> str:
    """Return a commented RAIL document that accepts a sample."""
    wanted = "" if isinstance(sample, str) else "\n\n${gr.complete_json_suffix_v2}"
    messages = [{"role": "user", "content": f"Say here what you want, of this:\n\n${{document}}{wanted}"}]
    if isinstance(sample, str):
        written = Guard.from_string(description="Say here what the text is", messages=messages).to_rail()
    else:
        written = Guard.from_json_schema(schema_of([sample]), messages=messages).to_rail()
    head = '<rail version="1.0">\n'
    inputs = '  <input>\n    <string name="document" description="What the model reads"/>\n  </input>\n'
    lines = (head + inputs + written.removeprefix(head)).splitlines()
    commented = []
    for line in lines:
        words = next((words for start, words in _COMMENTS if line.startswith(start)), None)
        commented += [f"  <!-- {words} -->", line] if words else [line]
    return "\n".join(commented) + "\n"


def schema_of(samples: list[Any]) -> dict[str, Any]:
    """Return a JSON Schema that accepts all given values, with their types and formats."""
    nullable = None in samples
    values = [value for value in samples if value is not None]
    kinds = sorted({_kind(value) for value in values})
    if kinds == ["integer", "number"]:
        kinds = ["number"]
    if not kinds:
        return {}  # an empty list or a null has no information about the wanted type
    each = [_of_kind(kind, [value for value in values if _fits(kind, value)]) for kind in kinds]
    schema = each[0] if len(each) == 1 else {"anyOf": each}
    if not nullable:
        return schema
    return {**schema, "type": [schema["type"], "null"]} if "type" in schema else {"anyOf": [*each, {"type": "null"}]}


def _kind(value: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names[type(value)]


def _fits(kind: str, value: Any) -> bool:
    return _kind(value) == kind or (kind == "number" and _kind(value) == "integer")


def _of_kind(kind: str, values: list[Any]) -> dict[str, Any]:
    if kind == "string":
        formats = (name for name, pattern in _FORMATS if all(pattern.fullmatch(value) for value in values))
        for name in formats:
            schema = {"type": "string", "format": name}
            guard = Guard.from_json_schema(schema)
            if all(guard.parse(json.dumps(value)).output == value for value in values):
                return schema
    if kind == "array":
        return {"type": "array", "items": schema_of([item for value in values for item in value])}
    if kind == "object":
        names = dict.fromkeys(name for value in values for name in value)
        members = {name: schema_of([value[name] for value in values if name in value]) for name in names}
        required = [name for name in names if all(name in value for value in values)]
        return {"type": "object", "properties": members, "required": required, "additionalProperties": not names}
    return {"type": kind}
