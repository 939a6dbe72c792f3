"""Floor 3: the guard loop, a generator that decides and performs nothing.

call.py       the rounds, from the first answer to the outcome     plan.py      a spec, compiled; a first look
question.py   how the model is asked                               visit.py     every check of a sound value, at once
rounds.py     what is made of an answer                            places.py    the walk over what does not pass
request.py    a reask, ready to be sent                            examine.py   one round's checks
asking.py     which fields a reask asks for                        settle.py    one field, its on-fail actions
unions.py     unions that a constant member tells apart            watch.py     a streaming answer, watched
merging.py    reading an answer to a reask, and merging it         telling.py   what a stream tells besides
lineup.py     items of a mirrored list, lined up                   finish.py    filters, and what is left
keys.py       a path as a key, and back                            sentences.py a streaming text, by sentence
changes.py    a change answer, read and applied                    effects.py   what the drivers perform
change_request.py  what a change answer is asked with              rewriting.py changes in a JSON text
progress.py   where a call stands between rounds
prepare.py    variables → messages
settings.py   what a call is given
"""

from railguard.loop.call import guard_loop
from railguard.loop.plan import Plan
from railguard.loop.prepare import prepare
from railguard.loop.request import Request, request_for
from railguard.loop.settings import Budget, Call, Streaming

__all__ = ["Budget", "Call", "Plan", "Request", "Streaming", "guard_loop", "prepare", "request_for"]
