"""`validators`, `on-fail-NAME` and old `format` attributes ⇄ rules. A validator is only ever looked up by name.

In an older document a validator that cannot be bound is kept as a rule that cannot run: the document loads, and
nothing passes for checked that was not.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, get_origin

from railguard import registry
from railguard.errors import SpecError
from railguard.rail import grammar
from railguard.rail.attributes import ON_FAIL, Unreadable, writable
from railguard.rail.grammar import Call, GrammarError, Token
from railguard.rail.report import Report
from railguard.rail.xml import Element
from railguard.validation import JsonType, Parameter, Rule, Validator
from railguard.validation.declaration import fits
from railguard.validation.translation import translated
from railguard.values import OnFail

__all__ = ["ON_FAIL_PREFIX", "Rules", "rules_to"]

ON_FAIL_PREFIX = "on-fail-"
_STRUCTURAL = ("choice", "pydantic")  # old: what a failure of the element itself does
_SIMPLE = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_ATTRIBUTE_NAME = re.compile(r"[\w.-]+")


class Rules:
    """Reads the rules of one document's elements; it remembers the validators it has looked up."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self._known: dict[str, Validator | None] = {}
        self._names: set[str] | None = None

    def find(self, name: str) -> Validator | None:
        """The validator of a name, None if nobody registered it."""
        if name not in self._known:
            # After a first miss all plugins are loaded: what they do not have needs no second search of each of them.
            missing = self._names is not None and registry.canonical(name) not in self._names
            self._known[name] = found = None if missing else registry.find(name)
            if found is None and self._names is None:
                self._names = {spelling for v in registry.validators() for spelling in (v.name, *v.aliases)}
        return self._known[name]

    def read(self, element: Element, types: frozenset[JsonType]) -> tuple[tuple[Rule, ...], str | None, OnFail | None]:
        """The rules of an element whose values have one of `types`; what an old `format` says to the model, if that is
        all it is; and the on-fail of the element itself in its old spelling, on-fail-choice."""
        report = self.report
        actions = {
            name: registry.canonical(name[len(ON_FAIL_PREFIX) :])
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
            calls += [("validators", call) for call in grammar.parse(element.attributes["validators"])]
        used: set[str] = set()
        unsaid: list[str] = []
        rules = []
        for attribute, call in calls:
            validator = self.find(call.name) if call.name else None
            named = [name for key in _spellings(call.name, validator) for name in by_key.get(key, ())]
            used.update(named)
            on_fail = values[named[0]] if named else OnFail.REASK
            rule = self._rule(element, attribute, call, validator, on_fail, types)
            if rule is not None:
                rules.append(rule)
            if not named:
                unsaid.append(call.name)
        structural = None
        written = {registry.canonical(call.name) for _, call in calls}
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
                f'write {ON_FAIL_PREFIX}{registry.canonical(unsaid[0][:40])}="…" for the validator',
            )
        return tuple(rules), hint, structural

    def _format(
        self, element: Element, actions: Mapping[str, Collection[str]]
    ) -> tuple[str | None, list[tuple[str, Call]]]:
        """Old `format`: validators if every part names one or has arguments, else words for the model. A part that has
        an on-fail of its own was meant as a validator, whoever registered it; then so were those beside it that may be
        one, and only the others are words."""
        report, text = self.report, element.attributes["format"]
        at = report.at_attribute(element, "format")
        calls = grammar.parse(text)
        named, checks, words = False, [], []
        for call in calls:
            validator = self.find(call.name) if call.name else None
            if any(key in actions for key in _spellings(call.name, validator)):
                named = True
            elif validator is None and ":" not in call.source.removeprefix("hub://"):
                words.append(call)
                continue
            checks.append(("format", call))
        if checks and (named or not words):
            report.warn("old-attribute", "format is read as a list of validators", at, "write validators= instead")
            for call in words:
                report.warn(
                    "old-attribute",
                    f"{call.name[:60]!r} is read as words for the model",
                    report.at_value(element, "format", call.offset),
                    "write hint= instead",
                )
            return "; ".join(call.source for call in words) or None, checks
        report.warn("old-attribute", "format is read as words for the model", at, "write hint= instead")
        return text, []

    def _on_fail(self, element: Element, attribute: str) -> OnFail:
        try:
            action: OnFail = ON_FAIL.read(element.attributes[attribute])
        except Unreadable as wrong:
            self.report.deviation(
                wrong.code,
                wrong.message,
                self.report.at_value(element, attribute),
                wrong.hint,
                reading="it is read as reask",
            )
            return OnFail.REASK
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

        def kept(code: str, message: str, offset: int, hint: str | None) -> Rule | None:
            report.deviation(code, message, at(offset), hint, reading="it is kept, but cannot run")
            if report.strict:
                return None
            return Rule.unknown(registry.canonical(call.name), call.source, on_fail)

        if call.error is not None:
            return kept("validator-syntax", call.error.message, call.error.offset, call.error.hint)
        if validator is None:
            words = call.name.split(None, 1)
            if len(words) == 2 and (first := self.find(words[0])) is not None:
                return kept(
                    "validator-syntax",
                    f"{words[1][:40]!r} follows after {words[0]!r}",
                    call.offset + call.name.index(words[1], len(words[0])),
                    f"arguments stand after a colon: {first.name}: {words[1][:40]}",
                )
            return kept(
                "unknown-validator",
                f"no validator named {call.name[:60]!r} is registered"
                + report.suggest(registry.canonical(call.name), self._names or ()),
                call.offset,
                "validators are separated by ;"
                if "," in call.name
                else "register it with @validator before the spec is loaded, or install the package that has it"
                + registry.excuses(),
            )
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
            return None if report.strict else Rule.unknown(validator.name, call.source, on_fail, lacks=lacks)
        try:
            return self._bind(element, attribute, call, validator, on_fail)
        except GrammarError as wrong:
            return kept("validator-arguments", wrong.message, wrong.offset, wrong.hint)

    def _bind(self, element: Element, attribute: str, call: Call, validator: Validator, on_fail: OnFail) -> Rule:
        tokens = call.tokens
        if _is_sentence(call, validator):
            report = self.report
            report.deviation(
                "bare-words",
                f"{validator.name!r} takes one text, and {len(tokens)} words stand here",
                report.at_value(element, attribute, tokens[1].offset),
                "put the text in quotes",
                reading="all of it is read as the text",
            )
            tokens = (Token("string", call.rest, call.rest, tokens[0].offset),)
        by_name = {parameter.name: parameter for parameter in validator.parameters}
        positional: list[Any] = []
        named: dict[str, Any] = {}
        for token in tokens:
            keyword = token.keyword
            if keyword is not None and keyword.name in by_name:
                if keyword.name in named:
                    raise GrammarError(f"{keyword.name!r} is given twice", token.offset, "remove one")
                value = _value(keyword.kind, keyword.value, keyword.offset, by_name[keyword.name])
                _fit(validator, by_name[keyword.name], value, keyword.offset)
                named[keyword.name] = value
            elif named:
                raise GrammarError("an argument without a name follows one with a name", token.offset, "give it first")
            elif len(positional) == len(by_name):
                raise GrammarError(
                    f"validator {validator.name!r} takes at most {len(by_name)} arguments",
                    token.offset,
                    f"it is declared as {validator.signature}; text of several words stands in quotes",
                )
            else:
                parameter = validator.parameters[len(positional)]
                value = _value(token.kind, token.value, token.offset, parameter)
                _fit(validator, parameter, value, token.offset)
                positional.append(value)
        try:
            if validator.translations:
                given = dict(zip(by_name, positional, strict=False))
                read, warnings = translated(validator.translations, call.name, {**given, **named})
                named, positional = read, []
                for said in warnings:
                    at = self.report.at_value(element, attribute, call.offset)
                    self.report.warn("other-meaning", said, at, f"write it under its own name, {validator.name}")
            return validator(*positional, on_fail=on_fail, **named)
        except SpecError as error:
            problem = error.problems[0]
            raise GrammarError(problem.message, call.offset, problem.hint) from error
        except Exception as error:  # a validator class's own __init__ may raise anything
            raise GrammarError(
                f"validator {validator.name!r} refuses its arguments: {type(error).__name__}: {error}",
                call.offset,
                f"it is declared as {validator.signature}",
            ) from error


