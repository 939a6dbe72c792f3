"""Floor 4: whatever can be asked. Providers, callables, retry, record and replay; they never see the loop.

models.py      what a caller names, as a Provider   request.py     what a model is asked; what a Provider is
services.py    the APIs by name, one row each       wire.py        what a wire format is
provider.py    a Provider over HTTP                 formats/       the wire formats, one a file
modes.py       how a server is told of a schema     http.py        one request, bounded
callables.py   any function as a model              sse.py         streams of events
replay.py      a conversation in a file             responses.py   an SDK's response as a Completion
retry.py       when the transport failed            chunks.py      a streamed one
fallback.py    several models                       rate_limit.py  requests and tokens a minute
cache.py       answers that are given again         cost.py        prices and budgets
gateways.py    through LiteLLM and LangChain        local.py       decoded in this process
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
