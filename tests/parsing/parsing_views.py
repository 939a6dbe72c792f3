"""A value with its history, laid out flat for tests: what was repaired, what is objected to, what the end cut off."""

from __future__ import annotations

from typing import Any, NamedTuple

from railguard.parsing import Reading, ReadingContext, objections
from railguard.parsing.extract.answer import extract
from railguard.parsing.reading import is_problem
from railguard.prompting.objections import objection_message
from railguard.schema import Node, Schema
from railguard.schema.structure import Structure
from railguard.spec import RepairPolicy
from railguard.values import UNSET, Doubt, Limits, Path, Repair, RepairNote, Traced


class Objection(NamedTuple):
    path: Path
    message: str
    append: bool
    code: str


class View(NamedTuple):
    value: Any
    repairs: tuple[Repair, ...]
    problems: list[Objection]
    open: list[Path]
    cut: Path | None
    guessed: bool = False


def view(traced: Traced, policy: RepairPolicy = "judgement") -> View:
    found = list(objections(traced.history, policy))
    doubts = [(path, note) for path, note in found if isinstance(note, Doubt)]
    opened = sorted((path for path, note in doubts if note.kind == "open"), key=len)
    cuts = [path for path, note in doubts if note.kind == "cut"]
    problems = [
        Objection(
            path,
            objection_message(note),
            (isinstance(note, Doubt) and note.kind == "items-missing")
            or (isinstance(note, RepairNote) and note.rule == "unclosed"),
            note.code if isinstance(note, Doubt) else note.rule,
        )
        for path, note in found
        if is_problem(note) or isinstance(note, RepairNote)
    ]
    return View(traced.value, traced.history.repairs(), problems, opened, cuts[0] if cuts else None)


def context_of(
    node: Node, policy: RepairPolicy = "lossless", limits: Limits | None = None, **more: Node
) -> ReadingContext:
    structure = Structure(Schema(root=node, definitions=more))
    return ReadingContext.of(structure, policy, limits if limits is not None else Limits())


def view_of(reading: Reading, policy: RepairPolicy) -> View:
    if reading.traced is None:
        assert reading.problem is not None
        problem = Objection(Path(), objection_message(reading.problem), False, reading.problem.code)
        return View(UNSET, (), [problem], [], None)
    return view(reading.traced, policy)._replace(guessed=reading.guessed)


def chosen(text: str, node: Node, policy: RepairPolicy = "lossless", **definitions: Node) -> View:
    return view_of(extract(text, context_of(node, policy, **definitions)), policy)
