"""A validator, and a rule: a validator with its parameters and what happens when it fails."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeAlias

from railguard.errors import SpecError, ValidatorError
from railguard.validation.annotations import ALL_TYPES, fits, type_name
from railguard.validation.keywords import keywords
from railguard.validation.manual import Manual, calls_in, manual
from railguard.validation.translation import Translation
from railguard.validation.vocabulary import JSON_TYPES, JsonType
from railguard.values import DEFAULT_ON_FAIL, CustomAction, FailResult, Message, OnFail, PassResult, Path

__all__ = [
    "SECONDS",
    "Check",
    "Context",
    "JsonType",
    "Parameter",
    "Rule",
    "Validator",
    "interpret",
    "json_type",
    "on_fail_of",
]

Check: TypeAlias = Callable[..., Any]
"""The function behind a validator: `(value, *, parameters…, ctx=None) -> None | bool | str | PassResult | FailResult`."""

SECONDS = 10.0
"""How long an async or blocking validator may take for one value, unless it or the guard says otherwise."""

_TYPE_OF: dict[type, JsonType] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    list: "array",
    dict: "object",
}


def json_type(value: Any) -> JsonType:
    """The JSON type of a plain value; a whole float is a number."""
    return _TYPE_OF.get(type(value), "null")


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
        return list(self.rules_in([f">>> {self.name.replace('-', '_')}()", *self.manual.examples]))

    def rules_in(self, examples: Iterable[str]) -> Iterator[Rule]:
        """The rules that examples make by calling the validator, under its name with underscores, with literals."""
        for args, kwargs in calls_in(self.name.replace("-", "_"), examples):
            try:
                rule = self(*args, **kwargs)
            except Exception:  # an example of what its __init__ refuses, with whatever that raises
                continue
            yield rule

    @property
    def keywords(self) -> tuple[str, ...]:
        """The keywords of JSON Schema that its examples say exactly what they check with; most validators have none."""
        said = [rule.constraint(kind) or {} for rule in self.examples() for kind in JSON_TYPES if kind in self.types]
        return tuple(dict.fromkeys(keyword for keywords in said for keyword in keywords))

    @property
    def signature(self) -> str:
        """How it is called, for messages: `length(min: int = 0, max: int | None = None)`."""
        return f"{self.name}({', '.join(map(str, self.parameters))})"

    def __call__(self, *args: Any, on_fail: OnFail | str | CustomAction = DEFAULT_ON_FAIL, **kwargs: Any) -> Rule:
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


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """(validator, arguments, on_fail), ready to run.

    name: the validator's name as registered. arguments: those given, by parameter name. on_fail: what a failure does;
    OnFail.CUSTOM with the callable in `action`. run: called with the value, and with `ctx=` if `wants_context`.
    validator: None for a rule that cannot run: nobody registered its name, or it has another reason, which `lacks` says
    and `code` names; `source` says how it was written.
    """

    name: str
    arguments: Mapping[str, Any]
    on_fail: OnFail
    validator: Validator | None
    run: Callable[..., Any] = field(repr=False)
    action: CustomAction | None = None
    source: str | None = None
    lacks: str | None = None
    code: str = "unknown-validator"

    @classmethod
    def of(cls, validator: Validator, arguments: Mapping[str, Any], on_fail: OnFail | str | CustomAction) -> Rule:
        """The rule of a validator with its arguments bound, and of an on_fail action, by name or as a callable. Raises
        SpecError for an unknown on-fail name, for what a class's __init__ raises,
        and for a package that is not installed."""
        name, action = on_fail_of(on_fail, validator.name)
        if validator.missing():
            raise SpecError.of(
                f"validator {validator.name!r} needs a package that is not installed",
                code="validator-package",
                hint=validator.installing,
            )
        check = validator.check
        if validator.is_class:
            try:
                run: Callable[..., Any] = check(
                    **arguments
                ).__call__  # bound once: calling it is then as quick as a function
            except (TypeError, ValueError) as error:
                raise SpecError.of(
                    f"validator {validator.name!r} refuses its arguments: {error}",
                    code="validator-arguments",
                    hint=f"it is declared as {validator.signature}",
                ) from error
        else:
            run = partial(check, **arguments) if arguments else check
        rule = cls(validator.name, dict(arguments), name, validator, run, action)
        for kind in validator.types if rule._constraint is not None else ():
            rule.constraint(kind)  # what is wrong with it is told here, where the rule stands
        return rule

    @classmethod
    def unknown(
        cls,
        name: str,
        source: str,
        on_fail: OnFail | str = DEFAULT_ON_FAIL,
        *,
        lacks: str | None = None,
        code: str = "unknown-validator",
    ) -> Rule:
        """A rule that cannot run, because nobody registered its validator, or for another reason. It is kept, so that it
        can be shown and written back.

        Args:
            name: the validator's.
            source: the rule as it was written.
            on_fail: what its failure would do.
            lacks: why it cannot run, if not because its name is unknown.
            code: the code of that reason.

        Raises:
            SpecError: for an on_fail that does not exist.
        """

        def run(value: Any, ctx: Any = None) -> Any:
            reason = lacks or f"no validator named {name!r} is registered"
            raise ValidatorError(f"{reason}, so it cannot run", validator=name)

        return cls(name, {}, on_fail_of(on_fail, name)[0], None, run, None, source, lacks, code)

    @property
    def wants_context(self) -> bool:
        """Whether `run` takes `ctx=`."""
        return self.validator is not None and self.validator.wants_context

    @property
    def inline(self) -> bool:
        """Sync and quick: it is called on the spot."""
        return self.validator is None or not (self.validator.is_async or self.validator.blocking)

    @property
    def forbids(self) -> bool:
        """Whether a value that fails is no answer: not where its on-fail keeps it, mends it, or leaves it out."""
        return self.on_fail.policy.forbids

    @property
    def metadata(self) -> tuple[str, ...]:
        """The keys it needs among the caller's metadata or the prompt variables."""
        own = getattr(getattr(self.run, "__self__", None), "metadata", None)
        if isinstance(own, tuple):
            return own
        return self.validator.metadata if self.validator is not None else ()

    def constraint(self, json_type: str) -> Mapping[str, Any] | None:
        """JSON Schema keywords that a value of this type keeps exactly when the rule passes; None if there are none.

        A validator class says so by a method `constraint(self, json_type)`. Raises SpecError for one that raises, and
        for what is no keyword of JSON Schema.
        """
        if (declared := self._constraint) is None:
            return None
        try:
            answer = declared(json_type)
        except Exception as error:
            raise SpecError.of(
                f"the constraint of validator {self.name!r} raised {type(error).__name__}: {error}",
                code="validator-constraint",
                hint="it is called with the name of a JSON type and returns keywords of JSON Schema, or None",
            ) from error
        return keywords(self.name, answer)

    @property
    def _constraint(self) -> Callable[[str], Any] | None:
        if self.validator is None or not self.validator.is_class:
            return None
        declared: Callable[[str], Any] | None = getattr(getattr(self.run, "__self__", None), "constraint", None)
        return declared

    def serves(self, value: Any) -> bool:
        """Whether the validator takes values of this one's JSON type: below `any` and unions there may be others."""
        return self.validator is None or json_type(value) in self.validator.types

    def describe(self) -> str:
        """How the rule reads to a model: the validator's own words, else "name: arguments".

        A validator class may give its instances a text `prompt`, made of their arguments.
        """
        validator = self.validator
        own = getattr(getattr(self.run, "__self__", None), "prompt", None)
        if isinstance(own, str):
            return own
        if validator is not None and validator.prompt is not None:
            defaults = {p.name: p.default for p in validator.parameters}
            try:
                return validator.prompt.format_map({**defaults, **self.arguments})
            except (KeyError, IndexError, ValueError):
                return validator.prompt
        if not self.arguments:
            return self.source or self.name
        return f"{self.name}: " + ", ".join(f"{key}={value!r}" for key, value in self.arguments.items())

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> Any:
        """Pydantic's hook for `Annotated[str, rule]`: the rule travels in the type's metadata and changes nothing else.

        The schema and its metadata are copied, because pydantic hands out one object for all uses of a model.
        """
        schema = dict(handler(source))
        if "ref" in schema:  # a definition is shared by name: only a schema around it belongs to this use alone
            schema = {"type": "chain", "steps": [schema]}
        metadata = dict(schema.get("metadata", {}))
        metadata["x-railguard-rules"] = (*metadata.get("x-railguard-rules", ()), self)
        schema["metadata"] = metadata
        return schema

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Rule):
            return NotImplemented
        return (self.name, self.arguments, self.on_fail, self.action, self.source) == (
            other.name,
            other.arguments,
            other.on_fail,
            other.action,
            other.source,
        )

    def __hash__(self) -> int:
        return hash((self.name, self.on_fail))


