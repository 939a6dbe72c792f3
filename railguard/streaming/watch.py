"""A streaming answer, watched: each value is checked the moment it closes, and told when nothing can take it back.

Only the checks that run inline and look at nothing but the value are run here; their answers are kept, so that the
round that follows does not run them again, and tells what was not told. What is told is provisional until the outcome.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator, Sequence
from typing import Any

from railguard.checking import About, Job, Plan, added
from railguard.checking.fast_pass import Place
from railguard.checking.field import Found, check_field
from railguard.checking.whole import is_repairable
from railguard.parsing import REASONING_TAGS, Event, Reader
from railguard.parsing.json.source import WINDOW
from railguard.prompting.flaws import flaw_message
from railguard.schema import ChoiceNode, ListNode, Node, ObjectNode, Schema
from railguard.schema.prune import Nodes
from railguard.streaming.sentences import Sentences
from railguard.streaming.snapshot import Snapshot
from railguard.validation import Rule
from railguard.validation.vocabulary import KEYWORDS
from railguard.values import DEFAULT_ON_FAIL, UNSET, Failure, Path, StreamEvent, Usage, value_at

__all__ = ["Watch"]

_TAGS = "|".join(REASONING_TAGS)
_BEFORE = re.compile(rf"\s*(?:<({_TAGS})(?:\s[^<>]{{0,200}})?>.*?</\1\s*>\s*)*", re.DOTALL | re.IGNORECASE)
_THINKING = re.compile(rf"\s*<(?:{_TAGS})(?:\s[^<>]{{0,200}})?>", re.IGNORECASE)
_RECENT = 4096
_HEX = "[0-9a-fA-F]"
_ESCAPE = rf'\\(?:["\\/bfnrt]|u(?![dD][89a-fA-F]){_HEX}{{4}}|u[dD][89abAB]{_HEX}{{2}}\\u[dD][c-fC-F]{_HEX}{{2}})'
_STRING = rf'"(?:[^"\\\x00-\x1f\ud800-\udfff]|{_ESCAPE})*"'
_CLOSED_TEXT = re.compile(rf"(?:[{{,]\s*(?P<key>{_STRING})\s*:|[\[,])\s*(?P<text>{_STRING})\Z")


class Watch:
    """The provisional reading of one streaming answer. Local to a round."""

    def __init__(self, plan: Plan, about: About, snapshot: Snapshot, *, eager: bool = False) -> None:
        """about: what checks may know; their answers are kept there. snapshot: what the caller is shown.

        eager: look at a text as soon as its closing quote is there, without waiting for what follows it.
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
        self._nodes = Nodes(plan.schema)
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
        """The events that a piece of the answer brings about."""
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
            # What stands before the value that was told last is not looked at again.
            self._recent = (self._recent + piece)[-(len(piece) + WINDOW if seen else _RECENT) :]
            self._fed += len(piece)
            told += self._ahead()
        return told

    def _ahead(self) -> Iterator[StreamEvent]:
        """Check a text at whose closing quote the reader waits, for what follows it: a failure need not wait."""
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
        """The text from where the value begins; "" as long as it does not."""
        self._waiting = text
        before = _BEFORE.match(text)
        start = before.end() if before is not None else 0
        if _THINKING.match(text, start):
            return ""
        first = next((at for at in range(start, len(text)) if text[at] in self._starts), None)
        if first is None:
            # Of prose nothing is needed again: a tag may only be split at the very end.
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
            self._spoil(path)  # unknown, or of a case that is not known yet: what holds it is told in the end
        elif path not in self._spoilt:
            passed = yield from self._checked(path, node, event.value)
        yield from self._released(path, passed)

    def _node(self, path: Path) -> Node | None:
        self._nodes.value = self._reader.value
        return self._nodes.at(path)

    def _spoil(self, path: Path) -> None:
        """What is at a path failed, or is not decided yet: nothing that holds it is told while the answer streams."""
        self._spoilt.update(Path(path[:length]) for length in range(len(path) + 1))

    def _checked(self, path: Path, node: Node, value: Any) -> Generator[StreamEvent, None, bool]:
        """Check one closed value; yields what can be told of it now; returns whether it passed."""
        structure = self._plan.structure_of(node)
        flaws = [flaw for flaw in structure.flaws(value) if flaw.keyword != "additionalProperties"]
        if flaws and is_repairable(self._plan, structure, value):
            self._spoil(path)  # it is repaired in the end, and checked then
            return False
        if flaws:
            for flaw in flaws if self._plan.model is None else ():
                at = Path((*path, *flaw.path))
                message = flaw_message(flaw.keyword, flaw.node, flaw.value)
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
            found = _run_inline(check_field(self._plan, self._about, self._state, Place(path, node)))
            self._usage = added(self._usage, found.usage)
            failures = found.failures
            if found.resolved:
                _put(self._state, path, found.value)
        if failures and self._plan.model is not None and not self._reads_plainly(failures):
            self._spoil(path)  # the model sees another value than stands in the JSON, and has the last word
            return False
        for failure in failures:
            yield from self._failure(path, failure)
        if any(not failure.action.policy.keeps_output for failure in failures):
            return False
        if path:
            yield from self._field(path)
        return True

    def _reads_plainly(self, failures: Sequence[Failure]) -> bool:
        """Whether a user's model hands the JSON to rules as it stands, and the failures are of rules."""
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
        """What was held under a value that is decided now."""
        if not self._holding or self._holding[-1] != path:
            return
        self._holding.pop()
        if not passed:
            self._held = [event for event in self._held if event.path is None or not event.path.starts_with(path)]
        if not self._holding:
            held, self._held = self._held, []
            for event in held:
                yield self._shown(event)


def _run_inline(check: Generator[Job, Any, Found]) -> Found:
    """Run a check that needs nothing from elsewhere."""
    try:
        next(check)
    except StopIteration as end:
        found: Found = end.value
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
    """Which nodes may take back what was told of their members: by a rule of their own, or of a member they require."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._known: dict[int, bool] = {}

    def may_vanish(self, node: Node) -> bool:
        """Whether values below this node are to be held until it closes."""
        known = self._known.get(id(node))
        if known is None:
            self._known[id(node)] = False  # a recursive type does not decide about itself
            known = self._known[id(node)] = self._may(node)
        return known

    def _may(self, node: Node) -> bool:
        if any(action.policy.withholds for action in (node.on_fail, *(rule.on_fail for rule in node.rules))):
            return True
        if isinstance(node, ObjectNode):
            required = [self._schema.resolve(field.node) for field in node.fields if field.required]
            return any(
                _filters(member) or (not isinstance(member, ListNode) and self.may_vanish(member))
                for member in required
            )
        if isinstance(node, ChoiceNode):
            return any(self.may_vanish(case.node) for case in node.cases)
        return False


def _filters(node: Node) -> bool:
    return any(action.policy.leaves_out for action in (node.on_fail, *(rule.on_fail for rule in node.rules)))


def _starts(schema: Schema) -> str:
    root = schema.resolve(schema.root)
    if isinstance(root, (ObjectNode, ChoiceNode)):
        return "{"
    return "[" if isinstance(root, ListNode) else "{["
