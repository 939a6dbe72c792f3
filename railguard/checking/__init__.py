"""Floor 3: checks one answer against a plan. Generators that may request validators to be run, and perform nothing.

plan.py        a spec, compiled                       whole.py           a whole answer: structure, repairs, checks
first_look.py  the first look at a text               walk.py            the places of what does not pass at once
fast_pass.py   every check of a sound value, at once  field.py           one value, and its on-fail actions
by_model.py    a user's own model as the judge        filters.py         what is left out in the end, and what is left
doubts.py      what a history says against a value    validator_runs.py  what the drivers perform
sound.py       a text without a flaw, read in one pass
"""

from typing import TYPE_CHECKING

from railguard.lazy import exports

if TYPE_CHECKING:
    from railguard.checking.field import About, added
    from railguard.checking.filters import Filtered, apply_filters, left_out, partial_of, removable, with_fixes
    from railguard.checking.first_look import Seen, accept, look
    from railguard.checking.plan import Plan
    from railguard.checking.validator_runs import Checking, RunChecks, ValidatorRun
    from railguard.checking.whole import CheckedAnswer, check_places, check_seen, check_whole

__all__ = [
    "About",
    "CheckedAnswer",
    "Checking",
    "Filtered",
    "Plan",
    "RunChecks",
    "Seen",
    "ValidatorRun",
    "accept",
    "added",
    "apply_filters",
    "check_places",
    "check_seen",
    "check_whole",
    "left_out",
    "look",
    "partial_of",
    "removable",
    "with_fixes",
]

__getattr__ = exports(
    __name__,
    {
        "validator_runs": (
            "Checking",
            "ValidatorRun",
            "RunChecks",
        ),
        "field": (
            "About",
            "added",
        ),
        "filters": (
            "Filtered",
            "apply_filters",
            "left_out",
            "partial_of",
            "removable",
            "with_fixes",
        ),
        "first_look": (
            "Seen",
            "accept",
            "look",
        ),
        "plan": ("Plan",),
        "whole": (
            "CheckedAnswer",
            "check_places",
            "check_seen",
            "check_whole",
        ),
    },
)
