"""`railguard validate`."""

import json
import tracemalloc

import pytest


def test_a_valid_output_is_good(folder, cli):
    (folder / "age.json").write_text('{"age": 36}')
    result = cli("validate", "age.rail", "age.json")
    assert (result.code, result.out, result.err) == (0, "ok    age.json\n", "")


def test_what_fails_is_told_with_path_rule_value_and_message(folder, cli):
    result = cli("validate", "fees.rail", "answer.json")
    assert result.code == 1
    assert result.out.startswith("FAIL  answer.json\n")
    assert "fails     $.fees[1].name  [two-words]" in result.out
    assert '"cash withdrawal charge"' in result.out
    assert "exactly two" in result.out


def test_a_local_fix_is_never_silent(folder, cli):
    assert (
        'fixed     $.fees[0].name  [lower-case]  "Annual Fee" → "annual fee"'
        in cli("validate", "fees.rail", "answer.json").out
    )


def test_json_is_the_outcome_with_the_file_on_one_line(folder, cli):
    result = cli("validate", "--format", "json", "fees.rail", "answer.json")
    assert result.code == 1
    assert len(result.out.splitlines()) == 1
    plain = result.json
    assert plain["file"] == "answer.json"
    assert "line" not in plain
    assert plain["passed"] is False
    assert {failure["path"] for failure in plain["failures"]} == {"$.fees[1].name", "$.interest.valid_from"}
    assert plain["resolved"][0]["after"] == "annual fee"


@pytest.mark.parametrize(
    ("line", "passed"),
    [
        ('{"age": 1}', True),
        ('"{\\"age\\": 1}"', True),
        ('{"output": {"age": 1}}', True),
        ('{"output": "{\\"age\\": 1}", "id": 4}', True),
        ('{"id": 4, "output": {"age": "x"}}', False),
        ("3", False),
        ("null", False),
        ('"no JSON in it"', False),
    ],
)
def test_a_line_is_text_or_a_wrapped_output_or_the_output(folder, cli, line, passed):
    result = cli("validate", "--format", "json", "--jsonl", "age.rail", "-", stdin=line)
    assert result.json["passed"] is passed
    assert result.json["line"] == 1
    assert result.json.get("id") == (4 if '"id"' in line else None)


def test_lines_are_numbered_as_in_the_file_and_good_ones_are_only_counted(folder, cli):
    (folder / "many.jsonl").write_text('\ufeff{"age": 1}\n\n{"age": "x"}\r\n{"age": 3}', encoding="utf-8")
    result = cli("validate", "age.rail", "many.jsonl")
    assert result.code == 1
    assert "FAIL  many.jsonl:3\n" in result.out
    assert result.out.endswith("many.jsonl: 2 of 3 outputs valid, 1 failed\n")
    assert "many.jsonl:1" not in result.out


def test_a_broken_line_spoils_no_other_line(folder, cli):
    (folder / "many.jsonl").write_bytes(b'{"age": 1}\n{"age": \n{"age": "\xff"}\n{"age": 2}\n')
    result = cli("validate", "--format", "json", "age.rail", "many.jsonl")
    assert result.code == 2
    assert [line["passed"] for line in result.lines] == [True, False, False, True]
    assert "not a line of JSON" in result.lines[1]["error"]
    assert "is not UTF-8" in result.lines[2]["error"]


def test_json_beyond_the_limits_is_a_failure_and_no_crash(folder, cli):
    deep = "[" * 1100 + "]" * 1100
    long = "1" * 5000
    result = cli("validate", "--format", "json", "--jsonl", "age.rail", "-", stdin=f"{deep}\n{long}\n")
    assert result.code == 1
    assert [line["passed"] for line in result.lines] == [False, False]


