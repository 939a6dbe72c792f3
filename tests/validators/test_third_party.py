"""Anybody's validators come in by the entry point; what is wrong with one package takes nothing from the others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "examples" / "validator"


def project(folder: Path, name: str, entry_point: str, **modules: str) -> Path:
    """The source of a package: pyproject.toml, and the modules of a package called like the entry point."""
    made = folder / name
    package = made / name.replace("-", "_")
    package.mkdir(parents=True)
    (made / "pyproject.toml").write_text(
        f'[project]\nname = "{name}"\nversion = "1.2"\n\n'
        f'[project.entry-points."railguard.validators"]\n{name} = "{entry_point}"\n'
    )
    for module, text in {"__init__": "", **modules}.items():
        (package / f"{module}.py").write_text("from railguard import FailResult, validator\n\n" + textwrap.dedent(text))
    return made


SHOUTING = '''
    @validator("shouting", aliases=("loud",), prompt="with {marks} exclamation marks at its end")
    def shouting(value: str, *, marks: int = 1) -> FailResult | None:
        """Ends with exclamation marks.

        marks: how many of them.
        """
        if value.endswith("!" * marks):
            return None
        return FailResult(f"End it with {'!' * marks}", fix=value + "!" * marks)
'''
WHISPERING = '''
    class Whispering:
        """In small letters, and short."""

        def __init__(self, most: int) -> None:
            self.most = most

        def __call__(self, value: str) -> bool | str:
            return (len(value) <= self.most and value.islower()) or "Whisper."

    whispering = validator("whispering")(Whispering)
'''
ANY = "@validator({name!r}, aliases={aliases!r}, replace={replace})\ndef {function}(value: str) -> bool:\n    return True\n"


def any_text(name: str, *aliases: str, replace: bool = False) -> str:
    return ANY.format(name=name, aliases=aliases, replace=replace, function=name.replace("-", "_"))


@pytest.fixture(scope="module")
def site(installed: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two packages that are as they should be: the one to copy, and one of two validators."""
    folder = tmp_path_factory.mktemp("projects")
    voices = project(folder, "voice-checks", "voice_checks", shouting=SHOUTING, whispering=WHISPERING)
    return installed(TEMPLATE, voices)


