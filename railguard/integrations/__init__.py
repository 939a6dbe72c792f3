"""Floor 6: railguard inside other frameworks, one folder each. These modules use only railguard's public names.

Nothing is imported before it is needed: `guard.to_runnable(…)` and `guard.as_parser()` import their modules.
"""
