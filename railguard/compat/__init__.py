"""Floor 6: other libraries' names for what railguard does, one folder a library. They use railguard's public names alone."""
