"""Change answers: what is shown, the schema, how they are read and what they change. DESIGN, "Reask, exactly", 9."""

import json
from typing import Any

import pytest

from railguard import Guard
from railguard.loop.change_request import change_schema, shown, style_of, without_required
from railguard.loop.changes import apply_changes, read_changes
from railguard.schema import (
    AnyNode,
    ChoiceCase,
    ChoiceNode,
    EnumNode,
    Field,
    IntegerNode,
    ListNode,
    Node,
    NullNode,
    ObjectNode,
    RefNode,
    Schema,
    StringNode,
    UnionNode,
)
from railguard.schema.to_json_schema import to_json_schema
from railguard.values import UNSET, Path

INT, STR = IntegerNode(), StringNode()


def obj(*optional: str, extra: Node | None = None, **members: Node) -> ObjectNode:
    """An object; the members named in `optional` may be left out."""
    fields = tuple(Field(name, node, required=name not in optional) for name, node in members.items())
    return ObjectNode(fields=fields, extra=extra)


CHOICE = ChoiceNode(
    discriminator="kind", cases=(ChoiceCase("fee", obj("note", cost=INT, note=STR)), ChoiceCase("memo", obj(text=STR)))
)
ROW = obj("note", low=INT, high=INT, note=STR)
SCHEMA = Schema(
    root=obj(
        "tags",
        "meta",
        "by",
        "free",
        total=INT,
        rows=ListNode(item=ROW),
        tags=ListNode(item=STR),
        meta=obj("author", "deep", author=STR, deep=obj("x", x=INT)),
        by=obj(extra=INT),
        pick=CHOICE,
        maybe=IntegerNode(nullable=True),
        free=AnyNode(),
    )
)
DOC = {
    "total": 7,
    "rows": [{"low": 1, "high": 2, "note": "n"}, {"low": 3, "high": 4}, {"low": 5, "high": 6}],
    "by": {"a": 1, "b": 2},
    "pick": {"kind": "fee", "cost": 1, "note": "n"},
    "maybe": 1,
}


def after(answer: Any, doc: Any = DOC, schema: Schema = SCHEMA) -> Any:
    """The value that an answer makes of a document."""
    before = json.dumps(doc)
    reading = read_changes(answer, doc, schema)
    new = apply_changes(doc, reading.changes)
    assert json.dumps(doc) == before
    return new


def changed(answer: Any, **members: Any) -> None:
    """That an answer changes these members of the document and nothing else, and refuses nothing."""
    assert read_changes(answer, DOC, SCHEMA).refused == ()
    assert after(answer) == {**DOC, **members}


def refused(answer: Any, doc: Any = DOC, schema: Schema = SCHEMA) -> list[tuple[Any, str]]:
    """What is refused of an answer, and why; it must change nothing."""
    reading = read_changes(answer, doc, schema)
    assert reading.changes == ()
    return [(tuple(one.path), one.reason) for one in reading.refused]


ROWS: Any = DOC["rows"]


