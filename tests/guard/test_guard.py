"""What a guard is, knows and gives: rules added, RAIL written back, messages rendered, settings checked."""

import json
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from railguard import FailResult, Guard, InputError, Limits, SpecError, validator
from railguard.testing import ScriptedModel
from railguard_validators.length import length
from railguard_validators.valid_range import valid_range

USER = [{"role": "user", "content": "go"}]
INT, STR = {"type": "integer"}, {"type": "string"}
SCHEMA = {
    "type": "object",
    "properties": {
        "name": STR,
        "a.b": INT,
        "fees": {
            "type": "array",
            "items": {"type": "object", "properties": {"n": STR, "v": {"type": "number"}}, "required": ["n"]},
        },
    },
    "required": ["name", "a.b", "fees"],
    "additionalProperties": False,
}
GOOD = '{"name":"x","a.b":1,"fees":[{"n":"y","v":2.5}]}'


@validator("t-gu-no", replace=True)
def no(value: Any) -> FailResult:
    """Never."""
    return FailResult("never")


@validator("t-gu-text", replace=True)
def text_only(value: str) -> None:
    """Any text."""


class Fee(BaseModel):
    n: Annotated[str, length(max=3)]
    v: float | None = None


class Model(BaseModel):
    name: str = Field(description="The name")
    kind: Literal["a", "b"]
    fees: list[Fee]


class Tree(BaseModel):
    name: str
    kids: list["Tree"] = []


RAIL = """<rail version="1.0"><output>
  <string name="name" description="The name" validators="length: 1 10" on-fail-length="fix"/>
  <list name="fees"><object><string name="n"/><float name="v" required="false"/></object></list>
  <choice name="c" discriminator="kind"><case name="x"><integer name="i"/></case><case name="y"/></choice>
</output><messages><message role="user">${document}</message></messages></rail>"""


class TestUsing:
    @pytest.mark.parametrize(
        ("on", "path"),
        [
            ("$.name", ("name",)),
            ('$["a.b"]', ("a.b",)),
            ("$.fees", ("fees",)),
            ("$.fees[*]", ("fees", 0)),
            ("$.fees[*].n", ("fees", 0, "n")),
            ("$", ()),
        ],
    )
    def test_a_rule_runs_at_its_path(self, on: str, path: tuple[Any, ...]) -> None:
        guard = Guard.from_json_schema(SCHEMA).using(no(on_fail="noop"), on=on)
        assert [f.path for f in guard.parse(GOOD).failures] == [path]

    def test_it_is_a_new_guard_and_the_old_one_is_as_it_was(self) -> None:
        old = Guard.from_json_schema(SCHEMA)
        new = old.using(no(), on="$.name")
        assert old.parse(GOOD).passed
        assert not new.parse(GOOD).passed

    def test_rules_run_after_those_there_were_in_order(self) -> None:
        guard = Guard.from_string([length(max=3, on_fail="noop")]).using(no(on_fail="noop"), text_only())
        assert [f.validator for f in guard.parse("long").failures] == ["length", "t-gu-no"]

    @pytest.mark.parametrize("on", ["$.nmae", "$.name.x", "$.fees[0]", "$.fees.n", "name", "", "$.", "$[", "$..n"])
    def test_a_path_that_leads_nowhere_is_an_error(self, on: str) -> None:
        with pytest.raises(SpecError) as caught:
            Guard.from_json_schema(SCHEMA).using(no(), on=on)
        assert caught.value.problems[0].code == "path"

    def test_a_rule_that_does_not_serve_the_type_is_an_error(self) -> None:
        with pytest.raises(SpecError) as caught:
            Guard.from_json_schema(SCHEMA).using(text_only(), on="$.fees")
        assert caught.value.problems[0].code == "validator-type"

    def test_it_works_for_every_source(self) -> None:
        for guard, text in (
            (Guard.from_pydantic(Model), '{"name":"x","kind":"a","fees":[]}'),
            (Guard.from_rail_string(RAIL), '{"name":"x","fees":[],"c":{"kind":"x","i":1}}'),
            (Guard.from_json_schema(SCHEMA), GOOD),
        ):
            assert guard.parse(text).passed
            failures = guard.using(no(), on="$.name").parse(text).failures
            assert [f.path for f in failures] == [("name",)]

    def test_a_rule_below_a_recursive_type_runs(self) -> None:
        guard = Guard.from_pydantic(Tree).using(no(on_fail="noop"), on="$.kids[*].name")
        assert ("kids", 0, "name") in [f.path for f in guard.parse('{"name":"a","kids":[{"name":"b"}]}').failures]

    @pytest.mark.parametrize("on", ["$.kids[*].name", "$.kids[*].kids[*].name"])
    def test_a_rule_is_not_lost_where_a_recursive_type_is_entered_twice(self, on: str) -> None:
        text = '{"name":"a","kids":[{"name":"b","kids":[{"name":"c"}]}]}'
        assert Guard.from_pydantic(Tree).using(no(), on=on).parse(text).failures

    def test_a_field_of_a_case_is_reached(self) -> None:
        guard = Guard.from_rail_string(RAIL).using(no(on_fail="noop"), on="$.c.i")
        outcome = guard.parse('{"name":"x","fees":[],"c":{"kind":"x","i":1}}')
        assert [f.path for f in outcome.failures] == [("c", "i")]
        assert guard.parse('{"name":"x","fees":[],"c":{"kind":"y"}}').passed