def test_the_worst_of_several_files_is_the_exit_code(folder, cli):
    (folder / "good.json").write_text('{"age": 36}')
    (folder / "bad.json").write_text('{"age": "x"}')
    assert cli("validate", "age.rail", "good.json", "bad.json", "good.json").code == 1
    result = cli("validate", "age.rail", "bad.json", "nowhere.json", "good.json")
    assert result.code == 2
    assert "ERROR nowhere.json\n      No such file" in result.out
    assert "ok    good.json" in result.out


def test_the_newline_at_the_end_of_a_file_is_the_files(folder, cli):
    spec = '<rail version="1.0"><output type="string" validators="one-line"/></rail>'
    (folder / "text.rail").write_text(spec)
    assert cli("validate", "text.rail", "-", stdin="one line\n").code == 0
    assert cli("validate", "text.rail", "-", stdin="two\nlines\n").code == 1


def test_a_rule_that_asks_for_an_exception_is_a_failed_output(folder, cli):
    spec = '<rail version="1.0"><output><string name="a" validators="two-words" on-fail-two-words="exception"/></output></rail>'
    (folder / "a.rail").write_text(spec)
    result = cli("validate", "--jsonl", "a.rail", "-", stdin='{"a": "one"}\n{"a": "one two"}\n')
    assert result.code == 1
    assert "a rule asks for an exception" in result.out
    assert "1 of 2 outputs valid" in result.out


def test_a_failure_that_is_only_noted_is_good(folder, cli):
    result = cli("validate", "models:guard", "-", stdin='{"a": "quiet"}')
    assert result.code == 0
    assert result.out.startswith("note  <stdin>\n      noted     $.a  [shouts]")


def test_a_validator_that_raises_is_an_error_of_that_output_alone(folder, cli):
    (folder / "models.py").write_text(
        "from railguard import Guard, validator\n"
        "@validator('brittle', replace=True)\n"
        "def brittle(value: str): return {'good': True}[value]\n"
        'guard = Guard.from_rail_string(\'<rail version="1.0"><output>'
        '<string name="a" validators="brittle"/></output></rail>\')\n'
    )
    result = cli("validate", "--jsonl", "--format", "json", "models:guard", "-", stdin='{"a": "bad"}\n{"a": "good"}\n')
    assert result.code == 2
    assert "brittle" in result.lines[0]["error"]
    assert result.lines[1]["passed"] is True


def test_metadata_reaches_the_validators(folder, cli):
    (folder / "models.py").write_text(
        "from railguard import Guard, validator\n"
        "@validator('told', replace=True)\n"
        "def told(value: str, ctx=None): return ctx.metadata == {'n': 3, 'w': 'x', 'f': 'a=b'} or repr(ctx.metadata)\n"
        'guard = Guard.from_rail_string(\'<rail version="1.0"><output>'
        '<string name="a" validators="told"/></output></rail>\')\n'
    )
    (folder / "f.txt").write_text("a=b")
    given = ["--metadata", "n=3", "--metadata", "w=x", "--metadata", "f=@f.txt"]
    assert cli("validate", *given, "models:guard", "-", stdin='{"a": "x"}').code == 0


def test_repair_says_how_much_may_be_mended(folder, cli):
    text = '```json\n{"age": 36}\n```'
    assert cli("validate", "age.rail", "-", stdin=text).code == 0
    assert cli("validate", "--repair", "none", "age.rail", "-", stdin=text).code == 1


def test_an_unknown_validator_stops_everything_unless_it_is_ignored(folder, cli):
    spec = '<rail version="0.1"><output><string name="a" validators="no-such-thing"/></output></rail>'
    (folder / "old.rail").write_text(spec)
    refused = cli("validate", "old.rail", "-", stdin='{"a": "x"}')
    ignored = cli("validate", "--unknown-validators", "ignore", "old.rail", "-", stdin='{"a": "x"}')
    assert (refused.code, ignored.code) == (2, 0)
    assert "no-such-thing" in refused.err


def test_specs_may_be_json_schema_or_a_model(folder, cli):
    assert cli("validate", "schema.json", "answers.jsonl").code == 1
    result = cli("validate", "--format", "json", "models:Fees", "-", stdin='{"issuer": "B", "count": 3}')
    assert result.code == 0
    assert result.json["output"] == {"issuer": "B", "count": 3}


