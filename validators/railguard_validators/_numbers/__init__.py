"""Numbers and dates: computed with exactly, held within bounds, read where they stand in a text; and check digits."""
