"""`@validator`: checked when it is declared, and again when a rule of it is made."""

from typing import Annotated, Any, Literal

import pytest

from railguard import FailResult, OnFail, SpecError, Translation, ValidatorError, validator
from railguard.validation import Rule, interpret
from railguard.values import Path, strongest


def code(caught: pytest.ExceptionInfo[SpecError]) -> str:
    return caught.value.problems[0].code


def no_value() -> None: ...
def star(*values: Any) -> None: ...
def many(value: str, **options: Any) -> None: ...
def spread(value: str, *options: Any) -> None: ...
def own_on_fail(value: str, on_fail: str = "fix") -> None: ...
def no_json(value: bytes) -> None: ...
def unreadable(value: "Nowhere") -> None: ...  # type: ignore[name-defined]  # noqa: F821


class NoCall:
    """No __call__."""


class CallTakesMore:
    """Parameters in the wrong place."""

    def __call__(self, value: str, limit: int = 3) -> None: ...


@pytest.mark.parametrize(
    "check", [no_value, star, many, spread, own_on_fail, no_json, unreadable, NoCall, CallTakesMore, 7, None]
)
def test_a_wrong_declaration_is_refused_with_the_right_one(check: Any) -> None:
    with pytest.raises(SpecError) as caught:
        validator("t-de-wrong", replace=True)(check)
    assert code(caught) == "validator-declaration"
    assert "def t_de_wrong(value" in (caught.value.problems[0].hint or "")


@pytest.mark.parametrize("name", ["", "Two-Words", "two_words", "two words", 7, None])
def test_a_wrong_name_is_refused(name: Any) -> None:
    with pytest.raises(SpecError) as caught:
        validator(name)
    assert code(caught) == "validator-declaration"


def test_an_async_one_cannot_be_blocking() -> None:
    async def check(value: str) -> None: ...

    with pytest.raises(SpecError, match="async"):
        validator("t-de-both", blocking=True, replace=True)(check)


def test_a_name_that_is_taken_is_refused_unless_replaced() -> None:
    def one(value: str) -> None: ...
    def two(value: str) -> None: ...

    validator("t-de-taken", replace=True)(one)
    with pytest.raises(SpecError, match="t-de-taken"):
        validator("t-de-taken")(two)
    validator("t-de-taken", replace=True)(two)


@validator("t-de-args", replace=True)
def args(
    value: str,
    *,
    low: int = 0,
    high: float | None = None,
    mode: Literal["a", "b"] = "a",
    names: list[str] | None = None,
) -> None:
    """Arguments of several types."""


@pytest.mark.parametrize(
    "given", [{}, {"low": 1}, {"high": 1}, {"high": 1.5}, {"high": None}, {"mode": "b"}, {"names": ["x"]}]
)
def test_arguments_of_the_right_type_are_taken(given: dict[str, Any]) -> None:
    assert dict(args(**given).arguments) == given


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"low": "1"}, "low"),
        ({"low": True}, "low"),
        ({"low": 1.5}, "low"),
        ({"high": "x"}, "high"),
        ({"mode": "c"}, "mode"),
        ({"names": [1]}, "names"),
        ({"names": "x"}, "names"),
        ({"hgih": 1}, "high"),
        ({"other": 1}, "other"),
    ],
)
def test_arguments_of_the_wrong_type_or_name_are_refused(given: dict[str, Any], named: str) -> None:
    with pytest.raises(SpecError, match=named) as caught:
        args(**given)
    assert code(caught) == "validator-arguments"


@pytest.mark.parametrize("on_fail", ["reask", "fix", "fix_reask", "fix-reask", "FILTER", OnFail.NOOP])
def test_on_fail_by_name(on_fail: Any) -> None:
    assert args(on_fail=on_fail).on_fail is OnFail(str(on_fail).lower().replace("-", "_"))


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("resk", "reask"),
        ("nop", "noop"),
        ("custom", "the actions are"),
        ("", "the actions are"),
        (7, "the actions are"),
    ],
)
def test_a_wrong_on_fail_is_refused_with_the_right_one(wrong: Any, right: str) -> None:
    with pytest.raises(SpecError, match=right) as caught:
        args(on_fail=wrong)
    assert code(caught) == "on-fail"


