"""Floor 2: model text → value. Sound text goes through pydantic-core; the rest is found, read and mended, on record."""

from railguard.parsing.read import Reading, ReadingProblem, accept, read, read_text

__all__ = ["Reading", "ReadingProblem", "accept", "read", "read_text"]
