"""`railguard replay`: recorded answers against a changed spec."""

import json

import pytest

OLD = """<rail version="1.0"><output>
  <string name="name"/>
  <integer name="age"/>
</output><messages><message role="user">Who?</message></messages></rail>"""
NEW = """<rail version="1.0"><output>
  <string name="name" validators="length: 1 5" on-fail-length="reask"/>
  <integer name="age"/>
</output><messages><message role="user">Who is it, please?</message></messages></rail>"""
FIXING = NEW.replace(
    'validators="length: 1 5" on-fail-length="reask"', 'validators="upper-case" on-fail-upper-case="fix"'
)


@pytest.fixture
def recorded(folder, cli):
    """Three recorded calls with the old spec: short name, long name, and one with a reask."""
    (folder / "old.rail").write_text(OLD)
    (folder / "new.rail").write_text(NEW)
    (folder / "fixing.rail").write_text(FIXING)
    asked = [{"role": "user", "content": "Who?"}]
    reask = [*asked, {"role": "assistant", "content": "{}"}, {"role": "user", "content": "age?"}]

    def entry(answer, messages, round):
        usage = {"input_tokens": 10, "output_tokens": 5}
        return json.dumps({"answer": answer, "usage": usage, "request": {"messages": messages, "round": round}})

    lines = [
        entry({"name": "Ann", "age": 36}, asked, 0),
        entry({"name": "Annabella", "age": 36}, asked, 0),
        entry({"name": "Bo", "age": "old"}, asked, 0),
        entry({"age": 7}, reask, 1),
    ]
    (folder / "talk.jsonl").write_text("\n".join(lines) + "\n")
    return "talk.jsonl"


def test_a_spec_that_did_not_change_passes_what_passed(recorded, cli):
    result = cli("replay", recorded, "--spec", "old.rail", "--old", "old.rail")
    assert result.code == 0
    assert "3 of 3 conversations pass, none differs, 40 tokens in, 20 out" in result.out


def test_what_fails_now_and_would_be_asked_again_is_told(recorded, cli):
    result = cli("replay", recorded, "--spec", "new.rail", "--old", "old.rail")
    assert result.code == 1
    assert "FAIL  talk.jsonl (id 2)" in result.out
    assert "asks again  $.name  there is no recorded answer" in result.out
    assert "differs   it passed, and fails now" in result.out
    assert "2 of 3 conversations pass, 1 would ask a question without a recorded answer, 1 differ" in result.out


def test_what_the_output_would_be_now_is_told_by_its_paths(recorded, cli):
    result = cli("replay", recorded, "--spec", "fixing.rail", "--old", "old.rail")
    assert result.code == 0
    assert 'differs   $.name: "Ann" → "ANN"' in result.out


def test_as_json_every_conversation_is_a_line(recorded, cli):
    result = cli("replay", "--format", "json", recorded, "--spec", "new.rail", "--old", "old.rail")
    lines = [json.loads(line) for line in result.out.splitlines()]
    assert [(one["conversation"], one["passed"], one["unanswered"]) for one in lines] == [
        (1, True, False),
        (2, False, True),
        (3, True, False),
    ]
    assert [one["passed_before"] for one in lines] == [True, True, True]
    assert lines[2]["asked_again"] == ["$.age"]
    assert lines[2]["output"] == {"name": "Bo", "age": 7}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("talk.jsonl",), "--spec"),
        (("talk.jsonl", "--spec", "nowhere.rail"), "no such file"),
        (("nowhere.jsonl", "--spec", "old.rail"), "cannot be read"),
        (("empty.jsonl", "--spec", "old.rail"), "there is no conversation in empty.jsonl"),
    ],
)
def test_what_is_wrong_on_the_command_line_is_exit_code_2(recorded, folder, cli, arguments, says):
    (folder / "empty.jsonl").write_text("")
    result = cli("replay", *arguments)
    assert result.code == 2
    assert says in result.err


def test_a_recording_of_the_example_is_gone_through(folder, cli):
    result = cli("replay", "conversation.jsonl", "--spec", "fees.rail")
    assert result.code == 0
    assert "1 of 1 conversation pass" in result.out
