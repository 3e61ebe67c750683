"""Draw vectors."""
