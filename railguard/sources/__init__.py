"""Floor 2: what is not a RAIL document becomes a schema: pydantic types, JSON Schemas, plain text with rules."""
