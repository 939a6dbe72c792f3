"""A document checked again after a change: the same as checked as a whole, in less time."""

from __future__ import annotations

import gc
import json
import random
import time
from collections.abc import Sequence
from pathlib import Path

from railguard import Problem, language, validator

ROOT = Path(__file__).parents[2]
MEMBERS = (
    '<string name="f{0}" description="What it is called" validators="length: 1 60; one-line" on-fail-one-line="fix"/>',
    '<integer name="f{0}" validators="valid-range: 0 1000"/>',
    '<date name="f{0}" description="The day"/>',
    '<enum name="f{0}" values="red, green, blue"/>',
    '<string name="f{0}" validators="two-wrds"/>',
    '<list name="f{0}" validators="length: min=1 max=9"><string validators="lower-case; two-words"/></list>',
)
TYPED = '      <string name="new" validators="length: 1 5; two-wrds" on-fail-two-words="fix"/>\n'


def large(lines: int) -> str:
    """A spec of so many lines, some of them wrong."""
    parts = ['<rail version="1.0">', '  <input><string name="document"/></input>', "  <output>"]
    while len(parts) < lines - 5:
        parts.append(f'    <object name="part_{len(parts)}">')
        parts += [f"      {MEMBERS[(len(parts) + n) % len(MEMBERS)].format(n)}" for n in range(10)]
        parts.append("    </object>")
    message = '    <message role="user">Read ${document} ${gr.complete_json_suffix}</message>'
    return "\n".join([*parts, "  </output>", "  <messages>", message, "  </messages>", "</rail>", ""])


def places(problems: Sequence[Problem]) -> list[tuple[str, int | None, int | None]]:
    """Without the words: suggestions are made for so many misspellings of a document and no more."""
    return [(one.code, one.line, one.column) for one in problems]


ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared" / "corpus" / "rail_specs.jsonl"
SPEC = """<rail version="1.0">
  <definitions><object name="Point"><integer name="x"/><integer name="y" maximum="9" default="3"/></object></definitions>
  <input><string name="document"/></input>
  <output>
    <string name="a" validators="lenght: 1 5; one-line" on-fail-one-line="fix" default="x"/>
    <object name="o"><string name="p" min-length="5" max-length="3"/><string name="p"/></object>
    <list name="l"><object><ref name="q" to="Point"/><ref name="r" to="Pont"/></object></list>
    <string name="f" validators="one-line" on-fail-one-line="filter"/>
    <integer name="a" default="x"/>
    <ref name="z" to="Point" default="{{'x': 'a'}}"/>
  </output>
  <messages><message role="user">${documnt} ${output_schema}</message></messages>
</rail>
"""


def test_every_keystroke_is_checked_as_if_it_were_the_first() -> None:
    checked = language.check_text("")
    for end in range(0, len(SPEC), 3):
        text = SPEC[:end]
        checked = language.check_again(checked, text)
        assert list(checked.problems) == language.diagnostics(text), text


def test_edits_anywhere_are_checked_as_if_nothing_was_remembered() -> None:
    chance = random.Random(11)
    checked = language.check_text("")
    documents = [SPEC]
    if CORPUS.exists():
        documents += [json.loads(line)["rail"] for line in CORPUS.read_text("utf-8").splitlines()[::6]]
    for text in documents:
        for _ in range(12):
            at = chance.randrange(len(text))
            cut = chance.choice((0, 0, 1, 4))
            changed = text[:at] + chance.choice(("", " ", "\n", "x", '"', "<", "  \n  ")) + text[at + cut :]
            checked = language.check_again(checked, changed)
            assert list(checked.problems) == language.diagnostics(changed), changed
            if chance.random() < 0.5:
                text = changed


def test_a_validator_that_is_registered_later_is_known_then() -> None:
    checked = language.check_text("")
    text = '<rail version="1.0"><output><string name="a" validators="checker-test-new"/></output></rail>'
    checked = language.check_again(checked, text)
    assert [problem.code for problem in checked.problems] == ["unknown-validator"]

    @validator("checker-test-new", replace=True)
    def new(value: str) -> bool:
        """Is new."""
        return bool(value)

    assert language.check_again(checked, text + "\n").problems == ()


def test_a_keystroke_in_a_thousand_lines_costs_a_fraction_of_a_check() -> None:
    text = large(1_000)
    checked = language.check_text("")
    checked = language.check_again(checked, text)
    gc.collect()
    gc.freeze()  # as a server does that has loaded everything: what is old is not looked at again
    try:
        costs, whole = [], []
        for length in range(1, 12):
            changed = text.replace('name="f3"', f'name="f3{"x" * length}"', 1)
            start = time.thread_time()
            checked = language.check_again(checked, changed)
            middle = time.thread_time()
            language.check_text(changed)
            costs.append(middle - start)
            whole.append(time.thread_time() - middle)
            assert language.tree(changed).faults == []
    finally:
        gc.unfreeze()
    assert 3 * min(costs) < min(whole)  # it is an eighth


def test_problems_in_what_did_not_change_move_with_it() -> None:
    text = large(80)
    before = language.check_text(text)
    at = text.index("    <object")
    after = language.check_again(before, text[:at] + "    <!-- a\n comment -->\n" + text[at:])
    lines = [one.line for one in before.problems if one.code == "unknown-validator"]
    moved = [one.line for one in after.problems if one.code == "unknown-validator"]
    assert moved == [line + 2 for line in lines if line is not None]
    for problem in after.problems:
        assert problem.excerpt is not None
        assert "two-wrds" in problem.excerpt


def test_a_text_is_never_taken_for_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.rail").write_text("<rail/>")
    found = language.diagnostics(str(tmp_path / "a.rail"))
    assert found
    assert all(problem.code not in ("no-file", "no-output") for problem in found)
