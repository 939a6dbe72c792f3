"""Floor 2: model text → value. Sound text goes through pydantic-core; the rest is found, read and mended, on record.

read.py        the way in                        coerce.py     a value of the wrong type: the table of repairs
candidates.py  the pieces that may be it         mending.py    a whole value, mended where it is flawed
choose.py      which of them it is               reader.py     one value, from text in pieces of any size
leads.py       what the words around it say      marks.py      JSON's marks as other keyboards write them
                                                 asides.py     what stands in the place of data
"""

from railguard.parsing.read import accept, read, read_fragment, read_text
from railguard.parsing.reading import Defect, TolerantReading

__all__ = ["Defect", "TolerantReading", "accept", "read", "read_fragment", "read_text"]
