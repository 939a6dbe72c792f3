"""`railguard check`."""

BAD = """<rail version="1.0">
  <output>
    <string name="a" descripton="b"/>
    <strnig name="b"/>
  </output>
</rail>
"""
OLD = '<rail version="0.1"><output><string name="a" format="a hint"/></output><prompt>Say ${x}.</prompt></rail>'


def test_a_sound_spec_is_good_and_says_nothing_on_stdout(folder, cli):
    result = cli("check", "fees.rail")
    assert (result.code, result.out, result.err) == (0, "", "1 spec checked: no problems\n")


def test_every_problem_has_its_place_its_line_its_caret_and_the_mend(folder, cli):
    (folder / "bad.rail").write_text(BAD)
    result = cli("check", "bad.rail")
    assert result.code == 2
    assert "bad.rail:3:22: error[unknown-attribute]" in result.out
    assert "bad.rail:4:5: error[unknown-element]" in result.out
    assert '        <strnig name="b"/>\n        ^^^^^^^\n' in result.out
    assert "  hint: " in result.out
    assert "did you mean 'string'?" in result.out
    assert result.err.startswith("1 spec checked: ")


def test_warnings_do_not_fail_unless_strict(folder, cli):
    (folder / "old.rail").write_text(OLD)
    relaxed = cli("check", "old.rail")
    strict = cli("check", "--strict", "old.rail")
    assert "warning[" in relaxed.out
    assert relaxed.out == strict.out
    assert (relaxed.code, strict.code) == (0, 2)


def test_several_specs_are_all_checked_and_the_worst_counts(folder, cli):
    (folder / "bad.rail").write_text(BAD)
    result = cli("check", "fees.rail", "bad.rail", "schema.json", "models:Fees", "nowhere.rail")
    assert result.code == 2
    assert "nowhere.rail: error[no-file]" in result.out
    assert "5 specs checked: " in result.err


def test_standard_input_is_a_spec_too(folder, cli):
    assert "<stdin>:3:22: error" in cli("check", "-", stdin=BAD).out
    assert cli("check", "-", stdin='{"type": "integer"}').code == 0
    assert "json-schema" in cli("check", "-", stdin='{"type": "intger"}').out or cli("check", "-", stdin="{").code == 2


def test_a_json_schema_that_is_no_json_is_placed(folder, cli):
    (folder / "schema.json").write_text('{"type": "object",\n  oops}')
    assert "schema.json:2:3: error[json-syntax]: not JSON" in cli("check", "schema.json").out


def test_a_schema_that_is_not_utf8_is_a_problem_as_any_other(folder, cli):
    (folder / "schema.json").write_bytes(b'{"title": "\xe4"}')
    result = cli("check", "schema.json", "fees.rail")
    assert result.code == 2
    assert "offset 11 is not UTF-8" in result.out
    assert "Traceback" not in result.err


def test_json_is_one_object_a_spec(folder, cli):
    (folder / "bad.rail").write_text(BAD)
    good, bad = cli("check", "--format", "json", "fees.rail", "bad.rail").lines
    assert good == {"file": "fees.rail", "passed": True, "problems": []}
    assert bad["passed"] is False
    assert set(bad["problems"][0]) == {
        "file",
        "line",
        "column",
        "severity",
        "code",
        "message",
        "hint",
        "excerpt",
        "end_line",
        "end_column",
    }


def test_a_module_with_validators_can_be_imported_first(folder, cli):
    spec = '<rail version="1.0"><output><string name="a" validators="whispers"/></output></rail>'
    (folder / "a.rail").write_text(spec)
    (folder / "models.py").write_text(
        "from railguard import validator\n@validator('whispers', replace=True)\ndef w(value: str): return True\n"
    )
    assert cli("check", "a.rail").code == 2
    assert cli("check", "--import", "models", "a.rail").code == 0


def test_control_characters_of_a_spec_do_not_reach_the_terminal(folder, cli):
    (folder / "bad.rail").write_text('<rail version="1.0"><output><string n="\x9b31m"/></output></rail>')
    result = cli("check", "bad.rail")
    assert result.code == 2
    assert "\x9b" not in result.out


def test_rules_are_told_with_where_they_are_enforced(folder, cli):
    result = cli("check", "--rules", "fees.rail")
    assert result.code == 0
    assert result.out.splitlines()[:3] == [
        "$.issuer",
        "  length (reask): of length between 2 and 60",
        "    the schema says minLength 2, maxLength 60; pydantic-core checks it first",
    ]
    assert "  two-words (reask): exactly two words\n    checked by itself\n" in result.out


def test_rules_are_told_as_json_too(folder, cli):
    (told,) = cli("check", "--rules", "--format", "json", "fees.rail").lines
    assert told["rules"][0] == {
        "path": "$.issuer",
        "validator": "length",
        "rule": "of length between 2 and 60",
        "on_fail": "reask",
        "keywords": {"minLength": 2, "maxLength": 60},
        "accepting": True,
    }
    (strict,) = cli("check", "--rules", "--to", "openai-strict", "--format", "json", "fees.rail").lines
    assert strict["rules"][0]["keywords"] == {}
    assert [one["path"] for one in strict["rules"]] == [one["path"] for one in told["rules"]]


def test_rules_of_a_wrong_spec_are_not_told_and_of_one_without_any_that_is_said(folder, cli):
    (folder / "bad.rail").write_text(BAD)
    result = cli("check", "--rules", "age.rail", "bad.rail", "models:Fees")
    assert result.code == 2
    assert "age.rail\nno rules\n" in result.out
    assert "models:Fees\nno rules\n" in result.out
    assert "bad.rail\nno rules" not in result.out
    good, bad = cli("check", "--rules", "--format", "json", "fees.rail", "bad.rail").lines
    assert len(good["rules"]) == 8
    assert bad["rules"] == []


def test_rules_of_a_piped_spec_and_of_a_guard_are_told(folder, cli):
    spec = (folder / "fees.rail").read_text()
    assert cli("check", "--rules", "-", stdin=spec).out == cli("check", "--rules", "fees.rail").out
    assert cli("check", "--rules", "-", stdin='{"type": "integer"}').out == "no rules\n"
    assert "$.a" in cli("check", "--rules", "models:guard").out


def test_a_rule_that_cannot_run_is_told_as_such(folder, cli):
    (folder / "old.rail").write_text(
        '<rail version="0.1"><output><string name="a" validators="nobody-knows: 1"/></output></rail>'
    )
    result = cli("check", "--rules", "old.rail")
    assert "unknown-validator" in result.out
    assert "cannot run" in " ".join(result.out.split())