@pytest.mark.parametrize("answer", [None, True])
def test_what_passes(answer: Any) -> None:
    assert interpret(answer, args(), Path()) is None


@pytest.mark.parametrize("answer", [False, "", "words"])
def test_what_fails(answer: Any) -> None:
    result = interpret(answer, args(), Path())
    assert isinstance(result, FailResult)
    assert result.message


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (FailResult(3), "message is 3"),  # type: ignore[arg-type]
        (FailResult("x", spans=[(0,)]), r"spans have \(0,\)"),  # type: ignore[list-item]
        (FailResult("x", spans=[(3, 1)]), ".*which ends before it starts"),
        (FailResult("x", spans=[(-1, 1)]), ".*which ends before it starts"),
        (FailResult("x", blame=["total"]), r"blame has 'total'; it has relative paths"),  # type: ignore[list-item]
        (FailResult("x", blame=[(1.5,)]), "blame has"),  # type: ignore[list-item]
        (FailResult("x", blame=[("fees", -1)]), "blame has"),
        (FailResult("x", blame=[(True,)]), "blame has"),
        (FailResult("x", spans=[(0, 2), (True, 3)]), "spans have"),
        (FailResult("x", blame=[("a", 0), ["a"]]), "blame has"),  # type: ignore[list-item]
    ],
)
def test_a_failure_with_nonsense_in_it_names_the_validator(result: FailResult, said: str) -> None:
    with pytest.raises(ValidatorError, match=f"'t-de-args' at .* returned a FailResult whose {said}"):
        interpret(result, args(), Path())


def test_a_failure_without_a_message_is_worded_by_its_rule() -> None:
    for answer in (FailResult(" ", fix=3), FailResult("")):
        result = interpret(answer, args(), Path())
        assert result is not None
        assert result.message.startswith("The value does not satisfy t-de-args")
        assert result.fix is answer.fix


def only_numbers(value: int) -> bool:
    return True


def yields(value: str) -> Any:
    yield "never"


async def yields_async(value: str) -> Any:
    yield "never"


@pytest.mark.parametrize(
    ("options", "check", "said"),
    [
        ({"aliases": "calm"}, lambda value: True, r"aliases is 'calm'[\s\S]*write aliases=\('calm',\)"),
        ({"aliases": [3]}, lambda value: True, "no list of names"),
        ({"metadata": "document"}, lambda value, ctx=None: True, "metadata is 'document'"),
        ({"requires": ["yaml"]}, lambda value: True, "does not say what to install"),
        ({"seconds": 0}, lambda value: True, "seconds is 0"),
        ({"seconds": float("nan")}, lambda value: True, "seconds is nan"),
        ({"prompt": "at most {most}"}, lambda value, much=1: True, "no parameter 'most', which its prompt names"),
        ({"prompt": "at most {}"}, lambda value, much=1: True, "no parameter ''"),
        ({"prompt": "{much} to {most}"}, lambda value, much=1: True, "no parameter 'most'"),
        ({"by_sentence": True}, only_numbers, "by_sentence=True is for quick sync checks of a text alone"),
        ({"by_sentence": True, "blocking": True}, lambda value: True, "by_sentence=True is for quick"),
        ({"by_sentence": True}, lambda value, ctx=None: True, "by_sentence=True is for quick"),
        ({"metadata": ("document",)}, lambda value: True, "needs metadata document and has no parameter ctx"),
        ({"narrowing": {"pattern": "^a"}}, only_numbers, "takes no text, and its narrowing is for texts"),
        ({}, yields, "has a yield"),
        ({}, yields_async, "has a yield"),
    ],
)
def test_a_declaration_that_could_not_work_is_refused_on_the_spot(options: Any, check: Any, said: str) -> None:
    with pytest.raises(SpecError, match=said) as caught:
        validator("t-de-wrong", **options)(check)
    assert code(caught) == "validator-declaration"


def test_a_narrowing_is_made_of_keywords_of_json_schema() -> None:
    with pytest.raises(SpecError, match="narrowing of validator 't-de-wrong' has 'minlength'") as caught:
        validator("t-de-wrong", narrowing={"minlength": 1})(lambda value: True)
    assert code(caught) == "validator-constraint"
    assert validator("t-de-braces", prompt="written as {…", replace=True)(lambda value: True).prompt == "written as {…"


