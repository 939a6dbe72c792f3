"""The first question of a call, and the outcome of an answer that is valid at once: most calls need no more."""

from __future__ import annotations

from railguard.checking import Seen, accept, added
from railguard.errors import InputError
from railguard.loop.effects import Ask
from railguard.loop.question import Question, ask_of
from railguard.loop.rounds import is_one_answer, looked_at
from railguard.loop.settings import GuardedCall, Opened
from railguard.schema.lifting import Lift
from railguard.values import UNREPORTED, Completion, Usage, ValidationOutcome
from railguard.values.outcome import Asked

__all__ = ["asked_of", "first_answer", "first_question", "question_of", "refuse_what_lacks"]


def refuse_what_lacks(call: GuardedCall) -> None:
    """Check that every validator has the metadata that it needs, before anything is asked."""
    if not call.plan.needs:
        return
    lacking = [(key, name) for key, name in call.plan.needs if key not in call.known]
    if lacking:
        keys = ", ".join(f"{key!r}: …" for key in dict.fromkeys(key for key, _ in lacking))
        needs = "; ".join(f"validator {name!r} needs {key!r}" for key, name in lacking)
        raise InputError(f"{needs}: pass metadata={{{keys}}}, or a prompt variable of that name")


def question_of(call: GuardedCall) -> Question:
    """Return the first question of a call that does not update a document."""
    return Question(call.messages, call.plan.whole, call.strict_first)


def first_question(call: GuardedCall) -> tuple[Ask, Lift | None]:
    """Return the effect of a call's first question, and what unwraps its answer. Raises InputError for missing metadata
    of a validator.
    """
    refuse_what_lacks(call)
    return ask_of(question_of(call), call.target)


def first_answer(call: GuardedCall, completion: Completion | None) -> ValidationOutcome | Opened:
    """Return the outcome of an answer that is valid as it is; for any other the call's state, from which its loop goes
    on. completion: None if no time was left to ask.
    """
    if completion is None:
        return Opened(None, call.about(), None)
    seen: Seen | None = None
    refused: ValueError | None = None
    if is_one_answer(call.plan, completion):
        try:
            accepted = accept(call.plan, completion.text, asked_of(call, completion, call.spent))
        except ValueError as error:
            refused = error.with_traceback(None)
        else:
            if isinstance(accepted, ValidationOutcome):
                return accepted
            seen = accepted
    about = call.about()
    if seen is None:
        seen = looked_at(call, about, completion, refused=refused)
    if seen is not None and seen.sound:
        return seen.answered(call.plan, completion.text, asked_of(call, completion, call.spent))
    return Opened(completion, about, seen)


def asked_of(call: GuardedCall, completion: Completion, spent: Usage | None) -> Asked:
    """Return the part of an outcome about its only question and the model. spent: the tokens before the question."""
    spent = added(spent, completion.usage if completion.usage is not None else UNREPORTED)
    return Asked(call.messages, completion, call.plan.json_schema, spent, call.noted, call.note)
