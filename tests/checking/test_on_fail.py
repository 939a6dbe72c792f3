"""The on-fail table of DESIGN, section 4, row by row: what becomes of a value, and what stays unresolved."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from pydantic import BaseModel

from railguard import (
    UNSET,
    FailResult,
    Guard,
    OnFail,
    Rule,
    ValidationFailed,
    ValidationOutcome,
    ValidatorError,
    validator,
)
from railguard.testing import ScriptedModel


@validator("t-of-fixed", replace=True)
def fixed(value: str) -> FailResult | None:
    """Upper case, with the right fix."""
    return None if value.isupper() else FailResult("write it in upper case", fix=value.upper())


@validator("t-of-bad-fix", replace=True)
def bad_fix(value: str) -> FailResult | None:
    """Upper case, with a fix that is as wrong."""
    return None if value.isupper() else FailResult("write it in upper case", fix=value + "!")


@validator("t-of-no-fix", replace=True)
def no_fix(value: str) -> FailResult | None:
    """Upper case, with no fix."""
    return None if value.isupper() else FailResult("write it in upper case")


@validator("t-of-object-fixed", replace=True)
def object_fixed(value: dict) -> FailResult | None:  # type: ignore[type-arg]
    """The same of an object's v."""
    good = {**value, "v": str(value["v"]).upper()}
    return None if value == good else FailResult("write v in upper case", fix=good)


@validator("t-of-object-bad-fix", replace=True)
def object_bad_fix(value: dict) -> FailResult | None:  # type: ignore[type-arg]
    """The same of an object's v, with a fix that is as wrong."""
    return None if value["v"].isupper() else FailResult("write v in upper case", fix={**value, "v": "still small"})


@validator("t-of-object-no-fix", replace=True)
def object_no_fix(value: dict) -> FailResult | None:  # type: ignore[type-arg]
    """The same of an object's v, with no fix."""
    return None if value["v"].isupper() else FailResult("write v in upper case")


def broken_custom(value: Any, result: FailResult) -> Any:
    return value


@dataclass(frozen=True)
class Place:
    """Where a rule stands: the answer, the path of the failing value, and whether it can be left out."""

    name: str
    answer: str
    path: tuple[str | int, ...]
    value: Any
    good: Any
    fixed_output: Any
    partial: Any
    filtered: Any  # UNSET where nothing can be left out
    on: str
    objects: bool = False


PLACES = [
    Place("required", '{"v":"low","w":"x"}', ("v",), "low", "LOW", {"v": "LOW", "w": "x"}, {"w": "x"}, UNSET, "$.v"),
    Place(
        "optional", '{"v":"low","w":"x"}', ("v",), "low", "LOW", {"v": "LOW", "w": "x"}, {"w": "x"}, {"w": "x"}, "$.v"
    ),
    Place("item", '["A","b","C"]', (1,), "b", "B", ["A", "B", "C"], ["A", "C"], ["A", "C"], "$[*]"),
    Place(
        "object",
        '{"o":{"v":"low","w":"x"}}',
        ("o",),
        {"v": "low", "w": "x"},
        {"v": "LOW", "w": "x"},
        {"o": {"v": "LOW", "w": "x"}},
        {},
        UNSET,
        "$.o",
        True,
    ),
    Place(
        "root",
        '{"v":"low","w":"x"}',
        (),
        {"v": "low", "w": "x"},
        {"v": "LOW", "w": "x"},
        {"v": "LOW", "w": "x"},
        None,
        UNSET,
        "$",
        True,
    ),
]
BODIES = {
    "required": '<output><string name="v" {rule}/><string name="w"/></output>',
    "optional": '<output><string name="v" required="false" {rule}/><string name="w"/></output>',
    "item": '<output type="list"><string {rule}/></output>',
    "object": '<output><object name="o" {rule}><string name="v"/><string name="w"/></object></output>',
    "root": '<output {rule}><string name="v"/><string name="w"/></output>',
}
TEXT = {"type": "string"}
PAIR = {"type": "object", "properties": {"v": TEXT, "w": TEXT}, "required": ["v", "w"]}
SCHEMAS: dict[str, Any] = {
    "required": PAIR,
    "optional": {**PAIR, "required": ["w"]},
    "item": {"type": "array", "items": TEXT},
    "object": {"type": "object", "properties": {"o": PAIR}, "required": ["o"]},
    "root": PAIR,
}


class Pair(BaseModel):
    v: str
    w: str


