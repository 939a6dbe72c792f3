"""railguard's own validators, one a file, found through the entry-point group like anybody else's."""
