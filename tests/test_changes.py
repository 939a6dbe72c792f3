"""The table of CONTRIBUTING.md is true: a change is made where its row says, and works; or its places are counted."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any, get_args

from railguard import Guard
from railguard.call_settings import CallSettings
from railguard.schema import BooleanNode, Node
from railguard.updating import Updates

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "railguard"

OVERLAY = """
import importlib.util, pathlib, sys

class Overlay:
    def find_spec(self, name, path=None, target=None):
        file = pathlib.Path(FOLDER, *name.split(".")).with_suffix(".py")
        return importlib.util.spec_from_file_location(name, file) if file.exists() else None

sys.meta_path.insert(0, Overlay())
"""
"""Puts the changed files of a folder in the place of those of the package, which stay as they are."""


def run_with(tmp_path: Path, changes: dict[str, list[tuple[str, str]] | str], code: str) -> str:
    """What a program prints in a railguard with changed files: for each, its text or the pieces that are replaced."""
    for name, change in changes.items():
        if isinstance(change, str):
            assert not (ROOT / name).exists()
            text = textwrap.dedent(change)
        else:
            text = (ROOT / name).read_text(encoding="utf-8")
            for old, new in change:
                assert text.count(old) == 1, f"{old!r} is not once in {name}"
                text = text.replace(old, new)
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    program = OVERLAY.replace("FOLDER", repr(str(tmp_path))) + textwrap.dedent(code)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def table_row(beginning: str) -> str:
    """A row of the table, whose first cell begins so."""
    lines = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").splitlines()
    (row,) = [line for line in lines if line.startswith(f"| {beginning}")]
    return row


def says(beginning: str, *names: str) -> None:
    row = table_row(beginning)
    assert [name for name in names if f"`{name}`" not in row] == []


def test_a_validator_is_one_file(tmp_path: Path) -> None:
    says("a validator |", "validators/railguard_validators/")
    folder = tmp_path / "validators" / "railguard_validators"
    printed = run_with(
        tmp_path,
        {
            "validators/railguard_validators/shouted.py": '''
            """shouted: a text in capitals."""

            from railguard import FailResult, validator


            @validator("shouted", subject="Texts")
            def shouted(value: str) -> FailResult | None:
                """A text in capitals."""
                return None if value.isupper() else FailResult("It is not shouted.", fix=value.upper())
            '''
        },
        f"""
        import railguard_validators
        railguard_validators.__path__.append({str(folder)!r})
        from railguard import Guard
        guard = Guard.from_rail_string('''<rail version="0.1"><output>
          <string name="a" validators="shouted" on-fail-shouted="fix"/></output></rail>''')
        print(guard.parse('{{"a": "hey"}}').output)
        """,
    )
    assert printed == "{'a': 'HEY'}\n"


def test_an_on_fail_action_is_one_row(tmp_path: Path) -> None:
    says("an on-fail action |", "railguard/values/on_fail.py", "docs/on-fail.md")
    printed = run_with(
        tmp_path,
        {
            "railguard/values/on_fail.py": [
                (
                    "    NOOP = (\n",
                    '    SHRUG = ("shrug", OnFailPolicy(doc="It is kept.", strength=15, keeps_output=True))\n    NOOP = (\n',
                )
            ]
        },
        """
        from railguard import Guard, language
        from railguard_validators.length import length
        guard = Guard.from_rail_string('''<rail version="0.1"><output>
          <string name="a" validators="length: 1 2" on-fail-length="shrug"/></output></rail>''')
        outcome = guard.parse('{"a": "long"}')
        print(outcome.output, [str(one.action) for one in outcome.failures])
        print(Guard.from_string([length(max=2, on_fail="shrug")]).parse("long").output, "shrug" in language.xsd())
        print(Guard.from_rail_string(guard.to_rail()).parse('{"a": "long"}').output)
        """,
    )
    assert printed == "{'a': 'long'} ['shrug']\nlong True\n{'a': 'long'}\n"


def test_a_provider_is_a_file_and_a_row(tmp_path: Path) -> None:
    says("a provider |", "railguard/llm/", "SCHEMES", "llm/names.py")
    printed = run_with(
        tmp_path,
        {
            "railguard/llm/parrot.py": '''
            """A model that says what it was asked."""

            from railguard.llm.request import Completion, Request


            class Parrot:
                def __init__(self, name: str) -> None:
                    self.name = f"parrot:{name}"

                def complete(self, request: Request) -> Completion:
                    return Completion(str(request.messages[-1]["content"]))

                async def acomplete(self, request: Request) -> Completion:
                    return self.complete(request)
            ''',
            "railguard/llm/names.py": [
                (
                    "from railguard.llm.retry import ATTEMPTS\n",
                    "from railguard.llm.parrot import Parrot\nfrom railguard.llm.retry import ATTEMPTS\n",
                ),
                (
                    '    "replay": _replay,\n',
                    '    "replay": _replay,\n    "parrot": lambda scheme, name, settings: Parrot(name),\n',
                ),
            ],
        },
        """
        import asyncio
        from railguard import Guard
        asked = [{"role": "user", "content": "Polly?"}]
        guard = Guard.from_string()
        print(guard("parrot:grey", messages=asked).output, asyncio.run(guard.acall("parrot:grey", messages=asked)).output)
        """,
    )
    assert printed == "Polly? Polly?\n"


def test_a_command_is_a_file_and_its_name(tmp_path: Path) -> None:
    says("a command |", "railguard/cli/", "cli/entry.py")
    printed = run_with(
        tmp_path,
        {
            "railguard/cli/greet.py": '''
            """Greet somebody."""

            from railguard.cli import exits

            NAME = "greet"
            HELP = "greet somebody"
            FORMATS = ("text",)
            EXAMPLES = ("railguard greet Ann",)


            def add_arguments(parser):
                parser.add_argument("who")


            def command(args):
                print("Hello", args.who)
                return exits.GOOD
            ''',
            "railguard/cli/entry.py": [('    "fmt",\n', '    "fmt",\n    "greet",\n')],
        },
        """
        from railguard.cli.entry import main, parser
        print(main(["greet", "Ann"]), "greet somebody" in parser().format_help())
        main(["completion", "bash"])
        """,
    )
    greeting, found, *script = printed.splitlines()
    assert (greeting, found) == ("Hello Ann", "0 True")
    assert any("greet" in line for line in script)


def test_a_repair_is_a_row_and_its_function(tmp_path: Path) -> None:
    says("a local repair |", "railguard/parsing/coerce/table.py")
    printed = run_with(
        tmp_path,
        {
            "railguard/parsing/coerce/table.py": [
                (
                    "RULES: tuple[RepairRule, ...] = (\n",
                    "def _dozen(value, wanted):\n"
                    '    return Coercion(12, "dozen", "lossless") if value == "a dozen" else None\n\n\n'
                    "RULES: tuple[RepairRule, ...] = (\n"
                    '    RepairRule("dozen", (IntegerNode,), _TYPE, "lossless", \'"a dozen" → 12\', _dozen),\n',
                )
            ]
        },
        """
        from railguard import Guard
        from railguard.parsing.coerce.table import table
        guard = Guard.from_json_schema({"type": "object", "properties": {"n": {"type": "integer"}}})
        outcome = guard.parse('{"n": "a dozen"}')
        print(outcome.output, [one.rule for one in outcome.repairs], next(table())[0])
        """,
    )
    assert printed == "{'n': 12} ['dozen'] dozen\n"


def test_a_keyword_that_the_tree_holds_is_a_row_a_field_an_attribute_and_a_sentence(tmp_path: Path) -> None:
    places = (
        "railguard/validation/vocabulary.py",
        "schema/nodes.py",
        "rail/elements.py",
        "prompting/issue_messages.py",
    )
    says("a keyword of JSON Schema |", *places)
    printed = run_with(
        tmp_path,
        {
            "railguard/validation/vocabulary.py": [
                (
                    "def _matches(pattern: Any)",
                    "def _starts(start):\n    return lambda value: value.startswith(start)\n\n\ndef _matches(pattern: Any)",
                ),
                (
                    '    _row("contentEncoding", _TEXT, "string"),\n',
                    '    _held("startsWith", _TEXT, "string", "starts_with", _starts),\n'
                    '    _row("contentEncoding", _TEXT, "string"),\n',
                ),
            ],
            "railguard/schema/nodes.py": [
                (
                    "    pattern: str | None = None\n",
                    "    pattern: str | None = None\n    starts_with: str | None = None\n",
                )
            ],
            "railguard/rail/elements.py": [
                (
                    "_PATTERN = Attribute(",
                    '_START = Attribute("starts-with", "starts_with", TEXT, "Its start.")\n_PATTERN = Attribute(',
                ),
                ("(*_LENGTHS, _PATTERN, _FORMAT)", "(*_LENGTHS, _PATTERN, _START, _FORMAT)"),
            ],
            "railguard/prompting/issue_messages.py": [
                (
                    '    "pattern": "It must match',
                    '    "startsWith": "It must start with {bound}.",\n    "pattern": "It must match',
                )
            ],
        },
        """
        from railguard import Guard
        schema = {"type": "object", "properties": {"a": {"type": "string", "startsWith": "Re"}}}
        guard = Guard.from_json_schema(schema)
        print(guard.parse('{"a": "Re: you"}').passed, *guard.parse('{"a": "you"}').failures)
        print(guard.json_schema()["properties"]["a"]["startsWith"])
        again = Guard.from_rail_string(guard.to_rail())
        print(*again.parse('{"a": "you"}').failures)
        """,
    )
    said = "$.a: It must start with Re. [startsWith]"
    assert printed.splitlines() == [f"True {said}", "Re", said]


def names_in(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def test_a_type_is_named_in_matches_that_mypy_checks_and_in_the_files_of_its_row() -> None:
    unchecked = set()
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "BooleanNode" not in text or path.name == "__init__.py":
            continue
        uses = [one for one in ast.parse(text).body if BooleanNode.__name__ in names_in(one)]
        if any("assert_never" not in names_in(one) for one in uses):
            unchecked.add(path.relative_to(PACKAGE).as_posix())
    row = table_row("a type |")
    assert {"schema/nodes.py", "rail/elements.py", "parsing/coerce/table.py"} <= unchecked
    assert sorted(name for name in unchecked if name not in row) == []
    assert BooleanNode in get_args(Node)


def test_what_a_model_is_told_is_in_prompting_alone(tmp_path: Path) -> None:
    says(
        "what a model is told |",
        "railguard/prompting/",
        "noun_phrases.py",
        "issue_messages.py",
        "reask.py",
        "primitives.py",
    )
    constants = [
        [
            one.value
            for one in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(one, ast.Constant) and isinstance(one.value, str)
        ]
        for path in (*sorted((PACKAGE / "prompting").glob("*.py")), PACKAGE / "schema" / "formats.py")
    ]
    told = " ".join(text for texts in constants for text in texts)
    words = set(re.findall(r"[a-z]+", told.lower()))
    asked: list[Any] = []
    answers = iter(['{"a": 1.5, "b": "x", "d": "soon", "e": 3}', '{"a": 1}', "no", "{}"])

    def model(messages: list[dict[str, Any]]) -> str:
        asked.extend(messages)
        return next(answers)

    properties = {"a": {"type": "integer"}, "b": {"enum": ["y"]}, "c": {"type": "string"}, "d": {"format": "date"}}
    guard = Guard.from_json_schema(
        {"type": "object", "properties": properties, "required": ["a", "c"], "additionalProperties": False}
    )
    guard(model, messages=[{"role": "user", "content": "say"}], max_reasks=3)
    sent = " ".join(str(message["content"]) for message in asked if message["role"] != "assistant")
    unknown = set(re.findall(r"[a-z]{2,}", sent.lower())) - words - {"say", "soon"}
    assert len(sent) > 500
    assert unknown == set()
    pieces = [piece for texts in constants for text in texts for piece in SENTENCE.findall(text)]
    said = [piece for piece in pieces if piece in sent]
    others = "".join(
        path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py") if path.parent.name != "prompting"
    )
    assert len(said) > 3
    assert [piece for piece in said if piece in others] == []


SENTENCE = re.compile(r"[A-Z][a-z]+(?: [a-z]+){3,}")


def test_an_argument_of_a_call_is_spelled_where_its_row_says() -> None:
    row = table_row("an argument of a guarded call |")
    for option in ("token_budget", "reask_mode"):
        assert option in CallSettings._fields
        spelled = {
            (path.relative_to(PACKAGE).as_posix(), function.name)
            for path in PACKAGE.rglob("*.py")
            if option in path.read_text(encoding="utf-8")
            for function in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
            and option in {one.arg for one in function.args.kwonlyargs}
        }
        assert {file for file, _ in spelled} == {"guard.py", "updating.py"}
        assert sorted(name for _, name in spelled if f"`{name}`" not in row) == []
    for way, other in (("__call__", "acall"), ("stream", "astream"), ("update", "aupdate")):
        of = Updates if way == "update" else Guard
        parameters = [inspect.signature(getattr(of, name)).parameters for name in (way, other)]
        assert parameters[0] == parameters[1]
    assert "GuardedOptions" in (PACKAGE / "decorator.py").read_text(encoding="utf-8")