def pydantic_type(place: str, rule: Rule) -> Any:
    text, pair = Annotated[str, rule], Annotated[Pair, rule]

    class Required(BaseModel):
        v: text  # type: ignore[valid-type]
        w: str

    class Optional(BaseModel):
        v: text | None = None  # type: ignore[valid-type]
        w: str

    class Holder(BaseModel):
        o: pair  # type: ignore[valid-type]

    return {"required": Required, "optional": Optional, "item": list[text], "object": Holder, "root": pair}[place]  # type: ignore[valid-type]


VALIDATORS = {
    ("holds", False): fixed,
    ("does not hold", False): bad_fix,
    ("none", False): no_fix,
    ("holds", True): object_fixed,
    ("does not hold", True): object_bad_fix,
    ("none", True): object_no_fix,
}


def from_rail(place: Place, check: Any, on_fail: str) -> Guard:
    rule = f'validators="{check.name}" on-fail-{check.name}="{on_fail}"'
    return Guard.from_rail_string(f'<rail version="1.0">{BODIES[place.name].format(rule=rule)}</rail>')


def from_pydantic(place: Place, check: Any, on_fail: str) -> Guard:
    return Guard.from_pydantic(pydantic_type(place.name, check(on_fail=on_fail)))


def from_json_schema(place: Place, check: Any, on_fail: str) -> Guard:
    return Guard.from_json_schema(SCHEMAS[place.name]).using(check(on_fail=on_fail), on=place.on)


SOURCES: list[Callable[[Place, Any, str], Guard]] = [from_rail, from_pydantic, from_json_schema]


def plain(outcome: ValidationOutcome) -> Any:
    return outcome.to_dict()["output"]


def without_none(value: Any) -> Any:
    """A pydantic model has a None where RAIL and JSON Schema have no key."""
    return {key: member for key, member in value.items() if member is not None} if isinstance(value, dict) else value


def unresolved(outcome: ValidationOutcome, place: Place, action: OnFail, stopped: str) -> None:
    assert [(f.path, f.action, f.value) for f in outcome.failures] == [(place.path, action, place.value)]
    assert not outcome.passed
    assert outcome.resolved == ()
    assert outcome.stopped == stopped


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
@pytest.mark.parametrize("fix", ["holds", "does not hold", "none"])
class TestTable:
    def outcome(self, source: Any, place: Place, fix: str, on_fail: str) -> ValidationOutcome:
        guard: Guard = source(place, VALIDATORS[fix, place.objects], on_fail)
        return guard.parse(place.answer)

    def test_reask_stays_failing_and_is_never_fixed(self, source: Any, place: Place, fix: str) -> None:
        outcome = self.outcome(source, place, fix, "reask")
        unresolved(outcome, place, OnFail.REASK, "no_model")
        assert outcome.output is None
        assert outcome.partial == place.partial

    @pytest.mark.parametrize("on_fail", ["fix", "fix_reask"])
    def test_fix_takes_a_fix_that_holds_and_no_other(self, source: Any, place: Place, fix: str, on_fail: str) -> None:
        outcome = self.outcome(source, place, fix, on_fail)
        if fix == "holds":
            assert outcome.passed
            assert outcome.stopped == "valid"
            assert without_none(plain(outcome)) == outcome.partial == place.fixed_output
            assert [(f.path, f.before, f.after, f.action) for f in outcome.resolved] == [
                (place.path, place.value, place.good, OnFail(on_fail))
            ]
            return
        stays = OnFail.FIX if on_fail == "fix" else OnFail.REASK
        unresolved(outcome, place, stays, "unresolved" if on_fail == "fix" else "no_model")
        assert outcome.output is None
        assert outcome.partial == place.partial

    def test_filter_leaves_the_value_out_where_it_can(self, source: Any, place: Place, fix: str) -> None:
        outcome = self.outcome(source, place, fix, "filter")
        if place.filtered is UNSET:
            unresolved(outcome, place, OnFail.FILTER, "unresolved")
            assert outcome.output is None
            assert outcome.partial == place.partial
            return
        assert outcome.passed
        assert outcome.stopped == "valid"
        assert without_none(plain(outcome)) == outcome.partial == place.filtered
        assert [(f.path, f.before, f.after, f.action) for f in outcome.resolved] == [
            (place.path, place.value, UNSET, OnFail.FILTER)
        ]

    def test_refrain_withholds_everything(self, source: Any, place: Place, fix: str) -> None:
        outcome = self.outcome(source, place, fix, "refrain")
        unresolved(outcome, place, OnFail.REFRAIN, "refrained")
        assert outcome.output is None
        assert outcome.partial is None

    def test_noop_keeps_the_value_and_gives_the_output(self, source: Any, place: Place, fix: str) -> None:
        outcome = self.outcome(source, place, fix, "noop")
        unresolved(outcome, place, OnFail.NOOP, "unresolved")
        assert without_none(plain(outcome)) == outcome.partial
        assert outcome.partial is not None
        outcome.raise_for_failures()

    def test_exception_raises_with_the_outcome(self, source: Any, place: Place, fix: str) -> None:
        with pytest.raises(ValidationFailed, match="write") as caught:
            self.outcome(source, place, fix, "exception")
        unresolved(caught.value.outcome, place, OnFail.EXCEPTION, "exception")
        assert caught.value.outcome.output is None


