"""One name, one meaning: no exported name, class or file name of railguard occurs twice, but for the exceptions here."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

from railguard.cli.entry import COMMANDS

ROOT = Path(__file__).parents[1] / "railguard"
FAMILIES = {
    "llm/formats": "each file is one wire format and defines the same set of names",
    "compat/guardrails": "files and names are those of guardrails-ai",
}
"""Folders whose names repeat by design: the reason."""

SAME = {
    "Completion": "railguard.language offers completions in an editor; railguard's own is a model's answer",
    "STDIN": "the same thing: the name of standard input on a command line",
    "main": "the same thing: what a process runs",
    "run": "railguard.batch.run runs a job; the drivers' runs a loop",
    "validators": "railguard.language describes the validators that railguard lists",
}
"""Exported names that two rooms define: the reason."""


def test_an_exported_name_is_defined_in_one_file() -> None:
    files = defaultdict(set)
    for path in ROOT.rglob("*.py"):
        if not _of_a_family(path) and path.name != "__init__.py":
            for name in _exported(path):
                files[name].add(path.relative_to(ROOT).as_posix())
    assert {name: paths for name, paths in files.items() if len(paths) > 1 and name not in SAME} == {}
    assert [name for name in SAME if len(files[name]) < 2] == [], "these exceptions are needed no more"


def test_a_file_name_occurs_once() -> None:
    files = defaultdict(set)
    for path in ROOT.rglob("*.py"):
        is_command = path.parent.name == "cli" and path.stem in COMMANDS  # a command's file has its name
        if path.name != "__init__.py" and not is_command and not _of_a_family(path):
            files[path.name].add(path.relative_to(ROOT).as_posix())
    assert {name: paths for name, paths in files.items() if len(paths) > 1} == {}


def _of_a_family(path: Path) -> bool:
    return any(path.is_relative_to(ROOT / family) for family in FAMILIES)


def _exported(path: Path) -> set[str]:
    """Names in `__all__` that the file itself defines."""
    defined, exported = set[str](), set[str]()
    for node in ast.parse(path.read_text()).body:
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                defined.add(name)
            case ast.Assign(targets=[ast.Name(id="__all__")], value=value):
                exported |= set(ast.literal_eval(value))
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                defined.add(name)
    return defined & exported
