"""Floor 4: whatever can be asked. Providers, callables, retry, record and replay; they never see the loop.

models.py      what a caller names, as a Provider   request.py     what a model is asked; what a Provider is
openai.py      chat completions                     responses.py   an SDK's response as a Completion
callables.py   any function as a model              chunks.py      a streamed one
replay.py      a conversation in a file             http.py        one request, bounded
retry.py       when the transport failed            sse.py         server-sent events
asking.py      one question, unguarded              inflate.py     compressed bodies, bounded
event_loop.py  how sync code waits for awaitables   redaction.py   keys out of what is shown
"""

from railguard.llm.asking import ask
from railguard.llm.callables import CallableModel
from railguard.llm.models import Model, model
from railguard.llm.models import model as as_provider
from railguard.llm.replay import RecordingModel, ReplayModel
from railguard.llm.request import Provider, Purpose, Request
from railguard.llm.retry import Retrying

__all__ = [
    "CallableModel",
    "Model",
    "Provider",
    "Purpose",
    "RecordingModel",
    "ReplayModel",
    "Request",
    "Retrying",
    "as_provider",
    "ask",
    "model",
]
