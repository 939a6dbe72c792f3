"""The wire formats, one per file: how a request is written for a provider's API, and how its answers are read."""
