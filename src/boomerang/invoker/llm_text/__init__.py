"""What back ends need around an LLM's text: reasoning tags, JSON and its schema, summaries in pieces."""
