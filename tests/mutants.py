"""Mutation tests: small changes to the code, each of which some test of its own room should notice.

    python tests/mutants.py [ROOM…] [--sample 40] [--seed 1] [--minutes 20]

The tests of a room are collected once and run once, to learn which functions each of them calls. Then every mutant gets a
fork of that process, in which one function has changed code, and the tests that call it run, the quickest first, until
one fails. What is mutated: comparisons, boolean operators, conditions, numbers, True and False, returned values, and
statements that are left out; in functions and methods, not in tables, messages, docstrings or assertions.

Survivors are listed. One that no test could notice stands in EQUAL, with the reason. Prints one line a room and ends with
code 1 where fewer than 90 % of a room's mutants were noticed. Needs a system with fork.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib
import io
import itertools
import os
import pickle
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS: dict[str, tuple[list[str], list[str]]] = {
    "reask": (
        ["loop/merging.py", "loop/rounds.py"],
        [
            *("tests/loop/test_reask_answers.py", "tests/loop/test_reask_rules.py", "tests/loop/test_reask_shapes.py"),
            *("tests/loop/test_reask_asking.py", "tests/loop/test_changes.py", "tests/loop/test_ends.py"),
            *("tests/loop/test_nulls.py", "tests/loop/test_users_code_raises.py", "tests/loop/test_reask_laws.py"),
            *("tests/loop/test_rounds.py", "tests/loop/test_update.py", "tests/loop/test_update_laws.py"),
        ],
    ),
    "coerce": (
        [
            f"parsing/coerce/{name}.py"
            for name in ("closed_sets", "dates", "engine", "key_spelling", "numbers", "soundness", "table")
        ],
        [f"tests/parsing/test_{name}.py" for name in ("coerce", "coerce_bounds", "keys", "kinds", "answers", "choose")],
    ),
    "by_model": (
        ["checking/by_model.py", "schema/own_functions.py"],
        [f"tests/checking/test_{name}.py" for name in ("fixes_in_models", "rules_in_models", "by_model")],
    ),
}
"""(files, tests) of each room."""
EQUAL: dict[tuple[str, str, str], str] = {
    (
        "parsing/coerce/engine.py",
        "_Proposer._repair_case",
        "False → True: False",
    ): "a choice without its discriminator is a flaw, and hints decide only where there is none",
    (
        "parsing/coerce/table.py",
        "_an_option",
        "True → False: True",
    ): "every option gives the members of a value in the order that the value has",
    **{
        ("checking/by_model.py", f"ModelCheck.{function}", f"False → True: {name}=False"): "nobody reads it"
        for function in ("_omitted", "_read_errors")
        for name in ("include_url", "include_input")
    },
    **{
        ("schema/own_functions.py", "_is_refused_by_rules_alone", f"False → True: {name}=False"): "nobody reads it"
        for name in ("include_url", "include_input")
    },
    (
        "checking/by_model.py",
        "ModelCheck._held",
        "False → True: ensure_ascii=False",
    ): "JSON says the same with its escapes",
    (
        "checking/by_model.py",
        "_json",
        "False → True: ensure_ascii=False",
    ): "half of a surrogate pair is a doubt that is told whatever the model says",
    (
        "checking/by_model.py",
        "ModelCheck._ask",
        "True → False: strict=True",
    ): "there is an answer for each question",
    (
        "checking/by_model.py",
        "ModelCheck._is_sound",
        "And → Or: answer is not None and answer is not True",
    ): "every value then goes the slower way, which finds the same",
    (
        "checking/by_model.py",
        "ModelCheck._result",
        "GtE → Gt: turn >= len(in_order)",
    ): "the pass then ends, and the next one knows of the place",
    ("checking/by_model.py", "ModelCheck.finish", "0 → 1: 0"): "it is more than enough",
    ("checking/by_model.py", "ModelCheck._most_passes", "0 → 1: default=0"): "it is more than enough",
    (
        "checking/by_model.py",
        "ModelCheck.finish",
        "Gt → GtE: passes > self._most_passes()",
    ): "it is more than enough",
    (
        "checking/by_model.py",
        "ModelVerdict.is_sound",
        "returns None: return not (self.flaws or self.hints or self.defaults or self.failed or self.events or sel",
    ): "what is sound is then checked step by step, with the same end",
}
"""(file, function, change) of mutants that mean the same as the code: the reason."""
_ENOUGH = 0.9
_MOST_SECONDS = 40.0
"""Of tests that one mutant is tried on; the quickest come first."""


@dataclass(frozen=True)
class Mutant:
    """One change. path: of the file in railguard. function: its qualified name. code: of the changed function."""

    path: str
    function: str
    line: int
    change: str
    code: CodeType


# -- making mutants ------------------------------------------------------------------------------------------------------

_OTHER: dict[type, type] = {
    **{
        ast.Eq: ast.NotEq,
        ast.NotEq: ast.Eq,
        ast.Is: ast.IsNot,
        ast.IsNot: ast.Is,
        ast.In: ast.NotIn,
        ast.NotIn: ast.In,
    },
    **{ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt},
    **{ast.And: ast.Or, ast.Or: ast.And, ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Break: ast.Continue},
}


def _changes(node: ast.AST) -> Iterator[tuple[str, Callable[[Any], ast.AST]]]:
    """The changes of one node: in words, and what makes a changed copy of it."""
    match node:
        case ast.Compare(ops=[op]) if type(op) in _OTHER:
            other = _OTHER[type(op)]
            yield f"{type(op).__name__} → {other.__name__}", lambda n: _with(n, ops=[other()])
        case ast.BoolOp(op=op):
            yield f"{type(op).__name__} → {_OTHER[type(op)].__name__}", lambda n: _with(n, op=_OTHER[type(n.op)]())
        case ast.BinOp(op=ast.Add() | ast.Sub() as op):
            yield f"{type(op).__name__} → {_OTHER[type(op)].__name__}", lambda n: _with(n, op=_OTHER[type(n.op)]())
        case ast.UnaryOp(op=ast.Not()):
            yield "not left out", lambda n: n.operand
        case ast.Constant(value=bool() as value):
            yield f"{value} → {not value}", lambda n: ast.Constant(not n.value)
        case ast.Constant(value=int() as value):
            yield f"{value} → {value + 1}", lambda n: ast.Constant(n.value + 1)
        case ast.If(test=test) | ast.IfExp(test=test) if not isinstance(test, (ast.Compare, ast.BoolOp)):
            yield "condition negated", lambda n: _with(n, test=ast.UnaryOp(ast.Not(), n.test))
        case ast.Return(value=value) if value is not None and not (
            isinstance(value, ast.Constant) and value.value in (None, True, False)
        ):
            yield "returns None", lambda n: ast.Return(ast.Constant(None))
        case ast.Expr(value=ast.Call()) | ast.AugAssign():
            yield "statement left out", lambda n: ast.Pass()
        case ast.Break():
            yield "break → continue", lambda n: ast.Continue()
        case ast.Continue():
            yield "continue → pass", lambda n: ast.Pass()


def _with(node: Any, **fields: Any) -> Any:
    made = copy.copy(node)
    for name, value in fields.items():
        setattr(made, name, value)
    return made


class _Finder(ast.NodeVisitor):
    """Every place in functions that can be changed."""

    def __init__(self) -> None:
        self.function: list[str] = []
        self.found: list[tuple[str, ast.AST, str, Callable[[Any], ast.AST]]] = []
        self.inside = False
        self.keyword: ast.keyword | None = None

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, (ast.Raise, ast.Assert, ast.JoinedStr)):
            return
        if isinstance(node, ast.ClassDef) and not self.inside:
            self.function.append(node.name)
            self.generic_visit(node)
            self.function.pop()
            return
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            outer, self.inside = self.inside, True
            if not outer:
                self.function.append(node.name)
            for part in node.body:
                self.visit(part)
            self.inside = outer
            if not outer:
                self.function.pop()
            return
        if self.inside:
            text = ast.unparse(self.keyword or node) if isinstance(node, (ast.stmt, ast.expr)) else ""
            for words, change in _changes(node):
                self.found.append((".".join(self.function), node, f"{words}: {text.splitlines()[0][:90]}", change))
        if isinstance(node, ast.keyword):
            self.keyword = node if isinstance(node.value, ast.Constant) else None
            self.visit(node.value)
            self.keyword = None
            return
        if isinstance(node, ast.AnnAssign):
            if node.value is not None:
                self.visit(node.value)
            return
        self.generic_visit(node)


class _Replace(ast.NodeTransformer):
    def __init__(self, target: ast.AST, change: Callable[[Any], ast.AST]) -> None:
        self.target = target
        self.change = change

    def visit(self, node: ast.AST) -> Any:
        if node is self.target:
            return ast.copy_location(self.change(node), node)
        return self.generic_visit(node)


def places_of(path: str) -> list[tuple[str, int]]:
    """(file, number) of every place in a file of railguard that can be changed."""
    finder = _Finder()
    finder.visit(ast.parse(_source(path)))
    return [(path, number) for number in range(len(finder.found))]


def mutant_at(path: str, number: int) -> Mutant | None:
    """The mutant of a place; None where the change is no Python, or the function cannot be found."""
    tree = ast.parse(_source(path))
    finder = _Finder()
    finder.visit(tree)
    function, node, words, change = finder.found[number]
    changed = ast.fix_missing_locations(_Replace(node, change).visit(tree))
    try:
        code = _code_of(compile(changed, str(ROOT / "railguard" / path), "exec"), function)
    except (SyntaxError, ValueError):
        return None
    mutant = None if code is None else Mutant(path, function, getattr(node, "lineno", 0), words, code)
    return mutant if mutant is not None and function_of(mutant) is not None else None


def _source(path: str) -> str:
    return (ROOT / "railguard" / path).read_text(encoding="utf-8")


def _code_of(code: CodeType, function: str) -> CodeType | None:
    for name in function.split("."):
        found = [one for one in code.co_consts if isinstance(one, CodeType) and one.co_name == name]
        if len(found) != 1:  # a property with a setter, or overloads
            return None
        code = found[0]
    return code


def function_of(mutant: Mutant) -> FunctionType | None:
    """The function that a mutant changes, as it is in this process."""
    at: Any = importlib.import_module("railguard." + mutant.path.removesuffix(".py").replace("/", "."))
    for name in mutant.function.split("."):
        at = vars(at).get(name)
        if at is None:
            return None
    for inner in ("func", "fget", "__func__"):
        at = getattr(at, inner, None) or at
    while hasattr(at, "__wrapped__"):
        at = at.__wrapped__
    return at if isinstance(at, FunctionType) else None


# -- running tests against them ------------------------------------------------------------------------------------------


class Runner:
    """A pytest plugin that runs the collected tests of a room against mutants, each in a fork."""

    def __init__(self, room: str, sample: int, seed: int, until: float) -> None:
        self.room, self.sample, self.seed, self.until = room, sample, seed, until
        self.survivors: list[Mutant] = []
        self.tried = 0
        self.failed = False

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.failed = self.failed or report.failed

    def pytest_runtestloop(self, session: Any) -> bool:
        session.config.pluginmanager.get_plugin("terminalreporter")._tw._file = io.StringIO()
        files = ROOMS[self.room][0]
        known = self._baseline(session.items, files)
        sampled = self._sampled(files)
        for number, mutant in enumerate(sampled):
            if time.monotonic() > self.until:
                print(f"  no time for {len(sampled) - number} more", flush=True)
                break
            self.tried += 1
            tests = sorted(
                (seconds, at) for at, (seconds, called) in known.items() if (mutant.path, mutant.function) in called
            )
            if not self._is_noticed(session.items, tests, mutant):
                reason = EQUAL.get((mutant.path, mutant.function, mutant.change))
                if reason is None:
                    self.survivors.append(mutant)
                else:
                    self.tried -= 1
        return True

    def _sampled(self, files: list[str]) -> list[Mutant]:
        places = [place for path in files for place in places_of(path)]
        random.Random(self.seed).shuffle(places)
        made = (mutant_at(*place) for place in places)
        return list(itertools.islice((one for one in made if one is not None), self.sample))

    def _baseline(self, items: list[Any], files: list[str]) -> dict[int, tuple[float, set[tuple[str, str]]]]:
        """What each test that passes costs, and the functions of the files that it calls."""
        places = {str(ROOT / "railguard" / path): path for path in files}

        def run() -> dict[int, tuple[float, set[tuple[str, str]]]]:
            found: dict[int, tuple[float, set[tuple[str, str]]]] = {}
            called: set[tuple[str, str]] = set()

            def profile(frame: Any, event: str, argument: Any) -> None:
                if event == "call" and (path := places.get(frame.f_code.co_filename)) is not None:
                    called.add((path, frame.f_code.co_qualname.split(".<locals>")[0]))

            for at, item in enumerate(items):
                self.failed = False
                called.clear()
                began = time.perf_counter()
                threading.setprofile(profile)
                sys.setprofile(profile)
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=_next(items, at))
                sys.setprofile(None)
                threading.setprofile(None)  # type: ignore[arg-type]  # it is how a profile is taken away
                if not self.failed:
                    found[at] = (time.perf_counter() - began, set(called))
            return found

        result: dict[int, tuple[float, set[tuple[str, str]]]] = _in_fork(run, 0)
        if result is None:
            raise SystemExit(f"the tests of {self.room} do not run")
        print(f"{self.room}: {len(result)} of {len(items)} tests pass", flush=True)
        return result

    def _is_noticed(self, items: list[Any], tests: list[tuple[float, int]], mutant: Mutant) -> bool:
        chosen: list[Any] = []
        spent = 0.0
        for seconds, at in tests:
            if spent + seconds > _MOST_SECONDS:
                break
            spent += seconds
            chosen.append(items[at])

        def run() -> bool:
            function = function_of(mutant)
            assert function is not None
            function.__code__ = mutant.code
            self.failed = False
            for number, item in enumerate(chosen):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=_next(chosen, number))
                if self.failed:
                    return True
            return False

        noticed = _in_fork(run, int(60 + 10 * spent))
        return noticed is None or noticed  # None: it did not come to an end


def _next(items: list[Any], at: int) -> Any:
    return items[at + 1] if at + 1 < len(items) else None


def _in_fork(run: Callable[[], Any], seconds: int) -> Any:
    """What a function returns in a fork of this process; None if it does not end within some seconds (0: any), or dies."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        os.dup2(silent, 2)
        signal.alarm(seconds)
        try:
            answer = pickle.dumps(run())
            with os.fdopen(writer, "wb") as pipe:
                pipe.write(answer)
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return pickle.loads(answer) if answer else None


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("rooms", nargs="*", choices=[*ROOMS, []], default=list(ROOMS))
    parser.add_argument("--sample", type=int, default=40, help="mutants of each room")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=20, help="the most for all rooms together")
    given = parser.parse_args()
    began, enough = time.monotonic(), True
    for number, room in enumerate(given.rooms):
        left = began + 60 * given.minutes - time.monotonic()
        runner = Runner(room, given.sample, given.seed, time.monotonic() + left / (len(given.rooms) - number))
        options = ["-q", "-p", "no:randomly", "-p", "no:xdist", "-p", "no:cacheprovider", "--rootdir", str(ROOT)]
        pytest.main([*options, *(str(ROOT / one) for one in ROOMS[room][1])], plugins=[runner])
        noticed = runner.tried - len(runner.survivors)
        print(f"{room}: {noticed} of {runner.tried} mutants noticed")
        for one in sorted(runner.survivors, key=lambda one: (one.path, one.line)):
            print(f"  {one.path}:{one.line} {one.function}: {one.change}")
        enough = enough and noticed >= _ENOUGH * runner.tried
    return 0 if enough else 1


if __name__ == "__main__":
    raise SystemExit(main())