def on_fail_of(on_fail: OnFail | str | CustomAction, validator: str) -> tuple[OnFail, CustomAction | None]:
    """An on-fail name or callable, checked. Raises SpecError, code "on-fail", with a suggestion."""
    if callable(on_fail) and not isinstance(on_fail, str):
        return OnFail.CUSTOM, on_fail
    names = OnFail.names()
    text = str(on_fail).strip().lower().replace("-", "_")
    if text in names:
        return OnFail(text), None
    from difflib import get_close_matches

    close = get_close_matches(text, names, n=1)
    raise SpecError.of(
        f"{on_fail!r} is no on-fail action (of {validator!r})" + (f"; did you mean {close[0]!r}?" if close else ""),
        code="on-fail",
        hint="the actions are " + ", ".join(names) + "; in Python also a callable (value, result) -> value",
    )


def interpret(answer: Any, rule: Rule, path: Path) -> FailResult | None:
    """A validator's answer as a FailResult, or None for passed. Raises ValidatorError for anything it may not answer."""
    if answer is None or answer is True or isinstance(answer, PassResult):
        return None
    if isinstance(answer, FailResult):
        wrong = _nonsense(answer)
        if wrong is None:
            return answer if answer.message.strip() else replace(answer, message=_unsaid(rule))
        what = f"a FailResult whose {wrong}"
    elif answer is False:
        return FailResult(_unsaid(rule))
    elif isinstance(answer, str):
        return FailResult(answer if answer.strip() else _unsaid(rule))
    elif inspect.iscoroutine(answer):
        answer.close()
        what = "an awaitable; declare the validator with async def; it may return" + _MAY
    else:
        what = f"{type(answer).__name__} {answer!r:.80}; it may return" + _MAY
    raise ValidatorError(f"validator {rule.name!r} at {path} returned {what}", validator=rule.name, path=path)


_MAY = " None, True, False, a message, PassResult or FailResult"


def _unsaid(rule: Rule) -> str:
    return f"The value does not satisfy {rule.describe()}."


def _nonsense(result: FailResult) -> str | None:
    """What in a FailResult is of no type that it may have."""
    if not isinstance(result.message, str):
        return f"message is {result.message!r:.80}; it is a text"
    for span in result.spans:
        if not (isinstance(span, (tuple, list)) and len(span) == 2 and all(type(at) is int for at in span)):
            return f"spans have {span!r:.80}; a span is a (start, end) of offsets"
        if not 0 <= span[0] <= span[1]:
            return f"spans have {span!r:.80}, which ends before it starts"
    for one in result.blame:
        if not (isinstance(one, tuple) and all(isinstance(part, (str, int)) for part in one)):
            return f"blame has {one!r:.80}; it has relative paths, each a tuple such as ('fees', 0)"
    return None
