"""The first look at a text: an answer that is valid as it is, is accepted in one pass, and each check runs once.

pydantic-core or jiter (in Rust) parses valid JSON, also the only JSON value in a code fence or in prose. Any other text
is left to the tolerant parser.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from railguard import parsing
from railguard.checking.fast_pass import Findings, PendingCheck, Visit
from railguard.checking.field import About
from railguard.checking.plan import Plan
from railguard.checking.sound import is_bracketed
from railguard.parsing.extract.envelopes import CALL_KEYS, must_be_extracted
from railguard.parsing.extract.piece import Piece, only_piece
from railguard.parsing.json.plain import has_odd_escape, plain_json, read_plain_json
from railguard.schema import ListNode
from railguard.schema.constraints import Constraint
from railguard.values import UNSET, Path, Repair, RepairNote, ValidationOutcome, plain_copy, sound_outcome
from railguard.values.outcome import Asked

if TYPE_CHECKING:
    from railguard.checking.by_model import FirstPass, ModelCheck, ModelVerdict
    from railguard.schema.quick_model import Accepting

__all__ = ["Seen", "accept", "look"]

_NOTHING = Findings()


class Seen(NamedTuple):
    """The result of a first look at a text.

    state: its plain data if its structure is valid, otherwise UNSET; for a text that a user's model accepts, it may be
    computed later by `read_state`. output: the output for it. sound: there is nothing left to do. found: the remaining
    work of the checks; None if one raised, so that they must be run one by one. begun: for a user's model, the check in
    progress, so that the model is not run again. notes: repairs of the whole: a fence or words around it. source: the
    JSON that was or will be parsed.
    """

    state: Any
    output: Any
    found: Findings | None = None
    sound: bool = False
    begun: tuple[ModelCheck, ModelVerdict] | None = None
    notes: tuple[RepairNote, ...] = ()
    source: str = ""

    def read_state(self) -> Any:
        """Return the state of a valid text, computed now if necessary."""
        if self.state is not UNSET:
            return self.state
        import jiter

        return jiter.from_json(self.source.encode())

    def outcome(self, text: str) -> ValidationOutcome:
        """Return the outcome of a valid text without a model."""
        state, read = self.state, self.read_state
        repairs = self.repairs() if self.notes else ()
        return sound_outcome(text, self.output, (lambda: state) if state is not UNSET else read, repairs)

    def answered(self, plan: Plan, text: str, asked: Asked) -> ValidationOutcome:
        """Return the outcome of a valid text from a model. Its record shares nothing with the output."""
        if plan.model is None and not plan.is_text:
            source = self.source
            return sound_outcome(text, self.output, lambda: plan.read_structure(source), self.repairs(), asked)
        return sound_outcome(text, self.output, lambda: plain_copy(self.read_state()), self.repairs(), asked)

    def repairs(self) -> tuple[Repair, ...]:
        """The repairs of the whole text."""
        return tuple(Repair(Path(), one.rule, one.before, one.after, one.kind) for one in self.notes)


NOTHING_SEEN = Seen(UNSET, UNSET)


def accept(plan: Plan, text: str, asked: Asked | None = None) -> ValidationOutcome | Seen | None:
    """Return the outcome of a text that is valid as it is, if it is plainly a list or an object and the plan's tree decides.
    For a text whose structure is valid, but whose checks found something, what `look` returns; None for any other.

    asked: of the model that wrote it; the outcome's record then shares nothing with its output. Raises ValueError where
    pydantic-core refuses the text.
    """
    if not plan.accepts_at_once or not is_bracketed(text):
        return None
    read, visit = plan.read_sound, plan.visit_rest
    state = read(text)
    if state is UNSET:
        return None
    if visit is not None:
        seen = _checked(plan, state, visit, text)
        if not seen.sound:
            return seen
    return sound_outcome(text, state, (lambda: state) if asked is None else (lambda: read(text)), (), asked)


def look(
    plan: Plan,
    text: str,
    metadata: Mapping[str, Any] | None = None,
    *,
    about: About | None = None,
    run_checks: bool = True,
    refused: ValueError | None = None,
) -> Seen:
    """Take a first look at the text of an answer. Raises ValidatorError if a rule in a user's model raises.

    metadata: the caller's. about: what checks may know, where there is a call; made from the metadata otherwise.
    run_checks: False looks at the structure alone, where the checks ran already while the text came in; a user's model
    is always asked. refused: what the plan's `accept` raised for this text, if it was asked.
    """
    if plan.model is not None:
        about = about if about is not None else About(metadata or {}, metadata)
        return _look_with_model(plan, text, about)
    if plan.is_text:
        return _look_at_text(plan, text, run_checks)
    seen = _look_with_tree(plan, text, run_checks, refused)
    if seen is not None:
        return seen
    piece = _piece(plan, text)
    if piece is None:
        return NOTHING_SEEN
    seen = _look_with_tree(plan, piece.text, run_checks)
    if seen is None or (run_checks and seen.found is None) or _is_stranger(plan, seen.state):
        return NOTHING_SEEN
    return seen._replace(notes=piece.notes(text), source=piece.text)


def _look_at_text(plan: Plan, text: str, run_checks: bool) -> Seen:
    if len(text) > plan.spec.limits.text:
        return NOTHING_SEEN
    if plan.text_may_be_json and parsing.is_json_text(text):
        text = plain_json(text, plan.spec.limits)
        if not isinstance(text, str):
            return NOTHING_SEEN
    if plan.read_text(text) is UNSET:
        return NOTHING_SEEN
    return _checked(plan, text, plan.visit) if run_checks else Seen(text, text)


def _look_with_tree(plan: Plan, text: str, run_checks: bool, refused: ValueError | None = None) -> Seen | None:
    """Examine a text that is JSON as a whole; None if it is not JSON, or its structure is invalid."""
    if plan.in_brackets and not is_bracketed(text):
        return None
    visit = plan.visit_rest if run_checks else None
    state = UNSET
    try:
        if refused is None:
            state = plan.read_sound(text) if run_checks else plan.read_structure(text)
    except ValueError as error:
        refused = error.with_traceback(None)
    if refused is not None:
        if not (run_checks and plan.has_bounds):
            return None
        try:
            state = plan.read_structure(text)
        except ValueError:
            return None
        visit = plan.visit if plan.structure.has_defaults else partial(_visit_named, plan, refused)
    if state is UNSET:
        return None
    return _checked(plan, state, visit, text) if run_checks else Seen(state, state, source=text)


def _piece(plan: Plan, text: str) -> Piece | None:
    """Return the only JSON value in a text with something around it, if the spec expects a list or an object."""
    if not plan.in_brackets or plan.spec.repair == "none" or len(text) > plan.spec.limits.text:
        return None
    piece = only_piece(text)
    return None if piece is None or len(piece.text) == len(text) else piece


def _is_stranger(plan: Plan, state: Any) -> bool:
    """Whether an object in the middle of a text has no known member: then it is not meant as the answer."""
    known = plan.reading_context.known
    return not plan.is_closed and known is not None and isinstance(state, dict) and known.isdisjoint(state)


def _checked(plan: Plan, state: Any, visit: Visit | None, source: str = "") -> Seen:
    if visit is None:
        return Seen(state, state, _NOTHING, True, source=source)
    found = Findings()
    try:
        visit(state, [], found)
    except KeyboardInterrupt:
        raise
    except BaseException:  # an exception of a validator is reported when it is run by itself
        return Seen(state, state)
    if found.places and any(_is_misspelt(plan, place) for place in found.places):
        return Seen(state, state)  # it may be repaired, and its parent is checked only then
    return Seen(state, state, found, not (found.places or found.fills), source=source)


def _visit_named(plan: Plan, refused: Any, state: Any, path: list[str | int], found: Findings) -> None:
    """The visit of a sound value of which pydantic-core has named the parts that break a bound."""
    from railguard.checking.walk import failing_places

    found.places += failing_places(plan, state, None, refused)


def _is_misspelt(plan: Plan, place: PendingCheck) -> bool:
    """Whether the failure at a place concerns a set or a format, which can be repaired, and not a bound or a rule."""
    if place.answer is UNSET:
        return False
    check = plan.checks(place.node)[place.start]
    return isinstance(check, Constraint) and check.keyword in ("enum", "format")


def _look_with_model(plan: Plan, text: str, about: About) -> Seen:
    """Pass a JSON text unchanged to the model, in one pass with all its rules."""
    if len(text) > plan.spec.limits.text:
        return NOTHING_SEEN
    # The user's own code may take other JSON than a list or an object.
    may_be_json = not (plan.in_brackets and plan.quick_model.is_pure) or is_bracketed(text)
    seen = _judged(plan, text, about) if may_be_json else None
    if seen is not None or (piece := _piece(plan, text)) is None:
        return seen or NOTHING_SEEN
    seen = _judged(plan, piece.text, about, guessed=piece.how == "prose")
    if seen is None or seen.output is UNSET or (seen.begun is not None and seen.begun[1].hints):
        return NOTHING_SEEN  # another reading of the text may be the better one
    return NOTHING_SEEN if _is_stranger(plan, seen.state) else seen._replace(notes=piece.notes(text))


def _is_meant(plan: Plan, state: Any) -> bool:
    """Whether a value that a user's model refuses is the answer all the same: a list if one is asked for, an object that has
    one of the root's members, and that is no tool call. Nothing is taken out of such a one."""
    context = plan.reading_context
    if isinstance(context.root, ListNode):
        return isinstance(state, list)
    known = context.known
    return (
        isinstance(state, dict) and known is not None and not known.isdisjoint(state) and not state.keys() <= CALL_KEYS
    )


