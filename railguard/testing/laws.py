"""The laws of validators, as one function that a validator's test calls. It runs the real validator.

A broken law raises an AssertionError that names the law, the validator and the value. The same validator and examples
give the same tested values in every run.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from railguard import UNSET, Context, FailResult, PassResult, Path, Rule, Validator
from railguard.testing.growth import steep_growth

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["check_validator"]

_LARGEST_TEXT, _LARGEST_CONTAINER = 1 << 18, 1 << 14  # the most characters or items of a value in the time law


def check_validator(
    rule_or_validator: Rule | Validator,
    *,
    passing: Sequence[Any],
    failing: Sequence[Any],
    max_examples: int = 100,
    metadata: Mapping[str, Any] | None = None,
    root: Any = UNSET,
) -> None:
    """Check the laws that every validator must satisfy. For tests of validators; needs `pip install hypothesis`.

    1. **examples**: every value in `passing` passes, every value in `failing` fails.
    2. **answers**: it returns None, a bool, a text, PassResult or FailResult; a failure has a message, spans are inside
    the text, and blame consists of relative paths.
    3. **total**: it never raises for a JSON value of its types, including huge numbers, NaN and lone surrogates.
    4. **deterministic**: the same value gets the same answer in the same context, and is not changed. An async or
    blocking validator with `pure=False` may give another answer.
    5. **fixes hold**: a fix passes the validator that proposed it. Two fixes share no list or object except those of
    the value, so that changing one fix does not change another.
    6. **linear time**: a text, list or object of four times the size takes about four times as long. This is not
    checked for async and blocking validators, whose time is spent elsewhere.

    Args:
        rule_or_validator: A rule such as `length(max=10)`, or a validator that needs no parameters.
        passing: Values that must pass; at least one.
        failing: Values that must fail; at least one.
        max_examples: How many generated values are tried in addition.
        metadata: The metadata in the validator's context, if it has a parameter `ctx`.
        root: The whole output in that context; by default the value itself.

    Raises:
        AssertionError: If a law is broken; the message names the law.
        ImportError: If Hypothesis is not installed.

    Examples:
        >>> from railguard import validator
        >>> @validator("starts-with-capital", replace=True)
        ... def starts_with_capital(value: str) -> bool | str:
        ...     return value[:1].isupper() or "Start it with a capital letter."
        >>> check_validator(starts_with_capital, passing=["Ann"], failing=["ann", ""])
    """
    try:
        import hypothesis
    except ImportError as error:
        raise ImportError("check_validator makes values up with Hypothesis: pip install hypothesis") from error

    subject = _Subject(rule_or_validator, dict(metadata or {}), root)
    if not passing or not failing:
        raise AssertionError(f"{subject.name}: list at least one passing and one failing value")
    for value in passing:
        result = subject.lawful(value)
        if result is not None:
            raise subject.broken("examples", value, f"is listed as passing and failed: {result.message}")
    for value in failing:
        if subject.lawful(value) is None:
            raise subject.broken("examples", value, "is listed as failing and passed")

    @hypothesis.settings(
        max_examples=max_examples,
        database=None,
        deadline=None,
        derandomize=True,
        print_blob=False,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(_values(subject.types, [*passing, *failing]))
    def any_value(value: Any) -> None:
        subject.lawful(value)

    any_value()
    for value in _extremes(subject.types, passing):
        subject.lawful(value)
    if subject.inline:
        for make in _shapes(subject.types, [*passing, *failing]):
            largest = _LARGEST_TEXT if isinstance(make(1), str) else _LARGEST_CONTAINER
            if (growth := steep_growth(subject.call, make, largest=largest)) is not None:
                what = f"and its like take {growth:.0f} times as long at sixteen times the size"
                raise subject.broken("linear time", make(4), what)


class _Subject:
    """The rule under test: runs it, checks its answers, and words what it breaks."""

    def __init__(self, given: Rule | Validator, metadata: Mapping[str, Any], root: Any) -> None:
        rule = given if isinstance(given, Rule) else given()
        if rule.validator is None:
            raise AssertionError(f"{rule.name}: no validator of that name is registered, so no law can be checked")
        self.name = rule.describe() if rule.arguments else rule.name
        self.types = rule.validator.types
        self.inline = rule.inline
        self.pure = rule.validator.pure or rule.inline
        self._rule = rule
        self._is_async = rule.validator.is_async
        self._metadata = metadata
        self._root = root

    def call(self, value: Any) -> Any:
        """Return the validator's raw answer."""
        if self._rule.wants_context:
            root = value if self._root is UNSET else self._root
            answer = self._rule.run(value, ctx=Context(path=Path(), root=root, metadata=self._metadata))
        else:
            answer = self._rule.run(value)
        if self._is_async:
            import asyncio

            return asyncio.run(answer)
        return answer

    def lawful(self, value: Any) -> FailResult | None:
        """Return the failure, or None for passed; every law except that of time is checked on the way."""
        before = copy.deepcopy(value)
        result = self._result(value)
        if not _same(before, value):
            raise self.broken("deterministic", before, f"was changed, to {_shown(value)}")
        again = self._result(value) if self.pure else result
        if (result is None) is not (again is None) or (result and again and not _alike(result, again)):
            raise self.broken("deterministic", value, f"got two answers: {result} and {again}")
        if result is not None and result.fix is not UNSET:
            still = self._result(copy.deepcopy(result.fix))
            if still is not None:
                raise self.broken(
                    "fixes hold", value, f"is fixed to {_shown(result.fix)}, which fails: {still.message}"
                )
            if result is not again and again is not None and again.fix is not UNSET:
                own = _containers(value)
                if (_containers(result.fix) - own) & (_containers(again.fix) - own):
                    raise self.broken("fixes hold", value, "got two fixes that share a list or an object")
        return result

    def _result(self, value: Any) -> FailResult | None:
        try:
            answer = self.call(value)
        except Exception as error:
            raise self.broken("total", value, f"made it raise {type(error).__name__}: {error}") from error
        if answer is None or answer is True or isinstance(answer, PassResult):
            return None
        if answer is False:
            return FailResult(f"does not satisfy {self.name}")
        result = FailResult(answer) if isinstance(answer, str) else answer
        if not isinstance(result, FailResult):
            raise self.broken("answers", value, f"got {_shown(answer)}, which is not a valid result of a validator")
        if not isinstance(result.message, str) or not result.message.strip():
            raise self.broken("answers", value, "failed without a message")
        size = len(value) if isinstance(value, str) else 0
        if any(not 0 <= start <= end <= size for start, end in result.spans):
            raise self.broken("answers", value, f"has spans outside of it: {list(result.spans)[:5]}")
        if any(not isinstance(p, tuple) or not all(isinstance(part, (str, int)) for part in p) for p in result.blame):
            raise self.broken(
                "answers", value, f"has blame that is no tuple of names and indexes: {result.blame!r:.200}"
            )
        return result

    def broken(self, law: str, value: Any, what: str) -> AssertionError:
        return AssertionError(f"the law {law!r} is broken by {self.name}: the value {_shown(value)} {what}")


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except ValueError:  # an integer that is too long to be printed
        return f"a very large {type(value).__name__}"
    return text if len(text) <= 200 else text[:200] + "…"


