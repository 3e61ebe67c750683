"""Draw a ranking."""
