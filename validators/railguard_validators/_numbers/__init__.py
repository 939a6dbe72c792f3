"""Numbers and dates: exact arithmetic, bounds, finding them in a text; and check digits."""
