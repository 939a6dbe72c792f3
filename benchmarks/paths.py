"""Every path of an answer beside its floor: each source, with rules and without, each size, clean and faulty texts.

The floor does the same work with pydantic alone, or with json_repair and pydantic where the text is no JSON. What the
project wants to reach is the row's goal; `run.py` marks what misses it.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import workloads
from measure import Compared, compare, compare_commands
from pydantic import BaseModel, ValidationError
from workloads import FAULTS, KINDS, PATTERNS, CheckedList, FieldList, PlainList, document

from railguard import Guard
from railguard_validators.length import length
from railguard_validators.regex_match import regex_match
from railguard_validators.valid_choices import valid_choices
from railguard_validators.valid_range import valid_range

__all__ = ["Case", "Row", "cases", "command_rows", "rows"]


class RuledItem(BaseModel):
    id: Annotated[int, valid_range(min=0, max=1_000_000)]
    name: Annotated[str, length(min=1, max=80), regex_match(PATTERNS["name"])]
    amount: Annotated[float, valid_range(min=0, max=100_000)]
    code: Annotated[str, regex_match(PATTERNS["code"])]
    kind: Annotated[str, regex_match(PATTERNS["kind"]), valid_choices(list(KINDS))]


class RuledList(BaseModel):
    """The rules as railguard's validators in `Annotated`."""

    items: Annotated[list[RuledItem], length(min=1, max=50_000)]


class Case(NamedTuple):
    """One row to be measured.

    Attributes:
        work: What is done; the rows of one work stand together.
        source: What kind of spec says it.
        size: The name of the text's size.
        call: Ours.
        floor: What ours is divided by.
        floor_name: What the floor is.
        goal: The ratio that the project wants to reach; None if it has none.
    """

    work: str
    source: str
    size: str
    call: Callable[[], object]
    floor: Callable[[], object]
    floor_name: str
    goal: float | None


class Row(NamedTuple):
    """A measured case."""

    work: str
    source: str
    size: str
    floor_name: str
    goal: float | None
    measured: Compared


def _guards() -> dict[str, tuple[Guard[Any], Callable[[str], object]]]:
    """The guard of each source, and its floor."""
    made: dict[str, tuple[Guard[Any], Callable[[str], object]]] = {}
    for rules, floor in ((False, PlainList), (True, CheckedList)):
        suffix = ", 8 rules" if rules else ", no rules"
        read = floor.model_validate_json
        made["RAIL" + suffix] = Guard.from_rail_string(workloads.rail(rules=rules)), read
        for name, refs in (("JSON Schema", False), ("JSON Schema with $defs", True)):
            made[name + suffix] = Guard.from_json_schema(workloads.json_schema(rules=rules, refs=refs)), read
    # What pydantic writes of a model, as most people's: objects may have other members.
    for source, model, floor in (("no rules", PlainList, PlainList), ("8 rules", FieldList, CheckedList)):
        guard = Guard.from_json_schema(model.model_json_schema())
        made[f"JSON Schema of a model, {source}"] = guard, floor.model_validate_json
    made["pydantic, no rules"] = Guard.from_pydantic(PlainList), PlainList.model_validate_json
    made["pydantic, Field()"] = Guard.from_pydantic(FieldList), FieldList.model_validate_json
    made["pydantic, 8 rules"] = Guard.from_pydantic(RuledList), CheckedList.model_validate_json
    return made


def _goal_of_valid(source: str, size: str) -> float:
    if source.startswith("pydantic"):
        return 2.0 if size == "1 KB" else 1.5 if source.endswith("8 rules") else 1.7
    if source.endswith("no rules"):
        return 1.2
    return 1.0 if size == "1 KB" else 0.6


def _with_errors(read: Callable[[str], object], text: str) -> None:
    try:
        read(text)
    except ValidationError as error:
        error.errors()


def _repaired(model: type[BaseModel], text: str) -> object:
    import json_repair

    return model.model_validate(json_repair.loads(text))


def cases(sizes: tuple[str, ...] = ("1 KB", "100 KB", "1 MB")) -> Iterator[Case]:
    """All rows of `guard.parse` and of guarded calls, in the order of the table."""
    guards = _guards()
    texts = {size: document(workloads.SIZES[size]) for size in sizes}
    for size, text in texts.items():
        for source, (guard, floor) in guards.items():
            assert guard.parse(text).passed, (source, size)
            goal = _goal_of_valid(source, size)
            yield Case("valid", source, size, partial(guard.parse, text), partial(floor, text), "pydantic", goal)
    for fault, spoil in FAULTS.items():
        goal = 1.0 if fault in ("single quotes", "trailing commas") else 1.5
        for size, text in texts.items():
            if size == "1 MB":
                continue
            for source in ("RAIL, 8 rules", "JSON Schema with $defs, 8 rules", "pydantic, 8 rules"):
                guard, spoilt = guards[source][0], spoil(text)
                assert guard.parse(spoilt).passed, (source, fault)
                floor = partial(_repaired, CheckedList, spoilt)
                yield Case(fault, source, size, partial(guard.parse, spoilt), floor, "json_repair + pydantic", goal)
    yield from _failing(guards)
    yield from _calls(guards)


