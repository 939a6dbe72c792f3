"""Repairs values of the wrong type or notation.

table.py      the repairs, one row each  engine.py        applies them where a judge names a flaw
numbers.py    numbers in texts           closed_sets.py   words of enums, true and false
dates.py      dates and times            key_spelling.py  keys in another spelling
soundness.py  whether a value fits a node
"""
