"""Converts `validators`, `on-fail-NAME` and old `format` attributes to rules and back. A validator is only looked up by
name.

In an older document a validator that cannot be bound is kept as a rule that cannot run: the document loads, but an
unchecked value never counts as checked.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from railguard.lazy import regex
from railguard.rail import arguments, grammar
from railguard.rail.arguments import call_to
from railguard.rail.attributes import ON_FAIL, Unreadable, writable
from railguard.rail.grammar import Call, GrammarError, Token
from railguard.rail.problem_report import Report
from railguard.rail.xml import Element
from railguard.validation import JsonType, Rule, Validator, registry
from railguard.values import DEFAULT_ON_FAIL, OnFail

__all__ = ["ON_FAIL_PREFIX", "Rules", "name_spellings", "rules_to"]

ON_FAIL_PREFIX = "on-fail-"
_STRUCTURAL = ("choice", "pydantic")  # old: the on-fail action of the element's own structure
_ATTRIBUTE_NAME = regex(r"[\w.-]+")


class Rules:
    """Reads the rules of one document's elements; it caches the validators that it has looked up. most: the most rules
    of one element; more are an error.
    """

    def __init__(self, report: Report, most: int) -> None:
        self.report, self.most = report, most
        self._known: dict[str, Validator | None] = {}
        self._places: dict[int, tuple[Rule, int]] = {}
        self._names: set[str] | None = None

    def find(self, name: str) -> Validator | None:
        """Return the validator of a name, or None if none is registered."""
        if name not in self._known:
            # After the first miss all plugins are loaded, so that they need not be searched again for each name.
            missing = self._names is not None and registry.canonical_name(name) not in self._names
            self._known[name] = found = None if missing else registry.find_validator(name)
            if found is None and self._names is None:
                self._names = {spelling for v in registry.validators() for spelling in (v.name, *v.aliases)}
        return self._known[name]

    def read(self, element: Element, types: frozenset[JsonType]) -> tuple[tuple[Rule, ...], str | None, OnFail | None]:
        """Return the rules of an element with values of `types`; the words of an old `format` for the model, if it has
        no validators; and the on-fail of the element itself in its old spelling, on-fail-choice.
        """
        report = self.report
        actions = {
            name: registry.canonical_name(name[len(ON_FAIL_PREFIX) :])
            for name in element.attributes
            if name.startswith(ON_FAIL_PREFIX)
        }
        values: dict[str, OnFail] = {name: self._on_fail(element, name) for name in actions}
        by_key: dict[str, list[str]] = {}
        for name, key in actions.items():
            by_key.setdefault(key, []).append(name)
        calls: list[tuple[str, Call]] = []
        hint = None
        if not report.strict and "format" in element.attributes:
            hint, calls = self._format(element, by_key)
        if "validators" in element.attributes:
            found = grammar.parse_calls(element.attributes["validators"], self.most + 1)
            calls += [("validators", call) for call in found]
        if len(calls) > self.most:
            attribute, call = calls[self.most]
            report.error(
                "too-many-rules",
                f"<{element.tag[:40]}> has more than {self.most:,} rules: this one and all after it are not read",
                report.at_value(element, attribute, call.offset),
                "use fewer, or raise Limits.spec_rules",
            )
            calls = calls[: self.most]
        used: set[str] = set()
        unsaid: list[str] = []
        rules = []
        for attribute, call in calls:
            call, validator = self._found(element, attribute, call)
            named = [name for key in name_spellings(call.name, validator) for name in by_key.get(key, ())]
            used.update(named)
            on_fail = values[named[0]] if named else DEFAULT_ON_FAIL
            rule = self._rule(element, attribute, call, validator, on_fail, types)
            if rule is not None:
                rules.append(rule)
                self._places[id(rule)] = (rule, report.at_value(element, attribute, call.offset))
            if not named:
                unsaid.append(call.name)
        structural = None
        written = {registry.canonical_name(call.name) for _, call in calls}
        for name, key in actions.items():
            if name in used:
                continue
            if not report.strict and key in _STRUCTURAL:
                structural = values[name]
                report.warn(
                    "old-attribute",
                    f"{name} is read as on-fail, what a failure of the element itself does",
                    report.at_attribute(element, name),
                    f'write on-fail="{structural}"',
                )
                continue
            report.deviation(
                "on-fail-without-validator",
                f"<{element.tag}> has no validator {name[len(ON_FAIL_PREFIX) :]!r}" + report.suggest(key, written),
                report.at_attribute(element, name),
                "on-fail-NAME is for a validator named in validators=; on-fail alone, for the element's structure",
                reading="it is ignored",
            )
        if unsaid and not report.strict and "on-fail" in element.attributes:
            report.warn(
                "old-attribute",
                f"on-fail is read as what a failure of the element's structure does; its validator {unsaid[0][:40]!r} "
                "keeps reask",
                report.at_attribute(element, "on-fail"),
                f'write {ON_FAIL_PREFIX}{registry.canonical_name(unsaid[0][:40])}="…" for the validator',
            )
        return tuple(rules), hint, structural

    def place(self, rule: Rule, otherwise: int) -> int:
        """Return the offset of a rule in the source."""
        return self._places.get(id(rule), (rule, otherwise))[1]

    def invented(self, check: Element, parent: Element) -> Rule:
        """Return the rule of an element that was invented for a check: no release ever ran one, so the rule cannot run."""
        written = check.start_tag(self.report.source.text)
        shown = written if len(written) <= 60 else written[:59] + "…"
        name = check.attributes.get("name") or check.tag
        known = self.find(name)
        self.report.warn(
            "misplaced-element",
            f"{shown} inside <{parent.tag[:40]}> is not an element of RAIL: it is kept as a rule that cannot run",
            check.offset,
            f'write validators="{known.name if known else name[:40]}"',
        )
        source = f"element-{registry.canonical_name(check.tag)}: {arguments.single_quoted(written)}"
        lacks = f"{shown} inside <{parent.tag[:40]}> is not a check of RAIL"
        return Rule.unknown(
            f"element-{registry.canonical_name(check.tag)}", source, lacks=lacks, code="misplaced-element"
        )

    def _format(
        self, element: Element, actions: Mapping[str, Collection[str]]
    ) -> tuple[str | None, list[tuple[str, Call]]]:
        """Read an old `format`: validators if every part names one or has arguments, otherwise words for the model. A
        part with its own on-fail was meant as a validator, whether registered or not; then other parts that may be
        validators are read as such, and only the rest as words.
        """
        report, text = self.report, element.attributes["format"]
        at = report.at_attribute(element, "format")
        calls = grammar.parse_calls(text, self.most + 1)
        named, checks, words = False, [], []
        for call in calls:
            validator = self._meant(call, text)
            if any(key in actions for key in name_spellings(call.name, validator)):
                named = True
            elif validator is None and (call.brackets is not None or ":" not in call.source.removeprefix("hub://")):
                words.append(call)
                continue
            checks.append(("format", call))
        if checks and (named or not words):
            report.warn("old-attribute", "format is read as a list of validators", at, "write validators= instead")
            for call in words:
                report.warn(
                    "old-attribute",
                    f"{call.source[:60]!r} is read as words for the model",
                    report.at_value(element, "format", call.offset),
                    "write hint= instead",
                )
            return "; ".join(call.source for call in words) or None, checks
        report.warn("old-attribute", "format is read as words for the model", at, "write hint= instead")
        return text, []

    def _meant(self, call: Call, text: str) -> Validator | None:
        """Return the validator that a part of an old `format` clearly is: named alone, or with arguments that it
        accepts.
        """
        validator = self.find(call.name) if call.name else None
        if validator is None:
            respelled = arguments.spelled_with_colon(call, text)
            if respelled is None or not all(map(_is_literal, respelled.tokens)):
                return None
            call, validator = respelled, self.find(respelled.name)
        elif call.brackets is None:
            return validator
        if validator is None or validator.missing():
            return validator
        return (
            validator
            if arguments.read_rule(call, text, validator, DEFAULT_ON_FAIL, strict=False).rule is not None
            else None
        )

    def _found(self, element: Element, attribute: str, call: Call) -> tuple[Call, Validator | None]:
        """Return a call with its validator; also if only the colon is missing."""
        validator = self.find(call.name) if call.name else None
        text = element.attributes[attribute]
        respelled = None if validator is not None else arguments.spelled_with_colon(call, text)
        if respelled is None or (first := self.find(respelled.name)) is None or not first.parameters:
            return call, validator
        read = None if first.missing() else arguments.read_rule(respelled, text, first, DEFAULT_ON_FAIL, strict=False)
        written = f": {call_to(read.rule)}" if read is not None and read.rule is not None else ""
        self.report.deviation(
            "validator-syntax",
            f"{respelled.rest[:40]!r} follows after {respelled.name!r}",
            self.report.at_value(element, attribute, respelled.rest_at),
            f"arguments stand after a colon{written}",
            reading="it is read so",
        )
        return respelled, first

    def _on_fail(self, element: Element, attribute: str) -> OnFail:
        try:
            action: OnFail = ON_FAIL.read(element.attributes[attribute])
        except Unreadable as wrong:
            self.report.deviation(
                wrong.code,
                wrong.message,
                self.report.at_value(element, attribute),
                wrong.hint,
                reading=f"it is read as {DEFAULT_ON_FAIL}",
            )
            return DEFAULT_ON_FAIL
        return action

    def _rule(
        self,
        element: Element,
        attribute: str,
        call: Call,
        validator: Validator | None,
        on_fail: OnFail,
        types: frozenset[JsonType],
    ) -> Rule | None:
        report = self.report

        def at(offset: int) -> int:
            return report.at_value(element, attribute, offset)

        def kept(wrong: GrammarError, code: str) -> Rule | None:
            report.deviation(code, wrong.message, at(wrong.offset), wrong.hint, reading="it is kept, but cannot run")
            if report.strict:
                return None
            if validator is None:
                return Rule.unknown(registry.canonical_name(call.name), call.source, on_fail)
            lacks = f"the arguments of {call.source[:60]!r} cannot be read: {wrong.message}"
            return Rule.unknown(validator.name, call.source, on_fail, lacks=lacks, code="validator-arguments")

        if validator is None:
            if call.error is not None:
                return kept(call.error, "validator-syntax")
            return kept(self._unknown(call), "unknown-validator")
        if not validator.types & types:
            report.deviation(
                "validator-type",
                f"{validator.name!r} checks {_listed(validator.types)}, and <{element.tag}> is {_listed(types)}",
                at(call.offset),
                "remove it, or put it on an element of that type",
                reading="it is left out",
            )
            return None
        if validator.missing():
            lacks = f"validator {validator.name!r} needs a package that is not installed"
            report.deviation(
                "validator-package", lacks, at(call.offset), validator.installing, reading="it is kept, but cannot run"
            )
            if report.strict:
                return None
            return Rule.unknown(validator.name, call.source, on_fail, lacks=lacks, code="validator-package")
        read = arguments.read_rule(call, element.attributes[attribute], validator, on_fail, strict=report.strict)
        for oddity in read.oddities:
            if oddity.is_wrong:
                report.deviation(oddity.code, oddity.message, at(oddity.offset), oddity.hint, reading=oddity.reading)
            else:
                report.warn(oddity.code, oddity.message, at(oddity.offset), oddity.hint)
        if read.rule is not None:
            return read.rule
        assert read.wrong is not None, "what is no rule is wrong"
        if (comma := self._comma(call, read.wrong)) is not read.wrong:
            return kept(comma, "validator-syntax")
        return kept(read.wrong, "validator-syntax" if read.wrong is call.error else "validator-arguments")

    def _unknown(self, call: Call) -> GrammarError:
        close = self.report.suggest(registry.canonical_name(call.name), self._names or ())
        return GrammarError(
            f"no validator named {call.name[:60]!r} is registered{close}",
            call.offset,
            self._separated(call.name)
            if self._names_several(call.name)
            else "register it with @validator before the spec is loaded, or install the package that has it"
            + registry.excuses(),
        )

    def _names_several(self, text: str) -> bool:
        """Whether a text names several validators that are not separated by ;."""
        parts = re.split(r"[,\s]+", text.strip(" ,"))
        return "," in text or (len(parts) > 1 and all(self.find(part) is not None for part in parts[:8]))

    def _separated(self, text: str) -> str:
        """Return the correction for names that are not separated by ;."""
        parts = [part for part in re.split(r"[,\s]+" if "," not in text else r"\s*,\s*", text.strip(" ,")) if part]
        return f"validators are separated by ;: {'; '.join(parts)[:100]}"

    def _comma(self, call: Call, wrong: GrammarError) -> GrammarError:
        """Return the error of a call, or an error about a comma that is followed by another validator's name."""
        parts = re.split(r",\s*", call.source)
        for at, part in enumerate(parts[1:], 1):
            name = re.match(r"[A-Za-z][\w./-]*", part)
            if name is None or self.find(name[0]) is None:
                continue
            before, behind = ", ".join(parts[:at]), ", ".join(parts[at:])
            offset = call.offset + call.source.find(part, len(before)) - 1
            offset = call.offset + call.source.rfind(",", 0, offset - call.offset + 1)
            message = f"a comma before the validator {name[0][:40]!r}"
            return GrammarError(message, offset, f"validators are separated by ;: {before}; {behind}")
        return wrong


