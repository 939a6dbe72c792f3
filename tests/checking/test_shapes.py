"""Law: a check runs on every value of its node, wherever that stands, on no other, and once, in whatever way it is reached:
a sound answer, one with a flaw elsewhere, one that is streamed, one whose rule waits or has a context."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import Callable
from typing import Any

import pytest

from railguard import Context, FailResult, Guard, Rule, ValidationOutcome, ValidatorError, validator
from railguard.checking.plan import Plan
from railguard.checking.walk import places, trie
from railguard.schema import (
    AnyNode,
    ChoiceCase,
    ChoiceNode,
    EnumNode,
    Field,
    IntegerNode,
    ListNode,
    Node,
    ObjectNode,
    RefNode,
    Schema,
    StringNode,
    UnionNode,
)
from railguard.schema.constraints import Constraint
from railguard.schema.inline import inlined
from railguard.spec import Spec
from railguard.testing import ScriptedModel
from railguard.values import Path

asked: list[Any] = []


def judged(value: int) -> bool:
    asked.append(value)
    if value == 13:
        raise ZeroDivisionError("thirteen")
    return value < 5


@validator("t-shapes-inline", replace=True)
def inline(value: int) -> bool:
    return judged(value)


@validator("t-shapes-context", replace=True)
def with_context(value: int, *, ctx: Context) -> bool:
    return judged(value)


@validator("t-shapes-waits", replace=True)
async def waits(value: int) -> bool:
    await asyncio.sleep(0)
    return judged(value)


Make = Callable[[Node], Node]


def member(node: Node, *, required: bool = True, name: str = "n") -> ObjectNode:
    return ObjectNode(fields=(Field(name, node, required=required),))


def choice(node: Node) -> ChoiceNode:
    return ChoiceNode(discriminator="k", cases=(ChoiceCase("x", member(node)), ChoiceCase("y", ObjectNode())))


def union(node: Node) -> UnionNode:
    return UnionNode(options=(node, StringNode(), ListNode(item=node)))


LEVELS = 40  # of references in one another
SHAPES: dict[str, tuple[Make, str, str, list[str]]] = {
    "alone": (lambda n: n, "1", "9", ["$.a"]),
    "member": (member, '{"n": 1}', '{"n": 9}', ["$.a.n"]),
    "optional member": (lambda n: member(n, required=False), "{}", '{"n": 9}', ["$.a.n"]),
    "items": (lambda n: ListNode(item=n), "[1, 2]", "[1, 9, 2, 8]", ["$.a[1]", "$.a[3]"]),
    "no items": (lambda n: ListNode(item=n), "[]", "[9]", ["$.a[0]"]),
    "rows": (lambda n: ListNode(item=member(n)), '[{"n": 1}, {"n": 2}]', '[{"n": 1}, {"n": 9}]', ["$.a[1].n"]),
    "rows with gaps": (
        lambda n: ListNode(item=member(n, required=False)),
        '[{}, {"n": 2}]',
        '[{}, {"n": 1}, {}, {"n": 9}]',
        ["$.a[3].n"],
    ),
    "rows of rows": (
        lambda n: ListNode(item=member(ListNode(item=member(n)))),
        '[{"n": []}, {"n": [{"n": 1}]}]',
        '[{"n": []}, {"n": [{"n": 1}, {"n": 9}]}]',
        ["$.a[1].n[1].n"],
    ),
    "lists of lists": (lambda n: ListNode(item=ListNode(item=n)), "[[1], []]", "[[], [1, 9]]", ["$.a[1][1]"]),
    "a case": (choice, '{"k": "x", "n": 1}', '{"k": "x", "n": 9}', ["$.a.n"]),
    "another case": (choice, '{"k": "y"}', '{"k": "x", "n": 9}', ["$.a.n"]),
    "cases": (
        lambda n: ListNode(item=choice(n)),
        '[{"k": "y"}, {"k": "x", "n": 1}]',
        '[{"k": "y"}, {"k": "x", "n": 9}]',
        ["$.a[1].n"],
    ),
    "an option": (union, "1", "9", ["$.a"]),
    "a list that is an option": (union, "[1]", "[1, 9]", ["$.a[1]"]),
    "another option": (union, '"9"', "9", ["$.a"]),
    "options": (lambda n: ListNode(item=union(n)), '["9", 1, [2]]', '["9", 9, [9]]', ["$.a[1]", "$.a[2][0]"]),
    "other members": (lambda n: ObjectNode(extra=n), '{"p": 1}', '{"p": 1, "q": 9}', ["$.a.q"]),
    "members and others": (
        lambda n: ObjectNode(fields=(Field("n", StringNode()),), extra=ListNode(item=n)),
        '{"n": "9", "q": [1]}',
        '{"n": "9", "q": [1, 9]}',
        ["$.a.q[1]"],
    ),
    "a reference": (lambda n: RefNode(name="T"), '{"n": 1}', '{"n": 9}', ["$.a.n"]),
    "references in one another": (
        lambda n: RefNode(name="R"),
        '{"n": 1, "r": [{"n": 2, "r": []}]}',
        '{"n": 9, "r": [{"n": 2, "r": [{"n": 8, "r": []}]}]}',
        ["$.a.n", "$.a.r[0].r[0].n"],
    ),
    "many references in one another": (
        lambda n: RefNode(name="C0"),
        '{"c": ' * LEVELS + '{"n": 1}' + "}" * LEVELS,
        '{"c": ' * LEVELS + '{"n": 9}' + "}" * LEVELS,
        ["$.a" + ".c" * LEVELS + ".n"],
    ),
    "two references": (
        lambda n: ObjectNode(fields=(Field("p", RefNode(name="T")), Field("q", RefNode(name="T")))),
        '{"p": {"n": 1}, "q": {"n": 2}}',
        '{"p": {"n": 1}, "q": {"n": 9}}',
        ["$.a.q.n"],
    ),
    "a list of references": (
        lambda n: ListNode(item=RefNode(name="T")),
        '[{"n": 1}]',
        '[{"n": 1}, {"n": 9}]',
        ["$.a[1].n"],
    ),
}
shapes = pytest.mark.parametrize("shape", SHAPES)


def guard_of(shape: str, leaf: Node) -> Guard[Any]:
    """A guard of an object: `a` of the shape, "z" of a type of its own, "w" with a rule of its own."""
    chain: dict[str, Node] = {f"C{at}": member(RefNode(name=f"C{at + 1}"), name="c") for at in range(LEVELS)}
    unruled = Field("u", RefNode(name="U"), required=False)
    definitions: dict[str, Node] = {
        "T": member(leaf),
        "R": ObjectNode(fields=(Field("n", leaf), Field("r", ListNode(item=RefNode(name="R"))))),
        **chain,
        f"C{LEVELS}": ObjectNode(fields=(*member(leaf).fields, unruled)),
        "U": member(StringNode()),
    }
    wide = ListNode(item=AnyNode())
    root = ObjectNode(fields=(Field("a", SHAPES[shape][0](leaf)), Field("z", IntegerNode()), Field("w", wide)))
    used = {"T": ("T",), "R": ("R",), "C0": tuple(definitions)[2:]}
    names = {"a reference": "T", "two references": "T", "a list of references": "T", "references in one another": "R"}
    name = names.get(shape, "C0" if "many" in shape else "")
    kept = {one: definitions[one] for one in used.get(name, ())}
    return Guard(Spec(schema=Schema(root=root, definitions=kept), repair="none"))


def parsed(guard: Guard[Any], text: str) -> ValidationOutcome[Any]:
    return guard.parse(text)


def streamed(guard: Guard[Any], text: str) -> ValidationOutcome[Any]:
    events = list(guard.stream(ScriptedModel([text]), messages=[{"role": "user", "content": "x"}], max_reasks=0))
    assert events[-1].outcome is not None
    return events[-1].outcome


LEAVES: dict[str, Node] = {
    "bound": IntegerNode(maximum=4),
    "rule": IntegerNode(rules=(inline(),)),
    "rule that may find null": IntegerNode(rules=(inline(),), nullable=True),
    "rule with a context": IntegerNode(rules=(with_context(),)),
    "rule that waits": IntegerNode(rules=(waits(),)),
}


@shapes
@pytest.mark.parametrize("leaf", LEAVES)
@pytest.mark.parametrize("way", [parsed, streamed], ids=lambda way: way.__name__)
def test_a_check_runs_on_each_value_of_its_node_wherever_that_stands(way: Any, leaf: str, shape: str) -> None:
    guard = guard_of(shape, LEAVES[leaf])
    _, good, bad, paths = SHAPES[shape]
    for z, flaws in (("1", []), ('"q"', ["$.z"])):
        outcome = way(guard, f'{{"a": {good}, "z": {z}, "w": []}}')
        assert [str(one.path) for one in outcome.failures] == flaws
        outcome = way(guard, f'{{"a": {bad}, "z": {z}, "w": [9]}}')
        assert sorted(str(one.path) for one in outcome.failures) == sorted([*paths, *flaws])
        assert outcome.output is None


@shapes
@pytest.mark.parametrize("leaf", [name for name in LEAVES if name != "bound"])
@pytest.mark.parametrize("way", [parsed, streamed], ids=lambda way: way.__name__)
def test_a_rule_runs_once_on_each_value_of_a_sound_answer(way: Any, leaf: str, shape: str) -> None:
    good = SHAPES[shape][1]
    asked.clear()
    assert way(guard_of(shape, LEAVES[leaf]), f'{{"a": {good}, "z": 1, "w": []}}').passed
    values = [int(one) for one in good if one.isdigit()] if '"9"' not in good else []
    if values:
        assert sorted(asked) == values


@shapes
@pytest.mark.parametrize("leaf", [name for name in LEAVES if name != "bound"])
@pytest.mark.parametrize("way", [parsed, streamed], ids=lambda way: way.__name__)
def test_what_a_rule_raises_names_the_place_wherever_that_is(way: Any, leaf: str, shape: str) -> None:
    _, _, bad, paths = SHAPES[shape]
    text = bad.replace("8", "2").replace('"9"', '"q"').replace("9", "13", 1)
    for z in ("1", '"q"'):
        with pytest.raises(ValidatorError, match="ZeroDivisionError") as caught:
            way(guard_of(shape, LEAVES[leaf]), f'{{"a": {text}, "z": {z}, "w": []}}')
        assert str(caught.value.path) == paths[0]


@pytest.mark.parametrize("shape", [name for name, (_, good, _, _) in SHAPES.items() if "1" in good])
def test_null_is_not_checked_where_it_may_stand(shape: str) -> None:
    text = SHAPES[shape][1]
    for leaf in (IntegerNode(rules=(inline(),), nullable=True), IntegerNode(maximum=4, nullable=True)):
        outcome = parsed(guard_of(shape, leaf), f'{{"a": {text.replace("1", "null")}, "z": 1, "w": []}}')
        assert outcome.passed, outcome.failures


@shapes
def test_a_value_that_failed_is_asked_for_again_and_checked_again(shape: str) -> None:
    _, _, bad, paths = SHAPES[shape]
    guard = guard_of(shape, LEAVES["rule"])
    for again, passes in ((2, True), (7, False)):
        answers = [f'{{"a": {bad}, "z": 1, "w": []}}']

        def model(messages: Any, schema: Any, answers: list[str] = answers, again: int = again) -> str:
            return answers.pop() if answers else json.dumps(dict.fromkeys(schema["properties"], again))

        outcome = guard(model, messages=[{"role": "user", "content": "x"}], max_reasks=1)
        assert sorted(map(str, outcome.iterations[1].asked)) == sorted(paths)
        assert outcome.passed is passes


HELD_BY_ITSELF: list[Any] = []
HELD_BY_ITSELF.append(HELD_BY_ITSELF)


def nested(levels: int) -> list[Any]:
    made: list[Any] = []
    for _ in range(levels - 1):
        made = [made]
    return made


FIXES = [set(), object(), b"1", {1: 2}, float("nan"), (1,), [{1}], HELD_BY_ITSELF, {"a": HELD_BY_ITSELF}, nested(3000)]
FIXES += [nested(600), nested(201)]
FIXES += ["1", 7, [1], None]


@pytest.mark.parametrize("at", range(len(FIXES)))
@pytest.mark.parametrize("node", [IntegerNode, AnyNode, lambda **more: ListNode(item=AnyNode(), **more)])
def test_a_fix_that_is_no_value_of_its_field_is_no_fix(node: Any, at: int) -> None:
    fix = FIXES[at]

    @validator("t-shapes-fixes", replace=True)
    def refuses(value: Any) -> Any:
        return FailResult("No.", fix=fix) if value in (9, [9]) else None

    rules: tuple[Rule, ...] = (refuses(on_fail="fix"),)
    made = node(rules=rules)
    root = ObjectNode(fields=(Field("a", made),))
    outcome = Guard(Spec(schema=Schema(root=root))).parse('{"a": %s}' % ("[9]" if isinstance(made, ListNode) else "9"))
    fits = {IntegerNode: (7,), AnyNode: ("1", 7, [1], None), ListNode: ([1],)}[type(made)]
    if at >= 12 and any(type(fix) is type(one) and fix == one for one in fits):
        assert outcome.output == {"a": fix}
    else:
        assert [str(one.path) for one in outcome.failures] == ["$.a"]
        assert outcome.output is None


def test_beside_a_doubtful_member_of_an_option_the_others_are_checked() -> None:
    option = ObjectNode(fields=tuple(Field(name, LEAVES["rule"]) for name in "mn"))
    root = member(UnionNode(options=(StringNode(), option)))
    outcome = Guard(Spec(schema=Schema(root=root))).parse('{"n": {"n": 8, "n": 9, "m": 7}}')
    assert [str(one.path) for one in outcome.failures] == ["$.n.n", "$.n.m"]
    assert [one.validator for one in outcome.failures] == ["json", "t-shapes-inline"]


@pytest.mark.parametrize(
    ("node", "text", "filled"),
    [
        (member(IntegerNode()), '{"n": 1}', []),
        (ObjectNode(fields=(Field("n", IntegerNode(), required=False, default=3),)), "{}", ["$.a.n"]),
        (ObjectNode(fields=(Field("n", IntegerNode(), required=False),)), "{}", []),
        (
            ListNode(item=ObjectNode(fields=(Field("n", IntegerNode(), required=False, default=3),))),
            '[{}, {"n": 1}, {}]',
            ["$.a[0].n", "$.a[2].n"],
        ),
        (
            choice(ObjectNode(fields=(Field("d", IntegerNode(), required=False, default=3),))),
            '{"k": "x", "n": {}}',
            ["$.a.n.d"],
        ),
        (choice(ObjectNode(fields=(Field("d", IntegerNode(), required=False, default=3),))), '{"k": "q", "n": {}}', []),
    ],
)
def test_a_default_is_filled_in_wherever_its_member_is_missing_also_beside_a_flaw(
    node: Node, text: str, filled: list[str]
) -> None:
    always = Field("d", IntegerNode(), required=False, default=1)
    root = ObjectNode(fields=(Field("a", node), Field("z", IntegerNode()), always))
    guard = Guard(Spec(schema=Schema(root=root), repair="none"))
    for z in ("1", '"q"'):
        outcome = guard.parse(f'{{"a": {text}, "z": {z}}}')
        assert sorted(str(one.path) for one in outcome.repairs) == sorted([*filled, "$.d"])
        assert {one.rule for one in outcome.repairs} == {"default"}


def test_of_the_items_that_are_named_those_that_are_there_are_checked() -> None:
    plan = Plan(Spec(schema=Schema(root=ListNode(item=LEAVES["rule"]))))
    only = trie([Path((at,)) for at in (5, 2, 0, 3)])
    assert [str(one.path) for one in places(plan, [1, 2, 3], only=only)] == ["$[0]", "$[2]"]


def test_the_items_of_a_list_are_one_node_also_for_two_threads_that_ask_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    node = ListNode(item=LEAVES["rule"], max_items=2)
    plan = Plan(Spec(schema=Schema(root=node)))
    meanwhile: list[ListNode] = []

    def interrupted(**fields: Any) -> ListNode:
        if not meanwhile:
            meanwhile.append(node)
            meanwhile[0] = plan.items_of(node)  # as another thread asks
        return ListNode(**fields)

    monkeypatch.setattr("railguard.checking.plan.ListNode", interrupted)
    assert plan.items_of(node) is meanwhile[0] is plan.items_of(node)
    assert plan.checks(node)
    assert not plan.checks(meanwhile[0])


def test_what_is_known_of_a_node_is_taken_for_no_other_node() -> None:
    root = ObjectNode(fields=tuple(Field(name, RefNode(name=name.upper())) for name in "abcdef"))
    leaf: Node = ListNode(item=StringNode(max_length=3), max_items=3)
    plan = Plan(Spec(schema=Schema(root=root, definitions={name: member(leaf) for name in "ABCDEF"})))
    inlined.cache_clear()  # as other specs would
    gc.collect()
    for at in range(500):
        node = EnumNode(values=(at,))  # often at the address of the one before
        (check,) = plan.checks(node)
        assert isinstance(check, Constraint)
        assert check.holds(at)
    kept = [IntegerNode(maximum=at) for at in range(500)]
    assert [len(plan.checks(node)) for node in kept] == [1] * 500
