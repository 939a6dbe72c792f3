"""The documentation site builds without a warning, with mkdocs-material and with its successor."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SITE = ROOT / "build" / "site"


@pytest.mark.parametrize("builder", ["mkdocs", "zensical"])
def test_the_site_builds_strictly_and_has_the_reference(builder):
    subprocess.run([sys.executable, str(ROOT / "docs" / "site.py")], check=True)
    program = Path(sys.executable).parent / builder
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(
        [str(program), "build", "--strict"], check=False, capture_output=True, text=True, cwd=ROOT, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stdout + done.stderr
    page = (SITE / "api" / "guard" / "index.html").read_text(encoding="utf-8")
    assert "max_reasks" in page
    assert "Largest number of reasks" in page
    assert not any("https://fonts" in one.read_text(encoding="utf-8") for one in SITE.rglob("*.html"))
