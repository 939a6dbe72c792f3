"""Floor 6: the language server, `railguard lsp`: it offers the functions of `railguard.language` over the Language
Server Protocol.

open_files: the texts that a client has open, and positions in them. server: the requests. Only `server` imports pygls,
which is an extra.
"""
