"""A plan of changes: what it consists of, how it is made, its file, and whether it still holds."""
