"""Floor 3: the guard loop, a generator that decides and performs nothing.

call.py            the rounds, from the first answer to the outcome  asking.py          which fields a reask asks for
first_question.py  the first question, and a valid answer to it      reask_request.py   a reask, ready to be sent
rounds.py          what is made of an answer                         change_request.py  what a change answer is asked with
standing.py        where a call stands between rounds                merging.py         the asked values in an answer
question.py        how the model is asked                            changes.py         a change answer
settings.py        the arguments of a call                           rewriting.py       changes in a JSON text
effects.py         what the drivers perform                          lineup.py          items of a mirrored list
reask_keys.py      paths as keys, and back                           update_rounds.py   what an update asks first
unions.py          unions that a constant member tells apart         document.py        a document, and what changed in it
parts.py           what is read of an answer for parts
"""

from railguard.loop.call import guard_loop, guard_loops
from railguard.loop.document import UpdatedDocument
from railguard.loop.reask_request import PreparedReask, request_for
from railguard.loop.settings import GuardedCall, Streaming
from railguard.loop.standing import Standing, resumed

__all__ = [
    "GuardedCall",
    "PreparedReask",
    "Standing",
    "Streaming",
    "UpdatedDocument",
    "guard_loop",
    "guard_loops",
    "request_for",
    "resumed",
]
