"""JSON as people and models read it."""

import json
from typing import Any

import pytest

from railguard.values import json_text


@pytest.mark.parametrize(
    "value", ['é "x"\n', 1, -0.0, 1.5, 1e300, float("nan"), True, None, [], {"ä": [1, {"b": "ß"}]}, float("inf")]
)
def test_it_is_what_json_writes_without_escapes_of_ascii(value: Any) -> None:
    assert json_text(value) == json.dumps(value, ensure_ascii=False)