class TestToRail:
    @pytest.mark.parametrize("source", ["rail", "pydantic", "json schema", "string"])
    def test_what_is_written_is_read_as_the_same_spec(self, source: str) -> None:
        guard = {
            "rail": lambda: Guard.from_rail_string(RAIL),
            "pydantic": lambda: Guard.from_pydantic(Model, messages="Look at ${document}"),
            "json schema": lambda: Guard.from_json_schema(SCHEMA).using(length(max=3), on="$.fees[*].n"),
            "string": lambda: Guard.from_string([length(max=3)], messages="Say it"),
        }[source]()
        xml = guard.to_rail()
        again = Guard.from_rail_string(xml)
        assert {problem.code for problem in again.warnings} <= {"schema-not-told"}  # none of its messages shows it
        assert again.json_schema() == guard.json_schema()
        assert again.to_rail() == xml
        assert again.variables == guard.variables
        for text in (GOOD, '{"name":"x","kind":"a","fees":[{"n":"long"}]}', "long", "[]", '{"name":""}'):
            one, two = guard.parse(text), again.parse(text)
            assert [(f.path, f.validator) for f in one.failures] == [(f.path, f.validator) for f in two.failures], text

    def test_what_cannot_be_written_is_named(self) -> None:
        guard = Guard.from_string([length(max=3, on_fail=lambda value, result: value[:3])])
        with pytest.raises(SpecError, match="length"):
            guard.to_rail()


class TestKnowledge:
    def test_json_schema_is_plain_and_nobodys_to_change(self) -> None:
        guard = Guard.from_json_schema(SCHEMA)
        first = guard.json_schema()
        json.dumps(first)
        first["properties"].clear()
        assert list(guard.json_schema()["properties"]) == ["name", "a.b", "fees"]

    def test_variables_are_named_in_order(self) -> None:
        assert Guard.from_json_schema(SCHEMA, messages="${b} ${a} ${b}").variables == ("b", "a")
        assert Guard.from_json_schema(SCHEMA).variables == ()

    def test_render_fills_in_once(self) -> None:
        guard = Guard.from_json_schema(SCHEMA, messages="Read ${document}")
        assert guard.render({"document": "${document} {{document}}"}, tell_schema="never") == [
            {"role": "user", "content": "Read ${document} {{document}}"}
        ]

    def test_render_names_what_is_missing_and_what_is_not_there(self) -> None:
        guard = Guard.from_json_schema(SCHEMA, messages="Read ${document}")
        with pytest.raises(InputError, match="document"):
            guard.render()
        with pytest.raises(InputError, match="docment"):
            guard.render({"document": "x", "docment": "y"})

    def test_render_is_what_a_model_is_asked(self) -> None:
        guard = Guard.from_json_schema(SCHEMA, messages="Read ${document}")
        model = ScriptedModel([GOOD])
        guard(model, {"document": "x"})
        assert list(model.requests[0].messages) == guard.render({"document": "x"}, tell_schema="never")
        seen: list[Any] = []
        guard(lambda messages: seen.append(messages) or GOOD, {"document": "x"})
        assert seen == [guard.render({"document": "x"})]

    def test_warnings_of_an_old_document_have_lines(self) -> None:
        guard = Guard.from_rail_string(
            '<rail version="0.1">\n<output>\n<string name="a" format="odd"/></output></rail>'
        )
        assert guard.warnings
        assert all(problem.severity == "warning" and problem.line for problem in guard.warnings)
        assert {problem.code for problem in Guard.from_rail_string(RAIL).warnings} == {"schema-not-told"}

    def test_repr_shows_no_content(self) -> None:
        assert repr(Guard.from_json_schema(SCHEMA, messages="secret ${a}")) == "<Guard: object>"


