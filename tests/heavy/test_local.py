"""A local model under a grammar: what it writes is valid, whatever its weights."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from railguard import Guard
from railguard.calls import TOLD_NOTE
from railguard.errors import InputError, ProviderError, SpecError
from railguard.llm import Request, model
from railguard.llm.local import Local
from railguard_validators.two_words import two_words
from railguard_validators.upper_case import upper_case

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus" / "rail_specs.jsonl"
RANDOM = {"temperature": 1.0}
EVERYTHING = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "short": {"type": "string", "minLength": 2, "maxLength": 5},
        "pattern": {"type": "string", "pattern": "^[A-Z]{2}[0-9]{3}$"},
        "whole": {"type": "integer"},
        "bounded": {"type": "integer", "minimum": 3, "maximum": 7},
        "number": {"type": "number"},
        "above": {"type": "number", "exclusiveMinimum": 0},
        "truth": {"type": "boolean"},
        "nothing": {"type": "null"},
        "either": {"enum": ["a", "b", 3]},
        "date": {"type": "string", "format": "date"},
        "time": {"type": "string", "format": "time"},
        "moment": {"type": "string", "format": "date-time"},
        "email": {"type": "string", "format": "email"},
        "url": {"type": "string", "format": "uri"},
        "uuid": {"type": "string", "format": "uuid"},
        "ipv4": {"type": "string", "format": "ipv4"},
        "duration": {"type": "string", "format": "duration"},
        "hostname": {"type": "string", "format": "hostname"},
        "list": {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 3},
        "map": {"type": "object", "additionalProperties": {"type": "integer"}},
        "maybe": {"type": ["string", "null"]},
        "union": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "boolean"}}]},
    },
    "required": [],
    "additionalProperties": False,
}
EVERYTHING["required"] = [name for name in EVERYTHING["properties"] if name not in ("maybe", "union")]
MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Who?"}]


@pytest.fixture
def local(tiny: tuple[Any, Any]) -> Local:
    return Local(*tiny, name="tiny", most_text=12, most_items=3, max_tokens=3000)


def question(**given: Any) -> Request:
    return Request(tuple(MESSAGES), **{"timeout": 600, **given})


@pytest.mark.parametrize("seed", range(4))
def test_every_kind_of_value_is_decoded_valid_with_nothing_to_repair(seed, local):
    outcome = Guard.from_json_schema(EVERYTHING, messages=MESSAGES)(local, seed=seed, max_reasks=0, **RANDOM)
    assert outcome.passed, outcome.failures
    assert outcome.repairs == ()
    (iteration,) = outcome.iterations
    assert (iteration.finish_reason, iteration.note) == ("stop", TOLD_NOTE)
    assert outcome.usage.output_tokens > 0


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not part of the project")
def test_the_specs_of_the_corpus_are_decoded_valid_with_nothing_to_repair(local):
    schemas: dict[str, Guard] = {}
    for line in CORPUS.read_text("utf-8").splitlines():
        try:
            found = Guard.from_rail_string(json.loads(line)["rail"], unknown_validators="ignore").json_schema()
            guard = Guard.from_json_schema(found, messages=MESSAGES)  # the structure without its validators
            guard.json_schema(target="llguidance")
        except SpecError:
            continue
        if found.get("type") == "object" and found["properties"]:
            schemas.setdefault(json.dumps(found), guard)
    assert len(schemas) > 40
    for guard in schemas.values():
        for seed in (0, 1):
            outcome = guard(local, seed=seed, max_reasks=0, timeout=600, **RANDOM)
            assert outcome.passed, (outcome.raw_output, outcome.failures)
            assert outcome.repairs == ()
            assert outcome.iterations[0].note == TOLD_NOTE  # and nothing of a grammar that could not be made


@pytest.mark.parametrize("seed", range(3))
def test_what_a_validator_narrows_is_decoded_so_that_it_passes(seed, local):
    schema = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "code": {"type": "string", "maxLength": 8}},
        "required": ["name", "code"],
        "additionalProperties": False,
    }
    guard = (
        Guard.from_json_schema(schema, messages=MESSAGES)
        .using(two_words(), on="$.name")
        .using(upper_case(), on="$.code")
    )
    assert guard(local, seed=seed, max_reasks=0, **RANDOM).passed


def test_the_same_seed_decodes_the_same_and_another_another(local):
    guard = Guard.from_json_schema(EVERYTHING, messages=MESSAGES)
    first, again, other = (guard(local, seed=seed, max_reasks=0, **RANDOM).raw_output for seed in (1, 1, 2))
    assert first == again != other


def test_a_reask_decodes_only_what_failed_and_reads_only_what_is_new(local):
    schema = {
        "type": "object",
        "properties": {
            "long": {"type": "array", "items": {"type": "integer"}, "minItems": 3, "maxItems": 3},
            "word": {"type": "string", "pattern": "^[a-z]{3,9}$"},
        },
        "required": ["long", "word"],
        "additionalProperties": False,
    }
    from railguard import validator

    seen: list[str] = []

    @validator("second-time-lucky", replace=True)
    def lucky(value: str) -> str | None:
        seen.append(value)
        return None if len(seen) > 1 else "It must be another word."

    guard = Guard.from_json_schema(schema, messages=MESSAGES).using(lucky(), on="$.word")
    outcome = guard(local, **RANDOM)
    assert outcome.passed
    first, second = outcome.iterations
    assert list(json.loads(second.raw)) == ["word"]
    assert second.usage.output_tokens < first.usage.output_tokens
    assert second.usage.cached_tokens >= first.usage.input_tokens - 1
    assert outcome.output["long"] == json.loads(first.raw)["long"]


def test_an_answer_without_room_is_cut_off_and_asked_for_where_it_ends(local):
    found = local.complete(
        question(
            schema=Guard.from_json_schema(EVERYTHING).json_schema(target="llguidance"),
            strict=True,
            options={"max_tokens": 20, **RANDOM},
        )
    )
    assert found.finish_reason == "length"
    assert found.usage.output_tokens <= 20


def test_free_text_is_decoded_and_streamed_the_same(local):
    options = {"max_tokens": 30, "top_p": 0.9, **RANDOM}
    whole = local.complete(question(options=options))
    *pieces, last = local.stream(question(options=options))
    assert "".join(pieces) == last.text == whole.text
    assert last.finish_reason in ("length", "stop")

    async def streamed() -> list[Any]:
        return [piece async for piece in local.astream(question(options=options))]

    assert asyncio.run(streamed())[-1].text == whole.text
    assert asyncio.run(local.acomplete(question(options=options))).text == whole.text


def test_values_are_told_while_they_are_decoded(local):
    guard = Guard.from_json_schema(EVERYTHING, messages=MESSAGES)
    events = list(guard.stream(local, **RANDOM))
    assert events[-1].outcome.passed
    told = [str(event.path) for event in events if event.type == "field"]
    assert told[:3] == ["$.text", "$.short", "$.pattern"]
    assert "restart" not in [event.type for event in events]


def test_a_schema_of_which_no_grammar_can_be_made_is_decoded_freely_and_that_is_noted(local):
    schema = {"type": "object", "properties": {}, "patternProperties": {"^(?=a)": {}}, "uniqueItems": True}
    found = local.complete(question(schema=schema, strict=True, options={"max_tokens": 3}))
    assert "the schema cannot be converted to a grammar" in found.note


def test_it_stops_when_the_time_is_over_and_when_it_is_left(local):
    long = {"type": "array", "items": {"type": "integer"}, "minItems": 2000}
    with pytest.raises(ProviderError, match=r"gave no whole answer in 0\.2 s"):
        local.complete(question(schema=long, strict=True, options=RANDOM, timeout=0.2))
    pieces = local.stream(question(options=RANDOM))
    next(pieces)
    pieces.close()
    assert local.complete(question(options={"max_tokens": 1})).usage.output_tokens <= 1

    async def main() -> None:
        stream = local.astream(question(options=RANDOM))
        await anext(stream)
        await stream.aclose()
        task = asyncio.create_task(local.acomplete(question(schema=long, strict=True, options=RANDOM)))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert local.complete(question(options={"max_tokens": 1})).usage.output_tokens <= 1


def test_threads_take_turns(local):
    options = {"max_tokens": 5}
    wanted = local.complete(question(options=options)).text
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(local.complete(question(options=options)).text)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [wanted] * 4


def test_a_model_is_loaded_from_its_directory(tiny, tmp_path):
    for part in tiny:
        part.save_pretrained(tmp_path)
    one = model(f"local:{tmp_path}")
    assert one.name == f"local:{tmp_path}"
    assert one.complete(question(options={"max_tokens": 2})).usage.output_tokens <= 2
    with pytest.raises(InputError, match="there is no model of transformers in"):
        model(f"local:{tmp_path / 'nowhere'}")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"stop": "x"}, "stop is not an option of a local model; it has max_tokens, temperature, top_p, seed"),
        ({"temperature": "hot"}, "temperature is a number from 0 up"),
        ({"max_tokens": 1.5}, "max_tokens is a whole number"),
        ({"seed": True}, "seed is a whole number"),
    ],
)
def test_a_wrong_option_is_refused(options, says, local):
    with pytest.raises(InputError, match=says):
        local.complete(question(options=options))


def test_a_conversation_longer_than_the_window_is_a_provider_error(local):
    long = Request(({"role": "user", "content": "word " * 20_000},))
    with pytest.raises(ProviderError, match="reads 8,192 tokens, and the conversation has"):
        local.complete(long)


def test_images_are_refused(local):
    part = {"type": "image_url", "image_url": {"url": "https://x/y.png"}}
    with pytest.raises(InputError, match="text only"):
        local.complete(Request(({"role": "user", "content": [part]},)))


def test_railguard_itself_imports_no_torch():
    code = (
        "import sys, railguard.llm.local, railguard.llm.models\n"
        "print([name for name in ('torch', 'transformers', 'llguidance') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
