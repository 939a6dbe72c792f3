"""railguard's own validators, one per file, registered by the same entry-point group as those of other packages.

A file contains the check and, under the file's own name, the Validator made of it. A check whose parameters can be
wrong is a class, so that they are refused when the rule is made; the class is passed to `validator(...)` instead of
being decorated, because type checkers do not look at what a class decorator returns. Code that several validators share
is in the folder of its subject, whose name begins with an underscore, so that it is not searched for validators.
`_wording` formats values and counts for every message.
"""
