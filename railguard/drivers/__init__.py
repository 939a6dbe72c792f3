"""Floor 4: what performs the guard loop's effects. Each driver is short, and none decides anything."""

from railguard.drivers.run import arun, run
from railguard.drivers.stream import astream, stream

__all__ = ["arun", "astream", "run", "stream"]