@pytest.mark.parametrize("source", [from_pydantic, from_json_schema])
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
class TestCustom:
    def test_a_callable_that_mends_the_value_is_taken(self, source: Any, place: Place) -> None:
        guard = source(place, VALIDATORS["none", place.objects], lambda value, result: place.good)
        outcome = guard.parse(place.answer)
        assert outcome.passed
        assert without_none(plain(outcome)) == place.fixed_output
        assert [(f.path, f.after, f.action) for f in outcome.resolved] == [(place.path, place.good, OnFail.CUSTOM)]

    def test_a_callable_that_does_not_leaves_it_failing(self, source: Any, place: Place) -> None:
        guard = source(place, VALIDATORS["none", place.objects], broken_custom)
        outcome = guard.parse(place.answer)
        unresolved(outcome, place, OnFail.CUSTOM, "unresolved")
        assert outcome.output is None
        assert outcome.partial == place.partial


def test_a_custom_action_is_given_the_value_and_the_result() -> None:
    seen: list[Any] = []

    def remember(value: Any, result: FailResult) -> str:
        seen.append((value, result))
        return "GOOD"

    guard = Guard.from_string([no_fix(on_fail=remember)])
    assert guard.parse("bad").output == "GOOD"
    assert seen == [("bad", FailResult("write it in upper case"))]


def test_a_custom_action_that_changes_what_it_was_given_changes_nothing_else() -> None:
    def spoil(value: Any, result: FailResult) -> Any:
        value["v"] = 7
        return UNSET

    guard = Guard.from_json_schema(PAIR).using(object_no_fix(on_fail=spoil))
    outcome = guard.parse('{"v":"low","w":"x"}')
    assert outcome.failures[0].value == {"v": "low", "w": "x"}
    assert outcome.iterations[0].parsed == {"v": "low", "w": "x"}


def test_a_custom_action_that_raises_is_a_validator_error_that_names_it() -> None:
    def explode(value: Any, result: FailResult) -> Any:
        raise LookupError("no such word")

    with pytest.raises(ValidatorError, match="no such word") as caught:
        Guard.from_string([no_fix(on_fail=explode)]).parse("bad")
    assert caught.value.validator == "t-of-no-fix"
    assert caught.value.path == ()


@pytest.mark.parametrize("text", ["null", '""', "0", "false"])
def test_none_empty_zero_and_false_are_fixes(text: str) -> None:
    import json

    value = json.loads(text)

    @validator("t-of-falsy", replace=True)
    def falsy(given: Any) -> FailResult | None:
        return FailResult("must be falsy", fix=value) if given else None

    guard = Guard.from_json_schema({"type": "object", "properties": {"a": {}}}).using(falsy(on_fail="fix"), on="$.a")
    outcome = guard.parse('{"a":"something"}')
    assert outcome.passed
    assert outcome.output == {"a": value}
    assert outcome.resolved[0].after == value
    assert type(outcome.resolved[0].after) is type(value)


def test_null_is_no_fix_for_a_value_that_cannot_be_null() -> None:
    @validator("t-of-null-fix", replace=True)
    def null_fix(value: str) -> FailResult:
        return FailResult("never right", fix=None)

    outcome = Guard.from_json_schema(PAIR).using(null_fix(on_fail="fix"), on="$.v").parse('{"v":"a","w":"b"}')
    assert [f.action for f in outcome.failures] == [OnFail.FIX]
    assert outcome.failures[0].value == "a"


