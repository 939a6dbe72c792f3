"""How the validators are written in a RAIL document: positional arguments, braces for literals, old names."""

from __future__ import annotations

import pytest

from railguard import Guard

CALLS = [
    ("string", "length: 1 4", ["a", "four"], ["", "fives"]),
    ("string", "valid_length: 1 4", ["a"], [""]),
    ("list", "length: 1 2", [[1]], [[], [1, 2, 3]]),
    ("integer", "valid-range: 0 100", [0, 100], [-1, 101]),
    ("float", "valid-range: 0 0.5", [0.5], [0.51]),
    ("percentage", "valid-range: 0 20", ["20%"], ["21%"]),
    ("string", "valid-choices: {['a','b']}", ["a", "b"], ["c"]),
    ("integer", "valid-choices: {[1, 2]}", [1, 2], [3]),
    ("string", "regex_match: ^a+$", ["aa"], ["ab"]),
    ("string", "regex_match: a search", ["bab"], ["b"]),
    ("string", "hub://guardrails/two_words", ["a b"], ["a"]),
    ("string", "ends-with: x", ["ax"], ["a"]),
    ("list", "ends-with: x", [["x"]], [["y"]]),
    ("string", "contains_string: x", ["axb"], ["a"]),
    ("string", "reading-time: 0.01", ["a b"], ["a b c"]),
    ("string", "reading-level: 0 8", ["We keep your money safe."], ["Dispassionate categorical imperatives."]),
    ("string", "ban_list: {['secret']} 2", ["a sector"], ["a sekret"]),
    ("string", "redundant_sentences: 70", ["It rains."], ["The sky is blue. The sky was blue."]),
    ("string", "profanity_free; gibberish_text", ["A class act."], ["sh1t", "sdkfjh"]),
    ("string", "no-refusal-phrases", ["I am sorry for that."], ["I cannot assist with that."]),
    ("string", "uppercase", ["A"], ["a"]),
    ("string", "lowercase; one-line", ["a"], ["A", "a\nb"]),
    ("string", "valid-url", ["http://a.b"], ["a.b"]),
    ("list", "unique", [[1, 2]], [[1, 1]]),
    ("string", "valid_json", ["{}"], ["{"]),
    ("string", "words: 2 3", ["a b"], ["a"]),
    ("string", "excludes: {['x', 'y']}", ["a"], ["y"]),
    ("integer", "multiple-of: 5", [10], [11]),
    ("list", "sorted: descending", [[2, 1]], [[1, 2]]),
    ("string", "uuid: 4", ["f81d4fae-7dec-41d0-a765-00a0c91e6bf6"], ["f81d4fae-7dec-11d0-a765-00a0c91e6bf6"]),
    ("integer", "min-val: 3", [3, 9], [2]),
    ("integer", "max-val: 3", [3, -9], [4]),
    ("percentage", "max_value: 20", ["20%"], ["20.1%"]),
    ("string", "min-len: 2", ["ab"], ["a"]),
    ("list", "min-items: 2", [[1, 2]], [[1]]),
    ("list", "max-items: 2", [[], [1, 2]], [[1, 2, 3]]),
    ("string", "max_len: 2", ["ab"], ["abc"]),
    ("list", "unique-by: {['a', 'b']}", [[{"a": 1, "b": 1}, {"a": 1, "b": 2}]], [[{"a": 1, "b": 1}] * 2]),
    ("object", "sum-equals: c {['a', 'b']}", [{"a": 0.1, "b": 0.2, "c": 0.3}], [{"a": 1, "b": 1, "c": 1}]),
    ("object", "compare: a lt b", [{"a": 1, "b": 2}], [{"a": 2, "b": 1}]),
    ("object", "requires: a {['b', 'c']}", [{"b": 1}], [{"a": 1, "b": 1}]),
    ("object", "exactly-one-of: {['a', 'b']}", [{"a": 1}], [{}, {"a": 1, "b": 1}]),
]


@pytest.mark.parametrize(("tag", "call", "passing", "failing"), CALLS)
def test_it_runs_as_it_is_written(tag, call, passing, failing):
    inner = "".join(f'<any name="{name}" required="false"/>' for name in "abc") if tag == "object" else ""
    guard = Guard.from_rail_string(
        f'<rail version="1.0"><output><{tag} name="it" validators="{call}">{inner}</{tag}></output>'
        '<messages><message role="user">Answer.</message></messages></rail>'
    )
    import json

    for value in passing:
        assert guard.parse(json.dumps({"it": value})).passed, value
    for value in failing:
        outcome = guard.parse(json.dumps({"it": value}))
        assert not outcome.passed, value
        assert outcome.failures[0].message.endswith((".", "$", "a"))
