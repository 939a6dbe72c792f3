"""Converts JSON text to a value with its history.

whole_text.py    a whole text, or the value at an offset  reader.py           the tolerant reader: fed in pieces of any size
strict.py        JSON itself                              state.py            what its productions share
escapes.py       backslashes in strings                   value_tree.py       the value so far, and the notes on it
scalars.py       numbers and words                        values.py           the production of a value
fullwidth.py     full-width punctuation                   object_members.py   of keys and colons
placeholders.py  "...", code, templates                   brackets.py         of commas and closers
text_source.py   text that arrives in pieces              texts.py            of quoted strings
quotes.py        which quote ends a string                unquoted_values.py  of unquoted values
quoted.py        scans a quoted string                    unquoted.py         scans unquoted text
plain.py         JSON without a flaw, and the limits
"""
