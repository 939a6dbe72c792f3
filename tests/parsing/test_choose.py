"""What is found in a text, what is chosen of it, what each policy allows, and what is on record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parsing_views import View, chosen, context_of, view
from pydantic import BaseModel, ConfigDict, model_validator

from railguard import Guard
from railguard.checking.plan import Plan
from railguard.parsing import Verdict, repair, tree_judge
from railguard.parsing.coerce.engine import MOST_PASSES
from railguard.parsing.extract.candidates import MOST_CANDIDATES, candidates
from railguard.parsing.json.whole_text import read_json
from railguard.schema import (
    AnyNode,
    ChoiceCase,
    ChoiceNode,
    EnumNode,
    Field,
    FloatNode,
    IntegerNode,
    ListNode,
    Node,
    ObjectNode,
    RefNode,
    StringNode,
    UnionNode,
)
from railguard.schema.structure import Flaw
from railguard.spec import RepairPolicy
from railguard.testing.growth import steep_growth
from railguard.values import UNSET, Limits, Path, Traced, value_at

FEE = ObjectNode(
    fields=(Field("name", StringNode()), Field("amount", FloatNode()), Field("index", IntegerNode(), False))
)
FEES = ObjectNode(fields=(Field("fees", ListNode(item=FEE)),))


def rules(reading: View) -> list[tuple[str, str, str]]:
    return [(str(one.path), one.rule, one.kind) for one in reading.repairs]


def test_every_step_is_recorded_at_its_path_with_its_class() -> None:
    reading = chosen('Sure:\n```json\n{\'data\': {"fees": [{"name": "a", "amount": "$1,000.50",}]}}\n```', FEES)
    assert reading.value == {"fees": [{"name": "a", "amount": 1000.5}]}
    assert rules(reading) == [
        ("$", "fence", "syntax"),
        ("$", "quotes", "syntax"),
        ("$.fees[0]", "trailing-comma", "syntax"),
        ("$", "unwrapped-key", "lossless"),
        ("$.fees[0].amount", "currency", "lossless"),
    ]
    money = reading.repairs[-1]
    assert (money.before, money.after) == ("$1,000.50", 1000.5)


def test_paths_are_those_of_the_value_that_is_given() -> None:
    reading = chosen("[{'name': 'a', 'amount': 'x'}]", FEE)
    assert reading.value == {"name": "a", "amount": "x"}
    assert {path for path, _, _ in rules(reading)} <= {"$", "$.name", "$.amount"}
    wrapped = chosen("{name: 'a', amount: 1}", ListNode(item=FEE))
    assert ("$[0].name", "quotes", "syntax") in rules(wrapped)


@pytest.mark.parametrize(
    ("policy", "text", "value"),
    [
        ("none", '{"name": "a", "amount": 1}', {"name": "a", "amount": 1}),
        ("none", '```\n{"name": "a", "amount": 1}\n```', UNSET),
        ("none", "{'name': 'a', 'amount': 1}", UNSET),
        ("syntax", "{'name': 'a', 'amount': 1}", {"name": "a", "amount": 1}),
        ("syntax", '{"name": "a", "amount": "1"}', {"name": "a", "amount": "1"}),
        ("lossless", '{"name": "a", "amount": "1"}', {"name": "a", "amount": 1}),
        ("lossless", '{"name": "a", "amount": "3,14"}', {"name": "a", "amount": "3,14"}),
        ("judgement", '{"name": "a", "amount": "3,14"}', {"name": "a", "amount": 3.14}),
    ],
)
def test_a_policy_allows_its_class_and_those_before_it(policy: RepairPolicy, text: str, value: Any) -> None:
    assert chosen(text, FEE, policy).value == value


def test_a_repair_that_is_not_allowed_is_a_failure_at_its_path() -> None:
    reading = chosen('{"fees": [{"name": "5" nail", "amount": 1}]}', FEES)
    assert [(str(one.path), one.code) for one in reading.problems] == [("$.fees[0].name", "unescaped-quotes")]
    assert "quotes" in reading.problems[0].message
    wrapped = chosen('{"result": {"name": "a", "amount": 1}}', FEE, "syntax")
    assert [str(one.path) for one in wrapped.problems] == ["$"]


def test_a_list_that_is_not_closed_lacks_items_unless_judgement_says_otherwise() -> None:
    text = '{"fees": [{"name": "a", "amount": 1}'
    reading = chosen(text, FEES)
    assert [(str(one.path), one.append) for one in reading.problems] == [("$.fees", True)]
    assert [str(path) for path in reading.open] == ["$", "$.fees"]
    assert not chosen(text, FEES, "judgement").problems


def test_a_bad_item_stays_and_is_not_dropped() -> None:
    reading = chosen('{"fees": [{"name": "a", "amount": "x"}, {"name": "b", "amount": "2"}]}', FEES)
    assert reading.value == {"fees": [{"name": "a", "amount": "x"}, {"name": "b", "amount": 2}]}


def test_a_cut_off_text_is_kept_and_is_a_failure() -> None:
    reading = chosen('{"fees": [{"name": "a", "amount": 1}, {"name": "b', FEES, "judgement")
    assert reading.value == {"fees": [{"name": "a", "amount": 1}, {"name": "b"}]}
    assert [str(one.path) for one in reading.problems] == ["$.fees", "$.fees[1].name"]


def test_the_only_judgement_that_needs_no_policy_says_why_it_is_safe() -> None:
    reading = chosen('{"name": "a", "amount": 1}\nSorry, the final one:\n{"name": "b", "amount": 1}', FEE)
    assert reading.value == {"name": "b", "amount": 1}
    assert not reading.problems
    assert reading.repairs[1].before == [{"name": "a", "amount": 1}]


def test_a_later_piece_of_the_same_kind_puts_the_choice_in_doubt() -> None:
    text = '{"name": "a", "amount": 1}, and the name is {"name": "b"}'
    assert chosen(text, FEE).problems
    assert chosen(text, FEE, "judgement").value == {"name": "a", "amount": 1}


def test_pieces_that_are_something_else_do_not() -> None:
    text = 'From {"x": 1} and [2] and {y} follows {"name": "a", "amount": 1}. See {"z": [3]}.'
    assert chosen(text, FEE).value == {"name": "a", "amount": 1}
    assert not chosen(text, FEE).problems


def test_of_pieces_that_fit_in_part_the_fullest_is_taken() -> None:
    reading = chosen('{"name": "a"} {"name": "b", "index": 1}', FEE, "judgement")
    assert reading.value == {"name": "b", "index": 1}


def test_two_answers_under_two_keys_are_not_chosen_from() -> None:
    one, other = '{"name": "a", "amount": 1}', '{"name": "b", "amount": 2}'
    for policy in ("lossless", "judgement"):
        problems = chosen(f'{{"first": {one}, "second": {other}}}', FEE, policy).problems  # type: ignore[arg-type]
        assert problems[0].code == "two-answers"
    assert chosen(f'{{"first": {one}, "second": {one}}}', FEE, "judgement").value == {"name": "a", "amount": 1}


def test_an_object_that_fits_no_member_is_given_whole() -> None:
    reading = chosen('{"other": 1, "more": 2}', FEE)
    assert reading.value == {"other": 1, "more": 2}
    assert chosen("Here: {x} [y]", FEE).value is UNSET
    assert chosen('Here: {"x": 1}', FEE).value is UNSET


def test_a_plain_text_is_the_answer_as_it_is() -> None:
    assert chosen('"hello"', StringNode()).value == '"hello"'
    assert chosen("null", StringNode(nullable=True)).value is None


def test_too_many_pieces_are_no_answer() -> None:
    text = '{"a": 1} ' * (MOST_CANDIDATES + 5)
    assert candidates(text, Limits(), rows=False).crowded
    assert "too many" in chosen(text, FEE).problems[0].message
    assert candidates("{a, " * 300, Limits()).crowded


def test_an_unfinished_thought_is_only_judged_to_hold_the_answer() -> None:
    text = '<think>so it is {"name": "a", "amount": 1}'
    assert chosen(text, FEE).problems
    assert chosen(text, FEE, "judgement").value == {"name": "a", "amount": 1}


def test_where_pieces_stand_and_how_they_were_found_is_known() -> None:
    text = 'a {"x": 1}\n```json\n[2]\n```\n```\nthree\n```'
    found = candidates(text, Limits()).found
    assert [(one.how, text[one.start : one.end]) for one in found[:-1]] == [
        ("prose", '{"x": 1}'),
        ("fence", "[2]"),
        ("text", "three"),
    ]
    assert found[-1].traced.value == text


def test_several_values_for_a_list_keep_their_places() -> None:
    reading = chosen("{name: 'a', amount: 1}\n{name: 'b', amount: '2'}", ListNode(item=FEE))
    assert reading.value == [{"name": "a", "amount": 1}, {"name": "b", "amount": 2}]
    assert ("$[1].amount", "number-text", "lossless") in rules(reading)
    assert ("$[1].name", "quotes", "syntax") in rules(reading)


def test_a_recursive_type_is_mended_at_any_depth() -> None:
    node = ObjectNode(fields=(Field("n", IntegerNode()), Field("next", RefNode(name="N"), False)))
    reading = chosen('{"n": "1", "next": {"n": "2", "next": {"N": "3"}}}', RefNode(name="N"), N=node)
    assert reading.value == {"n": 1, "next": {"n": 2, "next": {"n": 3}}}


def test_a_union_takes_the_one_value_that_its_options_make_of_it() -> None:
    union = UnionNode(options=(FEE, ListNode(item=IntegerNode())))
    assert chosen('{"name": "a", "amount": "1"}', union).value == {"name": "a", "amount": 1}
    assert chosen('["1", "2"]', union).value == [1, 2]
    both = ObjectNode(fields=(Field("x", UnionNode(options=(IntegerNode(), EnumNode(values=("1", "2"))))),))
    assert chosen('{"x": 1.0}', both).value == {"x": 1.0}  # 1 and "1" are two values


def test_the_value_that_is_given_is_not_changed_by_mending() -> None:
    context = context_of(FEE)
    given = {"name": 1, "amount": "2"}
    repaired = repair(Traced(given), tree_judge(context), context)
    assert repaired.traced.value == {"name": "1", "amount": 2}
    assert given == {"name": 1, "amount": "2"}
    assert not repaired.verdict.flaws


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[1e999]", "number-range"),
        ("[NaN]", "not-finite"),
        ('{"a": 1, "a": 2}', "duplicate-key"),
        ('["\\ud800"]', "surrogate"),
        ("[" * 300 + "]" * 300, "too-deep"),
    ],
)
def test_json_whose_content_is_not_sound_is_read_as_json_and_in_doubt(text: str, code: str) -> None:
    found = read_json(text, Limits())
    assert found is not None
    assert [one.code for one in view(found.traced).problems] == [code]


@pytest.mark.parametrize("text", ["[1", "\ud800", "[1,]", "{'a': 1}", '["\t"]', "[01]", "[1] x"])
def test_what_is_no_json_is_not_read_as_json(text: str) -> None:
    assert read_json(text, Limits()) is None


@settings(deadline=None)
@given(
    st.text(alphabet=list("{}[]\"':,`~<>think/ \n=()ab1.\\“"), max_size=60),
    st.sampled_from(["syntax", "lossless", "judgement"]),
)
def test_any_text_is_read_or_refused(text: str, policy: RepairPolicy) -> None:
    reading = chosen(text, FEES, policy)
    assert reading.value is not UNSET or reading.problems


def test_the_name_of_a_case_is_mended_and_its_key() -> None:
    cat = ObjectNode(fields=(Field("lives", IntegerNode()),))
    node = ChoiceNode(discriminator="kind", cases=(ChoiceCase("cat", cat), ChoiceCase("fish", ObjectNode())))
    assert chosen('{"Kind": "cat", "lives": "9"}', node).value == {"kind": "cat", "lives": 9}
    assert chosen('{"kind": "CAT", "lives": 9}', node).value == {"kind": "cat", "lives": 9}
    assert chosen('{"kind": "dog", "lives": 9}', node).value == {"kind": "dog", "lives": 9}
    assert chosen('{"sort": "cat", "lives": 9}', node).value == {"sort": "cat", "lives": 9}
    assert chosen('{"kind": "cat", "Lives": 9}', node).value == {"kind": "cat", "lives": 9}
    assert chosen('{"pet": {"kind": "cat", "lives": "9"}}', node).value == {"kind": "cat", "lives": 9}


def test_the_only_member_of_an_object_may_stand_in_its_place() -> None:
    node = ListNode(item=ObjectNode(fields=(Field("fee", FEE),)))
    text = '[{"name": "a", "amount": 1}]'
    assert chosen(text, node, "judgement").value == [{"fee": {"name": "a", "amount": 1}}]
    assert chosen(text, node).value == [{"name": "a", "amount": 1}]


def test_json_in_a_text_may_be_loose_where_the_text_is_the_answer() -> None:
    assert chosen("\"{name: 'a', amount: 1}\"", FEE).value == {"name": "a", "amount": 1}
    assert chosen("{\"arguments\": \"{'name': 'a', 'amount': 1}\"}", FEE).value == {"name": "a", "amount": 1}
    text = "{'name': 1} and more"
    assert chosen(f'{{"arguments": "{text}"}}', FEE).value == {"arguments": text}


@pytest.mark.parametrize(
    "text",
    [
        "<think>x</think>",
        "</think>",
        '{"a": "</think>", b: 1} </think> x',
        "```json\n```",
        "```\nx",
        '```{\\"name\\": \\"a\\", \\"amount\\": 1}```',
        'So: {\\"name\\": \\"a\\"}',
    ],
)
def test_odd_ends_are_no_exception(text: str) -> None:
    reading = chosen(text, FEE)
    assert reading.value is UNSET or isinstance(reading.value, dict)


def test_open_objects_and_unions_of_them_take_any_key() -> None:
    open_object = ObjectNode(extra=IntegerNode())
    assert chosen('{"a": "1"}', open_object).value == {"a": 1}
    case = ChoiceNode(discriminator="kind", cases=(ChoiceCase("any", open_object),))
    assert chosen("{'kind': 'any', 'a': 1}", case).value == {"kind": "any", "a": 1}
    nested = UnionNode(options=(UnionNode(options=(FEE, open_object)), case))
    assert chosen("{'a': 1}", nested).value == {"a": 1}
    assert chosen("{'a': 1}", UnionNode(options=(FEE, open_object))).value == {"a": 1}
    optional = ObjectNode(fields=(Field("a", UnionNode(options=(FEE, case))),))
    assert chosen('{"a": {"kind": "any", "n": 2}}', optional).value == {"a": {"kind": "any", "n": 2}}


@pytest.mark.parametrize(
    "make",
    [
        lambda n: "{" + " " * n + "no",
        lambda n: "{" + "\\n" * n + "no",
        lambda n: "[" + ("1 # " + " " * n + "x\n") * 2,
        lambda n: "[" + ("1 # " + " " * 390 + "x\n") * n,
        lambda n: "[" + ("1 # " + "more " * n + "\n") * 2,
        lambda n: '{a: "' + ("w" * n + '"x", b: 2},') * 2,
        lambda n: '{a: "' + ("w" * 990 + '"x", b: 2},') * n,
    ],
    ids=["spaces", "newlines", "a comment", "comments", "words", "a text", "texts"],
)
def test_a_rule_about_words_and_spaces_is_linear_wherever_it_fails(make: Callable[[int], str]) -> None:
    assert steep_growth(lambda text: chosen(text, FEES, "judgement"), make) is None


@pytest.mark.parametrize(("other", "is_clear"), [("", True), ('and {"name": "b", "amount": 2}', False)])
def test_an_item_in_place_of_its_list_is_the_answer_only_if_there_is_no_other_item(other: str, is_clear: bool) -> None:
    reading = chosen(f'```json\n{{"name": "a", "amount": 1}}\n```\n{other}', FEES, "judgement")
    assert reading.value == {"fees": [{"name": "a", "amount": 1}]}
    assert ("several-values" in [one.code for one in reading.problems]) is not is_clear


PAIR = ObjectNode(fields=(Field("a", IntegerNode()), Field("b", IntegerNode(), required=False)))


def flawed(value: Any, *flaws: tuple[Path, str, Any]) -> Verdict:
    return Verdict([Flaw(path, keyword, node, value_at(value, path)) for path, keyword, node in flaws])


def test_repairs_that_are_refused_together_and_apart_are_all_withdrawn() -> None:
    a, b = Path(("a",)), Path(("b",))
    tried: list[Any] = []

    def judge(value: Any) -> Verdict:
        tried.append(value)
        told = {path for path in (a, b) if isinstance(value_at(value, path), str)}
        told |= {a} if value == {"a": 1, "b": 2} else {b} if value == {"a": "1", "b": 2} else set()
        return flawed(value, *((path, "type", PAIR.fields[0].node) for path in sorted(told)))

    found = repair(Traced({"a": "1", "b": "2"}), judge, context_of(PAIR))
    assert tried == [{"a": "1", "b": "2"}, {"a": 1, "b": 2}, {"a": "1", "b": 2}]
    assert found.traced.value == {"a": "1", "b": "2"}
    assert not found.traced.history


@pytest.mark.parametrize(
    ("path", "keyword", "node"),
    [
        (Path(), "value", None),
        (Path(("a",)), "value", None),
        (Path((0,)), "type", IntegerNode()),
        (Path(("a", "x")), "required", IntegerNode()),
        (Path(("a", "x")), "additionalProperties", None),
    ],
)
def test_where_a_judge_names_nothing_that_can_be_repaired_nothing_is(path: Path, keyword: str, node: Any) -> None:
    value = {"a": "1", "b": 2}
    found = repair(Traced(value), lambda value: flawed(value, (path, keyword, node)), context_of(PAIR, "judgement"))
    assert found.traced.value == value
    assert not found.traced.history


@pytest.mark.parametrize("levels", [1, MOST_PASSES, MOST_PASSES + 2])
def test_faults_inside_of_one_another_are_mended_down_to_a_level_and_the_rest_is_told(levels: int) -> None:
    node: Node = IntegerNode()
    value: Any = 1
    for _ in range(levels):
        node, value = ObjectNode(fields=(Field("the_key", node),)), {"theKey": value}
    context = context_of(node)
    found = repair(Traced(value), tree_judge(context), context)
    mended = found.traced.history.repairs()
    assert len(mended) == min(levels, MOST_PASSES)
    assert {one.rule for one in mended} == {"misspelled-key"}
    assert bool(found.verdict.flaws) is (levels > MOST_PASSES)


def test_a_verdict_that_is_given_is_not_asked_for_again() -> None:
    context = context_of(PAIR)
    value = {"a": "1"}
    asked: list[Any] = []

    def judge(value: Any) -> Verdict:
        asked.append(value)
        return tree_judge(context)(value)

    assert repair(Traced(value), judge, context).traced.value == {"a": 1}
    assert asked == [{"a": "1"}, {"a": 1}]
    asked.clear()
    assert repair(Traced(value), judge, context, tree_judge(context)(value)).traced.value == {"a": 1}
    assert asked == [{"a": 1}]


@pytest.mark.parametrize(
    ("value", "left"),
    [
        ({"a": 1, "b": None}, {"a": 1}),
        ({"a": None, "b": None}, {"a": None}),
        ({"a": None}, {"a": None}),
        ({"a": 1, "b": "x"}, {"a": 1, "b": "x"}),
        ({"a": "x", "b": None, "z": None}, {"a": "x", "z": None}),
    ],
)
def test_where_each_member_had_to_be_named_null_stands_for_a_missing_optional_one(value: Any, left: Any) -> None:
    context = replace(context_of(PAIR, "syntax"), nulls=True)
    found = repair(Traced(value), tree_judge(context), context)
    assert found.traced.value == left
    assert not found.traced.history.repairs()


def test_in_an_open_object_only_what_a_missing_member_needs_is_renamed() -> None:
    node = ObjectNode(fields=(Field("the_a", IntegerNode()), Field("the_b", IntegerNode(), False)), extra=AnyNode())
    context = context_of(node)
    found = repair(Traced({"theA": 1, "theB": 2}), tree_judge(context), context)
    assert found.traced.value == {"the_a": 1, "theB": 2}


def test_where_a_users_own_code_may_take_any_key_no_key_is_unknown() -> None:
    class Taking(BaseModel):
        model_config = ConfigDict(extra="forbid")
        a: int

        @model_validator(mode="before")
        @classmethod
        def read(cls, given: Any) -> Any:
            return given

    class Plain(BaseModel):
        model_config = ConfigDict(extra="forbid")
        a: int

    for model, known in ((Taking, None), (Plain, {"a"})):
        context = Plan(Guard.from_pydantic(model).spec).reading_context
        assert context.known == known
        verdict = tree_judge(context)({"a": 1, "z": 2})
        assert [flaw.keyword for flaw in verdict.flaws] == ([] if known is None else ["additionalProperties"])
