"""A table of many texts."""
