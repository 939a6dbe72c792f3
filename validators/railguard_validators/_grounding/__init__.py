"""What a text says, held against its sources: which these are, what stands in them, and what comes near."""
