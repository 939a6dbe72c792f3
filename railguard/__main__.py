"""`python -m railguard` is the command `railguard`."""

import sys

from railguard.cli import main

if __name__ == "__main__":
    sys.exit(main())
