"""How an answer to a reask is read, shape by shape, and what is refused: DESIGN, "Reask, exactly", 4 and 5."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from railguard.loop.merging import json_lines, merge_answer, read_answer
from railguard.prompting.reask import AskedValue
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
    Schema,
    StringNode,
    UnionNode,
)
from railguard.schema.prune import field_at, node_at
from railguard.values import UNSET, Limits, Path

INT, STR = IntegerNode(), StringNode()


def obj(*optional: str, extra: Node | None = None, **members: Node) -> ObjectNode:
    """An object; the members named in `optional` may be left out."""
    fields = tuple(Field(name, node, required=name not in optional) for name, node in members.items())
    return ObjectNode(fields=fields, extra=extra)


ITEM = obj("note", sku=STR, qty=INT, color=STR, note=STR)
SHOP = Schema(root=obj("meta", name=STR, items=ListNode(item=ITEM), meta=obj(a=INT, b=INT)))
STATE = {
    "name": "shop",
    "items": [
        {"sku": "a", "qty": 1, "color": "red"},
        {"sku": "b", "qty": -2, "color": "red"},
        {"sku": "c", "qty": -3, "color": "blue"},
    ],
}
B, C = ("items", 1, "qty"), ("items", 2, "qty")


def ask(schema: Schema, state: Any, paths: Sequence[tuple[str | int, ...]], **how: Any) -> list[AskedValue]:
    """What a reask asks for, with dotted keys."""
    wanted = []
    for path in paths:
        append = path[-1:] == ("+",)
        place = path[:-1] if append else path
        node, field = node_at(schema, place, state), field_at(schema, place, state)
        assert node is not None
        value: Any = state
        for part in path:
            known = part in value if isinstance(value, dict) else isinstance(part, int) and part < len(value)
            value = value[part] if known else UNSET
            if value is UNSET:
                break
        removable = field is not None and not field.required and not node.nullable
        key = ".".join(map(str, path))
        wanted.append(AskedValue(key, Path(path), node, value=value, append=append, removable=removable, **how))
    return wanted


def given(answer: Any, *paths: tuple[str | int, ...], schema: Schema = SHOP, state: Any = STATE) -> dict[Any, Any]:
    """What is taken of an answer, by path."""
    read = read_answer(answer, ask(schema, state, paths), state, schema)
    return {tuple(one.path): value for one, value in read.values}


def ignored(answer: Any, *paths: tuple[str | int, ...], schema: Schema = SHOP, state: Any = STATE) -> list[Any]:
    """What an answer says of other values, by path."""
    read = read_answer(answer, ask(schema, state, paths), state, schema)
    return [(tuple(path), value) for path, value in read.ignored]


class TestFlat:
    @pytest.mark.parametrize(
        "key",
        ["items.1.qty", "items[1].qty", "$.items[1].qty", "/items/1/qty", '$.items[1]["qty"]', "items[1]['qty']"],
    )
    def test_a_key_is_read_however_the_path_is_written(self, key: str) -> None:
        right = {B: 2} if "'" not in key else {}
        assert given({key: 2}, B, C) == right

    @pytest.mark.parametrize(
        "key", ["items.01.qty", "items.-1.qty", "qty", "1.qty", "items.1", "items.1.qty.", "$", "", "/"]
    )
    def test_a_key_that_means_no_asked_path_gives_nothing(self, key: str) -> None:
        assert given({key: 2}, B, C) == {}

    def test_two_spellings_of_one_path_with_different_values_give_nothing(self) -> None:
        assert given({"items.1.qty": 2, "/items/1/qty": 4, "items.2.qty": 3}, B, C) == {C: 3}

    def test_two_spellings_of_one_path_with_the_same_value_are_one(self) -> None:
        assert given({"items.1.qty": 2, "/items/1/qty": 2}, B, C) == {B: 2}

    def test_a_value_in_an_object_of_its_own_name_is_unwrapped(self) -> None:
        assert given({"items.1.qty": {"qty": 2}}, B, C) == {B: 2}
        assert given({"items.1.qty": {"items.1.qty": 2}}, B, C) == {B: 2}

    @pytest.mark.parametrize("value", [{"sku": 2}, {"qty": 2, "sku": "b"}, {"QTY": 2}, {}])
    def test_a_value_in_another_object_is_not(self, value: Any) -> None:
        assert given({"items.1.qty": value}, B) == {B: value}

    @pytest.mark.parametrize(
        "node",
        [
            obj(x=INT),
            obj(extra=INT),
            obj(x=AnyNode()),
            obj(x=EnumNode(values=(1,))),
            obj(x=UnionNode(options=(STR, INT))),
            AnyNode(),
            EnumNode(values=({"x": 1}, 1)),
            UnionNode(options=(INT, obj(x=INT))),
            ChoiceNode(discriminator="x", cases=(ChoiceCase("a", obj()),)),
        ],
    )
    def test_an_object_that_its_place_can_take_is_the_value_itself(self, node: Node) -> None:
        schema = Schema(root=obj(x=node))
        assert given({"x": {"x": 1}}, ("x",), schema=schema, state={"x": "?"}) == {("x",): {"x": 1}}

    def test_an_object_that_its_place_cannot_take_is_a_wrapper(self) -> None:
        choice = ChoiceNode(discriminator="k", cases=(ChoiceCase("a", obj(y=INT)),))
        scalars = (INT, ListNode(item=INT), EnumNode(values=(1, 2)), UnionNode(options=(INT, STR)))
        for node in (*scalars, obj(y=INT), obj(x=ListNode(item=INT)), obj(extra=obj()), obj(x=choice), choice):
            schema = Schema(root=obj(x=node))
            assert given({"x": {"x": 1}}, ("x",), schema=schema, state={"x": "?"}) == {("x",): 1}

    def test_a_key_of_the_outputs_own_is_no_path(self) -> None:
        schema = Schema(root=obj(**{"a.b": INT, "a": obj(b=INT)}))
        state = {"a.b": 1, "a": {"b": "x"}}
        assert given({"a.b": 7, "a": {"b": 2}}, ("a", "b"), schema=schema, state=state) == {("a", "b"): 2}
        assert ignored({"a.b": 7, "a": {"b": 2}}, ("a", "b"), schema=schema, state=state) == [(("a.b",), 7)]

    def test_keys_that_were_not_asked_are_ignored_at_the_paths_they_mean(self) -> None:
        answer = {"items.1.qty": 2, "items.0.qty": 9, "name": "other", "zzz": 1}
        assert given(answer, B, C) == {B: 2}
        assert ignored(answer, B, C) == [(("items", 0, "qty"), 9), (("name",), "other"), (("zzz",), 1)]

    def test_what_repeats_ours_is_no_change(self) -> None:
        assert ignored({"items.1.qty": 2, "items.0.qty": 1, "name": "shop"}, B) == []

    def test_a_plain_key_means_its_path_however_deep_it_is(self) -> None:
        wanted = [one._replace(key=f"f{number}") for number, one in enumerate(ask(SHOP, STATE, [B, C]), 1)]
        for answer in ({"f1": 2, "f2": 3}, {"f2": 3, "zzz": 0, "f1": 2}, [{"f1": 2}, {"f2": 3}]):
            read = read_answer(answer, wanted, STATE, SHOP)
            assert {tuple(one.path): value for one, value in read.values} == {B: 2, C: 3}, answer

    def test_true_is_not_one(self) -> None:
        assert ignored({"items.1.qty": 2, "items.0.qty": True}, B) == [(("items", 0, "qty"), True)]

    @pytest.mark.parametrize("answer", [UNSET, {}, None, 3, "x", [], [[]], [None], True])
    def test_what_holds_none_of_it_gives_nothing(self, answer: Any) -> None:
        assert given(answer, B, C) == {}
        assert ignored(answer, B, C) == []


class TestPrefixes:
    def test_a_whole_item_gives_its_asked_leaves(self) -> None:
        answer = {"items.1": {"sku": "b", "qty": 2, "color": "red"}, "items[2]": {"qty": 3}}
        assert given(answer, B, C) == {B: 2, C: 3}
        assert ignored(answer, B, C) == []

    def test_what_else_a_whole_item_changes_is_ignored(self) -> None:
        answer = {"/items/1": {"sku": "B", "qty": 2, "note": "n"}}
        assert given(answer, B, C) == {B: 2}
        assert ignored(answer, B, C) == [(("items", 1, "sku"), "B"), (("items", 1, "note"), "n")]

    def test_a_prefix_that_is_no_object_gives_nothing(self) -> None:
        for value in (5, [2], None, "x"):
            assert given({"items.1": value}, B) == {}
            assert ignored({"items.1": value}, B) == [(("items", 1), value)]

    def test_another_item_is_ignored(self) -> None:
        assert given({"items.0": {"qty": 2}, "items.7": {"qty": 2}}, B) == {}


class TestPieces:
    def test_a_list_of_flat_objects_is_one(self) -> None:
        assert given([{"items.1.qty": 2}, {"items.2.qty": 3}], B, C) == {B: 2, C: 3}
        assert given([{"items.1.qty": 2}, {"items[2]": {"qty": 3}}], B, C) == {B: 2, C: 3}

    def test_a_key_in_two_pieces_with_different_values_gives_nothing(self) -> None:
        assert given([{"items.1.qty": 2}, {"items.1.qty": 3}, {"items.2.qty": 3}], B, C) == {C: 3}

    @pytest.mark.parametrize("odd", [{}, {"zzz": 1}, 5, [], {"items.0.qty": 1}])
    def test_a_list_with_anything_else_is_not(self, odd: Any) -> None:
        assert given([{"items.1.qty": 2}, odd], B, C) == {}

    def test_an_index_alone_in_a_list_is_no_name_of_an_item(self) -> None:
        schema = Schema(root=ListNode(item=ITEM))
        path, state = (1, "qty"), STATE["items"]
        assert given([{"1": {"qty": 2}}], path, schema=schema, state=state) == {}
        assert given([{"1.qty": 2}], path, schema=schema, state=state) == {path: 2}
        assert given({"1": {"qty": 2}}, path, schema=schema, state=state) == {path: 2}

    def test_a_key_of_the_outputs_own_makes_no_piece(self) -> None:
        assert given([{"items.1.qty": 2}, {"items": [{"sku": "b", "qty": 2}]}], B) == {}

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ('{"a":1}\n{"b":2}', [{"a": 1}, {"b": 2}]),
            ('  {"a":1}  \r\n\n {"b":[1.5,{}]}\n', [{"a": 1}, {"b": [1.5, {}]}]),
            ('{"a":1}', None),
            ('{"a":1}{"b":2}', None),
            ('{"a":1} {"b":2}', None),
            ('{"a":1},\n{"b":2}', None),
            ('{"a":1}\n[2]', None),
            ('{"a":1}\n{"b":2} x', None),
            ('{"a":1}\n{"b":2', None),
            ('{"a":1}\n{"b":2,"b":3}', None),
            ('{"a":1}\n{"b":NaN}', None),
            ('{"a":1}\n{"b":1e999}', None),
            ('{"a":1}\n{"b":-1e999}', None),
            ('{"a":"\\ud83d\\ude00"}\n{"b":-12}', [{"a": "\U0001f600"}, {"b": -12}]),
            ('{"a":"\\ud83d"}\n{"b":2}', None),
            ("", None),
            ("I am sorry\n{}", None),
            ('{"a":1}\n{"b":' + "[" * 100_000, None),
        ],
    )
    def test_json_lines_are_read_strictly_or_not_at_all(self, text: str, found: Any) -> None:
        assert json_lines(text, Limits()) == found

    @pytest.mark.parametrize(
        "limits", [Limits(text=16), Limits(depth=2), Limits(integer_digits=1)], ids=["text", "depth", "digits"]
    )
    def test_json_lines_keep_the_limits(self, limits: Limits) -> None:
        text = '{"a":-12}\n{"b":[[]]}'
        assert json_lines(text, limits) is None
        assert json_lines(text, Limits(text=len(text), depth=3, integer_digits=2)) == [{"a": -12}, {"b": [[]]}]


class TestPatch:
    @pytest.mark.parametrize("op", ["add", "replace"])
    def test_operations_on_asked_paths_are_what_they_say(self, op: str) -> None:
        assert given([{"op": op, "path": "/items/1/qty", "value": 2}], B, C) == {B: 2}
        assert given({"op": op, "path": "/items/1/qty", "value": 2}, B, C) == {B: 2}

    def test_an_operation_on_a_whole_item_gives_its_asked_leaves(self) -> None:
        assert given([{"op": "replace", "path": "/items/1", "value": {"sku": "b", "qty": 2}}], B) == {B: 2}

    @pytest.mark.parametrize(
        ("operation", "recorded"),
        [
            ({"op": "replace", "path": "/name", "value": "x"}, [(("name",), "x")]),
            ({"op": "remove", "path": "/items/0"}, [(("items", 0), None)]),
            ({"op": "remove", "path": "/items/1/qty"}, [(B, None)]),
            ({"op": "move", "path": "/items/1/qty", "from": "/items/0/qty"}, [(B, None)]),
            ({"op": "copy", "path": "/items/1/qty", "from": "/items/0/qty", "value": 3}, [(B, 3)]),
            ({"op": "replace", "path": "/items/1/qty"}, [(B, None)]),
            ({"op": "add", "path": "/items/1", "value": {"qty": 5}}, [(("items", 1), {"qty": 5})]),
            ({"op": "replace", "path": "items/1/qty", "value": 5}, [(("items/1/qty",), 5)]),
            ({"op": "test", "path": "/items/1/qty", "value": 5}, []),
            ({"op": "replace", "path": "/name", "value": "shop"}, []),
        ],
    )
    def test_any_other_operation_changes_nothing_and_is_on_record(self, operation: Any, recorded: Any) -> None:
        assert given([operation], B, C) == {}
        assert ignored([operation], B, C) == recorded

    def test_items_are_appended(self) -> None:
        patch = [{"op": "add", "path": "/items/-", "value": {"sku": name}} for name in "xy"]
        plus = ("items", "+")
        assert given(patch, plus) == {plus: [{"sku": "x"}, {"sku": "y"}]}

    def test_what_a_patch_cannot_do_to_a_value_that_is_asked_for_by_changes_is_refused(self) -> None:
        schema, state = Schema(root=obj(o=obj(a=INT, b=INT), n=INT)), {"o": {"a": 1, "b": 1}, "n": "?"}
        patch = [{"op": "move", "path": "/o/a", "from": "/o/b"}, {"op": "move", "path": "/n", "from": "/o/b"}]
        read = read_answer(patch, ask(schema, state, [("o",)], changes="dotted"), state, schema)
        assert [(tuple(one.path), one.reason) for one in read.refused] == [(("o", "a"), "unknown operation")]
        assert [tuple(path) for path, _ in read.ignored] == [("n",), ("o", "a")]

    def test_an_optional_member_is_removed(self) -> None:
        state = {**STATE, "meta": {"a": "?", "b": 1}}
        assert given([{"op": "remove", "path": "/meta"}], ("meta",), state=state) == {("meta",): None}

    def test_an_output_with_members_of_such_names_is_no_patch(self) -> None:
        schema = Schema(root=obj(op=STR, path=STR, value=INT))
        state = {"op": "add", "path": "/value", "value": "x"}
        answer = {"op": "add", "path": "/value", "value": 3}
        assert given(answer, ("value",), schema=schema, state=state) == {("value",): 3}
        many = Schema(root=ListNode(item=schema.root))
        assert given([answer], (0, "value"), schema=many, state=[state]) == {(0, "value"): 3}
        held = Schema(root=obj(l=many.root))
        assert given([answer], ("l", 0, "value"), schema=held, state={"l": [state]}) == {("l", 0, "value"): 3}


class TestMirroredLists:
    @pytest.mark.parametrize(
        "wrap", [lambda items: {"items": items}, lambda items: items, lambda items: {"$.items": items}]
    )
    def test_items_in_another_order_are_lined_up_by_what_they_repeat(self, wrap: Any) -> None:
        assert given(wrap([{"sku": "c", "qty": 3}, {"sku": "b", "qty": 2}]), B, C) == {B: 2, C: 3}

    def test_whole_items_are_lined_up_by_their_scalars(self) -> None:
        items = [{"sku": name, "qty": -1, "tags": ["x"]} for name in "abc"]
        answer = [{"sku": "c", "qty": 3, "tags": ["x"]}, {"sku": "b", "qty": 2, "tags": ["y"]}]
        found = given({"items": answer}, ("items", 1), ("items", 2), state={"name": "n", "items": items})
        assert found == {("items", 1): answer[1], ("items", 2): answer[0]}
        swapped = [{"sku": "z", "qty": 3, "tags": ["x"]}, {"sku": "a", "qty": 2, "tags": ["y"]}]
        assert given({"items": swapped}, ("items", 1), ("items", 2), state={"name": "n", "items": items}) == {}

    def test_a_root_list_is_lined_up_too(self) -> None:
        schema, state = Schema(root=ListNode(item=ITEM)), STATE["items"]
        answer = [{"sku": "c", "qty": 3}, {"sku": "b", "qty": 2}]
        found = given(answer, (1, "qty"), (2, "qty"), schema=schema, state=state)
        assert found == {(1, "qty"): 2, (2, "qty"): 3}

    def test_items_that_repeat_nothing_go_in_order_where_there_are_as_many_as_failed(self) -> None:
        assert given({"items": [{"qty": 2}, {"qty": 3}]}, B, C) == {B: 2, C: 3}

    @pytest.mark.parametrize("count", [1, 3, 4])
    def test_but_not_where_there_are_fewer_or_more(self, count: int) -> None:
        assert given({"items": [{"qty": 2}] * count}, B, C) == {}

    def test_an_item_that_repeats_nothing_takes_the_one_place_that_remains(self) -> None:
        assert given({"items": [{"qty": 3}, {"sku": "b", "qty": 2}]}, B, C) == {B: 2, C: 3}

    def test_two_that_repeat_nothing_do_not_go_in_order_where_one_was_lined_up(self) -> None:
        state = {"name": "n", "items": [{"sku": name, "qty": -1, "color": "red"} for name in "abcd"]}
        paths = [("items", n, "qty") for n in range(3)]
        assert given({"items": [{"sku": "b", "qty": 2}, {"qty": 1}, {"qty": 3}]}, *paths, state=state) == {}

    def test_lined_up_items_may_be_fewer_than_failed(self) -> None:
        assert given({"items": [{"sku": "c", "qty": 3}]}, B, C) == {C: 3}

    def test_what_all_asked_items_share_tells_nothing(self) -> None:
        state = {"name": "n", "items": [{"sku": name, "qty": -1, "color": "red"} for name in "abc"]}
        paths = [("items", n, "qty") for n in range(2)]
        found = given({"items": [{"color": "red", "qty": 2}, {"color": "red", "qty": 3}]}, *paths, state=state)
        assert found == {paths[0]: 2, paths[1]: 3}, "in order"

    def test_an_item_that_could_be_two_is_refused(self) -> None:
        state = {"name": "n", "items": [{"sku": s, "qty": -1, "color": c} for s, c in ("ar", "br", "cg", "dg")]}
        paths = [("items", n, "qty") for n in range(3)]
        answer = [{"color": "r", "qty": 1}, {"color": "r", "qty": 2}, {"color": "g", "qty": 3}]
        assert given({"items": answer}, *paths, state=state) == {}

    def test_two_items_that_are_the_same_one_are_refused(self) -> None:
        assert given({"items": [{"sku": "b", "qty": 2}, {"sku": "b", "qty": 3}]}, B, C) == {}

    @pytest.mark.parametrize(
        "items",
        [
            [{"sku": "z", "qty": 2}, {"qty": 3}],
            [{"sku": "b", "color": "blue", "qty": 2}, {"qty": 3}],
            [{"sku": "b", "qty": 2}, {"sku": "a", "qty": 3}],
            [{"sku": "a", "qty": 9}, {"sku": "b", "qty": 2}, {"sku": "c", "qty": 3}],
            [7, {"qty": 3}],
            [[2], [3]],
        ],
    )
    def test_an_item_that_contradicts_what_is_known_makes_the_list_unreadable(self, items: Any) -> None:
        assert given({"items": items}, B, C) == {}

    def test_a_passing_item_repeated_unchanged_takes_no_place(self) -> None:
        passing = dict(STATE["items"][0])  # type: ignore[call-overload]
        assert given({"items": [passing]}, B) == {}
        assert given({"items": [passing, {"qty": 2}]}, B) == {B: 2}
        assert given({"items": [passing, {"qty": 2}, {"qty": 3}]}, B, C) == {B: 2, C: 3}
        state = {**STATE, "items": [*STATE["items"], {"sku": "d", "qty": 4, "color": "red"}]}  # type: ignore[misc]
        assert given({"items": [{"qty": 2}, passing, {"qty": 3}]}, B, C, state=state) == {B: 2, C: 3}

    def test_a_list_of_full_length_in_another_order_is_read_only_by_what_its_items_repeat(self) -> None:
        a, b, c = (dict(item) for item in STATE["items"])  # type: ignore[call-overload]
        b["qty"], c["qty"] = 2, 3
        assert given({"items": [c, a, b]}, B, C) == {B: 2, C: 3}
        assert given({"items": [{"qty": 2}, a, {"qty": 3}]}, B, C) == {}
        assert given({"items": [a, b, c, a]}, B, C) == {B: 2, C: 3}
        state = {"name": "n", "items": [STATE["items"][0], STATE["items"][1]]}  # type: ignore[index]
        assert given({"items": [b, a]}, B, state=state) == {B: 2}
        assert given({"items": [{"qty": 2}, a]}, B, state=state) == {}

    def test_a_passing_item_that_is_changed_is_not_the_failing_one(self) -> None:
        assert given({"items": [{"sku": "a", "qty": 2}]}, B) == {}

    def test_a_list_of_full_length_is_read_by_index_where_nothing_else_changed(self) -> None:
        items = [dict(item) for item in STATE["items"]]  # type: ignore[call-overload]
        items[1]["qty"], items[2]["qty"] = 2, 3
        assert given({"items": items}, B, C) == {B: 2, C: 3}
        assert given({"items": [items[0], {"qty": 2}, {"qty": 3}]}, B, C) == {B: 2, C: 3}
        items[0]["qty"] = 7
        assert given({"items": items}, B, C) == {}

    def test_a_list_of_full_length_that_may_be_in_order_with_a_passing_item_changed_is_refused(self) -> None:
        """By index the failing item is 5; by what is repeated it is 6."""
        state = {"name": "n", "items": [{"sku": "a", "qty": -1}, {"sku": "b", "qty": 4}, {"sku": "a", "qty": 5}]}
        path = ("items", 0, "qty")
        swapped = [{"sku": "a", "qty": 5}, {"sku": "b", "qty": 4}, {"sku": "a", "qty": 6}]
        assert given({"items": swapped}, path, state=state) == {}
        assert given({"items": [{"sku": "b", "qty": 4}, swapped[0], swapped[2]]}, path, state=state) == {path: 6}

    def test_a_requested_member_that_another_item_has_already_does_not_tell_which_item_it_is_of(self) -> None:
        state = {"name": "n", "items": [{}, {"sku": "c", "qty": 4}, {"sku": "a", "qty": -1}]}
        paths = [("items", 0, "sku"), ("items", 0, "qty"), ("items", 2, "qty")]
        in_order = [{"sku": "a", "qty": 2}, {"qty": 3}]
        assert given({"items": in_order}, *paths, state=state) == {}, "the first may be the last item"
        known = [{"sku": "b", "qty": 2}, {"sku": "a", "qty": 3}]
        assert given({"items": known}, *paths, state=state) == {paths[0]: "b", paths[1]: 2, paths[2]: 3}

    def test_scalars_go_by_index_or_in_order(self) -> None:
        schema, state = Schema(root=obj(n=ListNode(item=INT))), {"n": [1, "x", 3, "y"]}
        paths = [("n", 1), ("n", 3)]
        assert given({"n": [1, 2, 3, 4]}, *paths, schema=schema, state=state) == {paths[0]: 2, paths[1]: 4}
        assert given({"n": [2, 4]}, *paths, schema=schema, state=state) == {paths[0]: 2, paths[1]: 4}
        for wrong in ([1, 2, 4], [2, 3, 4]):
            assert given({"n": wrong}, *paths, schema=schema, state=state) == {}, "it may be a list of three"
        for wrong in ([2], [2, 4, 5], [9, 2, 3, 4], [2, 3], [2, 1, 4], [3, 2, 4], [2, 4, 3], [3, 2, 1, 4]):
            assert given({"n": wrong}, *paths, schema=schema, state=state) == {}

    def test_an_index_with_a_name_behind_it_is_no_index(self) -> None:
        for key in ("1.qty", "1.", "", "x", "/1/qty"):
            assert given({"items": {key: 2}}, B) == {}, key
            assert ignored({"items": {key: 2}}, B) == [(("items", key), 2)], key

    def test_items_by_their_indexes_as_keys(self) -> None:
        answer = {"items": {"1": {"qty": 2}, "0": {"qty": 1}, "2": {"sku": "c", "qty": 3}}}
        assert given(answer, B, C) == {B: 2, C: 3}
        assert ignored(answer, B, C) == [(("items", 0), {"qty": 1})]
        assert given({"items": {"01": {"qty": 2}, "x": {"qty": 2}, "7": {"qty": 2}}}, B, C) == {}

    def test_lists_in_lists(self) -> None:
        schema = Schema(root=obj(m=ListNode(item=ListNode(item=INT))))
        state = {"m": [[1, "x"], [2, 3], ["y"]]}
        paths = [("m", 0, 1), ("m", 2, 0)]
        for answer in ([[1, 5], [2, 3], [6]], [[1, 5], [6]], [[5], [6]]):
            found = given({"m": answer}, *paths, schema=schema, state=state)
            assert found == {paths[0]: 5, paths[1]: 6}, answer
        assert given({"m": [[9, 5], [2, 3], [6]]}, *paths, schema=schema, state=state) == {}

    def test_members_in_objects_of_items_tell_items_apart_too(self) -> None:
        item = obj(id=obj(n=INT, part=INT), qty=INT)
        schema = Schema(root=ListNode(item=item))
        state = [{"id": {"n": n, "part": "?"}, "qty": 1} for n in (1, 2)]
        paths = [(0, "id", "part"), (1, "id", "part")]
        answer = [{"id": {"n": 2, "part": 22}}, {"id": {"n": 1, "part": 11}}]
        assert given(answer, *paths, schema=schema, state=state) == {paths[0]: 11, paths[1]: 22}


class TestItemsAskedWhole:
    PATHS = (("items", 1), ("items", 2))

    def test_they_are_known_by_the_members_they_repeat(self) -> None:
        answer = [{"sku": "c", "qty": 3, "color": "blue"}, {"sku": "b", "qty": 2, "color": "red"}]
        assert given({"items": answer}, *self.PATHS) == {self.PATHS[0]: answer[1], self.PATHS[1]: answer[0]}

    def test_one_may_be_anything_but_what_another_item_is_known_by(self) -> None:
        (path, _) = self.PATHS
        new = {"sku": "new", "qty": 8, "color": "green"}
        assert given({"items": [new]}, path) == {path: new}
        assert given({"items": [{"sku": "a", "qty": 9, "color": "green"}]}, path) == {}

    def test_an_item_that_is_as_much_one_as_another_is_refused(self) -> None:
        assert given({"items": [{"sku": "b", "qty": -3}]}, *self.PATHS) == {}
        assert given({"items": [{"sku": "a", "qty": -3}]}, *self.PATHS) == {}

    def test_one_that_was_no_object_is_not_told_from_another_but_by_the_order(self) -> None:
        items: Any = STATE["items"]
        state = {"name": "n", "items": [items[1], 7, items[0]]}
        paths = [("items", 0, "qty"), ("items", 1)]
        whole = {"sku": "z", "qty": 3, "color": "red"}
        named = {"sku": "b", "qty": 2}
        assert given({"items": [named, whole]}, *paths, state=state) == {paths[0]: 2, paths[1]: whole}
        assert given({"items": [{"qty": 2}, {**whole, "sku": "b"}]}, *paths, state=state) == {}
        assert given({"items": [whole, named]}, *paths, state=state) == {}

    def test_an_item_that_was_no_object_takes_what_comes(self) -> None:
        state = {"name": "n", "items": [dict(STATE["items"][0]), 7]}  # type: ignore[call-overload]
        for new in ({"sku": "b", "qty": 2, "color": "green"}, {"sku": "b", "qty": 1, "color": "green"}, 5, {}):
            assert given({"items": [new]}, ("items", 1), state=state) == {("items", 1): new}
        for other in ({"sku": "a", "qty": 2}, {"sku": "a", "qty": 2, "color": "red"}, {"sku": "a"}):
            assert given({"items": [other]}, ("items", 1), state=state) == {}


class TestAppending:
    PLUS = ("items", "+")
    MORE = ({"sku": "d", "qty": 4, "color": "red"},)

    @pytest.mark.parametrize("key", ["items.+", "/items/+", "/items/-"])
    def test_further_items_under_their_key(self, key: str) -> None:
        assert given({key: [*self.MORE]}, self.PLUS) == {self.PLUS: [*self.MORE]}

    def test_further_items_without_a_key_or_under_that_of_the_list(self) -> None:
        assert given([*self.MORE], self.PLUS) == {self.PLUS: [*self.MORE]}
        assert given({"items": [*self.MORE]}, self.PLUS) == {self.PLUS: [*self.MORE]}

    def test_of_the_whole_list_only_what_follows_ours_is_taken(self) -> None:
        items: Any = STATE["items"]
        assert given({"items": [*items, *self.MORE]}, self.PLUS) == {self.PLUS: [*self.MORE]}
        for wrong in ([*items], [items[0], *self.MORE], [*self.MORE, *items], [items[2], *self.MORE]):
            assert given({"items": wrong}, self.PLUS) == {}

    def test_failing_items_of_the_whole_list_are_taken_with_it(self) -> None:
        items: Any = json.loads(json.dumps(STATE["items"]))
        items[1]["qty"] = 2
        assert given({"items": [*items, *self.MORE]}, B, self.PLUS) == {B: 2, self.PLUS: [*self.MORE]}
        assert given({"items": [*self.MORE]}, B, self.PLUS) == {}

    def test_null_is_no_item(self) -> None:
        assert given({"items.+": None}, self.PLUS) == {}


class TestAlone:
    def test_the_one_asked_value_may_come_without_its_key(self) -> None:
        assert given(2, B) == {B: 2}
        assert given(2, B, C) == {}
        assert given([2], B) == {}

    def test_a_list_is_the_one_asked_list(self) -> None:
        schema = Schema(root=obj(n=ListNode(item=INT), o=INT))
        assert given([1, 2], ("n",), schema=schema, state={"n": [1, "x"], "o": 1}) == {("n",): [1, 2]}
        assert given([1, 2], ("n",), schema=schema, state={"o": 1}) == {("n",): [1, 2]}
        assert given([], ("n",), schema=schema, state={"n": [1, "x"], "o": 1}) == {("n",): []}
        assert given(5, ("n",), schema=schema, state={"n": [1, "x"], "o": 1}) == {}
        assert given([5], ("o",), schema=schema, state={"n": [1], "o": "x"}) == {}

    def test_of_two_values_that_were_asked_for_neither_comes_alone(self) -> None:
        schema = Schema(root=obj(n=ListNode(item=INT), o=INT))
        for answer in (5, [1], "x", None, True):
            assert given(answer, ("n",), ("o",), schema=schema, state={}) == {}, answer

    def test_a_value_that_is_asked_for_by_changes_comes_alone_only_as_the_list_that_it_is(self) -> None:
        schema = Schema(root=obj(n=ListNode(item=INT), o=obj(a=INT)))
        state = {"n": [1, 1], "o": {"a": "x"}}

        def said(answer: Any, path: str) -> tuple[Any, ...]:
            read = read_answer(answer, ask(schema, state, [(path,)], changes="dotted"), state, schema)
            assert read.values == ()
            return tuple((tuple(one.path), one.after) for one in read.changes), read.ignored

        assert said([1, 2], "n") == (((("n",), [1, 2]),), ())
        for answer, path in ((5, "n"), ("x", "n"), ([1, 2], "o"), (5, "o"), (None, "o")):
            assert said(answer, path) == ((), ()), (answer, path)

    def test_a_bare_list_is_the_innermost_one_that_all_asked_paths_go_through(self) -> None:
        schema = Schema(root=obj(o=obj(l=ListNode(item=obj(a=INT, b=INT, k=STR))), p=ListNode(item=obj(a=INT))))
        state = {"o": {"l": [{"a": 1, "b": 2, "k": "x"}, {"a": "?", "b": "?", "k": "y"}]}, "p": [{"a": "?"}]}
        one, two, other = ("o", "l", 1, "a"), ("o", "l", 1, "b"), ("p", 0, "a")
        assert given([{"a": 3, "b": 4, "k": "y"}], one, two, schema=schema, state=state) == {one: 3, two: 4}
        assert given([{"a": 3, "k": "y"}], one, schema=schema, state=state) == {one: 3}
        assert given([{"a": 3}], one, other, schema=schema, state=state) == {}, "it could be either list"
        assert given([{"a": 3}], other, one, schema=schema, state=state) == {}

    def test_a_bare_list_is_no_list_that_has_failed_itself(self) -> None:
        schema = Schema(root=obj(l=ListNode(item=obj(a=INT)), n=INT))
        state = {"l": [{"a": "?"}], "n": "?"}
        assert given([{"a": 1}], ("l",), ("n",), schema=schema, state=state) == {}

    def test_a_list_where_the_output_is_one_is_the_output(self) -> None:
        schema = Schema(root=ListNode(item=ListNode(item=INT)))
        assert given([[1, 2]], (0,), schema=schema, state=[["x"]]) == {(0,): [1, 2]}


class TestMerge:
    def merged(self, schema: Schema, state: Any, answer: Any, *paths: tuple[str | int, ...]) -> tuple[Any, list[Any]]:
        before = json.dumps(state)
        read = read_answer(answer, ask(schema, state, paths), state, schema)
        new, written = merge_answer(state, read, schema)
        assert json.dumps(state) == before, "the old state is not changed"
        json.dumps(new)
        return new, [tuple(path) for path in written]

    def test_only_asked_paths_are_written(self) -> None:
        new, written = self.merged(SHOP, STATE, {"items.1.qty": 2, "name": "other"}, B)
        items: Any = STATE["items"]
        assert new == {**STATE, "items": [items[0], {**items[1], "qty": 2}, items[2]]}
        assert written == [B]

    def test_an_answer_of_which_nothing_was_read_changes_nothing(self) -> None:
        for answer in (UNSET, {}, {"zzz": 1}, {"items": [{"sku": "z"}]}):
            assert self.merged(SHOP, STATE, answer, B) == (STATE, [])

    def test_appending_writes_the_new_indexes_alone(self) -> None:
        schema = Schema(root=obj(n=ListNode(item=INT)))
        assert self.merged(schema, {"n": [1]}, {"n.+": [2, 3]}, ("n", "+")) == (
            {"n": [1, 2, 3]},
            [("n", 1), ("n", 2)],
        )
        assert self.merged(schema, {"n": [1]}, {"n.+": 2}, ("n", "+")) == ({"n": [1, 2]}, [("n", 1)])
        assert self.merged(schema, {"n": [1]}, {"n.+": []}, ("n", "+")) == ({"n": [1]}, [])

    def test_declared_members_that_an_asked_object_leaves_out_are_kept(self) -> None:
        schema = Schema(root=obj(o=obj(a=INT, b=INT, c=obj(d=INT, e=INT))))
        state = {"o": {"a": 1, "b": 2, "c": {"d": 3, "e": 4}}}
        new, written = self.merged(schema, state, {"o": {"c": {"d": 7}, "b": 5}}, ("o",))
        assert new == {"o": {"a": 1, "b": 5, "c": {"d": 7, "e": 4}}}
        assert list(new["o"]) == ["a", "b", "c"]
        assert written == [("o", "b"), ("o", "c", "d")], "what was kept was not written"
        _, written = self.merged(schema, state, {"o": {"c": {"d": 7}, "b": 5, "a": 6}}, ("o",))
        assert written == [("o", "a"), ("o", "b"), ("o", "c", "d")]
        assert self.merged(schema, state, {"o": {}}, ("o",)) == (state, [])

    def test_an_object_of_which_nothing_is_kept_is_written_whole(self) -> None:
        schema = Schema(root=obj(o=obj(a=INT, b=INT)))
        assert self.merged(schema, {"o": {"a": 1}}, {"o": {"a": 2, "b": 3}}, ("o",)) == (
            {"o": {"a": 2, "b": 3}},
            [("o",)],
        )
        assert self.merged(schema, {"o": 5}, {"o": {"a": 2}}, ("o",)) == ({"o": {"a": 2}}, [("o",)])

    def test_members_that_are_not_declared_are_not_kept(self) -> None:
        schema = Schema(root=obj(o=obj(a=INT, extra=INT)))
        new, written = self.merged(schema, {"o": {"a": 1, "x": 2}}, {"o": {"y": 3}}, ("o",))
        assert new == {"o": {"a": 1, "y": 3}}
        assert written == [("o", "y"), ("o", "x")], "what is gone was written too"
        assert self.merged(schema, {"o": {"a": 1, "x": 2}}, {"o": {}}, ("o",)) == ({"o": {"a": 1}}, [("o", "x")])

    def test_a_map_and_a_list_are_replaced(self) -> None:
        schema = Schema(root=obj(m=obj(extra=INT), l=ListNode(item=INT), o=obj(l=ListNode(item=INT), m=obj(extra=INT))))
        state = {"m": {"a": 1}, "l": [1, 2, 3], "o": {"l": [1, 2], "m": {"a": 1}}}
        answer = {"m": {"b": 2}, "l": [9], "o": {"l": [7], "m": {}}}
        assert self.merged(schema, state, answer, ("m",), ("l",), ("o",))[0] == answer

    CHOICE = ChoiceNode(
        discriminator="kind",
        cases=(ChoiceCase("fee", obj(cost=INT, name=STR)), ChoiceCase("note", obj(name=STR, text=STR))),
    )

    @pytest.mark.parametrize(
        ("answer", "right"),
        [
            ({"kind": "fee", "cost": 2}, {"kind": "fee", "cost": 2, "name": "n"}),
            ({"cost": 2}, {"kind": "fee", "cost": 2, "name": "n"}),
            ({"kind": "note", "text": "t"}, {"kind": "note", "text": "t"}),
            ({"kind": "other", "cost": 2}, {"kind": "other", "cost": 2}),
        ],
    )
    def test_a_choice_keeps_members_of_the_same_case(self, answer: Any, right: Any) -> None:
        union = UnionNode(
            options=tuple(
                obj(kind=EnumNode(values=(case.value,)), **{field.name: field.node for field in case.node.fields})
                for case in self.CHOICE.cases
            )
        )
        for node in (self.CHOICE, union):
            schema, state = Schema(root=obj(c=node)), {"c": {"kind": "fee", "cost": 1, "name": "n"}}
            assert self.merged(schema, state, {"c": answer}, ("c",))[0] == {"c": right}

    def test_a_choice_that_had_no_case_is_replaced(self) -> None:
        schema, state = Schema(root=obj(c=self.CHOICE)), {"c": {"kind": "?", "cost": 1, "name": "n"}}
        for answer in ({"kind": "fee", "cost": 2}, {"cost": 2}):
            assert self.merged(schema, state, {"c": answer}, ("c",))[0] == {"c": answer}

    def test_a_union_that_nothing_tells_apart_is_replaced(self) -> None:
        schema = Schema(root=obj(u=UnionNode(options=(obj(a=INT), obj(a=INT, b=INT)))))
        assert self.merged(schema, {"u": {"a": 1, "b": 2}}, {"u": {"a": 5}}, ("u",))[0] == {"u": {"a": 5}}

    def test_null_takes_an_optional_member_out(self) -> None:
        nullable = IntegerNode(nullable=True)
        schema = Schema(root=obj("a", "n", a=INT, n=nullable, r=INT, o=obj("x", x=INT, y=INT)))
        state = {"a": "?", "n": "?", "r": "?", "o": {"x": 1, "y": 2}}
        answer = {"a": None, "n": None, "r": None, "o": {"x": None, "y": 3}}
        new, written = self.merged(schema, state, answer, ("a",), ("n",), ("r",), ("o",))
        assert new == {"n": None, "r": None, "o": {"y": 3}}
        assert set(written) == {("a",), ("n",), ("r",), ("o",)}

    def test_null_for_a_required_member_stays_and_fails(self) -> None:
        schema = Schema(root=obj(o=obj("x", x=INT, y=INT)))
        new, written = self.merged(schema, {"o": {"x": 1, "y": 2}}, {"o": {"x": None, "y": None}}, ("o",))
        assert new == {"o": {"y": None}}
        assert written == [("o",)]

    def test_null_for_an_optional_member_that_is_missing_leaves_it_missing(self) -> None:
        schema = Schema(root=obj("a", a=INT, b=INT))
        assert self.merged(schema, {"b": 1}, {"a": None}, ("a",)) == ({"b": 1}, [("a",)])

    def test_a_value_whose_place_is_gone_is_not_written(self) -> None:
        wanted = ask(SHOP, STATE, [B])
        read = read_answer({"items.1.qty": 2}, wanted, STATE, SHOP)
        for state in ({"name": "n"}, {"items": []}, {"items": 5}, {"items": [{}, 7]}):
            assert merge_answer(state, read, SHOP) == (state, [])
        item = {"sku": "b", "qty": 2, "color": "red"}
        read = read_answer({"items.1": item}, ask(SHOP, STATE, [("items", 1)]), STATE, SHOP)
        assert [tuple(one.path) for one, _ in read.values] == [("items", 1)]
        for state in ({"items": []}, {"items": [{}]}, {"items": "ab"}):
            assert merge_answer(state, read, SHOP) == (state, [])
        assert merge_answer({"items": [{}, 5]}, read, SHOP) == ({"items": [{}, item]}, [("items", 1)])
