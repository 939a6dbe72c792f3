"""Selects the answer among several pieces: the one that fits the schema best; of equally good ones, the last.

Models correct themselves, so order decides, by judgement; if there is no order (alternatives, numbered things), nothing
is selected.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from railguard.parsing.context import ReadingContext
from railguard.parsing.extract.cues import (
    corrects,
    disowns,
    forbids,
    is_example,
    is_part,
    name_before,
    number_of,
    offers_another,
    takes_back,
)
from railguard.parsing.extract.variants import PARTLY, Variant, joined_before
from railguard.values import UNSET, Doubt, RepairNote, identical, json_key

__all__ = ["last_of"]


def last_of(equals: Sequence[Variant], partly: Sequence[Variant], text: str, context: ReadingContext) -> Variant:
    """Return the last of pieces that fit equally well; by judgement, if they differ or another one fits partly.

    A piece that the words around it reject is not an answer while there are others. A piece that is offered as another
    choice, or other pieces with members that this one lacks, leave no order. A piece directly before it with members
    that it lacks is another part of the answer if they share none, otherwise what it corrects.
    """
    owned = [one for one in equals if not (disowns(text, one.candidate.start) or _is_refused(one, text))]
    winner = (owned or equals)[-1]
    if _is_refused(winner, text):
        return winner.noted(Doubt("unreadable", "said-wrong"))
    others = [one for one in equals if not identical(one.value, winner.value)]
    later = [one for one in partly if one.candidate.start > winner.candidate.start]
    parts = _parts_before(winner, [*equals, *partly], text, context)
    if any(part.keys().isdisjoint(winner.value) for part in parts):
        return winner.noted(Doubt("unreadable", "several-answers"))
    if winner.ambiguous or not (others or later or parts):
        if winner.ambiguous:
            return winner
        if is_example(text, winner.candidate.start):
            return winner.noted(RepairNote("example", UNSET, UNSET, "judgement"))
        start, end = winner.candidate.start, winner.candidate.end
        if winner.candidate.how == "prose" and (
            is_part(text, start, end) or name_before(text, start) in context.member_names
        ):
            return winner.noted(Doubt("unreadable", "only-part"))
        return winner
    if _has_no_order([*others, winner], text) or _lacks(winner, later, text, context):
        return winner.noted(Doubt("unreadable", "several-answers"))
    discarded = [one.value for one in (*others, *later)] or parts
    if others and not later and winner is equals[-1]:
        end = others[-1].candidate.end
        if corrects(text[end : winner.candidate.start]) or takes_back(text, end):
            # The model itself says that the second corrects the first.
            return winner.noted(RepairNote("candidate-corrected", discarded, winner.value, "lossless"))
    if others and winner.is_call and all(one.is_call for one in others):
        return winner.noted(Doubt("unreadable", "several-calls", len({json_key(one.value) for one in equals})))
    return winner.noted(RepairNote("candidate", discarded, winner.value, "judgement"))


def _parts_before(
    winner: Variant, pieces: Sequence[Variant], text: str, context: ReadingContext
) -> list[dict[str, Any]]:
    """Return the objects before the selected one, as far back as no word is between, with known members that it lacks, or
    in which only the notation is wrong.
    """
    value = winner.value
    if context.known is None or not isinstance(value, dict):
        return []
    lacking = context.known - value.keys()
    return [
        one.value
        for one in joined_before(pieces, winner.candidate.start, text)
        if isinstance(one.value, dict)
        and (not lacking.isdisjoint(one.value) or (one.level == PARTLY and not one.verdict.flaws))
    ]


def _is_refused(one: Variant, text: str) -> bool:
    """Whether the words around a piece show that it must not be the answer."""
    piece = one.candidate
    return forbids(text, piece.start) or (piece.how != "text" and takes_back(text, piece.end))


def _has_no_order(equals: Sequence[Variant], text: str) -> bool:
    """Whether pieces are offered as choices, or counted as different things."""
    if any(offers_another(text, one.candidate.start) for one in equals):
        return True
    counted = [found for one in equals if (found := number_of(text, one.candidate.start)) is not None]
    return len({noun for noun, _ in counted}) == 1 and len({number for _, number in counted}) > 1


def _lacks(winner: Variant, later: Sequence[Variant], text: str, context: ReadingContext) -> bool:
    """Whether a piece after the selected one has known members that the selected one lacks, or has with another value."""
    value = winner.value
    if context.known is None or not isinstance(value, dict):
        return False
    for one in later:
        members = one.value
        if isinstance(members, dict) and not disowns(text, one.candidate.start):
            shared = members.keys() & context.known
            if any(key not in value or not identical(members[key], value[key]) for key in shared):
                return True
    return False
