"""On-fail actions are values: what an action does is in its row, and no room asks for its name."""

from __future__ import annotations

import copy
import pickle
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import railguard
from railguard import FailResult, OnFail
from railguard.values import UNSET, strongest

SOURCE = Path(railguard.__file__).parent
ROOMS = ("loop", "parsing", "prompting", "rail", "schema", "sources", "drivers", "cli")


def test_no_room_names_an_action() -> None:
    naming = [
        f"{path.relative_to(SOURCE)}: {name}"
        for room in ROOMS
        for path in sorted((SOURCE / room).rglob("*.py"))
        for name in re.findall(r"OnFail\.[A-Z_]+", path.read_text(encoding="utf-8"))
    ]
    assert naming == []


@pytest.mark.parametrize("action", list(OnFail))
def test_an_action_is_its_name_and_survives_copies(action: OnFail) -> None:
    assert OnFail(str(action)) is action
    assert str(action) == action == action.value
    assert pickle.loads(pickle.dumps(action)) is action
    assert copy.deepcopy(action) is action


def test_a_failure_counts_as_an_action_that_proposes_nothing_or_stays_itself() -> None:
    assert {action.value: action.unresolved.value for action in OnFail} == {
        **{action.value: action.value for action in OnFail},
        "fix_reask": "reask",
    }
    assert [action.value for action in OnFail if action.structural is not action] == ["fix_reask", "custom"]


def test_the_strongest_action_decides() -> None:
    order = ["exception", "refrain", "filter", "reask", "fix", "custom", "noop"]
    for at, name in enumerate(order):
        assert strongest(OnFail(other) for other in reversed(order[at:])) is OnFail(name)


def test_what_an_action_proposes() -> None:
    failed = FailResult("no", fix="right")
    proposed = {action.value: action.policy.propose("wrong", failed, None) for action in OnFail}
    assert proposed == {**dict.fromkeys(proposed, UNSET), "fix": "right", "fix_reask": "right"}
    assert OnFail.CUSTOM.policy.propose("wrong", failed, lambda value, result: value.upper()) == "WRONG"


def test_what_a_spec_names_and_what_keeps_a_value_from_being_told() -> None:
    assert OnFail.names() == [action.value for action in OnFail if action is not OnFail.CUSTOM]
    assert {action.value for action in OnFail if action.policy.mends} == {"fix", "fix_reask", "custom"}
    assert {action.value for action in OnFail if action.policy.withholds} == {"filter", "refrain", "exception"}


ROW = """    NOOP = (
        "noop",
"""
NEW = """    INSIST = "insist", OnFailPolicy(doc="Insists.", strength=45, asks_again=True, forbids=True)
    DROP = "drop", OnFailPolicy(doc="Drops.", strength=55, propose=_the_fix, leaves_out=True)
"""
SCRIPT = """
from railguard import Guard
from railguard.testing import ScriptedModel

def guard(action):
    return Guard.from_rail_string(f'''
<rail version="1.0">
  <output>
    <string name="a" required="false" validators="two-words" on-fail-two-words="{action}"/>
    <integer name="n"/>
  </output>
  <messages><message role="user">Go</message></messages>
</rail>''')

assert 'on-fail-two-words="insist"' in guard("insist").to_rail()

model = ScriptedModel(['{"a": "one", "n": 1}', '{"a": "one two"}'])
outcome = guard("insist")(model, max_reasks=1)
assert outcome.passed and outcome.output == {"a": "one two", "n": 1}, outcome
assert [str(path) for path in outcome.iterations[1].asked] == ["$.a"]

events = list(guard("insist").stream(ScriptedModel(['{"a": "one", "n": 1}', '{"a": "one two"}']), max_reasks=1))
assert "reask" in [event.type for event in events] and events[-1].outcome.passed

outcome = guard("insist").parse('{"a": "one", "n": 1}')
assert outcome.stopped == "no_model" and str(outcome.failures[0].action) == "insist"

outcome = guard("drop").parse('{"a": "one two three", "n": 1}')
assert outcome.passed and outcome.output == {"a": "one two", "n": 1}, outcome
outcome = guard("drop").parse('{"a": "one", "n": 1}')
assert outcome.passed and outcome.output == {"n": 1}, outcome
assert str(outcome.resolved[0].action) == "drop"
print("done")
"""


def test_an_action_is_added_by_one_row(tmp_path: Path) -> None:
    """In a copy: RAIL reads and writes it, a call and a stream ask again for it, and the end of a call leaves out."""
    shutil.copytree(SOURCE, tmp_path / "railguard", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(
        SOURCE.parent / "validators" / "railguard_validators",
        tmp_path / "railguard_validators",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    table = tmp_path / "railguard" / "values" / "on_fail.py"
    text = table.read_text(encoding="utf-8")
    assert text.count(ROW) == 1
    table.write_text(text.replace(ROW, NEW + ROW), encoding="utf-8")
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, script.name], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=600
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")
