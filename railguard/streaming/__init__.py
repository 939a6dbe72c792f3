"""Floor 3: an answer checked as it arrives.

watch.py      each value checked when it is complete     snapshot.py  the checked values so far
sentences.py  a streaming text, sentence by sentence     telling.py   what the caller is told, and when
"""

from railguard.streaming.snapshot import Snapshot
from railguard.streaming.telling import Telling
from railguard.streaming.watch import Watch

__all__ = ["Snapshot", "Telling", "Watch"]
