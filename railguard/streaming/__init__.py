"""Floor 3: an answer checked as it arrives.

incremental_check.py      each value checked when it is complete     snapshot.py  the checked values so far
sentences.py  a streaming text, sentence by sentence     emitter.py which events the caller gets, and when
"""

from railguard.streaming.emitter import Emitter
from railguard.streaming.incremental_check import IncrementalCheck
from railguard.streaming.snapshot import Snapshot

__all__ = ["Emitter", "IncrementalCheck", "Snapshot"]
