"""The floors of the house: imports point down, and no two rooms import each other in a circle."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent / "railguard"
FLOORS = [
    {"errors", "idioms", "lazy", "values"},
    {"schema", "validation", "spec"},
    {"rail", "sources", "parsing", "prompting"},
    {"checking", "streaming", "loop", "inputs"},
    {"drivers", "llm"},
    {
        "guard",
        "call_settings",
        "calls",
        "decorator",
        "documents",
        "language",
        "observing",
        "options",
        "tool",
        "updating",
    },
    {
        "",
        "batch",
        "cli",
        "compat",
        "integrations",
        "lsp",
        "notebooks",
        "play",
        "pytest_plugin",
        "server",
        "spectest",
        "testing",
        "__main__",
    },  # "" is railguard itself
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}


def _room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def _imports(tree: ast.AST) -> set[str]:
    """Every railguard module a file imports, also inside functions, and also for types alone."""
    found: set[str] = set()
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "railguard":
            whole = node.module == "railguard" and {
                f"railguard.{alias.name}" for alias in node.names if alias.name in FLOOR
            }
            found |= whole or {node.module}
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.split(".")[0] == "railguard"}
        todo.extend(ast.iter_child_nodes(node))
    return found


@cache
def _tree(path: Path) -> ast.AST:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def _edges() -> dict[tuple[str, str], str]:
    edges: dict[tuple[str, str], str] = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        here = "" if parts == ("__init__",) else parts[0]
        for module in _imports(_tree(path)):
            if _room(module) != here:
                edges[here, _room(module)] = str(path.relative_to(ROOT))
    return edges


def test_every_room_stands_on_a_floor():
    rooms = {path.name.removesuffix(".py") for path in ROOT.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert rooms - {"__pycache__", "__init__", "py.typed"} <= FLOOR.keys()


def test_imports_point_down():
    wrong = {edge: file for edge, file in _edges().items() if FLOOR[edge[1]] > FLOOR[edge[0]]}
    assert not wrong


def test_rooms_of_one_floor_do_not_import_each_other_in_a_circle():
    edges = _edges().keys()
    circles = {edge for edge in edges if edge[::-1] in edges}
    assert not circles


def _modules() -> dict[str, Path]:
    found = {}
    for path in ROOT.rglob("*.py"):
        parts = ("railguard", *path.relative_to(ROOT).with_suffix("").parts)
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def _imported(path: Path, modules: dict[str, Path]) -> set[str]:
    """The files that a file imports: of `from room import name`, the file called so, if there is one."""
    found: set[str] = set()
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (names & modules.keys()) or {node.module}
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found & modules.keys()


def test_no_files_import_each_other_in_a_circle():
    modules = _modules()
    below = {name: _imported(path, modules) - {name} for name, path in modules.items()}
    # What imports nothing that is left is in no circle: taken out again and again, only circles and what leads to them stay.
    left = dict(below)
    while free := [name for name, imports in left.items() if not imports & left.keys()]:
        for name in free:
            del left[name]
    while free := [name for name in left if not any(name in imports for imports in left.values())]:
        for name in free:
            del left[name]
        left = {name: imports & left.keys() for name, imports in left.items()}
    assert not left


def test_the_top_floor_uses_public_names_only():
    public = {
        "batch",
        "cli",
        "compat",
        "integrations",
        "lsp",
        "notebooks",
        "play",
        "pytest_plugin",
        "server",
        "spectest",
        "testing",
    }
    wrong = {
        edge: file for edge, file in _edges().items() if edge[0] in public and edge[1] not in {"", "language", *public}
    }
    assert not wrong


def test_an_upward_import_would_be_seen():
    assert _imports(ast.parse("def f():\n    from railguard.guard import Guard")) == {"railguard.guard"}
    assert FLOOR[_room("railguard.guard")] > FLOOR["schema"]
