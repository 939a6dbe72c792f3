"""Reading plain text: its words and sentences, how they are compared, and lists of what is not wanted in it."""
