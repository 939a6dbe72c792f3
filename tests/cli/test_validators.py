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
    assert "serves: array, object, string" in result.out


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
    assert length["parameters"][0] == {"name": "min", "signature": "min: int = 0", "required": False, "default": 0}


def test_ones_own_are_listed_after_an_import(folder, cli):
    assert "In capitals." in cli("validators", "--import", "models", "shouts").out
