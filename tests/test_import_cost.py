"""What importing railguard does not import: everything heavy waits until it is needed."""

import subprocess
import sys

import pytest

HEAVY = (
    "pydantic",
    "pydantic_core",
    "jiter",
    "lxml",
    "httpx",
    "tenacity",
    "rich",
    "asyncio",
    "importlib.metadata",
    "email",
    "http",
    "re2",
    "jsonschema",
    "railguard_validators",
)


def imported(code: str) -> set[str]:
    """The modules that a fresh interpreter has after running the code, beyond those it starts with."""
    script = f"import sys; before = set(sys.modules)\n{code}\nprint(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "code",
    [
        "import railguard",
        "from railguard import Guard, guarded, validator",
        "import railguard; [getattr(railguard, n) for n in ('OnFail', 'FailResult')]",
    ],
)
def test_nothing_heavy_is_imported(code: str) -> None:
    found = imported(code)
    assert "railguard" in found
    assert sorted(found & set(HEAVY)) == []


def test_pydantic_itself_waits_for_a_pydantic_source() -> None:
    code = (
        "from railguard import Guard\n"
        'g = Guard.from_rail_string(\'<rail version="1.0"><output><integer name="a"/></output></rail>\')\n'
        "assert g.parse('{\"a\": 1}').passed"
    )
    found = imported(code)
    assert "pydantic" not in found
    assert "pydantic_core" in found
    assert sorted(found & {"httpx", "rich", "tenacity", "asyncio", "lxml"}) == []
    # What reads a faulty text is loaded when there is one.
    assert sorted(found & {"railguard.parsing.json.reader", "railguard.parsing.json.whole_text"}) == []
