"""Finds the answer in a text: collects the candidates, ranks them by the schema, and selects the best one.

Only the schema's tree is used for ranking; user code is not called. Every step is a note in the history of the value.
"""

from __future__ import annotations

from collections.abc import Sequence

from railguard.lazy import regex
from railguard.parsing.context import ReadingContext
from railguard.parsing.extract.assemble import (
    assembled,
    has_another_of_its_kind,
    has_items_beside,
    values_beside,
    with_misfits,
)
from railguard.parsing.extract.candidates import Candidate, candidates, prefixed
from railguard.parsing.extract.piece import surrounding_note
from railguard.parsing.extract.rank import last_of
from railguard.parsing.extract.variants import FITS, PARTLY, Variant, Variants
from railguard.parsing.json.fullwidth import narrowed
from railguard.parsing.json.whole_text import read_json
from railguard.parsing.reading import Reading
from railguard.schema import ChoiceNode, ListNode, ObjectNode, UnionNode
from railguard.schema.formats import is_free_text
from railguard.schema.prune import node_at
from railguard.values import UNSET, Doubt, Editor, Note, Path, RepairNote, Traced, json_key, value_at

__all__ = ["extract"]

_SEVERAL = Doubt("unreadable", "several-values")
_OUT_OF_TEXT = ("prose", "fence", "rows")
_NEXT_PART = regex(r"[\]}\s`~]*+(?:[,\"'{\[]|[A-Za-z_]\w{0,40}[ \t]{0,9}:)")


def extract(text: str, context: ReadingContext) -> Reading:
    """Return the answer in a text.

    For railguard's own schema it is repaired as the policy allows; for a user's own model it is not repaired, because
    the model itself reports its errors.
    """
    if is_free_text(context.root):
        return _read_free_text(text, context)
    plain = read_json(text, context.limits)
    if plain is None and context.policy == "none":
        return _nothing(text, "not-valid-json")
    given = text
    if plain is not None:
        pieces: Sequence[Candidate] = (Candidate(plain.start, plain.end, "whole", plain.traced),)
    else:
        text = narrowed(text)
        found = candidates(text, context.limits, rows=_takes_rows(context))
        if found.crowded:
            return _nothing(given, "too-many-pieces")
        pieces = found.found
    changed = () if text == given else (RepairNote("other-marks", given[:200], text[:200], "syntax"),)
    return _Extraction(text, context, plain is not None, changed).reading(pieces)


def _nothing(text: str, code: str) -> Reading:
    return Reading(None, Doubt("unreadable", code), end=len(text), source=text)


def _read_free_text(text: str, context: ReadingContext) -> Reading:
    """Return the text itself as the answer. With a JSON Schema or a user-defined type, one JSON string is decoded."""
    if context.root.nullable and text.strip() == "null":
        return Reading(Traced(None), end=len(text), source=text)
    if context.schema.source is not None and text.lstrip()[:1] == '"':
        found = read_json(text, context.limits)
        if found is not None and isinstance(found.traced.value, str):
            return Reading(found.traced, None, found.start, found.end, text)
    return Reading(Traced(text), end=len(text), source=text)


def _takes_rows(context: ReadingContext) -> bool:
    root = context.root
    options = root.options if isinstance(root, UnionNode) else (root,)
    return any(isinstance(context.schema.resolve(one), ListNode) for one in options)


