"""Compares a text with its sources: reads the sources, indexes their content, and finds the most similar passage."""
