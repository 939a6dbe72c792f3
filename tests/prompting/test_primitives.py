"""railguard's own prompt texts."""

import json
import re

import pytest

from railguard.prompting import primitives, templates
from railguard.spec import Slot

RAIL_NAMES = [
    "json_prefix_prompt",
    "xml_prefix_prompt",
    "json_suffix_prompt",
    "xml_suffix_prompt",
    "json_suffix_prompt_v2",
    "xml_suffix_prompt_v2",
    "json_suffix_prompt_v2_wo_none",
    "xml_suffix_prompt_v2_wo_none",
    "json_suffix_prompt_examples",
    "xml_suffix_prompt_examples",
    "json_suffix_without_examples",
    "xml_suffix_without_examples",
    "json_suffix_with_structure_example",
    "xml_suffix_with_structure_example",
    "complete_json_suffix",
    "complete_json_suffix_v2",
    "complete_json_suffix_v3",
    "complete_xml_suffix",
    "complete_xml_suffix_v2",
    "complete_xml_suffix_v3",
    "complete_string_suffix",
    "high_level_json_instructions",
    "high_level_xml_instructions",
    "high_level_json_reask_prompt",
    "high_level_xml_reask_prompt",
    "high_level_skeleton_reask_prompt",
    "high_level_json_parsing_reask_prompt",
    "high_level_xml_parsing_reask_prompt",
    "high_level_string_reask_prompt",
    "error_messages",
]


def test_every_name_that_rail_has_is_there_and_no_other():
    assert sorted(primitives.PRIMITIVES) == sorted(RAIL_NAMES)


@pytest.mark.parametrize("name", RAIL_NAMES)
def test_a_primitive_is_a_template_in_normal_form_that_can_be_written_and_read(name):
    template = primitives.find_primitive(name)
    assert templates.parse_template(templates.template_text(template), syntax="1.0") == template


@pytest.mark.parametrize("name", RAIL_NAMES)
def test_a_primitive_holds_the_schema_of_its_own_kind_or_none(name):
    shown = {
        part.name for part in primitives.find_primitive(name).parts if isinstance(part, Slot) and part.kind == "schema"
    }
    complete = name.startswith("complete_") or "_without_" in name or "_structure_" in name
    assert shown == ({"xml_output_schema" if "xml" in name else "output_schema"} if complete else set())


@pytest.mark.parametrize("name", RAIL_NAMES)
def test_only_those_for_a_reask_hold_variables(name):
    variables = primitives.find_primitive(name).variables
    if "reask" in name:
        assert "previous_response" in variables
    elif name == "error_messages":
        assert variables == ("error_messages",)
    else:
        assert variables == ()


@pytest.mark.parametrize("name", [name for name in RAIL_NAMES if "example" in name or "complete_json" in name])
def test_the_examples_are_valid_json(name):
    told = "".join(part for part in primitives.find_primitive(name).parts if isinstance(part, str))
    for line in told.splitlines():
        line = line.removeprefix("=> ")
        if re.match(r"[\[{]", line):
            json.loads(line)


def test_examples_conform_to_their_schemas():
    from jsonschema import Draft202012Validator

    told = "".join(
        part for part in primitives.find_primitive("json_suffix_prompt_examples").parts if isinstance(part, str)
    )
    pairs = re.findall(r"^(\{.*|\[.*)\n=> (.*)$", told, re.MULTILINE)
    assert len(pairs) == 3
    for schema, value in pairs:
        Draft202012Validator(json.loads(schema)).validate(json.loads(value))


def test_the_clauses_on_unsure_values_differ_as_their_names_say():
    def told(name):
        return "".join(part for part in primitives.find_primitive(name).parts if isinstance(part, str))

    assert '"None"' in told("json_suffix_prompt")
    assert '"None"' in told("json_suffix_prompt_v2")
    assert "not sure" not in told("json_suffix_prompt_v2_wo_none")
    assert "write null" in told("complete_json_suffix")
    assert "not sure" not in told("complete_json_suffix_v2")
    assert "most likely" in told("complete_json_suffix_v3")


def test_a_name_that_is_none_finds_nothing_and_suggests_the_closest():
    assert primitives.find_primitive("complete_json_sufix") is None
    assert primitives.suggest_primitive("Complete_JSON_sufix") == "complete_json_suffix"
    assert primitives.suggest_primitive("zzzzzzzz") is None


@pytest.mark.parametrize("name", sorted(primitives.PRIMITIVES))
def test_what_an_update_leaves_of_a_primitive_ends_with_its_schema_if_that_is_what_it_is_about(name):
    parts = primitives.PRIMITIVES[name].parts
    left = primitives.schema_alone(name, parts)
    if "_suffix" not in name:
        assert left == parts
    else:
        assert left == parts[: len(left)]
        assert not [part for part in parts[len(left) :] if isinstance(part, Slot) and part.kind == "schema"]
        assert (bool(left) and isinstance(left[-1], Slot)) or not [part for part in parts if isinstance(part, Slot)]
