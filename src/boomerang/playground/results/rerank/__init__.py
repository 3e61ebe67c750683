"""Results of the rerank page."""
