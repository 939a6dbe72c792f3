"""Converts the arguments of one call in `validators=` to a rule and back: tokens are bound to the validator's
parameters.

If binding fails, other common ways of writing arguments are tried: `length(1, 5)`, `length: 1, 5`, `valid-choices: a,
b`. If one of them binds, the problem's hint is that rule in RAIL 1.0, and an older document is read in this way.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, get_origin

from railguard.errors import SpecError
from railguard.lazy import regex
from railguard.rail import grammar
from railguard.rail.grammar import Call, GrammarError, Token
from railguard.validation import Parameter, Rule, Validator
from railguard.validation.annotations import fits
from railguard.validation.translation import translated
from railguard.values import OnFail

__all__ = ["Oddity", "Read", "call_to", "read_rule", "single_quoted", "spelled_with_colon"]

_SIMPLE = regex(r"[A-Za-z][A-Za-z0-9_-]*")
_FIRST_WORD = regex(r"([\w./-]+)(\s*=|\s)(?=\s*\S)")


class Oddity(NamedTuple):
    """An error in version 1.0 that an older document may contain; offset: in the attribute's value."""

    code: str
    message: str
    offset: int
    hint: str
    reading: str
    is_wrong: bool = True
    """Whether version 1.0 refuses it; otherwise it is a warning in every version."""


@dataclass(slots=True)
class Read:
    """A rule with the oddities of its spelling, or an error."""

    rule: Rule | None = None
    wrong: GrammarError | None = None
    oddities: list[Oddity] = field(default_factory=list)


def read_rule(call: Call, text: str, validator: Validator, on_fail: OnFail, *, strict: bool) -> Read:
    """Read the rule of a validator call. text: the whole attribute. strict: whether the document has version 1.0."""
    wrong, code = call.error, "validator-syntax"
    if wrong is None:
        try:
            rule, oddities = _bound(call, call.tokens, validator, on_fail, strict=strict)
        except GrammarError as error:
            wrong, code = error, "validator-arguments"
        else:
            if call.brackets is not None:
                message = f"the arguments of {validator.name!r} are in brackets"
                oddities.insert(0, _as_written("validator-syntax", message, call.brackets, rule))
            return Read(rule, oddities=oddities)
    for tokens in _other_readings(call, text, validator):
        try:
            rule, _ = _bound(call, tokens, validator, on_fail, strict=True)
        except GrammarError:
            continue
        return Read(rule, oddities=[_as_written(code, wrong.message, wrong.offset, rule)])
    if (
        call.error is None
        and call.rest.startswith(("[", "("))
        and any(_takes(one, []) for one in validator.parameters[:1])
    ):
        try:
            grammar.literal(call.rest)
        except GrammarError as broken:
            wrong = GrammarError(broken.message, call.rest_at + broken.offset, broken.hint)
    return Read(wrong=wrong)


def _as_written(code: str, message: str, offset: int, rule: Rule) -> Oddity:
    written = call_to(rule)
    return Oddity(code, message, offset, f"write {written}", f"it is read as {written}")


def spelled_with_colon(call: Call, text: str) -> Call | None:
    """Read a call whose name is followed by its arguments without a colon, `length 1 5` or `length=1 5`, as if it had
    one.
    """
    first = _FIRST_WORD.match(text, call.offset)
    if first is None or call.brackets is not None or first.end() > call.offset + len(call.source):
        return None
    colon, end = first.end() - 1, call.offset + len(call.source)
    respelled = grammar.parse_calls(text[call.offset : colon] + ":" + text[colon + 1 : end])
    (only,) = respelled if len(respelled) == 1 else (None,)
    return None if only is None else grammar.moved(only, call.offset)


_LIST = Parameter("", list, inspect.Parameter.empty)


