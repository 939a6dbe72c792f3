"""One place settled: its checks in order, each failure met by its on-fail action, a fix feeding the next check.

A generator, because a check may have to run elsewhere: it yields Jobs and is sent answers. The state is written only
through `Book`, and only where a proposed value holds.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any, TypeAlias

from railguard.errors import ValidatorError
from railguard.loop.effects import Job
from railguard.loop.places import places
from railguard.loop.plan import Plan
from railguard.loop.visit import Check, Place
from railguard.prompting.flaws import flaw_message
from railguard.schema import Node
from railguard.schema.constraints import Constraint
from railguard.validation import ACTIONS, Context, Rule, interpret
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
    Repair,
    Usage,
    json_key,
    value_at,
)

__all__ = ["Book", "Ledger", "Settling", "call_inline", "put", "settle"]

Settling: TypeAlias = Generator[Job, Any, None]


class Ledger:
    """What the checks of a whole call have in common: what they cost, and the answers of slow ones that are pure."""

    def __init__(self, usage: Usage | None = None) -> None:
        self.usage = usage
        self.answers: dict[tuple[int, Any], Any] = {}

    def spent(self, answer: Any) -> None:
        """Count the tokens that a check's answer says it cost."""
        usage = answer.usage if isinstance(answer, (PassResult, FailResult)) else None
        if usage is not None:
            self.usage = usage if self.usage is None else self.usage + usage


class Book:
    """What one round works on and writes down: the state, and what was found. Local to a round, never shared."""

    def __init__(
        self,
        plan: Plan,
        state: Any,
        metadata: Mapping[str, Any],
        messages: Sequence[Message],
        ledger: Ledger,
    ) -> None:
        self.plan = plan
        self.state = state
        self.metadata = metadata
        self.messages = messages
        self.ledger = ledger
        self.failures: list[Failure] = []
        self.resolved: list[Failure] = []
        self.repairs: list[Repair] = []
        # Where a stream was watched: (path, rule, value) → its answer, so that no check runs twice.
        self.memory: dict[tuple[Path, int, Any], FailResult | None] | None = None

    def context(self, path: Path) -> Context:
        """What a validator that asks for it may know at a path."""
        return Context(path, self.state, self.metadata, self.messages)

    def write(self, path: Path, value: Any) -> None:
        """Put a value into the state."""
        self.state = put(self.state, path, value)


def settle(book: Book, place: Place) -> Settling:
    """Run a place's checks and act on what fails. Yields Jobs, is sent the validators' answers."""
    path, node = place.path, place.node
    value = value_at(book.state, path)
    if value is UNSET:
        return  # an action on an enclosing value took it away
    checks = book.plan.checks(node)
    failed: set[int] = set()
    for index in range(place.start, len(checks)):
        check = checks[index]
        if not place.sound and not isinstance(check, Constraint):
            break
        if index == place.start and place.answer is not UNSET:
            result = _read(check, place.answer, node, value, path)
            book.ledger.spent(place.answer)
        else:
            result = yield from _run(book, check, node, value, path)
        if result is None:
            continue
        rule = check if isinstance(check, Rule) else None
        on_fail = rule.on_fail if rule is not None else node.on_fail
        proposal = _propose(on_fail, rule, value, result, path)
        name = rule.name if rule is not None else check[0] if isinstance(check, Constraint) else ""
        blame = tuple(Path((*path, *relative)) for relative in result.blame)
        spans = tuple((start, end) for start, end in result.spans)
        candidate = proposal.candidate
        if candidate is not UNSET:
            holding = [earlier for at, earlier in enumerate(checks[: index + 1]) if at not in failed]
            if (yield from _holds(book, node, candidate, path, holding)):
                book.resolved.append(Failure(path, name, result.message, value, on_fail, candidate, blame, spans))
                value = candidate
                book.write(path, value)
                continue
        failed.add(index)
        book.failures.append(Failure(path, name, result.message, value, proposal.otherwise, UNSET, blame, spans))


def _propose(on_fail: OnFail, rule: Rule | None, value: Any, result: FailResult, path: Path) -> Any:
    custom: CustomAction | None = rule.action if rule is not None else None
    try:
        proposal = ACTIONS[on_fail](deepcopy(value) if custom is not None else value, result, custom)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        name = rule.name if rule is not None else ""
        raise ValidatorError(
            f"the custom on-fail action of {name!r} raised {type(error).__name__} at {path}: {error}",
            validator=name,
            path=path,
        ) from error
    return proposal


def _run(book: Book, check: Check, node: Node, value: Any, path: Path) -> Generator[Job, Any, FailResult | None]:
    if isinstance(check, Constraint):
        return _read(check, check.holds(value), node, value, path)
    if not check.serves(value):
        return None
    memory = book.memory
    key = (path, id(check), json_key(value)) if memory is not None else None
    if memory is not None and key in memory:
        return memory[key]
    if check.inline:
        answer = call_inline(book, check, value, path)
    else:
        answer = yield from _elsewhere(book, check, value, path)
    book.ledger.spent(answer)
    result = interpret(answer, check, path)
    if memory is not None and key is not None:
        memory[key] = result
    return result


def _elsewhere(book: Book, rule: Rule, value: Any, path: Path) -> Generator[Job, Any, Any]:
    """What an async or blocking validator says of a value; a pure one is not asked twice, and costs nothing twice."""
    pure = rule.validator is not None and rule.validator.pure
    key = (id(rule), json_key(value))
    known = book.ledger.answers
    if pure and key in known:
        return known[key]
    answer = yield Job(rule, value, book.context(path))
    if pure:
        free = isinstance(answer, (PassResult, FailResult)) and answer.usage is not None
        known[key] = replace(answer, usage=None) if free else answer
    return answer


def call_inline(book: Book, rule: Rule, value: Any, path: Path) -> Any:
    """What a validator that runs inline says of a value. Raises ValidatorError if it raises, or changes the value."""
    with Calling(rule, value, path) as given:
        return rule.run(given, ctx=book.context(path)) if rule.wants_context else rule.run(given)


def _read(check: Check, answer: Any, node: Node, value: Any, path: Path) -> FailResult | None:
    if isinstance(check, Rule):
        return interpret(answer, check, path)
    if answer:
        return None
    blame = (("+",),) if check.keyword == "minItems" else ()
    return FailResult(flaw_message(check.keyword, node, value), blame=blame)


def _holds(book: Book, node: Node, candidate: Any, path: Path, checks: Sequence[Check]) -> Generator[Job, Any, bool]:
    """Whether a proposed value keeps the field's structure, the checks below it and the given ones of its own."""
    plan = book.plan
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
            if (yield from _run(book, check, place.node, at, place.path)) is not None:
                return False
    return True


def put(state: Any, path: Sequence[str | int], value: Any) -> Any:
    """The state with a value at a path, changed in place; a part "+" appends to a list. Its parents must be there."""
    if not path:
        return value
    holder = value_at(state, path[:-1])
    last = path[-1]
    if last == "+" and isinstance(holder, list):
        holder.extend(value)
    elif isinstance(holder, list) and last == len(holder):
        holder.append(value)
    elif isinstance(holder, (dict, list)):
        holder[last] = value  # type: ignore[index]  # a key for a dict, an index for a list
    return state
