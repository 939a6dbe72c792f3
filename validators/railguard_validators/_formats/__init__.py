"""Formats of documents and codes: how a text in one is read, and where in it something is wrong."""