class TestOrder:
    """One field's validators run in order, and a fix feeds the next."""

    def guard(self, *rules: Rule) -> Guard:
        return Guard.from_json_schema(PAIR).using(*rules, on="$.v")

    def test_a_fix_feeds_the_next_validator(self) -> None:
        @validator("t-of-strip", replace=True)
        def strip(value: str) -> FailResult | None:
            return FailResult("no spaces", fix=value.strip()) if value != value.strip() else None

        outcome = self.guard(strip(on_fail="fix"), fixed(on_fail="fix")).parse('{"v":" low ","w":""}')
        assert outcome.output == {"v": "LOW", "w": ""}
        assert [(f.validator, f.before, f.after) for f in outcome.resolved] == [
            ("t-of-strip", " low ", "low"),
            ("t-of-fixed", "low", "LOW"),
        ]

    def test_a_fix_that_breaks_an_earlier_validator_is_not_taken(self) -> None:
        @validator("t-of-two-letters", replace=True)
        def two_letters(value: str) -> bool | str:
            return len(value) == 2 or "two letters"

        @validator("t-of-grow", replace=True)
        def grow(value: str) -> FailResult | None:
            return FailResult("must end in z", fix=value + "z") if not value.endswith("z") else None

        outcome = self.guard(two_letters(), grow(on_fail="fix")).parse('{"v":"ab","w":""}')
        assert [(f.validator, f.action, f.value) for f in outcome.failures] == [("t-of-grow", OnFail.FIX, "ab")]
        assert outcome.partial == {"w": ""}

    def test_a_fix_is_not_held_to_later_validators_but_they_see_it(self) -> None:
        @validator("t-of-lower", replace=True)
        def lower(value: str) -> bool | str:
            return value.islower() or "lower case"

        outcome = self.guard(fixed(on_fail="fix"), lower(on_fail="noop")).parse('{"v":"low","w":""}')
        assert [(f.validator, f.value) for f in outcome.failures] == [("t-of-lower", "LOW")]
        assert outcome.output == {"v": "LOW", "w": ""}

    def test_a_fix_that_breaks_the_structure_is_not_taken(self) -> None:
        @validator("t-of-number-fix", replace=True)
        def number_fix(value: str) -> FailResult | None:
            return FailResult("never right", fix=7)

        outcome = self.guard(number_fix(on_fail="fix")).parse('{"v":"ab","w":""}')
        assert [(f.action, f.value) for f in outcome.failures] == [(OnFail.FIX, "ab")]

    def test_a_fix_that_breaks_a_constraint_is_not_taken(self) -> None:
        @validator("t-of-long-fix", replace=True)
        def long_fix(value: str) -> FailResult | None:
            return FailResult("use more words", fix="far too long") if value != "far too long" else None

        schema = {"type": "object", "properties": {"v": {"type": "string", "maxLength": 5}}, "required": ["v"]}
        outcome = Guard.from_json_schema(schema).using(long_fix(on_fail="fix"), on="$.v").parse('{"v":"ab"}')
        assert [(f.validator, f.action) for f in outcome.failures] == [("t-of-long-fix", OnFail.FIX)]

    def test_an_objects_fix_that_breaks_a_fields_rule_is_not_taken(self) -> None:
        @validator("t-of-break-v", replace=True)
        def break_v(value: dict) -> FailResult | None:  # type: ignore[type-arg]
            return FailResult("w must say v", fix={"v": "low", "w": "low"}) if value["w"] != value["v"] else None

        guard = Guard.from_json_schema(PAIR).using(no_fix(), on="$.v").using(break_v(on_fail="fix"))
        outcome = guard.parse('{"v":"UP","w":"x"}')
        assert [(f.path, f.action) for f in outcome.failures] == [((), OnFail.FIX)]

    def test_an_objects_rules_see_its_fields_fixed(self) -> None:
        seen: list[Any] = []

        @validator("t-of-look", replace=True)
        def look(value: dict) -> None:  # type: ignore[type-arg]
            seen.append(dict(value))

        Guard.from_json_schema(PAIR).using(fixed(on_fail="fix"), on="$.v").using(look()).parse('{"v":"low","w":"x"}')
        assert seen == [{"v": "LOW", "w": "x"}]

    def test_one_validator_is_asked_after_another_failed(self) -> None:
        @validator("t-of-long", replace=True)
        def long(value: str) -> bool | str:
            return len(value) > 5 or "use more words"

        outcome = self.guard(no_fix(), long()).parse('{"v":"low","w":""}')
        assert [f.validator for f in outcome.failures] == ["t-of-no-fix", "t-of-long"]


