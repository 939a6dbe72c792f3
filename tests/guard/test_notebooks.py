"""Notebooks: a guard and an outcome show themselves as HTML, and every call works inside a running event loop."""

from __future__ import annotations

import asyncio
from html.parser import HTMLParser
from typing import Any

import pytest

from railguard import Completion, Guard, Usage, validator
from railguard.testing import ScriptedModel
from railguard_validators.lower_case import lower_case
from railguard_validators.valid_range import valid_range

GUARD = Guard.from_json_schema(
    {
        "type": "object",
        "title": "<b>Person</b>",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
        "required": ["name", "age"],
    },
    messages="Who is <i>it</i>? ${document}",
)
GUARD = GUARD.using(lower_case(on_fail="fix"), on="$.name").using(valid_range(0, 120), on="$.age")
EVIL = '<script>alert("x")</script>'


class Page(HTMLParser):
    """The tags of a page, balanced, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.stack: list[str] = []
        self.feed(html)
        assert self.stack == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        self.stack.append(tag)
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_an_outcome_shows_what_failed_what_was_asked_again_before_after_and_tokens():
    first = Completion('{"name": "Ann", "age": 360}', "stop", usage=Usage(10, 5))
    outcome = GUARD(ScriptedModel([first, Completion('{"age": 36}', "stop", usage=Usage(20, 2))]), {"document": "x"})
    page = Page(outcome._repr_html_())
    for words in (
        "✓ passed (valid), 2 answers, 37 tokens",
        '"age": 36',
        "resolved: 1",
        "lower-case",
        "'Ann'",
        "'ann'",
        "round 0: asked for everything; 1 failed, 10 + 5 tokens",
        "round 1: asked for $.age; nothing failed, 20 + 2 tokens",
        "The value is 360; it must be between 0 and 120.",
    ):
        assert words in page.text


def test_an_outcome_that_failed_shows_what_is_left_and_a_refusal():
    page = Page(GUARD.parse('{"name": "ann", "age": 360}')._repr_html_())
    assert "✗ failed (no_model)" in page.text
    assert "unresolved: 1" in page.text
    assert '"name": "ann"' in page.text
    refused = GUARD(ScriptedModel([Completion("", "refusal", refusal=EVIL)]), {"document": "x"})
    assert f"The model refused: {EVIL}" in Page(refused._repr_html_()).text


@pytest.mark.parametrize(
    "text", [EVIL, f'{{"name": "{EVIL[:8]}", "age": "{EVIL[:8]}"}}', '{"name": "\\ud800", "age": 1}', ""]
)
def test_what_a_model_wrote_is_text(text):
    page = Page(GUARD.parse(text)._repr_html_())
    assert "script" not in page.tags
    page.text.encode()


def test_what_is_long_is_cut():
    many = Guard.from_json_schema({"type": "array", "items": {"type": "integer"}})
    html = many.parse(str(["x" * 50] * 5_000).replace("'", '"'))._repr_html_()
    assert len(html) < 100_000
    assert "… and 4950 more" in Page(html).text


def test_a_guard_shows_its_messages_its_schema_and_its_warnings():
    page = Page(GUARD._repr_html_())
    assert "variables: document" in page.text
    assert "Who is <i>it</i>? ${document}" in page.text
    assert '"age"' in page.text
    assert "i" not in page.tags
    old = Guard.from_rail_string('<rail version="0.1"><output><string name="a"/></output><prompt>x</prompt></rail>')
    assert "<prompt> is of an older dialect" in Page(old._repr_html_()).text


@validator("slow-check", replace=True)
async def slow_check(value: str) -> bool:
    await asyncio.sleep(0)
    return True


def test_every_call_works_inside_a_running_event_loop():
    guard = Guard.from_json_schema({"type": "object", "properties": {"a": {"type": "string"}}}, messages="?")
    guard = guard.using(slow_check(), on="$.a")
    answer = '{"a": "x"}'

    async def model(messages: Any) -> str:
        await asyncio.sleep(0)
        return answer

    async def cell() -> None:
        assert guard.parse(answer).passed
        assert guard(model).passed
        assert list(guard.stream(model))[-1].outcome.passed
        failed = guard.parse('{"a": 1}')
        assert guard.resume(failed, model, messages=[{"role": "user", "content": "?"}]).passed
        assert (await guard.acall(model)).passed
        assert (await guard.aparse(answer)).passed
        assert [event async for event in guard.astream(model)][-1].outcome.passed
        assert guard.render()

    asyncio.run(cell())
