"""Plain text: its words and sentences, comparison of texts, and lists of unwanted words."""
