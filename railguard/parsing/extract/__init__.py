"""Which piece of a text is the answer."""
