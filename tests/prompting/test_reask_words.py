"""The words of a reask: short however much fails, each thing said once, in the author's words where there are any."""

from __future__ import annotations

import json
from typing import Any

import pytest

from railguard.prompting.reask import AskedValue, Reason, reask_messages
from railguard.prompting.update import update_many_text
from railguard.schema import Field, IntegerNode, ListNode, ObjectNode, Schema, StringNode
from railguard.spec import MessageTemplate, Slot, Template
from railguard.values import Limits, Message, Path

NODE = ObjectNode(fields=(Field("a", StringNode()), Field("b", ListNode(item=IntegerNode()))))
SCHEMA = Schema(root=NODE)
ONE = AskedValue("a", Path(("a",)), StringNode(), (Reason("It is wrong."),), "x")


def told(*wanted: AskedValue, limits: Limits = Limits(), **more: Any) -> tuple[Message, ...]:  # noqa: B008  # it is frozen
    return reask_messages([], wanted, SCHEMA, lambda: SCHEMA, limits=limits, **more)


@pytest.mark.parametrize(
    ("unread", "whole", "says"),
    [
        ([], False, 'it had none of the values that were asked for; use "a".'),
        (["q"], False, '"q" was not asked for; use "a".'),
        (["q", "r"], False, '"q", "r" were not asked for; use "a".'),
        (list("qrstuvw"), False, '"q", "r", "s", "t", "u" and 2 more were not asked for; use "a".'),
        (["q"], True, "no JSON value that fits was found in it."),
    ],
)
def test_an_answer_that_brought_nothing_is_told_what_it_had_and_what_to_use(
    unread: list[str], whole: bool, says: str
) -> None:
    assert f"Your last answer could not be used: {says}\n" in told(ONE, unread=unread, whole=whole)[-1]["content"]


@pytest.mark.parametrize(
    ("changes", "key", "right"),
    [
        ("dotted", "o", 'use "a", or keys that begin with "o.".'),
        ("pointers", "/o", 'use "a", or keys that begin with "/o/".'),
    ],
)
def test_an_answer_that_brought_nothing_is_told_how_the_names_of_changes_begin(
    changes: Any, key: str, right: str
) -> None:
    other = AskedValue(key, Path(("o",)), NODE, (Reason("It is wrong."),), {"a": "x"}, changes=changes)
    assert f"were asked for; {right}\n" in told(ONE, other, unread=[])[-1]["content"]
    alone = AskedValue("", Path(), NODE, (Reason("It is wrong."),), {"a": "x"}, changes=changes)
    assert "were asked for; use the names of what must change.\n" in told(alone, unread=[])[-1]["content"]


def test_a_value_that_may_be_left_out_or_is_shown_in_part_says_so() -> None:
    optional = AskedValue("a", Path(("a",)), StringNode(), (Reason("Missing."),), optional=True)
    part = AskedValue("b", Path(("b",)), ListNode(item=IntegerNode()), (Reason("Wrong."),), [1], part={"b.0": 1})
    lines = told(optional, part)[-1]["content"].splitlines()
    assert [line.endswith(" It may be null.") for line in lines if line.startswith("- ")] == [True, False]
    assert [line.endswith(" It is too long to be shown whole.") for line in lines if line.startswith("- ")] == [
        False,
        True,
    ]


@pytest.mark.parametrize("in_part", [False, True])
@pytest.mark.parametrize("echoes", [0, 40, 100, 10_000])
def test_the_values_that_are_shown_again_are_no_longer_than_all_may_be(echoes: int, in_part: bool) -> None:
    def wanted(at: int) -> AskedValue:
        text = f"{at}" * 20
        part = {f"k{at}": text} if in_part else None
        return AskedValue(f"k{at}", Path((f"k{at}",)), StringNode(), (Reason("Wrong."),), text, part=part)

    echo = told(*map(wanted, range(9)), limits=Limits(echoes=echoes))[0]["content"]
    shown = json.loads(echo)
    assert shown == {f"k{at}": f"{at}" * 20 for at in range(len(shown))}
    assert len(shown) == {0: 0, 40: 1, 100: 3 if in_part else 4, 10_000: 9}[echoes]


@pytest.mark.parametrize(
    ("own", "after"),
    [
        ([("user", "Mend it.")], ["user: Mend it.\n\n- …"]),
        ([("system", "Mend it.")], ["system: Mend it.", "user: - …"]),
        ([("user", [{"type": "text", "text": "Mend it."}])], ["user: [parts]", "user: - …"]),
        ([("user", Template(("Wrong: ", Slot("variable", "error_messages"))))], ["user: Wrong: - …\n\nWrite only"]),
        (
            [("system", Template((Slot("variable", "previous_response"), " was wrong.")))],
            ['system: {"a": "x"} was', "user: - …"],
        ),
        (
            [("system", Template((Slot("variable", "tone"), "!"))), ("user", "Mend it.")],
            ["system: kind!", "user: Mend it.\n\n- …"],
        ),
    ],
)
def test_what_the_authors_words_do_not_say_is_said_after_them_to_be_answered_by_the_model(
    own: list[tuple[Any, Any]], after: list[str]
) -> None:
    templates = [MessageTemplate(role, content) for role, content in own]
    messages = told(ONE, templates_of_reask=templates, variables={"tone": "kind"})[1:]
    assert [message["role"] for message in messages] == [one.split(": ")[0] for one in after]
    for message, expected in zip(messages, after, strict=True):
        content = message["content"] if isinstance(message["content"], str) else "[parts]"
        for piece in expected.split(": ", 1)[1].split("…"):
            assert piece in content
    assert messages[-1]["role"] == "user"
    assert str(messages).count("It is wrong.") == 1
    assert str(messages).count("Write only one JSON object") == 1


def test_what_is_wrong_with_one_of_many_documents_stands_below_it() -> None:
    def document(name: str, *reasons: Reason, part: Any = None) -> AskedValue:
        return AskedValue(name, Path((name,)), NODE, reasons, {"a": name, "b": [1]}, changes="dotted", part=part)

    documents = {
        "p": document("p"),
        "q": document("q", Reason("It is too short.", (Path(("a",)),))),
        "r": document("r", part={"r.a": "r"}),
    }
    text = update_many_text(documents, SCHEMA, tells_type=False, limits=Limits())
    blocks = text.split("\n\n")
    assert blocks[1] == '"p":\n{"a": "p", "b": [1]}'
    assert blocks[2] == '"q":\n{"a": "q", "b": [1]}'
    assert blocks[3] == 'It is not valid yet; mend this too:\n- "q": a: It is too short.'
    assert blocks[4] == '"r" (a part of it, by name; the whole is too long to be shown):\n{"r.a": "r"}'
