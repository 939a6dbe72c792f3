"""Floor 6: the command line over spec files. One command a file; `entry.main` is all that anything else needs.

Results go to stdout, talk to stderr; an exit code says what happened (`exits`).
"""

from railguard.cli.entry import main

__all__ = ["main"]
