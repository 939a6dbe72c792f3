"""An extraction that is killed (SIGKILL) at twenty random moments: nothing is lost, doubled, or asked twice once journaled."""

from __future__ import annotations

import os
from pathlib import Path

from tests.batch.conftest import Model, folder, model  # noqa: F401  # fixtures
from tests.batch.killing import extraction_survives


def test_twenty_kills(folder: Path, model: Model) -> None:  # noqa: F811
    model.seconds = 0.01
    seed = int(os.environ.get("RAILGUARD_SEED", "7"))
    assert extraction_survives(folder, model, rows=600, kills=20, seed=seed) >= 18
