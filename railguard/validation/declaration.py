"""`@validator`, which checks a validator when it is declared, and registers it.

A validator is a function of a value and keyword parameters, or a class whose instances are called with the value.
It answers None or True (passed), False or a text (failed), PassResult or FailResult. Whatever else it does, it
never counts as passed.
"""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from railguard.errors import SpecError
from railguard.lazy import regex
from railguard.validation import registry
from railguard.validation.annotations import fits, serves, type_name
from railguard.validation.keywords import keywords
from railguard.validation.manual import manual
from railguard.validation.rule import SECONDS, Check, Parameter, Validator
from railguard.validation.translation import Translation

__all__ = ["declaration", "validator"]


def validator(
    name: str,
    *,
    subject: str = "",
    aliases: Sequence[str] = (),
    blocking: bool = False,
    by_sentence: bool = False,
    prompt: str | None = None,
    pure: bool | None = None,
    metadata: Sequence[str] = (),
    requires: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
    translations: Sequence[Translation] = (),
    narrowing: Mapping[str, Any] | None = None,
    replace: bool = False,
) -> Callable[[Check], Validator]:
    """Declare and register a validator, on a function or a class.

    Args:
        name: The name in RAIL (`two-words`).
        subject: Its purpose in one or two words, by which lists are sorted.
        aliases: Further names.
        blocking: It is sync but slow (a network call, a model), so it runs in a thread with a time limit.
        by_sentence: A text passes exactly if each of its sentences does, so that a streaming text can be checked while
            it comes in.
        prompt: The text of its rules for a model, for example "between {min} and {max} long".
        pure: The same value always gets the same answer; by default, if it has no parameter `ctx`. A pure validator
            that is async or blocking is not run twice on a value in one call.
        metadata: Keys of the caller's metadata, or prompt variables, that it requires; an instance of a class may name
            others in an attribute `metadata`.
        requires: Modules it imports that do not come with railguard, each with what to install for it
            (`{"sqlglot": "railguard[sql]"}`); a rule without them is refused.
        seconds: The time limit of one run, if it is async or blocking; `Limits.validator_seconds` overrides it.
        translations: How to convert arguments that documents of other libraries give under another name.
        narrowing: Keywords of JSON Schema for decoding under a grammar (`local:`, vLLM): a value that satisfies them
            passes, or is at least likely to; other values that pass stay valid.
        replace: Whether to replace a validator that is registered under the same name.

    Returns:
        A decorator that creates a Validator from the function or class.

    Raises:
        SpecError: Code "validator-declaration", with the offending signature and the right one.

    Examples:
        >>> @validator("starts-with-a", replace=True)
        ... def starts_with_a(value: str) -> bool | str:
        ...     return value.startswith("a") or "Start it with the letter a."
        >>> starts_with_a(on_fail="noop").on_fail
        <OnFail.NOOP: 'noop'>
    """
    if not isinstance(name, str) or registry.canonical_name(name) != name or not _NAME.fullmatch(name):
        raise SpecError.of(
            f"{name!r:.80} is no name for a validator",
            code="validator-declaration",
            hint="the name goes in brackets: lower-case words joined by hyphens, as in @validator('two-words')",
        )
    for given, what in ((aliases, "aliases"), (metadata, "metadata")):
        if isinstance(given, str) or not all(isinstance(one, str) and one.strip() for one in given):
            raise SpecError.of(
                f"validator {name!r}: {what} is {given!r:.80}, and no list of names",
                code="validator-declaration",
                hint=f"write {what}=({given if isinstance(given, str) else 'a-name'!r},), with a comma where it is one",
            )
    if requires is not None and not isinstance(requires, Mapping):
        raise SpecError.of(
            f"validator {name!r}: requires is {requires!r:.80}, and does not say what to install",
            code="validator-declaration",
            hint='write the module and what pip takes, as in requires={"sqlglot": "railguard[sql]"}',
        )

    def declare(check: Check) -> Validator:
        declared = declaration(
            name,
            check,
            subject=subject,
            aliases=tuple(registry.canonical_name(a) for a in aliases),
            blocking=blocking,
            by_sentence=by_sentence,
            prompt=prompt,
            pure=pure,
            metadata=tuple(metadata),
            requires=dict(requires or {}),
            seconds=seconds,
            translations=tuple(translations),
            narrowing=dict(narrowing or {}),
        )
        registry.register(declared, replace=replace)
        return declared

    return declare


_NAME = regex(r"[^\s:;/{}'\"]+")


