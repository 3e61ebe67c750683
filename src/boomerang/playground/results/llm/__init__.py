"""Results of the LLM pages."""