def test_control_characters_of_an_output_are_shown_and_not_obeyed(folder, cli):
    evil = json.dumps({"age": "\x1b[2J\x9b2J\u202e"}, ensure_ascii=False)
    result = cli("validate", "--jsonl", "age.rail", "-", stdin=evil)
    assert "\\u001b[2J\\u009b2J\\u202e" in result.out
    assert not {"\x1b", "\x9b", "\u202e"} & set(result.out)


def test_numbers_that_json_does_not_have_still_give_json(folder, cli):
    result = cli("validate", "--format", "json", "age.rail", "-", stdin='{"age": NaN}')
    assert result.code == 1

    def refuse(constant):
        raise AssertionError(constant)

    json.loads(result.out, parse_constant=refuse)


def test_standard_input_is_named_once(folder, cli):
    result = cli("validate", "-", "-")
    assert result.code == 2
    assert "named twice" in result.err


def test_memory_stays_flat_on_a_long_file(folder, cli):
    with open("long.jsonl", "w", encoding="utf-8") as file:
        for number in range(2000):
            file.write(json.dumps({"output": " " * 8000 + f'{{"age": {number}}}'}) + "\n")
    assert (folder / "long.jsonl").stat().st_size > 16_000_000
    cli("validate", "age.rail", "answers.jsonl")
    tracemalloc.start()
    result = cli("validate", "age.rail", "long.jsonl")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "2,000 outputs valid" in result.out
    assert peak < 2_000_000


def test_a_line_beyond_the_limit_is_skipped_to_its_end(folder, cli, monkeypatch):
    monkeypatch.setattr("railguard.cli.outputs._LINE", 100)
    lines = f'{{"age": 1}}\n{{"age": "{"x" * 500}"}}\n{{"age": 2}}\n'
    result = cli("validate", "--jsonl", "--format", "json", "age.rail", "-", stdin=lines)
    assert [(line["line"], line["passed"]) for line in result.lines] == [(1, True), (2, False), (3, True)]
    assert "longer than 100 bytes" in result.lines[1]["error"]


def test_a_file_beyond_the_limit_is_not_read(folder, cli, monkeypatch):
    (folder / "schema.json").write_text('{"type": "integer"}')
    (folder / "huge.json").write_bytes(b" " * (4 * 8 * 1024 * 1024 + 1))
    result = cli("validate", "schema.json", "huge.json")
    assert result.code == 2
    assert "ERROR huge.json\n      larger than 33,554,432 bytes" in result.out


@pytest.mark.parametrize("text", ['{"name": "Ann", "age": 36}', "{}", "true", '{"title": "x", "description": "y"}'])
def test_an_answer_in_the_place_of_the_spec_is_refused(folder, cli, text):
    (folder / "a.json").write_text(text)
    (folder / "b.json").write_text('{"name": 1}')
    for command in (("validate", "a.json", "b.json"), ("check", "a.json"), ("schema", "a.json")):
        result = cli(*command)
        assert result.code == 2
        assert "a.json: error[json-schema-empty]: " in result.out + result.err
        assert "the SPEC comes first" in result.out + result.err
    assert cli("check", "-", stdin=text).code == 2


def test_a_misspelled_keyword_of_a_schema_is_a_warning(folder, cli):
    (folder / "a.json").write_text('{"type": "object", "propertys": {"a": {}}}')
    result = cli("check", "a.json")
    assert result.code == 0
    assert "warning[json-schema-misspelled]: at #/propertys: " in result.out
    assert cli("check", "--strict", "a.json").code == 2
    (folder / "b.json").write_text("{}")
    result = cli("validate", "a.json", "b.json")
    assert (result.code, result.out) == (0, "ok    b.json\n")
    assert "a.json: warning[json-schema-misspelled]" in result.err
