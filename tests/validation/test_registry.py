"""Names and aliases: what old documents and guardrails-ai's hub call a validator finds ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from railguard import SpecError, validator
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
    found = registry.find_validator(spelling)
    assert found is not None
    assert found.name == name


def test_every_alias_of_every_registered_validator_finds_it():
    for each in registry.validators():
        for name in (each.name, *each.aliases):
            for spelling in (name, name.replace("-", "_"), name.upper(), f"hub://guardrails/{name}"):
                assert registry.find_validator(spelling) is each


def test_no_name_is_claimed_twice():
    names = [name for each in registry.validators() for name in {each.name, *each.aliases}]
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
        registry.find_validator("hub://guardrails/two_words")
        print(json.dumps(sorted(name for name in sys.modules if name.startswith("railguard_validators."))))
        """
    )
    shared = ["_text", "_text.character_classes", "_wording"]
    assert loaded == [f"railguard_validators.{name}" for name in (*shared, "two_words")]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("two-word", "two-words"),
        ("hub://guardrails/Lower_Cas", "lower-case"),
        ("nothing-like-any-of-them", None),
    ],
)
def test_a_misspelled_name_is_answered_with_the_closest_that_does_not_deny_it(wrong, right):
    assert registry.suggest_validator(wrong) == right
    assert registry.suggest_validator("upper-cases") == "upper-case"
    assert registry.suggest_validator("no-upper-cases") != "upper-case"


@pytest.mark.parametrize(
    ("one", "other", "opposite"),
    [
        ("no-url", "has-url", True),
        ("has-url", "excludes-url", True),
        ("no-url", "excludes-url", False),
        ("notes", "has-notes", False),
        ("deny_list", "ban_list", False),
    ],
)
def test_names_that_deny_one_another(one, other, opposite):
    assert registry.opposite(one, other) is registry.opposite(other, one) is opposite


def test_a_registration_makes_a_new_generation():
    before = registry.generation()
    validator("t-re-new", replace=True)(lambda value: True)
    assert registry.generation() == before + 1


# Packages of validators: real modules with real metadata, found by importlib in this process.

CHECK = "from railguard import validator\n\n@validator({name!r}, aliases={aliases!r}, replace={replace})\n"
CHECK += "def {function}(value: str) -> bool:\n    return True\n"