class TestReading:
    def test_a_value_sets(self) -> None:
        changed({"total": 9}, total=9)
        changed({"rows.1.low": 0}, rows=[ROWS[0], {"low": 0, "high": 4}, ROWS[2]])
        changed({"by.b": 5, "by.c": 6}, by={"a": 1, "b": 5, "c": 6})
        changed({"maybe": None}, maybe=None)
        changed({"free": {"any": [1]}}, free={"any": [1]})

    @pytest.mark.parametrize("key", ["rows.1.low", "rows[1].low", "$.rows[1].low", "/rows/1/low"])
    def test_a_name_is_read_however_it_is_written(self, key: str) -> None:
        changed({key: 0}, rows=[ROWS[0], {"low": 0, "high": 4}, ROWS[2]])

    def test_an_object_keeps_what_it_does_not_name(self) -> None:
        changed({"rows.0": {"low": 0}}, rows=[{"low": 0, "high": 2, "note": "n"}, *ROWS[1:]])
        changed({"rows.0": {"note": None, "high": 9}}, rows=[{"low": 1, "high": 9}, *ROWS[1:]])

    def test_members_that_are_not_declared_are_kept_too(self) -> None:
        schema = Schema(root=obj(o=obj(a=INT, extra=INT)))
        assert after({"o": {"a": 2}}, {"o": {"a": 1, "x": 5}}, schema) == {"o": {"a": 2, "x": 5}}

    def test_a_list_and_a_map_are_replaced(self) -> None:
        changed({"rows": [{"low": 0, "high": 0}]}, rows=[{"low": 0, "high": 0}])
        changed({"by": {"c": 3}}, by={"c": 3})

    def test_a_choice_keeps_its_members_only_in_the_same_case(self) -> None:
        changed({"pick": {"cost": 2}}, pick={"kind": "fee", "cost": 2, "note": "n"})
        changed({"pick": {"kind": "fee", "cost": 2}}, pick={"kind": "fee", "cost": 2, "note": "n"})
        changed({"pick": {"kind": "memo", "text": "t"}}, pick={"kind": "memo", "text": "t"})

    def test_a_union_keeps_the_members_of_the_option_that_the_value_is(self) -> None:
        told = UnionNode(options=(obj(t=EnumNode(values=("a",)), x=INT, y=INT), obj(t=EnumNode(values=("b",)), x=INT)))
        schema, doc = Schema(root=obj(u=told)), {"u": {"t": "a", "x": 1, "y": 2}}
        assert after({"u": {"x": 3}}, doc, schema) == {"u": {"t": "a", "x": 3, "y": 2}}
        assert after({"u": {"t": "b", "x": 3}}, doc, schema) == {"u": {"t": "b", "x": 3}}
        untold = Schema(root=obj(u=UnionNode(options=(obj(x=INT, y=INT), obj(z=INT)))))
        assert after({"u": {"x": 3}}, {"u": {"x": 1, "y": 2}}, untold) == {"u": {"x": 3, "y": 2}}
        assert after({"u": {"z": 3}}, {"u": {"x": 1, "y": 2}}, untold) == {"u": {"z": 3}}

    def test_plus_appends(self) -> None:
        new = {"low": 8, "high": 9}
        for answer in ({"rows.+": [new]}, {"rows.+": new}, {"/rows/-": new}, {"/rows/+": [new]}, {"rows.3": new}):
            changed(answer, rows=[*ROWS, new])
        changed([{"rows.+": [new]}, {"rows.+": [new, new]}], rows=[*ROWS, new, new, new])

    def test_appending_to_an_optional_list_that_is_missing_makes_it(self) -> None:
        changed({"tags.+": ["x"]}, tags=["x"])

    def test_null_removes_what_cannot_be_null(self) -> None:
        changed({"rows.1": None}, rows=[ROWS[0], ROWS[2]])
        changed({"rows.0.note": None}, rows=[{"low": 1, "high": 2}, *ROWS[1:]])
        changed({"by.a": None}, by={"b": 2})
        assert "by" not in after({"by": None})

    @pytest.mark.parametrize(
        "node",
        [
            IntegerNode(nullable=True),
            AnyNode(),
            NullNode(),
            EnumNode(values=(1, None)),
            UnionNode(options=(INT, NullNode())),
        ],
    )
    def test_null_is_a_value_where_it_can_be_one(self, node: Node) -> None:
        assert after({"a": None}, {"a": 1}, Schema(root=obj("a", a=node))) == {"a": None}

    def test_indexes_are_those_of_the_value_shown_and_removals_come_last(self) -> None:
        new = {"low": 8, "high": 9}
        answer = {"rows.0": None, "rows.1": None, "rows.2.low": 0, "rows.+": [new]}
        changed(answer, rows=[{"low": 0, "high": 6}, new])
        changed({"rows.2": None, "rows.0": None}, rows=[ROWS[1]])

    def test_removing_what_is_not_there_is_no_change(self) -> None:
        for answer in ({"tags": None}, {"rows.1.note": None}, {"by.z": None}, [{"op": "remove", "path": "/tags"}]):
            assert read_changes(answer, DOC, SCHEMA).changes == ()
            assert read_changes(answer, DOC, SCHEMA).refused == ()

    def test_what_stays_the_same_is_no_change(self) -> None:
        assert read_changes({"total": 7, "rows.0": ROWS[0], "by": {"b": 2, "a": 1}}, DOC, SCHEMA).changes == ()

    def test_missing_objects_on_the_way_are_made(self) -> None:
        changed({"meta.author": "me", "meta.deep.x": 1}, meta={"author": "me", "deep": {"x": 1}})
        reading = read_changes({"meta.author": "me", "meta.deep.x": 1}, DOC, SCHEMA)
        assert [tuple(change.path) for change in reading.changes] == [("meta",)]

    def test_a_json_patch_is_what_it_says(self) -> None:
        patch = [
            {"op": "replace", "path": "/total", "value": 9},
            {"op": "add", "path": "/by/c", "value": 3},
            {"op": "add", "path": "/rows/-", "value": {"low": 8, "high": 9}},
            {"op": "remove", "path": "/rows/0"},
            {"op": "test", "path": "/total", "value": 7},
        ]
        changed(patch, total=9, by={"a": 1, "b": 2, "c": 3}, rows=[*ROWS[1:], {"low": 8, "high": 9}])
        changed(patch[0], total=9)

    def test_null_in_a_patch_removes_what_cannot_be_null(self) -> None:
        changed([{"op": "replace", "path": "/rows/1", "value": None}], rows=[ROWS[0], ROWS[2]])

    def test_an_answer_in_pieces_is_one(self) -> None:
        changed([{"total": 9}, {"rows.1.low": 0}], total=9, rows=[ROWS[0], {"low": 0, "high": 4}, ROWS[2]])

    def test_a_root_list_and_a_root_map(self) -> None:
        schema = Schema(root=ListNode(item=INT))
        assert after({"/1": 9, "/+": [4]}, [1, 2, 3], schema) == [1, 9, 3, 4]
        assert after({"/0": None}, [1, 2, 3], schema) == [2, 3]
        assert after([7, 8], [1, 2, 3], schema) == [7, 8]
        wide = Schema(root=obj(extra=INT))
        assert after({"/a.b": 2, "/c~1d": 3}, {"a.b": 1}, wide) == {"a.b": 2, "c/d": 3}
        assert after({"a.b": 2, "+": 4}, {"a.b": 1}, wide) == {"a.b": 2, "+": 4}

    def test_a_member_named_like_the_end_of_a_list_is_a_member(self) -> None:
        schema = Schema(root=obj(extra=INT))
        assert after({"/-": 2, "/+": 3}, {"-": 1}, schema) == {"-": 2, "+": 3}
        assert after({"/$.a": 2, "$": 3}, {"$": 1, "$.a": 1}, schema) == {"$": 1, "$.a": 2}

    def test_names_with_dots_are_found(self) -> None:
        schema = Schema(root=obj(**{"a.b": INT, "c": obj(d=INT)}))
        doc = {"a.b": 1, "c": {"d": 2}}
        assert after({"a.b": 5, "c.d": 6}, doc, schema) == {"a.b": 5, "c": {"d": 6}}
        assert after({"a.b": 5}, {"c": {"d": 2}}, schema) == {"c": {"d": 2}, "a.b": 5}

    def test_a_name_that_could_be_two_is_refused(self) -> None:
        schema = Schema(root=obj(**{"a.b": INT, "a": obj(b=INT)}))
        doc = {"a.b": 1, "a": {"b": 2}}
        assert refused({"a.b": 5}, doc, schema) == [(("a.b",), "not in the schema")]
        assert read_changes({"/a.b": 5}, doc, schema).changes[0].path == ("a.b",)
        assert read_changes({"/a/b": 5}, doc, schema).changes[0].path == ("a", "b")

    def test_a_path_is_a_path_where_other_members_are_allowed(self) -> None:
        schema = Schema(root=obj(rows=ListNode(item=obj(n=INT)), c=obj(d=INT), extra=AnyNode()))
        doc = {"rows": [{"n": 1}, {"n": 2}], "c": {"d": 1}, "more": {"x": 1}}
        changed = {"rows.0.n": 7, "rows.+": [{"n": 9}], "rows.1": None, "c.d": 3, "more.x": 2, "new": 4}
        assert after(changed, doc, schema) == {
            "rows": [{"n": 7}, {"n": 9}],
            "c": {"d": 3},
            "more": {"x": 2},
            "new": 4,
        }
        assert after({"rows.+": [{"n": 9}]}, {}, schema) == {"rows": [{"n": 9}]}
        assert after({"c.d": 5, "/c.d": 6}, {"c": {"d": 1}}, schema) == {"c": {"d": 5}, "c.d": 6}

    def test_a_key_with_a_dot_is_a_name_where_no_path_is_meant(self) -> None:
        schema = Schema(root=obj(extra=AnyNode()))
        assert after({"a.b": 1}, {"c": 1}, schema) == {"c": 1, "a.b": 1}
        assert refused({"a.b": 1}, {"a.b": 1, "a": {"b": 2}}, schema) == [(("a.b",), "not in the schema")]

    def test_what_is_below_a_value_of_any_type_has_any_type(self) -> None:
        schema = Schema(root=obj(meta=AnyNode(), n=INT))
        doc = {"meta": {"a": {"b": 1}, "l": [1, {"x": 2}]}, "n": 1}
        changes = {"meta.a.b": 2, "meta.a.new": [], "meta.l.1.x": "y", "meta.l.+": [3]}
        assert after(changes, doc, schema) == {
            "meta": {"a": {"b": 2, "new": []}, "l": [1, {"x": "y"}, 3]},
            "n": 1,
        }
        assert after({"meta.l.0": None}, doc, schema)["meta"]["l"] == [None, {"x": 2}]  # null is a value there
        patch = [{"op": "remove", "path": "/meta/a/b"}]
        assert after(patch, doc, schema)["meta"] == {"a": {}, "l": [1, {"x": 2}]}
        assert refused({"meta.a.b.c": 2, "n.x": 3}, doc, schema) == [
            (("meta", "a", "b", "c"), "not in the schema"),
            (("n", "x"), "not in the schema"),
        ]

    def test_a_path_below_an_object_of_any_members_is_no_name_of_one(self) -> None:
        schema = Schema(root=obj(extra=AnyNode()))
        doc = {"l": [1, {"x": 2}], "o": {"p": {}}}
        changes = {"l.1.new": 3, "l.+": [4], "o.p.q": 5}
        assert after(changes, doc, schema) == {"l": [1, {"x": 2, "new": 3}, 4], "o": {"p": {"q": 5}}}
        assert refused({"l.7.x": 1, "l.0.x": 2}, doc, schema) == [
            (("l", 7, "x"), "not in the schema"),
            (("l", 0, "x"), "not in the schema"),
        ]

    def test_a_member_of_what_is_no_object_is_refused(self) -> None:
        schema = Schema(root=obj("c", c=obj("d", d=obj("e", e=INT))))
        assert refused({"c.d.e": 1}, {"c": [1]}, schema) == [(("c", "d", "e"), "another type")]
        assert refused({"c.d.e": 1}, {"c": {"d": "text"}}, schema) == [(("c", "d", "e"), "another type")]
        assert refused({"c": {}}, [], schema) == [(("c",), "another type")]

    def test_a_value_in_an_object_of_its_own_name_is_unwrapped(self) -> None:
        changed({"rows.1.low": {"low": 0}}, rows=[ROWS[0], {"low": 0, "high": 4}, ROWS[2]])


