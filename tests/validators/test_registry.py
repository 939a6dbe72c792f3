"""Names and aliases: what old documents and guardrails-ai's hub call a validator finds ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap

import pytest

from railguard.validation import registry

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
    "valid-json": ["valid-json", "json", "valid_json", "hub://guardrails/valid_json"],
    "reading-time": ["reading-time", "reading_time", "hub://guardrails/reading_time"],
    "sql": ["sql", "valid_sql", "bug-free-sql", "hub://guardrails/valid_sql"],
    "sql-columns": ["sql-columns", "sql-column-presence", "sql_column_presence"],
    "exclude-sql-predicates": ["exclude-sql-predicates", "hub://guardrails/exclude_sql_predicates"],
    "python": ["python", "bug-free-python", "bug_free_python"],
    "html": ["html", "valid_html", "hub://guardrails/valid_html"],
    "openapi": ["openapi", "valid_open_api_spec", "hub://guardrails/valid_open_api_spec"],
    "has-url": ["has-url", "has_url", "hub://guardrails/has_url"],
    "email": ["email", "valid_email", "email-address"],
    "unique": ["unique"],
    "min-value": ["min-value", "min-val", "min_val", "hub://guardrails/min_value"],
    "max-value": ["max-value", "max-val"],
    "min-length": ["min-length", "min-len", "min-items", "min_items"],
    "max-length": ["max-length", "max-len", "max-items"],
    "positive": ["positive"],
    "ban-list": ["ban_list", "hub://guardrails/ban_list"],
    "no-gibberish": ["gibberish_text", "hub://guardrails/gibberish_text"],
    "no-profanity": ["profanity_free", "is-profanity-free", "hub://guardrails/profanity_free"],
    "reading-level": ["reading_level", "hub://guardrails/reading_level"],
    "redundant-sentences": [
        "redundant_sentences",
        "remove-redundant-sentences",
        "hub://guardrails/redundant_sentences",
    ],
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
        from railguard.validation import registry
        registry.find("hub://guardrails/two_words")
        print(json.dumps(sorted(name for name in sys.modules if name.startswith("railguard_validators."))))
        """
    )
    assert loaded == ["railguard_validators._wording", "railguard_validators.two_words"]
