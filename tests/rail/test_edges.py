"""The tree, the edits and the writer of RAIL at their edges."""

from __future__ import annotations

from typing import Any

import pytest

from railguard import Guard, Rule, SpecError, validator
from railguard.rail import check
from railguard.rail.edits import SourceEdit, applied
from railguard.rail.tolerant import tree
from railguard_validators.length import length

TEXT = '<rail version="1.0">\n<output type="string"/>\n</rail>'


@pytest.mark.parametrize(
    ("line", "column", "offset"),
    [
        (1, 1, 0),
        (2, 1, 21),
        (2, 3, 23),
        (3, 8, 52),
        (0, 5, 0),
        (-1, 1, 0),
        (9, 1, len(TEXT)),
        (3, 99, len(TEXT)),
    ],
)
def test_a_place_that_a_document_does_not_have_is_the_nearest_that_it_has(line: int, column: int, offset: int) -> None:
    assert tree(TEXT).offset(line, column) == offset


@pytest.mark.parametrize("offset", range(0, len(TEXT), 7))
def test_every_offset_has_a_line_and_column_that_lead_back_to_it(offset: int) -> None:
    document = tree(TEXT)
    assert document.offset(*document.position(offset)) == offset


@pytest.mark.parametrize(
    ("edits", "made"),
    [
        ([], "abcdef"),
        ([(1, 4, "X")], "aXef"),
        ([(1, 4, "X"), (2, 3, "Y")], "aXef"),
        ([(2, 3, "Y"), (1, 4, "X")], "aXef"),
        ([(0, 0, "Z"), (5, 6, "")], "Zabcde"),
        ([(6, 6, "!")], "abcdef!"),
        ([(1, 2, "B"), (2, 3, "C")], "aBCdef"),
    ],
)
def test_of_edits_that_overlap_the_outer_one_is_made(edits: list[tuple[int, int, str]], made: str) -> None:
    assert applied("abcdef", [SourceEdit(*one) for one in edits]) == made


@pytest.mark.parametrize(
    ("comment", "says", "column"),
    [
        ("<!-- a -->", None, 0),
        ("<!---->", None, 0),
        ("<!-- a -- b -->", "-- inside a comment", 28),
        ("<!-- a --->", "a comment ends with three hyphens", 28),
        ("<!-- a --", "a comment that is never closed", 21),
    ],
)
def test_what_is_wrong_with_a_comment_is_told_at_its_place(comment: str, says: str | None, column: int) -> None:
    problems = check(f'<rail version="1.0">{comment}<output type="string"/></rail>')
    assert [(one.message, one.column) for one in problems] == ([] if says is None else [(says, column)])


@pytest.mark.parametrize(("levels", "codes"), [(5, {"unclosed-element"}), (300, {"too-deep"})])
def test_elements_that_are_never_closed_are_told_one_by_one_unless_they_are_too_many(
    levels: int, codes: set[str]
) -> None:
    problems = check('<rail version="1.0"><output>' + '<object name="o">' * levels + "</output></rail>")
    assert {one.code for one in problems} == codes
    assert len(problems) == (levels if levels == 5 else 1)


def of_nobody() -> Rule:
    def declared() -> Any:
        @validator("t-rail-of-nobody", replace=True)
        def check(value: str) -> bool:
            return True

        return check

    first = declared()
    declared()
    made: Rule = first()
    return made


@pytest.mark.parametrize(
    ("rule", "on", "says"),
    [
        (of_nobody, "$.a", r"\$\.a: validators: 't-rail-of-nobody' is not a registered validator"),
        (of_nobody, "messages", r"messages: validators: 't-rail-of-nobody' is not a registered validator"),
        (lambda: length(max=3), "messages.user", r"messages: a rule on those of the role 'user' alone, 'length'"),
    ],
)
def test_a_rule_that_no_document_can_say_is_refused_at_its_place_when_it_is_written(
    rule: Any, on: str, says: str
) -> None:
    guard = Guard.from_json_schema({"type": "object", "properties": {"a": {"type": "string"}}})
    assert "no registered" not in guard.using(length(max=3), on="$.a").to_rail()
    with pytest.raises(SpecError, match=says):
        guard.using(rule(), on=on).to_rail()


@pytest.mark.parametrize(
    ("written", "choices"),
    [("a b c", ["a", "b", "c"]), ("1 2", [1, 2]), ("1 b", [1, "b"]), ("1, 2", [1, 2]), ("{[1, 'b']}", [1, "b"])],
)
def test_arguments_that_are_meant_as_one_list_are_read_as_it_in_older_documents(written: str, choices: Any) -> None:
    guard = Guard.from_rail_string(
        f'<rail version="0.1"><output><any name="a" validators="valid-choices: {written}"/></output></rail>'
    )
    (field,) = guard.spec.schema.root.fields  # type: ignore[attr-defined] # the root is an object
    assert [rule.arguments for rule in field.node.rules] == [{"choices": choices}]
