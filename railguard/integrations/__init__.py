"""Floor 6: railguard inside other people's frameworks, one room each. They use the public names of railguard alone.

Nothing here is imported before it is asked for: `guard.to_runnable(…)` and `guard.as_parser()` import what they need.
"""
