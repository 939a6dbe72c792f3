"""Malformed answers, each with the value that a careful reader takes from it, or nothing: both policies, whole and in pieces.

An answer is right, or it is refused; it is never another value. NONE: nobody may read it as anything. JUDGED: reading
it is for judgement. Every case is put to a closed schema and to one whose objects take further keys.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from railguard import Completion, Guard, ValidationOutcome


class _None:
    def __repr__(self) -> str:
        return "nothing"


NONE = _None()
JUDGED = True


class Case(NamedTuple):
    """schema: a JSON Schema. right: the value, or NONE. judged: reading it needs a judgement."""

    schema: dict[str, Any]
    text: str
    right: Any
    judged: bool = False


def obj(**members: Any) -> dict[str, Any]:
    """A closed object; a name that ends in an underscore is optional."""
    return {
        "type": "object",
        "properties": {name.removesuffix("_"): member for name, member in members.items()},
        "required": [name for name in members if not name.endswith("_")],
        "additionalProperties": False,
    }


def some(item: Any) -> dict[str, Any]:
    return {"type": "array", "items": item}


def word(*values: Any) -> dict[str, Any]:
    return {"enum": list(values)}


def said(schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {**schema, "description": description}


def maybe(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def opened(schema: Any) -> Any:
    """The schema with objects that take any further key, as one has that says nothing about them."""
    if isinstance(schema, list):
        return [opened(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: opened(one) for key, one in schema.items()}
    return {key: one for key, one in made.items() if key != "additionalProperties" or one is not False}


S, I, F, B = {"type": "string"}, {"type": "integer"}, {"type": "number"}, {"type": "boolean"}  # noqa: E741  # a letter a type
DATE, MOMENT = {"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}
BOOK = obj(title=S, year=I)
DUNE = {"title": "Dune", "year": 1965}
TICKET = obj(id=I, status=word("new", "waiting", "closed"), owner_=S)
INVOICE = obj(number=S, total=F, paid=B)
LINES = obj(lines=some(obj(sku=S, qty=I)))
TEXT = obj(text=S)
MOOD = word("happy", "sad", "neutral")
SIGN = obj(mood=MOOD)
NUMBERS = some(I)

CASES: list[Case] = [
    # -- fences and prose
    Case(BOOK, 'Certainly! Below is the record.\n\n```json5\n{title: "Dune", year: 1965}\n```\n\nLet me know!', DUNE),
    Case(BOOK, '   ```json\n   {"title": "Dune",\n    "year": 1965}\n   ```', DUNE),
    Case(BOOK, '> ```\n{"title": "Dune", "year": 1965}\n```', DUNE),
    Case(BOOK, '```json\n{"title": "Dune", "year": 1965}\n```\n```text\nThe book is from 1965.\n```', DUNE),
    Case(BOOK, '```json\n```\n{"title": "Dune", "year": 1965}', DUNE),
    Case(BOOK, '``{"title": "Dune", "year": 1965}``', DUNE),
    Case(BOOK, '`{"title": "Dune", "year": 1965}`', DUNE),
    Case(BOOK, '**Answer:** {"title": "Dune", "year": 1965}.', DUNE),
    Case(BOOK, 'JSON: {"title": "Dune", "year": 1965};', DUNE),
    Case(BOOK, 'const book = {"title": "Dune", "year": 1965};', DUNE),
    Case(BOOK, 'book = {"title": "Dune", "year": 1965}  # done', DUNE),
    Case(BOOK, 'The set {Dune, Emma} has one match (see [2]): {"title": "Dune", "year": 1965}', DUNE),
    Case(BOOK, "I am sorry, but I can't help with that.", NONE),
    Case(BOOK, 'The format is {"title": string, "year": integer}.', NONE),
    Case(BOOK, 'Use {"title": "...", "year": 0} as a template:\n\n{"title": "Dune", "year": 1965}', DUNE, JUDGED),
    Case(BOOK, '<thinking>{"title": "Emma", "year": 1815} or Dune?</thinking>{"title": "Dune", "year": 1965}', DUNE),
    Case(BOOK, '<scratchpad>\n1965 {minus} 1\n</scratchpad>\n\n<json>{"title": "Dune", "year": 1965}</json>', DUNE),
    Case(BOOK, '<result><![CDATA[{"title": "Dune", "year": 1965}]]></result>', DUNE),
    Case(BOOK, '<tool_call>\n{"name": "save", "arguments": {"title": "Dune", "year": 1965}}\n</tool_call>', DUNE),
    Case(BOOK, '<think>\nDune is {"title": "Dune", "year": 1965', NONE),
    # -- several values
    Case(
        BOOK,
        '{"title": "Emma", "year": 1816}\n\nCorrection:\n\n{"title": "Emma", "year": 1815}',
        {"title": "Emma", "year": 1815},
    ),
    Case(BOOK, 'First try:\n{"title": "Dune"}\nComplete:\n{"title": "Dune", "year": 1965}', DUNE),
    Case(BOOK, '{"title": "Dune", "year": 1965}\n{"confidence": 0.9}', DUNE),
    Case(BOOK, '{"title": "Dune", "year": 1965} {"title": "Dune", "year": 1965}', DUNE),
    Case(
        BOOK,
        '{"title": "Dune", "year": 1965}\n{"title": "Emma", "year": 1815}',
        {"title": "Emma", "year": 1815},
        JUDGED,
    ),
    Case(BOOK, '[{"title": "Dune", "year": 1965}, {"title": "Emma", "year": 1815}]', NONE),
    Case(BOOK, '{"option_a": {"title": "Dune", "year": 1965}, "option_b": {"title": "Emma", "year": 1815}}', NONE),
    Case(
        some(BOOK),
        '{"title": "Dune", "year": 1965}\n{"title": "Emma", "year": 1815}\n',
        [DUNE, {"title": "Emma", "year": 1815}],
    ),
    Case(
        some(BOOK),
        '[{"title": "Dune", "year": 1965}]\n[{"title": "Emma", "year": 1815}]',
        [{"title": "Emma", "year": 1815}],
        JUDGED,
    ),
    Case(NUMBERS, "[1, 2]\n\nActually, the correct list is:\n[1, 2, 3]", [1, 2, 3]),
    # -- wrappers
    Case(BOOK, '{"response": {"title": "Dune", "year": 1965}}', DUNE),
    Case(BOOK, '{"status": "ok", "data": {"title": "Dune", "year": 1965}}', DUNE, JUDGED),
    Case(BOOK, '{"book": [{"title": "Dune", "year": 1965}]}', DUNE, JUDGED),
    Case(BOOK, '{"result": "{\\"title\\": \\"Dune\\", \\"year\\": 1965}"}', DUNE),
    Case(BOOK, '{"function": {"name": "save", "arguments": "{\\"title\\": \\"Dune\\", \\"year\\": 1965}"}}', DUNE),
    Case(some(BOOK), '{"books": [{"title": "Dune", "year": 1965}]}', [DUNE]),
    Case(some(BOOK), '{"books": {"title": "Dune", "year": 1965}}', [DUNE]),
    Case(NUMBERS, '{"values": [4, 5], "count": 2}', [4, 5], JUDGED),
    Case(NUMBERS, '{"low": [4, 5], "high": [8, 9]}', NONE),
    Case(I, '{"answer": 12}', 12),
    # A word or number in brackets inside of a sentence is a reference, a label or a subscript.
    Case(some(I), "As shown in [1], apples are good.", NONE),
    Case(some(S), "- apples [1]\n- pears", NONE),
    Case(some(S), '- "x"\n- "[1]"', NONE),
    Case(some(S), "See [Smith].", NONE),
    Case(some(I), "x[1] = 5", NONE),
    Case(I, "As shown in [1], yes.", NONE),
    Case(some(I), "The answer is [1].", [1]),
    Case(some(I), "Answer: **[1]**", [1]),
    Case(some(I), "The answer:\n[1]\nThat is all.", [1]),
    Case(some(I), 'url: "http://x?b=[2, 3]"', NONE),
    Case(some(obj(a=I, b=S)), '- a: 1\n  b: "x[]"', NONE),
    Case(some(S), "The type is int[], and the values are unknown.", NONE),
    Case(some(I), "The answer is [].", []),
    Case(obj(a_=I), "An empty {} is possible.", NONE),
    Case(obj(a=I, b=S), 'msg: "it is {"a": 1, "b": "x"}"', NONE),
    Case(some(S), '- "{\\"a\\": 1}"', NONE),
    Case(some(I), '- "[1, 2]"\n', NONE),
    Case({"anyOf": [obj(a=I), obj(b=S)]}, 'b: "{\\"a\\": 1}"', NONE),
    Case({"anyOf": [obj(a=I), obj(b=S)]}, "b: '{\"a\": 1}'", NONE),
    Case(obj(a=I), 'The answer is: "{\\"a\\": 1}"', {"a": 1}),
    Case(obj(a=I), "Answer: '{\"a\": 1}'", {"a": 1}),
    Case(obj(a=I), f'He said "yes", {"and so on, " * 40}so that it is {{"a": 1}}', {"a": 1}),
    Case(obj(a=I), 'As in {"size": "5\\" pipe"}, it is {"a": 1}', {"a": 1}),
    # What a server or tool says instead of an answer, and one value in a wrapper in place of a list.
    Case(some(S), '{"error": "rate limit"}', NONE),
    Case(some(I), '{"error": 429}', NONE),
    Case(I, '{"Error": 429}', NONE),
    Case(obj(a=I), '{"error": {"a": 1}}', NONE),
    Case(obj(a=I), '{"error": null, "data": {"a": 1}}', {"a": 1}, JUDGED),
    Case(some(S), '{"answer": "x"}', ["x"], JUDGED),
    Case(some(S), '{"answer": ["x"]}', ["x"]),
    Case(some(S), "[5, 6...]", NONE),
    Case(some(S), "[1..5]", NONE),
    Case(obj(a=S), '{"a": Bo...}', NONE),
    Case(some(S), "[a; b]", NONE),
    Case(some(S), "0x10", ["0x10"]),
    Case(some(S), "+5", ["+5"]),
    Case(I, '{"name": "Bo"}\n{"age": 3}', 3, JUDGED),
    Case({"type": "object", "additionalProperties": I}, '{"name": "Bo"}\n{"age": 3}', {"age": 3}, JUDGED),
    Case(obj(a=I), '{"a": 3} is invalid because a must be at least 18.', NONE),
    Case(obj(a=I), '<example>{"a": 3}</example>', {"a": 3}, JUDGED),
    Case(obj(a=I), '<!-- {"a": 3} -->', {"a": 3}, JUDGED),
    Case(some({"type": ["string", "integer"]}), f"[\n  1{'0' * 60}  # note\n]", [10**60]),
    Case({}, "{", NONE),
    Case({}, "Here:", "Here:"),
    Case({}, "[", NONE),
    # A whole float is an integer, and not a text.
    Case(some({"type": ["string", "integer"]}), "[1.0, 1e3]", [1, 1000]),
    Case(some({"type": ["string", "integer"]}), "[1e16]", NONE),
    Case(some({"type": ["string", "integer"]}), '[1.5, "1.0"]', ["1.5", "1.0"]),
    # JSON in a text in a text.
    Case(some(S), '"\\"[\\\\n\\\\"a\\\\"]\\""', NONE),
    Case(some(S), '"[\\"a\\""', ["a"], JUDGED),
    Case(I, '{"answer": 12, "confidence": 90}', NONE),
    Case(word(1, 2, 3), '{"rating": 2}', 2),
    Case(obj(book=BOOK), '{"title": "Dune", "year": 1965}', {"book": DUNE}, JUDGED),
    Case(BOOK, '"{\\"title\\": \\"Dune\\", \\"year\\": 1965}"', DUNE),
    Case(BOOK, '{\\n  \\"title\\": \\"Dune\\",\\n  \\"year\\": 1965\\n}', DUNE),
    # -- quotes
    Case(BOOK, "{'title': 'Ender\\'s Game', 'year': 1985}", {"title": "Ender's Game", "year": 1985}),
    Case(BOOK, "{'title': \"Ender's Game\", 'year': 1985}", {"title": "Ender's Game", "year": 1985}),
    Case(BOOK, "{'title': 'Ender's Game', 'year': 1985}", {"title": "Ender's Game", "year": 1985}),
    Case(BOOK, "{„title“: „Dune“, „year“: 1965}", DUNE),
    Case(BOOK, "{«title»: «Dune», «year»: 1965}", DUNE),
    Case(BOOK, "{title: Dune, year: 1965}", DUNE),
    Case(
        BOOK,
        "{\n  title: The Left Hand of Darkness\n  year: 1969\n}",
        {"title": "The Left Hand of Darkness", "year": 1969},
    ),
    Case(
        TEXT,
        '{"text": "The sign said "No entry" and so we left."}',
        {"text": 'The sign said "No entry" and so we left.'},
    ),
    Case(TEXT, '{"text": "She said “go”, then "stop"."}', {"text": 'She said “go”, then "stop".'}),
    Case(TEXT, '{"text": "It costs 5", 6" or 7" per piece"}', {"text": 'It costs 5", 6" or 7" per piece'}, JUDGED),
    Case(TEXT, '{"text": "He wrote: {"a": 1} and left"}', {"text": 'He wrote: {"a": 1} and left'}, JUDGED),
    Case(BOOK, '{"title": "Dune", "year": "1965}', DUNE, JUDGED),
    Case(BOOK, '{"title": Dune", "year": 1965}', DUNE),
    Case(BOOK, '{title": "Dune", year": 1965}', DUNE),
    Case(BOOK, '{"title": ""Dune"", "year": 1965}', DUNE, JUDGED),
    Case(TEXT, '{"text": """first\nsecond"""}', {"text": "first\nsecond"}),
    Case(TEXT, '{"text": "first\n\n  second"}', {"text": "first\n\n  second"}),
    Case(TEXT, "{'text': 'line one\\nline two'}", {"text": "line one\nline two"}),
    Case(TEXT, '{"text": "tab\there"}', {"text": "tab\there"}),
    Case(TEXT, '{"text": "path D:\\data\\raw"}', {"text": "path D:\\data\\raw"}, JUDGED),
    Case(TEXT, '{"text": "sum \\$5 and 50\\%"}', {"text": "sum $5 and 50%"}, JUDGED),
    Case(TEXT, '{"text": "caf\\u00e9 \\u2013 open"', {"text": "café – open"}),
    Case(TEXT, '{"text": "bad \\u12"}', NONE),
    Case(BOOK, '{"title": "Dune, "year": 1965}', DUNE),
    Case(BOOK, """{"title": "Dune', "year": 1965}""", NONE),
    Case(BOOK, '{"title": "Dune`\n"year": 1965}', NONE),
    Case(BOOK, '{"title": "Dune\\", "year": 1965}', NONE),
    Case(BOOK, """{'title': 'Dune", 'year': 1965}""", NONE),
    Case(BOOK, '{"title": "a \\"Dune\\", "year": 1965}', {"title": 'a "Dune"', "year": 1965}),
    # -- commas, colons, brackets, comments
    Case(BOOK, '{"title": "Dune" "year": 1965}', DUNE),
    Case(BOOK, '{"title": "Dune",\n "year": 1965,\n}', DUNE),
    Case(BOOK, '{,"title": "Dune", "year": 1965}', DUNE),
    Case(BOOK, '{"title" : "Dune" ; "year" : 1965 ;}', DUNE),
    Case(BOOK, '{"title": "Dune", "year" 1965}', DUNE),
    Case(BOOK, '("title": "Dune", "year": 1965)', NONE),
    Case(BOOK, '{"title": "Dune", "year": 1965]', DUNE),
    Case(BOOK, '{"title": "Dune", "year": 1965}}}', DUNE),
    Case(BOOK, '"title": "Dune", "year": 1965}', DUNE),
    Case(BOOK, '{\n  "title": "Dune", // by Herbert\n  /* first edition */ "year": 1965\n}', DUNE),
    Case(BOOK, '{\n  "title": "Dune", # by Herbert\n  "year": 1965 # AD\n}', DUNE),
    Case(TEXT, '{"text": "see http://x.org/a#b // not a comment"}', {"text": "see http://x.org/a#b // not a comment"}),
    Case(
        LINES,
        '{"lines": [{"sku": "A1", "qty": 2} {"sku": "B2", "qty": 1}]}',
        {"lines": [{"sku": "A1", "qty": 2}, {"sku": "B2", "qty": 1}]},
    ),
    Case(
        LINES,
        '{"lines": [{"sku": "A1", "qty": 2}, {"sku": "B2", "qty": 1}}',
        {"lines": [{"sku": "A1", "qty": 2}, {"sku": "B2", "qty": 1}]},
    ),
    Case(
        LINES,
        '{"lines": [{"sku": "A1", "qty": 2},, {"sku": "B2", "qty": 1},]}',
        {"lines": [{"sku": "A1", "qty": 2}, {"sku": "B2", "qty": 1}]},
        JUDGED,
    ),
    Case(LINES, '{"lines": [{"sku": "A1", "qty": 2}, {"sku": "B2", "q', NONE),
    Case(LINES, '{"lines": [{"sku": "A1", "qty": 2}, ...]}', NONE),
    Case(LINES, '{"lines": [{"sku": "A1", "qty": 2}, {"sku": "B2"}]}', NONE),
    Case(LINES, '{"lines": [{"sku": "A1", "qty": "two"}]}', NONE),
    Case(LINES, '{"lines": {"sku": "A1", "qty": 2}}', {"lines": [{"sku": "A1", "qty": 2}]}),
    Case(LINES, '{"lines": "[{\\"sku\\": \\"A1\\", \\"qty\\": 2}]"}', {"lines": [{"sku": "A1", "qty": 2}]}),
    Case(BOOK, '{"title": "Dune", "year": 1965', DUNE, JUDGED),
    Case(BOOK, '{"title": "Du', NONE),
    Case(BOOK, '{"title": "Dune", "ye', NONE),
    Case(BOOK, '{"title": "Dune", "year":', NONE),
    Case(BOOK, '{"title": "Dune", "title": "Emma", "year": 1965}', NONE),
    # -- Python, JavaScript and other tongues
    Case(
        INVOICE,
        "{'number': 'R-1', 'total': Decimal('12.50'), 'paid': True}",
        {"number": "R-1", "total": 12.5, "paid": True},
    ),
    Case(INVOICE, "dict(number='R-1', total=12.5, paid=False)", {"number": "R-1", "total": 12.5, "paid": False}),
    Case(INVOICE, "Invoice(number='R-1', total=12.5, paid=False)", {"number": "R-1", "total": 12.5, "paid": False}),
    Case(obj(tags=some(S)), "{'tags': ('a', 'b')}", {"tags": ["a", "b"]}),
    Case(obj(tags=some(S)), "{'tags': {'a', 'b'}}", {"tags": ["a", "b"]}),
    Case(obj(tags=some(S)), '{"tags": "a, b"}', NONE),
    Case(obj(owner=maybe(S)), "{'owner': None}", {"owner": None}),
    Case(obj(owner=maybe(S)), '{"owner": undefined}', {"owner": None}),
    Case(obj(owner=maybe(S)), '{"owner": "None",}', {"owner": "None"}),
    Case(obj(day=DATE), "{'day': datetime.date(2023, 7, 4)}", {"day": "2023-07-04"}),
    Case(obj(n=F), '{"n": NaN}', NONE),
    Case(obj(n=F), '{"n": Infinity}', NONE),
    Case(obj(n=maybe(F)), '{"n": NaN}', NONE),
    # -- numbers
    Case(
        INVOICE,
        '{"number": "R-1", "total": "$1,250.00", "paid": "yes"}',
        {"number": "R-1", "total": 1250.0, "paid": True},
    ),
    Case(
        INVOICE, '{"number": "R-1", "total": 1,250.00, "paid": true}', {"number": "R-1", "total": 1250.0, "paid": True}
    ),
    Case(
        INVOICE,
        '{"number": "R-1", "total": "1.250,00 €", "paid": true}',
        {"number": "R-1", "total": 1250.0, "paid": True},
    ),
    Case(INVOICE, '{"number": "R-1", "total": "1.250 €", "paid": true}', NONE),
    Case(
        INVOICE,
        '{"number": "R-1", "total": "12,50", "paid": true}',
        {"number": "R-1", "total": 12.5, "paid": True},
        JUDGED,
    ),
    Case(INVOICE, '{"number": "R-1", "total": "about 1250", "paid": true}', NONE),
    Case(INVOICE, '{"number": "R-1", "total": "up to 20%", "paid": true}', NONE),
    Case(INVOICE, '{"number": "R-1", "total": "1200-1300", "paid": true}', NONE),
    Case(INVOICE, '{"number": "R-1", "total": "1.2M", "paid": true}', NONE),
    Case(INVOICE, '{"number": 4711, "total": 12, "paid": true}', {"number": "4711", "total": 12, "paid": True}),
    Case(INVOICE, '{"number": 0042, "total": 12, "paid": true}', {"number": "0042", "total": 12, "paid": True}),
    Case(INVOICE, '{"number": 1.10, "total": 12, "paid": true}', {"number": "1.10", "total": 12, "paid": True}),
    Case(
        INVOICE,
        '{"number": +4930123456, "total": 12, "paid": true}',
        {"number": "+4930123456", "total": 12, "paid": True},
    ),
    Case(INVOICE, '{"number": "R-1", "total": "twelve", "paid": true}', NONE),
    Case(INVOICE, '{"number": "R-1", "total": "", "paid": true}', NONE),
    Case(INVOICE, '{"number": "R-1", "total": 12.5, "paid": "partly"}', NONE),
    Case(INVOICE, '{"number": "R-1", "total": 12.5, "paid": "false"}', {"number": "R-1", "total": 12.5, "paid": False}),
    Case(INVOICE, '{"number": "R-1", "total": 12.5, "paid": 1}', {"number": "R-1", "total": 12.5, "paid": True}),
    Case(BOOK, '{"title": "Dune", "year": "1965"}', DUNE),
    Case(BOOK, '{"title": "Dune", "year": 1965.0}', DUNE),
    Case(BOOK, '{"title": "Dune", "year": 1965.5}', NONE),
    Case(BOOK, '{"title": "Dune", "year": "1965 AD"}', NONE),
    Case(BOOK, '{"title": "Dune", "year": true}', NONE),
    Case(BOOK, '{"title": "Dune", "year": [1965]}', DUNE, JUDGED),
    Case(BOOK, '{"title": "Dune", "year": [1965, 1966]}', NONE),
    Case(obj(share=F), '{"share": "3/4"}', {"share": 0.75}, JUDGED),
    Case(obj(stars=F), '{"stars": "3/4"}', NONE),
    Case(obj(tax=said(F, "the tax rate in percent")), '{"tax": "19 %"}', {"tax": 19}),
    Case(obj(tax=said(F, "the tax rate as a fraction of 1, not in percent")), '{"tax": "19%"}', NONE),
    Case(obj(length=said(F, "the length in metres")), '{"length": "3.5m"}', {"length": 3.5}),
    Case(obj(length=said(F, "the length in metres")), '{"length": "350 cm"}', NONE),
    Case(obj(age_years=I), '{"age_years": "41 years"}', {"age_years": 41}),
    Case(obj(n=I), '{"n": "1e3"}', {"n": 1000}),
    Case(obj(n=I), '{"n": 10_000}', {"n": 10000}),
    Case(obj(n=I), '{"n": "10 000"}', {"n": 10000}),
    Case(obj(n=I), '{"n": "1,23"}', NONE),
    Case(obj(n=F), '{"n": .25}', {"n": 0.25}),
    Case(obj(n=F), '{"n": "-$3.10"}', {"n": -3.1}),
    Case(obj(n=F), '{"n": "(3.10)"}', NONE),
    Case(I, "The total comes to 1,204.", 1204, JUDGED),
    Case(I, "Between 3 and 5", NONE),
    Case(F, "≈ 3.5", NONE),
    # -- words of a set
    Case(SIGN, '{"mood": "Happy"}', {"mood": "happy"}),
    Case(SIGN, '{"mood": "  SAD. "}', {"mood": "sad"}),
    Case(SIGN, '{"mood": "The customer sounds happy"}', {"mood": "happy"}, JUDGED),
    Case(SIGN, '{"mood": "not happy"}', NONE),
    Case(SIGN, '{"mood": "hardly happy"}', NONE),
    Case(SIGN, '{"mood": "unhappy"}', NONE),
    Case(SIGN, '{"mood": "happy/sad"}', NONE),
    Case(SIGN, '{"mood": "unlikely to be sad"}', NONE),
    Case(SIGN, '{"mood": "anything but neutral"}', NONE),
    Case(SIGN, '{"mood": ["happy"]}', {"mood": "happy"}, JUDGED),
    Case(SIGN, '{"mood": null}', NONE),
    Case(SIGN, '{"mood": "joyful"}', NONE),
    Case(MOOD, "Sentiment: neutral", "neutral", JUDGED),
    Case(MOOD, "happy", "happy"),
    Case(MOOD, "I cannot say whether they are happy.", NONE),
    Case(MOOD, "It would be wrong to call this sad.", NONE),
    Case(MOOD, "'happy'", "happy"),
    Case(MOOD, "```\nsad\n```", "sad"),
    Case(TICKET, '{"id": 7, "status": "WAITING"}', {"id": 7, "status": "waiting"}),
    Case(TICKET, '{"ID": 7, "Status": "new", "owner": null}', {"id": 7, "status": "new"}),
    Case(TICKET, '{"id": "#7", "status": "new"}', NONE),
    Case(TICKET, '{"id": 7, "status": ""}', NONE),
    # -- keys
    Case(
        obj(firstName=S, last_name=S),
        '{"first_name": "Ada", "LastName": "Byron"}',
        {"firstName": "Ada", "last_name": "Byron"},
    ),
    Case(obj(zip_code=S), '{"zip-code": "02134"}', {"zip_code": "02134"}),
    Case(obj(größe=I), '{"Grosse": 5}', {"größe": 5}),
    Case(obj(a_b=I, ab_=I), '{"A B": 5}', NONE),
    Case(BOOK, '{"subtitle": "Dune", "year": 1965}', NONE),
    # -- dates
    Case(obj(day=DATE), '{"day": "March 3rd, 2021"}', {"day": "2021-03-03"}),
    Case(obj(day=DATE), '{"day": "2021/03/03"}', {"day": "2021-03-03"}),
    Case(obj(day=DATE), '{"day": "31.12.2021"}', {"day": "2021-12-31"}),
    Case(obj(day=DATE), '{"day": "03/04/2021"}', NONE),
    Case(obj(day=DATE), '{"day": "3/4/21"}', NONE),
    Case(obj(day=DATE), '{"day": "tomorrow"}', NONE),
    Case(obj(day=DATE), '{"day": "2021-02-30"}', NONE),
    Case(obj(day=DATE), '{"day": "2021-03"}', NONE),
    Case(obj(day=DATE), '{"day": "2021-03-03T00:00:00Z"}', {"day": "2021-03-03"}),
    Case(obj(day=DATE), '{"day": "2021-03-03T23:30:00-05:00"}', {"day": "2021-03-03"}, JUDGED),
    Case(obj(at=MOMENT), '{"at": "3 March 2021, 8:05 am"}', {"at": "2021-03-03T08:05:00"}),
    Case(obj(at=MOMENT), '{"at": "2021-03-03"}', NONE),
    # -- lists, maps and unions
    Case(NUMBERS, '["1", 2.0, "3,000"]', [1, 2, 3000]),
    Case(NUMBERS, '[1, "x", 3]', NONE),
    Case(NUMBERS, "[1, 2, null]", NONE),
    Case(some(S), '"apples"', ["apples"]),
    Case({"type": "object", "additionalProperties": I}, "{'a': '1', b: 2,}", {"a": 1, "b": 2}),
    Case({"type": "object", "additionalProperties": I}, '{"a": 1, "b": "many"}', NONE),
    Case(obj(x={"anyOf": [I, S]}), '{"x": 5,}', {"x": 5}),
    Case(obj(x={"anyOf": [I, B]}), '{"x": "true"}', {"x": True}),
    Case(obj(x={"anyOf": [F, DATE]}), '{"x": "12 May 2020"}', {"x": "2020-05-12"}),
    Case(obj(x={"anyOf": [obj(a=I), obj(b=I)]}), '{"x": {"b": "2"}}', {"x": {"b": 2}}),
    Case(obj(x=obj(y=obj(z=I))), '{"x": {"y": {"z": 1}', {"x": {"y": {"z": 1}}}),
    Case(obj(m={"type": "string", "format": "email"}), '{"m": "mailto:ada@example.org"}', {"m": "ada@example.org"}),
    Case(obj(text=S, n=I), '{"text": "cut", "n": 1, "extra": "gone"}', {"text": "cut", "n": 1}),
    # -- what tells a reader that a piece is not the answer
    Case(
        BOOK, 'Output: {"title": "Dune", "year": 1965}\n\n(for the input {"title": "dune", "year": 65})', DUNE, JUDGED
    ),
    Case(
        BOOK,
        '{"title": "Dune", "year": 1965}\n\nThis is the updated version of {"title": "Dune", "year": 1964}',
        DUNE,
        JUDGED,
    ),
    Case(BOOK, '{"title": "Dune", "year": 1965}\n\nIf you meant the film: {"title": "Dune", "year": 1984}', NONE),
    Case(BOOK, '{"title": "Dune", "year": 1965}\nIt could also be\n{"title": "Emma", "year": 1815}', NONE),
    Case(TICKET, '{"id": 7, "status": "new"}\n{"owner": "Ada"}', NONE),
    Case(obj(values=NUMBERS), '{"values": [4, 5]}, as shown in [1].', {"values": [4, 5]}),
    Case(obj(a=I, b_=I), '{"a": 1, "b": {"a": 2}}', NONE),
    # -- what is said behind a piece, and of several
    Case(BOOK, '{"title": "Dune", "year": 1956}\n\nOops, the digits are swapped.', NONE),
    Case(BOOK, '```json\n{"title": "Dune", "year": 1956}\n```\n**Correction:** the year is 1965.', NONE),
    Case(BOOK, '{"title": "Dune", "year": 1956}\n\nPlease disregard the above answer.', NONE),
    Case(BOOK, '{"title": "Dune", "year": 1956} is not right.', NONE),
    Case(BOOK, '{"title": "Dune", "year": 1965}\n\nThis is correct as far as I know.', DUNE),
    Case(BOOK, 'You should not return {"title": "Dune", "year": 1965}', NONE),
    Case(BOOK, 'An answer could look like {"title": "Dune", "year": 1965}', DUNE, JUDGED),
    Case(
        BOOK,
        'It is {"title": "Dune", "year": 1965}. One might read {"title": "Dune", "year": 65}, but that would be wrong.',
        DUNE,
        JUDGED,
    ),
    Case(BOOK, 'Book 1: {"title": "Dune", "year": 1965}\nBook 2: {"title": "Emma", "year": 1815}', NONE),
    Case(BOOK, 'Option A: {"title": "Dune", "year": 1965}\nOption B: {"title": "Dune", "year": 1984}', NONE),
    Case(BOOK, 'Draft 1: {"title": "Dune", "year": 1956}\nDraft 2: {"title": "Dune", "year": 1965}', DUNE, JUDGED),
    Case(BOOK, '<think>\nPerhaps {"title": "Dune", "year": 1965}. Let me check the date', NONE),
    Case(some(BOOK), '{"title": "Dune", "year": 1965}\n{"title": "Emma", "year": "long ago"}', NONE),
    Case(LINES, '{"sku": "A1", "qty": 2}\n{"sku": "B2", "qty": 1}', NONE),
    Case(some(BOOK), '{"title": "Dune", "year": 1965}\n{"note": "torn page"}\n{"title": "Emma", "year": 1815}', NONE),
    Case(BOOK, '{"title": "Dune", "year": 1956}\n\n{"year": 1965}', NONE),
    Case(BOOK, '{"title": "Dune", "year": 1965}\n\nwhere {"year": 1965} is from the cover', DUNE, JUDGED),
    Case(
        BOOK,
        '```\n{"title": "Dune", "year": 1956}\n```\nThat is wrong:\n```\n{"title": "Dune", "year": 1965}\n```',
        DUNE,
    ),
    # -- what stands in the place of data
    Case(NUMBERS, "[1, 2, // ... the other numbers\n]", NONE),
    Case(NUMBERS, "[1, 2 /* 40 more values */]", NONE),
    Case(NUMBERS, "[1, 2 # omitted for brevity\n]", NONE),
    Case(NUMBERS, "[1, // the others are larger\n 2]", [1, 2]),
    Case(TEXT, '{"text": "one" if short else "two"}', NONE),
    Case(obj(text=S, n=I), '{"text": "one" (the first), "n": 1}', NONE),
    Case(obj(text=S, n=I), '{"text": config["one"], "n": 1}', NONE),
    Case(TEXT, "{'text': f'Dear {name}'}", NONE),
    Case(obj(day=DATE), '{"day": ISODate("2023-07-04")}', {"day": "2023-07-04"}),
    Case(obj(day=DATE), '{"day": "Tuesday, 4 July 2023"}', {"day": "2023-07-04"}),
    Case(obj(day=DATE), '{"day": "Friday, 4 July 2023"}', NONE),
    # -- other marks
    Case(BOOK, '结果如下：\n｛"title"：“Dune”，"year"：1965｝', DUNE),
    Case(TEXT, '{"text"："一，二：三"}', {"text": "一，二：三"}),
    Case(some(S), '["一"、"二"，"三"]', ["一", "二", "三"]),
    Case(BOOK, '\ufeff{\u200b"title": "Dune",\u200e"year": 1965}\u200b', DUNE),
    # -- a letter that is a member, or an article
    Case(word("A", "B"), "A hard question, this one.", NONE),
    Case(word("A", "B"), "The answer is A", "A", JUDGED),
    Case(obj(land=word("US", "IN")), '{"land": "They did not tell us"}', NONE),
    Case(word("US", "IN"), "The seat is in Ohio.", NONE),
    Case(word("yes", "no"), "My final answer: no.", "no", JUDGED),
    Case(obj(tags=some(S)), '{"tags": "none"}', NONE),
    Case(NUMBERS, "[1, 2]\n\nContinued:\n[3]", NONE),
    # -- ends that were cut off
    Case(TICKET, '{"id": 7, "status": "new", "own', NONE),
    Case(TICKET, '{"id": 7, "status": "new",', NONE),
    Case(TICKET, '{"id": 7, "status": "new", "owner":', NONE),
    Case(TICKET, '{"id": 7, "status": "new"', {"id": 7, "status": "new"}, JUDGED),
    Case({"type": "object", "additionalProperties": I}, '{"a": 1, "b": 2,', NONE),
    Case({"type": "object", "additionalProperties": S}, '{"a": "x"', {"a": "x"}, JUDGED),
    Case(obj(path=S), '{"path": "C:\\"}', NONE),
    # -- texts and lists that are something else
    Case(TEXT, '{"text": ["one", "two"]}', NONE),
    Case(TEXT, '{"text"}', NONE),
    Case(TEXT, '{"text":: "one"}', {"text": "one"}),
    Case(TEXT, '{"text": "one", "two"}', NONE),
    Case(TEXT, '{"text": "one”}', {"text": "one"}, JUDGED),
    Case(some(S), '["one", etc.]', NONE),
    Case(some(S), '["one", {"name": "two"}]', NONE),
    Case(obj(tags=some(S)), '{"tags": ["one"] ["two"]}', NONE),
    Case(obj(tags=some(S)), "{\"tags\": \"['one', 'two']\"}", {"tags": ["one", "two"]}),
    Case(obj(x={"anyOf": [I, S]}), '{"x": {"n": 5}}', NONE),
    Case(obj(name=S), '{"Name": "Ada", "NAME": "Eve"}', NONE),
    Case(SIGN, '{"mood": "happy?"}', NONE),
    Case(SIGN, '{"mood": "was sad, is now fine"}', NONE),
    Case(obj(n=F), '{"n": "$5.00 USD"}', {"n": 5.0}),
    Case(obj(total=F), '{"total": "Total: 5"}', {"total": 5}, JUDGED),
]


