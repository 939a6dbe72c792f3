"""JSON text to a value with its history.

strict.py        JSON as RFC 8259 has it, with what is wrong of its content
reader.py        the tolerant reader, which is fed text in pieces of any size
document.py      a whole text: the first of the two that reads it
"""
