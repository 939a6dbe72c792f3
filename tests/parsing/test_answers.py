"""What models really wrote, by hand: each answer with what must come of it, with judgement and without.

An answer is right, or it is refused; it is never another value. JUDGEMENT: only the policy that allows judgements
reads it. REFUSED: nobody may read it.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from parsing_views import chosen

from railguard.parsing.coerce.soundness import misspelt
from railguard.schema import (
    AnyNode,
    BooleanNode,
    ChoiceCase,
    ChoiceNode,
    EnumNode,
    Field,
    FloatNode,
    IntegerNode,
    ListNode,
    Node,
    ObjectNode,
    Schema,
    StringNode,
    UnionNode,
)
from railguard.schema.structure import Structure
from railguard.spec import RepairPolicy
from railguard.values import UNSET


class _Refused:
    def __repr__(self) -> str:
        return "refused"


REFUSED = _Refused()


def obj(**members: Node) -> ObjectNode:
    """An object; a name that ends in an underscore is optional."""
    return ObjectNode(
        fields=tuple(Field(name.removesuffix("_"), node, not name.endswith("_")) for name, node in members.items())
    )


def some(node: Node) -> Node:
    return ListNode(item=node)


def one_of(*values: Any) -> Node:
    return EnumNode(values=values)


def said(node: Node, description: str) -> Node:
    return replace(node, description=description)


def maybe(node: Node) -> Node:
    return replace(node, nullable=True)


S, I, F, B = StringNode(), IntegerNode(), FloatNode(), BooleanNode()  # noqa: E741  # one letter a type keeps the table readable
PERSON = obj(name=S, age=I)
NOTE = obj(note=S)
STATUS = obj(status=one_of("open", "in_progress", "done"))
PRICE = obj(price=F)
TAGS = obj(tags=some(S))
BOTH = obj(a=I, b_=I)
MAIL = one_of("SPAM", "NOT_SPAM")
ANN = {"name": "Ann", "age": 36}

# (what is wanted, the text, what the default must make of it); where judgement makes more of it, that as a fourth.
FOUND: list[tuple[Any, ...]] = [
    # -- where the answer stands
    (PERSON, '```json\n{"name": "Ann", "age": 36}\n```', ANN),
    (PERSON, '```JSON\n{"name": "Ann", "age": 36}\n```\n', ANN),
    (PERSON, '```\n{"name": "Ann", "age": 36}\n```', ANN),
    (PERSON, '~~~json\n{"name": "Ann", "age": 36}\n~~~', ANN),
    (PERSON, '````json\n{"name": "Ann", "age": 36}\n````', ANN),
    (PERSON, 'Sure!\n```json\n{"name": "Ann", "age": 36}', ANN),
    (PERSON, 'Output: ```json {"name": "Ann", "age": 36} ```', ANN),
    (PERSON, '{"name": "Ann", "age": 36}\n```', ANN),
    (PERSON, 'Here you are: {"name": "Ann", "age": 36} Anything else?', ANN),
    (PERSON, 'The template {name} becomes:\n\n{"name": "Ann", "age": 36}', ANN),
    (PERSON, 'As shown in [1] and [the docs](http://x.org/{id}):\n{"name": "Ann", "age": 36}', ANN),
    (PERSON, 'I use {braces} and f(x) = {x}. {"name": "Ann", "age": 36}', ANN),
    (PERSON, '<think>Maybe {"name": "Bob", "age": 1}?</think>\n{"name": "Ann", "age": 36}', ANN),
    (PERSON, 'Maybe {"name": "Bob", "age": 1}.\n</think>\n\n{"name": "Ann", "age": 36}', ANN),
    (PERSON, '<reasoning>\n{"name": "Bob"}\n</reasoning>\n```json\n{"name": "Ann", "age": 36}\n```', ANN),
    (PERSON, '<answer>{"name": "Ann", "age": 36}</answer>', ANN),
    (PERSON, '<output>\n<json>\n{"name": "Ann", "age": 36}\n</json>\n</output>', ANN),
    (PERSON, '\ufeff{"name": "Ann", "age": 36}', ANN),
    (PERSON, '{"type": "object", "properties": {"name": {"type": "string"}}}\n\n{"name": "Ann", "age": 36}', ANN),
    (PERSON, 'json\n{"name": "Ann", "age": 36}', ANN),
    (PERSON, '[]\n{"name": "Ann", "age": 36}', ANN),
    (PERSON, '{"name": "Ann", "age": 36}\n\n{"name": "Ann", "age": 36}', ANN),
    (
        NOTE,
        '```json\n{"note": "use ```python\\nprint(1)\\n``` here"}\n```',
        {"note": "use ```python\nprint(1)\n``` here"},
    ),
    (NOTE, 'Fine: {"note": "a } and a ] and a {"}', {"note": "a } and a ] and a {"}),
    (PERSON, '{"person": {"name": "Ann", "age": 36}}', ANN),
    (PERSON, '[{"name": "Ann", "age": 36}]', ANN),
    (PERSON, '"{\\"name\\": \\"Ann\\", \\"age\\": 36}"', ANN),
    (PERSON, '{\\"name\\": \\"Ann\\", \\"age\\": 36}', ANN),
    (PERSON, '{"name": "extract", "arguments": "{\\"name\\": \\"Ann\\", \\"age\\": 36}"}', ANN),
    (PERSON, '{"tool": "save", "input": {"name": "Ann", "age": 36}}', ANN),
    (some(PERSON), '{"people": [{"name": "Ann", "age": 36}]}', [ANN]),
    (some(PERSON), '{"name": "Ann", "age": 36}', [ANN]),
    (some(BOTH), '{"a": 1}\n{"a": 2}\n{"a": 3}', [{"a": 1}, {"a": 2}, {"a": 3}]),
    (some(BOTH), '{"a": 1}, {"a": 2}', [{"a": 1}, {"a": 2}]),
    (BOTH, '{"a": 1}\n\nWait, I made a mistake. Corrected:\n\n{"a": 2}', {"a": 2}),
    (BOTH, 'Draft:\n```json\n{"a": 1}\n```\nFinal answer:\n```json\n{"a": 2}\n```', {"a": 2}),
    (BOTH, '{"a": 1}\nor rather\n{"a": 2}', REFUSED, {"a": 2}),
    (BOTH, 'For example {"a": 7}. Yours is {"a": 2}', REFUSED, {"a": 2}),
    (some(BOTH), 'First {"a": 1} and then {"a": 2}.', REFUSED, [{"a": 1}, {"a": 2}]),
    (PERSON, '{"reasoning": "easy", "result": {"name": "Ann", "age": 36}}', REFUSED, ANN),
    (BOTH, '{"draft": {"a": 1}, "final": {"a": 2}}', REFUSED),
    (BOTH, '[{"a": 1}, {"a": 2}]', REFUSED),
    (BOTH, "I cannot answer that.", REFUSED),
    (BOTH, "", REFUSED),
    (BOTH, "{}", REFUSED),
    (BOTH, '<think>{"a": 1}</think>', REFUSED),
    (obj(n=I), "1214", REFUSED, {"n": 1214}),
    (obj(s=S), "just words", REFUSED),
    # -- scalars as the whole answer
    (MAIL, "SPAM", "SPAM"),
    (MAIL, '"SPAM"', "SPAM"),
    (MAIL, "spam.", "SPAM"),
    (MAIL, "**Not spam**", "NOT_SPAM"),
    (MAIL, "```\nSPAM\n```", "SPAM"),
    (MAIL, "<answer>SPAM</answer>", "SPAM"),
    (MAIL, '{"label": "SPAM"}', "SPAM"),
    (MAIL, '["SPAM"]', "SPAM"),
    (MAIL, "Answer: SPAM", REFUSED, "SPAM"),
    (MAIL, "The message is clearly SPAM.", REFUSED, "SPAM"),
    (MAIL, "This is NOT_SPAM", REFUSED, "NOT_SPAM"),
    (MAIL, "This is not SPAM", REFUSED),
    (MAIL, "It isn't SPAM", REFUSED),
    (MAIL, "SPAM or NOT_SPAM", REFUSED),
    (MAIL, "Could be SPAM?", REFUSED),
    (MAIL, '["SPAM", "NOT_SPAM"]', REFUSED),
    (MAIL, '{"label": {"value": "SPAM"}}', REFUSED),
    # -- a list or an object that an option of a union takes is no wrapper around another option
    (UnionNode(options=(some(I), S)), '["x"]', REFUSED),
    (UnionNode(options=(ObjectNode(extra=I), S)), '{"a": "x"}', REFUSED),
    (UnionNode(options=(ObjectNode(extra=some(I)), I)), '{"a": "7 or 8", "b": 3}', REFUSED),
    (UnionNode(options=(some(I), PERSON)), '[{"name": "Ann", "age": 36}]', ANN),
    (UnionNode(options=(ObjectNode(extra=I), PERSON)), '{"person": {"name": "Ann", "age": 36}}', ANN),
    (UnionNode(options=(I, S)), '["x"]', "x"),
    (one_of(2, 3), "2", 2),
    (one_of(2, 3), "2 or 3", REFUSED),
    (one_of("café", "thé"), "CAFE", "café"),
    (I, "42", 42),
    (I, "1,234", 1234),
    (I, "The answer is 42.", REFUSED, 42),
    (I, "between 40 and 42", REFUSED),
    (I, "about 42", REFUSED),
    (I, "forty-two", REFUSED),
    (F, "1.234,56", 1234.56),
    (F, "1/2", REFUSED, 0.5),
    (B, "True", True),
    (B, "No.", False),
    (B, "The answer is true", REFUSED, True),
    (B, "true or false", REFUSED),
    (B, "not true", REFUSED),
    (StringNode(format="date"), "January 5, 2024", "2024-01-05"),
    (some(S), '["a", "b"] is the list', ["a", "b"]),
    (some(S), "[a, b]", ["a", "b"]),
    # -- quotes
    (PERSON, "{'name': 'Ann', 'age': 36}", ANN),
    (PERSON, "{“name”: “Ann”, “age”: 36}", ANN),
    (PERSON, "{`name`: `Ann`, `age`: 36}", ANN),
    (PERSON, "{name: 'Ann', age: 36}", ANN),
    (PERSON, "{name: Ann, age: 36}", ANN),
    (PERSON, '{"name: "Ann", "age": 36}', ANN),
    (PERSON, '{name": "Ann", age": 36}', ANN),
    (PERSON, '{"name": "Ann, "age": 36}', ANN),
    (PERSON, '{"name": Ann", "age": 36}', ANN),
    (PERSON, '{""name"": "Ann", ""age"": 36}', ANN),
    (obj(имя=S, возраст=I), "{имя: Анна Петрова, возраст: 36}", {"имя": "Анна Петрова", "возраст": 36}),
    (obj(名前=S), "{名前: 山田}", {"名前": "山田"}),
    (NOTE, "{'note': 'It\\'s fine'}", {"note": "It's fine"}),
    (NOTE, "{'note': 'It's fine'}", {"note": "It's fine"}),
    (NOTE, '{"note": "He said "hi" to me"}', {"note": 'He said "hi" to me'}),
    (NOTE, '{"note": "He said "hi", and left"}', {"note": 'He said "hi", and left'}),
    (NOTE, '{"note": "<a href="x.html">link</a>"}', {"note": '<a href="x.html">link</a>'}),
    (NOTE, '{"note": "print("Hello, world!")"}', {"note": 'print("Hello, world!")'}),
    (NOTE, '{"note": """He said "hi"."""}', {"note": 'He said "hi".'}),
    (NOTE, "{\"note\": '''It's \"fine\"'''}", {"note": 'It\'s "fine"'}),
    (NOTE, '{"note": "{"city": "Paris", "n": [1, 2]}"}', {"note": '{"city": "Paris", "n": [1, 2]}'}),
    (NOTE, '{"note": "a 5" nail"}', REFUSED, {"note": 'a 5" nail'}),
    (NOTE, '{"note": "x", "y": "z"', {"note": "x"}),
    (TAGS, '{"tags": ["a "b" c", "d"]}', {"tags": ['a "b" c', "d"]}),
    (TAGS, '{"tags": ["a, "b", "c"]}', REFUSED),
    (NOTE, '{"note": """\n  two\n    lines\n  """}', REFUSED, {"note": "two\n  lines"}),
    (NOTE, '{"note": see you at 5, ok}', REFUSED, {"note": "see you at 5, ok"}),
    (NOTE, '{"note": "not closed}', REFUSED, {"note": "not closed"}),
    (NOTE, '{"note": "cut of', REFUSED),
    (NOTE, '{"note": "if (x) { y', REFUSED),
    # -- escapes and control characters
    (NOTE, '{"note": "two\nlines\tand a tab"}', {"note": "two\nlines\tand a tab"}),
    (NOTE, '{"note": "C:\\Users\\Ann"}', {"note": "C:\\Users\\Ann"}),
    (NOTE, '{"note": "^\\d+\\w*$"}', {"note": "^\\d+\\w*$"}),
    (NOTE, '{"note": "snake\\_case"}', {"note": "snake_case"}),
    (NOTE, '{"note": "\\x41\\u00e9"}', {"note": "Aé"}),
    (NOTE, '{"note": "\\alpha and \\nu"}', REFUSED),
    (NOTE, '{"note": "half \\ud83d"}', REFUSED),
    (obj(note=S, n=I), '{"note": "\\ud83d\\ude00", "n": 1,}', {"note": "😀", "n": 1}),
    # -- commas, colons, brackets, comments
    (PERSON, '{"name": "Ann", "age": 36,}', ANN),
    (PERSON, '{"name": "Ann" "age": 36}', ANN),
    (PERSON, '{"name": "Ann"\n"age": 36}', ANN),
    (PERSON, '{"name" "Ann", "age" 36}', ANN),
    (PERSON, '{"name" => "Ann", "age" = 36}', ANN),
    (PERSON, '{"name": "Ann"; "age": 36}', ANN),
    (PERSON, '{"name": "Ann",, "age": 36}', ANN),
    (PERSON, '{"name": "Ann", "age": 36', REFUSED, ANN),
    (PERSON, '{"age": 36, "name": "Ann"', ANN),
    (PERSON, '{"name": "Ann", // her name\n"age": 36 /* years */}', ANN),
    (PERSON, '{\n# the name\n"name": "Ann",\n"age": 36}', ANN),
    (some(I), "[1, 2, 3,]", [1, 2, 3]),
    (some(I), "[1 2 3]", REFUSED),
    (some(I), "[1, 2, 3, ...]", REFUSED),
    (some(I), "[1, 2, 3", REFUSED, [1, 2, 3]),
    (some(I), "[1, 2,", REFUSED),
    (some(BOTH), '[{"a": 1}, {"a": 2', REFUSED, [{"a": 1}, {"a": 2}]),
    (some(BOTH), '[{"a": 1, {"a": 2}]', [{"a": 1}, {"a": 2}]),
    (some(BOTH), '[{"a": 1}}, {"a": 2}]', [{"a": 1}, {"a": 2}]),
    (obj(t=some(I), a=I), '{"t": [1, 2}, "a": 1}', {"t": [1, 2], "a": 1}),
    (some(obj(t=some(S))), '[{"t": ["x"}, {"t": ["y"]}]', [{"t": ["x"]}, {"t": ["y"]}]),
    (obj(x=obj(a=I), c=I), '{"x": {"a": 1}}, "c": 2}', REFUSED, {"x": {"a": 1}, "c": 2}),
    (BOTH, '{"a": , "b": 2}', REFUSED),
    (BOTH, '{"a": 1, "a": 2}', REFUSED),
    (BOTH, '{"a": 1, "a": 1}', REFUSED, {"a": 1}),
    (BOTH, '{"a": 1, "b":', REFUSED),
    (BOTH, "{'a': 1, ...}", REFUSED),
    # -- Python and JavaScript
    (obj(ok=B, x=maybe(I)), "{'ok': True, 'x': None}", {"ok": True, "x": None}),
    (obj(ok=B, x=maybe(I)), '{"ok": TRUE, "x": undefined}', {"ok": True, "x": None}),
    (obj(t=some(I)), "{'t': (1, 2)}", {"t": [1, 2]}),
    (TAGS, "{'tags': {'a', 'b'}}", {"tags": ["a", "b"]}),
    (PERSON, "Person(name='Ann', age=36)", ANN),
    (PRICE, "{'price': Decimal('12.50')}", {"price": 12.5}),
    (obj(d=StringNode(format="date")), "{'d': datetime.date(2024, 1, 5)}", {"d": "2024-01-05"}),
    (STATUS, "{'status': <Status.OPEN: 'open'>}", {"status": "open"}),
    (NOTE, "{u'note': u'x'}", {"note": "x"}),
    # -- numbers
    (BOTH, '{"a": +1, "b": 1_000}', {"a": 1, "b": 1000}),
    (PRICE, '{"price": .5}', {"price": 0.5}),
    (PRICE, '{"price": 5.}', {"price": 5.0}),
    (PRICE, '{"price": NaN}', REFUSED),
    (PRICE, '{"price": -Infinity}', REFUSED),
    (PRICE, '{"price": 1e400}', REFUSED),
    (BOTH, '{"a": "1"}', {"a": 1}),
    (BOTH, '{"a": 1.0}', {"a": 1}),
    (BOTH, '{"a": 1.5}', REFUSED),
    (BOTH, '{"a": true}', REFUSED),
    (BOTH, '{"a": "007"}', REFUSED),
    (PRICE, '{"price": 1,234.50}', {"price": 1234.5}),
    (PRICE, '{"price": "1,234.50"}', {"price": 1234.5}),
    (PRICE, '{"price": "1 234,50"}', {"price": 1234.5}),
    (PRICE, '{"price": "1.234,56"}', {"price": 1234.56}),
    (PRICE, '{"price": "$1,234.50"}', {"price": 1234.5}),
    (PRICE, '{"price": $5}', {"price": 5}),
    (PRICE, '{"price": "5 EUR"}', {"price": 5}),
    (obj(price=said(F, "in US dollars")), '{"price": "5 EUR"}', REFUSED),
    (PRICE, '{"price": "€1.234"}', REFUSED),
    (PRICE, '{"price": "3,14"}', REFUSED, {"price": 3.14}),
    (PRICE, '{"price": "3k"}', REFUSED),
    (PRICE, '{"price": "5-10"}', REFUSED),
    (PRICE, '{"price": "~5"}', REFUSED),
    (obj(rate=said(F, "percent of the amount")), '{"rate": "12.5%"}', {"rate": 12.5}),
    (obj(rate=F), '{"rate": "12.5%"}', REFUSED),
    (obj(weight=said(F, "in kg")), '{"weight": "5.2 kg"}', {"weight": 5.2}),
    (obj(weight=said(F, "in grams")), '{"weight": "5.2 kg"}', REFUSED),
    (obj(duration_minutes=I), '{"duration_minutes": "30 min"}', {"duration_minutes": 30}),
    (obj(p=StringNode(format="percentage")), '{"p": "12.5 percent"}', {"p": "12.5%"}),
    # -- other types
    (obj(ok=B), '{"ok": "Yes"}', {"ok": True}),
    (obj(ok=B), '{"ok": 0}', {"ok": False}),
    (obj(ok=B), '{"ok": "maybe"}', REFUSED),
    (STATUS, '{"status": "In Progress"}', {"status": "in_progress"}),
    (STATUS, '{"status": "DONE."}', {"status": "done"}),
    (STATUS, '{"status": "done (mostly)"}', REFUSED, {"status": "done"}),
    (STATUS, '{"status": "not done"}', REFUSED),
    (STATUS, '{"status": "open or done"}', REFUSED),
    (STATUS, '{"status": "closed"}', REFUSED),
    (TAGS, '{"tags": "a"}', {"tags": ["a"]}),
    (TAGS, '{"tags": "a, b"}', REFUSED),
    (TAGS, '{"tags": "[\\"a\\", \\"b\\"]"}', {"tags": ["a", "b"]}),
    (TAGS, '{"tags": [1, 2.5, true]}', {"tags": ["1", "2.5", "true"]}),
    (TAGS, '{"tags": null}', REFUSED),
    (obj(t=some(I)), '{"t": [1, "x", 3]}', REFUSED),
    (obj(p=PERSON), '{"p": "{\\"name\\": \\"Ann\\", \\"age\\": 36}"}', {"p": ANN}),
    (obj(p=PERSON), '{"p": [{"name": "Ann", "age": 36}]}', REFUSED, {"p": ANN}),
    (some(I), "[100 200]", REFUSED),
    (PRICE, '{"price": "\u22125"}', {"price": -5}),
    (PRICE, '{"price": "(1,234.50)"}', REFUSED),
    (one_of("low", "medium", "high"), "Medium to high", REFUSED),
    (one_of("positive", "negative"), "The sentiment is positive, not negative.", REFUSED),
    (one_of("C", "C++", "C#"), "We use C++ here", REFUSED, "C++"),
    (NOTE, '{"note": "x" + "y"}', REFUSED),
    (NOTE, '{"note": "x" "y"}', REFUSED),
    (NOTE, '{"note": \\"x\\"}', {"note": "x"}),
    (NOTE, '{"note": "\\u00zz",}', REFUSED),
    (TAGS, '{"tags": {"0": "a"}}', REFUSED),
    (TAGS, '{"tags": ["x: 1", "y": 2]}', REFUSED),
    (PERSON, '{"Name": "Bob", "name": "Ann", "age": 36}', ANN),
    (PERSON, '"age": 36, "name": "Ann"', ANN),
    (PERSON, '{"name": "Ann", "age": 36,\n\nI hope that this helps!', REFUSED, ANN),
    (PERSON, '{{"name": "Ann", "age": 36}}', ANN),
    (PERSON, '{"name": "Ann", "age": 36 (about)}', REFUSED),
    (NOTE, '{"note": 42}', {"note": "42"}),
    (NOTE, '{"note": {"x": 1}}', REFUSED, {"note": '{"x": 1}'}),
    (NOTE, '{"note": null}', REFUSED),
    (BOTH, '{"a": 1, "b": null}', {"a": 1}),
    (obj(a=I, b=maybe(I)), '{"a": 1, "b": "null"}', {"a": 1, "b": None}),
    (obj(a=I, b=maybe(I)), '{"a": 1, "b": "N/A"}', REFUSED, {"a": 1, "b": None}),
    (PERSON, '{"Name": "Ann", "AGE": 36}', ANN),
    (obj(first_name=S), '{"firstName": "Ann"}', {"first_name": "Ann"}),
    (obj(first_name=S), '{"First Name": "Ann"}', {"first_name": "Ann"}),
    (obj(d=StringNode(format="date")), '{"d": "2024/1/5"}', {"d": "2024-01-05"}),
    (obj(d=StringNode(format="date")), '{"d": "5 January 2024"}', {"d": "2024-01-05"}),
    (obj(d=StringNode(format="date")), '{"d": "25/12/2024"}', {"d": "2024-12-25"}),
    (obj(d=StringNode(format="date")), '{"d": "05/06/2024"}', REFUSED),
    (obj(d=StringNode(format="date")), '{"d": "next Monday"}', REFUSED),
    (obj(d=StringNode(format="date", strptime="%d.%m.%Y")), '{"d": "2024-01-05"}', {"d": "05.01.2024"}),
    (obj(d=StringNode(format="date-time")), '{"d": "2024-01-05 10:30"}', {"d": "2024-01-05T10:30:00"}),
    (obj(d=StringNode(format="date-time")), '{"d": "2024-01-05"}', REFUSED),
    (obj(t=StringNode(format="time")), '{"t": "3:30 PM"}', {"t": "15:30:00"}),
    (obj(x=UnionNode(options=(I, B))), '{"x": "5"}', {"x": 5}),
    (obj(x=UnionNode(options=(F, S))), '{"x": "1 cup"}', {"x": "1 cup"}),
    (obj(m=StringNode(format="email")), '{"m": " <ann@example.org> "}', {"m": "ann@example.org"}),
    (
        ChoiceNode(discriminator="kind", cases=(ChoiceCase("cat", obj(lives=I)), ChoiceCase("dog", obj(bark=S)))),
        '{"kind": "Cat", "lives": "9"}',
        {"kind": "cat", "lives": 9},
    ),
    (obj(any=AnyNode()), "{'any': {'k': [1, None]}}", {"any": {"k": [1, None]}}),
]


def _read(node: Node, text: str, policy: RepairPolicy) -> Any:
    """The value that comes of a text, unknown keys left out as a guard does; REFUSED if anything is wrong with it."""
    schema = Schema(root=node)
    structure = Structure(schema)

    def fits(value: Any) -> Any:
        return structure.accept(value)[1]

    reading = chosen(text, node, policy)
    if reading.value is UNSET or reading.problems:
        return REFUSED
    value = json.loads(json.dumps(reading.value))
    for flaw in fits(value):
        if flaw.keyword == "additionalProperties":
            holder = value
            for part in flaw.path[:-1]:
                holder = holder[part]
            holder.pop(flaw.path[-1], None)
    return REFUSED if fits(value) or list(misspelt(value, schema)) else value


def _same(one: Any, other: Any) -> bool:
    if one is REFUSED or other is REFUSED:
        return one is other
    return type(one) is type(other) and json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


@pytest.mark.parametrize("case", FOUND, ids=lambda case: case[1][:40])
def test_an_answer_is_read_as_its_label_says_with_the_default(case: tuple[Any, ...]) -> None:
    node, text, expected = case[:3]
    found = _read(node, text, "lossless")
    assert _same(found, expected), found


@pytest.mark.parametrize("case", FOUND, ids=lambda case: case[1][:40])
def test_an_answer_is_read_as_its_label_says_with_judgement(case: tuple[Any, ...]) -> None:
    node, text, expected = case[0], case[1], case[-1]
    found = _read(node, text, "judgement")
    assert _same(found, expected), found


def test_the_set_is_as_large_as_it_is_said_to_be() -> None:
    assert len(FOUND) >= 150
    assert sum(case[-1] is REFUSED for case in FOUND) >= 50
