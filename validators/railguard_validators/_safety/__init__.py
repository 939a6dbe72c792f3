"""Content that should not pass: personal data, secrets, instructions to a model, and harmful markup and links."""
