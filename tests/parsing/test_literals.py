"""JSON at its edges, valid and not: what is valid is read as JSON reads it, and no text raises, whole or in pieces."""

from __future__ import annotations

import functools
import json
from typing import Any

import pytest
from parsing_views import view

from railguard import Guard
from railguard.parsing.json.reader import Reader
from railguard.testing import ScriptedModel

VALID = [
    "[]", "[ ]", "{}", "[[]]", "[{}]", '{"":0}', '{"a":[]}', "[null]", "[true,false]", "0", "-0", "[0e1]", "[0e+1]",
    "[1E22]", "[1e-2]", "[-0]", "[-1]", "[-0.1]", "[123.456789]", "[0.000000000000000000000000000000000000000000001]",
    '"x"', '[""]', r'["\u0060\u012a\u12AB"]', r'["\uD801\udc37"]', r'["\ud83d\ude39\ud83d\udc8d"]',
    r'["\"\\\/\b\f\n\r\t"]', r'["\\u0000"]', r'["\u0000"]', r'["\uFFFF"]', '["\u2028\u2029"]', '["\x7f"]',
    '["a/*b*/c"]', '["asd "]', r'["\uA66D"]', '["😀"]', '["π"]', '{"a":"b","c":"d"}', '{"a":{"a":{"a":1}}}',
    '\n{\n"a"\t:\r\n1 }\n', '{"min":-1.0e+28,"max":1.0e+28}', r'{"foo\u0000bar":42}', '{"title":"\\u041f\\u043e"}',
    "[1,null,null,null,2]", "[2] ", " 1", "[1\n]", '"\\u0022"', "[9007199254740993]",
]  # fmt: skip
OTHER = [
    "", " ", "[", "]", "{", "}", "[,", "[,]", "[1,,2]", "[1,]", "[,1]", "[1 true]", "[a", "[1:2]", "[x", "[3[4]]",
    "[-]", "[--1]", "[+1]", "[.1]", "[1.]", "[1.e1]", "[1e]", "[1e+]", "[0x42]", "[0_1]", "[012]", "[-012]",
    "[1_000]", "[1e1.5]", "[Infinity]", "[-Infinity]", "[NaN]", "[nan]", "[1e400]", "[-1e400]", "[1+2]", "[1/2]",
    "[0e]", "[9.e+]", "[tru]", "[nul]", "[True]", "[ru", '["', '["a', '["a"', '["\\"]', '["\\', r'["\u"]',
    r'["\u00A"]', r'["\uD834"]', r'["\uD834\u0041"]', r'["\uD834\uD"]', r'["\uDd1e"]', r'["\uqqqq"]', r'["\x00"]',
    r'["\a"]', r'["\🌀"]', '["\n"]', '["\t"]', '["\x00"]', "['a']", '["a"b]', '[""', '["a",\n4\n,1,', '{"a"', '{"a":',
    '{"a":"b"', '{"a":"b",', '{"a":"b",,"c":1}', '{"a" "b"}', "{'a':0}", "{a:0}", "{1:1}", '{"a":1,}', '{"a":1}#',
    '{"a":1}/**/', '{"a":1}//', '{"a":1}x', '{"a":1}{"a":2}', '{"a":1,"a":2}', '{"a":1,"a":1}', '{"a":/*c*/1}',
    '{:"b"}', '{,"a":1}', '{[:"x"}', '{"a":"a" 123}', "{null:null}", '{"x"::"b"}', "<a>", "<null>", "\ufeff",
    "\ufeff{}", "\ufeff[1]", "\ud800", '["\udfff"]', "\x00", "[\x0c1]", "[\u00a01]", "[\u20601]", "[1]]", "[1]x",
    "[][]", "1]", "*", "{}}", '"', "'", "`", "“", "«", '"""', "```", "```json", "~~~", "<think>", "</think>", "/*",
    "//", "#", "\\", "\\u", "(", ")", "()", "(1)", "a(", "a(b=", "[" * 500, '{"a":' * 500, "[" * 500 + "]" * 500,
    "9" * 5000, "[" + "1," * 500, '"' * 500, "\\" * 500, "'" * 501, "[“" * 300, "{" * 300 + "}" * 300,
]  # fmt: skip
POLICIES: list[Any] = ["none", "syntax", "lossless", "judgement"]
SCHEMAS: list[dict[str, Any]] = [
    {},
    {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": False},
    {"type": "array", "items": {"type": "integer"}},
    {"type": "string"},
    {"enum": ["a", 1]},
]


@pytest.mark.parametrize("text", VALID)
def test_valid_json_is_read_as_json_reads_it(text: str) -> None:
    expected = json.loads(text)
    assert Guard.from_json_schema({}, repair="none").parse(text).output == expected
    if isinstance(expected, (dict, list)):
        for size in (1, 2, 3, len(text)):
            reader = Reader()
            for at in range(0, len(text), size):
                reader.feed(text[at : at + size])
            reader.close()
            assert json.dumps(reader.value) == json.dumps(expected)
            assert not view(reader.traced).repairs
            assert not view(reader.traced).problems


@functools.cache
def guards(policy: Any) -> list[Guard[Any]]:
    return [Guard.from_json_schema(schema, repair=policy) for schema in SCHEMAS]


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("text", OTHER, ids=lambda text: ascii(text[:20]))
def test_no_text_raises_and_pieces_change_nothing(text: str, policy: Any) -> None:
    for guard in guards(policy):
        whole = guard.parse(text)
        model = ScriptedModel([text], pieces=1)
        streamed = list(guard.stream(model, messages=[{"role": "user", "content": "Go."}], max_reasks=0))[-1].outcome
        assert streamed is not None
        assert (streamed.passed, streamed.output, streamed.failures) == (whole.passed, whole.output, whole.failures)
