"""The first look at a text: what is sound as it stands is accepted in one pass, and each check of it runs once.

Valid JSON is read by pydantic-core or jiter, in Rust. Whatever is not plainly sound is left to the tolerant reader.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from railguard.checking.by_model import ModelCheck, ModelVerdict
from railguard.checking.fast_pass import Findings, Place
from railguard.checking.field import About
from railguard.checking.plan import Plan
from railguard.parsing import must_be_extracted
from railguard.parsing.json.document import is_finite_and_short, too_deep
from railguard.schema import EnumNode
from railguard.schema.constraints import Constraint
from railguard.schema.structure import Structure
from railguard.values import UNSET, Iteration, Limits, Usage, ValidationOutcome, json_key

__all__ = ["Seen", "look"]

_CORE_DIGITS = 4300  # of an integer: what pydantic-core reads
_SURROGATE = re.compile("[\ud800-\udfff]")
_NOTHING = Findings()
_NO_USAGE = Usage(known=False)


class Seen(NamedTuple):
    """A first look at a text.

    state: what it holds as plain data if its structure is sound, else UNSET. output: what that stands for. sound: there
    is nothing left to do. found: what the checks left to do; None where one raised, so that they are to be run one by
    one. begun: of a user's model, the check that was begun, so that the model is not asked again.
    """

    state: Any
    output: Any
    found: Findings | None = None
    sound: bool = False
    begun: tuple[ModelCheck, ModelVerdict] | None = None

    def outcome(self, text: str) -> ValidationOutcome:
        """The outcome of a sound text that nobody was asked for."""
        iteration = Iteration((), text, self.state)
        return ValidationOutcome(self.output, self.state, iterations=(iteration,), usage=_NO_USAGE)


NOTHING_SEEN = Seen(UNSET, UNSET)


def look(plan: Plan, text: str, about: About, *, run_checks: bool = True) -> Seen:
    """A first look at the text of an answer. Raises ValidatorError for a rule in a user's model that raises.

    about: what checks may know. run_checks: False looks at the structure alone, where the checks ran already while the
    text came in; a user's model is always asked.
    """
    if len(text) > plan.spec.limits.text:
        return NOTHING_SEEN
    if plan.is_text and plan.model is None:
        return _look_at_text(plan, text, run_checks)
    if plan.model is not None:
        return _look_with_model(plan, text, about)
    visit = plan.visit_rest if run_checks else None
    state = _accepted(text, plan.structure, plan.spec.limits, bounds=plan.has_bounds and run_checks)
    if state is UNSET and plan.has_bounds and run_checks:
        visit = plan.visit
        state = _accepted(text, plan.structure, plan.spec.limits, bounds=False)
    if state is UNSET or must_be_extracted(state, plan.reading_context):
        return NOTHING_SEEN
    return _checked(plan, state, visit) if run_checks else Seen(state, state)


def _look_at_text(plan: Plan, text: str, run_checks: bool) -> Seen:
    if not text.strip() or _SURROGATE.search(text) or plan.structure.accept(text)[1]:
        return NOTHING_SEEN
    return _checked(plan, text, plan.visit) if run_checks else Seen(text, text)


def _checked(plan: Plan, state: Any, visit: Any) -> Seen:
    if visit is None:
        return Seen(state, state, _NOTHING, True)
    found = Findings()
    try:
        visit(state, [], found)
    except KeyboardInterrupt:
        raise
    except BaseException:  # what a validator raised, or why it may not: told when it is called by itself
        return Seen(state, state)
    if any(_is_misspelt(plan, place) for place in found.places):
        return Seen(state, state)  # it may be repaired, and what holds it is checked only then
    return Seen(state, state, found, not (found.places or found.fills))


def _is_misspelt(plan: Plan, place: Place) -> bool:
    """Whether what failed at a place is a set or a format, which can be repaired, not a bound or a rule."""
    if place.answer is UNSET:
        return False
    check = plan.checks(place.node)[place.start]
    return isinstance(check, Constraint) and check.keyword in ("enum", "format")


def _look_with_model(plan: Plan, text: str, about: About) -> Seen:
    """A text that is JSON goes to the model as it is, in one pass of the model with all its rules."""
    state = plain_json(text, plan.spec.limits)
    if state is UNSET or must_be_extracted(state, plan.reading_context):
        return NOTHING_SEEN
    check = ModelCheck(plan, about)
    verdict = check.judge(state, text)
    if verdict.flaws:
        return Seen(UNSET, UNSET, begun=(check, verdict))  # another reading of the text may be the better one
    return Seen(state, verdict.output, None, verdict.is_sound, (check, verdict))


def plain_json(text: str, limits: Limits) -> Any:
    """The value of a text that is JSON and keeps all limits: no key twice, no half of a surrogate pair, no number that is
    not finite, no escape that is more likely a backslash of another language. UNSET for any other text."""
    import jiter

    if _has_odd_escape(text):
        return UNSET
    try:
        state = jiter.from_json(text.encode(), catch_duplicate_keys=True, allow_inf_nan=False)
    except ValueError:
        return UNSET
    if too_deep(state, limits.depth) or not is_finite_and_short(state, limits.integer_digits):
        return UNSET
    return state


def _accepted(text: str, structure: Structure, limits: Limits, *, bounds: bool) -> Any:
    """The value of a text whose structure is sound; UNSET if it has to be looked at.

    bounds: accept only what also keeps the bounds that pydantic-core can check.
    """
    if _has_odd_escape(text):
        return UNSET
    try:
        value = structure.read(text, bounds=bounds)
        if text.count(":") != structure.count_keys(value):
            _refuse_doubled_keys(text)
    except ValueError:  # pydantic-core's ValidationError is one
        return UNSET
    if not structure.bounded and too_deep(value, limits.depth):
        return UNSET
    if structure.has_any and (any(True for _ in structure.not_finite(value)) or not _of_root_set(value, structure)):
        return UNSET
    if limits.integer_digits < _CORE_DIGITS and not is_finite_and_short(value, limits.integer_digits):
        return UNSET
    return value


def _has_odd_escape(text: str) -> bool:
    """Whether a text has an escape that JSON knows and models write by mistake: of a TeX command, of a path."""
    return "\\b" in text or "\\f" in text


def _refuse_doubled_keys(text: str) -> None:
    import jiter

    jiter.from_json(text.encode(), catch_duplicate_keys=True)


def _of_root_set(state: Any, structure: Structure) -> bool:
    """False where the whole output is a member of a set and this is none: it may be one in a wrapper."""
    root = structure.schema.resolve(structure.schema.root)
    if not isinstance(root, EnumNode) or (state is None and root.nullable):
        return True
    return json_key(state) in map(json_key, root.values)
