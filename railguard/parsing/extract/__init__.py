"""Finds the piece of a text that is the answer.

answer.py    the choice                               candidates.py  the pieces
variants.py  a candidate, unwrapped and repaired      envelopes.py   tool calls, and a repeated JSON Schema
rank.py      the best of several                      assemble.py    several that are one list
cues.py      what the words around a piece say of it  reasoning.py   the tags of reasoning models
piece.py     the only piece, found without reading it
"""
