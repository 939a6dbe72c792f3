"""Combines several candidates, each of which is one item, to a list."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import chain
from typing import Any

from railguard.parsing.extract.cues import disowns, scalars_before, scalars_behind
from railguard.parsing.extract.reasoning import CLOSE_TAG, OPEN_TAG
from railguard.parsing.extract.variants import FITS, Variant, joined_before, joined_behind
from railguard.parsing.reading import is_problem
from railguard.values import UNSET, Editor, RepairClass, RepairNote, Traced, identical, json_key

__all__ = ["assembled", "has_another_of_its_kind", "has_items_beside", "values_beside", "with_misfits"]


_NOTHING_BETWEEN = re.compile(r"(?:[\s,;]|</?[A-Za-z][\w-]{0,40}>)*").fullmatch  # nothing but separators and tags


def assembled(items: Sequence[Variant], text: str) -> Traced:
    """Return the list of the items; a judgement if there are words between them."""
    editor = Editor(Traced([]))
    together = True
    for number, one in enumerate(items):
        editor.replace((number,), one.given)
        if number:
            between = text[items[number - 1].candidate.end : one.candidate.start]
            together = together and _NOTHING_BETWEEN(between) is not None
    kind: RepairClass = "lossless" if together else "judgement"
    editor.note((), RepairNote("several-values", UNSET, editor.value, kind))
    return editor.done()


def with_misfits(items: Sequence[Variant], variants: Sequence[Variant], text: str) -> list[Variant]:
    """Return the items of a list in order, with invalid ones between and after them that are meant as items."""
    keys = {key for one in items if isinstance(one.given.value, dict) for key in one.given.value}
    first, last = items[0].candidate, items[-1].candidate
    made = list(items)
    for one in variants:
        piece, value = one.candidate, one.given.value
        if not isinstance(value, dict) or piece.how == "text" or any(one is item for item in items):
            continue
        is_kin = not keys.isdisjoint(value) and not disowns(text, piece.start)
        is_row = first.start < piece.start < last.start and _is_alone(one, text)
        if is_kin or is_row:
            made.append(one)
    return sorted(made, key=lambda one: one.candidate.start)


def has_another_of_its_kind(one: Variant, variants: Sequence[Variant]) -> bool:
    """Whether there is another object like the one that was taken as the only item of a list."""
    value = one.given.value
    if not isinstance(value, dict) or not one.was_repaired_by("only-member"):
        return False
    for other in variants:
        members = other.given.value
        if isinstance(members, dict) and not members.keys().isdisjoint(value) and not identical(members, value):
            return True
    return False


def has_items_beside(chosen: Sequence[Variant], variants: Sequence[Variant], text: str, names: Collection[str]) -> bool:
    """Whether more items stand beside what was chosen for a list, and no word between says what they are: objects that
    fit or have a member of an item, alone or in a list that does not fit. Objects that were chosen as well do not
    count.

    Args:
        chosen: One list, or items in order.
        variants: All pieces.
        text: The text of all of them.
        names: The names of an item's members that the schema knows.
    """
    pieces = [one for one in variants if one.candidate.how != "text"]
    before = joined_before(pieces, chosen[0].candidate.start, text)
    behind = joined_behind(pieces, chosen[-1].candidate.end, text)
    beside = [one for one in chain(before, behind) if not (isinstance(one.given.value, list) and one.level == FITS)]
    if not beside:
        return False
    items = _objects_in([one.given.value for one in chosen])
    keys = {key for item in items for key in item}.union(names)
    known = {json_key(item) for item in items}
    return any(
        json_key(item) not in known and (one.level == FITS or not keys.isdisjoint(item))
        for one in beside
        for item in _objects_in(one.given.value)
    )


def values_beside(
    chosen: Sequence[Variant], variants: Sequence[Variant], text: str, names: Collection[str]
) -> list[Any]:
    """Return the other values beside what was chosen, where no word between says what they are; scalars as they are
    written. Values that hold nothing, those that repeat what was chosen, and labels as `[INFO]` are none of them, nor is
    an object beside another one whose members have names: if it has some of them, `last_of` says what it is.

    Args:
        chosen: One value, or the items of a list in order.
        variants: All pieces.
        text: The text of all of them.
        names: The names of the members that the schema knows.
    """
    start, end = chosen[0].candidate.start, chosen[-1].candidate.end
    pieces = [one for one in variants if one.candidate.how != "text"]
    has_members = len(chosen) == 1 and isinstance(chosen[0].value, dict) and bool(names)
    beside = [
        one.given.value
        for one in chain(joined_before(pieces, start, text), joined_behind(pieces, end, text))
        if not (has_members and isinstance(one.given.value, dict)) and not _is_label(one)
    ]
    if beside:
        known = {json_key(part) for one in chosen for value in (one.given.value, one.value) for part in _parts(value)}
        beside = [value for value in beside if not known.issuperset(map(json_key, _parts(value)))]
    since = max((one.candidate.end for one in pieces if one.candidate.end <= start), default=0)
    since = max((tag.end() for tag in CLOSE_TAG.finditer(text, since, start)), default=since)
    until = min((one.candidate.start for one in pieces if one.candidate.start >= end), default=len(text))
    tag = OPEN_TAG.search(text, end, until)
    scalars = scalars_before(text, since, start), scalars_behind(text, end, until if tag is None else tag.start())
    return [*beside, *chain(*scalars)]


def _parts(value: Any) -> list[Any]:
    """Return the items of a list, or the only value."""
    return value if isinstance(value, list) else [value]


def _is_label(one: Variant) -> bool:
    """Whether a piece is a word in brackets, and not JSON."""
    value, notes = one.given.value, list(one.given.history.all_notes())
    if isinstance(value, list):
        return any(isinstance(note, RepairNote) and note.rule == "unquoted" for note in notes)
    return value == {} and any(map(is_problem, notes))


def _objects_in(value: Any) -> list[dict[str, Any]]:
    """Return an object, or the objects in a list and in lists inside it, but not those inside objects."""
    found: list[dict[str, Any]] = []
    todo = [value]
    while todo:
        one = todo.pop()
        if isinstance(one, dict):
            found.append(one)
        elif isinstance(one, list):
            todo.extend(one)
    return found


def _is_alone(one: Variant, text: str) -> bool:
    """Whether a piece is alone on its lines."""
    piece = one.candidate
    before = text[max(0, piece.start - 40) : piece.start].rstrip(" \t")
    behind = text[piece.end : piece.end + 40].lstrip(" \t,")
    return before[-1:] in ("\n", "") and behind[:1] in ("\n", "\r", "")