def _is_sentence(call: Call, validator: Validator) -> bool:
    """Several bare words for a validator of one text: `similar-to-document: some text here`."""
    return (
        len(call.tokens) > 1
        and len(validator.parameters) == 1
        and all(token.kind == "text" for token in call.tokens)
        and fits("", validator.parameters[0].annotation)
        and not any(t.keyword and t.keyword.name == validator.parameters[0].name for t in call.tokens)
    )


def _value(kind: str, value: Any, offset: int, parameter: Parameter) -> Any:
    """A token's value as its parameter takes it: bare text may be a number or a word such as true."""
    annotation = parameter.annotation
    if kind != "text":
        return _shaped(value, annotation)
    try:
        number = grammar.number(value)
    except GrammarError as wrong:
        if fits(value, annotation):
            return value
        raise GrammarError(wrong.message, offset, wrong.hint) from None
    if number is not None:
        return value if fits(value, annotation) and not fits(number, annotation) else number
    if fits(value, annotation):
        return value
    try:
        literal = _shaped(grammar.literal(value), annotation)
    except GrammarError:
        return value
    return literal if fits(literal, annotation) else value


def _shaped(value: Any, annotation: Any) -> Any:
    """A list as the tuple or set that the parameter wants: RAIL, like JSON, has lists only."""
    wanted = get_origin(annotation) or annotation
    if isinstance(value, list) and wanted in (tuple, set, frozenset):
        try:
            return wanted(value)
        except TypeError:
            return value
    return value


