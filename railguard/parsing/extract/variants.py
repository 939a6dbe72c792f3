"""A candidate as an answer: unchanged or unwrapped, with a measure of how well it fits the schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from railguard.lazy import regex
from railguard.parsing.coerce.engine import Repaired, is_allowed, repair, tree_judge
from railguard.parsing.context import ReadingContext, Verdict
from railguard.parsing.extract.candidates import Candidate
from railguard.parsing.extract.cues import has_words
from railguard.parsing.extract.envelopes import CALL_KEYS, is_schema, tool_calls_in
from railguard.parsing.json.whole_text import read_json, read_tolerant
from railguard.parsing.reading import is_problem
from railguard.schema import AnyNode, ChoiceNode, ListNode, Node, ObjectNode, Schema, StringNode, UnionNode
from railguard.values import UNSET, Doubt, Editor, Note, Paths, RepairClass, RepairNote, Traced, identical

__all__ = ["FITS", "NOT", "OTHER", "PARTLY", "Variant", "Variants", "joined_before", "joined_behind"]

FITS: Final = 0
PARTLY: Final = 1
OTHER: Final = 2
NOT: Final = 3
"""How well a variant fits: completely, with errors inside it, as an object of another kind, not at all."""

_SHAPE = {"type", "required", "enum", "const", "format", "discriminator", "value", "flaws"}
_LONGEST_INSIDE = 200_000  # the most characters of a text in a text that are parsed tolerantly
_OF_ERRORS = frozenset({"error", "errors", "err", "exception", "failure", "fault", "traceback"})
"""Keys of what a server or tool says instead of an answer; nothing beside or below them is unwrapped."""
_BEGUN = regex(r"\s*(?:[{\[]|(?:`{3,}|~{3,})[ \t]*\w*\s*\Z)")
"""JSON, or a code fence without content."""
_MOST_WRAPPERS = 4  # nested wrappers
_MOST_WRAPPED = 20  # members of one object that may each be the answer


@dataclass(frozen=True, slots=True)
class Variant:
    """A candidate, unchanged or unwrapped.

    given: its value, unwrapped. repaired, verdict: what repair by the tree makes of it. guessed: unwrapping it was a
    judgement. unwrapped: it was unwrapped at all. is_schema: it is the guard's own schema. is_prose: it is
    text that only a list of one text could hold. ambiguous: two members may be it. is_call: it is a tool call.
    """

    candidate: Candidate
    given: Traced
    repaired: Traced
    verdict: Verdict
    level: int
    guessed: bool = False
    unwrapped: bool = False
    is_schema: bool = False
    is_prose: bool = False
    ambiguous: bool = False
    is_call: bool = False

    @property
    def value(self) -> Any:
        """The repaired value."""
        return self.repaired.value

    def noted(self, *notes: Note) -> Variant:
        """Return the same variant with notes on the whole value."""
        return replace(self, given=_noted(self.given, notes), repaired=_noted(self.repaired, notes))

    def was_repaired_by(self, rule: str) -> bool:
        """Whether the whole value was repaired by this rule."""
        return any(isinstance(note, RepairNote) and note.rule == rule for _, note in self.repaired.history.notes)


def _noted(traced: Traced, notes: tuple[Note, ...]) -> Traced:
    editor = Editor(traced)
    editor.note((), *notes)
    return editor.done()


def joined_before(pieces: Iterable[Variant], start: int, text: str) -> Iterator[Variant]:
    """Yield the pieces before a place, the nearest first, as far back as no word is between."""
    for one in sorted(pieces, key=lambda one: one.candidate.start, reverse=True):
        if one.candidate.end <= start:
            if has_words(text, one.candidate.end, start):
                return
            start = one.candidate.start
            yield one


def joined_behind(pieces: Iterable[Variant], end: int, text: str) -> Iterator[Variant]:
    """Yield the pieces behind a place, the nearest first, as far as no word is between."""
    for one in sorted(pieces, key=lambda one: one.candidate.start):
        if one.candidate.start >= end:
            if has_words(text, end, one.candidate.start):
                return
            end = one.candidate.end
            yield one


class Variants:
    """Evaluates pieces of text as answers in one context."""

    def __init__(self, context: ReadingContext) -> None:
        self._context = context
        self._root = context.root
        self._judge = tree_judge(context)
        self._takes_text = _takes_text(context.root, context.schema)

    def best(self, candidate: Candidate) -> Variant:
        """Return the candidate unchanged, if it fits; otherwise unwrapped in the way that fits best."""
        traced, kinds = candidate.traced, list[RepairClass]()
        calls = tool_calls_in(traced.value, self._context) if candidate.how != "rows" else None
        if calls is not None:
            traced = self._of_calls(traced, calls)
            kinds.append("lossless")
        plain = self.variant(candidate, traced, kinds)
        if calls is not None:
            plain = replace(plain, is_call=True)
        if plain.level == FITS or plain.is_schema or (self._has_problem(plain.given) and not plain.verdict.flaws):
            return plain
        best = plain
        for one in self._unwrapped(candidate, traced, kinds):
            if one.level < best.level and one.level <= PARTLY and not one.is_schema:
                best = one
        return best

    def variant(self, candidate: Candidate, traced: Traced, kinds: list[RepairClass]) -> Variant:
        """Evaluate a value as the answer. kinds: of the steps by which it was unwrapped."""
        if is_schema(traced.value, self._context):
            unjudged = Verdict(self._context.flaws(traced.value))
            return Variant(candidate, traced, traced, unjudged, NOT, unwrapped=bool(kinds), is_schema=True)
        done = repair(traced, self._judge, self._context)
        found = Variant(
            candidate,
            traced,
            done.traced,
            done.verdict,
            self._level(done),
            guessed="judgement" in kinds,
            unwrapped=bool(kinds),
        )
        if (candidate.how == "prose" or kinds) and found.was_repaired_by("only-member"):
            return replace(found, level=NOT)  # prose, and objects of another kind, are full of lists and numbers
        if candidate.raw and _BEGUN.match(str(traced.value)) is not None:
            return replace(found, level=NOT, is_prose=True)  # it began as JSON
        if candidate.raw and self._takes_text and isinstance(found.value, (list, dict)):
            return replace(found, level=NOT, is_prose=True)  # prose is not a list of one text
        if kinds and _is_scalar_made_list(traced.value, found.value):
            found = replace(
                found.noted(RepairNote("list-of-one", traced.value, found.value, "judgement")), guessed=True
            )
        if self._has_problem(traced):
            return replace(found, level=max(found.level, PARTLY))
        return found

    def _has_problem(self, traced: Traced) -> bool:
        policy = self._context.policy
        for note in traced.history.all_notes():
            if is_problem(note):
                return True
            if isinstance(note, RepairNote) and not is_allowed(note, policy):
                return True
        return False

    def _level(self, done: Repaired) -> int:
        flaws = [flaw for flaw in (*done.verdict.flaws, *done.verdict.hints) if flaw.keyword in _SHAPE]
        value, known = done.traced.value, self._context.known
        if known is not None and isinstance(value, dict) and (value or flaws) and not self.keys_known(value):
            return OTHER
        if not flaws:
            return FITS
        if any(not flaw.path for flaw in flaws):
            return PARTLY if isinstance(value, dict) and self.keys_known(value) else NOT
        if isinstance(value, list):
            broken = {flaw.path[0] for flaw in flaws if len(flaw.path) == 1}
            return OTHER if len(broken) >= len(value) else PARTLY
        return PARTLY

    def keys_known(self, value: Any) -> int:
        """Return how many keys of an object are known, or how many items a list has."""
        if not isinstance(value, dict):
            return len(value) if isinstance(value, list) else 0
        known = self._context.known
        return len(value.keys() & known) if known is not None else len(value)

    # -- tool calls -------------------------------------------------------------------------------------------------

    def _of_calls(self, traced: Traced, calls: list[tuple[str | int, ...]]) -> Traced:
        """Return the arguments of a tool call; those of several as a list, unless one answer is expected."""
        editor = Editor(traced)
        change = RepairNote("unwrapped-key", traced.value, UNSET, "lossless")
        if len(calls) == 1:
            for part in calls[0]:
                editor.unwrap((), part)
            editor.note((), change._replace(after=editor.value))
            self._open_text(editor, ())
            return editor.done()
        made = Editor(Traced([]))
        for number, call in enumerate(calls):
            made.replace((number,), traced.at(call))
            self._open_text(made, (number,))
        made.note((), change._replace(after=made.value))
        if not isinstance(self._root, ListNode):
            made.note((), Doubt("unreadable", "several-calls", len(calls)))
        within = Paths(calls)
        for path, note in traced.history.doubts():
            if not within.has_above(path):
                made.note((), note)
        return made.done()

    def _open_text(self, editor: Editor, path: tuple[str | int, ...]) -> None:
        """Parse the arguments of a call that are written as a text."""
        text = editor.at(path)
        if not isinstance(text, str):
            return
        inner = self._inside(text)
        if inner is None:
            editor.note(path, Doubt("unreadable", "arguments"))
        else:
            editor.graft(path, inner, RepairNote("json-in-text", text, inner.value, "lossless"))

    def _inside(self, text: str) -> Traced | None:
        """Return the JSON in a text that has no other content."""
        limits = self._context.limits
        if text.lstrip()[:1] not in ("{", "["):
            return None
        found = read_json(text, limits)
        if found is None:
            if len(text) > _LONGEST_INSIDE:
                return None
            found = read_tolerant(text, limits, len(text) - len(text.lstrip()))
            if found.traced.value is UNSET or text[found.end :].strip():
                return None
        return found.traced

    # -- wrappers ---------------------------------------------------------------------------------------------------

    def _unwrapped(self, candidate: Candidate, traced: Traced, kinds: list[RepairClass]) -> Iterator[Variant]:
        """Yield parts of a value that may be the answer."""
        value = traced.value
        if self._is_of_union(value):
            return
        if isinstance(value, str):
            # A text that is not JSON was already searched for pieces.
            if not candidate.raw or kinds:
                yield from self._from_text(candidate, traced, kinds)
        elif isinstance(value, list):
            if len(value) == 1 and not isinstance(self._root, ListNode):
                kind = _wrapper_kind(traced, kinds)
                inner = _unwrap(traced, 0, RepairNote("unwrapped-list", value, value[0], kind))
                yield from self._inner(candidate, inner, [*kinds, kind])
        elif isinstance(value, dict):
            yield from self._from_object(candidate, traced, kinds)

    def _is_of_union(self, value: Any) -> bool:
        """Whether a list or an object is no wrapper, because an option of the root takes lists, or objects with any keys.
        It still is one around an object of another option."""
        if not isinstance(value, (list, dict)) or not isinstance(self._root, UnionNode):
            return False
        inside = value if isinstance(value, list) else value.values()
        if any(isinstance(one, dict) and not self._context.member_names.isdisjoint(one) for one in inside):
            return False
        options = map(self._context.schema.resolve, self._root.options)
        if isinstance(value, list):
            return any(isinstance(one, ListNode) for one in options)
        return any(isinstance(one, ObjectNode) and not one.fields and one.extra is not None for one in options)

    def _from_object(self, candidate: Candidate, traced: Traced, kinds: list[RepairClass]) -> list[Variant]:
        value, known = traced.value, self._context.known
        if any(inner and key.casefold() in _OF_ERRORS for key, inner in value.items()):
            return []
        kind: RepairClass
        if len(value) == 1:
            key = next(iter(value))
            if known is not None and key in known:
                return []
            kind = "lossless" if key in CALL_KEYS else _wrapper_kind(traced, kinds)
            return list(self._from_member(candidate, traced, key, kinds, kind))
        if not isinstance(self._root, (ObjectNode, ListNode, ChoiceNode, UnionNode)):
            return []
        kind = "lossless" if value.keys() <= CALL_KEYS else "judgement"
        if kind == "judgement" and known is not None and not known.isdisjoint(value):
            return []  # it is the answer, with errors
        inside = [
            key
            for key, inner in value.items()
            if isinstance(inner, (dict, list)) or (isinstance(inner, str) and inner.lstrip()[:1] in ("{", "["))
        ]
        if len(inside) > _MOST_WRAPPED:
            return []
        made = [
            one
            for key in inside
            for one in self._from_member(candidate, traced, key, kinds, kind)
            if one.level <= PARTLY and not one.is_schema
        ]
        if any(not identical(one.value, made[0].value) for one in made[1:]):
            unclear = self.variant(candidate, traced, kinds).noted(Doubt("unreadable", "two-answers"))
            return [replace(unclear, level=PARTLY, guessed=False, unwrapped=True, ambiguous=True)]
        return made[:1]

    def _from_member(
        self, candidate: Candidate, traced: Traced, key: str, kinds: list[RepairClass], kind: RepairClass
    ) -> Iterator[Variant]:
        inner = traced.value[key]
        if inner == {} and key not in CALL_KEYS:
            return  # nothing in a wrapper is no answer
        if isinstance(inner, list) and not isinstance(self._root, ListNode):
            if not self._takes_objects():
                return
            kind = "judgement"  # two wrappers: a key, and a list of one
        below = _unwrap(traced, key, RepairNote("unwrapped-key", traced.value, inner, kind))
        if isinstance(inner, str):
            yield self.variant(candidate, below, [*kinds, kind])
            yield from self._from_text(candidate, below, [*kinds, kind])
        else:
            yield from self._inner(candidate, below, [*kinds, kind])

    def _inner(self, candidate: Candidate, traced: Traced, kinds: list[RepairClass]) -> Iterator[Variant]:
        """Yield the content of a wrapper, and if that does not fit, its inner content."""
        calls = tool_calls_in(traced.value, self._context)
        if calls is not None:
            traced, kinds = self._of_calls(traced, calls), [*kinds, "lossless"]
        plain = self.variant(candidate, traced, kinds)
        yield plain
        if plain.level != FITS and len(kinds) < _MOST_WRAPPERS and self._takes_objects():
            yield from self._unwrapped(candidate, traced, kinds)

    def _from_text(self, candidate: Candidate, traced: Traced, kinds: list[RepairClass]) -> Iterator[Variant]:
        """Yield the answer in a JSON string that contains it as JSON."""
        inner = self._inside(traced.value)
        if inner is not None:
            editor = Editor(traced)
            editor.graft((), inner, RepairNote("json-in-text", traced.value, inner.value, "lossless"))
            yield self.variant(candidate, editor.done(), [*kinds, "lossless"])

    def _takes_objects(self) -> bool:
        """Whether the answer may be an object or a list."""
        root = self._root
        options = map(self._context.schema.resolve, root.options) if isinstance(root, UnionNode) else (root,)
        return any(isinstance(one, (ObjectNode, ChoiceNode, ListNode)) for one in options)


def _unwrap(traced: Traced, part: str | int, change: RepairNote) -> Traced:
    editor = Editor(traced)
    editor.unwrap((), part, change)
    return editor.done()


def _wrapper_kind(traced: Traced, kinds: list[RepairClass]) -> RepairClass:
    """Return the class of unwrapping: one wrapper is usual; two of them, neither a tool's, are a judgement."""
    steps = [note for _, note in traced.history.notes if isinstance(note, RepairNote)] if kinds else []
    wrappers = [step for step in steps if step.rule in ("unwrapped-key", "unwrapped-list")]
    return "lossless" if all(_is_of_call(step) for step in wrappers) else "judgement"


def _is_of_call(step: RepairNote) -> bool:
    before = step.before[0] if isinstance(step.before, list) and step.before else step.before
    return step.rule == "unwrapped-key" and isinstance(before, dict) and before.keys() <= CALL_KEYS


def _is_scalar_made_list(given: Any, made: Any) -> bool:
    """Whether a scalar, and not JSON in a text, became the only item of a list."""
    if isinstance(given, (dict, list)) or not isinstance(made, list) or len(made) != 1:
        return False
    return not isinstance(made[0], (dict, list)) and not (isinstance(given, str) and given.lstrip()[:1] == "[")


def _takes_text(node: Node, schema: Schema) -> bool:
    """Whether any text is a value, or the item of a list that is one."""
    todo, seen = [node], set[int]()
    while todo:
        at = schema.resolve(todo.pop())
        if id(at) in seen:
            continue
        seen.add(id(at))
        if isinstance(at, AnyNode) or (isinstance(at, StringNode) and at.format is None):
            return True
        if isinstance(at, ListNode):
            todo.append(at.item)
        elif isinstance(at, UnionNode):
            todo.extend(at.options)
        elif isinstance(at, ObjectNode):
            todo.extend(field.node for field in at.fields)
    return False