def _fits_tree(plan: Plan, state: Any) -> bool:
    """Whether the types and sets of a user's model accept a value; then only a bound or its own code refuses it."""
    context = plan.reading_context
    if isinstance(state, dict) and context.known is not None and state and context.known.isdisjoint(state):
        return False
    verdict = parsing.tree_judge(context)(state)
    return not (verdict.flaws or verdict.hints)


@cache
def _asking() -> tuple[type[ModelCheck], Callable[[About, Accepting, str], FirstPass]]:
    """What asks a user's model, imported when there is one."""
    from railguard.checking.by_model import ModelCheck, asked

    return ModelCheck, asked


def _judged(plan: Plan, text: str, about: About, *, guessed: bool = False) -> Seen | None:
    """Return a user's model's verdict on a text; None if it is not JSON, or may not be an answer.

    guessed: whether this is the answer is a guess, so its types must be right before the user's own code sees it.
    """
    new_check, asked = _asking()
    quick = plan.quick_model
    accepting = quick.accepting if not about.answers.remembering else None
    check: ModelCheck | None = None
    first: FirstPass | None = None
    if accepting is not None and not has_odd_escape(text):
        if accepting.has_sites:
            check = new_check(plan, about)
            first = check.accept(accepting, text)
        else:
            first = asked(about, accepting, text)
        output = first.output
        is_counted = output is not UNSET and plan.counts_keys and text.count(":") == plan.counts_keys(output)
        if is_counted and not (guessed and not plan.types_fit(text)):
            return Seen(UNSET, output, None, True, source=text)
    state, is_plain = read_plain_json(text, plan.spec.limits)
    if state is UNSET or must_be_extracted(state, plan.reading_context):
        return None
    if guessed and not plan.types_fit(text, state):
        return None
    if first is not None and first.output is not UNSET and quick.is_quiet(state):
        return Seen(state, first.output, None, True)
    check = check if check is not None else new_check(plan, about)
    verdict = check.judge(state, text, first)
    if verdict.flaws:
        # No other reading of the text is better then.
        is_certain = not guessed and ((is_plain and _is_meant(plan, state)) or _fits_tree(plan, state))
        return Seen(state if is_certain else UNSET, UNSET, begun=(check, verdict))
    return Seen(state, verdict.output, None, verdict.is_sound, (check, verdict))
