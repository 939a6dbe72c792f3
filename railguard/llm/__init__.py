"""Floor 4: models. Providers, callables, retry, record and replay; they never see the loop.

models.py      a caller's model as a Provider      request.py       a request; the Provider protocol
names.py       one model, by name or as an object  services.py      the APIs by name, one row each
provider.py    a Provider over HTTP                wire.py          the interface of a wire format
modes.py       how a server gets a schema          formats/         the wire formats, one a file
http.py        one request, bounded                sse.py           streams of events
callables.py   any function as a model             responses.py     an SDK's response as a Completion
chunks.py      a streamed one                      google.py        a response of Google's SDK
gateways.py    through LiteLLM and LangChain
local.py       decoded in this process             one_question.py  one question, unguarded
retry.py       retries after transport faults      fallback.py      several models
cache.py       stored answers to equal requests    rate_limit.py    requests and tokens a minute
cost.py        prices and budgets                  records.py       the file of a recorded conversation
recording.py   a conversation written down         replay.py        answers from such a file
inflate.py     compressed bodies, bounded          redaction.py     keys out of what is shown
event_loop.py  how sync code waits for awaitables
"""

from railguard.llm.callables import CallableModel
from railguard.llm.models import Model, model
from railguard.llm.models import model as as_provider
from railguard.llm.one_question import ask
from railguard.llm.recording import RecordingModel
from railguard.llm.replay import ReplayModel
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
