"""Checks a streaming text sentence by sentence, with the rules whose validators support that.

A sentence that passes is emitted at once if every rule of the text supports this and none of them may withhold it. The
whole text is checked again when it is complete, and only that result counts.
"""

from __future__ import annotations

from collections.abc import Iterator

from railguard.checking import About, Plan, added
from railguard.checking.field import call_inline, cost_of
from railguard.lazy import regex
from railguard.validation import Context, interpret
from railguard.values import Failure, Path, StreamEvent, Usage

__all__ = ["Sentences"]

_END = regex(r"[.!?…。！？]+[\"'”’)\]]*\s|\n")
_LONGEST = 4096
"""Number of characters after which text without a full stop counts as a sentence, so that time stays linear."""


class Sentences:
    """The sentences of one streaming text. Local to a round."""

    def __init__(self, plan: Plan, about: About) -> None:
        rules = plan.schema.resolve(plan.schema.root).rules
        self._about = about
        self.usage: Usage | None = None
        self._rules = [rule for rule in rules if rule.validator is not None and rule.validator.by_sentence]
        self._tells = (
            bool(rules) and len(rules) == len(self._rules) and not any(r.on_fail.policy.withholds for r in rules)
        )
        self._waiting = ""
        self._may_be_json = plan.text_may_be_json
        self.failed = False

    def feed(self, piece: str) -> Iterator[StreamEvent]:
        """The events of the sentences that a piece of text completes."""
        if not self._rules or self.failed:
            return
        self._waiting += piece
        if self._may_be_json:
            begun = self._waiting.lstrip()
            self._may_be_json = not begun
            if begun.startswith('"'):  # a JSON string, which is not parsed before it is complete
                self._rules = []
                return
        start = 0
        while (end := self._next(start)) is not None:
            sentence = self._waiting[start:end]
            start = end
            failure = self._checked(sentence)
            if failure is not None:
                self.failed = True
                yield StreamEvent("failure", path=failure.path, failure=failure)
                break
            if self._tells:
                yield StreamEvent("delta", text=sentence)
        self._waiting = self._waiting[start:]

    def _next(self, start: int) -> int | None:
        found = _END.search(self._waiting, start)
        if found is not None:
            return found.end()
        return start + _LONGEST if len(self._waiting) - start > _LONGEST else None

    def _checked(self, sentence: str) -> Failure | None:
        """The first definite failure of a sentence: one that the rule's own action does not fix."""
        if not sentence.strip():
            return None
        for rule in self._rules:
            context = Context(Path(), sentence, self._about.metadata, self._about.messages)
            answer = call_inline(rule, sentence, context)
            self.usage = added(self.usage, cost_of(answer))
            result = interpret(answer, rule, Path())
            if result is None:
                continue
            if rule.on_fail.policy.mends or rule.on_fail.policy.keeps_output:
                self._tells = False  # the output differs from the streamed text
                continue
            return Failure(Path(), rule.name, result.message, sentence, rule.on_fail)
        return None
