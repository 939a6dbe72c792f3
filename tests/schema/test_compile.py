"""The tree as pydantic-core: definitions, tags, extras; what it costs to compile."""

import pytest
from pydantic_core import ValidationError

from railguard.schema import (
    ChoiceCase,
    ChoiceNode,
    Field,
    IntegerNode,
    ListNode,
    ObjectNode,
    RefNode,
    Schema,
    StringNode,
)
from railguard.schema.compile import core_validator

TREE = Schema(
    root=RefNode(name="t"),
    definitions={
        "t": ObjectNode(fields=(Field("v", IntegerNode()), Field("kids", ListNode(item=RefNode(name="t")), False)))
    },
)


def test_a_recursive_type_is_strict_all_the_way_down() -> None:
    validate = core_validator(TREE).validate_json
    assert validate('{"v":1,"kids":[{"v":2,"kids":[]}]}') == {"v": 1, "kids": [{"v": 2, "kids": []}]}
    for text in ('{"v":1,"kids":[{"v":"2"}]}', '{"v":1,"kids":[{"v":true}]}', '{"v":1,"kids":[{"v":1,"z":1}]}'):
        with pytest.raises(ValidationError):
            validate(text)


def test_references_may_be_nullable() -> None:
    schema = Schema(
        root=ObjectNode(fields=(Field("a", RefNode(name="n", nullable=True)),)), definitions={"n": IntegerNode()}
    )
    assert core_validator(schema).validate_python({"a": None}) == {"a": None}
    with pytest.raises(ValidationError):
        core_validator(schema).validate_python({"a": "1"})


def test_a_case_is_strict_and_knows_its_own_fields_alone() -> None:
    node = ChoiceNode(
        discriminator="k",
        cases=(
            ChoiceCase("a", ObjectNode(fields=(Field("x", IntegerNode()),))),
            ChoiceCase("b", ObjectNode(fields=(Field("y", StringNode()),))),
        ),
    )
    validate = core_validator(Schema(root=node)).validate_python
    assert validate({"k": "a", "x": 1}) == {"k": "a", "x": 1}
    for wrong in ({"k": "a", "y": "1"}, {"k": "a", "x": "1"}, {"k": "a", "x": 1, "y": "1"}, {"x": 1}):
        with pytest.raises(ValidationError):
            validate(wrong)


@pytest.mark.parametrize("name", ["a.b", "a b", "", "1", "__proto__", "é", "$ref", "class", "x" * 300])
def test_any_name_is_a_fields_name(name: str) -> None:
    validator = core_validator(Schema(root=ObjectNode(fields=(Field(name, IntegerNode()),))))
    assert validator.validate_python({name: 1}) == {name: 1}


def test_fields_come_out_in_the_order_of_the_tree() -> None:
    root = ObjectNode(fields=(Field("a", IntegerNode()), Field("b", IntegerNode())))
    assert list(core_validator(Schema(root=root)).validate_json('{"b":1,"a":2}')) == ["a", "b"]
