"""SQL: statements read within bounds, what they do beside reading, and which columns they use."""
