"""Acme's validators for railguard, one a file. Nothing is imported here, so that a spec pays only for what it names."""