OPEN_TOO = [case for case in CASES if '"extra"' not in case.text]  # a further key is kept where it is allowed


class InPieces:
    """A model that gives a text in pieces."""

    name = "in-pieces"

    def __init__(self, pieces: list[str]) -> None:
        self._pieces = pieces
        self._whole = Completion("".join(pieces), "stop")

    def complete(self, request: Any) -> Completion:
        return self._whole

    async def acomplete(self, request: Any) -> Completion:
        return self._whole

    def stream(self, request: Any) -> Iterator[str | Completion]:
        yield from self._pieces
        yield self._whole


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON; 12 and 12.0 are."""
    if isinstance(one, bool) or isinstance(other, bool) or not isinstance(one, type(other)):
        numbers = not isinstance(one, bool) and not isinstance(other, bool) and {type(one), type(other)} == {int, float}
        return one is other or (numbers and one == other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def is_right(outcome: ValidationOutcome, case: Case) -> bool:
    return not outcome.passed if case.right is NONE else outcome.passed and same(outcome.output, case.right)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.text[:40])
def test_what_a_careful_reader_takes_is_read_with_judgement(case: Case) -> None:
    outcome = Guard.from_json_schema(case.schema, repair="judgement").parse(case.text)
    assert is_right(outcome, case), outcome.output


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.text[:40])
def test_the_default_reads_all_but_what_needs_a_judgement(case: Case) -> None:
    outcome = Guard.from_json_schema(case.schema).parse(case.text)
    assert is_right(outcome, case._replace(right=NONE) if case.judged else case), outcome.output


@pytest.mark.parametrize("case", OPEN_TOO, ids=lambda case: case.text[:40])
def test_a_schema_that_allows_further_keys_changes_nothing(case: Case) -> None:
    judged = Guard.from_json_schema(opened(case.schema), repair="judgement").parse(case.text)
    assert is_right(judged, case), judged.output
    default = Guard.from_json_schema(opened(case.schema)).parse(case.text)
    assert is_right(default, case._replace(right=NONE) if case.judged else case), default.output


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.text[:40])
@pytest.mark.parametrize("policy", ["lossless", "judgement"])
def test_streamed_the_outcome_is_that_of_the_whole_text(case: Case, policy: Any) -> None:
    guard = Guard.from_json_schema(case.schema, repair=policy, messages=[{"role": "user", "content": "Go."}])
    chance = random.Random(case.text)
    whole = guard.parse(case.text)
    for longest in (1, 3, 20) if "RAILGUARD_FUZZ" in os.environ else (chance.choice((1, 3, 20)),):
        pieces, rest = [], case.text
        while rest:
            size = chance.randint(1, longest)
            pieces.append(rest[:size])
            rest = rest[size:]
        events = list(guard.stream(InPieces(pieces), max_reasks=0))
        outcome = events[-1].outcome
        assert outcome is not None
        assert (outcome.passed, outcome.output, outcome.partial) == (whole.passed, whole.output, whole.partial)
        assert outcome.failures == whole.failures


def test_the_table_is_large_and_the_default_reads_most_of_it() -> None:
    readable = [case for case in CASES if case.right is not NONE]
    assert len(CASES) >= 200
    assert len(CASES) - len(readable) >= 80
    assert sum(case.judged for case in readable) <= 0.23 * len(CASES)


@pytest.mark.parametrize("comma", [",", ", ", "", " ", "\n", ",\n"])
@pytest.mark.parametrize(
    ("begin", "value"),
    [
        ('{"a": 1}', 1),
        ('{"a": [1}', [1]),
        ('{"a": [[1}', [[1]]),
        ('{"a": [[1], [2}', [[1], [2]]),
        ('{"a": [[[1}', [[[1]]]),
        ('{"a": {"c": [1}', {"c": [1]}),
    ],
)
def test_a_member_behind_a_bracket_that_closes_too_early_or_too_much_is_not_lost(
    begin: str, value: Any, comma: str
) -> None:
    schema = {"properties": {"a": {}, "b": {"type": "integer"}}, "required": ["a"], "additionalProperties": False}
    text = f'{begin}{comma}"b": 2}}'
    assert Guard.from_json_schema({"type": "object", **schema}, repair="judgement").parse(text).output == {
        "a": value,
        "b": 2,
    }
    for policy in ("none", "syntax", "lossless"):
        outcome = Guard.from_json_schema({"type": "object", **schema}, repair=policy).parse(text)
        assert outcome.output in (None, {"a": value, "b": 2}), policy


@pytest.mark.parametrize("fence", ["{}", "```json\n{}\n```", "Here: {}"])
@pytest.mark.parametrize("policy", ["syntax", "lossless", "judgement"])
@pytest.mark.parametrize(
    ("text", "is_cut_short"),
    [
        ('[{"a": 1}], {"a": 2}]', True),
        ('[{"a": 1}] {"a": 2}]', True),
        ('[{"a": 1], {"a": 2}]', True),
        ('[{"a": 1, b: 2}], {"a": 2}]', True),
        ('{"a": 1}, b: 2}', True),
        ('{"a": 1} b: 2}', True),
        ('{"a": [1}, b: 2}', True),
        ('{"a": {"c": 1}}}, "b": 2}', True),
        ('[{"a": 1}]', False),
        ('{"a": 1}, as in [1] and {x}', False),
        ('{"a": 1}, b: see above', False),
    ],
)
def test_of_an_answer_that_a_bracket_closes_too_early_no_part_is_taken_for_the_whole(
    text: str, is_cut_short: bool, policy: Any, fence: str
) -> None:
    row = {"type": "object", "properties": {"a": {}, "b": {"type": "integer"}}, "required": ["a"]}
    guard = Guard.from_json_schema({"type": "array", "items": row}, repair=policy)
    outcome = guard.parse(fence.replace("{}", text))
    if is_cut_short:
        assert outcome.output is None
    elif policy != "syntax":
        assert outcome.output == [{"a": 1}]
