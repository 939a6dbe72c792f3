"""Formats of documents and codes: how to parse a text in a format, and where its errors are."""
