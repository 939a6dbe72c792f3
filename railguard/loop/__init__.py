"""Floor 3: the guard loop, a generator that decides and performs nothing.

call.py       the rounds, from the first answer to the outcome     plan.py      a spec, compiled: what passes
question.py   how the model is asked                               places.py    the walk over what does not
rounds.py     what is made of an answer                            examine.py   one round's checks
request.py    a reask, ready to be sent                            settle.py    one field, its on-fail actions
asking.py     which fields a reask asks for                        watch.py     a streaming answer, watched
merging.py    where the asked values stand in an answer            telling.py   what a stream tells besides
progress.py   where a call stands between rounds                   finish.py    filters, and what is left
prepare.py    variables → messages                                 sentences.py a streaming text, by sentence
settings.py   what a call is given                                 effects.py   what the drivers perform
"""

from railguard.loop.call import guard_loop
from railguard.loop.plan import Plan
from railguard.loop.prepare import prepare
from railguard.loop.request import Request, request_for
from railguard.loop.settings import Budget, Call, Streaming

__all__ = ["Budget", "Call", "Plan", "Request", "Streaming", "guard_loop", "prepare", "request_for"]
