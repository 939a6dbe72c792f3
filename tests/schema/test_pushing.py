"""A rule is told to the model as keywords where they say exactly it, and a value that breaks it is no answer."""

from __future__ import annotations

from typing import Any

import pytest

from railguard import Guard, Rule, validator
from railguard.schema import Schema, StringNode
from railguard.schema.to_json_schema import rules_said, to_json_schema
from railguard_validators.length import length
from railguard_validators.lower_case import lower_case
from railguard_validators.multiple_of import multiple_of
from railguard_validators.positive import positive
from railguard_validators.regex_match import regex_match
from railguard_validators.valid_choices import valid_choices
from railguard_validators.valid_range import valid_range


def around(node: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": node}, "required": ["a"], "additionalProperties": False}


def schema_of(node: dict[str, Any], *rules: Rule, target: Any = "draft2020-12") -> dict[str, Any]:
    guard = Guard.from_json_schema(around(node))
    found: dict[str, Any] = guard.using(*rules, on="$.a").json_schema(target=target)["properties"]["a"]
    return found


@pytest.mark.parametrize(
    ("node", "rule", "said"),
    [
        ({"type": "string"}, length(2, 5), {"minLength": 2, "maxLength": 5}),
        ({"type": "string"}, length(1), {"minLength": 1}),
        ({"type": "string"}, regex_match("[a-z]+", "search"), {"pattern": "[a-z]+"}),
        ({"type": "string"}, regex_match("a|b"), {"pattern": "^(?:a|b)$"}),
        ({"type": "string"}, valid_choices(["a", "b"]), {"enum": ["a", "b"]}),
        ({"type": "integer"}, valid_range(1, 3), {"minimum": 1, "maximum": 3}),
        ({"type": "number"}, positive(), {"exclusiveMinimum": 0}),
        ({"type": "integer"}, multiple_of(5), {"multipleOf": 5}),
        ({"type": "array", "items": {"type": "integer"}}, length(1, 2), {"minItems": 1, "maxItems": 2}),
        ({"type": "object", "additionalProperties": True}, length(1, 2), {"minProperties": 1, "maxProperties": 2}),
    ],
)
def test_a_rule_stands_in_the_schema_as_its_keywords(node, rule, said):
    bare = schema_of(node)
    assert schema_of(node, rule) == {**bare, **said}


@pytest.mark.parametrize("on_fail", ["reask", "fix_reask", "exception", "refrain"])
def test_what_must_not_come_is_forbidden(on_fail):
    assert schema_of({"type": "string"}, length(max=3, on_fail=on_fail))["maxLength"] == 3


@pytest.mark.parametrize("on_fail", ["fix", "noop", "filter", lambda value, result: value])
def test_what_may_come_is_not_forbidden(on_fail):
    assert "maxLength" not in schema_of({"type": "string"}, length(max=3, on_fail=on_fail))


def test_keywords_of_the_spec_and_of_rules_are_joined_to_the_tighter_ones():
    node = {"type": "string", "minLength": 2, "maxLength": 8}
    assert schema_of(node, length(1, 5))["minLength"] == 2
    assert schema_of(node, length(1, 5), length(3, 9)) == {"type": "string", "minLength": 3, "maxLength": 5}
    assert schema_of({"enum": ["a", "b", "c"]}, valid_choices(["c", "a", "x"]))["enum"] == ["a", "c"]


def test_what_keywords_cannot_say_beside_others_stays_as_words():
    node = {"type": "string", "pattern": "b"}
    guard = Guard.from_json_schema(around(node))
    shown = guard.using(regex_match("a", "search"), on="$.a").enforcements()
    assert [dict(one.keywords) for one in shown] == [{}]
    assert schema_of(node, regex_match("a", "search"))["pattern"] == "b"
    contradiction = schema_of({"type": "string", "maxLength": 3}, length(min=5))
    assert "minLength" not in contradiction, "a schema that nothing satisfies helps nobody"
    assert schema_of({"type": "integer", "maximum": -5}, valid_range(max=0))["maximum"] == -5


def test_a_pattern_that_only_one_engine_reads_is_not_pushed():
    assert "pattern" not in schema_of({"type": "string"}, regex_match("(?i)abc"))


def test_a_target_is_told_what_it_enforces_and_nothing_else():
    assert "maxLength" not in schema_of({"type": "string"}, length(max=3), target="openai-strict")
    assert schema_of({"type": "integer"}, valid_range(1, 3), target="openai-strict")["maximum"] == 3
    assert "maximum" not in schema_of({"type": "integer"}, valid_range(1, 3), target="anthropic")
    many = valid_choices([f"choice {n}" for n in range(400)])
    assert "enum" not in schema_of({"type": "string"}, many)


def test_a_model_is_shown_keywords_instead_of_words():
    guard = Guard.from_rail_string("""
        <rail version="1.0">
          <output shown-as="json-schema"><string name="a" validators="length: 1 5; lower-case"/></output>
          <messages><message role="user">${gr.complete_json_suffix}</message></messages>
        </rail>""")
    shown = guard.render()[0]["content"]
    assert '"minLength": 1' in shown
    assert '"maxLength": 5' in shown
    assert "in lower case" in shown
    assert "of length between" not in shown


def test_a_guard_tells_where_each_rule_is_enforced():
    guard = Guard.from_rail_string("""
        <rail version="1.0">
          <output>
            <list name="fees" validators="length: 1 3">
              <object>
                <string name="name" validators="length: 1 5; lower-case"/>
                <string name="note" validators="length: 0 9" on-fail-length="noop"/>
              </object>
            </list>
          </output>
        </rail>""")
    told = [(one.path, one.rule.name, dict(one.keywords), one.accepting) for one in guard.enforcements()]
    assert sorted(told, key=str) == [
        ("$.fees", "length", {"minItems": 1, "maxItems": 3}, True),
        ("$.fees[*].name", "length", {"minLength": 1, "maxLength": 5}, True),
        ("$.fees[*].name", "lower-case", {}, False),
        ("$.fees[*].note", "length", {}, True),
    ]
    assert guard.enforcements(target="openai-strict")[0].to_dict().keys() == {
        "path",
        "validator",
        "rule",
        "on_fail",
        "keywords",
        "accepting",
    }


def test_rules_of_a_case_and_of_a_definition_are_told_too():
    guard = Guard.from_rail_string("""
        <rail version="1.0">
          <output>
            <choice name="pet" discriminator="kind">
              <case name="dog"><string name="name" validators="length: 1 5"/></case>
            </choice>
          </output>
        </rail>""")
    assert [(one.path, dict(one.keywords)) for one in guard.enforcements()] == [
        ("$.pet(dog).name", {"minLength": 1, "maxLength": 5})
    ]


def test_lower_case_has_no_keyword():
    assert schema_of({"type": "string"}, lower_case()) == {"type": "string"}


def test_a_model_reads_a_rule_in_words_where_the_pattern_is_longer_and_a_provider_is_sent_the_pattern():
    @validator("t-push-version", prompt="a version as 1.2.3", replace=True)
    class Version:
        """A version."""

        def __call__(self, value: str) -> bool:
            return bool(value)

        def constraint(self, json_type: str) -> dict[str, str]:
            return {"pattern": r"^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)$"}

    @validator("t-push-hash", prompt="begins with a hash sign", replace=True)
    class Hash:
        """A heading."""

        def __call__(self, value: str) -> bool:
            return value.startswith("#")

        def constraint(self, json_type: str) -> dict[str, str]:
            return {"pattern": "^#"}

    rules = (Version(), Hash())  # a decorated class is a Validator: calling it makes a rule
    long, short = (Schema(root=StringNode(rules=(rule,))) for rule in rules)
    assert to_json_schema(long, rules=True) == {"type": "string", "description": "a version as 1.2.3"}
    assert "pattern" in to_json_schema(long)
    assert to_json_schema(short, rules=True) == {"type": "string", "pattern": "^#"}
    assert rules_said(long, "openai-strict")[0][2][0] is not None