def _is_literal(token: Token) -> bool:
    """Whether an argument is clearly one: a number, a quoted text, a literal, or a named argument."""
    if token.kind != "text" or token.keyword is not None:
        return True
    try:
        return grammar.number(token.value) is not None
    except GrammarError:
        return False


def name_spellings(name: str, validator: Validator | None) -> list[str]:
    """Return the names that on-fail-NAME may use for a validator written `name`."""
    whole = name.strip().removeprefix("hub://").replace("/", "-").replace("_", "-").lower()
    own = (validator.name, *validator.aliases) if validator is not None else ()
    return list(dict.fromkeys((whole, registry.canonical_name(name), *own)))


def _listed(types: Iterable[str]) -> str:
    return " or ".join(sorted(types))


def rules_to(rules: tuple[Rule, ...]) -> dict[str, str]:
    """Write rules as attributes. Raises ValueError if RAIL cannot express them."""
    calls: list[str] = []
    actions: dict[str, OnFail] = {}
    for rule in rules:
        if not rule.on_fail.policy.named:
            raise ValueError(f"the on-fail action of {rule.name!r} is a Python callable")
        if actions.setdefault(rule.name, rule.on_fail) is not rule.on_fail:
            raise ValueError(f"{rule.name!r} is given twice, with different on-fail actions")
        calls.append(_known_to(rule) if rule.validator is not None else _unknown_to(rule))
    if not calls:
        return {}
    if [call.source for call in grammar.parse_calls("; ".join(calls))] != calls:
        raise ValueError(f"{'; '.join(calls)[:60]!r} would be read as other calls than these")
    attributes = {"validators": writable("; ".join(calls))}
    for name, action in actions.items():
        if action is DEFAULT_ON_FAIL:
            continue
        if _ATTRIBUTE_NAME.fullmatch(name) is None:
            raise ValueError(f"the validator's name {name!r} cannot stand in an attribute's name")
        attributes[ON_FAIL_PREFIX + name] = str(action)
    return attributes


def _unknown_to(rule: Rule) -> str:
    """Write a rule that cannot run as it was written, so that it can be read again if possible."""
    source = rule.source or rule.name
    if rule.code == "unknown-validator" and registry.find_validator(rule.name) is not None:
        raise ValueError(f"{source[:60]!r} is a call of a validator that is registered now")
    return source


def _known_to(rule: Rule) -> str:
    if re.search(r"[:;]|^\s|\s$", rule.name):
        raise ValueError(f"the validator's name {rule.name!r} cannot be written")
    if registry.find_validator(rule.name) is not rule.validator:
        raise ValueError(f"{rule.describe()!r} is not a registered validator, so no document can name it")
    return call_to(rule)