def _failing(guards: dict[str, tuple[Guard[Any], Callable[[str], object]]]) -> Iterator[Case]:
    types, values = workloads.wrong_types(900, 10), workloads.faulty_values(900, 10)
    one = workloads.faulty_values(10, 1)
    for work, text, size, goal in (
        ("10 wrong types", types, "100 KB", 4.0),
        ("10 broken rules", values, "100 KB", 2.0),
        ("1 broken rule", one, "1 KB", 5.0),
    ):
        for source in (
            "RAIL, 8 rules",
            "JSON Schema, 8 rules",
            "JSON Schema with $defs, 8 rules",
            "pydantic, 8 rules",
            "pydantic, Field()",
        ):
            guard, read = guards[source]
            assert not guard.parse(text).passed
            floor = partial(_with_errors, read, text)
            yield Case(work, source, size, partial(guard.parse, text), floor, "pydantic with errors()", goal)


def _calls(guards: dict[str, tuple[Guard[Any], Callable[[str], object]]]) -> Iterator[Case]:
    text = document(10)
    messages = [{"role": "user", "content": "Read the list."}]
    for source in ("RAIL, 8 rules", "pydantic, 8 rules"):
        guard = guards[source][0]
        call = partial(guard, lambda messages: text, messages=messages)
        assert call().passed
        yield Case("guarded call, valid at once", source, "1 KB", call, partial(guard.parse, text), "guard.parse", 3.0)


def rows(*, quick: bool = False, turns: int = 11) -> Iterator[Row]:
    """Measure all cases. quick: without the largest texts, and with few turns. turns: how often each is measured."""
    sizes = ("1 KB", "100 KB") if quick else ("1 KB", "100 KB", "1 MB")
    turns = min(turns, 5) if quick else turns
    for case in cases(sizes):
        measured = compare(case.call, case.floor, turns=turns, least=0.005 if turns < 11 else 0.02)
        yield Row(case.work, case.source, case.size, case.floor_name, case.goal, measured)


SCRIPT = """
import json, sys
from typing import Annotated, Literal
from pydantic import BaseModel, Field
class Item(BaseModel):
    id: Annotated[int, Field(ge=0, le=1000000)]
    name: Annotated[str, Field(min_length=1, max_length=80, pattern={name!r})]
    amount: Annotated[float, Field(ge=0, le=100000)]
    code: Annotated[str, Field(pattern={code!r})]
    kind: Literal["fee", "rate", "charge"]
class Items(BaseModel):
    items: Annotated[list[Item], Field(min_length=1, max_length=50000)]
"""
ONE = "Items.model_validate_json(open(sys.argv[1]).read())\n"
LINES = """
for line in open(sys.argv[1]):
    print(json.dumps({"passed": True, "output": Items.model_validate_json(line).model_dump()}))
"""


def command_rows(*, turns: int = 9) -> Iterator[Row]:
    """The commands, as programs: CPU seconds beside a script that does the same with one pydantic model."""
    head = SCRIPT.format(**PATTERNS)
    railguard = [sys.executable, "-m", "railguard", "validate"]
    with tempfile.TemporaryDirectory() as folder:
        spec, one, lines = (Path(folder, name) for name in ("spec.rail", "one.json", "many.jsonl"))
        first, many = Path(folder, "one.py"), Path(folder, "many.py")
        spec.write_text(workloads.rail(rules=True))
        one.write_text(document(10))
        lines.write_text("".join(document(10) + "\n" for _ in range(2000)))
        first.write_text(head + ONE)
        many.write_text(head + LINES)
        for work, options, script, goal in (
            ("validate, one file", [one], [first, one], 1.2),
            ("validate, 2,000 lines", [lines], [many, lines], 2.0),
            ("validate --format json, 2,000 lines", ["--format", "json", lines], [many, lines], 3.3),
        ):
            ours = [*railguard, str(spec), *map(str, options)]
            floor = [sys.executable, *map(str, script)]
            measured = compare_commands(ours, floor, turns=turns)
            yield Row(work, "RAIL, 8 rules", "1 KB each", "a pydantic script", goal, measured)


if __name__ == "__main__":
    for row in rows(quick="--quick" in sys.argv):
        mark = "" if row.goal is None else "ok" if row.measured.ratio <= row.goal else "MISSED"
        m = row.measured
        print(
            f"{row.work:28} {row.source:34} {row.size:7} {m.ours * 1e6:10.1f} µs {m.floor * 1e6:10.1f} µs "
            f"{m.ratio:7.2f} [{m.low:.2f}–{m.high:.2f}] goal {row.goal} {mark}",
            flush=True,
        )
    if "--commands" in sys.argv:
        for row in command_rows(turns=5):
            print(row.work, row.measured, row.goal, flush=True)
