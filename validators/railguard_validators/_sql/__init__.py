"""SQL: parses statements within limits, and finds their side effects and the columns that they use."""