def _other_readings(call: Call, text: str, validator: Validator) -> Iterator[tuple[Token, ...]]:
    """Yield the arguments of a call in other common notations, most likely first."""
    by_comma = None
    if "," in call.rest or call.rest.startswith("("):
        by_comma = grammar.separated(text, call.rest_at, call.rest_at + len(call.rest))
    if by_comma and by_comma != call.tokens:
        yield by_comma
    parameters = validator.parameters
    takes_text = bool(parameters) and _takes(parameters[0], "")
    takes_list = bool(parameters) and _takes(parameters[0], [])
    if takes_list:
        spaced = () if call.error is not None or takes_text or by_comma else call.tokens
        for tokens in (by_comma or (), spaced):
            if any(token.kind == "text" and token.value[:1] in "[({" for token in tokens):
                continue  # a list that is never closed, or has an extra comma
            if tokens and all(token.keyword is None and token.kind != "literal" for token in tokens):
                yield from _as_one_list(tokens)
    if (
        takes_text
        and all(token.kind == "text" and token.keyword is None for token in call.tokens)
        and len(call.tokens) > 1
    ):
        yield (Token("string", call.rest, call.rest, call.rest_at),)
    if len(call.tokens) == 1 and len(parameters) > 1:
        only = call.tokens[0]
        try:
            values = _value("text", only.value, 0, _LIST) if only.kind == "text" else only.value
        except GrammarError:
            return  # a number that is out of range
        if isinstance(values, list):
            yield tuple(Token("literal", value, only.raw, only.offset) for value in values)


def _takes(parameter: Parameter, sample: Any) -> bool:
    """Whether a parameter is declared to accept a value such as the sample; an unannotated parameter does not."""
    annotation = parameter.annotation
    return annotation not in (Any, object, inspect.Parameter.empty) and fits(_shaped(sample, annotation), annotation)


def _as_one_list(tokens: tuple[Token, ...]) -> Iterator[tuple[Token]]:
    texts = [token.value for token in tokens]
    try:
        values = [_number(token) for token in tokens]
    except GrammarError:
        values = texts
    for items in (values, texts):
        yield (Token("literal", items, tokens[0].raw, tokens[0].offset),)


def _number(token: Token) -> Any:
    found = grammar.number(token.value) if token.kind == "text" else None
    return token.value if found is None else found


def _bound(
    call: Call, tokens: tuple[Token, ...], validator: Validator, on_fail: OnFail, *, strict: bool
) -> tuple[Rule, list[Oddity]]:
    """Return the rule of some tokens. Raises GrammarError if the validator does not accept them."""
    oddities: list[Oddity] = []
    by_name = {parameter.name: parameter for parameter in validator.parameters}
    whole = None
    if strict and tokens and tokens[0].keyword is not None and tokens[0].keyword.name not in by_name:
        raise _unknown_parameter(validator, tokens[0])
    if _is_sentence(tokens, validator):
        whole = tokens
        tokens = (Token("string", call.rest, call.rest, tokens[0].offset),)
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
            continue
        if keyword is not None:
            from difflib import get_close_matches

            unknown = _unknown_parameter(validator, token)
            if strict or get_close_matches(keyword.name, by_name, n=1):
                raise unknown
            reading = f"it is read as the text {token.raw[:60]!r}"
            oddities.append(Oddity("validator-arguments", unknown.message, unknown.offset, unknown.hint or "", reading))
        if named:
            raise GrammarError("an argument without a name follows one with a name", token.offset, "give it first")
        if len(positional) == len(by_name):
            raise GrammarError(
                f"validator {validator.name!r} takes at most {len(by_name)} arguments",
                token.offset,
                f"it is declared as {validator.signature}; put text of several words in quotes"
                if by_name
                else f"write {validator.name}",
            )
        parameter = validator.parameters[len(positional)]
        value = _value(token.kind, token.value, token.offset, parameter)
        _fit(validator, parameter, value, token.offset)
        positional.append(value)
    try:
        if validator.translations:
            given = {**dict(zip(by_name, positional, strict=False)), **named}
            named, warnings = translated(validator.translations, call.name, given)
            positional = []
            hint = f"write it under its own name, {validator.name}"
            oddities += [Oddity("other-meaning", said, call.offset, hint, "", is_wrong=False) for said in warnings]
        rule = validator(*positional, on_fail=on_fail, **named)
    except SpecError as error:
        problem = error.problems[0]
        raise GrammarError(problem.message, call.offset, problem.hint) from error
    except Exception as error:  # a validator class's own __init__ may raise anything
        raise GrammarError(
            f"validator {validator.name!r} refuses its arguments: {type(error).__name__}: {error}",
            call.offset,
            f"it is declared as {validator.signature}",
        ) from error
    if whole is not None:
        oddities.append(
            Oddity(
                "bare-words",
                f"{validator.name!r} takes one text, and {len(whole)} words stand here",
                whole[1].offset,
                f"put the text in quotes: {call_to(rule)}",
                "all of it is read as the text",
            )
        )
    return rule, oddities