class _Extraction:
    """The selection among the pieces of a text. is_json: the whole text is JSON. changed: the changes of the text."""

    def __init__(self, text: str, context: ReadingContext, is_json: bool, changed: tuple[RepairNote, ...]) -> None:
        self._text = text
        self._context = context
        self._is_json = is_json
        self._changed = changed
        self._variants = Variants(context)
        self._pieces: Sequence[Candidate] = ()

    def reading(self, pieces: Sequence[Candidate]) -> Reading:
        """Return the reading of the piece that is the answer, or of none."""
        self._pieces = pieces
        all_variants = self._all(pieces)
        variants = [one for one in all_variants if not one.is_schema]
        if all_variants and not variants:
            return _nothing(self._text, "schema-echo")
        fitting = [one for one in variants if one.level == FITS]
        if any(not one.guessed for one in fitting):
            fitting = [one for one in fitting if not one.guessed]
        if isinstance(self._context.root, ListNode) and fitting:
            whole = [one for one in fitting if isinstance(one.given.value, list)]
            items = [one for one in fitting if not isinstance(one.given.value, list)]
            if items and not whole:
                items = with_misfits(items, variants, self._text)
            if not whole and len(items) > 1:
                return self._of_items(items, variants)
            fitting = [one.noted(_SEVERAL) if self._has_more([one], variants) else one for one in whole or fitting]
        fitting = [one.noted(_SEVERAL) if has_another_of_its_kind(one, variants) else one for one in fitting]
        partly = [one for one in variants if one.level == PARTLY]
        if fitting:
            return self._of(self._alone(last_of(fitting, partly, self._text, self._context), [], variants))
        if partly:
            most = max(self._variants.keys_known(one.value) for one in partly)
            best = [one for one in partly if self._variants.keys_known(one.value) == most]
            return self._of(self._alone(last_of(best, [], self._text, self._context), [], variants))
        return self._fallback(variants)

    def _all(self, pieces: Sequence[Candidate]) -> list[Variant]:
        bracketed = [piece for piece in pieces if piece.how != "text"]
        texts = [piece for piece in pieces if piece.how == "text"]
        found = [self._variants.best(piece) for piece in bracketed if piece.traced.value is not UNSET]
        if any(piece.how in ("whole", "fence") for piece in bracketed):
            texts = texts[:-1]
        for number, piece in enumerate(texts):
            is_all = number == len(texts) - 1 and piece.end == len(self._text)
            if is_all and any(one.level == FITS for one in found):
                continue
            found.append(self._variants.best(piece))
        return found

    def _of_items(self, items: Sequence[Variant], variants: Sequence[Variant]) -> Reading:
        first, last = items[0].candidate, items[-1].candidate
        piece = Candidate(first.start, last.end, "rows", assembled(items, self._text))
        one = self._variants.variant(piece, piece.traced, [])
        if self._has_more(items, variants):
            one = one.noted(_SEVERAL)
        one = self._alone(one, items, variants)
        return self._reading(one, list(self._changed), guessed=True)

    def _fallback(self, variants: Sequence[Variant]) -> Reading:
        """Handle a text in which no piece fits even partly: the only piece that is clearly meant, otherwise nothing."""
        meant = [one for one in variants if one.candidate.how in ("whole", "fence")]
        if len(meant) == 1:
            return self._of(meant[0])
        is_scalar = not isinstance(self._context.root, (ObjectNode, ListNode, ChoiceNode))
        if is_scalar and variants and not meant and not variants[-1].is_prose:
            return self._of(variants[-1])
        if not variants:
            return _nothing(self._text, "empty")
        if meant or any(one.candidate.how in ("prose", "rows") for one in variants):
            return _nothing(self._text, "no-match")
        return _nothing(self._text, "not-json")

    def _of(self, one: Variant) -> Reading:
        piece = one.candidate
        notes: list[Note] = list(self._changed)
        is_part = piece.how == "text" and piece.end - piece.start < len(self._text.strip())
        if piece.how in ("fence", "prose", "rows") or is_part:
            if piece.how == "rows":
                notes.append(RepairNote("several-values", UNSET, piece.traced.value, "lossless"))
            around = "prose" if piece.how in ("prose", "rows") else "fence"
            before, behind = self._text[: piece.start].strip(), self._text[piece.end :].strip()
            if piece.how != "rows" or before or behind:
                notes.append(surrounding_note(self._text, piece.start, piece.end, around))
        elif self._text[: piece.start].strip("\ufeff \t\r\n") and piece.start:
            notes.append(RepairNote("prose", self._text[: piece.start][:200], UNSET, "syntax"))
        if not piece.sure:
            notes.append(RepairNote("reasoning", UNSET, UNSET, "judgement"))
        spelled = piece.how in ("whole", "fence") and not one.unwrapped
        guessed = not self._is_json and not (spelled and _is_spelling(piece.traced))
        return self._reading(one, notes, guessed or one.guessed)

    def _reading(self, one: Variant, notes: Sequence[Note], guessed: bool) -> Reading:
        piece = one.candidate
        if self._goes_on(piece):
            notes = [*notes, Doubt("unreadable", "closed-early")]
        is_ours = self._context.schema.user_model is None
        traced = _settled(prefixed(one.repaired if is_ours else one.given, *notes), self._context)
        return Reading(traced, None, piece.start, piece.end, self._text, guessed)

    def _has_more(self, chosen: Sequence[Variant], variants: Sequence[Variant]) -> bool:
        return has_items_beside(chosen, variants, self._text, self._context.member_names)

    def _alone(self, one: Variant, items: Sequence[Variant], variants: Sequence[Variant]) -> Variant:
        """Return the chosen piece, as a judgement if it stands between other values. items: its items, if they are pieces."""
        beside = values_beside(items or [one], variants, self._text, self._context.member_names)
        discarded = {
            json_key(value)
            for _, note in one.repaired.history.notes
            if isinstance(note, RepairNote) and note.rule in ("candidate", "candidate-corrected")
            for value in note.before
        }
        beside = [value for value in beside if json_key(value) not in discarded]
        return one.noted(RepairNote("candidate", beside, one.value, "judgement")) if beside else one

    def _goes_on(self, chosen: Candidate) -> bool:
        """Whether the chosen piece, or one before it, goes on behind the bracket that closes it: members or items
        follow, and there is a bracket too many. The chosen piece is then a part of an answer that is not read.
        """
        text = self._text.rstrip("`~ \t\r\n")
        if chosen.how not in _OUT_OF_TEXT or text[-1:] not in ("}", "]"):
            return False
        too_many = _closed_more(text)
        return any(
            piece.start <= chosen.start
            and text[piece.start : piece.end].rstrip()[-1:] in ("}", "]")
            and _NEXT_PART.match(text, piece.end) is not None
            and too_many > _closed_more(text[piece.start : piece.end])
            for piece in (*self._pieces, chosen)
            if piece.how in _OUT_OF_TEXT
        )


def _closed_more(text: str) -> int:
    """How many more brackets a text closes than it opens."""
    return sum(map(text.count, "}]")) - sum(map(text.count, "{["))


def _settled(traced: Traced, context: ReadingContext) -> Traced:
    """Move a doubt about a missing member that is not in the schema to its object."""
    if not any(isinstance(note, Doubt) for note in traced.history.all_notes()):
        return traced
    absent = [
        (path, note)
        for path, note in traced.history.doubts()
        if path and value_at(traced.value, path) is UNSET and node_at(context.schema, path, traced.value) is None
    ]
    if not absent:
        return traced
    editor = Editor(traced)
    for path, note in absent:
        holder = path
        while holder and value_at(traced.value, holder) is UNSET:
            holder = Path(holder[:-1])
        editor.forget(path, note.kind)
        editor.note(holder, note)
    return editor.done()


def _is_spelling(traced: Traced) -> bool:
    """Whether only the notation was repaired."""
    return all(note.kind == "syntax" for note in traced.history.all_notes() if isinstance(note, RepairNote))
