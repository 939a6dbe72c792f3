"""Parses a validator's docstring: its description, the meaning of each parameter, and the calls in its examples.

The description of a parameter begins with a line with its name and a colon, and ends at the next parameter or a blank
line. Examples are doctests; only calls of the validator with literal arguments are read.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["Manual", "example_calls", "manual"]


@dataclass(frozen=True, slots=True)
class Manual:
    """A parsed docstring. words: its paragraphs without parameters, as lines. parameters: name → description. examples:
    its lines from the first `>>>` on.
    """

    words: tuple[str, ...]
    parameters: dict[str, str]
    examples: tuple[str, ...]


def manual(doc: str, names: Iterable[str]) -> Manual:
    """Parse a docstring without indentation, for parameters of these names.

    >>> manual("Short.\\n\\nmost: how many\\n    at most.\\n\\nNo fix.\\n\\n>>> short(3)", ["most"])
    Manual(words=('Short.', '', 'No fix.'), parameters={'most': 'how many at most.'}, examples=('>>> short(3)',))
    """
    known = frozenset(names)
    lines = doc.splitlines()
    start = next((at for at, line in enumerate(lines) if line.lstrip().startswith(">>>")), len(lines))
    words: list[str] = []
    parameters: dict[str, list[str]] = {}
    at: list[str] | None = None
    for line in lines[:start]:
        name, colon, rest = line.strip().partition(":")
        if colon and name in known:
            at = parameters.setdefault(name, [])
            at.append(rest.strip())
        elif line.strip() and at is not None:
            at.append(line.strip())
        else:
            at = None
            if line.strip() or (words and words[-1]):
                words.append(line)
    while words and not words[-1].strip():
        words.pop()
    said = {name: " ".join(lines).strip() for name, lines in parameters.items()}
    return Manual(tuple(words), said, tuple(lines[start:]))


def example_calls(name: str, examples: Iterable[str]) -> Iterator[tuple[list[Any], dict[str, Any]]]:
    """Yield the calls of a name with literal arguments in examples, as (positional, by name).

    >>> list(example_calls("short", [">>> short(3, on_fail='fix')", ">>> other()", ">>> short(x)"]))
    [([3], {'on_fail': 'fix'})]
    """
    for source in _sources(examples):
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name):
                continue
            try:
                arguments = [ast.literal_eval(argument) for argument in node.args]
                named = {one.arg: ast.literal_eval(one.value) for one in node.keywords if one.arg}
            except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):  # no literals
                continue
            yield arguments, named


def _sources(examples: Iterable[str]) -> Iterator[str]:
    source: list[str] = []
    for line in [*examples, ""]:
        text = line.strip()
        if text.startswith("... ") and source:
            source.append(text[4:])
            continue
        if source:
            yield "\n".join(source)
        source = [text[4:]] if text.startswith(">>> ") else []
