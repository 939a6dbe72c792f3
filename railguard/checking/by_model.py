"""Checks an answer with a user's own model: the answer goes through the model itself, with railguard's rules at their
places in it.

The model's result for the answer's JSON is the output; nothing of it is written back. A rule that fails at its place
returns its fix there, or refuses the value there, so pydantic-core's own error says at which path. Each pass validates
the whole answer anew; how many there are depends on how deep rules are nested, never on how much is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

from railguard.checking.field import About, added, call_inline, cost_of, exact_key, propose
from railguard.checking.plan import Plan
from railguard.checking.validator_runs import Checking, ValidatorRun, run_checks
from railguard.errors import ValidatorError
from railguard.schema import FloatNode, IntegerNode, Node, StringNode, UnionNode, all_nodes
from railguard.schema.constraints import constraints
from railguard.schema.locations import of_named_cases, path_of
from railguard.schema.members import member_at
from railguard.schema.observed import Observed
from railguard.schema.own_functions import RULE_ERROR, rule_error, visiting
from railguard.schema.prune import NodeLookup, json_types_fit
from railguard.schema.quick_model import Accepting
from railguard.schema.structure import (
    BOUNDED,
    OF_TYPES,
    Flaw,
    details_of,
    flaw_of,
    scalars_out_of_bounds,
    too_many,
    wrong_key,
)
from railguard.schema.user_model import OMITTED, Site
from railguard.validation import Context, Rule, interpret
from railguard.values import UNSET, FailResult, Failure, OnFail, Path, Paths, Usage, json_key, json_text, value_at

__all__ = ["FirstPass", "ModelCheck", "ModelFindings", "ModelVerdict", "asked"]

_PASSES = 6
"""Passes that an answer may always take, whatever rules its type has."""
_NO_MOMENT = "Digits alone are no date or time; write it as YYYY-MM-DD, HH:MM:SS, or both with a T between them."
_NOTHING: Mapping[Any, Any] = {}
_PLAIN = frozenset((str, int, float, bool, type(None)))
_Same = tuple[int, Any]
"""A rule and a value: an inline rule has the same result for equal values."""
_Key = tuple[int, Any, Path | None]
"""A rule, a value, and the path of both if it is the same in every answer: each such place is recorded separately."""


class ModelVerdict(NamedTuple):
    """The model's verdict in one pass.

    flaws: errors to repair or to ask for again. hints: ignored keys of an accepted answer. output: the model's output,
    UNSET if it refused. defaults: (path, default) of fields that were filled in. failed: (path, event) of rules that
    refused a value. raised: the exception of the user's own code, or None.
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
        """Whether there is nothing left to do or to record."""
        return not (self.flaws or self.hints or self.defaults or self.failed or self.events or self.pending)


class ModelFindings(NamedTuple):
    """The findings about an answer after all its rules have run. output: UNSET if any failure except noop is left."""

    output: Any
    failures: tuple[Failure, ...]
    resolved: tuple[Failure, ...]
    usage: Usage | None = None
    raised: Exception | None = None


@dataclass(frozen=True, eq=False)
class _Event:
    """A rule failed on a value at a place. after: what the place returns instead, UNSET where it refuses the value or
    keeps it. action: what the failure counts as if it stays unresolved. place: its path, if it has one alone; None where
    the rule says the same of equal values at other places."""

    number: int
    site: Site
    rule: Rule
    key: _Key
    before: Any
    result: FailResult
    action: OnFail
    after: Any = UNSET
    after_plain: Any = UNSET
    place: Path | None = None

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
    """A rule that must run elsewhere, or that needs its path."""

    number: int
    site: Site
    rule: Rule
    key: _Key
    value: Any


class _Pass:
    """What happens in one pass. locating: the rules that refuse their value, so that pydantic-core says where it is, and
    the number of that refusal. turns: how often each rule was met that is not asked on the spot."""

    __slots__ = ("events", "locating", "pending", "turns")

    def __init__(self, locating: Mapping[_Key, int] = _NOTHING) -> None:
        self.locating = locating
        self.events: dict[tuple[_Key, int | None], _Event] = {}
        self.pending: dict[_Key, _Pending] = {}
        self.turns: dict[_Key, int] = {}


