"""Checks one value: runs its checks in order, and applies the on-fail action to each failure; a fix goes to the next
check.

A generator, because a check may have to run elsewhere: it yields Jobs and is sent the validators' results. It changes
nothing: the final value and all findings are returned.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any, NamedTuple

from railguard.checking.fast_pass import ItemCheck, PendingCheck
from railguard.checking.plan import Plan
from railguard.checking.validator_runs import ValidatorRun
from railguard.checking.walk import places
from railguard.errors import ValidatorError
from railguard.prompting.issue_messages import issue_message
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

__all__ = [
    "About",
    "FieldResult",
    "ValidatorAnswers",
    "added",
    "call_inline",
    "check_field",
    "cost_of",
    "exact_key",
    "propose",
]

_SCALARS = frozenset((str, bool, type(None)))
"""Types whose values are their own keys; not numbers, because Python's hash of them is not randomized per process."""

_DEEPEST_FIX = 200
"""Levels of lists and objects in a fix; an answer has at most 128, unless `Limits` says otherwise."""


class ValidatorAnswers:
    """A cache of validators' results in one call, so that none is run twice on the same value. Local to the call."""

    __slots__ = ("_pure", "_said", "remembering")

    def __init__(self) -> None:
        self._pure: dict[tuple[int, Any], Any] = {}
        self._said: dict[tuple[int, Any], FailResult | None] = {}
        self.remembering = False
        """Whether results of cheap rules are cached too: for a stream, whose values are checked again at the end."""

    def pure(self, rule: Rule, value: Any) -> tuple[bool, Any]:
        """Return whether a pure costly validator was run on a value, and its result without its cost."""
        if not _is_pure(rule):
            return False, None
        key = (id(rule), json_key(value))
        return key in self._pure, self._pure.get(key)

    def keep_pure(self, rule: Rule, value: Any, answer: Any) -> None:
        """Keep the answer of a validator, if it is pure."""
        if not _is_pure(rule):
            return
        costs = isinstance(answer, (PassResult, FailResult)) and answer.usage is not None
        self._pure[id(rule), json_key(value)] = replace(answer, usage=None) if costs else answer

    def said(self, rule: Rule, value: Any) -> tuple[bool, FailResult | None]:
        """Return whether a rule that checks only the value was run on it, and its result."""
        if not self.remembering or rule.wants_context or not rule.inline:
            return False, None
        key = (id(rule), exact_key(value))
        return key in self._said, self._said.get(key)

    def keep_said(self, rule: Rule, value: Any, result: FailResult | None) -> None:
        """Cache a rule's result, if caching is on."""
        if self.remembering and rule.inline and not rule.wants_context:
            self._said[id(rule), exact_key(value)] = result


class About:
    """The context of checks. metadata: for validators as `ctx.metadata`: the caller's metadata and the prompt
    variables. given: only the caller's metadata, which a user's model gets as `info.context`; None if none was given.
    messages: the conversation so far. nulls: the request had to name every member, so that null means a missing
    optional one. answers: of validators, for this call only.
    """

    __slots__ = ("answers", "given", "messages", "metadata", "nulls")

    def __init__(
        self,
        metadata: Mapping[str, Any],
        given: Mapping[str, Any] | None = None,
        messages: Sequence[Message] = (),
        *,
        nulls: bool = False,
    ) -> None:
        self.metadata = metadata
        self.given = given
        self.messages = messages
        self.nulls = nulls
        self.answers = ValidatorAnswers()


class FieldResult(NamedTuple):
    """The result of checking one value. value: its final value. usage: the tokens of its validators."""

    value: Any
    failures: tuple[Failure, ...] = ()
    resolved: tuple[Failure, ...] = ()
    usage: Usage | None = None


def _is_pure(rule: Rule) -> bool:
    return rule.validator is not None and rule.validator.pure


def exact_key(value: Any) -> Any:
    """Return a hashable key of a JSON value: equal keys mean identical values; 1 differs from 1.0 and true, and 0.0
    from -0.0.
    """
    kind = type(value)
    return (kind, value) if kind in _SCALARS and (value or kind is not float) else (kind, repr(value))


def added(one: Usage | None, other: Usage | None) -> Usage | None:
    """Return the sum of two usages; None means nothing was spent."""
    return other if one is None else one if other is None else one + other


def cost_of(answer: Any) -> Usage | None:
    """Return the tokens in a validator's result."""
    return answer.usage if isinstance(answer, (PassResult, FailResult)) else None


