"""Values of the wrong type or spelling.

table.py      the repairs, one row each                   engine.py     applies them where a judge names a flaw
numbers.py    numbers in texts                            words.py      words of enums, true and false
dates.py      dates and times                             keys.py       keys in another spelling
soundness.py  whether a value fits a node
"""
