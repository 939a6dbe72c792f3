"""Floor 2: all texts for models: templates, railguard's primitives, the schema in words, the request of a reask.

rendering.py    the messages of a call             describe.py          the wanted output: JSON Schema, text, a line
templates.py    text with placeholders             described_as_xml.py  the same in RAIL's elements
primitives.py   railguard's own texts              noun_phrases.py      a node as a noun phrase
reask.py        the request of a reask             issue_messages.py    what is wrong, in words
input_rules.py  rules added at a named place       objections.py        why an answer was refused
update.py       the question of an update          defaults.py          defaults that their own element refuses
shown.py        which form of the schema is shown  compact.py           the wanted output as a short type

Take what you need from its modules; importing the package alone imports none of them.
"""
