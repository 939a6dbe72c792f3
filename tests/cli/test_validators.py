"""`railguard validators`."""

import pytest

import railguard


def test_piped_all_that_are_registered_are_a_line_each(folder, cli):
    result = cli("validators")
    assert result.code == 0
    rows = [line.split("\t") for line in result.out.splitlines()]
    assert [row[0] for row in rows] == [one.name for one in railguard.validators()]
    assert {len(row) for row in rows} == {4}
    assert ["length", "Texts", "array, object, string"] in [row[:3] for row in rows]


@pytest.mark.parametrize("width", [30, 60, 100])
def test_on_a_terminal_they_stand_under_what_they_are_for_a_line_each(folder, cli, monkeypatch, width):
    monkeypatch.setattr("railguard.cli.validators.is_terminal", lambda stream: True)
    monkeypatch.setattr("railguard.cli.streams.is_terminal", lambda stream: True)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("NO_COLOR", "1")
    lines = cli("validators").out.splitlines()
    headings = [line for line in lines if line and not line.startswith(" ")]
    assert {"Texts", "Formats", "Safety", "Judged by a model"} <= {*headings}
    assert len([line for line in lines if line.startswith("  ")]) == len(railguard.validators())
    if width > 50:
        assert max(map(len, lines)) <= width


def test_search_goes_through_names_and_manuals(folder, cli):
    names = [line.split("\t")[0] for line in cli("validators", "--search", "URL").out.splitlines()]
    assert {"valid-url", "has-url"} <= {*names}
    assert len(names) < len(railguard.validators()) / 2
    nothing = cli("validators", "--search", "unheard-of-word")
    assert (nothing.code, nothing.out) == (0, "")
    assert "no validator has" in nothing.err


def test_one_is_explained(folder, cli):
    result = cli("validators", "length")
    assert result.out.startswith("length(min: int = 0, max: int | None = None)\n")
    assert "\nserves:   array, object, string\n" in result.out
    assert (
        "\nkeywords: minLength, maxLength, minItems, maxItems, minProperties, maxProperties of JSON Schema\n"
        in result.out
    )
    assert "\nfrom:     railguard_validators.length\n" in result.out


def test_parameters_stand_one_a_line_with_type_default_and_meaning(folder, cli):
    out = cli("validators", "sum-equals").out
    assert "\n  total: str  the name of the sum, with dots for a nested member (`summary.total`).\n" in out
    assert "\n  tolerance: int | float = 0  how much the total may differ from the sum, 0 or more.\n" in out
    assert "\n>>> sum_equals(" in out
    assert out.count("tolerance:") == 2, "once in the signature, once with its meaning"


NEEDY = '''
from railguard import validator

@validator("needy", metadata=("letter",), requires={"not_installed_anywhere": "acme[needy]", "json": "acme"}, pure=True)
async def needy(value: str, *, most: "int | None" = None, ctx=None) -> bool:
    """Needs much.

    most: how much
        at most.
    """
    return True

@validator("slow", blocking=True)
def slow(value: str) -> bool:
    return True
'''


def test_what_it_needs_and_how_it_runs_is_said(folder, cli):
    (folder / "needy.py").write_text(NEEDY)
    out = cli("validators", "--import", "needy", "needy").out
    assert out.splitlines() == [
        "needy(most: int | None = None)",
        "serves:   string",
        "runs:     awaited",
        "pure:     yes",
        "metadata: letter",
        "requires: not_installed_anywhere, not installed: pip install 'acme[needy]'",
        "requires: json, installed",
        "from:     needy",
        "",
        "Needs much.",
        "",
        "  most: int | None = None  how much at most.",
    ]
    plain = cli("validators", "--import", "needy", "--format", "json", "needy").json
    assert (plain["pure"], plain["async"], plain["metadata"]) == (True, True, ["letter"])
    assert plain["requires"] == [
        {"module": "not_installed_anywhere", "install": "acme[needy]", "installed": False},
        {"module": "json", "install": "acme", "installed": True},
    ]
    assert "runs:     in a thread, with a time limit\n" in cli("validators", "slow").out


def test_metadata_that_depends_on_the_arguments_is_said(folder, cli):
    assert "metadata: prev_values\n" in cli("validators", "distribution").out


def test_a_name_is_found_in_all_its_spellings(folder, cli):
    assert cli("validators", "hub://guardrails/Two_Words").out == cli("validators", "two-words").out


def test_a_misspelled_name_is_an_error_with_the_right_one(folder, cli):
    result = cli("validators", "lenght")
    assert result.code == 2
    assert "did you mean 'length'?" in result.err


def test_json_says_types_parameters_and_defaults(folder, cli):
    by_name = {one["name"]: one for one in cli("validators", "--format", "json").json}
    length = by_name["length"]
    assert length == cli("validators", "length", "--format", "json").json
    assert length["types"] == ["array", "object", "string"]
    assert by_name["compare"]["parameters"][2] == {
        "name": "right",
        "type": "str",
        "signature": "right: str",
        "required": True,
        "description": "the name of the other member.",
    }
    assert length["parameters"][0]["default"] == 0
    assert by_name["multiple-of"]["keywords"] == ["multipleOf"]


def test_ones_own_are_listed_after_an_import(folder, cli):
    assert "In capitals." in cli("validators", "--import", "models", "shouts").out
