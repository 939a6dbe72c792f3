"""`railguard check`: problems laid out to a terminal, and as reports for other tools."""

import io
import json

import pytest

from railguard import Problem, check
from railguard.cli.problems import problem_text
from railguard.language import codes, explain

BAD = """<rail version="1.0">
  <output>
    <string name="a" descripton="b"/>
    <strnig name="größe 日本語" description="words that go on and on and on and on and on and on" validators="lenght: 1 80"/>
  </output>
</rail>
"""


class Terminal(io.StringIO):
    """A stream that somebody looks at."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def width(monkeypatch):
    def of(columns: int) -> None:
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("NO_COLOR", "1")

    return of


@pytest.mark.parametrize("columns", [20, 30, 40, 60, 80, 100, 140, 300])
def test_at_any_width_no_excerpt_is_cut_off_and_the_marks_stand_under_what_is_wrong(width, columns):
    from rich.cells import cell_len, set_cell_size

    width(columns)
    for problem in check(BAD):
        told = problem_text(problem, "bad.rail", Terminal()).splitlines()
        source, marks = told[1:3]
        assert cell_len(source) <= columns
        at = len(marks) - len(marks.lstrip())
        shown = source[len(set_cell_size(source, at).rstrip()) :] if at > cell_len(source) else _from_cell(source, at)
        wrong = BAD.splitlines()[problem.line - 1][problem.column - 1 : problem.end_column - 1]
        assert shown.startswith(wrong[: len(marks.strip())])
        assert len(marks.strip()) == len(wrong)


def _from_cell(text: str, cell: int) -> str:
    from rich.cells import cell_len

    return next(text[index:] for index in range(len(text) + 1) if cell_len(text[:index]) >= cell)


def test_hints_are_wrapped_at_words_on_a_terminal_and_whole_in_a_file(width):
    width(50)
    problem = check(BAD)[0]
    wrapped = problem_text(problem, None, Terminal()).splitlines()[3:]
    assert len(wrapped) > 1
    assert all(len(line) <= 50 for line in wrapped)
    assert " ".join(line.strip() for line in wrapped) == f"hint: {problem.hint}"
    assert problem_text(problem, None, io.StringIO()).splitlines()[3] == f"  hint: {problem.hint}"


def test_colour_says_how_bad_it_is(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    said = {
        kind: problem_text(Problem("m", "c", kind, line=1, column=1, excerpt="    a\n    ^"), None, Terminal())
        for kind in ("error", "warning")
    }
    assert "\x1b[31merror[c]" in said["error"]
    assert "\x1b[31m    ^" in said["error"]
    assert "\x1b[33mwarning[c]" in said["warning"]


def test_a_code_is_explained(cli):
    assert cli("check", "--explain", "bad-range").out == "A lower bound above the upper bound.\n"
    assert cli("check", "--explain", "json-schema-circle", "--format", "json").json["code"] == "json-schema-circle"
    result = cli("check", "--explain", "bad-rang")
    assert (result.code, "did you mean 'bad-range'?" in result.err) == (2, True)
    assert all(explain(code) for code in codes())
    assert explain("nothing") is None


def test_check_without_a_spec_says_what_it_needs(cli):
    result = cli("check")
    assert result.code == 2
    assert "name at least one SPEC" in result.err


def test_sarif_has_a_rule_for_each_code_and_a_region_for_each_problem(folder, cli):
    pytest.importorskip("pydantic_sarif")
    from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Sarif

    (folder / "bad one.rail").write_text(BAD, encoding="utf-8")
    result = cli("check", "--format", "sarif", "bad one.rail", "fees.rail")
    assert result.code == 2
    document = json.loads(result.out)
    Sarif.model_validate(document)
    (run,) = document["runs"]
    problems = check(BAD)
    assert [one["ruleId"] for one in run["results"]] == [problem.code for problem in problems]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in run["results"])
    first = run["results"][0]["locations"][0]["physicalLocation"]
    assert first["artifactLocation"]["uri"] == "bad%20one.rail"
    assert first["region"] == {"startLine": 3, "startColumn": 22, "endLine": 3, "endColumn": 32}


def test_a_sound_spec_is_an_empty_sarif_run(folder, cli):
    assert json.loads(cli("check", "--format", "sarif", "fees.rail").out)["runs"][0]["results"] == []


def test_junit_has_a_case_for_each_spec(folder, cli):
    junitparser = pytest.importorskip("junitparser")
    (folder / "bad.rail").write_text(BAD, encoding="utf-8")
    result = cli("check", "--format", "junit", "fees.rail", "bad.rail")
    assert result.code == 2
    (suite,) = junitparser.JUnitXml.fromstring(result.out.encode())
    good, bad = suite
    assert (good.name, good.is_passed, bad.name, bad.is_passed) == ("fees.rail", True, "bad.rail", False)
    assert bad.result[0].type == "unknown-attribute"
    assert "bad.rail:4:" in bad.result[0].text


def test_github_commands_mark_the_lines_and_escape_what_would_end_them(folder, cli):
    (folder / "a,b.rail").write_text(BAD, encoding="utf-8")
    first, *_ = cli("check", "--format", "github", "a,b.rail").out.splitlines()
    assert first.startswith("::error file=a%2Cb.rail,line=3,endLine=3,col=22,endColumn=32,title=unknown-attribute::")
    assert "%0Ahint: " in first