def _fit(validator: Validator, parameter: Parameter, value: Any, offset: int) -> None:
    if not fits(value, parameter.annotation):
        raise GrammarError(
            f"validator {validator.name!r} does not take {value!r:.60} as {parameter.name!r}",
            offset,
            f"it is declared as {validator.signature}" + _mend(value),
        )


def _mend(value: Any) -> str:
    if not isinstance(value, str):
        return ""
    if value.endswith(","):
        return "; arguments are separated by spaces, and validators by ;"
    return "; a list is written {['a', 'b']}"


def _spellings(name: str, validator: Validator | None) -> list[str]:
    """What on-fail-NAME may say for a validator written `name`."""
    whole = name.strip().removeprefix("hub://").replace("/", "-").replace("_", "-").lower()
    own = (validator.name, *validator.aliases) if validator is not None else ()
    return list(dict.fromkeys((whole, registry.canonical(name), *own)))


def _listed(types: Iterable[str]) -> str:
    return " or ".join(sorted(types))


def rules_to(rules: tuple[Rule, ...]) -> dict[str, str]:
    """The attributes that say these rules. Raises ValueError for what RAIL cannot say."""
    calls: list[str] = []
    actions: dict[str, OnFail] = {}
    for rule in rules:
        if rule.on_fail is OnFail.CUSTOM:
            raise ValueError(f"the on-fail action of {rule.name!r} is a Python callable")
        if actions.setdefault(rule.name, rule.on_fail) is not rule.on_fail:
            raise ValueError(f"{rule.name!r} stands twice, with different on-fail actions")
        calls.append(_call_to(rule) if rule.validator is not None else _unknown_to(rule))
    if not calls:
        return {}
    attributes = {"validators": writable("; ".join(calls))}
    for name, action in actions.items():
        if action is OnFail.REASK:
            continue
        if _ATTRIBUTE_NAME.fullmatch(name) is None:
            raise ValueError(f"the validator's name {name!r} cannot stand in an attribute's name")
        attributes[ON_FAIL_PREFIX + name] = str(action)
    return attributes


def _unknown_to(rule: Rule) -> str:
    """A rule that cannot run, as it was written: readable again wherever its validator is registered."""
    source = rule.source or rule.name
    calls = grammar.parse(source)
    if len(calls) != 1 or calls[0].error is not None or registry.find(calls[0].name) is not None:
        raise ValueError(f"{source[:60]!r} is no call of a validator that could be bound")
    return source


def _call_to(rule: Rule) -> str:
    if re.search(r"[:;]|^\s|\s$", rule.name):
        raise ValueError(f"the validator's name {rule.name!r} cannot be written")
    if registry.find(rule.name) is not rule.validator:
        raise ValueError(f"{rule.describe()!r} is no registered validator, so no document can name it")
    arguments: Mapping[str, Any] = rule.arguments
    parameters = rule.validator.parameters if rule.validator is not None else ()
    written: list[str] = []
    positional = True
    for parameter in parameters:
        if parameter.name not in arguments:
            positional = False
            continue
        token = _token_to(arguments[parameter.name], rule.name)
        written.append(token if positional else f"{parameter.name}={token}")
    return f"{rule.name}: {' '.join(written)}" if written else rule.name


def _token_to(value: Any, name: str) -> str:
    if isinstance(value, (tuple, frozenset, set)):
        value = list(value) if isinstance(value, tuple) else sorted(value, key=repr)
    if isinstance(value, str):
        return value if _SIMPLE.fullmatch(value) else _quoted(value)
    try:
        literal = grammar.quote(value)
    except (TypeError, ValueError, RecursionError):
        raise ValueError(f"the argument {value!r:.60} of {name!r} is no JSON value") from None
    return literal if type(value) in (int, float) else "{" + literal + "}"


def _quoted(text: str) -> str:
    """Text in single quotes, so that it needs no escaping in an attribute."""
    inner = grammar.quote(text)[1:-1].replace('\\"', '"').replace("'", "\\'")
    return f"'{inner}'"
