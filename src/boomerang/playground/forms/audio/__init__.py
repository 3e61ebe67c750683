"""Audio file input."""
