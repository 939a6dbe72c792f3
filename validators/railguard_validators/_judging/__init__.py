"""Asks a model for a verdict: one question about data that may be hostile, and a strict answer."""
