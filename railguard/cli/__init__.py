"""Floor 6: the command line for spec files, with one command per file; other code only needs `entry.main`.

Results go to stdout, messages to stderr; the exit code gives the result (see `exits`).
"""

from railguard.cli.entry import main

__all__ = ["main"]