class TestUnknownValidators:
    OLD = '<rail version="0.1"><output><string name="a" validators="t-gu-nowhere"/></output></rail>'

    def test_a_spec_that_names_one_loads_with_a_warning_and_does_not_run(self) -> None:
        guard = Guard.from_rail_string(self.OLD)
        assert guard.warnings
        for run in (lambda: guard.parse('{"a":"x"}'), lambda: guard(ScriptedModel(['{"a":"x"}']), messages=USER)):
            with pytest.raises(SpecError, match="t-gu-nowhere"):
                run()

    def test_ignore_leaves_the_rule_out(self) -> None:
        guard = Guard.from_rail_string(self.OLD, unknown_validators="ignore")
        assert guard.parse('{"a":"x"}').passed

    @pytest.mark.parametrize("word", ["warn", "", None, True])
    def test_another_word_is_the_callers_error(self, word: Any) -> None:
        with pytest.raises(InputError, match="unknown_validators"):
            Guard.from_rail_string(self.OLD, unknown_validators=word)


class TestArguments:
    @pytest.mark.parametrize("repair", ["all", "", "Lossless", 1, True])
    def test_an_unknown_repair_policy_is_the_callers_error(self, repair: Any) -> None:
        for make in (
            lambda: Guard.from_json_schema(SCHEMA, repair=repair),
            lambda: Guard.from_rail_string(RAIL, repair=repair),
            lambda: Guard.from_pydantic(Model, repair=repair),
            lambda: Guard.from_string(repair=repair),
        ):
            with pytest.raises(InputError, match="repair"):
                make()

    def test_limits_reach_the_spec_of_every_source(self) -> None:
        limits = Limits(text=5, depth=3)
        for guard in (
            Guard.from_json_schema(SCHEMA, limits=limits),
            Guard.from_rail_string(RAIL, limits=limits),
            Guard.from_pydantic(Model, limits=limits),
            Guard.from_string(limits=limits),
        ):
            assert guard.spec.limits == limits
            assert not guard.parse("123456").passed

    def test_messages_and_variables_together_are_an_error(self) -> None:
        guard = Guard.from_json_schema(SCHEMA, messages="${a}")
        with pytest.raises(InputError, match="messages"):
            guard(ScriptedModel([]), {"a": 1}, messages=USER)

    @pytest.mark.parametrize("mode", ["never", "", None])
    def test_an_unknown_reask_mode_is_the_callers_error(self, mode: Any) -> None:
        with pytest.raises(InputError, match="reask_mode"):
            Guard.from_json_schema(SCHEMA)(ScriptedModel([]), messages=USER, reask_mode=mode)

    def test_model_options_reach_the_model_in_every_round(self) -> None:
        model = ScriptedModel(['{"name":[],"a.b":1,"fees":[]}', '{"name":"x"}'])
        Guard.from_json_schema(SCHEMA)(model, messages=USER, temperature=0.5)
        assert [dict(request.options) for request in model.requests] == [{"temperature": 0.5}] * 2

    def test_metadata_reaches_a_validator_that_asks_for_it(self) -> None:
        seen: list[Any] = []

        @validator("t-gu-meta", replace=True)
        def meta(value: str, ctx: Any) -> None:
            seen.append((dict(ctx.metadata), ctx.path, list(ctx.messages)))

        guard = Guard.from_string([meta()])
        guard.parse("x", metadata={"k": 1})
        guard(ScriptedModel(["x"]), messages=USER, metadata={"k": 2})
        assert seen == [({"k": 1}, (), []), ({"k": 2}, (), USER)]


def test_a_guard_has_no_state_of_its_calls() -> None:
    guard = Guard.from_json_schema(SCHEMA).using(valid_range(0, 5), on='$["a.b"]')
    before = dict(vars(guard))
    first = guard.parse(GOOD).to_dict()
    guard.parse("no")
    guard(ScriptedModel(["no", GOOD]), messages=USER)
    assert guard.parse(GOOD).to_dict() == first
    assert set(vars(guard)) - set(before) <= {"variables"}


def test_an_output_is_the_callers_own() -> None:
    guard = Guard.from_json_schema(SCHEMA)
    outcome = guard.parse(GOOD)
    outcome.output["fees"].append("spoiled")
    assert guard.parse(GOOD).output == json.loads(GOOD)


@pytest.mark.parametrize("text", [GOOD, '{"name":"x","a.b":1,"fees":[]}'])
def test_output_and_record_are_not_one_object(text: str) -> None:
    outcome = Guard.from_json_schema(SCHEMA).using(no(on_fail="noop"), on="$.fees").parse(text)
    if outcome.output is not None:
        outcome.output["name"] = "spoiled"
        assert outcome.iterations[0].parsed["name"] != "spoiled"
        assert outcome.partial["name"] != "spoiled"
