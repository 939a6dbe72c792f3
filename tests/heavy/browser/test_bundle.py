"""The editor that is shipped is what its sources give."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

AWAY = re.compile(r"code E(AI_AGAIN|CONN\w+|HOSTUNREACH|NETUNREACH|NOTFOUND|RR_SOCKET_TIMEOUT|TIMEDOUT|5\d\d)")
PLAY = Path(__file__).parents[3] / "railguard" / "play"


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_the_bundle_that_is_shipped_is_built_from_its_sources_and_lock_file(tmp_path: Path) -> None:
    for name in ("package.json", "package-lock.json", "build.mjs", "codemirror.js"):
        shutil.copy(PLAY / "web" / name, tmp_path)
    built = tmp_path / "built"
    built.mkdir()
    # The compiler comes as a package of its own, so that no install script needs to run.
    for command in (
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        ["node", "build.mjs", "--out", str(built)],
    ):
        try:
            done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=600)
        except subprocess.TimeoutExpired:
            pytest.skip(f"{command[0]} is not done within ten minutes")
        if away := AWAY.search(done.stderr):
            pytest.skip(f"npm's registry cannot be reached: {away[0]}")
        assert done.returncode == 0, done.stderr
    for name in ("codemirror.js", "codemirror.LICENSES.txt"):
        assert (built / name).read_bytes() == (PLAY / "static" / name).read_bytes(), (
            f"run npm ci && npm run build in {PLAY / 'web'}"
        )
