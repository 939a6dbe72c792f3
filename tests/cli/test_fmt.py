"""`railguard fmt` and `railguard init`."""

import json
import os

import pytest

from railguard import Guard, check
from railguard.cli.init import starter

UGLY = '<rail version="1.0"><output><string name="a"/>\n<!-- c --></output></rail>'
NEAT = '<rail version="1.0">\n  <output>\n    <string name="a"/>\n    <!-- c -->\n  </output>\n</rail>\n'


def test_a_file_is_laid_out_in_place_and_keeps_its_rights(folder, cli):
    path = folder / "a.rail"
    path.write_text(UGLY)
    os.chmod(path, 0o640)
    result = cli("fmt", "a.rail")
    assert (result.code, result.out, result.err) == (0, "", "1 of 1 changed\n")
    assert path.read_text() == NEAT
    assert path.stat().st_mode & 0o777 == 0o640
    assert cli("fmt", "a.rail").err == "0 of 1 changed\n"
    assert [entry for entry in os.listdir(folder) if entry.startswith(".")] == []


def test_standard_input_is_laid_out_on_stdout(cli, folder):
    assert cli("fmt", "-", stdin=UGLY).out == NEAT


def test_check_and_diff_write_nothing_and_fail_where_something_would_change(folder, cli):
    (folder / "a.rail").write_text(UGLY)
    (folder / "b.rail").write_text(NEAT)
    assert cli("fmt", "--check", "a.rail", "b.rail").code == 1
    assert cli("fmt", "--check", "b.rail").code == 0
    result = cli("fmt", "--diff", "a.rail")
    assert result.code == 1
    assert '+    <string name="a"/>' in result.out
    assert (folder / "a.rail").read_text() == UGLY
    assert cli("fmt", "--check", "--format", "json", "a.rail").json == {"file": "a.rail", "changed": True}


def test_a_link_stays_a_link_and_its_target_is_laid_out(folder, cli):
    (folder / "a.rail").write_text(UGLY)
    (folder / "link.rail").symlink_to("a.rail")
    assert cli("fmt", "link.rail").code == 0
    assert (folder / "link.rail").is_symlink()
    assert (folder / "a.rail").read_text() == NEAT


@pytest.mark.parametrize("content", [b"<rail>", b"\xff\xfe<\x00r\x00/\x00>\x00", b"<rail>\xe4</rail>"])
def test_what_cannot_be_laid_out_is_left_as_it_is(folder, cli, content):
    (folder / "a.rail").write_bytes(content)
    assert cli("fmt", "a.rail").code == 2
    assert (folder / "a.rail").read_bytes() == content


SAMPLES = [
    {"title": "x", "amount": 1, "rate": 0.5, "on": True, "day": "2024-02-29", "site": "https://a.b", "mail": "a@b.co"},
    {"items": [{"a": 1, "b": None}, {"a": 2.5, "c": "x"}], "empty": [], "open": {}, "none": None},
    {'wei"rd <name>&': "x", "a.b": {"c": [[1], [2, 3]]}, "": 1},
    [1, "a", None, {"b": 2}],
    [],
    3,
    None,
    {"day": "2024-02-31", "time": "2024-01-02T10:00:00Z", "both": ["2024-01-02", "x"]},
    "A plain text,\nof two lines.",
]


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_starter_is_sound_and_accepts_what_it_was_made_from(sample):
    document = starter(sample)
    assert {problem.code for problem in check(document)} <= {"empty-name"}
    text = sample if isinstance(sample, str) else json.dumps(sample)
    outcome = Guard.from_rail_string(document).parse(text)
    assert outcome.passed
    assert outcome.output == sample
    assert not outcome.repairs
    assert document.count("<!--") == 3


def test_init_writes_a_new_file_and_never_over_one(folder, cli):
    (folder / "sample.json").write_text('{"a": [1, 2]}')
    assert cli("init", "--from", "sample.json", "new.rail").code == 0
    written = (folder / "new.rail").read_text()
    assert cli("check", "--strict", "new.rail").code == 0
    result = cli("init", "new.rail")
    assert result.code == 2
    assert "it is not overwritten" in result.err
    assert (folder / "new.rail").read_text() == written
    assert cli("init").out.startswith('<rail version="1.0">\n  <!-- what goes in')


@pytest.mark.parametrize("content", ["", "[" * 100_000])
def test_a_sample_that_says_nothing_is_refused(folder, cli, content):
    (folder / "s.json").write_text(content)
    assert cli("init", "--from", "s.json").code == 2
