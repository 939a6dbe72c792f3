"""Floor 6: a guard over many rows, with a journal that makes a job resumable.

The modules:

running.py  `run` and `estimate`: create a job from their arguments
job.py      the job: resumes from the journal, validates in processes or asks a model
on_ray.py   the same job on a Ray cluster
blocks.py     inputs split into runs of whole rows; rows.py: the rows of a block; selection.py: the selected rows
columns.py    maps columns to a spec's variables
judging.py    validates a block; processes.py: distributes blocks to worker processes
model_rows.py     asks a model for each row
row_results.py    the result of a row, as a line; tally.py: counts over all rows
journal.py    the finished rows; identity.py: identifies the job
output.py     output files that appear when complete; writing.py: JSON lines and CSV
parquet.py    reads Parquet; tables.py: writes results as Parquet
html_report.py     the HTML report
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from railguard.batch.job import Progress
    from railguard.batch.running import Estimate, Summary, estimate, run
    from railguard.batch.tally import Example, Tally

__all__ = ["Estimate", "Example", "Progress", "Summary", "Tally", "estimate", "run"]

_FILES = {
    "job": ("Progress",),
    "running": ("Estimate", "Summary", "estimate", "run"),
    "tally": ("Example", "Tally"),
}
_FILE_OF = {name: file for file, names in _FILES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _FILE_OF:
        raise AttributeError(f"module 'railguard.batch' has no attribute {name!r}")
    return getattr(import_module(f"railguard.batch.{_FILE_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
