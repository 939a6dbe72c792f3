"""Kinds of answers that were once read wrongly, each with the value that is right."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest
from parsing_views import chosen, context_of, view_of
from pydantic import BaseModel

from railguard import Guard
from railguard.parsing import (
    REASONING_TAGS,
    Reader,
    ReadingContext,
    Verdict,
    has_lost_backslash,
    must_be_extracted,
    objections,
    read_fragment,
    read_model_text,
    repair,
    tree_judge,
)
from railguard.parsing.extract.candidates import MOST_ROWS
from railguard.prompting.objections import DOUBT_WORDS, objection_message
from railguard.schema import (
    AnyNode,
    BooleanNode,
    Field,
    FloatNode,
    IntegerNode,
    ListNode,
    Node,
    ObjectNode,
    RefNode,
    Schema,
    StringNode,
    UnionNode,
)
from railguard.schema.structure import Structure
from railguard.spec import RepairPolicy
from railguard.values import UNSET, Doubt, Limits, RepairNote, Traced

INT, TEXT, NUMBER = IntegerNode(), StringNode(), FloatNode()
REFUSED = object()


def obj(extra: Node | None = None, **members: Node) -> ObjectNode:
    """An object; a name that ends in an underscore is optional."""
    fields = (Field(name.removesuffix("_"), node, not name.endswith("_")) for name, node in members.items())
    return ObjectNode(fields=tuple(fields), extra=extra)


def value_of(text: str, node: Node, policy: RepairPolicy = "lossless", **definitions: Node) -> Any:
    """The value that may pass; REFUSED where something forbids it."""
    context = context_of(node, policy, **definitions)
    found = view_of(read_model_text(text, context), policy)
    if found.value is UNSET or found.problems or found.open or context.flaws(found.value):
        return REFUSED
    return found.value


CITY, NAMES = obj(name=TEXT), ListNode(item=obj(name=TEXT))
OSLO = {"name": "Oslo"}
CALL = {"name": "City", "arguments": OSLO}
CALLS = {
    "name and arguments": CALL,
    "arguments as a text": {"name": "City", "arguments": json.dumps(OSLO)},
    "a function": {"type": "function", "function": CALL},
    "tool_calls": {
        "tool_calls": [{"id": "c", "type": "function", "function": {**CALL, "arguments": json.dumps(OSLO)}}]
    },
    "a message": {"role": "assistant", "content": None, "tool_calls": [{"type": "function", "function": CALL}]},
    "a list of one": [{"name": "City", "parameters": OSLO}],
    "tool_use": {"type": "tool_use", "id": "t", "name": "City", "input": OSLO},
    "function_call": {"function_call": {"name": "City", "arguments": json.dumps(OSLO)}},
    "toolUse": {"toolUse": {"toolUseId": "t", "name": "City", "input": OSLO}},
    "functionCall in parts": {
        "candidates": [{"content": {"role": "model", "parts": [{"functionCall": {"name": "City", "args": OSLO}}]}}]
    },
    "blocks of a message": {"role": "assistant", "content": [{"type": "tool_use", "name": "City", "input": OSLO}]},
    "choices": {"choices": [{"index": 0, "message": {"role": "assistant", "tool_calls": [{"function": CALL}]}}]},
    "a thought before it": {"thought": "I need it.", "action": "City", "action_input": OSLO},
    "its result behind it": {**CALL, "result": "done"},
}


@pytest.mark.parametrize("shape", CALLS)
@pytest.mark.parametrize("around", ["{}", "<tool_call>{}</tool_call>", "```json\n{}\n```"])
@pytest.mark.parametrize("extra", [None, AnyNode()], ids=["closed", "open"])
def test_a_tool_call_is_taken_off_before_its_own_keys_are_tried(shape: str, around: str, extra: Node | None) -> None:
    text = around.replace("{}", json.dumps(CALLS[shape]))
    assert value_of(text, obj(extra, name=TEXT)) == OSLO
    assert value_of(text, obj(extra, name=TEXT, population_=INT)) == OSLO


def test_a_tool_call_is_an_answer_where_the_schema_names_all_its_keys() -> None:
    call = {"name": "f", "arguments": {"x": 1}}
    assert value_of(json.dumps(call), obj(name=TEXT, arguments=obj(x=INT))) == call
    assert value_of(json.dumps(call), AnyNode()) == call


def test_tool_calls_are_the_items_of_a_list_and_too_many_for_one_answer() -> None:
    two = [CALL, {"name": "City", "arguments": {"name": "Rome"}}]
    both = [OSLO, {"name": "Rome"}]
    tags = "\n".join(f"<tool_call>{json.dumps(call)}</tool_call>" for call in two)
    for text in (json.dumps(two), json.dumps({"tool_calls": two}), tags):
        assert value_of(text, NAMES) == both
        assert value_of(text, CITY, "judgement") is REFUSED


def test_a_call_in_another_wrapper_is_taken_off_by_judgement() -> None:
    text = json.dumps({"jsonrpc": "2.0", "method": "tools/call", "params": CALL})
    for node in (CITY, obj(name_=TEXT, population_=INT)):
        assert value_of(text, node) is REFUSED
        assert value_of(text, node, "judgement") == OSLO


def test_nothing_in_a_wrapper_is_no_answer_but_a_call_without_arguments_is() -> None:
    node = obj(name_=TEXT, population_=INT)
    assert value_of('{"data": {}}', node, "judgement") is REFUSED
    assert value_of('{"name": "City", "arguments": {}}', node) == {}


def test_a_number_of_an_object_of_another_kind_is_not_the_only_member() -> None:
    assert value_of('{"code": 429}', obj(population_=INT), "judgement") is REFUSED
    assert value_of('{"population": "429"}', obj(population_=INT)) == {"population": 429}


def test_tokens_in_place_of_quotes_are_no_part_of_a_text() -> None:
    node = obj(name=TEXT, population_=INT)
    for text in ("call:City{name:<escape>Oslo<escape>}", "{name: <escape>Oslo<escape>, population: 7}"):
        assert value_of(text, node) in (OSLO, {**OSLO, "population": 7})
    assert value_of("{name: <escape>Oslo, population: 7}", node, "judgement") is REFUSED


@pytest.mark.parametrize("around", ["{}", '{{"schema": {}}}'])
def test_a_type_as_avro_writes_it_is_no_answer(around: str) -> None:
    fields = [{"name": "name", "type": "string"}, {"name": "population", "type": "int"}]
    text = around.format(json.dumps({"type": "record", "name": "City", "fields": fields}))
    assert value_of(text, obj(name_=TEXT, population_=INT), "judgement") is REFUSED
    named = {"name": "x", "fields": fields}
    assert value_of(json.dumps(named), obj(name=TEXT, fields=AnyNode())) == named


def test_text_beside_a_call_is_passed_over() -> None:
    blocks = [{"type": "text", "text": "Let me see."}, {"type": "tool_use", "id": "t", "name": "City", "input": OSLO}]
    assert value_of(json.dumps(blocks), CITY) == OSLO
    assert value_of(json.dumps(blocks[:1]), CITY) is REFUSED


@pytest.mark.parametrize("arguments", [None, "Oslo", "", "{oops"])
def test_a_call_whose_arguments_cannot_be_read_is_not_taken_for_the_answer(arguments: Any) -> None:
    for policy in ("lossless", "judgement"):
        assert value_of(json.dumps({"name": "City", "arguments": arguments}), CITY, policy) is REFUSED


def test_arguments_that_are_no_json_are_in_doubt() -> None:
    found = chosen('{"name": "City", "arguments": "{name: Oslo; and so on"}', CITY)
    assert [one.code for one in found.problems] != []


def test_an_accepted_value_that_is_a_call_or_the_schema_must_be_looked_at() -> None:
    context = context_of(obj(AnyNode(), name=TEXT))
    assert must_be_extracted(CALL, context)
    assert must_be_extracted([CALL], context)
    assert must_be_extracted({"name": "x", "properties": {"name": {"type": "string"}}}, context)
    assert not must_be_extracted({"name": "x", "input": "y"}, context)
    assert not must_be_extracted(CALL, context_of(obj(name=TEXT, arguments=AnyNode())))
    assert not must_be_extracted(5, context)


class Titled(BaseModel):
    title: str | None = None
    type: str | None = None
    count: int | None = None


@pytest.mark.parametrize("policy", ["none", "syntax", "lossless", "judgement"])
@pytest.mark.parametrize("model", [Titled], ids=["members called title and type"])
def test_the_schema_itself_is_no_answer(policy: RepairPolicy, model: type[BaseModel]) -> None:
    echoed = json.dumps(model.model_json_schema())
    for guard in (Guard.from_pydantic(model, repair=policy), Guard.from_json_schema(json.loads(echoed), repair=policy)):
        context = ReadingContext.of(Structure(guard._spec.schema), policy, Limits())
        for text in (echoed, f"```json\n{echoed}\n```", json.dumps({"schema": json.loads(echoed)})):
            reading = read_model_text(text, context)
            passes = reading.traced is not None and not list(objections(reading.history, policy))
            assert not passes or context.flaws(reading.value), text
        if policy != "none":
            found = read_model_text(f'The schema: {echoed}\nThe answer: {{"count": 3}}', context)
            assert found.value == {"count": 3}


def test_a_schema_of_another_thing_may_be_an_answer() -> None:
    node = obj(properties=AnyNode(), title=TEXT)
    value = {"title": "City", "properties": {"title": {"type": "string"}}}
    assert value_of(json.dumps(value), node) == value


def test_an_object_without_a_known_key_is_no_answer_where_no_others_are_allowed() -> None:
    error = {"error": "rate limit", "code": 429}
    assert value_of(json.dumps(error), obj(a_=INT, b_=TEXT)) is REFUSED
    assert value_of(json.dumps({"u": error}), obj(u=obj(a_=INT))) is REFUSED
    assert value_of(json.dumps([{"a": 1}, error]), ListNode(item=obj(a_=INT))) is REFUSED
    assert value_of("{}", obj(a_=INT)) == {}
    assert value_of(json.dumps({"a": 1, **error}), obj(a_=INT)) == {"a": 1}
    assert value_of(json.dumps(error), obj(AnyNode(), a_=INT)) == error


@pytest.mark.parametrize("policy", ["lossless", "judgement"])
@pytest.mark.parametrize("text", ["I don't know", "[", "{", "a, b", "Sorry, I cannot.", "{not json"])
def test_prose_is_no_list_of_one_text(text: str, policy: RepairPolicy) -> None:
    assert value_of(text, ListNode(item=TEXT), policy) is REFUSED
    assert value_of(text, UnionNode(options=(ListNode(item=TEXT), INT)), policy) is REFUSED


def test_one_json_text_is_a_list_of_one() -> None:
    assert value_of('"x"', ListNode(item=TEXT)) == ["x"]


def test_a_closed_set_is_a_list_and_an_open_one_is_cut_off() -> None:
    assert value_of("{'a','b'}", ListNode(item=TEXT)) == ["a", "b"]
    assert value_of("{'m': {'a','b'}}", obj(m=ListNode(item=TEXT))) == {"m": ["a", "b"]}
    assert value_of("{'a','b'", ListNode(item=TEXT)) is REFUSED


def test_a_hash_behind_a_value_and_a_comma_begins_a_comment() -> None:
    node = obj(total=INT, note=TEXT)
    assert value_of('{"total": 12,  # in USD\n"note": "#1"}', node) == {"total": 12, "note": "#1"}
    assert value_of("{'total': 12,  # in USD\n'note': so,  # what\n}", node) == {"total": 12, "note": "so"}


def test_a_text_root_reads_one_json_string_as_json_only_where_the_source_speaks_json() -> None:
    node = StringNode(max_length=3)
    plain = ReadingContext.of(Structure(Schema(root=node)), "lossless", Limits())
    sourced = ReadingContext.of(Structure(Schema(root=node, source={"type": "string"})), "lossless", Limits())
    for text, json_value in (('"aaa"', "aaa"), (' "a\\n" ', "a\n"), ("aaa", "aaa"), ('"a" b', '"a" b'), ("{}", "{}")):
        assert read_model_text(text, plain).value == text
        assert read_model_text(text, sourced).value == json_value
    assert [note.code for _, note in read_model_text('"\\ud800"', sourced).history.doubts()] == ["surrogate"]


@pytest.mark.parametrize("written", ["\\frac{a}{b}", "\\beta", "\\forall x", "C:\\bin", "\\footnote{x}"])
def test_a_backslash_that_was_not_escaped_is_mended_by_judgement_and_fails_without(written: str) -> None:
    for text in (f'{{"a": "{written}"}}', f'{{"a": "{written}",}}'):
        assert value_of(text, obj(a=TEXT)) is REFUSED
        assert value_of(text, obj(a=TEXT), "judgement") == {"a": written}
        assert has_lost_backslash(text)


def test_where_one_backslash_was_lost_others_before_letters_are_in_doubt_but_for_a_path() -> None:
    for written in ("\\beta\\nu", "\\frac{\\rho}{2}"):
        assert value_of(f'{{"a": "{written}"}}', obj(a=TEXT), "judgement") is REFUSED
    for written in ("C:\\bin\\foo", "C:\\bin\\new\\test"):
        assert value_of(f'{{"a": "{written}"}}', obj(a=TEXT), "judgement") == {"a": written}
    assert value_of('{"a": "\\beta\\n"}', obj(a=TEXT), "judgement") == {"a": "\\beta\n"}


def test_a_member_wrapped_in_its_own_name_is_unwrapped_by_judgement() -> None:
    assert value_of('{"name": {"name": "Oslo"}}', obj(name=TEXT), "judgement") == {"name": "Oslo"}
    assert value_of('{"n": {"n": "5"}}', obj(n=INT), "judgement") == {"n": 5}
    assert value_of('{"name": {"name": "Oslo"}}', obj(name=TEXT)) is REFUSED


@pytest.mark.parametrize("value", ["a\fb", "page\f", "x\b", "\f\f", "\\frac", "\f1", "a\b b"])
def test_any_other_form_feed_or_backspace_is_data(value: str) -> None:
    text = json.dumps({"a": value})
    assert value_of(text, obj(a=TEXT)) == {"a": value}
    assert not has_lost_backslash(text)


def test_a_number_in_another_spelling_is_on_record_at_the_root_too() -> None:
    for text, value in (("0x1F", 31), ("1_000", 1000), ("+5", 5), (".5", 0.5)):
        found = chosen(text, NUMBER)
        assert found.value == value
        assert [(one.rule, one.kind) for one in found.repairs] == [("number-spelling", "syntax")]
        assert value_of(text, NUMBER, "none") is REFUSED


def test_a_key_without_a_value_never_vanishes() -> None:
    assert value_of('{"m": {"a":, "b": 1}}', obj(m=AnyNode())) is REFUSED
    assert value_of('{"m": {"a":, "b": 1}}', obj(m=AnyNode()), "judgement") is REFUSED
    assert value_of('{"b": 1, "zz":}', obj(b=INT)) is REFUSED


MOVED = {
    "cut off, renamed": ('{"People": ["a", "b', obj(people=ListNode(item=TEXT))),
    "not closed, option of a union": ('[{"n":1},{"n":2}', UnionNode(options=(ListNode(item=obj(n=INT)), obj(e=TEXT)))),
    "not closed, any": ('[{"n":1},{"n":2}', AnyNode()),
    "odd quote, renamed": ('{"V"": 5}', obj(v=INT)),
    "comma missing, renamed": ('{"People": ["Ann" "Bob"]}', obj(people=ListNode(item=TEXT))),
    "doubled below a renamed key": ('{"A":{"x":1,"x":2}}', obj(a=AnyNode())),
    "doubled in a dropped member": ('{"a": 1, "z": {"x":1,"x":2}}', obj(a=INT)),
    "half a pair, renamed": ('{"A":"\\ud800"}', obj(a=TEXT)),
    "half a pair, a union with text": ('"\\ud800"', UnionNode(options=(obj(n=INT), TEXT))),
    "half a pair, a list of one": ('"\\ud800"', ListNode(item=TEXT)),
    "doubled, unwrapped": ('{"answer": {"a": 1, "a": 2}}', obj(a=INT)),
    "doubled, in a text": (json.dumps({"m": '{"a": 1, "a": 2}'}), obj(m=obj(a=INT))),
    "cut off, in a tool call": ('{"name": "f", "arguments": {"a": [1, 2', obj(a=ListNode(item=INT))),
    "doubled, one of several items": ('{"n": 1}\n{"n": 2, "n": 3}', ListNode(item=obj(n=INT))),
}


@pytest.mark.parametrize("name", MOVED)
def test_what_is_doubted_of_a_value_stays_with_it_wherever_it_moves(name: str) -> None:
    text, node = MOVED[name]
    assert value_of(text, node) is REFUSED


def test_the_limits_hold_inside_of_texts() -> None:
    context = context_of(obj(x=ListNode(item=AnyNode())), limits=Limits(depth=4))
    found = view_of(read_model_text('{"x": "[[[[[[1]]]]]]"}', context), "lossless")
    assert [one.code for one in found.problems] == ["too-deep"] or context.flaws(found.value)


def test_a_number_that_becomes_a_text_keeps_its_spelling() -> None:
    assert value_of('{"v": 1.10}', obj(v=TEXT)) == {"v": "1.10"}
    assert value_of('{"V": [1.10, 5]}', obj(v=ListNode(item=TEXT))) == {"v": ["1.10", "5"]}
    assert value_of('{"v": 1.10}', obj(v=UnionNode(options=(TEXT, BooleanNode())))) == {"v": "1.10"}


# -- repairs end, and cost no more than the text ------------------------------------------------------------------------


def test_repairs_of_recursive_schemas_end() -> None:
    lists = ListNode(item=RefNode(name="L"))
    assert value_of("5", RefNode(name="L"), L=lists) is REFUSED
    sub = obj(children_=ListNode(item=RefNode(name="Sub")))
    assert value_of('{"children": 5}', RefNode(name="Sub"), "judgement", Sub=sub) is REFUSED
    options = (ListNode(item=RefNode(name="J")), obj(RefNode(name="J")), TEXT, INT)
    value_of("1.5", RefNode(name="J"), "judgement", J=UnionNode(options=options))
    value_of("[" * 100 + "1.5" + "]" * 100, RefNode(name="J"), "judgement", J=UnionNode(options=options))


class CountedJudge:
    """The tree as a judge that counts how often it is called."""

    def __init__(self, context: ReadingContext) -> None:
        self.judge = tree_judge(context)
        self.calls = 0

    def __call__(self, value: Any) -> Verdict:
        self.calls += 1
        return self.judge(value)


@pytest.mark.parametrize("count", [1, 10, 1000])
def test_the_judge_is_called_no_more_often_for_more_flaws(count: int) -> None:
    context = context_of(ListNode(item=obj(first_name=INT)))
    judge = CountedJudge(context)
    done = repair(Traced([{"First Name": str(n), "x": n} for n in range(count)]), judge, context)
    assert done.traced.value == [{"first_name": n} for n in range(count)]
    assert judge.calls <= 5


def test_a_proposal_at_a_place_that_is_still_named_is_withdrawn() -> None:
    context = context_of(obj(a=INT, b=INT))

    def judge(value: Any) -> Verdict:
        flaws = list(tree_judge(context)(value).flaws)
        if isinstance(value["b"], int):
            flaws.append(Flawed(("b",), "value", INT, value["b"]))
        return Verdict(flaws)

    done = repair(Traced({"a": "1", "b": "2"}), judge, context)
    assert done.traced.value == {"a": 1, "b": "2"}
    assert [one.rule for one in done.traced.history.repairs()] == ["number-text"]


class Flawed:
    def __init__(self, path: tuple[str | int, ...], keyword: str, node: Node | None, value: Any) -> None:
        from railguard.values import Path

        self.path, self.keyword, self.node, self.value = Path(path), keyword, node, value


def test_a_key_that_the_judge_only_hints_at_is_renamed_if_it_is_accepted_and_never_removed() -> None:
    context = context_of(obj(first_=INT))

    def judge(value: Any) -> Verdict:
        known = [key for key in value if key != "first"]
        wrong = isinstance(value.get("first"), str)
        flaws = [Flawed(("first",), "type", None, value["first"])] if wrong else []
        return Verdict(
            flaws, [] if wrong else [Flawed((key,), "additionalProperties", None, value[key]) for key in known]
        )

    assert repair(Traced({"First": 1, "z": 2}), judge, context).traced.value == {"first": 1, "z": 2}
    assert repair(Traced({"First": "x", "z": 2}), judge, context).traced.value == {"First": "x", "z": 2}


@pytest.mark.parametrize("policy", ["none", "syntax"])
def test_no_key_is_removed_or_renamed_where_only_spelling_may_change(policy: RepairPolicy) -> None:
    assert value_of('{"a": 1, "z": 2}', obj(a=INT), policy) is REFUSED
    assert value_of('{"A": 1}', obj(a=INT), policy) is REFUSED
    assert value_of('{"a": "1"}', obj(a=INT), policy) is REFUSED


@pytest.mark.parametrize("policy", ["none", "syntax", "lossless"])
def test_a_null_that_the_request_asked_for_is_left_out_and_is_no_repair(policy: RepairPolicy) -> None:
    structure = Structure(Schema(root=obj(a=INT, b_=INT)))
    asked = ReadingContext(structure.schema, policy, Limits(), structure.flaws, nulls=True)
    reading = read_model_text('{"a": 1, "b": null}', asked)
    assert reading.value == {"a": 1}
    assert not reading.history


def _steps(text: str) -> int:
    reader = Reader(events=False)
    reader.feed(text)
    reader.close()
    return reader.steps


def test_a_thousand_rows_are_a_list_and_too_many_are_given_up() -> None:
    rows = [{"n": n, "s": f"x{n}"} for n in range(1000)]
    text = "\n".join(map(json.dumps, rows))
    node = ListNode(item=obj(n=INT, s=TEXT))
    assert value_of(text, node) == rows
    assert value_of(f"Here:\n```jsonl\n{text}\n```\nDone.", node) == rows
    assert value_of(text, obj(n=INT, s=TEXT)) is REFUSED
    assert [one.code for one in chosen("{}" * (MOST_ROWS + 1), node).problems] == ["too-many-pieces"]


def test_many_empty_objects_take_little_memory() -> None:
    text = "{}" * 15_000
    for node in (obj(n=INT), ListNode(item=obj(n=INT)), UnionNode(options=(INT, ListNode(item=INT)))):
        read_model_text(text, context_of(node))  # what is loaded for it is not counted
        tracemalloc.start()
        read_model_text(text, context_of(node))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 40 * len(text)


def test_keys_are_matched_in_steps_that_do_not_grow_with_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    from railguard.parsing.coerce import key_spelling

    folds = 0
    original = key_spelling._folded

    def counted(name: str) -> str:
        nonlocal folds
        folds += 1
        return original(name)

    monkeypatch.setattr(key_spelling, "_folded", counted)
    costs = []
    for count in (100, 200, 400):
        folds = 0
        node = obj(**{f"some_key_{n}x": INT for n in range(count)})
        text = json.dumps({f"Some Key {n}x": n for n in range(count)})
        assert value_of(text, node) == {f"some_key_{n}x": n for n in range(count)}
        costs.append(folds)
    assert costs[2] < 4.5 * costs[0]


# -- words, tags, fragments ---------------------------------------------------------------------------------------------


def test_every_code_has_words_and_every_objection_a_sentence() -> None:
    import re
    from pathlib import Path

    import railguard.parsing

    root = Path(railguard.parsing.__file__).parent
    text = "\n".join(file.read_text(encoding="utf-8") for file in root.rglob("*.py"))
    calls = r'Doubt\("[a-z-]+", |doubted\(|give_up\(|_nothing\((?:text|given|self\._text), '
    used = set(re.findall(rf'(?:{calls}|problem=|problem or |where=)"([a-z-]+)"', text))
    assert len(used) > 30
    assert used <= DOUBT_WORDS.keys(), used - DOUBT_WORDS.keys()
    for kind in ("unreadable", "items-missing", "open", "cut"):
        assert objection_message(Doubt(kind)).endswith(".")  # type: ignore[arg-type]
    assert "guess" in objection_message(RepairNote("some-rule", kind="judgement"))


@pytest.mark.parametrize("tag", REASONING_TAGS)
def test_what_stands_in_a_reasoning_tag_is_no_answer(tag: str) -> None:
    assert value_of(f'<{tag}>maybe {{"a": 1}}</{tag}>{{"a": 2}}', obj(a=INT)) == {"a": 2}


def test_a_fragment_that_is_the_whole_output_is_not_read_as_the_flat_object_with_unknown_keys() -> None:
    context = context_of(obj(**{"a.b": INT}))
    assert read_fragment('{"a.b": 1}', context).value == {"a.b": 1}
    assert read_fragment('{"a.b": 1, "a": {"b": 2}}', context).value == {"a.b": 1, "a": {"b": 2}}


def test_what_is_guessed_is_known() -> None:
    node = obj(a=INT)
    for text, guessed in (
        ('{"a": 1}', False),
        ("{'a': 1,}", False),
        ('```json\n{"a": 1}\n```', False),
        ('It is {"a": 1}.', True),
        ('{"answer": {"a": 1}}', True),
        ('[{"a": 1}]', False),
    ):
        context = context_of(node)
        reading = read_model_text(text, context)
        assert reading.value == {"a": 1}
        assert reading.guessed is guessed or text.startswith(("[", '{"answer"')), text