class TestRefusing:
    @pytest.mark.parametrize(
        ("answer", "why"),
        [
            ({"zzz": 1}, [(("zzz",), "not in the schema")]),
            ({"rows.0.zzz": 1}, [(("rows", 0, "zzz"), "not in the schema")]),
            ({"rows.0": {"zzz": 1}}, [(("rows", 0, "zzz"), "not in the schema")]),
            ({"rows.x": 1}, [(("rows", "x"), "not in the schema")]),
            ({"total.+": [1]}, [(("total", "+"), "not in the schema")]),
            ({"zzz.+": [1]}, [(("zzz", "+"), "not in the schema")]),
            ({"rows.4": {"low": 1, "high": 2}}, [(("rows", 4), "no such item")]),
            ({"rows.9.low": 1}, [(("rows", 9, "low"), "no such item")]),
            ({"total": None}, [(("total",), "required")]),
            ({"rows": None}, [(("rows",), "required")]),
            ({"rows.0.low": None}, [(("rows", 0, "low"), "required")]),
            ([{"op": "remove", "path": "/rows/0/low"}], [(("rows", 0, "low"), "required")]),
            ([{"op": "remove", "path": ""}], [((), "required")]),
            ({"rows": 5}, [(("rows",), "another type")]),
            ({"rows": {"x": 1}}, [(("rows",), "another type")]),
            ({"rows.0": []}, [(("rows", 0), "another type")]),
            ({"pick": "fee"}, [(("pick",), "another type")]),
            ([{"op": "move", "path": "/total", "from": "/maybe"}], [(("total",), "unknown operation")]),
            ([{"op": "replace", "path": "/total"}], [(("total",), "unknown operation")]),
            ([{"op": "add", "path": "/rows/0", "value": {}}], [(("rows", 0), "unknown operation")]),
            ([{"op": "add", "path": "rows", "value": {}}], [(("rows",), "unknown operation")]),
            ("prose", [((), "another type")]),
            (5, [((), "another type")]),
            (None, [((), "another type")]),
            ([1, 2], [((), "another type")]),
        ],
    )
    def test_what_has_no_place_is_refused_and_on_record(self, answer: Any, why: Any) -> None:
        assert refused(answer) == why

    @pytest.mark.parametrize(
        "answer",
        [
            {"total": 8, "/total": 9},
            [{"total": 8}, {"total": 9}],
            {"rows.0": None, "rows.0.low": 5},
            {"rows": [], "rows.0.low": 5},
            {"rows": [], "rows.+": [{"low": 1, "high": 2}]},
            {"rows.0.note": None, "/rows/0/note": "x"},
            {"by": {}, "by.a": 4},
            {"free": 1, "/free": [1]},
        ],
    )
    def test_changes_that_contradict_each_other_are_all_refused(self, answer: Any) -> None:
        assert {why for _, why in refused(answer)} == {"contradiction"}

    def test_each_of_them_is_on_record_once(self) -> None:
        assert refused({"total": 8, "/total": 9}) == [(("total",), "contradiction")]
        assert refused({"rows": [], "rows.0.low": 5}) == [
            (("rows",), "contradiction"),
            (("rows", 0, "low"), "contradiction"),
        ]
        assert sorted(refused({"by": {}, "by.a": None})) == [(("by",), "contradiction"), (("by", "a"), "contradiction")]

    def test_a_path_that_is_deeper_than_any_answer_is_refused(self) -> None:
        deep = Schema(root=RefNode(name="N"), definitions={"N": obj("n", n=RefNode(name="N"))})
        assert after({".".join("n" * 128): {}}, {}, deep) != {}
        for key in (".".join("n" * 129), "/n" * 129, "$" + ".n" * 129):
            assert refused({key: {}}, {}, deep) == [((key,), "not in the schema")]

    def test_the_others_are_made(self) -> None:
        reading = read_changes({"total": 8, "zzz": 1, "rows.0": None, "rows.0.low": 2}, DOC, SCHEMA)
        assert [tuple(change.path) for change in reading.changes] == [("total",)]
        assert len(reading.refused) == 3

    def test_the_same_change_twice_is_one(self) -> None:
        assert len(read_changes({"total": 8, "/total": 8, "$.total": 8}, DOC, SCHEMA).changes) == 1

    def test_a_refused_change_holds_its_value(self) -> None:
        (one,) = read_changes({"zzz": [1]}, DOC, SCHEMA).refused
        assert one.value == [1]


