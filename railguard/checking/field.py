"""One value checked: its checks in order, each failure met by its on-fail action, a fix feeding the next check.

A generator, because a check may have to run elsewhere: it yields Jobs and is sent the validators' answers. It changes
nothing: the value that stands in the end, and all that was found, are returned.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from railguard.checking.effects import Job
from railguard.checking.fast_pass import Check, Place
from railguard.checking.plan import Plan
from railguard.checking.walk import places
from railguard.errors import ValidatorError
from railguard.prompting.flaws import flaw_message
from railguard.schema import Node
from railguard.schema.constraints import Constraint
from railguard.validation import Context, Rule, interpret
from railguard.validation.calling import Calling
from railguard.values import (
    UNSET,
    CustomAction,
    FailResult,
    Failure,
    Message,
    OnFail,
    PassResult,
    Path,
    Usage,
    json_key,
    value_at,
)

__all__ = ["About", "Answers", "Found", "added", "call_inline", "check_field", "cost_of", "exact_key", "propose"]

_SCALARS = frozenset((str, bool, type(None)))
"""Types whose values are keys themselves; numbers are not, because Python's hash of them is not keyed per process."""


class Answers:
    """What validators have answered in one call, so that none is asked the same thing twice. Local to the call."""

    def __init__(self) -> None:
        self._pure: dict[tuple[int, Any], Any] = {}
        self._said: dict[tuple[int, Any], FailResult | None] = {}
        self.remembering = False
        """Whether the answers of cheap rules are kept too: for a stream, whose values are checked again in the end."""

    def pure(self, rule: Rule, value: Any) -> tuple[bool, Any]:
        """Whether a costly validator that is pure was asked about a value, and its answer, which costs nothing again."""
        key = (id(rule), json_key(value))
        return key in self._pure, self._pure.get(key)

    def keep_pure(self, rule: Rule, value: Any, answer: Any) -> None:
        """Keep the answer of a pure validator."""
        costs = isinstance(answer, (PassResult, FailResult)) and answer.usage is not None
        self._pure[id(rule), json_key(value)] = replace(answer, usage=None) if costs else answer

    def said(self, rule: Rule, value: Any) -> tuple[bool, FailResult | None]:
        """Whether a rule that looks at nothing but the value was run on it, and what it found."""
        if not self.remembering or rule.wants_context or not rule.inline:
            return False, None
        key = (id(rule), exact_key(value))
        return key in self._said, self._said.get(key)

    def keep_said(self, rule: Rule, value: Any, result: FailResult | None) -> None:
        """Keep what a rule found, if that is wanted."""
        if self.remembering and rule.inline and not rule.wants_context:
            self._said[id(rule), exact_key(value)] = result


@dataclass(frozen=True, slots=True)
class About:
    """What checks may know besides the value. metadata: what validators find as `ctx.metadata`: the caller's metadata
    and the prompt variables. given: the caller's metadata alone, which a user's model gets as `info.context`; None if
    none was given. messages: the conversation so far. nulls: the request had to name every member, so that null stands for
    an optional one that is not there."""

    metadata: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, Any] | None = None
    messages: Sequence[Message] = ()
    answers: Answers = field(default_factory=Answers)
    nulls: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What checking one value found. value: what stands there now. usage: what its validators spent on models."""

    value: Any
    failures: tuple[Failure, ...] = ()
    resolved: tuple[Failure, ...] = ()
    usage: Usage | None = None


def exact_key(value: Any) -> Any:
    """A hashable key of a JSON value: equal keys, identical values, 1 told apart from 1.0 and true."""
    kind = type(value)
    return (kind, value) if kind in _SCALARS else (kind, repr(value))


def added(one: Usage | None, other: Usage | None) -> Usage | None:
    """Two usages together; None stands for nothing spent."""
    return other if one is None else one if other is None else one + other


def cost_of(answer: Any) -> Usage | None:
    """The tokens that a validator's answer says it cost."""
    return answer.usage if isinstance(answer, (PassResult, FailResult)) else None


