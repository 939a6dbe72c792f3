"""What should not pass: personal data, secrets, instructions to a model, and markup and links that do harm."""
