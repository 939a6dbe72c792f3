"""JSON values: access to members by name, order, and sizes."""
