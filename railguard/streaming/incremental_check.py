"""Validates each value of a streaming answer as it completes; emits it once no later failure can remove it.

Only checks that run inline and read nothing but the value are run here. Their results are kept, so that the round that
follows does not run them again; it emits the remaining values. Emitted values are provisional until the outcome.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator, Sequence
from typing import Any

from railguard.checking import About, Plan, ValidatorRun, added
from railguard.checking.fast_pass import PendingCheck
from railguard.checking.field import FieldResult, check_field
from railguard.checking.whole import is_repairable
from railguard.lazy import regex
from railguard.parsing import REASONING_TAGS, Event, Reader
from railguard.parsing.json.text_source import WINDOW
from railguard.prompting.issue_messages import issue_message
from railguard.schema import ChoiceNode, ListNode, Node, ObjectNode, Schema
from railguard.schema.prune import NodeLookup
from railguard.streaming.sentences import Sentences
from railguard.streaming.snapshot import Snapshot
from railguard.validation import Rule
from railguard.validation.vocabulary import KEYWORDS
from railguard.values import DEFAULT_ON_FAIL, UNSET, Failure, Path, StreamEvent, Usage, value_at

__all__ = ["IncrementalCheck"]

_TAGS = "|".join(REASONING_TAGS)
_BEFORE = regex(rf"\s*(?:<({_TAGS})(?:\s[^<>]{{0,200}})?>.*?</\1\s*>\s*)*", re.DOTALL | re.IGNORECASE)
_THINKING = regex(rf"\s*<(?:{_TAGS})(?:\s[^<>]{{0,200}})?>", re.IGNORECASE)
_RECENT = 4096
_HEX = "[0-9a-fA-F]"
_ESCAPE = rf'\\(?:["\\/bfnrt]|u(?![dD][89a-fA-F]){_HEX}{{4}}|u[dD][89abAB]{_HEX}{{2}}\\u[dD][c-fC-F]{_HEX}{{2}})'
_STRING = rf'"(?:[^"\\\x00-\x1f\ud800-\udfff]|{_ESCAPE})*"'
_CLOSED_TEXT = regex(rf"(?:[{{,]\s*(?P<key>{_STRING})\s*:|[\[,])\s*(?P<text>{_STRING})\Z")


class IncrementalCheck:
    """The provisional reading of one streaming answer. Local to a round."""

    def __init__(self, plan: Plan, about: About, snapshot: Snapshot, *, eager: bool = False) -> None:
        """Start reading. about: the context of checks; it stores their results. snapshot: the checked values so far.

        eager: check a text at its closing quote, without waiting for the next character.
        """
        self._plan = plan
        self._eager = eager
        self._recent = ""
        self._fed = 0  # characters, from where the value begins
        self._open: list[Path] = []
        self._about = about
        self._state: Any = UNSET
        self._reader = Reader(plan.spec.limits)
        self._waiting = ""  # text before the value begins
        self._opened = False
        self._holding: list[Path] = []
        self._held: list[StreamEvent] = []
        self._spoilt: set[Path] = set()
        self._nodes = NodeLookup(plan.schema)
        self._sentences = Sentences(plan, about)
        self._holds = _Holds(plan.schema)
        self._starts = _starts(plan.schema)
        self.snapshot = snapshot
        self.failed = False
        self._usage: Usage | None = None
        about.answers.remembering = True

    @property
    def usage(self) -> Usage | None:
        """The tokens that the checks have cost so far."""
        return added(self._usage, self._sentences.usage)

    def feed(self, piece: str) -> list[StreamEvent]:
        """Return the events that result from a piece of the answer."""
        if self._plan.is_text:
            told = list(self._sentences.feed(piece))
            self.failed = self._sentences.failed
            return told
        if not self._opened:
            piece = self._begun(self._waiting + piece)
            if not self._opened:
                return []
        told = []
        seen = self._reader.feed(piece)
        for event in seen:
            told += self._seen(event)
        if self._eager and not self.failed:
            # Text before the value that was emitted last is not read again.
            self._recent = (self._recent + piece)[-(len(piece) + WINDOW if seen else _RECENT) :]
            self._fed += len(piece)
            told += self._ahead()
        return told

    def _ahead(self) -> Iterator[StreamEvent]:
        """Check a text as soon as its closing quote is read, without waiting for the next character, so that a failure
        is reported at once.
        """
        quote = self._reader.at - self._fed + len(self._recent)
        if not self._open or quote < 0 or self._recent[quote : quote + 1] != '"':
            return
        match = _CLOSED_TEXT.search(self._recent[: quote + 1])
        if match is None or self._recent[quote + 1 :].lstrip()[:1] not in ("", ",", "}", "]"):
            return
        parent = self._open[-1]
        holder = value_at(self._reader.value, parent)
        if isinstance(holder, list) == (match["key"] is not None):
            return
        key = len(holder) if isinstance(holder, list) else json.loads(match["key"])
        path = parent.child(key)
        node = self._node(path)
        if node is not None:
            self._state = _copied(self._reader.value, parent)
            _put(self._state, path, json.loads(match["text"]))
            for event in self._checked(path, node, json.loads(match["text"])):
                if event.type == "failure":
                    yield event

    def _begun(self, text: str) -> str:
        """The text from where the value begins; "" before that."""
        self._waiting = text
        before = _BEFORE.match(text)
        start = before.end() if before is not None else 0
        if _THINKING.match(text, start):
            return ""
        first = next((at for at in range(start, len(text)) if text[at] in self._starts), None)
        if first is None:
            # Prose is not needed again: only a tag may be split at the very end.
            self._waiting = text[-16:] if not text.lstrip().startswith("<") else text
            return ""
        self._opened = True
        self._waiting = ""
        return text[first:]

    def _seen(self, event: Event) -> Iterator[StreamEvent]:
        path = event.path
        if event.type == "open":
            self._open.append(path)
            node = self._node(path)
            if node is not None and self._holds.may_vanish(node):
                self._holding.append(path)
            return
        if event.type == "close":
            self._open.pop()
        self._state = self._reader.value
        node = self._node(path)
        passed = False
        if node is None:
            self._spoil(path)  # unknown, or of a case that is not known yet: its parent is emitted at the end
        elif path not in self._spoilt:
            passed = yield from self._checked(path, node, event.value)
        yield from self._released(path, passed)

    def _node(self, path: Path) -> Node | None:
        self._nodes.value = self._reader.value
        return self._nodes.at(path)

    def _spoil(self, path: Path) -> None:
        """Record that the value at a path failed or is undecided: no value that contains it is emitted while the answer
        streams.
        """
        self._spoilt.update(Path(path[:length]) for length in range(len(path) + 1))

    def _checked(self, path: Path, node: Node, value: Any) -> Generator[StreamEvent, None, bool]:
        """Check one complete value; yields the values that can be emitted now; returns whether it passed."""
        structure = self._plan.structure_of(node)
        flaws = [flaw for flaw in structure.flaws(value) if flaw.keyword != "additionalProperties"]
        if flaws and is_repairable(self._plan, structure, value):
            self._spoil(path)  # it is repaired later, and checked then
            return False
        if flaws:
            for flaw in flaws if self._plan.model is None else ():
                at = Path((*path, *flaw.path))
                message = issue_message(flaw.keyword, flaw.node, flaw.value)
                action = flaw.node.on_fail.structural if flaw.node is not None else DEFAULT_ON_FAIL
                yield from self._failure(at, Failure(at, flaw.keyword, message, flaw.value, action))
            self._spoil(path)
            return False
        checks = () if value is None and node.nullable else self._plan.checks(node)
        if any(isinstance(check, Rule) and (check.wants_context or not check.inline) for check in checks):
            self._spoil(path)  # the round that follows runs it
            return False
        failures: tuple[Failure, ...] = ()
        if checks:
            found = _run_inline(check_field(self._plan, self._about, self._state, PendingCheck(path, node)))
            self._usage = added(self._usage, found.usage)
            failures = found.failures
            if found.resolved:
                _put(self._state, path, found.value)
        if failures and self._plan.model is not None and not self._reads_plainly(failures):
            self._spoil(path)  # the user's model gets another value than the JSON contains, and decides
            return False
        for failure in failures:
            yield from self._failure(path, failure)
        if any(not failure.action.policy.keeps_output for failure in failures):
            return False
        if path:
            yield from self._field(path)
        return True

    def _reads_plainly(self, failures: Sequence[Failure]) -> bool:
        """Whether a user's model passes the JSON unchanged to rules, and all failures belong to rules."""
        names = {failure.validator for failure in failures}
        return not self._plan.schema.own_checks and names.isdisjoint(KEYWORDS)

    def _failure(self, path: Path, failure: Failure) -> Iterator[StreamEvent]:
        if not failure.action.policy.keeps_output:
            self._spoil(path)
            self.failed = True
        yield StreamEvent("failure", path=failure.path, failure=failure, snapshot=self.snapshot.value)

    def _field(self, path: Path) -> Iterator[StreamEvent]:
        event = StreamEvent("field", path=path, value=value_at(self._state, path))
        if self._holding and self._holding[0] != path:
            self._held.append(event)
        else:
            yield self._shown(event)

    def _shown(self, event: StreamEvent) -> StreamEvent:
        assert event.path is not None
        self.snapshot.put(event.path, event.value)
        return StreamEvent("field", path=event.path, value=event.value, snapshot=self.snapshot.value)

    def _released(self, path: Path, passed: bool) -> Iterator[StreamEvent]:
        """The values that waited for a value that is decided now."""
        if not self._holding or self._holding[-1] != path:
            return
        self._holding.pop()
        if not passed:
            self._held = [event for event in self._held if event.path is None or not event.path.starts_with(path)]
        if not self._holding:
            held, self._held = self._held, []
            for event in held:
                yield self._shown(event)


