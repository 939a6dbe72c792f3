"""Exceptions cross processes: pickled, copied or raised in a worker, they say and hold what they did before."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest
from pydantic import BaseModel

from railguard import (
    FailResult,
    Failure,
    Guard,
    InputError,
    Limits,
    OnFail,
    Path,
    Problem,
    ProviderError,
    RailguardError,
    SpecError,
    ValidationFailed,
    ValidationOutcome,
    ValidatorError,
    guarded,
    validator,
)
from railguard.rail.source import Source
from railguard.rail.syntax import Document
from railguard.rail.xml import NotWellFormed
from railguard.testing import ScriptedModel


class Person(BaseModel):
    name: str
    age: int


@validator("broken-in-a-pool")
def broken(value: str) -> FailResult | None:
    """It never works."""
    raise KeyError(value)


@guarded(Person, max_reasks=0)
def ask(messages: Any, answer: str = '{"name": "Ann"}') -> str:
    return answer


OUTCOME = Guard.from_pydantic(Person).parse('{"name": "Ann", "age": "old"}')


class Rerun(ValidationFailed):
    """A user's own kind of failure, with parameters of its own."""

    def __init__(self, *, outcome: ValidationOutcome, run: int) -> None:
        super().__init__(f"run {run} failed", outcome)
        self.run = run


def with_outcome(error: ProviderError) -> ProviderError:
    error.outcome = OUTCOME
    return error


PROBLEM = Problem("there is no <output>", "no-output", file="a.rail", line=2, column=1, hint="add one", excerpt="x\n^")
ERRORS: list[RailguardError] = [
    RailguardError("plain"),
    RailguardError(),
    SpecError([PROBLEM, Problem("odd", "odd", "warning")]),
    SpecError.of("no", code="no", hint="do"),
    InputError("a variable is missing"),
    InputError("blocked", failures=[Failure(Path(("input", "a")), "length", "too long", "xx", OnFail.REASK)]),
    ValidationFailed("the output is not valid", OUTCOME),
    ValidatorError("it raised", validator="length", path=Path(("a", 0))),
    with_outcome(ProviderError("busy", status=429, retry_after=2.5, retryable=True)),
    Rerun(outcome=OUTCOME, run=3),
    NotWellFormed(Source("<rail><output></rail>", "a.rail"), Limits(), "mismatched tag", 16),
]
WAYS: list[Callable[[Any], Any]] = [
    copy.copy,
    copy.deepcopy,
    *(lambda error, protocol=protocol: pickle.loads(pickle.dumps(error, protocol)) for protocol in range(2, 6)),
]


def subclasses(kind: type) -> Iterator[type]:
    for one in kind.__subclasses__():
        yield one
        yield from subclasses(one)


def test_every_kind_of_error_is_among_the_examples():
    own = {kind for kind in subclasses(RailguardError) if kind.__module__.split(".")[0] == "railguard"}
    assert own <= {type(error) for error in ERRORS}


def held(error: RailguardError) -> dict[str, Any]:
    """What an error holds; a syntax tree, which equals itself alone, by its text and its faults."""
    return {key: (one.text, one.faults) if isinstance(one, Document) else one for key, one in vars(error).items()}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_that_was_pickled_or_copied_says_and_holds_the_same(error: RailguardError, way: Callable[..., Any]):
    error = copy.copy(error)
    error.add_note("while reading the third page")
    again = way(error)
    assert type(again) is type(error)
    assert (str(again), again.args, held(again)) == (str(error), error.args, held(error))
    assert again.__notes__ == ["while reading the third page"]


def test_an_error_raised_from_one_that_cannot_be_pickled_can_be():
    class Local(Exception):
        pass

    error = ProviderError("no answer", status=500)
    error.__cause__ = Local()
    assert pickle.loads(pickle.dumps(error)).status == 500


def fails_in_a_spec() -> None:
    Guard.from_rail_string('<rail version="1.0"><output><string name="a" format="x y z"/></output></rail>')


def fails_in_validation() -> None:
    ask([{"role": "user", "content": "Who?"}])


def fails_in_a_validator() -> None:
    Guard.from_string([broken()]).parse("x")


def fails_in_an_input() -> None:
    Guard.from_string()(lambda messages: "x", max_reasks=99)


def fails_in_a_provider() -> None:
    model = ScriptedModel(['{"name": "Ann"}', ProviderError("busy", status=429, retryable=True)])
    Guard.from_pydantic(Person, messages="Who?")(model)


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        yield pool


@pytest.mark.parametrize(
    "work", [fails_in_a_spec, fails_in_validation, fails_in_a_validator, fails_in_an_input, fails_in_a_provider]
)
def test_an_error_of_a_worker_process_arrives_whole_and_the_pool_goes_on(pool: Any, work: Callable[[], None]):
    with pytest.raises(RailguardError) as here:
        work()
    with pytest.raises(type(here.value)) as there:
        pool.submit(work).result(60)
    assert str(there.value) == str(here.value)
    held = [{key: value for key, value in vars(error.value).items() if key != "__notes__"} for error in (here, there)]
    assert held[0] == held[1]


def test_an_outcome_of_a_worker_process_is_the_same_outcome(pool: Any):
    outcome = pool.submit(
        ask.outcome, [{"role": "user", "content": "Who?"}], answer='{"name": "Ann", "age": 3}'
    ).result(60)
    assert outcome.output == Person(name="Ann", age=3)
    assert outcome == ask.outcome([{"role": "user", "content": "Who?"}], answer='{"name": "Ann", "age": 3}')


def test_a_guarded_function_is_pickled_by_its_name(pool: Any):
    assert pickle.loads(pickle.dumps(ask)) is ask
    assert copy.deepcopy(ask) is ask
    assert (
        pool.submit(ask, [{"role": "user", "content": "Who?"}], answer='{"name": "Ann", "age": 3}').result(60).age == 3
    )


@pytest.mark.parametrize(
    ("problems", "line"),
    [
        ([Problem("odd", "odd", "warning", line=1), Problem("no", "no", line=7), Problem("no", "no", line=9)], 7),
        ([Problem("no", "no")], None),
        ([Problem("odd", "odd", "warning", line=1)], None),
        ([], None),
    ],
)
def test_the_line_of_an_error_in_a_spec_is_that_of_the_first_problem_that_is_no_warning(
    problems: list[Problem], line: int | None
) -> None:
    assert SpecError(problems).line == line