class TestRecord:
    def test_every_change_is_on_record_with_before_and_after(self) -> None:
        answer = {"rows.0": {"low": 0, "note": None}, "rows.+": [{"low": 8, "high": 9}], "rows.2": None, "by.c": 3}
        found = [
            (str(change.path), change.before, change.after) for change in read_changes(answer, DOC, SCHEMA).changes
        ]
        assert found == [
            ("$.rows[0].low", 1, 0),
            ("$.by.c", UNSET, 3),
            ("$.rows[3]", UNSET, {"low": 8, "high": 9}),
            ("$.rows[2]", {"low": 5, "high": 6}, UNSET),
            ("$.rows[0].note", "n", UNSET),
        ]

    def test_the_record_is_no_part_of_the_value(self) -> None:
        reading = read_changes({"free": {"a": [1]}}, DOC, SCHEMA)
        new = apply_changes(DOC, reading.changes)
        new["free"]["a"].append(2)
        assert reading.changes[0].after == {"a": [1]}

    def test_what_is_not_named_is_equal_to_the_byte(self) -> None:
        doc = json.loads('{"z": 1.0, "total": 7, "a": 1e3, "rows": [{"high": 2, "low": 1}], "pick": {"kind": "memo"}}')
        schema = Schema(root=obj(total=INT, rows=ListNode(item=ROW), z=AnyNode(), a=AnyNode(), pick=CHOICE))
        new = after({"rows.0.low": 5, "total": 8}, doc, schema)
        assert json.dumps(new) == json.dumps(doc).replace('"low": 1', '"low": 5').replace('"total": 7', '"total": 8')


