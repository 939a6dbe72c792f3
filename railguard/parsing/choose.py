"""Which piece of a text is the answer: the one that the schema fits, and of those that fit equally the last.

Models correct themselves, so order decides, by judgement; where there is no order (two members of one object) nothing
is chosen. What fits is said from outside; every step is a repair with its class, and what the policy does not allow is
a defect where it stands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from railguard.parsing.candidates import Candidate, Candidates, candidates
from railguard.parsing.keys import known_keys
from railguard.parsing.leads import corrects, disowns, forbids, is_example, number_of, offers_another, takes_back
from railguard.parsing.marks import narrowed
from railguard.parsing.mending import Fits, Mended, is_allowed, mend, same
from railguard.parsing.reading import Defect, TolerantReading
from railguard.parsing.syntax import read_json, read_tolerant
from railguard.schema import ChoiceNode, ListNode, Node, ObjectNode, Schema, UnionNode
from railguard.schema.formats import is_free_text
from railguard.spec import RepairPolicy
from railguard.values import UNSET, Limits, Path, Repair, RepairClass

__all__ = ["choose"]

_FITS, _PARTLY, _OTHER, _NOT = range(4)
_SHAPE = {"type", "required", "enum", "const", "format", "discriminator", "value", "flaws"}
_ODD_NUMBER = re.compile(r"\.[0-9]+0(?![0-9])|[0-9][eE][-+0-9]|[0-9]{16}|-0")
_TOOL_KEYS = {
    "name",
    "tool",
    "tool_name",
    "type",
    "id",
    "function",
    "arguments",
    "parameters",
    "input",
    "args",
    "params",
    "tool_calls",
    "function_call",
}
_MOST_WRAPPERS = 4  # one inside the other
_MOST_WRAPPED = 20  # members of one object that may each be the answer
_MESSAGES = {
    "unescaped-quotes": 'The quotes inside this text are not escaped; write each one as \\".',
    "missing-quote": "A quote is missing here; write valid JSON.",
    "unclosed": "It is not closed; write all of it.",
    "unquoted": "This text has no quotes and could end elsewhere; put it in double quotes.",
    "stray-text": "There is text between the members; write valid JSON.",
    "escape": "The backslashes in this text are not JSON's; write each one as \\\\.",
    "candidate": "There are several different answers; write exactly one.",
    "several-values": "There are several values; write one JSON list of them.",
    "example": "It is said to be an example; write the answer itself.",
    "triple-quotes": "This text stands between triple quotes; write it as a JSON string.",
}


@dataclass(frozen=True, slots=True)
class _Variant:
    """A candidate as it stands, or unwrapped: its value, what was done to it, and how well it fits."""

    candidate: Candidate
    given: Any
    mended: Mended
    repairs: tuple[Repair, ...]
    problems: tuple[Defect, ...]
    open: tuple[Path, ...]
    cut: Path | None
    level: int
    ambiguous: bool = False
    guessed: bool = False  # unwrapping it was a judgement


def choose(text: str, schema: Schema, policy: RepairPolicy, fits: Fits, limits: Limits) -> TolerantReading:
    """The answer in a text, mended as the policy allows.

    value: UNSET if no piece of the text may be the answer. problems: what is a failure whatever the schema says, and
    each repair that was needed and is not allowed. Structural flaws that remain are not among them.
    """
    root = schema.resolve(schema.root)
    if is_free_text(root):
        if root.nullable and text.strip() == "null":
            return TolerantReading(None, end=len(text), source=text)
        return TolerantReading(text, end=len(text), source=text)
    if policy == "none":
        plain = read_json(text.removeprefix("\ufeff"), limits)
        return plain if plain is not None else _nothing(text, "The answer is not valid JSON.")
    plain = read_json(text.strip("\ufeff \t\r\n"), limits)
    if plain is not None and _ODD_NUMBER.search(text) is not None:
        spelt = read_tolerant(text, limits)  # the same value, and how its numbers are spelt
        plain = plain if spelt.repairs or spelt.problems else spelt
    given, text = text, narrowed(text) if plain is None else text
    found = Candidates((Candidate(0, len(text), "whole", plain),)) if plain is not None else candidates(text, limits)
    if found.crowded:
        return _nothing(text, "The answer holds too many pieces of JSON; write exactly one.")
    reading = _Chooser(text, schema, root, policy, fits, limits).choose(found.found)
    if text == given:
        return reading
    step = Repair(Path(), "other-marks", given[:200], text[:200], "syntax")
    return replace(reading, repairs=(step, *reading.repairs))


def _nothing(text: str, message: str) -> TolerantReading:
    return TolerantReading(UNSET, problems=(Defect(Path(), "json", message),), end=len(text), source=text)


class _Chooser:
    """One choice: the text, what is wanted, and the policy."""

    def __init__(self, text: str, schema: Schema, root: Node, policy: RepairPolicy, fits: Fits, limits: Limits) -> None:
        self._text = text
        self._schema = schema
        self._root = root
        self._policy = policy
        self._fits = fits
        self._limits = limits
        self._known = known_keys(root, schema)

    def choose(self, pieces: tuple[Candidate, ...]) -> TolerantReading:
        """The reading of the piece that is the answer, or of none."""
        bracketed = [piece for piece in pieces if piece.how != "text"]
        texts = [piece for piece in pieces if piece.how == "text"]
        variants = [self._best(piece) for piece in bracketed if piece.reading.value is not UNSET]
        if any(piece.how in ("whole", "fence") for piece in bracketed):
            texts = texts[:-1]
        for number, piece in enumerate(texts):
            is_raw = number == len(texts) - 1 and piece.end == len(self._text)
            if is_raw and any(one.level == _FITS for one in variants):
                continue
            variants.append(self._best(piece))
        fitting = [one for one in variants if one.level == _FITS]
        if any(not one.guessed for one in fitting):
            fitting = [one for one in fitting if not one.guessed]
        if isinstance(self._root, ListNode) and fitting:
            whole = [one for one in fitting if isinstance(one.given, list)]
            items = [one for one in fitting if not isinstance(one.given, list)]
            if items and not whole:
                items = self._with_misfits(items, variants)
            if not whole and len(items) > 1:
                return self._assembled(items)
            fitting = whole or fitting
        fitting = [self._doubted(one, variants) for one in fitting]
        if fitting:
            return self._last(fitting, [one for one in variants if one.level == _PARTLY])
        partly = [one for one in variants if one.level == _PARTLY]
        if partly:
            most = max(self._keys_known(one.mended.value) for one in partly)
            best = [one for one in partly if self._keys_known(one.mended.value) == most]
            return self._last(best, [])
        return self._fallback(variants)

    def _with_misfits(self, items: list[_Variant], variants: list[_Variant]) -> list[_Variant]:
        """The items of a list, in order, with those between and behind them that are meant as items and do not fit."""
        keys = {key for one in items if isinstance(one.given, dict) for key in one.given}
        first, last = items[0].candidate, items[-1].candidate
        made = list(items)
        for one in variants:
            piece = one.candidate
            if not isinstance(one.given, dict) or piece.how == "text" or any(one is item for item in items):
                continue
            is_kin = not keys.isdisjoint(one.given) and not disowns(self._text, piece.start)
            is_row = first.start < piece.start < last.start and self._is_alone(piece)
            if is_kin or is_row:
                made.append(self._variant(piece, [one.given], piece.reading, (), prefix=(0,)))
        return sorted(made, key=lambda one: one.candidate.start)

    def _is_alone(self, piece: Candidate) -> bool:
        """Whether a piece has a line, or several, for itself."""
        before = self._text[max(0, piece.start - 40) : piece.start].rstrip(" \t")
        behind = self._text[piece.end : piece.end + 40].lstrip(" \t,")
        return before[-1:] in ("\n", "") and behind[:1] in ("\n", "\r", "")

    def _doubted(self, one: _Variant, variants: list[_Variant]) -> _Variant:
        """An object that was taken for the only item of the list wanted is in doubt beside another of its kind."""
        if not isinstance(one.given, dict) or all(
            step.rule != "only-member" or step.path for step in one.mended.repairs
        ):
            return one
        for other in variants:
            is_kin = isinstance(other.given, dict) and not other.given.keys().isdisjoint(one.given)
            if is_kin and not same(other.given, one.given):
                problem = Defect(Path(), "json", _MESSAGES["several-values"])
                return replace(one, problems=(*one.problems, problem))
        return one

    # -- how well one piece fits ------------------------------------------------------------------------------------

    def _best(self, piece: Candidate) -> _Variant:
        """The piece as it stands if it fits, else the way of unwrapping it that fits better."""
        plain = self._variant(piece, piece.reading.value, piece.reading, ())
        if plain.level == _FITS or (plain.problems and not plain.mended.flaws):
            return plain
        best = plain
        for one in self._unwrapped(piece, piece.reading.value, piece.reading, (), ()):
            if one.level < best.level and one.level <= _PARTLY:
                best = one
        return best

    def _variant(
        self,
        piece: Candidate,
        value: Any,
        reading: TolerantReading,
        under: tuple[str | int, ...],
        *steps: Repair,
        prefix: tuple[str | int, ...] = (),
    ) -> _Variant:
        mended = mend(value, self._schema, self._fits, self._policy, source_of=reading.source_of)
        strip = under
        for step in mended.repairs:
            if not step.path and step.rule == "one-item-list":
                strip = (*strip, 0)
            elif not step.path and step.rule in ("list-of-one",):
                prefix = (0,)
        repairs = tuple(_moved(one, strip, prefix) for one in reading.repairs)
        problems = [defect._replace(path=_moved_path(defect.path, strip, prefix)) for defect in reading.problems]
        problems += [_refused(one) for one in (*repairs, *steps) if not is_allowed(one, self._policy)]
        level = self._level(mended)
        if piece.how == "prose" and any(step.rule == "only-member" and not step.path for step in mended.repairs):
            level = _NOT  # a list or number in prose is what prose is made of
        if problems:
            level = max(level, _PARTLY)
        return _Variant(
            piece,
            value,
            mended,
            (*repairs, *steps, *mended.repairs),
            tuple(problems),
            tuple(_moved_path(path, strip, prefix) for path in reading.open),
            _moved_path(reading.cut, strip, prefix) if reading.cut is not None else None,
            level,
            guessed=any(step.kind == "judgement" for step in steps),
        )

    def _level(self, mended: Mended) -> int:
        flaws = [flaw for flaw in mended.flaws if flaw.keyword in _SHAPE]
        value = mended.value
        if self._known is not None and isinstance(value, dict) and (value or flaws) and not self._keys_known(value):
            return _OTHER
        if not flaws:
            return _FITS
        if any(not flaw.path for flaw in flaws):
            return _PARTLY if isinstance(value, dict) and self._keys_known(value) else _NOT
        if isinstance(value, list):
            broken = {flaw.path[0] for flaw in flaws if len(flaw.path) == 1}
            return _OTHER if len(broken) >= len(value) else _PARTLY
        return _PARTLY

    def _keys_known(self, value: Any) -> int:
        if not isinstance(value, dict):
            return len(value) if isinstance(value, list) else 0
        return len(value.keys() & self._known) if self._known is not None else len(value)

    # -- wrappers ---------------------------------------------------------------------------------------------------

    def _unwrapped(
        self,
        piece: Candidate,
        value: Any,
        reading: TolerantReading,
        under: tuple[str | int, ...],
        steps: tuple[Repair, ...],
    ) -> list[_Variant]:
        """What a value holds that may be the answer. under, steps: where in the piece it stands, and what led there."""
        if isinstance(value, str):
            # a text that is no JSON was looked through for pieces already
            return self._from_text(piece, value, reading, under, *steps) if value is not reading.source else []
        if isinstance(value, list):
            if len(value) != 1 or isinstance(self._root, ListNode):
                return []
            step = Repair(Path(), "unwrapped-list", value, value[0], _wrapper_kind(steps))
            return self._inside(piece, value[0], reading, (*under, 0), (*steps, step))
        if not isinstance(value, dict):
            return []
        if len(value) == 1:
            key, inner = next(iter(value.items()))
            if self._known is not None and key in self._known:
                return []
            kind = "lossless" if key in _TOOL_KEYS else _wrapper_kind(steps)
            return self._from_member(piece, reading, value, (*under, key), steps, inner, kind)
        if not isinstance(self._root, (ObjectNode, ListNode, ChoiceNode, UnionNode)):
            return []
        kind = "lossless" if value.keys() <= _TOOL_KEYS else "judgement"
        if kind == "judgement" and self._known is not None and not self._known.isdisjoint(value):
            return []  # it is the answer, misshapen
        inside = [
            (key, inner)
            for key, inner in value.items()
            if isinstance(inner, (dict, list)) or (isinstance(inner, str) and inner.lstrip()[:1] in ("{", "["))
        ]
        if len(inside) > _MOST_WRAPPED:
            return []
        made = [
            one
            for key, inner in inside
            for one in self._from_member(piece, reading, value, (*under, key), steps, inner, kind)
            if one.level == _FITS or (one.level == _PARTLY and not _own_problems(kind, one))
        ]
        if any(not same(one.mended.value, made[0].mended.value) for one in made[1:]):
            problem = Defect(Path(), "json", "There are two answers under different keys; write exactly one.")
            first = made[0]
            plain = mend(value, self._schema, self._fits, self._policy)
            return [_Variant(piece, value, plain, first.repairs, (problem,), (), None, _PARTLY, ambiguous=True)]
        return made[:1]

    def _from_member(
        self,
        piece: Candidate,
        reading: TolerantReading,
        value: Any,
        under: tuple[str | int, ...],
        steps: tuple[Repair, ...],
        inner: Any,
        kind: RepairClass,
    ) -> list[_Variant]:
        if isinstance(inner, list) and not isinstance(self._root, ListNode):
            if not self._takes_objects(strictly=True):
                return []
            kind = "judgement"  # two wrappers: a key, and a list of one
        step = Repair(Path(), "unwrapped-key", value, inner, kind)
        if isinstance(inner, str):
            made = [self._variant(piece, inner, reading, under, *steps, step)]
            return made + self._from_text(piece, inner, reading, under, *steps, step)
        if isinstance(inner, dict) and not self._takes_objects():
            return []
        return self._inside(piece, inner, reading, under, (*steps, step))

    def _inside(
        self,
        piece: Candidate,
        inner: Any,
        reading: TolerantReading,
        under: tuple[str | int, ...],
        steps: tuple[Repair, ...],
    ) -> list[_Variant]:
        """What was found in a wrapper, or where that does not fit, what stands in it."""
        made = [self._variant(piece, inner, reading, under, *steps)]
        if made[0].level == _FITS or len(steps) >= _MOST_WRAPPERS or not self._takes_objects(strictly=True):
            return made
        return made + self._unwrapped(piece, inner, reading, under, steps)

    def _takes_objects(self, *, strictly: bool = False) -> bool:
        if isinstance(self._root, UnionNode):
            options = map(self._schema.resolve, self._root.options)
            return not strictly or any(isinstance(one, (ObjectNode, ChoiceNode, ListNode)) for one in options)
        return isinstance(self._root, (ObjectNode, ChoiceNode, ListNode)) or (not strictly and not self._known)

    def _from_text(
        self, piece: Candidate, text: str, outer: TolerantReading, under: tuple[str | int, ...], *steps: Repair
    ) -> list[_Variant]:
        """A JSON string that holds the answer as JSON."""
        if text.lstrip()[:1] not in ("{", "["):
            return []
        inner = read_json(text, self._limits)
        if inner is None:
            inner = read_tolerant(text, self._limits, len(text) - len(text.lstrip()))
            if inner.value is UNSET or text[inner.end :].strip():
                return []
        if outer.problems:
            return []
        step = Repair(Path(), "json-in-text", text, inner.value, "lossless")
        return [self._variant(piece, inner.value, inner, (), *steps, step)]

    # -- the choice -------------------------------------------------------------------------------------------------

    def _last(self, equals: list[_Variant], partly: list[_Variant]) -> TolerantReading:
        """The last of pieces that fit equally well; by judgement, if they differ or another fits in part.

        One that the words around it disown is no answer while there are others. One that is offered as another choice,
        or other pieces with members that this one lacks, leave no order.
        """
        owned = [one for one in equals if not (disowns(self._text, one.candidate.start) or self._is_refused(one))]
        winner = (owned or equals)[-1]
        if self._is_refused(winner):
            message = "The words around the answer say that it is not right; write the right one, and nothing else."
            return self._reading(replace(winner, problems=(*winner.problems, Defect(Path(), "json", message))))
        others = [one for one in equals if not same(one.mended.value, winner.mended.value)]
        later = [one for one in partly if one.candidate.start > winner.candidate.start]
        if winner.ambiguous or not (others or later):
            is_shown = not winner.ambiguous and is_example(self._text, winner.candidate.start)
            step = Repair(Path(), "example", UNSET, UNSET, "judgement")
            return self._reading(winner, *([step] if is_shown else []))
        if self._has_no_order([*others, winner]) or self._lacks(winner, later):
            message = "There are several answers and none of them is the last word; write exactly one."
            return self._reading(replace(winner, problems=(*winner.problems, Defect(Path(), "json", message))))
        rule = "candidate"
        if others and not later and winner is equals[-1]:
            between = self._text[others[-1].candidate.end : winner.candidate.start]
            if corrects(between) or takes_back(self._text, others[-1].candidate.end):
                rule = "candidate-corrected"
        discarded = [one.mended.value for one in (*others, *later)]
        return self._reading(winner, Repair(Path(), rule, discarded, winner.mended.value, "judgement"))

    def _is_refused(self, one: _Variant) -> bool:
        """Whether the words around a piece say that it is not to be the answer."""
        piece = one.candidate
        return forbids(self._text, piece.start) or (piece.how != "text" and takes_back(self._text, piece.end))

    def _has_no_order(self, equals: list[_Variant]) -> bool:
        """Whether pieces are offered as choices, or counted as different things."""
        if any(offers_another(self._text, one.candidate.start) for one in equals):
            return True
        counted = [found for one in equals if (found := number_of(self._text, one.candidate.start)) is not None]
        return len({noun for noun, _ in counted}) == 1 and len({number for _, number in counted}) > 1

    def _lacks(self, winner: _Variant, later: list[_Variant]) -> bool:
        """Whether a piece behind the winner has known members that the winner has not, or has with another value."""
        value = winner.mended.value
        if self._known is None or not isinstance(value, dict):
            return False
        for one in later:
            members = one.mended.value
            if isinstance(members, dict) and not disowns(self._text, one.candidate.start):
                shared = members.keys() & self._known
                if any(key not in value or not same(members[key], value[key]) for key in shared):
                    return True
        return False

    def _assembled(self, items: list[_Variant]) -> TolerantReading:
        """Several values where a list is wanted, each of which fits as an item: the list of them."""
        values: list[Any] = []
        repairs: list[Repair] = []
        problems: list[Defect] = []
        together = True
        for number, one in enumerate(items):
            values.append(one.mended.value[0])
            if number:
                between = self._text[items[number - 1].candidate.end : one.candidate.start]
                together = together and not between.strip(" \t\r\n,;")
            for record in one.repairs:
                if record.rule == "list-of-one" and not record.path:
                    continue
                repairs.append(
                    Repair(_renumbered(record.path, number), record.rule, record.before, record.after, record.kind)
                )
            problems += [defect._replace(path=_renumbered(defect.path, number)) for defect in one.problems]
        step = Repair(Path(), "several-values", UNSET, values, "lossless" if together else "judgement")
        if not is_allowed(step, self._policy):
            problems.append(Defect(Path(), "json", _MESSAGES["several-values"]))
        return TolerantReading(
            values, (*repairs, step), problems=tuple(problems), end=items[-1].candidate.end, source=self._text
        )

    def _fallback(self, variants: list[_Variant]) -> TolerantReading:
        """Nothing fits even in part: the one piece that is plainly meant, else nothing."""
        meant = [one for one in variants if one.candidate.how in ("whole", "fence")]
        if len(meant) == 1:
            return self._reading(meant[0])
        scalar = not isinstance(self._root, (ObjectNode, ListNode, ChoiceNode))
        if scalar and variants and not meant:
            return self._reading(variants[-1])
        if not variants:
            return _nothing(self._text, "The answer is empty.")
        if meant or any(one.candidate.how == "prose" for one in variants):
            return _nothing(self._text, "No JSON in the answer is what was asked for; write exactly that.")
        return _nothing(self._text, "The answer is not JSON.")

    def _reading(self, one: _Variant, *steps: Repair) -> TolerantReading:
        piece = one.candidate
        around: list[Repair] = []
        if piece.how in ("fence", "prose") or (
            piece.how == "text" and piece.end - piece.start < len(self._text.strip())
        ):
            rule = "prose" if piece.how == "prose" else "fence"
            shown = self._text if len(self._text) <= 200 else self._text[:200] + "…"
            around.append(Repair(Path(), rule, shown, self._text[piece.start : piece.end], "syntax"))
        elif self._text[: piece.start].strip("\ufeff \t\r\n") and piece.start:
            around.append(Repair(Path(), "prose", self._text[: piece.start][:200], UNSET, "syntax"))
        if not piece.sure:
            around.append(Repair(Path(), "reasoning", UNSET, UNSET, "judgement"))
        problems = list(one.problems)
        problems += [_refused(step) for step in (*around, *steps) if not is_allowed(step, self._policy)]
        return TolerantReading(
            one.mended.value,
            (*around, *steps, *one.repairs),
            one.open,
            one.cut,
            tuple(problems),
            piece.end,
            self._text,
        )


def _refused(one: Repair) -> Defect:
    """The defect that a repair is where the policy does not allow it."""
    message = _MESSAGES.get(one.rule, f"It can only be read by a guess ({one.rule}); write valid JSON.")
    return Defect(one.path, "json", message, one.after, append=one.rule == "unclosed")


def _wrapper_kind(steps: tuple[Repair, ...]) -> RepairClass:
    """One wrapper is how answers are wrapped; that there are two, neither of them a tool's, is for judgement."""
    return "lossless" if all(_is_tool(step) for step in steps) else "judgement"


def _is_tool(step: Repair) -> bool:
    return step.rule == "unwrapped-key" and isinstance(step.before, dict) and step.before.keys() <= _TOOL_KEYS


def _own_problems(kind: RepairClass, one: _Variant) -> bool:
    """Whether the problems of a variant are its own, not those of unwrapping it."""
    return not (kind == "judgement" and len(one.problems) == 1 and one.problems[0].path == ())


def _moved_path(path: Path, strip: tuple[str | int, ...], prefix: tuple[str | int, ...]) -> Path:
    inside = path[: len(strip)] == strip
    return Path((*prefix, *path[len(strip) :])) if inside else Path()


def _moved(one: Repair, strip: tuple[str | int, ...], prefix: tuple[str | int, ...]) -> Repair:
    if not strip and not prefix:
        return one
    return Repair(_moved_path(one.path, strip, prefix), one.rule, one.before, one.after, one.kind)


def _renumbered(path: Path, number: int) -> Path:
    return Path((number, *path[1:])) if path else path
