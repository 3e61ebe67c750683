"""Results of the summary page."""
