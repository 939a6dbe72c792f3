"""Validators and rules. A rule is a validator with its parameters and its on-fail action."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import Any, TypeAlias

from railguard.errors import SpecError, ValidatorError
from railguard.validation.annotations import ALL_TYPES, fits, type_name
from railguard.validation.keywords import keywords
from railguard.validation.manual import Manual, example_calls, manual
from railguard.validation.translation import Translation
from railguard.validation.vocabulary import JSON_TYPES, JsonType
from railguard.values import DEFAULT_ON_FAIL, CustomAction, FailResult, Message, OnFail, PassResult, Path, identical

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
"""The function behind a validator: `(value, *, parameters…, ctx=None) -> None | bool | str | PassResult | FailResult`.
"""

SECONDS = 10.0
"""Default time limit in seconds of an async or blocking validator for one value."""

_TYPE_OF: dict[type, JsonType] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    list: "array",
    dict: "object",
}


def json_type(value: Any) -> JsonType:
    """The JSON type of a plain value; a whole float is a number. A value of a subclass has the type of its base: text
    from a library, or a fix, may be one.
    """
    found = _TYPE_OF.get(type(value))
    if found is None and value is not None:
        found = next((kind for base, kind in _TYPE_OF.items() if isinstance(value, base)), None)
    return found or "null"


@dataclass(frozen=True, slots=True)
class Context:
    """The information for a validator besides the value, if it has a parameter named `ctx`.

    Attributes:
        path: The path of the value.
        root: The whole output as plain data; do not change it.
        metadata: The caller's `metadata=`, and the prompt variables by name if it has no such key.
        messages: The conversation so far, empty for `guard.parse`.
    """

    path: Path
    root: Any
    metadata: Mapping[str, Any]
    messages: Sequence[Message] = ()


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a validator.

    Attributes:
        name: Its name.
        annotation: Its type.
        default: The default; inspect.Parameter.empty if the parameter is required.
        doc: Its description from the validator's docstring: the lines that begin with its name and a colon.
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
        """Its type as written; "Any" without an annotation."""
        return "Any" if self.annotation is inspect.Parameter.empty else type_name(self.annotation)

    def __str__(self) -> str:
        kind = "" if self.type == "Any" else f": {self.type}"
        return f"{self.name}{kind}" if self.required else f"{self.name}{kind} = {self.default!r}"


@dataclass(frozen=True, eq=False)
class Validator:
    """A registered validator. Calling it with its parameters makes a Rule: `length(max=10, on_fail="fix")`.

    Attributes:
        name: The name in RAIL, lower case with hyphens.
        check: The function or class that was declared.
        aliases: Its other names.
        types: The JSON types that it supports, from the annotation of `value`.
        parameters: Its parameters, in order.
        wants_context: Whether it has a parameter `ctx`.
        is_async: Whether it is a coroutine function.
        blocking: Whether it is sync and slow, so that it runs in a thread with a time limit.
        by_sentence: Whether a text passes exactly if each of its sentences does.
        prompt: The text of a rule in a prompt, with `{parameter}` placeholders; None for "name: arguments".
        pure: Whether the same value always gets the same answer, so that a slow validator runs once per call and value.
        metadata: Keys that must be among the caller's metadata or the prompt variables.
        requires: Packages that must be installed: the module's name → what to install, as pip takes it.
        seconds: The time limit of one run, if it is async or blocking and `Limits.validator_seconds` is not set.
        translations: How to convert arguments that documents of other libraries give under its other names.
        narrowing: Keywords of JSON Schema for decoding a text under a grammar; they may be narrower than the check.
        subject: Its purpose in one or two words; "" if it is not declared.
        is_class: Whether `check` is a class.
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
    narrowing: Mapping[str, Any] = field(default_factory=dict)
    subject: str = ""
    is_class: bool = field(default=False, repr=False)

    @property
    def description(self) -> str:
        """The validator's documentation, without indentation."""
        return inspect.getdoc(self.check) or ""

    @property
    def manual(self) -> Manual:
        """The parsed documentation: description, parameters, examples."""
        return manual(self.description, [parameter.name for parameter in self.parameters])

    def examples(self) -> list[Rule]:
        """Return example rules of the validator.

        Returns:
            The rule without arguments, if it needs none, and those in its documentation.
        """
        return list(self.rules_in([f">>> {self.name.replace('-', '_')}()", *self.manual.examples]))

    def rules_in(self, examples: Iterable[str]) -> Iterator[Rule]:
        """Yield the rules that examples create by calling the validator, under its name with underscores, with
        literals.

        Args:
            examples: Lines of Python.

        Yields:
            Each rule.
        """
        for args, kwargs in example_calls(self.name.replace("-", "_"), examples):
            try:
                rule = self(*args, **kwargs)
            except Exception:  # an example of what its __init__ refuses, with whatever that raises
                continue
            yield rule

    @property
    def keywords(self) -> tuple[str, ...]:
        """The keywords of JSON Schema that are equivalent to its examples; most validators have none."""
        said = [rule.constraint(kind) or {} for rule in self.examples() for kind in JSON_TYPES if kind in self.types]
        return tuple(dict.fromkeys(keyword for keywords in said for keyword in keywords))

    @property
    def signature(self) -> str:
        """Its signature for messages: `length(min: int = 0, max: int | None = None)`."""
        return f"{self.name}({', '.join(map(str, self.parameters))})"

    def __call__(self, *args: Any, on_fail: OnFail | str | CustomAction = DEFAULT_ON_FAIL, **kwargs: Any) -> Rule:
        """Create a rule with these parameters.

        Args:
            args: Parameters by position.
            on_fail: The action for a failing value: an OnFail, its name, or a callable (value, FailResult) → value.
            kwargs: Parameters by name.

        Returns:
            The rule.

        Raises:
            SpecError: If the validator does not accept the arguments, or a package is not installed.
        """
        bound = self.bind(args, kwargs)
        return Rule.of(self, bound, on_fail)

    def bind(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Return arguments by name, checked against the annotations.

        Args:
            args: Those given by position.
            kwargs: Those given by name.

        Returns:
            All of them by name.

        Raises:
            SpecError: If the validator does not accept them; code "validator-arguments".
        """
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
        """Return the packages that must be installed before it can run.

        Returns:
            The arguments for pip, each once; empty if nothing is missing.
        """
        from importlib.util import find_spec

        return list(dict.fromkeys(install for module, install in self.requires.items() if find_spec(module) is None))

    @property
    def installing(self) -> str:
        """Return how to install the missing packages."""
        return "install it: pip install " + " ".join(f"'{install}'" for install in self.missing())

    def __reduce_ex__(self, protocol: Any) -> Any:
        """It is pickled by where it is declared: the name of its function is its own there, so that no pickle finds the
        function. What is declared in a program itself, or inside of a function, is pickled by value, if the pickler
        can.
        """
        place = self.check.__module__, self.check.__qualname__
        if place[0] != "__main__" and _imported(*place) is self:
            return _imported, place
        return super().__reduce_ex__(protocol)

    def _wrong(self, what: str) -> SpecError:
        return SpecError.of(
            f"validator {self.name!r} {what}", code="validator-arguments", hint=f"it is declared as {self.signature}"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A validator with its arguments and on-fail action, ready to run.

    Attributes:
        name: The validator's name as registered.
        arguments: The given arguments by parameter name.
        on_fail: The on-fail action; OnFail.CUSTOM with the callable in `action`.
        validator: The validator; None for a rule that cannot run, because its name is not registered or for another
            reason.
        run: The function of the value, and of `ctx=` if `wants_context`.
        action: The callable of a custom on-fail action.
        source: The source text of a rule that cannot run.
        lacks: Why it cannot run, if not because its name is unknown.
        code: The code of that reason.
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
        """Create the rule of a validator with its arguments bound.

        Args:
            validator: The validator.
            arguments: By parameter name.
            on_fail: The action, by name or as a callable.

        Returns:
            The rule.

        Raises:
            SpecError: If the on-fail name is unknown, a class's __init__ raises, or a package is not installed.
        """
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
        """Create a rule that cannot run, because its validator is not registered or for another reason. It is kept, so
        that it can be shown and written back.

        Args:
            name: The validator's.
            source: The rule as it was written.
            on_fail: Its on-fail action.
            lacks: Why it cannot run, if not because its name is unknown.
            code: The code of that reason.

        Returns:
            The rule; running it is a ValidatorError.

        Raises:
            SpecError: For an on_fail that does not exist.
        """

        def run(value: Any, ctx: Any = None) -> Any:
            reason = lacks or f"no validator named {name!r} is registered"
            raise ValidatorError(f"{reason}, so it cannot run", validator=name)

        return cls(name, {}, on_fail_of(on_fail, name)[0], None, run, None, source, lacks, code)

    def __reduce__(self) -> tuple[Callable[..., Rule], tuple[Any, ...]]:
        # What `of` made of the validator is made of it again: an instance of its class, or a function under its name, is
        # found by no pickle.
        run = None if self.validator is None or _is_made_of(self.validator, self.run) else self.run
        return _rule_again, (*(getattr(self, one.name) for one in fields(self) if one.name != "run"), run)

    @property
    def wants_context(self) -> bool:
        """Whether `run` takes `ctx=`."""
        return self.validator is not None and self.validator.wants_context

    @property
    def inline(self) -> bool:
        """Whether it is sync and fast, so that it runs in the current thread."""
        return self.validator is None or not (self.validator.is_async or self.validator.blocking)

    @property
    def forbids(self) -> bool:
        """Whether a failing value can never be in the output: not if its on-fail action keeps, fixes or removes it."""
        return self.on_fail.policy.forbids

    @property
    def metadata(self) -> tuple[str, ...]:
        """The required keys among the caller's metadata or the prompt variables."""
        own = getattr(getattr(self.run, "__self__", None), "metadata", None)
        if isinstance(own, tuple):
            return own
        return self.validator.metadata if self.validator is not None else ()

    def constraint(self, json_type: str) -> Mapping[str, Any] | None:
        """Return the JSON Schema keywords that are equivalent to the rule. A validator class defines them by a method
        `constraint(self, json_type)`.

        Args:
            json_type: The type of the value.

        Returns:
            The keywords; None if there are none.

        Raises:
            SpecError: If the method raises, or returns anything that is not a keyword of JSON Schema.
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
    def narrowing(self) -> Mapping[str, Any]:
        """Keywords of JSON Schema for decoding a text under a grammar; they may be narrower than the check, and are
        often empty.
        """
        return self.validator.narrowing if self.validator is not None else {}

    @property
    def _constraint(self) -> Callable[[str], Any] | None:
        if self.validator is None or not self.validator.is_class:
            return None
        declared: Callable[[str], Any] | None = getattr(getattr(self.run, "__self__", None), "constraint", None)
        return declared

    def serves(self, value: Any) -> bool:
        """Whether the validator supports the JSON type of a value: below `any` and unions there may be others.

        Args:
            value: Plain data.

        Returns:
            True if it does.
        """
        return self.validator is None or json_type(value) in self.validator.types

    def describe(self) -> str:
        """Return the rule in words for a model. A validator class may give its instances a text `prompt`, made of their
        arguments.

        Returns:
            The validator's own words, by default "name: arguments".
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
        """Pydantic's hook for `Annotated[str, rule]`: the rule is stored in the type's metadata, and nothing else
        changes.

        The schema and its metadata are copied, because pydantic returns one object for all uses of a model.
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
        # `Annotated[int, rule]` is cached by Python: the rules of two validators with one name are not the same, nor
        # are those with the arguments 1 and True.
        return (
            (self.name, self.on_fail, self.action, self.source)
            == (other.name, other.on_fail, other.action, other.source)
            and getattr(self.validator, "check", None) is getattr(other.validator, "check", None)
            and identical(dict(self.arguments), dict(other.arguments))
        )

    def __hash__(self) -> int:
        return hash((self.name, self.on_fail))


def on_fail_of(on_fail: OnFail | str | CustomAction, validator: str) -> tuple[OnFail, CustomAction | None]:
    """Return a checked on-fail action. Raises SpecError, code "on-fail", with a suggestion."""
    if callable(on_fail) and not isinstance(on_fail, str):
        return OnFail.CUSTOM, on_fail
    text = str(on_fail).strip().lower().replace("-", "_")
    try:
        action = OnFail(text)
    except ValueError:
        pass
    else:
        if action.policy.named:
            return action, None
    names = OnFail.names()
    from difflib import get_close_matches

    close = get_close_matches(text, names, n=1)
    raise SpecError.of(
        f"{on_fail!r} is not an on-fail action (of {validator!r})" + (f"; did you mean {close[0]!r}?" if close else ""),
        code="on-fail",
        hint="the actions are " + ", ".join(names) + "; in Python also a callable (value, result) -> value",
    )


def interpret(answer: Any, rule: Rule, path: Path) -> FailResult | None:
    """Return a validator's result as a FailResult, or None for passed. Raises ValidatorError for an invalid result."""
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
    """Return the part of a FailResult that has a wrong type, or None."""
    if not isinstance(result.message, str):
        return f"message is {result.message!r:.80}; it is a text"
    for span in result.spans:
        if not (isinstance(span, (tuple, list)) and len(span) == 2 and all(type(at) is int for at in span)):
            return f"spans have {span!r:.80}; a span is a (start, end) of offsets"
        if not 0 <= span[0] <= span[1]:
            return f"spans have {span!r:.80}, which ends before it starts"
    for one in result.blame:
        if not (isinstance(one, tuple) and all(isinstance(part, str) or _is_index(part) for part in one)):
            return f"blame has {one!r:.80}; it has relative paths, each a tuple such as ('fees', 0)"
    return None


def _is_index(part: Any) -> bool:
    return type(part) is int and part >= 0


def _imported(module: str, name: str) -> Any:
    """Return an attribute of a module, or None."""
    from importlib import import_module

    found: Any = import_module(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def _is_made_of(validator: Validator, run: Any) -> bool:
    """Whether `Rule.of` created the function that a rule runs."""
    if validator.is_class:
        return type(getattr(run, "__self__", None)) is validator.check
    return getattr(run, "func", run) is validator.check


def _rule_again(
    name: str,
    arguments: Mapping[str, Any],
    on_fail: OnFail,
    validator: Validator | None,
    action: CustomAction | None,
    source: str | None,
    lacks: str | None,
    code: str,
    run: Callable[..., Any] | None,
) -> Rule:
    """Restore a pickled rule."""
    if validator is None:
        return Rule.unknown(name, source or "", on_fail, lacks=lacks, code=code)
    if run is None:
        run = Rule.of(validator, arguments, on_fail if action is None else action).run
    return Rule(name, arguments, on_fail, validator, run, action, source, lacks, code)
