"""`railguard schema`."""

import pytest


def test_json_schema_is_the_default_and_can_be_read_back(folder, cli):
    result = cli("schema", "fees.rail")
    assert result.json["required"] == ["issuer", "fees", "interest", "late_payment"]
    (folder / "again.json").write_text(result.out)
    assert cli("check", "again.json").code == 0


@pytest.mark.parametrize("target", ["openai-strict", "anthropic", "gemini"])
def test_a_providers_dialect_is_printed(folder, cli, target):
    result = cli("schema", "age.rail", "--to", target)
    assert result.code == 0
    assert result.json["properties"]["age"]["type"] == "integer"


def test_openai_gets_every_key_required(folder, cli):
    (folder / "optional.rail").write_text(
        '<rail version="1.0"><output><string name="a"/><string name="b" required="false"/></output></rail>'
    )
    assert cli("schema", "optional.rail").json["required"] == ["a"]
    assert cli("schema", "optional.rail", "--to", "openai-strict").json["required"] == ["a", "b"]


def test_a_schema_that_a_provider_cannot_enforce_is_refused(folder, cli):
    (folder / "open.json").write_text('{"type": "object", "properties": {"a": {}}}')
    result = cli("schema", "open.json", "--to", "openai-strict")
    assert (result.code, result.out) == (2, "")
    assert "openai-strict" in result.err


def test_plain_text_has_no_schema_to_send(folder, cli):
    (folder / "text.rail").write_text('<rail version="1.0"><output type="string"/></rail>')
    assert "plain text" in cli("schema", "text.rail", "--to", "gemini").err


def test_a_model_becomes_rail_that_can_be_checked(folder, cli):
    result = cli("schema", "models:Fees", "--to", "rail")
    assert result.code == 0
    assert cli("check", "--strict", "-", stdin=result.out).code == 0
    assert cli("schema", "models:Fees", "--to", "rail", "--format", "json").json == {"rail": result.out}


def test_a_module_or_a_name_that_is_not_there_is_an_error(folder, cli):
    (folder / "broken.py").write_text("1 / 0")
    assert "models has no Feees; did you mean Fees?" in cli("schema", "models:Feees").err
    assert "cannot be imported" in cli("schema", "no_such_module:Fees").err
    result = cli("schema", "broken:Fees")
    assert result.code == 2
    assert "ZeroDivisionError" in result.err
    assert "Traceback" not in result.err
