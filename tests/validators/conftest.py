"""Packages of validators, built as wheels from their pyproject.toml and installed without a network."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest


def wheel(project: Path, into: Path) -> Path:
    """A wheel of a project of pure Python, as its build backend would make it (PyPA's binary distribution format)."""
    told = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    name = told["name"].replace("-", "_")
    info = f"{name}-{told['version']}.dist-info"
    files = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {told['name']}\nVersion: {told['version']}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "".join(
            f"[{group}]\n" + "".join(f"{point} = {value}\n" for point, value in points.items())
            for group, points in told["entry-points"].items()
        ),
    }
    for file in sorted(project.rglob("*.py")):
        if (parts := file.relative_to(project).parts)[0] != "tests":
            files["/".join(parts)] = file.read_text(encoding="utf-8")
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    made = into / f"{name}-{told['version']}-py3-none-any.whl"
    with zipfile.ZipFile(made, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return made


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """`installed(project, …)`: the folder that pip has installed these projects into, to be put on the path."""

    def install(*projects: Path) -> Path:
        folder = tmp_path_factory.mktemp("site")
        wheels = [wheel(project, tmp_path_factory.mktemp("wheels")) for project in projects]
        if importlib.util.find_spec("pip") is None:  # what pip does with such a wheel is to unpack it
            for one in wheels:
                zipfile.ZipFile(one).extractall(folder)
            return folder
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index"]
        command += ["--no-deps", "--no-compile", "--target", str(folder), *map(str, wheels)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return folder

    return install
