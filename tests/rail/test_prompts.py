"""What the prompts of older documents said of the schema they showed, and whether a prompt shows one at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from railguard import Guard, SpecError
from railguard.prompting import primitives
from railguard.prompting.shown import shows_schema
from railguard.rail import check, load, rail_document
from railguard.spec import Slot, Template

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared" / "corpus" / "rail_specs.jsonl"
OUTPUT = '<output><string name="city" description="where"/></output>'
OWN_SPECS = sorted(
    str(path.relative_to(ROOT)) for folder in ("specs", "examples") for path in (ROOT / folder).rglob("*.rail")
)
SUFFIXES = (
    "json_suffix_prompt",
    "json_suffix_prompt_v2",
    "json_suffix_prompt_v2_wo_none",
    "json_suffix_prompt_examples",
)


def prompt(text: str, *, around: str = "<prompt>{}</prompt>", version: str = "0.1") -> str:
    guard = Guard.from_rail_string(f'<rail version="{version}">{OUTPUT}{around.format(text)}</rail>')
    return "\n".join(message["content"] for message in guard.render())


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_prompt_of_version_0_1_that_shows_xml_speaks_of_xml(suffix: str) -> None:
    said = prompt(f"@xml_prefix_prompt {{output_schema}} @{suffix}")
    assert '<string name="city" description="where"/>' in said
    assert "JSON Schema" not in said
    assert said == prompt(f"${{gr.xml_prefix_prompt}} ${{output_schema}} ${{gr.{suffix}}}")
    assert said == prompt(f"${{gr.xml_prefix_prompt}} ${{xml_output_schema}} ${{gr.{suffix.replace('json', 'xml')}}}")


def test_the_braced_schema_of_version_0_1_was_xml_in_every_release() -> None:
    said = prompt("{output_schema} @json_suffix_prompt")
    assert said.startswith("<output>")
    assert "JSON Schema" not in said


@pytest.mark.parametrize("prefix", ["json_prefix_prompt", "xml_prefix_prompt"])
@pytest.mark.parametrize("form", ["output_schema", "xml_output_schema"])
def test_a_prompt_of_later_versions_speaks_of_what_it_shows(prefix: str, form: str) -> None:
    said = prompt(f"${{gr.{prefix}}} ${{{form}}} ${{gr.json_suffix_prompt_v2_wo_none}}")
    assert ("<output>" in said) is ("JSON Schema" not in said)


def test_instructions_in_another_message_speak_of_the_schema_too() -> None:
    around = "<instructions>@high_level_json_instructions</instructions><prompt>{}</prompt>"
    assert "JSON Schema" not in prompt("{output_schema}", around=around)


def test_a_primitive_that_shows_a_schema_of_its_own_is_left_as_it_is() -> None:
    assert "JSON Schema" in prompt("@complete_json_suffix")
    assert prompt("{output_schema} @complete_json_suffix_v2").startswith("<output>")


def test_a_reask_of_the_author_speaks_of_what_the_messages_have_shown() -> None:
    messages = "<prompt>{output_schema}</prompt><reask_prompt>@json_suffix_prompt</reask_prompt>"
    text = f'<rail version="0.1">{OUTPUT}{messages}</rail>'
    assert load(text).reask[0].content == Template((Slot("primitive", "xml_suffix_prompt"),))


def test_a_1_0_document_whose_primitive_speaks_of_another_form_is_warned_and_sends_the_right_one() -> None:
    around = '<messages><message role="user">{}</message></messages>'
    mixed = around.format("${xml_output_schema} ${gr.json_suffix_prompt}")
    (problem,) = check(f'<rail version="1.0">{OUTPUT}{mixed}</rail>')
    assert (problem.code, problem.severity, problem.hint) == (
        "primitive-form",
        "warning",
        "write ${gr.xml_suffix_prompt}",
    )
    said = prompt("${xml_output_schema} ${gr.json_suffix_prompt}", around=around, version="1.0")
    assert said == prompt("${xml_output_schema} ${gr.xml_suffix_prompt}", around=around, version="1.0")


@pytest.mark.parametrize("name", primitives.PRIMITIVES)
def test_every_primitive_that_speaks_of_a_schema_shows_it_or_has_a_twin(name: str) -> None:
    if "reask" in name or name == "error_messages":
        return
    said = prompt(f"${{xml_output_schema}} ${{gr.{name}}}")
    own = any(isinstance(part, Slot) and part.kind == "schema" for part in primitives.PRIMITIVES[name].parts)
    assert own or "JSON Schema" not in said


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not part of the project")
def test_no_prompt_of_the_corpus_contradicts_its_schema_and_all_are_the_same_as_1_0() -> None:
    compared = 0
    for line in CORPUS.read_text("utf-8").splitlines():
        document = json.loads(line)
        try:
            spec = load(document["rail"])
            text = rail_document(spec)
        except SpecError:
            continue
        slots = [s for m in spec.messages for s in getattr(m.content, "parts", ()) if isinstance(s, Slot)]
        forms = {s.name for s in slots if s.kind == "schema"}
        bare = {s.name for s in slots if s.kind == "primitive" and "fix_prompt" in s.name}
        if forms == {"xml_output_schema"} and not any(s.name.startswith("complete_json") for s in slots):
            assert not any(name.startswith("json") for name in bare), document["id"]
            compared += 1
        if all(problem.severity == "warning" for problem in check(text)):
            assert load(text).messages == spec.messages, document["id"]
    assert compared >= 25


@pytest.mark.parametrize(
    "path", sorted(str(p.relative_to(ROOT)) for p in [*ROOT.glob("specs/*.rail"), *ROOT.glob("examples/**/*.rail")])
)
def test_our_own_specs_have_no_problem_but_their_age(path: str) -> None:
    found = {problem.code for problem in check(ROOT / path)}
    assert not found & {"schema-not-told", "old-place", "primitive-form", "bad-default", "no-effect", "contradiction"}
    assert shows_schema(load((ROOT / path).read_bytes()).messages)
