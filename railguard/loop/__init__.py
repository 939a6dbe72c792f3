"""Floor 3: the guard loop, a generator that decides and performs nothing.

call.py      the rounds, from the first answer to the outcome   asking.py          which fields a reask asks for
rounds.py    what is made of an answer                          request.py         a reask, ready to be sent
standing.py  where a call stands between rounds                 change_request.py  what a change answer is asked with
question.py  how the model is asked                             merging.py         the asked values in an answer
settings.py  what a call is given                               changes.py         a change answer
effects.py   what the drivers perform                           rewriting.py       changes in a JSON text
keys.py      paths as keys, and back                            lineup.py          items of a mirrored list
unions.py    unions that a constant member tells apart
"""

from railguard.loop.call import guard_loop
from railguard.loop.request import Request, request_for
from railguard.loop.settings import Budget, Call, Streaming
from railguard.loop.standing import Standing, resumed

__all__ = ["Budget", "Call", "Request", "Standing", "Streaming", "guard_loop", "request_for", "resumed"]
