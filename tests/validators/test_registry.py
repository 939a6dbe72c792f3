"""Names and aliases: what old documents and guardrails-ai's hub call a validator finds ours; third parties come in too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap

import pytest

from railguard import registry

OLD_NAMES = {
    "length": ["length", "valid_length", "valid-length", "hub://guardrails/valid_length"],
    "regex-match": ["regex_match", "regex-match", "hub://guardrails/regex_match"],
    "valid-range": ["valid-range", "valid_range", "guardrails/valid_range"],
    "valid-choices": ["valid-choices", "valid_choices", "hub://guardrails/valid_choices"],
    "lower-case": ["lower-case", "lower_case", "lowercase", "hub://guardrails/lowercase"],
    "upper-case": ["upper-case", "uppercase", "hub://guardrails/uppercase"],
    "one-line": ["one-line", "one_line", "hub://guardrails/one_line"],
    "two-words": ["two-words", "two_words", " Two_Words ", "hub://guardrails/two_words", "guardrails/two_words"],
    "ends-with": ["ends-with", "ends_with", "hub://guardrails/ends_with"],
    "valid-url": ["valid-url", "valid_url", "hub://guardrails/valid_url"],
    "contains": ["contains", "contains_string", "hub://guardrails/contains_string"],
    "valid-json": ["valid-json", "valid_json", "hub://guardrails/valid_json"],
    "reading-time": ["reading-time", "reading_time", "hub://guardrails/reading_time"],
    "email": ["email", "valid_email", "email-address"],
    "unique": ["unique"],
    "min-value": ["min-value", "min-val", "min_val", "hub://guardrails/min_value"],
    "max-value": ["max-value", "max-val"],
    "min-length": ["min-length", "min-len", "min-items", "min_items"],
    "max-length": ["max-length", "max-len", "max-items"],
    "positive": ["positive"],
}


@pytest.mark.parametrize(("name", "spelling"), [(name, spelling) for name in OLD_NAMES for spelling in OLD_NAMES[name]])
def test_every_spelling_finds_the_validator(name, spelling):
    found = registry.find(spelling)
    assert found is not None
    assert found.name == name


def test_every_alias_of_every_registered_validator_finds_it():
    for validator in registry.validators():
        for name in (validator.name, *validator.aliases):
            for spelling in (name, name.replace("-", "_"), name.upper(), f"hub://guardrails/{name}"):
                assert registry.find(spelling) is validator


def test_no_name_is_claimed_twice():
    names = [name for validator in registry.validators() for name in {validator.name, *validator.aliases}]
    assert len(names) == len(set(names))


def in_new_process(code: str, *paths: object) -> object:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_finding_one_validator_imports_no_other():
    loaded = in_new_process(
        """
        import json, sys
        from railguard import registry
        registry.find("hub://guardrails/two_words")
        print(json.dumps(sorted(name for name in sys.modules if name.startswith("railguard_validators."))))
        """
    )
    assert loaded == ["railguard_validators._wording", "railguard_validators.two_words"]


@pytest.fixture
def third_party(tmp_path):
    """An installed distribution, as importlib.metadata sees one: a package and its dist-info with an entry point."""
    package = tmp_path / "acme_checks"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "shouting.py").write_text(
        textwrap.dedent(
            '''
            from railguard import FailResult, validator


            @validator("shouting", aliases=("loud",))
            def shouting(value: str, *, marks: int = 1) -> FailResult | None:
                """Ends with exclamation marks."""
                if value.endswith("!" * marks):
                    return None
                return FailResult("Shout.", fix=value + "!" * marks)
            '''
        )
    )
    (package / "length.py").write_text(
        "from railguard import validator\n\n\n"
        "@validator('length-of-acme', aliases=('acme-length',))\ndef length_of_acme(value: str) -> bool:\n    return True\n"
    )
    info = tmp_path / "acme_checks-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-checks\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[railguard.validators]\nacme = acme_checks\n")
    return tmp_path


def test_a_third_partys_validators_are_found_by_its_entry_point(third_party):
    answer = in_new_process(
        """
        import json
        from railguard import registry
        from railguard.testing.laws import check_validator

        shouting = registry.find("hub://acme/Shouting")
        check_validator(shouting(marks=2), passing=["Hey!!"], failing=["Hey!", ""], max_examples=20)
        print(json.dumps([shouting(marks=2).run("Hey").fix, registry.find("loud") is shouting,
                          registry.find("two-words").check.__module__, registry.find("acme_length").name]))
        """,
        third_party,
    )
    assert answer == ["Hey!!", True, "railguard_validators.two_words", "length-of-acme"]


def test_a_third_partys_validator_runs_from_a_rail_document(third_party):
    answer = in_new_process(
        """
        import json
        from railguard import Guard
        guard = Guard.from_rail_string(
            '<rail version="1.0"><output><string name="cry" validators="shouting: 2" on-fail-shouting="fix"/></output>'
            '<messages><message role="user">Cry.</message></messages></rail>'
        )
        outcome = guard.parse('{"cry": "Hey"}')
        print(json.dumps([outcome.passed, outcome.output]))
        """,
        third_party,
    )
    assert answer == [True, {"cry": "Hey!!"}]
