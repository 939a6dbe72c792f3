"""Floor 4: the drivers perform the effects of the guard loop. Each is short, and none decides anything."""

from railguard.drivers.run import arun, run
from railguard.drivers.stream import astream, stream

__all__ = ["arun", "astream", "run", "stream"]
