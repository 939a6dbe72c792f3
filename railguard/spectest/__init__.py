"""Floor 6: mutation testing of a spec. Valid answers are generated from it and changed to be wrong in one place at a
time; the report lists mistakes that the spec does not detect, and rules that never refuse anything. Cases next to a
spec are answers with expected verdicts.

spec_fields.py  the fields of a spec       samples.py      valid answers
mutants.py      what can be wrong in them  single_rule.py  one rule and one value
measure.py      the test itself            cases.py        stored answers with their verdicts
spec_report.py  what was found, as values  page.py         the same as HTML
"""

from railguard.spectest.cases import Case, CaseResult, cases_beside, read_cases, run_case, spec_beside
from railguard.spectest.measure import measure_spec
from railguard.spectest.spec_report import Finding, PlaceReport, RuleReport, SpecReport, Survivor

__all__ = [
    "Case",
    "CaseResult",
    "Finding",
    "PlaceReport",
    "RuleReport",
    "SpecReport",
    "Survivor",
    "cases_beside",
    "measure_spec",
    "read_cases",
    "run_case",
    "spec_beside",
]