BIG: Any = {
    "title": "T",
    "rows": [{"low": n, "high": n, "text": "x" * 30} for n in range(500)],
    "count": 500,
    "by": {"k" * 9: 1},
}


class TestShown:
    def test_a_short_value_is_shown_whole(self) -> None:
        assert shown(DOC, 2000, style="dotted") is None
        assert shown(DOC, len(json.dumps(DOC)), style="dotted") is None
        assert shown(DOC, len(json.dumps(DOC)) - 1, style="dotted") is not None

    def test_of_a_long_one_its_scalars_are_shown(self) -> None:
        assert shown(BIG, 300, style="dotted") == {"title": "T", "count": 500}

    def test_and_the_members_that_the_message_names(self) -> None:
        part = shown(BIG, 300, style="dotted", messages=["Of rows[417].low and by.kkkkkkkkk, and no.such"])
        assert part == {"title": "T", "count": 500, "rows.417.low": 417, "by.kkkkkkkkk": 1}
        part = shown(BIG, 300, style="pointers", at=("in", "it"), places=[Path(("rows", 3))])
        assert part == {
            "/in/it/title": "T",
            "/in/it/count": 500,
            "/in/it/rows/3": {"low": 3, "high": 3, "text": "x" * 30},
        }

    def test_of_a_long_list_that_is_named_as_many_items_as_fit(self) -> None:
        part = shown(BIG, 1000, style="dotted", messages=["The rows overlap."])
        assert part is not None
        assert list(part)[2:5] == ["rows.0", "rows.1", "rows.2"]
        assert "rows.400" not in part
        assert len(json.dumps(part)) <= 1000

    def test_a_list_of_long_texts_that_is_named_is_shown_with_each_of_them_cut(self) -> None:
        part = shown({"a": ["x" * 900, "y" * 900], "n": 1}, 1500, style="dotted", messages=["a is wrong"])
        assert part is not None
        assert [(name, str(value)[:1]) for name, value in part.items()] == [("n", "1"), ("a.0", "x"), ("a.1", "y")]

    def test_of_a_long_object_that_is_named_its_scalars_are_shown(self) -> None:
        part = shown({"o": {"l": ["x" * 90] * 90, "n": 1}}, 300, style="dotted", messages=["o is wrong"])
        assert part == {"o.n": 1}

    def test_it_never_grows_beyond_the_limit(self) -> None:
        words = " ".join(f"rows[{n}] title count rows by" for n in range(2000))
        for limit in (50, 300, 2000):
            part = shown(BIG, limit, style="dotted", messages=[words] * 3)
            assert len(json.dumps(part, ensure_ascii=False)) <= limit

    def test_a_long_text_is_cut(self) -> None:
        part = shown({"a": "y" * 5000, "b": 1}, 2000, style="dotted")
        assert part is not None
        assert part["b"] == 1
        assert 200 < len(part["a"]) < 260
        assert part["a"].endswith("more characters]")


