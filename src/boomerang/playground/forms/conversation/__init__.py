"""The form of the LLM pages."""