def check(name: str, *aliases: str, replace: bool = False) -> str:
    return CHECK.format(name=name, aliases=aliases, replace=replace, function=name.replace("-", "_"))


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Installs a package: its name, which its entry point has too, and the texts of its modules."""
    registry.validators()
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)

    def one(package: str, *, entry: str | None = None, **modules: str) -> None:
        folder, info = tmp_path / package, tmp_path / f"{package}-1.2.dist-info"
        folder.mkdir()
        info.mkdir()
        for name, text in {"__init__": "", **modules}.items():
            (folder / f"{name}.py").write_text(text, encoding="utf-8")
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.2\n", encoding="utf-8")
        point = f"[railguard.validators]\n{package} = {entry or package}\n"
        (info / "entry_points.txt").write_text(point, encoding="utf-8")
        empty: dict[str, Any] = {"_plugins": None, "_packages": None, "_complete": False, "_problems": {}}
        copies = {name: getattr(registry, name).copy() for name in ("_names", "_replacing", "_settled", "_loaded")}
        for name, value in {**empty, **copies}.items():
            monkeypatch.setattr(registry, name, value)

    yield one
    for name in set(sys.modules) - before:
        if name.startswith("rgt_"):
            del sys.modules[name]


def told(code: str) -> list[str]:
    return [problem.message for problem in registry.validator_problems() if problem.code == code]


def module_of(name: str) -> str | None:
    found = registry.find_validator(name)
    return None if found is None else found.check.__module__


def test_a_name_loads_the_module_that_is_called_so_and_an_alias_all_of_them(install):
    install("rgt_voices", t_rp_loud=check("t-rp-loud", "t-rp-noisy"), t_rp_calm=check("t-rp-calm"), _shared="x = 1\n")
    assert module_of("hub://acme/T_rp_calm") == "rgt_voices.t_rp_calm"
    assert "rgt_voices.t_rp_loud" not in sys.modules
    assert module_of("t-rp-noisy") == "rgt_voices.t_rp_loud"
    assert module_of("t-rp-noisy") == "rgt_voices.t_rp_loud"
    assert module_of("_shared") is None
    assert module_of("t.rp!") is None
    assert "rgt_voices._shared" not in sys.modules
    assert registry.validator_problems() == []
    assert registry.excuses() == ""


@pytest.mark.parametrize("name", ["_shared", "t.rp!", "", "t-rp-nobody"])
def test_what_is_no_name_of_a_module_is_nobodys_name(install, name):
    install("rgt_private", _shared="x = 1\n", t_rp_public=check("t-rp-public"))
    assert module_of(name) is None
    assert "rgt_private._shared" not in sys.modules


def test_an_entry_point_may_be_one_module(install):
    install("rgt_single", entry="rgt_single.all", all=check("t-rp-single"))
    assert module_of("t-rp-single") == "rgt_single.all"


def test_what_cannot_be_loaded_is_told_and_takes_nothing_from_the_others(install):
    install("rgt_gone", entry="rgt_moved_elsewhere")
    install("rgt_half", t_rp_poor="raise RuntimeError('no table')\n", t_rp_good=check("t-rp-good"))
    install("rgt_odd", t_rp_odd="from railguard import validator\n\nvalidator('t-rp-odd')(7)\n")
    assert module_of("t-rp-good") == "rgt_half.t_rp_good"
    assert module_of("t-rp-poor") is None
    assert told("validator-plugin") == [
        "rgt_gone 1.2: its entry point rgt_gone = rgt_moved_elsewhere cannot be loaded: "
        "ModuleNotFoundError: No module named 'rgt_moved_elsewhere'",
        "rgt_half 1.2: its module rgt_half.t_rp_poor cannot be loaded: RuntimeError: no table",
        "rgt_odd 1.2: its module rgt_odd.t_rp_odd cannot be loaded: validator 't-rp-odd': 7 is not callable",
    ]
    assert (
        "; rgt_half 1.2: its module rgt_half.t_rp_poor cannot be loaded: RuntimeError: no table" in registry.excuses()
    )


@pytest.mark.parametrize("first", ["t-rp-a", "t-rp-b", "t-rp-c", "t-rp-d"])
def test_a_name_that_two_packages_claim_goes_to_the_one_that_is_called_so(install, first):
    """Its own name goes before an alias, the module of that name before another one, and then the order of the packages."""
    install("rgt_one", t_rp_a=check("t-rp-a", "t-rp-b", "t-rp-d"), other=check("t-rp-c"))
    install("rgt_two", t_rp_b=check("t-rp-b"), t_rp_c=check("t-rp-c"), t_rp_e=check("t-rp-e", "t-rp-d"))
    assert module_of(first) is not None
    registry.validators()
    places = {name: module_of(name) for name in ("t-rp-a", "t-rp-b", "t-rp-c", "t-rp-d", "t-rp-e")}
    assert places == {
        "t-rp-a": "rgt_one.t_rp_a",
        "t-rp-b": "rgt_two.t_rp_b",
        "t-rp-c": "rgt_two.t_rp_c",
        "t-rp-d": "rgt_one.t_rp_a",
        "t-rp-e": "rgt_two.t_rp_e",
    }
    assert sorted(told("validator-name")) == [
        "rgt_one 1.2: rgt_one.other.t_rp_c is not available as 't-rp-c', which is rgt_two.t_rp_c.t_rp_c of rgt_two 1.2",
        "rgt_one 1.2: rgt_one.t_rp_a.t_rp_a is not available as 't-rp-b', which is rgt_two.t_rp_b.t_rp_b of rgt_two 1.2",
        "rgt_two 1.2: rgt_two.t_rp_e.t_rp_e is not available as 't-rp-d', which is rgt_one.t_rp_a.t_rp_a of rgt_one 1.2",
    ]


def test_a_package_that_says_replace_takes_a_name_without_a_word(install):
    install("rgt_first", t_rp_r=check("t-rp-r"))
    install("rgt_later", mine=check("t-rp-r", replace=True))
    registry.validators()
    assert module_of("t-rp-r") == "rgt_later.mine"
    assert told("validator-name") == []


def test_the_users_own_validator_goes_before_one_of_a_package(install):
    install("rgt_theirs", t_rp_mine=check("t-rp-mine"), t_rp_late=check("t-rp-late"))

    @validator("t-rp-mine")
    def mine(value: str) -> bool:
        return False

    assert module_of("t-rp-late") == "rgt_theirs.t_rp_late"

    @validator("t-rp-late")
    def late(value: str) -> bool:
        return False

    registry.validators()
    assert registry.find_validator("t-rp-mine") is mine
    assert registry.find_validator("t-rp-late") is late
    with pytest.raises(SpecError, match=r"a validator named 't-rp-mine' is registered already, by .*mine"):
        validator("t-rp-mine")(lambda value: True)


def test_a_function_that_is_declared_again_loses_the_names_that_it_no_longer_has():
    def declared(*aliases: str) -> Any:
        @validator("t-re-again", aliases=aliases)
        def again(value: str) -> bool:
            return True

        return again

    declared("t-re-once")
    assert registry.find_validator("t-re-once") is not None
    second = declared("t-re-twice")
    assert registry.find_validator("t-re-once") is None
    assert registry.find_validator("t-re-again") is registry.find_validator("t-re-twice") is second
