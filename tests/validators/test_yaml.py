"""yaml: a text is a YAML document."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators._formats import yaml as reading
from railguard_validators.yaml import yaml

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 9)
)


def test_it_keeps_the_laws():
    check_validator(
        yaml,
        passing=["a: 1", "- a\n- b: [c, {d: ~}]", "text", "a: &x 1\nb: *x", "%YAML 1.1\n---\na", "? [a]\n: b", "é: ü"],
        failing=["", "a: b: c", "{a", "*x", "&a [*a]", "!!python/object:os.system x", "a: 1\na: 2", "\t a", "\0", "@x"],
    )
    check_validator(yaml("mapping", many=True), passing=["a: 1\n---\nb: 2"], failing=["- a", "a: 1\n---\n- b", "x"])


@pytest.mark.parametrize(
    ("value", "message", "spans"),
    [
        ("a: b: c", "mapping values are not allowed here at line 1, column 5", [(4, 5)]),
        ("a: 1\na: 2", 'the key "a" is given twice in one mapping at line 2, column 1', [(5, 6)]),
        ("a: 2024-02-30", '"2024-02-30" is no timestamp at line 1, column 4', [(3, 4)]),
        ("!!int x", '"x" is no int at line 1, column 1', [(0, 1)]),
        ("!!map x", 'the tag "!!map" stands at a scalar at line 1, column 1', [(0, 1)]),
        ("a: !Ref b", 'the tag "!Ref" is not one of YAML\'s own at line 1, column 4', [(3, 4)]),
        ("&a [*a]", "an alias stands inside what it stands for at line 1, column 1", [(0, 1)]),
        ("a\x01", "it has the character U+0001 at line 1, column 2", [(1, 2)]),
        ("*x", "found undefined alias 'x' at line 1, column 1", [(0, 1)]),
    ],
)
def test_a_failure_says_what_is_wrong_and_where(value, message, spans):
    result = yaml().run(value)
    assert (result.message, result.spans, result.fix) == (f"The text is not valid YAML: {message}.", spans, UNSET)


def test_aliases_that_come_to_too_much_are_refused_and_ordinary_ones_are_not():
    assert "its aliases come to more than 100,000 values" in yaml().run(BOMB).message
    assert yaml().run("base: &b {x: 1, y: [2, 3]}\n" + "".join(f"k{i}: {{<<: *b}}\n" for i in range(500))) is None


def test_a_long_document_without_aliases_is_not_too_much(monkeypatch):
    monkeypatch.setattr(reading, "_LARGEST", 1_000)
    assert yaml().run("[" + "a, " * 1_100 + "]") is None
    assert "more than 1,000 values" in yaml().run("[&a [b, b], " + "*a, " * 500 + "]").message


@pytest.mark.parametrize("hostile", ["[" * 100_000, "{" * 100_000, "- " * 100_000, "? " * 100_000])
def test_depth_is_bounded(hostile):
    assert "it is nested more than 64 deep" in yaml().run(hostile).message


def test_a_number_too_long_to_be_read_fails():
    assert "is no int" in yaml().run("9" * 5000).message
    assert yaml().run("'" + "9" * 5000 + "'") is None


def test_documents_are_counted():
    assert yaml().run("a\n--- b").message == "There are 2 YAML documents; there must be one."
    assert yaml().run("# nothing").message == "The text is empty; it must be a YAML document."
    assert yaml(many=True).run("a\n--- b") is None


@pytest.mark.parametrize(
    ("root", "value", "message"),
    [
        ("mapping", "Sure, here it is!", "The YAML must be a mapping (key: value), not a single value."),
        ("mapping", "- a", "The YAML must be a mapping (key: value), not a sequence."),
        ("sequence", "a: 1", "The YAML must be a sequence (- item), not a mapping."),
        ("sequence", "---\n...", "The YAML must be a sequence (- item), not a single value."),
    ],
)
def test_the_kind_of_the_root_is_checked(root, value, message):
    assert yaml(root).run(value).message == message


def test_tags_of_an_application_can_be_allowed():
    assert yaml(tags=["!Ref"]).run("a: !Ref b") is None
    assert yaml(tags=["!Ref"]).run("a: !Sub b") is not None


@pytest.mark.parametrize("tags", [["Ref"], ["!!python/object"], [""]])
def test_tags_that_are_none_are_refused(tags):
    with pytest.raises(SpecError):
        yaml(tags=tags)


def test_a_document_in_a_fence_is_taken_out():
    assert yaml().run("```yaml\na: 1\n```").fix == "a: 1"
    assert yaml("sequence").run("```yaml\na: 1\n```").fix is UNSET


def test_it_reads_as_words_for_a_model():
    assert yaml("mapping", many=True).describe() == "YAML whose root is a mapping, one document or more"
