"""What a validator is, and `@validator`, which checks it when it is declared.

A validator is a function of a value and keyword parameters, or a class whose instances are called with the value.
It answers None or True (passed), False or a text (failed), PassResult or FailResult. Whatever else it does, it
never counts as passed.
"""

from __future__ import annotations

import inspect
import re
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args, get_origin

from railguard.errors import SpecError
from railguard.validation.manual import Manual, manual, rules_in
from railguard.validation.rule import JsonType, Rule
from railguard.validation.translation import Translation
from railguard.values import CustomAction, Message, OnFail, Path

__all__ = ["Check", "Context", "Parameter", "Validator", "validator"]

Check: TypeAlias = Callable[..., Any]
"""The function behind a validator: `(value, *, parameters…, ctx=None) -> None | bool | str | PassResult | FailResult`."""

SECONDS = 10.0
"""How long an async or blocking validator may take for one value, unless it or the guard says otherwise."""

_TYPES: tuple[JsonType, ...] = get_args(JsonType)
ALL_TYPES: frozenset[JsonType] = frozenset(_TYPES)

_SERVES: dict[Any, frozenset[JsonType]] = {
    str: frozenset({"string"}),
    int: frozenset({"integer"}),
    float: frozenset({"integer", "number"}),
    bool: frozenset({"boolean"}),
    list: frozenset({"array"}),
    dict: frozenset({"object"}),
    type(None): frozenset({"null"}),
    Any: ALL_TYPES,
    object: ALL_TYPES,
}