def declaration(
    name: str,
    check: Check,
    *,
    subject: str = "",
    aliases: tuple[str, ...] = (),
    blocking: bool = False,
    by_sentence: bool = False,
    prompt: str | None = None,
    pure: bool | None = None,
    metadata: tuple[str, ...] = (),
    requires: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
    translations: tuple[Translation, ...] = (),
    narrowing: Mapping[str, Any] | None = None,
) -> Validator:
    """Return the checked Validator of a function or class, without registering it."""
    right = (
        f"def {name.replace('-', '_')}(value: str, *, parameter: int = 0, ctx=None) -> None | bool | str | FailResult"
    )

    def wrong(what: str) -> SpecError:
        return SpecError.of(f"validator {name!r}: {what}", code="validator-declaration", hint=f"declare it as: {right}")

    if not callable(check):
        raise wrong(f"{check!r} is not callable")
    is_class = inspect.isclass(check)
    call = typing.cast(Any, check).__call__ if is_class else check
    if inspect.isclass(check) and not any("__call__" in vars(base) for base in check.__mro__):
        raise wrong(f"class {check.__name__} has no method __call__(self, value)")
    signature = inspect.signature(call)
    hints = _hints(call, wrong)
    parameters = list(signature.parameters.values())
    if is_class:
        parameters = parameters[1:]
    if not parameters or parameters[0].kind not in (
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
    ):
        raise wrong(f"{_shown(check, signature)} takes no value as its first argument")
    value, rest = parameters[0], parameters[1:]
    wants_context = any(p.name == "ctx" for p in rest)
    configured = [p for p in rest if p.name != "ctx"]
    if is_class:
        if configured:
            raise wrong(f"__call__{signature} takes more than a value and ctx; parameters belong into __init__")
        init = typing.cast(Any, check).__init__
        if init is object.__init__:
            configured, config_hints = [], {}
        else:
            configured = list(inspect.signature(init).parameters.values())[1:]
            config_hints = _hints(init, wrong)
    else:
        config_hints = hints
    for parameter in configured:
        if parameter.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD):
            raise wrong(
                f"{_shown(check, signature)} has {parameter}; name every parameter, so that a spec can be checked"
            )
        if parameter.name == "on_fail":
            raise wrong(f"{_shown(check, signature)}: on_fail belongs to the rule, not to the validator")
    annotated = hints.get(value.name, Any)
    served = serves(annotated)
    if served is None:
        raise wrong(
            f"{_shown(check, signature)}: {type_name(annotated)} is no JSON type; "
            "annotate the value with str, int, float, bool, list, dict or a union of them"
        )
    if inspect.isgeneratorfunction(call) or inspect.isasyncgenfunction(call):
        raise wrong(f"{_shown(check, signature)} has a yield; return what it found")
    if not seconds > 0:
        raise wrong(f"seconds is {seconds!r}; it is a number above 0")
    is_async = inspect.iscoroutinefunction(call)
    if is_async and blocking:
        raise wrong(f"{_shown(check, signature)} is async; blocking=True is for sync validators")
    if by_sentence and (is_async or blocking or wants_context or "string" not in served):
        raise wrong(f"{_shown(check, signature)}: by_sentence=True is for quick sync checks of a text alone")
    if metadata and not wants_context:
        raise wrong(
            f"{_shown(check, signature)} needs metadata {', '.join(metadata)} and has no parameter ctx to find it in"
        )
    for parameter in configured:
        if parameter.default not in (inspect.Parameter.empty, None) and not fits(
            parameter.default, config_hints.get(parameter.name, Any)
        ):
            raise wrong(f"{_shown(check, signature)}: the default of {parameter.name} is not of its type")
    for place in _places(prompt):
        if place not in {parameter.name for parameter in configured}:
            raise wrong(f"{_shown(check, signature)} has no parameter {place!r}, which its prompt names")
    for one in translations:
        if one.parameter not in {parameter.name for parameter in configured}:
            raise wrong(f"{_shown(check, signature)} has no parameter {one.parameter!r}, which {one.name!r} translates")
        if one.name.rsplit("/", 1)[-1] not in (name, *aliases):
            raise wrong(f"{one.name!r}, of which arguments are translated, is none of its aliases")
    if narrowing and "string" not in served:
        raise wrong(f"{_shown(check, signature)} takes no text, and its narrowing is for texts")
    keywords(name, narrowing, "narrowing")
    docs = manual(inspect.getdoc(check) or "", [p.name for p in configured]).parameters
    return Validator(
        name=name,
        check=check,
        subject=subject,
        aliases=aliases,
        types=served,
        parameters=tuple(
            Parameter(p.name, config_hints.get(p.name, Any), p.default, docs.get(p.name, "")) for p in configured
        ),
        wants_context=wants_context,
        is_async=is_async,
        blocking=blocking,
        by_sentence=by_sentence,
        prompt=prompt,
        pure=not wants_context if pure is None else pure,
        metadata=metadata,
        requires=requires or {},
        seconds=seconds,
        translations=translations,
        narrowing=dict(narrowing or {}),
        is_class=is_class,
    )


def _places(prompt: str | None) -> list[str]:
    """Return the parameters with placeholders in a prompt."""
    from string import Formatter

    if prompt is None or "{" not in prompt:
        return []
    try:
        return [re.split(r"[.\[]", name)[0] for _, name, _, _ in Formatter().parse(prompt) if name is not None]
    except ValueError:
        return []  # braces that are no places: it stands as it is


def _hints(call: Any, wrong: Callable[[str], SpecError]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(call)
    except (NameError, TypeError, AttributeError) as error:
        raise wrong(f"its annotations cannot be read ({error})") from error


def _shown(check: Any, signature: inspect.Signature) -> str:
    return f"{getattr(check, '__name__', check)}{signature}"
