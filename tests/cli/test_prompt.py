"""`railguard prompt`."""

import json


def test_the_messages_are_printed_filled_in(folder, cli):
    result = cli("prompt", "fees.rail", "--var", "document=@agreement.txt")
    assert result.code == 0
    assert result.out.startswith("── system ──\nYou read credit card agreements")
    assert "── user ──" in result.out
    assert "HARBOUR BANK plc" in result.out


def test_json_holds_the_messages_as_they_are_sent(folder, cli):
    messages = cli("prompt", "fees.rail", "--var", "document=x", "--format", "json").json["messages"]
    assert [message["role"] for message in messages] == ["system", "user"]


def test_a_reask_shows_only_what_it_adds(folder, cli):
    result = cli("prompt", "fees.rail", "--reask", "answer.json")
    assert result.code == 0
    assert result.out.startswith("── assistant ──\n")
    assert '"fees.1.name": "cash withdrawal charge"' in result.out
    assert "Harbour Bank" not in result.out
    assert "asked again: $.fees[1].name, $.interest.valid_from" in result.err


def test_a_reask_with_variables_is_the_whole_conversation_with_its_schema(folder, cli):
    arguments = ("prompt", "fees.rail", "--reask", "answer.json", "--format", "json")
    plain = cli(*arguments, "--var", "document=x").json
    assert [message["role"] for message in plain["messages"]] == ["system", "user", "assistant", "user"]
    assert plain["messages"][2:] == cli(*arguments).json["messages"]
    assert plain["paths"] == ["$.fees[1].name", "$.interest.valid_from"]
    assert set(plain["schema"]["properties"]) == {"fees.1.name", "interest.valid_from"}


def test_a_valid_output_is_not_asked_for_again(folder, cli):
    result = cli("prompt", "age.rail", "--reask", "-", stdin='{"age": 1}')
    assert (result.code, result.out, result.err) == (0, "", "nothing would be asked again\n")
    assert cli("prompt", "age.rail", "--reask", "-", "--format", "json", stdin='{"age": 1}').json["paths"] == []


def test_a_stored_output_that_is_not_there_is_an_error(folder, cli):
    result = cli("prompt", "age.rail", "--reask", "nowhere.json")
    assert result.code == 2
    assert "nowhere.json: No such file" in result.err


def test_content_that_is_no_text_is_printed_as_json(folder, cli):
    (folder / "models.py").write_text(
        "from railguard import Guard\n"
        "part = {'type': 'text', 'text': 'Look.'}\n"
        "guard = Guard.from_json_schema({'type': 'integer'}, messages=[{'role': 'user', 'content': [part]}])\n"
    )
    out = cli("prompt", "models:guard").out
    look, told = json.loads(out.partition("\n")[2])
    assert look == {"type": "text", "text": "Look."}
    assert told["text"].endswith("\n\ninteger")