class TestStrongest:
    """On one field the strongest unresolved action counts: exception, refrain, filter, reask, noop."""

    ORDER = ("exception", "refrain", "filter", "reask", "noop")

    def stop_of(self, *on_fails: str, on: tuple[str, ...]) -> ValidationOutcome:
        guard = Guard.from_json_schema({**PAIR, "required": []}, messages=[{"role": "user", "content": "go"}])
        for on_fail, place in zip(on_fails, on, strict=True):
            guard = guard.using(no_fix(on_fail=on_fail), on=place)
        return guard(ScriptedModel(['{"v":"low","w":"low"}', '{"v":"UP"}']), max_reasks=1)

    @pytest.mark.parametrize("swap", [False, True])
    def test_filter_beats_reask_on_one_field(self, swap: bool) -> None:
        actions = ("filter", "reask")[:: -1 if swap else 1]
        outcome = self.stop_of(*actions, on=("$.v", "$.v"))
        assert len(outcome.iterations) == 1, "a field that is filtered is not asked for"
        assert outcome.output == {"w": "low"}
        assert outcome.passed

    @pytest.mark.parametrize("swap", [False, True])
    def test_reask_beats_noop_on_one_field(self, swap: bool) -> None:
        actions = ("noop", "reask")[:: -1 if swap else 1]
        outcome = self.stop_of(*actions, on=("$.v", "$.v"))
        assert len(outcome.iterations) == 2
        assert outcome.output == {"v": "UP", "w": "low"}

    @pytest.mark.parametrize("other", ["refrain", "filter", "reask", "noop"])
    @pytest.mark.parametrize("on", [("$.v", "$.v"), ("$.v", "$.w")])
    def test_exception_beats_everything(self, other: str, on: tuple[str, ...]) -> None:
        for actions in ((other, "exception"), ("exception", other)):
            with pytest.raises(ValidationFailed) as caught:
                self.stop_of(*actions, on=on)
            assert len(caught.value.outcome.iterations) == 1
            assert len(caught.value.outcome.failures) == 2

    @pytest.mark.parametrize("other", ["filter", "reask", "noop"])
    @pytest.mark.parametrize("on", [("$.v", "$.v"), ("$.v", "$.w")])
    def test_refrain_beats_filter_reask_and_noop(self, other: str, on: tuple[str, ...]) -> None:
        for actions in ((other, "refrain"), ("refrain", other)):
            outcome = self.stop_of(*actions, on=on)
            assert outcome.stopped == "refrained"
            assert (outcome.output, outcome.partial) == (None, None)
            assert len(outcome.iterations) == 1

    def test_across_fields_reask_is_done_first_and_filter_at_the_end(self) -> None:
        outcome = self.stop_of("reask", "filter", on=("$.v", "$.w"))
        assert len(outcome.iterations) == 2
        assert outcome.iterations[0].asked == ()
        assert outcome.iterations[1].parsed == {"v": "UP", "w": "low"}, "filtered at the end, not before"
        assert outcome.output == {"v": "UP"}
        assert outcome.passed

    def test_across_fields_noop_is_kept_until_the_end(self) -> None:
        outcome = self.stop_of("reask", "noop", on=("$.v", "$.w"))
        assert outcome.output == {"v": "UP", "w": "low"}
        assert [(f.path, f.action) for f in outcome.failures] == [(("w",), OnFail.NOOP)]
        assert not outcome.passed


def test_reask_at_the_end_of_the_budget_stays_failing_though_there_is_a_fix() -> None:
    guard = Guard.from_string([fixed()], messages="Say it")
    outcome = guard(ScriptedModel(["low", "lower", "lowest"]))
    assert outcome.stopped == "max_reasks"
    assert outcome.output is None
    assert outcome.resolved == ()
    assert [f.value for f in outcome.failures] == ["lowest"]


def test_a_structural_failure_is_reask_unless_the_bare_on_fail_says_otherwise() -> None:
    def guard(attribute: str) -> Guard:
        return Guard.from_rail_string(
            f'<rail version="1.0"><output><integer name="a" required="false" {attribute}/></output></rail>'
        )

    assert guard("").parse('{"a":"x"}').failures[0].action is OnFail.REASK
    assert guard('on-fail="noop"').parse('{"a":"x"}').output == {"a": "x"}
    assert guard('on-fail="filter"').parse('{"a":"x"}').output == {}
    assert guard('on-fail="refrain"').parse('{"a":"x"}').stopped == "refrained"
    with pytest.raises(ValidationFailed):
        guard('on-fail="exception"').parse('{"a":"x"}')


def test_a_passing_answer_records_nothing() -> None:
    for place in PLACES:
        guard = from_json_schema(place, VALIDATORS["holds", place.objects], "exception")
        import json

        outcome = guard.parse(json.dumps(place.fixed_output))
        assert outcome.passed
        assert (outcome.failures, outcome.resolved, outcome.repairs) == ((), (), ())