def _run_inline(check: Generator[ValidatorRun, Any, FieldResult]) -> FieldResult:
    """Run a check that needs no effect."""
    try:
        next(check)
    except StopIteration as end:
        found: FieldResult = end.value
        return found
    raise AssertionError("an inline check asked to run elsewhere")


def _put(state: Any, path: Path, value: Any) -> None:
    """Write a value at a path below the root."""
    if not path:
        return
    holder, last = value_at(state, path[:-1]), path[-1]
    if isinstance(holder, list) and last == len(holder):
        holder.append(value)
    else:
        holder[last] = value


def _copied(state: Any, path: Path) -> Any:
    """The state with copies along a path, so that it can be written there."""
    if not path:
        return state.copy() if isinstance(state, (dict, list)) else state
    copied = state.copy()
    copied[path[0]] = _copied(state[path[0]], Path(path[1:]))
    return copied


class _Holds:
    """Which nodes may remove emitted members later: by their own rule, or by a rule of a required member."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._known: dict[int, bool] = {}

    def may_vanish(self, node: Node) -> bool:
        """Whether values below this node must wait until it is complete."""
        if id(node) not in self._known:
            seen, todo = {id(node): node}, [node]
            found = False
            while todo and not found:
                at = todo.pop()
                found = self._known.get(id(at), False) or self._vanishes(at)
                below = [one for one in self._below(at) if id(one) not in seen]
                seen |= {id(one): one for one in below}
                todo += below
            self._known |= {id(node): True} if found else dict.fromkeys(seen, False)
        return self._known[id(node)]

    def _vanishes(self, node: Node) -> bool:
        if any(action.policy.withholds for action in (node.on_fail, *(rule.on_fail for rule in node.rules))):
            return True
        members = node.fields if isinstance(node, ObjectNode) else ()
        return any(_filters(self._schema.resolve(field.node)) for field in members if field.required)

    def _below(self, node: Node) -> list[Node]:
        """What takes this node with it when it vanishes."""
        if isinstance(node, ChoiceNode):
            return [case.node for case in node.cases]
        if not isinstance(node, ObjectNode):
            return []
        members = [self._schema.resolve(field.node) for field in node.fields if field.required]
        return [member for member in members if not isinstance(member, ListNode)]


def _filters(node: Node) -> bool:
    return any(action.policy.leaves_out for action in (node.on_fail, *(rule.on_fail for rule in node.rules)))


def _starts(schema: Schema) -> str:
    root = schema.resolve(schema.root)
    if isinstance(root, (ObjectNode, ChoiceNode)):
        return "{"
    return "[" if isinstance(root, ListNode) else "{["
