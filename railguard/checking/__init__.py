"""Floor 3: one answer against a plan. Generators that may ask for validators to be run, and perform nothing.

plan.py       a spec, compiled                        whole.py     a whole answer: structure, repairs, checks
look.py       the first look at a text                walk.py      the places of what does not pass at once
fast_pass.py  every check of a sound value, at once   field.py     one value, and its on-fail actions
by_model.py   a user's own model as the judge         filters.py   what is left out in the end, and what is left
doubts.py     what a history says against a value     effects.py   what the drivers perform
"""

from railguard.checking.effects import Checking, Job, RunChecks
from railguard.checking.field import About, added
from railguard.checking.filters import Filtered, apply_filters, left_out, partial_of, removable, with_fixes
from railguard.checking.look import Seen, look
from railguard.checking.plan import Plan
from railguard.checking.whole import Checked, check_places, check_whole

__all__ = [
    "About",
    "Checked",
    "Checking",
    "Filtered",
    "Job",
    "Plan",
    "RunChecks",
    "Seen",
    "added",
    "apply_filters",
    "check_places",
    "check_whole",
    "left_out",
    "look",
    "partial_of",
    "removable",
    "with_fixes",
]