def test_a_default_is_of_the_type_of_its_parameter_or_none() -> None:
    def wrong(value: str, *, most: int = "a") -> bool:  # type: ignore[assignment]
        return True

    def implied(value: str, *, most: int = None) -> bool:  # type: ignore[assignment]  # noqa: RUF013
        return True

    with pytest.raises(SpecError, match="the default of most is not of its type"):
        validator("t-de-default")(wrong)
    assert validator("t-de-default")(implied).parameters[0].default is None


@pytest.mark.parametrize("answer", [0, 1, [], {}, 1.5, object(), Exception("x"), FailResult])
def test_what_is_nonsense(answer: Any) -> None:
    with pytest.raises(ValidatorError, match="t-de-args"):
        interpret(answer, args(), Path(("a",)))


def test_a_forgotten_await_is_named() -> None:
    async def answer() -> None: ...

    with pytest.raises(ValidatorError, match="async def"):
        interpret(answer(), args(), Path())


def test_a_rule_nobody_registered_cannot_run() -> None:
    rule = Rule.unknown("nowhere", "nowhere: 1", "fix")
    assert (rule.name, rule.on_fail, rule.validator, rule.source) == ("nowhere", OnFail.FIX, None, "nowhere: 1")
    with pytest.raises(ValidatorError, match="nowhere"):
        rule.run("x")


def test_the_strongest_action_counts() -> None:
    order = [OnFail.EXCEPTION, OnFail.REFRAIN, OnFail.FILTER, OnFail.REASK, OnFail.NOOP]
    for at, action in enumerate(order):
        assert strongest(order[at:]) is action
        assert strongest(list(reversed(order[at:]))) is action


@pytest.mark.parametrize(
    ("translation", "said"),
    [
        (Translation("t-de-other", "lowest", "a bound"), "has no parameter 'lowest'"),
        (Translation("t-de-stranger", "least", "a bound"), "'t-de-stranger'.*is none of its aliases"),
    ],
)
def test_a_translation_is_of_a_parameter_and_of_a_name_that_there_are(translation: Translation, said: str) -> None:
    with pytest.raises(SpecError, match=said):

        @validator("t-de-translated", aliases=("t-de-other",), translations=(translation,), replace=True)
        def translated(value: str, *, least: int = 0) -> None: ...


def test_an_argument_is_read_as_the_name_it_stands_under_has_it() -> None:
    from railguard.validation.translation import translated

    doubled = Translation("acme/t-b", "least", "half of it", lambda value: 2 * value, "it is half there")
    assert translated([doubled], "acme/T_b", {"least": 2, "most": 2}) == ({"least": 4, "most": 2}, ["it is half there"])
    assert translated([doubled], "t-b", {"least": 2}) == ({"least": 2}, [])
    assert translated([doubled], "acme/t-b", {"most": 2}) == ({"most": 2}, [])
    told = Translation("t-c", "most", "the most, without the last", differs="it counts one less")
    read = Translation("t-c", "least", "half of it", lambda value: 2 * value)
    assert translated([told, read], "t-c", {"least": 2, "most": 2}) == (
        {"least": 4, "most": 2},
        ["it counts one less"],
    )


def test_a_rule_inside_a_type_is_the_one_that_was_written_there() -> None:
    """Python gives the same `Annotated[…]` again for equal metadata."""

    def declared(answer: bool) -> Any:
        @validator("t-declared-twice", replace=True)
        def twice(value: Any, *, of: Any = None) -> bool:
            return answer

        return twice

    first, second = declared(True), declared(False)
    assert Annotated[int, first()].__metadata__[0].run(0) is True
    assert Annotated[int, second()].__metadata__[0].run(0) is False
    for one, other in ((1, True), ([1], [True]), ((1,), (True,)), (1, 1.0), ({"a": 0}, {"a": False}), ("1", 1)):
        assert Annotated[int, first(of=one)].__metadata__[0].arguments["of"] is one
        assert Annotated[int, first(of=other)].__metadata__[0].arguments["of"] is other
        assert first(of=one) != first(of=other)
        assert first(of=one) == first(of=one)
        assert first(of=one) != second(of=one)
