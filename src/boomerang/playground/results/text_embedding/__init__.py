"""Results of the embedding page."""
