"""`railguard validators`."""

import railguard


def test_all_that_are_registered_are_listed_within_80_columns(folder, cli):
    result = cli("validators")
    assert result.code == 0
    for one in railguard.validators():
        assert f"\n{one.name} " in result.out
    assert max(map(len, result.out.splitlines())) <= 80


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
    assert "\n  total: str  the name of the sum, dotted where it lies deeper (`summary.total`).\n" in out
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
