"""The wire formats, one a file: what a request looks like in a provider's API, and how its answers are read."""