class _Run:
    """The run of one place's checks: what they may look at, and what they have cost so far."""

    def __init__(self, plan: Plan, about: About, root: Any) -> None:
        self.plan = plan
        self.about = about
        self.root = root
        self.usage: Usage | None = None

    def check(self, check: Check, node: Node, value: Any, path: Path) -> Generator[Job, Any, FailResult | None]:
        if isinstance(check, Constraint):
            return read_answer(check, check.holds(value), node, value, path)
        if not check.serves(value):
            return None
        known, result = self.about.answers.said(check, value)
        if known:
            return result
        context = Context(path, self.root, self.about.metadata, self.about.messages)
        if check.inline:
            answer = call_inline(check, value, context)
        else:
            answer = yield from self._elsewhere(check, value, context)
        self.usage = added(self.usage, cost_of(answer))
        result = interpret(answer, check, path)
        self.about.answers.keep_said(check, value, result)
        return result

    def _elsewhere(self, rule: Rule, value: Any, context: Context) -> Generator[Job, Any, Any]:
        pure = rule.validator is not None and rule.validator.pure
        if pure:
            known, answer = self.about.answers.pure(rule, value)
            if known:
                return answer
        answer = yield Job(rule, value, context)
        if pure:
            self.about.answers.keep_pure(rule, value, answer)
        return answer

    def holds(self, node: Node, candidate: Any, path: Path, checks: Sequence[Check]) -> Generator[Job, Any, bool]:
        """Whether a proposed value keeps the field's structure, the checks below it and the given ones of its own."""
        plan = self.plan
        if candidate is None and node.nullable:
            return True
        try:
            value, _ = plan.structure_of(node).accept(candidate)
        except (ValueError, TypeError, RecursionError):
            return False
        if value is UNSET:
            return False
        for place in places(plan, candidate, node, path):
            at = value_at(candidate, place.path[len(path) :])
            for check in checks if place.node is node else plan.checks(place.node):
                if (yield from self.check(check, place.node, at, place.path)) is not None:
                    return False
        return True


def check_field(plan: Plan, about: About, root: Any, place: Place) -> Generator[Job, Any, Found]:
    """Run a place's checks and act on what fails. root: the whole output as it is now. Raises ValidatorError."""
    path, node = place.path, place.node
    value = value_at(root, path)
    if value is UNSET:
        return Found(UNSET)  # an action on an enclosing value took it away
    run = _Run(plan, about, root)
    checks = plan.checks(node)
    failed: set[int] = set()
    failures: list[Failure] = []
    resolved: list[Failure] = []
    for index in range(place.start, len(checks)):
        check = checks[index]
        if not place.sound and not isinstance(check, Constraint):
            break
        if index == place.start and place.answer is not UNSET:
            result = read_answer(check, place.answer, node, value, path)
            run.usage = added(run.usage, cost_of(place.answer))
        else:
            result = yield from run.check(check, node, value, path)
        if result is None:
            continue
        rule = check if isinstance(check, Rule) else None
        on_fail = rule.on_fail if rule is not None else node.on_fail
        candidate = propose(on_fail, rule, value, result, path)
        name = check.name if isinstance(check, Rule) else check.keyword
        blame = tuple(Path((*path, *relative)) for relative in result.blame)
        spans = tuple((start, end) for start, end in result.spans)
        if candidate is not UNSET:
            holding = [earlier for at, earlier in enumerate(checks[: index + 1]) if at not in failed]
            if (yield from run.holds(node, candidate, path, holding)):
                resolved.append(Failure(path, name, result.message, value, on_fail, candidate, blame, spans))
                value = candidate
                continue
        failed.add(index)
        failures.append(Failure(path, name, result.message, value, on_fail.unresolved, UNSET, blame, spans))
    return Found(value, tuple(failures), tuple(resolved), run.usage)


def propose(on_fail: OnFail, rule: Rule | None, value: Any, result: FailResult, path: Path) -> Any:
    """The value that an on-fail action proposes; UNSET for none. Raises ValidatorError where a custom action raises."""
    custom: CustomAction | None = rule.action if rule is not None else None
    try:
        return on_fail.policy.propose(deepcopy(value) if custom is not None else value, result, custom)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        name = rule.name if rule is not None else ""
        raise ValidatorError(
            f"the custom on-fail action of {name!r} raised {type(error).__name__} at {path}: {error}",
            validator=name,
            path=path,
        ) from error


def call_inline(rule: Rule, value: Any, context: Context) -> Any:
    """What a validator that runs inline says of a value. Raises ValidatorError if it raises, or changes the value."""
    with Calling(rule, value, context.path) as given:
        return rule.run(given, ctx=context) if rule.wants_context else rule.run(given)


def read_answer(check: Check, answer: Any, node: Node, value: Any, path: Path) -> FailResult | None:
    """A check's answer as a FailResult; None if the value passed."""
    if isinstance(check, Rule):
        return interpret(answer, check, path)
    if answer:
        return None
    blame = (("+",),) if check.keyword == "minItems" else ()
    return FailResult(flaw_message(check.keyword, node, value), blame=blame)