@dataclass(frozen=True, slots=True)
class Context:
    """What a validator may know beside the value, if it has a parameter named `ctx`.

    path: where the value stands. root: the whole output as plain data; do not change it. metadata: what the caller
    gave as `metadata=`, and the prompt variables under their names where it has no such key. messages: the
    conversation so far, empty for `guard.parse`.
    """

    path: Path
    root: Any
    metadata: Mapping[str, Any]
    messages: Sequence[Message] = ()


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a validator.

    annotation: its type. default: inspect.Parameter.empty for one that must be given. doc: what it means, from the
    validator's docstring: the lines there that begin with its name and a colon.
    """

    name: str
    annotation: Any
    default: Any
    doc: str = ""

    @property
    def required(self) -> bool:
        """Whether a rule must give it."""
        return self.default is inspect.Parameter.empty

    @property
    def type(self) -> str:
        """Its type as it is written, "Any" where none is."""
        return "Any" if self.annotation is inspect.Parameter.empty else type_name(self.annotation)

    def __str__(self) -> str:
        kind = "" if self.type == "Any" else f": {self.type}"
        return f"{self.name}{kind}" if self.required else f"{self.name}{kind} = {self.default!r}"


@dataclass(frozen=True, eq=False)
class Validator:
    """A registered validator. Calling it with its parameters makes a Rule: `length(max=10, on_fail="fix")`.

    name: as RAIL writes it, lower case with hyphens. aliases: other names it answers to. check: the function or class
    that was declared; is_class: which of the two. types: the JSON types it serves, from the annotation of `value`.
    parameters: in order. wants_context: it has a parameter `ctx`.
    is_async: it is a coroutine function. blocking: it is sync and slow, so it runs in a thread with a time limit.
    by_sentence: a text passes exactly if each of its sentences does.
    prompt: how the rule reads in a prompt, with `{parameter}` places; None: "name: arguments".
    pure: the same value always gets the same answer, so that one that is slow is asked once a call.
    metadata: keys that must be among the caller's metadata or the prompt variables.
    requires: packages that must be installed: the module's name → what to install, as pip takes it.
    seconds: how long one run may take, if it is async or blocking and `Limits.validator_seconds` does not say.
    translations: how arguments are read that documents of other guards give under its other names.
    """

    name: str
    check: Check
    aliases: tuple[str, ...] = ()
    types: frozenset[JsonType] = ALL_TYPES
    parameters: tuple[Parameter, ...] = ()
    wants_context: bool = False
    is_async: bool = False
    blocking: bool = False
    by_sentence: bool = False
    prompt: str | None = None
    pure: bool = True
    metadata: tuple[str, ...] = ()
    requires: Mapping[str, str] = field(default_factory=dict)
    seconds: float = SECONDS
    translations: tuple[Translation, ...] = ()
    is_class: bool = field(default=False, repr=False)

    @property
    def description(self) -> str:
        """The validator's documentation, without indentation."""
        return inspect.getdoc(self.check) or ""

    @property
    def manual(self) -> Manual:
        """The documentation in its parts: words, parameters, examples."""
        return manual(self.description, [parameter.name for parameter in self.parameters])

    def examples(self) -> list[Rule]:
        """Rules of it to look at: the one without arguments, if it needs none, and those its documentation shows."""
        return list(rules_in(self, [f">>> {self.name.replace('-', '_')}()", *self.manual.examples]))

    @property
    def keywords(self) -> tuple[str, ...]:
        """The keywords of JSON Schema that its examples say exactly what they check with; most validators have none."""
        said = [rule.constraint(kind) or {} for rule in self.examples() for kind in _TYPES if kind in self.types]
        return tuple(dict.fromkeys(keyword for keywords in said for keyword in keywords))

    @property
    def signature(self) -> str:
        """How it is called, for messages: `length(min: int = 0, max: int | None = None)`."""
        return f"{self.name}({', '.join(map(str, self.parameters))})"

    def __call__(self, *args: Any, on_fail: OnFail | str | CustomAction = OnFail.REASK, **kwargs: Any) -> Rule:
        """A rule with these parameters, positional or by name. on_fail: what happens to a value that fails. Raises
        SpecError if they are not what the validator takes, and for a package that is not installed."""
        bound = self.bind(args, kwargs)
        return Rule.of(self, bound, on_fail)

    def bind(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments by name, checked against the annotations. Raises SpecError, code "validator-arguments"."""
        if len(args) > len(self.parameters):
            raise self._wrong(f"takes at most {len(self.parameters)} arguments, not {len(args)}")
        bound: dict[str, Any] = {p.name: value for p, value in zip(self.parameters, args, strict=False)}
        by_name = {p.name: p for p in self.parameters}
        for name, value in kwargs.items():
            if name not in by_name:
                from difflib import get_close_matches

                close = get_close_matches(name, by_name, n=1)
                raise self._wrong(f"has no parameter {name!r}" + (f"; did you mean {close[0]!r}?" if close else ""))
            if name in bound:
                raise self._wrong(f"got two values for {name!r}")
            bound[name] = value
        missing = [p.name for p in self.parameters if p.required and p.name not in bound]
        if missing:
            raise self._wrong(f"needs {', '.join(map(repr, missing))}")
        for name, value in bound.items():
            if not fits(value, by_name[name].annotation):
                raise self._wrong(f"takes {type_name(by_name[name].annotation)} as {name!r}, not {value!r}")
        return bound

    def missing(self) -> list[str]:
        """What is to be installed before it can run, as pip takes it."""
        from importlib.util import find_spec

        return list(dict.fromkeys(install for module, install in self.requires.items() if find_spec(module) is None))

    @property
    def installing(self) -> str:
        """How to install what is missing."""
        return "install it: pip install " + " ".join(f"'{install}'" for install in self.missing())

    def _wrong(self, what: str) -> SpecError:
        return SpecError.of(
            f"validator {self.name!r} {what}", code="validator-arguments", hint=f"it is declared as {self.signature}"
        )


def validator(
    name: str,
    *,
    aliases: Sequence[str] = (),
    blocking: bool = False,
    by_sentence: bool = False,
    prompt: str | None = None,
    pure: bool | None = None,
    metadata: Sequence[str] = (),
    requires: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
    translations: Sequence[Translation] = (),
    replace: bool = False,
) -> Callable[[Check], Validator]:
    """Declare and register a validator, on a function or a class.

    name: as RAIL names it (`two-words`). aliases: further names. blocking: it is sync but slow (a network call, a
    model), so it runs in a thread with a time limit. by_sentence: a text passes exactly if each of its sentences does,
    so that a streaming text can be checked while it comes in. prompt: how a rule of it reads to a model, for example
    "between {min} and {max} long". pure: the same value always gets the same answer; by default, if it has no
    parameter `ctx`. A pure validator that is async or blocking is not run twice on a value in one call. metadata: keys
    of the caller's metadata, or prompt variables, that it cannot do without; an instance of a class may name others in
    an attribute `metadata`. requires: modules it imports that do not come with railguard, each with what to install
    for it (`{"sqlglot": "railguard[sql]"}`); a rule without them is refused. seconds: how long one run may take, if it is
    async or blocking; `Limits.validator_seconds` goes before it. translations: how arguments are read that documents of
    other guards give under another name. replace: take the place of one that is
    registered under the same name.

    Raises SpecError, code "validator-declaration", with the offending signature and the right one.

    >>> @validator("starts-with-a", replace=True)
    ... def starts_with_a(value: str) -> bool | str:
    ...     return value.startswith("a") or "Start it with the letter a."
    >>> starts_with_a(on_fail="noop").on_fail
    <OnFail.NOOP: 'noop'>
    """
    from railguard import registry

    if not isinstance(name, str) or registry.canonical(name) != name or not _NAME.fullmatch(name):
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
            aliases=tuple(registry.canonical(a) for a in aliases),
            blocking=blocking,
            by_sentence=by_sentence,
            prompt=prompt,
            pure=pure,
            metadata=tuple(metadata),
            requires=dict(requires or {}),
            seconds=seconds,
            translations=tuple(translations),
        )
        registry.register(declared, replace=replace)
        return declared

    return declare


_NAME = re.compile(r"[^\s:;/{}'\"]+")
_MODULES = re.compile(r"\b(?:[a-z_]\w*\.)+(?=\w)")  # typing.Any, railguard.llm.request.Provider


def declaration(
    name: str,
    check: Check,
    *,
    aliases: tuple[str, ...] = (),
    blocking: bool = False,
    by_sentence: bool = False,
    prompt: str | None = None,
    pure: bool | None = None,
    metadata: tuple[str, ...] = (),
    requires: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
    translations: tuple[Translation, ...] = (),
) -> Validator:
    """The Validator of a function or class, checked; not registered."""
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
    docs = manual(inspect.getdoc(check) or "", [p.name for p in configured]).parameters
    return Validator(
        name=name,
        check=check,
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
        is_class=is_class,
    )


def _places(prompt: str | None) -> list[str]:
    """The parameters that a prompt has places for."""
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


def serves(annotation: Any) -> frozenset[JsonType] | None:
    """The JSON types an annotated value covers; None if it covers none."""
    if annotation is inspect.Parameter.empty:
        return ALL_TYPES
    origin = get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        parts = [serves(part) for part in get_args(annotation)]
        return None if any(part is None for part in parts) else frozenset().union(*(p for p in parts if p))
    if origin is typing.Annotated:
        return serves(get_args(annotation)[0])
    key = origin if origin in (list, dict) else annotation
    return _SERVES.get(key) if isinstance(key, typing.Hashable) else None


def fits(value: Any, annotation: Any) -> bool:
    """Whether an argument is of the annotated type. int serves float, bool serves neither; unknown annotations pass."""
    if annotation in (Any, object, inspect.Parameter.empty):
        return True
    origin = get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        return any(fits(value, part) for part in get_args(annotation))
    if origin is Literal:
        return any(type(value) is type(option) and value == option for option in get_args(annotation))
    if origin is typing.Annotated:
        return fits(value, get_args(annotation)[0])
    if annotation is None or annotation is type(None):
        return value is None
    if annotation is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if annotation is int:
        return isinstance(value, int) and not isinstance(value, bool)
    base: Any = origin or annotation
    if base is not None and inspect.isclass(base):
        try:
            if not isinstance(value, base):
                return False
        except TypeError:
            return True
        arguments: Any = get_args(annotation)
        items: Any = value
        if base is dict and len(arguments) == 2:
            return all(fits(k, arguments[0]) and fits(v, arguments[1]) for k, v in items.items())
        if base is tuple and arguments and arguments[-1] is not Ellipsis:
            return len(items) == len(arguments) and all(map(fits, items, arguments))
        if base is tuple and arguments:
            return all(fits(item, arguments[0]) for item in items)
        if base in (list, set, frozenset) or (base is not str and issubclass(base, Sequence) and len(arguments) == 1):
            return all(fits(item, arguments[0]) for item in items) if arguments else True
    return True


def type_name(annotation: Any) -> str:
    """An annotation as a person writes it."""
    if annotation is type(None):
        return "None"
    if inspect.isclass(annotation) and get_origin(annotation) is None:
        return annotation.__name__
    return _MODULES.sub("", str(annotation))
