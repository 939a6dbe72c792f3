"""Hints for errors of programs that were written for guardrails-ai: what to write instead. The full table is in
docs/from-guardrails.md; `railguard.compat.guardrails` runs such programs unchanged.

A keyword of another library is refused by name. If it were passed to the model or dropped, the guard would check less
than the caller expects.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

__all__ = ["SEE", "hint", "hinting"]

P = ParamSpec("P")
R = TypeVar("R")

_IS_COROUTINE = 0x80  # inspect.CO_COROUTINE, without importing inspect
SEE = "; railguard.compat.guardrails takes guardrails-ai's programs as they are"

_CALL = {
    "num_reasks": "write max_reasks=",
    "prompt_params": "give the variables as the second argument: guard(model, {…})",
    "llm_api": "give the model as the first argument: guard(model, …)",
    "full_schema_reask": "leave it out: only failing fields are asked for again",
    "msg_history": "write messages=",
}
_KEYWORDS: Mapping[str, Mapping[str, str]] = {
    "Guard.__call__": {**_CALL, "model": 'give the model as the first argument: guard("openai:gpt-5", messages=…)'},
    "Guard.acall": {**_CALL, "model": 'give the model as the first argument: guard.acall("openai:gpt-5", messages=…)'},
    "Guard.stream": {
        **_CALL,
        "model": 'give the model as the first argument: guard.stream("openai:gpt-5", messages=…)',
    },
    "Guard.astream": {
        **_CALL,
        "model": 'give the model as the first argument: guard.astream("openai:gpt-5", messages=…)',
    },
    "Guard.parse": {
        "llm_output": "give the text as the first argument: guard.parse(text)",
        "llm_api": "parse asks no model: guard.resume(guard.parse(text), model) does",
        "num_reasks": "parse asks no model: guard.resume(guard.parse(text), model, max_reasks=…) does",
        "prompt_params": "parse asks no model, so it takes no variables",
    },
    "Guard.from_pydantic": {
        "output_class": "give the model as the first argument: Guard.from_pydantic(Model, messages=…)",
        "prompt": "write messages=, with ${document} for a variable",
        "instructions": 'write messages=[{"role": "system", "content": …}, …]',
        "num_reasks": "give max_reasks= to each call",
    },
    "Guard.from_rail": {"num_reasks": "give max_reasks= to each call"},
    "Guard.from_rail_string": {"num_reasks": "give max_reasks= to each call"},
    "Guard.from_string": {
        "prompt": "write messages=, with ${document} for a variable",
        "instructions": 'write messages=[{"role": "system", "content": …}, …]',
        "num_reasks": "give max_reasks= to each call",
    },
    "Guard.__init__": {},
    "FailResult.__init__": {
        "error_message": "write FailResult(message)",
        "fix_value": "write FailResult(message, fix=…)",
    },
}
"""Maps a method and a keyword to the hint."""

_NEEDED: Mapping[str, tuple[str, str]] = {
    "Guard.__init__": (
        "spec",
        "a Guard is made from something: Guard.from_rail, from_pydantic, from_json_schema or from_string" + SEE,
    ),
}
"""Maps a method to its first parameter, and the hint if it is missing."""

_NAMES: Mapping[str, Mapping[str, str]] = {
    "Guard": {
        "for_rail": "write Guard.from_rail(path)",
        "for_rail_string": "write Guard.from_rail_string(xml)",
        "for_pydantic": "write Guard.from_pydantic(Model, messages=…)",
        "for_string": "write Guard.from_string([rules])",
        "use": 'write guard.using(rule, on="$.name"); a guard of a plain text is Guard.from_string([rules])',
        "use_many": 'write guard.using(rule, rule, on="$.name")',
        "validate": "write guard.parse(text)",
        "history": "a guard keeps none: outcome.iterations has the rounds of a call",
        "base_prompt": "write guard.render(variables)",
        "prompt": "write guard.render(variables)",
        "instructions": "write guard.render(variables)",
        "configure": "give max_reasks= and the like to each call",
    },
    "ValidationOutcome": {
        "validated_output": "write outcome.output",
        "validation_passed": "write outcome.passed",
        "raw_llm_output": "write outcome.raw_output",
        "error": "write outcome.failures, or outcome.raise_for_failures()",
        "reask": "write outcome.failures; guard.reask_request(outcome) is what would be asked",
        "validation_summaries": "write outcome.failures",
        "call_id": "an outcome has no id: keep it with your own",
    },
    "railguard": {
        "OnFailAction": 'it is called OnFail here, and on_fail="reask" is the same',
        "register_validator": "it is called validator here, and takes a function or a class",
        "ValidationResult": "a validator returns None, a bool, a text, PassResult or FailResult",
        "Field": "put rules in Annotated: name: Annotated[str, length(max=10)]",
        "hub": "validators are in railguard_validators, and `railguard validators` lists them",
        "AsyncGuard": "every Guard has acall, aparse and astream",
    },
}
"""Maps a class or module and an attribute to the hint."""


def hint(owner: str, name: str) -> str:
    """Return what to write instead of an attribute of guardrails-ai, to be added to an error; "" for any other name."""
    mend = _NAMES[owner].get(name)
    return "" if mend is None else f": {mend}{SEE}"


def hinting(function: Callable[P, R]) -> Callable[P, R]:
    """Wrap a function to refuse the keywords of guardrails-ai with a hint: TypeError, as for other unknown keywords."""
    name_of = function.__qualname__
    wrong = _KEYWORDS[name_of]
    needs = _NEEDED.get(name_of)
    asks = "llm_api" in wrong and name_of != "Guard.parse"

    # With a model, unknown keywords are options of it, which `railguard.options` checks.
    def check(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        if kwargs and not wrong.keys().isdisjoint(kwargs):
            for name in kwargs:
                if name in wrong:
                    raise TypeError(f"{name_of} takes no {name}=: {wrong[name]}{SEE}")
        if needs is not None and len(args) < 2 and needs[0] not in kwargs:
            raise TypeError(needs[1])

    called: Any = function
    made: Any
    if called.__code__.co_flags & _IS_COROUTINE:

        @wraps(function)
        async def achecked(*args: Any, **kwargs: Any) -> Any:
            if len(args) < 2 or (kwargs and not asks):
                check(args, kwargs)
            return await called(*args, **kwargs)

        made = achecked
    else:

        @wraps(function)
        def checked(*args: Any, **kwargs: Any) -> Any:
            if len(args) < 2 or (kwargs and not asks):
                check(args, kwargs)
            return called(*args, **kwargs)

        made = checked
    result: Callable[P, R] = made
    return result
