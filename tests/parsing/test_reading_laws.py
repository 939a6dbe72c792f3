"""Laws of reading, each with random input. RAILGUARD_FUZZ=50 runs fifty times as many."""

from __future__ import annotations

import copy
import json
import os
import random
import string
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from parsing_views import context_of, view_of

from railguard import Guard
from railguard.parsing import ReadingContext, objections, read_model_text
from railguard.schema import AnyNode
from railguard.schema.structure import Structure
from railguard.values import Doubt, Limits, RepairNote, Spelling

MANY = int(os.environ.get("RAILGUARD_FUZZ", "1"))
SEED = int(os.environ.get("RAILGUARD_SEED", "20261129"))

# -- a text that a JSON parser accepts is read by it -------------------------------------------------------------------

_ODD = [
    '"',
    '": ',
    '", "',
    "}",
    "]}",
    '"}',
    ",",
    ":",
    "\\",
    "/",
    "//",
    "# x",
    "'",
    "`",
    "```",
    "\n",
    "\t",
    "“",
    "é",
    "😀",
    " ",
]


class JsonTexts:
    """Random JSON texts: long keys, odd punctuation, numbers in every spelling, now and then what is in doubt."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.doubtful = False

    def text(self) -> str:
        self.doubtful = False
        return self._value(0)

    def _space(self) -> str:
        return self.rng.choice(["", "", "", " ", "\n", "  \t", "\r\n"])

    def _string(self, longest: int) -> str:
        rng = self.rng
        letters = string.ascii_letters + "0123456789 _"
        parts = [rng.choice(_ODD if rng.random() < 0.4 else letters) for _ in range(rng.randint(0, longest))]
        written = json.dumps("".join(parts), ensure_ascii=rng.random() < 0.5)
        if rng.random() < 0.02:
            self.doubtful = True
            written = written[:-1] + "\\ud800" + '"'
        return written

    def _number(self) -> str:
        rng = self.rng
        roll = rng.random()
        if roll < 0.02:
            self.doubtful = True
            return rng.choice(["1e400", "-1e999", "1" * 4400, "NaN", "Infinity", "-Infinity"])
        if roll < 0.5:
            return str(rng.randint(-(10 ** rng.randint(1, 25)), 10 ** rng.randint(1, 25)))
        return rng.choice(
            ["-0", "0.10", "1e5", "1E-7", "-0.0", "3.14159265358979323846", "1.50", "12345678901234567890.5"]
        )

    def _value(self, depth: int) -> str:
        rng = self.rng
        roll = rng.random()
        if depth > 4 or roll < 0.45:
            kind = rng.randint(0, 3)
            if kind == 0:
                return self._string(30)
            return self._number() if kind == 1 else rng.choice(["true", "false", "null"])
        s = self._space
        if roll < 0.7:
            items = [s() + self._value(depth + 1) + s() for _ in range(rng.randint(0, 4))]
            return "[" + (",".join(items) or s()) + "]"
        keys = [self._string(rng.choice([3, 10, 120])) for _ in range(rng.randint(0, 5))]
        if keys and rng.random() < 0.05:
            keys.append(keys[0])
        self.doubtful = self.doubtful or len({json.loads(key) for key in keys}) < len(keys)
        members = [s() + key + s() + ":" + s() + self._value(depth + 1) + s() for key in keys]
        return "{" + (",".join(members) or s()) + "}"


OF_CONTENT = {"number-range", "not-finite", "integer-too-long", "duplicate-key", "surrogate", "too-deep"}


@pytest.mark.parametrize("around", ["", "fence", "prose"])
def test_what_a_json_parser_takes_is_read_as_it_reads_it(around: str) -> None:
    rng = random.Random(SEED)
    texts = JsonTexts(rng)
    context = context_of(AnyNode())
    for _ in range(400 * MANY):
        text = texts.text()
        if around and text[:1] not in ("{", "["):
            continue
        try:
            expected = json.loads(text)
        except ValueError:  # Python reads no integer of more than 4,300 digits
            expected = None
        shown = {"": text, "fence": f"```json\n{text}\n```", "prose": f"Here it is:\n\n{text}\n\nThat is all."}[around]
        reading = read_model_text(shown, context)
        assert reading.traced is not None, text
        notes = [note for note in reading.history.all_notes() if not isinstance(note, Spelling)]
        codes = {note.code for note in notes if isinstance(note, Doubt)}
        rules = {note.rule for note in notes if isinstance(note, RepairNote)}
        if around == "" or not texts.doubtful:
            assert codes <= OF_CONTENT, (text, codes)
            assert rules <= {"duplicate-key", "backslash", "fence", "prose"}, (text, rules)
        if not texts.doubtful and "backslash" not in rules:
            assert not codes
            assert json.dumps(reading.value) == json.dumps(expected), text


def test_the_limit_of_depth_is_the_only_failure_of_deep_json() -> None:
    rng = random.Random(SEED)
    for _ in range(100 * MANY):
        limit = rng.randint(1, 6)
        text = JsonTexts(rng).text()
        reading = read_model_text(text, context_of(AnyNode(), limits=Limits(depth=limit)))
        assert {note.code for note in reading.history.all_notes() if isinstance(note, Doubt)} <= OF_CONTENT, text


# -- nothing passes that the policy forbids ----------------------------------------------------------------------------

_WORDS = ["first_name", "age", "unitPrice", "tags", "is_ok", "notes", "city", "zip-code", "items", "kind"]


def schema_of(rng: random.Random, depth: int = 0) -> dict[str, Any]:
    roll = rng.random()
    if depth == 0 or (depth < 3 and roll < 0.3):
        names = rng.sample(_WORDS, rng.randint(1, 4))
        properties = {name: schema_of(rng, depth + 1) for name in names}
        required = [name for name in names if rng.random() < 0.7]
        return {
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": rng.random() < 0.3,
        }
    if depth < 3 and roll < 0.5:
        return {"type": "array", "items": schema_of(rng, depth + 1)}
    return rng.choice(
        [
            {"type": "string"},
            {"type": "integer"},
            {"type": "number"},
            {"type": "boolean"},
            {"enum": ["red", "green", "blue"]},
            {"type": "string", "format": "date"},
            {"type": ["string", "null"]},
            {"anyOf": [{"type": "integer"}, {"type": "array", "items": {"type": "integer"}}]},
        ]
    )


def value_of(rng: random.Random, schema: dict[str, Any]) -> Any:
    if "anyOf" in schema:
        return value_of(rng, rng.choice(schema["anyOf"]))
    if "enum" in schema:
        return rng.choice(schema["enum"])
    kind = schema["type"]
    if isinstance(kind, list):
        kind = rng.choice(kind)
    if kind == "object":
        names = [name for name in schema["properties"] if name in schema["required"] or rng.random() < 0.6]
        return {name: value_of(rng, schema["properties"][name]) for name in names}
    if kind == "array":
        return [value_of(rng, schema["items"]) for _ in range(rng.randint(0, 3))]
    if kind == "string" and schema.get("format") == "date":
        return f"20{rng.randint(10, 40)}-0{rng.randint(1, 9)}-1{rng.randint(0, 9)}"
    scalars: dict[str, Any] = {
        "string": rng.choice(["Oslo", "a b", "x, y", "7", "it's", "{}", 'say "hi"', ""]),
        "integer": rng.randint(-50, 5000),
        "number": rng.choice([0.5, 12.25, 3, -7.0]),
        "boolean": rng.random() < 0.5,
        "null": None,
    }
    return scalars[kind]


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    todo = [value]
    while todo:
        at = todo.pop()
        if isinstance(at, dict):
            yield at
            todo.extend(at.values())
        elif isinstance(at, list):
            todo.extend(at)


def respelled(rng: random.Random, value: Any) -> None:
    """Give one key another spelling, as models do."""
    holder = rng.choice([one for one in _objects(value) if one] or [{}])
    if holder:
        key = rng.choice(list(holder))
        holder[key.replace("_", " ").replace("-", " ").title()] = holder.pop(key)


def as_text(rng: random.Random, value: Any) -> None:
    """Write one number or boolean as text."""
    places = [(one, key) for one in _objects(value) for key in one if type(one[key]) in (int, float, bool)]
    if places:
        holder, key = rng.choice(places)
        holder[key] = json.dumps(holder[key])


def wrapped(rng: random.Random, value: Any) -> Any:
    return rng.choice(
        [{"answer": value}, [value], {"name": "reply", "arguments": value}, {"answer": json.dumps(value)}]
    )


def in_other_words(rng: random.Random, text: str) -> str:
    return rng.choice(
        [f"```json\n{text}\n```", f"Here you are:\n{text}", f"<think>hm</think>{text}", text + "\n", text]
    )


def doubled(rng: random.Random, text: str) -> str | None:
    """Give a key a second time with another value."""
    at = [i for i, mark in enumerate(text) if mark == "{" and text[i + 1 : i + 2] == '"' and _outside(text, i)]
    if not at:
        return None
    where = rng.choice(at) + 1
    key = text[where : text.index('"', where + 1) + 1]
    return text[:where] + f'{key}: "another value", ' + text[where:]


def cut(rng: random.Random, text: str) -> str | None:
    """End the text where a value is lost that stands in it."""
    end = max(text.rfind("}"), text.rfind("]"))
    while end > 0 and text[end - 1] in "]} \n":
        end -= 1
    return text[: rng.randint(1, end - 1)] if end > 2 else None


def surrogate(rng: random.Random, text: str) -> str | None:
    at = [i for i, mark in enumerate(text) if mark == '"']
    return text[: at[-1]] + "\\ud800" + text[at[-1] :] if at else None


def _outside(text: str, at: int) -> bool:
    """Whether an offset is outside of texts: an even number of quotes that are not escaped stands before it."""
    return sum(1 for i in range(at) if text[i] == '"' and text[i - 1] != "\\") % 2 == 0


HARM = {"doubled": doubled, "cut": cut, "surrogate": surrogate}


def same(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def equal_numbers(value: Any) -> Any:
    """Whole floats as integers, for comparing what a schema takes as the same."""
    if isinstance(value, dict):
        return {key: equal_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [equal_numbers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def check(schema: dict[str, Any], text: str, policy: Any) -> Any:
    """What comes of a text, checked for everything that must hold of an outcome that passed."""
    outcome = Guard.from_json_schema(schema, repair=policy).parse(text)
    if not outcome.passed:
        return None
    allowed = {"none": (), "syntax": ("syntax",), "lossless": ("syntax", "lossless")}.get(policy)
    for repair in outcome.repairs:
        is_default = repair.rule == "default"
        assert allowed is None or repair.kind in allowed or is_default, (schema, text, repair)
    jsonschema.validate(outcome.output, schema)
    try:
        plain = json.loads(text)
    except ValueError:
        plain = object()
    if not outcome.repairs and isinstance(plain, (dict, list)):
        assert same(equal_numbers(plain), equal_numbers(outcome.output)), (schema, text, outcome.output)
    return outcome


@pytest.mark.parametrize("policy", ["none", "syntax", "lossless", "judgement"])
def test_harmless_changes_give_the_value_or_a_failure(policy: str) -> None:
    rng = random.Random(SEED)
    passed = 0
    for _ in range(100 * MANY):
        schema = schema_of(rng)
        value = value_of(rng, schema)
        sent = copy.deepcopy(value)
        for change in rng.sample([respelled, as_text], rng.randint(0, 2)):
            change(rng, sent)
        if rng.random() < 0.3:
            sent = wrapped(rng, sent)
        text = in_other_words(rng, json.dumps(sent))
        outcome = check(schema, text, policy)
        if outcome is None:
            continue
        passed += 1
        lost = not same(equal_numbers(outcome.output), equal_numbers(value))
        open_ = 'additionalProperties": true' in json.dumps(schema)
        assert not lost or open_ or any(r.rule in ("unknown-key", "default") for r in outcome.repairs), (
            schema,
            text,
            outcome.output,
        )
    assert passed > 5 * MANY


@pytest.mark.parametrize("harm", HARM)
def test_what_is_doubted_never_passes_however_its_value_is_moved(harm: str) -> None:
    rng = random.Random(SEED)
    done = 0
    for _ in range(300 * MANY):
        schema = schema_of(rng)
        value = value_of(rng, schema)
        sent = copy.deepcopy(value)
        for change in rng.sample([respelled, as_text], rng.randint(0, 2)):
            change(rng, sent)
        if rng.random() < 0.3:
            sent = {"answer": sent}
        elif rng.random() < 0.3:
            sent = [sent]
        text = HARM[harm](rng, json.dumps(sent))
        if text is None or not any(True for _ in _objects(value)):
            continue
        done += 1
        outcome = check(schema, text, "lossless")
        if outcome is not None:
            assert harm == "cut", (schema, text, outcome.output)
            assert same(equal_numbers(outcome.output), equal_numbers(value)), (schema, text, outcome.output)
    assert done > 50 * MANY


_MARKS = ["", "", '"', ",", "}", "{", "]", "[", ":", "'", "\\", " x ", "1", "\n", "#", "/*", "(", "…", "..."]


def test_no_part_of_a_reading_is_of_a_forbidden_class_where_nothing_objects() -> None:
    rng = random.Random(SEED)
    for _ in range(150 * MANY):
        schema = schema_of(rng)
        text = json.dumps(value_of(rng, schema))
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(text) + 1)
            mark = rng.choice(_MARKS)
            text = text[:at] + mark + text[at + rng.randint(0, 2) :]
        for policy in ("syntax", "lossless"):
            outcome = check(schema, text, policy)
            del outcome


# -- guards of several kinds read alike --------------------------------------------------------------------------------


def test_every_reading_of_any_text_is_a_value_or_a_reason() -> None:
    rng = random.Random(SEED)
    contexts = [
        ReadingContext.of(Structure(context_of(AnyNode()).schema), policy, Limits()) for policy in ("none", "judgement")
    ]
    for _ in range(200 * MANY):
        text = "".join(rng.choice([*_ODD, "{", "[", "1", "a", "null", "<think>"]) for _ in range(rng.randint(0, 40)))
        for context in contexts:
            reading = read_model_text(text, context)
            view = view_of(reading, context.policy)
            assert (reading.traced is None) == (reading.problem is not None)
            assert view.problems or reading.traced is not None
            list(objections(reading.history, context.policy))


# -- an answer in pieces: all of it is read, or it is refused ----------------------------------------------------------

_ITEM = {
    "type": "object",
    "properties": {"a": {"type": "integer"}, "b": {"type": "string"}, "c": {"type": "boolean"}},
    "required": ["a"],
    "additionalProperties": False,
}
_is_item = jsonschema.Draft202012Validator(_ITEM).is_valid
_MEMBERS: dict[str, list[Any]] = {"a": [1, 2, 3, "one"], "b": ["x", "y"], "c": [True, False]}


_MISFITS = ["1", "-0.5", '"x"', "null", "true", "[1]", "[[1]]", '["x"]', "[null]", '[["x"], 1]', '[[{"z": 1}]]']


def _in_pieces(rng: random.Random, members: list[dict[str, Any]], *, lists: bool, misfit: str = "") -> str:
    """Write objects in pieces, alone or in lists, with nothing that says what a piece is; some have brackets too many.
    misfit: a piece that is neither an object nor a list of them.
    """
    pieces = []
    left = list(members)
    while left:
        taken, left = left[: (count := rng.randint(1, 3))], left[count:]
        text = json.dumps(taken if lists and (len(taken) > 1 or rng.random() < 0.5) else taken[0])
        left = left if text[0] == "[" else [*taken[1:], *left]
        deeper = rng.choice([0, 0, 0, 1, 2]) if lists else 0
        text = "[" * deeper + text + "]" * deeper
        pieces.append(f"```json\n{text}\n```" if rng.random() < 0.15 else text)
    if misfit:
        pieces.insert(rng.randint(0, len(pieces)), misfit)
    joined = pieces[0]
    for piece in pieces[1:]:
        joined += rng.choice(["\n", ", ", " and ", "\n\n", " ", "; ", "], ", "}, "]) + piece
    return joined + rng.choice(["", "", "", "]", "}"])


@pytest.mark.parametrize("lists", [False, True], ids=["an object", "a list"])
def test_no_piece_of_an_answer_is_dropped_unsaid(lists: bool) -> None:
    rng = random.Random(SEED)
    guard = Guard.from_json_schema({"type": "array", "items": _ITEM} if lists else _ITEM)
    passed = 0
    for _ in range(1500 * MANY):
        objects = [
            {key: rng.choice(values) for key, values in _MEMBERS.items() if rng.random() < 0.6} or {"a": 1}
            for _ in range(rng.randint(1, 4))
        ]
        text = _in_pieces(rng, objects, lists=lists)
        outcome = guard.parse(text)
        if not outcome.passed:
            continue
        passed += 1
        output: Any = outcome.output
        if lists:
            assert all(one in output for one in objects), text
        else:
            for one in objects:  # one that is not valid may be what another one corrects
                assert one.items() <= output.items() or (one.keys() <= output.keys() and not _is_item(one)), text
    assert passed > 100


@pytest.mark.parametrize("lists", [False, True], ids=["an object", "a list"])
def test_a_value_beside_an_answer_that_is_no_part_of_it_is_not_passed_over_unsaid(lists: bool) -> None:
    rng = random.Random(SEED)
    schema = {"type": "array", "items": _ITEM} if lists else _ITEM
    guards = [Guard.from_json_schema(schema, repair=policy) for policy in ("syntax", "lossless", "judgement")]
    judged = 0
    for _ in range(300 * MANY):
        objects = [{"a": number, "b": "x"} for number in range(rng.choice([1, 1, 2, 3]))]
        text = _in_pieces(rng, objects, lists=lists, misfit=rng.choice(_MISFITS))
        *others, judging = [guard.parse(text) for guard in guards]
        assert not any(outcome.passed for outcome in others), text
        if judging.passed:
            judged += 1
            assert any(repair.kind == "judgement" for repair in judging.repairs), text
    assert judged > 20


@pytest.mark.parametrize(
    ("schema", "text", "right"),
    [
        ({"type": "array", "items": _ITEM}, '[[1]], {"a": 2}', None),
        ({"type": "array", "items": _ITEM}, '{"z": 1}; {"a": 2}', None),
        ({"type": "array", "items": _ITEM}, 'The items:\nnull, {"a": 2}', None),
        ({"type": "array", "items": _ITEM}, '[{"a": 2}]\n"x"', None),
        ({"anyOf": [_ITEM, {"type": "array", "items": _ITEM}]}, '{"a": 2}, [[1]]', None),
        (_ITEM, '[[1]]\n{"a": 2}', None),
        (_ITEM, '[INFO] {"a": 2}', {"a": 2}),
        (_ITEM, 'For the years 2024, 2025, {"a": 2}', {"a": 2}),
        (_ITEM, '1. {"a": 2}', {"a": 2}),
        (_ITEM, '<think>3</think>{"a": 2}<think>4</think>', {"a": 2}),
        (_ITEM, '[] {"a": 2} [{"a": 2}]', {"a": 2}),
        (_ITEM, '{"a": 2}\n{"confidence": 1}', {"a": 2}),
    ],
)
def test_what_is_beside_an_answer_is_a_part_of_it_unless_a_word_or_its_shape_says_otherwise(
    schema: dict[str, Any], text: str, right: Any
) -> None:
    outcome = Guard.from_json_schema(schema).parse(text)
    assert outcome.output == right
    assert outcome.passed is (right is not None)