@pytest.fixture(scope="module")
def bad_site(installed: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Packages that are not, and one that is."""
    folder = tmp_path_factory.mktemp("bad-projects")
    return installed(
        project(folder, "gone-checks", "moved_elsewhere"),
        project(folder, "half-checks", "half_checks", good=any_text("good"), poor="import not_installed_anywhere\n"),
        project(folder, "odd-checks", "odd_checks", wrong="@validator('wrong')\ndef wrong(value: bytes): ...\n"),
        project(
            folder,
            "same-checks",
            "same_checks",
            length=any_text("length", "short"),
            other=any_text("two-words") + any_text("quiet", "valid-length", "loud"),
        ),
        project(folder, "tame-checks", "tame_checks", quiet=any_text("quiet"), tame=any_text("tame", "loud")),
        project(folder, "zeal-checks", "zeal_checks", email=any_text("email", replace=True)),
        project(folder, "voice-checks", "voice_checks", shouting=SHOUTING),
    )


def run(*command: str, site: Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    paths = [str(site), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "COLUMNS": "100", "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, "-B", *command], capture_output=True, text=True, env=environment, cwd=cwd, check=False
    )


def answer(site: Path, code: str) -> Any:
    """What a new interpreter with these packages prints as JSON."""
    done = run(
        "-c", "import json, railguard\nfrom railguard.validation import registry\n" + textwrap.dedent(code), site=site
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_package_to_copy_passes_its_own_tests(site, tmp_path):
    folder = str(TEMPLATE / "tests")
    done = run("-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", folder, folder, site=site, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_examples_in_the_package_to_copy_run(site):
    done = run("-m", "doctest", str(TEMPLATE / "acme_checks" / "ticket_number.py"), site=site)
    assert done.returncode == 0, done.stdout + done.stderr


def test_they_are_listed_and_explained(site):
    listed = run("-m", "railguard", "validators", site=site)
    assert (listed.returncode, listed.stderr) == (0, "")
    assert {"shouting", "whispering", "ticket-number", "length"} <= {
        line.split("\t")[0] for line in listed.stdout.splitlines()
    }
    told = run("-m", "railguard", "validators", "hub://acme/Ticket", site=site).stdout
    assert told.startswith("ticket-number(projects: list[str])\n")
    assert "the letters of the projects there are, in capitals" in told


def test_a_spec_names_them(site, tmp_path):
    (tmp_path / "cry.rail").write_text(
        '<rail version="1.0"><output>'
        '<string name="cry" validators="shouting: 2" on-fail-shouting="fix"/>'
        '<string name="of" validators="ticket: {[\'OPS\']}; whispering: 9"/>'
        "</output></rail>"
    )
    (tmp_path / "answer.json").write_text('{"cry": "Hey", "of": "OPS-1"}')
    assert run("-m", "railguard", "check", "cry.rail", site=site, cwd=tmp_path).returncode == 0
    done = run("-m", "railguard", "validate", "--format", "json", "cry.rail", "answer.json", site=site, cwd=tmp_path)
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["partial"] == {"cry": "Hey!!"}
    assert [(failure["path"], failure["message"]) for failure in told["failures"]] == [("$.of", "Whisper.")]


def test_python_finds_and_imports_them(site):
    assert answer(
        site,
        """
        from voice_checks.shouting import shouting
        from railguard.testing.laws import check_validator

        check_validator(shouting(marks=2), passing=["Hey!!"], failing=["Hey!", ""], max_examples=20)
        whispering = registry.find_validator("hub://voice/Whispering")
        guard = railguard.Guard.from_string([registry.find_validator("ticket-number")(["OPS"])])
        print(json.dumps([
            registry.find_validator("LOUD") is shouting, shouting(marks=2).run("Hey").fix, whispering(3).run("Hi"),
            guard.json_schema()["pattern"], [str(one) for one in railguard.validator_problems()],
        ]))
        """,
    ) == [True, "Hey!!", "Whisper.", "^(?:OPS)-[1-9][0-9]*$", []]


def test_a_spec_imports_what_it_names_and_nothing_else(site):
    loaded = answer(
        site,
        """
        import sys
        registry.find_validator("shouting")
        print(json.dumps(sorted(name for name in sys.modules if "_checks." in name or "railguard_validators." in name)))
        """,
    )
    assert loaded == ["voice_checks.shouting"]


BROKEN = {
    "validator-plugin": {
        "gone-checks 1.2: its entry point gone-checks = moved_elsewhere cannot be loaded: "
        "ModuleNotFoundError: No module named 'moved_elsewhere'",
        "half-checks 1.2: its module half_checks.poor cannot be loaded: "
        "ModuleNotFoundError: No module named 'not_installed_anywhere'",
        "odd-checks 1.2: its module odd_checks.wrong cannot be loaded: "
        "validator 'wrong': wrong(value: bytes): bytes is no JSON type; "
        "annotate the value with str, int, float, bool, list, dict or a union of them",
    },
    "validator-name": {
        "same-checks 1.2: same_checks.length.length is not available as 'length', "
        "which is railguard_validators.length.Length of railguard 0.1.0",
        "same-checks 1.2: same_checks.other.two_words is not available as 'two-words', "
        "which is railguard_validators.two_words.two_words of railguard 0.1.0",
        "same-checks 1.2: same_checks.other.quiet is not available as 'valid-length', "
        "which is railguard_validators.length.Length of railguard 0.1.0",
        "same-checks 1.2: same_checks.other.quiet is not available as 'quiet', "
        "which is tame_checks.quiet.quiet of tame-checks 1.2",
        "tame-checks 1.2: tame_checks.tame.tame is not available as 'loud', "
        "which is same_checks.other.quiet of same-checks 1.2",
        "voice-checks 1.2: voice_checks.shouting.shouting is not available as 'loud', "
        "which is same_checks.other.quiet of same-checks 1.2",
    },
}


def test_what_is_wrong_with_each_package_is_said(bad_site):
    problems = answer(
        bad_site,
        "print(json.dumps([[one.code, one.severity, one.message] for one in railguard.validator_problems()]))",
    )
    assert {severity for _, severity, _ in problems} == {"warning"}
    for code, messages in BROKEN.items():
        assert {message for it, _, message in problems if it == code} == messages


def test_all_others_work_in_spite_of_it(bad_site):
    listed = run("-m", "railguard", "validators", site=bad_site)
    assert listed.returncode == 0
    names = {line.split("\t")[0] for line in listed.stdout.splitlines()}
    assert {"good", "shouting", "tame", "quiet", "length", "two-words", "email"} <= names
    assert "half-checks 1.2: its module half_checks.poor cannot be loaded" in listed.stderr
    assert "hint: " in listed.stderr
    assert json.loads(run("-m", "railguard", "validators", "--format", "json", site=bad_site).stdout)


def test_a_spec_that_names_what_could_not_be_loaded_is_told_why(bad_site, tmp_path):
    (tmp_path / "a.rail").write_text('<rail version="1.0"><output><string name="a" validators="poor"/></output></rail>')
    done = run("-m", "railguard", "check", "a.rail", site=bad_site, cwd=tmp_path)
    assert done.returncode == 2
    assert "no validator named 'poor' is registered" in done.stdout
    assert "half_checks.poor cannot be loaded: ModuleNotFoundError" in done.stdout
    assert "Traceback" not in done.stderr
    (tmp_path / "b.rail").write_text('<rail version="1.0"><output><string name="a" validators="good"/></output></rail>')
    assert run("-m", "railguard", "check", "b.rail", site=bad_site, cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    "first",
    [
        "",
        "registry.find_validator('other')",
        "registry.find_validator('quiet')",
        "railguard.validators()",
        "import same_checks.other",
    ],
)
def test_who_has_a_name_does_not_depend_on_what_was_loaded_before(bad_site, first):
    names = ["length", "two-words", "valid_length", "short", "email"]
    code = f"""
        {first}
        from railguard_validators.length import length
        found = [registry.find_validator(name).check.__module__ for name in {names!r}]
        print(json.dumps([*found, registry.find_validator("length") is length]))
    """
    assert answer(bad_site, code) == [
        "railguard_validators.length",
        "railguard_validators.two_words",
        "railguard_validators.length",
        "same_checks.length",
        "zeal_checks.email",
        True,
    ]


@pytest.mark.parametrize("first", ["", "railguard.validators()", "import voice_checks.shouting"])
def test_ones_own_code_goes_before_any_package(bad_site, first):
    code = f"""
        {first}
        @railguard.validator("shouting")
        def mine(value: str) -> bool:
            return False
        @railguard.validator("email")
        def mine_too(value: str) -> bool:
            return False
        railguard.validators()
        print(json.dumps([registry.find_validator("shouting") is mine, registry.find_validator("email") is mine_too]))
    """
    assert answer(bad_site, code) == [True, True]
