"""Floor 2: all that a model reads: templates, railguard's own texts, the schema in words, the request of a reask.

Take what you need from its modules; importing the room alone imports none of them.
"""