def _same(a: Any, b: Any) -> bool:
    """Whether two values are the same data, including their types; NaN equals itself."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all(_same(a[name], b[name]) for name in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(_same, a, b))
    return bool(a == b or (a != a and b != b))


def _containers(value: Any) -> set[int]:
    """Return the ids of the lists and objects in a value."""
    found: set[int] = set()
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, (list, dict)) and id(one) not in found:
            found.add(id(one))
            left += one.values() if isinstance(one, dict) else one
    return found


def _alike(a: FailResult, b: FailResult) -> bool:
    return (
        a.message == b.message
        and _same(a.fix, b.fix)
        and list(a.blame) == list(b.blame)
        and list(a.spans) == list(b.spans)
    )


def _values(types: frozenset[str], examples: list[Any]) -> SearchStrategy[Any]:
    """Return a strategy for values of JSON types that also combines pieces of the examples: almost valid values find
    more errors than random ones.
    """
    from hypothesis import strategies as st

    pieces = [example for example in examples if isinstance(example, str)]
    text = st.text(alphabet=st.characters(exclude_categories=()), max_size=30)
    if pieces:
        text = text | st.lists(st.sampled_from(pieces) | st.text(max_size=3), min_size=1, max_size=4).map("".join)
    integer = st.integers() | st.sampled_from([0, -1, 2**63, -(10**400)])
    real = st.floats() | integer
    leaf = st.none() | st.booleans() | real | text
    anything = st.recursive(
        leaf, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4), max_leaves=8
    )
    parts = [part for example in examples if isinstance(example, list) for part in example]
    item = anything | st.sampled_from(parts) if parts else anything
    members = [member for example in examples if isinstance(example, dict) for member in example.items()]
    entries = st.dictionaries(text, anything, max_size=5)
    if members:
        entries = entries | st.lists(st.sampled_from(members), max_size=6).map(dict)
        names = sorted({name for name, _ in members})
        entries = entries | st.dictionaries(st.sampled_from(names), anything, max_size=len(names))
    strategies: dict[str, SearchStrategy[Any]] = {
        "string": text,
        "integer": integer,
        "number": real,
        "boolean": st.booleans(),
        "array": st.lists(item, max_size=8),
        "object": entries,
        "null": st.none(),
    }
    served = [strategies[kind] for kind in sorted(types)]
    served.append(st.sampled_from(examples).map(copy.deepcopy))
    return st.one_of(served)


def _extremes(types: frozenset[str], examples: Sequence[Any]) -> list[Any]:
    """Return values that Hypothesis creates too rarely, or cannot print: lone surrogates, and integers too long to be
    printed.
    """
    large = [10**5000, -(10**5000)]
    extremes: list[Any] = []
    if "string" in types:
        texts = [example for example in examples if isinstance(example, str)]
        extremes += [
            "",
            "\0",
            "\ud800",
            "a\udfffb",
            *(text + "\ud800" for text in texts),
            *("\udc00" + text for text in texts),
        ]
    if "integer" in types:
        extremes += large
    if "array" in types:
        extremes += [large, [large, large], [{"a": large}]]
    if "object" in types:
        extremes += [{"a": large}, {"": {"a": large}}]
    return extremes


def _shapes(types: frozenset[str], examples: list[Any]) -> list[Callable[[int], Any]]:
    """Return functions that create values of n units, each of a shape that is known to be slow for some algorithm."""
    shapes: list[Callable[[int], Any]] = []
    if "string" in types:
        texts = [example for example in examples if isinstance(example, str) and example][:6]
        units = ["a", "A ", "1", "\n", " ", "é", "a.", "-", '"', "[", "a@", "%", *texts]
        shapes += map(_repeated, units)
        shapes += [_stretched("", unit) for unit in units]
        shapes += [_stretched(text, "a") for text in texts]
    if "array" in types:
        shapes += [_zeros, _numbers, _texts, _lists, _objects]
        shapes += [_cycled(example) for example in examples if isinstance(example, list) and example][:4]
    if "object" in types:
        shapes += [_padded(example) for example in examples if isinstance(example, dict)][:3] or [_padded({})]
    return shapes


def _repeated(unit: str) -> Callable[[int], str]:
    return lambda n: unit * n


def _stretched(head: str, unit: str) -> Callable[[int], str]:
    return lambda n: head + unit * n + "!"


def _cycled(items: list[Any]) -> Callable[[int], list[Any]]:
    return lambda n: [items[i % len(items)] for i in range(n)]


def _padded(members: dict[str, Any]) -> Callable[[int], dict[str, Any]]:
    return lambda n: {**{f"k{i}": i for i in range(n)}, **members}


def _zeros(n: int) -> list[Any]:
    return [0] * n


def _numbers(n: int) -> list[Any]:
    return list(range(n))


def _texts(n: int) -> list[Any]:
    return [f"item {i}" for i in range(n)]


def _lists(n: int) -> list[Any]:
    return [[i] for i in range(n)]


def _objects(n: int) -> list[Any]:
    return [{"id": i, "of": i % 7} for i in range(n)]