class TestStyle:
    @pytest.mark.parametrize(
        ("schema", "value", "style"),
        [
            (SCHEMA, DOC, "dotted"),
            (Schema(root=ListNode(item=INT)), [1], "pointers"),
            (Schema(root=obj(extra=INT)), {"a": 1}, "pointers"),
            (Schema(root=AnyNode()), {"a": 1}, "pointers"),
            (Schema(root=obj(**{"a.b": INT})), {"a.b": 1}, "pointers"),
            (Schema(root=obj(a=obj(**{"b c": INT}))), {}, "pointers"),
            (Schema(root=obj(a=obj(extra=INT))), {"a": {"é": 1}}, "pointers"),
            (Schema(root=obj(a=obj(extra=INT))), {"a": {"7": 1}}, "pointers"),
            (Schema(root=obj(a=obj(extra=INT))), {"a": {"b-c_D9": 1}}, "dotted"),
            (Schema(root=obj(a=ListNode(item=obj(extra=INT)))), {"a": [{"ok": 1}, {"/": 1}]}, "pointers"),
        ],
    )
    def test_names_have_dots_where_all_are_plain_words(self, schema: Schema, value: Any, style: str) -> None:
        assert style_of(value, schema) == style


class TestSchema:
    def test_nothing_is_required_at_any_depth(self) -> None:
        named = Schema(
            root=obj(a=RefNode(name="N"), c=CHOICE, u=UnionNode(options=(obj(x=INT), INT)), m=obj(extra=obj(y=INT))),
            definitions={"N": obj(down=ListNode(item=RefNode(name="N")))},
        )
        for schema in (SCHEMA, named):
            text = json.dumps(to_json_schema(change_schema(schema)))
            assert '"required"' not in text
            assert '"required"' not in json.dumps(to_json_schema(without_required(schema)))
            assert "minProperties" not in text

    def test_it_is_open_for_names_of_parts_and_holds_the_members(self) -> None:
        document = to_json_schema(change_schema(SCHEMA))
        assert document["additionalProperties"] is True
        assert set(document["properties"]) == {"total", "rows", "tags", "meta", "by", "pick", "maybe", "free"}

    def test_what_may_be_left_out_may_be_null(self) -> None:
        document = to_json_schema(change_schema(SCHEMA))
        assert document["properties"]["tags"]["type"] == ["array", "null"]
        assert document["properties"]["total"] == {"type": "integer"}

    def test_a_choice_may_be_told_without_its_discriminator(self) -> None:
        options = to_json_schema(change_schema(SCHEMA))["properties"]["pick"]["anyOf"]
        assert [sorted(option["properties"]) for option in options] == [["cost", "kind", "note"], ["kind", "text"]]

    def test_it_depends_on_the_type_alone(self) -> None:
        for schema in (Schema(root=ListNode(item=INT)), Schema(root=obj(extra=INT))):
            assert to_json_schema(change_schema(schema)) == {
                "type": "object",
                "properties": {},
                "additionalProperties": True,
            }

    def test_definitions_keep_their_own_schema_beside_the_open_one(self) -> None:
        schema = Schema(root=obj(a=RefNode(name="N")), definitions={"N": obj(x=INT), "N_change": obj(y=INT)})
        relaxed = without_required(schema)
        assert set(relaxed.definitions) == {"N_change_change"}


@pytest.mark.parametrize("size", [2_400, 240_000])
def test_the_question_and_its_schema_do_not_grow_with_the_document(size: int) -> None:
    from pydantic import BaseModel, model_validator

    class Row(BaseModel):
        name: str
        amount: int

    class Doc(BaseModel):
        total: int
        rows: list[Row]

        @model_validator(mode="after")
        def adds_up(self) -> "Doc":
            if self.total != sum(row.amount for row in self.rows):
                raise ValueError("The total must be the sum of the amounts of the rows.")
            return self

    rows = [{"name": f"row number {n}", "amount": n} for n in range(size // 45)]
    text = json.dumps({"total": 1, "rows": rows})
    assert abs(len(text) - size) < size // 10
    guard = Guard.from_pydantic(Doc, messages=[{"role": "user", "content": "?"}])
    request = guard.reask_request(guard.parse(text))
    assert request is not None
    assert sum(len(message["content"]) for message in request.messages) < 3200
    assert len(json.dumps(request.schema)) < 600
