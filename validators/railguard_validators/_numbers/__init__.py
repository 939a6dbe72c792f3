"""Numbers and dates: computed with exactly, held within bounds, and read where they stand in a text."""
