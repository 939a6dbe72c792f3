"""Floor 3: the guard loop, a generator that decides and performs nothing.

call.py      the rounds, from the first answer to the outcome   asking.py    which fields a reask asks for
rounds.py    what is made of an answer                          request.py   a reask, ready to be sent
standing.py  where a call stands between rounds                 merging.py   where the asked values stand in an answer
question.py  how the model is asked                             settings.py  what a call is given
effects.py   what the drivers perform
"""

from railguard.loop.call import guard_loop
from railguard.loop.request import Request, request_for
from railguard.loop.settings import Budget, Call, Streaming
from railguard.loop.standing import Standing, resumed

__all__ = ["Budget", "Call", "Request", "Standing", "Streaming", "guard_loop", "request_for", "resumed"]
