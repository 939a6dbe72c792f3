"""A user's own model as the judge: an answer goes through the model itself, our rules at their places in it.

What the model makes of the answer's JSON is the output; nothing of it is written back. A rule that fails at its place
returns its fix there, or refuses the value there, so pydantic-core's own error says at which path. Each pass validates
the whole answer anew; how many there are depends on how deep rules are nested, never on how much is wrong.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from railguard.checking.effects import Checking, Job, run_checks
from railguard.checking.field import About, added, call_inline, cost_of, exact_key, propose
from railguard.checking.plan import Plan
from railguard.errors import ValidatorError
from railguard.schema import Node, StringNode, UnionNode, all_nodes
from railguard.schema.constraints import constraints
from railguard.schema.locations import path_of
from railguard.schema.prune import Nodes, json_types_fit
from railguard.schema.structure import MOST_FLAWS, Flaw, flaw_of, flaws_of, non_finite
from railguard.schema.user_model import Observed, Site, visiting
from railguard.validation import Context, Rule, interpret
from railguard.values import UNSET, FailResult, Failure, OnFail, Path, Paths, Usage, json_key, value_at

__all__ = ["ModelCheck", "ModelFindings", "ModelVerdict"]

_PASSES = 6
"""The most passes that look for places: rules that stand in one another are found from the innermost out."""
_PLAIN = frozenset((str, int, float, bool, type(None)))
_Key = tuple[int, Any]
"""A rule and a value: what one inline rule says of equal values is the same."""


@dataclass(frozen=True, slots=True)
class ModelVerdict:
    """What one pass of the model says of an answer.

    flaws: what has to be repaired or asked for again. hints: keys that nobody took, of an answer that was accepted.
    output: what the model made of it, UNSET if it refused. defaults: (path, default) of fields that were filled in.
    failed: (path, event) of rules that refused a value. raised: what the user's own code raised, None for nothing.
    """

    flaws: tuple[Flaw, ...] = ()
    hints: tuple[Flaw, ...] = ()
    output: Any = UNSET
    defaults: tuple[tuple[Path, Any], ...] = ()
    failed: tuple[tuple[Path, _Event], ...] = ()
    events: tuple[_Event, ...] = ()
    pending: tuple[_Pending, ...] = ()
    raised: Exception | None = None

    @property
    def is_sound(self) -> bool:
        """Whether nothing is left to do or to write down."""
        return not (self.flaws or self.hints or self.defaults or self.failed or self.events or self.pending)


@dataclass(frozen=True, slots=True)
class ModelFindings:
    """What is known of an answer when all its rules have run. output: UNSET if anything but a noop failure is left."""

    output: Any
    failures: tuple[Failure, ...]
    resolved: tuple[Failure, ...]
    usage: Usage | None = None
    raised: Exception | None = None


@dataclass(frozen=True, eq=False)
class _Event:
    """A rule failed on a value at a place. after: what the place returns instead, UNSET where it refuses the value or
    keeps it. action: what the failure counts as if it stays unresolved. turn: of a rule that may say different things of
    equal values, which of them this is."""

    number: int
    site: Site
    rule: Rule
    key: _Key
    before: Any
    result: FailResult
    action: OnFail
    after: Any = UNSET
    after_plain: Any = UNSET
    turn: int | None = None

    @property
    def refuses(self) -> bool:
        return self.after is UNSET and not self.action.policy.keeps_output

    def failure(self, path: Path, *, resolved: bool) -> Failure:
        blame = tuple(Path((*path, *relative)) for relative in self.result.blame)
        spans = tuple((start, end) for start, end in self.result.spans)
        action = self.rule.on_fail if resolved else self.action
        after = self.after_plain if resolved else UNSET
        return Failure(path, self.rule.name, self.result.message, self.before, action, after, blame, spans)


class _Pending(NamedTuple):
    """A rule that has to be run elsewhere, or that wants to know where it stands."""

    number: int
    site: Site
    rule: Rule
    key: _Key
    value: Any


class _NotPlain(Exception):
    """A value that a rule stands on has no JSON form."""


@dataclass
class _Pass:
    """What happens in one pass. turns: how often each pending rule was met."""

    locating: frozenset[_Key] = frozenset()
    events: dict[tuple[_Key, int | None], _Event] = field(default_factory=dict)
    pending: dict[_Key, _Pending] = field(default_factory=dict)
    turns: dict[_Key, int] = field(default_factory=dict)


class ModelCheck:
    """The check of one answer by a user's model. Local to a round."""

    def __init__(self, plan: Plan, about: About) -> None:
        assert plan.model is not None
        self._plan = plan
        self._model = plan.model
        self._about = about
        self._results: dict[_Key, FailResult | None] = {}
        self._answers: dict[_Key, list[FailResult | None]] = {}
        self._events: dict[tuple[_Key, int | None], _Event] = {}
        self._numbers: dict[int, _Event | _Pending] = {}
        self._places: dict[_Key, list[Path]] = {}
        self._usage: Usage | None = None
        self._now = _Pass()

    # -- one pass ---------------------------------------------------------------------------------------------------

    def judge(self, state: Any, text: str | None = None) -> ModelVerdict:
        """What the model says of an answer. state: its plain data. text: its JSON text, where it is the answer's own.

        Raises ValidatorError where a rule of ours raises; what the user's own code raises is in the verdict.
        """
        from pydantic_core import ValidationError

        self._now = _Pass()
        flaws: list[Flaw] = []
        failed: list[tuple[Path, _Event]] = []
        output: Any = UNSET
        raised: Exception | None = None
        defaults: tuple[tuple[Path, Any], ...] = ()
        hints: tuple[Flaw, ...] = ()
        try:
            output = self._validate(state, text)
        except ValidationError as error:
            flaws, failed = self._read_errors(error, state)
        except (ValidatorError, _NotPlain):
            raise
        except Exception as error:
            if json_types_fit(self._plan.schema, state):
                raised = error
                flaws = [Flaw(Path(), "raised", None, state, f"{type(error).__name__}: {error}")]
            else:  # it was not written for a value of this type, which is wrong whatever it does
                flaws = self._plan.tree.flaws(state)
        if text is None:
            nodes = Nodes(self._plan.schema, state)
            flaws += [Flaw(path, "type", nodes.at(path), value_at(state, path)) for path in non_finite(state)]
        if output is not UNSET:
            observed = self._model.observe(state, output)
            more, hints = self._observed(observed, state)
            flaws += more
            defaults = tuple(observed.defaults)
        return ModelVerdict(
            tuple(flaws),
            hints,
            UNSET if flaws else output,
            defaults,
            tuple(failed),
            tuple(self._now.events.values()),
            tuple(self._now.pending.values()),
            raised,
        )

    def _validate(self, state: Any, text: str | None) -> Any:
        if text is None:
            # A half of a surrogate pair is a doubt of its own; the rest is checked all the same.
            text = json.dumps(state, ensure_ascii=False).encode("utf-8", "replace").decode()
        with visiting(self._visit):
            return self._model.validator.validate_json(text, context=self._about.given)

    def _visit(self, site: Site, value: Any) -> Any:
        plain = value if type(value) in _PLAIN else _plain(value, site)
        for index, rule in enumerate(site.rules):
            if not rule.serves(plain):
                continue
            key = (id(rule), exact_key(plain))
            known, result, turn = self._result(site, rule, key, plain)
            if key in self._now.locating and (not known or result is not None):
                raise _refusal(self._number(key))
            if not known or result is None:
                continue
            event = self._events.get((key, turn))
            if event is None:
                event = self._event(site, index, key, value, plain, result, turn)
                self._events[key, turn] = self._numbers[event.number] = event
            self._now.events[key, turn] = event
            if event.refuses:
                raise _refusal(event.number)
            if event.after is not UNSET:
                value, plain = event.after, event.after_plain
        return value

    def _result(self, site: Site, rule: Rule, key: _Key, plain: Any) -> tuple[bool, FailResult | None, int | None]:
        """Whether it is known what a rule says of a value, what it says, and which of several equal values this is."""
        if rule.inline and not rule.wants_context:
            said, result = self._about.answers.said(rule, plain)
            if said:
                return True, result, None
            if key not in self._results:
                answer = call_inline(rule, plain, Context(site.path or Path(), None, self._about.metadata))
                self._usage = added(self._usage, cost_of(answer))
                self._results[key] = interpret(answer, rule, site.path or Path())
            return True, self._results[key], None
        answers = self._answers.get(key)
        if answers is None:
            if key not in self._now.pending:
                self._now.pending[key] = _Pending(self._next(), site, rule, key, plain)
                self._numbers[self._now.pending[key].number] = self._now.pending[key]
            return False, None, None
        turn = self._now.turns.get(key, 0)
        self._now.turns[key] = turn + 1
        if turn < len(answers):
            return True, answers[turn], turn
        return True, next((one for one in answers if one is not None), None), None

    def _next(self) -> int:
        return len(self._numbers)

    def _number(self, key: _Key) -> int:
        known = self._events.get((key, None)) or self._events.get((key, 0)) or self._now.pending.get(key)
        if known is None:
            raise AssertionError("a place is looked for that no pass has met")
        return known.number

    def _event(
        self, site: Site, index: int, key: _Key, value: Any, plain: Any, result: FailResult, turn: int | None
    ) -> _Event:
        rule = site.rules[index]
        candidate = propose(rule.on_fail, rule, plain, result, site.path or Path())
        made: Any = UNSET
        if candidate is not UNSET:
            made = self._held(site, index, value, candidate)
        after = UNSET if made is UNSET else candidate
        return _Event(self._next(), site, rule, key, plain, result, rule.on_fail.unresolved, made, after, turn)

    def _held(self, site: Site, index: int, value: Any, candidate: Any) -> Any:
        """What the place returns for a proposed value, if that keeps the field's structure and the rules up to this one."""
        nodes = self._nodes.get(id(site.rules[index]), ())
        if candidate is None and any(node.nullable for node in nodes):
            return None
        if nodes and not any(self._fits(node, candidate) for node in nodes):
            return UNSET
        for rule in site.rules[: index + 1]:
            if rule.serves(candidate) and rule.inline and not rule.wants_context:
                answer = call_inline(rule, candidate, Context(site.path or Path(), None, self._about.metadata))
                if interpret(answer, rule, site.path or Path()) is not None:
                    return UNSET
        if type(value) in _PLAIN and type(candidate) in _PLAIN:
            return candidate
        try:
            return site.inner.validate_json(json.dumps(candidate, ensure_ascii=False), context=self._about.given)
        except Exception:  # whatever the user's own code raises: this value does not hold
            return UNSET

    def _fits(self, node: Node, candidate: Any) -> bool:
        node = self._plan.schema.resolve(node)
        if self._plan.structure_of(node).accept(candidate)[1]:
            return False
        return all(check.holds(candidate) for check in constraints(node))

    @cached_property
    def _nodes(self) -> Mapping[int, Sequence[Node]]:
        """The nodes of the tree that a rule stands on, by the rule's identity."""
        found: dict[int, list[Node]] = {}
        for node in all_nodes(self._plan.schema):
            for rule in node.rules:
                found.setdefault(id(rule), []).append(node)
        return found

    def _read_errors(self, error: Any, state: Any) -> tuple[list[Flaw], list[tuple[Path, _Event]]]:
        if error.error_count() > MOST_FLAWS:
            return flaws_of(self._plan.schema, error, state, own=False), []
        flaws: dict[tuple[Path, str], Flaw] = {}
        failed: list[tuple[Path, _Event]] = []
        nodes = Nodes(self._plan.schema, state)
        for detail in error.errors(include_url=False, include_input=False):
            flaw = flaw_of(self._plan.schema, detail, state, nodes, own=False)
            if detail["type"] != _REFUSED:
                flaws.setdefault((flaw.path, f"{flaw.keyword}:{flaw.message}"), flaw)
                continue
            known = self._numbers[detail["ctx"]["number"]]
            path = path_of(self._plan.schema, detail["loc"], state, into_unions=True)
            self._places.setdefault(known.key, [])
            if path not in self._places[known.key]:
                self._places[known.key].append(path)
            if isinstance(known, _Event) and all(known is not one or path != at for at, one in failed):
                failed.append((path, known))
        refused = Paths(path for path, _ in failed)
        # Where a branch of a union takes a value that only its rule refuses, what the others say of it does not count.
        return [
            flaw
            for flaw in flaws.values()
            if not (isinstance(nodes.at(flaw.path), UnionNode) and refused.has_below(flaw.path))
        ], failed

    def _observed(self, observed: Observed, state: Any) -> tuple[list[Flaw], tuple[Flaw, ...]]:
        nodes = Nodes(self._plan.schema, state)

        def flaw(path: Path, keyword: str) -> Flaw:
            return Flaw(path, keyword, nodes.at(path), value_at(state, path))

        flaws = [flaw(path, "properties") for path in observed.strangers]
        flaws += [flaw(path, "anyOf") for path in observed.leftover]
        flaws += [flaw(path, "format") for path in observed.digits if _is_moment(nodes.at(path))]
        hints = tuple(Flaw(path, "additionalProperties", None, value_at(state, path)) for path in observed.unused)
        return flaws, hints

    # -- to the end ---------------------------------------------------------------------------------------------------

    def finish(self, state: Any, text: str | None, verdict: ModelVerdict) -> Checking[ModelFindings]:
        """Run the rules that have to run elsewhere, and find out where every failure stands.

        state, text, verdict: an answer and what `judge` said of it.
        """
        for _ in range(_PASSES):
            pending = [one for one in verdict.pending if one.key not in self._answers]
            if not pending:
                break
            self._locate(state, text, [one.key for one in pending if one.site.path is None])
            yield from self._ask(pending, state)
            if verdict.flaws or any(answer is not None for one in pending for answer in self._answers[one.key]):
                verdict = self.judge(state, text)
        unplaced = [one.key for one in verdict.events if not one.refuses and one.site.path is None]
        self._locate(state, text, unplaced)
        failures = [event.failure(path, resolved=False) for path, event in verdict.failed]
        resolved: list[Failure] = []
        for event in verdict.events:
            if event.refuses:
                continue
            for path in self._paths(event):
                if event.after is UNSET or (
                    verdict.output is not UNSET and not self._is_kept(verdict.output, path, event)
                ):
                    failures.append(event.failure(path, resolved=False))
                else:
                    resolved.append(event.failure(path, resolved=True))
        blocked = any(not failure.action.policy.keeps_output for failure in failures)
        output = UNSET if blocked else verdict.output
        return ModelFindings(output, tuple(failures), tuple(resolved), self._usage, verdict.raised)

    def _paths(self, event: _Event) -> Sequence[Path]:
        if event.site.path is not None:
            return [event.site.path]
        places = self._places.get(event.key) or [Path()]
        return places if event.turn is None else places[event.turn : event.turn + 1] or places[-1:]

    def _ask(self, pending: Sequence[_Pending], state: Any) -> Checking[None]:
        jobs: list[Job] = []
        owners: list[_Key] = []
        for one in pending:
            self._answers[one.key] = []
            paths = [one.site.path] if one.site.path is not None else self._places.get(one.key) or [Path()]
            for path in paths:
                context = Context(path, state, self._about.metadata, self._about.messages)
                if one.rule.inline:
                    self._keep(one, call_inline(one.rule, one.value, context), path)
                    continue
                pure = one.rule.validator is not None and one.rule.validator.pure
                known, answer = self._about.answers.pure(one.rule, one.value) if pure else (False, None)
                if known:
                    self._keep(one, answer, path)
                else:
                    jobs.append(Job(one.rule, one.value, context))
                    owners.append(one.key)
        if not jobs:
            return
        by_key = {one.key: one for one in pending}
        answers = yield from run_checks(tuple(jobs))
        for key, job, answer in zip(owners, jobs, answers, strict=True):
            if job.rule.validator is not None and job.rule.validator.pure:
                self._about.answers.keep_pure(job.rule, job.value, answer)
            self._keep(by_key[key], answer, job.context.path)

    def _keep(self, one: _Pending, answer: Any, path: Path) -> None:
        self._usage = added(self._usage, cost_of(answer))
        self._answers[one.key].append(interpret(answer, one.rule, path))

    def _locate(self, state: Any, text: str | None, keys: Sequence[_Key]) -> None:
        """Find the paths of rules that did not refuse their value: they refuse it now, and pydantic-core says where."""
        from pydantic_core import ValidationError

        wanted = {key for key in keys if key not in self._places}
        for _ in range(_PASSES):
            if not wanted:
                return
            self._now = _Pass(frozenset(wanted), pending=self._now.pending)
            try:
                self._validate(state, text)
            except ValidationError as error:
                self._read_errors(error, state)
            except (ValidatorError, _NotPlain):
                raise
            except Exception:  # the user's own code raises on a value that a rule refused: it was judged before
                return
            wanted -= self._places.keys()

    def _is_kept(self, output: Any, path: Path, event: _Event) -> bool:
        """Whether the finished model still holds a fix, or something else that the rule takes."""
        from pydantic_core import to_jsonable_python

        held = _held(output, path)
        if held is UNSET:
            return True
        try:
            finished = to_jsonable_python(held, by_alias=True)
        except Exception:  # the user's own code writes it out
            return True
        if json_key(finished) == json_key(event.after_plain) or not event.rule.serves(finished):
            return True
        if not event.rule.inline or event.rule.wants_context:
            return False
        answer = call_inline(event.rule, finished, Context(path, None, self._about.metadata))
        return interpret(answer, event.rule, path) is None


