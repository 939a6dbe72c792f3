"""Floor 3: the guard loop, a generator that decides and performs nothing.

call.py      the rounds, from the first answer to the outcome        examine.py   one round's checks
asking.py    what a reask asks for                                   settle.py    one field, one on-fail action after another
merging.py   where the asked values stand in an answer               plan.py      a spec, compiled
finish.py    filters, and what is left                               prepare.py   variables → messages
"""

from railguard.loop.call import Budget, Call, Request, Streaming, guard_loop, request_for
from railguard.loop.plan import Plan
from railguard.loop.prepare import prepare

__all__ = ["Budget", "Call", "Plan", "Request", "Streaming", "guard_loop", "prepare", "request_for"]