class _Run:
    """The run of one place's checks: their context, and their cost so far."""

    def __init__(self, plan: Plan, about: About, root: Any) -> None:
        self.plan = plan
        self.about = about
        self.root = root
        self.usage: Usage | None = None

    def check(
        self, check: ItemCheck, node: Node, value: Any, path: Path
    ) -> Generator[ValidatorRun, Any, FailResult | None]:
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

    def _elsewhere(self, rule: Rule, value: Any, context: Context) -> Generator[ValidatorRun, Any, Any]:
        known, answer = self.about.answers.pure(rule, value)
        if not known:
            answer = yield ValidatorRun(rule, value, context)
            self.about.answers.keep_pure(rule, value, answer)
        return answer

    def holds(
        self, node: Node, candidate: Any, path: Path, checks: Sequence[ItemCheck]
    ) -> Generator[ValidatorRun, Any, bool]:
        """Whether a proposed value satisfies the field's structure, the checks below it and the given ones of its own."""
        plan = self.plan
        if candidate is None and node.nullable:
            return True
        if plan.structure_of(node).flaws(candidate):
            return False
        for place in places(plan, candidate, node, path):
            at = value_at(candidate, place.path[len(path) :])
            for check in checks if place.node is node else plan.checks(place.node):
                if (yield from self.check(check, place.node, at, place.path)) is not None:
                    return False
        return True


def check_field(plan: Plan, about: About, root: Any, place: PendingCheck) -> Generator[ValidatorRun, Any, FieldResult]:
    """Run a place's checks and apply the actions for failures. root: the current output. Raises ValidatorError."""
    path, node = place.path, place.node
    value = value_at(root, path)
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
        elif plan.keeps_bounds(node, index, value):
            continue
        else:
            result = yield from run.check(check, node, value, path)
        if result is None:
            continue
        rule = check if isinstance(check, Rule) else None
        on_fail = rule.on_fail if rule is not None else node.on_fail
        candidate = propose(on_fail, rule, value, result, path)
        name = check.name if isinstance(check, Rule) else check.keyword
        blame = tuple([Path((*path, *relative)) for relative in result.blame]) if result.blame else ()
        spans = tuple([(start, end) for start, end in result.spans]) if result.spans else ()
        if candidate is not UNSET:
            holding = [earlier for at, earlier in enumerate(checks[: index + 1]) if at not in failed]
            if (yield from run.holds(node, candidate, path, holding)):
                resolved.append(Failure(path, name, result.message, value, on_fail, candidate, blame, spans))
                value = candidate
                continue
        failed.add(index)
        failures.append(Failure(path, name, result.message, value, on_fail.unresolved, UNSET, blame, spans))
    return FieldResult(value, tuple(failures), tuple(resolved), run.usage)


def propose(on_fail: OnFail, rule: Rule | None, value: Any, result: FailResult, path: Path) -> Any:
    """Return the value that an on-fail action proposes; UNSET for none, and for one that is not JSON.

    Raises ValidatorError if a custom action raises.
    """
    custom: CustomAction | None = rule.action if rule is not None else None
    try:
        proposed = on_fail.policy.propose(deepcopy(value) if custom is not None else value, result, custom)
        return proposed if proposed is UNSET or _is_json(proposed) else UNSET
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        name = rule.name if rule is not None else ""
        raise ValidatorError(
            f"the custom on-fail action of {name!r} raised {type(error).__name__} at {path}: {error}",
            validator=name,
            path=path,
        ) from error


def _is_json(value: Any) -> bool:
    """Whether a value that the user's own code made is one of JSON: no set, no key that is no text, nothing that holds itself,
    nothing nested deeper than any answer is."""
    if value is None or isinstance(value, (str, int, float)):
        return True
    try:
        return bool(json.loads(json.dumps(value)) == value) and not _is_deeper(value, _DEEPEST_FIX)
    except (TypeError, ValueError, RecursionError):
        return False


def _is_deeper(value: Any, levels: int) -> bool:
    """Whether a value has more levels of lists and objects, whatever the recursion limit of this Python is."""
    level = [value]
    for _ in range(levels):
        parts = (part for one in level for part in (one.values() if isinstance(one, dict) else one))
        level = [part for part in parts if isinstance(part, (dict, list))]
        if not level:
            return False
    return True


def call_inline(rule: Rule, value: Any, context: Context) -> Any:
    """Run a validator inline. Raises ValidatorError if it raises, or changes the value."""
    with Calling(rule, value, context.path) as given:
        return rule.run(given, ctx=context) if rule.wants_context else rule.run(given)


def read_answer(check: ItemCheck, answer: Any, node: Node, value: Any, path: Path) -> FailResult | None:
    """Return a check's result as a FailResult; None if the value passed."""
    if isinstance(check, Rule):
        return interpret(answer, check, path)
    if answer:
        return None
    blame = (("+",),) if check.keyword == "minItems" else ()
    return FailResult(issue_message(check.keyword, node, value), blame=blame)
