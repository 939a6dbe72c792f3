"""`outcome.as_written`: whether the answer passed as it was written."""

import pytest

from railguard import Guard
from railguard.testing import ScriptedModel

GUARD = Guard.from_rail_string(
    '<rail version="1.0"><output><integer name="n" validators="valid-range: 0 9" on-fail-valid-range="fix"/>'
    '<string name="s" required="false" default="x"/></output></rail>',
)


@pytest.mark.parametrize(
    ("text", "as_written"),
    [
        ('{"n": 1, "s": "y"}', True),
        ('{"n": 1}', False),  # a default was filled in
        ('{"n": "1", "s": "y"}', False),
        ('{"n": 10, "s": "y"}', False),
        ('```json\n{"n": 1, "s": "y"}\n```', False),
        ('{"n": "x", "s": "y"}', False),
    ],
)
def test_what_was_repaired_fixed_filled_in_or_failed_is_not_as_it_was_written(text: str, as_written: bool) -> None:
    assert GUARD.parse(text).as_written is as_written


def test_an_answer_that_a_model_was_asked_for_may_be_as_it_was_written() -> None:
    outcome = GUARD(ScriptedModel(['{"n": 1, "s": "y"}']), messages=[{"role": "user", "content": "?"}])
    assert outcome.as_written