class FirstPass(NamedTuple):
    """What a validator that knows rules as bounds makes of a text.

    error: what it raises. details: pydantic-core's, of why it refuses the text. met: what its rules said meanwhile, where some
    are no bounds. Without an output and an error the model itself must be asked.
    """

    output: Any = UNSET
    error: Exception | None = None
    details: Sequence[Any] | None = None
    met: _Pass | None = None


def asked(about: About, accepting: Accepting, text: str) -> FirstPass:
    """Ask a validator without rules at places, before `ModelCheck.judge`."""
    try:
        return FirstPass(accepting.validator.validate_json(text, context=about.given))
    except (ValueError, RecursionError) as error:
        # Without its frames, which would hold it and all of the answer.
        return FirstPass(error=error.with_traceback(None), details=details_of(error))


_NOT_ASKED = FirstPass()


class ModelCheck:
    """The check of one answer by a user's model, local to a round. about: the context of its rules."""

    def __init__(self, plan: Plan, about: About) -> None:
        assert plan.model is not None
        self.about = about
        self._plan = plan
        self._model = plan.model
        self._results: dict[_Same, FailResult | None] = {}
        self._seen: dict[tuple[int, type], tuple[dict[Any, bool], tuple[tuple[Rule, Any], ...] | None]] = {}
        self._asked: dict[_Key, _Pending] = {}
        self._answers: dict[_Key, dict[Path, FailResult | None]] = {}
        self._differing: dict[_Key, list[tuple[Path, FailResult | None]]] = {}
        self._uncountable: set[_Key] = set()
        self._events: dict[tuple[_Key, int | None], _Event] = {}
        self._numbers: dict[int, _Event | _Pending] = {}
        self._places: dict[_Key, dict[Path, None]] = {}
        self._usage: Usage | None = None
        self._now = _Pass()
        self._turns: Mapping[_Key, int] = {}
        self._suspects: frozenset[Any] | None = None
        self._simple = plan.simple_rules if not about.answers.remembering else frozenset()

    # -- one pass ---------------------------------------------------------------------------------------------------

    def accept(self, accepting: Accepting, text: str) -> FirstPass:
        """Ask a validator with rules at places. It is not told what it makes of a text that it accepts with a finding of a
        rule, and of one that a rule raises on: all of that is found again when the text is judged.
        """
        self._now = _Pass()
        try:
            with visiting(self._visit):
                output = accepting.validator.validate_json(text, context=self.about.given)
        except Exception as error:
            details = details_of(error)
            return _NOT_ASKED if details is None else FirstPass(details=details, met=self._now)
        return _NOT_ASKED if self._now.events or self._now.pending else FirstPass(output)

    def judge_quickly(self, state: Any, text: str | None = None) -> ModelVerdict:
        """`judge`, where the model is asked without its rules first, if pydantic-core knows all of them as bounds."""
        accepting = self._plan.quick_model.accepting if not self.about.answers.remembering else None
        if accepting is None or accepting.has_sites:
            return self.judge(state, text)
        return self.judge(state, text, asked(self.about, accepting, _json(state, text)))

    def judge(self, state: Any, text: str | None = None, first: FirstPass | None = None) -> ModelVerdict:
        """Return the model's verdict on an answer. state: its plain data. text: its JSON text, if it is the answer's
        own. first: what a validator that knows rules as bounds makes of it, if that was asked.

        Raises ValidatorError if one of railguard's rules raises; an exception of the user's own code is in the verdict.
        """
        output, error, details, met = first if first is not None else _NOT_ASKED
        if met is not None:
            self._now = met
        elif self._model.sites:  # without rules there is nothing that a pass could meet
            self._now = _Pass()
        flaws: list[Flaw] = []
        failed: list[tuple[Path, _Event]] = []
        suspects: frozenset[Any] | None = None
        raised: Exception | None = None
        defaults: tuple[tuple[Path, Any], ...] = ()
        hints: tuple[Flaw, ...] = ()
        known = details if details is None or not self._model.sites else self._with_refusals(details, state)
        if known is not None:
            flaws, failed = self._read_details(known, state)
        elif error is not None and not self._model.sites:
            flaws, failed, raised = self._read_refusal(error, state)
        elif output is UNSET:
            self._now = _Pass()
            self._suspects = suspects = None if error is None else scalars_out_of_bounds(error)
            try:
                output = self._validate(state, text)
            except ValidatorError:
                raise
            except Exception as refused:
                flaws, failed, raised = self._read_refusal(refused, state)
            finally:
                self._suspects = None
        if suspects is not None and output is not UNSET and not self._now.events:
            return self.judge(state, text)  # none of them was refused
        if self._model.omits and any(event.refuses for event in self._now.events.values()):
            failed += self._omitted_by_rules(state, text, failed)
        self._turns = self._now.turns
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

    def _with_refusals(self, details: Sequence[Any], state: Any) -> list[Any] | None:
        """What the model would say of an answer that a validator refuses which knows some of its rules as bounds: where a
        bound of a rule is broken, the rule is asked. None where only the model can tell.

        details: pydantic-core's, by that validator.
        """
        told: list[Any] = []
        refused = len(self._now.events)
        for detail in details:
            kind, location = detail["type"], detail["loc"]
            if kind == RULE_ERROR or kind in OF_TYPES:
                told.append(detail)
                continue
            found = member_at(self._plan.schema, location, state) if kind in BOUNDED else None
            if found is None:
                return None
            try:
                site = self._model.site_at(location)
            except LookupError:
                return None
            if site is None:
                told.append(detail)
                continue
            value = site.scalar(found[1])
            if value is UNSET or not self._simple.issuperset(map(id, site.rules)):
                return None
            _, refusal = self._met(site, value)
            if refusal is None:
                return None
            told.append({"type": RULE_ERROR, "loc": location, "ctx": {"number": refusal}})
        events = self._now.events.values()
        # The model would come to them in another order.
        return None if refused and len(events) > refused and not all(event.refuses for event in events) else told

    def _validate(self, state: Any, text: str | None) -> Any:
        with visiting(self._visit):
            return self._model.validator.validate_json(_json(state, text), context=self.about.given)

    def _validate_omitting_nothing(self, state: Any, text: str | None) -> Any:
        with visiting(self._visit):
            return self._model.omitting_nothing.validate_json(_json(state, text), context=self.about.given)

    def _omitted(self, state: Any, text: str | None) -> Paths:
        """Return the paths of values that the user's type omits, or replaces by a default, without any rule of
        railguard.
        """
        from pydantic_core import ValidationError

        if not self._model.omits:
            return Paths(())
        try:
            with visiting(None):
                self._model.naming_omitted.validate_json(_json(state, text), context=self.about.given)
        except ValidationError as error:
            details = error.errors(include_url=False, include_input=False)
            locations = [detail["loc"] for detail in details if detail["type"] == OMITTED]
            return Paths(path_of(self._plan.schema, one, state, into_unions=True) for one in locations)
        except Exception:  # the user's own code raises: it was judged before
            return Paths(())
        return Paths(())

    def _omitted_by_rules(
        self, state: Any, text: str | None, known: list[tuple[Path, _Event]]
    ) -> list[tuple[Path, _Event]]:
        """Return the rules that refuse a value which the user's type then omits. Values omitted for another reason do
        not count.
        """
        from pydantic_core import ValidationError

        now, self._now = self._now, _Pass()
        try:
            self._validate_omitting_nothing(state, text)
        except ValidationError as error:
            omitted = self._omitted(state, text)
            _, failed = self._read_errors(error, state)
            return [one for one in failed if one not in known and not omitted.has_above(one[0])]
        except ValidatorError:
            raise
        except Exception:  # the user's own code raises where nothing is left out, so that the place is not known
            told = {event.number for _, event in known}
            return [(Path(), one) for one in now.events.values() if one.refuses and one.number not in told]
        finally:
            self._now = now
        return []

    def _visit(self, site: Site, value: Any) -> Any:
        if type(value) in _PLAIN and not self._may_fail(site, value):
            return value
        value, refusal = self._met(site, value)
        if refusal is not None:
            raise rule_error(refusal)
        return value

    def _met(self, site: Site, value: Any) -> tuple[Any, int | None]:
        """Run the rules of a place. Returns the value with their fixes, and the number of the refusal of the first that
        refuses it, or None."""
        plain = value if type(value) in _PLAIN else _plain(value, site)
        for index, rule in enumerate(site.rules):
            if not rule.serves(plain):
                continue
            key = id(rule), exact_key(plain), site.path
            if key in self._now.locating:
                return value, self._now.locating[key]
            result, turn = self._result(site, rule, key, plain)
            if result is None:
                continue
            event = self._events.get((key, turn))
            if event is None or (turn is not None and event.result is not result):
                event = self._event(site, index, key, value, plain, result, turn)
                self._events[key, turn] = self._numbers[event.number] = event
            self._now.events[key, turn] = event
            if event.refuses:
                return value, event.number
            if event.after is not UNSET:
                value, plain = event.after, event.after_plain
        return value, None

    def _may_fail(self, site: Site, value: Any) -> bool:
        """Whether a rule of a place may have anything to say of a scalar."""
        if self._suspects is not None and value not in self._suspects:
            return False
        return not self._is_sound(site, value)

    def _is_sound(self, site: Site, value: Any) -> bool:
        """Whether all rules of a place that check only the value accept a scalar. Their findings are kept."""
        place = id(site.rules), type(value)
        known = self._seen.get(place)
        if known is None:
            serving = [rule for rule in site.rules if rule.serves(value)]
            simple = all(id(rule) in self._simple for rule in serving)
            known = self._seen[place] = {}, tuple((rule, rule.run) for rule in serving) if simple else None
        seen, rules = known
        if rules is None:
            return False
        key = value or exact_key(value)  # of equal values, only zeros differ
        if key in seen:
            return seen[key]
        seen[key] = False
        for at, (rule, run) in enumerate(rules):
            try:
                answer = run(value)
            except Exception:  # told when it is called by itself
                answer = UNSET
            if answer is not None and answer is not True:
                for earlier, _ in rules[:at]:
                    self._results[id(earlier), exact_key(value)] = None
                if answer is not UNSET:
                    self._say(rule, (id(rule), exact_key(value)), answer, site)
                return False
        seen[key] = True
        return True

    def _say(self, rule: Rule, same: _Same, answer: Any, site: Site) -> None:
        """Keep a rule's result."""
        self._usage = added(self._usage, cost_of(answer))
        self._results[same] = interpret(answer, rule, site.where)

    def _result(self, site: Site, rule: Rule, key: _Key, plain: Any) -> tuple[FailResult | None, int | None]:
        """What a rule is known to say against a value, and which of several equal values this is if it says different things."""
        if rule.inline and not rule.wants_context:
            same = key[:2]
            if same not in self._results:
                known, result = self.about.answers.said(rule, plain)
                if known:
                    self._results[same] = result
                else:
                    answer = call_inline(rule, plain, Context(site.where, None, self.about.metadata))
                    self._say(rule, same, answer, site)
            return self._results[same], None
        answers = self._answers.get(key)
        if answers is None:
            if key not in self._now.pending:
                pending = self._now.pending[key] = _Pending(self._next(), site, rule, key, plain)
                self._numbers[pending.number] = pending
            return None, None
        turn = self._now.turns.get(key, 0)
        self._now.turns[key] = turn + 1
        in_order = self._differing.get(key)
        if in_order is None:
            return next(iter(answers.values())), None
        if key in self._uncountable or turn >= len(in_order):
            return None, None  # told in the end, or when its places have been counted again
        return in_order[turn][1], turn

    def _next(self) -> int:
        return len(self._numbers)

    def _event(
        self, site: Site, index: int, key: _Key, value: Any, plain: Any, result: FailResult, turn: int | None
    ) -> _Event:
        rule = site.rules[index]
        candidate = propose(rule.on_fail, rule, plain, result, site.where)
        made: Any = UNSET
        if candidate is not UNSET:
            made = self._held(site, index, value, candidate)
        after = UNSET if made is UNSET else candidate
        place = site.path if turn is None else self._differing[key][turn][0]
        return _Event(self._next(), site, rule, key, plain, result, rule.on_fail.unresolved, made, after, place)

    def _held(self, site: Site, index: int, value: Any, candidate: Any) -> Any:
        """Return the place's result for a proposed value, if that satisfies the field's structure and the rules up to
        this one.
        """
        nodes = self._nodes.get(id(site.rules[index]), ())
        if candidate is None and any(node.nullable for node in nodes):
            return None
        if nodes and not any(self._fits(node, candidate) for node in nodes):
            return UNSET
        for rule in site.rules[: index + 1]:
            if rule.serves(candidate) and rule.inline and not rule.wants_context:
                answer = call_inline(rule, candidate, Context(site.where, None, self.about.metadata))
                if interpret(answer, rule, site.where) is not None:
                    return UNSET
        if type(value) in _PLAIN and type(candidate) in _PLAIN:
            return candidate
        try:
            return site.inner.validate_json(json_text(candidate), context=self.about.given)
        except Exception:  # any exception of the user's code: this value is not accepted
            return UNSET

    def _fits(self, node: Node, candidate: Any) -> bool:
        node = self._plan.schema.resolve(node)
        if self._plan.structure_of(node).accept(candidate)[1]:
            return False
        return all(check.holds(candidate) for check in constraints(node))

    @cached_property
    def _nodes(self) -> Mapping[int, Sequence[Node]]:
        """Return the nodes of the tree that a rule is on, by the rule's id."""
        found: dict[int, list[Node]] = {}
        for node in all_nodes(self._plan.schema):
            for rule in node.rules:
                found.setdefault(id(rule), []).append(node)
        return found

    def _read_refusal(
        self, error: Exception, state: Any
    ) -> tuple[list[Flaw], list[tuple[Path, _Event]], Exception | None]:
        """What the model raised on an answer, as flaws and failed rules; last, the exception if it is the user's own."""
        from pydantic_core import ValidationError

        if isinstance(error, ValidationError):
            return *self._read_errors(error, state), None
        if json_types_fit(self._plan.schema, state):
            return [Flaw(Path(), "raised", None, state, f"{type(error).__name__}: {error}")], [], error
        # It was not written for a value of this type, which is wrong in any case.
        return self._plan.tree.flaws(state), [], None

    def _read_errors(self, error: Any, state: Any) -> tuple[list[Flaw], list[tuple[Path, _Event]]]:
        if many := too_many(self._plan.schema, error, state):
            return many, []
        return self._read_details(error.errors(include_url=False, include_input=False), state)

    def _read_details(self, details: Sequence[Any], state: Any) -> tuple[list[Flaw], list[tuple[Path, _Event]]]:
        flaws: dict[tuple[Path, str], Flaw] = {}
        failed: dict[tuple[Path, _Event], None] = {}
        schema = self._plan.schema
        nodes = NodeLookup(schema, state)
        for detail in of_named_cases(schema, details, state) if self._plan.has_options else details:
            if detail["type"] != RULE_ERROR:
                flaw = flaw_of(schema, detail, state, nodes, own=False)
                flaws.setdefault((flaw.path, f"{flaw.keyword}:{flaw.message}"), flaw)
                continue
            known = self._numbers[detail["ctx"]["number"]]
            path = path_of(schema, detail["loc"], state, into_unions=True)
            self._places.setdefault(known.key, {})[path] = None
            if isinstance(known, _Event):
                failed[path, known] = None
        if not (flaws and failed):
            return list(flaws.values()), list(failed)
        refused = Paths(path for path, _ in failed)
        # If a branch of a union accepts a value that only its rule refuses, the errors of the others do not count.
        return [
            flaw
            for flaw in flaws.values()
            if not (isinstance(nodes.at(flaw.path), UnionNode) and refused.has_below(flaw.path))
        ], list(failed)

    def _observed(self, observed: Observed, state: Any) -> tuple[list[Flaw], tuple[Flaw, ...]]:
        nodes = NodeLookup(self._plan.schema, state)

        def flaw(path: Path, keyword: str) -> Flaw:
            return Flaw(path, keyword, nodes.at(path), value_at(state, path))

        flaws = [flaw(path, "properties") for path in observed.strangers]
        flaws += [flaw(path, "anyOf") for path in observed.leftover]
        flaws += [flaw(path, "format") for path in observed.digits if not _asks_for_number(nodes.at(path))]
        flaws += [wrong_key(path, key, _NO_MOMENT, nodes) for path, key in observed.digit_keys]
        hints = tuple(Flaw(path, "additionalProperties", None, value_at(state, path)) for path in observed.unused)
        return flaws, hints

    # -- to the end ---------------------------------------------------------------------------------------------------

    def settled(self, verdict: ModelVerdict) -> ModelFindings | None:
        """Return the findings about an answer if its verdict says all of them; None if `finish` must find the rest."""
        if not (verdict.failed or verdict.events or verdict.pending or self._turns):
            return ModelFindings(verdict.output, (), (), self._usage, verdict.raised)
        if verdict.pending or self._turns or False in [event.refuses for event in verdict.events]:
            return None
        refused = tuple([event.failure(path, resolved=False) for path, event in verdict.failed])
        blocked = False in [failure.action.policy.keeps_output for failure in refused]
        return ModelFindings(UNSET if blocked else verdict.output, refused, (), self._usage, verdict.raised)

    def finish(self, state: Any, text: str | None, verdict: ModelVerdict) -> Checking[ModelFindings]:
        """Run the rules that must run elsewhere, and locate every failure.

        state, text, verdict: an answer and its verdict from `judge`.
        """
        passes = 0
        unclear: list[_Key] = []
        while pending := [*verdict.pending, *self._miscounted()]:
            self._locate(state, text, {one.key: one.number for one in pending if one.site.path is None})
            yield from self._ask(pending, state)
            passes += 1
            failing = [one.key for one in pending if self._fails(one.key)]
            if passes > self._most_passes():  # the type makes other values of the same answer each time
                unclear += failing
                break
            if not verdict.flaws and not failing:
                break
            verdict = self.judge(state, text)
        unplaced = {one.key: one.number for one in verdict.events if not one.refuses and one.site.path is None}
        self._locate(state, text, {key: number for key, number in unplaced.items() if key not in self._places})
        failures = [event.failure(path, resolved=False) for path, event in verdict.failed]
        resolved: list[Failure] = []
        unclear += [key for key in self._turns if key in self._uncountable and key in self._differing]
        omitted = self._omitted(state, text) if verdict.events or unclear else Paths(())
        for key in unclear:
            failures += [one for one in self._failures(self._asked[key]) if not omitted.has_above(one.path)]
        for event in verdict.events:
            if event.refuses:
                continue
            for path in self._paths(event):
                if omitted.has_above(path):
                    continue
                kept = event.after is not UNSET
                if kept and verdict.output is not UNSET:
                    kept = yield from self._is_kept(verdict.output, path, event, state)
                (resolved if kept else failures).append(event.failure(path, resolved=kept))
        blocked = any(not failure.action.policy.keeps_output for failure in failures)
        output = UNSET if blocked else verdict.output
        return ModelFindings(output, tuple(failures), tuple(resolved), self._usage, verdict.raised)

    def _paths(self, event: _Event) -> Sequence[Path]:
        if event.place is not None:
            return [event.place]
        return list(self._places.get(event.key, ())) or [Path()]

    def _most_passes(self) -> int:
        """Enough for a fix by every rule at every level, each of which the next rule is asked about."""
        deepest = max((len(path) for paths in self._places.values() for path in paths), default=0)
        return _PASSES + (deepest + 1) * sum(len(site.rules) for site in self._model.sites)

    def _fails(self, key: _Key) -> bool:
        return any(answer is not None for answer in self._answers[key].values())

    def _failures(self, one: _Pending) -> Iterator[Failure]:
        """What a rule says against the values at its places, where the model cannot be told which of them to refuse."""
        for path, result in self._answers[one.key].items():
            if result is not None:
                event = _Event(one.number, one.site, one.rule, one.key, one.value, result, one.rule.on_fail.unresolved)
                yield event.failure(path, resolved=False)

    def _miscounted(self) -> list[_Pending]:
        """The rules that met a value more or less often than it had places when they were asked: it may have others now.

        Where the places are the same, the user's type visits one of them several times, or leaves one out.
        """
        counts = ((key, turns, len(self._answers[key])) for key, turns in self._turns.items() if key[2] is None)
        wrong = (key for key, turns, known in counts if turns > known or (turns < known and self._fails(key)))
        return [self._asked[key] for key in wrong if key not in self._uncountable]

    def _ask(self, pending: Sequence[_Pending], state: Any) -> Checking[None]:
        jobs: list[ValidatorRun] = []
        owners: list[_Pending] = []
        for one in pending:
            self._asked[one.key] = one
            before = self._answers.get(one.key, {})
            paths = [one.site.path] if one.site.path is not None else list(self._places.get(one.key, ())) or [Path()]
            if list(before) == paths:
                self._uncountable.add(one.key)
            self._answers[one.key] = {path: before.get(path) for path in paths}
            for path in paths:
                if path in before:
                    continue
                context = Context(path, state, self.about.metadata, self.about.messages)
                known, answer = self.about.answers.pure(one.rule, one.value)
                if one.rule.inline:
                    self._keep(one, call_inline(one.rule, one.value, context), path)
                elif known:
                    self._keep(one, answer, path)
                else:
                    jobs.append(ValidatorRun(one.rule, one.value, context))
                    owners.append(one)
        answers = (yield from run_checks(tuple(jobs))) if jobs else ()
        for one, job, answer in zip(owners, jobs, answers, strict=True):
            self.about.answers.keep_pure(job.rule, job.value, answer)
            self._keep(one, answer, job.context.path)
        for key in (one.key for one in pending):
            in_order = list(self._answers[key].items())
            self._differing.pop(key, None)
            if len({_without_usage(answer) for _, answer in in_order}) > 1:
                self._differing[key] = in_order

    def _keep(self, one: _Pending, answer: Any, path: Path) -> None:
        self._usage = added(self._usage, cost_of(answer))
        self._answers[one.key][path] = interpret(answer, one.rule, path)

    def _locate(self, state: Any, text: str | None, wanted: dict[_Key, int]) -> None:
        """Find the paths of rules that did not refuse their value: they refuse it now, and pydantic-core says where.

        Rules that stand in one another are found from the innermost out. wanted: the numbers of what they then refuse.
        """
        from pydantic_core import ValidationError

        before = {key: self._places.pop(key) for key in wanted if key in self._places}
        while wanted:
            self._now = _Pass(wanted)
            try:
                self._validate_omitting_nothing(state, text) if self._model.omits else self._validate(state, text)
            except ValidationError as error:
                self._read_errors(error, state)
            except ValidatorError:
                raise
            except Exception:  # the user's own code raises on a value that a rule refused: it was judged before
                break
            left = {key: number for key, number in wanted.items() if key not in self._places}
            if len(left) == len(wanted):
                break
            wanted = left
        for key in wanted.keys() & before.keys():
            self._places[key] = before[key]

    def _is_kept(self, output: Any, path: Path, event: _Event, state: Any) -> Checking[bool]:
        """Whether the finished model still contains a fix at its place, or another value that the rule accepts."""
        from pydantic_core import to_jsonable_python

        rule, held = event.rule, _held(output, path)
        if held is UNSET:
            return True
        try:
            finished = to_jsonable_python(held, by_alias=True)
        except Exception:  # the user's own code writes it out
            return True
        if json_key(finished) == json_key(event.after_plain) or not rule.serves(finished):
            return True
        answers = self._answers.get((id(rule), exact_key(finished), event.site.path))
        if answers is not None and not rule.wants_context:
            return all(answer is None for answer in answers.values())
        context = Context(path, state, self.about.metadata, self.about.messages)
        if rule.inline:
            answer = call_inline(rule, finished, context)
        else:
            [answer] = yield from run_checks((ValidatorRun(rule, finished, context),))
        self._usage = added(self._usage, cost_of(answer))
        return interpret(answer, rule, path) is None


def _json(state: Any, text: str | None) -> str:
    """Return the JSON text of an answer. text: its own, if it has not been changed."""
    if text is not None:
        return text
    # A half of a surrogate pair is a doubt of its own; the rest is checked all the same.
    return json_text(state).encode("utf-8", "replace").decode()


def _without_usage(result: FailResult | None) -> str:
    return "" if result is None else repr(replace(result, usage=None))


def _held(output: Any, path: Path) -> Any:
    """Return the value in a finished output at a path of its JSON; UNSET if there is none."""
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


def _plain(value: Any, site: Site) -> Any:
    """Return a value as the JSON that a rule expects."""
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


def _asks_for_number(node: Node | None) -> bool:
    """Whether the schema that the model is shown asks for a number, as one of a user's own for a date as seconds does."""
    options = node.options if isinstance(node, UnionNode) else (node,)
    moments = [isinstance(one, StringNode) and one.format in ("date", "date-time", "time") for one in options]
    return any(isinstance(one, (IntegerNode, FloatNode)) for one in options) and not any(moments)
