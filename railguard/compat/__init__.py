"""Floor 6: compatibility with other libraries, one folder per library. These modules use only railguard's public names."""