def _held(output: Any, path: Path) -> Any:
    """What a finished output holds at a path of its JSON; UNSET where that leads nowhere in it."""
    at = output
    for part in path:
        fields: Mapping[str, Any] | None = getattr(type(at), "__pydantic_fields__", None)
        if fields is not None:
            names = (name for name, one in fields.items() if part in (one.alias, one.validation_alias))
            at = getattr(at, next(names, str(part)), UNSET)
        elif isinstance(at, Mapping):
            at = at.get(part, UNSET)
        elif isinstance(at, (list, tuple)) and isinstance(part, int) and part < len(at):
            at = at[part]
        else:
            return UNSET
    return at


_REFUSED = "railguard_rule"


def _refusal(number: int) -> Exception:
    from pydantic_core import PydanticCustomError

    return PydanticCustomError(_REFUSED, "a rule of railguard refuses the value", {"number": number})


def _plain(value: Any, site: Site) -> Any:
    """A value as the JSON that a rule is written for."""
    from pydantic_core import to_jsonable_python

    try:
        return to_jsonable_python(value, by_alias=True)
    except Exception as error:  # a user's own code may raise anything
        rule = site.rules[0]
        raise ValidatorError(
            f"validator {rule.name!r} cannot check {type(value).__name__}: it has no JSON form ({error})",
            validator=rule.name,
            path=site.path,
        ) from error


def _is_moment(node: Node | None) -> bool:
    return isinstance(node, StringNode) and node.format in ("date", "date-time", "time")