def _unknown_parameter(validator: Validator, token: Token) -> GrammarError:
    """Return the error for `name=value` where no parameter has that name: it is never read as text, which would be in
    quotes.
    """
    from difflib import get_close_matches

    assert token.keyword is not None, "asked of tokens with a name only"
    name = token.keyword.name
    names = [parameter.name for parameter in validator.parameters]
    close = get_close_matches(name[:100], names, n=1)
    suggestion = f"; did you mean {close[0]!r}?" if close else ""
    if name.replace("-", "_").lower() in ("on_fail", "onfail"):
        action = str(token.keyword.value)[:40]
        hint = f'its on-fail action is an attribute of its own: on-fail-{validator.name}="{action}"'
    elif names:
        hint = f"its parameters are {', '.join(names)}; put a text with = in quotes: {single_quoted(token.raw[:100])}"
    else:
        hint = "it takes no arguments"
    return GrammarError(f"validator {validator.name!r} has no parameter {name[:60]!r}{suggestion}", token.offset, hint)


def _is_sentence(tokens: tuple[Token, ...], validator: Validator) -> bool:
    """Whether the tokens are several unquoted words for a validator with one text argument: `similar-to-document: some
    text here`.
    """
    return (
        len(tokens) > 1
        and len(validator.parameters) == 1
        and all(token.kind == "text" for token in tokens)
        and fits("", validator.parameters[0].annotation)
        and not any(t.keyword and t.keyword.name == validator.parameters[0].name for t in tokens)
    )


def _value(kind: str, value: Any, offset: int, parameter: Parameter) -> Any:
    """Convert a token's value for its parameter: unquoted text may be a number, a list, or a word such as true."""
    annotation = parameter.annotation
    if kind != "text":
        return _shaped(value, annotation)
    if value.startswith("["):
        try:
            items = _shaped(grammar.literal(value), annotation)
        except GrammarError:
            items = None
        if items is not None and fits(items, annotation):
            return items
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
    """Convert a list to the tuple or set that the parameter needs: RAIL, like JSON, has only lists."""
    wanted = get_origin(annotation) or annotation
    if isinstance(value, list) and wanted in (tuple, set, frozenset):
        try:
            return wanted(value)
        except TypeError:
            return value
    return value


def _fit(validator: Validator, parameter: Parameter, value: Any, offset: int) -> None:
    if fits(value, parameter.annotation):
        return
    hint = f"it is declared as {validator.signature}"
    if isinstance(value, str) and _takes(parameter, []):
        hint += "; a list is written {['a', 'b']}"
    message = f"validator {validator.name!r} does not take {value!r:.60} as {parameter.name!r}"
    raise GrammarError(message, offset, hint)


def call_to(rule: Rule) -> str:
    """Write a rule as a call in version 1.0. Raises ValueError if an argument is not a JSON value."""
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
        return value if _SIMPLE.fullmatch(value) else single_quoted(value)
    try:
        literal = _literal_to(value)
    except (TypeError, ValueError, RecursionError):
        raise ValueError(f"the argument {value!r:.60} of {name!r} is not a JSON value") from None
    return literal if type(value) in (int, float) else "{" + literal + "}"


def _literal_to(value: Any) -> str:
    if isinstance(value, str):
        return single_quoted(value)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_literal_to, value))}]"
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("a key of an object is a text")
        return f"{{{', '.join(f'{single_quoted(key)}: {_literal_to(item)}' for key, item in value.items())}}}"
    return grammar.quote(value)


def single_quoted(text: str) -> str:
    """Put text in single quotes, so that it needs no escaping in an attribute."""
    inner = grammar.quote(text)[1:-1].replace('\\"', '"').replace("'", "\\'")
    return f"'{inner}'"
