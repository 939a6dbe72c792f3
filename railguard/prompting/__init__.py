"""Floor 2: all that a model reads: templates, railguard's own texts, the schema in words, the request of a reask.

conversation.py  the messages of a call               describe.py     the wanted output: JSON Schema, text, a line
templates.py     text with places in it               xml.py          the same in RAIL's elements
primitives.py    railguard's own texts                nouns.py        a node in words
reask.py         the request of a reask               flaws.py        what is wrong, in words
input_rules.py   rules added by a place's name         objections.py    why an answer was not taken
defaults.py      defaults that their own element refuses
shown.py         which form of the schema is shown    compact.py      the wanted output as a short type

Take what you need from its modules; importing the room alone imports none of them.
"""
