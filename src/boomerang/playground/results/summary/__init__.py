"""Draw a summary."""
