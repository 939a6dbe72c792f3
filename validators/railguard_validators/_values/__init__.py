"""JSON values: members by their names, what is before what, and sizes."""
