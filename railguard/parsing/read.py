"""From model text to a value: sound text in one pass, everything else with every repair on record.

`accept` is the quick way and says yes or nothing. `read` looks at what it rejected. Neither raises for any text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from railguard.schema.structure import Structure
from railguard.spec import RepairPolicy
from railguard.values import UNSET, Limits, Path, Repair

__all__ = ["Reading", "ReadingProblem", "accept", "outermost", "read", "read_text"]


@dataclass(frozen=True, slots=True)
class ReadingProblem:
    """Something that is a failure whatever the schema says: a key given twice, text that is no JSON, an answer cut off.

    append: the list at `path` was cut off; further items are to be asked for.
    """

    path: Path
    keyword: str
    message: str
    value: Any = UNSET
    append: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: plain data (UNSET for nothing), how it was mended, and what is wrong with it already."""

    value: Any
    repairs: tuple[Repair, ...] = ()
    problems: tuple[ReadingProblem, ...] = ()


def accept(text: str, structure: Structure, limits: Limits, is_text: bool, *, bounds: bool = False) -> tuple[Any, Any]:
    """(state, output) of a text that is sound as it is; (UNSET, UNSET) if it has to be looked at.

    bounds: accept only what also keeps the bounds that pydantic-core can check.
    """
    if len(text) > limits.text:
        return UNSET, UNSET
    if is_text:
        return _accept_text(text, structure)
    from pydantic_core import ValidationError

    own = structure.schema.validator is None
    try:
        value = (structure.quick if bounds else structure.core).validate_json(text)
        if own and text.count(":") == structure.count_keys(value):
            state = value
        else:
            state = _unique_keys(text)
            state = value if own else state
    except (ValidationError, ValueError):
        return UNSET, UNSET
    if not structure.bounded and _too_deep(state, limits.depth):
        return UNSET, UNSET
    if structure.has_any and any(True for _ in structure.not_finite(state)):
        return UNSET, UNSET
    if not own and structure.unknown_keys(state):
        return UNSET, UNSET
    return state, value


def _accept_text(text: str, structure: Structure) -> tuple[Any, Any]:
    if not text.strip() or _SURROGATE.search(text):
        return UNSET, UNSET
    value, flaws = structure.accept(text)
    return (UNSET, UNSET) if flaws else (text, value)


def _unique_keys(text: str) -> Any:
    import jiter

    return jiter.from_json(text.encode(), catch_duplicate_keys=True)


def _too_deep(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit + 1):
        level = (
            [
                item
                for holder in level
                for item in (holder.values() if isinstance(holder, dict) else holder)
                if isinstance(item, (dict, list))
            ]
            if level and isinstance(level[0], (dict, list))
            else []
        )
        if not level:
            return False
    return True


def read(text: str, structure: Structure | None, policy: RepairPolicy, limits: Limits, *, cut: bool = False) -> Reading:
    """Read a text that `accept` did not take. `structure` None: any JSON value. cut: the model was stopped midway."""
    if len(text) > limits.text:
        return _nothing(f"The answer has {len(text)} characters; at most {limits.text} are read.")
    if not text.strip("\ufeff \t\r\n"):
        return _nothing("The answer is empty.")
    whole, error = _parse(text, limits)
    if whole is not UNSET:
        return _checked(whole, text, ())
    found = _fenced(text)
    rule = "fence"
    if len(found) != 1:
        found = list(outermost(text))
        rule = "prose"
    values = [(span, value) for span in found if (value := _parse(text[span[0] : span[1]], limits)[0]) is not UNSET]
    if len(values) == 1:
        (start, end), value = values[0]
        repair = Repair(Path(), rule, _shortened(text), text[start:end], "syntax")
        return _checked(value, text[start:end], (repair,))
    if values:
        return _nothing(f"The answer holds {len(values)} JSON values; write exactly one.")
    return _nothing(f"The answer is not JSON: {error}.")


def read_text(text: str, limits: Limits, *, cut: bool = False) -> Reading:
    """Read an answer that is plain text. What is empty, too long, cut off or half of a surrogate pair is a failure."""
    if len(text) > limits.text:
        return _nothing(f"The answer has {len(text)} characters; at most {limits.text} are read.")
    if not text.strip():
        return _nothing("The answer is empty.")
    if (half := _SURROGATE.search(text)) is not None:
        return _nothing(f"Character {half.start()} of the answer is half of a surrogate pair.")
    if cut:
        return _nothing("The answer was cut off; make it shorter.")
    return Reading(text)


_SURROGATE = re.compile("[\ud800-\udfff]")


def _nothing(message: str) -> Reading:
    return Reading(UNSET, (), (ReadingProblem(Path(), "json", message),))


def _shortened(text: str) -> str:
    return text if len(text) <= 200 else text[:200] + "…"


def _parse(text: str, limits: Limits) -> tuple[Any, str]:
    """A JSON text's value, or UNSET and what is wrong with it."""
    import jiter

    try:
        value = jiter.from_json(text.removeprefix("\ufeff").encode())
    except UnicodeEncodeError as error:
        return UNSET, f"character {error.start} is half of a surrogate pair"
    except ValueError as error:
        return UNSET, str(error)
    if _too_deep(value, limits.depth):
        return UNSET, f"it is nested more than {limits.depth} levels deep"
    return value, ""


def _checked(value: Any, text: str, repairs: tuple[Repair, ...]) -> Reading:
    problems = [
        ReadingProblem(path, "json", f"The key {path[-1]!r} is given more than once; give it once.", at)
        for path, at in _duplicates(text)
    ]
    return Reading(value, repairs, tuple(problems))


def _duplicates(text: str) -> list[tuple[Path, Any]]:
    """The paths of keys that an object gives more than once, with their last values."""
    import json

    doubled: dict[int, tuple[dict[str, Any], set[str]]] = {}

    def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            seen: set[str] = set()
            twice = {name for name, _ in pairs if name in seen or seen.add(name)}  # type: ignore[func-returns-value]
            doubled[id(made)] = (made, twice)
        return made

    root = json.loads(text.removeprefix("\ufeff"), object_pairs_hook=note, strict=False)
    if not doubled:
        return []
    found: list[tuple[Path, Any]] = []
    todo: list[tuple[Path, Any]] = [(Path(), root)]
    while todo:
        path, value = todo.pop()
        if isinstance(value, dict):
            found += [(path.child(name), value[name]) for name in doubled.get(id(value), (value, set()))[1]]
            todo.extend(
                (path.child(name), member) for name, member in value.items() if isinstance(member, (dict, list))
            )
        elif isinstance(value, list):
            todo.extend((path.child(n), item) for n, item in enumerate(value) if isinstance(item, (dict, list)))
    return found


_FENCE = re.compile(r"^[ \t]*```[^\n`]*\n(.*?)^[ \t]*```[ \t]*$", re.DOTALL | re.MULTILINE)


def _fenced(text: str) -> list[tuple[int, int]]:
    return [match.span(1) for match in _FENCE.finditer(text)]


_MARK = re.compile(r"[][{}\"]")
_STRING_END = re.compile(r'[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)


def outermost(text: str) -> Iterator[tuple[int, int]]:
    """The spans of the balanced outermost objects and lists of a text, in one pass."""
    depth = start = at = 0
    while (mark := _MARK.search(text, at)) is not None:
        at = mark.end()
        character = mark.group()
        if character == '"':
            if depth and (end := _STRING_END.match(text, at)) is not None:
                at = end.end()
        elif character in "{[":
            if not depth:
                start = mark.start()
            depth += 1
        elif depth:
            depth -= 1
            if not depth:
                yield start, at
