"""railguard's own validators, one a file, found through the entry-point group like anybody else's.

A file holds the check and, under the file's own name, the Validator made of it. A check with parameters that can be
wrong is a class, so that they are refused when the rule is made; it is passed to `validator(...)` instead of being
decorated, because type checkers do not look at what a class decorator returns. What several validators share, or one
would be too long with, stands in the folder of its subject, with an underscore in front: no validator is looked for
there. How values and counts read in every message is `_wording`.
"""
